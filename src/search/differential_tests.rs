//! A query's fields, anywhere in it, in every mode, against a look at every entry.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::cache::Put;
use crate::index::vector::{Collection, dot, normalise};
use crate::journal::entry::{EntryTopic, NewEntry};
use crate::journal::filter::{Part, Test};
use crate::journal::mood::{Mood, MoodSource};
use crate::journal::query::{Form, Node, Query, Scope, Term};
use crate::model::registry::ModelKind;
use crate::store::{Clock, PassageVector, PendingText, StoredPassage};
use chrono::{DateTime, Days, Utc};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

const WORDS: [&str; 5] = ["fox", "river", "walrus", "lantern", "pepper"];
const TOPICS: [&str; 3] = ["work", "família", "trip"];
const ENTRIES: usize = 60;
const DIMENSIONS: usize = 8;

fn model() -> InstalledModel {
    InstalledModel {
        id: "m".into(),
        name: "m@1".into(),
        kind: ModelKind::Embedding,
        revision: "1".into(),
        dimensions: DIMENSIONS,
        max_pieces: 256,
        classifier: None,
        weights_sha256: String::new(),
        folder: PathBuf::new(),
        bytes: 0,
    }
}

/// Numbers from a seed, evenly in -1..1.
fn unit(seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let numbers: Vec<f32> = (0..DIMENSIONS)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
        })
        .collect();
    normalise(&numbers).unwrap()
}

/// A small journal with vectors, all of it in memory as well.
struct Bench {
    _folder: tempfile::TempDir,
    data: PathBuf,
    store: Store,
    text: TextIndex,
    vectors: PathBuf,
    cache: Cache,
    user: Uuid,
    entries: Vec<Entry>,
    /// The vectors of the passages of each.
    passages: HashMap<Uuid, Vec<Vec<f32>>>,
}

impl Bench {
    fn new() -> Bench {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().to_path_buf();
        let clock = Clock { now: || DateTime::<Utc>::UNIX_EPOCH, new_id: |_| Uuid::now_v7() };
        let mut store = Store::open(&data, clock).unwrap();
        let user = store.default_user("somebody@example.org").unwrap();
        let mut passages = HashMap::new();
        for number in 0..ENTRIES {
            let words: Vec<&str> = (0..5).filter(|bit| number * 7 >> bit & 1 == 1).map(|bit| WORDS[bit]).collect();
            let content = format!("{} entry{number}", words.join(" "));
            let day = NaiveDate::from_ymd_opt(2025, 12, 20).unwrap() + Days::new(number as u64 / 2);
            let entry = NewEntry {
                title: (number % 3 == 0).then(|| format!("The {}", WORDS[number % 5])),
                mood: (number % 4 != 1).then(|| Mood::from_hundredths(number as i64 * 37 % 201 - 100).unwrap()),
                mood_source: (number % 4 != 1).then_some(MoodSource::User),
                starred: number % 5 == 0,
                topics: TOPICS
                    .iter()
                    .enumerate()
                    .filter(|(at, _)| number % (at + 2) == 0)
                    .map(|(_, name)| topic(name))
                    .collect(),
                ..NewEntry::new(&content, day)
            };
            let entry = store.add(user, &entry).unwrap();
            // One in seven has not been analysed, one in four has two passages.
            let count = if number % 7 == 6 { 0 } else { 1 + usize::from(number % 4 == 0) };
            let vectors: Vec<Vec<f32>> = (0..count).map(|part| unit((number * 10 + part) as u64 + 1)).collect();
            let full = entry.full_text();
            let stored = StoredPassage {
                pending: PendingText { collection: Collection::User.name(), subject: entry.id, text: full.clone() },
                passages: (vectors.iter().enumerate())
                    .map(|(part, vector)| PassageVector {
                        range: 0..full.len(),
                        text_hash: format!("{number}.{part}"),
                        vector: vector.clone(),
                    })
                    .collect(),
            };
            store.save_passages("m@1", "m@1", &[stored]).unwrap();
            passages.insert(entry.id, vectors);
        }
        let filter = Filter::default();
        let entries = store.list(user, &filter, crate::store::Sort::default(), None, 1000).unwrap().entries;
        assert_eq!(entries.len(), ENTRIES);
        let (text, vectors) = (TextIndex::new(data.join("index/text")), data.join("index/vectors"));
        let cache = Cache::new(data.join("cache.redb"), 1 << 24);
        Bench { data, store, text, vectors, cache, user, entries, passages, _folder: folder }
    }

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, 16).unwrap()
    }

    fn parse(text: &str) -> Query {
        Query::parse(text, Bench::today()).unwrap()
    }

    /// The vector of a question, put where the search looks before it asks a model.
    fn question(&self, text: &str) -> Vec<f32> {
        let vector = unit(text.bytes().fold(7, |hash: u64, byte| hash.wrapping_mul(31).wrapping_add(byte.into())));
        let _ = self.cache.put_many(&[Put::vector(&text_hash("m@1", text), &vector)], 0);
        vector
    }

    fn search(&self, text: &str, filter: &Filter, mode: SearchMode, limit: usize, after: Option<After>) -> Found {
        let model = model();
        let mut connect = || -> Result<ModelClient> { panic!("the model is asked for {text:?}") };
        let mut parts = Parts {
            data: &self.data,
            store: &self.store,
            text: &self.text,
            vectors: &self.vectors,
            cache: &self.cache,
            model: Some(&model),
            installed: &Vec::new,
            connect: &mut connect,
            now: 0,
            catching_up: &|_, _| {},
        };
        let (user, today) = (self.user, Bench::today());
        let request = Request { user, text, filter, without: &[], today, mode, threshold: None, limit, after };
        search(&mut parts, &request).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn mean(&self, id: Uuid) -> Option<Vec<f32>> {
        let mut sum = vec![0.0; DIMENSIONS];
        for vector in &self.passages[&id] {
            sum.iter_mut().zip(vector).for_each(|(sum, number)| *sum += number);
        }
        normalise(&sum)
    }

    /// The entries for which a query holds, found by looking at each. `near` says whether the words that
    /// speak for an entry are held to be there.
    fn naive(&self, query: &Query, filter: &Filter, near: &dyn Fn(&Entry, &Term) -> bool) -> BTreeSet<Uuid> {
        let passes = |entry: &&Entry| {
            filter.starred.is_none_or(|starred| entry.starred == starred)
                && query.root().is_some_and(|root| self.holds(root, entry, false, false, near))
        };
        self.entries.iter().filter(passes).map(|entry| entry.id).collect()
    }

    /// Whether a part holds. Under a negation or an AND words must be there to count.
    fn holds(
        &self,
        node: &Node,
        entry: &Entry,
        negated: bool,
        bound: bool,
        near: &dyn Fn(&Entry, &Term) -> bool,
    ) -> bool {
        let holds = |part: &Node, bound: bool| self.holds(part, entry, negated, bound, near);
        match node {
            Node::Term(term) if negated => in_words(entry, term),
            Node::Term(term) => {
                let exact = bound || term.form == Form::Phrase || term.scope != Scope::Any;
                near(entry, term) && (!exact || in_words(entry, term))
            }
            Node::Test(test) => self.passes(test, entry),
            Node::Not(inner) => !self.holds(inner, entry, true, bound, near),
            Node::And(parts) => parts.iter().all(|part| holds(part, true)),
            Node::Words(parts) => parts.iter().all(|part| holds(part, bound)),
            Node::Or(parts) => parts.iter().any(|part| holds(part, bound)),
        }
    }

    fn passes(&self, test: &Test, entry: &Entry) -> bool {
        match test {
            Test::Topic(name) => entry.topics.iter().any(|topic| topic.name.to_lowercase() == name.to_lowercase()),
            Test::Mood(range) => entry.mood.is_some_and(|mood| (range.min..=range.max).contains(&mood.hundredths())),
            Test::Since(day) => entry.entry_date >= *day,
            Test::Until(day) => entry.entry_date <= *day,
            Test::Starred => entry.starred,
            Test::Has(Part::Title) => entry.title.is_some(),
            Test::Has(Part::Mood) => entry.mood.is_some(),
            Test::Has(Part::Topic) => !entry.topics.is_empty(),
            Test::Like(id) => {
                let other: Uuid = id.parse().unwrap();
                let near = |a: Vec<f32>, b: Vec<f32>| dot(&a, &b) >= meaning::RELEVANT;
                entry.id != other && self.mean(other).zip(self.mean(entry.id)).is_some_and(|(a, b)| near(a, b))
            }
            Test::Among(_) => unreachable!(),
        }
    }
}

fn topic(name: &str) -> EntryTopic {
    EntryTopic { name: name.into(), relevance: Some(100), added_at: None, suggested_by: None }
}

fn in_words(entry: &Entry, term: &Term) -> bool {
    let row: Vec<&str> = term.text.split_whitespace().collect();
    let within = |text: &str| {
        let text = text.to_lowercase();
        let words: Vec<&str> = text.split_whitespace().collect();
        words.windows(row.len()).any(|words| words == row)
    };
    let title = entry.title.as_deref().is_some_and(within);
    title && term.scope != Scope::Content || within(&entry.content) && term.scope != Scope::Title
}

/// A query as text; `like:#3` stands for the third entry.
fn any_query() -> impl Strategy<Value = String> {
    let field = prop::sample::select(vec![
        "topic:work",
        "tag:FAMÍLIA",
        "topic:trip",
        "mood:<0",
        "mood:>=0.5",
        "mood:none",
        "mood:-0.5..0.2",
        "mood:good",
        "since:2026-01",
        "until:2025-12",
        "on:2026-01-05",
        "on:2026-01",
        "is:starred",
        "has:title",
        "has:mood",
        "has:topic",
        "like:#3",
        "like:#8",
        "like:#6",
    ]);
    let leaf = prop_oneof![
        4 => prop::sample::select(WORDS.to_vec()).prop_map(str::to_owned),
        1 => (0..WORDS.len() - 1).prop_map(|at| format!("\"{} {}\"", WORDS[at], WORDS[at + 1])),
        1 => prop::sample::select(WORDS.to_vec()).prop_map(|word| format!("title:{word}")),
        6 => field.prop_map(str::to_owned),
    ];
    let tree = leaf.prop_recursive(4, 12, 3, |inner| {
        let parts = || prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            2 => parts().prop_map(|parts| format!("({})", parts.join(" OR "))),
            1 => parts().prop_map(|parts| format!("({})", parts.join(" AND "))),
            1 => parts().prop_map(|parts| format!("({})", parts.join(" "))),
            2 => inner.clone().prop_map(|part| if part.starts_with('-') { format!("NOT ({part})") } else { format!("-{part}") }),
        ]
    });
    prop::collection::vec(tree, 1..4).prop_map(|parts| parts.join(" "))
}

#[test]
fn a_query_finds_in_every_mode_what_a_look_at_every_entry_does() {
    let bench = Bench::new();
    // Entries 3 and 8 have passages.
    let named = |text: &str| {
        [3, 6, 8].into_iter().fold(text.to_owned(), |text, number: usize| {
            // The list is newest first; number 6 of those made has no passages, so that one is taken beside it.
            let made = if number == 6 { 7 } else { number };
            let entry = bench.entries.iter().find(|entry| entry.content.ends_with(&format!(" entry{made}"))).unwrap();
            text.replace(&format!("#{number}"), &entry.id.to_string())
        })
    };
    let mut runner = TestRunner::new(ProptestConfig::with_cases(100));
    let filter = prop::option::of(Just(true)).prop_map(|starred| Filter { starred, ..Filter::default() });
    let found_in_all = std::cell::Cell::new(0);
    let outcome = runner.run(&(any_query(), filter), |(text, filter)| {
        let text = named(&text);
        let query = Bench::parse(&text);
        let question = bench.question(&query.words_for_meaning());
        let by_words = bench.naive(&query, &filter, &|entry, word| in_words(entry, word));
        let near = |entry: &Entry, _: &Term| {
            bench.passages[&entry.id].iter().any(|passage| dot(passage, &question) >= meaning::RELEVANT)
        };
        let by_meaning = bench.naive(&query, &filter, &near);
        let at_best = bench.naive(&query, &filter, &|_, _| true);
        let both: BTreeSet<Uuid> = by_words.union(&by_meaning).copied().collect();
        for (mode, expected) in
            [(SearchMode::Text, &by_words), (SearchMode::Semantic, &by_meaning), (SearchMode::Hybrid, &both)]
        {
            let found = bench.search(&text, &filter, mode, 1000, None);
            // What has only some of the words written side by side comes after, and is not asked for here.
            let whole = |hit: &&Hit| {
                hit.meaning.is_some() || hit.words.as_ref().is_none_or(|words| words.matched == Matched::All)
            };
            let ids: BTreeSet<Uuid> = found.hits.iter().filter(whole).map(|hit| hit.entry.id).collect();
            prop_assert_eq!(&ids, expected, "{} in {:?} as {:?}", &text, mode, found.query);
            let all: Vec<Uuid> = found.hits.iter().map(|hit| hit.entry.id).collect();
            prop_assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "each once: {}", &text);
            // Nor has such a one what must not be, or lacks what is no word.
            prop_assert!(all.iter().all(|id| at_best.contains(id)), "{} in {:?}", &text, mode);
            if found.mode_used == SearchMode::Filter {
                prop_assert!(found.hits.is_sorted_by(|a, b| a.entry.entry_date >= b.entry.entry_date));
            }
            found_in_all.set(found_in_all.get() + all.len());
        }
        // Pages are the list, cut.
        let whole: Vec<Uuid> =
            bench.search(&text, &filter, SearchMode::Auto, 1000, None).hits.iter().map(|hit| hit.entry.id).collect();
        let (mut paged, mut after) = (Vec::new(), None);
        loop {
            let page = bench.search(&text, &filter, SearchMode::Auto, 11, after);
            paged.extend(page.hits.iter().map(|hit| hit.entry.id));
            after = page.hits.last().map(|hit| hit.after.clone());
            if !page.more {
                break;
            }
        }
        prop_assert_eq!(paged, whole, "{}", &text);
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
    assert!(found_in_all.get() > 1000, "{} entries were found in all", found_in_all.get());
}

#[test]
fn the_nearest_to_an_entry_are_those_of_the_means() {
    let bench = Bench::new();
    for subject in bench.entries.iter().filter(|entry| !bench.passages[&entry.id].is_empty()).take(12) {
        let own = bench.mean(subject.id).unwrap();
        let mut expected: Vec<(Uuid, f32)> = (bench.entries.iter())
            .filter(|entry| entry.id != subject.id)
            .filter_map(|entry| Some((entry.id, dot(&own, &bench.mean(entry.id)?))))
            .filter(|(_, similarity)| *similarity >= meaning::RELEVANT)
            .collect();
        expected.sort_by(|a, b| b.1.total_cmp(&a.1).then(b.0.cmp(&a.0)));
        let found = bench.search(&format!("like:{}", subject.id), &Filter::default(), SearchMode::Auto, 1000, None);
        assert_eq!(found.mode_used, SearchMode::Semantic);
        assert_eq!(
            found.hits.iter().map(|hit| hit.entry.id).collect::<Vec<_>>(),
            expected.iter().map(|(id, _)| *id).collect::<Vec<_>>()
        );
        for (hit, (_, similarity)) in found.hits.iter().zip(&expected) {
            assert!((hit.like.as_ref().unwrap().similarity - similarity).abs() < 1e-5);
        }
    }
}
