//! Every domain string of this room, in one table.

/// K of two people, on one network.
pub(super) const RENDEZVOUS: &[u8] = b"bauta rendezvous v1";
/// The capability of a mailbox, from K or from a session's mailbox secret.
pub(super) const MAILBOX: &[u8] = b"mailbox";
/// The sealing key of a rendezvous mailbox, from K.
pub(super) const SEAL: &[u8] = b"seal";
/// What stands for the peer's ID in signed records, from K.
pub(super) const PAIR: &[u8] = b"pair";
/// What an identity key signs: a bundle. The zero byte ends the label.
pub(super) const BUNDLE: &[u8] = b"bauta bundle v1\0";
/// What an identity key signs: a withdrawal. The zero byte ends the label.
pub(super) const WITHDRAWN: &[u8] = b"bauta withdrawn v1\0";
/// The key agreement with ML-KEM.
pub(super) const PQXDH: &[u8] = b"bauta pqxdh v1";
/// The key agreement without.
pub(super) const X3DH: &[u8] = b"bauta x3dh v1";
/// The associated data of a session.
pub(super) const AD: &[u8] = b"bauta ad v1";
/// A session's id.
pub(super) const SESSION: &[u8] = b"bauta session v1";
/// A root key's step.
pub(super) const ROOT: &[u8] = b"bauta root v1";
/// The key of one body, from its message key.
pub(super) const BODY: &[u8] = b"bauta body v1";
/// K of one file.
pub(super) const FILE: &[u8] = b"bauta file v1";
/// The key of a file's chunks, and their associated data.
pub(super) const CHUNK: &[u8] = b"chunk";
/// What nonces and ids of chunks come from.
pub(super) const CHUNK_NONCE: &[u8] = b"chunk nonce";
/// The key of a file's requests, and their associated data.
pub(super) const REQUEST: &[u8] = b"request";
/// What nonces and ids of requests come from.
pub(super) const REQUEST_NONCE: &[u8] = b"request nonce";
/// The capability of a mailbox with chunks.
pub(super) const LANE: &[u8] = b"lane";
/// The capability of the mailbox with requests.
pub(super) const BACK: &[u8] = b"back";
