//! The verbs, and how one of them is read without the others.

use super::*;
use clap::{Args, FromArgMatches};
use std::ffi::OsStr;

macro_rules! verbs {
    ($($(#[$attribute:meta])* $verb:ident($module:ident::$args:ident) $name:literal $(| $alias:literal)?,)*) => {
        #[derive(Debug, Subcommand)]
        pub(super) enum Verb {
            $($(#[$attribute])* $verb($module::$args),)*
        }

        /// The command of the verb with this name.
        fn command_of(name: &str) -> Option<clap::Command> {
            match name {
                $($name $(| $alias)? => Some(<$module::$args as Args>::augment_args(clap::Command::new($name))),)*
                _ => None,
            }
        }
    };
}

verbs! {
    Add(add::AddArgs) "add",
    List(list::ListArgs) "list",
    Show(show::ShowArgs) "show",
    Edit(edit::EditArgs) "edit",
    Delete(delete::DeleteArgs) "delete",
    Undo(undo::UndoArgs) "undo",
    History(history::HistoryArgs) "history",
    Search(search::SearchArgs) "search",
    Similar(similar::SimilarArgs) "similar",
    OnThisDay(on_this_day::OnThisDayArgs) "on-this-day",
    Random(random::RandomArgs) "random",
    Mood(mood::MoodArgs) "mood",
    User(user::UserArgs) "user",
    Login(login::LoginArgs) "login",
    Logout(login::LogoutArgs) "logout",
    Session(session::SessionArgs) "session",
    #[command(alias = "tags")] Topics(topics::TopicsArgs) "topics" | "tags",
    Stats(stats::StatsArgs) "stats",
    Import(import::ImportArgs) "import",
    Export(export::ExportArgs) "export",
    Bulk(bulk::BulkArgs) "bulk",
    Analyze(analyze::AnalyzeArgs) "analyze",
    Tasks(tasks::TasksArgs) "tasks",
    Models(models::ModelsArgs) "models",
    Cache(cache::CacheArgs) "cache",
    Reindex(reindex::ReindexArgs) "reindex",
    Doctor(doctor::DoctorArgs) "doctor",
    Sync(sync::SyncArgs) "sync",
    Migrate(migrate::MigrateArgs) "migrate",
    Config(config::ConfigArgs) "config",
    Completions(completions::CompletionsArgs) "completions",
}

/// Reads a command line.
///
/// To describe all verbs to clap takes a millisecond, a fifth of most commands: so first it is told of the one that is
/// named alone. Whatever is not understood then, help included, is read again with all of them.
pub(super) fn read(args: &[OsString]) -> Result<Cli, clap::Error> {
    match read_alone(args) {
        Some(Ok(cli)) => Ok(cli),
        Some(Err(error)) if error.kind() == clap::error::ErrorKind::DisplayVersion => Err(error),
        _ => Cli::try_parse_from(args),
    }
}

/// Nothing where a verb is named that there is not.
fn read_alone(args: &[OsString]) -> Option<Result<Cli, clap::Error>> {
    let mut command = clap::Command::new("journal").version(env!("CARGO_PKG_VERSION"));
    if let Some(place) = verb_of(args) {
        command = command.propagate_version(true).subcommand(command_of(args[place].to_str()?)?);
    }
    let matches = GlobalArgs::augment_args(command).try_get_matches_from(args);
    Some(matches.and_then(|matches| Cli::from_arg_matches(&matches)))
}

/// Global flags that take the next word as their value.
const TAKE_A_VALUE: [&str; 4] = ["--data-dir", "--config", "--user", "--color"];

/// Where the verb stands, if there is one.
pub(super) fn verb_of(args: &[OsString]) -> Option<usize> {
    let is_value = |place: usize| TAKE_A_VALUE.iter().any(|flag| args[place - 1].as_os_str() == OsStr::new(flag));
    (1..args.len()).find(|place| !args[*place].to_string_lossy().starts_with('-') && !is_value(*place))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_verb_alone_is_what_it_is_among_all() {
        let mut all = command();
        all.build();
        for among in all.get_subcommands().filter(|verb| verb.get_name() != "help") {
            for name in [among.get_name()].into_iter().chain(among.get_all_aliases()) {
                let alone = clap::Command::new("journal").version("1").propagate_version(true);
                let alone = alone.subcommand(command_of(name).unwrap());
                let mut alone = GlobalArgs::augment_args(alone);
                alone.build();
                let alone = alone.find_subcommand(among.get_name()).unwrap();
                // The order in which they are listed is that of the help, which is never made alone.
                let flags = |verb: &clap::Command| -> BTreeSet<String> {
                    verb.get_arguments().map(|arg| format!("{:?}", arg.clone().display_order(0))).collect()
                };
                assert_eq!(flags(alone), flags(among), "{name}");
            }
        }
    }

    #[test]
    fn the_verb_is_found_behind_flags_and_their_values() {
        for (line, place) in [
            ("journal", None),
            ("journal --json", None),
            ("journal list", Some(1)),
            ("journal --user list add x", Some(3)),
            ("journal -q --data-dir /x --color never search list", Some(6)),
            ("journal --data-dir=/x show 7f3k", Some(2)),
        ] {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            assert_eq!(verb_of(&words), place, "{line}");
        }
    }
}
