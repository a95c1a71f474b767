//! The values of a handshake in RFC 8448, and records put to them.

use bauta::crypto::aead::Algorithm;
use bauta::crypto::group::EphemeralKey;
use bauta::crypto::group::Group;
use bauta::crypto::hash::Hash;
use bauta::crypto::secret::SecretBytes;
use bauta::handshake::key_schedule::TrafficSecret;
use bauta::handshake::record::ContentType;
use bauta::handshake::record::HEADER_LEN;
use bauta::handshake::record::Header;
use bauta::handshake::record::Opener;
use bauta::handshake::record::Sealer;
use bauta::handshake::record::write_plain;
use bauta::handshake::transcript::Transcript;

use super::values::Values;

/// The values of one section; every one has TLS_AES_128_GCM_SHA256.
pub(crate) struct Trace(Values);

impl Trace {
    pub(crate) fn parse(text: &'static str) -> Self {
        Self(Values::parse(text))
    }

    pub(crate) fn get(&self, name: &str) -> &[u8] {
        self.0.get(name)
    }

    pub(crate) fn find(&self, name: &str) -> Option<&[u8]> {
        self.0.find(name)
    }

    pub(crate) fn transcript(&self, messages: &[&str]) -> Transcript {
        let mut transcript = Transcript::new(Hash::Sha256);
        messages.iter().for_each(|name| transcript.add(self.get(name)));
        transcript
    }

    /// Both sides' agreement: the one secret.
    pub(crate) fn shared_secret(&self, group: Group) -> SecretBytes {
        let [client, server] = [
            ("client_private_key", "client_public_key", "server_public_key"),
            ("server_private_key", "server_public_key", "client_public_key"),
        ]
        .map(|(own, public, peer)| {
            let key = EphemeralKey::from_scalar(group, self.get(own)).unwrap();
            assert_eq!(key.public_key(), self.get(public));
            key.agree(self.get(peer)).unwrap()
        });
        assert_eq!(client.expose(), server.expose());
        client
    }

    /// The traffic of one direction, both sealed and opened.
    pub(crate) fn direction(&self, secret: &TrafficSecret) -> Direction<'_> {
        let keys = || secret.keys(Algorithm::Aes128Gcm).unwrap();
        Direction { trace: self, sealer: Sealer::new(keys()), opener: Opener::new(keys()) }
    }

    /// The message stands in this record as it is.
    pub(crate) fn assert_plain(&self, content_type: ContentType, content: &[u8], record: &str) {
        let mut out = Vec::new();
        write_plain(content_type, content, &mut out).unwrap();
        // The client's first record says 0x0301, which "MUST be ignored for all purposes".
        assert_eq!(out[3..], self.get(record)[3..], "{record}");
        let header = Header::parse(*self.get(record).first_chunk().unwrap()).unwrap();
        assert_eq!((header.content_type(), header.len()), (content_type, content.len()));
    }
}

/// The records of one direction under one key, in order.
pub(crate) struct Direction<'a> {
    trace: &'a Trace,
    sealer: Sealer,
    opener: Opener,
}

impl Direction<'_> {
    /// The content seals to this record, and the record opens to the content.
    pub(crate) fn assert_record(&mut self, content_type: ContentType, content: &[u8], name: &str) {
        let mut out = Vec::new();
        self.sealer.seal(content_type, content, 0, &mut out).unwrap();
        assert_eq!(out, self.trace.get(name), "{name}");
        assert_eq!(self.open(name), (content_type, content.to_vec()), "{name}");
    }

    /// A record whose content the RFC does not show: it opens, and seals to itself.
    pub(crate) fn assert_opaque(&mut self, name: &str) {
        let (content_type, content) = self.open(name);
        let mut out = Vec::new();
        self.sealer.seal(content_type, &content, 0, &mut out).unwrap();
        assert_eq!(out, self.trace.get(name), "{name}");
    }

    fn open(&mut self, name: &str) -> (ContentType, Vec<u8>) {
        let (header, body) = self.trace.get(name).split_first_chunk::<HEADER_LEN>().unwrap();
        let mut body = body.to_vec();
        let content_type = self.opener.open(&Header::parse(*header).unwrap(), &mut body).unwrap();
        (content_type, body)
    }
}
