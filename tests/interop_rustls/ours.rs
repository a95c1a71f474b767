//! A relay's keys and Welcome; our side of a connection, bytes in and bytes out.

use std::sync::LazyLock;

use bauta::crypto::sign::Curve;
use bauta::crypto::sign::SigningKey;
use bauta::handshake::ClientHandshake;
use bauta::handshake::ClientProgress;
use bauta::handshake::Connection;
use bauta::handshake::Error;
use bauta::handshake::Failure;
use bauta::handshake::Received;
use bauta::handshake::ServerHandshake;
use bauta::handshake::ServerProgress;
use bauta::handshake::SigningKeys;
use bauta::handshake::Unconfirmed;
use bauta::handshake::client::Offer;
use bauta::handshake::error::PeerMisbehaved;
use bauta::handshake::identity::KeySet;
use bauta::handshake::identity::NetworkId;
use bauta::handshake::identity::SignedKeySet;
use bauta::handshake::identity::VerifiedKeySet;
use bauta::handshake::record::HEADER_LEN;
use bauta::handshake::record::Header;
use bauta::handshake::server::Answer;
use bauta::handshake::server::ExpectFinished;
use bauta::handshake::server::FinishedProgress;
use bauta::net::cell;
use bauta::net::cell::CELL_LEN;
use bauta::net::cell::Limits;
use bauta::net::cell::Pace;
use bauta::net::cell::Policy;
use bauta::net::cell::RelayFrame;
use bauta::net::cell::Welcome;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

/// A relay: its network, its keys, and the cell in which it says so.
pub(crate) struct Relay {
    pub(crate) keys: SigningKeys,
    pub(crate) network: NetworkId,
    pub(crate) welcome: Box<[u8; CELL_LEN]>,
}

impl Relay {
    fn new(seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let network = SigningKey::generate(Curve::P521, &mut rng);
        let keys = SigningKeys::generate(&mut rng).unwrap();
        let signed = SignedKeySet::sign(&network, &KeySet::new(3, &keys)).unwrap();
        let network = signed.verify(None).unwrap().network_id();
        Self { keys, network, welcome: welcome(&signed) }
    }
}

pub(crate) static RELAY: LazyLock<Relay> = LazyLock::new(|| Relay::new(1));
/// A relay of another network.
pub(crate) static STRANGER: LazyLock<Relay> = LazyLock::new(|| Relay::new(2));

fn welcome(signed: &SignedKeySet) -> Box<[u8; CELL_LEN]> {
    let limits = Limits {
        envelopes_per_mailbox: 1024,
        subscriptions: 256,
        window: 16,
        idle: 120,
        pace: Pace::SECOND,
    };
    let welcome = Welcome {
        versions: vec![cell::VERSION],
        network_key: signed.network_key().to_vec(),
        key_set: signed.key_set().to_vec(),
        signature: signed.signature().to_vec(),
        now: 1_800_000_000,
        retention: 1_814_400,
        limits,
        policy: Policy::default(),
    };
    cell::encode(RelayFrame::Welcome(Box::new(welcome))).unwrap()
}

/// What a Welcome says about its network, if it is the one that is pinned.
pub(crate) fn verify(cell: &[u8; CELL_LEN], pinned: &NetworkId) -> Option<VerifiedKeySet> {
    let frames = cell::decode(cell).ok()?;
    let [RelayFrame::Welcome(welcome)] = &frames[..] else { return None };
    let Welcome { network_key, key_set, signature, .. } = welcome.as_ref().clone();
    SignedKeySet::from_parts(network_key, key_set, signature).verify(Some(pinned)).ok()
}

/// Our side of a connection.
pub(crate) struct Ours {
    relay: &'static Relay,
    rng: StdRng,
    state: State,
    unread: Vec<u8>,
    unsent: Vec<u8>,
    pub(crate) seen: Seen,
}

/// What the peer has done so far.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// The content of its application data, Welcome excepted.
    pub(crate) data: Vec<u8>,
    pub(crate) key_updates: usize,
    pub(crate) closed: bool,
    pub(crate) error: Option<Error>,
}

enum State {
    ExpectClientHello(ServerHandshake),
    ExpectClientFinished(ExpectFinished),
    ExpectServer(ClientHandshake),
    ExpectWelcome(Unconfirmed, Vec<u8>),
    Open(Box<Connection>),
    Over,
}

impl Ours {
    pub(crate) fn server() -> Self {
        Self::new(State::ExpectClientHello(ServerHandshake::new()), &RELAY)
    }

    /// A client that trusts this relay's network.
    pub(crate) fn client(offer: Offer, relay: &'static Relay) -> Self {
        let mut rng = StdRng::seed_from_u64(4);
        let (state, hello) = ClientHandshake::start(offer, &mut rng).unwrap();
        let ours = Self::new(State::ExpectServer(state), relay);
        Self { unsent: hello, ..ours }
    }

    fn new(state: State, relay: &'static Relay) -> Self {
        let rng = StdRng::seed_from_u64(3);
        Self { relay, rng, state, unread: vec![], unsent: vec![], seen: Seen::default() }
    }

    /// Whether the handshake is complete and nothing has gone wrong since.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.state, State::Open(_)) && self.seen.error.is_none()
    }

    pub(crate) fn connection(&mut self) -> &mut Connection {
        match &mut self.state {
            State::Open(connection) => connection,
            _ => panic!("not open: {:?}", self.seen),
        }
    }

    pub(crate) fn send(&mut self, content: &[u8]) {
        let mut out = Vec::new();
        self.connection().sender.send(content, &mut out).unwrap();
        self.unsent.extend(out);
    }

    /// Does something else with the sender.
    pub(crate) fn with_sender(
        &mut self,
        act: impl FnOnce(&mut bauta::handshake::connection::Sender, &mut Vec<u8>),
    ) {
        let mut out = Vec::new();
        act(&mut self.connection().sender, &mut out);
        self.unsent.extend(out);
    }

    pub(crate) fn take_bytes(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.unsent)
    }

    pub(crate) fn receive(&mut self, bytes: &[u8]) {
        self.unread.extend_from_slice(bytes);
        while let Some(bytes) = self.unread.first_chunk::<HEADER_LEN>() {
            let header = match Header::parse(*bytes) {
                Ok(header) => header,
                Err(error) => return self.refuse(error),
            };
            let Some(body) = self.unread.get(HEADER_LEN..HEADER_LEN + header.len()) else { return };
            let body = body.to_vec();
            self.unread.drain(..HEADER_LEN + header.len());
            let state = std::mem::replace(&mut self.state, State::Over);
            self.state = match self.step(state, &header, body) {
                Ok(state) => state,
                Err(failure) => {
                    self.unsent.extend(failure.alert);
                    self.seen.error.get_or_insert(failure.error);
                    State::Over
                }
            };
        }
    }

    /// The peer's bytes are no record.
    fn refuse(&mut self, error: Error) {
        let alert = match std::mem::replace(&mut self.state, State::Over) {
            State::ExpectClientHello(state) => state.abort(error).alert,
            State::ExpectClientFinished(state) => state.abort(error).alert,
            State::ExpectServer(state) => state.abort(error).alert,
            State::ExpectWelcome(state, _) => state.abort(error).alert,
            State::Open(mut connection) => {
                let mut alert = Vec::new();
                connection.sender.abort(error, &mut alert).unwrap();
                alert
            }
            State::Over => Vec::new(),
        };
        self.unread.clear();
        self.unsent.extend(alert);
        self.seen.error.get_or_insert(error);
    }

    fn step(&mut self, state: State, header: &Header, body: Vec<u8>) -> Result<State, Failure> {
        match state {
            State::ExpectClientHello(state) => self.answer(state, header, body),
            State::ExpectClientFinished(state) => Ok(match state.receive(header, body)? {
                FinishedProgress::Wait(state) => State::ExpectClientFinished(state),
                FinishedProgress::Connected(connection) => State::Open(connection),
            }),
            State::ExpectServer(state) => Ok(match state.receive(header, body)? {
                ClientProgress::Wait(state) => State::ExpectServer(state),
                ClientProgress::Unconfirmed(state) => State::ExpectWelcome(state, Vec::new()),
            }),
            State::ExpectWelcome(state, before) => {
                let (state, data) = state.receive(header, body)?;
                self.judge(state, [before, data].concat())
            }
            State::Open(connection) => Ok(self.read(connection, header, body)),
            State::Over => Ok(State::Over),
        }
    }

    fn answer(
        &mut self,
        state: ServerHandshake,
        header: &Header,
        body: Vec<u8>,
    ) -> Result<State, Failure> {
        let with = Answer { keys: &self.relay.keys, welcome: self.relay.welcome.as_slice() };
        Ok(match state.receive(header, body, with, &mut self.rng)? {
            ServerProgress::Wait(state) => State::ExpectClientHello(state),
            ServerProgress::Retried(state, flight) => {
                self.unsent.extend(flight);
                State::ExpectClientHello(state)
            }
            ServerProgress::Answered(state, flight) => {
                self.unsent.extend(flight);
                State::ExpectClientFinished(state)
            }
        })
    }

    /// Finished goes out once the key set verifies and holds the key that signed.
    fn judge(&mut self, state: Unconfirmed, welcome: Vec<u8>) -> Result<State, Failure> {
        let cell = match <&[u8; CELL_LEN]>::try_from(welcome.as_slice()) {
            Ok(cell) => cell,
            Err(_) if welcome.len() < CELL_LEN => return Ok(State::ExpectWelcome(state, welcome)),
            Err(_) => return Err(state.abort(PeerMisbehaved::RecordLength.into())),
        };
        let Some(key_set) = verify(cell, &self.relay.network) else {
            return Err(state.abort(Error::IdentityRefused));
        };
        let (connection, finished) = state.confirm(&key_set)?;
        self.unsent.extend(finished);
        Ok(State::Open(Box::new(connection)))
    }

    fn read(&mut self, mut connection: Box<Connection>, header: &Header, body: Vec<u8>) -> State {
        match connection.receiver.receive(header, body) {
            Ok(Received::Data(data)) => self.seen.data.extend(data),
            Ok(Received::KeyUpdate) => self.seen.key_updates += 1,
            Ok(Received::UserCanceled) => {}
            Ok(Received::Closed) => self.seen.closed = true,
            Err(error) if self.seen.closed => {
                assert!(matches!(error, Error::PeerAlert(_)), "{error:?}");
            }
            Err(error) => {
                connection.sender.abort(error, &mut self.unsent).unwrap();
                self.seen.error = Some(error);
            }
        }
        State::Open(connection)
    }
}
