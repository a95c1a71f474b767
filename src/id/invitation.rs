//! An invitation: an ID and the network to find it on, in one line of text or one QR code.

use core::fmt;
use core::str::FromStr;

use super::Address;
use super::AddressError;
use super::Fingerprint;
use super::Id;
use super::IdError;

/// `bauta:ID@host:port#fingerprint`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    id: Id,
    address: Address,
    fingerprint: Fingerprint,
}

impl Invitation {
    /// An invitation to talk to `id` on the network at `address`.
    #[must_use]
    pub fn new(id: Id, address: &Address, fingerprint: Fingerprint) -> Self {
        Self { id, address: address.with_fingerprint(fingerprint), fingerprint }
    }

    /// Whether a text means to be an invitation.
    #[must_use]
    pub fn is_meant(text: &str) -> bool {
        text.trim_start().get(..SCHEME.len()).is_some_and(|s| s.eq_ignore_ascii_case(SCHEME))
    }

    /// Who invites.
    #[must_use]
    pub fn id(&self) -> Id {
        self.id
    }

    /// Where: always with a fingerprint.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The network.
    #[must_use]
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }
}

impl fmt::Display for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}@{}", self.id.compact(), self.address)
    }
}

impl FromStr for Invitation {
    type Err = InvitationError;

    fn from_str(text: &str) -> Result<Self, InvitationError> {
        if !Self::is_meant(text) {
            return Err(InvitationError::Scheme);
        }
        let rest = text.trim_start().get(SCHEME.len()..).unwrap_or_default();
        let (id, address) = rest.split_once('@').ok_or(InvitationError::Address)?;
        let id = id.parse().map_err(InvitationError::Id)?;
        let address: Address = address.parse().map_err(InvitationError::Place)?;
        let fingerprint = *address.fingerprint().ok_or(InvitationError::NoFingerprint)?;
        Ok(Self { id, address, fingerprint })
    }
}

const SCHEME: &str = "bauta:";

/// Why a text is not an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvitationError {
    /// It does not start with `bauta:`.
    Scheme,
    /// There is no `@host` behind the ID.
    Address,
    /// The ID in it is none.
    Id(IdError),
    /// The address in it is none.
    Place(AddressError),
    /// The address in it has no fingerprint.
    NoFingerprint,
}

impl fmt::Display for InvitationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scheme => f.write_str("an invitation starts with bauta:"),
            Self::Address => f.write_str("the invitation has no @host behind the ID"),
            Self::Id(error) => write!(f, "in the invitation's ID: {error}"),
            Self::Place(error) => write!(f, "in the invitation's address: {error}"),
            Self::NoFingerprint => f.write_str("the invitation has no #fingerprint at its end"),
        }
    }
}

impl core::error::Error for InvitationError {}

#[cfg(test)]
mod tests {
    use super::super::tests::id;
    use super::*;

    #[test]
    fn an_invitation_survives_its_text() {
        let address: Address = "relay.example:7000".parse().unwrap();
        let invitation = Invitation::new(id(1), &address, Fingerprint::from_bytes([3; 32]));
        assert_eq!(invitation.to_string().parse(), Ok(invitation.clone()));
        assert_eq!(invitation.to_string().to_uppercase().parse(), Ok(invitation));
    }

    #[test]
    fn what_is_missing_is_named() {
        let compact = id(1).compact();
        for (text, error) in [
            (compact.clone(), InvitationError::Scheme),
            (format!("bauta:{compact}"), InvitationError::Address),
            (format!("bauta:{compact}@relay"), InvitationError::NoFingerprint),
            (format!("bauta:{compact}@"), InvitationError::Place(AddressError::Host)),
        ] {
            assert_eq!(text.parse::<Invitation>(), Err(error), "{text}");
        }
        assert!(matches!("bauta:abc@relay".parse::<Invitation>(), Err(InvitationError::Id(_))));
    }
}
