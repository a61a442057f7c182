//! The server under stress: many at once, clients that die or lie, a signal in the middle, a new release.

use super::*;
use journaling_ai::model::ClientConfig;
use journaling_ai::model::protocol::{
    Hello, MAX_MESSAGE_BYTES, PROTOCOL_VERSION, Request, Response, read_message, write_message,
};
use journaling_ai::model::socket::socket_paths;
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};

/// Some ten seconds of work on one core.
fn long_texts() -> Vec<String> {
    (0..64).map(|n| format!("{n} {}", "a word and another ".repeat(60))).collect()
}

fn connect(place: &Place) -> UnixStream {
    let stream = UnixStream::connect(&place.paths.socket).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
    stream
}

fn greeted(place: &Place) -> UnixStream {
    let mut stream = connect(place);
    write_message(&mut stream, &Hello::ours()).unwrap();
    let hello: Hello = read_message(&mut stream).unwrap().unwrap();
    assert_eq!(hello.protocol, PROTOCOL_VERSION);
    stream
}

fn frame(request: &Request) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_message(&mut bytes, request).unwrap();
    bytes
}

/// Waits until only the asker is connected.
fn alone(client: &mut ModelClient) {
    let since = Instant::now();
    while client.status().unwrap().connections > 1 {
        assert!(since.elapsed() < Duration::from_secs(120), "a dead client is still counted");
        thread::sleep(Duration::from_millis(20));
    }
}

fn signal(process: u32, signal: Signal) {
    kill_process(Pid::from_raw(i32::try_from(process).unwrap()).unwrap(), signal).unwrap();
}

#[test]
fn thirty_two_clients_at_once_get_each_their_own_vectors() {
    let place = Place::new();
    let together = Barrier::new(32);
    let answers: Vec<(String, Vec<f32>, u32)> = thread::scope(|scope| {
        let clients: Vec<_> = (0..32)
            .map(|number| {
                let (together, place) = (&together, &place);
                scope.spawn(move || {
                    let text = format!("client {number} dreams of {}", "rain ".repeat(number));
                    together.wait();
                    let mut client = ModelClient::connect_or_start(place.config()).unwrap();
                    let first = client.embed(&model(), std::slice::from_ref(&text)).unwrap().remove(0);
                    for _ in 0..3 {
                        assert_eq!(client.embed(&model(), std::slice::from_ref(&text)).unwrap()[0].len(), 384);
                    }
                    (text, first, client.status().unwrap().process_id)
                })
            })
            .collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    assert!(answers.iter().all(|(_, _, process)| *process == answers[0].2), "more than one server");
    let mut client = place.client();
    for (text, vector, _) in &answers {
        let alone = client.embed(&model(), std::slice::from_ref(text)).unwrap().remove(0);
        let apart = alone.iter().zip(vector).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(apart <= 1e-5, "{apart} for {text:?}");
    }
    alone(&mut client);
}

#[test]
fn a_client_that_dies_harms_nobody_else() {
    let place = Place::new();
    let mut client = place.client();
    client.info(&model()).unwrap();
    let work = frame(&Request::Embed { model: (&model()).into(), texts: long_texts() });
    // In the middle of its request, before the length is whole, and before its greeting is.
    for cut in [work.len() / 2, 3] {
        greeted(&place).write_all(&work[..cut]).unwrap();
    }
    connect(&place).write_all(&[9, 0]).unwrap();
    // In the middle of the answer's making: it is never read.
    greeted(&place).write_all(&work).unwrap();
    let asked = Instant::now();
    assert_eq!(client.embed(&model(), &["still here".to_string()]).unwrap().len(), 1);
    let waited = asked.elapsed();
    alone(&mut client);
    // The turn changes with each batch, so nobody waits for the whole of another's work.
    assert!(waited * 3 < asked.elapsed(), "{waited:?} of {:?} behind a dead client", asked.elapsed());
    let status = client.status().unwrap();
    assert_eq!(status.loaded, [model().name]);
}

#[test]
fn a_request_larger_than_the_limit_is_refused_on_either_side() {
    let place = Place::new();
    let mut client = place.client();
    let process = client.status().unwrap().process_id;
    let mut stream = greeted(&place);
    let claimed = u32::try_from(MAX_MESSAGE_BYTES + 1).unwrap();
    stream.write_all(&claimed.to_le_bytes()).unwrap();
    let Some(Response::Failed { kind, message, .. }) = read_message(&mut stream).unwrap() else { panic!() };
    assert_eq!(kind, Kind::Usage.name());
    assert!(message.contains(&claimed.to_string()) && message.contains(&MAX_MESSAGE_BYTES.to_string()), "{message}");
    assert_eq!(stream.read(&mut [0; 1]).unwrap(), 0, "the connection is closed");

    // Our own client does not send it in the first place, and lives.
    let error = client.embed(&model(), &["x".repeat(MAX_MESSAGE_BYTES)]).unwrap_err();
    assert_eq!(error.kind(), Kind::Usage);
    assert!(error.message().contains("too long"), "{error}");
    assert_eq!(client.count(&model(), &["fine".to_string()]).unwrap(), [1]);
    assert_eq!(client.status().unwrap().process_id, process);
}

#[test]
fn another_version_is_told_and_named_on_either_side() {
    let place = Place::new();
    let mut client = place.client();
    let mut stream = connect(&place);
    write_message(&mut stream, &Hello { protocol: PROTOCOL_VERSION + 1, program: "journal 99".into() }).unwrap();
    assert_eq!(read_message::<Hello>(&mut stream).unwrap(), Some(Hello::ours()));
    assert_eq!(stream.read(&mut [0; 1]).unwrap(), 0, "the connection is closed");
    assert_eq!(client.count(&model(), &["fine".to_string()]).unwrap(), [1]);

    // A server of another release at our socket.
    let paths = socket_paths(place.folder.path(), &[place.folder.path().join("other")]).unwrap();
    fs::create_dir(paths.socket.parent().unwrap()).unwrap();
    let listener = UnixListener::bind(&paths.socket).unwrap();
    let other = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let theirs: Option<Hello> = read_message(&mut stream).unwrap();
        write_message(&mut stream, &Hello { protocol: PROTOCOL_VERSION + 1, program: "journal 99".into() }).unwrap();
        theirs
    });
    let config = ClientConfig { socket: paths.socket, lock: paths.lock, ..place.config() };
    let error = ModelClient::connect_or_start(config).unwrap_err();
    assert_eq!(error.kind(), Kind::ModelUnavailable);
    assert!(error.message().contains("journal 99"), "{error}");
    assert!(error.hint_text().unwrap().contains("same release"));
    assert_eq!(other.join().unwrap(), Some(Hello::ours()));
}

#[test]
fn told_to_end_while_busy_it_answers_first() {
    let place = Place::new();
    let mut client = place.client();
    client.info(&model()).unwrap();
    let mut idle = place.client();
    let first = idle.status().unwrap().process_id;
    // Seconds of work, and well within the ten that the server takes to end, also on a loaded machine.
    let texts = long_texts().split_off(24);
    let told = thread::scope(|scope| {
        let busy = scope.spawn(|| (client.embed(&model(), &texts).unwrap(), Instant::now()));
        thread::sleep(Duration::from_millis(200));
        signal(first, Signal::TERM);
        let told = Instant::now();
        // Nobody is let in while it ends, and whoever comes is served by the next one.
        while idle.status().unwrap().process_id == first {
            assert!(told.elapsed() < Duration::from_secs(1), "it goes on as if nothing had been said");
        }
        let (vectors, ended) = busy.join().unwrap();
        assert_eq!(vectors.len(), texts.len());
        assert!(ended > told, "the request was over before the server was told to end");
        told
    });
    assert!(told.elapsed() < Duration::from_secs(60));
    // It was answered by the first: the next has never loaded the model, nor been asked for vectors.
    let next = idle.status().unwrap();
    assert!(next.loaded.is_empty(), "{next:?}");
    // Told while there is nothing to do, it is gone at once; also for a client that is connected.
    signal(next.process_id, Signal::TERM);
    let since = Instant::now();
    while idle.status().unwrap().process_id == next.process_id {
        assert!(since.elapsed() < Duration::from_secs(8), "{:?}", since.elapsed());
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_server_whose_program_is_replaced_leaves_to_the_new_one() {
    let mut place = Place::new();
    let real = place.server.clone();
    let bin = place.folder.path().join("bin");
    fs::create_dir(&bin).unwrap();
    place.server = bin.join("journal-model");
    fs::copy(&real, &place.server).unwrap();
    let mut client = place.client();
    client.info(&model()).unwrap();
    let first = client.status().unwrap().process_id;
    // Longer than one look at the program: it stays as long as that is the same.
    thread::sleep(Duration::from_millis(2500));
    assert_eq!(client.status().unwrap().process_id, first);

    // The new release is put in place while the old one works, as an installer does it.
    let texts = long_texts();
    let marker = bin.join("newer");
    let vectors = thread::scope(|scope| {
        let busy = scope.spawn(|| (client.embed(&model(), &texts).unwrap(), client.status().unwrap()));
        thread::sleep(Duration::from_millis(300));
        let script = format!("#!/bin/sh\necho started > '{}'\nexec '{}' \"$@\"\n", marker.display(), real.display());
        fs::write(bin.join("new"), script).unwrap();
        fs::set_permissions(bin.join("new"), fs::Permissions::from_mode(0o755)).unwrap();
        fs::rename(bin.join("new"), &place.server).unwrap();
        busy.join().unwrap().0
    });
    assert_eq!(vectors.len(), 64);
    let since = Instant::now();
    let mut later = place.client();
    while later.status().unwrap().process_id == first {
        assert!(since.elapsed() < Duration::from_secs(20), "the old program still serves");
        thread::sleep(Duration::from_millis(50));
    }
    assert!(marker.exists(), "the new program was not started");
    let again = later.embed(&model(), &texts[..1]).unwrap();
    let apart = again[0].iter().zip(&vectors[0]).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(apart <= 1e-5, "{apart}");
}

/// Seconds of the processor that a process has spent on itself and in the system, and the most memory it
/// has had, in megabytes.
#[cfg(target_os = "linux")]
fn spent(process: u32) -> (f64, f64, u64) {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let numbers: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let seconds = |at: usize| numbers[at].parse::<f64>().unwrap() / 100.0;
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")).unwrap();
    (seconds(11), seconds(12), most.trim().parse::<u64>().unwrap() / 1024)
}

#[cfg(target_os = "linux")]
#[test]
fn computing_is_not_spent_on_memory_and_memory_is_bounded() {
    let place = Place::new();
    let texts = long_texts();
    let mut client = place.client();
    // Each connection has a thread, and each thread could keep memory of its own.
    thread::scope(|scope| {
        for part in texts.chunks(8) {
            scope.spawn(|| assert_eq!(place.client().embed(&model(), part).unwrap().len(), 8));
        }
    });
    let process = client.status().unwrap().process_id;
    let (user, system, _) = spent(process);
    client.embed(&model(), &texts[..24]).unwrap();
    let (user_after, system_after, most) = spent(process);
    let (user, system) = (user_after - user, system_after - system);
    assert!(system < 0.1 * user, "{user} seconds of work cost {system} of the system");
    assert!(most < 600, "{most} MB");
}
