//! fetchmail.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use suite::process::{Output, find_program, run};
use suite::site::password;

use super::{Post, Relay, assert_ascii_form, assert_fetched, files, write_private};

fn fetchmail(post: &Post, server: SocketAddr, options: &str) -> Output {
    let (folder, home) = (post.path("fetched"), post.folder.path());
    std::fs::create_dir_all(&folder).unwrap();
    let rc = post.path("fetchmailrc");
    // Each message becomes a file, written whole.
    let mda = format!("f=$(mktemp {0}/part.XXXXXX) && cat > $f", folder.display());
    let text = format!(
        "set no syslog\npoll localhost service {} protocol pop3 uidl timeout 30\n  user \"alice\" password \"{}\" mda \"{mda}\"\n  {options}\n",
        server.port(),
        password()
    );
    write_private(&rc, &text);
    let mut command = Command::new(find_program("fetchmail"));
    command.arg("--fetchmailrc").arg(rc).arg("--nodetach").arg("--verbose");
    command.arg("--idfile").arg(ids(post)).arg("--pidfile").arg(post.path("fetchmail.pid"));
    command.env("HOME", home).env("FETCHMAILHOME", home);
    run(&mut command, b"")
}

fn ids(post: &Post) -> PathBuf {
    post.path("fetchids")
}

/// fetchmail's code for "no new mail".
const NOTHING: Option<i32> = Some(1);

#[test]
fn mail_is_left_on_the_server_and_fetched_once() {
    let post = Post::new();
    fetchmail(&post, post.address(), "keep sslproto ''").success();
    assert_fetched(&post, &files(&post.path("fetched")), 1..=1);
    assert_eq!(post.left(), 4);
    let again = fetchmail(&post, post.address(), "keep sslproto ''");
    assert_eq!(again.status.code(), NOTHING, "{}{}", again.stdout, again.stderr);
    assert_eq!(files(&post.path("fetched")).len(), 4);
}

#[test]
fn mail_is_fetched_under_tls_and_deleted() {
    let post = Post::new();
    let tls = format!("sslproto TLS1.2+ sslcertck sslcertfile \"{}\"", post.certificate().display());
    let output = fetchmail(&post, post.address(), &tls).success();
    assert!(output.stdout.contains("STLS") || output.stderr.contains("STLS"), "{}{}", output.stdout, output.stderr);
    assert_fetched(&post, &files(&post.path("fetched")), 1..=1);
    assert_eq!(post.left(), 0);
    let again = fetchmail(&post, post.site.listener("pops"), &format!("ssl {tls}"));
    assert_eq!(again.status.code(), NOTHING, "{}{}", again.stdout, again.stderr);
}

#[test]
fn a_cut_loses_nothing() {
    let post = Post::new();
    // In the middle of the large message.
    let relay = Relay::to(post.address(), 200_000);
    let cut = fetchmail(&post, relay.address, "nokeep sslproto ''");
    relay.was_cut();
    assert!(!cut.status.success(), "{}{}", cut.stdout, cut.stderr);
    assert_eq!(post.left(), 4, "nothing goes without QUIT");
    post.is_free();
    // The ids are the same, so that what was complete before the cut does not come again; `flush` is fetchmail's word for deleting it.
    let resumed = fetchmail(&post, post.address(), "nokeep flush sslproto ''");
    assert!(resumed.status.success(), "{}{}", resumed.stdout, resumed.stderr);
    assert_fetched(&post, &files(&post.path("fetched")), 1..=1);
    assert_eq!(post.left(), 0);
}

#[test]
fn mail_with_utf8_headers_is_fetched_and_deleted() {
    let post = Post::utf8();
    fetchmail(&post, post.address(), "nokeep sslproto ''").success();
    assert_ascii_form(&files(&post.path("fetched")));
    assert_eq!(post.left(), 0);
}
