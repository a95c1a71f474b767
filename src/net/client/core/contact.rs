//! A contact: the rules, the sessions, what goes out and what came in.

use std::collections::BTreeMap;
use std::collections::VecDeque;

use super::Role;
use super::context::Context;
use super::inbox::Asked;
use super::message::Fuses;
use super::message::TimerNamed;
use super::record;
use super::record::BundleRow;
use super::record::ContactNumber;
use super::record::ContactRow;
use super::record::FileRow;
use super::record::HeldRow;
use super::record::JoinRow;
use super::record::Outgoing;
use super::record::OutgoingRow;
use super::record::Progress;
use super::record::SessionRow;
use super::record::TimerNamedRow;
use super::record::Told;
use crate::crypto::CryptoRng;
use crate::crypto::hash;
use crate::crypto::identity::PublicIdentity;
use crate::id::Id;
use crate::net::client::event;
use crate::net::client::event::ContactState;
use crate::net::client::event::Event;
use crate::net::client::event::Timer;
use crate::net::client::profile::Kind;
use crate::net::client::profile::ProfileError;
use crate::signal;
use crate::signal::content::MessageName;
use crate::signal::rendezvous::pair::Pair;
use crate::signal::rendezvous::rules::BundleName;
use crate::signal::rendezvous::rules::Rules;
use crate::signal::rendezvous::rules::SessionName;
use crate::signal::session::Session;
use zeroize::Zeroizing;

/// A contact, with everything that is kept of it but the history.
pub(super) struct Contact {
    pub(super) number: ContactNumber,
    pub(super) id: Id,
    pub(super) pair: Pair,
    pub(super) rules: Rules,
    pub(super) matched: bool,
    pub(super) next_place: u64,
    pub(super) withdrawn: u64,
    /// The same by a clock of theirs that was too far ahead.
    pub(super) withdrawn_ahead: u64,
    /// Lives in memory only.
    pub(super) nickname: Option<String>,
    pub(super) sessions: BTreeMap<SessionName, Conversation>,
    pub(super) bundles: BTreeMap<BundleName, BundleRow>,
    /// What waits for the peer's receipt, in its order.
    pub(super) outgoing: BTreeMap<u64, OutgoingRow>,
    /// How far each message got, as it was told last, while it goes out.
    pub(super) told: BTreeMap<MessageName, Progress>,
    /// What came and waits for something before it.
    pub(super) held: BTreeMap<(SessionName, u64), HeldRow>,
    /// Items of which parts are missing.
    pub(super) joins: BTreeMap<MessageName, JoinRow>,
    /// Changes of messages that have not come, by order: their target and length.
    pub(super) early: BTreeMap<u64, (MessageName, usize)>,
    pub(super) fuses: Fuses,
    /// Files that are offered or move, by the names of their offers.
    pub(super) files: BTreeMap<MessageName, FileRow>,
    /// Received files that lost their place, and when it is looked for again.
    pub(super) stuck: BTreeMap<MessageName, u64>,
    /// Receipts that are due, and when they go by themselves.
    pub(super) due: VecDeque<MessageName>,
    pub(super) receipts_at: Option<u64>,
    /// Receipts that went out by a clock that is not the relay's, and where.
    pub(super) strayed: BTreeMap<MessageName, Told>,
    /// What was asked for again.
    pub(super) asked: BTreeMap<SessionName, Asked>,
    /// Until when the peer is not sent anything anew because it asks.
    pub(super) refilled_until: u64,
    /// When texts disappear.
    pub(super) timer: Timer,
    pub(super) timer_named: TimerNamed,
    /// Every message of the history before this place was seen.
    pub(super) seen: u64,
    /// Every message before this place was looked at: what is not seen yet will be.
    pub(super) looked: u64,
    /// How many received ones behind it were not.
    pub(super) unread: u64,
    /// Whether the peer ended the conversation.
    pub(super) ended: bool,
    /// Whether the mailboxes to read may have changed.
    pub(super) moved: bool,
    /// Until when a full mailbox is not mentioned again.
    pub(super) full_until: u64,
}

/// A session and what is counted in it.
pub(super) struct Conversation {
    pub(super) session: Session,
    pub(super) since_week: u64,
    pub(super) next_number: u64,
    pub(super) expected: u64,
    pub(super) initial: u64,
    /// Digests of the envelopes opened last, the latest at the end.
    pub(super) recent: Recent,
    /// The day on which it began, since 1970.
    pub(super) began: u64,
    /// Milliseconds since 1970 when the peer's last new key came.
    pub(super) turned_at: Option<u64>,
}

impl Conversation {
    /// The connection that it goes over: until the peer has answered, that of requests.
    pub(super) fn role(&self) -> Role {
        if self.session.answered() { Role::Conversations } else { Role::Rendezvous }
    }

    /// Notes when the peer's last new key came.
    pub(super) fn note_turn(&mut self, turns_before: u64, now: u64) {
        if self.session.turns() > turns_before {
            self.turned_at = Some(now);
        }
    }
}

/// The first 8 bytes of the SHA-256 of the last envelopes.
#[derive(Default)]
pub(super) struct Recent(Vec<u8>);

impl Recent {
    pub(super) fn contains(&self, envelope: &[u8]) -> bool {
        let digest = Self::digest(envelope);
        self.0.chunks_exact(Self::LEN).any(|other| other == digest)
    }

    pub(super) fn push(&mut self, envelope: &[u8]) {
        if self.0.len() >= Self::LEN * Self::KEPT {
            self.0.drain(..Self::LEN);
        }
        self.0.extend_from_slice(&Self::digest(envelope));
    }

    fn digest(envelope: &[u8]) -> [u8; Self::LEN] {
        let [a, b, c, d, e, f, g, h, ..] = hash::sha256(&[envelope]);
        [a, b, c, d, e, f, g, h]
    }

    const LEN: usize = 8;
    /// Twice the window in which a relay delivers without an acknowledgement.
    const KEPT: usize = 128;
}

impl Contact {
    /// A contact without a past but the rules'.
    ///
    /// # Errors
    /// [`signal::Error::Key`] if no key can be agreed on with this ID.
    pub(super) fn new<R: CryptoRng>(
        ctx: &Context<R>,
        number: ContactNumber,
        id: Id,
        rules: Rules,
    ) -> Result<Self, signal::Error> {
        Ok(Self {
            number,
            id,
            pair: Pair::new(&ctx.identity, id.key(), &ctx.network_bytes())?,
            rules,
            matched: false,
            next_place: 0,
            withdrawn: 0,
            withdrawn_ahead: 0,
            nickname: None,
            sessions: BTreeMap::new(),
            bundles: BTreeMap::new(),
            outgoing: BTreeMap::new(),
            told: BTreeMap::new(),
            held: BTreeMap::new(),
            joins: BTreeMap::new(),
            early: BTreeMap::new(),
            fuses: Fuses::default(),
            files: BTreeMap::new(),
            stuck: BTreeMap::new(),
            due: VecDeque::new(),
            strayed: BTreeMap::new(),
            receipts_at: None,
            asked: BTreeMap::new(),
            refilled_until: 0,
            timer: Timer::default(),
            timer_named: TimerNamed::default(),
            seen: 0,
            looked: 0,
            unread: 0,
            ended: false,
            moved: true,
            full_until: 0,
        })
    }

    /// The contact of a row; sessions and the rest are added row by row.
    pub(super) fn load<R: CryptoRng>(
        ctx: &Context<R>,
        number: ContactNumber,
        row: &ContactRow,
    ) -> Result<Self, ProfileError> {
        let key = PublicIdentity::from_bytes(&row.key).map_err(|_| ProfileError::Damaged)?;
        let rules = Rules::from_bytes(&row.rules).map_err(unreadable)?;
        let contact =
            Self::new(ctx, number, Id::new(key), rules).map_err(|_| ProfileError::Damaged)?;
        let ContactRow { network: _, key: _, rules: _, matched, next_place, withdrawn, .. } = *row;
        let ContactRow { ended, timer: [agreed, own, theirs], seen, unread, .. } = *row;
        let timer = Timer { agreed, own, theirs };
        let lower_own = ctx.identity.public() < contact.id.key();
        let timer_named = row
            .timer_named
            .as_ref()
            .map_or(TimerNamed { before: timer, named: Vec::new() }, |row| row.read(lower_own));
        let withdrawn_ahead = row.withdrawn_ahead.unwrap_or(0);
        let contact =
            Self { matched, next_place, withdrawn, withdrawn_ahead, ended, timer, ..contact };
        Ok(Self { timer_named, seen, unread, ..contact })
    }

    /// Adds a session's row.
    pub(super) fn add_session(
        &mut self,
        name: SessionName,
        row: &SessionRow,
    ) -> Result<(), ProfileError> {
        let session = Session::from_bytes(&row.state).map_err(unreadable)?;
        let recent = Recent(row.recent.clone());
        let SessionRow { since_week, next_number, expected, initial, began, turned_at, .. } = *row;
        self.sessions.insert(
            name,
            Conversation {
                session,
                since_week,
                next_number,
                expected,
                initial,
                recent,
                began,
                turned_at,
            },
        );
        Ok(())
    }

    /// Nothing waits for a time that a clock which was set back comes to much later.
    pub(super) fn wait_no_longer_than(&mut self, now: u64) {
        for row in self.held.values_mut() {
            row.since = row.since.min(now);
        }
        for row in self.files.values_mut() {
            row.at = row.at.min(now);
        }
        self.stuck.values_mut().for_each(|at| *at = (*at).min(now));
        for row in self.joins.values_mut() {
            row.at = row.at.min(now);
        }
        for row in self.outgoing.values_mut() {
            if let Outgoing::Item(item) = &mut row.what {
                item.not_before = item.not_before.min(now.saturating_add(LONGEST_DELAY));
            }
            if let Some(sent) = &mut row.sent {
                sent.again_at = sent.again_at.map(|at| at.min(now.saturating_add(LONGEST_DELAY)));
                sent.stored_at = sent.stored_at.map(|at| at.min(now));
                sent.silent_from = sent.silent_from.map(|at| at.min(now));
            }
        }
    }

    /// Stages the contact's own row.
    pub(super) fn save<R: CryptoRng>(&self, ctx: &mut Context<R>) {
        let row = ContactRow {
            network: ctx.network_bytes(),
            key: *self.id.key().as_bytes(),
            rules: self.rules.to_bytes(),
            matched: self.matched,
            next_place: self.next_place,
            withdrawn: self.withdrawn,
            withdrawn_ahead: Some(self.withdrawn_ahead),
            ended: self.ended,
            timer: [self.timer.agreed, self.timer.own, self.timer.theirs],
            timer_named: Some(TimerNamedRow::new(&self.timer_named)),
            seen: self.seen,
            unread: self.unread,
        };
        record::put(&mut ctx.profile, &self.number.to_be_bytes(), &row);
    }

    /// Stages a session's row.
    pub(super) fn save_session<R: CryptoRng>(&self, ctx: &mut Context<R>, name: SessionName) {
        let Some(conversation) = self.sessions.get(&name) else { return };
        let Conversation { session, recent, .. } = conversation;
        let Conversation { since_week, next_number, expected, initial, began, turned_at, .. } =
            *conversation;
        let row = SessionRow {
            contact: self.number,
            state: Zeroizing::new(session.to_bytes().expose().to_vec()),
            since_week,
            next_number,
            expected,
            initial,
            recent: recent.0.clone(),
            began,
            turned_at,
        };
        record::put(&mut ctx.profile, &name, &row);
    }

    /// Stages the row of something that goes out.
    pub(super) fn save_outgoing<R: CryptoRng>(&self, ctx: &mut Context<R>, order: u64) {
        if let Some(row) = self.outgoing.get(&order) {
            record::put(&mut ctx.profile, &order.to_be_bytes(), row);
        }
    }

    /// Forgets something that went out.
    pub(super) fn forget_outgoing<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        order: u64,
    ) -> Option<OutgoingRow> {
        ctx.profile.delete(Kind::Outgoing, &order.to_be_bytes());
        ctx.forget_puts(self.number, |subject| *subject == record::Subject::Outgoing { order });
        self.outgoing.remove(&order)
    }

    /// The row id of a message of its history.
    pub(super) fn history_id(&self, place: u64) -> [u8; 16] {
        history_id(self.number, place)
    }

    /// How a front shows it.
    pub(super) fn shown(&self) -> event::Contact {
        let (id, nickname, state) = (self.id, self.nickname.clone(), self.state());
        event::Contact { id, nickname, state, timer: self.timer, unread: self.unread }
    }

    /// Tells the front what it is now.
    pub(super) fn announce<R: CryptoRng>(&self, ctx: &mut Context<R>) {
        ctx.tell(Event::Contact(self.shown()));
    }

    fn state(&self) -> ContactState {
        if self.ended {
            return ContactState::Ended;
        }
        if self.matched {
            return ContactState::Matched;
        }
        let lapses = self.bundles.values().filter_map(|bundle| bundle.expires).max();
        ContactState::Asked { lapses }
    }
}

/// Why a state that was stored cannot be read: what a newer program wrote is not damaged.
pub(super) fn unreadable(error: signal::Error) -> ProfileError {
    match error {
        signal::Error::Version(version) => ProfileError::Format(version.into()),
        _ => ProfileError::Damaged,
    }
}

/// The row id of a message of the history.
pub(super) fn history_id(contact: ContactNumber, place: u64) -> [u8; 16] {
    ((u128::from(contact) << 64) | u128::from(place)).to_be_bytes()
}

/// In milliseconds: longer than anything of one's own is put off.
const LONGEST_DELAY: u64 = 60_000;
