//! Programs as processes, every wait bounded; `channel_echo` on a port.

use std::fs;
use std::io::Read;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::ChildStdin;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::Condvar;
use std::sync::LazyLock;
use std::sync::Mutex;
use std::thread;

use bauta::crypto::sign::Curve;
use bauta::handshake::CipherSuite;
use bauta::keys::RelayKeys;
use bauta::net::clock;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::channel_echo;
use crate::processes::deadline;
use crate::processes::now;

/// Whether these programs can be run. If not, that is said, or where all are required, an error.
pub(crate) fn installed(programs: &[(&str, &[&str])]) -> bool {
    programs.iter().all(|(program, arguments)| {
        let found =
            Command::new(program).args(*arguments).output().is_ok_and(|run| run.status.success());
        if !found {
            assert!(std::env::var_os("BAUTA_REQUIRE_ALL").is_none(), "{program} is not installed");
            eprintln!("skipped: {program} not installed");
        }
        found
    })
}

pub(crate) const OPENSSL: (&str, &[&str]) = ("openssl", &["version"]);
pub(crate) const PYTHON: (&str, &[&str]) = ("python3", &["-c", "import ssl"]);

/// What a process writes, as it comes.
#[derive(Clone)]
pub(crate) struct Output(Arc<(Mutex<Written>, Condvar)>);

#[derive(Default)]
struct Written {
    bytes: Vec<u8>,
    seen: usize,
    ended: bool,
}

impl Output {
    pub(crate) fn of(mut output: impl Read + Send + 'static) -> Self {
        let shared = Self(Arc::default());
        let writes = shared.clone();
        thread::spawn(move || {
            let mut piece = [0; 4096];
            loop {
                let len = output.read(&mut piece).unwrap_or(0);
                let mut written = writes.0.0.lock().unwrap();
                written.bytes.extend(&piece[..len]);
                written.ended = len == 0;
                writes.0.1.notify_all();
                if written.ended {
                    return;
                }
            }
        });
        shared
    }

    /// Everything from the end of what was waited for last to the end of the next `needle`.
    pub(crate) fn until(&self, needle: &str) -> String {
        let deadline = deadline();
        let mut written = self.0.0.lock().unwrap();
        loop {
            let rest = &written.bytes[written.seen..];
            if let Some(at) = rest.windows(needle.len()).position(|w| w == needle.as_bytes()) {
                let end = at + needle.len();
                let text = String::from_utf8_lossy(&rest[..end]).into_owned();
                written.seen += end;
                return text;
            }
            let left = deadline.saturating_duration_since(now());
            if written.ended || left.is_zero() {
                panic!("no {needle:?} in {:?}", String::from_utf8_lossy(&written.bytes));
            }
            written = self.0.1.wait_timeout(written, left).unwrap().0;
        }
    }

    /// Everything there ever was, once the end has come.
    pub(crate) fn all(&self) -> String {
        let deadline = deadline();
        let mut written = self.0.0.lock().unwrap();
        while !written.ended {
            let left = deadline.saturating_duration_since(now());
            assert!(!left.is_zero(), "{:?}", String::from_utf8_lossy(&written.bytes));
            written = self.0.1.wait_timeout(written, left).unwrap().0;
        }
        String::from_utf8_lossy(&written.bytes).into_owned()
    }
}

/// A program that runs.
pub(crate) struct Process {
    child: Child,
    input: ChildStdin,
    pub(crate) says: Output,
    pub(crate) complains: Output,
}

impl Process {
    pub(crate) fn start(command: &mut Command) -> Self {
        let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = pipes.spawn().unwrap();
        Self {
            input: child.stdin.take().unwrap(),
            says: Output::of(child.stdout.take().unwrap()),
            complains: Output::of(child.stderr.take().unwrap()),
            child,
        }
    }

    /// In one write: a program that ends at "Q" does not wait for the end of the line.
    pub(crate) fn enter(&mut self, line: &str) {
        self.input.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    /// Waits for its end: whether it was content, and all that it said and complained of.
    pub(crate) fn end(mut self) -> (bool, String, String) {
        let (said, complained) = (self.says.all(), self.complains.all());
        (self.child.wait().unwrap().success(), said, complained)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `openssl s_client` to this port.
pub(crate) fn s_client(port: u16, arguments: &[&str]) -> Process {
    let place = format!("127.0.0.1:{port}");
    Process::start(Command::new("openssl").args(["s_client", "-connect", &place]).args(arguments))
}

/// The label under which every connection to the echo exports a secret.
pub(crate) const EXPORTED: &str = "EXPORTER-bauta-interop";

/// A connection as the echo saw it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Opened {
    pub(crate) suite: CipherSuite,
    pub(crate) group: u16,
    /// 32 bytes in hexadecimal digits, as OpenSSL writes them.
    pub(crate) exported: String,
}

/// `channel_echo`, for all tests.
pub(crate) struct Echo {
    pub(crate) port: u16,
    opened: Arc<Mutex<Vec<Opened>>>,
    folder: TempDir,
    _runtime: Runtime,
}

pub(crate) static ECHO: LazyLock<Echo> = LazyLock::new(Echo::start);

impl Echo {
    fn start() -> Self {
        let keys = RelayKeys::generate(&mut clock::system_rng()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        for curve in Curve::ALL {
            let certificate = keys.signing_keys().certificate(curve);
            fs::write(folder.path().join(file_name(curve)), certificate).unwrap();
        }
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        let opened = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&opened);
        runtime.spawn(async move {
            let told = channel_echo::serve(listener, keys, move |channel| {
                let secret = channel.exporter().export(EXPORTED.as_bytes(), b"", 32).unwrap();
                let digits = secret.expose().iter().map(|byte| format!("{byte:02X}"));
                let (suite, group) = (channel.suite(), channel.group_code());
                let exported = digits.collect();
                seen.lock().unwrap().push(Opened { suite, group, exported });
            });
            drop(told.await);
        });
        Self { port, opened, folder, _runtime: runtime }
    }

    /// What the echo knows of the connection that exported this.
    pub(crate) fn opened(&self, exported: &str) -> Opened {
        let opened = self.opened.lock().unwrap();
        let same = opened.iter().find(|opened| opened.exported == exported);
        same.unwrap_or_else(|| panic!("{exported} is not among {opened:?}")).clone()
    }

    /// Where the certificates are, DER.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A curve's certificate, PEM.
    pub(crate) fn certificate(&self, curve: Curve) -> PathBuf {
        pem(&self.folder.path().join(file_name(curve)))
    }
}

fn file_name(curve: Curve) -> &'static str {
    match curve {
        Curve::P256 => "P-256.der",
        Curve::P384 => "P-384.der",
        Curve::P521 => "P-521.der",
    }
}

fn pem(der: &Path) -> PathBuf {
    let path = der.with_extension("pem");
    let run =
        Command::new("openssl").args(["x509", "-inform", "DER", "-in"]).arg(der).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    // Tests that run at the same time write the same bytes, each into its own file first.
    let new = tempfile::NamedTempFile::new_in(der.parent().unwrap()).unwrap();
    fs::write(new.path(), run.stdout).unwrap();
    new.persist(&path).unwrap();
    path
}
