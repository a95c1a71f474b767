//! Files that come without a question: few of a contact, and all of them together no more than a
//! disk has room for that nobody looks at.

use std::collections::BTreeMap;

use super::super::contact::Contact;
use super::super::context::Context;
use super::super::record::ContactNumber;
use super::super::record::FileRow;
use super::super::record::FileStage;
use super::done;
use crate::crypto::CryptoRng;
use crate::signal::content::MessageName;

/// What is still to come of the files that nobody was asked for, in bytes.
#[derive(Default)]
pub(in super::super) struct Unasked(BTreeMap<(ContactNumber, MessageName), u64>);

impl Unasked {
    /// Takes note of how far a file is.
    pub(super) fn note(&mut self, contact: ContactNumber, name: MessageName, row: &FileRow) {
        let comes = matches!(row.stage, FileStage::Opening | FileStage::Moving);
        if comes && row.spare.is_some() {
            self.0.insert((contact, name), row.size.saturating_sub(done(row)));
        } else {
            self.forget(contact, name);
        }
    }

    /// It comes no more, or is there.
    pub(super) fn forget(&mut self, contact: ContactNumber, name: MessageName) {
        self.0.remove(&(contact, name));
    }

    /// None of a contact comes any more.
    pub(super) fn forget_all(&mut self, contact: ContactNumber) {
        self.0.retain(|(of, _), _| *of != contact);
    }

    /// What is still to come of all but this one.
    pub(super) fn beside(&self, contact: ContactNumber, name: MessageName) -> u64 {
        let others = self.0.iter().filter(|(of, _)| **of != (contact, name));
        others.fold(0, |sum, (_, rest)| sum.saturating_add(*rest))
    }
}

impl Contact {
    /// Accepts a file that is small enough to come without a question, unless enough others come so
    /// already: it waits for somebody to ask.
    pub(super) fn accept_small<R: CryptoRng>(&mut self, ctx: &mut Context<R>, name: MessageName) {
        let coming = |row: &&FileRow| row.source.is_none() && row.stage != FileStage::Offered;
        let coming = self.files.values().filter(coming).count();
        let below = ctx.settings.accept_below;
        let Some(row) = self.files.get_mut(&name) else { return };
        let together = ctx.unasked.beside(self.number, name).saturating_add(row.size);
        let is_small = below > 0 && row.size <= below;
        if !is_small || coming >= MOST_OF_CONTACT || together > MOST_BYTES || self.ended {
            return;
        }
        (row.stage, row.spare) = (FileStage::Opening, Some(SPARE));
        self.save_file(ctx, name);
        self.receive(ctx, name);
    }
}

/// Files of one contact that come at once without a question: as many as move at once, so that one
/// who sends many does not fill a disk while nobody looks.
const MOST_OF_CONTACT: usize = 4;
/// Bytes that are still to come at once without a question, of all contacts: the largest that a
/// front offers to accept by itself, so that many who send little do not fill a disk either.
const MOST_BYTES: u64 = 1_000_000_000;
/// What stays free on a disk that fills without a question: 1 GB, so that other programs, and the
/// profile, still find room.
const SPARE: u64 = 1_000_000_000;
