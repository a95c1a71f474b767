//! What the records of a channel carry. The type of a channel fixes it: one for cells cannot be made
//! to take anything else.

use super::CELL_LEN;
use crate::handshake::Error;
use crate::handshake::error::PeerMisbehaved;

/// What a record's content may be.
pub trait Content {
    /// What a reader hands out and a writer takes.
    type Content: AsRef<[u8]> + ?Sized;

    /// A record's content, judged.
    ///
    /// # Errors
    /// [`PeerMisbehaved::RecordLength`] if its length is none that may be.
    fn judge(content: &[u8]) -> Result<&Self::Content, Error>;
}

/// One cell in each record: what relays and clients of this project speak.
#[derive(Debug)]
pub enum Cells {}

impl Content for Cells {
    type Content = [u8; CELL_LEN];

    fn judge(content: &[u8]) -> Result<&Self::Content, Error> {
        content.try_into().map_err(|_| PeerMisbehaved::RecordLength.into())
    }
}

/// Bytes in records of any length, as any TLS 1.3 peer sends them: at most
/// [`crate::handshake::record::MAX_CONTENT_LEN`] of them.
#[derive(Debug)]
pub enum Bytes {}

impl Content for Bytes {
    type Content = [u8];

    fn judge(content: &[u8]) -> Result<&Self::Content, Error> {
        Ok(content)
    }
}
