//! A conversation between two people, from the key agreement on.
//!
//! ```text
//!   initiator                                        responder
//!   initiate(bundle)
//!   encrypt_initial ── Pair::seal(Initial) ────────► InitialMessage::parse, respond(secrets)
//!   encrypt_initial ── any of them may come first ─► decrypt_initial
//!        unanswered                                  answered
//!   decrypt ◄──────────────── envelope ───────────── encrypt
//!        answered
//!   encrypt ───────────────── envelope ────────────► decrypt
//! ```
//!
//! Invariant: a session changes only by a message that it has authenticated or sealed. Whatever an
//! error says, [`Session::to_bytes`] gives the same bytes as before.

mod initial;
mod state;

use core::fmt;

use crate::crypto::CryptoRng;
use crate::crypto::hash;
use crate::crypto::identity::IdentityKey;
use crate::crypto::identity::PublicIdentity;
use crate::crypto::kem;
use crate::crypto::secret::Secret;
use crate::crypto::secret::SecretBytes;
use crate::crypto::x25519::X25519Key;

use super::BodyAead;
use super::Direction;
use super::ENVELOPE_LEN;
use super::Error;
use super::kdf;
use super::labels;
use super::padding;
use super::prekey::PrekeyBundle;
use super::prekey::PrekeySecrets;
use super::ratchet::Form;
use super::ratchet::HeaderRatchet;
use super::ratchet::InitialSecrets;
use super::ratchet::RemoteRatchetKey;
use super::ratchet::SALT_LEN;
pub use super::ratchet::Standing;
use super::rendezvous::pair;
use super::x3dh;
use super::x3dh::InitiatorKeys;
use super::x3dh::Mode;
use super::x3dh::ResponderKeys;

use initial::InitialHeader;
pub use initial::InitialMessage;

/// How many bytes the body of a message may have, in every kind of envelope.
pub const BODY_LEN: usize = 1_536;

/// The name of a session, the same on both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId([u8; 16]);

impl SessionId {
    /// The id with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// Who began a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// It opened the peer's bundle.
    Initiator,
    /// Its bundle was opened.
    Responder,
}

/// One side of a conversation.
pub struct Session {
    id: SessionId,
    role: Role,
    scope: Scope,
    /// AD.
    associated_data: [u8; 32],
    mailbox: Secret<32>,
    /// What every initial message begins with, as long as the initiator is unanswered.
    initial: Option<InitialHeader>,
    ratchet: HeaderRatchet,
    /// How often a new key of the peer's came.
    turns: u64,
}

/// Between whom, and on which network.
#[derive(Clone, Copy)]
struct Scope {
    network: [u8; 32],
    own: [u8; 32],
    peer: [u8; 32],
}

impl Session {
    /// Begins a session with the writer of a bundle.
    ///
    /// # Errors
    /// [`Error::ApiMisuse`] if the bundle is not the peer's, [`Error::Key`] if a key in it is
    /// unusable.
    pub fn initiate(
        own: &IdentityKey,
        peer: &PublicIdentity,
        network: &[u8; 32],
        bundle: &PrekeyBundle,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, Error> {
        if bundle.writer() != peer {
            return Err(Error::ApiMisuse);
        }
        let keys = bundle.keys();
        let ephemeral = X25519Key::generate(rng);
        let (ciphertext, shared) = kem::encapsulate(&keys.kem, rng)?;
        let header =
            InitialHeader::new(bundle.suite(), bundle.id(), ephemeral.public(), &ciphertext);
        let theirs = ResponderKeys {
            identity: &peer.x25519()?,
            signed_prekey: &keys.signed,
            one_time_prekey: &keys.one_time,
        };
        let agreement = x3dh::initiate(own, ephemeral, theirs, Mode::PostQuantum(shared))?;
        let (secrets, mailbox) = InitialSecrets::part(agreement);
        let ratchet = HeaderRatchet::initiate(secrets, &RemoteRatchetKey(keys.signed), rng)?;
        let scope = Scope::new(network, own.public(), peer);
        Ok(Self {
            id: header.session_id(),
            role: Role::Initiator,
            scope,
            associated_data: scope.associated_data(Role::Initiator, &header, &bundle.digest()),
            mailbox,
            initial: Some(header),
            ratchet,
            turns: 0,
        })
    }

    /// Answers an initial message, whichever of the initiator's it is; also its body.
    ///
    /// The private keys are used up by success: they must be deleted in the transaction that
    /// commits the session.
    ///
    /// # Errors
    /// [`Error::WrongBundle`] if the message is for another bundle; [`Error::NoHeaderKey`] or
    /// [`Error::Decrypt`] if it is not authentic; [`Error::Key`], [`Error::TooFarAhead`] or
    /// [`Error::Misbehaved`] if what it says is unusable.
    pub fn respond(
        own: &IdentityKey,
        peer: &PublicIdentity,
        network: &[u8; 32],
        secrets: &PrekeySecrets,
        message: &InitialMessage,
    ) -> Result<(Self, SecretBytes), Error> {
        let header = message.header();
        if message.bundle_id() != secrets.bundle_id() {
            return Err(Error::WrongBundle);
        }
        let private = secrets.private();
        let shared = private.decapsulate(header.ciphertext());
        let theirs = InitiatorKeys { identity: &peer.x25519()?, ephemeral: header.ephemeral() };
        let mode = Mode::PostQuantum(shared);
        let agreement = x3dh::respond(own, &private.signed, &private.one_time, theirs, mode)?;
        let (initial_secrets, mailbox) = InitialSecrets::part(agreement);
        let scope = Scope::new(network, own.public(), peer);
        let associated_data =
            scope.associated_data(Role::Responder, header, secrets.bundle_digest());
        let (ratchet, padded) = HeaderRatchet::respond(
            initial_secrets,
            &private.signed,
            &associated_data,
            message.message(),
        )?;
        let body = unpad(&padded)?;
        let (id, role) = (message.session_id(), Role::Responder);
        let session =
            Self { id, role, scope, associated_data, mailbox, initial: None, ratchet, turns: 1 };
        Ok((session, body))
    }

    /// Seals a body while unanswered: the plaintext for `Pair::seal` with `Kind::Initial`.
    ///
    /// # Errors
    /// [`Error::ApiMisuse`] once answered, [`Error::TooLong`] above [`BODY_LEN`] bytes,
    /// [`Error::Exhausted`] at the end of the chain.
    pub fn encrypt_initial(
        &mut self,
        body: &[u8],
        aead: BodyAead,
        rng: &mut impl CryptoRng,
    ) -> Result<SecretBytes, Error> {
        let header = self.initial.as_ref().ok_or(Error::ApiMisuse)?.as_bytes().to_vec();
        let message = self.seal(Form::Initial, body, aead, rng)?;
        Ok(SecretBytes::new([header, message].concat()))
    }

    /// Opens a further initial message of the initiator's.
    ///
    /// # Errors
    /// [`Error::ApiMisuse`] on the initiator's side, [`Error::WrongSession`] if it belongs to
    /// another session, otherwise as [`Session::decrypt`].
    pub fn decrypt_initial(&mut self, message: &InitialMessage) -> Result<SecretBytes, Error> {
        match self.role {
            Role::Initiator => Err(Error::ApiMisuse),
            Role::Responder if message.session_id() != self.id => Err(Error::WrongSession),
            Role::Responder => self.open(Form::Initial, message.message()),
        }
    }

    /// Seals a body, once answered, into an envelope of [`ENVELOPE_LEN`] bytes.
    ///
    /// # Errors
    /// [`Error::ApiMisuse`] while unanswered, [`Error::TooLong`] above [`BODY_LEN`] bytes,
    /// [`Error::Exhausted`] at the end of the chain.
    pub fn encrypt(
        &mut self,
        body: &[u8],
        aead: BodyAead,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, Error> {
        if !self.answered() {
            return Err(Error::ApiMisuse);
        }
        self.seal(Form::Ordinary, body, aead, rng)
    }

    /// Opens an envelope.
    ///
    /// # Errors
    /// [`Error::Decode`] if it has not [`ENVELOPE_LEN`] bytes; [`Error::NoHeaderKey`] if it is not
    /// of this session; [`Error::Decrypt`] if its body is forged; [`Error::Diverged`] if it answers
    /// what this state has not said, or is forged; [`Error::Consumed`] if it was opened before;
    /// [`Error::TooFarAhead`] if too many are missing before it; otherwise what an
    /// authentic but illegal header is refused with.
    pub fn decrypt(&mut self, envelope: &[u8]) -> Result<SecretBytes, Error> {
        if envelope.len() != ENVELOPE_LEN {
            return Err(Error::Decode);
        }
        self.open(Form::Ordinary, envelope)
    }

    /// Lets time pass: keys of messages that were skipped more than 28 days ago, the retention of
    /// relays and a week, are given up. To be called every day or so, with the days since 1970.
    /// Whether the state has changed.
    pub fn age(&mut self, day: u32) -> bool {
        self.ratchet.age(day)
    }

    /// Its name.
    #[must_use]
    pub const fn id(&self) -> SessionId {
        self.id
    }

    /// Who began it, from this side's point of view.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Whether a message of the peer's has been authenticated.
    #[must_use]
    pub const fn answered(&self) -> bool {
        self.initial.is_none()
    }

    /// How often a new key of the peer's came. Each is answered by one of this side's, with the next
    /// message; the initiator has made one more.
    #[must_use]
    pub const fn turns(&self) -> u64 {
        self.turns
    }

    /// What can be said of its keys without saying a secret.
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.ratchet.standing()
    }

    /// The capability of the session's mailbox of one direction in one week.
    #[must_use]
    pub fn capability(&self, direction: Direction, week: u64) -> Secret<32> {
        let Scope { network, own, peer } = &self.scope;
        let (writer, reader) = direction.writer_and_reader(own, peer);
        kdf::expand(&self.mailbox, &[labels::MAILBOX, network, writer, reader, &week.to_be_bytes()])
    }

    fn seal(
        &mut self,
        form: Form,
        body: &[u8],
        aead: BodyAead,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, Error> {
        if body.len() > BODY_LEN {
            return Err(Error::TooLong);
        }
        let padded = SecretBytes::new(padding::pad(body, padded_len(form))?);
        self.ratchet.encrypt(form, aead, &self.associated_data, padded.expose(), rng)
    }

    fn open(&mut self, form: Form, message: &[u8]) -> Result<SecretBytes, Error> {
        let (change, padded) = self.ratchet.decrypt(form, &self.associated_data, message)?;
        let body = unpad(&padded)?;
        self.turns = self.turns.saturating_add(u64::from(self.ratchet.commit(change)));
        self.initial = None;
        Ok(body)
    }
}

impl Scope {
    fn new(network: &[u8; 32], own: &PublicIdentity, peer: &PublicIdentity) -> Self {
        Self { network: *network, own: *own.as_bytes(), peer: *peer.as_bytes() }
    }

    /// `AD = SHA-256("bauta ad v1" ‖ network id ‖ suite ‖ initiator's key ‖ responder's key ‖
    /// SHA-256(signed bundle) ‖ initial header)`
    fn associated_data(
        &self,
        role: Role,
        header: &InitialHeader,
        bundle_digest: &[u8; 32],
    ) -> [u8; 32] {
        let (initiator, responder) = match role {
            Role::Initiator => (&self.own, &self.peer),
            Role::Responder => (&self.peer, &self.own),
        };
        let suite = header.suite().code().to_be_bytes();
        hash::sha256(&[
            labels::AD,
            &self.network,
            &suite,
            initiator,
            responder,
            bundle_digest,
            header.as_bytes(),
        ])
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id: _, role, scope: _, associated_data: _, mailbox: _, .. } = self;
        let Self { initial: _, ratchet: _, turns: _, .. } = self;
        write!(f, "Session({role:?})")
    }
}

/// Padding that an honest peer does not send is not told apart from a forgery's.
fn unpad(padded: &SecretBytes) -> Result<SecretBytes, Error> {
    let body = padding::unpad(padded.expose()).map_err(|_| Error::Misbehaved)?;
    Ok(SecretBytes::new(body.to_vec()))
}

const fn padded_len(form: Form) -> usize {
    match form {
        Form::Initial => padding::LENGTH_LEN + BODY_LEN,
        Form::Ordinary => ENVELOPE_LEN - message_overhead(form),
    }
}

/// What a message has beside its padded body, in bytes.
const fn message_overhead(form: Form) -> usize {
    form.sealed_header_len() + SALT_LEN + crate::crypto::aead::TAG_LEN
}

const _: () = {
    assert!(padded_len(Form::Ordinary) >= padding::LENGTH_LEN + BODY_LEN);
    let initial = initial::HEADER_LEN + message_overhead(Form::Initial);
    assert!(initial + padded_len(Form::Initial) <= pair::PLAINTEXT_LEN);
};
