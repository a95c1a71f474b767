//! What the records of a channel carry. The type of a channel fixes it: one for cells cannot be made
//! to take anything else.

use super::CELL_LEN;
use crate::handshake::Error;
use crate::handshake::error::PeerMisbehaved;

/// What a record's content may be.
pub trait Content {
    /// What a reader hands out.
    type Received;
    /// What a writer takes.
    type Sent: AsRef<[u8]> + ?Sized;

    /// A record's content, judged.
    ///
    /// # Errors
    /// [`PeerMisbehaved::RecordLength`] if its length is none that may be.
    fn judge(content: Vec<u8>) -> Result<Self::Received, Error>;
}

/// One cell in each record: what relays and clients of this project speak.
#[derive(Debug)]
pub enum Cells {}

impl Content for Cells {
    type Received = Box<[u8; CELL_LEN]>;
    type Sent = [u8; CELL_LEN];

    fn judge(content: Vec<u8>) -> Result<Self::Received, Error> {
        content.into_boxed_slice().try_into().map_err(|_| PeerMisbehaved::RecordLength.into())
    }
}

/// Bytes in records of any length, as any TLS 1.3 peer sends them.
#[derive(Debug)]
pub enum Bytes {}

impl Content for Bytes {
    type Received = Vec<u8>;
    /// At most [`crate::handshake::record::MAX_CONTENT_LEN`] of them.
    type Sent = [u8];

    fn judge(content: Vec<u8>) -> Result<Self::Received, Error> {
        Ok(content)
    }
}
