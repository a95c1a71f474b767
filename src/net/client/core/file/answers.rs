//! What both sides say of a file that was offered.
//!
//! | answer | who says it | what it does |
//! |---|---|---|
//! | accepted | receiver | the file moves |
//! | cancelled | either | it is over |
//! | complete | receiver | it is there |
//! | wrong hash, too many, unwritable | receiver | it failed |
//! | changed, unreadable | sender | it failed |
//!
//! What somebody says who may not say it is passed over.

use super::super::contact::Contact;
use super::super::context::Context;
use super::super::outbox::Draft;
use super::super::record::Ending;
use super::super::record::FileStage;
use super::super::record::Outgoing;
use super::super::record::OutgoingRow;
use super::super::record::WhyNot;
use super::MAX_OPEN;
use super::Part;
use crate::crypto::CryptoRng;
use crate::signal::content::Answer;
use crate::signal::content::Item;
use crate::signal::content::MessageName;

impl Contact {
    /// Tells the peer what becomes of a file, unless nothing can be told any more.
    pub(super) fn answer<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        target: MessageName,
        answer: Answer,
    ) {
        if self.ended {
            return;
        }
        let (name, written, item) = (ctx.random(), ctx.now, Item::Answer { target, answer });
        self.stage(ctx, &Draft { name, item, written, about: None, not_before: 0 });
    }

    /// Says that too many offers are open; to whoever goes on without hearing it, nothing more.
    pub(super) fn refuse_offer<R: CryptoRng>(&mut self, ctx: &mut Context<R>, target: MessageName) {
        let unheard = self.outgoing.values().filter(|row| refuses_offer(row)).count();
        if unheard < MAX_OPEN {
            self.answer(ctx, target, Answer::TooMany);
        }
    }

    /// The peer says what becomes of a file.
    pub(in super::super) fn is_answered<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        target: MessageName,
        answer: Answer,
    ) {
        let Some(row) = self.files.get_mut(&target) else {
            // What is taken back before it came is not offered when it comes.
            if says_sender(answer) && !self.knows(ctx, target) {
                self.never_comes(ctx, target);
            }
            return;
        };
        let is_sender = row.source.is_none();
        match answer {
            Answer::Accepted if !is_sender && row.stage == FileStage::Offered => {
                row.stage = FileStage::Moving;
                self.save_file(ctx, target);
                self.send_on(ctx, target);
            }
            Answer::Accepted => {}
            _ => {
                if let Some(ending) = ending(answer, is_sender) {
                    self.end_file(ctx, target, ending, None, Part::Delete);
                }
            }
        }
    }
}

fn refuses_offer(row: &OutgoingRow) -> bool {
    let Outgoing::Item(item) = &row.what else { return false };
    let said = Item::from_bytes(&item.payload);
    item.part.is_none() && matches!(said, Ok(Item::Answer { answer: Answer::TooMany, .. }))
}

/// Whether a sender says this, of what it offered.
fn says_sender(answer: Answer) -> bool {
    matches!(answer, Answer::Cancelled | Answer::Changed | Answer::Unreadable)
}

/// How a file ends by what the peer says, if the peer may say so.
fn ending(answer: Answer, by_sender: bool) -> Option<Ending> {
    if by_sender != says_sender(answer) && answer != Answer::Cancelled {
        return None;
    }
    match answer {
        Answer::Accepted => None,
        Answer::Cancelled => Some(Ending::Cancelled { by_contact: true }),
        Answer::Complete => Some(Ending::Done(None)),
        Answer::WrongHash => Some(Ending::Failed(WhyNot::WrongHash)),
        Answer::TooMany => Some(Ending::Failed(WhyNot::TooMany)),
        Answer::Changed => Some(Ending::Failed(WhyNot::Changed)),
        Answer::Unreadable => Some(Ending::Failed(WhyNot::Unreadable)),
        Answer::Unwritable => Some(Ending::Failed(WhyNot::Unwritable)),
    }
}
