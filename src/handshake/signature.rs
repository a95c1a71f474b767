//! What CertificateVerify signs.
//!
//! ```text
//! 0x20 * 64 ‖ "TLS 1.3, server CertificateVerify" ‖ 0x00 ‖ Transcript-Hash(... Certificate)
//! ```
//!
//! Source: [RFC 8446, section 4.4.3](https://www.rfc-editor.org/rfc/rfc8446#section-4.4.3).

use crate::crypto::hash::Digest;

/// The bytes that the server signs: bound to this connection by both randoms and both key shares.
#[must_use]
pub fn certificate_verify_input(transcript_hash: Digest) -> Vec<u8> {
    [&[SPACE; 64], SERVER_CONTEXT, &[0], transcript_hash.as_ref()].concat()
}

const SPACE: u8 = 0x20;
const SERVER_CONTEXT: &[u8] = b"TLS 1.3, server CertificateVerify";
