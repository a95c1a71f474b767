//! The ClientHello, and everything that answers it in one flight.

use super::Answer;
use super::expect_finished::Sent;
use crate::crypto;
use crate::crypto::CryptoRng;
use crate::crypto::group::EphemeralKey;
use crate::handshake::connection::Application;
use crate::handshake::error::Error;
use crate::handshake::error::PeerIncompatible;
use crate::handshake::error::PeerMisbehaved;
use crate::handshake::key_schedule::EarlySecret;
use crate::handshake::key_schedule::HandshakeSecret;
use crate::handshake::key_schedule::TrafficSecret;
use crate::handshake::key_update::Generation;
use crate::handshake::messages::ClientHello;
use crate::handshake::messages::HandshakeType;
use crate::handshake::messages::Message;
use crate::handshake::messages::ServerHello;
use crate::handshake::messages::encode_certificate;
use crate::handshake::messages::encode_certificate_verify;
use crate::handshake::messages::encode_encrypted_extensions;
use crate::handshake::messages::encode_finished;
use crate::handshake::parameters::CipherSuite;
use crate::handshake::parameters::Pin;
use crate::handshake::record;
use crate::handshake::record::ContentType;
use crate::handshake::record::Opener;
use crate::handshake::record::Sealer;
use crate::handshake::records::Records;
use crate::handshake::signature::certificate_verify_input;
use crate::handshake::transcript::Transcript;

/// What is chosen from a ClientHello.
struct Choice<'a> {
    suite: CipherSuite,
    pin: Pin,
    share: &'a [u8],
}

/// Both sides' handshake secrets, once the hellos are exchanged.
struct Agreed {
    secret: HandshakeSecret,
    client_traffic: TrafficSecret,
    server_traffic: TrafficSecret,
}

// ClientHello -------->
pub(super) fn answer(
    message: &Message,
    with: Answer<'_>,
    rng: &mut impl CryptoRng,
    records: &mut Records,
    flight: &mut Vec<u8>,
) -> Result<Sent, Error> {
    let hello = ClientHello::parse(message.expect(HandshakeType::ClientHello)?)?;
    let choice = choose(&hello)?;
    records.incoming.tolerate_change_cipher_spec();
    let mut transcript = Transcript::new(choice.suite.hash());
    transcript.add(message.raw());
    let mut sent = Vec::new();
    let agreed = send_hello(&hello, &choice, rng, &mut transcript, &mut sent)?;
    let algorithm = choice.suite.algorithm();
    // A second message behind the ClientHello would stand across the change of keys.
    records.incoming.install(Opener::new(agreed.client_traffic.keys(algorithm)?))?;
    records.incoming.tolerate_plain_alert();
    flight.append(&mut sent);
    records.outgoing.install(Sealer::new(agreed.server_traffic.keys(algorithm)?));
    let messages = sign(with, choice.pin, &agreed, &mut transcript)?;
    records.outgoing.handshake(&messages, flight)?;
    send_welcome(with, choice.suite, agreed, &transcript, records, flight)
}

/// The client's first acceptable suite and share; the group fixes the signature.
fn choose<'a>(hello: &ClientHello<'a>) -> Result<Choice<'a>, Error> {
    let suite = hello
        .suites
        .iter()
        .find_map(|code| CipherSuite::from_code(*code))
        .ok_or(PeerIncompatible::CipherSuite)?;
    let (pin, share) = hello
        .key_shares
        .iter()
        .find_map(|(code, share)| Pin::from_group_code(*code).map(|pin| (pin, *share)))
        .ok_or(PeerIncompatible::Group)?;
    if !hello.schemes.contains(&pin.scheme_code()) {
        return Err(PeerIncompatible::SignatureScheme.into());
    }
    if !hello.raw_public_key {
        return Err(PeerIncompatible::RawPublicKeyRequired.into());
    }
    Ok(Choice { suite, pin, share })
}

// <-------- ServerHello
fn send_hello(
    hello: &ClientHello<'_>,
    choice: &Choice<'_>,
    rng: &mut impl CryptoRng,
    transcript: &mut Transcript,
    flight: &mut Vec<u8>,
) -> Result<Agreed, Error> {
    let random = crypto::random(rng);
    let key = EphemeralKey::generate(choice.pin.group(), rng);
    let public_key = key.public_key();
    let shared_secret = key.agree(choice.share).map_err(|_| PeerMisbehaved::InvalidKeyShare)?;
    let message = ServerHello {
        session_id: hello.session_id,
        suite: choice.suite.code(),
        group: choice.pin.group_code(),
        key_share: &public_key,
    }
    .encode(&random);
    transcript.add(&message);
    record::write_plain(ContentType::Handshake, &message, flight)?;
    // "if the client sends a non-empty session ID, the server MUST send the change_cipher_spec"
    // (appendix D.4).
    if !hello.session_id.is_empty() {
        record::write_plain(ContentType::ChangeCipherSpec, &[1], flight)?;
    }
    let secret = EarlySecret::new(choice.suite.hash()).into_handshake(shared_secret.expose())?;
    let client_traffic = secret.client_traffic(transcript.current())?;
    let server_traffic = secret.server_traffic(transcript.current())?;
    Ok(Agreed { secret, client_traffic, server_traffic })
}

// <-------- {EncryptedExtensions} {Certificate} {CertificateVerify} {Finished}
fn sign(
    with: Answer<'_>,
    pin: Pin,
    agreed: &Agreed,
    transcript: &mut Transcript,
) -> Result<Vec<u8>, Error> {
    let signer = with.keys.signer(pin.curve());
    let mut messages = encode_encrypted_extensions();
    messages.extend_from_slice(&encode_certificate(signer.spki()));
    transcript.add(&messages);
    let signature = signer.sign(&certificate_verify_input(transcript.current()));
    let certificate_verify = encode_certificate_verify(pin.scheme_code(), &signature);
    transcript.add(&certificate_verify);
    messages.extend_from_slice(&certificate_verify);
    let finished =
        encode_finished(agreed.server_traffic.verify_data(transcript.current())?.as_ref());
    transcript.add(&finished);
    messages.extend_from_slice(&finished);
    Ok(messages)
}

// <-------- [Welcome]
fn send_welcome(
    with: Answer<'_>,
    suite: CipherSuite,
    agreed: Agreed,
    transcript: &Transcript,
    records: &mut Records,
    flight: &mut Vec<u8>,
) -> Result<Sent, Error> {
    let master_secret = agreed.secret.into_master()?;
    let generation = |secret| Generation::first(secret, suite.algorithm());
    let application = Application {
        outgoing: generation(master_secret.server_traffic(transcript.current())?),
        incoming: generation(master_secret.client_traffic(transcript.current())?),
        exporter: master_secret.exporter(transcript.current())?,
    };
    records.outgoing.install(Sealer::new(application.outgoing.keys()?));
    records.outgoing.data(with.welcome, flight)?;
    Ok(Sent {
        client_finished: agreed.client_traffic.verify_data(transcript.current())?,
        application,
    })
}
