//! How fast, and how right, each way of finding the nearest vectors is; what an open costs.
//!
//! Run `cargo bench --bench vector`, or `-- 5000 20000` for other sizes. The vectors are synthetic:
//! 300 clusters in 32 latent dimensions, lifted to 384, with noise, of length one. The truth is a
//! real SQLite file in the form the journal keeps it. Figures are medians, in milliseconds.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)]

use std::collections::HashSet;
use std::time::Instant;

use journaling_ai::error::{Error, Result};
use journaling_ai::index::vector::{
    Candidates, Changes, Collection, Hit, LockPolicy, VectorIndex, VectorSource, dot, normalise,
};
use journaling_ai::journal::log::Position;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rusqlite::{Connection, params};

const DIMS: usize = 384;
const QUERIES: usize = 30;
const K: usize = 10;
/// As many as a search by words and meaning asks for.
const DEEP: usize = 400;

fn main() {
    let sizes: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![5_000, 20_000, 100_000] } else { sizes };
    println!("{DIMS} dimensions, {QUERIES} queries, the {K} nearest; times in ms");
    for size in sizes {
        measure(size);
    }
}

fn measure(size: usize) {
    let dir = tempfile::tempdir().unwrap();
    let mut space = Space::new();
    let database = dir.path().join("truth.db");
    fill(&database, size, &mut space);
    let queries: Vec<Vec<f32>> = (0..QUERIES).map(|_| space.vector()).collect();
    println!("\n{size} vectors");
    let open = || Source::open(&database);
    let index = VectorIndex::new(dir.path(), Collection::User, "synthetic", DIMS);
    let exact_index = index.clone().with_exact_limit(usize::MAX);
    // A process searches once, so each way pays for opening what it needs, as a process would.
    let search = |index: &VectorIndex, query: &[f32], candidates: Candidates<'_>, k: usize| {
        let result = index.search(&mut open().unwrap(), query, candidates, k).unwrap();
        assert_eq!(result.reason, None);
        result.hits
    };
    let (ms, _) = timed(&queries, |_| {
        open().unwrap().live_after(0).unwrap();
        vec![]
    });
    println!("  {:46}{ms:8.2}", "part of each exact scan: listing the live keys");
    let one_in = |share: i64| -> Vec<i64> { (1..=size as i64).filter(|key| key % share == 0).collect() };
    let (half, tenth, few) = (one_in(2), one_in(10), one_in(100));
    let tasks = [
        ("the nearest 10", Candidates::All, K),
        ("the nearest 400", Candidates::All, DEEP),
        ("the nearest 10 of a half", Candidates::Keys(&half), K),
        ("the nearest 10 of a tenth", Candidates::Keys(&tenth), K),
        ("the nearest 10 of a hundredth", Candidates::Keys(&few), K),
    ];
    let mut exact = Vec::new();
    for (task, candidates, k) in tasks {
        let (ms, found) = timed(&queries, |query| search(&exact_index, query, candidates, k));
        print_line(&format!("exact scan: {task}"), ms, &found, &found);
        exact.push(found);
    }
    for (form, graph_up_to) in [("sign codes", 0), ("HNSW", usize::MAX)] {
        let index = index.clone().with_exact_limit(0).with_graph_up_to(graph_up_to);
        let started = Instant::now();
        let report = index.compact(open, LockPolicy::Wait, true, &mut |_, _| Ok(())).unwrap();
        let bytes = report.bytes as f64 / size as f64;
        println!("  {form}: built in {:.1} s, {bytes:.0} bytes a vector", started.elapsed().as_secs_f64());
        for ((task, candidates, k), exact) in tasks.into_iter().zip(&exact) {
            let (ms, found) = timed(&queries, |query| search(&index, query, candidates, k));
            print_line(&format!("{form}: {task}"), ms, &found, exact);
        }
    }
}

fn print_line(what: &str, ms: f64, found: &[Vec<Hit>], exact: &[Vec<Hit>]) {
    let keys = |hits: &[Hit]| hits.iter().map(|hit| hit.key).collect::<HashSet<_>>();
    let hit: usize = found.iter().zip(exact).map(|(a, b)| keys(a).intersection(&keys(b)).count()).sum();
    println!("  {what:46}{ms:8.2}   recall {:.4}", hit as f64 / exact.iter().map(Vec::len).sum::<usize>() as f64);
}

/// The median time of a query, and what each found.
fn timed(queries: &[Vec<f32>], run: impl Fn(&[f32]) -> Vec<Hit>) -> (f64, Vec<Vec<Hit>>) {
    let mut times = Vec::new();
    let mut found = Vec::new();
    for query in queries {
        let started = Instant::now();
        found.push(run(query));
        times.push(started.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    (times[times.len() / 2], found)
}

/// Where the vectors come from.
struct Space {
    random: StdRng,
    centres: Vec<[f32; 32]>,
    lift: Vec<[f32; 32]>,
}

impl Space {
    fn new() -> Space {
        let mut random = StdRng::seed_from_u64(1);
        let centres = (0..300).map(|_| gaussian(&mut random)).collect();
        let lift = (0..DIMS).map(|_| gaussian(&mut random)).collect();
        Space { random, centres, lift }
    }

    fn vector(&mut self) -> Vec<f32> {
        let centre = self.random.random_range(0..self.centres.len());
        let mut latent: [f32; 32] = gaussian(&mut self.random);
        for (number, centre) in latent.iter_mut().zip(&self.centres[centre]) {
            *number = *number * 0.5 + centre;
        }
        let noise: [f32; DIMS] = gaussian(&mut self.random);
        let lifted: Vec<f32> =
            self.lift.iter().zip(noise).map(|(row, noise)| dot(row, &latent) + noise * 0.5).collect();
        normalise(&lifted).unwrap()
    }
}

fn gaussian<const N: usize>(random: &mut StdRng) -> [f32; N] {
    std::array::from_fn(|_| (0..6).map(|_| random.random::<f32>()).sum::<f32>() * 1.414 - 4.242)
}

fn fill(path: &std::path::Path, size: usize, space: &mut Space) {
    let mut database = Connection::open(path).unwrap();
    database
        .execute_batch(
            "PRAGMA journal_mode=WAL;
             CREATE TABLE embeddings(id INTEGER PRIMARY KEY AUTOINCREMENT, vector BLOB NOT NULL);
             CREATE TABLE passages(collection TEXT, model TEXT, subject_id TEXT, ordinal INTEGER, embedding_id INTEGER);
             CREATE INDEX passages_live ON passages(collection, model, embedding_id);",
        )
        .unwrap();
    let transaction = database.transaction().unwrap();
    for id in 1..=size as i64 {
        let bytes: Vec<u8> = space.vector().iter().flat_map(|number| number.to_le_bytes()).collect();
        transaction
            .prepare_cached("INSERT INTO embeddings VALUES (?, ?)")
            .unwrap()
            .execute(params![id, bytes])
            .unwrap();
        transaction
            .prepare_cached("INSERT INTO passages VALUES ('user_embeddings', 'synthetic', ?, 0, ?)")
            .unwrap()
            .execute(params![format!("entry-{id}"), id])
            .unwrap();
    }
    transaction.commit().unwrap();
}

/// The truth in SQLite, inside one read snapshot.
struct Source(Connection);

impl Source {
    fn open(path: &std::path::Path) -> Result<Source> {
        let connection = Connection::open(path).map_err(sqlite)?;
        connection.execute_batch("PRAGMA mmap_size = 1000000000; BEGIN").map_err(sqlite)?;
        Ok(Source(connection))
    }
}

fn sqlite(error: rusqlite::Error) -> Error {
    Error::failure("reading the truth").source(error)
}

impl VectorSource for Source {
    fn head(&mut self) -> Result<Position> {
        Ok(Position { seq: 1, nonce: 1 })
    }

    fn holds(&mut self, position: Position) -> Result<bool> {
        Ok(position.seq == 1)
    }

    fn live_after(&mut self, id: i64) -> Result<Vec<i64>> {
        let sql = "SELECT DISTINCT embedding_id FROM passages
                   WHERE collection = 'user_embeddings' AND model = 'synthetic' AND embedding_id > ?
                   ORDER BY embedding_id";
        let mut statement = self.0.prepare_cached(sql).map_err(sqlite)?;
        let rows = statement.query_map([id], |row| row.get(0)).map_err(sqlite)?;
        rows.collect::<rusqlite::Result<_>>().map_err(sqlite)
    }

    fn changed_after(&mut self, _: i64) -> Result<Option<Changes>> {
        Ok(Some(Changes::default()))
    }

    fn live_among(&mut self, keys: &[i64]) -> Result<Vec<i64>> {
        let sql = "SELECT EXISTS (SELECT 1 FROM passages
                   WHERE collection = 'user_embeddings' AND model = 'synthetic' AND embedding_id = ?)";
        let mut statement = self.0.prepare_cached(sql).map_err(sqlite)?;
        let mut is_live = |key: &i64| statement.query_row([key], |row| row.get::<_, bool>(0)).map_err(sqlite);
        keys.iter().filter_map(|key| is_live(key).map(|live| live.then_some(*key)).transpose()).collect()
    }

    fn vectors(&mut self, ids: &[i64], visit: &mut dyn FnMut(i64, &[f32]) -> Result<()>) -> Result<()> {
        let (Some(first), Some(last)) = (ids.first(), ids.last()) else { return Ok(()) };
        let mut vector = Vec::with_capacity(DIMS);
        let mut hand_over = |id: i64, row: &rusqlite::Row<'_>| {
            let (bytes, _) = row.get_ref(1).and_then(|value| Ok(value.as_blob()?)).map_err(sqlite)?.as_chunks::<4>();
            vector.clear();
            vector.extend(bytes.iter().map(|number| f32::from_le_bytes(*number)));
            visit(id, &vector)
        };
        // Ids that lie close together are read in one walk; a look-up of each costs three times that.
        if (last - first) as usize <= 3 * ids.len() {
            let sql = "SELECT id, vector FROM embeddings WHERE id BETWEEN ? AND ? ORDER BY id";
            let mut statement = self.0.prepare_cached(sql).map_err(sqlite)?;
            let mut rows = statement.query([first, last]).map_err(sqlite)?;
            let mut wanted = ids.iter().peekable();
            while let Some(row) = rows.next().map_err(sqlite)? {
                let id = row.get(0).map_err(sqlite)?;
                while wanted.next_if(|wanted| **wanted < id).is_some() {}
                if wanted.next_if(|wanted| **wanted == id).is_some() {
                    hand_over(id, row)?;
                }
            }
            return Ok(());
        }
        let mut statement = self.0.prepare_cached("SELECT id, vector FROM embeddings WHERE id = ?").map_err(sqlite)?;
        for id in ids {
            let mut rows = statement.query([id]).map_err(sqlite)?;
            if let Some(row) = rows.next().map_err(sqlite)? {
                hand_over(*id, row)?;
            }
        }
        Ok(())
    }
}
