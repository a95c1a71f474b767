//! The command line as the client's options.

use std::path::PathBuf;

use bauta::args;
use bauta::args::Client;
use bauta::args::ProfileChoice;
use bauta::front::Occasion;
use bauta::front::passphrase;
use bauta::keys::join;
use bauta::net::client;
use bauta::net::client::ChannelOptions;
use bauta::net::client::Cipher;
use bauta::net::client::Command;
use bauta::net::client::Curve;
use bauta::net::client::Options;
use bauta::net::client::ProfilePlace;
use bauta::net::client::ProfileState;
use bauta::net::client::ProxyError;
use bauta::net::client::Quantum;
use bauta::net::client::Target;
use bauta::net::client::Way;

/// The network that was named, as it was typed and as it was read.
///
/// # Errors
/// A sentence and the exit code.
pub(crate) fn target(asked: &Client) -> Result<(&str, Target), (String, u8)> {
    let host = asked.host.as_deref().unwrap_or_default();
    let target = Target::parse(host, asked.port)
        .map_err(|error| (format!("{host}: {error}"), args::EXIT_USAGE))?;
    Ok((host, target))
}

/// Asks for the passphrase if the profile has or may get one.
///
/// # Errors
/// A sentence: there is no place for a profile, it cannot be read, or nobody can be asked.
pub(crate) fn options(asked: &Client, target: &Target, way: &Way) -> Result<Options, String> {
    let address = target.address().clone();
    let profile = profile(&asked.profile)?;
    Ok(Options { address, way: way.clone(), channel: channel(asked), profile })
}

/// How its connections are made, which must be possible for what was named.
///
/// # Errors
/// A sentence and the exit code.
pub(crate) fn way(asked: &Client, target: Option<&Target>) -> Result<Way, (String, u8)> {
    let mistake = |sentence: String| (sentence, args::EXIT_USAGE);
    let way = match &asked.proxy {
        // What stands in it may be secret: it is not said again.
        Some(url) => {
            Way::Proxy(url.parse().map_err(|e: ProxyError| mistake(format!("-proxy: {e}")))?)
        }
        None => Way::Direct,
    };
    if let Some(target) = target {
        way.allows(target.address()).map_err(|reason| mistake(reason.to_string()))?;
    }
    Ok(way)
}

/// An invitation is also a contact to add.
pub(crate) fn first(target: &Target, text: &str) -> Option<Command> {
    match target {
        Target::Address(_) => None,
        Target::Invitation(_) => Some(Command::Add { contact: text.to_owned(), nickname: None }),
    }
}

/// The secret of a private network is said before anything else.
///
/// # Errors
/// A sentence: the file cannot be used.
pub(crate) fn join(asked: &Client) -> Result<Option<Command>, String> {
    let Some(path) = &asked.join else { return Ok(None) };
    let secret = join::text(path).map_err(|error| format!("join secret: {error}"))?;
    Ok(Some(Command::Join { secret }))
}

fn profile(choice: &ProfileChoice) -> Result<ProfilePlace, String> {
    let Some(path) = folder(choice)? else { return Ok(ProfilePlace::Ephemeral) };
    let occasion = match client::profile_state(&path).map_err(|error| error.to_string())? {
        ProfileState::KeyFile => return Ok(ProfilePlace::Folder { path, passphrase: None }),
        ProfileState::New => Occasion::New,
        ProfileState::Passphrase => Occasion::Existing,
    };
    let passphrase = passphrase(occasion).map_err(|error| error.to_string())?;
    Ok(ProfilePlace::Folder { path, passphrase })
}

/// The profile's folder; none for one that is in memory.
///
/// # Errors
/// A sentence: there is no place for a profile.
pub(crate) fn folder(choice: &ProfileChoice) -> Result<Option<PathBuf>, String> {
    Ok(match choice {
        ProfileChoice::Ephemeral => None,
        ProfileChoice::Directory(path) => Some(path.clone()),
        ProfileChoice::Default => Some(client::default_profile().ok_or(NO_PLACE)?),
    })
}

/// What the channel is to be made of.
pub(crate) fn channel(asked: &Client) -> ChannelOptions {
    let quantum = match asked.classical {
        true => Quantum::Classical,
        false => Quantum::Resistant,
    };
    let pace = asked.steady.and_then(ChannelOptions::pace_of);
    ChannelOptions { curve: curve(asked.curve), quantum, cipher: cipher(asked.cipher), pace }
}

fn curve(curve: args::Curve) -> Curve {
    match curve {
        args::Curve::P256 => Curve::P256,
        args::Curve::P384 => Curve::P384,
        args::Curve::P521 => Curve::P521,
        args::Curve::X25519 => Curve::X25519,
    }
}

fn cipher(cipher: args::Cipher) -> Cipher {
    match cipher {
        args::Cipher::Aes256Gcm => Cipher::Aes256Gcm,
        args::Cipher::ChaCha20Poly1305 => Cipher::ChaCha20Poly1305,
    }
}

const NO_PLACE: &str = "there is no place for a profile here; name one with -profile DIR";
