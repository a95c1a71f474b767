//! WebP: RIFF chunks of name, length and contents, padded to even lengths.

use super::orientation;
use crate::codec::Reader;

/// The same picture in as many chunks as it needs.
pub(super) fn strip(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut reader = Reader::new(bytes);
    reader.take(4).ok()?;
    let len = u32::from_le_bytes(reader.array().ok()?);
    // What stands behind the end is no part of it.
    let mut reader = Reader::new(reader.take(usize::try_from(len).ok()?).ok()?);
    reader.take(4).ok()?;
    let (mut chunks, mut extended, mut turned) = (Vec::with_capacity(bytes.len()), None, None);
    let mut has_data = false;
    while !reader.is_empty() {
        let (name, contents) = chunk(&mut reader)?;
        match &name {
            b"VP8X" => extended = Some(<[u8; 10]>::try_from(contents).ok()?),
            b"VP8 " | b"VP8L" | b"ALPH" | b"ANIM" => write(&mut chunks, &name, contents),
            b"ANMF" => write(&mut chunks, &name, &frame(contents)?),
            b"EXIF" => {
                let exif = contents.strip_prefix(b"Exif\0\0").unwrap_or(contents);
                turned = turned.or_else(|| orientation::read(exif));
            }
            _ => {}
        }
        has_data |= matches!(&name, b"VP8 " | b"VP8L" | b"ANMF");
    }
    if !has_data {
        return None;
    }
    let mut kept = Vec::with_capacity(bytes.len());
    if let Some([flags, _, _, _, size @ ..]) = extended {
        let flags = flags & (ALPHA | ANIMATION) | if turned.is_some() { EXIF } else { 0 };
        let [a, b, c, d, e, f] = size;
        write(&mut kept, b"VP8X", &[flags, 0, 0, 0, a, b, c, d, e, f]);
    }
    kept.append(&mut chunks);
    if let Some(turned) = turned.filter(|_| extended.is_some()) {
        write(&mut kept, b"EXIF", &orientation::write(turned));
    }
    let len = u32::try_from(kept.len().checked_add(4)?).ok()?;
    Some([&b"RIFF"[..], &len.to_le_bytes(), b"WEBP", &kept].concat())
}

/// A frame of an animation: where and how long it is shown, and its picture.
fn frame(contents: &[u8]) -> Option<Vec<u8>> {
    let mut reader = Reader::new(contents);
    let mut kept = reader.take(FRAME_HEAD).ok()?.to_vec();
    while !reader.is_empty() {
        let (name, contents) = chunk(&mut reader)?;
        if matches!(&name, b"ALPH" | b"VP8 " | b"VP8L") {
            write(&mut kept, &name, contents);
        }
    }
    Some(kept)
}

fn chunk<'a>(reader: &mut Reader<'a>) -> Option<([u8; 4], &'a [u8])> {
    let name = reader.array().ok()?;
    let len = usize::try_from(u32::from_le_bytes(reader.array().ok()?)).ok()?;
    let contents = reader.take(len).ok()?;
    // Some leave the padding at the very end away.
    if len % 2 == 1 && !reader.is_empty() {
        reader.u8().ok()?;
    }
    Some((name, contents))
}

fn write(kept: &mut Vec<u8>, name: &[u8; 4], contents: &[u8]) {
    kept.extend(name);
    kept.extend(u32::try_from(contents.len()).unwrap_or(u32::MAX).to_le_bytes());
    kept.extend(contents);
    if contents.len() % 2 == 1 {
        kept.push(0);
    }
}

/// RFC 9649, 2.7: flags of VP8X. Those of ICC and XMP are never set again.
const ANIMATION: u8 = 0x02;
const EXIF: u8 = 0x08;
const ALPHA: u8 = 0x10;
/// RFC 9649, 2.7.1.1: place, size, duration and flags.
const FRAME_HEAD: usize = 16;
