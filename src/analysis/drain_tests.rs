//! What is pending is read in the right order, without a model server.

use super::*;
use crate::cache::text_hash;
use crate::journal::entry::NewEntry;
use crate::model::registry::ModelKind;
use crate::store::{Clock, PassageVector};

const MODEL: &str = "all-MiniLM-L6-v2@02738c0d";

fn new_id(_: DateTime<Utc>) -> Uuid {
    Uuid::new_v4()
}

fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH
}

fn add(store: &mut Store, text: &str, seconds: i64) -> Uuid {
    let user = store.default_user("somebody@example.org").unwrap();
    let created_at = DateTime::from_timestamp(seconds, 0);
    store.add(user, &NewEntry { created_at, ..NewEntry::new(text, now().date_naive()) }).unwrap().id
}

#[test]
fn what_is_written_while_others_are_read_has_its_turn_at_once_and_each_is_read_once() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let mut store = Store::open(data, Clock { now, new_id }).unwrap();
    // All entries have the text of one, whose vector is known: no model is asked.
    let known = add(&mut store, "the same", 0);
    let pending = PendingText { collection: Collection::User.name(), subject: known, text: "the same".into() };
    let vector = PassageVector { range: 0..8, text_hash: text_hash(MODEL, "the same"), vector: vec![0.6, 0.8] };
    store.save_passages(MODEL, MODEL, &[StoredPassage { pending, passages: vec![vector] }]).unwrap();
    let old: Vec<Uuid> = (1..200).map(|second| add(&mut store, "the same", second)).collect();
    let before = store.log_head().unwrap().seq;

    let model = InstalledModel {
        id: "all-MiniLM-L6-v2".into(),
        name: MODEL.into(),
        kind: ModelKind::Embedding,
        revision: String::new(),
        dimensions: 2,
        max_pieces: 256,
        classifier: None,
        weights_sha256: String::new(),
        folder: data.into(),
        bytes: 0,
    };
    let mut newer = None;
    let report = drain(
        &mut Parts {
            data,
            store: &mut store,
            text: &TextIndex::new(data.join("text")),
            vectors: &data.join("vectors"),
            cache: &Cache::new(data.join("cache.redb"), 1 << 20),
            readers: &[(Collection::User, Ok(model))],
            emotions: None,
            classifiers: &[],
            connect: &mut || Err(Error::failure("nobody needs a model here")),
            keep: &mut |_| Kept::default(),
            now,
            new_id,
            interrupted: &AtomicBool::new(false),
            work: Work::Vectors(&[Collection::User]),
        },
        &mut |status| {
            if status.step == "entry vectors" && status.done >= 64 && newer.is_none() {
                let mut other = Store::open(data, Clock { now, new_id }).unwrap();
                newer = Some(add(&mut other, "the same", 1_000));
            }
        },
    )
    .unwrap();
    assert_eq!((report.entries, report.analysed, report.inferred), (200, 200, 0));
    assert!(report.failed.is_empty() && store.pending_subjects("user_embeddings", MODEL).unwrap().is_empty());
    let newer = newer.unwrap();
    let read = store.passages_logged_after(before);
    assert_eq!(read.len(), 200, "each once");
    let place = |id: Uuid| read.iter().position(|read| *read == id).unwrap();
    assert!((64..=96).contains(&place(newer)), "{}", place(newer));
    assert!(place(old[198]) < place(newer) && place(newer) < place(old[0]), "newest first");
}
