//! The connection.

use serde::Serialize;

use super::reason;
use crate::net::client::event::Link;

#[derive(Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(crate) enum LinkOutput {
    Connecting,
    Connected {
        curve: &'static str,
        kem: Option<&'static str>,
        cipher: &'static str,
        pace_ms: Option<u128>,
    },
    Partly {
        standing: usize,
        wanted: usize,
        reason: &'static str,
        text: String,
    },
    Offline {
        reason: &'static str,
        text: String,
        retry_in_ms: u64,
    },
}

impl From<Link> for LinkOutput {
    fn from(link: Link) -> Self {
        match link {
            Link::Connecting => Self::Connecting,
            Link::Connected(channel) => Self::Connected {
                curve: channel.curve.name(),
                kem: channel.kem(),
                cipher: channel.cipher.name(),
                pace_ms: channel.pace.map(|pace| pace.every().as_millis()),
            },
            Link::Partly { standing, wanted, reason } => Self::Partly {
                standing,
                wanted,
                reason: reason::offline(reason),
                text: reason.to_string(),
            },
            Link::Offline { reason, retry_in } => Self::Offline {
                reason: reason::offline(reason),
                text: reason.to_string(),
                retry_in_ms: u64::try_from(retry_in.as_millis()).unwrap_or(u64::MAX),
            },
        }
    }
}
