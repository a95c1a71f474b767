//! The flight is sent; the client's Finished is next.

use super::next_message;
use crate::crypto;
use crate::crypto::hash::Digest;
use crate::handshake::connection::Application;
use crate::handshake::connection::Connection;
use crate::handshake::error::Error;
use crate::handshake::error::Failure;
use crate::handshake::error::Forged;
use crate::handshake::messages::HandshakeType;
use crate::handshake::messages::Message;
use crate::handshake::record::Header;
use crate::handshake::record::Opener;
use crate::handshake::records::Records;

/// A server's handshake that waits for the client's Finished.
#[derive(Debug)]
pub struct ExpectFinished {
    records: Records,
    /// Behind a pointer, since every step moves it.
    sent: Box<Sent>,
}

/// What is left of the schedule after the server's flight.
#[derive(Debug)]
pub(super) struct Sent {
    /// What the client's Finished must say.
    pub(super) client_finished: Digest,
    /// The secrets of everything after it.
    pub(super) application: Application,
}

/// Where a record has taken the handshake.
#[derive(Debug)]
pub enum FinishedProgress {
    /// Finished is not complete.
    Wait(ExpectFinished),
    /// The handshake is complete.
    Connected(Box<Connection>),
}

impl ExpectFinished {
    pub(super) fn new(records: Records, sent: Sent) -> Self {
        Self { records, sent: Box::new(sent) }
    }

    /// Takes one record of the client.
    ///
    /// # Errors
    /// Whatever ends the handshake, with the alert to send before closing.
    pub fn receive(self, header: &Header, body: Vec<u8>) -> Result<FinishedProgress, Failure> {
        let Self { mut records, sent } = self;
        match next_message(header, body, &mut records) {
            Ok(None) => Ok(FinishedProgress::Wait(Self { records, sent })),
            Ok(Some(message)) => match sent.handle(&message, &mut records) {
                Ok(application) => {
                    let connection = Box::new(Connection::new(records, application));
                    Ok(FinishedProgress::Connected(connection))
                }
                Err(error) => Err(records.fail(error)),
            },
            Err(error) => Err(records.fail(error)),
        }
    }

    /// Ends the handshake for a reason of the caller's: the alert to send.
    #[must_use]
    pub fn abort(self, error: Error) -> Failure {
        self.records.fail(error)
    }
}

impl Sent {
    // {Finished} -------->
    fn handle(self, message: &Message, records: &mut Records) -> Result<Application, Error> {
        let verify_data = message.expect(HandshakeType::Finished)?;
        if verify_data.len() != self.client_finished.as_ref().len() {
            return Err(Error::Decode);
        }
        if !crypto::ct_eq(verify_data, self.client_finished.as_ref()) {
            return Err(Forged::Finished.into());
        }
        records.incoming.install(Opener::new(self.application.incoming.keys()?))?;
        records.incoming.refuse_change_cipher_spec();
        Ok(self.application)
    }
}
