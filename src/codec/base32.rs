//! The text form of a 32-byte key: Crockford base32, lower case, 56 characters.
//!
//! ```text
//! key(32) ‖ CRC-16(2) ‖ version(1) = 35 bytes = 56 characters of 5 bits
//! ```
//!
//! The check finds every single wrong character and every pair of neighbours that changed places,
//! and one that is wrong can mostly be pointed at. Reading forgives case, spaces, dashes and
//! invisible characters, and takes `i` and `l` as 1 and `o` as 0.

use core::fmt;

/// The version byte of a person's ID.
pub const ID_VERSION: u8 = 1;
/// The version byte of a network's fingerprint.
pub const FINGERPRINT_VERSION: u8 = 65;
/// How many characters a key has.
pub const TEXT_LEN: usize = 56;

/// Why a text is not the text of a key. Positions count from 1, characters that are skipped
/// not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextError {
    /// A character that no key has.
    Character {
        /// The character as it was given.
        found: char,
        /// Where it stands.
        position: usize,
    },
    /// Too few or too many characters.
    Length {
        /// How many there are.
        found: usize,
    },
    /// The check does not fit: there is a typo.
    Typo {
        /// Where it must be, if only one place explains it.
        near: Option<usize>,
    },
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Character { found, position } => {
                write!(f, "{found:?} at {position} cannot be part of it")
            }
            Self::Length { found } => write!(f, "{found} of {TEXT_LEN} characters"),
            Self::Typo { near: Some(near) } => write!(f, "typo near character {near}"),
            Self::Typo { near: None } => f.write_str("there is a typo in it"),
        }
    }
}

impl core::error::Error for TextError {}

/// The text of a key.
#[must_use]
pub fn encode_key(version: u8, key: &[u8; 32]) -> String {
    let mut bits = Bits::default();
    let check = crc16(version, key).to_be_bytes();
    key.iter().chain(&check).chain(&[version]).flat_map(|byte| bits.push(*byte)).collect()
}

/// The version byte and the key of a text.
///
/// # Errors
/// [`TextError`], the first that applies.
pub fn decode_key(text: &str) -> Result<(u8, [u8; 32]), TextError> {
    let symbols = read_symbols(text)?;
    let symbols: &[u8; TEXT_LEN] =
        symbols.as_slice().try_into().map_err(|_| TextError::Length { found: symbols.len() })?;
    check(symbols).ok_or_else(|| TextError::Typo { near: only_explanation(symbols) })
}

/// A text in groups of four, as people read it out.
#[must_use]
pub fn grouped(text: &str) -> String {
    let mut grouped = String::with_capacity(text.len() + text.len() / 4);
    for (at, character) in text.chars().enumerate() {
        if at > 0 && at % 4 == 0 {
            grouped.push(' ');
        }
        grouped.push(character);
    }
    grouped
}

fn read_symbols(text: &str) -> Result<Vec<u8>, TextError> {
    let mut symbols = Vec::with_capacity(TEXT_LEN);
    let mut found = 0;
    for character in text.chars().filter(|character| !is_skipped(*character)) {
        found += 1;
        let symbol =
            symbol(character).ok_or(TextError::Character { found: character, position: found })?;
        if found <= TEXT_LEN {
            symbols.push(symbol);
        }
    }
    if found == TEXT_LEN { Ok(symbols) } else { Err(TextError::Length { found }) }
}

fn is_skipped(character: char) -> bool {
    character.is_whitespace()
        || character.is_control()
        || matches!(
            character,
            '-' | '\u{ad}' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{180e}' | '\u{feff}'
                | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
        )
}

fn symbol(character: char) -> Option<u8> {
    let lower = match character.to_ascii_lowercase() {
        'i' | 'l' => '1',
        'o' => '0',
        other => other,
    };
    let byte = u8::try_from(lower).ok()?;
    let at = ALPHABET.iter().position(|symbol| *symbol == byte)?;
    u8::try_from(at).ok()
}

/// The version and key in 56 symbols, if their check fits.
fn check(symbols: &[u8; TEXT_LEN]) -> Option<(u8, [u8; 32])> {
    let mut bytes = Vec::with_capacity(35);
    let (mut buffer, mut held) = (0_u32, 0);
    for symbol in symbols {
        buffer = (buffer << 5) | u32::from(*symbol);
        held += 5;
        if held >= 8 {
            held -= 8;
            let [.., byte] = (buffer >> held).to_be_bytes();
            bytes.push(byte);
            buffer &= (1 << held) - 1;
        }
    }
    let (key, rest) = bytes.split_first_chunk::<32>()?;
    let [high, low, version] = *rest else { return None };
    (crc16(version, key) == u16::from_be_bytes([high, low])).then_some((version, *key))
}

/// The one position at which one other character, or an exchange with the next, mends the check.
fn only_explanation(symbols: &[u8; TEXT_LEN]) -> Option<usize> {
    let mut places = Vec::new();
    for at in 0..TEXT_LEN {
        let substituted = (0..32).any(|other| {
            let mut changed = *symbols;
            changed.iter_mut().skip(at).take(1).for_each(|symbol| *symbol = other);
            is_known(&changed)
        });
        let exchanged = at + 1 < TEXT_LEN && {
            let mut changed = *symbols;
            changed.swap(at, at + 1);
            is_known(&changed)
        };
        if substituted || exchanged {
            places.push(at + 1);
        }
    }
    let [only] = *places else { return None };
    Some(only)
}

fn is_known(symbols: &[u8; TEXT_LEN]) -> bool {
    check(symbols).is_some_and(|(version, _)| matches!(version, ID_VERSION | FINGERPRINT_VERSION))
}

/// CRC-16/CCITT (polynomial 0x1021, initial value 0xffff) of `version ‖ key`.
fn crc16(version: u8, key: &[u8; 32]) -> u16 {
    [version].iter().chain(key).fold(0xffff, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| {
            if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 }
        })
    })
}

/// Bits on their way into symbols.
#[derive(Default)]
struct Bits {
    buffer: u32,
    held: u32,
}

impl Bits {
    fn push(&mut self, byte: u8) -> Vec<char> {
        self.buffer = (self.buffer << 8) | u32::from(byte);
        self.held += 8;
        let mut symbols = Vec::with_capacity(2);
        while self.held >= 5 {
            self.held -= 5;
            let at = usize::try_from(self.buffer >> self.held).unwrap_or_default();
            symbols.extend(ALPHABET.get(at).map(|symbol| char::from(*symbol)));
            self.buffer &= (1 << self.held) - 1;
        }
        symbols
    }
}

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> [u8; 32] {
        core::array::from_fn(|at| u8::try_from(at * 37 % 251).unwrap())
    }

    #[test]
    fn a_key_survives_its_text() {
        for version in [ID_VERSION, FINGERPRINT_VERSION] {
            let text = encode_key(version, &key());
            assert_eq!(text.len(), TEXT_LEN);
            assert_eq!(decode_key(&text), Ok((version, key())));
            assert_eq!(decode_key(&grouped(&text)), Ok((version, key())));
        }
    }

    #[test]
    fn reading_forgives_what_people_do() {
        let text = encode_key(ID_VERSION, &key());
        let sloppy: String = grouped(&text.to_uppercase())
            .replace(' ', "\u{200b} - ")
            .replace('0', "O")
            .replace('1', "l");
        assert_eq!(decode_key(&sloppy), Ok((ID_VERSION, key())));
    }

    #[test]
    fn every_wrong_character_is_found_and_mostly_pointed_at() {
        let text = encode_key(ID_VERSION, &key());
        let mut pointed = 0;
        for at in 0..TEXT_LEN {
            let mut wrong: Vec<char> = text.chars().collect();
            wrong[at] = if wrong[at] == 'z' { 'y' } else { 'z' };
            let wrong: String = wrong.iter().collect();
            match decode_key(&wrong) {
                Err(TextError::Typo { near: Some(near) }) => {
                    assert_eq!(near, at + 1);
                    pointed += 1;
                }
                Err(TextError::Typo { near: None }) => {}
                other => panic!("position {at}: {other:?}"),
            }
        }
        assert!(pointed > TEXT_LEN / 2, "{pointed}");
    }

    #[test]
    fn neighbours_that_changed_places_are_found() {
        let text = encode_key(ID_VERSION, &key());
        for at in 0..TEXT_LEN - 1 {
            let mut wrong: Vec<char> = text.chars().collect();
            wrong.swap(at, at + 1);
            let wrong: String = wrong.iter().collect();
            assert!(wrong == text || matches!(decode_key(&wrong), Err(TextError::Typo { .. })));
        }
    }

    #[test]
    fn what_cannot_be_is_named_with_its_place() {
        let text = encode_key(ID_VERSION, &key());
        let mut wrong: Vec<char> = text.chars().collect();
        wrong[13] = 'u';
        let wrong: String = wrong.iter().collect();
        assert_eq!(decode_key(&wrong), Err(TextError::Character { found: 'u', position: 14 }));
        assert_eq!(decode_key(&text[..55]), Err(TextError::Length { found: 55 }));
        assert_eq!(decode_key(&format!("{text}0")), Err(TextError::Length { found: 57 }));
        assert_eq!(decode_key(""), Err(TextError::Length { found: 0 }));
        assert_eq!(decode_key("é").unwrap_err(), TextError::Character { found: 'é', position: 1 });
    }
}
