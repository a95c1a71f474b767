//! Cells: what travels in one record, always [`CELL_LEN`] bytes.
//!
//! ```text
//!  0      2                      2 + n    4 + n                            4,096
//!  +------+----------------------+------+----------------- - - -+---------+
//!  |  n   | frame: n bytes, CBOR |  m   | frame: m bytes        | 0 … 0   |
//!  +------+----------------------+------+----------------- - - -+---------+
//! ```
//!
//! A length of zero, or the cell's edge, ends the frames; what follows is zero to the last byte. A
//! frame is the CBOR array `[tag, field, …]` in its one shortest form: a longer integer, a missing
//! or an additional field, or a byte behind the array is refused, so that two peers cannot read one
//! cell in two ways. Client and relay frames have separate tags: a reflected cell is refused.
//!
//! A cell without frames is legal and means nothing.

mod frame;
mod pace;
mod value;
mod work;

pub use self::frame::ClientFrame;
pub use self::frame::CloseReason;
pub use self::frame::Frame;
pub use self::frame::Limits;
pub use self::frame::Policy;
pub use self::frame::Refusal;
pub use self::frame::RelayFrame;
pub use self::frame::SUBSCRIBE_MAX;
pub use self::frame::Shape;
pub use self::frame::VERSIONS_MAX;
pub use self::frame::Welcome;
pub use self::pace::Pace;
pub use self::value::Address;
pub use self::value::CAPABILITY_LEN;
pub use self::value::Capability;
pub use self::value::ENVELOPE_LEN;
pub use self::value::Envelope;
pub use self::value::EnvelopeId;
pub use self::value::WrongLength;
pub use self::work::Demand;
pub use self::work::Proof;
pub use self::work::SEED_LEN;
pub use self::work::Seed;

use std::fmt;

use minicbor::Decoder;
use minicbor::encode::Write;
use minicbor::encode::write::Cursor;

/// The length of every cell in bytes: with its record's header and tag, what a page of memory holds.
pub const CELL_LEN: usize = 4096;

/// The version of cells and frames that is spoken here: what [`ClientFrame::Hello`] names.
pub const VERSION: u16 = 3;

/// Collects frames into one cell.
pub struct CellBuilder {
    cell: Box<[u8; CELL_LEN]>,
    used: usize,
}

impl CellBuilder {
    /// An empty cell.
    #[must_use]
    pub fn new() -> Self {
        Self { cell: empty_cell(), used: 0 }
    }

    /// Appends a frame.
    ///
    /// # Errors
    ///
    /// Gives the frame back when it does not fit into what is left; the cell is as before.
    pub fn push<F: Frame>(&mut self, frame: F) -> Result<(), F> {
        if self.takes(&frame) { Ok(()) } else { Err(frame) }
    }

    /// Appends a frame if it fits into what is left; otherwise the cell is as before.
    pub fn takes<F: Frame>(&mut self, frame: &F) -> bool {
        let written = self.write(frame);
        match written {
            Some(used) => self.used = used,
            None => self.clear_rest(),
        }
        written.is_some()
    }

    /// Whether nothing has been pushed.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// The finished cell: frames, then zeros.
    #[must_use]
    pub fn finish(self) -> Box<[u8; CELL_LEN]> {
        self.cell
    }

    fn write<F: Frame>(&mut self, frame: &F) -> Option<usize> {
        let (prefix, body) =
            self.cell.get_mut(self.used..)?.split_first_chunk_mut::<LENGTH_LEN>()?;
        let mut cursor = Cursor::new(body);
        minicbor::encode(frame, &mut cursor).ok()?;
        let len = cursor.position();
        *prefix = u16::try_from(len).ok()?.to_be_bytes();
        Some(self.used + LENGTH_LEN + len)
    }

    fn clear_rest(&mut self) {
        if let Some(rest) = self.cell.get_mut(self.used..) {
            rest.fill(0);
        }
    }
}

impl Default for CellBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for CellBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cell: _, used } = self;
        f.debug_struct("CellBuilder").field("used", used).finish_non_exhaustive()
    }
}

/// A cell holding one frame.
///
/// # Errors
///
/// Gives the frame back when no cell can hold it.
pub fn encode<F: Frame>(frame: F) -> Result<Box<[u8; CELL_LEN]>, F> {
    let mut builder = CellBuilder::new();
    builder.push(frame)?;
    Ok(builder.finish())
}

/// The frames of a cell, in their order.
///
/// # Errors
///
/// Refuses the whole cell when any part of it is not exactly what [`CellBuilder`] writes.
pub fn decode<F: Frame>(cell: &[u8; CELL_LEN]) -> Result<Vec<F>, CellError> {
    let mut frames = Vec::new();
    let mut rest = cell.as_slice();
    while let Some((prefix, behind)) = rest.split_first_chunk::<LENGTH_LEN>() {
        let len = usize::from(u16::from_be_bytes(*prefix));
        if len == 0 {
            break;
        }
        let (frame, next) = behind.split_at_checked(len).ok_or(CellError::Overrun)?;
        frames.push(decode_frame(frame)?);
        rest = next;
    }
    // All of it in one pass: a search for the first would look at one byte at a time.
    if rest.iter().fold(0, |found, &byte| found | byte) != 0 {
        return Err(CellError::Padding);
    }
    Ok(frames)
}

/// Why a cell was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CellError {
    /// A frame's length points beyond the cell.
    Overrun,
    /// Something other than zero stands behind the last frame.
    Padding,
    /// A frame does not begin with an array and a tag.
    Header,
    /// No frame in this direction has this tag.
    UnknownFrame(u64),
    /// The named frame has a field missing, one too many, or one that is not legal.
    Malformed(&'static str),
    /// Bytes follow the named frame inside its length.
    Trailing(&'static str),
    /// The named frame is not in its shortest form.
    NotShortest(&'static str),
}

impl fmt::Display for CellError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Overrun => f.write_str("a frame is longer than its cell"),
            Self::Padding => f.write_str("the padding of a cell is not zero"),
            Self::Header => f.write_str("a frame does not begin with a tag"),
            Self::UnknownFrame(tag) => write!(f, "unknown frame {tag}"),
            Self::Malformed(name) => write!(f, "a field of {name} is not legal"),
            Self::Trailing(name) => write!(f, "bytes follow {name}"),
            Self::NotShortest(name) => write!(f, "{name} is not in its shortest form"),
        }
    }
}

impl std::error::Error for CellError {}

fn decode_frame<F: Frame>(bytes: &[u8]) -> Result<F, CellError> {
    let mut header = Decoder::new(bytes);
    let fields = header.array().ok().flatten().ok_or(CellError::Header)?;
    let tag = header.u64().map_err(|_| CellError::Header)?;
    let shape = F::shape(tag).ok_or(CellError::UnknownFrame(tag))?;
    if fields != shape.fields + 1 {
        return Err(CellError::Malformed(shape.name));
    }
    let mut decoder = Decoder::new(bytes);
    let frame: F = decoder.decode().map_err(|_| CellError::Malformed(shape.name))?;
    if decoder.position() != bytes.len() {
        return Err(CellError::Trailing(shape.name));
    }
    minicbor::encode(&frame, Same(bytes)).map_err(|_| CellError::NotShortest(shape.name))?;
    Ok(frame)
}

/// A writer that accepts only the bytes it was made with.
struct Same<'a>(&'a [u8]);

impl Write for Same<'_> {
    type Error = Differs;

    fn write_all(&mut self, written: &[u8]) -> Result<(), Differs> {
        self.0 = self.0.strip_prefix(written).ok_or(Differs)?;
        Ok(())
    }
}

#[derive(Debug)]
struct Differs;

impl fmt::Display for Differs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not the same bytes")
    }
}

fn empty_cell() -> Box<[u8; CELL_LEN]> {
    Box::new([0; CELL_LEN])
}

/// What a frame's length takes.
const LENGTH_LEN: usize = 2;
