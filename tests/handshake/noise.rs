//! Whatever bytes come, no state panics and none is passed.

use bauta::handshake::client::Offer;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::*;

/// Where a plain record's version stands: it "MUST be ignored for all purposes".
const VERSION: std::ops::Range<usize> = 1..3;

fn edited(bytes: &[u8], edits: &[(prop::sample::Index, u8)]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for (index, mask) in edits {
        let at = index.index(bytes.len());
        if !VERSION.contains(&at) {
            bytes[at] ^= mask;
        }
    }
    bytes
}

fn offers() -> impl Strategy<Value = Offer> {
    prop::sample::select(BOTH.map(|offer| offer()).to_vec())
}

fn edits() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    vec((any::<prop::sample::Index>(), 1..=255_u8), 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn an_edited_flight_of_the_server_is_never_believed(offer in offers(), edits in edits()) {
        let (client, hello) = client(offer);
        let (_, flight) = serve(&hello).answered();
        let edited = edited(&flight, &edits);
        let unchanged = edited == flight;
        match drive_client(client, &edited) {
            ClientEnd::Unconfirmed(_) => prop_assert!(unchanged),
            ClientEnd::Refused(failure) => drop(checked(failure)),
            ClientEnd::Starved => {}
        }
    }

    #[test]
    fn an_edited_client_hello_leads_nowhere(offer in offers(), edits in edits()) {
        let (client, hello) = client(offer);
        let edited = edited(&hello, &edits);
        if let ServerEnd::Answered(_, flight) = serve(&edited) {
            let end = drive_client(client, &flight);
            prop_assert_eq!(matches!(end, ClientEnd::Unconfirmed(_)), edited == hello);
        }
    }

    #[test]
    fn noise_inside_the_seal_is_refused(
        content in vec(any::<u8>(), 1..300),
        content_type in prop::sample::select(vec![21_u8, 22, 23]),
    ) {
        let (client, hello) = client(p256());
        let puppet = Puppet::new(p256(), &hello).flight(Liar::Server, |_, _| {});
        let inner = [&content[..], &[content_type]].concat();
        let bytes = [
            plain(bauta::handshake::record::ContentType::Handshake, &puppet.messages[0]),
            RawKeys::of(&puppet.server_handshake).seal(&inner),
        ];
        prop_assert!(!matches!(drive_client(client, &bytes.concat()), ClientEnd::Unconfirmed(_)));
    }

    #[test]
    fn noise_instead_of_a_client_hello_is_refused(body in vec(any::<u8>(), 0..300)) {
        let record = plain(bauta::handshake::record::ContentType::Handshake, &message(1, &body));
        let refused = matches!(serve(&record), ServerEnd::Refused(_));
        prop_assert!(refused);
    }
}
