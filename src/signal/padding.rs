//! Fixed-size plaintexts: `length(2) ‖ body ‖ zeros`.

use super::Error;

/// What the length costs, in bytes.
pub(super) const LENGTH_LEN: usize = 2;

/// Pads a body to `len` bytes in all.
///
/// # Errors
/// [`Error::TooLong`] if it does not fit.
pub(super) fn pad(body: &[u8], len: usize) -> Result<Vec<u8>, Error> {
    let body_len = u16::try_from(body.len()).map_err(|_| Error::TooLong)?;
    let zeros = len.checked_sub(LENGTH_LEN + body.len()).ok_or(Error::TooLong)?;
    let mut padded = Vec::with_capacity(len);
    padded.extend_from_slice(&body_len.to_be_bytes());
    padded.extend_from_slice(body);
    padded.extend(core::iter::repeat_n(0, zeros));
    Ok(padded)
}

/// The body in a padded plaintext.
///
/// # Errors
/// [`Error::Decode`] if the length points beyond the end or the padding is not zero.
pub(super) fn unpad(padded: &[u8]) -> Result<&[u8], Error> {
    let (len, rest) = padded.split_first_chunk().ok_or(Error::Decode)?;
    let len = usize::from(u16::from_be_bytes(*len));
    let (body, zeros) = rest.split_at_checked(len).ok_or(Error::Decode)?;
    // All of it, and not up to the first: many bytes at a time.
    if zeros.iter().fold(0, |seen, byte| seen | byte) != 0 {
        return Err(Error::Decode);
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_fits_up_to_the_last_byte() {
        for len in 0..=8 {
            let padded = pad(&vec![9; len], 10).unwrap();
            assert_eq!(padded.len(), 10);
            assert_eq!(unpad(&padded).unwrap(), vec![9; len]);
        }
        assert_eq!(pad(&[9; 9], 10), Err(Error::TooLong));
        assert_eq!(pad(&vec![9; 70_000], 80_000), Err(Error::TooLong));
    }

    #[test]
    fn false_lengths_and_padding_are_refused() {
        assert_eq!(unpad(&[0]), Err(Error::Decode));
        assert_eq!(unpad(&[0, 3, 1, 1]), Err(Error::Decode));
        assert_eq!(unpad(&[0, 1, 1, 1]), Err(Error::Decode));
    }
}
