//! The client's side of the handshake.
//!
//! ```text
//!  Client                                                             Server
//!  ClientHandshake::start   ClientHello            -------->
//!  ExpectServerHello                               <--------     ServerHello
//!  ExpectEncryptedExtensions                       <--------  {EncryptedExtensions}
//!  ExpectCertificate                               <--------   {Certificate}
//!  ExpectCertificateVerify                         <--------   {CertificateVerify}
//!  ExpectFinished                                  <--------   {Finished}
//!  Unconfirmed                                     <--------   [Welcome]
//!     confirm(VerifiedKeySet)   {Finished}         -------->
//! ```

mod expect_certificate;
mod expect_finished;
mod expect_server_hello;
mod unconfirmed;

use self::expect_certificate::ExpectCertificate;
use self::expect_certificate::ExpectCertificateVerify;
use self::expect_certificate::ExpectEncryptedExtensions;
use self::expect_finished::ExpectFinished;
use self::expect_finished::Verified;
use self::expect_server_hello::ExpectServerHello;
pub use self::unconfirmed::Unconfirmed;
use super::error::Error;
use super::error::Failure;
use super::error::PeerMisbehaved;
use super::messages::Message;
use super::parameters::CipherSuite;
use super::parameters::Pin;
use super::record::Header;
use super::records::Content;
use super::records::Incoming;
use super::records::Records;
use crate::crypto::CryptoRng;

/// What a client offers, which is all that it accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Key exchange and signature scheme.
    pub pin: Pin,
    /// The cipher suite.
    pub suite: CipherSuite,
}

/// A client's handshake before the server's Finished.
#[derive(Debug)]
pub struct ClientHandshake {
    records: Records,
    /// Behind a pointer, since every step moves it.
    state: Box<State>,
}

#[derive(Debug)]
enum State {
    ServerHello(ExpectServerHello),
    EncryptedExtensions(ExpectEncryptedExtensions),
    Certificate(ExpectCertificate),
    CertificateVerify(ExpectCertificateVerify),
    Finished(ExpectFinished),
    Verified(Verified),
}

/// Where a record has taken the handshake.
#[derive(Debug)]
pub enum ClientProgress {
    /// The server has more to say.
    Wait(ClientHandshake),
    /// The server's Finished verified: whose key that was is not known yet.
    Unconfirmed(Unconfirmed),
}

impl ClientHandshake {
    /// Starts with the ClientHello: the record to send.
    ///
    /// # Errors
    /// None that an offer can cause.
    pub fn start(offer: Offer, rng: &mut impl CryptoRng) -> Result<(Self, Vec<u8>), Error> {
        let mut records = Records::new(Incoming::for_client());
        let mut flight = Vec::new();
        let state = ExpectServerHello::start(offer, rng, &mut records, &mut flight)?;
        Ok((Self { records, state: Box::new(State::ServerHello(state)) }, flight))
    }

    /// Takes one record of the server.
    ///
    /// # Errors
    /// Whatever ends the handshake, with the alert to send before closing.
    pub fn receive(self, header: &Header, body: Vec<u8>) -> Result<ClientProgress, Failure> {
        let Self { mut records, state } = self;
        match state.receive(header, body, &mut records) {
            Ok(State::Verified(verified)) => {
                Ok(ClientProgress::Unconfirmed(Unconfirmed::new(records, verified)))
            }
            Ok(state) => Ok(ClientProgress::Wait(Self { records, state: Box::new(state) })),
            Err(error) => Err(records.fail(error)),
        }
    }

    /// Ends the handshake for a reason of the caller's: the alert to send.
    #[must_use]
    pub fn abort(self, error: Error) -> Failure {
        self.records.fail(error)
    }
}

impl State {
    fn receive(
        mut self,
        header: &Header,
        body: Vec<u8>,
        records: &mut Records,
    ) -> Result<Self, Error> {
        if let Content::Data(_) = records.incoming.receive(header, body)? {
            return Err(PeerMisbehaved::UnexpectedMessage.into());
        }
        while let Some(message) = records.incoming.next_message()? {
            self = self.handle(&message, records)?;
        }
        Ok(self)
    }

    fn handle(self, message: &Message, records: &mut Records) -> Result<Self, Error> {
        match self {
            Self::ServerHello(state) => {
                state.handle(message, records).map(Self::EncryptedExtensions)
            }
            Self::EncryptedExtensions(state) => state.handle(message).map(Self::Certificate),
            Self::Certificate(state) => state.handle(message).map(Self::CertificateVerify),
            Self::CertificateVerify(state) => state.handle(message).map(Self::Finished),
            Self::Finished(state) => state.handle(message, records).map(Self::Verified),
            Self::Verified(_) => Err(PeerMisbehaved::UnexpectedMessage.into()),
        }
    }
}
