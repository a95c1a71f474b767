//! A session at rest.
//!
//! | bytes | what |
//! |---|---|
//! | 1 | version, 4; of version 3 the ratchet had no tag before its first key |
//! | 1 | 0 initiator unanswered, 1 initiator answered, 2 responder |
//! | 16 | session id |
//! | 3 × 32 | network id, own key, peer's key |
//! | 32 + 32 | associated data, mailbox secret |
//! | 8 | turns |
//! | 1,139 | initial header, while unanswered |
//! | … | the ratchet |
//! | 16 | checksum |

use crate::codec::Reader;
use crate::codec::Writer;
use crate::crypto::secret::Secret;
use crate::crypto::secret::SecretBytes;
use crate::signal::Error;
use crate::signal::ratchet::HeaderRatchet;
use crate::signal::ratchet::Version;
use crate::signal::snapshot;

use super::Role;
use super::Scope;
use super::Session;
use super::SessionId;
use super::initial;
use super::initial::InitialHeader;

impl Session {
    /// The state, for sealing at rest.
    #[must_use]
    pub fn to_bytes(&self) -> SecretBytes {
        let len = FIXED_LEN + self.ratchet.state_len();
        snapshot::write(VERSION, len, |writer| self.write(writer))
    }

    /// Reads what [`Session::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`Error::Decode`], [`Error::Version`] or [`Error::Suite`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let (version, mut reader) = snapshot::read(bytes)?;
        let version = match version {
            3 => Version::Three,
            VERSION => Version::Four,
            other => return Err(Error::Version(other)),
        };
        let session = Self::read(version, &mut reader)?;
        reader.finish()?;
        Ok(session)
    }

    fn write(&self, writer: &mut Writer) {
        let Scope { network, own, peer } = &self.scope;
        writer.u8(match (self.role, &self.initial) {
            (Role::Initiator, Some(_)) => UNANSWERED,
            (Role::Initiator, None) => ANSWERED,
            (Role::Responder, _) => RESPONDER,
        });
        writer.bytes(self.id.as_bytes()).bytes(network).bytes(own).bytes(peer);
        writer.bytes(&self.associated_data).bytes(self.mailbox.expose()).u64(self.turns);
        if let Some(header) = &self.initial {
            writer.bytes(header.as_bytes());
        }
        self.ratchet.write(writer);
    }

    fn read(version: Version, reader: &mut Reader<'_>) -> Result<Self, Error> {
        let standing = reader.u8()?;
        Ok(Self {
            role: match standing {
                UNANSWERED | ANSWERED => Role::Initiator,
                RESPONDER => Role::Responder,
                _ => return Err(Error::Decode),
            },
            id: SessionId::from_bytes(reader.array()?),
            scope: Scope { network: reader.array()?, own: reader.array()?, peer: reader.array()? },
            associated_data: reader.array()?,
            mailbox: Secret::from_slice(reader.take(32)?)?,
            turns: reader.u64()?,
            initial: match standing {
                UNANSWERED => Some(InitialHeader::parse(reader.take(initial::HEADER_LEN)?)?),
                _ => None,
            },
            ratchet: HeaderRatchet::read(version, reader)?,
        })
    }
}

const VERSION: u8 = 4;
const FIXED_LEN: usize = 1 + 16 + 5 * 32 + 8 + initial::HEADER_LEN;

const UNANSWERED: u8 = 0;
const ANSWERED: u8 = 1;
const RESPONDER: u8 = 2;

#[cfg(test)]
mod tests {
    use crate::signal::Error;
    use crate::signal::snapshot;

    use super::*;

    #[test]
    fn a_standing_that_does_not_exist_is_refused() {
        let bytes = snapshot::write(VERSION, FIXED_LEN, |writer| {
            writer.u8(3).bytes(&[0; FIXED_LEN]);
        });
        assert_eq!(Session::from_bytes(bytes.expose()).unwrap_err(), Error::Decode);
    }
}
