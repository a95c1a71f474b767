//! Whole records from a stream of bytes.

use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt as _;

use super::CELL_LEN;
use super::error::ChannelError;
use super::spare;
use crate::handshake::record::HEADER_LEN;
use crate::handshake::record::Header;

/// Collects records, byte by byte if need be.
///
/// Between records it holds at most the bytes of a header: a body has a buffer only while it arrives,
/// and one that grows with what has arrived, not with what was announced.
#[derive(Debug, Default)]
pub(super) struct RecordReader {
    head: Head,
    /// The record whose body is arriving.
    open: Option<OpenRecord>,
}

/// The header of the next record, as far as it is known.
#[derive(Debug, Default)]
struct Head {
    bytes: [u8; HEADER_LEN],
    len: usize,
}

#[derive(Debug)]
struct OpenRecord {
    header: Header,
    body: Vec<u8>,
}

impl RecordReader {
    /// The next record, or nothing if the stream ends between two records. Its body is a spare
    /// buffer, which the caller gives back.
    ///
    /// Cancel-safe: when the future is dropped, what has arrived is kept.
    pub(super) async fn next(
        &mut self,
        stream: &mut (impl AsyncRead + Unpin),
    ) -> Result<Option<(Header, Vec<u8>)>, ChannelError> {
        loop {
            self.open_if_header_is_known()?;
            if let Some(record) = self.take_complete() {
                return Ok(Some(record));
            }
            let read = match &mut self.open {
                Some(open) => open.read(stream).await?,
                None => self.head.read(stream).await?,
            };
            if read == 0 {
                return self.end();
            }
        }
    }

    fn open_if_header_is_known(&mut self) -> Result<(), ChannelError> {
        if self.open.is_some() {
            return Ok(());
        }
        if self.head.len == HEADER_LEN {
            // A header that is refused stays, and is refused again.
            let header = Header::parse(self.head.bytes)?;
            self.head = Head::default();
            let mut body = spare::take();
            body.reserve(header.len().min(EXPECTED_BODY_LEN) + HEADER_LEN);
            self.open = Some(OpenRecord { header, body });
        }
        Ok(())
    }

    /// The open record if it is complete; what was read beyond it becomes the next header.
    fn take_complete(&mut self) -> Option<(Header, Vec<u8>)> {
        let OpenRecord { header, mut body } =
            self.open.take_if(|open| open.body.len() >= open.header.len())?;
        self.head = Head::from_slice(body.get(header.len()..).unwrap_or_default());
        body.truncate(header.len());
        Some((header, body))
    }

    fn end<T>(&self) -> Result<Option<T>, ChannelError> {
        if self.open.is_some() || self.head.len > 0 {
            return Err(ChannelError::Truncated);
        }
        Ok(None)
    }
}

impl Head {
    /// At most the bytes of a header: nobody reads more of it ahead.
    fn from_slice(slice: &[u8]) -> Self {
        let mut bytes = [0; HEADER_LEN];
        bytes.iter_mut().zip(slice).for_each(|(to, from)| *to = *from);
        Self { bytes, len: slice.len().min(HEADER_LEN) }
    }

    async fn read(&mut self, stream: &mut (impl AsyncRead + Unpin)) -> Result<usize, ChannelError> {
        let missing = self.bytes.get_mut(self.len..).unwrap_or_default();
        let read = stream.read(missing).await?;
        self.len += read;
        Ok(read)
    }
}

impl OpenRecord {
    /// Reads towards the end of the body, and the next header with it if that is there already: one
    /// system call for each record of a stream of them.
    async fn read(&mut self, stream: &mut (impl AsyncRead + Unpin)) -> Result<usize, ChannelError> {
        let wanted = self.header.len() + HEADER_LEN;
        let missing = u64::try_from(wanted.saturating_sub(self.body.len())).unwrap_or(0);
        Ok(stream.take(missing).read_buf(&mut self.body).await?)
    }
}

/// A sealed cell: content, content type, tag.
const EXPECTED_BODY_LEN: usize = CELL_LEN + 1 + 16;
