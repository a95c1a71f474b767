//! The key directory: made, opened, refreshed, cut short at every step, and refused.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use bauta::crypto::sign::Curve;
use bauta::handshake::identity::Follow;
use bauta::handshake::identity::IdentityError;
use bauta::keys::KeyDir;
use bauta::keys::KeysError;
use bauta::keys::RelayKeys;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tempfile::TempDir;

const FILES: [&str; 5] = ["P-256.pem", "P-384.pem", "P-521.pem", "keyset", "network.pem"];

type Snapshot = BTreeMap<String, Vec<u8>>;

fn open(path: &Path) -> Result<RelayKeys, KeysError> {
    KeyDir::open_or_create(path, &mut StdRng::seed_from_u64(1))
}

fn refresh(path: &Path) -> Result<RelayKeys, KeysError> {
    KeyDir::refresh(path, &mut StdRng::seed_from_u64(2))
}

/// A folder with the keys of a new network.
fn created() -> (TempDir, RelayKeys) {
    let folder = tempfile::tempdir().unwrap();
    let keys = open(folder.path()).unwrap();
    (folder, keys)
}

fn snapshot(path: &Path) -> Snapshot {
    let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap());
    entries
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect()
}

/// A folder with these files, private ones.
fn restored(files: &Snapshot) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    folder
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn same(a: &RelayKeys, b: &RelayKeys) -> bool {
    let public = |keys: &RelayKeys| Curve::ALL.map(|c| keys.signing_keys().spki(c).to_vec());
    a.signed_key_set() == b.signed_key_set() && public(a) == public(b)
}

#[test]
fn the_first_start_makes_everything_for_the_owner_only() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("keys");
    let keys = open(&path).unwrap();
    assert_eq!(keys.sequence(), 1);
    assert_eq!(mode(&path), 0o700);
    assert_eq!(snapshot(&path).keys().collect::<Vec<_>>(), FILES);
    FILES.iter().for_each(|name| assert_eq!(mode(&path.join(name)), 0o600, "{name}"));
    assert!(same(&keys, &open(&path).unwrap()));
    let verified = keys.signed_key_set().verify(Some(&keys.network_id())).unwrap();
    for curve in Curve::ALL {
        assert_eq!(verified.spki(curve), keys.signing_keys().spki(curve));
    }
    assert_eq!(keys.network_id().to_string().len(), 56);
}

#[test]
fn a_folder_that_others_may_enter_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    open(folder.path()).unwrap();
    assert_eq!(mode(folder.path()), 0o700);
}

#[test]
fn keys_in_a_folder_that_others_can_write_into_stop_the_relay() {
    for bits in [0o770, 0o720, 0o702, 0o777, 0o1777] {
        let (folder, _) = created();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(bits)).unwrap();
        for error in [open(folder.path()).unwrap_err(), refresh(folder.path()).unwrap_err()] {
            assert!(
                matches!(error, KeysError::Open { mode, .. } if mode == bits & 0o777),
                "{error}"
            );
            assert!(error.to_string().contains("others can write into"), "{error}");
        }
        assert_eq!(mode(folder.path()), bits & 0o777, "closed before anybody has looked");
    }
    // Nobody can have changed keys that are not there yet.
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    open(folder.path()).unwrap();
    assert_eq!(mode(folder.path()), 0o700);
}

#[test]
fn keys_of_another_user_stop_the_relay() {
    let (folder, _) = created();
    if std::os::unix::fs::chown(folder.path().join("P-256.pem"), Some(65_534), None).is_err() {
        assert!(std::env::var_os("BAUTA_REQUIRE_ALL").is_none(), "only root can give files away");
        return eprintln!("skipped: only root can give files away");
    }
    let owned = |error: KeysError, name: &str| {
        assert!(matches!(error, KeysError::NotOwned { uid: 65_534, .. }), "{error}");
        assert!(error.to_string().contains(name), "{error}");
    };
    owned(open(folder.path()).unwrap_err(), "P-256.pem");
    // The key is replaced, which is what the sentence asks for.
    refresh(folder.path()).unwrap();
    open(folder.path()).unwrap();
    std::os::unix::fs::chown(folder.path().join("network.pem"), Some(65_534), None).unwrap();
    owned(open(folder.path()).unwrap_err(), "network.pem");
    owned(refresh(folder.path()).unwrap_err(), "network.pem");

    let (folder, _) = created();
    std::os::unix::fs::chown(folder.path(), Some(65_534), None).unwrap();
    owned(open(folder.path()).unwrap_err(), folder.path().to_str().unwrap());
    owned(refresh(folder.path()).unwrap_err(), folder.path().to_str().unwrap());
}

#[test]
fn a_link_is_no_key() {
    for name in FILES {
        let (folder, _) = created();
        let elsewhere = tempfile::tempdir().unwrap();
        let (path, moved) = (folder.path().join(name), elsewhere.path().join(name));
        fs::rename(&path, &moved).unwrap();
        std::os::unix::fs::symlink(&moved, &path).unwrap();
        let error = open(folder.path()).unwrap_err();
        assert!(matches!(error, KeysError::NotAFile { .. }), "{name}: {error}");
        assert!(error.to_string().contains(name), "{error}");
        // A link that leads nowhere is not the same as no file.
        fs::remove_file(&moved).unwrap();
        let error = open(folder.path()).unwrap_err();
        let stops = matches!(error, KeysError::NotAFile { .. } | KeysError::NoKeySet { .. });
        assert!(stops, "{name}: {error}");
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        let error = open(folder.path()).unwrap_err();
        assert!(matches!(error, KeysError::NotAFile { .. }), "{name}: {error}");
    }
}

#[test]
fn a_refresh_leaves_no_old_private_key_behind() {
    let (folder, _) = created();
    let before = snapshot(folder.path());
    refresh(folder.path()).unwrap();
    let after = snapshot(folder.path());
    for name in ["P-256.pem", "P-384.pem", "P-521.pem"] {
        assert!(!after.values().any(|content| *content == before[name]), "{name}");
    }
}

#[test]
fn a_folder_with_other_things_in_it_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(folder.path().join("thesis.txt"), "mine").unwrap();
    let error = open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("thesis.txt") && error.contains("-keys"), "{error}");
    assert_eq!(mode(folder.path()), 0o755);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_refresh_keeps_the_network_and_changes_every_key() {
    let (folder, first) = created();
    let before = snapshot(folder.path());
    let second = refresh(folder.path()).unwrap();
    assert_eq!(second.network_id(), first.network_id());
    assert_eq!(second.sequence(), 2);
    let after = snapshot(folder.path());
    assert_eq!(after.keys().collect::<Vec<_>>(), FILES);
    for name in ["P-256.pem", "P-384.pem", "P-521.pem", "keyset"] {
        assert_ne!(before[name], after[name], "{name}");
    }
    assert_eq!(before["network.pem"], after["network.pem"]);
    assert!(same(&second, &open(folder.path()).unwrap()));

    let old = first.signed_key_set().verify(None).unwrap();
    let new = second.signed_key_set().verify(Some(&old.network_id())).unwrap();
    assert_eq!(new.follows(Some((old.sequence(), old.digest()))), Ok(Follow::Newer));
    assert_eq!(
        old.follows(Some((new.sequence(), new.digest()))),
        Err(IdentityError::RolledBack { seen: 2, found: 1 })
    );
}

#[test]
fn a_refresh_of_nothing_makes_a_network() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(refresh(folder.path()).unwrap().sequence(), 1);
}

#[test]
fn the_network_key_is_needed_for_a_refresh_only() {
    let (folder, first) = created();
    let away = fs::read(folder.path().join("network.pem")).unwrap();
    fs::remove_file(folder.path().join("network.pem")).unwrap();
    assert!(same(&first, &open(folder.path()).unwrap()));
    let before = snapshot(folder.path());
    assert!(matches!(refresh(folder.path()), Err(KeysError::NoNetworkKey { .. })));
    assert_eq!(snapshot(folder.path()), before);

    let (stranger, _) = {
        let other = tempfile::tempdir().unwrap();
        let keys = KeyDir::open_or_create(other.path(), &mut StdRng::seed_from_u64(9)).unwrap();
        (other, keys)
    };
    fs::copy(stranger.path().join("network.pem"), folder.path().join("network.pem")).unwrap();
    assert!(matches!(refresh(folder.path()), Err(KeysError::OtherNetworkKey { .. })));
    fs::write(folder.path().join("network.pem"), away).unwrap();
    assert_eq!(refresh(folder.path()).unwrap().network_id(), first.network_id());
}

#[test]
fn a_refresh_restores_lost_private_keys() {
    let (folder, _) = created();
    fs::remove_file(folder.path().join("P-384.pem")).unwrap();
    assert!(matches!(open(folder.path()), Err(KeysError::Missing { .. })));
    refresh(folder.path()).unwrap();
    assert_eq!(open(folder.path()).unwrap().sequence(), 2);
}

#[test]
fn a_key_that_others_can_read_stops_the_relay() {
    for name in ["network.pem", "P-256.pem", "P-384.pem", "P-521.pem"] {
        for bits in [0o640, 0o604, 0o620, 0o644] {
            let (folder, _) = created();
            let path = folder.path().join(name);
            fs::set_permissions(&path, fs::Permissions::from_mode(bits)).unwrap();
            let error = open(folder.path()).unwrap_err();
            assert!(matches!(&error, KeysError::Exposed { mode, .. } if *mode == bits), "{error}");
            let sentence = error.to_string();
            assert!(sentence.contains(name) && sentence.contains("read by others"), "{sentence}");
            if name == "network.pem" {
                assert!(matches!(refresh(folder.path()), Err(KeysError::Exposed { .. })));
            }
        }
    }
}

#[test]
fn keys_without_their_key_set_are_reported() {
    let (folder, _) = created();
    fs::remove_file(folder.path().join("keyset")).unwrap();
    let before = snapshot(folder.path());
    assert!(matches!(open(folder.path()), Err(KeysError::NoKeySet { .. })));
    assert!(matches!(refresh(folder.path()), Err(KeysError::NoKeySet { .. })));
    assert_eq!(snapshot(folder.path()), before);
}

#[test]
fn damaged_files_are_reported_and_left_as_they_are() {
    let (folder, _) = created();
    let whole = snapshot(folder.path());
    for name in FILES {
        if name == "network.pem" {
            continue;
        }
        let content = &whole[name];
        for damaged in [&[][..], &content[..content.len() / 2], &content[1..]] {
            let mut files = whole.clone();
            files.insert(name.to_owned(), damaged.to_vec());
            let folder = restored(&files);
            let error = open(folder.path()).unwrap_err();
            let expected = match name {
                "keyset" => matches!(error, KeysError::KeySet(_)),
                _ => matches!(error, KeysError::Malformed { .. }),
            };
            assert!(expected, "{name}: {error:?}");
            assert_eq!(snapshot(folder.path()), files);
        }
    }
    let mut files = whole.clone();
    files.insert("P-256.pem".to_owned(), whole["P-384.pem"].clone());
    let error = open(restored(&files).path()).unwrap_err();
    assert!(matches!(error, KeysError::NotInKeySet { .. }));
    for at in 0..whole["keyset"].len() {
        let mut files = whole.clone();
        files.get_mut("keyset").unwrap()[at] ^= 1;
        let error = open(restored(&files).path()).unwrap_err();
        assert!(matches!(error, KeysError::KeySet(_)), "byte {at}: {error:?}");
    }
}

/// What is on the disk after each step of a write, from the files before and after it.
///
/// The steps: each file of `order` as NAME.new, half and whole; `keyset` in its place; then the
/// others in theirs.
fn cuts(before: &Snapshot, after: &Snapshot, order: &[&str]) -> Vec<(bool, Snapshot)> {
    let mut states = vec![(false, before.clone())];
    let mut now = before.clone();
    for name in order {
        let content = &after[*name];
        now.insert(format!("{name}.new"), content[..content.len() / 2].to_vec());
        states.push((false, now.clone()));
        now.insert(format!("{name}.new"), content.clone());
        states.push((false, now.clone()));
    }
    let others = order.iter().filter(|name| **name != "keyset" && **name != "network.pem");
    let places =
        ["keyset"].iter().chain(others).chain(order.iter().filter(|n| **n == "network.pem"));
    for name in places {
        let content = now.remove(&format!("{name}.new")).unwrap();
        now.insert((*name).to_owned(), content);
        states.push((true, now.clone()));
    }
    assert_eq!(now, *after);
    states
}

#[test]
fn a_refresh_cut_anywhere_leaves_the_old_keys_or_the_new() {
    let (folder, old) = created();
    let before = snapshot(folder.path());
    let new = refresh(folder.path()).unwrap();
    let after = snapshot(folder.path());
    for (step, (committed, files)) in
        cuts(&before, &after, &["P-256.pem", "P-384.pem", "P-521.pem", "keyset"])
            .into_iter()
            .enumerate()
    {
        let folder = restored(&files);
        let opened = open(folder.path()).unwrap_or_else(|e| panic!("step {step}: {e}"));
        assert!(same(&opened, if committed { &new } else { &old }), "step {step}");
        let settled = snapshot(folder.path());
        assert_eq!(&settled, if committed { &after } else { &before }, "step {step}");

        let folder = restored(&files);
        let again = refresh(folder.path()).unwrap_or_else(|e| panic!("step {step}: {e}"));
        assert_eq!(again.sequence(), if committed { 3 } else { 2 }, "step {step}");
        assert_eq!(snapshot(folder.path()).keys().collect::<Vec<_>>(), FILES);
    }
}

#[test]
fn a_first_start_cut_anywhere_leaves_nothing_or_the_new_keys() {
    let (folder, new) = created();
    let after = snapshot(folder.path());
    let order = ["network.pem", "P-256.pem", "P-384.pem", "P-521.pem", "keyset"];
    for (step, (committed, files)) in cuts(&Snapshot::new(), &after, &order).into_iter().enumerate()
    {
        let folder = restored(&files);
        let opened = open(folder.path()).unwrap_or_else(|e| panic!("step {step}: {e}"));
        assert_eq!(snapshot(folder.path()).keys().collect::<Vec<_>>(), FILES, "step {step}");
        if committed {
            assert!(same(&opened, &new), "step {step}");
        }
        let folder = restored(&files);
        let again = refresh(folder.path()).unwrap_or_else(|e| panic!("step {step}: {e}"));
        assert_eq!(again.sequence(), if committed { 2 } else { 1 }, "step {step}");
    }
}

#[test]
fn public_keys_have_the_lengths_that_the_protocol_page_names() {
    let (_folder, keys) = created();
    assert_eq!(Curve::ALL.map(|curve| keys.signing_keys().spki(curve).len()), [91, 120, 158]);
    assert_eq!(keys.signed_key_set().network_key().len(), 158);
    assert_eq!(keys.signed_key_set().key_set().len(), 16 + 8 + 3 * 2 + 91 + 120 + 158);
}
