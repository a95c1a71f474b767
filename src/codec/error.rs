//! Why bytes are not what they should be.

use core::fmt;

/// An error of reading bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The bytes end before the value does.
    Truncated,
    /// The value ends before the bytes do.
    Trailing,
    /// A length is above its named ceiling.
    TooLong,
    /// A value is not one that may stand here.
    Invalid,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Truncated => "ends too early",
            Self::Trailing => "bytes left over",
            Self::TooLong => "longer than allowed",
            Self::Invalid => "a value that may not stand here",
        })
    }
}

impl core::error::Error for Error {}
