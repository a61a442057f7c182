use super::draft::{self, Draft};
use crate::analysis::sentiment;
use crate::app::App;
use crate::error::{Error, Result};
use crate::journal::entry::Entry;
use crate::journal::mood::{Mood, MoodSource};
use crate::journal::when::parse_moment;
use crate::output::json::EntryJson;
use crate::store::Change;

/// Change an entry: its text in the editor, or anything by flags
#[derive(Debug, clap::Args)]
pub(super) struct EditArgs {
    /// Id as `list` shows it
    id: String,
    /// The new text; `-` reads standard input
    #[arg(long, value_name = "TEXT")]
    content: Option<String>,
    /// Another title; an empty one takes it away
    #[arg(short, long)]
    title: Option<String>,
    /// Another day, with or without a time
    #[arg(short, long, value_name = "WHEN")]
    date: Option<String>,
    /// Another mood; `none` leaves it to the model
    #[arg(short, long, allow_hyphen_values = true)]
    mood: Option<String>,
    /// Attach a topic
    #[arg(long, value_name = "NAME", alias = "tag")]
    topic: Vec<String>,
    /// Take a topic off
    #[arg(long, value_name = "NAME", alias = "untag")]
    remove_topic: Vec<String>,
    /// Mark with a star
    #[arg(long, conflicts_with = "unstar")]
    star: bool,
    /// Take the star away
    #[arg(long)]
    unstar: bool,
    /// Another zone
    #[arg(long, value_name = "ZONE", alias = "zone")]
    tz: Option<String>,
}

pub(super) fn run(args: EditArgs, app: &mut App) -> Result<()> {
    let user = app.user()?;
    let store = app.store()?;
    let entry = store.entry(store.resolve(user, &args.id)?)?;
    let mut change = from_flags(&args, app, &entry)?;
    let mut edited = None;
    if change == Change::default() {
        let before = draft::join_title(entry.title.as_deref(), &entry.content);
        if !app.can_ask() {
            return Err(Error::usage("there is nothing to change")
                .hint("pass --content, --title, --date, --mood, --topic, --remove-topic, --star or --unstar"));
        }
        let Some((draft, text)) = Draft::edit(app, Some("edit"), &before, &again(&args))? else {
            draft::nothing_saved(app);
            return Ok(());
        };
        // Without a title before, a first line like a heading may always have been part of the text.
        let heading = entry.title.is_some() || !entry.content.starts_with("# ");
        let (title, content) = if heading { draft::split_title(&text) } else { (None, text) };
        if title != entry.title {
            change.title = Some(title);
        }
        change.content = Some(content);
        edited = Some(draft);
    }
    judge(&mut change, app, &entry);
    match app.store()?.edit(entry.id, entry.updated_at, &change) {
        Ok(entry) => {
            if let Some(edited) = edited {
                edited.saved(app, Some(entry.id));
            }
            app.wake_analysis();
            let short = app.store()?.short_id(user, entry.id)?;
            if app.printer.is_json() {
                return app.printer.json(&EntryJson::full(&entry, Some(short)));
            }
            app.printer.note(&format!("Changed {short}. `journal undo` takes it back."));
            Ok(())
        }
        Err(error) => Err(match (edited, &change.content) {
            (Some(edited), _) => edited.unsaved(app, error),
            (None, Some(content)) => draft::keep(app, content.as_bytes(), error, &again(&args)),
            (None, None) => error,
        }),
    }
}

fn from_flags(args: &EditArgs, app: &mut App, entry: &Entry) -> Result<Change> {
    let mut change = Change {
        add_topics: args.topic.iter().map(|name| name.trim_start_matches('#').to_string()).collect(),
        remove_topics: args.remove_topic.iter().map(|name| name.trim_start_matches('#').to_string()).collect(),
        ..Change::default()
    };
    change.title = args.title.as_ref().map(|title| Some(title.clone()).filter(|title| !title.trim().is_empty()));
    change.starred = match (args.star, args.unstar) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    };
    let zone = match &args.tz {
        Some(name) => super::add::zone(name)?,
        None => entry.time_zone.as_deref().and_then(|name| name.parse().ok()).unwrap_or_else(|| app.zone()),
    };
    change.time_zone = args.tz.as_ref().map(|_| zone.name().to_string());
    if let Some(when) = &args.date {
        let now = app.now();
        let moment = parse_moment(when, &now.with_timezone(&zone), app.day_of(now, zone))?;
        change.entry_date = Some(moment.date);
        change.written_at = moment.time.map(|time| app.instant(moment.date, time, zone));
    }
    change.mood = match args.mood.as_deref() {
        None => None,
        Some("none") => Some(
            sentiment::vader(args.content.as_deref().unwrap_or(&entry.content))
                .mood()
                .map(|mood| (mood, MoodSource::Model)),
        ),
        Some(text) => Some(Some((Mood::parse(text)?, MoodSource::User))),
    };
    change.content = match args.content.as_deref() {
        Some("-") => Some(draft::read_stdin(app, &again(args))?),
        other => other.map(str::to_string),
    };
    if change.content.as_ref().is_some_and(|content| content.trim().is_empty()) {
        return Err(Error::usage("the new text is empty").hint("`journal delete` removes an entry"));
    }
    Ok(change)
}

/// A new text is judged anew; its mood follows unless the writer has said how it felt.
fn judge(change: &mut Change, app: &App, entry: &Entry) {
    // What models said is of title and text: a new title alone makes it be forgotten too.
    if change.content.is_none() && change.title.is_none() {
        return;
    }
    let score = sentiment::vader(change.content.as_deref().unwrap_or(&entry.content));
    change.sentiments = vec![score.sentiment(app.new_id())];
    if change.content.is_none() {
        return;
    }
    let by_model = entry.mood.is_none() || entry.mood_source == Some(MoodSource::Model);
    if change.mood.is_none() && by_model {
        change.mood = Some(score.mood().map(|mood| (mood, MoodSource::Model)));
    }
}

/// The command that takes a kept text for this entry.
fn again(args: &EditArgs) -> String {
    format!("journal edit {} --content -", args.id)
}
