//! SASL messages (RFC 4616; LOGIN).

use auth::AuthErrorKind;
use auth::sasl::{LOGIN_CHALLENGES, MAX_ENCODED, MAX_FIELD, decode_line, login, plain};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

#[test]
fn plain_has_three_fields_of_which_the_first_may_be_empty() {
    let own = plain(b"\0alice\0secret").unwrap();
    assert_eq!((own.authorization, own.login.as_str(), own.password.as_str()), (None, "alice", "secret"));
    let other = plain("bob\0admin\0pässword".as_bytes()).unwrap();
    assert_eq!((other.authorization.as_deref(), other.password.as_str()), (Some("bob"), "pässword"));
}

#[test]
fn what_is_not_plain_is_refused() {
    let long = [b"\0alice\0".as_slice(), &b"x".repeat(MAX_FIELD + 1)].concat();
    let bad: [&[u8]; 9] = [
        b"",
        b"alice",
        b"\0alice",
        b"\0alice\0secret\0",
        b"\0\0secret",
        b"\0alice\0",
        b"\0al\xffice\0x",
        b"a\0b\0c\0d",
        &long,
    ];
    for message in bad {
        assert_eq!(plain(message).unwrap_err().kind(), AuthErrorKind::Malformed, "{message:?}");
    }
    let longest = [b"\0alice\0".as_slice(), &b"x".repeat(MAX_FIELD)].concat();
    assert!(plain(&longest).is_ok());
}

#[test]
fn lines_are_base64_within_bounds() {
    assert_eq!(decode_line(b"AGEAYg==").unwrap(), b"\0a\0b");
    assert_eq!(decode_line(b"=").unwrap(), b"");
    assert_eq!(decode_line(b"").unwrap(), b"");
    for bad in [b"AGEAYg=".as_slice(), b"AGEAYg== ", b"*", &b"A".repeat(MAX_ENCODED + 4)] {
        assert!(decode_line(bad).is_err());
    }
    let largest = STANDARD.encode([b"x".repeat(MAX_FIELD), b"y".repeat(MAX_FIELD), b"z".repeat(MAX_FIELD)].join(&0u8));
    assert!(plain(&decode_line(largest.as_bytes()).unwrap()).is_ok());
}

#[test]
fn login_asks_for_name_and_password() {
    assert_eq!(
        LOGIN_CHALLENGES.map(|line| String::from_utf8(STANDARD.decode(line).unwrap()).unwrap()),
        ["Username:", "Password:"]
    );
    let credentials = login(b"alice", b"secret").unwrap();
    assert_eq!((credentials.login.as_str(), credentials.password.as_str()), ("alice", "secret"));
    assert!(login(b"", b"secret").is_err());
    assert!(login(b"alice", b"").is_err());
    assert!(login(b"al\0ice", b"secret").is_err());
}

#[test]
fn credentials_never_print_their_password() {
    let text = format!("{:?}", plain(b"\0alice\0hunter2").unwrap());
    assert!(text.contains("alice") && !text.contains("hunter2"), "{text}");
}
