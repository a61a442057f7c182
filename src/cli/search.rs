use super::filters::FilterArgs;
use crate::app::App;
use crate::config::SearchMode;
use crate::error::{Error, Result};
use crate::index::text::Matched;
use crate::index::vector::Collection;
use crate::journal::filter::Filter;
use crate::journal::log::Position;
use crate::journal::passage::kept_as;
use crate::output::{Format, text};
use crate::search::{self, After, Found, Hit, Parts, Request};
use clap::ValueEnum;
use console::Style;
use serde_json::{Value, json};
use std::cell::RefCell;
use uuid::Uuid;

/// Find entries by words and by meaning, best first
///
/// Plain words are looked for in any inflection and, when a model is installed, by what they mean.
/// Also: "exact phrase", pre*, fuzzy~, -not, a OR b, (groups), title:word, content:word, topic:work.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  journal search \"late night\" --since \"last spring\"
  journal search 'title:running OR marath*' --mode words
  journal search \"trouble sleeping\" --json | jq -r '.results[].id'")]
pub(super) struct SearchArgs {
    /// What to look for
    #[arg(required = true)]
    query: Vec<String>,
    /// How to look [default: search_mode of the configuration]
    #[arg(long, value_enum)]
    mode: Option<ModeArg>,
    /// Say which evidence found each entry
    #[arg(long)]
    explain: bool,
    #[command(flatten)]
    filter: FilterArgs,
    /// Order of the results shown
    #[arg(long, value_enum, default_value = "score", value_name = "KEY")]
    sort: SortArg,
    /// At most so many
    #[arg(short = 'n', long, value_name = "N")]
    limit: Option<usize>,
    /// Go on after the result with this cursor; what was added since the first page is passed over
    #[arg(long, value_name = "CURSOR")]
    cursor: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SortArg {
    /// Best first
    Score,
    /// Newest first
    Date,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ModeArg {
    Hybrid,
    Words,
    Meaning,
}

pub(super) fn run(args: &SearchArgs, app: &mut App) -> Result<()> {
    let filter = args.filter.resolve(app)?;
    let mode = match args.mode {
        Some(ModeArg::Hybrid) => SearchMode::Hybrid,
        Some(ModeArg::Words) => SearchMode::Words,
        Some(ModeArg::Meaning) => SearchMode::Meaning,
        None => app.config.search_mode,
    };
    let query = args.query.join(" ");
    let after = args.cursor.as_deref().map(read_cursor).transpose()?;
    let limit = args.limit.unwrap_or(app.config.list_limit);
    let user = app.user()?;
    let mut found = with_parts(app, |parts| {
        search::search(parts, &Request { user, text: &query, filter: &filter, mode, limit, after })
    })?;
    if args.sort == SortArg::Date {
        found.hits.sort_by_key(|hit| std::cmp::Reverse((hit.entry.entry_date, hit.entry.created_at)));
        // Pages follow the score: sorted otherwise there is no next one.
        found.more = false;
    }
    if let Some(reason) = &found.reason {
        app.printer.note(&format!("note: {reason}"));
    }
    show(app, user, &found, args.explain, filter.is_open())
}

/// Entries to index from which on a bar is drawn: about a second's work on a slow machine.
const WORTH_A_BAR: u64 = 500;

/// Lends the parts of a search.
pub(super) fn with_parts<T>(app: &mut App, work: impl FnOnce(&mut Parts) -> Result<T>) -> Result<T> {
    app.store()?;
    let model = app.model_if_installed(Collection::User)?;
    let (text, cache, now) = (app.text_index(), app.cache(), app.now().timestamp().max(0).unsigned_abs());
    let (data, vectors) = (app.paths.data.clone(), app.paths.vector_index());
    let mut connect = app.model_connector();
    let folders = app.model_folders();
    let installed = || folders.every();
    // A journal that was just imported is indexed by its first search, which may take a while; a few
    // entries are indexed before a bar could be read.
    let draws = app.printer.draws_progress();
    let bar = RefCell::new(None);
    let catching_up = |done, total| {
        if draws && total >= WORTH_A_BAR {
            let mut bar = bar.borrow_mut();
            let bar = bar.get_or_insert_with(|| super::progress::visible("text index", total));
            bar.set_position(done);
        }
    };
    let mut parts = Parts {
        data: &data,
        store: app.store()?,
        text: &text,
        vectors: &vectors,
        cache: &cache,
        model: model.as_ref(),
        installed: &installed,
        connect: &mut connect,
        now,
        catching_up: &catching_up,
    };
    let outcome = work(&mut parts);
    if let Some(bar) = bar.take() {
        bar.finish_and_clear();
    }
    outcome
}

/// Prints what was found.
pub(super) fn show(app: &mut App, user: Uuid, found: &Found, explain: bool, open: bool) -> Result<()> {
    // The model was changed, by the configuration or with this program: who notices first begins.
    if let (Some(answered), Some(model)) = (&found.model, app.model_if_installed(Collection::User)?)
        && *answered != kept_as(&model.name)
    {
        app.wake_analysis();
    }
    let mut named = Vec::new();
    for hit in &found.hits {
        named.push((app.store()?.short_id(user, hit.entry.id)?, hit));
    }
    if app.printer.is_json() {
        let results: Vec<Value> = named.iter().map(|(id, hit)| result(id, hit)).collect();
        return match app.printer.format() {
            Format::JsonLines => app.printer.json_list(&results),
            _ => app.printer.json(&json!({
                "results": results,
                "mode_requested": found.mode_requested.name(),
                "mode_used": found.mode_used.name(),
                "reason": found.reason,
                "vectors": found.vectors,
                "model_name": found.model,
                "more": found.more,
            })),
        };
    }
    if named.is_empty() {
        let hint =
            if open && app.store()?.count(user, &Filter::default())? == 0 { " The journal is empty." } else { "" };
        app.printer.note(&format!("Nothing found.{hint}"));
        return Ok(());
    }
    let width = app.printer.width();
    let shown: String = named.iter().map(|(id, hit)| hit_text(id, hit, width, explain)).collect();
    app.printer.page(&shown)?;
    if found.more
        && app.printer.on_terminal()
        && let Some(last) = found.hits.last()
    {
        app.printer.note(&format!("more: --cursor {}", cursor(last)));
    }
    Ok(())
}

fn hit_text(id: &str, hit: &Hit, width: Option<usize>, explain: bool) -> String {
    let entry = &hit.entry;
    let snippet = hit.fragments.iter().map(marked).collect::<Vec<_>>().join(" … ");
    let Some(width) = width else {
        let title = entry.title.as_deref().map(|title| format!("{} — ", text::first_words(title, 100)));
        let evidence = if explain { format!("\t{}", why(hit)) } else { String::new() };
        return format!("{id}\t{}\t{}{snippet}{evidence}\n", entry.entry_date, title.unwrap_or_default());
    };
    let title = entry.title.as_deref().unwrap_or_default();
    let mut lines = format!(
        "{}  {}  {}  {}\n",
        Style::new().yellow().apply_to(id),
        text::day(entry.entry_date),
        text::mood(entry.mood),
        Style::new().bold().apply_to(text::first_words(title, width.saturating_sub(32)))
    );
    for line in text::wrap(&snippet, width.saturating_sub(4)) {
        lines.push_str(&format!("    {line}\n"));
    }
    if explain {
        for line in text::wrap(&why(hit), width.saturating_sub(4)) {
            lines.push_str(&format!("    {}\n", Style::new().dim().apply_to(line)));
        }
    }
    lines
}

/// A fragment with what matched made bold.
fn marked(fragment: &search::snippet::Fragment) -> String {
    let style = Style::new().bold().underlined();
    let mut shown = String::new();
    let mut at = 0;
    for range in &fragment.highlights {
        shown.push_str(&text::safe(&fragment.text[at..range.start]));
        // Word by word, so that a line can be broken between them.
        let words: Vec<String> =
            fragment.text[range.clone()].split(' ').map(|word| style.apply_to(text::safe(word)).to_string()).collect();
        shown.push_str(&words.join(" "));
        at = range.end;
    }
    shown.push_str(&text::safe(&fragment.text[at..]));
    let before = if fragment.cut_before { "…" } else { "" };
    let after = if fragment.cut_after { "…" } else { "" };
    format!("{before}{shown}{after}")
}

/// The evidence in words.
fn why(hit: &Hit) -> String {
    let mut parts = vec![format!("score {:.4}", hit.score)];
    if let Some(words) = &hit.words {
        let matched = match words.matched {
            Matched::All => "all words",
            Matched::Some => "some words",
        };
        parts.push(format!("words #{} ({matched}: {})", words.rank, words.terms.join(", ")));
    }
    if let Some(meaning) = &hit.meaning {
        parts.push(format!("meaning #{} (similarity {:.2})", meaning.rank, meaning.similarity));
    }
    parts.join(" · ")
}

fn result(id: &str, hit: &Hit) -> Value {
    let entry = crate::output::json::EntryJson::brief(&hit.entry, Some(id.to_string()));
    let mut value = serde_json::to_value(entry).unwrap_or_default();
    let fragments: Vec<Value> =
        hit.fragments.iter().map(|fragment| json!({"text": fragment.text, "highlights": fragment.highlights.iter().map(|range| [range.start, range.end]).collect::<Vec<_>>()})).collect();
    let evidence = json!({
        "words": hit.words.as_ref().map(|words| json!({
            "rank": words.rank,
            "score": words.score,
            "matched": match words.matched { Matched::All => "all", Matched::Some => "some" },
            "terms": words.terms,
        })),
        "meaning": hit.meaning.as_ref().map(|meaning| json!({
            "rank": meaning.rank,
            "similarity": meaning.similarity,
            "passage": meaning.passage,
            "byte_start": meaning.range.start,
            "byte_end": meaning.range.end,
        })),
    });
    if let Value::Object(fields) = &mut value {
        fields.insert("score".into(), json!(hit.score));
        fields.insert("fragments".into(), Value::Array(fragments));
        fields.insert("evidence".into(), evidence);
        fields.insert("cursor".into(), json!(cursor(hit)));
    }
    value
}

/// The score, where the journal stood, which model answered, and the last hits, in base 64.
fn cursor(hit: &Hit) -> String {
    let After { score, hits, model, position } = &hit.after;
    let mut bytes = Vec::with_capacity(HEAD + 16 * hits.len());
    bytes.extend(score.to_be_bytes());
    bytes.extend(position.seq.to_be_bytes());
    bytes.extend(position.nonce.to_be_bytes());
    bytes.extend(model.to_be_bytes());
    bytes.extend(hits.iter().flat_map(|id| id.into_bytes()));
    data_encoding::BASE64URL_NOPAD.encode(&bytes)
}

/// Bytes of a cursor before its ids.
const HEAD: usize = 32;

fn read_cursor(text: &str) -> Result<After> {
    let read = || {
        let bytes = data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        let (numbers, ids) = bytes.split_at_checked(HEAD)?;
        let [score, seq, nonce, model]: [[u8; 8]; 4] = numbers.as_chunks::<8>().0.try_into().ok()?;
        let (ids, []) = ids.as_chunks::<16>() else { return None };
        let position = Position { seq: i64::from_be_bytes(seq), nonce: i64::from_be_bytes(nonce) };
        let hits: Vec<Uuid> = ids.iter().map(|id| Uuid::from_bytes(*id)).collect();
        (!hits.is_empty()).then_some(After {
            score: f64::from_be_bytes(score),
            hits,
            model: u64::from_be_bytes(model),
            position,
        })
    };
    read().ok_or_else(|| {
        Error::usage(format!("'{text}' is not a cursor of a search"))
            .hint("pass the `cursor` of the last result, with the same query")
    })
}
