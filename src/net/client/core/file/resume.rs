//! Files that go on: after an answer, after a start, after a while.

use super::super::Core;
use super::super::Output;
use super::super::Role;
use super::super::contact::Contact;
use super::super::context::Context;
use super::super::record;
use super::super::record::Bytes;
use super::super::record::Ending;
use super::super::record::FileRow;
use super::super::record::FileStage;
use super::super::record::WhyNot;
use super::FileName;
use super::FileOrder;
use super::FilePlan;
use super::FileSource;
use super::Part;
use super::path;
use crate::crypto::CryptoRng;
use crate::net::client::event::MessageId;
use crate::net::client::profile::ProfileError;
use crate::signal::content::MessageName;

impl<R: CryptoRng> Core<R> {
    /// Loads the files of the contacts at hand, and goes on with them.
    pub(in super::super) fn load_files(&mut self) -> Result<(), ProfileError> {
        self.load_leftovers()?;
        for (id, row) in record::all::<FileRow>(&self.ctx.profile)? {
            let (number, name) = record::parted(&id)?;
            if let Some(contact) = self.contacts.get_mut(&number) {
                self.ctx.unasked.note(number, name, &row);
                contact.files.insert(name, row);
            }
        }
        for contact in self.contacts.values_mut() {
            let names: Vec<MessageName> = contact.files.keys().copied().collect();
            names.into_iter().for_each(|name| contact.go_on(&mut self.ctx, name));
        }
        Ok(())
    }

    /// Nothing moves of contacts that are not at hand any more. What is there of it stays.
    pub(in super::super) fn pause_files(&mut self) {
        for contact in self.contacts.values() {
            self.ctx.unasked.forget_all(contact.number);
            for name in contact.files.keys() {
                let of = FileName { contact: contact.id, message: MessageId(*name) };
                let line = self.ctx.line(Role::Conversations, contact.number);
                let order = FileOrder::Stop { withdraw: false };
                self.ctx.output.push(Output::File(line, of, order));
            }
        }
    }
}

impl Contact {
    /// Goes on with a file after a start.
    fn go_on<R: CryptoRng>(&mut self, ctx: &mut Context<R>, name: MessageName) {
        let Some(row) = self.files.get(&name) else { return };
        match (row.stage, &row.source) {
            (FileStage::Preparing, Some(source)) => {
                let path = path::from_bytes(&source.path);
                let copy = source.copy.as_ref().map(|Bytes(copy)| path::from_bytes(copy));
                self.order(ctx, name, FileOrder::Prepare { path, copy });
            }
            (FileStage::Moving, Some(_)) => self.send_on(ctx, name),
            (FileStage::Opening | FileStage::Moving, None) => self.receive(ctx, name),
            _ => {}
        }
    }

    /// Has a file sent, which was accepted.
    pub(super) fn send_on<R: CryptoRng>(&mut self, ctx: &mut Context<R>, name: MessageName) {
        let Some(row) = self.files.get(&name) else { return };
        let Some(source) = &row.source else { return };
        let source = FileSource {
            path: path::from_bytes(source.copy.as_ref().map_or(&source.path, |Bytes(copy)| copy)),
            size: row.size,
            hash: row.hash,
            modified: source.modified,
        };
        let Some(keys) = self.file_keys(ctx, name, row) else { return };
        self.order(ctx, name, FileOrder::Send { source, keys });
    }

    /// Has a file received, from where it is.
    pub(super) fn receive<R: CryptoRng>(&mut self, ctx: &mut Context<R>, name: MessageName) {
        let Some(row) = self.files.get_mut(&name) else { return };
        // What was asked for in an earlier run is older than what is asked for in this one.
        row.rounds = row.rounds.saturating_add(1);
        self.save_file(ctx, name);
        let Some(row) = self.files.get(&name) else { return };
        let Some(keys) = self.file_keys(ctx, name, row) else { return };
        let at = |bytes: &Bytes| path::from_bytes(&bytes.0);
        // What comes so beside it finds its room taken.
        let beside = |spare: u64| spare.saturating_add(ctx.unasked.beside(self.number, name));
        let plan = FilePlan {
            keys,
            offered: row.name.clone(),
            hash: row.hash,
            spare: row.spare.map_or(0, beside),
            folder: row.folder.as_ref().map(at),
            begun: row.begun.as_ref().map(at),
            durable: row.durable,
            rounds: u64::from(row.rounds) << 32,
        };
        self.order(ctx, name, FileOrder::Receive(Box::new(plan)));
    }

    /// Lets time pass: offers lapse, and places are looked for again.
    pub(in super::super) fn age_files<R: CryptoRng>(&mut self, ctx: &mut Context<R>) {
        let now = ctx.now;
        let lapsed = |row: &FileRow| lapses_at(row).is_some_and(|at| at <= now);
        let lapsed: Vec<MessageName> =
            self.files.iter().filter(|(_, row)| lapsed(row)).map(|(name, _)| *name).collect();
        for name in lapsed {
            self.end_file(ctx, name, Ending::Failed(WhyNot::Lapsed), None, Part::Delete);
        }
        let due: Vec<MessageName> =
            self.stuck.iter().filter(|(_, at)| **at <= now).map(|(name, _)| *name).collect();
        for name in due {
            self.stuck.remove(&name);
            self.receive(ctx, name);
        }
    }

    /// When [`Contact::age_files`] has something to do next.
    pub(in super::super) fn files_at(&self) -> Option<u64> {
        let lapses = self.files.values().filter_map(lapses_at);
        lapses.chain(self.stuck.values().copied()).min()
    }
}

/// When an offer that nobody has answered is over.
fn lapses_at(row: &FileRow) -> Option<u64> {
    (row.stage == FileStage::Offered).then(|| row.at.saturating_add(LAPSES))
}

/// How long an offer stands, in milliseconds: 30 days.
const LAPSES: u64 = 30 * 24 * 3_600_000;
