//! `migrations/postgres` on a real server.

use crate::server::{migrations, server};
use std::fs;

#[test]
fn the_schema_can_be_taken_back_and_applied_again() {
    let mut client = server().database().client();
    let folders = migrations();
    for folder in folders.iter().rev() {
        client.batch_execute(&fs::read_to_string(folder.join("down.sql")).unwrap()).unwrap();
    }
    let left: i64 = client
        .query_one("SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind IN ('r', 'i', 'm', 'S')", &[])
        .unwrap()
        .get(0);
    assert_eq!(left, 0);
    for folder in &folders {
        client.batch_execute(&fs::read_to_string(folder.join("up.sql")).unwrap()).unwrap();
    }
}
