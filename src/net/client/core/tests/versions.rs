//! States that a newer program wrote.

use super::*;
use crate::crypto::hash;
use crate::net::client::profile::ProfileError;

#[test]
fn a_state_of_a_newer_version_is_not_called_damaged() {
    newer_states_are_told([7; 32]);
    newer_states_are_told([8; 32]);
}

/// Where a profile is opened on this network.
fn newer_states_are_told(network: [u8; 32]) {
    let mut talk = Talk::new();
    let row: record::SessionRow = talk.core.ctx.read(&talk.session).unwrap();
    let content = row.state.len() - 16;
    let content = [&[row.state[0] + 1], &row.state[1..content]].concat();
    let checksum = hash::sha256(&[&content]);
    let state = Zeroizing::new([&content[..], &checksum[..16]].concat());
    let version = i64::from(state[0]);
    talk.core.ctx.write(&talk.session, &record::SessionRow { state, ..row });
    talk.core.release().unwrap();
    let error = refused(talk, network);
    assert!(matches!(error, ProfileError::Format(found) if found == version), "{error}");

    let mut talk = Talk::new();
    let id = talk.contact().number.to_be_bytes();
    let mut row: record::ContactRow = talk.core.ctx.read(&id).unwrap();
    row.rules[0] += 1;
    let version = i64::from(row.rules[0]);
    talk.core.ctx.write(&id, &row);
    talk.core.release().unwrap();
    let error = refused(talk, network);
    assert!(matches!(error, ProfileError::Format(found) if found == version), "{error}");
}

/// Why a profile is not opened on a network.
fn refused(talk: Talk, network: [u8; 32]) -> ProfileError {
    let Talk { _folder: folder, core, .. } = talk;
    drop(core);
    let mut rng = StdRng::seed_from_u64(1);
    let profile = Profile::open(folder.path(), None, Cost::LEAST, &mut rng).unwrap();
    let address: RelayAddress = "relay.example".parse().unwrap();
    let address = address.with_fingerprint(Fingerprint::from_bytes(network));
    Core::open(profile, address, BodyAead::Aes256Gcm, false, rng, NOW).unwrap_err()
}
