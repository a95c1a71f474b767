//! Known answers of the key agreement and of a conversation.

use bauta::crypto::hash;
use bauta::crypto::identity::IdentityKey;
use bauta::crypto::secret::Secret;
use bauta::crypto::x25519::X25519Key;
use bauta::signal::Direction;
use bauta::signal::session::InitialMessage;
use bauta::signal::session::Session;
use bauta::signal::x3dh;
use bauta::signal::x3dh::Agreement;
use bauta::signal::x3dh::InitiatorKeys;
use bauta::signal::x3dh::Mode;
use bauta::signal::x3dh::ResponderKeys;
use rand::SeedableRng as _;
use rand_chacha::ChaCha20Rng;

use crate::people::AES;
use crate::people::CHACHA;
use crate::people::NETWORK;
use crate::people::bundle_of;

/// The numbers were computed from the formulas in `x3dh`'s documentation with Python's `hmac` and
/// `cryptography`: identity seeds of ones and twos, EK of threes, SPK of fours, OPK of fives, SS of
/// sixes.
#[test]
fn known_answers_of_the_key_agreement() {
    let [alice, bob] = [1, 2].map(|seed| IdentityKey::from_seed(Secret::new([seed; 32])));
    let key = |byte| X25519Key::from_bytes(&[byte; 32]);
    let agree = |mode: fn() -> Mode| {
        let theirs = ResponderKeys {
            identity: &bob.public().x25519().unwrap(),
            signed_prekey: &key(4).public(),
            one_time_prekey: &key(5).public(),
        };
        let initiator = x3dh::initiate(&alice, key(3), theirs, mode()).unwrap();
        let theirs = InitiatorKeys {
            identity: &alice.public().x25519().unwrap(),
            ephemeral: &key(3).public(),
        };
        let responder = x3dh::respond(&bob, &key(4), &key(5), theirs, mode()).unwrap();
        assert_eq!(parts(&initiator), parts(&responder));
        assert_eq!(format!("{initiator:?}"), "Agreement");
        parts(&initiator)
    };
    assert_eq!(
        agree(|| Mode::PostQuantum(Secret::new([6; 32]))),
        [
            "8e3b788b4a732f4060674fe2dee11ea31d195c22218a12d0e1ae5576eb12f6c7",
            "de8e3dc190de18331c98c5b4b6c89a6fb60e40bdc5f8ac544ef3c4c317c45517",
            "9868468efc9b9537e5cae76a496964e72e8103ce91bc10ff73c61cea7f232b72",
            "9b0be4a7a9cfde94a776f5d6806993df59a611c994efe8c9e56050dc689c2666",
        ]
    );
    assert_eq!(
        agree(|| Mode::Classic),
        [
            "37d40bd28e5da18ecf0d20d669cb7002ea2ced88b2932a14eda349b11246d0b1",
            "4f9bec3b5c0fc9c09c7c99e82ce4c83012c0e7ebe0fba74b8c3a2625d2764b82",
            "d390e8e988d21948800184ba5451c35d8a233230787408a4bf898a73f4095147",
            "505006bc21f698991213ae1965701d433cbb8e4762cd6426ae8f574466849427",
        ]
    );
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn parts(agreement: &Agreement) -> [String; 4] {
    let Agreement { root, header, next_header, mailbox } = agreement;
    [root, header, next_header, mailbox].map(|secret| hex(secret.expose()))
}

/// Digests of a conversation that `tests/peers/session.py`, an independent reading of
/// docs/PROTOCOL.md, has opened from the private keys. They also change when random bytes are drawn
/// in another order.
#[test]
fn known_answers_of_a_conversation() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let [alice_key, bob_key] = [1, 2].map(|seed| IdentityKey::from_seed(Secret::new([seed; 32])));
    let (bundle, secrets) = bundle_of(&bob_key, &alice_key, &mut rng);
    let mut alice =
        Session::initiate(&alice_key, bob_key.public(), &NETWORK, &bundle, &mut rng).unwrap();
    alice.encrypt_initial(b"first", AES, &mut rng).unwrap();
    let second = alice.encrypt_initial(b"second", CHACHA, &mut rng).unwrap();
    let message = InitialMessage::parse(second.expose()).unwrap();
    let (mut bob, _) =
        Session::respond(&bob_key, alice_key.public(), &NETWORK, &secrets, &message).unwrap();
    let reply = bob.encrypt(b"reply", AES, &mut rng).unwrap();
    let digests = [bundle.to_bytes().as_slice(), second.expose(), &reply]
        .map(|bytes| hash::sha256(&[bytes]))
        .map(|digest| hex(&digest));
    assert_eq!(
        digests,
        [
            "22bd6a4ff66f8662eab600584901bdd34cd9f0fdb6cefff3671aca1d6652ad30",
            "d2eca23bfa3f8d8434a3b2df2cce67f72441e39e253481a880174a666fd32f5b",
            "b442ff43ca7ed2839b5215c6f1c77019474f338c90229c3a200c980390945f92",
        ]
    );
    assert_eq!(hex(bob.id().as_bytes()), "51a4e7061f0dd74a4ebcffc786e0cf9a");
    assert_eq!(
        hex(bob.capability(Direction::Outgoing, 5).expose()),
        "ddc7f97ffc36bc4d967ee8dbd24d641c0ed726a605fb4e3228fdea21e93fcffa"
    );
}
