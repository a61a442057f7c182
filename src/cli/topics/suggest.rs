use super::quoted;
use crate::analysis::suggest::{LATEST, Parts, THRESHOLD, suggest};
use crate::app::App;
use crate::cache::{Namespace, Put};
use crate::cli::analytics;
use crate::error::{Error, Kind, Result};
use crate::index::vector::Collection;
use crate::journal::passage::kept_as;
use crate::journal::topic::TopicSuggestion;
use crate::model::InstalledModel;
use crate::output::json::TopicSuggestionJson;
use crate::output::topics;
use crate::store::Suggested;
use std::collections::HashSet;
use uuid::Uuid;

/// Suggest topics for an entry, or for the latest 50
///
/// A topic is suggested whose name, description and entries mean something close to what an entry means:
/// one of yours, or a system topic. At most three for an entry, none that it has, and none that was
/// suggested before and taken off.
///
/// Nothing is attached without --apply. What is attached so has its relevance, below 1, and is marked as
/// suggested until you give it a relevance of your own: `journal topics assign NAME ID` makes it yours,
/// `journal topics unassign NAME ID` declines it for good. --apply is one step of `journal undo`.
///
/// On a journal that was tagged by hand about two in three suggestions were right, and one in four tags was
/// found again; a lower --threshold finds more, and more that is wrong.
#[derive(Debug, clap::Args)]
pub(super) struct SuggestArgs {
    /// Id of an entry as `list` shows it
    id: Option<String>,
    /// Attach what is suggested
    #[arg(long)]
    apply: bool,
    /// How relevant a topic must be, at least: above 0, below 1
    #[arg(long, value_name = "SHARE", default_value_t = THRESHOLD, allow_negative_numbers = true)]
    threshold: f64,
    /// At most so many topics
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20)]
    limit: usize,
}

pub(super) fn run(args: &SuggestArgs, app: &mut App) -> Result<()> {
    // Written so that it refuses what is no number too.
    if !(args.threshold > 0.0 && args.threshold < 1.0) {
        return Err(Error::usage(format!("--threshold {} is not between 0 and 1", args.threshold))
            .hint("0.25 is the usual one; smaller suggests more"));
    }
    let user = app.user()?;
    let id = args.id.as_deref().map(|id| app.store()?.resolve(user, id)).transpose()?;
    let (entries, topics) = models(app)?;
    if let Some(id) = id
        && app.store()?.is_pending(Collection::User.name(), &kept_as(&entries.name), id)?
    {
        // What was written a moment ago is analysed now rather than refused.
        crate::cli::analyze::drain_now(app)?;
    }
    let mut found = match id {
        Some(id) => look(app, user, &[id], args.threshold, &entries, &topics)?.0,
        None => of_latest(app, user, args.threshold, &entries, &topics)?,
    };
    found.truncate(args.limit);
    if args.apply {
        found = apply(app, user, &topics.name, found)?;
    }
    let ids = short_ids(app, user, &found)?;
    if app.printer.is_json() {
        return app.printer.json_list(&found);
    }
    if found.is_empty() {
        app.printer.note(match args.apply {
            true => "Nothing to attach.",
            false => "No topic to suggest. A smaller --threshold suggests more.",
        });
        return Ok(());
    }
    let shown = topics::suggestions(&found, &ids, app.printer.width());
    app.printer.page(&shown)?;
    if args.apply {
        app.wake_analysis();
        let names: Vec<String> = found.iter().map(|topic| quoted(&topic.name)).collect();
        app.printer.note(&format!("Attached {}, marked as suggested. `journal undo` takes it back.", names.join(", ")));
    }
    Ok(())
}

/// The models that read entries and topics.
fn models(app: &App) -> Result<(InstalledModel, InstalledModel)> {
    Ok((app.model(Collection::User)?, app.model(Collection::Topic)?))
}

/// What is suggested for the latest entries, as `models:topics:{user_id}` holds it while the journal stands
/// where that was made.
fn of_latest(
    app: &mut App,
    user: Uuid,
    threshold: f64,
    entries: &InstalledModel,
    topics: &InstalledModel,
) -> Result<Vec<TopicSuggestionJson>> {
    let today = app.today();
    let stamp = analytics::stamp(app.store()?, today)?.map(|stamp| format!("{stamp} {} {}", entries.name, topics.name));
    let (cache, now, id) = (app.cache(), unix(app), user.to_string());
    let stamp = stamp.filter(|_| threshold == THRESHOLD);
    if let Some(stamp) = &stamp
        && let Some(found) = cache.get_made_from(Namespace::ModelsTopics, &id, stamp, now)
    {
        return Ok(found);
    }
    let latest = app.store()?.latest_entries(user, LATEST)?;
    let (found, mut puts, unread) = look(app, user, &latest, threshold, entries, topics)?;
    if unread > 0 {
        let entries = super::entries(unread as u64);
        app.printer.note(&format!("note: {entries} could not be looked at: `journal analyze` reads what is new"));
        if unread == latest.len() {
            return Err(
                Error::new(Kind::ModelUnavailable, "no entry has been analysed yet").hint("run `journal analyze`")
            );
        }
    }
    if let Some(stamp) = stamp {
        puts.extend(Put::json(Namespace::ModelsTopics, &id, &found).map(|put| put.made_from(stamp)));
    }
    let _ = cache.put_many(&puts, now);
    Ok(found)
}

type Looked = (Vec<TopicSuggestionJson>, Vec<Put>, usize);

/// What is suggested for these entries, by topic, the most relevant first.
fn look(
    app: &mut App,
    user: Uuid,
    entries: &[Uuid],
    threshold: f64,
    entry_model: &InstalledModel,
    topic_model: &InstalledModel,
) -> Result<Looked> {
    let (cache, now) = (app.cache(), unix(app));
    let mut connect = app.model_connector();
    let store = &*app.store()?;
    let mut parts = Parts { store, cache: &cache, entry_model, topic_model, connect: &mut connect, now };
    let found = suggest(&mut parts, user, entries, threshold)?;
    let mut by_topic: Vec<TopicSuggestion> = Vec::new();
    for suggested in &found.suggested {
        let Some(topic) = found.topics.get(&suggested.topic) else { continue };
        let known = by_topic.iter_mut().find(|known| known.topic.id == topic.id);
        let entry = (suggested.entry, suggested.relevance);
        match known {
            Some(known) => known.entries.push(entry),
            None => by_topic.push(TopicSuggestion { topic: topic.clone(), entries: vec![entry] }),
        }
    }
    by_topic.iter_mut().for_each(|topic| topic.entries.sort_by_key(|(_, relevance)| -relevance));
    by_topic.sort_by(|one, other| {
        let best = |of: &TopicSuggestion| of.entries.first().map(|(_, relevance)| *relevance);
        best(other).cmp(&best(one)).then_with(|| one.topic.name.cmp(&other.topic.name))
    });
    Ok((by_topic.iter().map(TopicSuggestionJson::from).collect(), found.puts, found.unread))
}

/// Attaches what is suggested; gives what was, for somebody may have been quicker.
fn apply(app: &mut App, user: Uuid, model: &str, found: Vec<TopicSuggestionJson>) -> Result<Vec<TopicSuggestionJson>> {
    let suggested: Vec<Suggested> = found
        .iter()
        .flat_map(|topic| {
            topic.pairs().map(|(entry, relevance)| Suggested { entry, topic: topic.topic_id(), relevance })
        })
        .collect();
    let attached = app.store()?.attach_suggested(user, model, &suggested)?;
    let pairs: HashSet<(Uuid, Uuid)> = attached.iter().map(|done| (done.topic, done.entry)).collect();
    Ok(found.into_iter().filter_map(|topic| topic.only(|topic, entry| pairs.contains(&(topic, entry)))).collect())
}

/// The ids of the entries as a person types them, for each topic.
fn short_ids(app: &mut App, user: Uuid, found: &[TopicSuggestionJson]) -> Result<Vec<Vec<String>>> {
    let store = app.store()?;
    let ids = |topic: &TopicSuggestionJson| topic.pairs().map(|(entry, _)| store.short_id(user, entry)).collect();
    found.iter().map(ids).collect()
}

fn unix(app: &App) -> u64 {
    app.now().timestamp().max(0).unsigned_abs()
}
