//! Errors in one line.

use core::error::Error;
use std::io;

/// An error and what caused it, in one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let causes = core::iter::successors(error.source(), |&cause| cause.source());
    causes.fold(error.to_string(), |said, cause| format!("{said}: {cause}"))
}

/// What the system said, or that a name has no address.
pub(crate) fn plainly(error: &io::Error) -> String {
    match error.raw_os_error() {
        None => "the host's name cannot be resolved; see -host".into(),
        Some(_) => error.to_string(),
    }
}
