//! What holds at the end of every handshake and of every connection.

use bauta::handshake::Error;
use bauta::handshake::Failure;
use bauta::handshake::PADDED_LEN;
use bauta::handshake::alert::alert_for;

/// A record after the handshake, and every sealed alert: header, content, type, tag.
pub(super) const RECORD_LEN: usize = 5 + PADDED_LEN + 1 + 16;

/// The alerts of docs/PROTOCOL.md that a peer can earn; internal_error is none of them.
const ALERTS: [u8; 15] = [0, 10, 20, 22, 40, 42, 43, 46, 47, 48, 50, 51, 70, 109, 110];

/// The error of a handshake that ended before its keys: its alert can be read.
pub(super) fn plain(failure: Failure) -> Error {
    let expected = code(failure.error).map(|code| [21, 3, 3, 0, 2, 2, code]);
    assert_eq!(failure.alert, expected.map_or(vec![], Vec::from));
    failure.error
}

/// The error of a handshake whose alerts may be sealed by now.
pub(super) fn plain_or_sealed(failure: Failure) -> Error {
    let expected = code(failure.error);
    match failure.alert.len() {
        0 => assert_eq!(expected, None),
        RECORD_LEN => assert!(expected.is_some()),
        _ => return plain(failure),
    }
    failure.error
}

/// What the peer is told of an error, if it is to be told anything. No peer can cause what is a
/// fault of this side, or wear out a key in the few records that an input has.
pub(super) fn code(error: Error) -> Option<u8> {
    assert!(!matches!(error, Error::ApiMisuse | Error::KeyExhausted), "{error}");
    let code = alert_for(error).map(|alert| alert.code());
    assert!(code.is_none_or(|code| ALERTS.contains(&code)), "{error}");
    code
}
