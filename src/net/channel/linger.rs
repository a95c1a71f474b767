//! The end of a connection whose peer is still writing.
//!
//! A socket that is closed with bytes unread resets the connection, and a peer that writes into a
//! reset one may never read the last thing it was told: an alert, or Closing. So what still comes is
//! read and dropped, until the peer has closed too, for a bounded time and number of bytes.

use core::time::Duration;

use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt as _;

/// Reads and drops what still comes, after this side has closed its direction.
pub(super) async fn linger(stream: &mut (impl AsyncRead + Unpin)) {
    // Not in the future itself, which a connection carries with it from its first byte on.
    let mut dropped = vec![0; 4096];
    let drain = async {
        let mut left = MAX_LEN;
        while let Ok(len @ 1..) = stream.read(&mut dropped).await {
            left = left.saturating_sub(len);
            if left == 0 {
                break;
            }
        }
    };
    // A peer that neither closes nor stops is cut.
    let _ = tokio::time::timeout(MAX_TIME, drain).await;
}

/// A slow peer's round trip, and its answer to the last word.
const MAX_TIME: Duration = Duration::from_secs(1);
/// More than a peer has in its socket's buffer by default.
const MAX_LEN: usize = 256 * 1024;
