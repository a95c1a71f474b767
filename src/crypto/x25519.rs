//! X25519 ([RFC 7748](https://www.rfc-editor.org/rfc/rfc7748)).

pub use super::backend::chosen::X25519Key;
