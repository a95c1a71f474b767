//! Destroying a profile: the key first, for without it no row can be read.
//!
//! | step | what | what is left after a crash there |
//! |---|---|---|
//! | 1 | the key file is overwritten, or the sealed key in the database is | rows that nobody can open |
//! | 2 | the log, which may hold that key, and the database are overwritten | zeros |
//! | 3 | all of them are deleted, and the folder if it is empty | less of them |
//!
//! Wiping again goes on where it ended. What a file system or a disk keeps of overwritten blocks
//! (copies, snapshots, flash) is beyond a program; `docs/THREAT_MODEL.md` says so.

use std::fs;
use std::fs::File;
use std::fs::OpenOptions;
use std::io;
use std::io::Seek as _;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::DATABASE;
use super::LOCK;
use super::ProfileError;
use super::copies;
use super::key::KEY_FILE;
use super::lock;

/// The files of the profile in a folder, if it can be wiped; changes nothing.
///
/// # Errors
/// [`ProfileError::NoProfile`] if there is none, [`ProfileError::Link`] if one of its files is a
/// link.
pub(super) fn files(folder: &Path) -> Result<Vec<PathBuf>, ProfileError> {
    let files: Vec<PathBuf> =
        FILES.iter().map(|name| folder.join(name)).filter(|path| exists(path)).collect();
    let copies = copies::all(folder)?;
    if files.is_empty() && copies.is_empty() {
        return Err(ProfileError::NoProfile(folder.display().to_string()));
    }
    let files: Vec<PathBuf> = files.into_iter().chain(copies).collect();
    // What stands behind a link is somebody else's to decide about.
    match files.iter().find(|path| !is_file(path)) {
        Some(link) => Err(ProfileError::Link(link.display().to_string())),
        None => Ok(files),
    }
}

/// Destroys the profile in a folder. Files that are not a profile's stay.
///
/// # Errors
/// As [`files`], and [`ProfileError::OpenAlready`] if a client has it: nothing was changed then.
/// [`ProfileError::File`] if a file cannot be overwritten or deleted; wiping again goes on.
pub(super) fn wipe(folder: &Path) -> Result<(), ProfileError> {
    files(folder)?;
    let held = lock(folder)?;
    overwrite(&folder.join(KEY_FILE))?;
    destroy_sealed_key(&folder.join(DATABASE));
    let files = files(folder)?;
    for path in &files {
        overwrite(path)?;
    }
    for path in &files {
        delete(path)?;
    }
    copies::leave(folder);
    drop(held);
    delete(&folder.join(LOCK))?;
    File::open(folder)?.sync_all()?;
    // Somebody may keep other things there.
    let _ = fs::remove_dir(folder);
    Ok(())
}

/// Overwrites the key that a passphrase protects. A database that is too damaged for that is
/// overwritten as a whole a moment later. The log stays, to be overwritten next: SQLite would delete
/// it as it is, and it may hold the key.
fn destroy_sealed_key(database: &Path) {
    if !exists(database) {
        return;
    }
    let overwritten = Connection::open(database).and_then(|db| {
        keep_log(&db)?;
        db.pragma_update(None, "secure_delete", "ON")?;
        db.pragma_update(None, "synchronous", "FULL")?;
        db.execute("UPDATE protection SET salt = zeroblob(16), sealed = zeroblob(60)", [])?;
        db.query_row("PRAGMA wal_checkpoint(FULL)", [], |_| Ok(()))
    });
    drop(overwritten);
}

/// Leaves the log where it is when the database is closed.
pub(super) fn keep_log(db: &Connection) -> rusqlite::Result<()> {
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map(drop)
}

fn overwrite(path: &Path) -> io::Result<()> {
    if !exists(path) {
        return Ok(());
    }
    let mut file = OpenOptions::new().write(true).open(path)?;
    let mut left = file.seek(io::SeekFrom::End(0))?;
    file.rewind()?;
    let zeros = [0; CHUNK];
    while left > 0 {
        let len = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
        file.write_all(zeros.get(..len).unwrap_or_default())?;
        left = left.saturating_sub(u64::try_from(len).unwrap_or(left));
    }
    file.sync_all()
}

fn delete(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

fn is_file(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| metadata.is_file())
}

/// The key first, and where it may be.
const FILES: [&str; 5] =
    [KEY_FILE, "profile.db-wal", "profile.db-journal", DATABASE, "profile.db-shm"];
const CHUNK: usize = 65_536;

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;
    use zeroize::Zeroizing;

    use super::super::Kind;
    use super::super::Profile;
    use super::super::key;
    use super::*;
    use crate::crypto::password::Cost;

    fn make(folder: &Path, passphrase: Option<&str>) -> Profile {
        let mut rng = StdRng::seed_from_u64(1);
        let mut profile = Profile::open(folder, passphrase, Cost::LEAST, &mut rng).unwrap();
        profile.put(Kind::Contact, b"a", Zeroizing::new(b"one".to_vec()));
        profile.commit(&mut rng).unwrap();
        profile
    }

    #[test]
    fn nothing_of_a_profile_is_left() {
        for passphrase in [None, Some("right")] {
            let home = tempfile::tempdir().unwrap();
            let folder = home.path().join("profile");
            drop(make(&folder, passphrase));
            let copy = copies::path(&folder, &[7; 16]);
            fs::create_dir(copy.parent().unwrap()).unwrap();
            fs::write(&copy, b"a picture").unwrap();
            wipe(&folder).unwrap();
            assert!(!folder.exists());
            assert!(matches!(wipe(&folder), Err(ProfileError::NoProfile(_))));
        }
    }

    #[test]
    fn the_sealed_key_goes_before_anything_else() {
        let home = tempfile::tempdir().unwrap();
        drop(make(home.path(), Some("right")));
        let file = home.path().join(DATABASE);
        let key::Protection::Passphrase { sealed, salt, .. } =
            key::protection(&Connection::open(&file).unwrap()).unwrap()
        else {
            panic!("no passphrase");
        };
        let holds = |needle: &[u8]| {
            fs::read_dir(home.path()).unwrap().any(|entry| {
                let bytes = fs::read(entry.unwrap().path()).unwrap();
                bytes.windows(needle.len()).any(|window| window == needle)
            })
        };
        assert!(holds(&sealed) && holds(&salt));
        destroy_sealed_key(&file);
        assert!(!holds(&sealed) && !holds(&salt));
        let mut rng = StdRng::seed_from_u64(2);
        let opened = Profile::open(home.path(), Some("right"), Cost::LEAST, &mut rng);
        assert!(opened.is_err());
    }

    /// What a crash leaves of a first session: the log has the sealed key and every row.
    #[test]
    fn the_log_is_overwritten_before_it_goes() {
        let (home, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let profile = make(home.path(), Some("right"));
        for entry in fs::read_dir(home.path()).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
        }
        drop(profile);
        // Another name for the same blocks of the disk.
        let other = tempfile::tempdir().unwrap();
        for name in [DATABASE, "profile.db-wal"] {
            fs::hard_link(copy.path().join(name), other.path().join(name)).unwrap();
        }
        let log = || fs::read(other.path().join("profile.db-wal")).unwrap();
        assert!(log().iter().any(|byte| *byte != 0));
        wipe(copy.path()).unwrap();
        assert!(!log().is_empty() && log().iter().all(|byte| *byte == 0));
        let database = fs::read(other.path().join(DATABASE)).unwrap();
        assert!(!database.is_empty() && database.iter().all(|byte| *byte == 0));
        assert!(!copy.path().exists());
    }

    #[test]
    fn other_things_in_the_folder_stay() {
        let home = tempfile::tempdir().unwrap();
        drop(make(home.path(), None));
        fs::write(home.path().join("notes"), b"mine").unwrap();
        wipe(home.path()).unwrap();
        let left: Vec<_> =
            fs::read_dir(home.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(left, ["notes"]);
    }

    #[test]
    fn a_profile_in_use_is_not_wiped() {
        let home = tempfile::tempdir().unwrap();
        let profile = make(home.path(), None);
        assert!(matches!(wipe(home.path()), Err(ProfileError::OpenAlready)));
        drop(profile);
        let profile = make(home.path(), None);
        assert_eq!(profile.rows(Kind::Contact).unwrap().len(), 1);
    }

    #[test]
    fn a_wipe_that_was_cut_off_is_finished_by_the_next() {
        let home = tempfile::tempdir().unwrap();
        drop(make(home.path(), None));
        fs::remove_file(home.path().join(KEY_FILE)).unwrap();
        overwrite(&home.path().join(DATABASE)).unwrap();
        wipe(home.path()).unwrap();
        assert!(!home.path().exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_not_followed() {
        let home = tempfile::tempdir().unwrap();
        let elsewhere = home.path().join("elsewhere");
        let folder = home.path().join("profile");
        drop(make(&folder, None));
        fs::rename(folder.join(KEY_FILE), &elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, folder.join(KEY_FILE)).unwrap();
        let key = fs::read(&elsewhere).unwrap();
        assert!(matches!(wipe(&folder), Err(ProfileError::Link(_))));
        assert_eq!(fs::read(&elsewhere).unwrap(), key);
        assert!(folder.join(DATABASE).exists());
    }
}
