//! A peer that holds the keys and seals what it likes. A model says, record by record, what a
//! connection must take and what it must refuse.

use arbitrary::Arbitrary;
use bauta::handshake::Connection;
use bauta::handshake::Error;
use bauta::handshake::Received;
use bauta::handshake::key_schedule::TrafficSecret;
use bauta::handshake::record::ContentType;
use bauta::handshake::record::Sealer;

use super::super::edit::content_type_of;
use super::super::edit::shortened;
use super::super::oracle;
use super::super::oracle::RECORD_LEN;
use super::super::support::*;
use super::CLOSED;
use super::End;
use super::again;

/// One record of the peer's.
#[derive(Arbitrary, Debug)]
pub(super) enum Saying {
    Data {
        content: Vec<u8>,
    },
    /// 0 and 1 are the requests that exist.
    KeyUpdate {
        request: u8,
        times: u8,
    },
    Handshake {
        content: Vec<u8>,
    },
    Alert {
        content: Vec<u8>,
    },
    Plain {
        content_type: u8,
        content: Vec<u8>,
    },
    /// Sealed under the keys before the last KeyUpdate, or under the next ones.
    OtherKeys,
    /// The connection says something itself.
    Answer,
}

pub(super) fn run(sayings: Vec<Saying>) -> End {
    let (Connection { mut sender, mut receiver, .. }, flight, sealer) = connected_to_puppet();
    let mut peer = Peer::new(flight, sealer);
    for saying in sayings.iter().flat_map(Saying::repeated) {
        if let Saying::Answer = saying {
            let mut out = Vec::new();
            assert_eq!(sender.send(&[1], &mut out), Ok(()));
            assert_eq!(out.len(), RECORD_LEN * if peer.asked { 2 } else { 1 });
            peer.asked = false;
            continue;
        }
        let (record, expected) = peer.say(saying);
        let Some(Ok((header, body))) = next_record(&mut &*record) else { continue };
        let received = receiver.receive(&header, body);
        peer.ended = judge(peer.ended, received, expected);
    }
    peer.ended.map_or(End::Open, End::Ended)
}

/// Why the connection has ended, if it has.
fn judge(
    ended: Option<Error>,
    received: Result<Received, Error>,
    expected: Option<Received>,
) -> Option<Error> {
    match (ended, received, expected) {
        (Some(error), received, _) => {
            assert_eq!(received, again(error), "a connection goes on behind its end");
            ended
        }
        (None, Ok(Received::Closed), Some(Received::Closed)) => Some(CLOSED),
        (None, Ok(received), Some(expected)) if received == expected => None,
        (None, Err(error), None) => {
            oracle::code(error);
            Some(error)
        }
        (None, received, expected) => panic!("{received:?} in the place of {expected:?}"),
    }
}

impl Saying {
    /// Floods are said in a few words.
    fn repeated(&self) -> impl Iterator<Item = &Self> {
        let times = match self {
            Self::KeyUpdate { times, .. } => times % 40,
            _ => 0,
        };
        std::iter::repeat_n(self, usize::from(times) + 1)
    }
}

/// The peer, and what its records so far have led to.
struct Peer {
    secret: TrafficSecret,
    flight: PuppetFlight,
    sealer: Sealer,
    /// The pieces of a message that is not complete.
    pending: Vec<u8>,
    without_data: usize,
    asked: bool,
    canceled: bool,
    /// Why the connection has ended, if it has.
    ended: Option<Error>,
}

impl Peer {
    fn new(flight: PuppetFlight, sealer: Sealer) -> Self {
        let secret = flight.server_application.next().unwrap();
        Self {
            secret,
            flight,
            sealer,
            pending: vec![],
            without_data: 0,
            asked: false,
            canceled: false,
            ended: None,
        }
    }

    /// The record, and what must come of it: nothing, if it must be refused.
    fn say(&mut self, saying: &Saying) -> (Vec<u8>, Option<Received>) {
        match saying {
            Saying::Data { content } => {
                let content = shortened(content);
                let record = seal(&mut self.sealer, ContentType::ApplicationData, content);
                self.without_data = 0;
                let taken = self.pending.is_empty();
                (record, taken.then(|| Received::Data(content.to_vec())))
            }
            Saying::KeyUpdate { request, .. } => self.say_handshake(&[24, 0, 0, 1, *request]),
            Saying::Handshake { content } => self.say_handshake(shortened(content)),
            Saying::Alert { content } => {
                let content = shortened(content);
                let record = seal(&mut self.sealer, ContentType::Alert, content);
                (record, self.judge_alert(content))
            }
            Saying::Plain { content_type, content } => {
                (plain(content_type_of(*content_type), shortened(content)), None)
            }
            Saying::OtherKeys | Saying::Answer => {
                let mut other = Sealer::new(self.secret.keys(self.flight.algorithm).unwrap());
                (seal(&mut other, ContentType::ApplicationData, &[1]), None)
            }
        }
    }

    /// close_notify is taken, and one user_canceled; every other alert is an error.
    fn judge_alert(&mut self, content: &[u8]) -> Option<Received> {
        match content {
            _ if !self.pending.is_empty() => None,
            [_, 0] => Some(Received::Closed),
            [_, 90] if !std::mem::replace(&mut self.canceled, true) => Some(Received::UserCanceled),
            _ => None,
        }
    }

    fn say_handshake(&mut self, content: &[u8]) -> (Vec<u8>, Option<Received>) {
        let record = seal(&mut self.sealer, ContentType::Handshake, content);
        self.pending.extend_from_slice(content);
        self.without_data += 1;
        let taken = !content.is_empty() && self.without_data <= 32 && self.is_legal();
        if let ([24, 0, 0, 1, request], true) = (&self.pending[..], taken) {
            // Nobody hears what is asked behind the end.
            self.asked |= *request == 1 && self.ended.is_none();
            self.pending.clear();
            self.sealer = Sealer::new(self.secret.keys(self.flight.algorithm).unwrap());
            self.secret = self.secret.next().unwrap();
        }
        (record, taken.then_some(Received::KeyUpdate))
    }

    /// Whether the pieces are one KeyUpdate, or the beginning of any message that is not too long.
    fn is_legal(&self) -> bool {
        let [_, high, middle, low, body @ ..] = &self.pending[..] else { return true };
        let len = u32::from_be_bytes([0, *high, *middle, *low]);
        let complete = usize::try_from(len).is_ok_and(|len| body.len() >= len);
        if complete { matches!(self.pending[..], [24, 0, 0, 1, 0 | 1]) } else { len <= 1 << 14 }
    }
}
