//! The direction from the peer.

use core::fmt;
use core::marker::PhantomData;

use tokio::io::AsyncRead;
use tokio::io::ReadHalf;
use zeroize::Zeroizing;

use super::Cells;
use super::Content;
use super::RecordReader;
use super::error::ChannelError;
use super::linger::linger;
use super::spare;
use crate::handshake::Received;
use crate::handshake::connection::Receiver;

/// Reads cells.
pub type CellReader<S> = Reader<S, Cells>;

/// Reads what the peer's records carry.
pub struct Reader<S, C> {
    stream: ReadHalf<S>,
    records: RecordReader,
    receiver: Receiver,
    closed: bool,
    /// What the last record carried: lent out until the next is asked for.
    last: Zeroizing<Vec<u8>>,
    content: PhantomData<fn() -> C>,
}

impl<S: AsyncRead, C: Content> Reader<S, C> {
    pub(super) fn new(stream: ReadHalf<S>, records: RecordReader, receiver: Receiver) -> Self {
        let last = Zeroizing::default();
        Self { stream, records, receiver, closed: false, last, content: PhantomData }
    }

    /// The content of the next record; nothing once the peer has sent close_notify.
    ///
    /// Cancel-safe: a future that is dropped loses no byte.
    ///
    /// # Errors
    /// [`ChannelError::Truncated`] if the stream ends without close_notify;
    /// [`ChannelError::Protocol`] for what the peer did wrong, to be handed to
    /// [`super::Writer::abort`]. After an error nothing more comes.
    pub async fn next(&mut self) -> Result<Option<&C::Content>, ChannelError> {
        spare::give_opened(std::mem::take(&mut *self.last));
        if self.closed {
            return Ok(None);
        }
        loop {
            let Some((header, body)) = self.records.next(&mut self.stream).await? else {
                return Err(ChannelError::Truncated);
            };
            match self.receiver.receive(&header, body)? {
                Received::Data(data) => return self.lend(data).map(Some),
                Received::KeyUpdate | Received::UserCanceled => {}
                Received::Closed => {
                    self.closed = true;
                    return Ok(None);
                }
            }
        }
    }

    /// Ends the reading once [`super::Writer::close`] or [`super::Writer::abort`] has ended the
    /// writing, so that the peer can read what it was told last although it still writes. Takes at
    /// most a second.
    pub async fn linger(mut self) {
        if !self.closed {
            linger(&mut self.stream).await;
        }
    }

    fn lend(&mut self, data: Vec<u8>) -> Result<&C::Content, ChannelError> {
        *self.last = data;
        C::judge(&self.last).map_err(|error| {
            self.receiver.refuse(error);
            error.into()
        })
    }
}

impl<S, C> fmt::Debug for Reader<S, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stream: _, records: _, receiver, closed, last: _, content: _ } = self;
        let mut shown = f.debug_struct("Reader");
        shown.field("receiver", receiver).field("closed", closed).finish_non_exhaustive()
    }
}
