//! What ends a channel.

use std::io;

use crate::handshake;

/// Why a channel ended, or never was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChannelError {
    /// The socket failed.
    #[error("the connection failed: {0}")]
    Io(#[from] io::Error),
    /// The stream ended without close_notify: something may be missing.
    #[error("the connection was cut")]
    Truncated,
    /// The handshake took too long.
    #[error("the handshake took too long")]
    TimedOut,
    /// A rule of the channel was broken, or its limit reached.
    #[error("{0}")]
    Protocol(#[from] handshake::Error),
}

/// Why a connection was not made: by the channel, or by the caller's judgement of Welcome.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError<E> {
    /// The channel failed.
    #[error("{0}")]
    Channel(#[from] ChannelError),
    /// The caller refused what the relay says about itself.
    #[error("{0}")]
    Refused(E),
}

impl<E> From<io::Error> for ConnectError<E> {
    fn from(error: io::Error) -> Self {
        Self::Channel(error.into())
    }
}

impl<E> From<handshake::Error> for ConnectError<E> {
    fn from(error: handshake::Error) -> Self {
        Self::Channel(error.into())
    }
}
