//! How a client is started.

use core::fmt;
use std::path::PathBuf;

use zeroize::Zeroizing;

use super::dial::Way;
use super::event::OfflineReason;
use super::profile::ProfileError;
use crate::handshake::CipherSuite;
use crate::handshake::Group;
use crate::handshake::KeyExchange;
use crate::id::Address;
use crate::id::AddressError;
use crate::id::Invitation;
use crate::id::InvitationError;
use crate::net::cell::Pace;
use crate::net::channel::ConnectOptions;
use crate::signal::BodyAead;

/// Everything that a client is started with.
#[derive(Debug)]
pub struct Options {
    /// The relay, and the network that must answer there if that is known.
    pub address: Address,
    /// How its connections are made.
    pub way: Way,
    /// What the channel is made of.
    pub channel: ChannelOptions,
    /// Where identity, contacts and messages are kept.
    pub profile: ProfilePlace,
}

/// What the channel is made of: a pin, never a hint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChannelOptions {
    /// The curve.
    pub curve: Curve,
    /// Whether ML-KEM stands beside the curve.
    pub quantum: Quantum,
    /// The cipher, also of one's own messages.
    pub cipher: Cipher,
    /// One cell in each such interval and direction, whatever there is to say, or in each that the
    /// relay keeps to if that is longer. None: cells as there is something to say.
    pub pace: Option<Pace>,
}

impl ChannelOptions {
    /// The key exchange with the relay.
    #[must_use]
    pub fn exchange(self) -> KeyExchange {
        match self.quantum {
            Quantum::Resistant => KeyExchange::Hybrid(self.curve.group()),
            Quantum::Classical => KeyExchange::Classical(self.curve.group()),
        }
    }

    /// The name of the ML-KEM beside the curve, if there is one.
    #[must_use]
    pub fn kem(self) -> Option<&'static str> {
        self.exchange().kem().map(|kem| kem.name())
    }

    /// One cell in so many seconds; none where that is no pace.
    #[must_use]
    pub fn pace_of(seconds: u32) -> Option<Pace> {
        Pace::from_millis(seconds.saturating_mul(1_000))
    }

    pub(super) fn connect(self) -> ConnectOptions {
        ConnectOptions { exchange: self.exchange(), suite: self.cipher.suite() }
    }
}

impl fmt::Display for ChannelOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let without = if self.kem().is_none() { " without ML-KEM" } else { "" };
        write!(f, "{}{without}, {}", self.exchange().name(), self.cipher.name())?;
        match self.pace {
            Some(pace) => {
                let price = pace.bytes_a_day().div_ceil(1_000_000);
                write!(f, ", one cell every {pace} each way ({price} MB a day and connection)")
            }
            None => Ok(()),
        }
    }
}

/// Whether somebody who records the channel and owns a quantum computer later can read the cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quantum {
    /// Not unless ML-KEM falls too: the curve together with ML-KEM.
    #[default]
    Resistant,
    /// Yes: the curve alone.
    Classical,
}

/// The curve of the channel's key exchange and of the relay's signature.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Curve {
    /// NIST P-256.
    P256,
    /// NIST P-384.
    P384,
    /// NIST P-521.
    #[default]
    P521,
    /// X25519, with a P-256 signature.
    X25519,
}

impl Curve {
    /// What people are shown.
    #[must_use]
    pub fn name(self) -> &'static str {
        KeyExchange::Classical(self.group()).name()
    }

    fn group(self) -> Group {
        match self {
            Self::P256 => Group::P256,
            Self::P384 => Group::P384,
            Self::P521 => Group::P521,
            Self::X25519 => Group::X25519,
        }
    }
}

/// The cipher of the channel and of message bodies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cipher {
    /// AES-256-GCM.
    #[default]
    Aes256Gcm,
    /// ChaCha20-Poly1305.
    ChaCha20Poly1305,
}

impl Cipher {
    /// What people are shown.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Aes256Gcm => "AES-256-GCM",
            Self::ChaCha20Poly1305 => "ChaCha20-Poly1305",
        }
    }

    fn suite(self) -> CipherSuite {
        match self {
            Self::Aes256Gcm => CipherSuite::Aes256GcmSha384,
            Self::ChaCha20Poly1305 => CipherSuite::ChaCha20Poly1305Sha256,
        }
    }

    pub(super) fn body_aead(self) -> BodyAead {
        match self {
            Self::Aes256Gcm => BodyAead::Aes256Gcm,
            Self::ChaCha20Poly1305 => BodyAead::ChaCha20Poly1305,
        }
    }
}

/// Where a profile is kept.
pub enum ProfilePlace {
    /// In memory: nothing touches the disk, and everything is gone at the end.
    Ephemeral,
    /// In a folder.
    Folder {
        /// The folder; made if it does not exist.
        path: PathBuf,
        /// The passphrase; without one a key file protects the profile.
        passphrase: Option<Zeroizing<String>>,
    },
}

impl fmt::Debug for ProfilePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ephemeral => f.write_str("Ephemeral"),
            Self::Folder { path, passphrase: _ } => write!(f, "Folder({})", path.display()),
        }
    }
}

/// The platform's folder for the profile; none on a platform without homes.
#[must_use]
pub fn default_profile() -> Option<PathBuf> {
    let folders = directories::ProjectDirs::from("", "", "bauta")?;
    Some(folders.data_dir().join("profile"))
}

/// What a person names to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A relay.
    Address(Address),
    /// A relay, its network, and somebody there.
    Invitation(Invitation),
}

impl Target {
    /// Reads `host[:port][#fingerprint]` or an invitation.
    ///
    /// # Errors
    /// [`TargetError`], which says what is wrong and where.
    pub fn parse(text: &str, default_port: u16) -> Result<Self, TargetError> {
        if Invitation::is_meant(text) {
            return text.parse().map(Self::Invitation).map_err(TargetError::Invitation);
        }
        Address::parse(text, default_port).map(Self::Address).map_err(TargetError::Address)
    }

    /// The relay.
    #[must_use]
    pub fn address(&self) -> &Address {
        match self {
            Self::Address(address) => address,
            Self::Invitation(invitation) => invitation.address(),
        }
    }
}

/// Why a text names nothing to connect to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetError {
    /// It is no address.
    Address(AddressError),
    /// It is no invitation.
    Invitation(InvitationError),
}

impl fmt::Display for TargetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(error) => error.fmt(f),
            Self::Invitation(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for TargetError {}

/// Why a client does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The profile cannot be used.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// Nothing can connect to the address like this.
    #[error("{0}")]
    Address(OfflineReason),
}
