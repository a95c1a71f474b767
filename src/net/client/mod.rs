//! The headless client.
