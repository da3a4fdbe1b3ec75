//! Python's poplib.

use std::process::Command;

use suite::process::{find_program, repository, run};
use suite::site::password;

use super::Post;

#[test]
fn a_session_in_clear_after_stls_and_on_the_tls_port() {
    let post = Post::new();
    let mut command = Command::new(find_program("python3"));
    command.arg(repository().join("tests/pop/peers/session.py"));
    let address = post.address();
    command.args([address.ip().to_string(), address.port().to_string()]);
    command.arg(post.certificate()).arg(post.site.listener("pops").port().to_string());
    let output = run(&mut command, format!("{}\n", password()).as_bytes()).success();
    assert_eq!(output.stdout, "session done\n", "{}", output.stderr);
    assert_eq!(post.left(), 3);
}

#[test]
fn mail_with_utf8_headers_is_read_without_utf8_mode() {
    let post = Post::utf8();
    let mut command = Command::new(find_program("python3"));
    command.arg(repository().join("tests/pop/peers/utf8.py"));
    let address = post.address();
    command.args([address.ip().to_string(), address.port().to_string()]);
    let output = run(&mut command, format!("{}\n", password()).as_bytes()).success();
    assert_eq!(output.stdout, "session done\n", "{}", output.stderr);
}
