//! Python's `ssl` against `channel_echo`: see `client.py` for what it does.

use std::process::Command;

use crate::support::*;

#[test]
fn python_is_sent_back_what_it_sends_and_ends_with_close_notify() {
    if !installed(&[PYTHON]) {
        return;
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop_openssl/client.py");
    let mut command = Command::new("python3");
    command.arg(script).args(["echo", &ECHO.port.to_string()]).arg(ECHO.folder());
    let (content, said, complained) = Process::start(&mut command).end();
    assert!(content && said.contains("echo: all as expected"), "{said}{complained}");
}
