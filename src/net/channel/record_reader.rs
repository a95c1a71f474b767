//! Whole records from a stream of bytes.

use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt as _;

use super::CELL_LEN;
use super::error::ChannelError;
use crate::handshake::record::HEADER_LEN;
use crate::handshake::record::Header;

/// Collects records, byte by byte if need be.
///
/// Between records it holds at most the bytes of a header: the buffer of a body exists only while
/// that body arrives, and grows with what has arrived, not with what was announced.
#[derive(Debug, Default)]
pub(super) struct RecordReader {
    /// The header of the next record, as far as it is known.
    head: Vec<u8>,
    /// The record whose body is arriving.
    open: Option<OpenRecord>,
}

#[derive(Debug)]
struct OpenRecord {
    header: Header,
    body: Vec<u8>,
}

impl RecordReader {
    /// The next record, or nothing if the stream ends between two records.
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
                None => {
                    let missing = missing(HEADER_LEN, self.head.len());
                    stream.take(missing).read_buf(&mut self.head).await?
                }
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
        if let Some(bytes) = self.head.first_chunk::<HEADER_LEN>() {
            let header = Header::parse(*bytes)?;
            self.head = Vec::new();
            let capacity = header.len().min(EXPECTED_BODY_LEN) + HEADER_LEN;
            self.open = Some(OpenRecord { header, body: Vec::with_capacity(capacity) });
        }
        Ok(())
    }

    /// The open record if it is complete; what was read beyond it becomes the next header.
    fn take_complete(&mut self) -> Option<(Header, Vec<u8>)> {
        let OpenRecord { header, mut body } =
            self.open.take_if(|open| open.body.len() >= open.header.len())?;
        self.head = body.split_off(header.len());
        Some((header, body))
    }

    fn end<T>(&self) -> Result<Option<T>, ChannelError> {
        if self.open.is_some() || !self.head.is_empty() {
            return Err(ChannelError::Truncated);
        }
        Ok(None)
    }
}

impl OpenRecord {
    /// Reads towards the end of the body, and the next header with it if that is there already: one
    /// system call for each record of a stream of them.
    async fn read(&mut self, stream: &mut (impl AsyncRead + Unpin)) -> Result<usize, ChannelError> {
        let wanted = self.header.len() + HEADER_LEN;
        let missing = missing(wanted, self.body.len());
        Ok(stream.take(missing).read_buf(&mut self.body).await?)
    }
}

fn missing(wanted: usize, have: usize) -> u64 {
    u64::try_from(wanted.saturating_sub(have)).unwrap_or(0)
}

/// A sealed cell: content, content type, tag.
const EXPECTED_BODY_LEN: usize = CELL_LEN + 1 + 16;
