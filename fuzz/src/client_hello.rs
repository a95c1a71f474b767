//! A relay before the client's Finished.

use arbitrary::Arbitrary;
use arbitrary::Unstructured;
use bauta::crypto::key_exchange::ClientKey;
use bauta::crypto::key_exchange::KeyExchange;
use bauta::handshake::Error;
use bauta::handshake::ServerHandshake;
use bauta::handshake::record::ContentType;
use bauta::handshake::record::HEADER_LEN;

use super::edit::Edit;
use super::edit::pieces;
use super::edit::place;
use super::oracle;
use super::support::*;

/// How far the client came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The relay waits for more.
    Starved,
    /// The relay refused.
    Refused(Error),
    /// The relay asked for another ClientHello.
    Retried,
    /// The relay answered the first ClientHello.
    Answered,
    /// The relay answered the second ClientHello.
    AnsweredAgain,
}

/// Puts an input to a relay.
///
/// # Panics
/// On a finding.
pub fn run(data: &[u8]) -> End {
    let Some((way, rest)) = data.split_first() else { return End::Starved };
    match way % 3 {
        // Whatever there is, as it comes from the network.
        0 => Relay::new().take(rest, &[]),
        // One message, whole, of any length that a message may have.
        1 => {
            Relay::new().take(&records(&message(1, rest.get(..MAX_LEN).unwrap_or(rest)), &[]), &[])
        }
        _ => match Input::arbitrary_take_rest(Unstructured::new(rest)) {
            Ok(input) => input.run(),
            Err(_) => End::Starved,
        },
    }
}

/// A relay, and whether it has asked for another ClientHello.
struct Relay {
    state: ServerHandshake,
    retried: Option<Vec<u8>>,
}

impl Relay {
    fn new() -> Self {
        Self { state: ServerHandshake::new(), retried: None }
    }

    /// Takes records up to an answer or an error, and these ones behind an answer.
    fn take(&mut self, bytes: &[u8], behind: &[u8]) -> End {
        let state = std::mem::take(&mut self.state);
        match drive_server(state, &RELAY.keys, bytes, 2) {
            ServerEnd::Starved => End::Starved,
            ServerEnd::Refused(failure) => End::Refused(oracle::plain(failure)),
            ServerEnd::Retried(state, flight) => {
                assert!(self.retried.is_none(), "asked twice");
                (self.state, self.retried) = (*state, Some(flight));
                End::Retried
            }
            ServerEnd::Answered(state, _) => {
                match drive_finished(*state, behind) {
                    FinishedEnd::Starved => (),
                    FinishedEnd::Refused(failure) => drop(oracle::plain_or_sealed(failure)),
                    FinishedEnd::Connected(..) => panic!("connected to whoever has no keys"),
                }
                if self.retried.is_some() { End::AnsweredAgain } else { End::Answered }
            }
        }
    }
}

/// A ClientHello that another client might send, or nobody; none of it is the honest one.
#[derive(Arbitrary, Debug)]
struct Input {
    group: u8,
    changes: Vec<Change>,
    edits: Vec<Edit>,
    /// Lengths of the records.
    cuts: Vec<u8>,
    /// To the second ClientHello, if there is one.
    second_changes: Vec<Change>,
    second_edits: Vec<Edit>,
    /// Behind the answer.
    behind: Vec<u8>,
}

impl Input {
    fn run(&self) -> End {
        let exchange = exchange_of(self.group);
        let mut hello = Hello::honest(exchange);
        self.changes.iter().for_each(|change| change.apply(&mut hello));
        let mut relay = Relay::new();
        let end = relay.take(&hello.to_records(&self.edits, &self.cuts), &self.behind);
        let Some(asked) = relay.retried.as_ref().and_then(|flight| requested(flight)) else {
            return end;
        };
        hello.set(KEY_SHARE, vec16(&share(asked)));
        self.second_changes.iter().for_each(|change| change.apply(&mut hello));
        relay.take(&hello.to_records(&self.second_edits, &self.cuts), &self.behind)
    }
}

/// A change that keeps the lengths right.
#[derive(Arbitrary, Debug)]
enum Change {
    SessionId {
        len: u8,
    },
    Suites {
        codes: Vec<u16>,
    },
    Compression {
        methods: Vec<u8>,
    },
    /// A list of known and unknown groups in supported_groups.
    Groups {
        groups: Vec<u8>,
    },
    /// Shares, good ones unless there are bytes.
    Shares {
        shares: Vec<(u8, Option<Vec<u8>>)>,
    },
    Schemes {
        codes: Vec<u16>,
    },
    Versions {
        codes: Vec<u16>,
    },
    CertificateTypes {
        types: Vec<u8>,
    },
    Extension {
        at: u8,
        code: u8,
        body: Vec<u8>,
    },
    Body {
        at: u8,
        edit: Edit,
    },
    Remove {
        at: u8,
    },
    Repeat {
        at: u8,
    },
    Swap {
        at: u8,
        with: u8,
    },
}

impl Change {
    fn apply(&self, to: &mut Hello) {
        let last = to.extensions.len().saturating_sub(1);
        let at = |at: &u8| place((*at).into(), last);
        match self {
            Self::SessionId { len } => to.session_id = vec![7; usize::from(*len % 34)],
            Self::Suites { codes } => to.suites = list(codes),
            Self::Compression { methods } => to.compression.clone_from(methods),
            Self::Groups { groups } => {
                let codes: Vec<u16> = groups.iter().map(|group| code_of(*group)).collect();
                to.set(SUPPORTED_GROUPS, vec16(&list(&codes)));
            }
            Self::Shares { shares } => to.set(KEY_SHARE, vec16(&written(shares))),
            Self::Schemes { codes } => to.set(SIGNATURE_ALGORITHMS, vec16(&list(codes))),
            Self::Versions { codes } => to.set(SUPPORTED_VERSIONS, vec8(&list(codes))),
            Self::CertificateTypes { types } => to.set(SERVER_CERTIFICATE_TYPE, vec8(types)),
            Self::Extension { at: before, code, body } => {
                let before = place((*before).into(), to.extensions.len());
                to.extensions.insert(before, (u16::from(*code), body.clone()));
            }
            Self::Body { at: index, edit } => {
                if let Some((_, body)) = to.extensions.get_mut(at(index)) {
                    edit.apply(body);
                }
            }
            Self::Remove { at: index } if !to.extensions.is_empty() => {
                to.extensions.remove(at(index));
            }
            Self::Repeat { at: index } => {
                let again = to.extensions.get(at(index)).cloned();
                to.extensions.extend(again);
            }
            Self::Swap { at: index, with } if !to.extensions.is_empty() => {
                to.extensions.swap(at(index), at(with));
            }
            Self::Remove { .. } | Self::Swap { .. } => (),
        }
    }
}

/// The fields of a ClientHello.
struct Hello {
    session_id: Vec<u8>,
    suites: Vec<u8>,
    compression: Vec<u8>,
    extensions: Vec<(u16, Vec<u8>)>,
}

impl Hello {
    fn honest(exchange: KeyExchange) -> Self {
        let pin = offer(exchange).pin;
        let extensions = vec![
            (SUPPORTED_VERSIONS, vec8(&list(&[0x0304]))),
            (SUPPORTED_GROUPS, vec16(&list(&[pin.group_code()]))),
            (SIGNATURE_ALGORITHMS, vec16(&list(&[pin.scheme_code()]))),
            (SERVER_CERTIFICATE_TYPE, vec8(&[2])),
            (KEY_SHARE, vec16(&share(exchange))),
        ];
        Self {
            session_id: vec![],
            suites: list(&[0x1302, 0x1303]),
            compression: vec![0],
            extensions,
        }
    }

    fn set(&mut self, code: u16, body: Vec<u8>) {
        match self.extensions.iter_mut().find(|(known, _)| *known == code) {
            Some((_, old)) => *old = body,
            None => self.extensions.push((code, body)),
        }
    }

    fn to_records(&self, edits: &[Edit], cuts: &[u8]) -> Vec<u8> {
        let extensions: Vec<_> =
            self.extensions.iter().map(|(code, body)| extension(*code, cut(body))).collect();
        let hello = [
            &[3, 3][..],
            &[5; 32],
            &vec8(&self.session_id),
            &vec16(cut(&self.suites)),
            &vec8(&self.compression),
            &vec16(cut(&extensions.concat())),
        ];
        let mut message = message(1, &hello.concat());
        edits.iter().for_each(|edit| edit.apply(&mut message));
        records(&message, cuts)
    }
}

fn records(message: &[u8], cuts: &[u8]) -> Vec<u8> {
    let records =
        pieces(message, cuts).into_iter().map(|piece| plain(ContentType::Handshake, piece));
    records.collect::<Vec<_>>().concat()
}

/// The group that a HelloRetryRequest, whose key_share stands last, asks for.
fn requested(flight: &[u8]) -> Option<KeyExchange> {
    let end = HEADER_LEN + usize::from(u16::from_be_bytes([*flight.get(3)?, *flight.get(4)?]));
    let code = flight.get(end - 2..end)?;
    KeyExchange::ALL
        .into_iter()
        .find(|exchange| offer(*exchange).pin.group_code().to_be_bytes() == code)
}

/// `group <share>`, a good one.
fn share(exchange: KeyExchange) -> Vec<u8> {
    let key = ClientKey::generate(exchange, &mut rng(4)).share();
    [&offer(exchange).pin.group_code().to_be_bytes()[..], &vec16(&key)].concat()
}

fn written(shares: &[(u8, Option<Vec<u8>>)]) -> Vec<u8> {
    let shares = shares.iter().map(|(group, bytes)| match bytes {
        None => share(exchange_of(*group)),
        Some(bytes) => [&code_of(*group).to_be_bytes()[..], &vec16(cut(bytes))].concat(),
    });
    cut(&shares.collect::<Vec<_>>().concat()).to_vec()
}

fn exchange_of(number: u8) -> KeyExchange {
    KeyExchange::ALL[usize::from(number) % KeyExchange::ALL.len()]
}

/// A group, mostly one that is known.
fn code_of(number: u8) -> u16 {
    match KeyExchange::ALL.get(usize::from(number % 10)) {
        Some(exchange) => offer(*exchange).pin.group_code(),
        None => number.into(),
    }
}

fn list(codes: &[u16]) -> Vec<u8> {
    codes.iter().flat_map(|code| code.to_be_bytes()).collect()
}

fn vec8(content: &[u8]) -> Vec<u8> {
    let content = &content[..content.len().min(255)];
    [&[u8::try_from(content.len()).unwrap_or(255)], content].concat()
}

/// As much as fits behind a length of two bytes, with some room.
fn cut(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len().min(60_000)]
}

const SUPPORTED_GROUPS: u16 = 10;
const SIGNATURE_ALGORITHMS: u16 = 13;
const SERVER_CERTIFICATE_TYPE: u16 = 20;
const SUPPORTED_VERSIONS: u16 = 43;
const KEY_SHARE: u16 = 51;
/// The longest message that three bytes can announce is longer than any input.
const MAX_LEN: usize = 1 << 20;
