//! A small library that is loaded under the real programs, and fails or kills where a test says.

use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

/// The library, compiled by the system's C compiler.
pub(crate) struct Shim(PathBuf);

impl Shim {
    /// `None`, which is said, without a C compiler.
    pub(crate) fn compile(folder: &Path) -> Option<Self> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ordeals/shim.c");
        let library = folder.join("shim.so");
        let arguments = ["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"];
        let compiler =
            Command::new("cc").args(arguments).arg(&library).arg(source).arg("-ldl").status();
        match compiler {
            Ok(status) => {
                assert!(status.success());
                Some(Self(library))
            }
            Err(_) => {
                crate::missing("cc is not installed");
                None
            }
        }
    }

    /// A command under it, which concerns files that end like this.
    pub(crate) fn under(&self, mut command: Command, files: &str) -> Command {
        command.env("LD_PRELOAD", &self.0).env("SHIM_FILES", files);
        command
    }
}
