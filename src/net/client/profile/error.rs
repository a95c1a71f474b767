//! Why a profile cannot be used.

use std::io;

/// An error of opening, reading or writing a profile.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// Another client has it.
    #[error(
        "this profile is open in another client already; use -profile DIR for another one, or \
         -ephemeral for one that leaves nothing"
    )]
    OpenAlready,
    /// The passphrase is wrong.
    #[error("the passphrase is wrong; nothing was changed")]
    WrongPassphrase,
    /// It is protected by a passphrase, and none was given.
    #[error(
        "this profile needs its passphrase; type it when asked, or set BAUTA_PASSPHRASE where \
         nobody can be asked"
    )]
    NeedsPassphrase,
    /// It is protected by a key file that is not there.
    #[error("the file {0} is missing: without it the profile cannot be read; put it back")]
    NoKeyFile(String),
    /// The key file can be read by others.
    #[error("others can read {0}; run chmod 600 on it, and use a new identity if they may have")]
    OpenKeyFile(String),
    /// It, or the state of a contact in it, was written by another version.
    #[error(
        "the profile was written by another version of bauta (format {0}); use that one, or start \
         another profile with -profile DIR"
    )]
    Format(i64),
    /// A row does not open, or says what no client writes.
    #[error("the profile is damaged; restore it from a backup, or start another with -profile DIR")]
    Damaged,
    /// There is nothing to wipe.
    #[error("there is no profile in {0}; name another folder with -profile DIR")]
    NoProfile(String),
    /// A file of the profile is a link or no file at all.
    #[error("{0} is no file of its own; take it away by hand, then wipe again")]
    Link(String),
    /// A file cannot be made, read or written.
    #[error("the profile's files cannot be used: {0}")]
    File(#[from] io::Error),
    /// The database fails.
    #[error("the profile's database fails: {0}")]
    Database(#[from] rusqlite::Error),
}
