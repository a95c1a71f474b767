//! Bytes and characters, strictly: a reader that never indexes, a writer with length prefixes, and
//! the text form of 32-byte keys.

pub mod base32;
mod error;
mod reader;
mod writer;

pub use error::Error;
pub use reader::Reader;
pub use writer::Writer;
