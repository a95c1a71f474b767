//! Thieves: a copy of a state, and what it opens of what was said before and after.

use core::convert::Infallible;

use bauta::crypto::aead::AeadKey;
use bauta::crypto::aead::Algorithm;
use bauta::crypto::hkdf;
use bauta::signal::Error;
use bauta::signal::session::InitialMessage;
use bauta::signal::session::Session;
use rand::Rng as _;
use rand::SeedableRng as _;
use rand::TryCryptoRng;
use rand::TryRng;
use rand_chacha::ChaCha20Rng;

use crate::people::AES;
use crate::people::Asked;
use crate::people::Talk;
use crate::people::assert_refused;
use crate::people::restored;

/// A generator that remembers what it drew.
struct Remembering {
    rng: ChaCha20Rng,
    drawn: Vec<Vec<u8>>,
}

/// A thief's generator: it draws again what was drawn before, but for what the thief did not learn.
struct Learned<'a> {
    drawn: &'a [Vec<u8>],
    unknown: &'a [usize],
    own: &'a mut ChaCha20Rng,
    /// How many secrets were drawn.
    secrets: usize,
}

impl Learned<'_> {
    /// The secret that was drawn in this place, if the thief learned it. Nonces and salts are no
    /// secrets: a thief's own are as good.
    fn next(&mut self, len: usize) -> Option<&[u8]> {
        if len < 32 {
            return None;
        }
        let place = self.secrets;
        self.secrets += 1;
        let learned = self.drawn.iter().filter(|drawn| drawn.len() >= 32).nth(place)?;
        (!self.unknown.contains(&place) && learned.len() == len).then_some(learned)
    }
}

macro_rules! bytes_alone {
    ($name:ty, $fill:item) => {
        impl TryRng for $name {
            type Error = Infallible;

            fn try_next_u32(&mut self) -> Result<u32, Infallible> {
                panic!("bytes are asked for, and not numbers")
            }

            fn try_next_u64(&mut self) -> Result<u64, Infallible> {
                panic!("bytes are asked for, and not numbers")
            }

            $fill
        }

        impl TryCryptoRng for $name {}
    };
}

bytes_alone!(
    Remembering,
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.rng.fill_bytes(bytes);
        self.drawn.push(bytes.to_vec());
        Ok(())
    }
);

bytes_alone!(
    Learned<'_>,
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        match self.next(bytes.len()) {
            Some(learned) => bytes.copy_from_slice(learned),
            None => self.own.fill_bytes(bytes),
        }
        Ok(())
    }
);

/// What a turn draws, in this order.
const KEM_KEY: usize = 0;
const ENCAPSULATION: usize = 1;
const X25519_KEY: usize = 2;

/// How far into an envelope somebody gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opened {
    Body,
    HeaderAlone,
    Nothing,
}

use Opened::Body;
use Opened::HeaderAlone;
use Opened::Nothing;

/// A copy of somebody's state, which does what its owner does.
struct Thief<'a> {
    session: Session,
    /// What of each turn's draws it does not learn.
    unknown: &'a [usize],
    rng: ChaCha20Rng,
}

impl<'a> Thief<'a> {
    fn of(victim: &Session, unknown: &'a [usize]) -> Self {
        Self { session: restored(victim), unknown, rng: ChaCha20Rng::seed_from_u64(99) }
    }

    /// Says something where its victim did, with what it learned of the victim's draws.
    fn says(&mut self, drawn: &[Vec<u8>]) {
        let Self { session, unknown, rng } = self;
        let mut rng = Learned { drawn, unknown, own: rng, secrets: 0 };
        session.encrypt(b"x", AES, &mut rng).unwrap();
    }

    fn hears(&mut self, envelope: &[u8]) -> Opened {
        match self.session.decrypt(envelope) {
            Ok(_) => Body,
            Err(Error::Diverged | Error::Decrypt) => HeaderAlone,
            Err(Error::NoHeaderKey) => Nothing,
            Err(error) => panic!("{error}"),
        }
    }
}

/// How far a copy of each side's state, Alice's and Bob's, gets into what comes for them in four
/// round trips after the theft. Alice has read Bob's last message and not answered it.
fn opened_by_thieves(unknown: &[usize]) -> [Vec<Opened>; 2] {
    let Talk { rng, mut alice, mut bob } = Talk::new(20);
    let mut rng = Remembering { rng, drawn: Vec::new() };
    let mut thieves = [Thief::of(&alice, unknown), Thief::of(&bob, unknown)];
    let mut opened = [Vec::new(), Vec::new()];
    for _ in 0..4 {
        for (from, to) in [(0, 1), (1, 0)] {
            let (writer, reader) =
                if from == 0 { (&mut alice, &mut bob) } else { (&mut bob, &mut alice) };
            rng.drawn.clear();
            let envelope = writer.encrypt(b"body", AES, &mut rng).unwrap();
            assert_eq!(reader.decrypt(&envelope).unwrap().expose(), b"body");
            thieves[from].says(&rng.drawn);
            opened[to].push(thieves[to].hears(&envelope));
        }
    }
    opened
}

/// What section 5 of docs/PROTOCOL.md says: the answer to the key that was copied with Bob's state,
/// and of each direction the headers of one chain more.
const SHUT_OUT: [[Opened; 4]; 2] =
    [[HeaderAlone, Nothing, Nothing, Nothing], [Body, HeaderAlone, Nothing, Nothing]];

#[test]
fn a_stolen_state_reads_the_answer_to_its_own_key_and_nothing_later() {
    assert_eq!(opened_by_thieves(&[KEM_KEY, ENCAPSULATION, X25519_KEY]), SHUT_OUT);
}

#[test]
fn a_thief_who_learns_all_that_is_drawn_later_reads_everything() {
    assert_eq!(opened_by_thieves(&[]), [[Body; 4]; 2]);
}

#[test]
fn the_kem_alone_shuts_out_who_learns_every_x25519_key() {
    assert_eq!(opened_by_thieves(&[KEM_KEY, ENCAPSULATION]), SHUT_OUT);
}

#[test]
fn each_draw_of_a_turn_shuts_out_who_learns_the_others() {
    for unknown in [KEM_KEY, ENCAPSULATION, X25519_KEY] {
        assert_eq!(opened_by_thieves(&[unknown]), SHUT_OUT, "without draw {unknown}");
    }
}

#[test]
fn whoever_holds_a_state_and_answers_in_its_owners_place_stays_in() {
    let Talk { mut rng, mut alice, mut bob } = Talk::new(22);
    let mut thief = restored(&bob);
    let envelope = alice.encrypt(b"to bob", AES, &mut rng).unwrap();
    bob.decrypt(&envelope).unwrap();
    assert_eq!(thief.decrypt(&envelope).unwrap().expose(), b"to bob");
    for _ in 0..3 {
        let answer = thief.encrypt(b"as bob", AES, &mut rng).unwrap();
        assert_eq!(alice.decrypt(&answer).unwrap().expose(), b"as bob");
        let own = bob.encrypt(b"bob's own", AES, &mut rng).unwrap();
        assert_refused(&mut alice, &own);
        let envelope = alice.encrypt(b"to bob", AES, &mut rng).unwrap();
        assert_eq!(thief.decrypt(&envelope).unwrap().expose(), b"to bob");
    }
}

/// A message, as somebody who recorded it has it.
struct Recorded {
    /// `sealed header ‖ salt ‖ sealed body`
    message: Vec<u8>,
    header_len: usize,
}

impl Recorded {
    fn ordinary(envelope: Vec<u8>) -> Self {
        Self { message: envelope, header_len: 2_342 }
    }

    /// Behind its initial header.
    fn initial(plaintext: &[u8]) -> Self {
        Self { message: plaintext[1_139..].to_vec(), header_len: 1_254 }
    }

    fn is_opened_by(&self, message_key: &[u8; 32], ad: &[u8]) -> bool {
        let (head, body) = self.message.split_at(self.header_len + 16);
        let info: [&[u8]; 4] = [b"bauta body v1", &[1], &head[self.header_len..], &[1]];
        let key = hkdf::hmac_sha256(message_key, &info);
        let aad = [ad, head].concat();
        let key = AeadKey::new(Algorithm::Aes256Gcm, key.expose()).unwrap();
        key.open(&[0; 12], &aad, body).is_ok()
    }
}

/// Every 32 bytes of a state, taken for a message key, and for the key of a chain of two messages.
fn message_keys(state: &[u8]) -> Vec<[u8; 32]> {
    let mut keys = Vec::new();
    for window in state.windows(32) {
        let mut chain: [u8; 32] = window.try_into().unwrap();
        keys.push(chain);
        for _ in 0..2 {
            keys.push(*hkdf::hmac_sha256(&chain, &[&[1]]).expose());
            chain = *hkdf::hmac_sha256(&chain, &[&[2]]).expose();
        }
    }
    keys
}

/// Which of what was recorded the bytes of a state open.
fn opened_by_bytes(session: &Session, recorded: &[Recorded]) -> Vec<usize> {
    let state = session.to_bytes();
    let ad = &state.expose()[114..146];
    let keys = message_keys(state.expose());
    let opens = |message: &Recorded| keys.iter().any(|key| message.is_opened_by(key, ad));
    (0..recorded.len()).filter(|at| opens(&recorded[*at])).collect()
}

/// Whichever number a session would refuse it under: no key of what was said is in a state.
#[test]
fn no_bytes_of_a_stolen_state_open_what_was_said_before() {
    let mut asked = Asked::new(21);
    let mut alice = asked.initiate();
    let initial = alice.encrypt_initial(b"first", AES, &mut asked.rng).unwrap();
    let before = restored(&alice);
    let second = alice.encrypt_initial(b"second", AES, &mut asked.rng).unwrap();
    let mut recorded: Vec<Recorded> =
        [&initial, &second].map(|plaintext| Recorded::initial(plaintext.expose())).into();
    assert_eq!(opened_by_bytes(&before, &recorded), [1], "what is yet to be sealed");
    let (mut bob, _) = asked.respond(initial.expose()).unwrap();
    assert_eq!(opened_by_bytes(&alice, &recorded), [0; 0]);
    assert_eq!(opened_by_bytes(&bob, &recorded), [1], "what has not come");
    let second = InitialMessage::parse(second.expose()).unwrap();
    bob.decrypt_initial(&second).unwrap();
    let (mut writer, mut reader) = (&mut bob, &mut alice);
    for turn in 0..3 {
        let said = recorded.len();
        let envelopes: Vec<Vec<u8>> =
            (0..2).map(|_| writer.encrypt(b"body", AES, &mut asked.rng).unwrap()).collect();
        recorded.extend(envelopes.iter().cloned().map(Recorded::ordinary));
        reader.decrypt(&envelopes[1]).unwrap();
        if turn == 0 {
            assert_eq!(opened_by_bytes(writer, &recorded[said..]), [0; 0]);
            assert_eq!(opened_by_bytes(reader, &recorded[said..]), [0], "what has not come");
        }
        reader.decrypt(&envelopes[0]).unwrap();
        core::mem::swap(&mut writer, &mut reader);
    }
    for session in [&alice, &bob] {
        assert_eq!(opened_by_bytes(session, &recorded), [0; 0]);
    }
}
