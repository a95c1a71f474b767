//! After the handshake: two directions, independent of each other.

use core::fmt;

use super::alert::AlertDescription;
use super::alert::alert_for;
use super::error::Error;
use super::error::PeerMisbehaved;
use super::record::Header;
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
}

impl Connection {
    pub(super) fn new(records: Records) -> Self {
        let Records { incoming, outgoing } = records;
        Self {
            receiver: Receiver { incoming, end: None },
            sender: Sender { outgoing, closed: false },
        }
    }
}

/// What one record of the peer said.
#[derive(PartialEq, Eq)]
pub enum Received {
    /// The content of an application data record.
    Data(Vec<u8>),
    /// close_notify: the peer sends nothing more.
    Closed,
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Data(data) => write!(f, "Data({} bytes)", data.len()),
            Self::Closed => f.write_str("Closed"),
        }
    }
}

/// The direction from the peer.
#[derive(Debug)]
pub struct Receiver {
    incoming: Incoming,
    /// Why nothing more is read.
    end: Option<Error>,
}

impl Receiver {
    /// Takes one record.
    ///
    /// # Errors
    /// Whatever ends the connection; from then on every record gives the same error. A handshake
    /// message is one: this profile has none after the handshake, KeyUpdate included.
    pub fn receive(&mut self, header: &Header, body: Vec<u8>) -> Result<Received, Error> {
        let received = match self.end {
            None => self.incoming.receive(header, body),
            Some(error) => Err(error),
        };
        let error = match received {
            Ok(Content::Data(data)) => return Ok(Received::Data(data)),
            Ok(Content::Handshake | Content::Nothing) => PeerMisbehaved::UnexpectedMessage.into(),
            Err(error) => error,
        };
        self.refuse(error);
        // "Any data received after a closure alert has been received MUST be ignored" (section 6.1).
        match error {
            Error::PeerAlert(AlertDescription::CLOSE_NOTIFY) => Ok(Received::Closed),
            _ => Err(error),
        }
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
    closed: bool,
}

impl Sender {
    /// Appends one record of application data, padded to [`super::PADDED_LEN`].
    ///
    /// # Errors
    /// [`Error::KeyExhausted`] when the key has sealed as much as it may: close then.
    /// [`Error::ApiMisuse`] after [`Sender::close`], and for content longer than a record.
    pub fn send(&mut self, content: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        if self.closed {
            return Err(Error::ApiMisuse);
        }
        self.outgoing.data(content, out)
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
