//! Two honest sides, and somebody between them who has no keys.
//!
//! What arrives is what was sent, in order and without a gap, up to where the network meddled;
//! from there on nothing arrives.

use arbitrary::Arbitrary;
use bauta::handshake::Connection;
use bauta::handshake::Error;
use bauta::handshake::Group;
use bauta::handshake::KeyUpdateRequest;
use bauta::handshake::PADDED_LEN;
use bauta::handshake::Received;
use bauta::handshake::connection::Receiver;
use bauta::handshake::connection::Sender;
use bauta::handshake::error::PeerMisbehaved;

use super::super::edit::content_type_of;
use super::super::edit::place;
use super::super::edit::shortened;
use super::super::oracle;
use super::super::oracle::RECORD_LEN;
use super::super::support::*;
use super::CLOSED;
use super::End;
use super::again;

/// What is done, by or to the side with a number.
#[derive(Arbitrary, Debug)]
pub(super) enum Doing {
    Send { by: bool, len: u16, fill: u8 },
    Update { by: bool, ask: bool },
    Close { by: bool },
    Deliver { to: bool },
    Flip { to: bool, at: u16, mask: u8 },
    Drop { to: bool },
    Repeat { to: bool },
    Swap { to: bool },
    Reflect { to: bool },
    Inject { to: bool, content_type: u8, content: Vec<u8> },
}

pub(super) fn run(doings: Vec<Doing>) -> End {
    let (client, server) = connected(classical(Group::X25519));
    let mut sides = [Side::new(client), Side::new(server)];
    doings.iter().for_each(|doing| doing.apply(&mut sides));
    for side in [0, 1] {
        while deliver(&mut sides, side) {}
    }
    sides[0].ended.map_or(End::Open, End::Ended)
}

/// One side, and what is on its way to it.
struct Side {
    sender: Sender,
    receiver: Receiver,
    /// The records to this side that the network holds.
    incoming: Vec<Vec<u8>>,
    /// What the other side sent to this one and has not arrived yet.
    expected: Vec<Vec<u8>>,
    /// Whether the network did anything to the records but deliver them.
    meddled: bool,
    /// How many KeyUpdates came since the last data.
    without_data: usize,
    /// Whether this side's sender has said its last.
    closed: bool,
    ended: Option<Error>,
}

impl Side {
    fn new(connection: Connection) -> Self {
        let Connection { sender, receiver, .. } = connection;
        Self {
            sender,
            receiver,
            incoming: vec![],
            expected: vec![],
            meddled: false,
            without_data: 0,
            closed: false,
            ended: None,
        }
    }

    /// What the sender wrote, unless it has said its last: then it must refuse.
    fn write(
        &mut self,
        write: impl FnOnce(&mut Sender, &mut Vec<u8>) -> Result<(), Error>,
    ) -> Vec<Vec<u8>> {
        let mut out = Vec::new();
        let written = write(&mut self.sender, &mut out);
        assert_eq!(written, if self.closed { Err(Error::ApiMisuse) } else { Ok(()) });
        assert_eq!(out.is_empty(), self.closed);
        let records = split_records(&out);
        assert!(records.iter().all(|record| record.len() == RECORD_LEN));
        records
    }

    fn take(&mut self, record: &[u8], from_closed: bool) -> Option<Error> {
        let received = match next_record(&mut &*record) {
            None => return None,
            Some(Ok((header, body))) => self.receiver.receive(&header, body),
            Some(Err(error)) => {
                let ended = self.ended.unwrap_or(error);
                self.receiver.refuse(ended);
                again(ended)
            }
        };
        if let Some(ended) = self.ended {
            assert_eq!(received, again(ended), "a connection goes on behind its end");
            return None;
        }
        match received {
            Ok(Received::Data(data)) => {
                assert_eq!(data, self.expected.remove(0));
                self.without_data = 0;
                return None;
            }
            Ok(Received::KeyUpdate) => {
                self.without_data += 1;
                return None;
            }
            Ok(Received::UserCanceled) => panic!("nobody says so here"),
            Ok(Received::Closed) => {
                assert!(from_closed && self.expected.is_empty());
                self.ended = Some(CLOSED);
            }
            Err(error) => self.ended = Some(error),
        }
        self.ended
    }
}

impl Doing {
    fn apply(&self, sides: &mut [Side; 2]) {
        match self {
            Self::Send { by, len, fill } => {
                let content = vec![*fill; place(*len, PADDED_LEN)];
                let [own, peer] = pair(sides, *by);
                let records = own.write(|sender, out| sender.send(&content, out));
                if !records.is_empty() {
                    peer.expected.push(content);
                }
                peer.incoming.extend(records);
            }
            Self::Update { by, ask } => {
                let request =
                    if *ask { KeyUpdateRequest::Requested } else { KeyUpdateRequest::NotRequested };
                let [own, peer] = pair(sides, *by);
                peer.incoming.extend(own.write(|sender, out| sender.update_keys(request, out)));
            }
            Self::Close { by } => {
                let [own, peer] = pair(sides, *by);
                peer.incoming.extend(own.write(Sender::close));
                own.closed = true;
            }
            Self::Deliver { to } => drop(deliver(sides, usize::from(*to))),
            _ => self.meddle(sides),
        }
    }

    fn meddle(&self, sides: &mut [Side; 2]) {
        let [side, other] = match self {
            Self::Flip { to, .. }
            | Self::Drop { to }
            | Self::Repeat { to }
            | Self::Swap { to }
            | Self::Reflect { to }
            | Self::Inject { to, .. } => pair(sides, *to),
            _ => return,
        };
        side.meddled = true;
        let queue = &mut side.incoming;
        match self {
            Self::Flip { at, mask, .. } => {
                if let Some(record) = queue.first_mut() {
                    let at = place(*at, record.len() - 1);
                    record[at] ^= mask;
                }
            }
            Self::Drop { .. } => drop(queue.drain(..queue.len().min(1))),
            Self::Repeat { .. } => {
                if let Some(first) = queue.first().cloned() {
                    queue.insert(0, first);
                }
            }
            Self::Swap { .. } if queue.len() > 1 => queue.swap(0, 1),
            Self::Reflect { .. } => {
                if let Some(first) = other.incoming.first() {
                    queue.insert(0, first.clone());
                }
            }
            Self::Inject { content_type, content, .. } => {
                let record = plain(content_type_of(*content_type), shortened(content));
                queue.insert(0, record);
            }
            _ => (),
        }
    }
}

/// The side with a number, and the other one.
fn pair(sides: &mut [Side; 2], number: bool) -> [&mut Side; 2] {
    let [first, second] = sides;
    if number { [second, first] } else { [first, second] }
}

/// Hands one record over, if there is one; whoever finds it wrong says so to the other.
fn deliver(sides: &mut [Side; 2], to: usize) -> bool {
    let [own, peer] = pair(sides, to == 1);
    if own.incoming.is_empty() {
        return false;
    }
    let record = own.incoming.remove(0);
    let Some(error) = own.take(&record, peer.closed) else { return true };
    if !own.meddled {
        let flood = error == PeerMisbehaved::TooManyKeyUpdates.into() && own.without_data == 32;
        let told = matches!(error, Error::PeerAlert(_)) && peer.closed;
        assert!(flood || told, "an honest peer earned: {error}");
    }
    if oracle::code(error).is_some() && !own.closed {
        peer.incoming.extend(own.write(|sender, out| sender.abort(error, out)));
        own.closed = true;
    }
    true
}
