//! What must hold at the end.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use bauta::net::client::event::Message;
use bauta::net::client::event::MessageState;
use bauta::net::client::event::Notice;

use super::super::world::*;
use super::Model;
use super::event::MINUTE;

impl Model {
    /// Looks at both histories.
    pub(super) fn judge(&mut self) {
        let histories = [0, 1].map(|who| self.world.messages(who));
        self.hear();
        for who in 0..2 {
            self.read_by(who, &histories[who]);
            self.written_by(who, &histories);
            self.notices_of(who);
        }
    }

    /// What a person was shown.
    fn read_by(&self, who: usize, history: &[Message]) {
        let texts = received(history);
        let once: BTreeSet<_> = texts.iter().collect();
        assert_eq!(once.len(), texts.len(), "in a history twice: {texts:?}");
        for text in &texts {
            assert!(self.written[1 - who].contains_key(*text), "{text:?} was never written");
        }
        for (text, _) in &self.lines[who].shown {
            assert!(once.contains(&text.as_str()), "{text:?} was shown and is not in the history");
        }
    }

    /// What became of what a person wrote.
    fn written_by(&self, who: usize, histories: &[Vec<Message>; 2]) {
        let reader = 1 - who;
        let read: BTreeSet<_> = received(&histories[reader]).into_iter().collect();
        for message in histories[who].iter().filter(|m| m.state != MessageState::Received) {
            let text = message.text.as_str();
            let failed = matches!(message.state, MessageState::Failed { .. });
            let delivered = message.state == MessageState::Delivered;
            assert!(delivered || failed, "{text:?} still waits");
            if self.lines[who].delivered.contains(&message.id) {
                assert!(delivered, "{text:?} was said to be delivered");
            }
            let had = self.given_up[reader].contains(text) || self.perhaps[reader].contains(text);
            assert!(!delivered || read.contains(text) || had, "{text:?} was delivered to nobody");
        }
        if !self.past.disturbed {
            self.order(who, histories);
        }
    }

    /// One text behind others that were written later: only if the first of them waited for it. Once
    /// it was passed over, nothing waits for it any more.
    fn order(&self, who: usize, histories: &[Vec<Message>; 2]) {
        let failed: BTreeSet<_> = histories[who]
            .iter()
            .filter(|message| self.lines[who].failed.contains(&message.id))
            .map(|message| message.text.as_str())
            .collect();
        let shown_at: BTreeMap<_, _> =
            self.lines[1 - who].shown.iter().map(|(text, at)| (text.as_str(), *at)).collect();
        let read = received(&histories[1 - who]);
        for (place, late) in read.iter().enumerate().filter(|(_, text)| !failed.contains(*text)) {
            let written = self.written[who][*late];
            let waited = |early: &&str| {
                // Not known if the client ended before it could say so.
                shown_at.get(early).map_or(PATIENCE, |at| at - self.written[who][*early])
            };
            let mut later =
                read[..place].iter().filter(|early| self.written[who][**early] > written);
            let first = later.next();
            assert!(
                first.is_none_or(|first| waited(first) >= PATIENCE),
                "{first:?} is shown before {late:?}"
            );
        }
    }

    fn notices_of(&self, who: usize) {
        let calm = !self.past.disturbed
            && !self.past.relay_was_bad
            && self.past.waited < RETENTION_S * 1000;
        let alarms = self.lines[who].notices.iter().filter(|notice| is_alarm(notice));
        assert!(!calm || alarms.clone().count() == 0, "{:?}", alarms.collect::<Vec<_>>());
    }
}

fn received(history: &[Message]) -> Vec<&str> {
    let received = history.iter().filter(|message| message.state == MessageState::Received);
    received.map(|message| message.text.as_str()).collect()
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
