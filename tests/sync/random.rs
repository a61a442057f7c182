//! Three machines and a plain SQL writer do what comes to their minds, and sync when they like: in the end all
//! hold the same, and everything that was ever acknowledged is in it, was replaced on purpose, or is kept.

use crate::machine::{Deployment, Machine, expect_same};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use std::collections::BTreeSet;

const STEPS: usize = 220;

fn seed() -> u64 {
    std::env::var("JOURNAL_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| rand::rng().random())
}

struct World {
    deployment: Deployment,
    machines: Vec<Machine>,
    random: StdRng,
    /// Entries that were added and never deleted or edited by anybody.
    untouched: BTreeSet<String>,
    /// Every text that an acknowledged edit has written.
    edits: Vec<(String, String)>,
    deleted: BTreeSet<String>,
    number: usize,
}

impl World {
    fn any_entry(&mut self, machine: usize) -> Option<String> {
        let connection = self.machines[machine].database();
        let mut statement = connection.prepare("SELECT id FROM journal_entries ORDER BY id").unwrap();
        let ids: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        ids.choose(&mut self.random).cloned()
    }

    fn text(&mut self) -> String {
        self.number += 1;
        let topics = ["#river", "#work", "#wood", "#sky", ""];
        format!("Text {} {}", self.number, topics.choose(&mut self.random).unwrap())
    }

    fn machine_does_something(&mut self, which: usize) {
        let text = self.text();
        match self.random.random_range(0..12) {
            0..4 => {
                let id = self.machines[which].add(&[text.as_str()]);
                self.untouched.insert(id);
            }
            4..6 => {
                let Some(id) = self.any_entry(which) else { return };
                let Some(title) = text.split(" #").next().map(str::to_string) else { return };
                self.machines[which].ok(&["edit", &id, "--title", &title]);
                self.untouched.remove(&id);
                self.edits.push((id, title));
            }
            6 => {
                let Some(id) = self.any_entry(which) else { return };
                self.machines[which].ok(&["delete", &id, "--yes"]);
                self.untouched.remove(&id);
                self.deleted.insert(id);
            }
            7 => {
                // What it takes back may be an addition.
                let undone = self.machines[which].run(&["undo"]);
                assert!(matches!(undone.code(), Some(0 | 1 | 3)), "{undone}");
                self.untouched.retain(|id| !undone.stdout.contains(id.as_str()));
                self.recount(which);
            }
            8 => {
                let Some(id) = self.any_entry(which) else { return };
                let topic = ["river", "wood", "travel", "moss"].choose(&mut self.random).unwrap();
                let assigned = self.machines[which].run(&["topics", "assign", topic, &id]);
                assert!(matches!(assigned.code(), Some(0 | 3)), "{assigned}");
            }
            9 => {
                let mood = self.random.random_range(-100..=100);
                let Some(id) = self.any_entry(which) else { return };
                self.machines[which].ok(&["edit", &id, &format!("--mood={}", f64::from(mood) / 100.0)]);
                self.untouched.remove(&id);
            }
            10 => {
                let from = ["river", "wood", "sky", "moss"].choose(&mut self.random).unwrap();
                let to = format!("{from}{}", self.random.random_range(0..3));
                let renamed = self.machines[which].run(&["topics", "rename", from, &to]);
                assert!(matches!(renamed.code(), Some(0 | 1 | 2 | 3)), "{renamed}");
            }
            _ => {
                let Some(id) = self.any_entry(which) else { return };
                self.machines[which].ok(&["edit", &id, "--star"]);
                self.untouched.remove(&id);
            }
        }
    }

    /// An undo may have taken an addition back.
    fn recount(&mut self, which: usize) {
        let connection = self.machines[which].database();
        let mut gone =
            connection.prepare("SELECT row_id FROM tombstones WHERE table_name = 'journal_entries'").unwrap();
        let ids: BTreeSet<String> = gone.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        self.untouched.retain(|id| !ids.contains(id));
        self.deleted.extend(ids);
    }

    fn writer_does_something(&mut self) {
        let text = self.text();
        let sql = match self.random.random_range(0..8) {
            0..3 => format!(
                "INSERT INTO journal_entries(user_id, content, entry_date) SELECT id, '{text}', '2026-02-01' FROM users"
            ),
            3..5 => format!(
                "UPDATE journal_entries SET title = 'W {}', updated_at = now()
                 WHERE id = (SELECT id FROM journal_entries ORDER BY random() LIMIT 1)",
                self.number
            ),
            5 => "DELETE FROM journal_entries WHERE id = (SELECT id FROM journal_entries ORDER BY random() LIMIT 1)"
                .into(),
            6 => "INSERT INTO topics(user_id, name) SELECT id, 'moss' FROM users ON CONFLICT DO NOTHING".into(),
            _ => "INSERT INTO entry_topics(entry_id, topic_id)
                  SELECT e.id, t.id FROM (SELECT id FROM journal_entries ORDER BY random() LIMIT 1) e,
                      (SELECT id FROM topics ORDER BY random() LIMIT 1) t ON CONFLICT DO NOTHING"
                .into(),
        };
        self.deployment.client().batch_execute(&sql).unwrap();
    }
}

#[test]
fn all_converge_and_nothing_is_lost() {
    let seed = seed();
    println!("JOURNAL_TEST_SEED={seed}");
    let deployment = Deployment::bare();
    let machines: Vec<Machine> = (0..3).map(|_| Machine::linked(&deployment)).collect();
    let mut world = World {
        deployment,
        machines,
        random: StdRng::seed_from_u64(seed),
        untouched: BTreeSet::new(),
        edits: Vec::new(),
        deleted: BTreeSet::new(),
        number: 0,
    };
    for step in 0..STEPS {
        match world.random.random_range(0..10) {
            0..6 => {
                let which = world.random.random_range(0..3);
                world.machine_does_something(which);
            }
            6 => world.writer_does_something(),
            // Two at once.
            7 => {
                let machines = &world.machines;
                std::thread::scope(|scope| {
                    let both: Vec<_> = machines[..2].iter().map(|one| scope.spawn(|| one.run(&["sync"]))).collect();
                    for outcome in both {
                        let outcome = outcome.join().unwrap();
                        assert!(matches!(outcome.code(), Some(0 | 8)), "step {step}, seed {seed}: {outcome}");
                    }
                });
            }
            8 => {
                let which = world.random.random_range(0..3);
                let way = *["push", "pull"].choose(&mut world.random).unwrap();
                let outcome = world.machines[which].run(&["sync", way]);
                assert!(matches!(outcome.code(), Some(0 | 8)), "step {step}, seed {seed}: {outcome}");
            }
            _ => {
                let which = world.random.random_range(0..3);
                let outcome = world.machines[which].run(&["sync"]);
                assert!(matches!(outcome.code(), Some(0 | 8)), "step {step}, seed {seed}: {outcome}");
            }
        }
    }
    // Everything comes to rest.
    for _ in 0..4 {
        for machine in &world.machines {
            machine.ok(&["analyze"]);
            machine.run(&["sync"]);
        }
    }
    for machine in &world.machines {
        let last = machine.sync();
        assert!(last["complete"].as_bool().unwrap(), "seed {seed}: {last}");
    }
    let there = world.deployment.rows();
    for machine in &world.machines {
        expect_same(&machine.rows(), &there);
        machine.sandbox.run(&["search", "text", "--mode", "text"]);
        machine.sandbox.expect_well();
    }
    // Comparing everything finds nothing either.
    world.machines[1].ok(&["sync", "reset", "--yes"]);
    let compared = world.machines[1].sync();
    assert_eq!(compared["pushed"]["tables"], serde_json::json!({}), "seed {seed}: {compared}");
    assert_eq!(compared["pulled"]["tables"], serde_json::json!({}), "seed {seed}: {compared}");

    let tombstones: BTreeSet<String> = world
        .deployment
        .client()
        .query("SELECT row_id FROM journal_cli.tombstones WHERE table_name = 'journal_entries'", &[])
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect();
    let is_there = |id: &str| there.iter().any(|row| row.starts_with(&format!("journal_entries: {id}")));
    for id in &world.untouched {
        assert!(is_there(id) || tombstones.contains(id), "seed {seed}: {id} is lost");
    }
    // Each title that was written stands, gave way to another change that was seen, or is kept.
    let mut known = String::new();
    for machine in &world.machines {
        let connection = machine.database();
        for sql in ["SELECT other FROM sync_conflicts", "SELECT before FROM change_log WHERE before IS NOT NULL"] {
            let mut statement = connection.prepare(sql).unwrap();
            for text in statement.query_map([], |row| row.get::<_, String>(0)).unwrap() {
                known.push_str(&text.unwrap());
            }
        }
    }
    for (id, title) in &world.edits {
        let stands = there.iter().any(|row| row.contains(id.as_str()) && row.contains(title.as_str()));
        assert!(stands || known.contains(title.as_str()), "seed {seed}: '{title}' of {id} is lost");
    }
}
