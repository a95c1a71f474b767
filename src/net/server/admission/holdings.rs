//! What the connections of each block hold: their places, and the mailboxes that they read.
//!
//! A block is known here as long as a connection of it stands, so that there are never more of them
//! than connections.

use std::collections::HashMap;

use super::Block;

/// What each block holds at this moment.
#[derive(Debug, Default)]
pub(super) struct Holdings(HashMap<Block, Holding>);

/// What one block holds.
#[derive(Debug, Default)]
struct Holding {
    connections: usize,
    subscriptions: usize,
}

/// A block holds as much as it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct HoldsItsShare;

impl Holdings {
    /// One more connection of a block that may have so many.
    pub(super) fn open(&mut self, block: Block, share: usize) -> Result<(), HoldsItsShare> {
        if self.0.get(&block).map_or(0, |holding| holding.connections) >= share {
            return Err(HoldsItsShare);
        }
        self.0.entry(block).or_default().connections += 1;
        Ok(())
    }

    /// A connection is gone, and reads nothing any more.
    pub(super) fn close(&mut self, block: Block) {
        let Some(holding) = self.0.get_mut(&block) else { return };
        holding.connections = holding.connections.saturating_sub(1);
        if holding.connections == 0 {
            self.0.remove(&block);
        }
    }

    /// A connection of a block that may read so many mailboxes reads one more.
    pub(super) fn subscribe(&mut self, block: Block, share: usize) -> Result<(), HoldsItsShare> {
        // Who has no connection reads nothing.
        let Some(holding) = self.0.get_mut(&block) else { return Ok(()) };
        if holding.subscriptions >= share {
            return Err(HoldsItsShare);
        }
        holding.subscriptions += 1;
        Ok(())
    }

    /// A connection of a block reads so many fewer.
    pub(super) fn unsubscribe(&mut self, block: Block, count: usize) {
        if let Some(holding) = self.0.get_mut(&block) {
            holding.subscriptions = holding.subscriptions.saturating_sub(count);
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}
