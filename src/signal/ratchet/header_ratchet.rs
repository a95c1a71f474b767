//! The Double Ratchet with hidden headers: messages in exchange for bodies.
//!
//! ```text
//!   message = sealed header ‖ salt(16) ‖ sealed body
//!   header's AAD = AD;  body's AAD = AD ‖ sealed header ‖ salt
//! ```
//!
//! A chain's header key comes from the step before the one that began it, so that a new chain can
//! be told before its ratchet key is read, and that header's ciphertext goes into the step to the
//! chain itself.
//!
//! Source: [Double Ratchet](https://signal.org/docs/specifications/doubleratchet/), section 4.

use crate::codec::Reader;
use crate::codec::Writer;
use crate::crypto;
use crate::crypto::CryptoRng;
use crate::crypto::kem::ENCAPSULATION_KEY_LEN;
use crate::crypto::secret::Secret;
use crate::crypto::secret::SecretBytes;
use crate::crypto::x25519::X25519Key;
use crate::signal::BodyAead;
use crate::signal::Error;
use crate::signal::x3dh::Agreement;

use super::MAX_HEADER_TRIALS;
use super::MAX_RECEIVER_CHAINS;
use super::Standing;
use super::Version;
use super::double_ratchet::Change as RatchetChange;
use super::double_ratchet::DoubleRatchet;
use super::double_ratchet::Sent;
use super::header::Form;
use super::header::Header;
use super::header_key::HeaderKey;
use super::header_key::RemoteHeaderKey;
use super::kem_ratchet::KemRatchet;
use super::message_key::RemoteMessageKey;
use super::message_key::SALT_LEN;
use super::ratchet_key::RemoteRatchetKey;

/// The ratchet and the keys that hide its headers.
#[derive(Debug)]
pub(in crate::signal) struct HeaderRatchet {
    ratchet: DoubleRatchet,
    /// HKs.
    sending: HeaderKey,
    /// NHKs; none while our half of the last turn is due.
    next_sending: Option<HeaderKey>,
    /// HKr of each receiving chain that is kept, oldest first.
    receiving: Vec<(RemoteRatchetKey, RemoteHeaderKey)>,
    /// NHKr.
    next_receiving: RemoteHeaderKey,
}

/// What an authentic message changes, to be committed by [`HeaderRatchet::commit`].
#[derive(Debug)]
pub(in crate::signal) struct Change {
    ratchet: RatchetChange,
    theirs: RemoteRatchetKey,
}

impl HeaderRatchet {
    /// The initiator's side.
    pub(in crate::signal) fn initiate(
        agreement: InitialSecrets,
        theirs: &RemoteRatchetKey,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, Error> {
        let kem = Some(KemRatchet::initiate(rng));
        let (ratchet, next_sending) = DoubleRatchet::initiate(agreement.root, theirs, kem, rng)?;
        Ok(Self {
            ratchet,
            sending: HeaderKey::new(agreement.header)?,
            next_sending: Some(next_sending),
            receiving: Vec::new(),
            next_receiving: RemoteHeaderKey::new(agreement.next_header)?,
        })
    }

    /// The responder's side, from an initial message; also its body.
    pub(in crate::signal) fn respond(
        agreement: InitialSecrets,
        own: &X25519Key,
        ad: &[u8; 32],
        message: &[u8],
    ) -> Result<(Self, SecretBytes), Error> {
        let message = Parts::split(message, Form::Initial)?;
        let header_key = RemoteHeaderKey::new(agreement.header)?;
        let header = header_key.open(ad, message.header).map_err(|_| Error::NoHeaderKey)?;
        let (header, aead) = Header::decode(header.expose(), Form::Initial)?;
        let (ratchet, next_receiving, key) = DoubleRatchet::respond(agreement.root, own, &header)?;
        let body = message.open_body(&key, aead, ad)?;
        let ratchet = Self {
            ratchet,
            sending: HeaderKey::new(agreement.next_header)?,
            next_sending: None,
            receiving: vec![(header.ratchet_key, header_key)],
            next_receiving,
        };
        Ok((ratchet, body))
    }

    /// Seals a body, which the caller has padded.
    pub(in crate::signal) fn encrypt(
        &mut self,
        form: Form,
        aead: BodyAead,
        ad: &[u8; 32],
        body: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, Error> {
        let Sent { header, message_key, next_header } = self.ratchet.send(rng)?;
        if next_header.is_some() {
            self.next_sending = next_header;
        }
        let mut message = self.sending.seal(ad, header.encode(aead, form)?, rng)?;
        let salt: [u8; SALT_LEN] = crypto::random(rng);
        message.extend_from_slice(&salt);
        let aad = [ad.as_slice(), &message].concat();
        message.extend_from_slice(&message_key.seal(aead, &salt, &aad, body)?);
        Ok(message)
    }

    /// Opens a message; nothing changes until the change is committed.
    pub(in crate::signal) fn decrypt(
        &self,
        form: Form,
        ad: &[u8; 32],
        message: &[u8],
    ) -> Result<(Change, SecretBytes), Error> {
        let message = Parts::split(message, form)?;
        let (header, aead) = self.open_header(form, ad, message.header)?;
        let (ratchet, key) = self.ratchet.prepare(&header)?;
        let body = message.open_body(&key, aead, ad).map_err(|error| match &ratchet {
            RatchetChange::Turned(_) => Error::Diverged,
            RatchetChange::Skipped { .. } | RatchetChange::Advanced(_) => error,
        })?;
        Ok((Change { ratchet, theirs: header.ratchet_key }, body))
    }

    fn open_header(
        &self,
        form: Form,
        ad: &[u8; 32],
        sealed: &[u8],
    ) -> Result<(Header, BodyAead), Error> {
        for (theirs, key) in self.trials() {
            let Ok(header) = key.open(ad, sealed) else { continue };
            let (header, aead) = Header::decode(header.expose(), form)?;
            let honest = match theirs {
                Some(theirs) => header.ratchet_key == *theirs,
                None => !self.ratchet.knows(&header.ratchet_key),
            };
            return if honest { Ok((header, aead)) } else { Err(Error::Misbehaved) };
        }
        Err(Error::NoHeaderKey)
    }

    /// The keys to try, the likeliest first, each with its chain unless that is to come.
    fn trials(&self) -> impl Iterator<Item = (Option<&RemoteRatchetKey>, &RemoteHeaderKey)> {
        let mut kept = self.receiving.iter().rev().map(|(theirs, key)| (Some(theirs), key));
        kept.next()
            .into_iter()
            .chain([(None, &self.next_receiving)])
            .chain(kept)
            .take(MAX_HEADER_TRIALS)
    }

    /// Takes over what an authentic message changes. Whether the ratchet has turned.
    pub(in crate::signal) fn commit(&mut self, change: Change) -> bool {
        let Some(receiving) = self.ratchet.commit(change.ratchet) else { return false };
        // HKs = NHKs; HKr = NHKr
        if let Some(sending) = self.next_sending.take() {
            self.sending = sending;
        }
        let current = core::mem::replace(&mut self.next_receiving, receiving);
        if self.receiving.len() >= MAX_RECEIVER_CHAINS {
            self.receiving.remove(0);
        }
        self.receiving.push((change.theirs, current));
        true
    }

    /// What can be said of it without saying a secret.
    pub(in crate::signal) fn standing(&self) -> Standing {
        self.ratchet.standing()
    }

    /// Lets a day pass. Whether anything changed.
    pub(in crate::signal) fn age(&mut self, day: u32) -> bool {
        self.ratchet.age(day)
    }

    /// How many bytes `write` will write, roughly.
    pub(in crate::signal) fn state_len(&self) -> usize {
        FIXED_STATE_LEN + self.ratchet.skipped_len() * SKIPPED_KEY_LEN
    }

    pub(in crate::signal) fn write(&self, writer: &mut Writer) {
        self.ratchet.write(writer);
        writer.bytes(self.sending.secret().expose());
        if let Some(key) = &self.next_sending {
            writer.bytes(key.secret().expose());
        }
        writer.bytes(self.next_receiving.secret().expose());
        for (_, key) in &self.receiving {
            writer.bytes(key.secret().expose());
        }
    }

    pub(in crate::signal) fn read(
        version: Version,
        reader: &mut Reader<'_>,
    ) -> Result<Self, Error> {
        let ratchet = DoubleRatchet::read(version, reader)?;
        let sending = HeaderKey::new(read_secret(reader)?)?;
        let next_sending = match ratchet.is_due() {
            true => None,
            false => Some(HeaderKey::new(read_secret(reader)?)?),
        };
        let next_receiving = RemoteHeaderKey::new(read_secret(reader)?)?;
        let mut receiving = Vec::with_capacity(MAX_RECEIVER_CHAINS);
        for theirs in ratchet.remote_keys() {
            receiving.push((*theirs, RemoteHeaderKey::new(read_secret(reader)?)?));
        }
        Ok(Self { ratchet, sending, next_sending, receiving, next_receiving })
    }
}

fn read_secret(reader: &mut Reader<'_>) -> Result<Secret<32>, Error> {
    Ok(Secret::from_slice(reader.take(32)?)?)
}

/// What the key agreement gives to the ratchet.
#[derive(Debug)]
pub(in crate::signal) struct InitialSecrets {
    root: Secret<32>,
    header: Secret<32>,
    next_header: Secret<32>,
}

impl InitialSecrets {
    /// Parts an agreement into what the ratchet takes and the mailbox secret.
    pub(in crate::signal) fn part(agreement: Agreement) -> (Self, Secret<32>) {
        let Agreement { root, header, next_header, mailbox } = agreement;
        (Self { root, header, next_header }, mailbox)
    }
}

/// A message, cut at its seams.
struct Parts<'a> {
    header: &'a [u8],
    salt: &'a [u8; SALT_LEN],
    /// `header ‖ salt`
    head: &'a [u8],
    body: &'a [u8],
}

impl<'a> Parts<'a> {
    fn split(message: &'a [u8], form: Form) -> Result<Self, Error> {
        let header_len = form.sealed_header_len();
        let (head, body) = message.split_at_checked(header_len + SALT_LEN).ok_or(Error::Decode)?;
        let (header, salt) = head.split_last_chunk().ok_or(Error::Decode)?;
        Ok(Self { header, salt, head, body })
    }

    fn open_body(
        &self,
        key: &RemoteMessageKey,
        aead: BodyAead,
        ad: &[u8; 32],
    ) -> Result<SecretBytes, Error> {
        let aad = [ad.as_slice(), self.head].concat();
        key.open(aead, self.salt, &aad, self.body)
    }
}

/// Roots, chains and header keys of a session that keeps all its receiving chains.
const FIXED_STATE_LEN: usize = 256 + KEM_STATE_LEN + MAX_RECEIVER_CHAINS * 160;
/// Seed, presence and ciphertext, or the peer's encapsulation key.
const KEM_STATE_LEN: usize = 64 + 1 + ENCAPSULATION_KEY_LEN;
const SKIPPED_KEY_LEN: usize = 36;

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha20Rng;

    use super::*;

    const AD: [u8; 32] = [3; 32];
    const AEAD: BodyAead = BodyAead::Aes256Gcm;

    fn secrets() -> InitialSecrets {
        let [root, header, next_header] = [1, 2, 3].map(|byte| Secret::new([byte; 32]));
        InitialSecrets { root, header, next_header }
    }

    fn both(rng: &mut ChaCha20Rng) -> (HeaderRatchet, HeaderRatchet) {
        let own = X25519Key::from_bytes(&[4; 32]);
        let theirs = RemoteRatchetKey(own.public());
        let mut alice = HeaderRatchet::initiate(secrets(), &theirs, rng).unwrap();
        let first = alice.encrypt(Form::Initial, AEAD, &AD, b"first", rng).unwrap();
        let (bob, body) = HeaderRatchet::respond(secrets(), &own, &AD, &first).unwrap();
        assert_eq!(body.expose(), b"first");
        (alice, bob)
    }

    fn pass(from: &mut HeaderRatchet, to: &mut HeaderRatchet, rng: &mut ChaCha20Rng) {
        let message = from.encrypt(Form::Ordinary, AEAD, &AD, b"body", rng).unwrap();
        let (change, body) = to.decrypt(Form::Ordinary, &AD, &message).unwrap();
        assert_eq!(body.expose(), b"body");
        to.commit(change);
    }

    #[test]
    fn an_envelope_costs_a_bounded_number_of_trials() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let (mut alice, mut bob) = both(&mut rng);
        for turn in 1..20 {
            pass(&mut bob, &mut alice, &mut rng);
            pass(&mut alice, &mut bob, &mut rng);
            assert_eq!(alice.trials().count(), MAX_HEADER_TRIALS.min(turn + 1));
            assert!(bob.trials().count() <= MAX_HEADER_TRIALS);
        }
    }

    #[test]
    fn a_ratchet_key_under_the_header_key_of_another_chain_is_refused() {
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        let (mut alice, mut bob) = both(&mut rng);
        pass(&mut bob, &mut alice, &mut rng);
        pass(&mut alice, &mut bob, &mut rng);
        let mut seal = |key: &Secret<32>, name: &RemoteRatchetKey| {
            let key = HeaderKey::new(key.duplicate()).unwrap();
            let kem = bob.ratchet.send(&mut rng).unwrap().header.kem;
            let header = Header { ratchet_key: *name, kem, previous_len: 1, number: 1 };
            let sealed =
                key.seal(&AD, header.encode(AEAD, Form::Ordinary).unwrap(), &mut rng).unwrap();
            [sealed.as_slice(), &[0; 64]].concat()
        };
        let (old, current) = (&bob.receiving[0], &bob.receiving[1]);
        let crossed = [
            seal(old.1.secret(), &current.0),
            seal(current.1.secret(), &old.0),
            seal(bob.next_receiving.secret(), &old.0),
            seal(current.1.secret(), &RemoteRatchetKey([7; 32])),
        ];
        for message in crossed {
            let refused = bob.decrypt(Form::Ordinary, &AD, &message);
            assert_eq!(refused.map(|_| ()), Err(Error::Misbehaved));
        }
    }

    #[test]
    fn the_responder_refuses_an_initiator_with_a_chain_before_the_first() {
        let mut rng = ChaCha20Rng::seed_from_u64(3);
        let own = X25519Key::from_bytes(&[4; 32]);
        let key = HeaderKey::new(Secret::new([2; 32])).unwrap();
        let ratchet_key = RemoteRatchetKey([7; 32]);
        let kem = Some(KemRatchet::initiate(&mut rng).offer().clone());
        let header = Header { ratchet_key, kem, previous_len: 1, number: 0 };
        let sealed = key.seal(&AD, header.encode(AEAD, Form::Initial).unwrap(), &mut rng).unwrap();
        let message = [sealed.as_slice(), &[0; 64]].concat();
        let refused = HeaderRatchet::respond(secrets(), &own, &AD, &message);
        assert_eq!(refused.map(|_| ()), Err(Error::Misbehaved));
    }
}
