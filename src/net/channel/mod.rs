//! The channel on a socket: the handshake of either side, then records both ways: cells of
//! 4,096 bytes, or for [`accept_bytes`] whatever the peer sends.
//!
//! ```text
//!   connect ---\                                   /--- accept
//!               Channel<S>  == records ==  Channel<S>
//!   split  ->  Reader<S, C>  next()      one task may read while another writes
//!              Writer<S, C>  send(), send_many(), close()
//! ```
//!
//! | wait | who bounds it |
//! |---|---|
//! | the handshake, either side | the deadline of [`accept`] and [`accept_bytes`], [`HANDSHAKE_DEADLINE`] in [`connect`] |
//! | the next cell | the caller: [`Reader::next`] may be dropped at any time and asked again |
//! | a peer that still writes when this side has ended | `linger`: 1 s, 256 KiB |
//! | a peer that does not read | the caller: [`Writer::send`] may be dropped likewise |
//!
//! One cell is one record; alerts have the same size. An idle channel holds keys and no buffers: a busy
//! one borrows those that its thread has to spare, and no record costs an allocation.

mod content;
mod error;
mod handshaking;
mod linger;
mod reader;
mod record_reader;
mod spare;
mod writer;

use core::marker::PhantomData;
use core::time::Duration;

use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;

pub use self::content::Bytes;
pub use self::content::Cells;
pub use self::content::Content;
pub use self::error::ChannelError;
pub use self::error::ConnectError;
pub use self::handshaking::ConnectOptions;
pub use self::handshaking::accept;
pub use self::handshaking::accept_bytes;
pub use self::handshaking::connect;
pub use self::reader::CellReader;
pub use self::reader::Reader;
use self::record_reader::RecordReader;
pub use self::writer::CellWriter;
pub use self::writer::Writer;
use crate::handshake::CipherSuite;
use crate::handshake::Connection;
use crate::handshake::PADDED_LEN;
use crate::handshake::key_schedule::ExporterSecret;

/// The length of a cell: what one record carries.
pub const CELL_LEN: usize = PADDED_LEN;

/// How long a handshake may take: enough for a slow network, too short to hold many sockets open.
pub const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(10);

/// A stream whose handshake is complete.
#[derive(Debug)]
pub struct Channel<S, C = Cells> {
    stream: S,
    records: RecordReader,
    connection: Connection,
    content: PhantomData<fn(C) -> C>,
}

impl<S: AsyncRead + AsyncWrite, C: Content> Channel<S, C> {
    fn new(stream: S, records: RecordReader, connection: Connection) -> Self {
        Self { stream, records, connection, content: PhantomData }
    }

    /// The cipher suite.
    #[must_use]
    pub fn suite(&self) -> CipherSuite {
        self.connection.suite
    }

    /// The group, as its code on the wire.
    #[must_use]
    pub fn group_code(&self) -> u16 {
        self.connection.pin.group_code()
    }

    /// Keys for other purposes, bound to this connection.
    #[must_use]
    pub fn exporter(&self) -> &ExporterSecret {
        &self.connection.exporter
    }

    /// The two directions, each for a task of its own.
    pub fn split(self) -> (Reader<S, C>, Writer<S, C>) {
        let Self { stream, records, connection, content: _ } = self;
        let (read_half, write_half) = tokio::io::split(stream);
        (
            Reader::new(read_half, records, connection.receiver),
            Writer::new(write_half, connection.sender),
        )
    }
}
