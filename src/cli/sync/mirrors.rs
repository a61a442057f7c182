//! What follows PostgreSQL: Redis and Chroma, where they are named. That one of them is away makes a sync
//! one that was done in part, and nothing else.

use crate::analysis::sentiment::VADER;
use crate::app::App;
use crate::error::{Error, Kind, Result};
use crate::journal::log::Position;
use crate::journal::passage::kept_as;
use crate::sync;
use crate::sync::health::Check;
use crate::sync::mirror::{Job, Standing};
use crate::sync::redis::Role;
use indicatif::ProgressBar;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;
use uuid::Uuid;

/// A mirror that is named.
enum Mirror {
    Redis(sync::redis::Address),
    Chroma(sync::chroma::Address),
}

/// What came of one mirror.
#[derive(Debug)]
pub(super) struct Followed {
    name: &'static str,
    title: &'static str,
    remote: String,
    outcome: Result<Done>,
    /// Only counted.
    dry_run: bool,
    /// Why it could not be asked, where that was not needed to count.
    unasked: Option<Error>,
}

#[derive(Debug)]
enum Done {
    Redis(sync::redis::Report),
    Chroma(sync::chroma::Report),
}

/// The mirrors of this run.
pub(super) struct Mirrors(Vec<Mirror>);

impl Mirror {
    fn name(&self) -> &'static str {
        match self {
            Mirror::Redis(address) if address.role() == Role::Tasks => "redis_tasks",
            Mirror::Redis(_) => "redis",
            Mirror::Chroma(_) => "chroma",
        }
    }

    fn title(&self) -> &'static str {
        match self {
            Mirror::Redis(address) if address.role() == Role::Tasks => "Redis for tasks",
            Mirror::Redis(_) => "Redis",
            Mirror::Chroma(_) => "Chroma",
        }
    }

    fn shown(&self) -> &str {
        match self {
            Mirror::Redis(address) => address.shown(),
            Mirror::Chroma(address) => address.shown(),
        }
    }

    /// The name it is kept under where it stands.
    fn key(&self) -> &str {
        match self {
            Mirror::Redis(address) => address.name(),
            Mirror::Chroma(address) => address.name(),
        }
    }

    fn standing(&self, app: &mut App) -> Result<Standing> {
        match self {
            Mirror::Redis(address) => address.standing(app.store()?),
            Mirror::Chroma(address) => address.standing(app.store()?),
        }
    }

    fn follow(&self, job: &mut Job<'_>) -> Result<Done> {
        match self {
            Mirror::Redis(address) => sync::redis::follow(address, job).map(Done::Redis),
            Mirror::Chroma(address) => sync::chroma::follow(address, job).map(Done::Chroma),
        }
    }

    /// Counts what is known without asking.
    fn estimate(&self, job: &mut Job<'_>) -> Result<Done> {
        match self {
            Mirror::Redis(address) => sync::redis::estimate(address, job).map(Done::Redis),
            Mirror::Chroma(address) => sync::chroma::estimate(address, job).map(Done::Chroma),
        }
    }

    /// The server's version, what else can be said, and what is not as it should be.
    fn look(&self) -> Result<(String, Vec<String>)> {
        Ok(match self {
            Mirror::Redis(address) => {
                let seen = address.look()?;
                let policy = if seen.policy.is_empty() { "policy unknown" } else { &seen.policy };
                let waiting = seen.waiting.map(|count| format!(", tasks waiting: {count}")).unwrap_or_default();
                (format!("Redis {}, {policy}{waiting}", seen.version), seen.warnings)
            }
            Mirror::Chroma(address) => {
                let seen = address.look()?;
                let count = |(name, count): &(&str, Option<u64>)| match count {
                    Some(count) => format!("{name} {count}"),
                    None => format!("{name} not made yet"),
                };
                let vectors: Vec<String> = seen.vectors.iter().map(count).collect();
                (format!("Chroma, interface {}; {}", seen.version, vectors.join(", ")), Vec::new())
            }
        })
    }
}

impl Mirrors {
    /// Those that are named, by environment or settings.
    ///
    /// # Errors
    /// Usage when a URL cannot be understood: before anything is done.
    pub(super) fn named(app: &App) -> Result<Mirrors> {
        let redis = app.redis()?.into_iter().map(Mirror::Redis);
        let chroma = app.chroma()?.into_iter().map(Mirror::Chroma);
        Ok(Mirrors(redis.chain(chroma).collect()))
    }

    /// Lets each follow up to the row of the log that PostgreSQL has come to.
    ///
    /// # Errors
    /// What the journal itself fails with, or Ctrl-C; what a mirror fails with is part of the result.
    pub(super) fn follow(
        &self,
        app: &mut App,
        deployment: &str,
        dry_run: bool,
        stop: &AtomicBool,
        bar: &ProgressBar,
    ) -> Result<Vec<Followed>> {
        if self.0.is_empty() {
            return Ok(Vec::new());
        }
        let store = app.store()?;
        // What has been pulled, and what no deployment gets, such as vectors, is behind the last row that was
        // pushed. Where nothing is left to be pushed, that is there too.
        let settled = store.pending(deployment)?.filter(|pending| pending.is_empty()).map(|pending| pending.upto);
        let to = match (dry_run, settled) {
            // What is only counted is not there yet.
            (true, _) => store.log_head()?,
            (false, Some(upto)) => upto,
            (false, None) => store.sync_state(deployment)?.map_or(Position::START, |state| state.pushed),
        };
        if to == Position::START {
            return Ok(Vec::new());
        }
        let owners: BTreeSet<Uuid> = store.linked_users(deployment)?.into_iter().collect();
        let readers: Vec<_> = app
            .readers()?
            .into_iter()
            .filter_map(|(collection, model)| Some((collection, kept_as(&model.ok()?.name))))
            .collect();
        let (data, now) = (app.paths.data.clone(), app.now());
        let mut followed = Vec::new();
        for mirror in &self.0 {
            let mut progress = |doing: &str, done: u64, total: u64| {
                bar.set_message(format!("{}: {doing}", mirror.title()));
                bar.set_length(total);
                bar.set_position(done);
            };
            let mut job = Job {
                data: &data,
                store: app.store()?,
                to,
                owners: &owners,
                readers: &readers,
                reads_content: VADER,
                now,
                dry_run,
                interrupted: stop,
                progress: &mut progress,
            };
            let (mut outcome, mut unasked) = (mirror.follow(&mut job), None);
            // To show what would go there it need not be there.
            if let Err(error) = &outcome
                && dry_run
                && error.kind() == Kind::Network
            {
                unasked = Some(error.again());
                outcome = mirror.estimate(&mut job);
            }
            if let Err(error) = &outcome
                && error.kind() == Kind::Interrupted
            {
                return Err(error.again());
            }
            let (name, title, remote) = (mirror.name(), mirror.title(), mirror.shown().to_string());
            followed.push(Followed { name, title, remote, outcome, dry_run, unasked });
        }
        Ok(followed)
    }

    /// Where each stands, as JSON and in words.
    ///
    /// # Errors
    /// What the database fails with.
    pub(super) fn standing(&self, app: &mut App) -> Result<Vec<(Value, String)>> {
        let mut found = Vec::new();
        for mirror in &self.0 {
            let Standing { behind, at } = mirror.standing(app)?;
            let at = at.map(|at| at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true));
            let document = json!({"name": mirror.name(), "remote": mirror.shown(), "behind": behind, "synced_at": at});
            let words = format!("{}: {}, {}", mirror.title(), mirror.shown(), far(behind));
            found.push((document, words));
        }
        Ok(found)
    }

    /// Looks at each: whether it can be reached, its version, how far behind it is.
    ///
    /// # Errors
    /// What the database fails with.
    pub(super) fn examine(&self, app: &mut App) -> Result<Vec<Check>> {
        let mut checks = Vec::new();
        for mirror in &self.0 {
            let behind = far(mirror.standing(app)?.behind);
            let name = mirror.name();
            checks.push(match mirror.look() {
                Ok((seen, warnings)) => Check {
                    name,
                    is_well: warnings.is_empty(),
                    detail: format!("{}: {seen}; {behind}", mirror.shown()),
                    hint: (!warnings.is_empty()).then(|| warnings.join("; ")),
                },
                Err(error) => Check {
                    name,
                    is_well: false,
                    detail: format!("{}; {behind}", error.message()),
                    hint: error.hint_text().map(str::to_string),
                },
            });
        }
        Ok(checks)
    }

    /// Forgets where each stands: the next sync sends everything there, or compares it.
    ///
    /// # Errors
    /// What the database fails with.
    pub(super) fn forget(&self, app: &mut App) -> Result<()> {
        for mirror in &self.0 {
            app.store()?.unfollow(mirror.key())?;
        }
        Ok(())
    }
}

fn far(behind: Option<u64>) -> String {
    match behind {
        Some(0) => "up to date".into(),
        Some(1) => "1 change behind".into(),
        Some(count) => format!("{count} changes behind"),
        None => "has not followed this journal yet".into(),
    }
}

impl Followed {
    /// Whether it has come to where PostgreSQL is.
    pub(super) fn is_complete(&self) -> bool {
        self.outcome.is_ok()
    }

    /// Whether anything went there.
    pub(super) fn changed_anything(&self) -> bool {
        match &self.outcome {
            Ok(Done::Redis(report)) => *report != sync::redis::Report { anew: report.anew, ..Default::default() },
            Ok(Done::Chroma(report)) => report.added + report.updated + report.deleted > 0 || !report.remade.is_empty(),
            Err(_) => false,
        }
    }

    /// As part of the document of a sync.
    pub(super) fn document(&self) -> Value {
        let mut document = match &self.outcome {
            Ok(Done::Redis(report)) => json!({
                "users": report.users, "answers": report.answers, "embeddings": report.embeddings,
                "sentiments": report.sentiments, "queued": report.queued, "withdrawn": report.withdrawn,
                "anew": report.anew,
            }),
            Ok(Done::Chroma(report)) => json!({
                "added": report.added, "updated": report.updated, "deleted": report.deleted,
                "unchanged": report.unchanged, "remade": report.remade, "anew": report.anew,
            }),
            Err(_) => json!({}),
        };
        if let Some(error) = self.outcome.as_ref().err().or(self.unasked.as_ref()) {
            document["error"] =
                json!({"kind": error.kind().name(), "message": error.message(), "hint": error.hint_text()});
        }
        if self.dry_run {
            document["asked"] = json!(self.outcome.is_ok() && self.unasked.is_none());
        }
        document["name"] = json!(self.name);
        document["remote"] = json!(self.remote);
        document["complete"] = json!(self.is_complete());
        document
    }

    /// What went there, in words; nothing when nothing did.
    pub(super) fn words(&self) -> Option<String> {
        let counts = match self.outcome.as_ref().ok().filter(|_| self.changed_anything())? {
            Done::Redis(report) => vec![
                (report.users, "profile", "profiles"),
                (report.answers, "answer removed", "answers removed"),
                (report.embeddings, "vector", "vectors"),
                (report.sentiments, "judgement", "judgements"),
                (report.queued, "task queued", "tasks queued"),
                (report.withdrawn, "task withdrawn", "tasks withdrawn"),
            ],
            Done::Chroma(report) => vec![
                (report.added, "vector added", "vectors added"),
                (report.updated, "record updated", "records updated"),
                (report.deleted, "vector deleted", "vectors deleted"),
            ],
        };
        let counts = counts.iter().filter(|(count, ..)| *count > 0).map(|(count, one, more)| match count {
            1 => format!("1 {one}"),
            _ => format!("{count} {more}"),
        });
        let (title, counts) = (self.title, counts.collect::<Vec<_>>().join(", "));
        Some(if self.dry_run { format!("Would be done in {title}: {counts}") } else { format!("{title}: {counts}") })
    }

    /// Says what is to be known: that it stayed behind, or could not be asked, and why; that a collection was made
    /// anew.
    pub(super) fn tell(&self, app: &mut App) {
        let title = self.title;
        if let Some(error) = &self.unasked {
            let hint = error.hint_text().unwrap_or("see that the server runs");
            app.printer.warn(&format!(
                "{title} could not be asked, so that only what has changed here since it last followed is counted for \
                 it: {error}; {hint}"
            ));
        }
        match &self.outcome {
            Ok(Done::Chroma(report)) => report.remade.iter().for_each(|reason| app.printer.note(reason)),
            Ok(Done::Redis(_)) => {}
            Err(error) => {
                let hint = error.hint_text().unwrap_or("the next sync tries again");
                app.printer.warn(&format!("{title} is behind: {error}; {hint}"));
            }
        }
    }
}
