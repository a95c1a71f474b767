//! A relay that does what it likes, as a model.

use bauta::signal::BodyAead;
use bauta::signal::ENVELOPE_LEN;
use bauta::signal::prekey::PrekeySecrets;
use bauta::signal::session::InitialMessage;
use bauta::signal::session::Session;
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;

use crate::people::AES;
use crate::people::CHACHA;
use crate::people::Talk;
use crate::people::assert_refused;
use crate::people::flipped;
use crate::people::restored;

/// What can happen between two people, with a relay that does what it likes.
#[derive(Clone, Copy, Debug)]
enum Step {
    Send { from: usize, chacha: bool },
    Deliver { to: usize, which: usize },
    Drop { to: usize, which: usize },
    Forge { to: usize, which: usize, at: usize },
    Restart { who: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let (who, which) = (0..2_usize, 0..64_usize);
    prop_oneof![
        6 => (who.clone(), any::<bool>()).prop_map(|(from, chacha)| Step::Send { from, chacha }),
        8 => (who.clone(), which.clone()).prop_map(|(to, which)| Step::Deliver { to, which }),
        1 => (who.clone(), which.clone()).prop_map(|(to, which)| Step::Drop { to, which }),
        1 => (who.clone(), which, 0..ENVELOPE_LEN)
            .prop_map(|(to, which, at)| Step::Forge { to, which, at }),
        1 => who.prop_map(|who| Step::Restart { who }),
    ]
}

/// One message under way, and what the model knows of it.
struct UnderWay {
    envelope: Vec<u8>,
    body: [u8; 4],
    /// How many turns its sender had made.
    chain: usize,
    opened: bool,
}

/// One side, and what the model expects of it.
struct Side {
    session: Session,
    /// How many new chains of the peer's it has received: its own turns.
    turns: usize,
    /// The chain numbers of the peer's that it can still open.
    open: Vec<usize>,
    inbox: Vec<UnderWay>,
}

struct Model {
    rng: ChaCha20Rng,
    sides: [Side; 2],
    sent: u32,
}

impl Model {
    fn new(seed: u64) -> Self {
        let Talk { rng, alice, bob } = Talk::new(seed);
        let side = |session, turns, open| Side { session, turns, open, inbox: Vec::new() };
        // Bob has received Alice's chain 0 and has turned once; Alice has received Bob's chain 1.
        Self { rng, sides: [side(alice, 1, vec![1]), side(bob, 1, vec![0])], sent: 0 }
    }

    fn run(&mut self, step: Step) {
        match step {
            Step::Send { from, chacha } => self.send(from, if chacha { CHACHA } else { AES }),
            Step::Deliver { to, which } => self.deliver(to, which),
            Step::Drop { to, which } => {
                let inbox = &mut self.sides[to].inbox;
                if !inbox.is_empty() {
                    inbox.remove(which % inbox.len());
                }
            }
            Step::Forge { to, which, at } => {
                let Side { session, inbox, .. } = &mut self.sides[to];
                if let Some(message) = inbox.get(which) {
                    assert_refused(session, &flipped(&message.envelope, at));
                }
            }
            Step::Restart { who } => {
                self.sides[who].session = restored(&self.sides[who].session);
            }
        }
    }

    fn send(&mut self, from: usize, aead: BodyAead) {
        self.sent += 1;
        let body = self.sent.to_be_bytes();
        let sender = &mut self.sides[from];
        let envelope = sender.session.encrypt(&body, aead, &mut self.rng).unwrap();
        let message = UnderWay { envelope, body, chain: sender.turns, opened: false };
        self.sides[1 - from].inbox.push(message);
    }

    /// Delivers a message; it stays where it is, so that it can come again.
    fn deliver(&mut self, to: usize, which: usize) {
        let Side { session, turns, open, inbox } = &mut self.sides[to];
        if inbox.is_empty() {
            return;
        }
        let index = which % inbox.len();
        let message = &mut inbox[index];
        let newest = *open.last().unwrap();
        let expected = !message.opened && (open.contains(&message.chain) || message.chain > newest);
        if !expected {
            assert_refused(session, &message.envelope);
            return;
        }
        let body = session.decrypt(&message.envelope).unwrap();
        assert_eq!(body.expose(), message.body);
        message.opened = true;
        if message.chain > newest {
            *turns += 1;
            open.push(message.chain);
            if open.len() > 5 {
                open.remove(0);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_relay_does_each_message_is_opened_once_or_refused(
        seed in any::<u64>(),
        steps in prop::collection::vec(step(), 1..160),
    ) {
        let mut model = Model::new(seed);
        steps.into_iter().for_each(|step| model.run(step));
    }

    #[test]
    fn rubbish_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..4_200)) {
        prop_assert!(InitialMessage::parse(&bytes).is_err());
        prop_assert!(Session::from_bytes(&bytes).is_err());
        prop_assert!(PrekeySecrets::from_bytes(&bytes).is_err());
    }
}
