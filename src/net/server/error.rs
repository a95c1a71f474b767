//! Why a relay does not run.

use std::io;

use super::store::StoreError;

/// Why a relay could not be started or stopped in order.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// The store could not be opened.
    #[error("cannot open the store")]
    Store(#[from] StoreError),
    /// The listening socket or a thread could not be had.
    #[error("cannot serve")]
    Io(#[from] io::Error),
    /// The signed key set does not fit into one cell with the rest of Welcome.
    #[error("the key set does not fit into a cell")]
    KeySet,
    /// The store failed in a way after which it takes nothing more until it is opened again.
    #[error(
        "a write to the store failed and the relay has stopped; see to the disk and start it again"
    )]
    Halted,
    /// A part of the relay failed, which is an error of ours.
    #[error("a part of the relay failed")]
    Failed,
}
