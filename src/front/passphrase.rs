//! Asks for a profile's passphrase without echo.

use core::fmt;
use std::env;
use std::io;
use std::io::IsTerminal as _;

use zeroize::Zeroizing;

/// Holds the passphrase where nobody can be asked for it.
pub const PASSPHRASE_VARIABLE: &str = "BAUTA_PASSPHRASE";

/// Why a passphrase is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// A profile is being made; it may be left out.
    New,
    /// The profile has one.
    Existing,
}

/// The passphrase from the environment or, where there is a terminal, from whoever sits there.
/// `None`: a key file protects the new profile.
///
/// # Errors
/// [`PassphraseError`]
pub fn passphrase(occasion: Occasion) -> Result<Option<Zeroizing<String>>, PassphraseError> {
    if let Ok(given) = env::var(PASSPHRASE_VARIABLE) {
        return Ok(Some(Zeroizing::new(given)).filter(|given| !given.is_empty()));
    }
    match (occasion, io::stdin().is_terminal()) {
        (Occasion::New, false) => Ok(None),
        (Occasion::New, true) => choose(),
        (Occasion::Existing, false) => Err(PassphraseError::NobodyToAsk),
        (Occasion::Existing, true) => ask("Passphrase of the profile: ").map(Some),
    }
}

fn choose() -> Result<Option<Zeroizing<String>>, PassphraseError> {
    let first =
        ask("Passphrase for the new profile (Enter for none: a key file protects it then): ")?;
    if first.is_empty() {
        return Ok(None);
    }
    let second = ask("The same once more: ")?;
    if *first == *second { Ok(Some(first)) } else { Err(PassphraseError::Differ) }
}

fn ask(question: &str) -> Result<Zeroizing<String>, PassphraseError> {
    rpassword::prompt_password(question).map(Zeroizing::new).map_err(PassphraseError::Terminal)
}

/// Why there is no passphrase.
#[derive(Debug)]
pub enum PassphraseError {
    /// The profile has one, and there is no terminal.
    NobodyToAsk,
    /// The two that were typed are not the same.
    Differ,
    /// The terminal cannot be used.
    Terminal(io::Error),
}

impl fmt::Display for PassphraseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NobodyToAsk => write!(
                f,
                "the profile has a passphrase: set {PASSPHRASE_VARIABLE} or start in a terminal"
            ),
            Self::Differ => f.write_str("the two passphrases differ; nothing was made"),
            Self::Terminal(error) => write!(f, "the passphrase cannot be asked for: {error}"),
        }
    }
}

impl core::error::Error for PassphraseError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Terminal(error) => Some(error),
            Self::NobodyToAsk | Self::Differ => None,
        }
    }
}
