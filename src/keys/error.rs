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
    /// Somebody else owns a private key or the folder.
    #[error(
        "{} belongs to another user (number {uid}); give it to the relay's user if that one is trusted, otherwise replace the keys",
        path.display()
    )]
    NotOwned {
        /// The file or folder.
        path: PathBuf,
        /// Its owner.
        uid: u32,
    },
    /// Others than the owner may put files into a folder that holds keys.
    #[error(
        "others can write into {} (mode {mode:03o}), so that its keys may be somebody else's; make it 700 if nobody has changed them",
        path.display()
    )]
    Open {
        /// The folder.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// Something else stands where a file should.
    #[error("{} is a link, or no file at all; put the file itself there", path.display())]
    NotAFile {
        /// What it is called.
        path: PathBuf,
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
    #[error(
        "{} is needed to refresh keys and is not there; bring it here for this one start",
        path.display()
    )]
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
    /// There is no secret of a private network.
    #[error("{} holds no join secret, which is 64 hexadecimal digits", path.display())]
    NoJoinSecret {
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
