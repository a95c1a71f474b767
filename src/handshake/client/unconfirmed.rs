//! The server's Finished verified, trust not yet confirmed: the type of a connection to somebody
//! who holds a key, and nobody has said whose.

use super::expect_finished::Verified;
use crate::handshake::connection::Application;
use crate::handshake::connection::Connection;
use crate::handshake::error::Error;
use crate::handshake::error::Failure;
use crate::handshake::error::PeerMisbehaved;
use crate::handshake::identity::VerifiedKeySet;
use crate::handshake::record::Header;
use crate::handshake::record::Sealer;
use crate::handshake::records::Content;
use crate::handshake::records::Records;

/// A connection that can be read and not written.
///
/// Invariant: nothing but [`Unconfirmed::confirm`] makes a [`Connection`] or releases the client's
/// Finished, and it takes a key set that verified.
#[derive(Debug)]
pub struct Unconfirmed {
    records: Records,
    /// Behind a pointer, since every step moves it.
    verified: Box<Verified>,
}

impl Unconfirmed {
    pub(super) fn new(records: Records, verified: Verified) -> Self {
        Self { records, verified: Box::new(verified) }
    }

    /// Takes one record of the server: what it says before our Finished.
    ///
    /// # Errors
    /// Whatever ends the handshake, with the alert to send; anything but application data does.
    pub fn receive(mut self, header: &Header, body: Vec<u8>) -> Result<(Self, Vec<u8>), Failure> {
        match self.records.incoming.receive(header, body) {
            Ok(Content::Data(data)) => Ok((self, data)),
            Ok(_) => Err(self.records.fail(PeerMisbehaved::UnexpectedMessage.into())),
            Err(error) => Err(self.records.fail(error)),
        }
    }

    /// The SubjectPublicKeyInfo of the key that signed this handshake.
    #[must_use]
    pub fn signer(&self) -> &[u8] {
        &self.verified.signer
    }

    /// Goes on, if the key that signed this handshake is the key set's: our Finished, and the
    /// connection.
    ///
    /// # Errors
    /// [`PeerMisbehaved::SignerNotInKeySet`] if it is not, with the alert to send.
    pub fn confirm(self, key_set: &VerifiedKeySet) -> Result<(Connection, Vec<u8>), Failure> {
        let Self { mut records, verified } = self;
        // Public keys: nothing here is secret.
        if key_set.spki(verified.offer.pin.curve()) != verified.signer {
            return Err(records.fail(PeerMisbehaved::SignerNotInKeySet.into()));
        }
        let mut flight = Vec::new();
        // {Finished} -------->
        if let Err(error) = records.outgoing.handshake(&verified.finished, &mut flight) {
            return Err(records.fail(error));
        }
        let Verified { client_traffic, server_traffic, exporter, offer, .. } = *verified;
        let keys = match client_traffic.keys() {
            Ok(keys) => keys,
            Err(error) => return Err(records.fail(error)),
        };
        records.outgoing.install(Sealer::new(keys));
        let application = Application {
            incoming: server_traffic,
            outgoing: client_traffic,
            exporter,
            suite: offer.suite,
            pin: offer.pin,
        };
        Ok((Connection::new(records, application), flight))
    }

    /// Ends the handshake for a reason of the caller's, such as [`Error::IdentityRefused`].
    #[must_use]
    pub fn abort(self, error: Error) -> Failure {
        self.records.fail(error)
    }
}
