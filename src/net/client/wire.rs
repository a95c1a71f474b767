//! One connection to the relay: made, watched, and gone.
//!
//! ```text
//!   connect ── handshake ── Welcome judged ── Up ──► cells both ways ──► Down
//!                               │
//!                               └── Distrusted: the handshake is not confirmed
//! ```

use core::time::Duration;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio::time::timeout;

use super::core::Distrust;
use super::core::Expectation;
use super::core::Line;
use super::dial::Route;
use super::dial::dial;
use super::event::BadKeys;
use super::event::OfflineReason;
use super::exposure::Ledger;
use super::exposure::Shown;
use crate::crypto::join::JOIN_EXPORTER;
use crate::crypto::join::JOIN_PROOF_LEN;
use crate::crypto::join::JoinProof;
use crate::crypto::join::JoinSecret;
use crate::handshake;
use crate::handshake::error::PeerMisbehaved;
use crate::handshake::identity::SignedKeySet;
use crate::handshake::identity::VerifiedKeySet;
use crate::id::Address;
use crate::net::cell;
use crate::net::cell::CELL_LEN;
use crate::net::cell::CellBuilder;
use crate::net::cell::ClientFrame;
use crate::net::cell::CloseReason;
use crate::net::cell::Limits;
use crate::net::cell::Pace;
use crate::net::cell::RelayFrame;
use crate::net::cell::Welcome;
use crate::net::channel;
use crate::net::channel::CellReader;
use crate::net::channel::CellWriter;
use crate::net::channel::Channel;
use crate::net::channel::ChannelError;
use crate::net::channel::ConnectError;
use crate::net::channel::ConnectOptions;
use crate::net::clock;
use crate::net::steady::Steady;

/// What a connection is made with.
pub(super) struct Plan {
    pub(super) origin: Origin,
    pub(super) route: Route,
    pub(super) address: Address,
    pub(super) options: ConnectOptions,
    pub(super) pace: Option<Pace>,
    pub(super) expectation: Expectation,
    pub(super) ledger: Ledger,
    pub(super) join: Known,
}

/// The secret of a private network, as soon as somebody has said it.
#[derive(Clone, Default)]
pub(super) struct Known(Arc<Mutex<Option<JoinSecret>>>);

impl Known {
    pub(super) fn set(&self, secret: JoinSecret) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(secret);
    }

    /// The proof for one channel; none if nobody has said the secret.
    fn prove<S: AsyncRead + AsyncWrite>(&self, channel: &Channel<S>) -> Option<JoinProof> {
        let exported = channel.exporter().export(JOIN_EXPORTER, &[], JOIN_PROOF_LEN).ok()?;
        let secret = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        secret.as_ref().map(|secret| secret.proof(exported.expose()))
    }
}

/// Which connection reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) line: Line,
    pub(super) serial: u64,
}

/// What a connection reports.
pub(super) enum Report {
    Up(Box<VerifiedKeySet>, Box<Welcome>),
    Frames(Vec<RelayFrame>),
    Distrusted(Distrust),
    Down(Ended),
}

/// Why a connection ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended {
    pub(super) reason: OfflineReason,
    /// How long the relay wants to hear nothing.
    pub(super) pause: Duration,
}

impl From<OfflineReason> for Ended {
    fn from(reason: OfflineReason) -> Self {
        Self { reason, pause: Duration::ZERO }
    }
}

impl Ended {
    /// Nobody has said the secret: who does has it tried at once.
    const PRIVATE: Self = Self { reason: OfflineReason::Private, pause: LONGEST_PAUSE };

    /// What the relay says with its last frame.
    fn by(reason: CloseReason, retry_after: u32) -> Self {
        let reason = match reason {
            CloseReason::Join => {
                let reason = OfflineReason::WrongSecret;
                return Self { reason, pause: LONGEST_PAUSE };
            }
            CloseReason::Full | CloseReason::SubscriptionsInAll | CloseReason::TooFast => {
                OfflineReason::Busy
            }
            _ => OfflineReason::Closed,
        };
        Self { reason, pause: Duration::from_secs(retry_after.into()).min(LONGEST_PAUSE) }
    }
}

/// Makes a connection and serves it until it ends; the last report is why.
pub(super) async fn run(
    plan: Plan,
    reports: mpsc::Sender<(Origin, Report)>,
    frames: mpsc::Receiver<Vec<ClientFrame>>,
) {
    let (origin, ledger, pace) = (plan.origin, plan.ledger.clone(), plan.pace);
    let last = match open(plan).await {
        Ok(Opened { channel, verified, welcome, join }) => {
            let rhythm = Rhythm::of(&welcome.limits, pace);
            let up = Report::Up(Box::new(verified), welcome);
            if reports.send((origin, up)).await.is_err() {
                return;
            }
            Report::Down(serve((origin, ledger), (channel, join), &reports, frames, rhythm).await)
        }
        Err(report) => report,
    };
    // Without a listener nobody needs to know.
    let _ = reports.send((origin, last)).await;
}

/// When the client sends cells, whether or not there is something to say.
#[derive(Clone, Copy)]
enum Rhythm {
    /// What there is as it comes, and a Ping after a while without.
    AsItComes { ping_every: Duration },
    /// One cell in each interval.
    Steady(Pace),
}

impl Rhythm {
    fn of(limits: &Limits, pace: Option<Pace>) -> Self {
        match pace {
            Some(pace) => Self::Steady(pace.max(limits.pace)),
            None => {
                let third = Duration::from_secs(u64::from(limits.idle) / 3);
                Self::AsItComes { ping_every: third.clamp(PING_LEAST, PING_MOST) }
            }
        }
    }

    /// How long a relay that lives may be silent: two of its answers may be late.
    fn patience(self) -> Duration {
        let every = match self {
            Self::AsItComes { ping_every } => ping_every,
            Self::Steady(pace) => pace.every(),
        };
        every.saturating_mul(2).saturating_add(PING_LEAST)
    }
}

/// A connection on which nothing was said.
struct Opened {
    channel: Channel<TcpStream>,
    verified: VerifiedKeySet,
    welcome: Box<Welcome>,
    /// What Hello is to prove.
    join: Option<JoinProof>,
}

async fn open(plan: Plan) -> Result<Opened, Report> {
    let stream =
        dial(&plan.route, &plan.address).await.map_err(|reason| Report::Down(reason.into()))?;
    let Plan { options, expectation, ledger, join, .. } = plan;
    ledger.connected();
    let verify = |cell: &[u8; CELL_LEN]| {
        let welcome = read_welcome(cell);
        ledger.received(usize::from(welcome.is_some()));
        let welcome = welcome.ok_or(Refused::NoRelay)?;
        let keys = SignedKeySet::from_parts(
            welcome.network_key.clone(),
            welcome.key_set.clone(),
            welcome.signature.clone(),
        );
        expectation.judge(&keys).map_err(Refused::Distrust)
    };
    let mut rng = clock::system_rng();
    let connected = channel::connect(stream, options, &mut rng, verify).await;
    let (channel, verified, cell) = connected.map_err(|error| match error {
        ConnectError::Refused(Refused::Distrust(distrust)) => Report::Distrusted(distrust),
        // A Welcome that is genuine, shown by somebody who is not its relay: a man in the middle.
        ConnectError::Channel(ChannelError::Protocol(
            handshake::Error::IdentityRefused
            | handshake::Error::PeerMisbehaved(PeerMisbehaved::SignerNotInKeySet),
        )) => Report::Distrusted(Distrust::BadKeys(BadKeys::Unsigned)),
        // A relay that is stormed hangs up before it says anything.
        ConnectError::Channel(
            ChannelError::Io(_) | ChannelError::Truncated | ChannelError::TimedOut,
        ) => Report::Down(OfflineReason::Lost.into()),
        _ => Report::Down(OfflineReason::NoRelay.into()),
    })?;
    let welcome = read_welcome(&cell).ok_or_else(|| Report::Down(OfflineReason::NoRelay.into()))?;
    let join = match welcome.policy.join {
        true => Some(join.prove(&channel).ok_or(Report::Down(Ended::PRIVATE))?),
        false => None,
    };
    Ok(Opened { channel, verified, welcome, join })
}

enum Refused {
    NoRelay,
    Distrust(Distrust),
}

fn read_welcome(cell: &[u8; CELL_LEN]) -> Option<Box<Welcome>> {
    let mut frames = cell::decode::<RelayFrame>(cell).ok()?.into_iter();
    match (frames.next(), frames.next()) {
        (Some(RelayFrame::Welcome(welcome)), None) if welcome.versions.contains(&cell::VERSION) => {
            Some(welcome)
        }
        _ => None,
    }
}

/// Both directions at once; the first to end ends both.
async fn serve(
    (origin, ledger): (Origin, Ledger),
    (channel, join): (Channel<TcpStream>, Option<JoinProof>),
    reports: &mpsc::Sender<(Origin, Report)>,
    frames: mpsc::Receiver<Vec<ClientFrame>>,
    rhythm: Rhythm,
) -> Ended {
    let (reader, writer) = channel.split();
    let writing = async {
        match rhythm {
            Rhythm::AsItComes { ping_every } => {
                write(&ledger, (writer, join), frames, ping_every).await
            }
            Rhythm::Steady(pace) => write_steadily(&ledger, (writer, join), frames, pace).await,
        }
    };
    tokio::select! {
        reason = read((origin, &ledger), reader, reports, rhythm.patience()) => reason,
        reason = writing => reason,
    }
}

async fn read(
    (origin, ledger): (Origin, &Ledger),
    mut reader: CellReader<TcpStream>,
    reports: &mpsc::Sender<(Origin, Report)>,
    patience: Duration,
) -> Ended {
    loop {
        let cell = match timeout(patience, reader.next()).await {
            Ok(Ok(Some(cell))) => cell,
            Ok(Ok(None)) => return OfflineReason::Closed.into(),
            Ok(Err(_)) | Err(_) => return OfflineReason::Lost.into(),
        };
        let mut frames = Vec::new();
        let mut ended = take(ledger, cell, &mut frames);
        // What is there already comes along: the driver is woken once for all of it.
        while ended.is_none() && frames.len() < FRAMES_AT_ONCE {
            ended = tokio::select! {
                biased;
                next = reader.next() => match next {
                    Ok(Some(cell)) => take(ledger, cell, &mut frames),
                    Ok(None) => Some(OfflineReason::Closed.into()),
                    Err(_) => Some(OfflineReason::Lost.into()),
                },
                () = std::future::ready(()) => break,
            };
        }
        if !frames.is_empty() && reports.send((origin, Report::Frames(frames))).await.is_err() {
            return OfflineReason::Closed.into();
        }
        if let Some(ended) = ended {
            return ended;
        }
    }
}

/// Adds what a cell says to the others. Why it is the last, if it is.
fn take(ledger: &Ledger, cell: &[u8; CELL_LEN], to: &mut Vec<RelayFrame>) -> Option<Ended> {
    let frames = cell::decode::<RelayFrame>(cell);
    ledger.received(frames.as_ref().map_or(0, Vec::len));
    let Ok(frames) = frames else { return Some(OfflineReason::NoRelay.into()) };
    let closing = frames.iter().find_map(|frame| match frame {
        RelayFrame::Closing { reason, retry_after } => Some(Ended::by(*reason, *retry_after)),
        _ => None,
    });
    to.extend(frames.into_iter().filter(|frame| !matches!(frame, RelayFrame::Pong)));
    closing
}

async fn write(
    ledger: &Ledger,
    (mut writer, join): (CellWriter<TcpStream>, Option<JoinProof>),
    mut frames: mpsc::Receiver<Vec<ClientFrame>>,
    ping_every: Duration,
) -> Ended {
    let mut ping_at = Instant::now() + ping_every;
    loop {
        let mut batch = match tokio::time::timeout_at(ping_at, frames.recv()).await {
            Ok(Some(batch)) => batch,
            Ok(None) => return hang_up(writer).await,
            Err(_) => {
                ping_at = Instant::now() + ping_every;
                vec![ClientFrame::Ping]
            }
        };
        while batch.len() < FRAMES_AT_ONCE
            && let Ok(more) = frames.try_recv()
        {
            batch.extend(more);
        }
        let mut cells = into_cells(proving(batch, join)).into_iter().peekable();
        while cells.peek().is_some() {
            let now = cells.by_ref().take(CELLS_AT_ONCE).map(|(cell, shown)| {
                ledger.sends(shown);
                cell
            });
            let now: Vec<_> = now.collect();
            if !are_taken(&mut writer, now.iter().map(AsRef::as_ref)).await {
                return OfflineReason::Lost.into();
            }
        }
    }
}

/// One cell in each interval, from Hello on, and the relay is asked for the same. What waits is
/// what the core has in flight, which it bounds.
async fn write_steadily(
    ledger: &Ledger,
    (mut writer, join): (CellWriter<TcpStream>, Option<JoinProof>),
    mut frames: mpsc::Receiver<Vec<ClientFrame>>,
    pace: Pace,
) -> Ended {
    let Some(mut first) = frames.recv().await else { return hang_up(writer).await };
    let behind_hello = first.len().min(1);
    first.insert(behind_hello, ClientFrame::Steady { pace });
    let mut steady = Steady::begin(pace);
    steady.add(proving(first, join));
    loop {
        tokio::select! {
            batch = frames.recv() => match batch {
                Some(batch) => steady.add(batch),
                None => return hang_up(writer).await,
            },
            () = steady.tick() => {}
        }
        let mut shown = Shown::default();
        let Some(cell) = steady.cell(|frame| shown.add(Shown::by(frame))) else { continue };
        ledger.sends(shown);
        if !are_taken(&mut writer, [&*cell]).await {
            return OfflineReason::Lost.into();
        }
    }
}

/// Whether the relay took cells in time.
async fn are_taken<'a>(
    writer: &mut CellWriter<TcpStream>,
    cells: impl IntoIterator<Item = &'a [u8; CELL_LEN]>,
) -> bool {
    matches!(timeout(WRITE, writer.send_many(cells)).await, Ok(Ok(())))
}

/// The client ends, or has no use for this connection any more.
async fn hang_up(writer: CellWriter<TcpStream>) -> Ended {
    let _ = timeout(PING_LEAST, writer.close()).await;
    OfflineReason::Closed.into()
}

/// The same frames, Hello with what it has to prove.
fn proving(frames: Vec<ClientFrame>, join: Option<JoinProof>) -> Vec<ClientFrame> {
    let proving = |frame| match frame {
        ClientFrame::Hello { version, .. } => ClientFrame::Hello { version, join },
        other => other,
    };
    frames.into_iter().map(proving).collect()
}

/// As many frames into each cell as fit, in their order; and what each cell shows.
fn into_cells(frames: Vec<ClientFrame>) -> Vec<(Box<[u8; CELL_LEN]>, Shown)> {
    let mut cells = Vec::new();
    let (mut builder, mut shown) = (CellBuilder::new(), Shown::default());
    for frame in frames {
        let shows = Shown::by(&frame);
        if let Err(frame) = builder.push(frame) {
            cells.push((core::mem::take(&mut builder).finish(), core::mem::take(&mut shown)));
            // An empty cell takes every frame there is.
            let _ = builder.push(frame);
        }
        shown.add(shows);
    }
    if !builder.is_empty() {
        cells.push((builder.finish(), shown));
    }
    cells
}

/// The longest pause that a relay can ask for: it has no say in what is done after that.
const LONGEST_PAUSE: Duration = Duration::from_mins(10);
/// Frames that are told or sent in one go: what a moment brings on a fast line.
const FRAMES_AT_ONCE: usize = 64;
/// Cells that are written in one go: what the channel hands to the system at once.
const CELLS_AT_ONCE: usize = 15;
/// How long the relay may take nothing of them.
const WRITE: Duration = Duration::from_secs(60);
/// The least and the most between two Pings: often enough to notice a dead line within a minute.
const PING_LEAST: Duration = Duration::from_secs(5);
const PING_MOST: Duration = Duration::from_secs(25);
