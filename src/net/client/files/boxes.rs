//! Mailboxes of files.

use crate::crypto::secret::Secret;
use crate::net::cell::Address;
use crate::net::cell::Capability;

/// Which mailbox of a file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// One with chunks.
    Lane(u32),
    /// The one with requests.
    Back,
}

/// The address of a mailbox.
pub(super) fn address_of(capability: &Secret<32>) -> Address {
    Capability::new(capability.duplicate()).address()
}
