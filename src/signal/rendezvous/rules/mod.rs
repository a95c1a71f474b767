//! Who initiates, which session is sent in, and when to start over: a pure state machine.
//!
//! It names bundles and sessions and knows nothing of what is in them; the client computes, stores
//! and sends what the [`Action`]s say. Every call is one transaction of the client: either the new
//! state and all that it ordered are on disk, or neither.
//!
//! ```text
//!   ask ──► bundle out ──────────────── its bundle used by the peer ──► responder session ─┐
//!    │                                                                                     │
//!    └────► peer's bundle accepted ──► initiator session (candidate) ── peer answered ──►  ├─► matched
//!                                                                                          │
//!   a fresh bundle of the peer's ──► another candidate ── peer answered ──► replaces ──────┘
//! ```
//!
//! Two people can initiate at once, and either may lose its state at any time. What makes both
//! converge is that one of them leads:
//!
//! - The **lower ID leads**: it chooses the session, and goes on in one that it initiated itself
//!   rather than in one that the peer initiated at the same time.
//! - The **higher ID follows**: it sends in the session in which it has authenticated the leader's
//!   latest [`Turn`]. Until it has any, it sends in the session that it initiated last.
//! - A **turn** numbers a side's choices. Every message in the chosen session carries it. It is at
//!   least the writer's clock, so that a side that lost its state is not behind its own past.
//! - A candidate replaces a session that works only after the peer answered in it. A responder
//!   answers in a new session at once, whichever session it goes on in; but not to a request that
//!   came late, after both had found a session without it.
//! - What is neither sent in nor a candidate is retired: still read for a while.
//!
//! A bundle says what its writer had [`Heard`] of the reader. A computer that is lost takes the
//! count of its generations with it, and a clock that is behind does not bring it back; the reader's
//! bundle does. And whoever talks already passes over an answer to something that it does not wait
//! for: the relay showed the other one something old.

mod bytes;

/// A bundle's random name.
pub type BundleName = [u8; 16];
/// A session's name, the same on both sides.
pub type SessionName = [u8; 16];
/// When a bundle was made, in its maker's milliseconds since 1970; always rising.
pub type Generation = u64;
/// The number of a side's choice of session, in milliseconds since 1970 at least; always rising.
pub type Turn = u64;
/// Milliseconds since 1970 by one's own clock.
pub type Millis = u64;

/// The rules' state for one contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    leader: bool,
    /// The highest generation of one's own bundles.
    issued: Generation,
    /// The highest generation accepted from the peer. It survives everything.
    accepted: Generation,
    /// One's own latest choice.
    turn: Turn,
    /// The peer's latest choice that was authenticated.
    peer_turn: Turn,
    /// Counts one's own bundles and sessions, to tell which came first.
    order: u64,
    /// How far that count was when the session at hand was known to work.
    settled: u64,
    bundles: Vec<OwnBundle>,
    sessions: Vec<Entry>,
    sending: Option<SessionName>,
    repaired: Millis,
    strikes: u8,
}

/// The highest numbers seen: without them an old bundle could be taken for a new one, and a
/// new one for an old one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// Of one's own bundles.
    pub issued: Generation,
    /// Of the peer's bundles that were accepted.
    pub accepted: Generation,
    /// One's own latest choice.
    pub turn: Turn,
}

/// What the writer of a bundle had heard of its reader, whom it tells so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// The highest generation of the reader's that the writer has accepted, 0 if none: whatever the
    /// reader's clock says, only a bundle above that is a new one.
    pub accepted: Generation,
    /// The name of the reader's bundle, or of the session that the reader initiated, that came to
    /// nothing and that this bundle is the answer to.
    pub answers: Option<[u8; 16]>,
}

/// A bundle of one's own whose private keys are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
struct OwnBundle {
    name: BundleName,
    generation: Generation,
    epoch: u64,
    order: u64,
    keep_until: Millis,
}

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    name: SessionName,
    initiated: bool,
    /// The generation of the bundle that it was made from.
    generation: Generation,
    /// Of the session if one initiated it, of the bundle if the peer did.
    order: u64,
    answered: bool,
    /// Whether an ordinary message came in it: whoever initiated it has had an answer.
    ordinary: bool,
    /// Since when it is only read.
    retired: Option<Millis>,
}

impl Entry {
    /// Whether messages are known to have come both ways.
    fn works(&self) -> bool {
        self.answered && (self.initiated || self.ordinary)
    }
}

/// What the client has to do, in this order, in the transaction that stores the new state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Make a bundle, store its private keys, say so with [`Rules::issued`], and put it.
    PutBundle {
        /// Its generation.
        generation: Generation,
        /// The epoch of the mailbox.
        epoch: u64,
        /// What it tells its reader.
        heard: Heard,
    },
    /// Say something in this session, so that the peer learns of it or of the choice.
    Greet(SessionName),
    /// The session for sending is this one now: what the peer has not receipted goes again in it.
    Resend(SessionName),
    /// A message of the peer was authenticated for the first time: the conversation is open.
    Matched,
    /// The session replaced one that had worked.
    Replaced,
    /// A message came on a session that was replaced long ago: two devices use the peer's ID.
    TwoDevices,
    /// Destroy the private keys of this bundle.
    ForgetBundle(BundleName),
    /// Destroy the private keys of this bundle, which was used, and put it once more after a while,
    /// as it was, as long as not [`Rules::works`]: its reader may have gone back to a copy that has
    /// not read it, and hears of nothing else.
    SpendBundle(BundleName),
    /// Destroy this session.
    ForgetSession(SessionName),
}

/// What to do with an initial message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Initial {
    /// It belongs to a session that exists.
    Known,
    /// It uses a bundle whose private keys are here: respond.
    Respond,
    /// It uses keys that are gone. [`Rules::lost`] may order a fresh bundle.
    Unknown,
}

impl Rules {
    /// The rules for a new contact. `leader`: whether one's own ID is the lower one.
    #[must_use]
    pub fn new(leader: bool) -> Self {
        Self {
            leader,
            issued: 0,
            accepted: 0,
            turn: 0,
            peer_turn: 0,
            order: 0,
            settled: 0,
            bundles: Vec::new(),
            sessions: Vec::new(),
            sending: None,
            repaired: 0,
            strikes: 0,
        }
    }

    /// Starts over with a contact who was removed before: of the past only the marks survive.
    #[must_use]
    pub fn renewed(leader: bool, marks: Marks) -> Self {
        let Marks { issued, accepted, turn } = marks;
        Self { issued, accepted, turn, ..Self::new(leader) }
    }

    /// What must survive the removal of the contact.
    #[must_use]
    pub fn marks(&self) -> Marks {
        Marks { issued: self.issued, accepted: self.accepted, turn: self.turn }
    }

    /// The session to send in, if there is one.
    #[must_use]
    pub fn sending(&self) -> Option<SessionName> {
        self.sending
    }

    /// The number that a message in this session carries: the turn in which the session was
    /// chosen, or 0 in a session that is not the chosen one.
    #[must_use]
    pub fn turn(&self, name: SessionName) -> Turn {
        if self.sending == Some(name) { self.turn } else { 0 }
    }

    /// Whether a message of the peer was ever authenticated in a session that is still here.
    #[must_use]
    pub fn matched(&self) -> bool {
        self.sessions.iter().any(|session| session.answered)
    }

    /// Whether the peer answered in this session.
    #[must_use]
    pub fn answered(&self, name: SessionName) -> bool {
        self.session(name).is_some_and(|session| session.answered)
    }

    /// Whether this session is sent in or a candidate: a greeting in it is worth repeating.
    #[must_use]
    pub fn live(&self, name: SessionName) -> bool {
        self.session(name).is_some_and(|session| session.retired.is_none())
    }

    /// Whether messages are known to have come both ways in the session to send in.
    #[must_use]
    pub fn works(&self) -> bool {
        self.sending.and_then(|sending| self.session(sending)).is_some_and(Entry::works)
    }

    /// Since when a session is only read.
    #[must_use]
    pub fn retired(&self, name: SessionName) -> Option<Millis> {
        self.session(name).and_then(|session| session.retired)
    }

    /// Every session that is still read.
    pub fn sessions(&self) -> impl Iterator<Item = SessionName> {
        self.sessions.iter().map(|session| session.name)
    }

    /// Every bundle whose private keys are kept.
    pub fn bundles(&self) -> impl Iterator<Item = BundleName> {
        self.bundles.iter().map(|bundle| bundle.name)
    }

    /// Asks, or asks again in a new epoch, unless a bundle for it is out or the peer has answered.
    #[must_use]
    pub fn ask(&mut self, epoch: u64, now: Millis) -> Vec<Action> {
        // The peer reads the next epoch too, and none behind that: a clock was far ahead.
        let read = epoch..=epoch.saturating_add(1);
        let out = self.bundles.iter().any(|bundle| read.contains(&bundle.epoch));
        if out || self.matched() { Vec::new() } else { vec![self.fresh_bundle(None, epoch, now)] }
    }

    /// The bundle ordered by [`Action::PutBundle`] exists now. Of many that nobody uses the oldest
    /// is forgotten.
    #[must_use]
    pub fn issued(
        &mut self,
        name: BundleName,
        generation: Generation,
        epoch: u64,
        keep_until: Millis,
    ) -> Vec<Action> {
        let order = self.next_order();
        self.bundles.push(OwnBundle { name, generation, epoch, order, keep_until });
        self.bundles.sort_by_key(|bundle| bundle.order);
        let surplus = self.bundles.len().saturating_sub(MAX_BUNDLES);
        self.bundles.drain(..surplus).map(|bundle| Action::ForgetBundle(bundle.name)).collect()
    }

    /// Whether to initiate on a valid bundle of the peer's: only on the newest ever seen, and on
    /// none from the far future, which would make every later one old; nor on an answer that
    /// nobody waits for.
    #[must_use]
    pub fn accepts(&self, generation: Generation, heard: Heard, now: Millis) -> bool {
        generation > self.newest_known()
            && generation <= now.saturating_add(MAX_AHEAD)
            && self.waits_for(heard.answers)
    }

    /// A session was initiated on the peer's bundle of this generation, which said this.
    #[must_use]
    pub fn initiated(
        &mut self,
        name: SessionName,
        generation: Generation,
        heard: Heard,
        now: Millis,
    ) -> Vec<Action> {
        self.accepted = self.accepted.max(generation);
        self.raise_issued(heard, now);
        self.strikes = 0;
        let order = self.next_order();
        // Older candidates were made from bundles that the peer has replaced.
        let candidates = |session: &Entry| session.initiated && !session.answered;
        self.retire(now, candidates);
        self.sessions.push(Entry {
            name,
            initiated: true,
            generation,
            order,
            answered: false,
            ordinary: false,
            retired: None,
        });
        let mut actions = self.forget_surplus();
        if self.sending.is_none_or(|sending| !self.answered(sending)) {
            actions.extend(self.choose(name, now));
        } else {
            actions.push(Action::Greet(name));
        }
        actions
    }

    /// What to do with an initial message for this bundle and session.
    #[must_use]
    pub fn initial(&self, bundle: BundleName, session: SessionName) -> Initial {
        if self.session(session).is_some() {
            Initial::Known
        } else if self.bundles.iter().any(|own| own.name == bundle) {
            Initial::Respond
        } else {
            Initial::Unknown
        }
    }

    /// An initial message authenticated: there is a responder session now, the bundle is used, and
    /// the message itself is accounted for by [`Rules::authenticated`], called next.
    #[must_use]
    pub fn responded(&mut self, name: SessionName, bundle: BundleName) -> Vec<Action> {
        let Some(at) = self.bundles.iter().position(|own| own.name == bundle) else {
            return Vec::new();
        };
        let used = self.bundles.swap_remove(at);
        self.sessions.push(Entry {
            name,
            initiated: false,
            generation: used.generation,
            order: used.order,
            answered: false,
            ordinary: false,
            retired: None,
        });
        let mut actions = vec![Action::SpendBundle(bundle)];
        actions.extend(self.forget_surplus());
        actions
    }

    /// A message that is no initial one was authenticated in this session: [`Rules::authenticated`]
    /// is called next.
    pub fn ordinary(&mut self, name: SessionName) {
        let session = self.sessions.iter_mut().find(|session| session.name == name);
        session.into_iter().for_each(|session| session.ordinary = true);
    }

    /// A message of the peer's was authenticated in this session, with its writer's turn.
    #[must_use]
    pub fn authenticated(&mut self, name: SessionName, turn: Turn, now: Millis) -> Vec<Action> {
        let matched = self.matched();
        let works =
            self.sending.and_then(|sending| self.session(sending)).is_some_and(Entry::works);
        let Some(session) = self.sessions.iter_mut().find(|session| session.name == name) else {
            return Vec::new();
        };
        let first = !session.answered;
        session.answered = true;
        let (initiated, retired, order) = (session.initiated, session.retired, session.order);
        self.strikes = 0;
        let sent_in = self.sending;
        // Sessions that the peer never said it chose, or that may have gone one way only, are
        // attempts at one first contact.
        let worked = matched && self.peer_turn != 0 && works;
        let newest = turn != 0 && (turn >= self.peer_turn || self.is_behind(order));
        if newest {
            self.peer_turn = turn;
        }

        let mut actions = Vec::new();
        if !matched {
            actions.push(Action::Matched);
        }
        if first && !initiated && !(turn == 0 && self.is_late(order)) {
            // A responder answers in a new session at once, so that the initiator may rely on it.
            actions.push(Action::Greet(name));
        }
        if retired.is_some_and(|since| now > since.saturating_add(READ_RETIRED)) {
            actions.push(Action::TwoDevices);
        }
        if self.prefers(name, first, newest) {
            let replaced = worked && first;
            actions.extend(self.choose(name, now));
            actions.extend(replaced.then_some(Action::Replaced));
        }
        if self.sending == Some(name) && (first || self.sending != sent_in) {
            self.settled = self.order;
        }
        self.retire_losers(now);
        actions
    }

    /// A valid bundle came that is not accepted. If no session was made from it, its writer lost
    /// its state and made it by a clock that is behind the one before, or the relay shows an old
    /// one. The answer tells the writer what was accepted, and it can tell which of both it is. At
    /// most one an hour.
    #[must_use]
    pub fn outdated(
        &mut self,
        name: BundleName,
        generation: Generation,
        heard: Heard,
        epoch: u64,
        now: Millis,
    ) -> Vec<Action> {
        self.raise_issued(heard, now);
        let used = |session: &Entry| session.initiated && session.generation == generation;
        if generation > now.saturating_add(MAX_AHEAD)
            || self.sessions.iter().any(used)
            || !self.waits_for(heard.answers)
        {
            return Vec::new();
        }
        self.repair(Some(name), epoch, now, LOST_PAUSE)
    }

    /// An initial message of this session came for private keys that are gone: with a fresh bundle
    /// the peer can start over. At most one an hour.
    #[must_use]
    pub fn lost(&mut self, name: SessionName, epoch: u64, now: Millis) -> Vec<Action> {
        self.repair(Some(name), epoch, now, LOST_PAUSE)
    }

    /// An envelope in a session's mailbox opened under no key. Three in a row, and one's own state
    /// is taken to be an old one.
    #[must_use]
    pub fn undecipherable(&mut self, epoch: u64, now: Millis) -> Vec<Action> {
        self.strikes = self.strikes.saturating_add(1);
        if self.strikes < STRIKES {
            return Vec::new();
        }
        self.repair(None, epoch, now, REPAIR_PAUSE)
    }

    /// A number that was used came again with other bytes: the peer's state is an old one, and a
    /// fresh bundle lets it start over.
    #[must_use]
    pub fn rolled_back(&mut self, epoch: u64, now: Millis) -> Vec<Action> {
        self.repair(None, epoch, now, REPAIR_PAUSE)
    }

    /// Lets time pass: what was kept long enough is forgotten.
    #[must_use]
    pub fn tick(&mut self, now: Millis) -> Vec<Action> {
        let mut actions = Vec::new();
        self.bundles.retain(|bundle| {
            let keep = now <= bundle.keep_until;
            if !keep {
                actions.push(Action::ForgetBundle(bundle.name));
            }
            keep
        });
        self.sessions.retain(|session| {
            let since = session.retired.unwrap_or(Millis::MAX);
            let keep = now <= since.saturating_add(KEEP_RETIRED);
            if !keep {
                actions.push(Action::ForgetSession(session.name));
            }
            keep
        });
        actions
    }

    /// Whether a message just authenticated makes its session the one to send in.
    fn prefers(&self, name: SessionName, first: bool, newest: bool) -> bool {
        let Some(sending) = self.sending.and_then(|sending| self.session(sending)) else {
            return true;
        };
        if sending.name == name {
            return false;
        }
        if !self.leader {
            return newest;
        }
        first && self.session(name).is_some_and(|session| self.leads_to(session, sending))
    }

    /// Whether the session at hand is older than one of this order. What the peer chooses there it
    /// chose later, whatever its clock says: it may have lost the count of its turns.
    fn is_behind(&self, order: u64) -> bool {
        let sending = self.sending.and_then(|sending| self.session(sending));
        sending.is_some_and(|sending| sending.order < order)
    }

    /// Whether a session was made from a bundle that was out before the session at hand was known
    /// to work. If the peer goes on elsewhere all the same, it has only answered a request late:
    /// nobody needs that answer, and a session that works would be replaced if it had one.
    fn is_late(&self, order: u64) -> bool {
        order <= self.settled && self.sending.is_some_and(|sending| self.answered(sending))
    }

    /// Whether the leader goes over to a session that has just been answered for the first time.
    fn leads_to(&self, session: &Entry, sending: &Entry) -> bool {
        if session.initiated == sending.initiated {
            return session.generation > sending.generation;
        }
        if session.initiated {
            // The peer asked to start over after it had initiated the other one, or at once with
            // it: the leader's own wins.
            return true;
        }
        // The peer initiated. If that was on a bundle made before one's own newest session, both
        // initiated at once, and the leader's own wins.
        let newest_own = self
            .sessions
            .iter()
            .filter(|own| own.initiated && (own.retired.is_none() || own.answered))
            .map(|own| own.order)
            .max();
        newest_own.is_none_or(|own| session.order > own)
    }

    /// Goes on in this session: a new turn, which a greeting tells.
    fn choose(&mut self, name: SessionName, now: Millis) -> Vec<Action> {
        self.sending = Some(name);
        // Above every bundle of one's own until now, so that the peer knows those for old ones.
        let issued = if self.issued <= now.saturating_add(MAX_AHEAD) { self.issued } else { 0 };
        self.turn = now.max(self.turn.saturating_add(1)).max(issued);
        for session in self.sessions.iter_mut().filter(|session| session.name == name) {
            session.retired = None;
        }
        vec![Action::Greet(name), Action::Resend(name)]
    }

    /// Retires what is neither sent in nor a candidate. A candidate that is older than what is sent
    /// in is none: the peer answered to something later.
    fn retire_losers(&mut self, now: Millis) {
        let sending = self.sending.and_then(|sending| self.session(sending));
        let since = sending.map_or(0, |sending| sending.order);
        self.retire(now, |session| session.answered || !session.initiated || session.order < since);
    }

    fn retire(&mut self, now: Millis, which: impl Fn(&Entry) -> bool) {
        let sending = self.sending;
        self.sessions
            .iter_mut()
            .filter(|session| Some(session.name) != sending && which(session))
            .for_each(|session| session.retired = Some(session.retired.unwrap_or(now)));
    }

    /// Bounds the sessions kept: the one retired first goes first.
    fn forget_surplus(&mut self) -> Vec<Action> {
        let mut actions = Vec::new();
        while self.sessions.len() > MAX_SESSIONS {
            let oldest = self
                .sessions
                .iter()
                .enumerate()
                .filter(|(_, session)| Some(session.name) != self.sending)
                .min_by_key(|(_, session)| (session.retired.unwrap_or(Millis::MAX), session.order))
                .map(|(at, _)| at);
            let Some(at) = oldest else { break };
            actions.push(Action::ForgetSession(self.sessions.remove(at).name));
        }
        actions
    }

    /// Whether something here came to nothing at the peer's side and is waiting still. Whoever knows
    /// that messages come both ways waits for a session that it initiated and has not given up;
    /// anybody else for everything.
    fn waits_for(&self, answered: Option<[u8; 16]>) -> bool {
        let waits =
            |own: &Entry| Some(own.name) == answered && own.initiated && own.retired.is_none();
        answered.is_none() || !self.works() || self.sessions.iter().any(waits)
    }

    /// Every bundle of the peer's up to this generation is an old one: accepted before, or, once
    /// messages come both ways, made before the peer's latest choice. Turns and generations are of
    /// one clock, and a computer that was lost and begun anew has no other sign of the past.
    fn newest_known(&self) -> Generation {
        if self.works() { self.accepted.max(self.peer_turn) } else { self.accepted }
    }

    /// The peer has accepted what this side no longer knows to have issued. No peer with a right
    /// clock can have accepted one from the far future.
    fn raise_issued(&mut self, heard: Heard, now: Millis) {
        if heard.accepted <= now.saturating_add(MAX_AHEAD) {
            self.issued = self.issued.max(heard.accepted);
        }
    }

    fn repair(
        &mut self,
        answers: Option<[u8; 16]>,
        epoch: u64,
        now: Millis,
        pause: Millis,
    ) -> Vec<Action> {
        // A clock that was ahead and was set back must not forbid repairs.
        let recent = self.repaired..self.repaired.saturating_add(pause);
        if self.repaired != 0 && recent.contains(&now) {
            return Vec::new();
        }
        self.repaired = now;
        self.strikes = 0;
        vec![self.fresh_bundle(answers, epoch, now)]
    }

    fn fresh_bundle(&mut self, answers: Option<[u8; 16]>, epoch: u64, now: Millis) -> Action {
        // No peer with a right clock can have accepted a generation from the far future.
        let latest = now.saturating_add(MAX_AHEAD);
        let known = [self.issued, self.turn].into_iter().filter(|known| *known <= latest);
        let last = known.max().unwrap_or(0);
        self.issued = now.max(last.saturating_add(1));
        let heard = Heard { accepted: self.newest_known(), answers };
        Action::PutBundle { generation: self.issued, epoch, heard }
    }

    fn session(&self, name: SessionName) -> Option<&Entry> {
        self.sessions.iter().find(|session| session.name == name)
    }

    fn next_order(&mut self) -> u64 {
        self.order = self.order.saturating_add(1);
        self.order
    }
}

const HOUR: Millis = 3_600_000;
const DAY: Millis = 24 * HOUR;
/// Two clocks may differ by a day; twice that is no clock's error.
const MAX_AHEAD: Millis = 2 * DAY;
/// A retired session is read for a week without remark: time for a peer who was away.
const READ_RETIRED: Millis = 7 * DAY;
/// And for three more, so that two devices with one ID are noticed and nothing is lost.
const KEEP_RETIRED: Millis = 28 * DAY;
/// What the relay can do by throwing rubbish at a mailbox is bounded by these pauses.
const REPAIR_PAUSE: Millis = HOUR / 6;
const LOST_PAUSE: Millis = HOUR;
/// One stray envelope proves nothing.
const STRIKES: u8 = 3;
/// What a relay that throws rubbish, or a peer that answers nothing, can make this side keep.
const MAX_BUNDLES: usize = 8;
/// Two at work, and the rest retired: enough for a peer who starts over every few days.
const MAX_SESSIONS: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = 1_000 * DAY;
    const NOTHING: Heard = Heard { accepted: 0, answers: None };

    #[test]
    fn the_state_survives_its_bytes_and_no_truncation() {
        let mut rules = Rules::new(true);
        assert_eq!(
            rules.ask(3, NOW),
            [Action::PutBundle { generation: NOW, epoch: 3, heard: NOTHING }]
        );
        assert_eq!(rules.issued([1; 16], NOW, 3, NOW + DAY), []);
        let _ = rules.initiated([2; 16], 5, NOTHING, NOW);
        let _ = rules.authenticated([2; 16], 9, NOW);
        let _ = rules.responded([3; 16], [1; 16]);
        let bytes = rules.to_bytes();
        assert_eq!(Rules::from_bytes(&bytes), Ok(rules));
        for len in 0..bytes.len() {
            assert!(Rules::from_bytes(&bytes[..len]).is_err());
        }
        assert!(Rules::from_bytes(&[&bytes[..], &[0]].concat()).is_err());
    }

    #[test]
    fn one_bundle_an_epoch_is_enough() {
        let mut rules = Rules::new(true);
        let _ = rules.ask(3, NOW);
        let _ = rules.issued([1; 16], NOW, 3, NOW + DAY);
        assert_eq!(rules.ask(3, NOW), []);
        let generation = NOW + 1;
        assert_eq!(rules.ask(4, NOW), [Action::PutBundle { generation, epoch: 4, heard: NOTHING }]);
    }

    #[test]
    fn a_request_for_an_epoch_that_nobody_reads_is_none() {
        let mut rules = Rules::new(true);
        let _ = rules.ask(16, NOW + 365 * DAY);
        let _ = rules.issued([1; 16], NOW + 365 * DAY, 16, NOW + 400 * DAY);
        assert_eq!(rules.ask(15, NOW + 364 * DAY), []);
        assert_eq!(
            rules.ask(3, NOW),
            [Action::PutBundle { generation: NOW, epoch: 3, heard: NOTHING }]
        );
    }

    #[test]
    fn old_and_far_future_generations_are_not_accepted() {
        let mut rules = Rules::new(true);
        let _ = rules.initiated([2; 16], NOW, NOTHING, NOW);
        assert!(!rules.accepts(NOW, NOTHING, NOW));
        assert!(!rules.accepts(NOW - 1, NOTHING, NOW));
        assert!(rules.accepts(NOW + 1, NOTHING, NOW));
        assert!(rules.accepts(NOW + MAX_AHEAD, NOTHING, NOW));
        assert!(!rules.accepts(NOW + MAX_AHEAD + 1, NOTHING, NOW));
    }

    #[test]
    fn the_leader_goes_on_in_its_own_session_and_the_follower_follows() {
        let (mut lower, mut higher) = (Rules::new(true), Rules::new(false));
        for rules in [&mut lower, &mut higher] {
            let _ = rules.ask(3, NOW);
            let _ = rules.issued([1; 16], NOW, 3, NOW + DAY);
        }
        let (of_lower, of_higher) = ([10; 16], [20; 16]);
        let _ = lower.initiated(of_lower, NOW, NOTHING, NOW);
        let _ = higher.initiated(of_higher, NOW, NOTHING, NOW);
        let _ = lower.responded(of_higher, [1; 16]);
        let _ = lower.authenticated(of_higher, higher.turn(of_higher), NOW);
        let _ = higher.responded(of_lower, [1; 16]);
        let actions = higher.authenticated(of_lower, lower.turn(of_lower), NOW);
        assert_eq!(lower.sending(), Some(of_lower));
        assert_eq!(higher.sending(), Some(of_lower));
        assert!(actions.contains(&Action::Resend(of_lower)));
    }

    #[test]
    fn a_bundle_behind_the_accepted_one_is_answered_unless_it_was_used() {
        let mut rules = Rules::new(false);
        let _ = rules.initiated([2; 16], NOW - DAY, NOTHING, NOW);
        let _ = rules.initiated([3; 16], NOW, NOTHING, NOW);
        assert_eq!(rules.outdated([9; 16], NOW, NOTHING, 3, NOW), []);
        assert_eq!(rules.outdated([9; 16], NOW - DAY, NOTHING, 3, NOW), []);
        assert_eq!(rules.outdated([9; 16], NOW + 3 * DAY, NOTHING, 3, NOW), []);
        let heard = Heard { accepted: NOW, answers: Some([9; 16]) };
        // Above the two choices.
        let fresh = [Action::PutBundle { generation: NOW + 2, epoch: 3, heard }];
        assert_eq!(rules.outdated([9; 16], NOW - HOUR, NOTHING, 3, NOW), fresh);
        assert_eq!(rules.outdated([9; 16], NOW - HOUR, NOTHING, 3, NOW + HOUR - 1), []);
        assert_eq!(rules.outdated([9; 16], NOW - HOUR, NOTHING, 3, NOW + HOUR).len(), 1);
    }

    #[test]
    fn a_leader_who_lost_the_count_of_its_turns_is_followed_into_newer_sessions_only() {
        let mut rules = Rules::new(false);
        let (old, new) = ([2; 16], [3; 16]);
        let _ = rules.initiated(old, 5, NOTHING, NOW);
        let _ = rules.authenticated(old, NOW + DAY, NOW);
        let _ = rules.issued([1; 16], NOW, 3, NOW + DAY);
        let _ = rules.responded(new, [1; 16]);
        let _ = rules.authenticated(new, 0, NOW);
        assert_eq!(rules.sending(), Some(old));
        let _ = rules.authenticated(new, NOW, NOW);
        assert_eq!(rules.sending(), Some(new));
        // What it said before it chose so comes late.
        let _ = rules.authenticated(old, NOW - 1, NOW);
        assert_eq!(rules.sending(), Some(new));
    }

    #[test]
    fn two_answers_to_one_request_are_no_replacement() {
        let mut rules = Rules::new(true);
        let (early, late) = ([2; 16], [3; 16]);
        let _ = rules.issued([1; 16], NOW, 3, NOW + DAY);
        let _ = rules.issued([4; 16], NOW + 1, 4, NOW + DAY);
        let _ = rules.responded(early, [1; 16]);
        let _ = rules.authenticated(early, 0, NOW);
        let _ = rules.responded(late, [4; 16]);
        let actions = rules.authenticated(late, NOW, NOW);
        assert_eq!(rules.sending(), Some(late));
        assert!(!actions.contains(&Action::Replaced));
        rules.ordinary(late);
        let _ = rules.authenticated(late, NOW, NOW);
        let _ = rules.issued([5; 16], NOW + 2, 4, NOW + DAY);
        let _ = rules.responded([6; 16], [5; 16]);
        assert!(rules.authenticated([6; 16], NOW + 2, NOW).contains(&Action::Replaced));
    }

    /// Two people talk; one of them has two requests out, of which one came late.
    fn settled_with_requests_out() -> Rules {
        let mut rules = Rules::new(false);
        let _ = rules.issued([1; 16], NOW, 3, NOW + DAY);
        let _ = rules.issued([4; 16], NOW + 1, 4, NOW + DAY);
        let _ = rules.initiated([2; 16], NOW, NOTHING, NOW);
        let _ = rules.authenticated([2; 16], NOW, NOW);
        assert_eq!(rules.sending(), Some([2; 16]));
        rules
    }

    #[test]
    fn a_late_answer_to_a_request_has_no_answer_while_the_peer_goes_on_elsewhere() {
        let mut rules = settled_with_requests_out();
        let _ = rules.responded([5; 16], [1; 16]);
        assert_eq!(rules.authenticated([5; 16], 0, NOW), []);
        assert_eq!(rules.sending(), Some([2; 16]));
        // One that the peer needs is answered.
        let _ = rules.responded([6; 16], [4; 16]);
        let actions = rules.authenticated([6; 16], NOW + 1, NOW);
        assert!(actions.contains(&Action::Greet([6; 16])));
        assert_eq!(rules.sending(), Some([6; 16]));
    }

    #[test]
    fn what_was_asked_after_both_talked_is_answered() {
        let mut rules = settled_with_requests_out();
        assert_eq!(rules.rolled_back(4, NOW).len(), 1);
        let _ = rules.issued([7; 16], NOW + 2, 4, NOW + DAY);
        let _ = rules.responded([8; 16], [7; 16]);
        assert_eq!(rules.authenticated([8; 16], 0, NOW), [Action::Greet([8; 16])]);
    }

    #[test]
    fn a_state_of_the_format_before_is_read() {
        let rules = settled_with_requests_out();
        let mut bytes = rules.to_bytes();
        bytes[0] = 1;
        bytes.drain(42..50);
        // One session, whose last nine bytes are a flag and a time, behind its length.
        let end = bytes.len();
        bytes.remove(end - 9);
        bytes[end - 44] -= 1;
        let read = Rules::from_bytes(&bytes).unwrap();
        assert!(read.sessions.iter().all(Entry::works));
        assert_eq!(
            Rules { sessions: rules.sessions.clone(), ..read },
            Rules { settled: 0, ..rules }
        );
        bytes[0] = 3;
        assert!(Rules::from_bytes(&bytes).is_err());
    }

    #[test]
    fn only_a_session_that_is_known_to_work_both_ways_is_replaced() {
        for ordinary in [false, true] {
            let mut rules = Rules::new(true);
            let (of_peer, own) = ([2; 16], [3; 16]);
            let _ = rules.issued([1; 16], NOW, 3, NOW + DAY);
            let _ = rules.responded(of_peer, [1; 16]);
            if ordinary {
                rules.ordinary(of_peer);
            }
            let _ = rules.authenticated(of_peer, NOW, NOW);
            // None of the answers came to the peer, who asks once more.
            let _ = rules.initiated(own, NOW, NOTHING, NOW);
            let actions = rules.authenticated(own, 0, NOW);
            assert_eq!(rules.sending(), Some(own));
            assert_eq!(actions.contains(&Action::Replaced), ordinary);
        }
    }

    #[test]
    fn a_candidate_is_none_when_something_newer_is_chosen() {
        let mut rules = Rules::new(false);
        let (candidate, chosen) = ([2; 16], [3; 16]);
        let _ = rules.initiated(candidate, 5, NOTHING, NOW);
        let _ = rules.issued([1; 16], NOW, 3, NOW + DAY);
        let _ = rules.responded(chosen, [1; 16]);
        let _ = rules.authenticated(chosen, NOW, NOW);
        assert_eq!(rules.sending(), Some(chosen));
        assert!(!rules.live(candidate));
        let _ = rules.authenticated(candidate, NOW + 1, NOW);
        assert_eq!(rules.sending(), Some(candidate), "read all the same");
    }

    #[test]
    fn bundles_that_nobody_uses_stay_few() {
        let mut rules = Rules::new(true);
        for n in 0..1_000_u64 {
            let name = u128::from(n).to_be_bytes();
            let forgotten = rules.issued(name, NOW + n, 3, NOW + DAY);
            assert_eq!(forgotten.len(), usize::from(n >= 8));
        }
        assert_eq!(rules.bundles().count(), MAX_BUNDLES);
        assert_eq!(Rules::from_bytes(&rules.to_bytes()), Ok(rules));
    }

    #[test]
    fn a_clock_that_was_ahead_does_no_lasting_harm() {
        let mut rules = Rules::new(true);
        let future = NOW + 365 * DAY;
        let _ = rules.ask(3, future);
        assert_eq!(rules.rolled_back(3, future).len(), 1);
        let ordered = rules.rolled_back(3, NOW);
        assert_eq!(ordered, [Action::PutBundle { generation: NOW, epoch: 3, heard: NOTHING }]);
    }

    #[test]
    fn rubbish_orders_one_bundle_in_ten_minutes() {
        let mut rules = Rules::new(true);
        let ordered = |rules: &mut Rules, now| {
            (0..30).map(|_| rules.undecipherable(3, now).len()).sum::<usize>()
        };
        assert_eq!(rules.undecipherable(3, NOW), []);
        assert_eq!(rules.undecipherable(3, NOW), []);
        assert_eq!(ordered(&mut rules, NOW), 1);
        assert_eq!(ordered(&mut rules, NOW + REPAIR_PAUSE - 1), 0);
        assert_eq!(ordered(&mut rules, NOW + REPAIR_PAUSE), 1);
    }
}
