//! Sessions, from the rendezvous on.

use bauta::crypto::identity::IdentityKey;
use bauta::crypto::kem;
use bauta::crypto::kem::KemKey;
use bauta::crypto::secret::Secret;
use bauta::signal::BodyAead;
use bauta::signal::Direction;
use bauta::signal::Error;
use bauta::signal::prekey::PrekeyBundle;
use bauta::signal::prekey::PrekeySecrets;
use bauta::signal::prekey::Terms;
use bauta::signal::rendezvous::pair::Kind;
use bauta::signal::rendezvous::pair::Pair;
use bauta::signal::session::InitialMessage;
use bauta::signal::session::Session;
use rand::SeedableRng as _;
use rand_chacha::ChaCha20Rng;

use super::peer::Peer;
use super::peer::hex;
use super::talk;
use super::talk::Side;

const SCRIPT: &str = "session";
const NETWORK: [u8; 32] = [9; 32];
const TERMS: Terms = Terms { epoch: 7, generation: 1_234, not_after: 2_000 };
const NOW: u64 = 1_500;
const WEEK: u64 = 5;

/// Two people, of whom Python is one.
struct People {
    peer: Peer,
    rng: ChaCha20Rng,
    own: IdentityKey,
    python: IdentityKey,
    pair: Pair,
}

impl People {
    /// Both sides know whom they talk to and agree on everything of the pair's.
    fn new(mut peer: Peer, seeds: [u8; 2]) -> Self {
        let [own, python] = seeds.map(|seed| IdentityKey::from_seed(Secret::new([seed; 32])));
        let words =
            [python.seed().expose(), own.public().as_bytes(), &NETWORK].map(|word| hex(word));
        let [id] = peer.ask("start", &words);
        assert_eq!(&id, python.public().as_bytes());
        let pair = Pair::new(&own, python.public(), &NETWORK).unwrap();
        let [tag, outgoing, incoming] = peer.ask("pair_of", &[TERMS.epoch.to_string()]);
        assert_eq!(tag, pair.tag());
        let capability = |direction| pair.capability(direction, TERMS.epoch);
        assert_eq!(&outgoing, capability(Direction::Incoming).expose());
        assert_eq!(&incoming, capability(Direction::Outgoing).expose());
        Self { peer, rng: ChaCha20Rng::seed_from_u64(1), own, python, pair }
    }

    fn seal(&mut self, kind: Kind, plaintext: &[u8]) -> String {
        let Self { pair, rng, .. } = self;
        hex(&pair.seal(Direction::Outgoing, TERMS.epoch, kind, plaintext, rng).unwrap())
    }

    fn open(&self, envelope: &[u8], expected: Kind) -> Vec<u8> {
        let opened = self.pair.open(Direction::Incoming, TERMS.epoch, envelope);
        let (kind, plaintext) = opened.unwrap();
        assert_eq!(kind, expected);
        plaintext.expose().to_vec()
    }

    /// The rest of a conversation, from both sides having a session on.
    fn talk(self, session: Session, turns: usize) {
        let Self { mut peer, rng, .. } = self;
        let [outgoing, incoming] = peer.ask("mailboxes", &[WEEK.to_string()]);
        let capability = |direction| session.capability(direction, WEEK);
        assert_eq!(&outgoing, capability(Direction::Incoming).expose());
        assert_eq!(&incoming, capability(Direction::Outgoing).expose());
        talk::turns(&mut peer, &mut Talker { session, rng }, turns);
        peer.end();
    }
}

/// This side, with a session.
struct Talker {
    session: Session,
    rng: ChaCha20Rng,
}

impl Side for Talker {
    const AEADS: &[&str] = &["1", "2"];
    const FORGED_TURN: Error = Error::Diverged;

    fn write(&mut self, body: &[u8], turn: usize) -> Vec<u8> {
        self.session.encrypt(body, aead(turn), &mut self.rng).unwrap()
    }

    fn read(&mut self, message: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(self.session.decrypt(message)?.expose().to_vec())
    }
}

const fn aead(turn: usize) -> BodyAead {
    match turn % 2 {
        0 => BodyAead::ChaCha20Poly1305,
        _ => BodyAead::Aes256Gcm,
    }
}

/// Python asks; of this side's initial messages the second arrives first and the third never.
fn rust_initiates(peer: Peer, turns: usize) {
    let mut people = People::new(peer, [1, 2]);
    let Terms { epoch, generation, not_after } = TERMS;
    let words = [epoch, generation, not_after].map(|number| number.to_string());
    let [envelope] = people.peer.ask("bundle", &words);
    let signed = people.open(&envelope, Kind::Bundle);
    let People { own, python, pair, rng, .. } = &mut people;
    let (theirs, ours) = (python.public(), own.public());
    let bundle = PrekeyBundle::open(&signed, theirs, ours, pair, epoch, NOW).unwrap();
    let mut session = Session::initiate(own, theirs, &NETWORK, &bundle, rng).unwrap();
    let mut initial = |body: &[u8], turn| {
        let message = session.encrypt_initial(body, aead(turn), &mut people.rng).unwrap();
        message.expose().to_vec()
    };
    let [first, second, _] = [initial(b"first", 0), initial(b"", 1), initial(b"third", 0)];
    let [first, second] =
        [first, second].map(|message| [epoch.to_string(), people.seal(Kind::Initial, &message)]);
    let [id, body] = people.peer.ask("respond", &second);
    assert_eq!((id.as_slice(), body.as_slice()), (session.id().as_bytes().as_slice(), &b""[..]));
    let [body] = people.peer.ask("late", &first);
    assert_eq!(body, b"first");
    people.peer.refuses("late", &first, "repetition");
    let [reply] = people.peer.ask("encrypt", &[hex(b"reply"), "1".to_owned()]);
    assert_eq!(session.decrypt(&reply).unwrap().expose(), b"reply");
    people.talk(session, turns);
}

/// This side asks; of Python's initial messages the second is lost and the third arrives first.
fn python_initiates(peer: Peer, turns: usize) {
    let mut people = People::new(peer, [2, 1]);
    let People { own, pair, rng, .. } = &mut people;
    let (bundle, secrets) = PrekeyBundle::create(own, pair, TERMS, rng);
    let epoch = TERMS.epoch.to_string();
    let envelope = people.seal(Kind::Bundle, &bundle.to_bytes());
    let [id] = people.peer.ask("initiate", &[epoch.clone(), NOW.to_string(), envelope]);
    let words = |body: &[u8], aead: &str| [epoch.clone(), hex(body), aead.to_owned()];
    let [first] = people.peer.ask("initial", &words(b"first", "1"));
    people.peer.lose("initial", &words(b"second", "1"));
    let [third] = people.peer.ask("initial", &words(b"", "2"));
    let [first, third] = [first, third]
        .map(|envelope| InitialMessage::parse(&people.open(&envelope, Kind::Initial)).unwrap());
    let mut session = responded(&people, &secrets, &third);
    assert_eq!(session.id().as_bytes().as_slice(), id);
    let body = session.decrypt_initial(&first).unwrap();
    assert_eq!(body.expose(), b"first");
    let again = session.decrypt_initial(&first);
    assert_eq!(again.unwrap_err(), Error::Consumed);
    people.talk(session, turns);
}

fn responded(people: &People, secrets: &PrekeySecrets, message: &InitialMessage) -> Session {
    let People { own, python, .. } = people;
    let responded = Session::respond(own, python.public(), &NETWORK, secrets, message);
    let (session, body) = responded.unwrap();
    assert_eq!(body.expose(), b"");
    session
}

/// The secrets in ML-KEM-768 ciphertexts, both ways.
fn encapsulate(mut peer: Peer) {
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    let own = KemKey::generate(&mut rng);
    let [ciphertext, secret] = peer.ask("encapsulate", &[hex(&own.encapsulation_key())]);
    assert_eq!(&secret, own.decapsulate(&ciphertext.try_into().unwrap()).expose());
    let [theirs] = peer.ask("kem_key", &[""; 0]);
    let (ciphertext, secret) = kem::encapsulate(&theirs.try_into().unwrap(), &mut rng).unwrap();
    let [opened] = peer.ask("decapsulate", &[hex(&ciphertext)]);
    assert_eq!(&opened, secret.expose());
    peer.end();
}

#[test]
fn the_second_reading_responds_and_talks_for_ten_turns() {
    if let Some(peer) = Peer::python(SCRIPT) {
        rust_initiates(peer, 10);
    }
}

#[test]
fn the_second_reading_initiates_and_talks_for_ten_turns() {
    if let Some(peer) = Peer::python(SCRIPT) {
        python_initiates(peer, 10);
    }
}

#[test]
fn the_second_reading_opens_our_kem_ciphertexts_and_we_its() {
    if let Some(peer) = Peer::python(SCRIPT) {
        encapsulate(peer);
    }
}

#[test]
fn what_the_second_reading_once_responded_holds() {
    rust_initiates(Peer::transcript(SCRIPT, "python-session-rust-initiates.txt"), 2);
}

#[test]
fn what_the_second_reading_once_initiated_holds() {
    python_initiates(Peer::transcript(SCRIPT, "python-session-python-initiates.txt"), 2);
}

#[test]
fn what_the_second_reading_once_encapsulated_holds() {
    encapsulate(Peer::transcript(SCRIPT, "python-ml-kem.txt"));
}
