//! The one place that makes connections and has names resolved: directly, or through a proxy, which is
//! told the relay's name and never has it looked up here.
//!
//! ```text
//!   Direct ── resolve ── connect ──────────────────────────► relay
//!   Proxy  ── connect to the proxy ── SOCKS5: name, port ──► relay      (RFC 1928, RFC 1929)
//! ```
//!
//! With a proxy there is no other way: what the proxy does not do is not done. `tests/layering.rs` keeps
//! everything that connects or resolves out of all other files.

use core::net::IpAddr;
use core::time::Duration;

use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_socks::TargetAddr;
use tokio_socks::tcp::Socks5Stream;

use super::event::OfflineReason;
use super::event::ProxyFault;
use super::proxy::Login;
use super::proxy::Proxy;
use crate::id::Address;
use crate::net::clock;

/// How every connection of a client is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Way {
    /// From this computer.
    #[default]
    Direct,
    /// Through a proxy, names included.
    Proxy(Proxy),
}

impl Way {
    /// The proxy.
    #[must_use]
    pub fn proxy(&self) -> Option<&Proxy> {
        match self {
            Self::Direct => None,
            Self::Proxy(proxy) => Some(proxy),
        }
    }

    /// A way for a connection that has nothing to do with any other.
    pub(super) fn route(&self) -> Route {
        match self {
            Self::Direct => Route::Direct,
            Self::Proxy(proxy) => {
                Route::Proxy(proxy.clone(), proxy.login(&mut clock::system_rng()))
            }
        }
    }

    /// Whether there can be a connection to an address on this way.
    ///
    /// # Errors
    /// [`OfflineReason::OnionWithoutProxy`].
    pub fn allows(&self, address: &Address) -> Result<(), OfflineReason> {
        // RFC 7686, section 2: such names are not looked up.
        match (self, address.is_onion()) {
            (Self::Direct, true) => Err(OfflineReason::OnionWithoutProxy),
            _ => Ok(()),
        }
    }
}

/// The way of one connection, again and again.
#[derive(Clone, Debug)]
pub(super) enum Route {
    Direct,
    Proxy(Proxy, Login),
}

/// Connects to a relay.
pub(super) async fn dial(route: &Route, address: &Address) -> Result<TcpStream, OfflineReason> {
    let stream = match route {
        Route::Direct => {
            Way::Direct.allows(address)?;
            connect(address.host(), address.port()).await.map_err(|fault| match fault {
                Fault::Name => OfflineReason::UnknownHost,
                Fault::Silence => OfflineReason::Unreachable,
            })?
        }
        Route::Proxy(proxy, login) => {
            let stream = connect(proxy.host(), proxy.port()).await.map_err(|fault| match fault {
                Fault::Name => ProxyFault::UnknownHost,
                Fault::Silence => ProxyFault::Unreachable,
            });
            let through = through(stream.map_err(OfflineReason::Proxy)?, login, address).await;
            through
                .map_err(|fault| match fault {
                    // It was told something that nobody named.
                    ProxyFault::WrongLogin if !proxy.has_login() => ProxyFault::WantsLogin,
                    other => other,
                })
                .map_err(OfflineReason::Proxy)?
        }
    };
    Ok(stream)
}

enum Fault {
    Name,
    Silence,
}

/// The only connection that there is: to the relay, or to the proxy.
async fn connect(host: &str, port: u16) -> Result<TcpStream, Fault> {
    let connect = async {
        let places: Vec<_> =
            tokio::net::lookup_host((host, port)).await.map_err(|_| Fault::Name)?.collect();
        let stream = TcpStream::connect(&*places).await.map_err(|_| Fault::Silence)?;
        stream.set_nodelay(true).map_err(|_| Fault::Silence)?;
        Ok(stream)
    };
    timeout(DIAL, connect).await.unwrap_or(Err(Fault::Silence))
}

/// Has a proxy connect to a relay. What it answers has a length that is known beforehand, so that it
/// can be wrong and slow, but not long.
async fn through<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    login: &Login,
    address: &Address,
) -> Result<S, ProxyFault> {
    let target = match address.host().parse::<IpAddr>() {
        Ok(ip) => TargetAddr::Ip((ip, address.port()).into()),
        Err(_) => TargetAddr::Domain(address.host().into(), address.port()),
    };
    let (user, password) = (&login.user, &login.password);
    let asked = Socks5Stream::connect_with_password_and_socket(stream, target, user, password);
    match timeout(PROXY, asked).await {
        Ok(Ok(stream)) => Ok(stream.into_inner()),
        Ok(Err(error)) => Err(fault(&error)),
        Err(_) => Err(ProxyFault::Silent),
    }
}

/// What a proxy's answer means to a person.
fn fault(error: &tokio_socks::Error) -> ProxyFault {
    use tokio_socks::Error;
    match error {
        Error::Io(_) => ProxyFault::HungUp,
        Error::NoAcceptableAuthMethods => ProxyFault::OtherLogin,
        Error::PasswordAuthFailure(_) => ProxyFault::WrongLogin,
        Error::ConnectionNotAllowedByRuleset => ProxyFault::NotAllowed,
        Error::NetworkUnreachable | Error::HostUnreachable => ProxyFault::HostUnreachable,
        Error::ConnectionRefused => ProxyFault::Refused,
        Error::TtlExpired => ProxyFault::TooFar,
        Error::GeneralSocksServerFailure => ProxyFault::Failed,
        Error::AddressTypeNotSupported | Error::CommandNotSupported => ProxyFault::Unable,
        _ => ProxyFault::NoProxy,
    }
}

/// How long finding and reaching a host may take.
const DIAL: Duration = Duration::from_secs(10);
/// How long a proxy may take: an onion service is found in some ten seconds, now and then in more.
const PROXY: Duration = Duration::from_secs(60);

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;
    use tokio::io::AsyncReadExt as _;
    use tokio::io::AsyncWriteExt as _;
    use tokio::io::duplex;

    use super::*;

    fn login() -> Login {
        let proxy: Proxy = "socks5://host:1".parse().unwrap();
        proxy.login(&mut StdRng::seed_from_u64(1))
    }

    #[tokio::test(start_paused = true)]
    async fn a_proxy_that_says_nothing_more_is_given_up() {
        let steps: [&[u8]; 5] =
            [&[], &[5], &[5, 2], &[5, 2, 1, 0], &[5, 2, 1, 0, 5, 0, 0, 3, 9, b'x']];
        for said in steps {
            let (client, mut proxy) = duplex(4096);
            proxy.write_all(said).await.unwrap();
            let address = "relay.invalid".parse().unwrap();
            let through = through(client, &login(), &address).await;
            assert_eq!(through.err(), Some(ProxyFault::Silent), "{said:?}");
            drop(proxy);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_proxy_that_takes_its_time_is_waited_for() {
        let (client, mut proxy) = duplex(4096);
        let slow = tokio::spawn(async move {
            for byte in [5, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0] {
                tokio::time::sleep(Duration::from_secs(4)).await;
                proxy.write_all(&[byte]).await.unwrap();
            }
            // What comes behind the answer is the relay's.
            proxy.write_all(b"relay").await.unwrap();
            proxy
        });
        let address = "relay.invalid".parse().unwrap();
        let mut stream = through(client, &login(), &address).await.unwrap();
        let mut first = [0; 5];
        stream.read_exact(&mut first).await.unwrap();
        assert_eq!(&first, b"relay");
        drop(slow.await.unwrap());
    }

    #[tokio::test]
    async fn a_name_goes_to_the_proxy_as_it_is_and_an_address_as_one() {
        let onion = format!("{}.onion", "a".repeat(56));
        let name = [&[3, 62], onion.as_bytes()].concat();
        let cases: [(&str, &[u8]); 3] = [
            (&onion, &name),
            ("192.0.2.7", &[1, 192, 0, 2, 7]),
            ("::1", &[4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
        ];
        for (host, written) in cases {
            let (client, mut proxy) = duplex(4096);
            proxy.write_all(&[5, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.unwrap();
            let address = Address::new(host, 6174, None).unwrap();
            drop(through(client, &login(), &address).await.unwrap());
            let mut heard = Vec::new();
            proxy.read_to_end(&mut heard).await.unwrap();
            let expected = [&[5, 2, 0, 2, 5, 1, 0], written, &6174_u16.to_be_bytes()].concat();
            assert_eq!(heard, expected, "{host}");
        }
    }

    #[tokio::test]
    async fn an_onion_service_is_not_looked_up() {
        let address = Address::new(&format!("{}.onion", "a".repeat(56)), 6174, None).unwrap();
        let dialled = dial(&Route::Direct, &address).await;
        assert_eq!(dialled.err(), Some(OfflineReason::OnionWithoutProxy));
        let proxy = Way::Proxy("socks5://127.0.0.1:9050".parse().unwrap());
        assert_eq!(proxy.allows(&address), Ok(()));
    }
}
