//! Turns of a conversation over a way on which messages get lost and overtake each other.

use bauta::signal::Error;

use super::peer::Peer;
use super::peer::hex;

/// This side of a conversation.
pub(crate) trait Side {
    /// What Python is asked to seal bodies with, by turns; nothing if there is no choice.
    const AEADS: &[&str];
    /// What a forged body is refused with that is the first of a chain.
    const FORGED_TURN: Error;

    fn write(&mut self, body: &[u8], turn: usize) -> Vec<u8>;

    fn read(&mut self, message: &[u8]) -> Result<Vec<u8>, Error>;
}

/// A message on its way, and the body that is in it.
type Message = (Vec<u8>, String);

/// Some turns. In each one this side writes three messages, then Python does: the third arrives at
/// once, the second never, and the first in the middle of the next turn.
pub(crate) fn turns<S: Side>(peer: &mut Peer, side: &mut S, count: usize) {
    let mut late: Option<(Message, Message)> = None;
    for turn in 0..count {
        let ours = rust_writes(peer, side, turn);
        let theirs = python_writes(peer, side, turn, turn + 1 == count);
        if let Some((from_rust, from_python)) = late {
            python_reads(peer, &from_rust);
            reads(side, &from_python, Error::Decrypt);
        }
        late = theirs.map(|theirs| (ours, theirs));
    }
}

fn rust_writes(peer: &mut Peer, side: &mut impl Side, turn: usize) -> Message {
    let bodies = [0, 1, 2].map(|at| format!("from Rust: turn {turn}, message {at}"));
    let [first, _, third] = bodies.map(|body| (side.write(body.as_bytes(), turn), body));
    let mut forged = third.0.clone();
    *forged.last_mut().unwrap() ^= 1;
    peer.refuses("decrypt", &[&hex(&forged)], "not authentic");
    python_reads(peer, &third);
    first
}

/// In the last turn the first message is lost as well.
fn python_writes<S: Side>(
    peer: &mut Peer,
    side: &mut S,
    turn: usize,
    last: bool,
) -> Option<Message> {
    let bodies = [0, 1, 2].map(|at| format!("from Python: turn {turn}, message {at}"));
    let [first, second, third] = bodies.each_ref().map(|body| {
        let aead = S::AEADS.iter().cycle().nth(turn).map(ToString::to_string);
        [Some(hex(body.as_bytes())), aead].into_iter().flatten().collect::<Vec<_>>()
    });
    let first = if last {
        peer.lose("encrypt", &first);
        None
    } else {
        let [message] = peer.ask("encrypt", &first);
        Some((message, bodies[0].clone()))
    };
    peer.lose("encrypt", &second);
    let [message] = peer.ask("encrypt", &third);
    reads(side, &(message, bodies[2].clone()), S::FORGED_TURN);
    first
}

fn python_reads(peer: &mut Peer, (message, body): &Message) {
    let words = [hex(message)];
    let [read] = peer.ask("decrypt", &words);
    assert_eq!(read, body.as_bytes());
    peer.refuses("decrypt", &words, "repetition");
}

fn reads(side: &mut impl Side, (message, body): &Message, when_forged: Error) {
    let mut forged = message.clone();
    *forged.last_mut().unwrap() ^= 1;
    assert_eq!(side.read(&forged), Err(when_forged));
    assert_eq!(side.read(message).as_deref(), Ok(body.as_bytes()));
    assert_eq!(side.read(message), Err(Error::Consumed));
}
