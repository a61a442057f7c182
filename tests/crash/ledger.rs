//! What must be in the journal: written down by those who changed it, from the answers they got.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

/// An entry as one worker knows it. Nobody else changes it.
#[derive(Debug, Clone)]
pub(crate) struct Owned {
    /// A word that is in every version of its text and in no other entry.
    pub(crate) marker: String,
    /// Its id; unknown when the program was killed before it said.
    pub(crate) id: Option<String>,
    /// Every state it may be in, the last change's last: its text, or nothing when it is not there.
    /// One state, unless the program was killed before it answered.
    pub(crate) states: Vec<Option<String>>,
}

impl Owned {
    /// Whether it is certain what it is like, and that it is there.
    pub(crate) fn certain(&self) -> Option<&str> {
        match &self.states[..] {
            [Some(text)] => Some(text),
            _ => None,
        }
    }
}

/// What one worker knows.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// Every entry it has tried to write.
    pub(crate) entries: Vec<Owned>,
    /// Imports whose answer was never seen: places in `entries`. All of one are there, or none.
    pub(crate) torn: Vec<Vec<usize>>,
}

/// The entries of an export, by marker.
pub(crate) struct Held(BTreeMap<String, Vec<(String, String)>>);

impl Held {
    /// Reads what `export` printed.
    pub(crate) fn read(export: &str) -> Result<Held, String> {
        let mut found: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
        for line in export.lines() {
            let entry: Value = serde_json::from_str(line).map_err(|error| format!("{error} in {line}"))?;
            let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
            let content = text("content");
            let marker = marker_of(&content).ok_or_else(|| format!("an entry nobody wrote: {line}"))?;
            found.entry(marker.to_owned()).or_default().push((text("id"), content));
        }
        Ok(Held(found))
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        self.0.values().map(Vec::len).sum()
    }
}

/// How many of the changes whose answer was never seen were done all the same.
pub(crate) fn landed(ledgers: &[Ledger], held: &Held) -> usize {
    let uncertain = ledgers.iter().flat_map(|ledger| &ledger.entries).filter(|entry| entry.states.len() > 1);
    let done = uncertain.filter(|entry| {
        let found = held.0.get(&entry.marker).and_then(|found| found.first()).map(|(_, text)| text.clone());
        entry.states.last() == Some(&found)
    });
    done.count()
}

/// The marker in a text: its first word.
pub(crate) fn marker_of(text: &str) -> Option<&str> {
    text.split(' ').next().filter(|word| word.starts_with("mark"))
}

/// Compares what is held with what was acknowledged. Gives every difference.
pub(crate) fn compare(ledgers: &[Ledger], held: &Held) -> Vec<String> {
    let mut faults = Vec::new();
    let mut known: HashMap<&str, &Owned> = HashMap::new();
    for entry in ledgers.iter().flat_map(|ledger| &ledger.entries) {
        known.insert(&entry.marker, entry);
        let found = held.0.get(&entry.marker).map_or(&[][..], Vec::as_slice);
        if found.len() > 1 {
            faults.push(format!("{} times in the journal: {entry:?}", found.len()));
            continue;
        }
        let state = found.first().map(|(_, text)| text.clone());
        if !entry.states.contains(&state) {
            let what = match (&state, entry.certain()) {
                (None, _) => "lost",
                (Some(_), _) if entry.states == [None] => "back although deleted",
                _ => "with another text",
            };
            faults.push(format!("{what}: {entry:?}, found {state:?}"));
        }
        if let (Some(id), Some((other, _))) = (&entry.id, found.first())
            && id != other
        {
            faults.push(format!("under the id {other}: {entry:?}"));
        }
    }
    for (ledger, places) in ledgers.iter().flat_map(|ledger| ledger.torn.iter().map(move |torn| (ledger, torn))) {
        let there = places.iter().filter(|place| held.0.contains_key(&ledger.entries[**place].marker)).count();
        if there != 0 && there != places.len() {
            faults.push(format!("{there} of {} entries of one import: {places:?}", places.len()));
        }
    }
    faults.extend(held.0.keys().filter(|marker| !known.contains_key(marker.as_str())).map(|m| format!("unknown: {m}")));
    faults
}
