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
    Candidates, Collection, Hit, LockPolicy, VectorIndex, VectorSource, dot, normalise,
};
use journaling_ai::journal::log::Position;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rusqlite::{Connection, params};

const DIMS: usize = 384;
const QUERIES: usize = 30;
const K: usize = 10;
/// Codes nearest to the query's that are scored again exactly.
const RESCORED: usize = 200;

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
    let index = VectorIndex::new(dir.path(), Collection::User, "synthetic", DIMS).with_exact_limit(0);
    println!("\n{size} vectors");

    let open = || Source::open(&database);
    let started = Instant::now();
    let report = index.compact(open, LockPolicy::Wait, false, &mut |_, _| Ok(())).unwrap();
    println!("  build {:.1} s, file {:.1} MB", started.elapsed().as_secs_f64(), report.bytes as f64 / 1e6);

    // A process searches once, so each way pays for opening what it needs, as a process would.
    let search =
        |index: &VectorIndex, query: &[f32]| index.search(&mut open().unwrap(), query, Candidates::All, K).unwrap();
    let exact_index = index.clone().with_exact_limit(usize::MAX);
    let (exact_ms, exact) = timed(&queries, |query| search(&exact_index, query).hits);
    print_line("exact scan of f32 from SQLite", exact_ms, &exact, &exact);
    let (ms, found) = timed(&queries, |query| {
        let result = search(&index, query);
        assert_eq!(result.reason, None);
        result.hits
    });
    print_line("HNSW f16: open, check, view, search, rescore", ms, &found, &exact);
    let (ms, _) = timed(&queries, |_| {
        open().unwrap().live_after(0).unwrap();
        vec![]
    });
    println!("    of which listing the live keys  {ms:8.2}");
    let (ms, _) = timed(&queries, |_| {
        let bytes = std::fs::File::open(index.path()).unwrap();
        // SAFETY: nobody writes the file while this program runs.
        let bytes = unsafe { memmap2::Mmap::map(&bytes) }.unwrap();
        std::hint::black_box(crc32fast::hash(&bytes));
        vec![]
    });
    println!("    of which the checksum           {ms:8.2}");
    let half: Vec<i64> = (1..=size as i64).filter(|key| key % 2 == 0).collect();
    let keys = |index: &VectorIndex, query: &[f32]| {
        index.search(&mut open().unwrap(), query, Candidates::Keys(&half), K).unwrap().hits
    };
    let (ms, exact_half) = timed(&queries, |query| keys(&exact_index, query));
    print_line("a filter that keeps half: exact", ms, &exact_half, &exact_half);
    let (ms, found) = timed(&queries, |query| keys(&index, query));
    print_line("a filter that keeps half: HNSW", ms, &found, &exact_half);

    let sparse: Vec<i64> = (1..=size as i64).step_by(10).collect();
    let (ms, _) = timed(&queries, |query| {
        exact_index.search(&mut open().unwrap(), query, Candidates::Keys(&sparse), K).unwrap().hits
    });
    println!("  a filter that keeps {:<6} far apart: exact     {ms:8.2}", sparse.len());

    let codes = Codes::of(&mut open().unwrap(), size);
    let (ms, found) = timed(&queries, |query| codes.nearest(&mut open().unwrap(), query));
    print_line("sign codes in memory, best 200 rescored", ms, &found, &exact);
}

fn print_line(what: &str, ms: f64, found: &[Vec<Hit>], exact: &[Vec<Hit>]) {
    let keys = |hits: &[Hit]| hits.iter().map(|hit| hit.key).collect::<HashSet<_>>();
    let hit: usize = found.iter().zip(exact).map(|(a, b)| keys(a).intersection(&keys(b)).count()).sum();
    println!("  {what:46}{ms:8.2}   recall {:.4}", hit as f64 / (exact.len() * K) as f64);
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

/// One bit per dimension: whether the number is above the mean of that dimension.
struct Codes {
    mean: Vec<f32>,
    codes: Vec<[u64; DIMS / 64]>,
}

impl Codes {
    fn of(source: &mut Source, size: usize) -> Codes {
        let keys: Vec<i64> = (1..=size as i64).collect();
        let mut mean = vec![0f32; DIMS];
        let mut add = |_: i64, vector: &[f32]| {
            mean.iter_mut().zip(vector).for_each(|(mean, number)| *mean += number / size as f32);
            Ok(())
        };
        source.vectors(&keys, &mut add).unwrap();
        let mut codes = Codes { mean, codes: Vec::with_capacity(size) };
        let mut all = Vec::with_capacity(size);
        source
            .vectors(&keys, &mut |_, vector| {
                all.push(codes.code(vector));
                Ok(())
            })
            .unwrap();
        codes.codes = all;
        codes
    }

    fn code(&self, vector: &[f32]) -> [u64; DIMS / 64] {
        let mut code = [0; DIMS / 64];
        for (at, (number, mean)) in vector.iter().zip(&self.mean).enumerate() {
            code[at / 64] |= u64::from(number > mean) << (at % 64);
        }
        code
    }

    fn nearest(&self, source: &mut Source, query: &[f32]) -> Vec<Hit> {
        let query_code = self.code(query);
        let mut near: Vec<(u32, i64)> = (1..)
            .zip(&self.codes)
            .map(|(key, code)| (code.iter().zip(query_code).map(|(a, b)| (a ^ b).count_ones()).sum(), key))
            .collect();
        if near.len() > RESCORED {
            near.select_nth_unstable(RESCORED);
            near.truncate(RESCORED);
        }
        let mut keys: Vec<i64> = near.into_iter().map(|(_, key)| key).collect();
        keys.sort_unstable();
        let mut hits = Vec::new();
        let mut score = |key: i64, vector: &[f32]| {
            hits.push(Hit { key, similarity: dot(query, vector) });
            Ok(())
        };
        source.vectors(&keys, &mut score).unwrap();
        hits.sort_by(|a, b| b.similarity.total_cmp(&a.similarity).then(a.key.cmp(&b.key)));
        hits.truncate(K);
        hits
    }
}
