//! After the handshake: two directions, independent of each other but for one thing: who is asked
//! for new keys sends them before any more data.

use core::fmt;

use super::alert::AlertDescription;
use super::alert::alert_for;
use super::error::Error;
use super::error::PeerMisbehaved;
use super::key_schedule::ExporterSecret;
use super::key_update::Generation;
use super::key_update::UpdateDue;
use super::messages::HandshakeType;
use super::messages::KeyUpdateRequest;
use super::messages::encode_key_update;
use super::parameters::CipherSuite;
use super::parameters::Pin;
use super::record::Header;
use super::record::Opener;
use super::record::Sealer;
use super::records::Content;
use super::records::Incoming;
use super::records::Outgoing;
use super::records::Records;

/// A connection whose handshake is complete on this side.
#[derive(Debug)]
pub struct Connection {
    /// What the peer says.
    pub receiver: Receiver,
    /// What is said to the peer.
    pub sender: Sender,
    /// Keys for other purposes, bound to this connection.
    pub exporter: ExporterSecret,
    /// The cipher suite.
    pub suite: CipherSuite,
    /// The group, and what it fixes for a client of this profile.
    pub pin: Pin,
}

/// The secrets of a connection.
#[derive(Debug)]
pub(super) struct Application {
    pub(super) incoming: Generation,
    pub(super) outgoing: Generation,
    pub(super) exporter: ExporterSecret,
    pub(super) suite: CipherSuite,
    pub(super) pin: Pin,
}

impl Connection {
    pub(super) fn new(records: Records, application: Application) -> Self {
        let Records { incoming, outgoing } = records;
        let update_due = UpdateDue::default();
        Self {
            receiver: Receiver {
                incoming,
                generation: application.incoming,
                update_due: update_due.clone(),
                without_data: 0,
                end: None,
            },
            sender: Sender {
                outgoing,
                generation: application.outgoing,
                update_due,
                closed: false,
            },
            exporter: application.exporter,
            suite: application.suite,
            pin: application.pin,
        }
    }
}

/// What one record of the peer said.
#[derive(PartialEq, Eq)]
pub enum Received {
    /// The content of an application data record.
    Data(Vec<u8>),
    /// A KeyUpdate or a piece of one: nothing for the caller to do.
    KeyUpdate,
    /// user_canceled: the peer is about to close. Nothing for the caller to do.
    UserCanceled,
    /// close_notify: the peer sends nothing more.
    Closed,
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Data(data) => write!(f, "Data({} bytes)", data.len()),
            Self::KeyUpdate => f.write_str("KeyUpdate"),
            Self::UserCanceled => f.write_str("UserCanceled"),
            Self::Closed => f.write_str("Closed"),
        }
    }
}

/// The direction from the peer.
#[derive(Debug)]
pub struct Receiver {
    incoming: Incoming,
    generation: Generation,
    update_due: UpdateDue,
    /// How many records brought no data since one did.
    without_data: u8,
    /// Why nothing more is read.
    end: Option<Error>,
}

impl Receiver {
    /// Takes one record.
    ///
    /// # Errors
    /// Whatever ends the connection; from then on every record gives the same error. A handshake
    /// message other than KeyUpdate is one: this profile has no other after the handshake.
    pub fn receive(&mut self, header: &Header, body: Vec<u8>) -> Result<Received, Error> {
        let received = match self.end {
            None => self.accept(header, body),
            Some(error) => Err(error),
        };
        let error = match received {
            Ok(received) => return Ok(received),
            Err(error) => error,
        };
        self.refuse(error);
        // "Any data received after a closure alert has been received MUST be ignored" (section 6.1).
        match error {
            Error::PeerAlert(AlertDescription::CLOSE_NOTIFY) => Ok(Received::Closed),
            _ => Err(error),
        }
    }

    fn accept(&mut self, header: &Header, body: Vec<u8>) -> Result<Received, Error> {
        match self.incoming.receive(header, body)? {
            Content::Data(data) => {
                self.without_data = 0;
                Ok(Received::Data(data))
            }
            Content::Handshake => self.take_key_update(),
            // A change_cipher_spec is an error by now.
            Content::Nothing => Ok(Received::UserCanceled),
        }
    }

    fn take_key_update(&mut self) -> Result<Received, Error> {
        self.without_data += 1;
        if self.without_data > MAX_KEY_UPDATES_IN_A_ROW {
            return Err(PeerMisbehaved::TooManyKeyUpdates.into());
        }
        if let Some(message) = self.incoming.next_message()? {
            let request = KeyUpdateRequest::parse(message.expect(HandshakeType::KeyUpdate)?)?;
            self.incoming.install(Opener::new(self.generation.advance()?))?;
            if request == KeyUpdateRequest::Requested {
                self.update_due.set();
            }
        }
        Ok(Received::KeyUpdate)
    }

    /// Reads nothing more, for a reason of the caller's.
    pub fn refuse(&mut self, error: Error) {
        self.end = Some(error);
    }
}

/// The direction to the peer.
#[derive(Debug)]
pub struct Sender {
    outgoing: Outgoing,
    generation: Generation,
    update_due: UpdateDue,
    closed: bool,
}

impl Sender {
    /// Appends one record of application data, padded to [`super::PADDED_LEN`]. Before it stands a
    /// KeyUpdate of the same size if the peer has asked for one, or if the key has sealed as much as
    /// it may.
    ///
    /// # Errors
    /// [`Error::ApiMisuse`] after [`Sender::close`], and for content longer than a record.
    pub fn send(&mut self, content: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        if self.closed {
            return Err(Error::ApiMisuse);
        }
        // "the receiver MUST send a KeyUpdate of its own with request_update set to
        // 'update_not_requested' prior to sending its next Application Data record" (section 4.6.3).
        if self.update_due.take() || self.outgoing.is_worn() {
            self.update_keys(KeyUpdateRequest::NotRequested, out)?;
        }
        self.outgoing.data(content, out)
    }

    /// Appends a KeyUpdate, padded to [`super::PADDED_LEN`]: what follows comes under other keys.
    ///
    /// # Errors
    /// [`Error::ApiMisuse`] after [`Sender::close`].
    pub fn update_keys(
        &mut self,
        request: KeyUpdateRequest,
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        if self.closed {
            return Err(Error::ApiMisuse);
        }
        let next = Sealer::new(self.generation.advance()?);
        self.outgoing.update(&encode_key_update(request), next, out)
    }

    /// Appends close_notify. Nothing can be sent after it.
    ///
    /// # Errors
    /// [`Error::ApiMisuse`] after an earlier close.
    pub fn close(&mut self, out: &mut Vec<u8>) -> Result<(), Error> {
        self.end(AlertDescription::CLOSE_NOTIFY, out)
    }

    /// Appends the alert for an error; nothing if the error is that the peer has ended it.
    ///
    /// # Errors
    /// [`Error::ApiMisuse`] after an earlier close.
    pub fn abort(&mut self, error: Error, out: &mut Vec<u8>) -> Result<(), Error> {
        match alert_for(error) {
            Some(description) => self.end(description, out),
            None => Ok(()),
        }
    }

    fn end(&mut self, description: AlertDescription, out: &mut Vec<u8>) -> Result<(), Error> {
        if self.closed {
            return Err(Error::ApiMisuse);
        }
        self.closed = true;
        self.outgoing.alert(description, out)
    }
}

/// How many KeyUpdates, or pieces of them, are taken before data must come: each costs the receiver
/// three derivations and the sender one record. Nobody who means well needs two.
const MAX_KEY_UPDATES_IN_A_ROW: u8 = 32;

#[cfg(test)]
mod tests {
    use super::super::key_schedule::EarlySecret;
    use super::super::record::HEADER_LEN;
    use super::super::record::MAX_RECORDS_PER_KEY;
    use super::super::records::Records;
    use super::*;
    use crate::crypto::aead::Algorithm;
    use crate::crypto::hash::Hash;

    /// A connection with itself, both of whose sides have come as far as this record.
    fn reflected(sequence: u64) -> Connection {
        let nothing = Hash::Sha256.digest(&[]);
        let handshake = EarlySecret::new(Hash::Sha256).into_handshake(&[1; 32]).unwrap();
        let master = handshake.into_master().unwrap();
        let generation = || {
            let secret = master.client_traffic(nothing).unwrap();
            Generation::first(secret, Algorithm::ChaCha20Poly1305)
        };
        let mut records = Records::new(Incoming::for_client());
        let keys = || generation().keys().unwrap();
        records.incoming.install(Opener::at(keys(), sequence)).unwrap();
        records.outgoing.install(Sealer::at(keys(), sequence));
        let exporter = master.exporter(nothing).unwrap();
        let application = Application {
            incoming: generation(),
            outgoing: generation(),
            exporter,
            suite: CipherSuite::ChaCha20Poly1305Sha256,
            pin: Pin::from_group_code(0x0019).unwrap(),
        };
        Connection::new(records, application)
    }

    fn receive(receiver: &mut Receiver, mut bytes: &[u8]) -> Vec<Received> {
        let mut all = Vec::new();
        while let Some((header, rest)) = bytes.split_first_chunk::<HEADER_LEN>() {
            let header = Header::parse(*header).unwrap();
            let (body, rest) = rest.split_at(header.len());
            all.push(receiver.receive(&header, body.to_vec()).unwrap());
            bytes = rest;
        }
        all
    }

    #[test]
    fn a_worn_key_is_changed_before_the_next_data() {
        let Connection { mut receiver, mut sender, .. } = reflected(MAX_RECORDS_PER_KEY - 3);
        let data = || Received::Data(vec![1]);
        for expected in [vec![data()], vec![Received::KeyUpdate, data()], vec![data()]] {
            let mut out = Vec::new();
            sender.send(&[1], &mut out).unwrap();
            assert_eq!(receive(&mut receiver, &out), expected);
        }
    }
}
