//! The direction to the peer.

use core::marker::PhantomData;

use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt as _;
use tokio::io::WriteHalf;

use super::Cells;
use super::Content;
use super::error::ChannelError;
use super::spare;
use crate::handshake::connection::Sender;

/// Writes cells.
pub type CellWriter<S> = Writer<S, Cells>;

/// Writes records.
#[derive(Debug)]
pub struct Writer<S, C> {
    stream: WriteHalf<S>,
    sender: Sender,
    /// Sealed records that are not written yet, and how much of them is.
    pending: Vec<u8>,
    written: usize,
    content: PhantomData<fn(C)>,
}

impl<S: AsyncWrite, C: Content> Writer<S, C> {
    pub(super) fn new(stream: WriteHalf<S>, sender: Sender) -> Self {
        Self { stream, sender, pending: Vec::new(), written: 0, content: PhantomData }
    }

    /// Sends one record.
    ///
    /// Cancel-safe in this sense: a record whose future was dropped is either not sealed, or goes out
    /// before whatever is sent next.
    ///
    /// # Errors
    /// [`ChannelError::Io`].
    pub async fn send(&mut self, content: &C::Content) -> Result<(), ChannelError> {
        self.send_many([content]).await
    }

    /// Sends records with as few writes as the buffer allows.
    ///
    /// # Errors
    /// As [`Writer::send`].
    pub async fn send_many<'a>(
        &mut self,
        contents: impl IntoIterator<Item = &'a C::Content>,
    ) -> Result<(), ChannelError>
    where
        C::Content: 'a,
    {
        self.flush_beyond(0).await?;
        for content in contents {
            if self.pending.is_empty() {
                self.pending = spare::take();
            }
            self.sender.send(content.as_ref(), &mut self.pending)?;
            self.flush_beyond(MAX_PENDING_LEN).await?;
        }
        self.flush_beyond(0).await
    }

    /// Sends close_notify and closes this direction.
    ///
    /// # Errors
    /// [`ChannelError::Io`].
    pub async fn close(mut self) -> Result<(), ChannelError> {
        self.sender.close(&mut self.pending)?;
        self.finish().await
    }

    /// Tells the peer why the channel ends, if that is for the peer to know, and closes this
    /// direction.
    ///
    /// # Errors
    /// [`ChannelError::Io`].
    pub async fn abort(mut self, why: &ChannelError) -> Result<(), ChannelError> {
        if let ChannelError::Protocol(error) = why {
            self.sender.abort(*error, &mut self.pending)?;
        }
        self.finish().await
    }

    async fn finish(&mut self) -> Result<(), ChannelError> {
        self.flush_beyond(0).await?;
        Ok(self.stream.shutdown().await?)
    }

    /// Writes everything if more than `len` bytes wait. The buffer is given back.
    async fn flush_beyond(&mut self, len: usize) -> Result<(), ChannelError> {
        if self.pending.len() <= len {
            return Ok(());
        }
        while let Some(rest) = self.pending.get(self.written..).filter(|rest| !rest.is_empty()) {
            match self.stream.write(rest).await? {
                0 => return Err(std::io::Error::from(std::io::ErrorKind::WriteZero).into()),
                written => self.written += written,
            }
        }
        self.stream.flush().await?;
        spare::give(std::mem::take(&mut self.pending));
        self.written = 0;
        Ok(())
    }
}

/// Fifteen cells and what seals them: one write of a socket buffer's usual size.
const MAX_PENDING_LEN: usize = 60 * 1024;
