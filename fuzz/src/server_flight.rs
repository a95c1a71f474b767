//! A client before it trusts: a flight that is sealed, and signed if its author is the server.

use std::cell::Cell;

use arbitrary::Arbitrary;
use arbitrary::Unstructured;
use bauta::handshake::CipherSuite;
use bauta::handshake::Error;
use bauta::handshake::Group;
use bauta::handshake::client::Offer;
use bauta::handshake::record::ContentType;
use bauta::handshake::record::Sealer;

use super::edit::Edit;
use super::edit::content_type_of;
use super::edit::pieces;
use super::edit::shortened;
use super::oracle;
use super::support::*;

/// How far the server came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The client waits for more.
    Starved,
    /// The client refused.
    Refused(Error),
    /// The client believes that the server holds its key, and has read Welcome.
    Believed,
}

/// Puts an input to a client.
///
/// # Panics
/// On a finding.
pub fn run(data: &[u8]) -> End {
    let Some((way, rest)) = data.split_first() else { return End::Starved };
    let offer = offer_of(way / 2);
    let mut input = Unstructured::new(rest);
    if way % 2 == 0 {
        return Vec::arbitrary(&mut input).map_or(End::Starved, |edits| on_the_way(offer, &edits));
    }
    Input::arbitrary_take_rest(input).map_or(End::Starved, |input| input.run(offer))
}

/// The flight of a real relay, edited by somebody who has no keys.
fn on_the_way(offer: Offer, edits: &[Edit]) -> End {
    let (client, hello) = client(offer);
    let (_, honest) = serve(&hello).answered();
    let mut flight = honest.clone();
    edits.iter().for_each(|edit| edit.apply(&mut flight));
    let end = end_of(drive_client(client, &flight));
    assert!(flight != honest || end == End::Believed, "nothing is wrong");
    end
}

/// The fast ones: with others the fuzzer would try the curves and not the parsers.
fn offer_of(number: u8) -> Offer {
    let chacha = CipherSuite::ChaCha20Poly1305Sha256;
    match number % 4 {
        0 => p256(),
        1 => Offer { suite: chacha, ..classical(Group::X25519) },
        2 => hybrid(Group::X25519),
        _ => Offer { suite: chacha, ..p256_mlkem768() },
    }
}

fn end_of(client: ClientEnd) -> End {
    match client {
        ClientEnd::Starved => End::Starved,
        ClientEnd::Refused(failure) => End::Refused(oracle::plain_or_sealed(failure)),
        ClientEnd::Unconfirmed(state) => {
            // It can only have believed the one key that signs here.
            assert!(state.confirm(&RELAY.verified).is_ok());
            End::Believed
        }
    }
}

/// An honest flight, if nothing is in it.
#[derive(Arbitrary, Debug)]
struct Input {
    /// Whether the server itself says what is edited: then it hashes and signs that.
    by_server: bool,
    changes: Vec<(u8, Change)>,
    /// Lengths of the sealed records.
    cuts: Vec<u8>,
    /// Records in front of the sealed one with a number.
    between: Vec<(u8, Other)>,
}

#[derive(Arbitrary, Debug)]
enum Change {
    /// Of the message as it is.
    Raw { edit: Edit },
    /// Of the body; the length is mended.
    Body { edit: Edit },
    /// One extension more, in ServerHello or EncryptedExtensions; all lengths are mended.
    Extension { code: u8, body: Vec<u8> },
}

#[derive(Arbitrary, Debug)]
enum Other {
    ChangeCipherSpec,
    Plain { content_type: u8, content: Vec<u8> },
    Sealed { content_type: u8, content: Vec<u8> },
}

impl Input {
    fn run(&self, offer: Offer) -> End {
        let (client, hello) = client(offer);
        let changed = Cell::new(false);
        let liar = if self.by_server { Liar::Server } else { Liar::Between };
        let flight = Puppet::new(offer, &hello).flight(liar, |step, message| {
            let before = message.clone();
            let here = |number: u8| STEPS[usize::from(number) % STEPS.len()] == step;
            let changes = self.changes.iter().filter(|(number, _)| here(*number));
            changes.for_each(|(_, change)| change.apply(step, message));
            changed.set(changed.get() || *message != before);
        });
        let end = end_of(drive_client(client, &self.sealed(&flight)));
        if changed.get() && !self.by_server {
            assert_ne!(end, End::Believed, "the transcripts differ");
        }
        if !changed.get() && self.between.is_empty() {
            assert_eq!(end, End::Believed, "nothing is wrong");
        }
        end
    }

    fn sealed(&self, flight: &PuppetFlight) -> Vec<u8> {
        let hello = flight.messages[0].chunks(1 << 14);
        let mut out = hello.map(|piece| plain(ContentType::Handshake, piece)).collect::<Vec<_>>();
        let mut sealer = flight.handshake_sealer();
        let messages = flight.messages[1..].concat();
        for (number, piece) in pieces(&messages, &self.cuts).into_iter().enumerate() {
            for (_, other) in self.between.iter().filter(|(at, _)| usize::from(*at) == number) {
                out.push(other.to_record(&mut sealer));
            }
            out.push(seal(&mut sealer, ContentType::Handshake, piece));
        }
        let mut sealer = flight.application_sealer();
        out.push(seal(&mut sealer, ContentType::ApplicationData, &WELCOME));
        out.concat()
    }
}

impl Other {
    fn to_record(&self, sealer: &mut Sealer) -> Vec<u8> {
        match self {
            Self::ChangeCipherSpec => plain(ContentType::ChangeCipherSpec, &[1]),
            Self::Plain { content_type, content } => {
                plain(content_type_of(*content_type), shortened(content))
            }
            Self::Sealed { content_type, content } => {
                seal(sealer, content_type_of(*content_type), shortened(content))
            }
        }
    }
}

impl Change {
    fn apply(&self, step: Step, message: &mut Vec<u8>) {
        match self {
            Self::Raw { edit } => edit.apply(message),
            Self::Body { edit } => {
                let mut body = message.get(4..).unwrap_or_default().to_vec();
                edit.apply(&mut body);
                message.splice(4.min(message.len()).., body);
                mend(message);
            }
            Self::Extension { code, body } => {
                let length_at = match step {
                    // Version, random, no session id, suite, compression.
                    Step::ServerHello => 4 + 2 + 32 + 1 + 2 + 1,
                    _ => 4,
                };
                let Some(block) = message.get(length_at + 2..) else { return };
                let added = extension(u16::from(*code), shortened(body));
                let block = vec16(shortened(&[block, &added].concat()));
                message.splice(length_at.., block);
                mend(message);
            }
        }
    }
}

/// Writes how long the message is.
fn mend(message: &mut [u8]) {
    let len = u32::try_from(message.len().saturating_sub(4)).unwrap_or(u32::MAX).to_be_bytes();
    if let Some(field) = message.get_mut(1..4) {
        field.copy_from_slice(&len[1..]);
    }
}
