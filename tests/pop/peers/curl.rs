//! curl's POP3.

use std::process::Command;

use suite::process::{Output, find_program, run};
use suite::site::password;

use super::{Post, lf, split};

fn curl(post: &Post, url: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(find_program("curl"));
    command.args(["--silent", "--show-error", "--max-time", "30", "--cacert"]).arg(post.certificate());
    command.arg("--user").arg(format!("alice:{}", password())).args(arguments).arg(url);
    run(&mut command, b"")
}

#[test]
fn list_fetch_and_delete() {
    let post = Post::new();
    let plain = format!("pop3://{}", post.address());
    let list = curl(&post, &format!("{plain}/"), &[]).success().stdout;
    assert_eq!(list.lines().count(), 4, "{list}");
    let ids = curl(&post, &format!("{plain}/"), &["--request", "UIDL"]).success().stdout;
    assert_eq!(ids.lines().count(), 4, "{ids}");
    for (index, (message, line)) in post.messages.iter().zip(list.lines()).enumerate() {
        let fetched = curl(&post, &format!("{plain}/{}", index + 1), &[]).success().stdout;
        assert_eq!(line, format!("{} {}", index + 1, fetched.len()));
        assert!(fetched.as_bytes().ends_with(split(message).1), "message {}", index + 1);
        let top = curl(&post, &format!("{plain}/"), &["--request", &format!("TOP {} 0", index + 1)]).success().stdout;
        assert!(fetched.starts_with(&top) && top.ends_with("\r\n\r\n"), "{top}");
    }
    curl(&post, &format!("{plain}/"), &["--head", "--request", "DELE 2"]).success();
    assert_eq!(post.left(), 3);
    let missing = curl(&post, &format!("{plain}/4"), &[]);
    assert!(!missing.status.success(), "there is no fourth message now: {}", missing.stdout);
}

#[test]
fn by_every_way_of_signing_in() {
    let post = Post::new();
    let port = post.address().port();
    let urls = [
        (format!("pop3://127.0.0.1:{port}/1"), vec!["--login-options", "AUTH=PLAIN"]),
        (format!("pop3://127.0.0.1:{port}/1"), vec!["--login-options", "AUTH=PLAIN", "--sasl-ir"]),
        (format!("pop3://localhost:{port}/1"), vec!["--ssl-reqd"]),
        (format!("pop3s://localhost:{}/1", post.site.listener("pops").port()), vec![]),
    ];
    for (url, arguments) in urls {
        let fetched = curl(&post, &url, &arguments).success().stdout;
        assert!(lf(fetched.as_bytes()).ends_with(b"\n\nOrdinary.\n"), "{url} {arguments:?}: {fetched}");
    }
    let mut command = Command::new(find_program("curl"));
    command.args(["--silent", "--show-error", "--user", "alice:wrong"]).arg(format!("pop3://127.0.0.1:{port}/1"));
    assert_eq!(run(&mut command, b"").status.code(), Some(67), "curl's code for a refused sign-in");
}
