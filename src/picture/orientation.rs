//! Which way up a picture is: the one entry of EXIF that is kept, in an EXIF that has no other.

/// The orientation in the TIFF structure of an EXIF, if the picture is to be turned.
pub(super) fn read(exif: &[u8]) -> Option<u8> {
    let is_little = match exif.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let u16_at = |at: usize| {
        let bytes: [u8; 2] = exif.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if is_little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    };
    let bytes: [u8; 4] = exif.get(4..8)?.try_into().ok()?;
    let at = if is_little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) };
    let at = usize::try_from(at).ok()?;
    let entries = usize::from(u16_at(at)?);
    for entry in 0..entries {
        let entry = at.checked_add(2)?.checked_add(entry.checked_mul(ENTRY)?)?;
        if u16_at(entry)? == TAG {
            let is_short = u16_at(entry.checked_add(2)?)? == SHORT;
            let turned = u8::try_from(u16_at(entry.checked_add(8)?)?).ok()?;
            return Some(turned).filter(|turned| is_short && (2..=8).contains(turned));
        }
    }
    None
}

/// An EXIF that says which way up the picture is, and nothing else.
pub(super) fn write(turned: u8) -> [u8; 26] {
    let mut exif = *b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0";
    if let Some(value) = exif.get_mut(19) {
        *value = turned;
    }
    exif
}

/// Exif 2.32, 4.6.4: Orientation, one SHORT.
const TAG: u16 = 0x0112;
const SHORT: u16 = 3;
/// TIFF 6.0: tag, type, count and value.
const ENTRY: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for turned in 2..=8 {
            assert_eq!(read(&write(turned)), Some(turned));
        }
        assert_eq!([read(&write(1)), read(&write(9)), read(b"")], [None; 3]);
    }

    #[test]
    fn both_byte_orders_are_read_and_other_entries_passed_over() {
        let little =
            b"II*\0\x08\0\0\0\x02\0\x0f\x01\x02\0\x04\0\0\0abcd\x12\x01\x03\0\x01\0\0\0\x06\0\0\0";
        assert_eq!(read(little), Some(6));
        assert_eq!(read(&little[..little.len() - 4]), None, "it ends before the value");
        assert_eq!(read(b"II*\0\xff\xff\xff\xff"), None);
    }
}
