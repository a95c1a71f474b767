//! How two people who entered each other's ID find each other through a relay that learns neither.

pub mod pair;
pub mod rules;
