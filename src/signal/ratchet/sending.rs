//! Our half of a turn, which is taken when there is something to send: the keys of a chain that
//! nobody needs yet exist nowhere, and a message that is only read costs half as much.
//!
//! ```text
//!   their half ──► Due(RK, DHr, ek) ── the next message of ours ──► Taken(RK, DHs, CKs)
//! ```
//!
//! Source: [Double Ratchet](https://signal.org/docs/specifications/doubleratchet/), security
//! considerations, "Deferring new ratchet key generation".

use crate::codec::Reader;
use crate::codec::Writer;
use crate::crypto::CryptoRng;
use crate::crypto::kem::RemoteKemKey;
use crate::crypto::secret::Secret;
use crate::signal::Error;

use super::double_ratchet::Sent;
use super::header::Header;
use super::header_key::HeaderKey;
use super::kem_ratchet::KemRatchet;
use super::ratchet_key::RatchetKey;
use super::ratchet_key::RemoteRatchetKey;
use super::root_key::RemoteRootKey;
use super::root_key::RootKey;
use super::sender_chain::SenderChain;

/// Where our half of the last turn stands.
#[derive(Debug)]
pub(super) enum Sending {
    Taken(Box<Taken>),
    Due(Box<Due>),
}

/// Our keys, and the chain that they began.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) root: RootKey,
    pub(super) own: RatchetKey,
    /// The post-quantum half of `own`; the plain ratchet has none.
    pub(super) kem: Option<KemRatchet>,
    pub(super) chain: SenderChain,
}

/// What the peer's half left for ours.
#[derive(Debug)]
pub(super) struct Due {
    pub(super) root: RemoteRootKey,
    pub(super) theirs: RemoteRatchetKey,
    /// The post-quantum half of `theirs`.
    pub(super) kem: Option<RemoteKemKey>,
    /// Whether the peer's half mixed a KEM's secret in.
    pub(super) mixed: bool,
}

impl Taken {
    /// The header and the key of the next message.
    pub(super) fn send(
        &mut self,
        previous_len: u32,
        next_header: Option<HeaderKey>,
    ) -> Result<Sent, Error> {
        let (number, message_key) = self.chain.step()?;
        let ratchet_key = RemoteRatchetKey(*self.own.public());
        let kem = self.kem.as_ref().map(|kem| kem.offer().clone());
        let header = Header { ratchet_key, kem, previous_len, number };
        Ok(Sent { header, message_key, next_header })
    }
}

impl Due {
    /// Takes the step; also the header key of the chain after the one that it begins.
    pub(super) fn take(&self, rng: &mut impl CryptoRng) -> Result<(Taken, HeaderKey), Error> {
        let (kem, ss_s) = match &self.kem {
            Some(theirs) => {
                let (kem, secret) = KemRatchet::send(theirs, rng);
                (Some(kem), Some(secret))
            }
            None => (None, None),
        };
        // DHs = GENERATE_DH();  RK, CKs, NHKs = KDF_RK(RK, DH(DHs, DHr) ‖ ss_s)
        let own = RatchetKey::generate(rng);
        let (root, chain_key, next) = self.root.sending(&own, &self.theirs, ss_s.as_ref())?;
        Ok((Taken { root, own, kem, chain: SenderChain::new(chain_key) }, next))
    }
}

impl Sending {
    /// Whether the last step, whosever it was, mixed a KEM's secret in.
    pub(super) fn kem_mixed(&self) -> bool {
        match self {
            Self::Taken(taken) => {
                taken.kem.as_ref().is_some_and(|kem| kem.offer().ciphertext.is_some())
            }
            Self::Due(due) => due.mixed,
        }
    }

    /// How many messages of ours there are since the last turn.
    pub(super) fn len(&self) -> u32 {
        match self {
            Self::Taken(taken) => taken.chain.len(),
            Self::Due(_) => 0,
        }
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        match self {
            Self::Taken(taken) => {
                writer.u8(TAKEN).bytes(taken.root.secret().expose());
                writer.bytes(taken.own.secret_bytes().expose());
                if let Some(kem) = &taken.kem {
                    kem.write(writer);
                }
                taken.chain.write(writer);
            }
            Self::Due(due) => {
                writer.u8(if due.mixed { DUE_MIXED } else { DUE });
                writer.bytes(due.root.secret().expose()).bytes(&due.theirs.0);
                if let Some(kem) = &due.kem {
                    writer.bytes(&kem.to_bytes());
                }
            }
        }
    }

    /// Only a ratchet with a KEM is read again.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        match reader.u8()? {
            TAKEN => Self::read_taken(reader),
            tag @ (DUE | DUE_MIXED) => Ok(Self::Due(Box::new(Due {
                root: RemoteRootKey::new(Secret::from_slice(reader.take(32)?)?),
                theirs: RemoteRatchetKey(reader.array()?),
                kem: Some(RemoteKemKey::from_bytes(&reader.array()?)?),
                mixed: tag == DUE_MIXED,
            }))),
            _ => Err(Error::Decode),
        }
    }

    /// What stands behind the tag; states of version 3 have this alone, without a tag.
    pub(super) fn read_taken(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(Self::Taken(Box::new(Taken {
            root: RootKey::new(Secret::from_slice(reader.take(32)?)?),
            own: RatchetKey::from_bytes(&Secret::from_slice(reader.take(32)?)?),
            kem: Some(KemRatchet::read(reader)?),
            chain: SenderChain::read(reader)?,
        })))
    }
}

const TAKEN: u8 = 0;
const DUE: u8 = 1;
const DUE_MIXED: u8 = 2;
