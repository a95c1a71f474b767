//! The files in `tests/data`.

use std::collections::HashMap;

/// Values by their names.
pub(crate) struct Values(HashMap<&'static str, Vec<u8>>);

impl Values {
    /// Reads a file: a name and a value in hex on every line, and lines that begin with `#`.
    pub(crate) fn parse(text: &'static str) -> Self {
        let lines = text.lines();
        let values = lines.filter(|line| !line.starts_with('#')).filter_map(|l| l.split_once(' '));
        Self(values.map(|(name, hex)| (name, unhex(hex))).collect())
    }

    pub(crate) fn get(&self, name: &str) -> &[u8] {
        self.find(name).unwrap_or_else(|| panic!("no value {name}"))
    }

    pub(crate) fn find(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name).map(Vec::as_slice)
    }
}

fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
}
