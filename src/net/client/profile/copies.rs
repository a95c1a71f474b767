//! Copies of files that are sent otherwise than they are on the disk, in a folder of the profile's:
//! a file each, called as the offer, gone with it.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;

/// Where the copy of a file is.
pub(super) fn path(folder: &Path, name: &[u8; 16]) -> PathBuf {
    folder.join(FOLDER).join(hex(name))
}

/// Deletes what no row names: the file is over, or never began. `rows` are the ids of rows of
/// files, each a contact's number and a name.
pub(super) fn sweep(folder: &Path, rows: &[Vec<u8>]) -> io::Result<()> {
    let there = all(folder)?;
    if there.is_empty() {
        return Ok(());
    }
    let named = rows.iter().filter_map(|id| id.last_chunk::<16>());
    let named: BTreeSet<PathBuf> = named.map(|name| path(folder, name)).collect();
    there.iter().filter(|copy| !named.contains(*copy)).try_for_each(fs::remove_file)
}

/// Every copy that is there.
pub(super) fn all(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder.join(FOLDER)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    let is_copy = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    paths.filter(|path| path.as_ref().is_ok_and(is_copy) || path.is_err()).collect()
}

/// Takes the folder away, if nothing is left in it.
pub(super) fn leave(folder: &Path) {
    // Somebody may keep other things there.
    let _ = fs::remove_dir(folder.join(FOLDER));
}

fn hex(name: &[u8; 16]) -> String {
    name.iter().map(|byte| format!("{byte:02x}")).collect()
}

const FOLDER: &str = "copies";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_row_names_is_gone_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        sweep(folder.path(), &[]).unwrap();
        let copies = folder.path().join(FOLDER);
        fs::create_dir(&copies).unwrap();
        let (kept, gone) = (path(folder.path(), &[1; 16]), path(folder.path(), &[2; 16]));
        let foreign = copies.join("notes.txt");
        for path in [&kept, &gone, &foreign] {
            fs::write(path, b"a").unwrap();
        }
        let row = [&7_u64.to_be_bytes()[..], &[1; 16]].concat();
        sweep(folder.path(), &[row]).unwrap();
        assert_eq!([kept.exists(), gone.exists(), foreign.exists()], [true, false, true]);
        assert_eq!(all(folder.path()).unwrap(), [kept]);
    }
}
