//! Where things lie: data, configuration, sockets.

use crate::error::{Error, Result};
use sha2::{Digest, Sha256};
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use uuid::Uuid;

/// The folder name under each base folder.
const NAME: &str = "journaling-ai";

/// Where this run's files lie. Nothing here is created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// The journal: database, projections, models, drafts. Absolute.
    pub data: PathBuf,
    /// The configuration file.
    pub config: PathBuf,
    /// Folders a socket may lie in, best first.
    pub runtime: Vec<PathBuf>,
}

impl Paths {
    /// From flags first, then the environment, which is asked through `variable`.
    ///
    /// # Errors
    /// Usage when there is neither a flag nor a home folder to go by.
    pub fn resolve(
        data_dir: Option<PathBuf>,
        config: Option<PathBuf>,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Paths> {
        let folder = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let base = |name: &str, under_home: &str| {
            folder(name)
                .filter(|path| path.is_absolute())
                .or_else(|| folder("HOME").map(|home| home.join(under_home)))
                .map(|base| base.join(NAME))
        };
        let homeless = |what: &str, flag: &str| {
            Error::usage(format!("there is no {what} folder: HOME is not set")).hint(format!("pass {flag}"))
        };
        let data = data_dir
            .or_else(|| folder("JOURNAL_DATA_DIR"))
            .or_else(|| base("XDG_DATA_HOME", ".local/share"))
            .ok_or_else(|| homeless("data", "--data-dir"))?;
        let config = config
            .or_else(|| folder("JOURNAL_CONFIG"))
            .or_else(|| base("XDG_CONFIG_HOME", ".config").map(|base| base.join("config.toml")))
            .ok_or_else(|| homeless("configuration", "--config"))?;
        let data = std::path::absolute(&data).map_err(|error| Error::io("cannot resolve", &data, error))?;
        let mut runtime: Vec<PathBuf> = folder("XDG_RUNTIME_DIR").map(|base| base.join(NAME)).into_iter().collect();
        runtime.push(data.join("run"));
        let temporary = folder("TMPDIR").unwrap_or_else(|| PathBuf::from("/tmp"));
        runtime.push(temporary.join(format!("{NAME}-{}", rustix::process::getuid().as_raw())));
        Ok(Paths { data, config, runtime })
    }

    /// Texts that could not be saved, and those being written.
    pub fn drafts(&self) -> PathBuf {
        self.data.join("drafts")
    }

    /// The text index.
    pub fn text_index(&self) -> PathBuf {
        self.data.join("index").join("text")
    }

    /// The vector snapshots.
    pub fn vector_index(&self) -> PathBuf {
        self.data.join("index").join("vectors")
    }

    /// The cache.
    pub fn cache(&self) -> PathBuf {
        self.data.join("cache.redb")
    }

    /// Installed models.
    pub fn models(&self) -> PathBuf {
        self.data.join("models")
    }

    /// Locks of the sessions that last.
    pub fn sessions(&self) -> PathBuf {
        self.data.join("sessions")
    }

    /// Where the token of a user's login may lie, best first. Journals kept apart stay apart.
    pub fn login_tokens(&self, user: Uuid) -> Vec<PathBuf> {
        let mut digest = Sha256::new();
        digest.update(self.data.as_os_str().as_bytes());
        digest.update([0]);
        digest.update(user.as_bytes());
        let hash = data_encoding::HEXLOWER.encode(&digest.finalize());
        // The last folder is one that others may write to.
        let own = self.runtime.len().saturating_sub(1).max(1);
        self.runtime.iter().take(own).map(|folder| folder.join(format!("login-{}", &hash[..16]))).collect()
    }

    /// The lock that is held while a password is checked.
    pub fn login_lock(&self) -> PathBuf {
        self.data.join("login.lock")
    }

    /// Copies kept before a schema is changed.
    pub fn backups(&self) -> PathBuf {
        self.data.join("backups")
    }

    /// What the statements of all commands have cost.
    pub fn statements_log(&self) -> PathBuf {
        self.data.join("statements.log")
    }

    /// Slow statements with their plans.
    pub fn slow_log(&self) -> PathBuf {
        self.data.join("slow.log")
    }

    /// The lock that one background analysis holds.
    pub fn analyze_lock(&self) -> PathBuf {
        self.data.join("analyze.lock")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn flags_win_over_variables_over_the_base_folders() {
        let environment = |name: &str| match name {
            "HOME" => Some("/home/x".into()),
            "XDG_CONFIG_HOME" => Some("relative".into()),
            "XDG_RUNTIME_DIR" => Some("/run/user/1".into()),
            _ => None,
        };
        let paths = Paths::resolve(None, None, environment).unwrap();
        assert_eq!(paths.data, PathBuf::from("/home/x/.local/share/journaling-ai"));
        assert_eq!(
            paths.config,
            PathBuf::from("/home/x/.config/journaling-ai/config.toml"),
            "a relative base is ignored"
        );
        assert_eq!(paths.runtime[0], PathBuf::from("/run/user/1/journaling-ai"));
        let named = |name: &str| (name == "JOURNAL_DATA_DIR").then(|| "/d".into()).or_else(|| environment(name));
        assert_eq!(Paths::resolve(None, None, named).unwrap().data, PathBuf::from("/d"));
        assert_eq!(Paths::resolve(Some("/flag".into()), None, named).unwrap().data, PathBuf::from("/flag"));
        assert!(Paths::resolve(None, None, |_| None).is_err());
    }
}
