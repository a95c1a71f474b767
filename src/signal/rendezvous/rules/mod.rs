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
//! - What waits for an answer is given up by the age of its **bundle**, which both sides know, and
//!   sooner than either forgets the other half of it: what the relay shows again after weeks meets
//!   nobody who waits for it.
//!
//! A bundle says what its writer had [`Heard`] of the reader. A computer that is lost takes the
//! count of its generations with it, and a clock that is behind does not bring it back; the reader's
//! bundle does. And whoever talks already passes over an answer to something that it does not wait
//! for: the relay showed the other one something old.

mod asking;
mod beginning;
mod bytes;
mod choice;
mod entry;
mod repair;
mod retirement;
mod standing;

use entry::Entry;
use retirement::is_over;

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

/// When something happens, and since when the peer is silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// By one's own clock.
    pub now: Millis,
    /// Since when the oldest of what was said in the chosen session waits for its receipt.
    pub unheard: Option<Millis>,
}

impl From<Millis> for Moment {
    fn from(now: Millis) -> Self {
        Self { now, unheard: None }
    }
}

impl Moment {
    /// Whether the silence is so long that the peer may not have the chosen session.
    fn is_in_doubt(self) -> bool {
        self.unheard.is_some_and(|since| since.saturating_add(HOUR) <= self.now)
    }
}

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
    /// When a bundle was last put in doubt.
    doubted: Millis,
    /// When a bundle was last passed over with a greeting.
    reassured: Millis,
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
    /// Say something in this session too, within the hour: the peer may not know that somebody is
    /// here. Not at once, which would show on two connections what belongs together.
    Reassure(SessionName),
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
            doubted: 0,
            reassured: 0,
        }
    }

    /// Starts over with a contact who was removed before: of the past only the marks survive.
    #[must_use]
    pub fn renewed(leader: bool, marks: Marks) -> Self {
        let Marks { issued, accepted, turn } = marks;
        Self { issued, accepted, turn, ..Self::new(leader) }
    }
}

const HOUR: Millis = 3_600_000;
const DAY: Millis = 24 * HOUR;
/// How far ahead a bundle may be. Two clocks may each be a day off; the hour is for numbers that were counted up. A bundle that is
/// too far ahead now would be taken for a new one when it is shown again later.
pub const MAX_AHEAD: Millis = 2 * DAY + HOUR;
