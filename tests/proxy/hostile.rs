//! A proxy that answers with anything: it is told and tried again, and nothing goes another way.

use std::io::Read as _;
use std::io::Write as _;
use std::net::TcpListener;
use std::net::TcpStream;
use std::sync::mpsc;
use std::thread;

use serde_json::json;
use tempfile::tempdir;

use crate::processes::Person;
use crate::processes::Relay;
use crate::socks::Proxy;

/// What a proxy answers, piece by piece, each after something was said to it; then it hangs up.
struct Answers {
    pieces: &'static [&'static [u8]],
    reason: &'static str,
}

const ANSWERS: &[Answers] = &[
    // Gone at each step.
    Answers { pieces: &[], reason: "proxy_hung_up" },
    Answers { pieces: &[&[5]], reason: "proxy_hung_up" },
    Answers { pieces: &[&[5, 0]], reason: "proxy_hung_up" },
    Answers { pieces: &[&[5, 2]], reason: "proxy_hung_up" },
    Answers { pieces: &[&[5, 2], &[1]], reason: "proxy_hung_up" },
    Answers { pieces: &[&[5, 2], &[1, 0]], reason: "proxy_hung_up" },
    Answers { pieces: &[&[5, 2], &[1, 0], &[5, 0, 0]], reason: "proxy_hung_up" },
    Answers { pieces: &[&[5, 2], &[1, 0], &[5, 0, 0, 1, 0]], reason: "proxy_hung_up" },
    Answers { pieces: &[&[5, 2], &[1, 0], &[5, 0, 0, 3, 255, b'x']], reason: "proxy_hung_up" },
    // Something else.
    Answers { pieces: &[b"HTTP/1.0 400 Bad Request\r\n\r\n"], reason: "no_proxy" },
    Answers { pieces: &[&[4, 90]], reason: "no_proxy" },
    Answers { pieces: &[&[5, 7]], reason: "no_proxy" },
    Answers { pieces: &[&[5, 2], &[5, 0]], reason: "no_proxy" },
    Answers { pieces: &[&[5, 0], &[4, 0, 0, 1]], reason: "no_proxy" },
    Answers { pieces: &[&[5, 0], &[5, 0, 0, 9]], reason: "no_proxy" },
    Answers { pieces: &[&[5, 0], &[5, 0, 1, 1]], reason: "no_proxy" },
    // Refusals.
    Answers { pieces: &[&[5, 255]], reason: "proxy_other_login" },
    Answers { pieces: &[&[5, 2], &[1, 1]], reason: "proxy_wants_login" },
    Answers { pieces: &[&[5, 0], &[5, 1, 0, 1]], reason: "proxy_failed" },
    Answers { pieces: &[&[5, 0], &[5, 2, 0, 1]], reason: "proxy_not_allowed" },
    Answers { pieces: &[&[5, 0], &[5, 3, 0, 1]], reason: "proxy_host_unreachable" },
    Answers { pieces: &[&[5, 0], &[5, 4, 0, 1]], reason: "proxy_host_unreachable" },
    Answers { pieces: &[&[5, 0], &[5, 5, 0, 1]], reason: "proxy_refused" },
    Answers { pieces: &[&[5, 0], &[5, 6, 0, 1]], reason: "proxy_too_far" },
    Answers { pieces: &[&[5, 0], &[5, 7, 0, 1]], reason: "proxy_unable" },
    Answers { pieces: &[&[5, 0], &[5, 8, 0, 1]], reason: "proxy_unable" },
];

fn answer(mut client: TcpStream, answers: &Answers) {
    let mut heard = [0; 1024];
    for piece in answers.pieces {
        // Whoever has gone already hears nothing.
        if client.read(&mut heard).is_err() || client.write_all(piece).is_err() {
            return;
        }
    }
    if answers.pieces.is_empty() {
        let _ = client.read(&mut heard);
    }
}

#[test]
fn whatever_a_proxy_answers_is_told_and_nothing_goes_without_it() {
    let folder = tempdir().unwrap();
    // Where the relay would be: nobody may come here.
    let relay = TcpListener::bind("127.0.0.1:0").unwrap();
    relay.set_nonblocking(true).unwrap();
    let place = format!("127.0.0.1:{}", relay.local_addr().unwrap().port());
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("socks5://127.0.0.1:{}", proxy.local_addr().unwrap().port());
    let (next, answers) = mpsc::sync_channel::<&Answers>(0);
    thread::spawn(move || {
        for stream in proxy.incoming().map_while(Result::ok) {
            let Ok(answers) = answers.recv() else { return };
            answer(stream, answers);
        }
    });
    let mut person = Person::with(&folder.path().join("a"), &place, &["-proxy", &url]);
    for answers in ANSWERS {
        next.send(answers).unwrap();
        let link = person.expect("link", |link| link["state"] == "offline");
        assert_eq!(link["reason"], answers.reason, "{:?}", answers.pieces);
        assert!(link["text"].as_str().is_some_and(|text| text.contains("proxy")), "{link}");
        person.tell(&json!({"command": "reconnect"}));
    }
    person.quit();
    assert!(relay.accept().is_err(), "somebody came without the proxy");
}

#[test]
fn a_proxy_that_comes_back_is_used_again() {
    let folder = tempdir().unwrap();
    let relay = Relay::new(&folder.path().join("relay"));
    let proxy = Proxy::new();
    let url = proxy.url();
    let more = ["-proxy", &url];
    let mut person = Person::online(&folder.path().join("a"), &relay.address, &more);
    let port = proxy.stop();
    person.expect("link", |link| link["reason"] == "proxy_unreachable");
    let proxy = Proxy::at(&format!("127.0.0.1:{port}"));
    person.connected();
    // An address is no name.
    assert!(proxy.seen().iter().all(|asked| (asked.kind, asked.host.as_str()) == (1, "127.0.0.1")));
    person.quit();
    relay.stop();
}

#[test]
fn endless_bytes_end_in_a_broken_handshake() {
    let folder = tempdir().unwrap();
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("socks5://127.0.0.1:{}", proxy.local_addr().unwrap().port());
    thread::spawn(move || {
        for mut stream in proxy.incoming().map_while(Result::ok) {
            thread::spawn(move || {
                let mut heard = [0; 1024];
                let _ = stream.read(&mut heard);
                // Chosen, granted, and then the same for ever.
                let _ = stream.write_all(&[5, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
                while stream.write_all(&[0; 4096]).is_ok() {}
            });
        }
    });
    let mut person = Person::with(&folder.path().join("a"), "relay.invalid", &["-proxy", &url]);
    person.expect("link", |link| link["reason"] == "no_relay" || link["reason"] == "lost");
    person.quit();
}
