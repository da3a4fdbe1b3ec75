//! OpenSSL's client and curl against a site, and what tests of TLS do to one.

use std::process::Command;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use suite::Site;
use suite::process::{Output, find_program, run};
use suite::wait_for;

use super::authority::Issued;

/// `openssl s_client` with `lines` on its standard input; it ends when the server hangs up.
pub fn s_client(site: &Site, listener: &str, arguments: &[&str], lines: &str) -> Output {
    let mut command = Command::new(find_program("openssl"));
    command.args(["s_client", "-crlf", "-ign_eof", "-connect"]).arg(site.listener(listener).to_string());
    command.args(arguments);
    run(&mut command, lines.as_bytes())
}

/// The same, with a certificate and without OpenSSL's own words.
pub fn with_certificate(site: &Site, listener: &str, own: &Issued, arguments: &[&str], lines: &str) -> String {
    let mut all = vec!["-quiet", "-cert", own.certificate.to_str().unwrap(), "-key", own.key.to_str().unwrap()];
    all.extend_from_slice(arguments);
    s_client(site, listener, &all, lines).stdout
}

/// Whether a handshake with these arguments succeeds; the session is ended at once.
pub fn shakes_hands(site: &Site, listener: &str, arguments: &[&str]) -> bool {
    let goodbye = match listener {
        "pop" | "pops" => "QUIT\n",
        "https" => "GET /login HTTP/1.0\n\n",
        _ => "a LOGOUT\n",
    };
    let output = s_client(site, listener, arguments, goodbye);
    // A handshake that failed has no cipher.
    output.stdout.contains("Cipher is ") && !output.stdout.contains("Cipher is (NONE)")
}

/// curl, with redirects followed only where `arguments` say so.
pub fn curl(arguments: &[&str]) -> Output {
    let mut command = Command::new(find_program("curl"));
    command.args(["-sS", "--max-time", "60"]).args(arguments);
    run(&mut command, b"")
}

/// SIGHUP, and waits until the log has `words` once more than before.
#[track_caller]
pub fn refresh(site: &Site, words: &str) {
    let count = |log: String| log.matches(words).count();
    let before = count(site.log());
    kill(Pid::from_raw(site.pid().cast_signed()), Signal::SIGHUP).unwrap();
    wait_for(words, || (count(site.log()) > before).then_some(()));
}

/// Sets a setting of a running site and refreshes.
#[track_caller]
pub fn set(site: &Site, name: &str, value: &str) {
    site.tool(&["configutil", "-o", name, "-v", value], "").success();
    refresh(site, "refresh: settings read again");
}
