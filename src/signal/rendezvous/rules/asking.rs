//! Bundles of one's own: the request, and the count of their generations.

use super::Action;
use super::BundleName;
use super::Generation;
use super::Heard;
use super::MAX_AHEAD;
use super::Millis;
use super::OwnBundle;
use super::Rules;

impl Rules {
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

    /// The peer has accepted what this side no longer knows to have issued. No peer with a right
    /// clock can have accepted one from the far future.
    pub(super) fn raise_issued(&mut self, heard: Heard, now: Millis) {
        if heard.accepted <= now.saturating_add(MAX_AHEAD) {
            self.issued = self.issued.max(heard.accepted);
        }
    }

    pub(super) fn fresh_bundle(
        &mut self,
        answers: Option<[u8; 16]>,
        epoch: u64,
        now: Millis,
    ) -> Action {
        // No peer with a right clock can have accepted a generation from the far future.
        let latest = now.saturating_add(MAX_AHEAD);
        let known = [self.issued, self.turn].into_iter().filter(|known| *known <= latest);
        let last = known.max().unwrap_or(0);
        self.issued = now.max(last.saturating_add(1));
        let heard = Heard { accepted: self.newest_known(), answers };
        Action::PutBundle { generation: self.issued, epoch, heard }
    }

    pub(super) fn next_order(&mut self) -> u64 {
        self.order = self.order.saturating_add(1);
        self.order
    }
}

/// What a relay that throws rubbish, or a peer that answers nothing, can make this side keep.
const MAX_BUNDLES: usize = 8;

#[cfg(test)]
mod tests {
    use super::super::DAY;
    use super::*;

    const NOW: Millis = 1_000 * DAY;
    const NOTHING: Heard = Heard { accepted: 0, answers: None };

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
}
