//! ClientHello is sent; ServerHello is next.

use super::Offer;
use super::expect_certificate::ExpectEncryptedExtensions;
use crate::crypto;
use crate::crypto::CryptoRng;
use crate::crypto::key_exchange::ClientKey;
use crate::crypto::secret::SecretBytes;
use crate::handshake::error::Error;
use crate::handshake::error::PeerMisbehaved;
use crate::handshake::key_schedule::HandshakeSecret;
use crate::handshake::key_schedule::TrafficSecret;
use crate::handshake::messages::HandshakeType;
use crate::handshake::messages::Message;
use crate::handshake::messages::ServerHello;
use crate::handshake::messages::encode_client_hello;
use crate::handshake::record::Opener;
use crate::handshake::record::Sealer;
use crate::handshake::records::Records;
use crate::handshake::transcript::Transcript;

#[derive(Debug)]
pub(super) struct ExpectServerHello {
    offer: Offer,
    key: ClientKey,
    transcript: Transcript,
}

/// What the hellos gave, and every state up to Finished carries on.
#[derive(Debug)]
pub(super) struct Agreed {
    pub(super) offer: Offer,
    pub(super) transcript: Transcript,
    pub(super) handshake_secret: HandshakeSecret,
    pub(super) client_traffic: TrafficSecret,
    pub(super) server_traffic: TrafficSecret,
}

impl ExpectServerHello {
    // ClientHello -------->
    pub(super) fn start(
        offer: Offer,
        rng: &mut impl CryptoRng,
        records: &mut Records,
        flight: &mut Vec<u8>,
    ) -> Result<Self, Error> {
        let random = crypto::random(rng);
        let key = ClientKey::generate(offer.pin.exchange(), rng);
        let message = encode_client_hello(offer, &random, &key.share());
        let mut transcript = Transcript::new(offer.suite.hash());
        transcript.add(&message);
        records.outgoing.handshake(&message, flight)?;
        Ok(Self { offer, key, transcript })
    }

    // <-------- ServerHello
    pub(super) fn handle(
        self,
        message: &Message,
        records: &mut Records,
    ) -> Result<ExpectEncryptedExtensions, Error> {
        let Self { offer, key, mut transcript } = self;
        let hello = ServerHello::parse(message.expect(HandshakeType::ServerHello)?)?;
        check_choice(offer, &hello)?;
        let shared_secret = agree(key, hello.key_share)?;
        transcript.add(message.raw());
        let handshake_secret = HandshakeSecret::new(offer.suite.hash(), shared_secret.expose())?;
        let hello_hash = transcript.current();
        let client_traffic = handshake_secret.client_traffic(hello_hash)?;
        let server_traffic = handshake_secret.server_traffic(hello_hash)?;
        let algorithm = offer.suite.algorithm();
        records.incoming.install(Opener::new(server_traffic.keys(algorithm)?))?;
        records.outgoing.install(Sealer::new(client_traffic.keys(algorithm)?));
        Ok(ExpectEncryptedExtensions {
            agreed: Agreed { offer, transcript, handshake_secret, client_traffic, server_traffic },
        })
    }
}

/// Everything that the server chose must have been offered; the session id was empty.
fn check_choice(offer: Offer, hello: &ServerHello<'_>) -> Result<(), Error> {
    if hello.suite != offer.suite.code() || hello.group != offer.pin.group_code() {
        return Err(PeerMisbehaved::ChoseUnoffered.into());
    }
    // "A client which receives a legacy_session_id_echo field that does not match what it sent in
    // the ClientHello MUST abort the handshake with an 'illegal_parameter' alert."
    if !hello.session_id.is_empty() {
        return Err(PeerMisbehaved::IllegalValue.into());
    }
    Ok(())
}

/// The shared secret; the peer's share is judged by the key exchange.
fn agree(key: ClientKey, share: &[u8]) -> Result<SecretBytes, Error> {
    key.finish(share).map_err(|_| PeerMisbehaved::InvalidKeyShare.into())
}
