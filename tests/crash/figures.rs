//! What was done and what was killed, by verb.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

#[derive(Debug, Default, Clone)]
struct Verb {
    done: u64,
    killed: u64,
    /// How long it usually takes: a moving mean.
    usual: Duration,
}

/// Counts.
#[derive(Debug, Default)]
pub(crate) struct Figures(BTreeMap<&'static str, Verb>);

impl Figures {
    /// A process ended by itself.
    pub(crate) fn done(&mut self, verb: &'static str, took: Duration) {
        let verb = self.0.entry(verb).or_default();
        verb.done += 1;
        verb.usual = if verb.done == 1 { took } else { verb.usual.mul_f64(0.9) + took.mul_f64(0.1) };
    }

    /// A process was killed before it ended.
    pub(crate) fn killed(&mut self, verb: &'static str) {
        self.0.entry(verb).or_default().killed += 1;
    }

    /// How long this usually takes.
    pub(crate) fn usual(&self, verb: &str) -> Duration {
        self.0.get(verb).map_or(Duration::ZERO, |verb| verb.usual)
    }

    /// Processes in all.
    pub(crate) fn processes(&self) -> u64 {
        self.0.values().map(|verb| verb.done + verb.killed).sum()
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verbs: Vec<String> = self
            .0
            .iter()
            .map(|(name, verb)| {
                format!("{name} {} (killed {}, usual {:.0?})", verb.done + verb.killed, verb.killed, verb.usual)
            })
            .collect();
        f.write_str(&verbs.join(", "))
    }
}
