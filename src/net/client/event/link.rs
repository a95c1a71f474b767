//! The connection as fronts see it.

use core::fmt;
use core::time::Duration;

use crate::net::client::ChannelOptions;

/// The state of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Link {
    /// On its way.
    Connecting,
    /// Messages flow, over channels that are made of this.
    Connected(ChannelOptions),
    /// Not connected.
    Offline {
        /// Why.
        reason: OfflineReason,
        /// When the next attempt starts.
        retry_in: Duration,
    },
}

/// Why there is no connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OfflineReason {
    /// The host's name is not known to anybody.
    UnknownHost,
    /// Nobody answers at the address.
    Unreachable,
    /// Something answers that is no relay of a bauta network, or it speaks other curves or versions.
    NoRelay,
    /// The connection broke.
    Lost,
    /// The relay closed the connection: it stops, or was sent something it does not take.
    Closed,
    /// The network is private: it wants to be told its secret, by [`super::Command::Join`].
    Private,
    /// The network is private, and the secret that it was told is another one.
    WrongSecret,
    /// The relay has no room for another connection or mailbox at the moment.
    Busy,
}

impl fmt::Display for OfflineReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownHost => "the host's name cannot be resolved",
            Self::Unreachable => "nobody answers at the address",
            Self::NoRelay => "what answers is no bauta relay, or not with this curve and cipher",
            Self::Lost => "the connection was lost",
            Self::Closed => "the relay closed the connection",
            Self::Private => "this network is private and asks for its join secret",
            Self::WrongSecret => "this network is private and its join secret is another one",
            Self::Busy => "the relay has no room at the moment",
        })
    }
}

/// What is wrong with a relay's keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadKeys {
    /// They are not signed by the network key, or the handshake was not signed by one of them.
    Unsigned,
    /// They are older than keys seen before.
    RolledBack,
    /// Two sets of keys carry one number.
    Doubled,
}

impl fmt::Display for BadKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unsigned => "its keys are not signed by its network",
            Self::RolledBack => "its keys are older than keys seen before",
            Self::Doubled => "its keys differ from others with the same number",
        })
    }
}
