//! Both handshakes, driven over a stream.
//!
//! The driver of either side is one loop: read a record, hand it to the state, write what it says.

use core::time::Duration;

use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt as _;

use super::Bytes;
use super::CELL_LEN;
use super::Cells;
use super::Channel;
use super::Content;
use super::HANDSHAKE_DEADLINE;
use super::RecordReader;
use super::error::ChannelError;
use super::error::ConnectError;
use super::linger::linger;
use crate::crypto::CryptoRng;
use crate::handshake;
use crate::handshake::CipherSuite;
use crate::handshake::ClientHandshake;
use crate::handshake::ClientProgress;
use crate::handshake::Connection;
use crate::handshake::Failure;
use crate::handshake::Group;
use crate::handshake::KeyExchange;
use crate::handshake::Pin;
use crate::handshake::ServerHandshake;
use crate::handshake::ServerProgress;
use crate::handshake::SigningKeys;
use crate::handshake::Unconfirmed;
use crate::handshake::client::Offer;
use crate::handshake::identity::VerifiedKeySet;
use crate::handshake::record::Header;
use crate::handshake::server::Answer;
use crate::handshake::server::ExpectFinished;
use crate::handshake::server::FinishedProgress;

/// What a client insists on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectOptions {
    /// The key exchange, which fixes the relay's key too.
    pub exchange: KeyExchange,
    /// The cipher suite.
    pub suite: CipherSuite,
}

impl Default for ConnectOptions {
    /// P-521 with ML-KEM-1024, and AES-256-GCM.
    fn default() -> Self {
        Self { exchange: KeyExchange::Hybrid(Group::P521), suite: CipherSuite::Aes256GcmSha384 }
    }
}

/// The relay's side: answers a ClientHello, with `welcome` in the same flight, and waits for the
/// client's Finished, all within `deadline`.
///
/// # Errors
/// Whatever ended the handshake; the client was told, as far as it is for it to know.
pub async fn accept<S: AsyncRead + AsyncWrite + Unpin + Send>(
    stream: S,
    keys: &SigningKeys,
    welcome: &[u8; CELL_LEN],
    deadline: Duration,
    rng: &mut (impl CryptoRng + Send),
) -> Result<Channel<S>, ChannelError> {
    accept_with(stream, Answer { keys, welcome }, deadline, rng).await
}

/// The same for a peer that knows nothing of relays: no Welcome, and records of any length.
///
/// # Errors
/// As [`accept`].
pub async fn accept_bytes<S: AsyncRead + AsyncWrite + Unpin + Send>(
    stream: S,
    keys: &SigningKeys,
    deadline: Duration,
    rng: &mut (impl CryptoRng + Send),
) -> Result<Channel<S, Bytes>, ChannelError> {
    accept_with(stream, Answer { keys, welcome: &[] }, deadline, rng).await
}

async fn accept_with<S: AsyncRead + AsyncWrite + Unpin + Send, C: Content>(
    stream: S,
    answer: Answer<'_>,
    deadline: Duration,
    rng: &mut (impl CryptoRng + Send),
) -> Result<Channel<S, C>, ChannelError> {
    let mut driver = Driver { stream, records: RecordReader::default() };
    let handshake = async {
        let expect_finished = driver.answer(answer, rng).await?;
        driver.await_finished(expect_finished).await
    };
    let connection =
        tokio::time::timeout(deadline, handshake).await.map_err(|_| ChannelError::TimedOut)??;
    let Driver { stream, records } = driver;
    Ok(Channel::new(stream, records, connection))
}

/// The client's side. `verify` judges Welcome: only if it gives a verified key set, and the key that
/// signed this handshake is in it, does the client's Finished go out.
///
/// The channel comes with the key set and Welcome. All of it takes at most [`HANDSHAKE_DEADLINE`].
///
/// # Errors
/// [`ConnectError::Refused`] with what `verify` said; otherwise whatever ended the handshake.
pub async fn connect<S, E>(
    stream: S,
    options: ConnectOptions,
    rng: &mut (impl CryptoRng + Send),
    verify: impl FnOnce(&[u8; CELL_LEN]) -> Result<VerifiedKeySet, E> + Send,
) -> Result<(Channel<S>, VerifiedKeySet, Box<[u8; CELL_LEN]>), ConnectError<E>>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    E: Send,
{
    let mut driver = Driver { stream, records: RecordReader::default() };
    let handshake = async {
        let unconfirmed = driver.greet(options, rng).await?;
        let (unconfirmed, welcome) = driver.read_welcome(unconfirmed).await?;
        let key_set = match verify(&welcome) {
            Ok(key_set) => key_set,
            Err(refusal) => {
                driver.fail(unconfirmed.abort(handshake::Error::IdentityRefused)).await;
                return Err(ConnectError::Refused(refusal));
            }
        };
        let (connection, finished) = driver.settle(unconfirmed.confirm(&key_set)).await?;
        driver.write(&finished).await?;
        Ok((connection, key_set, welcome))
    };
    let (connection, key_set, welcome) = tokio::time::timeout(HANDSHAKE_DEADLINE, handshake)
        .await
        .map_err(|_| ChannelError::TimedOut)??;
    let Driver { stream, records } = driver;
    Ok((Channel::new(stream, records, connection), key_set, welcome))
}

/// A stream with a handshake under way.
struct Driver<S> {
    stream: S,
    records: RecordReader,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Driver<S> {
    /// ClientHello, a second one if need be, and the whole flight that answers it.
    async fn answer(
        &mut self,
        with: Answer<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<ExpectFinished, ChannelError> {
        let mut state = ServerHandshake::new();
        loop {
            let progress = match self.read().await? {
                Ok((header, body)) => state.receive(&header, body, with, rng),
                Err(error) => Err(state.abort(error)),
            };
            match self.settle(progress).await? {
                ServerProgress::Wait(next) => state = next,
                ServerProgress::Retried(next, flight) => {
                    self.write(&flight).await?;
                    state = next;
                }
                ServerProgress::Answered(next, flight) => {
                    self.write(&flight).await?;
                    return Ok(next);
                }
            }
        }
    }

    /// The client's Finished.
    async fn await_finished(
        &mut self,
        mut state: ExpectFinished,
    ) -> Result<Connection, ChannelError> {
        loop {
            let progress = match self.read().await? {
                Ok((header, body)) => state.receive(&header, body),
                Err(error) => Err(state.abort(error)),
            };
            match self.settle(progress).await? {
                FinishedProgress::Wait(next) => state = next,
                FinishedProgress::Connected(connection) => return Ok(*connection),
            }
        }
    }

    /// ClientHello, and the server's flight up to its Finished.
    async fn greet(
        &mut self,
        options: ConnectOptions,
        rng: &mut impl CryptoRng,
    ) -> Result<Unconfirmed, ChannelError> {
        let offer = Offer { pin: Pin::new(options.exchange), suite: options.suite };
        let (mut state, client_hello) = ClientHandshake::start(offer, rng)?;
        self.write(&client_hello).await?;
        loop {
            let progress = match self.read().await? {
                Ok((header, body)) => state.receive(&header, body),
                Err(error) => Err(state.abort(error)),
            };
            match self.settle(progress).await? {
                ClientProgress::Wait(next) => state = next,
                ClientProgress::Unconfirmed(unconfirmed) => return Ok(unconfirmed),
            }
        }
    }

    /// The first cell, before anything is known about who sends it.
    async fn read_welcome(
        &mut self,
        state: Unconfirmed,
    ) -> Result<(Unconfirmed, Box<[u8; CELL_LEN]>), ChannelError> {
        let progress = match self.read().await? {
            Ok((header, body)) => state.receive(&header, body),
            Err(error) => Err(state.abort(error)),
        };
        let (state, data) = self.settle(progress).await?;
        match Cells::judge(&data) {
            Ok(welcome) => Ok((state, Box::new(*welcome))),
            Err(error) => self.settle(Err(state.abort(error))).await,
        }
    }

    /// The next record, or what its header alone broke.
    async fn read(&mut self) -> Result<Result<(Header, Vec<u8>), handshake::Error>, ChannelError> {
        match self.records.next(&mut self.stream).await {
            Ok(Some(record)) => Ok(Ok(record)),
            Ok(None) => Err(ChannelError::Truncated),
            Err(ChannelError::Protocol(error)) => Ok(Err(error)),
            Err(error) => Err(error),
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), ChannelError> {
        self.stream.write_all(bytes).await?;
        Ok(self.stream.flush().await?)
    }

    /// A failure is told to the peer before it becomes an error here.
    async fn settle<T>(&mut self, progress: Result<T, Failure>) -> Result<T, ChannelError> {
        match progress {
            Ok(progress) => Ok(progress),
            Err(failure) => Err(self.fail(failure).await),
        }
    }

    /// Sends the alert, if the socket still takes it: the failure is the news, not the socket.
    async fn fail(&mut self, failure: Failure) -> ChannelError {
        if self.write(&failure.alert).await.is_ok() && self.stream.shutdown().await.is_ok() {
            linger(&mut self.stream).await;
        }
        failure.error.into()
    }
}
