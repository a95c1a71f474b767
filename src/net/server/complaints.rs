//! What the operator is told about a store that fails: each thing once in a while.
//!
//! Whoever asks again and again for what cannot be read would otherwise fill the log with it.

use std::collections::HashMap;
use std::mem;
use std::mem::Discriminant;

use super::store::Damage;
use super::store::StoreError;

/// What was said lately.
#[derive(Debug, Default)]
pub(super) struct Complaints {
    said: HashMap<Complaint, u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Complaint {
    Error(Discriminant<StoreError>),
    Damage(Damage),
}

impl Complaints {
    /// Whether to say now, in seconds since 1970, that the store failed.
    pub(super) fn is_due(&mut self, error: &StoreError, now_s: u64) -> bool {
        self.is_new(Complaint::Error(mem::discriminant(error)), now_s)
    }

    /// Whether to say now, in seconds since 1970, that this is damaged.
    pub(super) fn is_due_for(&mut self, damage: Damage, now_s: u64) -> bool {
        self.is_new(Complaint::Damage(damage), now_s)
    }

    fn is_new(&mut self, complaint: Complaint, now_s: u64) -> bool {
        self.said.retain(|_, said_s| said_s.abs_diff(now_s) < PAUSE_S);
        if self.said.contains_key(&complaint) || self.said.len() >= SAID_AT_ONCE {
            return false;
        }
        self.said.insert(complaint, now_s);
        true
    }
}

/// How long the same is not said again, in seconds.
const PAUSE_S: u64 = 60;

/// How many different things are said within that time: the first pages of a log tell enough.
const SAID_AT_ONCE: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_is_said_once_a_minute() {
        let mut complaints = Complaints::default();
        assert!(complaints.is_due(&StoreError::DiskFull, 1000));
        assert!(!complaints.is_due(&StoreError::DiskFull, 1059));
        assert!(complaints.is_due(&StoreError::Halted, 1059), "another kind");
        assert!(complaints.is_due_for(Damage::Envelope(1), 1059));
        assert!(complaints.is_due_for(Damage::Envelope(2), 1059));
        assert!(!complaints.is_due_for(Damage::Envelope(2), 1059));
        assert!(complaints.is_due(&StoreError::DiskFull, 1060));
        assert!(complaints.is_due(&StoreError::DiskFull, 5), "a clock that jumps back");
    }

    #[test]
    fn what_is_said_is_bounded() {
        let mut complaints = Complaints::default();
        let said = (0..1000).filter(|&row| complaints.is_due_for(Damage::Envelope(row), 1000));
        assert_eq!(said.count(), 64);
        assert!(complaints.is_due_for(Damage::Envelope(0), 1060));
    }
}
