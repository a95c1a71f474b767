//! The key that seals a profile's rows, and what protects it: a passphrase or a file.
//!
//! With a passphrase the random key stands in the database, sealed under
//! `Argon2id(passphrase, salt, cost)`; without, it is the file `key`, 64 hexadecimal digits.

use std::fs;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use rusqlite::Connection;
use rusqlite::params;
use zeroize::Zeroizing;

use super::ProfileError;
use super::private_file;
use super::row::FORMAT;
use crate::crypto::CryptoRng;
use crate::crypto::aead::AeadKey;
use crate::crypto::aead::Algorithm;
use crate::crypto::aead::NONCE_LEN;
use crate::crypto::password;
use crate::crypto::password::Cost;
use crate::crypto::random;
use crate::crypto::secret::Secret;

/// What protects a profile's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Protection {
    /// The file `key`.
    KeyFile,
    /// A passphrase.
    Passphrase {
        /// The salt of the derivation.
        salt: [u8; 16],
        /// Its cost.
        cost: Cost,
        /// `nonce(12) ‖ key(32) ‖ tag(16)`.
        sealed: Vec<u8>,
    },
}

/// A fresh key, written down for the next time.
pub(super) fn create(
    db: &Connection,
    folder: &Path,
    passphrase: Option<&str>,
    cost: Cost,
    rng: &mut impl CryptoRng,
) -> Result<Secret<32>, ProfileError> {
    let key = Secret::random(rng);
    match passphrase.filter(|passphrase| !passphrase.is_empty()) {
        Some(passphrase) => {
            let salt = random::<16>(rng);
            let nonce = random::<NONCE_LEN>(rng);
            let sealed = wrapping_key(passphrase, &salt, cost)?
                .seal(&nonce, AAD, key.expose())
                .map_err(|_| ProfileError::Damaged)?;
            db.execute(
                "INSERT INTO protection(format, salt, memory, passes, lanes, sealed)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    FORMAT,
                    salt,
                    cost.memory_kib,
                    cost.passes,
                    cost.lanes,
                    [&nonce[..], &sealed].concat()
                ],
            )?;
        }
        None => {
            write_key_file(folder, &key)?;
            db.execute("INSERT INTO protection(format) VALUES (?1)", params![FORMAT])?;
        }
    }
    Ok(key)
}

/// The key of a profile that exists.
pub(super) fn open(
    db: &Connection,
    folder: &Path,
    passphrase: Option<&str>,
) -> Result<Secret<32>, ProfileError> {
    match protection(db)? {
        Protection::KeyFile => read_key_file(folder),
        Protection::Passphrase { salt, cost, sealed } => {
            let passphrase = passphrase.ok_or(ProfileError::NeedsPassphrase)?;
            let (nonce, sealed) =
                sealed.split_first_chunk::<NONCE_LEN>().ok_or(ProfileError::Damaged)?;
            let key = wrapping_key(passphrase, &salt, cost)?
                .open(nonce, AAD, sealed)
                .map_err(|_| ProfileError::WrongPassphrase)?;
            Secret::from_slice(key.expose()).map_err(|_| ProfileError::Damaged)
        }
    }
}

/// What protects the key of a profile that exists.
pub(super) fn protection(db: &Connection) -> Result<Protection, ProfileError> {
    let (format, salt, memory_kib, passes, lanes, sealed) = db.query_row(
        "SELECT format, salt, memory, passes, lanes, sealed FROM protection",
        [],
        |row| {
            let salt: Option<[u8; 16]> = row.get(1)?;
            let cost: (Option<u32>, Option<u32>, Option<u32>) =
                (row.get(2)?, row.get(3)?, row.get(4)?);
            let sealed: Option<Vec<u8>> = row.get(5)?;
            Ok((row.get::<_, i64>(0)?, salt, cost.0, cost.1, cost.2, sealed))
        },
    )?;
    if format != FORMAT {
        return Err(ProfileError::Format(format));
    }
    match (salt, memory_kib, passes, lanes, sealed) {
        (Some(salt), Some(memory_kib), Some(passes), Some(lanes), Some(sealed)) => {
            let cost = Cost { memory_kib, passes, lanes };
            Ok(Protection::Passphrase { salt, cost, sealed })
        }
        (None, None, None, None, None) => Ok(Protection::KeyFile),
        _ => Err(ProfileError::Damaged),
    }
}

fn wrapping_key(passphrase: &str, salt: &[u8; 16], cost: Cost) -> Result<AeadKey, ProfileError> {
    let key =
        password::derive(passphrase.as_bytes(), salt, cost).map_err(|_| ProfileError::Damaged)?;
    AeadKey::new(Algorithm::ChaCha20Poly1305, key.expose()).map_err(|_| ProfileError::Damaged)
}

fn write_key_file(folder: &Path, key: &Secret<32>) -> Result<(), ProfileError> {
    // An earlier attempt that crashed may have left one; no row was sealed under it.
    let path = folder.join(KEY_FILE);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let mut file = private_file().write(true).create_new(true).open(&path)?;
    let hex: Zeroizing<String> =
        Zeroizing::new(key.expose().iter().map(|byte| format!("{byte:02x}")).collect());
    file.write_all(hex.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    File::open(folder)?.sync_all()?;
    Ok(())
}

fn read_key_file(folder: &Path) -> Result<Secret<32>, ProfileError> {
    let path = folder.join(KEY_FILE);
    let shown = path.display().to_string();
    if !path.exists() {
        return Err(ProfileError::NoKeyFile(shown));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        if fs::metadata(&path)?.permissions().mode() & 0o077 != 0 {
            return Err(ProfileError::OpenKeyFile(shown));
        }
    }
    let hex = Zeroizing::new(fs::read_to_string(&path)?);
    let digits = hex.trim_end().as_bytes().chunks(2);
    let bytes = digits
        .map(|pair| u8::from_str_radix(core::str::from_utf8(pair).unwrap_or_default(), 16))
        .collect::<Result<Vec<_>, _>>()
        .map(Zeroizing::new)
        .map_err(|_| ProfileError::Damaged)?;
    Secret::from_slice(&bytes).map_err(|_| ProfileError::Damaged)
}

pub(super) const KEY_FILE: &str = "key";
const AAD: &[u8] = b"bauta profile key v1";
