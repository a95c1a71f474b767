//! What is chosen from a ClientHello, and what is asked for when its shares do not do.
//!
//! ```text
//!  a share of a group that is accepted        -> ServerHello
//!  such a group, without a share              -> HelloRetryRequest, once
//!  no such group                              -> handshake_failure
//! ```
//!
//! Sources: [RFC 8446, sections 4.1.1](https://www.rfc-editor.org/rfc/rfc8446#section-4.1.1) and
//! [4.1.4](https://www.rfc-editor.org/rfc/rfc8446#section-4.1.4).

use super::credential::Credential;
use super::expect_client_hello::Greeting;
use super::expect_client_hello::send_change_cipher_spec;
use crate::handshake::error::Error;
use crate::handshake::error::PeerIncompatible;
use crate::handshake::error::PeerMisbehaved;
use crate::handshake::messages::ClientHello;
use crate::handshake::messages::Message;
use crate::handshake::messages::encode_hello_retry_request;
use crate::handshake::parameters::CipherSuite;
use crate::handshake::parameters::Pin;
use crate::handshake::record;
use crate::handshake::record::ContentType;
use crate::handshake::transcript::Transcript;

/// A HelloRetryRequest is sent: what the second ClientHello is held against.
#[derive(Debug)]
pub(super) struct Retry {
    suite: CipherSuite,
    pin: Pin,
    credential: Credential,
    transcript: Transcript,
    /// See [`ClientHello::constant_part`].
    constant_part: [u8; 32],
}

/// What a first ClientHello leads to.
pub(super) enum Choice<'a> {
    Answer(Greeting<'a>),
    Retry(Retry),
}

/// The client's first acceptable suite and share, and the key for it. If there is no such
/// share, a HelloRetryRequest for the client's first acceptable group is written.
pub(super) fn choose<'a>(
    message: &Message,
    hello: &'a ClientHello<'a>,
    flight: &mut Vec<u8>,
) -> Result<Choice<'a>, Error> {
    let suite = hello
        .suites
        .iter()
        .find_map(|code| CipherSuite::from_code(*code))
        .ok_or(PeerIncompatible::CipherSuite)?;
    let mut transcript = Transcript::new(suite.hash());
    transcript.add(message.raw());
    let acceptable = hello
        .key_shares
        .iter()
        .find_map(|(code, share)| Pin::from_group_code(*code).map(|pin| (pin, *share)));
    if let Some((pin, share)) = acceptable {
        let credential = Credential::choose(hello, pin)?;
        let greeting =
            Greeting { hello, suite, pin, credential, share, transcript, retried: false };
        return Ok(Choice::Answer(greeting));
    }
    let pin = hello
        .groups
        .iter()
        .find_map(|code| Pin::from_group_code(*code))
        .ok_or(PeerIncompatible::Group)?;
    Retry::send(hello, suite, pin, transcript, flight).map(Choice::Retry)
}

impl Retry {
    // <-------- HelloRetryRequest
    fn send(
        hello: &ClientHello<'_>,
        suite: CipherSuite,
        pin: Pin,
        transcript: Transcript,
        flight: &mut Vec<u8>,
    ) -> Result<Self, Error> {
        // The second ClientHello lists the same: what it cannot be answered with is known now.
        let credential = Credential::choose(hello, pin)?;
        let request = encode_hello_retry_request(hello.session_id, suite.code(), pin.group_code());
        // Transcript-Hash(ClientHello1, HelloRetryRequest, ... Mn) =
        //   Hash(message_hash ‖ 00 00 Hash.length ‖ Hash(ClientHello1) ‖ HelloRetryRequest ‖ ... Mn)
        let mut transcript = transcript.into_message_hash();
        transcript.add(&request);
        record::write_plain(ContentType::Handshake, &request, flight)?;
        send_change_cipher_spec(hello, flight)?;
        Ok(Self { suite, pin, credential, transcript, constant_part: hello.constant_part() })
    }

    // ClientHello -------->
    pub(super) fn accept<'a>(
        self,
        message: &Message,
        hello: &'a ClientHello<'a>,
    ) -> Result<Greeting<'a>, Error> {
        let Self { suite, pin, credential, mut transcript, constant_part } = self;
        // The key_share is to be "a list containing a single KeyShareEntry from the indicated
        // group"; "early data is not permitted after a HelloRetryRequest" (section 4.1.2).
        let share = match hello.key_shares.as_slice() {
            [(code, share)] if *code == pin.group_code() => *share,
            _ => return Err(PeerMisbehaved::ChangedClientHello.into()),
        };
        if hello.early_data || hello.constant_part() != constant_part {
            return Err(PeerMisbehaved::ChangedClientHello.into());
        }
        transcript.add(message.raw());
        Ok(Greeting { hello, suite, pin, credential, share, transcript, retried: true })
    }
}
