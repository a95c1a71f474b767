//! Handshakes that come to nothing: a Welcome that is refused, strangers, silence.

use std::time::Duration;

use bauta::handshake;
use bauta::handshake::ClientHandshake;
use bauta::handshake::Pin;
use bauta::handshake::client::Offer;
use bauta::handshake::error::PeerMisbehaved;
use bauta::handshake::identity::IdentityError;
use bauta::handshake::identity::VerifiedKeySet;
use bauta::net::channel::CELL_LEN;
use bauta::net::channel::ChannelError;
use bauta::net::channel::ConnectError;
use bauta::net::channel::HANDSHAKE_DEADLINE;
use bauta::net::channel::accept;
use bauta::net::channel::connect;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::io::duplex;

use crate::ends::FAST;
use crate::ends::Relay;
use crate::ends::cell;

/// What both sides say when the client's judgement of Welcome is this.
async fn judged(
    verify: impl FnOnce(&[u8; CELL_LEN]) -> Result<VerifiedKeySet, IdentityError> + Send,
) -> (ConnectError<IdentityError>, ChannelError) {
    let relay = Relay::new(1);
    let (a, b) = duplex(1 << 16);
    let (mut rng_a, mut rng_b) = (StdRng::seed_from_u64(2), StdRng::seed_from_u64(3));
    let welcome = cell(7);
    let (client, server) = tokio::join!(
        connect(a, FAST, &mut rng_a, verify),
        accept(b, &relay.keys, &welcome, HANDSHAKE_DEADLINE, &mut rng_b)
    );
    (client.unwrap_err(), server.unwrap_err())
}

fn told(error: &ChannelError) -> handshake::AlertDescription {
    match error {
        ChannelError::Protocol(handshake::Error::PeerAlert(alert)) => *alert,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_refused_welcome_ends_it_before_finished() {
    let (client, server) = judged(|_| Err(IdentityError::BadSignature)).await;
    assert!(matches!(client, ConnectError::Refused(IdentityError::BadSignature)));
    assert_eq!(told(&server), handshake::AlertDescription::UNKNOWN_CA);
}

#[tokio::test]
async fn a_signer_outside_the_key_set_ends_it_before_finished() {
    let (client, server) = judged(|_| Relay::new(9).verify()).await;
    let expected = handshake::Error::from(PeerMisbehaved::SignerNotInKeySet);
    assert!(matches!(
        client,
        ConnectError::Channel(ChannelError::Protocol(error)) if error == expected
    ));
    assert_eq!(told(&server), handshake::AlertDescription::CERTIFICATE_UNKNOWN);
}

#[tokio::test(start_paused = true)]
async fn a_silent_peer_is_left_at_the_deadline() {
    let relay = Relay::new(1);
    let mut rng = StdRng::seed_from_u64(2);
    let (_silent, stream) = duplex(1 << 16);
    let deadline = Duration::from_secs(3);
    let before = tokio::time::Instant::now();
    let accepted = accept(stream, &relay.keys, &cell(7), deadline, &mut rng).await;
    assert!(matches!(accepted, Err(ChannelError::TimedOut)));
    assert_eq!(before.elapsed(), deadline);

    let (_silent, stream) = duplex(1 << 16);
    let before = tokio::time::Instant::now();
    let connected = connect(stream, FAST, &mut rng, |_| relay.verify()).await;
    assert!(matches!(connected, Err(ConnectError::Channel(ChannelError::TimedOut))));
    assert_eq!(before.elapsed(), HANDSHAKE_DEADLINE);
}

/// One byte now and then resets no clock.
#[tokio::test(start_paused = true)]
async fn a_slow_peer_is_left_at_the_deadline() {
    let relay = Relay::new(1);
    let mut rng = StdRng::seed_from_u64(2);
    let (mut slow, stream) = duplex(1 << 16);
    let drip = async {
        slow.write_all(&[22, 3, 1, 0x40, 0, 1, 0, 0x3f, 0xfc]).await.unwrap();
        while slow.write_all(&[0]).await.is_ok() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    let welcome = cell(7);
    let accept = accept(stream, &relay.keys, &welcome, HANDSHAKE_DEADLINE, &mut rng);
    let (accepted, ()) = tokio::join!(accept, drip);
    assert!(matches!(accepted, Err(ChannelError::TimedOut)));
}

/// What the relay answers to these first bytes, and what it makes of them.
async fn first_bytes(bytes: &[u8]) -> (Vec<u8>, ChannelError) {
    let relay = Relay::new(1);
    let mut rng = StdRng::seed_from_u64(2);
    let (mut stranger, stream) = duplex(1 << 16);
    stranger.write_all(bytes).await.unwrap();
    stranger.shutdown().await.unwrap();
    let error =
        accept(stream, &relay.keys, &cell(7), HANDSHAKE_DEADLINE, &mut rng).await.unwrap_err();
    let mut answer = Vec::new();
    stranger.read_to_end(&mut answer).await.unwrap();
    (answer, error)
}

#[tokio::test]
async fn strangers_who_speak_something_else_are_told_by_an_alert() {
    let (answer, error) = first_bytes(b"GET / HTTP/1.1\r\n\r\n").await;
    assert_eq!(answer, [21, 3, 3, 0, 2, 2, 10]);
    assert!(matches!(error, ChannelError::Protocol(_)));
    let (answer, _) = first_bytes(&[22, 3, 1, 0xff, 0xff, 1]).await;
    assert_eq!(answer, [21, 3, 3, 0, 2, 2, 22]);
    for cut in [&[][..], &[22], &[22, 3, 1, 0, 9], &[22, 3, 1, 0, 9, 1, 2]] {
        let (answer, error) = first_bytes(cut).await;
        assert!(answer.is_empty());
        assert!(matches!(error, ChannelError::Truncated));
    }
}

/// The share is taken out of a ClientHello: three lengths shrink by the 36 bytes that it had.
#[tokio::test]
async fn a_client_without_a_share_is_asked_for_one() {
    let offer = Offer { pin: Pin::new(FAST.exchange), suite: FAST.suite };
    let (_, mut hello) = ClientHandshake::start(offer, &mut StdRng::seed_from_u64(4)).unwrap();
    hello.truncate(hello.len() - 42);
    hello.extend([0, 51, 0, 2, 0, 0]);
    for at in [4, 8, 51] {
        hello[at] -= 36;
    }
    let (answer, error) = first_bytes(&hello).await;
    assert_eq!(answer[..6], [22, 3, 3, 0, 56, 2]);
    assert_eq!(answer[answer.len() - 6..], [0, 51, 0, 2, 0, 29]);
    assert!(matches!(error, ChannelError::Truncated));
}

#[tokio::test]
async fn noise_of_any_kind_ends_in_an_error() {
    for seed in 0..200 {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut noise = [0; 512];
        rand::Rng::fill_bytes(&mut rng, &mut noise);
        // Half of it looks like a record with a ClientHello.
        if seed % 2 == 0 {
            noise[..9].copy_from_slice(&[22, 3, 1, 1, 0xfb, 1, 0, 1, 0xf7]);
        }
        first_bytes(&noise).await;
    }
}
