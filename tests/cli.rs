//! The two programs as they are typed: every mistake is one sentence with its exit code, and the
//! README's lines run as they stand there.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod processes;

use std::fs;
use std::io::Read as _;
use std::io::Write as _;
use std::net::TcpListener;
use std::net::TcpStream;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;

use bauta::net::cell::Address;
use bauta::net::cell::ENVELOPE_LEN;
use bauta::net::cell::Envelope;
use bauta::net::cell::EnvelopeId;
use bauta::net::server::store::Change;
use bauta::net::server::store::Embedded;
use bauta::net::server::store::Store as _;
use bauta::net::server::store::StoreLimits;
use processes::Lines;
use processes::Person;
use processes::Relay;
use processes::client;
use processes::server;
use rusqlite::Connection;
use tempfile::tempdir;

/// Runs a program that must end by itself with one sentence on standard error.
fn sentence(command: &mut Command, code: i32) -> String {
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let output = Lines::of(child.stdout.take().unwrap());
    let said = Lines::of(child.stderr.take().unwrap()).rest();
    assert_eq!(output.rest(), [""; 0]);
    assert_eq!(child.wait().unwrap().code(), Some(code), "{said:?}");
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(!said[0].contains("panicked"), "{said:?}");
    said[0].clone()
}

fn check(command: &mut Command, code: i32, part: &str) {
    let said = sentence(command, code);
    assert!(said.contains(part), "{said}");
}

#[test]
fn typos_in_options_are_answered() {
    check(server().args(["-hots", "x"]), 2, "did you mean -host?");
    check(server().args(["-prot=7000"]), 2, "did you mean -port?");
    check(server().args(["-refresh"]), 2, "unknown option -refresh");
    check(server().args(["-metrics", "x"]), 2, "an IP address with a port");
    check(client().args(["-jsn", "x"]), 2, "did you mean -json?");
    check(client().args(["-prxy", "socks5://x:1"]), 2, "did you mean -proxy?");
    check(client().args(["-json", "a", "b"]), 2, "one argument too many");
}

#[test]
fn values_that_cannot_be_are_answered() {
    check(server().args(["-port", "65536"]), 2, "a port is a number from 0 to 65535");
    check(server().args(["-retention", "0"]), 2, "a number of days from 1 to 90");
    check(server().args(["-store", "postgres://db/x"]), 2, "there are sqlite:PATH and -ephemeral");
    check(client().args(["-json", "-p", "0", "x"]), 2, "a port is a number from 1 to 65535");
    check(client().args(["-json", "-c", "P-522", "x"]), 2, "no such curve; there are P-256");
    check(client().args(["-json", "-c", "P-224", "x"]), 2, "TLS 1.3 has no P-224");
    check(client().args(["-json", "-cipher", "RC4", "x"]), 2, "no such cipher");
    check(client().args(["-json", "-p"]), 2, "-p needs a value");
}

#[test]
fn a_client_without_a_window_names_what_there_is() {
    let mut client = client();
    client.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").env_remove("WAYLAND_SOCKET");
    // A build without a window has another sentence than a computer without a display.
    let code = if cfg!(feature = "gui") { 1 } else { 2 };
    let said = sentence(client.arg("127.0.0.1"), code);
    assert!(said.contains("-terminal"), "{said}");
    check(processes::client().arg("-json"), 2, "where is the network?");
}

#[test]
#[cfg(feature = "gui")]
fn a_display_that_does_not_answer_is_named() {
    let mut client = client();
    client.env_remove("WAYLAND_DISPLAY").env_remove("WAYLAND_SOCKET").env("DISPLAY", ":65000");
    let said = sentence(client.arg("-ephemeral"), 1);
    assert!(said.contains("-terminal") && said.contains("libxkbcommon-x11-0"), "{said}");
}

/// What `client -wipe` says, and its exit code, when this is typed.
fn wipe(folder: &Path, typed: &str) -> (String, i32) {
    let mut command = client();
    command.arg("-wipe").arg("-profile").arg(folder);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Whoever refuses before the question reads nothing.
    let _ = child.stdin.take().unwrap().write_all(typed.as_bytes());
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (String::from_utf8(said).unwrap(), output.status.code().unwrap())
}

#[test]
fn a_profile_is_wiped_after_the_right_answer_only() {
    let home = tempdir().unwrap();
    let folder = home.path().join("alice");
    let (said, code) = wipe(&folder, "wipe\n");
    assert!(code == 1 && said.contains("there is no profile in"), "{said}");

    let relay = Relay::new(&home.path().join("relay"));
    let person = Person::online(&folder, &relay.address, &[]);
    let (said, code) = wipe(&folder, "wipe\n");
    assert!(code == 1 && said.contains("open in another client"), "{said}");
    person.quit();
    relay.stop();

    for no in ["", "\n", "no\n", "Wipe it\n"] {
        let (said, code) = wipe(&folder, no);
        assert!(code == 1 && said.contains("nothing was changed"), "{said}");
        assert!(folder.join("key").exists() && folder.join("profile.db").exists());
    }
    let (said, code) = wipe(&folder, "wipe\n");
    assert!(code == 0 && said.contains("is wiped"), "{said}");
    assert!(!folder.exists());
}

#[test]
fn a_store_is_checked_while_it_is_served_and_damage_is_an_exit_code() {
    let folder = tempdir().unwrap();
    let store = folder.path().join("relay.sqlite");
    check(server().arg("-check").arg("-store").arg(&store), 1, "cannot use the store");
    assert!(!store.exists());

    let mut made = Embedded::open(&store, StoreLimits::default(), 1).unwrap();
    let (address, id) = (Address::new([1; 32]), EnvelopeId::new([2; 16]));
    let envelope = Envelope::from_slice(&[3; ENVELOPE_LEN]).unwrap();
    made.commit(&[Change::Put { address, id, envelope, effort: 0 }], 1).unwrap();
    let run = || {
        let output = server().arg("-check").arg("-store").arg(&store).output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), output.status.code().unwrap())
    };
    let (said, code) = run();
    assert!(said.contains("1 envelopes, 1 mailboxes\nall of it is as it was written"), "{said}");
    assert_eq!(code, 0);

    drop(made);
    let edit = Connection::open(&store).unwrap();
    edit.execute("UPDATE envelope SET expires = 7", []).unwrap();
    drop(edit);
    let (said, code) = run();
    assert!(said.contains("damaged: envelope in row 1") && code == 1, "{said}");
}

#[test]
fn an_address_that_is_none_is_answered() {
    for (address, part) in [
        ("127.0.0.1:x", "the port must be a number"),
        ("127.0.0.1#abc", "a fingerprint has 56 characters"),
        ("bauta:abc@127.0.0.1", "in the invitation's ID"),
        ("a b", "characters that no host has"),
    ] {
        check(client().args(["-json", "-ephemeral", address]), 2, part);
    }
}

#[test]
fn a_proxy_that_is_none_is_answered_and_not_repeated() {
    for (url, part) in [
        ("127.0.0.1:9050", "-proxy: a proxy is named as socks5://host:port"),
        ("socks4://127.0.0.1:9050", "SOCKS4 proxies are not supported"),
        ("http://127.0.0.1:8080", "HTTP proxies are not supported"),
        ("socks5://127.0.0.1", "the proxy's port"),
        ("socks5://hidden@127.0.0.1:9050", "user:password, both of them"),
        ("socks5://hidden:%@127.0.0.1:9050", "% is written as %25"),
    ] {
        let mut client = client();
        client.args(["-json", "-ephemeral", "-proxy", url, "relay.invalid"]);
        let said = sentence(&mut client, 2);
        assert!(said.contains(part) && !said.contains("hidden"), "{said}");
    }
    let mut client = client();
    check(client.args(["-wipe", "-proxy", "socks5://h:1"]), 2, "exclude each other");
}

#[test]
fn an_onion_service_is_not_reached_without_a_proxy() {
    let onion = format!("{}.onion", "a".repeat(56));
    let mut direct = client();
    check(direct.args(["-json", "-ephemeral", &onion]), 2, "-proxy socks5://127.0.0.1:9050");
    let mut short = client();
    let short = short.args(["-json", "-ephemeral", "facebookcorewwwi.onion"]);
    check(short, 2, "before .onion stand 56 characters");

    // With one that does not answer, that is what is told.
    let folder = tempdir().unwrap();
    let unused = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("socks5://{}", unused.local_addr().unwrap());
    drop(unused);
    let mut a = Person::with(&folder.path().join("a"), &onion, &["-proxy", &url]);
    let offline = a.expect("link", |link| link["state"] == "offline");
    assert_eq!(offline["reason"], "proxy_unreachable");
    a.quit();
}

#[test]
fn help_is_on_standard_output() {
    for (command, usage) in [
        (&mut server(), "usage: server [-h] [-host HOST] [-port PORT] [-refreshkeys]"),
        (&mut client(), "usage: client [-h] [-p PORT] [-proxy URL] [-c CURVE]"),
    ] {
        let output = command.arg("-h").stdin(Stdio::null()).output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains(usage), "{text}");
        assert!(text.contains("Exit codes: 0"), "{text}");
        assert!(output.stderr.is_empty());
    }
}

#[test]
fn a_port_in_use_is_named_and_leaves_no_keys() {
    let folder = tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let mut server = server();
    server.args(["-port", &port]).current_dir(folder.path());
    let said = sentence(&mut server, 1);
    assert!(said.contains(&port) && said.contains("in use") && said.contains("-port"), "{said}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn numbers_are_shown_where_they_were_asked_for() {
    let folder = tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut server = server();
    server.args(["-port", "0", "-metrics", &address]).current_dir(folder.path());
    check(&mut server, 1, &format!("cannot show metrics at {address}"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);

    let mut child = processes::server()
        .args(["-port", "0", "-ephemeral", "-metrics", "127.0.0.1:0"])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let said = Lines::of(child.stdout.take().unwrap()).until("q and Enter");
    let (_, place) = said.split_once("http://").unwrap();
    let (place, _) = place.split_once("/metrics").unwrap();
    let mut http = TcpStream::connect(place).unwrap();
    http.write_all(b"GET /health HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = String::new();
    http.read_to_string(&mut answer).unwrap();
    assert!(answer.contains(" 200 OK") && answer.ends_with("serving\n"), "{answer}");
    child.stdin.take().unwrap().write_all(b"q\n").unwrap();
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_host_that_nobody_knows_is_named() {
    let folder = tempdir().unwrap();
    let mut server = server();
    server.args(["-host", "no-such-host.invalid"]).current_dir(folder.path());
    check(&mut server, 1, "cannot be resolved");

    let mut a = Person::start(&folder.path().join("a"), "no-such-host.invalid");
    let offline = a.expect("link", |link| link["state"] == "offline");
    assert_eq!(offline["reason"], "unknown_host");
    a.quit();
}

#[test]
fn keys_that_others_can_read_stop_the_relay() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempdir().unwrap();
    let (relay, _) = Relay::new(folder.path()).stop();
    let key = relay.join("keys").join("P-384.pem");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let mut server = server();
    server.args(["-port", "0", "-ephemeral", "-keys"]).arg(relay.join("keys"));
    let said = sentence(&mut server, 1);
    assert!(said.contains("P-384.pem") && said.contains("others"), "{said}");
}

#[test]
fn keys_that_are_none_stop_the_relay() {
    let folder = tempdir().unwrap();
    let (relay, _) = Relay::new(folder.path()).stop();
    fs::write(relay.join("keys").join("P-256.pem"), "nonsense").unwrap();
    let mut server = server();
    server.args(["-port", "0", "-ephemeral", "-keys"]).arg(relay.join("keys"));
    check(&mut server, 1, "P-256.pem");
}

#[test]
fn a_second_relay_on_the_same_store_is_refused() {
    let folder = tempdir().unwrap();
    let relay = Relay::new(folder.path());
    let mut second = server();
    second.args(["-port", "0", "-keys"]).arg(folder.path().join("other-keys"));
    second.arg("-store").arg(folder.path().join("relay.sqlite"));
    check(&mut second, 1, "in use");
    relay.stop();
}

#[test]
fn keys_are_not_refreshed_for_a_relay_that_cannot_have_its_store() {
    let folder = tempdir().unwrap();
    let relay = Relay::new(folder.path());
    let keys = folder.path().join("keys");
    let before = fs::read(keys.join("keyset")).unwrap();
    let mut second = server();
    second.args(["-port", "0", "-refreshkeys", "-keys"]).arg(&keys);
    second.arg("-store").arg(folder.path().join("relay.sqlite"));
    check(&mut second, 1, "in use");
    assert_eq!(fs::read(keys.join("keyset")).unwrap(), before);
    relay.stop();
}

#[test]
fn a_second_client_on_the_same_profile_is_refused() {
    let folder = tempdir().unwrap();
    let profile = folder.path().join("a");
    let first = Person::start(&profile, "127.0.0.1:1");
    let mut second = client();
    second.args(["-json", "-profile"]).arg(&profile).arg("127.0.0.1:1");
    let said = sentence(&mut second, 1);
    assert!(said.contains("-profile") && said.contains("-ephemeral"), "{said}");
    first.quit();
}

#[test]
fn a_passphrase_opens_its_profile_only() {
    let folder = tempdir().unwrap();
    let profile = folder.path().join("a");
    let with = |passphrase: Option<&str>| {
        let mut client = client();
        client.args(["-json", "-profile"]).arg(&profile).arg("127.0.0.1:1");
        if let Some(passphrase) = passphrase {
            client.env("BAUTA_PASSPHRASE", passphrase);
        }
        client
    };
    let mut id = None;
    // Made, and opened again.
    for _ in 0..2 {
        let output = with(Some("correct horse")).stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let said = String::from_utf8(output.stdout).unwrap();
        let ready = said.lines().find(|line| line.contains(r#""event":"ready""#)).unwrap();
        assert_eq!(id.get_or_insert_with(|| ready.to_owned()), ready);
    }
    check(&mut with(Some("wrong horse")), 1, "passphrase");
    check(&mut with(None), 1, "BAUTA_PASSPHRASE");
}

#[test]
fn json_mistakes_are_answered_and_the_session_goes_on() {
    let folder = tempdir().unwrap();
    let relay = Relay::new(&folder.path().join("relay"));
    let mut a = Person::online(&folder.path().join("a"), &relay.address, &[]);
    a.tell(&"not an object".into());
    assert_eq!(a.expect("error", |_| true)["line"], 1);
    a.tell(&serde_json::json!({"command": "fly"}));
    assert_eq!(a.expect("error", |_| true)["line"], 2);
    a.tell(&serde_json::json!({"command": "contacts", "all": true}));
    assert_eq!(a.expect("error", |_| true)["line"], 3);
    let own = a.id.clone();
    a.add(&own);
    assert_eq!(a.expect("refused", |_| true)["reason"], "own_id");
    a.add("abc");
    assert_eq!(a.expect("refused", |_| true)["reason"], "id");
    a.quit();
}

#[test]
fn a_relay_stops_for_q_and_for_signals_but_not_without_input() {
    let folder = tempdir().unwrap();
    for signal in ["-TERM", "-INT"] {
        let mut child = server()
            .args(["-port", "0", "-ephemeral"])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = Lines::of(child.stdout.take().unwrap());
        lines.until("stop the relay");
        let kill = format!("kill {signal} {}", child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        lines.rest();
        assert_eq!(child.wait().unwrap().code(), Some(0), "{signal}");
    }
    Relay::new(folder.path()).stop();
}

/// A program that is typed into.
struct Session {
    child: Child,
    lines: Lines,
}

impl Session {
    fn start(line: &str, folder: &Path, port: u16) -> Self {
        let mut words = line.split_whitespace();
        let mut command = match words.next() {
            Some("server") => server(),
            Some("client") => client(),
            other => panic!("{other:?} is none of the programs"),
        };
        let place = |word: &str| match word {
            "6174" => port.to_string(),
            "127.0.0.1" if line.starts_with("client") => format!("127.0.0.1:{port}"),
            word => word.to_owned(),
        };
        let mut child = command
            .args(words.map(place))
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = Lines::of(child.stdout.take().unwrap());
        Self { child, lines }
    }

    fn enter(&mut self, line: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    fn ends(mut self, line: &str) {
        self.enter(line);
        self.lines.rest();
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn somebody_at_a_terminal_is_asked_for_a_nickname() {
    let folder = tempdir().unwrap();
    let relay = Relay::new(&folder.path().join("relay"));
    let other = Person::start(&folder.path().join("b"), &relay.address);
    // Gives the client a terminal of its own.
    let program = client().get_program().display().to_string();
    let line = format!("{program} -terminal -ephemeral '{}'", relay.address);
    let spawned = Command::new("script")
        .args(["-q", "-e", "-c", &line, "/dev/null"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut child) = spawned else {
        assert!(std::env::var_os("BAUTA_REQUIRE_ALL").is_none(), "script is not installed");
        return eprintln!("skipped: script not installed");
    };
    let lines = Lines::of(child.stdout.take().unwrap());
    let mut session = Session { child, lines };
    session.lines.until("Nothing of this session touches the disk");
    session.enter(&format!("/add {}", other.id));
    session.lines.until("Enter for none");
    session.enter("Rook");
    session.lines.until("Rook: waiting for them to add you too");
    session.ends("/quit");
    other.quit();
}

/// The lines behind `$ ` in the README that start one of the programs.
fn readme_lines(program: &str) -> Vec<String> {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(readme).unwrap();
    let lines = readme.lines().filter_map(|line| line.trim().strip_prefix("$ "));
    lines.filter(|line| line.starts_with(program)).map(str::to_owned).collect()
}

#[test]
fn the_lines_of_the_readme_run() {
    let folder = tempdir().unwrap();
    let servers = readme_lines("server ");
    let clients = readme_lines("client ");
    assert_eq!((servers.len(), clients.len()), (1, 2));
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let relay = Session::start(&servers[0], folder.path(), port);
    let said = relay.lines.until("stop the relay");
    assert!(said.contains(&format!("client -terminal 127.0.0.1:{port}#")), "{said}");

    let mut alice = Session::start(&clients[0], folder.path(), port);
    let mut bob = Session::start(&clients[1], folder.path(), port);
    let invitation = |said: &str| {
        said.lines().find_map(|line| line.strip_prefix("Invitation:")).unwrap().trim().to_owned()
    };
    let alice_said = alice.lines.until("Invitation:");
    let bob_said = bob.lines.until("Invitation:");
    let id = |said: &str| {
        said.lines().find_map(|line| line.strip_prefix("Your ID:")).unwrap().trim().to_owned()
    };
    // An ID in its groups of four with a nickname behind it; an invitation.
    alice.enter(&format!("/add {} Bob", id(&bob_said)));
    alice.lines.until("Bob: waiting for them to add you too");
    bob.enter(&format!("/add {} Alice", invitation(&alice_said)));
    bob.lines.until("Alice: waiting for them to add you too");
    alice.enter("hello, is this you?");
    bob.lines.until("Alice [1]: hello, is this you?");
    bob.enter("yes");
    alice.lines.until("Bob [2]: yes");
    bob.lines.until("[2 vv] Alice has it");
    bob.enter("/history");
    bob.lines.until("Messages with Alice");
    alice.ends("/quit");
    bob.ends("/quit");
    relay.ends("q");
}
