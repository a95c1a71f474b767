//! Messages of a conversation, and what both sides do to them.
//!
//! | item | whose message it may be about | what it does |
//! |---|---|---|
//! | text | | is shown |
//! | edit, delete | its writer's | text replaced, or destroyed |
//! | reaction | either's | stands beside the text, one of each side |
//! | read | the reader's peer's | state |
//! | timer | | [`timer`] |
//! | offer, answer | | [`file`](super::file) |
//!
//! A peer's item that is about a message which has not come yet waits for it ([`early`]); about any
//! other it is passed over. Nobody is told.

mod change;
mod early;
mod fuse;
mod own;
mod seen;
pub(super) mod shown;
mod timer;

use self::change::Applied;
use self::change::Change;
pub(super) use self::fuse::Fuses;
pub(super) use self::timer::Named;
pub(super) use self::timer::TimerNamed;
use super::contact::Contact;
use super::context::Context;
use super::file::Part;
use super::record::Ending;
use super::record::FileNote;
use super::record::MessageRow;
use super::record::Name;
use super::record::Progress;
use super::record::SeenRow;
use super::record::of_contact;
use crate::crypto::CryptoRng;
use crate::net::client::event::Event;
use crate::signal::content::Item;
use crate::signal::content::MessageName;

impl Contact {
    /// Whether an item was taken in before, or is one's own.
    pub(super) fn knows<R: CryptoRng>(&self, ctx: &mut Context<R>, name: MessageName) -> bool {
        self.name(ctx, name).is_some()
    }

    fn name<R: CryptoRng>(&self, ctx: &mut Context<R>, name: MessageName) -> Option<SeenRow> {
        ctx.read(&of_contact(self.number, &name))
    }

    /// Remembers an item, so that it is taken in once.
    fn remember<R: CryptoRng>(&self, ctx: &mut Context<R>, name: MessageName, place: Option<u64>) {
        ctx.write(&of_contact(self.number, &name), &SeenRow { place, at: ctx.now });
    }

    /// Takes a peer's item in, unless that was done before.
    pub(super) fn apply<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        name: MessageName,
        item: &[u8],
        written: u64,
    ) {
        if self.knows(ctx, name) {
            return;
        }
        self.remember(ctx, name, None);
        // A later version may say what is unknown here: it has its receipt and its number.
        let Ok(parsed) = Item::from_bytes(item) else { return };
        match parsed {
            Item::Text { disappears, reply_to, text } => {
                let row = new_row(name, text, written, Progress::Received);
                let row = MessageRow { reply_to: reply_to.map(Name), after: disappears, ..row };
                self.show(ctx, row);
            }
            Item::Offer(offer) => self.is_offered(ctx, name, offer, written),
            Item::Answer { target, answer } => self.is_answered(ctx, target, answer),
            Item::Read(names) => names.into_iter().for_each(|name| self.was_read(ctx, name)),
            Item::Timer(seconds) => self.peer_wants_timer(ctx, seconds, written),
            Item::Delete { target } if target == name => self.never_comes(ctx, name),
            about => self.change_or_wait(ctx, about, item, written),
        }
    }

    /// A change of a message: now, or when the message comes.
    fn change_or_wait<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        parsed: Item,
        item: &[u8],
        written: u64,
    ) {
        let Some((target, change)) = Change::of(parsed, written) else { return };
        match self.name(ctx, target) {
            None if matches!(change, Change::Delete) => self.never_comes(ctx, target),
            None => self.keep_early(ctx, target, item, written),
            Some(SeenRow { place: Some(place), .. }) => self.change_theirs(ctx, place, change),
            // It is gone.
            Some(SeenRow { place: None, .. }) => {}
        }
    }

    /// What was deleted before it came, or before all of it came: what is here of it, and about it,
    /// goes, and nothing is taken in under its name.
    pub(super) fn never_comes<R: CryptoRng>(&mut self, ctx: &mut Context<R>, name: MessageName) {
        self.remember(ctx, name, None);
        self.forget_join(ctx, name);
        drop(self.take_early(ctx, name));
    }

    fn change_theirs<R: CryptoRng>(&mut self, ctx: &mut Context<R>, place: u64, change: Change) {
        let id = self.history_id(place);
        let Some(mut row) = ctx.read::<MessageRow>(&id) else { return };
        let applied = change.apply_theirs(&mut row);
        if applied != Applied::No {
            ctx.write(&id, &row);
        }
        if applied == Applied::Seen {
            if row.deleted {
                self.quench(ctx, place);
                self.gone_unread(ctx, place, &row);
                let ending = Ending::Cancelled { by_contact: true };
                self.end_file(ctx, row.id, ending, None, Part::Delete);
            }
            ctx.tell(Event::Changed(self.shown_message(row)));
        }
    }

    /// Shows a text, with what came about it before it came.
    fn show<R: CryptoRng>(&mut self, ctx: &mut Context<R>, mut row: MessageRow) {
        for change in self.take_early(ctx, row.id) {
            change.apply_theirs(&mut row);
        }
        let place = self.next_place;
        self.next_place = self.next_place.saturating_add(1);
        self.remember(ctx, row.id, Some(place));
        if !row.deleted {
            self.unread = self.unread.saturating_add(1);
            self.light_unseen(ctx, place, &row);
        }
        ctx.write(&self.history_id(place), &row);
        self.save(ctx);
        ctx.tell(Event::Message(self.shown_message(row)));
    }

    /// Shows a file that is offered.
    pub(super) fn show_file<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        (name, called): (MessageName, String),
        (written, after): (u64, u32),
        note: FileNote,
    ) {
        let row = new_row(name, called, written, Progress::Received);
        self.show(ctx, MessageRow { after, file: Some(note), ..row });
    }

    /// The peer has read one's own message.
    fn was_read<R: CryptoRng>(&mut self, ctx: &mut Context<R>, name: MessageName) {
        let Some(SeenRow { place: Some(place), .. }) = self.name(ctx, name) else { return };
        let Some(row) = ctx.read::<MessageRow>(&self.history_id(place)) else { return };
        if row.progress != Progress::Received {
            self.note_progress(ctx, name, place, Progress::Read, false);
            self.told.remove(&name);
        }
    }
}

/// A message without anything about it.
fn new_row(id: MessageName, text: String, written: u64, progress: Progress) -> MessageRow {
    MessageRow {
        id,
        text,
        written,
        progress,
        reply_to: None,
        edited: None,
        deleted: false,
        own: None,
        theirs: None,
        own_at: 0,
        theirs_at: 0,
        after: 0,
        at: None,
        file: None,
    }
}
