//! One of several that use the journal at once, each in fresh processes, many of which are killed.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use crate::figures::Figures;
use crate::ledger::{Ledger, Owned};
use crate::support::{Outcome, Sandbox};

/// A process that is not killed and takes longer than this hangs.
const HANGS: Duration = Duration::from_secs(180);

/// How long after its start a process is killed: at most the first, or as long as its verb usually
/// takes when that is longer, but never more than the second.
const KILL_WITHIN: (Duration, Duration) = (Duration::from_millis(60), Duration::from_millis(1500));

/// The words entries are made of.
pub(crate) const WORDS: [&str; 48] = [
    "morning",
    "coffee",
    "rain",
    "train",
    "meeting",
    "garden",
    "letter",
    "mother",
    "window",
    "running",
    "knee",
    "doctor",
    "bread",
    "market",
    "snow",
    "lamp",
    "piano",
    "lesson",
    "river",
    "bridge",
    "boat",
    "summer",
    "holiday",
    "ticket",
    "argument",
    "silence",
    "laughter",
    "friend",
    "dinner",
    "soup",
    "recipe",
    "kitchen",
    "night",
    "dream",
    "sleep",
    "worry",
    "relief",
    "project",
    "deadline",
    "office",
    "walk",
    "forest",
    "dog",
    "neighbour",
    "music",
    "concert",
    "birthday",
    "goodbye",
];

/// What all workers share.
pub(crate) struct Shared<'a> {
    pub(crate) sandbox: &'a Sandbox,
    pub(crate) stop: AtomicBool,
    /// Model servers and background analyses that were killed: whoever needed them may fail.
    pub(crate) ambushes: AtomicUsize,
    pub(crate) kills: AtomicU64,
    pub(crate) figures: Mutex<Figures>,
}

/// One worker.
pub(crate) struct Worker<'a> {
    shared: &'a Shared<'a>,
    number: usize,
    random: StdRng,
    ledger: Ledger,
    written: usize,
}

/// How a process ended.
enum Ended {
    Killed,
    Done(Outcome),
}

impl<'a> Worker<'a> {
    pub(crate) fn new(shared: &'a Shared<'a>, number: usize, seed: u64) -> Self {
        let random = StdRng::seed_from_u64(seed.wrapping_mul(1000).wrapping_add(number as u64));
        Worker { shared, number, random, ledger: Ledger::default(), written: 0 }
    }

    /// Works until told to stop. What was acknowledged is in the ledger; what must not be is the error.
    pub(crate) fn work(mut self) -> Result<Ledger, String> {
        while !self.shared.stop.load(Ordering::Relaxed) {
            let outcome = self.step();
            if outcome.is_err() {
                self.shared.stop.store(true, Ordering::Relaxed);
                return outcome.map(|()| self.ledger);
            }
        }
        Ok(self.ledger)
    }

    fn step(&mut self) -> Result<(), String> {
        match self.random.random_range(0..100) {
            0..30 => self.add(),
            30..52 => self.edit(),
            52..64 => self.delete(),
            64..74 => self.import(),
            74..83 => self.search(),
            83..86 => self.analyze(&["analyze"]),
            86..92 => self.analyze(&["analyze", "--background", "--quiet"]),
            92..95 => self.reindex(&["reindex", "text"]),
            95..98 => self.reindex(&["reindex", "vectors"]),
            98 => self.reindex(&["reindex"]),
            _ => self.similar(),
        }
    }

    fn text(&mut self, marker: &str) -> String {
        let count = self.random.random_range(5..16);
        let words: Vec<&str> = (0..count).filter_map(|_| WORDS.choose(&mut self.random).copied()).collect();
        format!("{marker} {} #crew{}", words.join(" "), self.number)
    }

    fn marker(&mut self) -> String {
        self.written += 1;
        format!("mark{}x{}", self.number, self.written)
    }

    /// Runs the program on the journal, and kills it at a random moment as often as not.
    fn run(&mut self, verb: &'static str, args: &[&str], kill_share: f64) -> Result<Ended, String> {
        // One in four leaves its analysis to a process of its own in the background.
        let analyze = if self.random.random_bool(0.25) { "auto" } else { "manual" };
        let mut command = self.shared.sandbox.command_on(self.shared.sandbox.data(), analyze);
        command.args(args);
        let usual = self.shared.figures.lock().unwrap().usual(verb);
        let limit = usual.mul_f64(1.2).clamp(KILL_WITHIN.0, KILL_WITHIN.1).as_secs_f64();
        // Half of them at any moment, half of them when the work is likely to be under way.
        let from = if self.random.random_bool(0.5) { 0.0 } else { limit * 0.5 };
        let delay = self.random.random_bool(kill_share).then(|| self.random.random_range(from..limit));
        let ended = self.watch(&mut command, delay.map(Duration::from_secs_f64))?;
        let mut figures = self.shared.figures.lock().unwrap();
        match &ended {
            Ended::Killed => {
                figures.killed(verb);
                self.shared.kills.fetch_add(1, Ordering::Relaxed);
            }
            Ended::Done(outcome) => figures.done(verb, outcome.took),
        }
        Ok(ended)
    }

    fn watch(&self, command: &mut Command, kill_after: Option<Duration>) -> Result<Ended, String> {
        let [out, err] = ["out", "err"].map(|name| self.file(name));
        command.stdout(File::create(&out).unwrap()).stderr(File::create(&err).unwrap());
        let since = Instant::now();
        let mut child = command.spawn().map_err(|error| error.to_string())?;
        let status = loop {
            if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
                break status;
            }
            let past = since.elapsed();
            if kill_after.is_some_and(|after| past >= after) || past > HANGS {
                // It may have ended in this very moment: then its answer counts.
                let _ = child.kill();
                break child.wait().map_err(|error| error.to_string())?;
            }
            let rest = kill_after.unwrap_or(HANGS).saturating_sub(past);
            std::thread::sleep(rest.min(Duration::from_millis(2).max(past / 8)));
        };
        let took = since.elapsed();
        let outcome = Outcome::new(command, status, &fs::read(out).unwrap(), &fs::read(err).unwrap(), took);
        if outcome.stderr.contains("panicked") {
            return Err(format!("a panic\n{outcome}"));
        }
        if took > HANGS {
            return Err(format!("it hangs\n{outcome}"));
        }
        Ok(if status.code().is_none() { Ended::Killed } else { Ended::Done(outcome) })
    }

    fn file(&self, name: &str) -> PathBuf {
        self.shared.sandbox.folder().join(format!("{name}-{}", self.number))
    }

    fn add(&mut self) -> Result<(), String> {
        let marker = self.marker();
        let text = self.text(&marker);
        let args: &[&str] = if self.random.random_bool(0.3) {
            &["add", "--json", &text, "--title", "A crew's day"]
        } else {
            &["add", "--json", &text]
        };
        let mut owned = Owned { marker, id: None, states: vec![Some(text.clone())] };
        match self.run("add", args, 0.55)? {
            Ended::Killed => owned.states.insert(0, None),
            Ended::Done(outcome) => {
                let entry = answer(&outcome, 0)?;
                owned.id = entry["id"].as_str().map(str::to_owned);
            }
        }
        self.ledger.entries.push(owned);
        Ok(())
    }

    /// An entry whose id is known; now and then one that is deleted.
    fn pick(&mut self) -> Option<usize> {
        let known: Vec<usize> = (0..self.ledger.entries.len())
            .filter(|place| self.ledger.entries[*place].id.is_some())
            .filter(|place| self.ledger.entries[*place].states != [None] || place % 16 == 0)
            .collect();
        known.choose(&mut self.random).copied()
    }

    fn edit(&mut self) -> Result<(), String> {
        let Some(place) = self.pick() else { return Ok(()) };
        let marker = self.ledger.entries[place].marker.clone();
        if let (Some(same), true) = (self.ledger.entries[place].certain(), self.random.random_bool(0.2)) {
            let same = same.to_owned();
            return self.change(place, "edit", &["--title", WORDS[place % WORDS.len()]], Some(same));
        }
        let text = self.text(&marker);
        self.change(place, "edit", &["--content", &text], Some(text.clone()))
    }

    fn delete(&mut self) -> Result<(), String> {
        let Some(place) = self.pick() else { return Ok(()) };
        self.change(place, "delete", &["--yes"], None)
    }

    fn change(&mut self, place: usize, verb: &'static str, rest: &[&str], new: Option<String>) -> Result<(), String> {
        let id = self.ledger.entries[place].id.clone().unwrap_or_default();
        let ended = self.run(verb, &[&[verb, &id, "--json"], rest].concat(), 0.55)?;
        let states = &mut self.ledger.entries[place].states;
        match ended {
            Ended::Killed if states.contains(&new) => {}
            Ended::Killed => states.push(new),
            Ended::Done(outcome) if outcome.code() == Some(3) && states.contains(&None) => *states = vec![None],
            Ended::Done(outcome) => {
                answer(&outcome, 0)?;
                if *states == [None] {
                    return Err(format!("an entry that was deleted is back\n{outcome}"));
                }
                *states = vec![new];
            }
        }
        Ok(())
    }

    fn import(&mut self) -> Result<(), String> {
        let path = self.file("import.jsonl");
        let named = self.random.random_bool(0.5);
        let first = self.ledger.entries.len();
        let mut lines = String::new();
        for _ in 0..self.random.random_range(2..9) {
            let marker = self.marker();
            let text = self.text(&marker);
            let mut line = json!({"entry_date": "2025-05-05", "content": text});
            let mut id = None;
            if named {
                let new = uuid::Uuid::now_v7().to_string();
                line["id"] = new.clone().into();
                id = Some(new);
            }
            lines.push_str(&format!("{line}\n"));
            self.ledger.entries.push(Owned { marker, id, states: vec![Some(text)] });
        }
        fs::write(&path, lines).unwrap();
        let count = self.ledger.entries.len() - first;
        let file = path.to_string_lossy().into_owned();
        let mut torn = false;
        loop {
            match self.run("import", &["import", "--json", &file], 0.6)? {
                Ended::Killed if self.random.random_bool(0.5) => torn = true,
                Ended::Killed => {
                    self.ledger.entries[first..].iter_mut().for_each(|entry| {
                        // Left alone from now on, so that it stays all or nothing.
                        entry.id = None;
                        entry.states.insert(0, None);
                    });
                    self.ledger.torn.push((first..first + count).collect());
                    return Ok(());
                }
                Ended::Done(outcome) => {
                    let report = answer(&outcome, 0)?;
                    let number = |name: &str| report[name].as_u64().unwrap_or(u64::MAX);
                    // An import whose answer was not seen may have been done.
                    let whole = number("new") == count as u64 || torn && number("unchanged") == count as u64;
                    return if whole { Ok(()) } else { Err(format!("imported in part\n{outcome}")) };
                }
            }
        }
    }

    /// An entry that was acknowledged is found by its marker at once.
    fn search(&mut self) -> Result<(), String> {
        let certain: Vec<(String, String)> = self
            .ledger
            .entries
            .iter()
            .filter(|entry| entry.certain().is_some())
            .filter_map(|entry| Some((entry.marker.clone(), entry.id.clone()?)))
            .collect();
        let (marker, id) = match certain.choose(&mut self.random) {
            Some(found) => found.clone(),
            None => (String::from("morning"), String::new()),
        };
        let words = self.random.random_bool(0.85);
        let mut asked = vec![marker.as_str()];
        if !words {
            asked.extend(WORDS.choose(&mut self.random));
        }
        let asked = asked.join(" ");
        let mode = if words { "words" } else { "hybrid" };
        match self.run("search", &["search", "--json", "--limit", "50", "--mode", mode, &asked], 0.4)? {
            Ended::Killed => Ok(()),
            Ended::Done(outcome) => {
                let found = answer(&outcome, 0)?;
                let found_it = found["results"].as_array().is_some_and(|hits| hits.iter().any(|hit| hit["id"] == id));
                if id.is_empty() || found_it || !words || !found["reason"].is_null() {
                    return Ok(());
                }
                Err(format!("{id} was acknowledged and is not found\n{outcome}"))
            }
        }
    }

    fn similar(&mut self) -> Result<(), String> {
        if !self.shared.sandbox.has_model() {
            return Ok(());
        }
        let words: Vec<&str> = WORDS.choose_multiple(&mut self.random, 3).copied().collect();
        let before = self.shared.ambushes.load(Ordering::Relaxed);
        match self.run("similar", &["similar", "--json", "--text", &words.join(" ")], 0.5)? {
            Ended::Killed => Ok(()),
            // Nothing has been analysed yet, or the model server was killed.
            Ended::Done(outcome) if outcome.code() == Some(15) => self.excuse(&outcome, before, "not been analysed"),
            Ended::Done(outcome) => answer(&outcome, 0).map(drop),
        }
    }

    fn analyze(&mut self, args: &[&str]) -> Result<(), String> {
        let before = self.shared.ambushes.load(Ordering::Relaxed);
        match self.run("analyze", args, 0.92)? {
            Ended::Killed => Ok(()),
            Ended::Done(outcome) if outcome.code() == Some(15) => self.excuse(&outcome, before, "\0"),
            Ended::Done(outcome) if outcome.code() == Some(0) => Ok(()),
            Ended::Done(outcome) => Err(format!("it failed\n{outcome}")),
        }
    }

    /// Without a model is fine when there was a reason for it.
    fn excuse(&self, outcome: &Outcome, ambushes: usize, reason: &str) -> Result<(), String> {
        if self.shared.ambushes.load(Ordering::Relaxed) != ambushes || outcome.stderr.contains(reason) {
            return Ok(());
        }
        Err(format!("no model, and nobody killed the server\n{outcome}"))
    }

    fn reindex(&mut self, args: &[&str]) -> Result<(), String> {
        match self.run("reindex", args, 0.7)? {
            Ended::Killed => Ok(()),
            Ended::Done(outcome) if outcome.code() == Some(0) => Ok(()),
            Ended::Done(outcome) => Err(format!("it failed\n{outcome}")),
        }
    }
}

/// The document a process printed, if it ended as it must.
fn answer(outcome: &Outcome, code: i32) -> Result<Value, String> {
    if outcome.code() != Some(code) {
        return Err(format!("expected exit code {code}\n{outcome}"));
    }
    serde_json::from_str(&outcome.stdout).map_err(|error| format!("{error}\n{outcome}"))
}
