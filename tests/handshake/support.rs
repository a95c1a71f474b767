//! Fixed keys, the drivers of both sides, and a server written a second time that can lie.

use std::sync::LazyLock;

use bauta::crypto::aead::AeadKey;
use bauta::crypto::aead::Algorithm;
use bauta::crypto::group::EphemeralKey;
use bauta::crypto::hash::Hash;
use bauta::crypto::hkdf::Prk;
use bauta::crypto::kem;
use bauta::crypto::kem::EphemeralKemKey;
use bauta::crypto::sign::Curve;
use bauta::crypto::sign::SigningKey;
use bauta::handshake::AlertDescription;
use bauta::handshake::CipherSuite;
use bauta::handshake::ClientHandshake;
use bauta::handshake::ClientProgress;
use bauta::handshake::Connection;
use bauta::handshake::Error;
use bauta::handshake::Failure;
use bauta::handshake::Group;
use bauta::handshake::KeyExchange;
use bauta::handshake::PADDED_LEN;
use bauta::handshake::Pin;
use bauta::handshake::ServerHandshake;
use bauta::handshake::ServerProgress;
use bauta::handshake::SigningKeys;
use bauta::handshake::Unconfirmed;
use bauta::handshake::alert::alert_for;
use bauta::handshake::certificate_verify_input;
use bauta::handshake::client::Offer;
use bauta::handshake::identity::KeySet;
use bauta::handshake::identity::SignedKeySet;
use bauta::handshake::identity::VerifiedKeySet;
use bauta::handshake::key_schedule::EarlySecret;
use bauta::handshake::key_schedule::HandshakeSecret;
use bauta::handshake::key_schedule::TrafficSecret;
use bauta::handshake::record::ContentType;
use bauta::handshake::record::HEADER_LEN;
use bauta::handshake::record::Header;
use bauta::handshake::record::Opener;
use bauta::handshake::record::Sealer;
use bauta::handshake::record::write_plain;
use bauta::handshake::server::Answer;
use bauta::handshake::server::ExpectFinished;
use bauta::handshake::server::FinishedProgress;
use bauta::handshake::transcript::Transcript;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

pub(crate) const WELCOME: [u8; PADDED_LEN] = [0x77; PADDED_LEN];
pub(crate) const GROUPS: [Group; 4] = [Group::P256, Group::P384, Group::P521, Group::X25519];
/// What most themes are played with: one classical exchange, one hybrid.
pub(crate) const BOTH: [fn() -> Offer; 2] = [p256, p256_mlkem768];

/// P-256 and AES: fast, and with points to get wrong.
pub(crate) fn p256() -> Offer {
    classical(Group::P256)
}

/// P-256 with ML-KEM-768: as fast, and with two halves to get wrong.
pub(crate) fn p256_mlkem768() -> Offer {
    hybrid(Group::P256)
}

pub(crate) fn classical(group: Group) -> Offer {
    offer(KeyExchange::Classical(group))
}

pub(crate) fn hybrid(group: Group) -> Offer {
    offer(KeyExchange::Hybrid(group))
}

pub(crate) fn offer(exchange: KeyExchange) -> Offer {
    Offer { pin: Pin::new(exchange), suite: CipherSuite::Aes256GcmSha384 }
}

/// A hybrid share or secret of its halves, in the order of the drafts.
pub(crate) fn in_order(group: Group, curve_half: &[u8], kem_half: &[u8]) -> Vec<u8> {
    match group {
        Group::X25519 => [kem_half, curve_half].concat(),
        _ => [curve_half, kem_half].concat(),
    }
}

/// The halves of a hybrid share: the curve's, and that of ML-KEM.
pub(crate) fn halves(group: Group, share: &[u8]) -> (&[u8], &[u8]) {
    match group {
        Group::P256 => share.split_at(65),
        Group::P384 => share.split_at(97),
        Group::P521 => share.split_at(133),
        Group::X25519 => {
            let (kem_half, curve_half) = share.split_at(share.len() - 32);
            (curve_half, kem_half)
        }
    }
}

/// How long the shares of both sides are: the client's and the server's.
pub(crate) fn share_lens(exchange: KeyExchange) -> (usize, usize) {
    match exchange {
        KeyExchange::Classical(Group::P256) => (65, 65),
        KeyExchange::Classical(Group::P384) => (97, 97),
        KeyExchange::Classical(Group::P521) => (133, 133),
        KeyExchange::Classical(Group::X25519) => (32, 32),
        KeyExchange::Hybrid(Group::P256) => (65 + 1184, 65 + 1088),
        KeyExchange::Hybrid(Group::P384) => (97 + 1568, 97 + 1568),
        KeyExchange::Hybrid(Group::P521) => (133 + 1568, 133 + 1568),
        KeyExchange::Hybrid(Group::X25519) => (1184 + 32, 1088 + 32),
    }
}

pub(crate) fn rng(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

/// A relay: its network's key, its keys, the set.
pub(crate) struct Relay {
    pub(crate) network: SigningKey,
    pub(crate) keys: SigningKeys,
    pub(crate) signed: SignedKeySet,
    pub(crate) verified: VerifiedKeySet,
}

impl Relay {
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = rng(seed);
        let network = SigningKey::generate(Curve::P521, &mut rng);
        let keys = SigningKeys::generate(&mut rng).unwrap();
        let signed = SignedKeySet::sign(&network, &KeySet::new(5, &keys)).unwrap();
        let verified = signed.verify(None).unwrap();
        Self { network, keys, signed, verified }
    }
}

pub(crate) static RELAY: LazyLock<Relay> = LazyLock::new(|| Relay::new(100));

/// A client that has sent its ClientHello: the same with every call.
pub(crate) fn client(offer: Offer) -> (ClientHandshake, Vec<u8>) {
    ClientHandshake::start(offer, &mut rng(1)).unwrap()
}

/// The real server's answer to these bytes.
pub(crate) fn serve(client_flight: &[u8]) -> ServerEnd {
    serve_with(&RELAY.keys, client_flight, 2)
}

pub(crate) fn serve_with(keys: &SigningKeys, client_flight: &[u8], seed: u64) -> ServerEnd {
    drive_server(ServerHandshake::new(), keys, client_flight, seed)
}

pub(crate) fn drive_server(
    mut state: ServerHandshake,
    keys: &SigningKeys,
    mut rest: &[u8],
    seed: u64,
) -> ServerEnd {
    while let Some(record) = next_record(&mut rest) {
        let (header, body) = match record {
            Ok(record) => record,
            Err(error) => return ServerEnd::Refused(state.abort(error)),
        };
        let with = Answer { keys, welcome: &WELCOME };
        match state.receive(&header, body, with, &mut rng(seed)) {
            Ok(ServerProgress::Wait(next)) => state = next,
            Ok(ServerProgress::Retried(next, flight)) => {
                return ServerEnd::Retried(Box::new(next), flight);
            }
            Ok(ServerProgress::Answered(next, flight)) => {
                return ServerEnd::Answered(Box::new(next), flight);
            }
            Err(failure) => return ServerEnd::Refused(failure),
        }
    }
    ServerEnd::Starved
}

#[derive(Debug)]
pub(crate) enum ServerEnd {
    Starved,
    Refused(Failure),
    Retried(Box<ServerHandshake>, Vec<u8>),
    Answered(Box<ExpectFinished>, Vec<u8>),
}

impl ServerEnd {
    pub(crate) fn retried(self) -> (ServerHandshake, Vec<u8>) {
        match self {
            Self::Retried(state, flight) => (*state, flight),
            other => panic!("no second ClientHello was asked for: {other:?}"),
        }
    }

    pub(crate) fn answered(self) -> (ExpectFinished, Vec<u8>) {
        match self {
            Self::Answered(state, flight) => (*state, flight),
            other => panic!("not answered: {other:?}"),
        }
    }

    pub(crate) fn refused(self) -> Error {
        match self {
            Self::Refused(failure) => checked(failure),
            other => panic!("not refused: {other:?}"),
        }
    }
}

/// Hands the server's bytes to a client, up to Unconfirmed with Welcome read.
pub(crate) fn drive_client(mut state: ClientHandshake, server_flight: &[u8]) -> ClientEnd {
    let mut rest = server_flight;
    while let Some(record) = next_record(&mut rest) {
        let (header, body) = match record {
            Ok(record) => record,
            Err(error) => return ClientEnd::Refused(state.abort(error)),
        };
        match state.receive(&header, body) {
            Ok(ClientProgress::Wait(next)) => state = next,
            Ok(ClientProgress::Unconfirmed(unconfirmed)) => {
                return read_welcome(unconfirmed, rest);
            }
            Err(failure) => return ClientEnd::Refused(failure),
        }
    }
    ClientEnd::Starved
}

fn read_welcome(state: Unconfirmed, mut rest: &[u8]) -> ClientEnd {
    let (header, body) = match next_record(&mut rest) {
        None => return ClientEnd::Starved,
        Some(Err(error)) => return ClientEnd::Refused(state.abort(error)),
        Some(Ok(record)) => record,
    };
    match state.receive(&header, body) {
        Ok((state, welcome)) => {
            assert_eq!(welcome, WELCOME);
            ClientEnd::Unconfirmed(Box::new(state))
        }
        Err(failure) => ClientEnd::Refused(failure),
    }
}

#[derive(Debug)]
pub(crate) enum ClientEnd {
    Starved,
    Refused(Failure),
    Unconfirmed(Box<Unconfirmed>),
}

impl ClientEnd {
    pub(crate) fn unconfirmed(self) -> Unconfirmed {
        match self {
            Self::Unconfirmed(state) => *state,
            other => panic!("not verified: {other:?}"),
        }
    }

    pub(crate) fn refused(self) -> Error {
        match self {
            Self::Refused(failure) => checked(failure),
            other => panic!("not refused: {other:?}"),
        }
    }
}

/// Hands the client's second flight to the server.
pub(crate) fn drive_finished(mut state: ExpectFinished, client_flight: &[u8]) -> FinishedEnd {
    let mut rest = client_flight;
    while let Some(record) = next_record(&mut rest) {
        let (header, body) = match record {
            Ok(record) => record,
            Err(error) => return FinishedEnd::Refused(state.abort(error)),
        };
        match state.receive(&header, body) {
            Ok(FinishedProgress::Wait(next)) => state = next,
            Ok(FinishedProgress::Connected(connection)) => {
                return FinishedEnd::Connected(connection, rest.to_vec());
            }
            Err(failure) => return FinishedEnd::Refused(failure),
        }
    }
    FinishedEnd::Starved
}

#[derive(Debug)]
pub(crate) enum FinishedEnd {
    Starved,
    Refused(Failure),
    Connected(Box<Connection>, Vec<u8>),
}

impl FinishedEnd {
    pub(crate) fn connected(self) -> Connection {
        match self {
            Self::Connected(connection, rest) => {
                assert!(rest.is_empty());
                *connection
            }
            other => panic!("not connected: {other:?}"),
        }
    }

    pub(crate) fn refused(self) -> Error {
        match self {
            Self::Refused(failure) => checked(failure),
            other => panic!("not refused: {other:?}"),
        }
    }
}

/// A whole handshake: both connections.
pub(crate) fn connected(offer: Offer) -> (Connection, Connection) {
    let (client, hello) = client(offer);
    let (server, flight) = serve(&hello).answered();
    let (client, finished) =
        drive_client(client, &flight).unconfirmed().confirm(&RELAY.verified).unwrap();
    (client, drive_finished(server, &finished).connected())
}

/// The error, after a look at the alert: there is one, unless the peer has ended it.
pub(crate) fn checked(failure: Failure) -> Error {
    let told = !failure.alert.is_empty();
    assert_eq!(told, alert_for(failure.error).is_some(), "{failure:?}");
    failure.error
}

pub(crate) fn alert(error: Error) -> AlertDescription {
    alert_for(error).unwrap()
}

/// Cuts the first record off; nothing if it is not whole.
pub(crate) fn next_record(rest: &mut &[u8]) -> Option<Result<(Header, Vec<u8>), Error>> {
    let (bytes, after) = rest.split_first_chunk::<HEADER_LEN>()?;
    let header = match Header::parse(*bytes) {
        Ok(header) => header,
        Err(error) => return Some(Err(error)),
    };
    let (body, after) = after.split_at_checked(header.len())?;
    *rest = after;
    Some(Ok((header, body.to_vec())))
}

/// All records of a flight, each with its header.
pub(crate) fn split_records(mut flight: &[u8]) -> Vec<Vec<u8>> {
    let mut records = Vec::new();
    while !flight.is_empty() {
        let before = flight;
        next_record(&mut flight).unwrap().unwrap();
        records.push(before[..before.len() - flight.len()].to_vec());
    }
    records
}

pub(crate) fn plain(content_type: ContentType, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    write_plain(content_type, content, &mut out).unwrap();
    out
}

pub(crate) fn seal(sealer: &mut Sealer, content_type: ContentType, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    sealer.seal(content_type, content, 0, &mut out).unwrap();
    out
}

/// A handshake message with this type and body.
pub(crate) fn message(message_type: u8, body: &[u8]) -> Vec<u8> {
    [&[message_type][..], &u32::try_from(body.len()).unwrap().to_be_bytes()[1..], body].concat()
}

pub(crate) fn vec16(content: &[u8]) -> Vec<u8> {
    [&u16::try_from(content.len()).unwrap().to_be_bytes(), content].concat()
}

pub(crate) fn vec24(content: &[u8]) -> Vec<u8> {
    [&u32::try_from(content.len()).unwrap().to_be_bytes()[1..], content].concat()
}

pub(crate) fn extension(extension_type: u16, content: &[u8]) -> Vec<u8> {
    [&extension_type.to_be_bytes()[..], &vec16(content)].concat()
}

/// The messages of a server's flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    ServerHello,
    EncryptedExtensions,
    Certificate,
    CertificateVerify,
    Finished,
}

pub(crate) const STEPS: [Step; 5] = [
    Step::ServerHello,
    Step::EncryptedExtensions,
    Step::Certificate,
    Step::CertificateVerify,
    Step::Finished,
];

/// Whose fault an edit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Liar {
    /// The server itself: it signs and hashes what it sends.
    Server,
    /// Somebody between: the server signed and hashed something else.
    Between,
}

/// A server written a second time, with its own encoding, whose messages can be edited.
pub(crate) struct Puppet {
    pub(crate) offer: Offer,
    pub(crate) client_hello: Vec<u8>,
    pub(crate) key: fn(Group) -> EphemeralKey,
}

/// What the puppet says, with the means to say more.
pub(crate) struct PuppetFlight {
    pub(crate) messages: Vec<Vec<u8>>,
    pub(crate) server_handshake: TrafficSecret,
    pub(crate) server_application: TrafficSecret,
    pub(crate) client_handshake: TrafficSecret,
    pub(crate) algorithm: Algorithm,
}

impl Puppet {
    /// Answers this ClientHello record.
    pub(crate) fn new(offer: Offer, client_hello: &[u8]) -> Self {
        let key = |group| EphemeralKey::generate(group, &mut rng(3));
        Self { offer, client_hello: client_hello[HEADER_LEN..].to_vec(), key }
    }

    /// The client's share stands last in its ClientHello.
    fn client_share(&self) -> &[u8] {
        let (len, _) = share_lens(self.offer.pin.exchange());
        &self.client_hello[self.client_hello.len() - len..]
    }

    /// The server's share and the shared secret.
    fn answer(&self) -> (Vec<u8>, Vec<u8>) {
        let exchange = self.offer.pin.exchange();
        let (group, share) = (exchange.group(), self.client_share());
        let own = (self.key)(group);
        let public = own.public_key();
        let Some(kem) = exchange.kem() else {
            return (public, own.agree(share).unwrap().expose().to_vec());
        };
        let (point, ek) = halves(group, share);
        let x = own.agree(point).unwrap();
        let (ct, ss) = kem::encapsulate_to(kem, ek, &mut rng(5)).unwrap();
        (in_order(group, &public, &ct), in_order(group, x.expose(), ss.expose()))
    }

    fn suite(&self) -> ([u8; 2], Hash, Algorithm) {
        match self.offer.suite {
            CipherSuite::Aes256GcmSha384 => ([0x13, 0x02], Hash::Sha384, Algorithm::Aes256Gcm),
            _ => ([0x13, 0x03], Hash::Sha256, Algorithm::ChaCha20Poly1305),
        }
    }

    fn codes(&self) -> ([u8; 2], [u8; 2], Curve) {
        match self.offer.pin.exchange() {
            KeyExchange::Classical(Group::P256) => ([0, 23], [4, 3], Curve::P256),
            KeyExchange::Classical(Group::P384) => ([0, 24], [5, 3], Curve::P384),
            KeyExchange::Classical(Group::P521) => ([0, 25], [6, 3], Curve::P521),
            KeyExchange::Classical(Group::X25519) => ([0, 29], [4, 3], Curve::P256),
            KeyExchange::Hybrid(Group::P256) => ([0x11, 0xeb], [4, 3], Curve::P256),
            KeyExchange::Hybrid(Group::P384) => ([0x11, 0xed], [5, 3], Curve::P384),
            KeyExchange::Hybrid(Group::P521) => ([0xfe, 0xed], [6, 3], Curve::P521),
            KeyExchange::Hybrid(Group::X25519) => ([0x11, 0xec], [4, 3], Curve::P256),
        }
    }

    pub(crate) fn flight(&self, liar: Liar, edit: impl Fn(Step, &mut Vec<u8>)) -> PuppetFlight {
        let (suite, hash, algorithm) = self.suite();
        let (group, scheme, curve) = self.codes();
        let mut transcript = Transcript::new(hash);
        transcript.add(&self.client_hello);
        let mut messages = Vec::new();
        let mut say = |step, honest: Vec<u8>, transcript: &mut Transcript| {
            let mut edited = honest.clone();
            edit(step, &mut edited);
            transcript.add(if liar == Liar::Server { &edited } else { &honest });
            messages.push(edited);
        };

        let (share, secret) = self.answer();
        let extensions =
            [extension(43, &[3, 4]), extension(51, &[&group[..], &vec16(&share)].concat())]
                .concat();
        let hello = [&[3, 3][..], &[9; 32], &[0], &suite, &[0], &vec16(&extensions)].concat();
        say(Step::ServerHello, message(2, &hello), &mut transcript);
        let handshake = EarlySecret::new(hash).into_handshake(&secret).unwrap();
        let client_handshake = handshake.client_traffic(transcript.current()).unwrap();
        let server_handshake = handshake.server_traffic(transcript.current()).unwrap();

        let extensions = vec16(&extension(20, &[2]));
        say(Step::EncryptedExtensions, message(8, &extensions), &mut transcript);
        let entry = [vec24(RELAY.keys.spki(curve)), vec16(&[])].concat();
        let certificate = message(11, &[&[0][..], &vec24(&entry)].concat());
        say(Step::Certificate, certificate, &mut transcript);
        let signature = RELAY.keys.key(curve).sign(&certificate_verify_input(transcript.current()));
        let verify = message(15, &[&scheme[..], &vec16(&signature)].concat());
        say(Step::CertificateVerify, verify, &mut transcript);
        let verify_data = server_handshake.verify_data(transcript.current()).unwrap();
        say(Step::Finished, message(20, verify_data.as_ref()), &mut transcript);
        let master = handshake.into_master().unwrap();
        let server_application = master.server_traffic(transcript.current()).unwrap();
        PuppetFlight { messages, server_handshake, server_application, client_handshake, algorithm }
    }
}

impl PuppetFlight {
    pub(crate) fn handshake_sealer(&self) -> Sealer {
        Sealer::new(self.server_handshake.keys(self.algorithm).unwrap())
    }

    pub(crate) fn application_sealer(&self) -> Sealer {
        Sealer::new(self.server_application.keys(self.algorithm).unwrap())
    }

    /// ServerHello, the rest in one record, Welcome.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        [
            plain(ContentType::Handshake, &self.messages[0]),
            seal(
                &mut self.handshake_sealer(),
                ContentType::Handshake,
                &self.messages[1..].concat(),
            ),
            seal(&mut self.application_sealer(), ContentType::ApplicationData, &WELCOME),
        ]
        .concat()
    }

    /// Opens an alert that the client sealed under its handshake keys.
    pub(crate) fn open_alert(&self, record: &[u8]) -> Vec<u8> {
        let (header, mut body) = next_record(&mut &*record).unwrap().unwrap();
        let mut opener = Opener::new(self.client_handshake.keys(self.algorithm).unwrap());
        assert_eq!(opener.open(&header, &mut body), Ok(ContentType::Alert));
        body
    }
}

/// A client that is connected to the server written a second time, which seals its next record
/// here.
pub(crate) fn connected_to_puppet() -> (Connection, PuppetFlight, Sealer) {
    let (client, hello) = client(p256());
    let puppet = Puppet::new(p256(), &hello).flight(Liar::Server, |_, _| {});
    let (connection, _) =
        drive_client(client, &puppet.to_bytes()).unconfirmed().confirm(&RELAY.verified).unwrap();
    let mut sealer = puppet.application_sealer();
    seal(&mut sealer, ContentType::ApplicationData, &WELCOME);
    (connection, puppet, sealer)
}

/// What a client makes of a puppet's flight with one edit.
pub(crate) fn client_against(
    offer: Offer,
    liar: Liar,
    edit: impl Fn(Step, &mut Vec<u8>),
) -> ClientEnd {
    let (client, hello) = client(offer);
    drive_client(client, &Puppet::new(offer, &hello).flight(liar, edit).to_bytes())
}

/// A client written a second time, from the point where the server has answered.
pub(crate) struct PuppetClient {
    handshake: TrafficSecret,
    finished: Vec<u8>,
}

impl PuppetClient {
    /// The client that `client(p256())` is, as far as its messages show.
    pub(crate) fn new(client_hello: &[u8], flight: &[u8]) -> Self {
        Self::of(p256(), client_hello, flight)
    }

    /// The client that `client(offer)` is, as far as its messages show.
    pub(crate) fn of(offer: Offer, client_hello: &[u8], flight: &[u8]) -> Self {
        let records = split_records(flight);
        // The generator's first draws: a random, then the key, as the client makes them.
        let mut rng = rng(1);
        let random: [u8; 32] = bauta::crypto::random(&mut rng);
        assert_eq!(client_hello[11..43], random);
        let key = PuppetKey::generate(offer.pin.exchange(), &mut rng);
        let (secret, mut transcript) = agree(client_hello, &records[0], key);
        let handshake = secret.client_traffic(transcript.current()).unwrap();
        let server = secret.server_traffic(transcript.current()).unwrap();
        transcript.add(&open_first(&server, &records[1]));
        let finished = handshake.verify_data(transcript.current()).unwrap();
        Self { handshake, finished: message(20, finished.as_ref()) }
    }

    pub(crate) fn finished(&self) -> Vec<u8> {
        self.finished.clone()
    }

    pub(crate) fn sealer(&self) -> Sealer {
        Sealer::new(self.handshake.keys(Algorithm::Aes256Gcm).unwrap())
    }

    /// The first record under the client's handshake keys.
    pub(crate) fn seal(&self, content_type: ContentType, content: &[u8]) -> Vec<u8> {
        seal(&mut self.sealer(), content_type, content)
    }
}

/// A client's key, put together from its halves.
pub(crate) struct PuppetKey {
    exchange: KeyExchange,
    curve_half: EphemeralKey,
    kem_half: Option<EphemeralKemKey>,
}

impl PuppetKey {
    pub(crate) fn generate(exchange: KeyExchange, rng: &mut StdRng) -> Self {
        let curve_half = EphemeralKey::generate(exchange.group(), rng);
        let kem_half = exchange.kem().map(|kem| EphemeralKemKey::generate(kem, rng));
        Self { exchange, curve_half, kem_half }
    }

    pub(crate) fn share(&self) -> Vec<u8> {
        let point = self.curve_half.public_key();
        match &self.kem_half {
            None => point,
            Some(key) => in_order(self.exchange.group(), &point, &key.encapsulation_key()),
        }
    }

    fn agree(self, share: &[u8]) -> Vec<u8> {
        let Some(key) = self.kem_half else {
            return self.curve_half.agree(share).unwrap().expose().to_vec();
        };
        let (point, ct) = halves(self.exchange.group(), share);
        let x = self.curve_half.agree(point).unwrap();
        let ss = key.decapsulate(ct).unwrap();
        in_order(self.exchange.group(), x.expose(), ss.expose())
    }
}

/// The handshake secret of a connection, and the transcript of its hellos.
fn agree(
    client_hello: &[u8],
    server_hello: &[u8],
    key: PuppetKey,
) -> (HandshakeSecret, Transcript) {
    let (_, len) = share_lens(key.exchange);
    let shared = key.agree(&server_hello[server_hello.len() - len..]);
    let mut transcript = Transcript::new(Hash::Sha384);
    transcript.add(&client_hello[HEADER_LEN..]);
    transcript.add(&server_hello[HEADER_LEN..]);
    (EarlySecret::new(Hash::Sha384).into_handshake(&shared).unwrap(), transcript)
}

/// The content of the first record under a direction's keys.
fn open_first(secret: &TrafficSecret, record: &[u8]) -> Vec<u8> {
    let mut opener = Opener::new(secret.keys(Algorithm::Aes256Gcm).unwrap());
    let (header, mut body) = next_record(&mut &*record).unwrap().unwrap();
    assert_eq!(opener.open(&header, &mut body), Ok(ContentType::Handshake));
    body
}

/// The sealed messages of a server's flight, opened by whoever has the key of the client's share.
pub(crate) fn open_sealed(client_hello: &[u8], flight: &[u8], key: PuppetKey) -> Vec<u8> {
    let records = split_records(flight);
    let (secret, transcript) = agree(client_hello, &records[0], key);
    open_first(&secret.server_traffic(transcript.current()).unwrap(), &records[1])
}

/// A direction's keys, for records whose inside no sealer would write.
pub(crate) struct RawKeys {
    key: AeadKey,
    iv: [u8; 12],
}

impl RawKeys {
    /// The AES-256 keys of a traffic secret with SHA-384.
    pub(crate) fn of(secret: &TrafficSecret) -> Self {
        let prk = Prk::from_slice(Hash::Sha384, secret.expose()).unwrap();
        let (mut key, mut iv) = ([0; 32], [0; 12]);
        prk.expand(b"\x00\x20\x09tls13 key\x00", &mut key).unwrap();
        prk.expand(b"\x00\x0c\x08tls13 iv\x00", &mut iv).unwrap();
        Self { key: AeadKey::new(Algorithm::Aes256Gcm, &key).unwrap(), iv }
    }

    /// The first record with this inside.
    pub(crate) fn seal(&self, inner: &[u8]) -> Vec<u8> {
        let [high, low] = u16::try_from(inner.len() + 16).unwrap().to_be_bytes();
        let header = [23, 3, 3, high, low];
        [&header[..], &self.key.seal(&self.iv, &header, inner).unwrap()].concat()
    }
}
