//! What the relay says of files.

use super::Files;
use super::boxes::Place;
use crate::net::cell::EnvelopeId;
use crate::net::cell::Refusal;
use crate::net::cell::RelayFrame;
use crate::net::client::core::FileName;
use crate::net::client::event::FileWait;

impl Files {
    /// Takes what is about files. The rest comes back.
    pub(in crate::net::client) fn take(&mut self, frames: Vec<RelayFrame>) -> Vec<RelayFrame> {
        if self.boxes.is_empty() && self.puts.is_empty() && self.withdrawals.is_empty() {
            return frames;
        }
        let now = self.now();
        frames.into_iter().filter_map(|frame| self.take_one(frame, now)).collect()
    }

    fn take_one(&mut self, frame: RelayFrame, now: u64) -> Option<RelayFrame> {
        match frame {
            RelayFrame::Deliver { address, seq, envelope, expires } => {
                let Some((of, place)) = self.boxes.get(&address).copied() else {
                    return Some(RelayFrame::Deliver { address, seq, envelope, expires });
                };
                match place {
                    Place::Lane(lane) => {
                        if let Some(incoming) = self.incoming.get_mut(&of) {
                            incoming.delivered(lane, seq, envelope);
                        }
                    }
                    Place::Back => {
                        let outgoing = self.outgoing.get_mut(&of);
                        let ack = outgoing.and_then(|file| file.delivered(seq, &envelope));
                        let line = self.lines.get(&of).copied();
                        self.farewells.extend(line.zip(ack));
                    }
                }
                None
            }
            RelayFrame::Stored { id, expires } => {
                let Some(of) = self.puts.remove(id.as_bytes()) else {
                    return Some(RelayFrame::Stored { id, expires });
                };
                if let Some(outgoing) = self.outgoing.get_mut(&of) {
                    outgoing.sending.stored(id.as_bytes(), now);
                }
                None
            }
            RelayFrame::Full { id } => {
                let Some(of) = self.puts.remove(id.as_bytes()) else {
                    return Some(RelayFrame::Full { id });
                };
                self.refused(of, id.as_bytes(), FileWait::Contact, now.saturating_add(FULL_PAUSE));
                None
            }
            RelayFrame::Work { demand } => {
                self.works.demanded(demand);
                Some(RelayFrame::Work { demand })
            }
            RelayFrame::Refused { id, reason: Refusal::Work, .. } if self.wants_work(&id) => None,
            RelayFrame::Cancelled { id } | RelayFrame::Gone { id }
                if self.withdrawals.is_gone(&id) =>
            {
                None
            }
            RelayFrame::Refused { id, reason, retry_after } => {
                if self.withdrawals.refused(&id, now.saturating_add(pause(reason, retry_after))) {
                    return None;
                }
                let Some(of) = self.puts.remove(id.as_bytes()) else {
                    return Some(RelayFrame::Refused { id, reason, retry_after });
                };
                let until = now.saturating_add(pause(reason, retry_after));
                if reason == Refusal::TooFast
                    && let Some(outgoing) = self.outgoing.get_mut(&of)
                {
                    outgoing.sending.was_too_fast(now, until);
                }
                self.refused(of, id.as_bytes(), FileWait::Relay, until);
                None
            }
            RelayFrame::Replaced { address } => {
                let Some((of, _)) = self.boxes.get(&address).copied() else {
                    return Some(RelayFrame::Replaced { address });
                };
                self.replaced(of, now);
                None
            }
            other => Some(other),
        }
    }

    /// Whether it is a request that was refused for want of work, which is done now.
    fn wants_work(&mut self, id: &EnvelopeId) -> bool {
        let asks = self.incoming.iter().find(|(_, file)| file.asks_by(id));
        let Some((of, incoming)) = asks else { return false };
        self.works.want(*of, incoming.wanting_work());
        true
    }

    fn refused(&mut self, of: FileName, id: &[u8; 16], why: FileWait, retry_at: u64) {
        if let Some(outgoing) = self.outgoing.get_mut(&of) {
            outgoing.sending.refused(id, why, retry_at);
        }
    }

    /// Another client with this profile's keys reads the mailbox. Both would take it from each other
    /// for ever: so it is read again after a while.
    fn replaced(&mut self, of: FileName, now: u64) {
        self.resubscribe_at = Some(now.saturating_add(REPLACED_PAUSE));
        if let Some(outgoing) = self.outgoing.get_mut(&of) {
            outgoing.was_replaced();
        }
        if let Some(incoming) = self.incoming.get_mut(&of) {
            incoming.was_replaced();
        }
    }
}

/// How long to leave the relay alone.
fn pause(reason: Refusal, retry_after: u32) -> u64 {
    let asked = u64::from(retry_after).saturating_mul(1_000);
    match reason {
        // The reader sees to it that nothing is asked for (`work`), and a store empties.
        Refusal::Work => WORK_PAUSE,
        _ if asked == 0 => HOPELESS_PAUSE,
        _ => asked,
    }
}

// In milliseconds.
const FULL_PAUSE: u64 = 5_000;
const WORK_PAUSE: u64 = 10_000;
const HOPELESS_PAUSE: u64 = 600_000;
const REPLACED_PAUSE: u64 = 60_000;
