//! The server's Finished: the last message under handshake keys.

use core::fmt;

use super::Offer;
use super::expect_server_hello::Agreed;
use crate::crypto;
use crate::handshake::error::Error;
use crate::handshake::error::Forged;
use crate::handshake::key_schedule::ExporterSecret;
use crate::handshake::key_update::Generation;
use crate::handshake::messages::HandshakeType;
use crate::handshake::messages::Message;
use crate::handshake::messages::encode_finished;
use crate::handshake::record::Opener;
use crate::handshake::records::Records;

#[derive(Debug)]
pub(super) struct ExpectFinished {
    pub(super) agreed: Agreed,
    pub(super) spki: Vec<u8>,
}

/// The server proved that it holds a key: what is needed to go on once that key is trusted.
pub(super) struct Verified {
    /// The key that signed the transcript.
    pub(super) signer: Vec<u8>,
    pub(super) offer: Offer,
    /// Our Finished, not sent yet.
    pub(super) finished: Vec<u8>,
    /// What we seal under after it.
    pub(super) client_traffic: Generation,
    /// What the server seals under now.
    pub(super) server_traffic: Generation,
    pub(super) exporter: ExporterSecret,
}

impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            signer: _,
            offer,
            finished: _,
            client_traffic: _,
            server_traffic: _,
            exporter: _,
        } = self;
        f.debug_struct("Verified").field("offer", offer).finish_non_exhaustive()
    }
}

impl ExpectFinished {
    // <-------- {Finished}
    pub(super) fn handle(
        self,
        message: &Message,
        records: &mut Records,
    ) -> Result<Verified, Error> {
        let Self { agreed, spki: signer } = self;
        let mut transcript = agreed.transcript;
        let verify_data = message.expect(HandshakeType::Finished)?;
        let expected = agreed.server_traffic.verify_data(transcript.current())?;
        if verify_data.len() != expected.as_ref().len() {
            return Err(Error::Decode);
        }
        if !crypto::ct_eq(verify_data, expected.as_ref()) {
            return Err(Forged::Finished.into());
        }
        transcript.add(message.raw());
        let finished_hash = transcript.current();
        let master_secret = agreed.handshake_secret.into_master()?;
        let generation = |secret| Generation::first(secret, agreed.offer.suite.algorithm());
        let server_traffic = generation(master_secret.server_traffic(finished_hash)?);
        let client_traffic = generation(master_secret.client_traffic(finished_hash)?);
        let exporter = master_secret.exporter(finished_hash)?;
        records.incoming.install(Opener::new(server_traffic.keys()?))?;
        records.incoming.refuse_change_cipher_spec();
        let finished = agreed.client_traffic.verify_data(finished_hash)?;
        Ok(Verified {
            signer,
            offer: agreed.offer,
            finished: encode_finished(finished.as_ref()),
            client_traffic,
            server_traffic,
            exporter,
        })
    }
}
