//! JPEG: segments behind markers, and compressed data behind some of them.

use super::orientation;
use crate::codec::Reader;

/// The same picture in as many bytes as it needs.
pub(super) fn strip(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut reader = Reader::new(bytes);
    let mut kept = Vec::with_capacity(bytes.len());
    kept.extend(reader.take(2).ok()?);
    let (mut has_jfif, mut has_exif, mut has_scan) = (false, false, false);
    loop {
        let Some(marker) = marker(&mut reader) else {
            // Some cameras, and broken downloads, leave the end away.
            return has_scan.then(|| ended(kept));
        };
        match marker {
            EOI => return has_scan.then(|| ended(kept)),
            // They stand alone; outside of a scan they say nothing.
            SOI | TEM | RST0..=RST7 => {}
            APP0 => {
                let contents = contents(&mut reader)?;
                if contents.starts_with(b"JFIF\0") && !core::mem::replace(&mut has_jfif, true) {
                    segment(&mut kept, APP0, JFIF);
                }
            }
            APP1 => {
                let exif = contents(&mut reader)?.strip_prefix(b"Exif\0\0");
                if let Some(turned) = exif.and_then(orientation::read).filter(|_| !has_exif) {
                    has_exif = true;
                    let exif = [&b"Exif\0\0"[..], &orientation::write(turned)].concat();
                    segment(&mut kept, APP1, &exif);
                }
            }
            APP14 => {
                // How the colours were turned into three numbers: without it they are wrong.
                let adobe = contents(&mut reader)?.get(..ADOBE_LEN);
                if let Some(adobe) = adobe.filter(|adobe| adobe.starts_with(b"Adobe")) {
                    segment(&mut kept, APP14, adobe);
                }
            }
            SOS => {
                has_scan = true;
                segment(&mut kept, SOS, contents(&mut reader)?);
                kept.extend(compressed(&mut reader));
            }
            marker if is_kept(marker) => segment(&mut kept, marker, contents(&mut reader)?),
            marker if is_dropped(marker) => drop(contents(&mut reader)?),
            _ => return None,
        }
    }
}

/// The next marker. What stands before it and is none is passed over, as decoders do.
fn marker(reader: &mut Reader<'_>) -> Option<u8> {
    loop {
        while reader.u8().ok()? != 0xff {}
        let after = loop {
            match reader.u8().ok()? {
                0xff => {}
                after => break after,
            }
        };
        if after != 0 {
            return Some(after);
        }
    }
}

fn contents<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    let len = usize::from(reader.u16().ok()?).checked_sub(2)?;
    reader.take(len).ok()
}

/// A scan's data: up to a marker that is no restart.
fn compressed<'a>(reader: &mut Reader<'a>) -> &'a [u8] {
    let mut ahead = Reader::new(reader.clone().rest());
    let mut len = 0;
    loop {
        let rest = ahead.clone().rest();
        let Some(at) = rest.iter().position(|byte| *byte == 0xff) else {
            len += rest.len();
            break;
        };
        match rest.get(at + 1) {
            Some(0 | RST0..=RST7) => {
                len += at + 2;
                if ahead.take(at + 2).is_err() {
                    break;
                }
            }
            _ => {
                len += at;
                break;
            }
        }
    }
    reader.take(len).unwrap_or_default()
}

fn segment(kept: &mut Vec<u8>, marker: u8, contents: &[u8]) {
    // It was read from a segment, or is shorter.
    let len = u16::try_from(contents.len() + 2).unwrap_or(u16::MAX);
    kept.extend([0xff, marker]);
    kept.extend(len.to_be_bytes());
    kept.extend(contents);
}

fn ended(mut kept: Vec<u8>) -> Vec<u8> {
    kept.extend([0xff, EOI]);
    kept
}

/// T.81, table B.1: frames, tables, intervals: what decoding needs.
const fn is_kept(marker: u8) -> bool {
    matches!(marker, 0xc0..=0xcf | 0xdb..=0xdf) && marker != 0xc8
}

/// Application data and comments. What is reserved for extensions may be the picture itself.
const fn is_dropped(marker: u8) -> bool {
    matches!(marker, 0xe0..=0xef | 0xfe)
}

pub(super) const SIGNATURE: [u8; 3] = [0xff, SOI, 0xff];
const TEM: u8 = 0x01;
const RST0: u8 = 0xd0;
const RST7: u8 = 0xd7;
const SOI: u8 = 0xd8;
const EOI: u8 = 0xd9;
const SOS: u8 = 0xda;
const APP0: u8 = 0xe0;
const APP1: u8 = 0xe1;
const APP14: u8 = 0xee;
/// JFIF 1.02 without a density, which tells of a scanner, and without a thumbnail.
const JFIF: &[u8] = b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0";
/// `Adobe`, version, two flags and the transform.
const ADOBE_LEN: usize = 12;
