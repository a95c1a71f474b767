//! What an operator may watch: `GET /metrics` in Prometheus' text format, `GET /health`.
//!
//! Numbers about the relay as a whole; nothing has a label, so nothing can be about somebody.

mod snapshot;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::Method;
use hyper::Request;
use hyper::Response;
use hyper::StatusCode;
use hyper::body::Bytes;
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::header::HeaderValue;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::sleep;
use tokio::time::timeout;

pub(super) use self::snapshot::Snapshot;
use super::limits::ACCEPT_AGAIN;
use super::shared::Shared;

/// Answers until it is dropped.
pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    loop {
        let Ok(turn) = Arc::clone(&turns).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let shared = Arc::clone(&shared);
                tokio::spawn(async move {
                    // Whoever asks too slowly gets nothing.
                    let _ = timeout(LONGEST, converse(stream, shared)).await;
                    drop(turn);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept connections for metrics");
                sleep(ACCEPT_AGAIN).await;
            }
        }
    }
}

async fn converse(stream: TcpStream, shared: Arc<Shared>) {
    let service = service_fn(|request| {
        let response = answer(&request, &shared);
        async move { Ok::<_, Infallible>(response) }
    });
    let mut http = http1::Builder::new();
    http.keep_alive(false).max_buf_size(REQUEST_MAX);
    // What is no HTTP has been answered, or has gone.
    let _ = http.serve_connection(TokioIo::new(stream), service).await;
}

fn answer(request: &Request<Incoming>, shared: &Shared) -> Response<Full<Bytes>> {
    if request.method() != Method::GET {
        return plain(StatusCode::METHOD_NOT_ALLOWED, "there is GET only\n".into());
    }
    let snapshot = shared.snapshot();
    match request.uri().path() {
        "/metrics" => plain(StatusCode::OK, snapshot.to_string()),
        "/health" if snapshot.is_halted => {
            plain(StatusCode::SERVICE_UNAVAILABLE, "the store has failed\n".into())
        }
        "/health" => plain(StatusCode::OK, "serving\n".into()),
        _ => plain(StatusCode::NOT_FOUND, "there are /metrics and /health\n".into()),
    }
}

fn plain(status: StatusCode, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(PLAIN));
    response
}

/// The text format's own type, which browsers show as well.
const PLAIN: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A few watchers ask now and then; more of them wait.
const AT_ONCE: usize = 8;

/// From accepting to the last byte.
const LONGEST: Duration = Duration::from_secs(5);

/// What a request may have in bytes; the least that hyper takes.
const REQUEST_MAX: usize = 8_192;
