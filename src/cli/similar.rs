use super::filters::FilterArgs;
use crate::analysis::embed::{Embedder, Sources};
use crate::app::App;
use crate::config::SearchMode;
use crate::error::{Error, Kind, Result};
use crate::index::vector::{Collection, normalise};
use crate::journal::id::IdText;
use crate::journal::passage::kept_as;
use crate::search::answering::{Answering, Compared, answering};
use crate::search::{self, Found, Hit, MeaningEvidence, Parts, meaning};
use crate::store::PendingText;
use std::io::Read;
use uuid::Uuid;

/// Find entries that mean something close to an entry, a text or a topic
///
/// Whole entries are compared, so that a long one is not found for one sentence of its many; the passage
/// shown is the nearest. When none is alike enough, the best that there was is named. A topic is compared
/// by its name and description, as the model that reads entries understands them.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("what").required(true))]
#[command(after_help = "Examples:
  journal similar 7f3k
  journal similar 7f3k --threshold 0.5 --since 2025
  journal similar a walk by the river in the rain
  pbpaste | journal similar -")]
pub(super) struct SimilarArgs {
    /// Id of an entry as `list` shows it, a text of several words, or - for a text on standard input
    #[arg(group = "what", value_name = "ID|TEXT|-")]
    what_to: Vec<String>,
    /// A text instead of an entry, of one word or more
    #[arg(long, value_name = "TEXT", group = "what")]
    text: Option<String>,
    /// A topic instead of an entry
    #[arg(long = "to-topic", value_name = "NAME", group = "what")]
    to_topic: Option<String>,
    /// Say how similar each entry is
    #[arg(long)]
    explain: bool,
    /// At least so similar, from -1 to 1
    #[arg(long, value_name = "SIMILARITY", allow_negative_numbers = true, default_value_t = ALIKE)]
    #[arg(value_parser = super::search::similarity)]
    threshold: f32,
    #[command(flatten)]
    filter: FilterArgs,
    /// At most so many
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10)]
    limit: usize,
}

/// The architecture's `similarity_threshold`.
const ALIKE: f32 = 0.7;

/// What entries are compared with.
enum Against {
    /// Something whose vectors are kept.
    Stored(Collection, Uuid),
    Text(String),
}

impl SimilarArgs {
    fn against(&self, app: &mut App) -> Result<Against> {
        let user = app.user()?;
        let store = app.store()?;
        let text = match (&self.text, &self.to_topic, &self.what_to[..]) {
            (Some(text), ..) => text.clone(),
            (_, Some(name), _) => {
                return Ok(Against::Stored(Collection::Topic, store.topic(user, name.trim_start_matches('#'))?));
            }
            (.., [only]) if only == "-" => {
                let mut text = String::new();
                std::io::stdin()
                    .lock()
                    .read_to_string(&mut text)
                    .map_err(|error| Error::usage(format!("cannot read standard input as text: {error}")))?;
                text
            }
            // One word that could be an id is meant as one.
            (.., [only]) if IdText::parse(only).is_ok() => {
                let id = store.resolve(user, only).map_err(|error| match error.kind() {
                    Kind::NotFound => error.hint(format!(
                        "`journal list` shows the ids; `journal similar --text {only}` compares with the word"
                    )),
                    _ => error,
                })?;
                return Ok(Against::Stored(Collection::User, id));
            }
            (.., words) => words.join(" "),
        };
        if text.trim().is_empty() {
            return Err(
                Error::usage("there is no text to compare with").hint("name an entry by its id, or give a text")
            );
        }
        Ok(Against::Text(text))
    }
}

pub(super) fn run(args: &SimilarArgs, app: &mut App) -> Result<()> {
    let filter = args.filter.resolve(app)?;
    let user = app.user()?;
    if app.model_if_installed(Collection::User)?.is_none()
        && !app.store()?.is_changing_model(Collection::User.name(), "")?
    {
        return Err(search::no_model());
    }
    let against = args.against(app)?;
    if let Against::Stored(collection, subject) = &against {
        read_if_new(app, *collection, *subject)?;
    }
    let found = super::search::with_parts(app, |parts| {
        let stored = matches!(against, Against::Stored(..));
        let chosen = answering(parts, if stored { Compared::Stored } else { Compared::Text })?;
        let vector = vector(parts, &chosen, &against)?;
        let near = meaning::alike(parts, &chosen, user, &filter, &vector, args.limit.saturating_add(1))?;
        let own = |id: Uuid| matches!(&against, Against::Stored(_, subject) if *subject == id);
        let others: Vec<_> = near.nearest.iter().filter(|near| !own(near.subject)).collect();
        let best = others.first().map(|near| (near.subject, near.similarity));
        let mut hits = Vec::new();
        for near in others.into_iter().filter(|near| near.similarity >= args.threshold) {
            if hits.len() == args.limit {
                break;
            }
            // What has been deleted while the question was asked is gone.
            let Some(entry) = parts.store.entry_if_there(near.subject)? else { continue };
            let passage = entry.full_text().get(near.range.clone()).unwrap_or(&entry.content).to_string();
            let (rank, similarity) = (hits.len() + 1, near.similarity);
            let fragments = search::words::passage(&entry, &near.range, None);
            hits.push(Hit {
                entry,
                score: Some(f64::from(near.similarity)),
                words: None,
                meaning: Some(MeaningEvidence { rank, similarity, range: near.range.clone(), passage }),
                like: None,
                fragments,
                after: search::After::default(),
            });
        }
        let mode = SearchMode::Semantic;
        Ok(Found {
            best: best.filter(|_| hits.is_empty()),
            hits,
            more: false,
            mode_requested: mode,
            mode_used: mode,
            reason: near.reason,
            vectors: Some(near.how),
            model: near.model,
            query: String::new(),
            suggestions: Vec::new(),
        })
    })?;
    if let Some(reason) = &found.reason {
        app.printer.note(&format!("note: {reason}"));
    }
    super::hits::show(app, user, &found, args.explain, filter.is_open())
}

/// Has what was written a moment ago analysed now, rather than refusing it.
pub(super) fn read_if_new(app: &mut App, collection: Collection, subject: Uuid) -> Result<()> {
    let name = |collection| Ok::<_, Error>(app.model_if_installed(collection)?.map(|model| kept_as(&model.name)));
    let (Some(entries), Some(kept)) = (name(Collection::User)?, name(collection)?) else { return Ok(()) };
    let store = app.store()?;
    match store.is_pending(collection.name(), &kept, subject)?
        && !store.is_changing_model(Collection::User.name(), &entries)?
    {
        true => super::analyze::drain_now(app).map(|_| ()),
        false => Ok(()),
    }
}

/// The vector that stands for what is compared with.
fn vector(parts: &mut Parts, chosen: &Answering, against: &Against) -> Result<Vec<f32>> {
    match against {
        Against::Text(text) => read(parts, chosen, text),
        Against::Stored(collection, subject) => match meaning::own_vector(chosen, *collection, *subject)? {
            Some(vector) => Ok(vector),
            // Written while the model is being changed: the old one has not read it, and will not. Or a
            // topic, which another model reads: its vector is nothing beside those of entries.
            None if chosen.model.is_some() && (chosen.leaving || *collection == Collection::Topic) => {
                let texts = parts.store.texts_of(collection.name(), &[*subject])?;
                read(parts, chosen, &texts.into_iter().next().map(|text| text.text).unwrap_or_default())
            }
            None => {
                let message = match chosen.model {
                    None if *collection == Collection::Topic => {
                        format!("this topic cannot be read by {}, which is not installed", chosen.kept)
                    }
                    _ => format!("this has not been analysed by {} yet", chosen.kept),
                };
                Err(Error::new(Kind::ModelUnavailable, message).hint("run `journal analyze`"))
            }
        },
    }
}

/// The vector of a text of any length: as an entry's, the mean of its passages.
fn read(parts: &mut Parts, chosen: &Answering, text: &str) -> Result<Vec<f32>> {
    let model = chosen.model.as_ref().ok_or_else(search::no_model)?;
    let mut embedder = Embedder {
        connect: &mut *parts.connect,
        client: None,
        sources: Sources::default(),
        model: &model.reference(),
        window: model.max_pieces.saturating_sub(2).max(1),
        dimensions: model.dimensions,
    };
    let asked = PendingText { collection: Collection::User.name(), subject: Uuid::nil(), text: text.to_string() };
    let (read, puts) = embedder.embed(parts.store, parts.cache, parts.now, vec![asked])?;
    // The question is likely to be asked again. How the cache fares is nobody's concern here.
    let _ = parts.cache.put_many(&puts, parts.now);
    let mut sum = vec![0.0f32; model.dimensions];
    for passage in read.iter().flat_map(|text| &text.passages) {
        sum.iter_mut().zip(&passage.vector).for_each(|(sum, number)| *sum += number);
    }
    normalise(&sum).ok_or_else(|| Error::new(Kind::ModelUnavailable, "the model made no vector of this text"))
}
