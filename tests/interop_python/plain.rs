//! The plain Double Ratchet and X3DH.

use bauta::crypto::identity::IdentityKey;
use bauta::crypto::secret::Secret;
use bauta::crypto::x25519::X25519Key;
use bauta::signal::Error;
use bauta::signal::PlainRatchet;
use bauta::signal::x3dh;
use bauta::signal::x3dh::InitiatorKeys;
use bauta::signal::x3dh::Mode;
use bauta::signal::x3dh::ResponderKeys;
use rand::SeedableRng as _;
use rand_chacha::ChaCha20Rng;

use super::peer::Peer;
use super::peer::hex;
use super::talk;
use super::talk::Side;

const SCRIPT: &str = "plain";
const AD: &[u8] = b"associated data";

struct Plain {
    ratchet: PlainRatchet,
    rng: ChaCha20Rng,
}

impl Side for Plain {
    const AEADS: &[&str] = &[];
    const FORGED_TURN: Error = Error::Decrypt;

    fn write(&mut self, body: &[u8], _: usize) -> Vec<u8> {
        self.ratchet.encrypt(body, &mut self.rng).unwrap()
    }

    fn read(&mut self, message: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(self.ratchet.decrypt(message)?.expose().to_vec())
    }
}

fn root() -> Secret<32> {
    Secret::new([5; 32])
}

/// Python's ratchet begins with the second of this side's messages.
fn rust_begins(mut peer: Peer, turns: usize) {
    let (own, mut rng) = (Secret::new([4; 32]), ChaCha20Rng::seed_from_u64(1));
    let theirs = X25519Key::from_bytes(own.expose()).public();
    let ratchet = PlainRatchet::initiate(root(), &theirs, AD, &mut rng).unwrap();
    let mut side = Plain { ratchet, rng };
    let [first, second] = [b"first".as_slice(), b""].map(|body| hex(&side.write(body, 0)));
    let words = [root().expose(), own.expose(), AD].map(hex);
    let [body] = peer.ask("answer", &[words.as_slice(), &[second]].concat());
    assert_eq!(body, b"");
    let [body] = peer.ask("decrypt", &[first]);
    assert_eq!(body, b"first");
    talk::turns(&mut peer, &mut side, turns);
    peer.end();
}

/// Python's first message is lost; it writes another one.
fn python_begins(mut peer: Peer, turns: usize) {
    let (own, rng) = (Secret::new([4; 32]), ChaCha20Rng::seed_from_u64(2));
    let theirs = X25519Key::from_bytes(own.expose()).public();
    peer.lose("begin", &[root().expose(), theirs.as_slice(), AD, b"first"].map(hex));
    let [second] = peer.ask("encrypt", &[hex(b"second")]);
    let (ratchet, body) = PlainRatchet::respond(root(), &own, AD, &second).unwrap();
    assert_eq!(body.expose(), b"second");
    talk::turns(&mut peer, &mut Plain { ratchet, rng }, turns);
    peer.end();
}

/// X3DH in both roles. The package signs and converts Ed25519 identity keys as we do.
fn agree(mut peer: Peer) {
    let own = IdentityKey::from_seed(Secret::new([1; 32]));
    let python = IdentityKey::from_seed(Secret::new([2; 32]));
    let key = |byte| X25519Key::from_bytes(&[byte; 32]);
    let [identity, signed_prekey, one_time_prekey] = peer.ask("state", &[hex(&[2; 32])]);
    assert_eq!(&identity, python.public().as_bytes());
    let theirs = ResponderKeys {
        identity: &python.public().x25519().unwrap(),
        signed_prekey: &signed_prekey.try_into().unwrap(),
        one_time_prekey: &one_time_prekey.try_into().unwrap(),
    };
    let agreement = x3dh::initiate(&own, key(3), theirs, Mode::Classic).unwrap();
    let own_id = own.public().as_bytes();
    let [secret] = peer.ask("passive", &[own_id, &key(3).public()].map(|key| hex(key)));
    assert_eq!(&secret, agreement.root.expose());

    let signature = own.sign(&key(4).public());
    let bundle = [own_id.as_slice(), &key(4).public(), &signature, &key(5).public()].map(hex);
    let [ephemeral, secret] = peer.ask("active", &bundle);
    let theirs = InitiatorKeys {
        identity: &python.public().x25519().unwrap(),
        ephemeral: &ephemeral.try_into().unwrap(),
    };
    let agreement = x3dh::respond(&own, &key(4), &key(5), theirs, Mode::Classic).unwrap();
    assert_eq!(&secret, agreement.root.expose());
    peer.end();
}

#[test]
fn the_package_reads_and_answers_ten_turns() {
    if let Some(peer) = Peer::python(SCRIPT) {
        rust_begins(peer, 10);
    }
}

#[test]
fn the_package_begins_and_talks_for_ten_turns() {
    if let Some(peer) = Peer::python(SCRIPT) {
        python_begins(peer, 10);
    }
}

#[test]
fn the_package_agrees_on_x3dh() {
    if let Some(peer) = Peer::python(SCRIPT) {
        agree(peer);
    }
}

#[test]
fn what_the_package_once_read_and_answered_holds() {
    rust_begins(Peer::transcript(SCRIPT, "python-plain-rust-begins.txt"), 3);
}

#[test]
fn what_the_package_once_began_holds() {
    python_begins(Peer::transcript(SCRIPT, "python-plain-python-begins.txt"), 3);
}

#[test]
fn what_the_package_once_agreed_on_holds() {
    agree(Peer::transcript(SCRIPT, "python-x3dh.txt"));
}
