//! mpop, which pipelines.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use suite::process::{Output, find_program, run};
use suite::site::password;

use super::{Post, Relay, assert_ascii_form, assert_fetched, files, write_private};

fn mpop(post: &Post, server: SocketAddr, options: &str) -> Output {
    for folder in ["cur", "new", "tmp"] {
        std::fs::create_dir_all(post.path("maildir").join(folder)).unwrap();
    }
    let configuration = post.path("mpoprc");
    let text = format!(
        "account default\nhost localhost\nport {}\nuser alice\npassword {}\ntimeout 30\npipelining on\nreceived_header off\ndelivery maildir {}\nuidls_file {}\n{options}\n",
        server.port(),
        password(),
        post.path("maildir").display(),
        post.path("uidls").display()
    );
    write_private(&configuration, &text);
    let mut command = Command::new(find_program("mpop"));
    command.arg("--file").arg(configuration).env("HOME", post.folder.path());
    run(&mut command, b"")
}

fn fetched(post: &Post) -> Vec<Vec<u8>> {
    files(&maildir(post))
}

fn maildir(post: &Post) -> PathBuf {
    post.path("maildir/new")
}

#[test]
fn mail_is_left_on_the_server_and_fetched_once() {
    let post = Post::new();
    mpop(&post, post.address(), "tls off\nauth user\nkeep on").success();
    assert_fetched(&post, &fetched(&post), 1..=1);
    assert_eq!(post.left(), 4);
    mpop(&post, post.address(), "tls off\nauth plain\nkeep on").success();
    assert_eq!(fetched(&post).len(), 4);
}

#[test]
fn mail_is_fetched_under_tls_and_deleted() {
    let post = Post::new();
    let tls = format!("tls on\ntls_trust_file {}\n", post.certificate().display());
    mpop(&post, post.address(), &format!("{tls}tls_starttls on\nkeep on")).success();
    mpop(&post, post.site.listener("pops"), &format!("{tls}tls_starttls off\nkeep off\nonly_new off")).success();
    assert_fetched(&post, &fetched(&post), 2..=2);
    assert_eq!(post.left(), 0);
}

#[test]
fn a_cut_loses_nothing() {
    let post = Post::new();
    let relay = Relay::to(post.address(), 200_000);
    let cut = mpop(&post, relay.address, "tls off\nauth user\nkeep off");
    relay.was_cut();
    assert!(!cut.status.success(), "{}{}", cut.stdout, cut.stderr);
    assert_eq!(post.left(), 4, "nothing goes without QUIT");
    post.is_free();
    mpop(&post, post.address(), "tls off\nauth user\nkeep off").success();
    assert_fetched(&post, &fetched(&post), 1..=2);
    assert_eq!(post.left(), 0);
}

#[test]
fn mail_with_utf8_headers_is_fetched_and_deleted() {
    let post = Post::utf8();
    mpop(&post, post.address(), "tls off\nauth user\nkeep off").success();
    assert_ascii_form(&fetched(&post));
    assert_eq!(post.left(), 0);
}
