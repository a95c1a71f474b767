//! What must hold at the end.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use bauta::net::client::Command;
use bauta::net::client::Event;
use bauta::net::client::event::FailReason;
use bauta::net::client::event::Message;
use bauta::net::client::event::MessageId;
use bauta::net::client::event::MessageState;
use bauta::net::client::event::Notice;
use bauta::net::client::event::Reactions;

use super::super::world::*;
use super::Model;
use super::event::MINUTE;

impl Model {
    /// Looks at both histories; in how many places something happened to a text.
    pub(super) fn judge(&mut self) -> usize {
        let histories = [0, 1].map(|who| {
            self.world.input(who, one(Command::Contacts));
            self.history(who)
        });
        self.hear();
        for who in 0..2 {
            self.read_by(who, &histories[who]);
            self.written_by(who, &histories);
            self.agree(who, &histories);
            self.unread_by(who, &histories[who]);
            self.notices_of(who);
        }
        let [own, theirs] = self.lines.each_ref().map(|line| line.agreed);
        assert!(self.past.gave_up() || own == theirs, "both agree on {own} s, on {theirs} s");
        histories.iter().flatten().filter(|message| has_changed(message)).count()
    }

    /// What a person was shown.
    fn read_by(&self, who: usize, history: &[Message]) {
        let received: Vec<_> = received(history).collect();
        let once: BTreeSet<_> = received.iter().map(|message| message.id).collect();
        assert_eq!(once.len(), received.len(), "in a history twice");
        for message in received {
            let Some(written) = self.written[1 - who].get(&message.id) else {
                panic!("{:?} was never written", message.text)
            };
            let said = message.deleted || written.texts.contains(&message.text);
            assert!(said, "{:?} was never said", message.text);
        }
        let line = &self.lines[who];
        let may_be_gone = |id: &MessageId| line.deleted.contains(id) || self.is_timed(*id);
        for id in line.shown.keys().filter(|id| !may_be_gone(id)) {
            assert!(once.contains(id), "{:?} was shown and is not in the history", self.text(*id));
        }
        for id in &line.vanished {
            assert!(may_be_gone(id), "{:?} vanished and should not have", self.text(*id));
        }
    }

    /// What became of what a person wrote.
    fn written_by(&self, who: usize, histories: &[Vec<Message>; 2]) {
        for message in histories[who].iter().filter(|m| m.state != MessageState::Received) {
            if message.deleted {
                assert!(message.text.is_empty() && self.lines[who].deleted.contains(&message.id));
                continue;
            }
            let text = message.text.as_str();
            let delivered = is_delivered(message.state);
            match message.state {
                MessageState::Failed { reason } => self.may_fail(who, message.id, reason),
                _ => assert!(delivered, "{text:?} still waits"),
            }
            if self.lines[who].delivered.contains(&message.id) {
                assert!(delivered, "{text:?} was said to be delivered");
            }
            let had = self.has_had(1 - who, message.id, &histories[1 - who]);
            assert!(!delivered || had, "{text:?} was delivered to nobody");
            self.read_state(who, message);
        }
        if !self.past.skewed() && !self.past.gave_up() {
            self.order(who, histories);
        }
    }

    /// What a front may not be told, whatever happened.
    pub(super) fn may_be_told(&self, who: usize, event: &Event) {
        if let Event::Progress { message, state: MessageState::Failed { reason }, .. } = event {
            self.may_fail(who, *message, *reason);
        }
    }

    /// A text fails for a reason only: the relay kept it for as long as it does, by a clock that is
    /// right, or whoever should read it removed its writer.
    fn may_fail(&self, who: usize, id: MessageId, reason: FailReason) {
        let now = self.world.now;
        let may = match reason {
            FailReason::Expired => {
                let kept_until = self.lines[who].kept_until.get(&id);
                let written = self.written[who].get(&id).map(|written| written.at);
                let was_kept = written.is_some_and(|at| now - at >= RETENTION_S * 1000)
                    && kept_until.is_none_or(|until| *until < now / 1000);
                was_kept || self.past.skewed[who]
            }
            FailReason::Ended => self.past.removed[1 - who],
            _ => false,
        };
        assert!(may, "{:?} has failed, and should not: {reason}", self.text(id));
    }

    /// Whether a text is in somebody's history, or was.
    fn has_had(&self, who: usize, id: MessageId, history: &[Message]) -> bool {
        let line = &self.lines[who];
        let was_shown = line.shown.contains_key(&id) || line.vanished.contains(&id);
        // A client that ended may not have said that it showed something.
        let unknown = self.is_timed(id) && self.past.crashed[who];
        received(history).any(|message| message.id == id)
            || self.given_up[who].contains(&id)
            // Its writer took it back, and then went back to a copy from before.
            || self.given_up[1 - who].contains(&id)
            || self.unshown[who].contains(&id)
            || line.deleted.contains(&id)
            || (self.is_timed(id) && was_shown)
            || unknown
    }

    /// Read is said of what the reader saw and wants to tell, and of nothing else.
    fn read_state(&self, who: usize, message: &Message) {
        let reader = 1 - who;
        let is_read = message.state == MessageState::Read;
        let told = self.told_read[reader].contains(&message.id);
        assert!(!is_read || told, "{:?} was read by nobody", message.text);
        let tells = self.lines[reader].tells.contains(&message.id) && !self.past.hid[reader];
        if tells && self.is_of_now(message.id) {
            assert!(is_read, "{:?} was read, and its writer does not hear of it", message.text);
        }
    }

    /// What both remember of a text is the same on both sides.
    fn agree(&self, who: usize, histories: &[Vec<Message>; 2]) {
        let theirs: BTreeMap<_, _> =
            received(&histories[1 - who]).map(|message| (message.id, message)).collect();
        for own in histories[who].iter().filter(|own| self.is_of_now(own.id)) {
            let Some(written) = self.written[who].get(&own.id) else { continue };
            if !own.deleted {
                assert_eq!(Some(&own.text), written.texts.last(), "the last edit does not count");
            }
            let Some(theirs) = theirs.get(&own.id) else { continue };
            assert_eq!(theirs.text, own.text, "both read something else");
            let common = |m: &Message| (m.deleted, m.edited, m.reply_to, m.written);
            assert_eq!(common(theirs), common(own), "{:?}", own.text);
            let after = |m: &Message| m.disappears.map(|disappears| disappears.after);
            assert_eq!(after(theirs), after(own), "{:?}", own.text);
            let reactions = (&theirs.reactions.theirs, &theirs.reactions.own);
            assert_eq!(reactions, (&own.reactions.own, &own.reactions.theirs), "{:?}", own.text);
        }
    }

    /// What is said to be unseen is what was not looked at.
    fn unread_by(&self, who: usize, history: &[Message]) {
        let line = &self.lines[who];
        let Some(unread) = line.unread else { return };
        let unseen = received(history).filter(|m| !m.deleted && !line.seen.contains(&m.id));
        assert_eq!(usize::try_from(unread), Ok(unseen.count()), "unread");
    }

    /// One text behind others that were written later: only if the first of them waited for it. Once
    /// it was passed over, nothing waits for it any more.
    fn order(&self, who: usize, histories: &[Vec<Message>; 2]) {
        let written = &self.written[who];
        let read: Vec<_> = received(&histories[1 - who]).map(|message| message.id).collect();
        let on_time = |id: &MessageId| !self.lines[who].failed.contains(id);
        for (place, late) in read.iter().enumerate().filter(|(_, id)| on_time(id)) {
            let waited = |early: &MessageId| {
                // Not known if the client ended before it could say so.
                let shown_at = self.lines[1 - who].shown.get(early);
                shown_at.map_or(PATIENCE, |at| at - written[early].at)
            };
            let mut later = read[..place].iter().filter(|id| written[id].at > written[late].at);
            let first = later.next();
            assert!(
                first.is_none_or(|first| waited(first) >= PATIENCE),
                "{:?} is shown before {:?}",
                first.map(|first| self.text(*first)),
                self.text(*late)
            );
        }
    }

    fn notices_of(&self, who: usize) {
        let calm = !self.past.gave_up()
            && !self.past.skewed()
            && !self.past.replayed
            && self.past.waited < RETENTION_S * 1000;
        let alarms = self.lines[who].notices.iter().filter(|notice| is_alarm(notice));
        assert!(!calm || alarms.clone().count() == 0, "{:?}", alarms.collect::<Vec<_>>());
    }

    /// Whether a text was written when neither had anything to forget any more.
    fn is_of_now(&self, id: MessageId) -> bool {
        let written = self.written.iter().find_map(|written| written.get(&id));
        written.is_some_and(|written| written.at > self.past.gave_up_at)
    }

    fn is_timed(&self, id: MessageId) -> bool {
        self.written.iter().filter_map(|written| written.get(&id)).any(|written| written.timed)
    }

    fn text(&self, id: MessageId) -> Option<&String> {
        let written = self.written.iter().find_map(|written| written.get(&id));
        written.and_then(|written| written.texts.first())
    }
}

fn has_changed(message: &Message) -> bool {
    let Reactions { own, theirs } = &message.reactions;
    let reacted = own.is_some() || theirs.is_some();
    message.deleted || message.edited.is_some() || message.state == MessageState::Read || reacted
}

pub(super) fn received(history: &[Message]) -> impl Iterator<Item = &Message> {
    history.iter().filter(|message| message.state == MessageState::Received)
}

pub(super) fn is_delivered(state: MessageState) -> bool {
    matches!(state, MessageState::Delivered | MessageState::Read)
}

pub(super) fn is_replaced(notice: &Notice) -> bool {
    matches!(notice, Notice::SessionReplaced { .. })
}

/// What a person is to think about.
fn is_alarm(notice: &Notice) -> bool {
    is_replaced(notice) || matches!(notice, Notice::TwoDevices { .. } | Notice::Withdrawn { .. })
}

/// How long a text is held for one before it.
const PATIENCE: u64 = 3 * MINUTE;
