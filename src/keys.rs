//! The key directory of a relay.
