//! A ClientHello with a share that can be used, and everything that answers it in one flight.

use super::Answer;
use super::credential::Credential;
use super::expect_finished::Sent;
use crate::crypto;
use crate::crypto::CryptoRng;
use crate::crypto::key_exchange;
use crate::crypto::key_exchange::ServerAnswer;
use crate::handshake::connection::Application;
use crate::handshake::error::Error;
use crate::handshake::error::PeerMisbehaved;
use crate::handshake::key_schedule::HandshakeSecret;
use crate::handshake::key_schedule::TrafficSecret;
use crate::handshake::key_update::Generation;
use crate::handshake::messages::ClientHello;
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

/// A ClientHello with what is chosen from it.
pub(super) struct Greeting<'a> {
    pub(super) hello: &'a ClientHello<'a>,
    pub(super) suite: CipherSuite,
    pub(super) pin: Pin,
    pub(super) credential: Credential,
    pub(super) share: &'a [u8],
    /// The messages up to this ClientHello.
    pub(super) transcript: Transcript,
    /// Whether a change_cipher_spec went out with an earlier message.
    pub(super) retried: bool,
}

/// Both sides' handshake secrets, once the hellos are exchanged.
struct Agreed {
    secret: HandshakeSecret,
    client_traffic: TrafficSecret,
    server_traffic: TrafficSecret,
}

// ClientHello -------->
pub(super) fn answer(
    mut greeting: Greeting<'_>,
    with: Answer<'_>,
    rng: &mut impl CryptoRng,
    records: &mut Records,
    flight: &mut Vec<u8>,
) -> Result<Sent, Error> {
    let mut sent = Vec::new();
    let agreed = send_hello(&mut greeting, rng, &mut sent)?;
    let Greeting { suite, pin, credential, mut transcript, .. } = greeting;
    let algorithm = suite.algorithm();
    // A second message behind the ClientHello would stand across the change of keys.
    records.incoming.install(Opener::new(agreed.client_traffic.keys(algorithm)?))?;
    records.incoming.tolerate_plain_alert();
    flight.append(&mut sent);
    records.outgoing.install(Sealer::new(agreed.server_traffic.keys(algorithm)?));
    let messages = sign(with, credential, &agreed, &mut transcript)?;
    records.outgoing.handshake(&messages, flight)?;
    send_welcome(with, (suite, pin), agreed, &transcript, records, flight)
}

// <-------- ServerHello
fn send_hello(
    greeting: &mut Greeting<'_>,
    rng: &mut impl CryptoRng,
    flight: &mut Vec<u8>,
) -> Result<Agreed, Error> {
    let Greeting { hello, suite, pin, share, transcript, retried, .. } = greeting;
    let random = crypto::random(rng);
    let ServerAnswer { share, secret: shared_secret } =
        key_exchange::answer(pin.exchange(), share, rng)
            .map_err(|_| PeerMisbehaved::InvalidKeyShare)?;
    let message = ServerHello {
        session_id: hello.session_id,
        suite: suite.code(),
        group: pin.group_code(),
        key_share: &share,
    }
    .encode(&random);
    transcript.add(&message);
    record::write_plain(ContentType::Handshake, &message, flight)?;
    if !*retried {
        send_change_cipher_spec(hello, flight)?;
    }
    let secret = HandshakeSecret::new(suite.hash(), shared_secret.expose())?;
    let hello_hash = transcript.current();
    let client_traffic = secret.client_traffic(hello_hash)?;
    let server_traffic = secret.server_traffic(hello_hash)?;
    Ok(Agreed { secret, client_traffic, server_traffic })
}

/// "if the client sends a non-empty session ID, the server MUST send the change_cipher_spec", behind
/// its first message (appendix D.4).
pub(super) fn send_change_cipher_spec(
    hello: &ClientHello<'_>,
    flight: &mut Vec<u8>,
) -> Result<(), Error> {
    if hello.session_id.is_empty() {
        return Ok(());
    }
    record::write_plain(ContentType::ChangeCipherSpec, &[1], flight)
}

// <-------- {EncryptedExtensions} {Certificate} {CertificateVerify} {Finished}
fn sign(
    with: Answer<'_>,
    credential: Credential,
    agreed: &Agreed,
    transcript: &mut Transcript,
) -> Result<Vec<u8>, Error> {
    let mut messages = encode_encrypted_extensions(credential.announced);
    messages.extend_from_slice(&encode_certificate(credential.entry(with.keys)));
    transcript.add(&messages);
    let input = certificate_verify_input(transcript.current());
    let (scheme, signature) = credential.sign(with.keys, &input);
    let certificate_verify = encode_certificate_verify(scheme, &signature);
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
    (suite, pin): (CipherSuite, Pin),
    agreed: Agreed,
    transcript: &Transcript,
    records: &mut Records,
    flight: &mut Vec<u8>,
) -> Result<Sent, Error> {
    let finished_hash = transcript.current();
    let master_secret = agreed.secret.into_master()?;
    let generation = |secret| Generation::first(secret, suite.algorithm());
    let application = Application {
        outgoing: generation(master_secret.server_traffic(finished_hash)?),
        incoming: generation(master_secret.client_traffic(finished_hash)?),
        exporter: master_secret.exporter(finished_hash)?,
        suite,
        pin,
    };
    records.outgoing.install(Sealer::new(application.outgoing.keys()?));
    if !with.welcome.is_empty() {
        records.outgoing.data(with.welcome, flight)?;
    }
    Ok(Sent { client_finished: agreed.client_traffic.verify_data(finished_hash)?, application })
}
