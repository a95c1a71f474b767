//! Two people talk through the recording proxy, and what it was told.

use std::collections::BTreeSet;
use std::fs;

use serde_json::json;
use tempfile::tempdir;

use crate::named;
use crate::processes::Person;
use crate::processes::Relay;
use crate::processes::talk;
use crate::socks::Proxy;

#[test]
fn every_contact_and_role_of_everybody_is_another_one_to_the_proxy() {
    let folder = tempdir().unwrap();
    let relay = Relay::new(&folder.path().join("relay"));
    // One proxy for each: otherwise it could not be said who asked for what.
    let proxies = [Proxy::new(), Proxy::new()];
    let [mut a, mut b] = ["a", "b"].map(|name| {
        let proxy = &proxies[usize::from(name == "b")];
        Person::with(&folder.path().join(name), &named(&relay), &["-proxy", &proxy.url()])
    });
    for (person, proxy) in [(&mut a, &proxies[0]), (&mut b, &proxies[1])] {
        let said = person.expect("proxy", |_| true);
        assert_eq!(said["at"], format!("127.0.0.1:{}", proxy.port));
        person.connected();
    }
    talk(&mut a, &mut b);
    a.quit();
    b.quit();
    let mut logins = BTreeSet::new();
    for proxy in &proxies {
        let seen = proxy.seen();
        // The first one finds the network; then requests and messages of one contact.
        let own: BTreeSet<_> = seen.iter().map(|asked| asked.login.clone()).collect();
        assert!(own.len() >= 3, "{seen:?}");
        for asked in &seen {
            let place = (asked.kind, asked.host.as_str(), asked.port);
            assert_eq!(place, (3, "relay.invalid", relay.port), "a name, and not looked up");
            assert_eq!((asked.login.0.len(), asked.login.1.len()), (32, 32));
        }
        assert!(own.iter().all(|login| logins.insert(login.clone())), "known before");
    }
    relay.stop();
}

#[test]
fn a_login_of_ones_own_is_what_the_proxy_is_told() {
    let folder = tempdir().unwrap();
    let relay = Relay::new(&folder.path().join("relay"));
    let proxy = Proxy::new();
    let url = format!("socks5://me:p%40ss@127.0.0.1:{}", proxy.port);
    let mut person = Person::with(&folder.path().join("a"), &named(&relay), &["-proxy", &url]);
    person.connected();
    person.quit();
    let login = ("me".to_owned(), "p@ss".to_owned());
    assert!(proxy.seen().iter().all(|asked| asked.login == login));
    // It stands in no log.
    let log = fs::read_to_string(folder.path().join("a.log")).unwrap();
    assert!(!log.contains("p@ss") && !log.contains("p%40ss"));
    relay.stop();
}

#[test]
fn a_file_goes_over_its_contacts_own_connection_and_no_other_way() {
    let folder = tempdir().unwrap();
    let inbox = folder.path().join("in");
    fs::create_dir(&inbox).unwrap();
    let relay = Relay::new(&folder.path().join("relay"));
    let proxies = [Proxy::new(), Proxy::new()];
    let [mut a, mut b] = ["a", "b"].map(|name| {
        let proxy = &proxies[usize::from(name == "b")];
        Person::online(&folder.path().join(name), &named(&relay), &["-proxy", &proxy.url()])
    });
    talk(&mut a, &mut b);
    let before = proxies.each_ref().map(|proxy| proxy.seen().len());
    let (path, sent) = (folder.path().join("file"), vec![0x5a; 300_000]);
    fs::write(&path, &sent).unwrap();
    let (a_id, b_id) = (a.id.clone(), b.id.clone());
    a.tell(&json!({"command": "send_file", "contact": b_id, "path": path}));
    let message = b.expect("message", |message| message["file"].is_object())["message"].clone();
    b.tell(&json!({
        "command": "accept_file", "contact": a_id, "message": message, "folder": inbox,
    }));
    let came = b.expect("file", |file| file["state"] == "done");
    assert!(fs::read(came["path"].as_str().unwrap()).unwrap() == sent);
    a.expect("file", |file| file["state"] == "done");
    // Neither asked its proxy for anything: the file went where messages go.
    let after = proxies.each_ref().map(|proxy| proxy.seen().len());
    assert_eq!(after, before);
    a.quit();
    b.quit();
    relay.stop();
}
