//! The server's side of the handshake.
//!
//! ```text
//!  Client                                                             Server
//!                           ClientHello            -------->  ServerHandshake (ExpectClientHello)
//!                                                  <--------     ServerHello
//!                                                  <--------  {EncryptedExtensions}
//!                                                  <--------   {Certificate}
//!                                                  <--------   {CertificateVerify}
//!                                                  <--------   {Finished}
//!                                                  <--------   [Welcome]
//!                           {Finished}             -------->  ExpectFinished
//!                                                             Connection
//! ```

mod expect_client_hello;
mod expect_finished;

use self::expect_client_hello::answer;
pub use self::expect_finished::ExpectFinished;
pub use self::expect_finished::FinishedProgress;
use super::error::Error;
use super::error::Failure;
use super::error::PeerMisbehaved;
use super::identity::SigningKeys;
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
    /// Application data that goes out in the same flight as Finished: Welcome.
    pub welcome: &'a [u8],
}

/// A server's handshake before the ClientHello is complete.
#[derive(Debug)]
pub struct ServerHandshake {
    records: Records,
}

/// Where a record has taken the handshake.
#[derive(Debug)]
pub enum ServerProgress {
    /// The ClientHello is not complete.
    Wait(ServerHandshake),
    /// It was answered: the flight to send.
    Answered(ExpectFinished, Vec<u8>),
}

impl ServerHandshake {
    /// Expects a ClientHello.
    #[must_use]
    pub fn new() -> Self {
        Self { records: Records::new(Incoming::for_server()) }
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
        let Self { mut records } = self;
        let mut flight = Vec::new();
        let handle = || {
            let Some(hello) = next_message(header, body, &mut records)? else { return Ok(None) };
            answer(&hello, with, rng, &mut records, &mut flight).map(Some)
        };
        match handle() {
            Ok(None) => Ok(ServerProgress::Wait(Self { records })),
            Ok(Some(sent)) => {
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
