//! A profile: one SQLite file of sealed rows, and nothing else that outlives a client.
//!
//! ```text
//! DIR/            0700
//!   profile.db    0600   rows(kind, id, generation, sealed), and how the key is protected
//!   key           0600   the profile's key, unless a passphrase protects it
//!   lock          0600   held while a client has the profile open
//!   copies/       0700   pictures without what they tell, 0600 each, while they are sent
//! ```
//!
//! A row is `nonce(12) ‖ ChaCha20-Poly1305(row)` with the associated data `kind ‖ generation ‖ id`,
//! so that no row can stand in another's place. Row ids are random or counted: they say nothing.
//! What is deleted is overwritten (`secure_delete`), and the write-ahead log is emptied at close.
//!
//! Changes are staged and committed together: [`Profile::commit`] is one transaction, durable when
//! it returns. The client releases nothing that depends on a change before that.

mod copies;
mod error;
mod key;
mod row;
mod wipe;

use core::fmt;
use std::collections::BTreeMap;
use std::fs;
use std::fs::File;
use std::fs::OpenOptions;
use std::fs::TryLockError;
use std::path::Path;
use std::path::PathBuf;

pub use self::error::ProfileError;
pub use self::key::Protection;
pub use self::row::Kind;
use rusqlite::Connection;
use rusqlite::OptionalExtension as _;
use zeroize::Zeroizing;

use crate::crypto::CryptoRng;
use crate::crypto::aead::AeadKey;
use crate::crypto::aead::Algorithm;
use crate::crypto::aead::NONCE_LEN;
use crate::crypto::password::Cost;
use crate::crypto::random;
use crate::crypto::secret::Secret;
use crate::crypto::secret::SecretBytes;

/// An open profile.
pub struct Profile {
    db: Connection,
    key: AeadKey,
    generation: i64,
    staged: BTreeMap<(Kind, Vec<u8>), Staged>,
    /// Where it is; nowhere if it is in memory.
    folder: Option<PathBuf>,
    /// Held until the profile is dropped.
    _lock: Option<File>,
}

/// A row as it shall be; none: deleted.
type Staged = Option<Zeroizing<Vec<u8>>>;

/// How a profile that may not exist yet is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProfileState {
    /// There is none.
    New,
    /// By a key file: it opens without a question.
    KeyFile,
    /// By a passphrase.
    Passphrase,
}

impl Profile {
    /// A profile in memory.
    ///
    /// # Errors
    /// [`ProfileError::Database`] if there is no memory for it.
    pub fn ephemeral(rng: &mut impl CryptoRng) -> Result<Self, ProfileError> {
        let db = Connection::open_in_memory()?;
        row::create(&db)?;
        Self::with(db, &Secret::random(rng), None, None)
    }

    /// Opens the profile in a folder, or makes it: with the passphrase, or with a key file.
    ///
    /// # Errors
    /// [`ProfileError`]; nothing that exists was changed.
    pub fn open(
        folder: &Path,
        passphrase: Option<&str>,
        cost: Cost,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, ProfileError> {
        create_folder(folder)?;
        let lock = lock(folder)?;
        let file = folder.join(DATABASE);
        let is_new = !file.exists();
        if is_new {
            private_file().write(true).create_new(true).open(&file)?;
        }
        let db = Connection::open(&file)?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        db.pragma_update(None, "synchronous", "FULL")?;
        db.pragma_update(None, "secure_delete", "ON")?;
        // A crash between the file's creation and this transaction leaves an empty file.
        let is_new = is_new || !row::exists(&db)?;
        let key = if is_new {
            let transaction = db.unchecked_transaction()?;
            row::create(&transaction)?;
            let key = key::create(&transaction, folder, passphrase, cost, rng)?;
            transaction.commit()?;
            key
        } else {
            key::open(&db, folder, passphrase)?
        };
        let profile = Self::with(db, &key, Some(folder.to_owned()), Some(lock))?;
        copies::sweep(folder, &row::ids(&profile.db, Kind::File, &[], None)?)?;
        // After a crash the log holds what was deleted. Nothing is lost if this fails.
        let _ = profile.tidy();
        Ok(profile)
    }

    fn with(
        db: Connection,
        key: &Secret<32>,
        folder: Option<PathBuf>,
        lock: Option<File>,
    ) -> Result<Self, ProfileError> {
        // SQLite would sort in temporary files.
        db.pragma_update(None, "temp_store", "MEMORY")?;
        let key = AeadKey::new(Algorithm::ChaCha20Poly1305, key.expose())
            .map_err(|_| ProfileError::Damaged)?;
        let generation = row::last_generation(&db)?;
        Ok(Self { db, key, generation, staged: BTreeMap::new(), folder, _lock: lock })
    }

    /// Whether copies of files can be kept beside it.
    #[must_use]
    pub fn keeps_copies(&self) -> bool {
        self.folder.is_some()
    }

    /// Where the copy of a file is that is sent otherwise than it is on the disk, by the name of its
    /// offer. One that no row of a file names is deleted when the profile is opened.
    #[must_use]
    pub fn copy_of(&self, name: &[u8; 16]) -> Option<PathBuf> {
        let folder = self.folder.as_ref()?;
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.clone());
        Some(copies::path(&folder, name))
    }

    /// How the profile in a folder is protected.
    ///
    /// # Errors
    /// [`ProfileError`] if it cannot be read.
    pub fn state(folder: &Path) -> Result<ProfileState, ProfileError> {
        let file = folder.join(DATABASE);
        if !file.exists() {
            return Ok(ProfileState::New);
        }
        let db = Connection::open(&file)?;
        // Whoever only looks takes nothing away that a wipe would overwrite.
        wipe::keep_log(&db)?;
        if !row::exists(&db)? {
            return Ok(ProfileState::New);
        }
        Ok(match key::protection(&db)? {
            Protection::KeyFile => ProfileState::KeyFile,
            Protection::Passphrase { .. } => ProfileState::Passphrase,
        })
    }

    /// Whether there is a profile in a folder that can be wiped.
    ///
    /// # Errors
    /// [`ProfileError`]: there is none, or one of its files is a link.
    pub fn can_be_wiped(folder: &Path) -> Result<(), ProfileError> {
        wipe::files(folder).map(|_| ())
    }

    /// Destroys the profile in a folder, its key first. Files that are not a profile's stay.
    ///
    /// # Errors
    /// [`ProfileError`]: there is none, it is in use, or a file cannot be overwritten or deleted;
    /// wiping again goes on.
    pub fn wipe(folder: &Path) -> Result<(), ProfileError> {
        wipe::wipe(folder)
    }

    /// Stages a row, in place of the one of this kind and id.
    pub fn put(&mut self, kind: Kind, id: &[u8], row: Zeroizing<Vec<u8>>) {
        self.staged.insert((kind, id.to_vec()), Some(row));
    }

    /// Stages the deletion of a row.
    pub fn delete(&mut self, kind: Kind, id: &[u8]) {
        self.staged.insert((kind, id.to_vec()), None);
    }

    /// Stages the deletion of every row of a kind whose id begins so, staged ones included.
    ///
    /// # Errors
    /// [`ProfileError::Database`].
    pub fn delete_all(&mut self, kind: Kind, prefix: &[u8]) -> Result<(), ProfileError> {
        let staged = self.staged.keys().filter(|(of, id)| *of == kind && id.starts_with(prefix));
        let before = successor(prefix);
        let ids = row::ids(&self.db, kind, prefix, before.as_deref())?.into_iter();
        let ids: Vec<_> = ids.chain(staged.map(|(_, id)| id.clone())).collect();
        ids.iter().for_each(|id| self.delete(kind, id));
        Ok(())
    }

    /// Makes everything that is staged durable, or nothing of it.
    ///
    /// # Errors
    /// [`ProfileError::Database`]: what is staged stays staged, and nothing may be released.
    pub fn commit(&mut self, rng: &mut impl CryptoRng) -> Result<(), ProfileError> {
        if self.staged.is_empty() {
            return Ok(());
        }
        let generation = self.generation.saturating_add(1);
        let transaction = self.db.transaction()?;
        for ((kind, id), row) in &self.staged {
            match row {
                Some(row) => {
                    let nonce = random::<NONCE_LEN>(rng);
                    let aad = associated_data(*kind, generation, id);
                    let sealed =
                        self.key.seal(&nonce, &aad, row).map_err(|_| ProfileError::Damaged)?;
                    let sealed = [&nonce[..], &sealed].concat();
                    row::write(&transaction, *kind, id, generation, &sealed)?;
                }
                None => row::delete(&transaction, *kind, id)?,
            }
        }
        transaction.commit()?;
        self.generation = generation;
        self.staged.clear();
        Ok(())
    }

    /// Every committed row of a kind, in the order of their ids.
    ///
    /// # Errors
    /// [`ProfileError::Damaged`] if a row does not open.
    pub fn rows(&self, kind: Kind) -> Result<Vec<(Vec<u8>, SecretBytes)>, ProfileError> {
        row::read_all(&self.db, kind)?.into_iter().map(|row| self.unseal(kind, row)).collect()
    }

    /// At most `limit` committed rows of a kind whose ids begin with `prefix` and stand before
    /// `before`, the last first.
    ///
    /// # Errors
    /// [`ProfileError::Damaged`] if a row does not open.
    pub fn rows_before(
        &self,
        kind: Kind,
        prefix: &[u8],
        before: &[u8],
        limit: usize,
    ) -> Result<Vec<(Vec<u8>, SecretBytes)>, ProfileError> {
        row::read_before(&self.db, kind, prefix, before, limit)?
            .into_iter()
            .map(|row| self.unseal(kind, row))
            .collect()
    }

    /// The ids of the committed rows of a kind from one to before another, in order.
    ///
    /// # Errors
    /// [`ProfileError::Database`].
    pub fn ids(
        &self,
        kind: Kind,
        from: &[u8],
        before: &[u8],
    ) -> Result<Vec<Vec<u8>>, ProfileError> {
        Ok(row::ids(&self.db, kind, from, Some(before))?)
    }

    /// At most `limit` committed rows of a kind whose ids stand behind `after`, in order.
    ///
    /// # Errors
    /// [`ProfileError::Damaged`] if a row does not open.
    pub fn rows_after(
        &self,
        kind: Kind,
        after: &[u8],
        limit: usize,
    ) -> Result<Vec<(Vec<u8>, SecretBytes)>, ProfileError> {
        row::read_after(&self.db, kind, after, limit)?
            .into_iter()
            .map(|row| self.unseal(kind, row))
            .collect()
    }

    /// One row as it stands, staged changes included.
    ///
    /// # Errors
    /// [`ProfileError::Damaged`] if it does not open.
    pub fn row(&self, kind: Kind, id: &[u8]) -> Result<Option<SecretBytes>, ProfileError> {
        if let Some(staged) = self.staged.get(&(kind, id.to_vec())) {
            return Ok(staged.as_ref().map(|row| SecretBytes::new(row.to_vec())));
        }
        let row = row::read(&self.db, kind, id).optional()?;
        Ok(row.map(|row| self.unseal(kind, row)).transpose()?.map(|(_, row)| row))
    }

    /// Empties the write-ahead log, so that nothing deleted lingers in it.
    ///
    /// # Errors
    /// [`ProfileError::Database`].
    pub fn tidy(&self) -> Result<(), ProfileError> {
        self.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(())
    }

    fn unseal(&self, kind: Kind, row: row::Sealed) -> Result<(Vec<u8>, SecretBytes), ProfileError> {
        let row::Sealed { id, generation, sealed } = row;
        let (nonce, sealed) =
            sealed.split_first_chunk::<NONCE_LEN>().ok_or(ProfileError::Damaged)?;
        let aad = associated_data(kind, generation, &id);
        let row = self.key.open(nonce, &aad, sealed).map_err(|_| ProfileError::Damaged)?;
        Ok((id, row))
    }
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { db: _, key: _, generation: _, staged, folder: _, _lock: _ } = self;
        write!(f, "Profile({} rows staged)", staged.len())
    }
}

impl Drop for Profile {
    fn drop(&mut self) {
        // Nothing is lost if this fails: the next open finds the log and takes it in.
        let _ = self.tidy();
    }
}

fn associated_data(kind: Kind, generation: i64, id: &[u8]) -> Vec<u8> {
    [&kind.number().to_be_bytes()[..], &generation.to_be_bytes(), id].concat()
}

/// The first id behind all that begin with a prefix; none if there is no such.
fn successor(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = prefix.to_vec();
    while let Some(last) = bytes.pop() {
        if let Some(next) = last.checked_add(1) {
            bytes.push(next);
            return Some(bytes);
        }
    }
    None
}

fn create_folder(folder: &Path) -> Result<(), ProfileError> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    Ok(builder.create(folder)?)
}

/// Takes the profile for this process.
fn lock(folder: &Path) -> Result<File, ProfileError> {
    let file = private_file().create(true).write(true).open(folder.join(LOCK))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(ProfileError::OpenAlready),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// Options for a file that only its owner may read.
fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

const DATABASE: &str = "profile.db";
const LOCK: &str = "lock";

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;
    use rusqlite::params;

    use super::*;

    fn rng() -> StdRng {
        StdRng::seed_from_u64(1)
    }

    fn open(folder: &Path, passphrase: Option<&str>) -> Result<Profile, ProfileError> {
        Profile::open(folder, passphrase, Cost::LEAST, &mut rng())
    }

    fn row(text: &str) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(text.as_bytes().to_vec())
    }

    #[test]
    fn committed_rows_are_there_again_and_staged_ones_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let mut profile = open(folder.path(), None).unwrap();
        profile.put(Kind::Contact, b"a", row("one"));
        profile.put(Kind::Contact, b"b", row("two"));
        profile.commit(&mut rng()).unwrap();
        profile.delete(Kind::Contact, b"a");
        profile.put(Kind::Contact, b"b", row("three"));
        drop(profile);
        let profile = open(folder.path(), None).unwrap();
        let rows = profile.rows(Kind::Contact).unwrap();
        let texts: Vec<_> = rows.iter().map(|(_, row)| row.expose()).collect();
        assert_eq!(texts, [b"one", b"two"]);
        assert!(profile.rows(Kind::Session).unwrap().is_empty());
    }

    #[test]
    fn the_log_that_a_crash_leaves_is_gone_once_the_profile_is_open() {
        let (folder, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut profile = open(folder.path(), None).unwrap();
        profile.put(Kind::Contact, b"a", row("secret"));
        profile.commit(&mut rng()).unwrap();
        profile.delete(Kind::Contact, b"a");
        profile.commit(&mut rng()).unwrap();
        for entry in fs::read_dir(folder.path()).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
        }
        let log = copy.path().join(format!("{DATABASE}-wal"));
        assert!(fs::metadata(&log).unwrap().len() > 0);
        let crashed = open(copy.path(), None).unwrap();
        assert_eq!(fs::metadata(&log).unwrap().len(), 0);
        drop(crashed);
    }

    #[test]
    fn a_second_client_is_refused_and_told_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let first = open(folder.path(), None).unwrap();
        let error = open(folder.path(), None).unwrap_err();
        assert!(matches!(error, ProfileError::OpenAlready));
        let sentence = error.to_string();
        assert!(sentence.contains("-profile DIR") && sentence.contains("-ephemeral"), "{sentence}");
        drop(first);
        assert!(open(folder.path(), None).is_ok());
    }

    #[test]
    fn a_wrong_passphrase_is_said_and_destroys_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut profile = open(folder.path(), Some("right")).unwrap();
        profile.put(Kind::Contact, b"a", row("one"));
        profile.commit(&mut rng()).unwrap();
        drop(profile);
        assert_eq!(Profile::state(folder.path()).unwrap(), ProfileState::Passphrase);
        assert!(matches!(open(folder.path(), Some("wrong")), Err(ProfileError::WrongPassphrase)));
        assert!(matches!(open(folder.path(), None), Err(ProfileError::NeedsPassphrase)));
        let profile = open(folder.path(), Some("right")).unwrap();
        assert_eq!(profile.rows(Kind::Contact).unwrap().len(), 1);
        assert!(!folder.path().join("key").exists());
    }

    #[test]
    fn a_profile_of_another_version_is_refused_by_its_number_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        drop(open(folder.path(), None).unwrap());
        let file = folder.path().join(DATABASE);
        for format in [row::FORMAT - 1, row::FORMAT + 1] {
            let db = Connection::open(&file).unwrap();
            db.execute("UPDATE protection SET format = ?1", [format]).unwrap();
            drop(db);
            let before = fs::read(&file).unwrap();
            let error = open(folder.path(), None).unwrap_err();
            assert!(matches!(error, ProfileError::Format(found) if found == format));
            assert!(error.to_string().contains("another version of bauta"), "{error}");
            assert!(fs::read(&file).unwrap() == before);
        }
    }

    #[test]
    fn a_row_moved_to_another_place_is_damage() {
        let folder = tempfile::tempdir().unwrap();
        let mut profile = open(folder.path(), None).unwrap();
        profile.put(Kind::Contact, b"a", row("one"));
        profile.commit(&mut rng()).unwrap();
        drop(profile);
        let db = Connection::open(folder.path().join(DATABASE)).unwrap();
        for change in ["id = x'62'", "kind = 5", "generation = 9"] {
            db.execute_batch("SAVEPOINT s").unwrap();
            db.execute(&format!("UPDATE rows SET {change}"), params![]).unwrap();
            db.execute_batch("RELEASE s").unwrap();
            let profile = open(folder.path(), None).unwrap();
            let read: Result<Vec<_>, _> =
                [Kind::Contact, Kind::Session].iter().map(|kind| profile.rows(*kind)).collect();
            assert!(matches!(read, Err(ProfileError::Damaged)), "{change}");
            drop(profile);
            db.execute("UPDATE rows SET id = x'61', kind = 3, generation = 1", params![]).unwrap();
        }
    }

    #[test]
    fn nothing_is_readable_in_the_files() {
        let folder = tempfile::tempdir().unwrap();
        let mut profile = open(folder.path(), None).unwrap();
        profile.put(Kind::Contact, b"a", row("a planted needle"));
        profile.commit(&mut rng()).unwrap();
        let found = |needle: &[u8]| {
            fs::read_dir(folder.path()).unwrap().any(|entry| {
                let bytes = fs::read(entry.unwrap().path()).unwrap();
                bytes.windows(needle.len()).any(|window| window == needle)
            })
        };
        assert!(!found(b"a planted needle"));
        assert!(found(b"CREATE TABLE"), "the search would find what is readable");
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read_the_files() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("deeper/profile");
        let mut profile = open(&inner, None).unwrap();
        profile.put(Kind::Contact, b"a", row("one"));
        profile.commit(&mut rng()).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&inner), 0o700);
        for entry in fs::read_dir(&inner).unwrap() {
            let path = entry.unwrap().path();
            assert_eq!(mode(&path), 0o600, "{}", path.display());
        }
    }

    /// The one test that pays Argon2id's full cost.
    #[test]
    fn a_passphrase_costs_what_is_recommended() {
        let folder = tempfile::tempdir().unwrap();
        let open = |passphrase| {
            Profile::open(folder.path(), Some(passphrase), Cost::RECOMMENDED, &mut rng())
        };
        drop(open("right").unwrap());
        assert!(open("right").is_ok());
        let db = Connection::open(folder.path().join(DATABASE)).unwrap();
        let Protection::Passphrase { cost, .. } = key::protection(&db).unwrap() else {
            panic!("no passphrase");
        };
        assert_eq!(cost, Cost::RECOMMENDED);
    }
}
