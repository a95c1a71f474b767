//! What can happen to two people and their relay, and how bytes name it.

use bauta::net::client::core;

use super::super::world::*;

/// A beginning, and what happens then.
#[derive(Clone, Debug)]
pub struct Story {
    /// When it begins, in milliseconds since 1970.
    pub start: u64,
    /// Whether both talk already.
    pub talking: bool,
    /// In this order.
    pub events: Vec<Event>,
}

/// One thing that happens. People are 0 and 1; a number that names nothing makes it nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// So many frames arrive on one of a person's connections.
    Arrive(usize, core::Line, usize),
    /// A person does something to the nth message that it can be done to, the newest first.
    Do(usize, Act, usize),
    /// Both connections of a person come up.
    Connect(usize),
    /// One of them breaks, with everything that was on its way to the person.
    Disconnect(usize, core::Line),
    /// Time passes, in milliseconds; what the relay kept long enough is gone.
    Wait(u64),
    /// A person's clock goes wrong by so much, or right.
    Clock(usize, i64),
    /// The client ends where it stands: nothing that it did not commit has happened.
    Crash(usize),
    /// It ends in its next step, after the commit, with so many of its outputs released.
    CrashReleasing(usize, usize),
    /// The relay loses the nth envelope that is on its way.
    Lose(usize, core::Line, usize),
    /// The relay delivers the nth envelope twice.
    Double(usize, core::Line, usize),
    /// The relay exchanges the nth envelope and the next of its mailbox.
    Swap(usize, core::Line, usize),
    /// The relay puts an envelope of the past into its mailbox again.
    Replay(usize),
    /// From now on mailboxes have room for so many envelopes.
    Room(Option<usize>),
    /// A person copies the profile.
    Copy(usize),
    /// A person puts the copy in the profile's place.
    Restore(usize),
    /// A person loses the profile, and begins anew with the same ID.
    Reset(usize),
    /// A person enters the other's ID, unless it is there.
    Ask(usize),
    /// A person removes the other.
    Remove(usize),
    /// A person sends again what failed.
    Retry(usize),
}

/// What a person does in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Writes a text.
    Say,
    /// Writes a text of so many bytes.
    SayLong(usize),
    /// Answers a message.
    Reply,
    /// Edits one of one's own, to so many bytes at least.
    Edit(usize),
    /// Deletes one of one's own on both sides.
    DeleteForBoth,
    /// Deletes a message here.
    DeleteHere,
    /// Says something to a message, or nothing any more.
    React(Option<&'static str>),
    /// Looks at everything up to a message.
    See,
    /// Wants that texts disappear.
    Timer(Option<u32>),
    /// Tells what was read, or does not.
    Receipts(bool),
}

impl Story {
    /// The story that bytes tell: one for the beginning, three for each event.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let (beginning, rest) = bytes.split_first().unwrap_or((&0, &[]));
        let start = match (beginning >> 1) % 4 {
            0 => START,
            1 => NEXT_EPOCH - 2 * MINUTE,
            2 => NEXT_EPOCH + 2 * MINUTE,
            _ => NEXT_EPOCH + WEEK - 2 * MINUTE,
        };
        let (events, _) = rest.as_chunks();
        let events = events.iter().take(MAX_EVENTS).map(|event| Event::from_bytes(*event));
        Self { start, talking: beginning & 1 == 1, events: events.collect() }
    }
}

impl Event {
    /// The first byte says what happens, the second to whom, the third how much.
    fn from_bytes([kind, whom, amount]: [u8; 3]) -> Self {
        let who = usize::from(whom & 1);
        let connection = core::Line::SHARED[usize::from((whom >> 1) & 1)];
        let few = usize::from(amount % 4);
        match kind {
            0..60 => Self::Arrive(who, connection, [1, 2, 4, usize::MAX][few]),
            60..105 => Self::Do(who, Act::from_byte(amount), (whom >> 2).into()),
            105..130 => Self::Connect(who),
            130..137 => Self::Disconnect(who, connection),
            137..157 => Self::Wait(WAITS[usize::from(amount) % WAITS.len()]),
            157..162 => Self::Clock(who, SKEWS[usize::from(amount) % SKEWS.len()]),
            162..170 => Self::Crash(who),
            170..184 => Self::CrashReleasing(who, few),
            184..192 => Self::Lose(who, connection, few),
            192..198 => Self::Double(who, connection, few),
            198..206 => Self::Swap(who, connection, few),
            206..214 => Self::Replay(amount.into()),
            214..218 => Self::Room([None, Some(0), Some(1), Some(3)][few]),
            218..228 => Self::Copy(who),
            228..232 => Self::Restore(who),
            232..235 => Self::Reset(who),
            235..249 => Self::Ask(who),
            249..252 => Self::Remove(who),
            252.. => Self::Retry(who),
        }
    }
}

impl Act {
    /// Nearly half of them are texts, 0 one of them.
    fn from_byte(byte: u8) -> Self {
        match byte % 64 {
            0..26 => Self::Say,
            26 | 27 => Self::SayLong(3_000),
            28 => Self::SayLong(20_000),
            29 | 30 => Self::Reply,
            31..36 => Self::Edit(0),
            36 => Self::Edit(3_000),
            37..41 => Self::DeleteForBoth,
            41 | 42 => Self::DeleteHere,
            43..46 => Self::React(Some("+")),
            46 => Self::React(Some("-")),
            47 => Self::React(None),
            48..54 => Self::See,
            54 => Self::Timer(None),
            55 => Self::Timer(Some(20)),
            56 | 57 => Self::Timer(Some(2 * 3_600)),
            58 | 59 => Self::Timer(Some(24 * 3_600)),
            60..63 => Self::Receipts(true),
            63.. => Self::Receipts(false),
        }
    }
}

pub const MINUTE: u64 = 60 * SECOND;
pub const WEEK: u64 = 7 * DAY;
/// Longer stories say no more, and cost time.
const MAX_EVENTS: usize = 100;
/// The first moment of an epoch, and of a week.
const NEXT_EPOCH: u64 = 715 * 28 * DAY;
const _: () = assert!(NEXT_EPOCH > START && NEXT_EPOCH.is_multiple_of(WEEK));

const WAITS: [u64; 8] =
    [SECOND, 20 * SECOND, 4 * MINUTE, 15 * MINUTE, 2 * HOUR, DAY, 8 * DAY, 22 * DAY];

const SKEWS: [i64; 6] = [0, 120_000, -120_000, 3_600_000, 86_400_000, -86_400_000];
