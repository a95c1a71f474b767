//! The channel on a socket.
