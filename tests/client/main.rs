//! Two headless clients and a relay, without sockets and with a clock of their own: everything that
//! can go wrong between them, in any order. The cryptography and the profiles are the real ones.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    reason = "tests"
)]

mod cases;
mod clocks;
mod conversation;
mod crowd;
mod elsewhere;
mod ending;
mod first_contact;
mod forged;
mod gaps;
mod hostile;
mod isolated;
mod keys;
mod kinds;
mod model;
mod outbox;
mod parts;
mod reading;
mod receipts;
mod relay;
mod removal;
mod sequence;
mod silence;
mod timers;
mod transcript;
mod turns;
mod work;
mod world;
