//! What is searched for, in every form it could have.

use std::collections::BTreeSet;
use std::collections::HashMap;

use bauta::id::Id;

/// Something that must not be seen: what it is, and its bytes.
pub type Needle = (String, Vec<u8>);

/// Everything that names a person, in every form.
pub fn about(who: &str, id: Id) -> Vec<Needle> {
    let x25519 = id.key().x25519().unwrap();
    let values = [
        ("ID", id.compact().into_bytes()),
        ("ID in groups", id.to_string().into_bytes()),
        ("ID's beginning", id.short().into_bytes()),
        ("key", id.key().as_bytes().to_vec()),
        ("X25519 key", x25519.to_vec()),
    ];
    values.iter().flat_map(|(name, bytes)| forms(&format!("{who}'s {name}"), bytes)).collect()
}

/// A value as it is, and as text: hexadecimal, base32 and base64, wherever in a longer text it may
/// begin.
pub fn forms(name: &str, bytes: &[u8]) -> Vec<Needle> {
    let mut forms = vec![(name.to_owned(), bytes.to_vec())];
    for (form, bits, alphabet) in ALPHABETS {
        for offset in 0..*bits {
            let text = encode(bytes, *bits, offset, alphabet.as_bytes());
            forms.push((format!("{name} in {form}, {offset} bits in"), text));
        }
    }
    forms
}

const ALPHABETS: &[(&str, usize, &str)] = &[
    ("hex", 4, "0123456789abcdef"),
    ("HEX", 4, "0123456789ABCDEF"),
    ("an ID's base32", 5, "0123456789abcdefghjkmnpqrstvwxyz"),
    ("an ID's BASE32", 5, "0123456789ABCDEFGHJKMNPQRSTVWXYZ"),
    ("base32", 5, "abcdefghijklmnopqrstuvwxyz234567"),
    ("BASE32", 5, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
    ("base64", 6, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"),
    ("base64 for addresses", 6, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
];

/// The whole symbols of a value from one of its bits on: what stands in the middle of any text of
/// this form that has the value in it somewhere.
fn encode(bytes: &[u8], bits: usize, offset: usize, alphabet: &[u8]) -> Vec<u8> {
    let stream: Vec<usize> = bytes
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |at| usize::from(byte >> at & 1)))
        .skip(offset)
        .collect();
    let symbols = stream.chunks_exact(bits);
    symbols.map(|bits| alphabet[bits.iter().fold(0, |n, bit| n << 1 | bit)]).collect()
}

/// Finds needles in bytes: which of them are there.
pub struct Search(HashMap<[u8; LEAST], Vec<Needle>>);

impl Search {
    pub fn new(needles: impl IntoIterator<Item = Needle>) -> Self {
        let mut by_beginning = HashMap::<_, Vec<Needle>>::new();
        for (name, needle) in needles {
            assert!(needle.len() >= LEAST, "{name} could be found by chance");
            let beginning = *needle.first_chunk().unwrap();
            by_beginning.entry(beginning).or_default().push((name, needle));
        }
        Self(by_beginning)
    }

    pub fn find(&self, haystacks: &[Vec<u8>]) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for haystack in haystacks {
            for at in 0..haystack.len().saturating_sub(LEAST - 1) {
                let beginning: &[u8; LEAST] = haystack[at..].first_chunk().unwrap();
                let candidates = self.0.get(beginning).into_iter().flatten();
                let there = candidates.filter(|(_, needle)| haystack[at..].starts_with(needle));
                found.extend(there.map(|(name, _)| name.clone()));
            }
        }
        found
    }
}

/// Nothing shorter says anything: it would be found by chance.
const LEAST: usize = 8;

#[test]
fn the_forms_are_those_of_others() {
    let text = |name: &str, bytes: &[u8]| {
        let forms = forms("x", bytes);
        let form = forms.iter().find(|(form, _)| form == &format!("x in {name}, 0 bits in"));
        String::from_utf8(form.unwrap().1.clone()).unwrap()
    };
    // RFC 4648, section 10, without the symbols that end in padding.
    assert_eq!(text("base64", b"foobar"), "Zm9vYmFy");
    assert_eq!(text("BASE32", b"fooba"), "MZXW6YTB");
    assert_eq!(text("HEX", b"foobar"), "666F6F626172");
    // With a byte in front, its first whole symbol begins 4 bits in.
    assert_eq!(encode(b"oobar", 6, 4, ALPHABETS[6].2.as_bytes()), b"9vYmFy");
}
