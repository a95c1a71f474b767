//! Edits of bytes that were good, as a fuzzer makes them. No input, no edit.

use arbitrary::Arbitrary;
use bauta::handshake::record::ContentType;

/// One change.
#[derive(Arbitrary, Debug)]
pub(super) enum Edit {
    /// Bits of one byte.
    Flip { at: u16, mask: u8 },
    /// Bytes in front of a place.
    Insert { at: u16, bytes: Vec<u8> },
    /// Bytes from a place on.
    Remove { at: u16, len: u8 },
    /// Bytes from a place on, once more behind them.
    Repeat { at: u16, len: u8 },
    /// Everything.
    Replace { bytes: Vec<u8> },
}

impl Edit {
    pub(super) fn apply(&self, to: &mut Vec<u8>) {
        match self {
            Self::Flip { at, mask } => {
                let at = place(*at, to.len().saturating_sub(1));
                if let Some(byte) = to.get_mut(at) {
                    *byte ^= mask;
                }
            }
            Self::Insert { at, bytes } => {
                let at = place(*at, to.len());
                to.splice(at..at, bytes.iter().copied());
            }
            Self::Remove { at, len } => {
                let range = range(*at, *len, to);
                to.drain(range);
            }
            Self::Repeat { at, len } => {
                let range = range(*at, *len, to);
                let again = to[range.clone()].to_vec();
                to.splice(range.end..range.end, again);
            }
            Self::Replace { bytes } => to.clone_from(bytes),
        }
    }
}

/// Somewhere from 0 to a last place.
pub(super) fn place(at: u16, last: usize) -> usize {
    usize::from(at) % (last + 1)
}

fn range(at: u16, len: u8, of: &[u8]) -> std::ops::Range<usize> {
    let start = place(at, of.len());
    start..of.len().min(start + usize::from(len))
}

/// The bytes in pieces of these lengths, and the rest; none is empty or too long for a record.
pub(super) fn pieces<'a>(bytes: &'a [u8], lengths: &[u8]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    let mut rest = bytes;
    for len in lengths {
        let len = usize::from(*len).max(1);
        if len >= rest.len() {
            break;
        }
        let (piece, behind) = rest.split_at(len);
        pieces.push(piece);
        rest = behind;
    }
    pieces.extend(rest.chunks(MAX_CONTENT_LEN));
    pieces
}

/// As much as a record holds.
pub(super) fn shortened(content: &[u8]) -> &[u8] {
    content.get(..MAX_CONTENT_LEN).unwrap_or(content)
}

pub(super) fn content_type_of(number: u8) -> ContentType {
    match number % 4 {
        0 => ContentType::Handshake,
        1 => ContentType::ApplicationData,
        2 => ContentType::Alert,
        _ => ContentType::ChangeCipherSpec,
    }
}

const MAX_CONTENT_LEN: usize = 1 << 14;
