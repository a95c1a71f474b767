//! A proxy as people name it: `socks5://[user:password@]host:port`.

use core::fmt;
use core::str::FromStr;

use zeroize::Zeroizing;

use crate::crypto::CryptoRng;
use crate::crypto::random;
use crate::id::Address;
use crate::id::AddressError;

/// A SOCKS5 proxy, through which everything goes.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    at: Address,
    login: Option<Login>,
}

impl Proxy {
    /// Where it is: `host:port`.
    #[must_use]
    pub fn place(&self) -> String {
        self.at.place()
    }

    /// Whether a user and a password were named: then every connection uses them.
    #[must_use]
    pub fn has_login(&self) -> bool {
        self.login.is_some()
    }

    pub(super) fn host(&self) -> &str {
        self.at.host()
    }

    pub(super) fn port(&self) -> u16 {
        self.at.port()
    }

    /// What a connection of its own says: what was named, or something that nobody said before.
    pub(super) fn login(&self, rng: &mut impl CryptoRng) -> Login {
        self.login.clone().unwrap_or_else(|| Login::random(rng))
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at: _, login: _ } = self;
        f.write_str("Proxy")
    }
}

/// What a proxy is told of a connection (RFC 1929). Tor gives connections that say different things
/// circuits of their own.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Login {
    pub(super) user: Zeroizing<String>,
    pub(super) password: Zeroizing<String>,
}

impl Login {
    fn random(rng: &mut impl CryptoRng) -> Self {
        let [user, password] = [0; 2].map(|_| {
            let bytes: [u8; 16] = random(rng);
            Zeroizing::new(format!("{:032x}", u128::from_be_bytes(bytes)))
        });
        Self { user, password }
    }

    fn parse(text: &str) -> Result<Self, ProxyError> {
        let (user, password) = text.split_once(':').ok_or(ProxyError::NoPassword)?;
        let (user, password) = (decoded(user)?, decoded(password)?);
        let fits = |part: &str| (1..=MAX_LOGIN_LEN).contains(&part.len());
        if !fits(&user) || !fits(&password) {
            return Err(ProxyError::LoginLen);
        }
        Ok(Self { user, password })
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { user: _, password: _ } = self;
        f.write_str("Login")
    }
}

impl FromStr for Proxy {
    type Err = ProxyError;

    fn from_str(text: &str) -> Result<Self, ProxyError> {
        let text = text.trim();
        let (scheme, rest) = text.split_once("://").ok_or(ProxyError::NoScheme)?;
        match scheme.to_ascii_lowercase().as_str() {
            // With h, others mean that names are left to the proxy: here they always are.
            "socks5" | "socks5h" => {}
            "socks4" | "socks4a" => return Err(ProxyError::Unsupported("SOCKS4")),
            "http" | "https" => return Err(ProxyError::Unsupported("HTTP")),
            _ => return Err(ProxyError::NoScheme),
        }
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (login, place) = match rest.rsplit_once('@') {
            Some((login, place)) => (Some(Login::parse(login)?), place),
            None => (None, rest),
        };
        // A port that is missing and one that is no port are the same mistake.
        let at = Address::parse(place, 0).map_err(|error| match error {
            AddressError::Port => ProxyError::Port,
            _ => ProxyError::Host,
        })?;
        if at.fingerprint().is_some() {
            return Err(ProxyError::Host);
        }
        if at.is_onion() {
            return Err(ProxyError::Onion);
        }
        Ok(Self { at, login })
    }
}

/// What a URL writes as `%40` is `@`.
fn decoded(text: &str) -> Result<Zeroizing<String>, ProxyError> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let (digits, behind) = rest.split_first_chunk::<2>().ok_or(ProxyError::Escape)?;
        let digits = core::str::from_utf8(digits).map_err(|_| ProxyError::Escape)?;
        bytes.push(u8::from_str_radix(digits, 16).map_err(|_| ProxyError::Escape)?);
        rest = behind;
    }
    let text = core::str::from_utf8(&bytes).map_err(|_| ProxyError::Escape)?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// Why a text is no proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProxyError {
    /// It does not begin with `socks5://`.
    NoScheme,
    /// It is a proxy of another kind.
    Unsupported(&'static str),
    /// The host is missing, or no host.
    Host,
    /// The port is missing, or no port.
    Port,
    /// It is an onion service, which is reached only through a proxy.
    Onion,
    /// There is a user and no password.
    NoPassword,
    /// User or password is empty or too long.
    LoginLen,
    /// A `%` is not followed by two digits, or what is meant is not UTF-8.
    Escape,
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoScheme => f.write_str("a proxy is named as socks5://host:port"),
            Self::Unsupported(kind) => {
                write!(f, "{kind} proxies are not supported, only SOCKS5: socks5://host:port")
            }
            Self::Host => f.write_str("behind socks5:// stands no host that there can be"),
            Self::Port => f.write_str("the proxy's port, 1 to 65535, stands behind its host"),
            Self::Onion => f.write_str("a proxy cannot be an onion service"),
            Self::NoPassword => f.write_str("before the @ stands user:password, both of them"),
            Self::LoginLen => {
                write!(f, "the proxy's user and password have 1 to {MAX_LOGIN_LEN} bytes each")
            }
            Self::Escape => {
                f.write_str("in user and password, % is written as %25, and @ as %40 (UTF-8)")
            }
        }
    }
}

impl core::error::Error for ProxyError {}

/// RFC 1929, section 2: the lengths have one octet.
const MAX_LOGIN_LEN: usize = 255;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;

    fn parse(text: &str) -> Result<Proxy, ProxyError> {
        text.parse()
    }

    fn login(text: &str) -> (String, String) {
        let login = parse(text).unwrap().login.unwrap();
        (login.user.to_string(), login.password.to_string())
    }

    #[test]
    fn a_proxy_has_a_place_and_may_have_a_login() {
        for (text, place) in [
            ("socks5://127.0.0.1:9050", "127.0.0.1:9050"),
            ("SOCKS5://localhost:1080/", "localhost:1080"),
            ("socks5h://[::1]:9050", "[::1]:9050"),
            (" socks5://proxy.example:1 ", "proxy.example:1"),
        ] {
            let proxy = parse(text).unwrap();
            assert_eq!((proxy.place().as_str(), proxy.has_login()), (place, false), "{text}");
        }
        let pair = |user: &str, password: &str| (user.to_owned(), password.to_owned());
        assert_eq!(login("socks5://me:secret@host:1080"), pair("me", "secret"));
        assert_eq!(login("socks5://m%40e:a:b%25@host:1080"), pair("m@e", "a:b%"));
        assert_eq!(login("socks5://m@e:p@host:1080"), pair("m@e", "p"));
        assert_eq!(login("socks5://%C3%A9:p@host:1080"), pair("é", "p"));
    }

    #[test]
    fn what_is_no_proxy_is_refused_with_the_reason() {
        let long = format!("socks5://{}:p@host:1", "u".repeat(256));
        let onion = format!("socks5://{}.onion:9050", "a".repeat(56));
        for (text, error) in [
            ("", ProxyError::NoScheme),
            ("127.0.0.1:9050", ProxyError::NoScheme),
            ("ftp://host:1", ProxyError::NoScheme),
            ("socks4://host:1", ProxyError::Unsupported("SOCKS4")),
            ("socks4a://host:1", ProxyError::Unsupported("SOCKS4")),
            ("http://host:1", ProxyError::Unsupported("HTTP")),
            ("https://host:1", ProxyError::Unsupported("HTTP")),
            ("socks5://:1080", ProxyError::Host),
            ("socks5://a b:1080", ProxyError::Host),
            ("socks5://host:1080/path", ProxyError::Port),
            ("socks5://host", ProxyError::Port),
            ("socks5://host:", ProxyError::Port),
            ("socks5://host:0", ProxyError::Port),
            ("socks5://host:65536", ProxyError::Port),
            ("socks5://user@host:1", ProxyError::NoPassword),
            ("socks5://:p@host:1", ProxyError::LoginLen),
            ("socks5://u:@host:1", ProxyError::LoginLen),
            (&long, ProxyError::LoginLen),
            ("socks5://u%4:p@host:1", ProxyError::Escape),
            ("socks5://u:%zz@host:1", ProxyError::Escape),
            ("socks5://u:%ff@host:1", ProxyError::Escape),
            (&onion, ProxyError::Onion),
        ] {
            assert_eq!(parse(text).err(), Some(error), "{text}");
        }
    }

    #[test]
    fn every_login_that_nobody_named_is_another_one() {
        let mut rng = StdRng::seed_from_u64(1);
        let proxy = parse("socks5://host:1").unwrap();
        let (one, other) = (proxy.login(&mut rng), proxy.login(&mut rng));
        assert_eq!((one.user.len(), one.password.len()), (32, 32));
        assert!(
            one.user != other.user && one.password != other.password && one.user != one.password
        );
        let named = parse("socks5://u:p@host:1").unwrap();
        assert_eq!(named.login(&mut rng), named.login(&mut rng));
    }

    #[test]
    fn nothing_of_a_login_is_printed() {
        let proxy = parse("socks5://user:hidden@host:1").unwrap();
        let login = proxy.login(&mut StdRng::seed_from_u64(1));
        assert_eq!((format!("{proxy:?}"), format!("{login:?}")), ("Proxy".into(), "Login".into()));
    }
}
