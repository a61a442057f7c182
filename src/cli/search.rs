use super::filters::FilterArgs;
use super::hits::{read_cursor, show};
use crate::app::App;
use crate::config::SearchMode;
use crate::error::Result;
use crate::index::vector::Collection;
use crate::journal::filter::Test;
use crate::journal::query::Query;
use crate::search::{self, Parts, Request};
use clap::ValueEnum;
use std::cell::RefCell;
use std::ffi::OsString;
use uuid::Uuid;

/// Find entries by words and by meaning, best first
///
/// Plain words are looked for in any inflection and, when a model is installed, by what they mean.
/// Fields such as since:2026-03, mood:<0 or topic:work say which entries; without words, those that pass
/// are listed, newest first. `journal help search` has the whole language.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = LANGUAGE)]
pub(super) struct SearchArgs {
    /// What to look for
    #[arg(required = true)]
    query: Vec<String>,
    /// How to look [default: search_mode of the configuration, which is auto]
    #[arg(long, value_enum)]
    mode: Option<ModeArg>,
    /// Say which evidence found each entry: words, passage, ranks and scores
    #[arg(long)]
    explain: bool,
    /// How near in meaning a hit must be at least, from -1 to 1 [default: 0.2]
    #[arg(long, value_name = "SIMILARITY", allow_negative_numbers = true, value_parser = similarity)]
    threshold: Option<f32>,
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

const EXAMPLES: &str = "Examples:
  journal search \"late night\" --since \"last spring\"
  journal search 'title:running OR marath*' --mode text
  journal search 'work -boss mood:<0 since:2026'
  journal search \"trouble sleeping\" --json | jq -r '.results[].id'";

const LANGUAGE: &str = "The language of a query:
  late night               both words, in any inflection; entries with some of them follow
  \"late night\"             the words side by side
  riv*                     words that begin so
  rivr~  rivr~2            words at most one or two letters away
  -work  NOT work          entries without it; also before fields and groups
  cat OR dog               either
  cat AND dog              both, never only one of them
  (cat OR dog) -walk       groups; NOT binds tightest, OR loosest
  title:talk               in the title: title:\"two words\", title:(a OR b)
  content:talk             in the text
  topic:work               with this topic: topic:\"two words\"; tag: is the same
  mood:<0                  such a mood: <0 <=0 >0.5 >=0.5 -0.5..0.2 ..-0.3 0.5.. 0.4,
                           good, bad, neutral, low, great, …; mood:none has none
  since:2026-03            from this day on; until: up to it; on: on it or in it
  on:\"last spring\"         dates as after --since: yesterday, 2026, \"2 weeks ago\"
  is:starred               with a star
  has:title                with a title; has:mood, has:topic
  like:7f3k                near in meaning to this entry, nearest first; also with words

Fields may stand anywhere, under OR, NOT and in groups, and hold in every mode: they decide which \
entries may be found before anything is ranked. -since:2026 is before 2026. Phrases, AND, title:, content: and \
NOT hold in every mode too; plain words may also be only meant.

What is an operator: AND, OR and NOT in capitals; a field whose name, in small letters, begins a word and \
whose value follows the colon at once. Everything else is looked for as it stands: don't, 12:30, \
https://example.org, \"mood: great\", a lone quote or parenthesis, fields that do not exist. After mood:, \
since:, until:, on:, is:, has: and like: a value begins with a letter, a digit or a quote (after mood: also \
with < > = or a sign), and one that is wrong is an error that points at it. To look for such a word itself, \
put it in quotes or a space after the colon.

Ways to look (--mode):
  auto                     both where a model and vectors are there, else by words
  text                     by words
  semantic                 by meaning
  hybrid                   both lists in one, by rank
A query without words is answered by its filters alone (mode_used: filter), newest first.

Examples:
  journal search 'work AND \"late night\" -boss title:plan topic:family mood:<0 since:2026-03'
  journal search 'mood:<-0.3 OR topic:sleep'
  journal search 'rain like:7f3k'
  journal search since:\"last spring\" walk";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SortArg {
    /// Best first
    Score,
    /// Newest first
    Date,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ModeArg {
    /// Both where a model and vectors are there, else by words
    Auto,
    /// By words
    #[value(alias = "words")]
    Text,
    /// By meaning
    #[value(alias = "meaning")]
    Semantic,
    /// Both lists in one
    Hybrid,
}

/// Reads a cosine.
pub(super) fn similarity(text: &str) -> std::result::Result<f32, String> {
    text.parse().ok().filter(|number| (-1.0..=1.0).contains(number)).ok_or_else(|| "not a number from -1 to 1".into())
}

pub(super) fn run(args: &SearchArgs, app: &mut App) -> Result<()> {
    let filter = args.filter.resolve(app)?;
    let mode = match args.mode {
        Some(ModeArg::Auto) => SearchMode::Auto,
        Some(ModeArg::Hybrid) => SearchMode::Hybrid,
        Some(ModeArg::Text) => SearchMode::Text,
        Some(ModeArg::Semantic) => SearchMode::Semantic,
        None => app.config.search_mode,
    };
    let query = typed(&args.query);
    let after = args.cursor.as_deref().map(read_cursor).transpose()?;
    let limit = args.limit.unwrap_or(app.config.list_limit);
    let (user, today, threshold) = (app.user()?, app.today(), args.threshold);
    let without = args.filter.without(&filter);
    read_likes(app, user, &query)?;
    let mut found = with_parts(app, |parts| {
        let (text, filter, without) = (query.as_str(), &filter, without.as_slice());
        search::search(parts, &Request { user, text, filter, without, today, mode, threshold, limit, after })
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

/// Has the entries after `like:` analysed, when they are new. What is wrong in the query is for the search
/// to say.
fn read_likes(app: &mut App, user: Uuid, query: &str) -> Result<()> {
    let Ok(query) = Query::parse(query, app.today()) else { return Ok(()) };
    for (test, _) in query.tests() {
        if let Test::Like(id) = test
            && let Ok(id) = app.store()?.resolve(user, id)
        {
            super::similar::read_if_new(app, Collection::User, id)?;
        }
    }
    Ok(())
}

/// Flags of one letter that this command understands.
const LETTERS: [char; 4] = ['q', 'n', 'h', 'V'];

/// A command line on which `-boss` and `'-topic:work rain'` are words of a search rather than flags that
/// do not exist: a minus in front of a word says what a NOT does.
pub(super) fn with_negations(args: Vec<OsString>) -> Vec<OsString> {
    let Some(verb) = super::verbs::verb_of(&args).filter(|place| args[*place] == "search") else { return args };
    let mut only_words = false;
    let negation = |word: &OsString| -> Option<OsString> {
        let rest = word.to_str()?.strip_prefix('-')?;
        let first = rest.chars().next()?;
        let flags = rest.chars().all(|letter| LETTERS.contains(&letter))
            || rest
                .strip_prefix('n')
                .is_some_and(|count| count.starts_with(['=', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']));
        ((first.is_alphabetic() || matches!(first, '"' | '(')) && !flags).then(|| format!("NOT {rest}").into())
    };
    args.into_iter()
        .enumerate()
        .map(|(index, word)| {
            only_words |= word == "--";
            if index <= verb || only_words { word } else { negation(&word).unwrap_or(word) }
        })
        .collect()
}

/// The query as one text. What a shell has joined into one word for a date, `since:"last spring"`, is
/// quoted again.
fn typed(words: &[String]) -> String {
    let again = |word: &String| -> String {
        let bare = word.strip_prefix('-').unwrap_or(word);
        let field = ["since:", "until:", "on:"].into_iter().find(|field| bare.starts_with(field));
        match field.filter(|_| words.len() > 1 && word.contains(' ') && !word.contains('"')) {
            Some(field) => word.replacen(field, &format!("{field}\""), 1) + "\"",
            None => word.clone(),
        }
    };
    words.iter().map(again).collect::<Vec<_>>().join(" ")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minus_before_a_word_is_no_flag() {
        let shown = |line: &str| -> String {
            let words = line.split('|').map(OsString::from).collect();
            with_negations(words).iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join("|")
        };
        for (line, expected) in [
            ("journal|search|-boss work|-q", "journal|search|NOT boss work|-q"),
            ("journal|--user|search|search|work|-topic:x|-n|5", "journal|--user|search|search|work|NOT topic:x|-n|5"),
            ("journal|search|x|-n5|--threshold|-0.5|-night", "journal|search|x|-n5|--threshold|-0.5|NOT night"),
            ("journal|search|--|-boss", "journal|search|--|-boss"),
            ("journal|add|search|-boss", "journal|add|search|-boss"),
            ("journal|-q|search|-\"a b\"", "journal|-q|search|NOT \"a b\""),
        ] {
            assert_eq!(shown(line), expected);
        }
    }

    #[test]
    fn a_date_that_the_shell_unquoted_is_quoted_again() {
        let typed = |words: &[&str]| typed(&words.iter().map(|word| word.to_string()).collect::<Vec<_>>());
        assert_eq!(typed(&["rain", "since:last spring"]), "rain since:\"last spring\"");
        assert_eq!(typed(&["-on:last week", "x"]), "-on:\"last week\" x");
        assert_eq!(typed(&["since:last spring"]), "since:last spring");
    }
}
