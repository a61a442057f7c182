use super::draft::{self, Draft};
use crate::analysis::sentiment;
use crate::app::App;
use crate::error::{Error, Result};
use crate::journal::entry::{Entry, EntryTopic, NewEntry};
use crate::journal::mood::{Mood, MoodSource};
use crate::journal::when::{Moment, parse_moment};
use crate::output::json::EntryJson;
use crate::output::text;
use chrono::NaiveDate;
use chrono_tz::Tz;
use std::io::IsTerminal;
use uuid::Uuid;

/// Write a new entry
///
/// The text comes from the command line, from standard input (`-`, or a pipe when no text is given),
/// or from your editor. In the editor, a first line `# …` is the title. When the command returns, the
/// entry is on the disk; an unchanged or empty draft is not saved, and a draft is never lost.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  journal add \"Slept badly, but the talk went well. #work\"
  journal add -d yesterday -m good -t \"The talk\" \"It went well.\"
  fortune | journal add --topic quotes")]
pub(super) struct AddArgs {
    /// The text; `-` reads standard input
    #[arg(allow_hyphen_values = false)]
    text: Vec<String>,
    /// Title
    #[arg(short, long)]
    title: Option<String>,
    /// The day, with or without a time: yesterday, "last friday 18:00", 2024-05-03
    #[arg(short, long, value_name = "WHEN")]
    date: Option<String>,
    /// How it felt: -1 to 1, 7/10, or awful, bad, low, ok, fine, good, great, wonderful
    #[arg(short, long, allow_hyphen_values = true)]
    mood: Option<String>,
    /// Attach a topic, as #topic in the text does; may be repeated
    #[arg(long, value_name = "NAME", alias = "tag")]
    topic: Vec<String>,
    /// The zone the date is in, such as Asia/Tokyo
    #[arg(long, value_name = "ZONE", alias = "zone")]
    tz: Option<String>,
    /// Mark with a star
    #[arg(long)]
    starred: bool,
    /// Open the editor, with the text if one is given
    #[arg(short, long)]
    editor: bool,
}

pub(super) fn run(args: AddArgs, app: &mut App) -> Result<()> {
    // What is wrong with the flags is said before anything is read or written.
    let said = Said::read(&args, app)?;
    let given = match (&args.text[..], args.editor) {
        ([only], false) if only == "-" => Some(draft::read_stdin(app, draft::ADD)?),
        ([], false) if !std::io::stdin().is_terminal() => Some(draft::read_stdin(app, draft::ADD)?),
        ([], _) => None,
        (words, _) => Some(words.join(" ")),
    };
    let (text, title, edited) = match given {
        Some(text) if !args.editor => (text, None, None),
        given => {
            let before = given.map(|text| format!("{text}\n")).unwrap_or_default();
            if !app.can_ask() {
                return Err(Error::usage("there is nothing to add")
                    .hint("pass the text as an argument, or pipe it to `journal add -`"));
            }
            match Draft::edit(app, Some("add"), &before, draft::ADD)? {
                None => {
                    draft::nothing_saved(app);
                    return Ok(());
                }
                Some((edited, text)) => {
                    let (title, body) = draft::split_title(&text);
                    (body, title, Some(edited))
                }
            }
        }
    };
    match save(args, said, app, &text, title) {
        Ok(entry) => {
            if let Some(edited) = edited {
                edited.saved(app, Some(entry));
            }
            Ok(())
        }
        Err(error) => Err(match edited {
            Some(edited) => edited.unsaved(app, error),
            None => draft::keep(app, text.as_bytes(), error, draft::ADD),
        }),
    }
}

/// What the flags say.
struct Said {
    zone: Tz,
    today: NaiveDate,
    moment: Option<Moment>,
    mood: Option<Mood>,
}

impl Said {
    fn read(args: &AddArgs, app: &App) -> Result<Said> {
        let zone = match &args.tz {
            Some(name) => zone(name)?,
            None => app.zone(),
        };
        let now = app.now();
        let today = app.day_of(now, zone);
        let moment =
            args.date.as_deref().map(|when| parse_moment(when, &now.with_timezone(&zone), today)).transpose()?;
        Ok(Said { zone, today, moment, mood: args.mood.as_deref().map(Mood::parse).transpose()? })
    }
}

fn save(args: AddArgs, said: Said, app: &mut App, text: &str, title: Option<String>) -> Result<Uuid> {
    if text.trim().is_empty() {
        return Err(Error::usage("the entry is empty").hint("write something, or leave it be"));
    }
    let Said { zone, today, moment, mood: said } = said;
    let mut new = NewEntry::new(text, moment.map_or(today, |moment| moment.date));
    new.written_at = moment.and_then(|moment| Some(app.instant(moment.date, moment.time?, zone)));
    new.title = args.title.or(title).filter(|title| !title.trim().is_empty());
    new.time_zone = Some(zone.name().to_string());
    new.starred = args.starred;
    new.topics = args
        .topic
        .iter()
        .map(|name| EntryTopic {
            name: name.trim_start_matches('#').to_string(),
            relevance: Some(100),
            added_at: None,
            suggested_by: None,
        })
        .collect();
    let score = sentiment::vader(text);
    new.sentiments = vec![score.sentiment(app.new_id())];
    let mood = said.map(|mood| (mood, MoodSource::User)).or_else(|| Some((score.mood()?, MoodSource::Model)));
    (new.mood, new.mood_source) = (mood.map(|(mood, _)| mood), mood.map(|(_, source)| source));

    let user = app.user()?;
    let entry = app.store()?.add(user, &new)?;
    let short = app.store()?.short_id(user, entry.id)?;
    app.wake_analysis();
    say(app, &entry, short).map(|()| entry.id)
}

fn say(app: &mut App, entry: &Entry, short: String) -> Result<()> {
    if app.printer.is_json() {
        return app.printer.json(&EntryJson::full(entry, Some(short)));
    }
    if !app.printer.on_terminal() {
        return app.printer.line(&short);
    }
    let source = text::mood_source(entry);
    let mood = entry.mood.map(|mood| format!(" · mood {}{source}", text::mood(Some(mood)))).unwrap_or_default();
    let topics: String = entry.topics.iter().map(|topic| format!(" #{}", topic.name)).collect();
    let topics = if topics.is_empty() { topics } else { format!(" ·{topics}") };
    app.printer.line(&format!("Saved {short} · {}{mood}{topics}", text::day(entry.entry_date)))
}

/// The zone of this name.
pub(super) fn zone(name: &str) -> Result<Tz> {
    name.parse().map_err(|_| {
        Error::usage(format!("'{name}' is not a time zone"))
            .hint("use an IANA name such as Europe/Berlin or Asia/Tokyo")
    })
}
