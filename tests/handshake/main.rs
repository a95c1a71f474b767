//! The handshake against peers that do everything wrong.
//!
//! | file | theme |
//! |---|---|
//! | `support` | fixed keys, the drivers of both sides, a server written a second time that can lie |
//! | `agreement` | both sides together, whole and in pieces; who gets which type when |
//! | `flips` | every byte of every message and record, by field: which alert it earns |
//! | `truncation` | every message cut at every length |
//! | `choices` | what was not offered, and what is missing |
//! | `certificates` | the bare key or the certificate, and which key |
//! | `hybrid` | two halves that belong together: cut, swapped, stripped, unlike |
//! | `forgery` | replayed, relayed and malformed shares, keys, signatures and MACs |
//! | `records` | change_cipher_spec, empty and zero records, lengths, order, alerts, limits |
//! | `key_update` | KeyUpdate both ways, asked for, malformed, in floods; the exporter |
//! | `redaction` | what a log could show of it |
//! | `retry` | HelloRetryRequest: when it is sent, and what must come of it |
//! | `identity` | the one-pin rule |
//! | `noise` | any bytes at all |
//! | `words` | what people, peers and callers are told |
//!
//! Some make the keys of one side a second time, from its seed, to lie in its name. With the feature
//! `aws-lc` ephemeral keys come from no seed, and these are ignored: the states that they test are the
//! same, and tested, without it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod agreement;
mod certificates;
mod choices;
mod flips;
mod forgery;
mod hybrid;
mod identity;
mod key_update;
mod noise;
mod records;
mod redaction;
mod retry;
mod support;
mod truncation;
mod words;
