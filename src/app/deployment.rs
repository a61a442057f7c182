//! Where the servers of the deployment are: the environment says it, a file, or the settings.

use super::App;
use crate::error::{Error, Result};
use crate::sync;
use crate::sync::redis::Role;
use std::path::{Path, PathBuf};

impl App {
    /// Where the deployment's PostgreSQL is: `JOURNAL_POSTGRES_URL`, the file named by
    /// `JOURNAL_POSTGRES_URL_FILE`, or the settings of the same names.
    ///
    /// # Errors
    /// Usage when none is named or the URL cannot be understood; a failure when the file cannot be read.
    pub fn deployment(&self) -> Result<sync::postgres::Address> {
        let places = ("JOURNAL_POSTGRES_URL", &self.config.postgres_url, &self.config.postgres_url_file);
        let url = url_of(places)?.ok_or_else(|| {
            Error::usage("no deployment is named").hint(
                "say where its PostgreSQL is: JOURNAL_POSTGRES_URL=postgresql://user@host/database, or \
                 `journal config set postgres_url_file FILE` with the URL in that file when it has a password",
            )
        })?;
        sync::postgres::Address::parse(&url)
    }

    /// Where the deployment's Redis is, when one is named: `JOURNAL_REDIS_URL` and so on, as for PostgreSQL. Where
    /// `JOURNAL_REDIS_TASKS_URL` names another one, that has the tasks, and the first the rest.
    ///
    /// # Errors
    /// As [`App::deployment`].
    pub fn redis(&self) -> Result<Vec<sync::redis::Address>> {
        let config = &self.config;
        let address = |places| url_of(places)?.map(|url| sync::redis::Address::parse(&url)).transpose();
        let all = address(("JOURNAL_REDIS_URL", &config.redis_url, &config.redis_url_file))?;
        let tasks = address(("JOURNAL_REDIS_TASKS_URL", &config.redis_tasks_url, &config.redis_tasks_url_file))?;
        Ok(match (all, tasks) {
            // Named twice it is one.
            (Some(all), Some(tasks)) if all.name() == tasks.name() => vec![all],
            (Some(all), Some(tasks)) => vec![all.with_role(Role::Cache), tasks.with_role(Role::Tasks)],
            (Some(all), None) => vec![all],
            (None, tasks) => tasks.into_iter().map(|tasks| tasks.with_role(Role::Tasks)).collect(),
        })
    }

    /// Where the deployment's Chroma is, when one is named: `JOURNAL_CHROMA_URL` and so on, as for PostgreSQL.
    ///
    /// # Errors
    /// As [`App::deployment`].
    pub fn chroma(&self) -> Result<Option<sync::chroma::Address>> {
        let url = url_of(("JOURNAL_CHROMA_URL", &self.config.chroma_url, &self.config.chroma_url_file))?;
        url.map(|url| sync::chroma::Address::parse(&url)).transpose()
    }
}

/// The URL of a part of the deployment: the variable of this name, the file that the variable with `_FILE` names,
/// or the settings. Nothing when none says it.
fn url_of((name, set, set_file): (&str, &Option<String>, &Option<PathBuf>)) -> Result<Option<String>> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let from_file = |path: &Path| {
        std::fs::read_to_string(path)
            .map_err(|error| Error::io("cannot read the URL of the deployment from", path, error))
    };
    if let Some(url) = variable(name) {
        return Ok(Some(url));
    }
    if let Some(file) = variable(&format!("{name}_FILE")) {
        return from_file(Path::new(&file)).map(Some);
    }
    match (set, set_file) {
        (Some(url), _) => Ok(Some(url.clone())),
        (None, Some(file)) => from_file(file).map(Some),
        (None, None) => Ok(None),
    }
}
