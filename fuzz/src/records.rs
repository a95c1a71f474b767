//! Connections: a network that meddles with two honest sides, and a peer that is not honest.

mod hostile_peer;
mod network;

use arbitrary::Arbitrary as _;
use arbitrary::Unstructured;
use bauta::handshake::AlertDescription;
use bauta::handshake::Error;
use bauta::handshake::Received;

/// How the connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Not at all.
    Open,
    /// With an error or a closure on the side that read.
    Ended(Error),
}

/// Puts an input to connections.
///
/// # Panics
/// On a finding.
pub fn run(data: &[u8]) -> End {
    let Some((way, rest)) = data.split_first() else { return End::Open };
    let mut input = Unstructured::new(rest);
    if way % 2 == 0 {
        Vec::arbitrary(&mut input).map_or(End::Open, network::run)
    } else {
        Vec::arbitrary(&mut input).map_or(End::Open, hostile_peer::run)
    }
}

/// What close_notify ends a connection with.
const CLOSED: Error = Error::PeerAlert(AlertDescription::CLOSE_NOTIFY);

/// What every record behind the end must give.
fn again(ended: Error) -> Result<Received, Error> {
    if ended == CLOSED { Ok(Received::Closed) } else { Err(ended) }
}
