//! Our sending chain.

use crate::codec::Reader;
use crate::codec::Writer;
use crate::crypto::secret::Secret;
use crate::signal::Error;

use super::MAX_CHAIN_LEN;
use super::chain_key::ChainKey;
use super::message_key::MessageKey;

/// A chain key, and the number of the message that it seals next.
#[derive(Debug)]
pub(super) struct SenderChain {
    key: ChainKey,
    next: u32,
}

impl SenderChain {
    pub(super) const fn new(key: ChainKey) -> Self {
        Self { key, next: 0 }
    }

    /// How many messages it has sealed.
    pub(super) const fn len(&self) -> u32 {
        self.next
    }

    /// The number and the key of the next message.
    pub(super) fn step(&mut self) -> Result<(u32, MessageKey), Error> {
        if self.next >= MAX_CHAIN_LEN {
            return Err(Error::Exhausted);
        }
        let number = self.next;
        let (key, message_key) = self.key.step();
        (self.key, self.next) = (key, number + 1);
        Ok((number, message_key))
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.bytes(self.key.secret().expose()).u32(self.next);
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let key = ChainKey::new(Secret::from_slice(reader.take(32)?)?);
        let next = reader.u32()?;
        if next > MAX_CHAIN_LEN {
            return Err(Error::Decode);
        }
        Ok(Self { key, next })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_ends_and_stays_as_it_is() {
        let mut chain = SenderChain { key: ChainKey::new(Secret::new([1; 32])), next: 0 };
        chain.next = MAX_CHAIN_LEN - 1;
        assert_eq!(chain.step().map(|(number, _)| number), Ok(MAX_CHAIN_LEN - 1));
        let key = chain.key.secret().duplicate();
        assert_eq!(chain.step().map(|(number, _)| number), Err(Error::Exhausted));
        assert_eq!(chain.key.secret().expose(), key.expose());
        assert_eq!(chain.len(), MAX_CHAIN_LEN);
    }
}
