//! rustls with raw public keys: a client that pins one, a server that shows one.

use std::io::Read as _;
use std::io::Write as _;
use std::sync::Arc;

use bauta::crypto::sign::Curve;
use rustls::CertificateError;
use rustls::ClientConfig;
use rustls::ClientConnection;
use rustls::DigitallySignedStruct;
use rustls::Error;
use rustls::ServerConfig;
use rustls::ServerConnection;
use rustls::SignatureScheme;
use rustls::SupportedCipherSuite;
use rustls::client::Resumption;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::client::danger::ServerCertVerified;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::crypto::SupportedKxGroup;
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::crypto::aws_lc_rs;
use rustls::crypto::verify_tls13_signature;
use rustls::crypto::verify_tls13_signature_with_raw_key;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::ServerName;
use rustls::pki_types::SubjectPublicKeyInfoDer;
use rustls::pki_types::UnixTime;
use rustls::pki_types::pem::PemObject as _;
use rustls::server::AlwaysResolvesServerRawPublicKeys;
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;
use rustls::version::TLS13;

use crate::ours::Relay;

pub(crate) const AES_256: SupportedCipherSuite = aws_lc_rs::cipher_suite::TLS13_AES_256_GCM_SHA384;
pub(crate) const CHACHA20: SupportedCipherSuite =
    aws_lc_rs::cipher_suite::TLS13_CHACHA20_POLY1305_SHA256;

/// What a rustls side is willing to do.
#[derive(Clone, Debug)]
pub(crate) struct Willing {
    pub(crate) groups: Vec<&'static dyn SupportedKxGroup>,
    pub(crate) suites: Vec<SupportedCipherSuite>,
}

impl Willing {
    pub(crate) fn only(group: &'static dyn SupportedKxGroup, suite: SupportedCipherSuite) -> Self {
        Self { groups: vec![group], suites: vec![suite] }
    }

    fn provider(self) -> Arc<CryptoProvider> {
        let Self { groups: kx_groups, suites: cipher_suites } = self;
        let provider = aws_lc_rs::default_provider();
        Arc::new(CryptoProvider { kx_groups, cipher_suites, ..provider })
    }
}

/// Believes one key, whatever its name.
#[derive(Debug)]
pub(crate) struct Pinned {
    pub(crate) form: Form,
    pub(crate) spki: Vec<u8>,
    pub(crate) schemes: Vec<SignatureScheme>,
    pub(crate) algorithms: WebPkiSupportedAlgorithms,
}

/// What a key is shown in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Raw,
    Certificate,
}

impl Pinned {
    /// Believes this raw public key, with any scheme that rustls knows.
    pub(crate) fn key(spki: &[u8]) -> Self {
        let algorithms = aws_lc_rs::default_provider().signature_verification_algorithms;
        let schemes = algorithms.supported_schemes();
        Self { form: Form::Raw, spki: spki.to_vec(), schemes, algorithms }
    }

    /// Believes this relay's key of a curve.
    pub(crate) fn key_of(relay: &Relay, curve: Curve) -> Self {
        Self::key(relay.keys.spki(curve))
    }
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let is_pinned = match self.form {
            Form::Raw => end_entity.as_ref() == self.spki,
            Form::Certificate => {
                let certificate = ParsedCertificate::try_from(end_entity)?;
                certificate.subject_public_key_info().as_ref() == self.spki
            }
        };
        if !is_pinned || !intermediates.is_empty() {
            return Err(CertificateError::ApplicationVerificationFailure.into());
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("only TLS 1.3 is spoken here".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if self.form == Form::Certificate {
            return verify_tls13_signature(message, cert, dss, &self.algorithms);
        }
        let key = SubjectPublicKeyInfoDer::from(cert.as_ref());
        verify_tls13_signature_with_raw_key(message, &key, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.schemes.clone()
    }

    fn requires_raw_public_keys(&self) -> bool {
        self.form == Form::Raw
    }
}

pub(crate) fn client_config(willing: Willing, pinned: Pinned) -> ClientConfig {
    let mut config = ClientConfig::builder_with_provider(willing.provider())
        .with_protocol_versions(&[&TLS13])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(pinned))
        .with_no_client_auth();
    config.resumption = Resumption::disabled();
    config
}

/// A server that shows this relay's key of a curve, and speaks before the client's Finished.
pub(crate) fn server_config(willing: Willing, relay: &Relay, curve: Curve) -> ServerConfig {
    let provider = willing.provider();
    let pem = relay.keys.key(curve).to_pkcs8_pem().unwrap();
    let key = PrivateKeyDer::from_pem_slice(pem.as_bytes()).unwrap();
    let key = provider.key_provider.load_private_key(key).unwrap();
    let spki = CertificateDer::from(relay.keys.spki(curve).to_vec());
    assert_eq!(key.public_key().unwrap().as_ref(), spki.as_ref());
    let certified = Arc::new(CertifiedKey::new(vec![spki], key));
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(AlwaysResolvesServerRawPublicKeys::new(certified)));
    config.send_half_rtt_data = true;
    config
}

/// Their side of a connection.
pub(crate) struct Theirs {
    pub(crate) connection: rustls::Connection,
    pub(crate) data: Vec<u8>,
    pub(crate) closed: bool,
    pub(crate) error: Option<Error>,
}

impl Theirs {
    pub(crate) fn client(config: ClientConfig) -> Self {
        let name = ServerName::try_from("relay.example").unwrap();
        Self::new(ClientConnection::new(Arc::new(config), name).unwrap().into())
    }

    /// A server that says `welcome` behind its Finished.
    pub(crate) fn server(config: ServerConfig, welcome: &[u8]) -> Self {
        let mut theirs = Self::new(ServerConnection::new(Arc::new(config)).unwrap().into());
        theirs.send(welcome);
        theirs
    }

    fn new(mut connection: rustls::Connection) -> Self {
        connection.set_buffer_limit(None);
        Self { connection, data: Vec::new(), closed: false, error: None }
    }

    /// Whether the handshake is complete and nothing has gone wrong since.
    pub(crate) fn is_open(&self) -> bool {
        !self.connection.is_handshaking() && self.error.is_none()
    }

    pub(crate) fn send(&mut self, content: &[u8]) {
        self.connection.writer().write_all(content).unwrap();
    }

    pub(crate) fn take_bytes(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        while self.connection.wants_write() {
            self.connection.write_tls(&mut bytes).unwrap();
        }
        bytes
    }

    pub(crate) fn receive(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && self.error.is_none() && !self.closed {
            self.connection.read_tls(&mut bytes).unwrap();
            match self.connection.process_new_packets() {
                Ok(state) => {
                    let mut plaintext = vec![0; state.plaintext_bytes_to_read()];
                    self.connection.reader().read_exact(&mut plaintext).unwrap();
                    self.data.extend(plaintext);
                    self.closed = state.peer_has_closed();
                }
                Err(error) => self.error = Some(error),
            }
        }
    }
}
