//! A client in a network of its own, where every packet is counted: what does not go to the proxy does
//! not go.

use std::process::Child;
use std::process::Command;
use std::process::Stdio;

use serde_json::Value;
use tempfile::tempdir;

use crate::named;
use crate::namespace::Namespace;
use crate::processes::Person;
use crate::processes::Relay;
use crate::processes::talk;
use crate::socks::Proxy;

/// Where the relay and the proxy are; the client is in another one, behind a wire.
const HERE: Namespace = Namespace {
    kind: "--net",
    script: "ip link set lo up && unshare --net true && nft list tables",
};

/// Another network, which is there as long as this process.
struct There(Child);

impl There {
    /// Everything that a computer sends which has a route to everywhere is counted, and what does not
    /// go to the proxy's port goes nowhere.
    fn new(proxy: u16) -> Self {
        let holder = Command::new("unshare").args(["--net", "sleep", "600"]).spawn().unwrap();
        let there = Self(holder);
        let id = there.0.id().to_string();
        // The process is in its network when it is no longer in this one.
        let net = |process: &str| std::fs::read_link(format!("/proc/{process}/ns/net")).unwrap();
        while net(&id) == net("self") {
            std::thread::yield_now();
        }
        shell(&format!(
            "ip link add wire type veth peer name wire netns {id} &&
             ip addr add 10.9.0.1/30 dev wire && ip link set wire up"
        ));
        there.shell(&format!(
            "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6
             ip link set lo up && ip addr add 10.9.0.2/30 dev wire && ip link set wire up &&
             ip route add default via 10.9.0.1 &&
             nft add table inet watch &&
             nft 'add chain inet watch out {{ type filter hook output priority 0; }}' &&
             nft 'add rule inet watch out ip daddr 10.9.0.1 tcp dport {proxy} counter accept' &&
             nft 'add rule inet watch out counter drop'"
        ));
        there
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.arg(format!("--net=/proc/{}/ns/net", self.0.id())).arg(program);
        command
    }

    fn shell(&self, script: &str) {
        let output = self.command("sh").args(["-e", "-c", script]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// A client there.
    fn client(&self) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_client"));
        command.env_remove("BAUTA_PASSPHRASE");
        command
    }

    /// The packets that went to the proxy, and all others.
    fn packets(&self) -> [u64; 2] {
        let list = ["-j", "list", "chain", "inet", "watch", "out"];
        let output = self.command("nft").args(list).stderr(Stdio::inherit()).output().unwrap();
        let listed: Value = serde_json::from_slice(&output.stdout).unwrap();
        let rules = listed["nftables"].as_array().unwrap().iter();
        let expressions = rules.filter_map(|entry| entry["rule"]["expr"].as_array()).flatten();
        let counts: Vec<u64> =
            expressions.filter_map(|part| part["counter"]["packets"].as_u64()).collect();
        counts.try_into().unwrap()
    }
}

impl Drop for There {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn shell(script: &str) {
    let output = Command::new("sh").args(["-e", "-c", script]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn has(program: &str) -> bool {
    let found = Command::new(program).arg("-V").output().is_ok();
    if !found {
        crate::missing(&format!("{program} is not installed"));
    }
    found
}

#[test]
fn nothing_leaves_a_computer_but_for_the_proxy() {
    let test = "cut::nothing_leaves_a_computer_but_for_the_proxy";
    if !has("ip") || !has("nft") || !has("nsenter") || !HERE.is_inside(test) {
        return;
    }
    let folder = tempdir().unwrap();
    let relay = Relay::new(&folder.path().join("relay"));
    let proxy = Proxy::at("0.0.0.0:0");
    let there = There::new(proxy.port);

    // The control: a client without a proxy is seen, whether it looks a name up or connects.
    for place in ["relay.invalid:1", "10.9.0.1:1"] {
        let before = there.packets();
        let mut person = Person::by(there.client(), &folder.path().join("direct"), place, &[]);
        person.expect("link", |link| link["state"] == "offline");
        person.quit();
        let after = there.packets();
        assert!(after[1] > before[1] && after[0] == before[0], "{place}: {before:?}, {after:?}");
    }

    let [_, direct] = there.packets();
    let url = format!("socks5://10.9.0.1:{}", proxy.port);
    let more = ["-proxy", &url];
    let mut a = Person::by(there.client(), &folder.path().join("a"), &named(&relay), &more);
    a.connected();
    let mut b = Person::online(&folder.path().join("b"), &relay.address, &[]);
    talk(&mut a, &mut b);
    let [through, others] = there.packets();
    assert!(
        through > 0 && others == direct,
        "{through} to the proxy, {others} not, {direct} before"
    );

    // Without the proxy nothing goes: what is tried is tried there, and the person is told.
    let port = proxy.stop();
    a.expect("link", |link| link["state"] == "offline");
    a.expect("link", |link| link["reason"] == "proxy_unreachable");
    let (a_id, b_id) = (a.id.clone(), b.id.clone());
    a.send(&b_id, "while there is no proxy");
    a.expect("link", |link| link["reason"] == "proxy_unreachable");
    assert_eq!(there.packets()[1], direct);

    // With it everything goes on.
    let proxy = Proxy::at(&format!("0.0.0.0:{port}"));
    a.tell(&serde_json::json!({"command": "reconnect"}));
    b.hears(&a_id, "while there is no proxy");
    assert_eq!(there.packets()[1], direct);
    a.quit();
    b.quit();
    assert!(!proxy.seen().is_empty());
    relay.stop();
}
