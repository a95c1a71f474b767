//! The direction from the peer.

use tokio::io::AsyncRead;
use tokio::io::ReadHalf;

use super::CELL_LEN;
use super::RecordReader;
use super::error::ChannelError;
use crate::handshake::Error;
use crate::handshake::Received;
use crate::handshake::connection::Receiver;
use crate::handshake::error::PeerMisbehaved;

/// Reads cells.
#[derive(Debug)]
pub struct CellReader<S> {
    stream: ReadHalf<S>,
    records: RecordReader,
    receiver: Receiver,
    closed: bool,
}

impl<S: AsyncRead> CellReader<S> {
    pub(super) fn new(stream: ReadHalf<S>, records: RecordReader, receiver: Receiver) -> Self {
        Self { stream, records, receiver, closed: false }
    }

    /// The next cell; nothing once the peer has sent close_notify.
    ///
    /// Cancel-safe: a future that is dropped loses no byte.
    ///
    /// # Errors
    /// [`ChannelError::Truncated`] if the stream ends without close_notify;
    /// [`ChannelError::Protocol`] for what the peer did wrong, to be handed to
    /// [`super::CellWriter::abort`]. After an error no further cell comes.
    pub async fn next(&mut self) -> Result<Option<Box<[u8; CELL_LEN]>>, ChannelError> {
        if self.closed {
            return Ok(None);
        }
        loop {
            let Some((header, body)) = self.records.next(&mut self.stream).await? else {
                return Err(ChannelError::Truncated);
            };
            match self.receiver.receive(&header, body)? {
                Received::Data(data) => return self.cell(data).map(Some),
                Received::KeyUpdate => {}
                Received::Closed => {
                    self.closed = true;
                    return Ok(None);
                }
            }
        }
    }

    fn cell(&mut self, data: Vec<u8>) -> Result<Box<[u8; CELL_LEN]>, ChannelError> {
        into_cell(data).map_err(|error| {
            self.receiver.refuse(error);
            error.into()
        })
    }
}

/// A record's content, if it has a cell's length.
pub(super) fn into_cell(data: Vec<u8>) -> Result<Box<[u8; CELL_LEN]>, Error> {
    data.into_boxed_slice().try_into().map_err(|_| PeerMisbehaved::RecordLength.into())
}
