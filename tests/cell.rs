//! Cells: every frame there and back, and nothing but what the builder writes is accepted.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use bauta::crypto::join::JoinProof;
use bauta::crypto::puzzle::Solution;
use bauta::crypto::secret::Secret;
use bauta::net::cell;
use bauta::net::cell::Address;
use bauta::net::cell::CELL_LEN;
use bauta::net::cell::Capability;
use bauta::net::cell::CellBuilder;
use bauta::net::cell::CellError;
use bauta::net::cell::ClientFrame;
use bauta::net::cell::CloseReason;
use bauta::net::cell::Demand;
use bauta::net::cell::ENVELOPE_LEN;
use bauta::net::cell::Envelope;
use bauta::net::cell::EnvelopeId;
use bauta::net::cell::Frame;
use bauta::net::cell::Limits;
use bauta::net::cell::Pace;
use bauta::net::cell::Policy;
use bauta::net::cell::Refusal;
use bauta::net::cell::RelayFrame;
use bauta::net::cell::SEED_LEN;
use bauta::net::cell::SUBSCRIBE_MAX;
use bauta::net::cell::Seed;
use bauta::net::cell::Welcome;
use proptest::prelude::*;

fn id(byte: u8) -> EnvelopeId {
    EnvelopeId::new([byte; 16])
}

fn address(byte: u8) -> Address {
    Address::new([byte; 32])
}

fn envelope(byte: u8) -> Envelope {
    Envelope::from_slice(&[byte; ENVELOPE_LEN]).unwrap()
}

fn capability(byte: u8) -> Capability {
    Capability::new(Secret::new([byte; 32]))
}

fn client_frames() -> Vec<ClientFrame> {
    vec![
        ClientFrame::Hello { version: cell::VERSION, join: None },
        ClientFrame::Hello {
            version: cell::VERSION,
            join: Some(JoinProof::from_bytes([0xf3; 32])),
        },
        ClientFrame::Put { id: id(1), address: address(2), envelope: envelope(3), proof: None },
        put_with_proof(),
        ClientFrame::Subscribe { capabilities: vec![capability(4)] },
        ClientFrame::Subscribe { capabilities: (0..64).map(capability).collect() },
        ClientFrame::Unsubscribe { capabilities: vec![capability(5), capability(6)] },
        ClientFrame::Ack { capability: capability(7), up_to: u64::MAX },
        ClientFrame::Cancel { capability: capability(8), id: id(9) },
        ClientFrame::Ping,
        ClientFrame::Steady { pace: Pace::MOST },
    ]
}

fn demand() -> Demand {
    Demand { seed: Seed::new([0xf1; SEED_LEN]), effort: 0x0102_0304 }
}

fn put_with_proof() -> ClientFrame {
    let proof = Some(demand().proof(Solution::from_bytes([0xf2; 24])));
    ClientFrame::Put { id: id(1), address: address(2), envelope: envelope(3), proof }
}

/// The same, asking for everything that there is.
fn demanding_welcome() -> RelayFrame {
    let RelayFrame::Welcome(mut welcome) = welcome() else { panic!("a welcome") };
    welcome.policy.work = Some(demand());
    welcome.policy.join = true;
    RelayFrame::Welcome(welcome)
}

fn welcome() -> RelayFrame {
    RelayFrame::Welcome(Box::new(Welcome {
        versions: vec![1, 2],
        network_key: vec![1; 158],
        key_set: vec![2; 400],
        signature: vec![3; 139],
        now: 1_800_000_000,
        retention: 21 * 86_400,
        limits: Limits {
            envelopes_per_mailbox: 1024,
            subscriptions: 512,
            window: 64,
            idle: 600,
            pace: Pace::SECOND,
        },
        policy: Policy::default(),
    }))
}

fn relay_frames() -> Vec<RelayFrame> {
    vec![
        welcome(),
        demanding_welcome(),
        RelayFrame::Work { demand: demand() },
        RelayFrame::Stored { id: id(1), expires: u64::MAX },
        RelayFrame::Full { id: id(2) },
        RelayFrame::Refused { id: id(3), reason: Refusal::Share, retry_after: u32::MAX },
        RelayFrame::Deliver {
            address: address(4),
            seq: u64::MAX,
            expires: u64::MAX,
            envelope: envelope(5),
        },
        RelayFrame::Cancelled { id: id(6) },
        RelayFrame::Gone { id: id(7) },
        RelayFrame::Replaced { address: address(8) },
        RelayFrame::Pong,
        RelayFrame::Closing { reason: CloseReason::Stopping, retry_after: 60 },
        RelayFrame::Closing { reason: CloseReason::Full, retry_after: 60 },
        RelayFrame::Closing { reason: CloseReason::SubscriptionsInAll, retry_after: 0 },
        RelayFrame::Closing { reason: CloseReason::TooFast, retry_after: u32::MAX },
        RelayFrame::Refused { id: id(9), reason: Refusal::TooFast, retry_after: 1 },
    ]
}

/// A cell holding these bytes as its only frame.
fn framed(frame: &[u8]) -> [u8; CELL_LEN] {
    let mut cell = [0; CELL_LEN];
    cell[..2].copy_from_slice(&u16::try_from(frame.len()).unwrap().to_be_bytes());
    cell[2..2 + frame.len()].copy_from_slice(frame);
    cell
}

/// The bytes of the only frame in a cell.
fn body(cell: &[u8; CELL_LEN]) -> Vec<u8> {
    let len = usize::from(u16::from_be_bytes([cell[0], cell[1]]));
    cell[2..2 + len].to_vec()
}

fn refused<F: Frame + std::fmt::Debug>(frame: &[u8]) -> CellError {
    cell::decode::<F>(&framed(frame)).unwrap_err()
}

/// Whatever is accepted is written back as the same cell.
fn accepted_means_identical<F: Frame>(cell: &[u8; CELL_LEN]) -> bool {
    let Ok(frames) = cell::decode::<F>(cell) else { return true };
    let mut builder = CellBuilder::new();
    for frame in frames {
        assert!(builder.push(frame).is_ok(), "what came out of a cell fits into one");
    }
    *builder.finish() == *cell
}

#[test]
fn every_frame_makes_the_round_trip() {
    for frame in client_frames() {
        let sent = format!("{frame:?}");
        let cell = cell::encode(frame).unwrap();
        let frames = cell::decode::<ClientFrame>(&cell).unwrap();
        assert_eq!(format!("{:?}", frames[0]), sent);
        assert!(accepted_means_identical::<ClientFrame>(&cell));
    }
    for frame in relay_frames() {
        let cell = cell::encode(frame.clone()).unwrap();
        assert_eq!(cell::decode::<RelayFrame>(&cell).unwrap(), [frame]);
    }
}

#[test]
fn a_cell_holds_as_many_frames_as_fit() {
    let mut builder = CellBuilder::new();
    let mut pushed = 0;
    while builder.push(RelayFrame::Gone { id: id(pushed) }).is_ok() {
        pushed += 1;
    }
    assert_eq!(usize::from(pushed), CELL_LEN / (2 + 1 + 2 + 1 + 16));
    let frames = cell::decode::<RelayFrame>(&builder.finish()).unwrap();
    assert_eq!(frames.len(), usize::from(pushed));
    assert_eq!(frames.last(), Some(&RelayFrame::Gone { id: id(pushed - 1) }));
}

#[test]
fn a_frame_that_does_not_fit_comes_back_and_leaves_no_trace() {
    let mut builder = CellBuilder::new();
    builder.push(ClientFrame::Ping).unwrap();
    builder.push(put_with_proof()).unwrap();
    let big = ClientFrame::Subscribe { capabilities: (0..64).map(capability).collect() };
    assert!(matches!(builder.push(big), Err(ClientFrame::Subscribe { .. })));
    assert_eq!(cell::decode::<ClientFrame>(&builder.finish()).unwrap().len(), 2);
}

#[test]
fn an_empty_cell_means_nothing() {
    let empty = CellBuilder::new();
    assert!(empty.is_empty());
    assert!(cell::decode::<ClientFrame>(&empty.finish()).unwrap().is_empty());
}

#[test]
fn the_largest_frames_leave_room_for_a_later_version() {
    for frame in relay_frames() {
        let cell = cell::encode(frame).unwrap();
        assert!(body(&cell).len() + 2 <= CELL_LEN - 24);
    }
}

#[test]
fn a_reflected_cell_is_refused_by_number() {
    for frame in client_frames() {
        let cell = cell::encode(frame).unwrap();
        assert!(matches!(cell::decode::<RelayFrame>(&cell), Err(CellError::UnknownFrame(1..=8))));
    }
    for frame in relay_frames() {
        let cell = cell::encode(frame).unwrap();
        assert!(matches!(
            cell::decode::<ClientFrame>(&cell),
            Err(CellError::UnknownFrame(65..=75))
        ));
    }
}

#[test]
fn what_is_not_a_frame_is_refused_by_name() {
    use CellError::*;
    // Not an array, an array without a length, an empty one, a tag that is no number.
    for header in [&[0x07][..], &[0x9f, 7, 0xff], &[0x80], &[0x81, 0x61, b'x'], &[0xff], &[0xa0]] {
        assert_eq!(refused::<ClientFrame>(header), Header);
    }
    assert_eq!(refused::<ClientFrame>(&[0x81, 0]), UnknownFrame(0));
    assert_eq!(refused::<ClientFrame>(&[0x81, 0x18, 200]), UnknownFrame(200));
    assert_eq!(refused::<ClientFrame>(&[0x82, 7, 0]), Malformed("Ping"));
    assert_eq!(refused::<ClientFrame>(&[0x81, 1]), Malformed("Hello"));
    assert_eq!(refused::<ClientFrame>(&[0x84, 1, 1, 0x40, 1]), Malformed("Hello"));
    assert_eq!(refused::<ClientFrame>(&[0x83, 1, 0xf6, 0x40]), Malformed("Hello"));
    assert_eq!(refused::<ClientFrame>(&[0x83, 1, 0x1a, 0, 1, 0, 0, 0x40]), Malformed("Hello"));
    assert_eq!(refused::<ClientFrame>(&[0x83, 1, 1, 0x41, 9]), Malformed("Hello"));
    assert_eq!(refused::<ClientFrame>(&[0x82, 1, 1]), Malformed("Hello"));
    assert_eq!(refused::<ClientFrame>(&[0x81, 7, 7]), Trailing("Ping"));
    // A frame in a frame, and the same number written longer than it need be.
    assert_eq!(refused::<ClientFrame>(&[0x83, 1, 0x81, 7, 0x40]), Malformed("Hello"));
    assert_eq!(refused::<ClientFrame>(&[0x83, 1, 0x18, 1, 0x40]), NotShortest("Hello"));
    assert_eq!(refused::<ClientFrame>(&[0x81, 0x18, 7]), NotShortest("Ping"));
    assert_eq!(refused::<ClientFrame>(&[0x98, 1, 7]), NotShortest("Ping"));
    assert_eq!(refused::<RelayFrame>(&[0x83, 0x18, 74, 99, 0]), Malformed("Closing"));
}

#[test]
fn deep_nesting_is_refused_without_recursion() {
    let mut frame = vec![0x83, 1];
    frame.resize(4000, 0x81);
    assert_eq!(refused::<ClientFrame>(&frame), CellError::Malformed("Hello"));
}

#[test]
fn counts_and_lengths_are_checked_before_allocation() {
    // Two to the 32nd capabilities, and none.
    assert_eq!(
        refused::<ClientFrame>(&[0x82, 3, 0x9a, 0xff, 0xff, 0xff, 0xff]),
        CellError::Malformed("Subscribe")
    );
    assert_eq!(refused::<ClientFrame>(&[0x82, 3, 0x80]), CellError::Malformed("Subscribe"));
    let mut many = vec![0x82, 3, 0x98, u8::try_from(SUBSCRIBE_MAX).unwrap() + 1];
    for _ in 0..=SUBSCRIBE_MAX {
        many.extend([0x58, 32]);
        many.extend([9; 32]);
    }
    assert_eq!(refused::<ClientFrame>(&many), CellError::Malformed("Subscribe"));
    // A capability of another length, and a key set beyond its ceiling.
    let mut short = vec![0x82, 3, 0x81, 0x58, 31];
    short.extend([9; 31]);
    assert_eq!(refused::<ClientFrame>(&short), CellError::Malformed("Subscribe"));
    let RelayFrame::Welcome(mut long) = welcome() else { panic!("a welcome") };
    long.key_set = vec![0; 1025];
    let long = cell::encode(RelayFrame::Welcome(long)).unwrap();
    assert_eq!(cell::decode::<RelayFrame>(&long), Err(CellError::Malformed("Welcome")));
}

/// Welcome with this policy.
fn with_policy(policy: &[u8]) -> [u8; CELL_LEN] {
    let mut bytes = body(&cell::encode(welcome()).unwrap());
    assert_eq!(bytes.pop(), Some(0xa0));
    bytes.extend(policy);
    framed(&bytes)
}

#[test]
fn an_unknown_demand_in_the_policy_is_refused() {
    let seed = |len: u8| [&[0x82, 0x40 | len][..], &vec![7; len.into()], &[1]].concat();
    let known = [&[0xa1, 1][..], &seed(16)].concat();
    assert!(cell::decode::<RelayFrame>(&with_policy(&known)).is_ok());
    let both = [&[0xa2, 1][..], &seed(16), &[2, 0xf5]].concat();
    assert!(cell::decode::<RelayFrame>(&with_policy(&both)).is_ok());
    let unordered = [&[0xa2, 2, 0xf5, 1][..], &seed(16)].concat();
    let refused = cell::decode::<RelayFrame>(&with_policy(&unordered));
    assert_eq!(refused, Err(CellError::NotShortest("Welcome")));
    let twice = [&[0xa2, 1][..], &seed(16), &[1], &seed(16)].concat();
    let short = [&[0xa1, 1][..], &seed(15)].concat();
    for policy in [
        &[0xa1, 0, 1][..],
        &[0xa1, 1, 1],
        &[0xa1, 2, 0xf4],
        &[0xa2, 2, 0xf5, 2, 0xf5],
        &[0xbf, 0xff],
        &[0xf6],
        &twice,
        &short,
    ] {
        let refused = cell::decode::<RelayFrame>(&with_policy(policy));
        assert_eq!(refused, Err(CellError::Malformed("Welcome")), "{policy:?}");
    }
}

#[test]
fn a_proof_has_its_length_or_none() {
    let whole = body(&cell::encode(put_with_proof()).unwrap());
    let without = &whole[..whole.len() - 34];
    for len in 0..64_u8 {
        let head = if len < 24 { vec![0x40 | len] } else { vec![0x58, len] };
        let frame = [without, &head, &vec![1; len.into()]].concat();
        if frame.len() + 2 > CELL_LEN {
            continue;
        }
        let read = cell::decode::<ClientFrame>(&framed(&frame));
        assert_eq!(read.is_ok(), len == 0 || len == 32, "{len} bytes");
    }
    let ClientFrame::Put { proof: Some(proof), .. } = put_with_proof() else { panic!("a proof") };
    assert_eq!(proof.effort(), 0x0102_0304);
    let bytes = [&[0xf1; 4][..], &[1, 2, 3, 4], &[0xf2; 24]].concat();
    assert_eq!(whole[whole.len() - 32..], bytes, "tag, effort, nonce and solution");
}

#[test]
fn padding_is_zero_and_lengths_stay_inside() {
    let mut cell = *cell::encode(ClientFrame::Ping).unwrap();
    cell[CELL_LEN - 1] = 1;
    assert_eq!(cell::decode::<ClientFrame>(&cell).unwrap_err(), CellError::Padding);

    let mut cell = [0; CELL_LEN];
    cell[..2].copy_from_slice(&u16::try_from(CELL_LEN - 1).unwrap().to_be_bytes());
    assert_eq!(cell::decode::<ClientFrame>(&cell).unwrap_err(), CellError::Overrun);
}

#[test]
fn every_truncation_of_every_frame_is_refused() {
    for frame in client_frames() {
        let whole = body(&cell::encode(frame).unwrap());
        for len in 1..whole.len() {
            refused::<ClientFrame>(&whole[..len]);
        }
    }
    for frame in relay_frames() {
        let whole = body(&cell::encode(frame).unwrap());
        for len in 1..whole.len() {
            refused::<RelayFrame>(&whole[..len]);
        }
    }
}

#[test]
fn every_flipped_byte_is_refused_or_read_as_exactly_what_it_says() {
    let clients = client_frames().into_iter().map(|frame| cell::encode(frame).unwrap());
    let relays = relay_frames().into_iter().map(|frame| cell::encode(frame).unwrap());
    for cell in clients.chain(relays) {
        for at in 0..CELL_LEN {
            for flip in [0x01, 0x80, 0xff] {
                let mut flipped = *cell;
                flipped[at] ^= flip;
                assert!(accepted_means_identical::<ClientFrame>(&flipped));
                assert!(accepted_means_identical::<RelayFrame>(&flipped));
            }
        }
    }
}

#[test]
fn an_address_is_the_hash_of_its_capability() {
    // SHA-256 of 32 zero bytes.
    let expected = [
        0x66, 0x68, 0x7a, 0xad, 0xf8, 0x62, 0xbd, 0x77, 0x6c, 0x8f, 0xc1, 0x8b, 0x8e, 0x9f, 0x8e,
        0x20, 0x08, 0x97, 0x14, 0x85, 0x6e, 0xe2, 0x33, 0xb3, 0x90, 0x2a, 0x59, 0x1d, 0x0d, 0x5f,
        0x29, 0x25,
    ];
    assert_eq!(capability(0).address().as_bytes(), &expected);
}

#[test]
fn nothing_shows_what_it_holds() {
    let shown = format!("{:?}", client_frames()) + &format!("{:?}", relay_frames()[4]);
    assert!(shown.contains("Capability") && shown.contains("Address"));
    assert!(!shown.contains('['.to_string().repeat(2).as_str()) && !shown.contains(", 4, 4"));
}

proptest! {
    #[test]
    fn any_bytes_are_refused_or_read_as_exactly_what_they_say(
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let mut cell = [0; CELL_LEN];
        cell[..bytes.len()].copy_from_slice(&bytes);
        prop_assert!(accepted_means_identical::<ClientFrame>(&cell));
        prop_assert!(accepted_means_identical::<RelayFrame>(&cell));
        if !bytes.is_empty() {
            prop_assert!(accepted_means_identical::<ClientFrame>(&framed(&bytes)));
            prop_assert!(accepted_means_identical::<RelayFrame>(&framed(&bytes)));
        }
    }
}
