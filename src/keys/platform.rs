//! What only some systems can: owners, modes 0700 and 0600, a folder that is locked and synced like a
//! file.

#[cfg(not(unix))]
pub(super) use self::other::*;
#[cfg(unix)]
pub(super) use self::unix::*;

#[cfg(unix)]
mod unix {
    use std::fs;
    use std::fs::DirBuilder;
    use std::fs::File;
    use std::fs::Metadata;
    use std::fs::OpenOptions;
    use std::fs::Permissions;
    use std::io;
    use std::os::unix::fs::DirBuilderExt as _;
    use std::os::unix::fs::MetadataExt as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;

    const FOLDER_MODE: u32 = 0o700;
    const FILE_MODE: u32 = 0o600;
    const OTHERS: u32 = 0o077;
    const OTHERS_WRITE: u32 = 0o022;

    /// Makes a folder for its owner only, down to the disk; one that is there stays as it is.
    pub(in crate::keys) fn create_folder(path: &Path) -> io::Result<()> {
        let made: Vec<_> = path.ancestors().take_while(|folder| !folder.exists()).collect();
        DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(path)?;
        made.into_iter().filter_map(Path::parent).try_for_each(|parent| {
            let here = Path::new(".");
            let parent = if parent.as_os_str().is_empty() { here } else { parent };
            File::open(parent)?.sync_all()
        })
    }

    /// The owner of a file or folder, if that is somebody else than who runs this.
    pub(in crate::keys) fn other_owner(metadata: &Metadata) -> Option<u32> {
        let owner = metadata.uid();
        (owner != rustix::process::geteuid().as_raw()).then_some(owner)
    }

    /// The permissions of a folder into which others than its owner can put files.
    pub(in crate::keys) fn mode_if_writable(metadata: &Metadata) -> Option<u32> {
        let mode = metadata.permissions().mode() & 0o777;
        (mode & OTHERS_WRITE != 0).then_some(mode)
    }

    /// Makes a file for its owner only. One that was there is replaced, not written into.
    pub(in crate::keys) fn create_file(path: &Path) -> io::Result<File> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path)
    }

    /// The permissions of a file that others than its owner can read or write.
    pub(in crate::keys) fn mode_if_exposed(metadata: &Metadata) -> Option<u32> {
        let mode = metadata.permissions().mode() & 0o777;
        (mode & OTHERS != 0).then_some(mode)
    }

    /// An open folder: locked until it is dropped.
    #[derive(Debug)]
    pub(in crate::keys) struct FolderHandle(File);

    impl FolderHandle {
        pub(in crate::keys) fn lock(path: &Path) -> io::Result<Self> {
            let folder = File::open(path)?;
            folder.lock()?;
            Ok(Self(folder))
        }

        /// What the folder is now, whatever its name stands for by now.
        pub(in crate::keys) fn metadata(&self) -> io::Result<Metadata> {
            self.0.metadata()
        }

        /// Closes the folder to everybody but its owner.
        pub(in crate::keys) fn close(&self) -> io::Result<()> {
            if self.0.metadata()?.permissions().mode() & OTHERS == 0 {
                return Ok(());
            }
            self.0.set_permissions(Permissions::from_mode(FOLDER_MODE))
        }

        /// Makes creations and renamings in the folder durable.
        pub(in crate::keys) fn sync(&self) -> io::Result<()> {
            self.0.sync_all()
        }
    }
}

#[cfg(not(unix))]
mod other {
    use std::fs;
    use std::fs::File;
    use std::fs::Metadata;
    use std::io;
    use std::path::Path;

    /// Makes a folder; who may read it is inherited.
    pub(in crate::keys) fn create_folder(path: &Path) -> io::Result<()> {
        fs::create_dir_all(path)
    }

    /// Makes a file; who may read it is inherited.
    pub(in crate::keys) fn create_file(path: &Path) -> io::Result<File> {
        File::create(path)
    }

    /// There are no modes to look at.
    pub(in crate::keys) fn mode_if_exposed(_: &Metadata) -> Option<u32> {
        None
    }

    /// There are no numbers of owners to look at.
    pub(in crate::keys) fn other_owner(_: &Metadata) -> Option<u32> {
        None
    }

    /// There are no modes to look at.
    pub(in crate::keys) fn mode_if_writable(_: &Metadata) -> Option<u32> {
        None
    }

    /// A file beside the keys stands for the folder: locked until it is dropped.
    #[derive(Debug)]
    pub(in crate::keys) struct FolderHandle(File);

    impl FolderHandle {
        pub(in crate::keys) fn lock(path: &Path) -> io::Result<Self> {
            let file = File::create(path.join("lock"))?;
            file.lock()?;
            Ok(Self(file))
        }

        /// What the system says of it.
        pub(in crate::keys) fn metadata(&self) -> io::Result<Metadata> {
            self.0.metadata()
        }

        /// Who may enter is inherited.
        pub(in crate::keys) fn close(&self) -> io::Result<()> {
            Ok(())
        }

        /// Folders cannot be synced here; files are.
        pub(in crate::keys) fn sync(&self) -> io::Result<()> {
            Ok(())
        }
    }
}
