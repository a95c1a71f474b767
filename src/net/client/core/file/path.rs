//! Paths in rows: bytes where a system has them so, text where it does not.

use std::path::Path;
use std::path::PathBuf;

#[cfg(unix)]
pub(super) fn to_bytes(path: &Path) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt as _;
    path.as_os_str().as_bytes().to_vec()
}

#[cfg(unix)]
pub(in super::super) fn from_bytes(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}

#[cfg(not(unix))]
pub(super) fn to_bytes(path: &Path) -> Vec<u8> {
    path.to_string_lossy().into_owned().into_bytes()
}

#[cfg(not(unix))]
pub(in super::super) fn from_bytes(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}

/// What a file is called, without where it is: at most so many bytes.
pub(super) fn name_of(path: &Path, most: usize) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = name.filter(|name| !name.is_empty()).unwrap_or_else(|| "file".to_owned());
    let end = name.floor_char_boundary(most);
    name.get(..end).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_offered_without_its_folder_and_not_too_long() {
        assert_eq!(name_of(Path::new("/home/me/secret plans/a b.txt"), 255), "a b.txt");
        assert_eq!(name_of(Path::new("/"), 255), "file");
        assert_eq!(name_of(Path::new("éé"), 3), "é");
    }

    #[cfg(unix)]
    #[test]
    fn a_path_that_is_no_text_survives_its_row() {
        let bytes = b"/tmp/\xff\xfe";
        assert_eq!(to_bytes(&from_bytes(bytes)), bytes);
    }
}
