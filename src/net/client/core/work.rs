//! The work that a relay wants for an envelope which nobody may ever fetch.
//!
//! ```text
//!   Put ──Refused: Work──▶ wanted ──Output::Work──▶ the driver solves ──Input::Worked──▶ Put with proof
//!                             └── dearer than MAX_EFFORT: held, and tried again in an hour
//! ```
//!
//! One envelope at a time, the oldest first. Only a request's first envelope is worked for before it
//! was refused: nobody can have acknowledged anything in its mailbox.

use core::fmt;

use super::Core;
use super::Output;
use super::record::Held;
use super::record::Subject;
use crate::crypto::CryptoRng;
use crate::crypto::puzzle::Solution;
use crate::net::cell::Address;
use crate::net::cell::Demand;
use crate::net::cell::EnvelopeId;
use crate::net::client::event::Event;
use crate::net::client::event::Notice;

/// A puzzle for the driver.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Job {
    /// The envelope.
    pub id: [u8; 16],
    /// What is to be solved.
    pub challenge: [u8; 32],
    /// How much work it is.
    pub effort: u32,
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id: _, challenge: _, effort } = self;
        f.debug_struct("Job").field("effort", effort).finish_non_exhaustive()
    }
}

/// What the relay asks for, and what is being done for it.
#[derive(Default)]
pub(super) struct Works {
    demand: Option<Demand>,
    /// The envelope that is worked for, and by which demand.
    solving: Option<([u8; 16], Demand)>,
    /// How many proofs in a row were good for nothing.
    wasted: u32,
    /// Not before this, in milliseconds since 1970.
    not_before: u64,
}

impl Works {
    /// A relay, at another time or another one, asks for this, or nothing.
    pub(super) const fn demanded(&mut self, demand: Option<Demand>) {
        self.demand = demand;
    }

    /// What was put has been stored: the work was good for something.
    pub(super) const fn was_worth_it(&mut self) {
        self.wasted = 0;
    }

    pub(super) const fn clock_was_set_back(&mut self) {
        self.not_before = 0;
    }
}

impl<R: CryptoRng> Core<R> {
    /// An envelope was refused for want of work.
    pub(super) fn refused_without_work(&mut self, id: [u8; 16]) {
        let now = self.ctx.now;
        let ctx = &mut self.ctx;
        let Some(put) = ctx.puts.get_mut(&id) else { return };
        put.wants_work = true;
        // The work can begin at once.
        put.retry_at = now;
        if put.proof.take().is_some() {
            // The price has risen meanwhile; or the relay makes fun of its clients.
            let pause = LEAST_PAUSE.checked_shl(ctx.works.wasted).unwrap_or(LONGEST_PAUSE);
            ctx.works.wasted = ctx.works.wasted.saturating_add(1).min(16);
            ctx.works.not_before = now.saturating_add(pause.min(LONGEST_PAUSE));
        }
        // What is too dear is told by whoever would begin with it.
        if self.ctx.works.demand.is_some_and(|demand| demand.effort <= MAX_EFFORT) {
            self.tell_of_work(id, Held::Working);
        }
    }

    /// The driver has solved a puzzle, or given it up.
    pub(super) fn worked(&mut self, id: [u8; 16], solution: Option<Solution>) {
        let Some((_, demand)) = self.ctx.works.solving.take_if(|(of, _)| *of == id) else { return };
        let now = self.ctx.now;
        let Some(put) = self.ctx.puts.get_mut(&id) else { return };
        match solution {
            Some(solution) => put.proof = Some(demand.proof(solution)),
            None => put.retry_at = now.saturating_add(LEAST_PAUSE),
        }
    }

    /// Has the oldest envelope worked for, if one is wanted.
    pub(super) fn work(&mut self) {
        self.stop_what_is_pointless();
        let Some(demand) = self.ctx.works.demand else {
            // Whatever was asked for once, it is not any more.
            self.ctx.puts.values_mut().for_each(|put| put.wants_work = false);
            return;
        };
        self.want_work_for_requests();
        let now = self.ctx.now;
        if self.ctx.works.solving.is_some() || self.ctx.works.not_before > now {
            return;
        }
        let wanting = self.ctx.puts.iter().filter(|(_, put)| put.waits_for_work());
        let next = wanting.filter(|(_, put)| put.retry_at <= now).min_by_key(|(_, p)| p.row.order);
        let Some((&id, put)) = next else { return };
        if demand.effort > MAX_EFFORT {
            return self.refuse_to_work();
        }
        let challenge = demand.challenge(&Address::new(put.row.address), &EnvelopeId::new(id));
        self.ctx.works.solving = Some((id, demand));
        let job = Job { id, challenge, effort: demand.effort };
        self.ctx.output.push(Output::Work(job));
        self.tell_of_work(id, Held::Working);
    }

    /// When work can begin that cannot now, in milliseconds since 1970.
    pub(super) fn work_at(&self) -> Option<u64> {
        let waits = self.ctx.puts.values().any(super::context::Put::waits_for_work);
        (waits && self.ctx.works.solving.is_none()).then_some(self.ctx.works.not_before)
    }

    /// The envelope is no longer to be sent.
    fn stop_what_is_pointless(&mut self) {
        let puts = &self.ctx.puts;
        if self.ctx.works.solving.take_if(|(id, _)| !puts.contains_key(id)).is_some() {
            self.ctx.output.push(Output::StopWork);
        }
    }

    fn want_work_for_requests(&mut self) {
        for put in self.ctx.puts.values_mut().filter(|put| !put.flying && !put.wants_work) {
            let Subject::Bundle { name } = put.row.subject else { continue };
            let Some(contact) = self.contacts.get(&put.row.contact) else { continue };
            // One that the relay has had is there already, and costs nothing.
            put.wants_work = contact.bundles.get(&name).is_some_and(|row| row.expires.is_none());
        }
    }

    /// What is asked for is more than this program does. It may be less in a while.
    fn refuse_to_work(&mut self) {
        let now = self.ctx.now;
        let wanting = self.ctx.puts.iter_mut().filter(|(_, put)| put.waits_for_work());
        let ids: Vec<[u8; 16]> = wanting
            .map(|(id, put)| {
                put.retry_at = now.saturating_add(TOO_DEAR_PAUSE);
                *id
            })
            .collect();
        // Until then nothing is known of the price.
        self.ctx.works.demand = None;
        ids.into_iter().for_each(|id| self.tell_of_work(id, Held::TooDear));
    }

    /// A message shows why it waits; a request has no message, so that a notice says it, once.
    fn tell_of_work(&mut self, id: [u8; 16], held: Held) {
        let Some(put) = self.ctx.puts.get_mut(&id) else { return };
        let (number, subject) = (put.row.contact, put.row.subject);
        let is_news = put.told_of_work.replace(held) != Some(held);
        let Some(contact) = self.contacts.get_mut(&number) else { return };
        contact.held_back(&mut self.ctx, subject, held);
        if is_news && matches!(subject, Subject::Bundle { .. }) {
            let contact = contact.id;
            self.ctx.tell(Event::Notice(match held {
                Held::TooDear => Notice::WorkTooDear { contact },
                _ => Notice::Working { contact },
            }));
        }
    }
}

/// The most work that this program does for an envelope: three minutes of the machine that it was
/// measured on. A relay asks for half of it at most.
pub const MAX_EFFORT: u32 = 4_096;

// In milliseconds.
const LEAST_PAUSE: u64 = 60_000;
const LONGEST_PAUSE: u64 = 3_600_000;
const TOO_DEAR_PAUSE: u64 = 3_600_000;
