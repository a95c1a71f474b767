//! KeyUpdate, padding, much data, close_notify.

use bauta::handshake::Error;
use bauta::handshake::KeyUpdateRequest;
use bauta::handshake::error::PeerMisbehaved;
use rustls::AlertDescription;

use crate::agreement::assert_open;
use crate::agreement::connected;
use crate::ours::Ours;
use crate::theirs::Theirs;
use crate::wire::converse;
use crate::wire::converse_in_pieces;

/// Says something both ways, which only works if both hold the same keys.
fn talk(ours: &mut Ours, theirs: &mut Theirs, fill: u8) {
    ours.seen.data.clear();
    theirs.data.clear();
    ours.send(&[fill; 4096]);
    theirs.send(&[!fill; 4096]);
    converse_in_pieces(ours, theirs, 1000);
    assert_eq!(theirs.data, [fill; 4096]);
    assert_eq!(ours.seen.data, [!fill; 4096]);
}

#[test]
fn keys_asked_for_by_rustls_come_before_our_next_data() {
    for (mut ours, mut theirs) in connected() {
        for round in 1..5 {
            theirs.connection.refresh_traffic_keys().unwrap();
            talk(&mut ours, &mut theirs, 1);
            assert_eq!(ours.seen.key_updates, round);
            talk(&mut ours, &mut theirs, 2);
        }
    }
}

#[test]
fn keys_that_we_ask_for_come_from_rustls() {
    for (mut ours, mut theirs) in connected() {
        for round in 1..5 {
            ours.with_sender(|sender, out| {
                sender.update_keys(KeyUpdateRequest::Requested, out).unwrap();
            });
            converse(&mut ours, &mut theirs);
            talk(&mut ours, &mut theirs, 3);
            assert_eq!(ours.seen.key_updates, round);
        }
    }
}

#[test]
fn keys_change_unasked_and_both_ways_at_once() {
    for (mut ours, mut theirs) in connected() {
        ours.with_sender(|sender, out| {
            sender.update_keys(KeyUpdateRequest::NotRequested, out).unwrap();
        });
        talk(&mut ours, &mut theirs, 4);
        assert_eq!(ours.seen.key_updates, 0);
        theirs.connection.refresh_traffic_keys().unwrap();
        ours.with_sender(|sender, out| {
            sender.update_keys(KeyUpdateRequest::Requested, out).unwrap();
        });
        talk(&mut ours, &mut theirs, 5);
        talk(&mut ours, &mut theirs, 6);
        assert_eq!(ours.seen.key_updates, 2);
    }
}

#[test]
fn a_flood_of_key_updates_ends_with_an_alert_that_rustls_reads() {
    for (mut ours, mut theirs) in connected() {
        for _ in 0..32 {
            theirs.connection.refresh_traffic_keys().unwrap();
        }
        converse(&mut ours, &mut theirs);
        assert_open(&ours, &theirs);
        theirs.connection.refresh_traffic_keys().unwrap();
        converse(&mut ours, &mut theirs);
        assert_eq!(ours.seen.error, Some(PeerMisbehaved::TooManyKeyUpdates.into()));
        let told = rustls::Error::AlertReceived(AlertDescription::UnexpectedMessage);
        assert_eq!(theirs.error, Some(told));
    }
}

#[test]
fn rustls_takes_our_padding_off() {
    for (mut ours, mut theirs) in connected() {
        for len in [0, 1, 100, 4095] {
            theirs.data.clear();
            ours.send(&vec![9; len]);
            let record = ours.take_bytes();
            assert_eq!(record.len(), 5 + 4096 + 1 + 16);
            theirs.receive(&record);
            assert_eq!(theirs.data, vec![9; len]);
        }
        assert_open(&ours, &theirs);
    }
}

#[test]
fn a_megabyte_crosses_both_ways_in_records_of_any_size() {
    let data: Vec<u8> = (0..1 << 18).flat_map(|at: u32| at.to_le_bytes()).collect();
    for (mut ours, mut theirs) in connected() {
        for (piece, chunk) in [(16_384, 16_384), (1, 4096), (777, 5000)] {
            let data = &data[..data.len() / if piece == 1 { 64 } else { 1 }];
            ours.seen.data.clear();
            theirs.data.clear();
            data.chunks(chunk).for_each(|content| ours.send(content));
            theirs.send(data);
            converse_in_pieces(&mut ours, &mut theirs, piece);
            assert!(theirs.data == data);
            assert!(ours.seen.data == data);
        }
    }
}

#[test]
fn each_side_may_close_first_and_still_hear_the_other() {
    for (mut ours, mut theirs) in connected() {
        ours.with_sender(|sender, out| sender.close(out).unwrap());
        converse(&mut ours, &mut theirs);
        assert!(theirs.closed);
        theirs.send(&[5; 100]);
        theirs.connection.send_close_notify();
        converse(&mut ours, &mut theirs);
        assert_eq!(ours.seen.data, [5; 100]);
        assert!(ours.seen.closed);
        assert_open(&ours, &theirs);
    }
    for (mut ours, mut theirs) in connected() {
        theirs.connection.send_close_notify();
        converse(&mut ours, &mut theirs);
        assert!(ours.seen.closed);
        ours.send(&[6; 100]);
        ours.with_sender(|sender, out| sender.close(out).unwrap());
        converse(&mut ours, &mut theirs);
        assert_eq!(theirs.data, [6; 100]);
        assert!(theirs.closed);
        assert_open(&ours, &theirs);
    }
}

#[test]
fn an_alert_of_ours_ends_their_side() {
    for (mut ours, mut theirs) in connected() {
        let error = Error::from(PeerMisbehaved::RecordLength);
        ours.with_sender(|sender, out| sender.abort(error, out).unwrap());
        converse(&mut ours, &mut theirs);
        let told = rustls::Error::AlertReceived(AlertDescription::IllegalParameter);
        assert_eq!(theirs.error, Some(told));
    }
}
