//! Who does the work behind `group`, `x25519`, `kem`, `sign` and `aead`.
//!
//! | folder | when |
//! |---|---|
//! | `rustcrypto/` | always; it is the backend unless the feature `aws-lc` is on |
//! | `aws_lc/` | with that feature, which makes it the backend |
//!
//! Both have the same names with the same signatures, so that nothing outside knows which one it
//! got. `tests/backends.rs` holds one against the other.

#[cfg(feature = "aws-lc")]
pub mod aws_lc;
pub mod rustcrypto;

#[cfg(feature = "aws-lc")]
pub use self::aws_lc as chosen;
#[cfg(not(feature = "aws-lc"))]
pub use self::rustcrypto as chosen;
