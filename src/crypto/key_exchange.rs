//! The channel's key exchanges: a group alone, or together with ML-KEM.
//!
//! ```text
//!   client                                           server
//!   ClientKey::generate
//!     share: point, encapsulation key   -------->    answer: checks both, makes both halves
//!   finish                              <--------    share: point, ciphertext
//!     secret                                         secret
//! ```
//!
//! | exchange | client's share | server's share | secret |
//! |---|---|---|---|
//! | P-256, P-384, P-521, X25519 | point | point | x |
//! | X25519 + ML-KEM-768 | ek ‖ point: 1184 + 32 | ct ‖ point: 1088 + 32 | ss ‖ x: 32 + 32 |
//! | P-256 + ML-KEM-768 | point ‖ ek: 65 + 1184 | point ‖ ct: 65 + 1088 | x ‖ ss: 32 + 32 |
//! | P-384 + ML-KEM-1024 | point ‖ ek: 97 + 1568 | point ‖ ct: 97 + 1568 | x ‖ ss: 48 + 32 |
//! | P-521 + ML-KEM-1024 | point ‖ ek: 133 + 1568 | point ‖ ct: 133 + 1568 | x ‖ ss: 66 + 32 |
//!
//! Both secrets enter the key schedule, and the transcript binds both shares: the exchange holds as
//! long as either half does. Source: [draft-ietf-tls-ecdhe-mlkem, section
//! 3.1](https://datatracker.ietf.org/doc/draft-ietf-tls-ecdhe-mlkem/); the last row is built as the
//! one above it, which no document does.

use core::fmt;

use super::CryptoRng;
use super::Error;
use super::group::EphemeralKey;
use super::group::Group;
use super::kem;
use super::kem::EphemeralKemKey;
use super::kem::Kem;
use super::secret::Secret;
use super::secret::SecretBytes;

/// How two sides come to a shared secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyExchange {
    /// Diffie-Hellman alone.
    Classical(Group),
    /// Diffie-Hellman together with the ML-KEM that stands beside this group.
    Hybrid(Group),
}

impl KeyExchange {
    /// Every exchange, the hybrids first.
    pub const ALL: [Self; 8] = [
        Self::Hybrid(Group::P256),
        Self::Hybrid(Group::P384),
        Self::Hybrid(Group::P521),
        Self::Hybrid(Group::X25519),
        Self::Classical(Group::P256),
        Self::Classical(Group::P384),
        Self::Classical(Group::P521),
        Self::Classical(Group::X25519),
    ];

    /// The Diffie-Hellman group.
    #[must_use]
    pub fn group(self) -> Group {
        match self {
            Self::Classical(group) | Self::Hybrid(group) => group,
        }
    }

    /// The ML-KEM beside it, if it is hybrid.
    #[must_use]
    pub fn kem(self) -> Option<Kem> {
        match self {
            Self::Classical(_) => None,
            Self::Hybrid(Group::P256 | Group::X25519) => Some(Kem::MlKem768),
            Self::Hybrid(Group::P384 | Group::P521) => Some(Kem::MlKem1024),
        }
    }

    /// What people are shown.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Classical(Group::P256) => "P-256",
            Self::Classical(Group::P384) => "P-384",
            Self::Classical(Group::P521) => "P-521",
            Self::Classical(Group::X25519) => "X25519",
            Self::Hybrid(Group::P256) => "P-256 + ML-KEM-768",
            Self::Hybrid(Group::P384) => "P-384 + ML-KEM-1024",
            Self::Hybrid(Group::P521) => "P-521 + ML-KEM-1024",
            Self::Hybrid(Group::X25519) => "X25519 + ML-KEM-768",
        }
    }
}

/// A client's private key for one exchange.
pub struct ClientKey {
    point: EphemeralKey,
    kem: Option<EphemeralKemKey>,
}

impl ClientKey {
    /// A fresh key.
    pub fn generate(exchange: KeyExchange, rng: &mut impl CryptoRng) -> Self {
        let point = EphemeralKey::generate(exchange.group(), rng);
        let kem = exchange.kem().map(|kem| EphemeralKemKey::generate(kem, rng));
        Self { point, kem }
    }

    /// Its exchange.
    #[must_use]
    pub fn exchange(&self) -> KeyExchange {
        match self.kem {
            None => KeyExchange::Classical(self.point.group()),
            Some(_) => KeyExchange::Hybrid(self.point.group()),
        }
    }

    /// What the server is sent.
    #[must_use]
    pub fn share(&self) -> Vec<u8> {
        let point = self.point.public_key();
        match &self.kem {
            None => point,
            Some(key) => join(self.point.group(), &point, &key.encapsulation_key()),
        }
    }

    /// The shared secret with the server's share. The private key is gone afterwards.
    ///
    /// A ciphertext that was changed on its way gives another secret and no error: the first record
    /// under it will not open.
    ///
    /// # Errors
    /// [`Error::InvalidLength`] for a hybrid share of another length; otherwise those of
    /// [`EphemeralKey::agree`].
    pub fn finish(self, server_share: &[u8]) -> Result<SecretBytes, Error> {
        let Self { point: own, kem } = self;
        let Some(key) = kem else { return own.agree(server_share) };
        let group = own.group();
        let (point, ciphertext) = split(group, server_share, key.kem().ciphertext_len())?;
        let x = own.agree(point)?;
        Ok(concatenate(group, &x, &key.decapsulate(ciphertext)?))
    }
}

impl fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { point: _, kem: _ } = self;
        write!(f, "ClientKey({:?})", self.exchange())
    }
}

/// What a server makes of a client's share. Its own private key was used and is gone.
pub struct ServerAnswer {
    /// What the client is sent.
    pub share: Vec<u8>,
    /// The shared secret.
    pub secret: SecretBytes,
}

impl fmt::Debug for ServerAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { share: _, secret: _ } = self;
        f.write_str("ServerAnswer")
    }
}

/// The server's side of an exchange, whole.
///
/// # Errors
/// [`Error::InvalidLength`] for a hybrid share of another length, [`Error::InvalidKey`] if its
/// encapsulation key fails the modulus check (FIPS 203, section 7.2), otherwise those of
/// [`EphemeralKey::agree`].
pub fn answer(
    exchange: KeyExchange,
    client_share: &[u8],
    rng: &mut impl CryptoRng,
) -> Result<ServerAnswer, Error> {
    let group = exchange.group();
    let Some(kem) = exchange.kem() else {
        let own = EphemeralKey::generate(group, rng);
        return Ok(ServerAnswer { share: own.public_key(), secret: own.agree(client_share)? });
    };
    let (point, encapsulation_key) = split(group, client_share, kem.encapsulation_key_len())?;
    let own = EphemeralKey::generate(group, rng);
    let public_key = own.public_key();
    let x = own.agree(point)?;
    let (ciphertext, ss) = kem::encapsulate_to(kem, encapsulation_key, rng)?;
    Ok(ServerAnswer {
        share: join(group, &public_key, &ciphertext),
        secret: concatenate(group, &x, &ss),
    })
}

/// X25519MLKEM768 has the ML-KEM part first, in the shares and in the secret; all others last.
fn kem_comes_first(group: Group) -> bool {
    group == Group::X25519
}

/// A share of its two halves.
fn join(group: Group, point: &[u8], kem_part: &[u8]) -> Vec<u8> {
    match kem_comes_first(group) {
        true => [kem_part, point].concat(),
        false => [point, kem_part].concat(),
    }
}

/// The halves of a share: the point, and the part of ML-KEM. Nothing is parsed before all of it has
/// the length that it must have.
fn split(group: Group, share: &[u8], kem_len: usize) -> Result<(&[u8], &[u8]), Error> {
    let point_len = group.public_key_len();
    if share.len() != point_len + kem_len {
        return Err(Error::InvalidLength);
    }
    match kem_comes_first(group) {
        true => share.split_at_checked(kem_len).map(|(kem_part, point)| (point, kem_part)),
        false => share.split_at_checked(point_len),
    }
    .ok_or(Error::InvalidLength)
}

/// The secret of its two halves, written into one allocation, so that no copy stays behind.
fn concatenate(group: Group, x: &SecretBytes, ss: &Secret<32>) -> SecretBytes {
    let (first, second) = match kem_comes_first(group) {
        true => (ss.expose().as_slice(), x.expose()),
        false => (x.expose(), ss.expose().as_slice()),
    };
    let mut secret = Vec::with_capacity(first.len() + second.len());
    secret.extend_from_slice(first);
    secret.extend_from_slice(second);
    SecretBytes::new(secret)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;

    /// Exchange, lengths of the client's share, the server's share and the secret: the draft's
    /// numbers, and for P-521 its parts'.
    const LENGTHS: [(KeyExchange, usize, usize, usize); 8] = [
        (KeyExchange::Hybrid(Group::X25519), 1216, 1120, 64),
        (KeyExchange::Hybrid(Group::P256), 1249, 1153, 64),
        (KeyExchange::Hybrid(Group::P384), 1665, 1665, 80),
        (KeyExchange::Hybrid(Group::P521), 1701, 1701, 98),
        (KeyExchange::Classical(Group::X25519), 32, 32, 32),
        (KeyExchange::Classical(Group::P256), 65, 65, 32),
        (KeyExchange::Classical(Group::P384), 97, 97, 48),
        (KeyExchange::Classical(Group::P521), 133, 133, 66),
    ];
    const GROUPS: [Group; 4] = [Group::P256, Group::P384, Group::P521, Group::X25519];

    fn rng(seed: u64) -> StdRng {
        StdRng::seed_from_u64(seed)
    }

    /// The same key with every call.
    fn client(exchange: KeyExchange) -> ClientKey {
        ClientKey::generate(exchange, &mut rng(1))
    }

    #[test]
    fn both_sides_come_to_one_secret_and_every_length_is_the_drafts() {
        for (exchange, client_len, server_len, secret_len) in LENGTHS {
            let client = client(exchange);
            assert_eq!(client.exchange(), exchange);
            let share = client.share();
            assert_eq!(share.len(), client_len, "{exchange:?}");
            let answer = answer(exchange, &share, &mut rng(2)).unwrap();
            assert_eq!(answer.share.len(), server_len, "{exchange:?}");
            assert_eq!(answer.secret.len(), secret_len, "{exchange:?}");
            assert_eq!(client.finish(&answer.share).unwrap().expose(), answer.secret.expose());
        }
        assert!(KeyExchange::ALL.iter().all(|one| LENGTHS.iter().any(|row| row.0 == *one)));
    }

    /// The halves as the parts alone make them, from the same randomness, in the draft's order.
    #[test]
    #[cfg_attr(feature = "aws-lc", ignore = "repeats a run from its seed")]
    fn shares_and_secret_are_their_halves_in_the_drafts_order() {
        for group in GROUPS {
            let exchange = KeyExchange::Hybrid(group);
            let kem = exchange.kem().unwrap();
            let (mut client_rng, mut server_rng) = (rng(1), rng(2));
            let client_point = EphemeralKey::generate(group, &mut client_rng);
            let client_kem = EphemeralKemKey::generate(kem, &mut client_rng);
            let ek = client_kem.encapsulation_key();
            let client_public = client_point.public_key();
            let server_point = EphemeralKey::generate(group, &mut server_rng);
            let server_public = server_point.public_key();
            let (ct, ss) = kem::encapsulate_to(kem, &ek, &mut server_rng).unwrap();
            let x = server_point.agree(&client_public).unwrap();
            assert_eq!(client_point.agree(&server_public).unwrap().expose(), x.expose());
            assert_eq!(client_kem.decapsulate(&ct).unwrap().expose(), ss.expose());

            let in_order = |point: &[u8], kem_part: &[u8]| match group {
                Group::X25519 => [kem_part, point].concat(),
                _ => [point, kem_part].concat(),
            };
            let share = client(exchange).share();
            assert_eq!(share, in_order(&client_public, &ek));
            let answer = answer(exchange, &share, &mut rng(2)).unwrap();
            assert_eq!(answer.share, in_order(&server_public, &ct));
            assert_eq!(answer.secret.expose(), in_order(x.expose(), ss.expose()));
        }
    }

    #[test]
    #[cfg_attr(feature = "aws-lc", ignore = "repeats a run from its seed")]
    fn either_half_changes_the_secret() {
        for group in GROUPS {
            let exchange = KeyExchange::Hybrid(group);
            let share = client(exchange).share();
            let one = answer(exchange, &share, &mut rng(2)).unwrap();
            let other = answer(exchange, &share, &mut rng(3)).unwrap();
            let kem_len = exchange.kem().unwrap().ciphertext_len();
            let (one_point, one_ct) = split(group, &one.share, kem_len).unwrap();
            let (other_point, other_ct) = split(group, &other.share, kem_len).unwrap();
            let half = |secret: &SecretBytes, kem_half: bool| {
                let at = if kem_comes_first(group) { 32 } else { secret.len() - 32 };
                let (first, second) = secret.expose().split_at(at);
                if kem_half == kem_comes_first(group) { first.to_vec() } else { second.to_vec() }
            };
            // One half from another exchange: that half of the secret differs, and only that.
            for (point, ct, changed_kem) in
                [(one_point, other_ct, true), (other_point, one_ct, false)]
            {
                let mixed = client(exchange).finish(&join(group, point, ct)).unwrap();
                assert_ne!(mixed.expose(), one.secret.expose());
                for kem_half in [true, false] {
                    let differs = half(&mixed, kem_half) != half(&one.secret, kem_half);
                    assert_eq!(differs, kem_half == changed_kem, "{group:?}");
                }
            }
        }
    }

    #[test]
    fn shares_of_any_other_length_are_refused() {
        for group in GROUPS {
            let exchange = KeyExchange::Hybrid(group);
            let share = client(exchange).share();
            let good = answer(exchange, &share, &mut rng(2)).unwrap().share;
            let classical = EphemeralKey::generate(group, &mut rng(4)).public_key();
            let cuts = |whole: &[u8]| {
                let mut cuts: Vec<_> =
                    [0, 1, 32, whole.len() - 1].map(|len| whole[..len].to_vec()).to_vec();
                cuts.extend([[whole, &[0]].concat(), classical.clone(), whole.repeat(2)]);
                cuts
            };
            for cut in cuts(&share) {
                let result = answer(exchange, &cut, &mut rng(2));
                assert_eq!(result.map(|_| ()), Err(Error::InvalidLength), "{group:?}");
            }
            for cut in cuts(&good) {
                let result = client(exchange).finish(&cut);
                assert_eq!(result.map(|_| ()), Err(Error::InvalidLength), "{group:?}");
            }
        }
    }

    #[test]
    fn bad_halves_are_refused_each_by_its_own_rule() {
        for group in GROUPS {
            let exchange = KeyExchange::Hybrid(group);
            let kem = exchange.kem().unwrap();
            let share = client(exchange).share();
            let (point, ek) = split(group, &share, kem.encapsulation_key_len()).unwrap();
            // 0xfff in every coefficient is above the modulus, 3329.
            let above = join(group, point, &vec![0xff; ek.len()]);
            let result = answer(exchange, &above, &mut rng(2));
            assert_eq!(result.map(|_| ()), Err(Error::InvalidKey), "{group:?}");

            let zero = vec![0; point.len()];
            let expected = match group {
                Group::X25519 => Error::NonContributory,
                _ => Error::InvalidPoint,
            };
            let result = answer(exchange, &join(group, &zero, ek), &mut rng(2));
            assert_eq!(result.map(|_| ()), Err(expected), "{group:?}");
            let good = answer(exchange, &share, &mut rng(2)).unwrap().share;
            let (_, ct) = split(group, &good, kem.ciphertext_len()).unwrap();
            let result = client(exchange).finish(&join(group, &zero, ct));
            assert_eq!(result.map(|_| ()), Err(expected), "{group:?}");
        }
    }
}
