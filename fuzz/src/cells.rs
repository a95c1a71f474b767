//! Cells: who accepts one writes the same bytes again.

use arbitrary::Arbitrary;
use arbitrary::Unstructured;
use bauta::net::cell;
use bauta::net::cell::CELL_LEN;
use bauta::net::cell::CellBuilder;
use bauta::net::cell::CellError;
use bauta::net::cell::ClientFrame;
use bauta::net::cell::Frame;
use bauta::net::cell::RelayFrame;

use super::edit::Edit;

/// How many frames each side found.
pub type End = [Result<usize, CellError>; 2];

/// Puts an input to both sides' parsers.
///
/// # Panics
/// On a finding.
pub fn run(data: &[u8]) -> End {
    let (way, rest) = data.split_first().unwrap_or((&0, &[]));
    let mut cell = [0; CELL_LEN];
    let bytes = match way % 3 {
        // A cell as it comes.
        0 => rest.to_vec(),
        // One frame, its length in front.
        1 => framed(rest),
        _ => Input::arbitrary_take_rest(Unstructured::new(rest))
            .map_or(vec![], |input| input.bytes()),
    };
    cell.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
    let ends = [read::<ClientFrame>(&cell), read::<RelayFrame>(&cell)];
    let both = ends.iter().all(|end| end.is_ok_and(|frames| frames > 0));
    assert!(!both, "one cell, two meanings");
    ends
}

fn read<F: Frame>(cell: &[u8; CELL_LEN]) -> Result<usize, CellError> {
    let frames: Vec<F> = cell::decode(cell)?;
    let found = frames.len();
    let mut builder = CellBuilder::new();
    for frame in frames {
        assert!(builder.push(frame).is_ok(), "what was in a cell fits into one");
    }
    assert!(builder.finish().as_slice() == cell, "written otherwise");
    Ok(found)
}

/// Frames that are nearly right: arrays of fields of the right types, then edited.
#[derive(Arbitrary, Debug)]
struct Input {
    frames: Vec<(u8, Vec<Field>)>,
    edits: Vec<Edit>,
}

/// A field, written in its shortest form.
#[derive(Arbitrary, Debug)]
enum Field {
    Number { number: u64 },
    Small { number: u8 },
    Id { fill: u8 },
    Address { fill: u8 },
    Envelope { fill: u8 },
    Bytes { bytes: Vec<u8> },
    Array { fields: Vec<Self> },
    EmptyMap,
    Raw { bytes: Vec<u8> },
    Map { entries: Vec<(u8, Self)> },
}

impl Input {
    fn bytes(&self) -> Vec<u8> {
        let mut cell = Vec::new();
        for (tag, fields) in &self.frames {
            let mut frame = head(4, u64::try_from(fields.len() + 1).unwrap_or(u64::MAX));
            frame.extend(head(0, u64::from(*tag)));
            fields.iter().for_each(|field| field.write(&mut frame));
            cell.extend(framed(&frame));
        }
        self.edits.iter().for_each(|edit| edit.apply(&mut cell));
        cell
    }
}

impl Field {
    fn write(&self, to: &mut Vec<u8>) {
        match self {
            Self::Number { number } => to.extend(head(0, *number)),
            Self::Small { number } => to.extend(head(0, (*number).into())),
            Self::Id { fill } => to.extend([head(2, 16), vec![*fill; 16]].concat()),
            Self::Address { fill } => to.extend([head(2, 32), vec![*fill; 32]].concat()),
            Self::Envelope { fill } => to.extend([head(2, 4000), vec![*fill; 4000]].concat()),
            Self::Bytes { bytes } => {
                to.extend(head(2, u64::try_from(bytes.len()).unwrap_or(u64::MAX)));
                to.extend(bytes);
            }
            Self::Array { fields } => {
                to.extend(head(4, u64::try_from(fields.len()).unwrap_or(u64::MAX)));
                fields.iter().for_each(|field| field.write(to));
            }
            Self::EmptyMap => to.extend(head(5, 0)),
            Self::Raw { bytes } => to.extend(bytes),
            Self::Map { entries } => {
                to.extend(head(5, u64::try_from(entries.len()).unwrap_or(u64::MAX)));
                for (key, field) in entries {
                    to.extend(head(0, (*key).into()));
                    field.write(to);
                }
            }
        }
    }
}

/// RFC 8949, section 3: the major type and its argument, as short as can be.
fn head(major: u8, argument: u64) -> Vec<u8> {
    let bytes = argument.to_be_bytes();
    let (code, len) = match argument {
        0..24 => return vec![(major << 5) | bytes[7]],
        24..0x100 => (24, 1),
        0x100..0x1_0000 => (25, 2),
        0x1_0000..0x1_0000_0000 => (26, 4),
        _ => (27, 8),
    };
    [&[(major << 5) | code], &bytes[8 - len..]].concat()
}

fn framed(frame: &[u8]) -> Vec<u8> {
    let frame = frame.get(..CELL_LEN).unwrap_or(frame);
    [&u16::try_from(frame.len()).unwrap_or(u16::MAX).to_be_bytes()[..], frame].concat()
}
