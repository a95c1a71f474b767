//! The file of a private network's secret: 64 hexadecimal digits, for its owner's eyes only.

use std::io::Write as _;
use std::path::Path;

use zeroize::Zeroizing;

use super::KeysError;
use super::files;
use super::platform;
use crate::crypto::CryptoRng;
use crate::crypto::join::JoinSecret;

/// The secret in a file, which is made if there is none. Blocks on the disk.
///
/// # Errors
/// A sentence for the operator: others can read the file, or it holds no secret.
pub fn open_or_create(path: &Path, rng: &mut impl CryptoRng) -> Result<JoinSecret, KeysError> {
    if let Some(secret) = read(path)? {
        return Ok(secret);
    }
    let secret = JoinSecret::generate(rng);
    let write = || {
        let mut file = platform::create_file(path)?;
        file.write_all(format!("{}\n", *secret.to_text()).as_bytes())?;
        file.sync_all()
    };
    write().map_err(files::at(path))?;
    Ok(secret)
}

/// The text of the secret in a file that is there.
///
/// # Errors
/// A sentence: there is no such file, others can read it, or it holds no secret.
pub fn text(path: &Path) -> Result<Zeroizing<String>, KeysError> {
    let secret = read(path)?;
    secret
        .map(|secret| secret.to_text())
        .ok_or_else(|| KeysError::NoJoinSecret { path: path.into() })
}

fn read(path: &Path) -> Result<Option<JoinSecret>, KeysError> {
    let Some(bytes) = files::read(path, files::refuse_exposed)? else { return Ok(None) };
    let text = core::str::from_utf8(bytes.expose()).ok();
    let secret = text.and_then(JoinSecret::from_text);
    secret.map(Some).ok_or_else(|| KeysError::NoJoinSecret { path: path.into() })
}
