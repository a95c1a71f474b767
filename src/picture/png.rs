//! PNG: chunks of length, type, contents and CRC.

use super::orientation;
use crate::codec::Reader;

/// The same picture in as many chunks as it needs.
pub(super) fn strip(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut reader = Reader::new(bytes);
    let mut kept = Vec::with_capacity(bytes.len());
    kept.extend(reader.take(SIGNATURE.len()).ok()?);
    let (mut has_exif, mut has_data) = (false, false);
    loop {
        let len = reader.u32().ok()?;
        let name = reader.array::<4>().ok()?;
        let contents = reader.take(usize::try_from(len).ok()?).ok()?;
        let crc = reader.array::<4>().ok()?;
        if KEPT.contains(&&name) {
            kept.extend(len.to_be_bytes());
            kept.extend(name);
            kept.extend(contents);
            kept.extend(crc);
            has_data |= name == *b"IDAT";
        } else if name == *b"eXIf" {
            if let Some(turned) = orientation::read(contents).filter(|_| !has_exif) {
                has_exif = true;
                write(&mut kept, &name, &orientation::write(turned));
            }
        } else if !is_ancillary(&name) {
            return None;
        }
        if name == *b"IEND" {
            return has_data.then_some(kept);
        }
    }
}

fn write(kept: &mut Vec<u8>, name: &[u8; 4], contents: &[u8]) {
    let mut crc = crc32fast::Hasher::new();
    crc.update(name);
    crc.update(contents);
    kept.extend(u32::try_from(contents.len()).unwrap_or(u32::MAX).to_be_bytes());
    kept.extend(name);
    kept.extend(contents);
    kept.extend(crc.finalize().to_be_bytes());
}

/// 5.4: without a chunk whose name begins with a large letter the picture is another one.
fn is_ancillary(name: &[u8; 4]) -> bool {
    name.first().is_some_and(u8::is_ascii_lowercase)
}

pub(super) const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";
/// The picture, how its numbers become colours, and the frames of an animation.
const KEPT: [&[u8; 4]; 11] = [
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"sRGB", b"cICP", b"acTL", b"fcTL",
    b"fdAT",
];
