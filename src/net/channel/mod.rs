//! The channel on a socket: the handshake of either side, then cells of 4,096 bytes both ways.
//!
//! ```text
//!   connect ---\                                   /--- accept
//!               Channel<S>  == records ==  Channel<S>
//!   split  ->  CellReader<S>  next()      one task may read while another writes
//!              CellWriter<S>  send(), send_many(), close()
//! ```
//!
//! | wait | who bounds it |
//! |---|---|
//! | the handshake, either side | the deadline of [`accept`], [`HANDSHAKE_DEADLINE`] in [`connect`] |
//! | the next cell | the caller: [`CellReader::next`] may be dropped at any time and asked again |
//! | a peer that does not read | the caller: [`CellWriter::send`] may be dropped likewise |
//!
//! One cell is one record; alerts have the same size. An idle channel holds keys and no buffers.

mod error;
mod handshaking;
mod reader;
mod record_reader;
mod writer;

use core::time::Duration;

use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;

pub use self::error::ChannelError;
pub use self::error::ConnectError;
pub use self::handshaking::ConnectOptions;
pub use self::handshaking::accept;
pub use self::handshaking::connect;
pub use self::reader::CellReader;
use self::record_reader::RecordReader;
pub use self::writer::CellWriter;
use crate::handshake::Connection;
use crate::handshake::PADDED_LEN;

/// The length of a cell: what one record carries.
pub const CELL_LEN: usize = PADDED_LEN;

/// How long a handshake may take: enough for a slow network, too short to hold many sockets open.
pub const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(10);

/// A stream whose handshake is complete.
#[derive(Debug)]
pub struct Channel<S> {
    stream: S,
    records: RecordReader,
    connection: Connection,
}

impl<S: AsyncRead + AsyncWrite> Channel<S> {
    /// The two directions, each for a task of its own.
    pub fn split(self) -> (CellReader<S>, CellWriter<S>) {
        let Self { stream, records, connection } = self;
        let (read_half, write_half) = tokio::io::split(stream);
        (
            CellReader::new(read_half, records, connection.receiver),
            CellWriter::new(write_half, connection.sender),
        )
    }
}
