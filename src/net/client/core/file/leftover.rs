//! What is there of files that are over: it is deleted, and known until it is.
//!
//! A crash between the commit by which a file ends and the deletion would otherwise leave a hidden
//! file that nobody knows of any more.

use core::fmt;
use std::path::Path;
use std::path::PathBuf;

use super::super::Core;
use super::super::Output;
use super::super::context::Context;
use super::super::record;
use super::super::record::Bytes;
use super::super::record::LeftoverRow;
use super::FileName;
use super::FileReport;
use super::path;
use crate::crypto::CryptoRng;
use crate::net::client::profile::Kind;
use crate::net::client::profile::ProfileError;

/// What is to be deleted.
#[derive(Clone, PartialEq, Eq)]
pub struct Leftover {
    /// What it is known by.
    pub name: [u8; 16],
    /// Where it is.
    pub path: PathBuf,
}

impl fmt::Debug for Leftover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name: _, path: _ } = self;
        f.write_str("Leftover")
    }
}

impl<R: CryptoRng> Core<R> {
    /// Deletes what an earlier run had no time for.
    pub(super) fn load_leftovers(&mut self) -> Result<(), ProfileError> {
        for (id, row) in record::all::<LeftoverRow>(&self.ctx.profile)? {
            let (name, path) = (record::name(&id)?, path::from_bytes(&row.path.0));
            self.ctx.output.push(Output::Discard(Leftover { name, path }));
        }
        Ok(())
    }

    /// Deletes what was made for a file that nobody waits for. That of a contact who is not at hand
    /// is waited for in the profile.
    pub(super) fn discard_stray(
        &mut self,
        of: FileName,
        report: FileReport,
    ) -> Result<(), ProfileError> {
        let Some(path) = made(report) else { return Ok(()) };
        let rows = self.ctx.profile.rows(Kind::File)?;
        if !rows.iter().any(|(id, _)| id.ends_with(&of.message.0)) {
            discard(&mut self.ctx, &path);
        }
        Ok(())
    }

    /// It is not there any more.
    pub(in super::super) fn discarded(&mut self, name: [u8; 16]) {
        self.ctx.profile.delete(Kind::Leftover, &name);
    }
}

/// What was made on the disk for a file: never the person's own.
fn made(report: FileReport) -> Option<PathBuf> {
    match report {
        FileReport::Prepared { source, is_copy: true } => Some(source.path),
        FileReport::Stray(path) | FileReport::Opened { path, is_new: true } => Some(path),
        _ => None,
    }
}

/// Has it deleted as soon as this is committed.
pub(super) fn discard<R: CryptoRng>(ctx: &mut Context<R>, place: &Path) {
    let (name, path) = (ctx.random(), place.to_owned());
    ctx.write(&name, &LeftoverRow { path: Bytes(path::to_bytes(place)) });
    ctx.output.push(Output::Discard(Leftover { name, path }));
}
