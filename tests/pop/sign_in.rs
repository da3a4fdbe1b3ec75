//! USER, PASS and AUTH (RFC 1939 §7; RFC 5034; RFC 3206).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::fixture::{Options, Pop};

fn plain(authorization: &str, login: &str, password: &str) -> String {
    STANDARD.encode(format!("{authorization}\0{login}\0{password}"))
}

#[test]
fn wrong_passwords_and_unknown_users_look_the_same() {
    let pop = Pop::new();
    for user in ["alice", "nobody"] {
        let mut client = pop.connect();
        assert_eq!(client.ok(&format!("USER {user}")), "Send the password");
        assert_eq!(client.err("PASS wrong"), "[AUTH] Authentication failed");
        assert_eq!(client.err("PASS secret"), "Send USER first");
        client.sign_in("alice");
    }
}

#[test]
fn a_disabled_account_is_a_matter_of_credentials() {
    let pop = Pop::new();
    pop.directory.add("held", &[("mailUserStatus", "hold")]);
    let mut client = pop.connect();
    client.ok("USER held");
    assert_eq!(client.err("PASS secret"), "[AUTH] Account is on hold");
}

#[test]
fn login_names_have_every_form_that_the_site_allows() {
    let pop = Pop::new();
    for login in
        ["alice", "ALICE", "alice@example.test", "alice+example.test", "carol@hosted.example", "carol+hosted.example"]
    {
        let mut client = pop.connect();
        client.sign_in(login);
        client.ok("QUIT");
    }
}

#[test]
fn a_password_keeps_its_blanks() {
    let pop = Pop::new();
    pop.directory.file().set_password("bob", " a  b ").unwrap();
    let mut client = pop.connect();
    client.ok("USER bob");
    client.err("PASS a  b");
    client.ok("USER bob");
    client.ok("PASS  a  b ");
}

#[test]
fn auth_plain_with_and_without_an_initial_response() {
    let pop = Pop::new();
    let mut client = pop.connect();
    assert_eq!(client.list("AUTH"), ["PLAIN", "SCRAM-SHA-256"]);
    client.ok(&format!("auth plain {}", plain("", "alice", "secret")));
    client.ok("STAT");
    client.ok("QUIT");

    let mut client = pop.connect();
    assert_eq!(client.command("AUTH PLAIN"), "+ ");
    assert_eq!(client.command("*"), "-ERR Authentication was cancelled");
    assert_eq!(client.command("AUTH PLAIN"), "+ ");
    client.ok(&plain("alice", "alice@example.test", "secret"));
    client.ok("QUIT");
}

#[test]
fn a_faulty_exchange_leaves_the_session_in_order() {
    let pop = Pop::new();
    let faults = [
        "=",
        "!",
        "YWxpY2U",
        &STANDARD.encode("\0alice"),
        &STANDARD.encode(b"\0alice\0\xff"),
        &plain("", "", ""),
        &"A".repeat(5000),
    ];
    for fault in faults {
        let mut client = pop.connect();
        client.err(&format!("AUTH PLAIN {fault}"));
        assert_eq!(client.command("AUTH PLAIN"), "+ ");
        client.err(fault);
        client.sign_in("alice");
        client.ok("QUIT");
    }
    let mut client = pop.connect();
    for mechanism in ["CRAM-MD5", "SCRAM-SHA-1", "EXTERNAL"] {
        assert_eq!(client.err(&format!("AUTH {mechanism}")), "Authentication mechanism is not supported");
    }
    assert_eq!(client.err("APOP alice c4c9334bac560ecc979e58001b3e22fb"), "APOP is not supported");
    client.sign_in("alice");
}

#[test]
fn a_long_password_goes_through_auth() {
    let pop = Pop::new();
    let long = "p".repeat(900);
    pop.directory.file().set_password("bob", &long).unwrap();
    let mut client = pop.connect();
    client.ok(&format!("AUTH PLAIN {}", plain("", "bob", &long)));
    client.ok("QUIT");
    let mut client = pop.connect();
    client.command("AUTH PLAIN");
    client.ok(&plain("", "bob", &long));
}

#[test]
fn administrators_may_act_for_others_and_nobody_else_may() {
    let pop = Pop::new();
    pop.put(&[b"x\r\n"]);
    let mut client = pop.connect();
    client.ok(&format!("AUTH PLAIN {}", plain("alice", "boss", "secret")));
    assert_eq!(client.ok("STAT"), "1 3");
    client.ok("QUIT");
    let refused = pop.connect().err(&format!("AUTH PLAIN {}", plain("alice", "bob", "secret")));
    assert_eq!(refused, "[AUTH] Not authorized to act for that user");
}

#[test]
fn passwords_in_clear_are_refused_where_the_site_says_so() {
    let pop = Pop::with(Options { plaintext_min_cipher: 128, ..Options::default() });
    let mut client = pop.connect();
    for line in ["USER alice", "PASS secret", "AUTH PLAIN", &format!("AUTH PLAIN {}", plain("", "alice", "secret"))] {
        assert_eq!(client.err(line), "[PRIVACYREQUIRED] Sign in under TLS: send STLS first");
    }
    // By this one the password is not sent.
    assert_eq!(client.list("AUTH"), ["SCRAM-SHA-256"]);
    let pop = Pop::with(Options { plaintext_min_cipher: -1, ..Options::default() });
    assert_eq!(pop.connect().err("USER alice"), "Sign-in with a password is switched off");
}

#[test]
fn a_second_sign_in_waits_for_the_login_delay() {
    let pop = Pop::with(Options { login_delay: Duration::from_secs(3600), ..Options::default() });
    let mut client = pop.alice();
    client.ok("QUIT");
    let mut client = pop.connect();
    client.ok("USER alice");
    assert_eq!(client.err("PASS secret"), "[LOGIN-DELAY] Wait before you sign in again");
    // It is the user who waits, not the address.
    client.sign_in("bob");
    client.ok("QUIT");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().cast_signed();
    let mark = |seconds: i64| pop.account("alice").lock_maildrop().unwrap().unwrap().mark(seconds).unwrap();
    mark(now - 3000);
    let mut client = pop.connect();
    client.ok("USER alice");
    client.err("PASS secret");
    // Neither a refusal nor a clock that was set back keeps somebody out.
    mark(now - 3600);
    pop.alice().ok("QUIT");
    mark(now + 1000);
    pop.alice().ok("QUIT");
}
