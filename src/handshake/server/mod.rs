//! The server's side of the handshake.
//!
//! ```text
//!  Client                                                             Server
//!                           ClientHello            -------->  ServerHandshake (ExpectClientHello)
//!                                                  <--------  [HelloRetryRequest]
//!                           [ClientHello]          -------->  Expected::SecondClientHello
//!                                                  <--------     ServerHello
//!                                                  <--------  {EncryptedExtensions}
//!                                                  <--------   {Certificate}
//!                                                  <--------   {CertificateVerify}
//!                                                  <--------   {Finished}
//!                                                  <--------   [Welcome]
//!                           {Finished}             -------->  ExpectFinished
//!                                                             Connection
//! ```

mod choice;
mod credential;
mod expect_client_hello;
mod expect_finished;

use self::choice::Choice;
use self::choice::Retry;
use self::choice::choose;
use self::expect_client_hello::answer;
pub use self::expect_finished::ExpectFinished;
pub use self::expect_finished::FinishedProgress;
use self::expect_finished::Sent;
use super::error::Error;
use super::error::Failure;
use super::error::PeerMisbehaved;
use super::identity::SigningKeys;
use super::messages::ClientHello;
use super::messages::HandshakeType;
use super::messages::Message;
use super::record::Header;
use super::records::Content;
use super::records::Incoming;
use super::records::Records;
use crate::crypto::CryptoRng;

/// What a server answers a ClientHello with.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// The keys of its key set.
    pub keys: &'a SigningKeys,
    /// Application data that goes out in the same flight as Finished: Welcome. None, if it is empty.
    pub welcome: &'a [u8],
}

/// A server's handshake before a ClientHello that can be answered is complete.
#[derive(Debug)]
pub struct ServerHandshake {
    records: Records,
    expected: Expected,
}

#[derive(Debug)]
enum Expected {
    ClientHello,
    /// Behind a pointer, since few clients come here.
    SecondClientHello(Box<Retry>),
}

/// Where a record has taken the handshake.
#[derive(Debug)]
pub enum ServerProgress {
    /// The ClientHello is not complete.
    Wait(ServerHandshake),
    /// Another one was asked for: the flight to send.
    Retried(ServerHandshake, Vec<u8>),
    /// It was answered: the flight to send.
    Answered(ExpectFinished, Vec<u8>),
}

impl ServerHandshake {
    /// Expects a ClientHello.
    #[must_use]
    pub fn new() -> Self {
        Self { records: Records::new(Incoming::for_server()), expected: Expected::ClientHello }
    }

    /// Takes one record of the client.
    ///
    /// # Errors
    /// Whatever ends the handshake, with the alert to send before closing.
    pub fn receive(
        self,
        header: &Header,
        body: Vec<u8>,
        with: Answer<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<ServerProgress, Failure> {
        let Self { mut records, expected } = self;
        let message = match next_message(header, body, &mut records) {
            Ok(None) => return Ok(ServerProgress::Wait(Self { records, expected })),
            Ok(Some(message)) => message,
            Err(error) => return Err(records.fail(error)),
        };
        let mut flight = Vec::new();
        match expected.handle(&message, with, rng, &mut records, &mut flight) {
            Ok(Next::Retry(retry)) => {
                let expected = Expected::SecondClientHello(Box::new(retry));
                Ok(ServerProgress::Retried(Self { records, expected }, flight))
            }
            Ok(Next::Finished(sent)) => {
                Ok(ServerProgress::Answered(ExpectFinished::new(records, sent), flight))
            }
            Err(error) => Err(records.fail(error)),
        }
    }

    /// Ends the handshake for a reason of the caller's: the alert to send.
    #[must_use]
    pub fn abort(self, error: Error) -> Failure {
        self.records.fail(error)
    }
}

/// What a ClientHello led to.
enum Next {
    Retry(Retry),
    Finished(Sent),
}

impl Expected {
    fn handle(
        self,
        message: &Message,
        with: Answer<'_>,
        rng: &mut impl CryptoRng,
        records: &mut Records,
        flight: &mut Vec<u8>,
    ) -> Result<Next, Error> {
        let hello = ClientHello::parse(message.expect(HandshakeType::ClientHello)?)?;
        let greeting = match self {
            Self::SecondClientHello(retry) => retry.accept(message, &hello)?,
            Self::ClientHello => match choose(message, &hello, flight)? {
                Choice::Answer(greeting) => {
                    records.incoming.tolerate_change_cipher_spec();
                    greeting
                }
                Choice::Retry(retry) => {
                    // What stands behind this ClientHello cannot be the one that was asked for.
                    records.incoming.check_boundary()?;
                    records.incoming.tolerate_change_cipher_spec();
                    return Ok(Next::Retry(retry));
                }
            },
        };
        answer(greeting, with, rng, records, flight).map(Next::Finished)
    }
}

/// What the server reads before the handshake is complete is handshake messages only.
fn next_message(
    header: &Header,
    body: Vec<u8>,
    records: &mut Records,
) -> Result<Option<Message>, Error> {
    match records.incoming.receive(header, body)? {
        Content::Data(_) => Err(PeerMisbehaved::UnexpectedMessage.into()),
        Content::Handshake | Content::Nothing => records.incoming.next_message(),
    }
}

impl Default for ServerHandshake {
    fn default() -> Self {
        Self::new()
    }
}
