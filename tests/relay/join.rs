//! Private networks: who does not know the secret is told so and nothing else.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use bauta::crypto::join::JOIN_EXPORTER;
use bauta::crypto::join::JoinProof;
use bauta::crypto::join::JoinSecret;
use bauta::keys::RelayKeys;
use bauta::net::cell;
use bauta::net::cell::ClientFrame;
use bauta::net::cell::CloseReason;
use bauta::net::cell::RelayFrame;
use bauta::net::cell::VERSION;
use bauta::net::channel;
use bauta::net::channel::CellReader;
use bauta::net::channel::CellWriter;
use bauta::net::channel::ConnectOptions;
use bauta::net::clock::system_rng;
use bauta::net::server;
use bauta::net::server::RelayConfig;
use bauta::net::server::Running;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::net::TcpStream;

use super::processes;
use super::processes::Person;
use super::processes::Relay;
use super::put;
use super::sockets::memory;
use super::sockets::verify_by_any_clock;

fn secret(digit: char) -> JoinSecret {
    JoinSecret::from_text(&String::from(digit).repeat(64)).unwrap()
}

async fn private_relay() -> Running {
    let keys = RelayKeys::generate(&mut system_rng()).unwrap();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let usual = RelayConfig::new(keys, memory());
    server::start(listener, RelayConfig { join: Some(secret('a')), ..usual }).unwrap()
}

/// A channel on which nothing was said, and what it exports.
struct Silent {
    reader: CellReader<TcpStream>,
    writer: CellWriter<TcpStream>,
    exported: Vec<u8>,
}

impl Silent {
    async fn new(relay: &Running) -> Self {
        let stream = TcpStream::connect(relay.address()).await.unwrap();
        let (options, mut rng) = (ConnectOptions::default(), system_rng());
        let verify = verify_by_any_clock;
        let (channel, _, welcome) =
            channel::connect(stream, options, &mut rng, verify).await.unwrap();
        let frames = cell::decode::<RelayFrame>(&welcome).unwrap();
        assert!(matches!(&frames[..], [RelayFrame::Welcome(welcome)] if welcome.policy.join));
        let exported = channel.exporter().export(JOIN_EXPORTER, &[], 32).unwrap();
        let (reader, writer) = channel.split();
        Self { reader, writer, exported: exported.expose().to_vec() }
    }

    /// What is answered to Hello with this proof, and a Put and a Ping right behind it.
    async fn says(&mut self, join: Option<JoinProof>) -> Vec<RelayFrame> {
        let hello = ClientFrame::Hello { version: VERSION, join };
        for frame in [hello, put(1, 1), ClientFrame::Ping] {
            // The relay may have hung up.
            let _ = self.writer.send(&cell::encode(frame).unwrap()).await;
        }
        let mut frames = Vec::new();
        while frames.len() < 2
            && let Ok(Some(cell)) = self.reader.next().await
        {
            frames.extend(cell::decode::<RelayFrame>(cell).unwrap());
        }
        frames
    }
}

#[tokio::test]
async fn only_who_knows_the_secret_is_served() {
    let relay = private_relay().await;
    let closing = [RelayFrame::Closing { reason: CloseReason::Join, retry_after: 0 }];
    for wrong in [None, Some(secret('b'))] {
        let mut stranger = Silent::new(&relay).await;
        let proof = wrong.map(|secret| secret.proof(&stranger.exported));
        assert_eq!(stranger.says(proof).await, closing);
    }
    let mut member = Silent::new(&relay).await;
    let proof = secret('a').proof(&member.exported);
    let mut thief = Silent::new(&relay).await;
    assert_eq!(thief.says(Some(proof)).await, closing, "a proof of another channel");
    assert!(relay.contents().await.unwrap().is_empty(), "nothing was stored for them");
    assert_eq!(member.says(Some(proof)).await.len(), 2, "Stored and Pong");
    let counters = relay.stop().await.unwrap();
    assert_eq!((counters.strangers, counters.misbehaved, counters.stored), (3, 3, 1));
}

#[test]
fn the_programs_keep_a_network_private() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    let join = file.to_str().unwrap();
    let relay = Relay::start(&folder.path().join("relay"), 0, &["-join", join]);
    let made = fs::read_to_string(&file).unwrap();
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let person =
        |name: &str, more: &[&str]| Person::with(&folder.path().join(name), &relay.address, more);
    let mut alice = person("alice", &["-join", join]);
    alice.connected();
    let mut bob = person("bob", &[]);
    bob.expect("link", |link| link["reason"] == "private");
    bob.tell(&json!({"command": "join", "secret": "open sesame"}));
    bob.expect("refused", |refused| refused["reason"] == "no_join_secret");
    bob.tell(&json!({"command": "join", "secret": "0".repeat(64)}));
    bob.expect("link", |link| link["reason"] == "wrong_secret");
    bob.tell(&json!({"command": "join", "secret": made}));
    bob.connected();

    // The next start takes the secret that is there.
    let (folder_of_relay, port) = relay.stop();
    let _relay = Relay::start(&folder_of_relay, port, &["-join", join]);
    assert_eq!(fs::read_to_string(&file).unwrap(), made);
    alice.connected();
    for log in ["alice.log", "bob.log", "relay/log"] {
        let log = fs::read_to_string(folder.path().join(log)).unwrap();
        assert!(!log.contains(made.trim()), "the secret is in a log");
    }
}

#[test]
fn a_secret_that_others_can_read_or_that_is_none_stops_both_programs() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    let said = |mut command: std::process::Command| {
        let output = command.arg("-join").arg(&file).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    };
    let server = || {
        let mut server = processes::server();
        server.args(["-port", "0", "-ephemeral", "-keys"]).arg(folder.path().join("keys"));
        server
    };
    let client = || {
        let mut client = processes::client();
        client.args(["-json", "-ephemeral", "127.0.0.1"]);
        client
    };
    let missing = said(client());
    assert!(missing.contains("holds no join secret"), "{missing}");
    for (content, mode, sentence) in [
        ("a".repeat(64), 0o640, "can be read by others (mode 640)"),
        ("password".to_owned(), 0o600, "holds no join secret, which is 64 hexadecimal digits"),
    ] {
        fs::write(&file, content).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        for said in [said(server()), said(client())] {
            assert!(said.contains(sentence) && said.lines().count() == 1, "{said}");
        }
    }
}
