//! The key agreement: PQXDH, and X3DH behind the same function.
//!
//! ```text
//!        initiator                              responder (away)
//!   IK_i ────────────────── DH1 ─────────────────── SPK_r
//!   EK_i ────────────────── DH2 ─────────────────── IK_r
//!   EK_i ────────────────── DH3 ─────────────────── SPK_r
//!   EK_i ────────────────── DH4 ─────────────────── OPK_r
//!   Encaps ───────────────── SS ─────────────────── ML-KEM key
//!
//!   SK ‖ HK ‖ NHK ‖ mailbox secret =
//!       HKDF-SHA256(salt 0, 0xFF*32 ‖ DH1 ‖ DH2 ‖ DH3 ‖ DH4 ‖ SS, "bauta pqxdh v1", 128)
//! ```
//!
//! X3DH leaves out SS and says "bauta x3dh v1". No message names it: it is there to be compared
//! with other implementations.
//!
//! Sources: [X3DH](https://signal.org/docs/specifications/x3dh/), section 3;
//! [PQXDH](https://signal.org/docs/specifications/pqxdh/), section 3.

use core::fmt;

use crate::crypto::identity::IdentityKey;
use crate::crypto::secret::Secret;
use crate::crypto::secret::SecretBytes;
use crate::crypto::x25519::X25519Key;

use super::Error;
use super::kdf;
use super::labels;

/// Whether a shared secret of a KEM goes into the agreement.
#[derive(Debug)]
pub enum Mode {
    /// X3DH: Diffie-Hellman only.
    Classic,
    /// PQXDH: with the KEM's shared secret.
    PostQuantum(Secret<32>),
}

/// What both sides hold afterwards.
pub struct Agreement {
    /// SK: the first root key.
    pub root: Secret<32>,
    /// HK: the header key of the initiator's first chain.
    pub header: Secret<32>,
    /// NHK: the header key of the responder's first chain.
    pub next_header: Secret<32>,
    /// What the session's mailboxes are derived from.
    pub mailbox: Secret<32>,
}

/// The responder's public keys, in X25519 form.
#[derive(Clone, Copy, Debug)]
pub struct ResponderKeys<'a> {
    /// IK_r.
    pub identity: &'a [u8; 32],
    /// SPK_r.
    pub signed_prekey: &'a [u8; 32],
    /// OPK_r.
    pub one_time_prekey: &'a [u8; 32],
}

/// The initiator's public keys, in X25519 form.
#[derive(Clone, Copy, Debug)]
pub struct InitiatorKeys<'a> {
    /// IK_i.
    pub identity: &'a [u8; 32],
    /// EK_i.
    pub ephemeral: &'a [u8; 32],
}

/// The initiator's side. The ephemeral key is used up.
///
/// # Errors
/// [`Error::Key`] if a public key is of low order.
pub fn initiate(
    own: &IdentityKey,
    ephemeral: X25519Key,
    theirs: ResponderKeys<'_>,
    mode: Mode,
) -> Result<Agreement, Error> {
    let dh = [
        own.agree(theirs.signed_prekey)?,
        ephemeral.agree(theirs.identity)?,
        ephemeral.agree(theirs.signed_prekey)?,
        ephemeral.agree(theirs.one_time_prekey)?,
    ];
    drop(ephemeral);
    Ok(Agreement::new(&dh, &mode))
}

/// The responder's side.
///
/// # Errors
/// [`Error::Key`] if a public key is of low order.
pub fn respond(
    own: &IdentityKey,
    signed_prekey: &X25519Key,
    one_time_prekey: &X25519Key,
    theirs: InitiatorKeys<'_>,
    mode: Mode,
) -> Result<Agreement, Error> {
    let dh = [
        signed_prekey.agree(theirs.identity)?,
        own.agree(theirs.ephemeral)?,
        signed_prekey.agree(theirs.ephemeral)?,
        one_time_prekey.agree(theirs.ephemeral)?,
    ];
    Ok(Agreement::new(&dh, &mode))
}

impl Agreement {
    fn new(dh: &[Secret<32>; 4], mode: &Mode) -> Self {
        let [dh1, dh2, dh3, dh4] = dh.each_ref().map(|shared| shared.expose().as_slice());
        let (kem, info) = match mode {
            Mode::Classic => ([].as_slice(), labels::X3DH),
            Mode::PostQuantum(shared) => (shared.expose().as_slice(), labels::PQXDH),
        };
        let ikm = SecretBytes::new([[0xFF; 32].as_slice(), dh1, dh2, dh3, dh4, kem].concat());
        let okm: Secret<128> = kdf::derive(&[0; 32], ikm.expose(), info);
        let [root, header, next_header, mailbox] = kdf::cut(&okm);
        Self { root, header, next_header, mailbox }
    }
}

impl fmt::Debug for Agreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { root: _, header: _, next_header: _, mailbox: _ } = self;
        f.write_str("Agreement")
    }
}
