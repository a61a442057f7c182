use super::filters::FilterArgs;
use crate::app::App;
use crate::config::SearchMode;
use crate::error::{Error, Kind, Result};
use crate::index::vector::Collection;
use crate::journal::passage::kept_as;
use crate::model::InstalledModel;
use crate::search::answering::{Compared, answering};
use crate::search::{self, Found, Hit, MeaningEvidence, Parts, meaning};

/// Find entries that mean something close to an entry, a text or a topic
///
/// A topic is compared by its name and description, as the model that reads entries understands them.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("what").required(true))]
pub(super) struct SimilarArgs {
    /// Id of an entry as `list` shows it
    #[arg(group = "what")]
    id: Option<String>,
    /// A text instead of an entry
    #[arg(long, value_name = "TEXT", group = "what")]
    text: Option<String>,
    /// A topic instead of an entry
    #[arg(long = "to-topic", value_name = "NAME", group = "what")]
    to_topic: Option<String>,
    /// Say how similar each entry is
    #[arg(long)]
    explain: bool,
    /// At least so similar, from -1 to 1
    #[arg(long, value_name = "SIMILARITY", allow_negative_numbers = true, default_value_t = meaning::RELEVANT)]
    threshold: f32,
    #[command(flatten)]
    filter: FilterArgs,
    /// At most so many
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10)]
    limit: usize,
}

pub(super) fn run(args: &SimilarArgs, app: &mut App) -> Result<()> {
    let filter = args.filter.resolve(app)?;
    let user = app.user()?;
    let name = |collection| Ok::<_, Error>(app.model_if_installed(collection)?.map(|model| kept_as(&model.name)));
    let (of_entries, of_topics) = (name(Collection::User)?, name(Collection::Topic)?);
    let store = app.store()?;
    let entries = Collection::User.name();
    if of_entries.is_none() && !store.is_changing_model(entries, "")? {
        return Err(search::no_model());
    }
    let own = match (&args.id, &args.to_topic) {
        (Some(id), _) => Some((Collection::User, store.resolve(user, id)?)),
        (_, Some(name)) => Some((Collection::Topic, store.topic(user, name.trim_start_matches('#'))?)),
        _ => None,
    };
    if let Some((collection, subject)) = own
        && let Some(entries_kept) = &of_entries
        && let Some(kept) = if collection == Collection::Topic { &of_topics } else { &of_entries }
        && store.is_pending(collection.name(), kept, subject)?
        && !store.is_changing_model(entries, entries_kept)?
    {
        // What was written a moment ago is analysed now rather than refused.
        super::analyze::drain_now(app)?;
    }
    let found = super::search::with_parts(app, |parts| {
        let compared = if own.is_some() { Compared::Stored } else { Compared::Text };
        let chosen = answering(parts, compared)?;
        let vector = match (own, &args.text) {
            (Some((collection, subject)), _) => {
                match (meaning::own_vector(&chosen, collection, subject)?, &chosen.model) {
                    (Some(vector), _) => vector,
                    // Written while the model is being changed: the old one has not read it, and will not. Or a
                    // topic, which another model reads: its vector is nothing beside those of entries.
                    (None, Some(model)) if chosen.leaving || collection == Collection::Topic => {
                        let texts = parts.store.texts_of(collection.name(), &[subject])?;
                        let text = texts.into_iter().next().map(|text| text.text).unwrap_or_default();
                        ask(parts, model, &text)?
                    }
                    (_, model) => {
                        let message = match model {
                            None if collection == Collection::Topic => {
                                format!("this topic cannot be read by {}, which is not installed", chosen.kept)
                            }
                            _ => format!("this has not been analysed by {} yet", chosen.kept),
                        };
                        return Err(Error::new(Kind::ModelUnavailable, message).hint("run `journal analyze`"));
                    }
                }
            }
            (None, text) => {
                let text = text.as_deref().unwrap_or_default();
                let model = chosen.model.as_ref().ok_or_else(search::no_model)?;
                ask(parts, model, text)?
            }
        };
        let near = meaning::nearest(parts, &chosen, user, &filter, &vector, args.limit + 1)?;
        let mut hits = Vec::new();
        let others = near.nearest.iter().filter(|near| own.is_none_or(|(_, subject)| near.subject != subject));
        for near in others.filter(|near| near.similarity >= args.threshold) {
            if hits.len() == args.limit {
                break;
            }
            // What has been deleted while the question was asked is gone.
            let Some(entry) = parts.store.entry_if_there(near.subject)? else { continue };
            let passage = entry.full_text().get(near.range.clone()).unwrap_or(&entry.content).to_string();
            let evidence = MeaningEvidence {
                rank: hits.len() + 1,
                similarity: near.similarity,
                range: near.range.clone(),
                passage,
            };
            let fragments = search::words::passage(&entry, &near.range);
            hits.push(Hit {
                entry,
                score: f64::from(near.similarity),
                words: None,
                meaning: Some(evidence),
                fragments,
                after: search::After::default(),
            });
        }
        let mode = SearchMode::Meaning;
        Ok(Found {
            hits,
            more: false,
            mode_requested: mode,
            mode_used: mode,
            reason: near.reason,
            vectors: Some(near.how),
            model: near.model,
        })
    })?;
    if let Some(reason) = &found.reason {
        app.printer.note(&format!("note: {reason}"));
    }
    super::search::show(app, user, &found, args.explain, filter.is_open())
}

/// The vector of a text by the model that answers.
fn ask(parts: &mut Parts, model: &InstalledModel, text: &str) -> Result<Vec<f32>> {
    let (vector, put) = meaning::question(parts.cache, model, text, parts.now, parts.connect)?;
    let _ = parts.cache.put_many(&put.into_iter().collect::<Vec<_>>(), parts.now);
    Ok(vector)
}
