//! End to end: blind rendezvous, PQXDH and the Double Ratchet, sans-IO.

pub mod rendezvous;
