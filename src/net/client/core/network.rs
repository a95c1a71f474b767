//! Which network may answer at an address: one pin for every curve and every refresh of keys, trust
//! on first use as ssh has it, and a hard stop when another network answers.

use std::collections::BTreeMap;

use super::record;
use super::record::NetworkRow;
use crate::handshake::identity::Follow;
use crate::handshake::identity::IdentityError;
use crate::handshake::identity::NetworkId;
use crate::handshake::identity::SignedKeySet;
use crate::handshake::identity::VerifiedKeySet;
use crate::id::Address;
use crate::id::Fingerprint;
use crate::id::Invitation;
use crate::net::client::event::BadKeys;
use crate::net::client::profile::Profile;
use crate::net::client::profile::ProfileError;

/// The networks that this profile has met.
pub(super) struct Networks(BTreeMap<[u8; 32], NetworkRow>);

/// What is known, before a connection, of the network that should answer.
#[derive(Clone, Debug)]
pub struct Expectation {
    pinned: Option<NetworkId>,
    /// The highest key set, and the digest of its bytes, of every network that was met.
    known: BTreeMap<[u8; 32], (u64, [u8; 32])>,
}

/// Why a relay is not trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distrust {
    /// It belongs to another network.
    AnotherNetwork {
        /// The one that was expected.
        expected: NetworkId,
        /// The one that answers.
        found: NetworkId,
    },
    /// Its keys are not what its network signed, or were taken back.
    BadKeys(BadKeys),
}

impl Expectation {
    /// Judges what a relay says it is. The handshake is not confirmed before this.
    ///
    /// # Errors
    /// [`Distrust`]: stop hard, send nothing.
    pub fn judge(&self, keys: &SignedKeySet) -> Result<VerifiedKeySet, Distrust> {
        let verified = keys.verify(self.pinned.as_ref()).map_err(|error| match error {
            IdentityError::OtherNetwork { found } => {
                Distrust::AnotherNetwork { expected: self.pinned.unwrap_or(found), found }
            }
            _ => Distrust::BadKeys(BadKeys::Unsigned),
        })?;
        self.follow(&verified)?;
        Ok(verified)
    }

    fn follow(&self, verified: &VerifiedKeySet) -> Result<Follow, Distrust> {
        let last = self.known.get(verified.network_id().as_bytes()).copied();
        verified.follows(last).map_err(|error| {
            Distrust::BadKeys(match error {
                IdentityError::RolledBack { .. } => BadKeys::RolledBack,
                _ => BadKeys::Doubled,
            })
        })
    }
}

impl Networks {
    pub(super) fn load(profile: &Profile) -> Result<Self, ProfileError> {
        let rows = record::all::<NetworkRow>(profile)?.into_iter();
        rows.map(|(id, row)| Ok((record::name(&id)?, row))).collect::<Result<_, _>>().map(Self)
    }

    /// The network that must answer at an address: the one it names, else the one that answered
    /// there before.
    pub(super) fn expected(&self, address: &Address) -> Option<NetworkId> {
        if let Some(fingerprint) = address.fingerprint() {
            return Some(NetworkId::from_bytes(*fingerprint.as_bytes()));
        }
        let place = address.place();
        let known = self.0.iter().find(|(_, row)| row.places.contains(&place));
        known.map(|(id, _)| NetworkId::from_bytes(*id))
    }

    /// What to hold a relay of `pinned` to.
    pub(super) fn expectation(&self, pinned: Option<NetworkId>) -> Expectation {
        let seen = |row: &NetworkRow| Some((row.sequence?, row.digest));
        let known = self.0.iter().filter_map(|(id, row)| Some((*id, seen(row)?))).collect();
        Expectation { pinned, known }
    }

    /// Remembers that a network answers at an address, and nobody else does.
    pub(super) fn accept(
        &mut self,
        profile: &mut Profile,
        address: &Address,
        network: NetworkId,
        now: u64,
    ) {
        let place = address.place();
        for (id, row) in &mut self.0 {
            if id != network.as_bytes() && row.places.contains(&place) {
                row.places.retain(|other| *other != place);
                record::put(profile, id, row);
            }
        }
        let row = self.0.entry(*network.as_bytes()).or_insert_with(|| NetworkRow {
            places: Vec::new(),
            sequence: None,
            digest: [0; 32],
            first_seen: now,
        });
        if !row.places.contains(&place) {
            row.places.push(place);
        }
        record::put(profile, network.as_bytes(), row);
    }

    /// How the keys that a relay has shown stand to the last ones of its network.
    ///
    /// # Errors
    /// [`Distrust`] if newer keys, or others with the same number, were seen while this connection was
    /// being made.
    pub(super) fn compare(&self, verified: &VerifiedKeySet) -> Result<Follow, Distrust> {
        self.expectation(None).follow(verified)
    }

    /// Remembers the keys that a relay has shown.
    pub(super) fn remember(&mut self, profile: &mut Profile, verified: &VerifiedKeySet) {
        let network = verified.network_id();
        let Some(row) = self.0.get_mut(network.as_bytes()) else { return };
        if row.sequence != Some(verified.sequence()) {
            row.sequence = Some(verified.sequence());
            row.digest = verified.digest();
            record::put(profile, network.as_bytes(), row);
        }
    }
}

/// Whether what a person typed accepts a network: its whole address or an invitation to it, or the
/// first 20 characters, or more, of its fingerprint.
pub(super) fn accepts(typed: &str, found: NetworkId) -> bool {
    let found = Fingerprint::from_bytes(*found.as_bytes());
    if let Ok(invitation) = typed.parse::<Invitation>() {
        return *invitation.fingerprint() == found;
    }
    if typed.contains('#') {
        return typed.parse::<Address>().is_ok_and(|a| a.fingerprint() == Some(&found));
    }
    let typed: String = typed
        .chars()
        .filter(|character| !character.is_whitespace() && *character != '-')
        .map(|character| match character.to_ascii_lowercase() {
            'i' | 'l' => '1',
            'o' => '0',
            other => other,
        })
        .collect();
    typed.chars().count() >= LEAST_TYPED && found.to_string().starts_with(&typed)
}

/// 100 bits: nobody makes a second network with the same beginning.
const LEAST_TYPED: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepting_takes_twenty_characters_of_the_new_fingerprint() {
        let found = NetworkId::from_bytes([0x5a; 32]);
        let text = found.to_string();
        assert!(accepts(&text, found));
        assert!(accepts(&text[..20].to_uppercase(), found));
        assert!(accepts(&format!("{} {}", &text[..4], &text[4..20]), found));
        assert!(accepts(&format!("relay.example#{text}"), found));
        assert!(!accepts(&text[..19], found));
        assert!(!accepts(&text[1..30], found));
        assert!(!accepts("", found));
        let other = NetworkId::from_bytes([0x5b; 32]).to_string();
        assert!(!accepts(&other, found));
        assert!(!accepts(&format!("relay.example#{other}"), found));
    }
}
