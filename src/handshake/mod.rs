//! The channel: a strict profile of TLS 1.3, sans-IO.
