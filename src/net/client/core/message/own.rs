//! What a person says and does in a conversation.

use super::super::Core;
use super::super::contact::Contact;
use super::super::context::Context;
use super::super::outbox::Draft;
use super::super::record::About;
use super::super::record::FileNote;
use super::super::record::MessageRow;
use super::super::record::Name;
use super::super::record::Progress;
use super::super::record::SeenRow;
use super::change::Change;
use super::fuse::millis;
use super::new_row;
use crate::crypto::CryptoRng;
use crate::id::Id;
use crate::net::client::event;
use crate::net::client::event::Event;
use crate::net::client::event::MessageId;
use crate::net::client::event::Refusal;
use crate::net::client::profile::Kind;
use crate::net::client::profile::ProfileError;
use crate::signal::content;
use crate::signal::content::Item;

impl<R: CryptoRng> Core<R> {
    /// Runs something on a contact that may refuse it.
    pub(in super::super) fn try_with(
        &mut self,
        contact: Id,
        run: impl FnOnce(&mut Contact, &mut Context<R>) -> Result<(), Refusal>,
    ) {
        if let Some(Err(refusal)) = self.with(contact, run) {
            self.refuse(refusal);
        }
    }

    pub(in super::super) fn seen(
        &mut self,
        contact: Id,
        message: MessageId,
    ) -> Result<(), ProfileError> {
        let saw = self.with(contact, |contact, ctx| match contact.name(ctx, message.0) {
            Some(SeenRow { place: Some(place), .. }) => Some(contact.saw(ctx, place)),
            _ => None,
        });
        match saw {
            Some(Some(result)) => result,
            Some(None) => {
                self.refuse(Refusal::UnknownMessage);
                Ok(())
            }
            None => Ok(()),
        }
    }
}

impl Contact {
    /// Accepts a text for sending. It is on disk before anything else happens to it.
    pub(in super::super) fn write<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        text: String,
        reply_to: Option<MessageId>,
    ) -> Result<(), Refusal> {
        check_text(&text)?;
        self.check_open()?;
        let reply_to = reply_to.map(|message| Name(message.0));
        let row = MessageRow { reply_to, ..new_row(ctx.random(), text, ctx.now, Progress::Queued) };
        let (row, place) = self.write_row(ctx, row);
        self.stage(ctx, &text_draft(&row, place));
        Ok(())
    }

    /// Puts a message of one's own into the history, with the time that holds.
    fn write_row<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        row: MessageRow,
    ) -> (MessageRow, u64) {
        let place = self.next_place;
        self.next_place = self.next_place.saturating_add(1);
        let after = self.timer.agreed;
        let at = (after > 0).then(|| row.written.saturating_add(millis(after)));
        at.into_iter().for_each(|at| self.light(ctx, place, at));
        let row = MessageRow { after, at, ..row };
        ctx.write(&self.history_id(place), &row);
        self.remember(ctx, row.id, Some(place));
        self.told.insert(row.id, Progress::Queued);
        self.save(ctx);
        ctx.tell(Event::Message(self.shown_new(row.clone())));
        (row, place)
    }

    /// Puts a file that is to be offered into the history: its name, and where it stands.
    pub(in super::super) fn write_file<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        called: String,
        note: FileNote,
    ) -> (content::MessageName, u64) {
        let row = new_row(ctx.random(), called, ctx.now, Progress::Queued);
        let (row, place) = self.write_row(ctx, MessageRow { file: Some(note), ..row });
        (row.id, place)
    }

    /// Puts the offer of a file that is in the history into the outbox.
    pub(in super::super) fn stage_offer<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        row: &MessageRow,
        place: u64,
    ) {
        if let Some(draft) = self.draft(row, place) {
            self.stage(ctx, &draft);
        }
    }

    /// What a message of one's own says, for the outbox; nothing if it offered a file that is over.
    fn draft(&self, row: &MessageRow, place: u64) -> Option<Draft> {
        let draft = text_draft(row, place);
        match row.file {
            None => Some(draft),
            Some(_) => self.offer_of(row).map(|item| Draft { item, ..draft }),
        }
    }

    pub(in super::super) fn edit<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        message: MessageId,
        text: String,
    ) -> Result<(), Refusal> {
        check_text(&text)?;
        let (place, mut row) = self.find(ctx, message)?;
        check_own(&row)?;
        if row.file.is_some() {
            return Err(Refusal::IsFile);
        }
        self.check_open()?;
        if self.is_unsent(row.id) {
            // The peer never hears of the first one.
            row.text = text;
            self.restage(ctx, &text_draft(&row, place));
        } else {
            let (target, written) = (row.id, later(ctx.now, row.edited.unwrap_or_default()));
            self.stage_change(ctx, target, Item::Edit { target, text: text.clone() }, written);
            Change::Edit { text, written }.apply_own(&mut row);
        }
        self.changed(ctx, place, row);
        Ok(())
    }

    /// Puts a text that is in the history into the outbox as it is now, in the place of what it
    /// said there.
    pub(in super::super) fn write_anew<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        name: content::MessageName,
    ) {
        if let Ok((place, row)) = self.find(ctx, MessageId(name))
            && let Some(draft) = self.draft(&row, place)
        {
            self.restage(ctx, &draft);
        }
    }

    pub(in super::super) fn delete<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        message: MessageId,
        for_both: bool,
    ) -> Result<(), Refusal> {
        let (mut place, mut row) = self.find_any(ctx, message)?;
        if for_both && !row.deleted {
            check_own(&row)?;
        }
        let waited_for_file = self.files.contains_key(&row.id);
        let was_unsent = self.is_unsent(row.id) || self.is_preparing(row.id);
        if waited_for_file {
            self.drop_file(ctx, row.id);
            (place, row) = self.find_any(ctx, message)?;
        }
        if !for_both {
            self.delete_here(ctx, place, &row);
            return Ok(());
        }
        if row.deleted {
            return Err(Refusal::UnknownMessage);
        }
        if was_unsent {
            self.vanish(ctx, place);
            return Ok(());
        }
        let target = row.id;
        self.take_back(ctx, target);
        self.quench(ctx, place);
        // After the end nobody can be told: it is gone here.
        if !self.ended {
            let (name, item, written) = (ctx.random(), Item::Delete { target }, ctx.now);
            self.stage(ctx, &Draft { name, item, written, about: None, not_before: 0 });
        }
        Change::Delete.apply_own(&mut row);
        self.changed(ctx, place, row);
        Ok(())
    }

    pub(in super::super) fn react<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        message: MessageId,
        reaction: Option<String>,
    ) -> Result<(), Refusal> {
        let reaction = reaction.filter(|text| !text.is_empty());
        let target = message.0;
        let item = Item::Reaction { target, reaction: reaction.clone().unwrap_or_default() };
        if item.to_bytes().is_err() {
            return Err(Refusal::BadReaction { max: event::MAX_REACTION_LEN });
        }
        let (place, mut row) = self.find(ctx, message)?;
        self.check_open()?;
        if row.own == reaction {
            return Ok(());
        }
        let written = later(ctx.now, row.own_at);
        self.stage_change(ctx, target, item, written);
        Change::React { reaction, written }.apply_own(&mut row);
        self.changed(ctx, place, row);
        Ok(())
    }

    pub(in super::super) fn set_timer<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        seconds: Option<u32>,
    ) -> Result<(), Refusal> {
        let (least, most) = (event::LEAST_TIMER, event::LONGEST_TIMER);
        if seconds.is_some_and(|seconds| !(least..=most).contains(&seconds)) {
            return Err(Refusal::BadTimer { least, most });
        }
        self.check_open()?;
        self.want_timer(ctx, seconds.unwrap_or(0));
        Ok(())
    }

    /// Refuses what would have to go out after the peer ended the conversation.
    pub(in super::super) fn check_open(&self) -> Result<(), Refusal> {
        if self.ended { Err(Refusal::Ended) } else { Ok(()) }
    }

    /// A message that has a text.
    fn find<R: CryptoRng>(
        &self,
        ctx: &mut Context<R>,
        message: MessageId,
    ) -> Result<(u64, MessageRow), Refusal> {
        self.find_any(ctx, message).and_then(|found| {
            if found.1.deleted { Err(Refusal::UnknownMessage) } else { Ok(found) }
        })
    }

    fn find_any<R: CryptoRng>(
        &self,
        ctx: &mut Context<R>,
        message: MessageId,
    ) -> Result<(u64, MessageRow), Refusal> {
        let name = self.name(ctx, message.0);
        let place = name.and_then(|row| row.place).ok_or(Refusal::UnknownMessage)?;
        let row = ctx.read(&self.history_id(place)).ok_or(Refusal::UnknownMessage)?;
        Ok((place, row))
    }

    fn stage_change<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        target: content::MessageName,
        item: Item,
        written: u64,
    ) {
        let (name, about) = (ctx.random(), Some(About::Changes { target }));
        self.stage(ctx, &Draft { name, item, written, about, not_before: 0 });
    }

    /// The message is gone here; what the peer has or will get of it stays as it is. What does not
    /// go by itself is gone too.
    fn delete_here<R: CryptoRng>(&mut self, ctx: &mut Context<R>, place: u64, row: &MessageRow) {
        if self.goes_by_itself(row.id) {
            self.keep_fuse(ctx, place, row.id);
        } else {
            self.quench(ctx, place);
            self.take_back(ctx, row.id);
        }
        ctx.profile.delete(Kind::Message, &self.history_id(place));
        self.remember(ctx, row.id, None);
        self.told.remove(&row.id);
        ctx.tell(Event::Vanished { contact: self.id, message: MessageId(row.id) });
        if !row.deleted {
            self.gone_unread(ctx, place, row);
        }
    }

    fn changed<R: CryptoRng>(&mut self, ctx: &mut Context<R>, place: u64, row: MessageRow) {
        ctx.write(&self.history_id(place), &row);
        ctx.tell(Event::Changed(self.shown_message(row)));
    }
}

/// The text of a row, for the outbox.
fn text_draft(row: &MessageRow, place: u64) -> Draft {
    let reply_to = row.reply_to.map(|name| name.0);
    let item = Item::Text { disappears: row.after, reply_to, text: row.text.clone() };
    let (name, written) = (row.id, row.written);
    Draft { name, item, written, about: Some(About::Says { place }), not_before: 0 }
}

/// Now, or just after the last: a clock that was set back makes nothing older.
pub(super) fn later(now: u64, last: u64) -> u64 {
    now.max(last.saturating_add(1))
}

fn check_text(text: &str) -> Result<(), Refusal> {
    if text.is_empty() {
        return Err(Refusal::EmptyText);
    }
    let (len, max) = (text.len(), event::MAX_TEXT_LEN);
    if len > max { Err(Refusal::TextTooLong { len, max }) } else { Ok(()) }
}

fn check_own(row: &MessageRow) -> Result<(), Refusal> {
    if row.progress == Progress::Received { Err(Refusal::NotYours) } else { Ok(()) }
}

// What a front is told of limits holds on the wire.
const _: () = assert!(event::MAX_TEXT_LEN == content::MAX_TEXT_LEN);
const _: () = assert!(event::MAX_REACTION_LEN == content::MAX_REACTION_LEN);
const _: () = assert!(event::LEAST_TIMER == content::LEAST_TIMER);
const _: () = assert!(event::LONGEST_TIMER == content::LONGEST_TIMER);
