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
    /// Some of the connections stand, each of which is a contact's own; others do not.
    Partly {
        /// How many stand.
        standing: usize,
        /// Of how many.
        wanted: usize,
        /// Why the last one of the others does not.
        reason: OfflineReason,
    },
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
    /// The relay is an onion service, and there is no proxy.
    OnionWithoutProxy,
    /// The proxy does not make the connection. Nothing goes another way.
    Proxy(ProxyFault),
}

/// Why a proxy does not make a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProxyFault {
    /// Its own name is not known to anybody.
    UnknownHost,
    /// Nobody answers where it should be.
    Unreachable,
    /// It takes too long.
    Silent,
    /// It hangs up.
    HungUp,
    /// Something answers that is no SOCKS5 proxy.
    NoProxy,
    /// It wants a user and a password.
    WantsLogin,
    /// It does not take the user and the password.
    WrongLogin,
    /// It wants to be convinced by other means than a password.
    OtherLogin,
    /// Its rules do not allow this connection.
    NotAllowed,
    /// It does not find the relay.
    HostUnreachable,
    /// Nobody listens at the relay's port.
    Refused,
    /// The way to the relay was too long for it.
    TooFar,
    /// It does not make connections by this kind of name.
    Unable,
    /// It failed, and does not say why.
    Failed,
}

impl fmt::Display for ProxyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownHost => "the proxy's name cannot be resolved",
            Self::Unreachable => "the proxy does not answer, and nothing goes without it",
            Self::Silent => "the proxy takes too long",
            Self::HungUp => "the proxy hangs up",
            Self::NoProxy => "what answers at the proxy's address is no SOCKS5 proxy",
            Self::WantsLogin => {
                "the proxy wants a user and a password: socks5://user:password@host:port"
            }
            Self::WrongLogin => "the proxy does not take this user and password",
            Self::OtherLogin => "the proxy takes no password, and not everybody either",
            Self::NotAllowed => "the proxy's rules do not allow connections to this relay",
            Self::HostUnreachable => "the proxy does not find the relay",
            Self::Refused => "the proxy reaches the relay's host, and nobody answers at its port",
            Self::TooFar => "the proxy gave up on its way to the relay",
            Self::Unable => "the proxy cannot connect to such an address",
            Self::Failed => "the proxy failed and does not say why",
        })
    }
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
            Self::OnionWithoutProxy => {
                "the relay is an onion service, which is reached through Tor only: start the client \
                 with -proxy socks5://127.0.0.1:9050"
            }
            Self::Proxy(fault) => return fault.fmt(f),
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
