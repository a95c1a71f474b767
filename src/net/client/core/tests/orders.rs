//! The order of what goes out, across networks.

use super::*;

/// What is put out there, for contacts that are not at hand, is written into the same rows.
#[test]
fn at_an_address_that_is_not_known_no_order_is_used_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut core = open(folder.path());
    let (contact, _) = befriend(&mut core);
    let text = "waits".to_owned();
    let send = Command::Send { contact, text, reply_to: None };
    core.handle(Input::Commands(vec![send]), NOW).unwrap();
    let last = core.ctx.order;
    assert!(last > 0 && core.ctx.network.is_some());
    drop(core);
    let mut rng = StdRng::seed_from_u64(2);
    let profile = Profile::open(folder.path(), None, Cost::LEAST, &mut rng).unwrap();
    let address = "elsewhere.example".parse().unwrap();
    let (mut core, _) = Core::open(profile, address, BodyAead::Aes256Gcm, false, rng, NOW).unwrap();
    assert!(core.ctx.network.is_none());
    let taken = core.ctx.profile.rows(Kind::Outgoing).unwrap();
    let next = core.ctx.next_order();
    assert!(taken.len() >= 2);
    assert!(taken.iter().all(|(id, _)| id[..] < next.to_be_bytes()[..]));
}
