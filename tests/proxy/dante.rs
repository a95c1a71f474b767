//! A proxy made by others, without and with a password: Dante's.

use std::fs;
use std::net::TcpListener;
use std::net::TcpStream;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use tempfile::tempdir;

use crate::namespace::Namespace;
use crate::namespace::folder;
use crate::processes::Person;
use crate::processes::Relay;
use crate::processes::deadline;
use crate::processes::now;
use crate::processes::talk;

/// Dante asks the system for passwords: here it has one more user.
const USERS: Namespace = Namespace {
    kind: "--mount",
    script: "cp /etc/passwd /etc/shadow $ORDEAL/ &&
        echo 'bauta-proxy:x:64999:65534::/:/bin/false' >> $ORDEAL/passwd &&
        echo \"bauta-proxy:$(openssl passwd -6 'a secret'):20000:0:99999:7:::\" >> $ORDEAL/shadow &&
        mount --bind $ORDEAL/passwd /etc/passwd && mount --bind $ORDEAL/shadow /etc/shadow",
};

struct Dante {
    child: Child,
    port: u16,
}

impl Dante {
    /// `method`: how it wants to be convinced.
    fn start(folder: &Path, method: &str) -> Self {
        // It cannot take any port that is free: it is told one that was a moment ago.
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let file = folder.join("danted.conf");
        let rules = format!(
            "logoutput: {}\ninternal: 127.0.0.1 port = {port}\nexternal: 127.0.0.1\n\
             clientmethod: none\nsocksmethod: {method}\nuser.privileged: root\n\
             user.unprivileged: nobody\n\
             client pass {{\n from: 127.0.0.0/8 to: 0.0.0.0/0\n}}\n\
             socks pass {{\n from: 127.0.0.0/8 to: 0.0.0.0/0\n command: connect\n protocol: tcp\n}}\n",
            folder.join("danted.log").display()
        );
        fs::write(&file, rules).unwrap();
        let mut child = Command::new(DANTED)
            .arg("-f")
            .arg(&file)
            .arg("-p")
            .arg(folder.join("danted.pid"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let deadline = deadline();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let log = || fs::read_to_string(folder.join("danted.log")).unwrap_or_default();
            assert!(child.try_wait().unwrap().is_none(), "danted ended: {}", log());
            assert!(now() < deadline, "danted does not listen: {}", log());
            thread::sleep(Duration::from_millis(10));
        }
        Self { child, port }
    }
}

impl Drop for Dante {
    /// Its children end with it when it is asked to end.
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

fn is_installed() -> bool {
    let found = Path::new(DANTED).exists();
    if !found {
        crate::missing("danted is not installed");
    }
    found
}

fn two_people_talk(folder: &Path, proxy: &str) {
    let relay = Relay::new(&folder.join("relay"));
    let place = format!("localhost:{}#{}", relay.port, relay.fingerprint());
    let start = |name| Person::online(&folder.join(name), &place, &["-proxy", proxy]);
    let (mut a, mut b) = (start("a"), start("b"));
    talk(&mut a, &mut b);
    a.quit();
    b.quit();
    relay.stop();
}

#[test]
fn two_people_talk_through_dante() {
    if !is_installed() {
        return;
    }
    let folder = tempdir().unwrap();
    let dante = Dante::start(folder.path(), "none");
    two_people_talk(folder.path(), &format!("socks5://127.0.0.1:{}", dante.port));
}

#[test]
fn two_people_talk_through_dante_with_a_password_and_not_without() {
    let test = "dante::two_people_talk_through_dante_with_a_password_and_not_without";
    if !is_installed() || !USERS.is_inside(test) {
        return;
    }
    let dante = Dante::start(&folder(), "username");
    let at = format!("127.0.0.1:{}", dante.port);
    for (login, reason) in [("", "proxy_wants_login"), ("bauta-proxy:no@", "proxy_wrong_login")] {
        let url = format!("socks5://{login}{at}");
        let more = ["-proxy", &url];
        let mut person = Person::with(&folder().join(reason), "localhost:1", &more);
        person.expect("link", |link| link["reason"] == reason);
        person.quit();
    }
    two_people_talk(&folder(), &format!("socks5://bauta-proxy:a%20secret@{at}"));
}

const DANTED: &str = "/usr/sbin/danted";
