//! Files that are offered, and what becomes of them.
//!
//! ```text
//!   SendFile ─► Preparing ─ hashed ─► Offered ─ Accepted ─► Moving ─ Complete ─► over
//!   Offer    ────────────────────────► Offered ─ AcceptFile ─► Opening ─ opened ─► Moving ─ finished ─► over
//! ```
//!
//! A file that is not over has a row of its own, with its secret. When it is over, however it ended,
//! the row goes, and the history says what became of it.

mod answers;
mod leftover;
mod order;
mod path;
mod resume;
mod unasked;

use std::path::PathBuf;
use std::sync::Arc;

use zeroize::Zeroizing;

pub use self::leftover::Leftover;
pub use self::order::FileName;
pub use self::order::FileOrder;
pub use self::order::FilePlan;
pub use self::order::FileReport;
pub use self::order::FileSource;
pub(super) use self::path::from_bytes;
pub(super) use self::unasked::Unasked;
use super::Core;
use super::Output;
use super::Role;
use super::contact::Contact;
use super::context::Context;
use super::message::shown;
use super::record::Bytes;
use super::record::Ending;
use super::record::FileNote;
use super::record::FileRow;
use super::record::FileStage;
use super::record::MessageRow;
use super::record::SourceRow;
use super::record::WhyNot;
use super::record::of_contact;
use crate::crypto::CryptoRng;
use crate::crypto::secret::Secret;
use crate::net::client::event;
use crate::net::client::event::Event;
use crate::net::client::event::FileFailure;
use crate::net::client::event::FileState;
use crate::net::client::event::FileWait;
use crate::net::client::event::MessageId;
use crate::net::client::event::Refusal;
use crate::net::client::profile::Kind;
use crate::net::client::profile::ProfileError;
use crate::signal::BodyAead;
use crate::signal::content::Answer;
use crate::signal::content::Item;
use crate::signal::content::MAX_NAME_LEN;
use crate::signal::content::MessageName;
use crate::signal::content::Offer;
use crate::signal::file;
use crate::signal::file::Chunk;
use crate::signal::file::FileKeys;
use crate::signal::file::FileScope;

impl<R: CryptoRng> Core<R> {
    /// What became of an order. Of one that nobody waits for any more nothing is left.
    ///
    /// # Errors
    /// [`ProfileError`] if the profile cannot be read.
    pub(super) fn file_report(
        &mut self,
        of: FileName,
        report: FileReport,
    ) -> Result<(), ProfileError> {
        let name = of.message.0;
        let contact = self.contacts.find_mut(of.contact);
        let contact = contact.filter(|contact| contact.files.contains_key(&name));
        let Some(contact) = contact else { return self.discard_stray(of, report) };
        let ctx = &mut self.ctx;
        match report {
            FileReport::Prepared { source, is_copy: _ } => contact.prepared(ctx, name, &source),
            FileReport::Opened { path, is_new } => contact.opened(ctx, name, &path, is_new),
            FileReport::NoPlace(wait) => contact.has_no_place(ctx, name, wait),
            FileReport::Durable(chunks) => contact.is_durable(ctx, name, chunks),
            FileReport::Finished(path) => {
                let path = Some(Bytes(path::to_bytes(&path)));
                contact.end_file(ctx, name, Ending::Done(path), Some(Answer::Complete), Part::Keep);
            }
            FileReport::Failed(failure) => contact.file_failed(ctx, name, failure),
            // It has been made again since, or will be, in the same place.
            FileReport::Stray(_) => {}
        }
        Ok(())
    }
}

/// What is to be done with the part of a file that is there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Delete,
    /// It has its name now.
    Keep,
}

impl Contact {
    /// Takes a file to be sent into the history. It is offered when it was hashed.
    pub(super) fn send_file<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        path: PathBuf,
        strip: bool,
    ) -> Result<(), Refusal> {
        self.check_open()?;
        if strip && !ctx.profile.keeps_copies() {
            return Err(Refusal::NoCopies);
        }
        let open = self.files.values().filter(|row| row.source.is_some()).count();
        if open >= MAX_OPEN {
            return Err(Refusal::TooManyFiles { max: MAX_OPEN });
        }
        let path = std::path::absolute(&path).unwrap_or(path);
        let note = FileNote { size: 0, ending: None };
        let (name, place) = self.write_file(ctx, path::name_of(&path, MAX_NAME_LEN), note);
        let copy = if strip { ctx.profile.copy_of(&name) } else { None };
        let bytes = copy.as_ref().map(|copy| Bytes(path::to_bytes(copy)));
        let source = SourceRow { path: path::to_bytes(&path), modified: 0, copy: bytes };
        let row = FileRow {
            place,
            size: 0,
            secret: Zeroizing::new(ctx.random::<32>().to_vec()),
            aead: ctx.aead.code(),
            hash: [0; 32],
            name: String::new(),
            stage: FileStage::Preparing,
            at: ctx.now,
            source: Some(source),
            folder: None,
            begun: None,
            durable: 0,
            rounds: 0,
            spare: None,
        };
        self.files.insert(name, row);
        self.save_file(ctx, name);
        self.order(ctx, name, FileOrder::Prepare { path, copy });
        Ok(())
    }

    /// It was hashed: it can be offered.
    fn prepared<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        name: MessageName,
        source: &FileSource,
    ) {
        let Some(row) = self.files.get_mut(&name) else { return };
        if row.stage != FileStage::Preparing {
            return;
        }
        (row.size, row.hash, row.at, row.stage) =
            (source.size, source.hash, ctx.now, FileStage::Offered);
        row.source.iter_mut().for_each(|row| row.modified = source.modified);
        let place = row.place;
        self.save_file(ctx, name);
        let id = self.history_id(place);
        let Some(mut message) = ctx.read::<MessageRow>(&id) else { return };
        message.file = Some(FileNote { size: source.size, ending: None });
        ctx.write(&id, &message);
        self.stage_offer(ctx, &message, place);
        ctx.tell(Event::Changed(self.shown_message(message)));
        self.tell_file(ctx, name, FileState::Offered);
    }

    /// What is offered by a message of one's own, while it is.
    pub(super) fn offer_of(&self, message: &MessageRow) -> Option<Item> {
        let row = self.files.get(&message.id).filter(|row| row.stage != FileStage::Preparing)?;
        Some(Item::Offer(Offer {
            size: row.size,
            hash: row.hash,
            secret: Zeroizing::new(row.secret.as_slice().try_into().ok()?),
            aead: BodyAead::from_code(row.aead).ok()?,
            disappears: message.after,
            name: message.text.clone(),
        }))
    }

    /// A peer offers a file. Nothing of it is fetched; one too many is not even shown.
    pub(super) fn is_offered<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        name: MessageName,
        offer: Offer,
        written: u64,
    ) {
        let open = self.files.values().filter(|row| row.source.is_none()).count();
        if open >= MAX_OPEN {
            return self.refuse_offer(ctx, name);
        }
        let Offer { size, hash, secret, aead, disappears, name: called } = offer;
        let row = FileRow {
            place: self.next_place,
            size,
            secret: Zeroizing::new(secret.to_vec()),
            aead: aead.code(),
            hash,
            name: called.clone(),
            stage: FileStage::Offered,
            at: ctx.now,
            source: None,
            folder: None,
            begun: None,
            durable: 0,
            rounds: 0,
            spare: None,
        };
        self.files.insert(name, row);
        self.save_file(ctx, name);
        self.show_file(ctx, (name, called), (written, disappears), FileNote { size, ending: None });
        self.accept_small(ctx, name);
    }

    /// The person wants a file; or thinks that there is room for it now.
    pub(super) fn accept_file<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        message: MessageId,
        folder: Option<PathBuf>,
    ) -> Result<(), Refusal> {
        self.check_open()?;
        let name = message.0;
        let row = self.files.get_mut(&name).filter(|row| row.source.is_none());
        let row = row.ok_or(Refusal::NoOpenFile)?;
        if row.stage != FileStage::Offered {
            if self.stuck.remove(&name).is_some() {
                self.receive(ctx, name);
            } else {
                self.order(ctx, name, FileOrder::Retry);
            }
            return Ok(());
        }
        let folder = folder.map(|folder| std::path::absolute(&folder).unwrap_or(folder));
        row.folder = folder.map(|folder| Bytes(path::to_bytes(&folder)));
        (row.stage, row.spare) = (FileStage::Opening, None);
        self.save_file(ctx, name);
        self.receive(ctx, name);
        Ok(())
    }

    /// There is a place for it: its sender is told.
    fn opened<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        name: MessageName,
        path: &std::path::Path,
        is_new: bool,
    ) {
        let Some(row) = self.files.get_mut(&name) else { return };
        row.begun = Some(Bytes(path::to_bytes(path)));
        if is_new {
            row.durable = 0;
        }
        let is_first = core::mem::replace(&mut row.stage, FileStage::Moving) != FileStage::Moving;
        self.save_file(ctx, name);
        if is_first {
            self.answer(ctx, name, Answer::Accepted);
        }
    }

    /// There is none: who was not told yet can be told later.
    fn has_no_place<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        name: MessageName,
        why: FileWait,
    ) {
        let Some(row) = self.files.get_mut(&name) else { return };
        let done = done(row);
        if row.stage == FileStage::Opening {
            row.stage = FileStage::Offered;
            self.save_file(ctx, name);
        } else {
            self.stuck.insert(name, ctx.now.saturating_add(NO_PLACE_PAUSE));
        }
        self.tell_file(ctx, name, FileState::Waiting { done, why });
    }

    fn is_durable<R: CryptoRng>(&mut self, ctx: &mut Context<R>, name: MessageName, chunks: u32) {
        let Some(row) = self.files.get_mut(&name) else { return };
        row.durable = chunks;
        self.save_file(ctx, name);
    }

    fn file_failed<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        name: MessageName,
        failure: FileFailure,
    ) {
        let Some(row) = self.files.get(&name) else { return };
        let answer = match failure {
            _ if row.stage == FileStage::Preparing => None,
            FileFailure::WrongHash => Some(Answer::WrongHash),
            FileFailure::Unwritable => Some(Answer::Unwritable),
            FileFailure::Changed => Some(Answer::Changed),
            _ => Some(Answer::Unreadable),
        };
        self.end_file(ctx, name, Ending::Failed(why_not(failure)), answer, Part::Delete);
    }

    /// The person does not want a file, or not any more.
    pub(super) fn cancel_file<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        message: MessageId,
    ) -> Result<(), Refusal> {
        if !self.files.contains_key(&message.0) {
            return Err(Refusal::NoOpenFile);
        }
        self.drop_file(ctx, message.0);
        Ok(())
    }

    /// Ends a file, if there is one of this name, because this side does not want it. Its contact is
    /// told, unless it cannot know of it.
    pub(super) fn drop_file<R: CryptoRng>(&mut self, ctx: &mut Context<R>, name: MessageName) {
        let Some(row) = self.files.get(&name) else { return };
        let knows = row.stage != FileStage::Preparing && !self.is_unsent(name);
        let ending = Ending::Cancelled { by_contact: false };
        self.end_file(ctx, name, ending, knows.then_some(Answer::Cancelled), Part::Delete);
        if !knows {
            self.take_back(ctx, name);
        }
    }

    /// The conversation is over, and with it every file.
    pub(super) fn end_files<R: CryptoRng>(&mut self, ctx: &mut Context<R>) {
        let names: Vec<MessageName> = self.files.keys().copied().collect();
        for name in names {
            self.end_file(ctx, name, Ending::Failed(WhyNot::Ended), None, Part::Delete);
        }
    }

    /// Ends a file: nothing moves, its secret goes, and the history says why.
    pub(super) fn end_file<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        name: MessageName,
        ending: Ending,
        answer: Option<Answer>,
        part: Part,
    ) {
        let Some(row) = self.files.remove(&name) else { return };
        self.stuck.remove(&name);
        ctx.profile.delete(Kind::File, &of_contact(self.number, &name));
        ctx.unasked.forget(self.number, name);
        let withdraw = !matches!(ending, Ending::Done(_));
        self.order(ctx, name, FileOrder::Stop { withdraw });
        if let Some(path) = remains(&row, part) {
            leftover::discard(ctx, &path);
        }
        if let Some(answer) = answer {
            self.answer(ctx, name, answer);
        }
        let id = self.history_id(row.place);
        let message = ctx.read::<MessageRow>(&id).filter(|message| message.id == name);
        // Of what was deleted nothing is told.
        if let Some(message) = message.filter(|message| !message.deleted) {
            let file = Some(FileNote { size: row.size, ending: Some(ending.clone()) });
            ctx.write(&id, &MessageRow { file, ..message });
        }
        self.tell_file(ctx, name, shown::ending(&ending));
    }

    /// The state of a message's file.
    pub(super) fn shown_message(&self, row: MessageRow) -> event::Message {
        let state = self.files.get(&row.id).map(|file| match file.stage {
            FileStage::Preparing => FileState::Preparing { done: 0 },
            FileStage::Offered => FileState::Offered,
            FileStage::Opening | FileStage::Moving => {
                FileState::Moving { done: done(file), left: None }
            }
        });
        let source = self.files.get(&row.id).and_then(|file| file.source.as_ref());
        let source = source.map(|source| from_bytes(&source.path));
        let mut message = shown::message(self.id, row, state);
        message.file.iter_mut().for_each(|card| card.source.clone_from(&source));
        message
    }

    /// Whether a file of one's own is hashed at this moment: nobody knows of it.
    pub(super) fn is_preparing(&self, name: MessageName) -> bool {
        self.files.get(&name).is_some_and(|row| row.stage == FileStage::Preparing)
    }

    /// A file of one's own that is new.
    pub(super) fn shown_new(&self, row: MessageRow) -> event::Message {
        let state = row.file.as_ref().map(|_| FileState::Preparing { done: 0 });
        shown::message(self.id, row, state)
    }

    /// The contact goes: what is there of its files goes too.
    pub(super) fn abandon_files<R: CryptoRng>(&self, ctx: &mut Context<R>) {
        ctx.unasked.forget_all(self.number);
        for (name, row) in &self.files {
            self.order(ctx, *name, FileOrder::Stop { withdraw: true });
            if let Some(path) = remains(row, Part::Delete) {
                leftover::discard(ctx, &path);
            }
        }
    }

    fn tell_file<R: CryptoRng>(&self, ctx: &mut Context<R>, name: MessageName, state: FileState) {
        let (contact, message) = (self.id, MessageId(name));
        ctx.tell(Event::File { contact, message, state });
    }

    fn order<R: CryptoRng>(&self, ctx: &mut Context<R>, name: MessageName, order: FileOrder) {
        let of = FileName { contact: self.id, message: MessageId(name) };
        let line = ctx.line(Role::Conversations, self.number);
        ctx.output.push(Output::File(line, of, order));
    }

    fn save_file<R: CryptoRng>(&self, ctx: &mut Context<R>, name: MessageName) {
        if let Some(row) = self.files.get(&name) {
            ctx.write(&of_contact(self.number, &name), row);
            ctx.unasked.note(self.number, name, row);
        }
    }

    fn file_keys<R: CryptoRng>(
        &self,
        ctx: &Context<R>,
        name: MessageName,
        row: &FileRow,
    ) -> Option<Arc<FileKeys>> {
        let (own, peer) = (ctx.identity.public(), self.id.key());
        let (sender, receiver) = if row.source.is_some() { (own, peer) } else { (peer, own) };
        let network = &ctx.network_bytes();
        let scope = FileScope { network, sender, receiver, name: &name, size: row.size };
        let secret = Secret::from_slice(&row.secret).ok()?;
        let aead = BodyAead::from_code(row.aead).ok()?;
        FileKeys::new(&secret, aead, &scope).ok().map(Arc::new)
    }
}

/// What is to be deleted when a file is over: what is there of a received one, and the copy that
/// was sent, whatever becomes of the part.
fn remains(row: &FileRow, part: Part) -> Option<PathBuf> {
    let copy = row.source.as_ref().and_then(|source| source.copy.as_ref());
    let begun = row.begun.as_ref().filter(|_| part == Part::Delete);
    copy.or(begun).map(|Bytes(path)| from_bytes(path))
}

/// How many bytes of a received file are there.
fn done(row: &FileRow) -> u64 {
    Chunk::offset(row.durable).min(row.size)
}

fn why_not(failure: FileFailure) -> WhyNot {
    match failure {
        FileFailure::Unreadable => WhyNot::Unreadable,
        FileFailure::NoFile => WhyNot::NoFile,
        FileFailure::TooLarge => WhyNot::TooLarge,
        FileFailure::Changed => WhyNot::Changed,
        FileFailure::WrongHash => WhyNot::WrongHash,
        FileFailure::Unwritable => WhyNot::Unwritable,
        FileFailure::TooMany => WhyNot::TooMany,
        FileFailure::Lapsed => WhyNot::Lapsed,
        FileFailure::Ended => WhyNot::Ended,
        FileFailure::NoPicture => WhyNot::NoPicture,
        FileFailure::PictureTooLarge => WhyNot::PictureTooLarge,
        FileFailure::NoCopy => WhyNot::NoCopy,
    }
}

/// Files of one contact that are offered or move, in each direction.
const MAX_OPEN: usize = 32;
/// When a place for a file that had one is looked for again, in milliseconds.
const NO_PLACE_PAUSE: u64 = 60_000;

// What a front is told of limits holds on the wire.
const _: () = assert!(event::MAX_FILE_LEN == file::MAX_LEN);
