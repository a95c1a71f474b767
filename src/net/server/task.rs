//! The task of one connection: the handshake, then cells both ways until one side ends it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use socket2::SockRef;
use socket2::TcpKeepalive;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio::time::sleep_until;
use tokio::time::timeout;

use super::admission::Block;
use super::limits;
use super::outbox;
use super::outbox::Outbox;
use super::relay::retry_after;
use super::run::ready;
use super::shared::Seat;
use super::shared::Shared;
use super::shared::Start;
use super::work::Judge;
use super::work::Work;
use crate::net::cell;
use crate::net::cell::CELL_LEN;
use crate::net::cell::RelayFrame;
use crate::net::channel;
use crate::net::channel::CellReader;
use crate::net::channel::CellWriter;
use crate::net::channel::Channel;
use crate::net::clock;

/// Serves a connection from its first byte to its last. `start` is held until it has said Hello.
pub(super) async fn serve(
    stream: TcpStream,
    from: Option<Block>,
    shared: Arc<Shared>,
    start: Start,
    mut stop: watch::Receiver<bool>,
) {
    let channel = tokio::select! {
        channel = apart(stream, &shared) => channel,
        () = ready(&mut stop) => None,
    };
    let Some(channel) = channel else { return };
    let Ok(join) = shared.join(&channel) else { return };
    let (mut reader, mut writer) = channel.split();
    match shared.open(from, join) {
        Ok(seat) => {
            let id = seat.id;
            converse(&shared, &seat, start, &mut reader, writer).await;
            shared.close(id);
        }
        Err(reason) => {
            let closing = RelayFrame::Closing { reason, retry_after: retry_after(reason) };
            let _ = write(&mut writer, &outbox::pack([closing])).await;
            close(writer).await;
        }
    }
    reader.linger().await;
}

/// A handshake in a place of its own, which is free again afterwards: a connection lives long.
fn apart(
    stream: TcpStream,
    shared: &Shared,
) -> Pin<Box<impl Future<Output = Option<Channel<TcpStream>>>>> {
    Box::pin(handshake(stream, shared))
}

async fn handshake(stream: TcpStream, shared: &Shared) -> Option<Channel<TcpStream>> {
    let welcome = shared.welcome()?;
    prepare(&stream);
    let keys = shared.keys.signing_keys();
    let mut rng = clock::system_rng();
    let accepted = channel::accept(stream, keys, &welcome, limits::HANDSHAKE, &mut rng).await;
    if accepted.is_err() {
        shared.count(|counters| counters.handshakes_failed += 1);
    }
    accepted.ok()
}

/// A socket that refuses either is merely slower, or its end found later.
fn prepare(stream: &TcpStream) {
    // Without it small cells wait for an acknowledgement.
    let _ = stream.set_nodelay(true);
    let keepalive = TcpKeepalive::new()
        .with_time(limits::KEEPALIVE_AFTER)
        .with_interval(limits::KEEPALIVE_EVERY)
        .with_retries(limits::KEEPALIVE_TIMES);
    let _ = SockRef::from(stream).set_tcp_keepalive(&keepalive);
}

async fn converse<S: AsyncRead + AsyncWrite>(
    shared: &Shared,
    seat: &Seat,
    start: Start,
    reader: &mut CellReader<S>,
    mut writer: CellWriter<S>,
) {
    let mut start = Some(start);
    let mut judge = Judge::default();
    let mut deadline = Instant::now() + limits::HELLO;
    let mut outbox = Outbox::default();
    loop {
        let room = outbox.room();
        let next = shared.with(|relay| relay.next_few(seat.id, room));
        let was_held_back = room == 0 && next.pace.is_none();
        let cells = outbox.cells(next.frames, next.pace);
        let has_written = !cells.is_empty();
        if has_written && !write(&mut writer, &cells).await {
            return shared.count(|counters| counters.cut += 1);
        }
        if next.is_over {
            return close(writer).await;
        }
        if has_written || was_held_back {
            continue;
        }
        tokio::select! {
            cell = reader.next(), if next.reads => match cell {
                Ok(Some(cell)) => {
                    let frames = cell::decode(cell);
                    let work = match (&start, &frames) {
                        // Before Hello nothing is computed for anybody.
                        (None, Ok(frames)) => judge.judge(frames, || shared.seeds()),
                        _ => Work::None,
                    };
                    let has_said_hello = shared.with(|relay| {
                        relay.receive_worked(seat.id, frames, work);
                        relay.has_said_hello(seat.id)
                    });
                    if has_said_hello {
                        drop(start.take());
                        deadline = Instant::now() + shared.limits.idle;
                    }
                }
                Ok(None) => return close(writer).await,
                Err(error) => {
                    let _ = timeout(limits::WRITE, writer.abort(&error)).await;
                    return;
                }
            },
            () = seat.bell.notified() => {}
            () = outbox.tick() => {}
            () = sleep_until(deadline), if next.reads => {
                shared.with(|relay| relay.idle(seat.id));
            }
        }
    }
}

/// Whether the cells were taken in time.
async fn write<S: AsyncWrite>(writer: &mut CellWriter<S>, cells: &[Box<[u8; CELL_LEN]>]) -> bool {
    let sent = writer.send_many(cells.iter().map(AsRef::as_ref));
    matches!(timeout(limits::WRITE, sent).await, Ok(Ok(())))
}

async fn close<S: AsyncWrite>(writer: CellWriter<S>) {
    // A peer that does not take the close_notify has gone already.
    let _ = timeout(limits::WRITE, writer.close()).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn future_len<A, B, C, D, E, F>(_: impl Fn(A, B, C, D, E) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn what_a_connection_carries_with_it_is_small() {
        assert!(future_len(serve) < 3_200, "{} bytes", future_len(serve));
    }
}
