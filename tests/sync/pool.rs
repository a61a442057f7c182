//! The pool of connections, as the architecture's backend has it.

use crate::machine::{Deployment, Machine};
use crate::server::Server;
use journaling_ai::error::Kind;
use journaling_ai::sync::pool::{MAX_OVERFLOW, POOL_SIZE, POOL_TIMEOUT, Pool};
use journaling_ai::sync::postgres::{APPLICATION_NAME, Address};
use std::time::Instant;

#[test]
fn twenty_stay_thirty_more_come_and_go_and_one_more_waits() {
    let server = Server::start();
    let database = server.empty_database();
    let mut client = database.client();
    let mut open = || -> i64 {
        // A connection that was closed is gone a moment later.
        std::thread::sleep(std::time::Duration::from_millis(300));
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1";
        client.query_one(sql, &[&APPLICATION_NAME]).unwrap().get(0)
    };
    let pool = Pool::new(Address::parse(&database.url()).unwrap());
    assert_eq!((open(), pool.status().total()), (0, 0), "nothing is opened before it is needed");
    let most = (POOL_SIZE + MAX_OVERFLOW) as usize;
    let mut used: Vec<_> = (0..most).map(|_| pool.get().unwrap()).collect();
    assert_eq!((open(), pool.status().checked_out, pool.status().overflow()), (50, 50, 30));
    let facts = used[0].facts().unwrap();
    let fact = |name: &str| facts.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str());
    assert_eq!((fact("application_name"), fact("jit")), (Some("journaling_ai_backend"), Some("off")));

    let since = Instant::now();
    let refused = pool.get().err().expect("there is no 51st");
    assert_eq!(refused.kind(), Kind::Busy, "{refused}");
    assert!(since.elapsed() >= POOL_TIMEOUT && since.elapsed() < POOL_TIMEOUT * 2, "{:?}", since.elapsed());
    let waits = std::thread::spawn({
        let pool = pool.clone();
        move || pool.get().map(|_| ()).map_err(|error| error.to_string())
    });
    std::thread::sleep(std::time::Duration::from_millis(200));
    used.pop();
    waits.join().unwrap().unwrap();
    used.clear();
    assert_eq!((open(), pool.status().checked_in, pool.status().overflow()), (20, 20, 0));
    pool.get().unwrap();
    assert_eq!(open(), 20, "one that was kept is used");
}

#[test]
fn a_connection_that_died_is_replaced_and_a_wrong_password_does_not_wait() {
    let server = Server::start();
    let database = server.empty_database();
    let pool = Pool::new(Address::parse(&database.url()).unwrap());
    drop(pool.get().unwrap());
    let ended = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = $1";
    assert_eq!(database.client().query_one(ended, &[&APPLICATION_NAME]).unwrap().get::<_, i64>(0), 1);
    std::thread::sleep(std::time::Duration::from_millis(200));
    let mut again = pool.get().unwrap();
    assert!(!again.facts().unwrap().is_empty());
    assert_eq!(pool.status().total(), 1);
    drop(again);
    // Its guard ends it when nobody holds its standard input.
    drop(server);
    let since = Instant::now();
    while postgres::Client::connect(&database.url(), postgres::NoTls).is_ok() {
        assert!(since.elapsed().as_secs() < 30, "the server does not end");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let since = Instant::now();
    let refused = pool.get().err().expect("the server is gone");
    assert_eq!(refused.kind(), Kind::Network, "{refused}");
    let nobody = Pool::new(Address::parse(&database.url()).unwrap()).get().err().expect("the server is gone");
    assert_eq!(nobody.kind(), Kind::Network, "{nobody}");
    assert!(since.elapsed().as_secs() < 10, "{:?}", since.elapsed());
}

#[test]
fn status_shows_it() {
    let deployment = Deployment::bare();
    let machine = Machine::linked(&deployment);
    let status = machine.json(&["sync", "status", "--verbose"]);
    let expected = serde_json::json!({
        "pool_size": 20, "checked_in": 0, "checked_out": 1, "overflow": 0, "total_connections": 1, "max_overflow": 30,
        "pool_timeout": 30, "pool_recycle": 1800, "pool_pre_ping": true,
    });
    assert_eq!(status["pool"], expected, "{status}");
    assert_eq!(
        (&status["server"]["jit"], status["server"]["application_name"].as_str()),
        (&"off".into(), Some(APPLICATION_NAME))
    );
    assert!(machine.json(&["sync", "status"])["pool"].is_null());
    assert!(
        machine
            .ok(&["sync", "status", "--verbose"])
            .stdout
            .contains("pool: 1 in use, 0 kept, of at most 20 and 30 more")
    );
}
