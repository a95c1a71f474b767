//! Why a relay cannot run with the keys that it finds: one sentence each, for the operator.

use std::io;
use std::path::PathBuf;

use crate::crypto;
use crate::handshake::identity::IdentityError;

/// What is wrong with a key directory.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeysError {
    /// The disk refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// What was read or written.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// Others than the owner may read a private key.
    #[error(
        "{} can be read by others (mode {mode:03o}); make it 600 if nobody has read it, otherwise replace the key",
        path.display()
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The folder is not one for keys.
    #[error(
        "{} holds {stranger}, so it is no folder for keys alone; name another one with -keys",
        path.display()
    )]
    NotAKeyFolder {
        /// The folder.
        path: PathBuf,
        /// What lies in it.
        stranger: String,
    },
    /// A private key of the key set is absent.
    #[error("{} is missing; -refreshkeys makes new keys", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// A file is no key.
    #[error("{} is not a private key in PKCS#8 PEM", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
    },
    /// A private key is not the one that the key set names.
    #[error("{} is not the key in the key set; -refreshkeys makes new keys", path.display())]
    NotInKeySet {
        /// The file.
        path: PathBuf,
    },
    /// There are keys and no key set.
    #[error(
        "{} is there and keyset beside it is missing; bring it back, or delete the folder to start another network",
        beside.display()
    )]
    NoKeySet {
        /// A file that is there.
        beside: PathBuf,
    },
    /// The key set cannot be used.
    #[error("keyset: {0}")]
    KeySet(#[source] IdentityError),
    /// A refresh needs the network key.
    #[error("{} is needed to refresh keys and is not there", path.display())]
    NoNetworkKey {
        /// The file.
        path: PathBuf,
    },
    /// The network key is another network's.
    #[error("{} is the key of another network than keyset", path.display())]
    OtherNetworkKey {
        /// The file.
        path: PathBuf,
    },
    /// There is no higher number.
    #[error("keyset has the last number that there is")]
    LastKeySet,
    /// A key could not be encoded.
    #[error("a key could not be encoded")]
    Crypto(#[from] crypto::Error),
}
