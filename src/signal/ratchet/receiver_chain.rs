//! Receiving chains, and the keys of the messages that were skipped in them.

use std::collections::BTreeMap;

use crate::codec::Reader;
use crate::codec::Writer;
use crate::crypto::secret::Secret;
use crate::signal::Error;

use super::MAX_CHAIN_LEN;
use super::MAX_RECEIVER_CHAINS;
use super::MAX_SKIP;
use super::MAX_SKIPPED_KEYS;
use super::SKIPPED_KEY_DAYS;
use super::chain_key::RemoteChainKey;
use super::message_key::RemoteMessageKey;
use super::ratchet_key::RemoteRatchetKey;

/// A chain of the peer's, from its first message on.
#[derive(Debug)]
pub(super) struct ReceiverChain {
    theirs: RemoteRatchetKey,
    /// The chain key, until a later chain has begun and this one's length is known.
    key: Option<RemoteChainKey>,
    /// One more than the highest number whose key was derived.
    next: u32,
    skipped: BTreeMap<u32, RemoteMessageKey>,
    /// The day from which on the skipped keys are as they are; 0 before it was looked at.
    since_day: u32,
}

/// What going forward in a chain would change.
#[derive(Debug)]
pub(super) struct Advance {
    key: RemoteChainKey,
    next: u32,
    skipped: Vec<(u32, RemoteMessageKey)>,
}

impl ReceiverChain {
    /// A chain of which nothing has been received.
    pub(super) const fn new(theirs: RemoteRatchetKey, key: RemoteChainKey) -> Self {
        Self { theirs, key: Some(key), next: 0, skipped: BTreeMap::new(), since_day: 0 }
    }

    /// How many messages of it were received or skipped.
    pub(super) const fn received(&self) -> u32 {
        self.next
    }

    pub(super) const fn theirs(&self) -> &RemoteRatchetKey {
        &self.theirs
    }

    /// The key of a message that was skipped.
    pub(super) fn skipped(&self, number: u32) -> Option<&RemoteMessageKey> {
        self.skipped.get(&number)
    }

    /// Whether the message's key has been derived already: it is skipped, or consumed.
    pub(super) const fn is_behind(&self, number: u32) -> bool {
        number < self.next
    }

    /// Goes forward to a message, which is not behind.
    pub(super) fn advance_past(&self, number: u32) -> Result<(Advance, RemoteMessageKey), Error> {
        let mut advance = self.advance_to(number)?;
        let (key, message_key) = advance.key.step();
        (advance.key, advance.next) = (key, number + 1);
        Ok((advance, message_key))
    }

    /// Skips everything before a number, which is where the next message is or the chain ends.
    pub(super) fn advance_to(&self, number: u32) -> Result<Advance, Error> {
        let key = self.key.as_ref().ok_or(Error::Misbehaved)?;
        let skip = number.checked_sub(self.next).ok_or(Error::Misbehaved)?;
        if skip > MAX_SKIP {
            return Err(Error::TooFarAhead);
        }
        let mut advance = Advance { key: key.duplicate(), next: number, skipped: Vec::new() };
        for skipped in self.next..number {
            let (key, message_key) = advance.key.step();
            advance.key = key;
            advance.skipped.push((skipped, message_key));
        }
        Ok(advance)
    }

    pub(super) fn commit(&mut self, advance: Advance) {
        self.key = Some(advance.key);
        self.next = advance.next;
        if !advance.skipped.is_empty() {
            self.since_day = 0;
        }
        self.skipped.extend(advance.skipped);
    }

    /// Gives skipped keys up that no message comes for any more. Whether anything changed.
    fn age(&mut self, day: u32) -> bool {
        let before = self.since_day;
        if self.skipped.is_empty() {
            self.since_day = 0;
        } else if before == 0 || before > day {
            self.since_day = day;
        } else if day - before > SKIPPED_KEY_DAYS {
            self.skipped.clear();
            self.since_day = 0;
        }
        self.since_day != before
    }

    /// Goes forward to the chain's end: no key is derived from it any more.
    pub(super) fn close(&mut self, advance: Advance) {
        self.commit(advance);
        self.key = None;
    }

    pub(super) fn consume(&mut self, number: u32) {
        self.skipped.remove(&number);
    }

    fn write(&self, writer: &mut Writer) {
        writer.bytes(&self.theirs.0).u32(self.next).u32(self.since_day);
        writer.u8(u8::from(self.key.is_some()));
        if let Some(key) = &self.key {
            writer.bytes(key.secret().expose());
        }
        writer.u32(u32::try_from(self.skipped.len()).unwrap_or(u32::MAX));
        for (number, key) in &self.skipped {
            writer.u32(*number).bytes(key.secret().expose());
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let (theirs, next) = (RemoteRatchetKey(reader.array()?), reader.u32()?);
        let since_day = reader.u32()?;
        let key = match reader.u8()? {
            0 => None,
            1 => Some(RemoteChainKey::new(Secret::from_slice(reader.take(32)?)?)),
            _ => return Err(Error::Decode),
        };
        let mut chain = Self { theirs, key, next, skipped: BTreeMap::new(), since_day };
        for _ in 0..read_count(reader, MAX_SKIPPED_KEYS)? {
            let number = reader.u32()?;
            let rising = chain.skipped.last_key_value().is_none_or(|(last, _)| *last < number);
            if !rising || number >= next {
                return Err(Error::Decode);
            }
            let key = RemoteMessageKey::new(Secret::from_slice(reader.take(32)?)?);
            chain.skipped.insert(number, key);
        }
        if next > MAX_CHAIN_LEN { Err(Error::Decode) } else { Ok(chain) }
    }
}

/// The newest chains of the peer's, oldest first; only the last one can be open.
#[derive(Debug, Default)]
pub(super) struct ReceiverChains(Vec<ReceiverChain>);

impl ReceiverChains {
    pub(super) fn find(&self, theirs: &RemoteRatchetKey) -> Option<&ReceiverChain> {
        self.0.iter().find(|chain| chain.theirs == *theirs)
    }

    pub(super) fn find_mut(&mut self, theirs: &RemoteRatchetKey) -> Option<&mut ReceiverChain> {
        self.0.iter_mut().find(|chain| chain.theirs == *theirs)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &ReceiverChain> {
        self.0.iter()
    }

    pub(super) fn current(&self) -> Option<&ReceiverChain> {
        self.0.last()
    }

    pub(super) fn current_mut(&mut self) -> Option<&mut ReceiverChain> {
        self.0.last_mut()
    }

    /// Adds the newest chain; the oldest is given up when there are too many.
    pub(super) fn push(&mut self, chain: ReceiverChain) {
        if self.0.len() >= MAX_RECEIVER_CHAINS {
            self.0.remove(0);
        }
        self.0.push(chain);
    }

    /// Lets a day pass over every chain. Whether anything changed.
    pub(super) fn age(&mut self, day: u32) -> bool {
        self.0.iter_mut().fold(false, |changed, chain| chain.age(day) | changed)
    }

    /// Gives up the oldest skipped keys beyond what a session keeps.
    pub(super) fn trim(&mut self) {
        let mut excess = self.skipped_len().saturating_sub(MAX_SKIPPED_KEYS);
        for chain in &mut self.0 {
            while excess > 0 && chain.skipped.pop_first().is_some() {
                excess -= 1;
            }
        }
    }

    pub(super) fn skipped_len(&self) -> usize {
        self.0.iter().map(|chain| chain.skipped.len()).sum()
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.u32(u32::try_from(self.0.len()).unwrap_or(u32::MAX));
        self.0.iter().for_each(|chain| chain.write(writer));
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let count = read_count(reader, MAX_RECEIVER_CHAINS)?;
        let mut chains = Self(Vec::with_capacity(count));
        for _ in 0..count {
            let chain = ReceiverChain::read(reader)?;
            let earlier_is_open = chains.current().is_some_and(|earlier| earlier.key.is_some());
            if earlier_is_open || chains.find(&chain.theirs).is_some() {
                return Err(Error::Decode);
            }
            chains.0.push(chain);
        }
        let legal = chains.skipped_len() <= MAX_SKIPPED_KEYS
            && chains.current().is_none_or(|last| last.key.is_some());
        if legal { Ok(chains) } else { Err(Error::Decode) }
    }
}

fn read_count(reader: &mut Reader<'_>, max: usize) -> Result<usize, Error> {
    let count = usize::try_from(reader.u32()?).map_err(|_| Error::Decode)?;
    if count > max { Err(Error::Decode) } else { Ok(count) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain() -> ReceiverChain {
        let key = RemoteChainKey::new(Secret::new([1; 32]));
        ReceiverChain::new(RemoteRatchetKey([2; 32]), key)
    }

    #[test]
    fn a_gap_ends_at_its_bound() {
        let (advance, _) = chain().advance_past(MAX_SKIP).unwrap();
        assert_eq!(advance.skipped.len(), 1_024);
        assert_eq!(chain().advance_past(MAX_SKIP + 1).map(|_| ()), Err(Error::TooFarAhead));
        assert_eq!(chain().advance_past(u32::MAX).map(|_| ()), Err(Error::TooFarAhead));
        assert!(chain().advance_to(MAX_SKIP).is_ok());
        assert_eq!(chain().advance_to(MAX_SKIP + 1).map(|_| ()), Err(Error::TooFarAhead));
    }

    #[test]
    fn skipped_keys_are_given_up_after_their_days() {
        let mut chain = chain();
        let (advance, _) = chain.advance_past(2).unwrap();
        chain.commit(advance);
        assert!(chain.age(100));
        assert!(!chain.age(100 + SKIPPED_KEY_DAYS));
        assert_eq!(chain.skipped.len(), 2);
        let (advance, _) = chain.advance_past(4).unwrap();
        chain.commit(advance);
        assert!(chain.age(101 + SKIPPED_KEY_DAYS), "one more was skipped: the days begin anew");
        assert_eq!(chain.skipped.len(), 3);
        assert!(chain.age(102 + 2 * SKIPPED_KEY_DAYS));
        assert_eq!(chain.skipped.len(), 0);
        assert!(!chain.age(103 + 2 * SKIPPED_KEY_DAYS));
    }

    #[test]
    fn the_last_message_of_the_longest_chain_is_received() {
        let mut chain = ReceiverChain { next: MAX_CHAIN_LEN - 1, ..chain() };
        let (advance, _) = chain.advance_past(MAX_CHAIN_LEN - 1).unwrap();
        chain.commit(advance);
        assert!(chain.is_behind(MAX_CHAIN_LEN - 1));
        let advance = chain.advance_to(MAX_CHAIN_LEN).unwrap();
        chain.close(advance);
        assert_eq!(chain.advance_past(MAX_CHAIN_LEN).map(|_| ()), Err(Error::Misbehaved));
    }

    #[test]
    fn a_chain_cannot_end_before_what_was_received() {
        let mut chain = chain();
        let (advance, _) = chain.advance_past(4).unwrap();
        chain.commit(advance);
        assert_eq!(chain.advance_to(4).map(|_| ()), Err(Error::Misbehaved));
        assert!(chain.advance_to(5).is_ok());
    }

    #[test]
    fn skipped_keys_are_those_that_would_have_been_derived() {
        let mut in_order = chain();
        let mut keys = Vec::new();
        for number in 0..4 {
            let (advance, key) = in_order.advance_past(number).unwrap();
            in_order.commit(advance);
            keys.push(*key.secret().expose());
        }
        let mut skipping = chain();
        let (advance, last) = skipping.advance_past(3).unwrap();
        skipping.commit(advance);
        assert_eq!(last.secret().expose(), &keys[3]);
        for number in 0..3_u32 {
            let key = skipping.skipped(number).unwrap();
            assert_eq!(key.secret().expose(), &keys[usize::try_from(number).unwrap()]);
        }
        skipping.consume(1);
        assert!(skipping.skipped(1).is_none() && skipping.is_behind(1));
    }

    #[test]
    fn the_oldest_keys_go_first() {
        let mut chains = ReceiverChains::default();
        for name in 0..3 {
            let mut chain = ReceiverChain { theirs: RemoteRatchetKey([name; 32]), ..chain() };
            let advance = chain.advance_to(1_000).unwrap();
            chain.close(advance);
            chains.push(chain);
        }
        chains.trim();
        assert_eq!(chains.skipped_len(), MAX_SKIPPED_KEYS);
        let oldest = chains.find(&RemoteRatchetKey([0; 32])).unwrap();
        assert!(oldest.skipped(951).is_none() && oldest.skipped(952).is_some());
    }

    #[test]
    fn illegal_states_are_refused() {
        let written = |chains: &ReceiverChains| {
            let mut writer = Writer::new();
            chains.write(&mut writer);
            writer.into_vec()
        };
        let mut chains = ReceiverChains::default();
        chains.push(chain());
        let bytes = written(&chains);
        assert!(ReceiverChains::read(&mut Reader::new(&bytes)).is_ok());
        for len in 0..bytes.len() {
            assert!(ReceiverChains::read(&mut Reader::new(&bytes[..len])).is_err());
        }
        // Two open chains; one name twice; a last chain that is closed; skipped keys ahead.
        chains.0.push(ReceiverChain { theirs: RemoteRatchetKey([3; 32]), ..chain() });
        let closed = || ReceiverChain { key: None, ..chain() };
        let ahead = || {
            let key = RemoteMessageKey::new(Secret::new([1; 32]));
            ReceiverChain { skipped: BTreeMap::from([(0, key)]), ..chain() }
        };
        let endless = ReceiverChain { next: MAX_CHAIN_LEN + 1, ..chain() };
        for illegal in [
            chains,
            ReceiverChains(vec![closed(), chain()]),
            ReceiverChains(vec![closed()]),
            ReceiverChains(vec![ahead()]),
            ReceiverChains(vec![endless]),
        ] {
            let bytes = written(&illegal);
            let read = ReceiverChains::read(&mut Reader::new(&bytes));
            assert_eq!(read.map(|_| ()), Err(Error::Decode));
        }
    }
}
