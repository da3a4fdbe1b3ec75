//! SCRAM-SHA-256 from the client's side, in IMAP and POP (RFC 5802, RFC 7677), and referrals (RFC 2221).

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use suite::{Site, site::SiteOptions, wait::DEADLINE};

fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

fn xor(one: &[u8], other: &[u8]) -> Vec<u8> {
    one.iter().zip(other).map(|(one, other)| one ^ other).collect()
}

/// The last message for a challenge, and the proof that the server must answer with.
fn answer(header: &str, bare: &str, challenge: &str, password: &str) -> (String, String) {
    let field = |name: &str| challenge.split(',').find_map(|field| field.strip_prefix(name)).unwrap().to_owned();
    let salt = STANDARD.decode(field("s=")).unwrap();
    let rounds: u32 = field("i=").parse().unwrap();
    assert!(rounds >= 4096, "RFC 7677 §4");
    let mut round = hmac(password.as_bytes(), &[salt.as_slice(), &[0, 0, 0, 1]].concat());
    let mut salted = round.clone();
    for _ in 1..rounds {
        round = hmac(password.as_bytes(), &round);
        salted = xor(&salted, &round);
    }
    let client_key = hmac(&salted, b"Client Key");
    let without_proof = format!("c={},r={}", STANDARD.encode(header), field("r="));
    let signed = format!("{bare},{challenge},{without_proof}");
    let signature = hmac(&Sha256::digest(&client_key), signed.as_bytes());
    let proof = STANDARD.encode(xor(&client_key, &signature));
    let verifier = STANDARD.encode(hmac(&hmac(&salted, b"Server Key"), signed.as_bytes()));
    (format!("{without_proof},p={proof}"), format!("v={verifier}"))
}

struct Client(BufReader<TcpStream>);

impl Client {
    fn connect(site: &Site, listener: &str) -> Self {
        let stream = TcpStream::connect(site.listener(listener)).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        let mut client = Self(BufReader::new(stream));
        client.line();
        client
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn ask(&mut self, line: &str) -> String {
        self.0.get_mut().write_all(format!("{line}\r\n").as_bytes()).unwrap();
        self.line()
    }

    /// `+ base64`
    #[track_caller]
    fn challenge(&mut self, line: &str) -> String {
        let line = self.ask(line);
        let Some(encoded) = line.strip_prefix("+ ") else { panic!("{line}") };
        String::from_utf8(STANDARD.decode(encoded).unwrap()).unwrap()
    }

    /// The whole exchange; the line that ends it. `command` is everything up to the initial response.
    #[track_caller]
    fn sign_in(&mut self, command: &str, header: &str, user: &str, password: &str) -> String {
        let bare = format!("n={user},r=fyko+d2lbbFgONRv9qkxdawL");
        let challenge = self.challenge(&format!("{command} {}", STANDARD.encode(format!("{header}{bare}"))));
        assert!(challenge.starts_with("r=fyko+d2lbbFgONRv9qkxdawL"), "{challenge}");
        let (last, verifier) = answer(header, &bare, &challenge, password);
        let end = self.ask(&STANDARD.encode(last));
        let Some(proof) = end.strip_prefix("+ ") else { return end };
        assert_eq!(STANDARD.decode(proof).unwrap(), verifier.as_bytes(), "the server does not know the password");
        self.ask("")
    }
}

const IMAP: &str = "a1 AUTHENTICATE SCRAM-SHA-256";

#[test]
fn the_password_is_proved_and_never_sent() {
    let site = Site::new();
    let password = suite::site::password();
    let mut imap = Client::connect(&site, "imap");
    assert!(imap.sign_in(IMAP, "n,,", "alice", password).starts_with("a1 OK"));
    assert!(imap.ask("a2 NAMESPACE").starts_with("* NAMESPACE"));
    let mut imap = Client::connect(&site, "imap");
    assert!(imap.sign_in(IMAP, "n,,", "alice", "wrong").starts_with("a1 NO [AUTHENTICATIONFAILED]"));
    // A second try on the same connection, as oneself by name.
    assert!(imap.sign_in(IMAP, "n,a=alice,", "alice", password).starts_with("a1 OK"));
}

#[test]
fn nobody_learns_who_exists() {
    let site = Site::new();
    let mut salts = Vec::new();
    for user in ["nobody", "nobody", "alice", "alice", "somebody"] {
        let mut imap = Client::connect(&site, "imap");
        let first = STANDARD.encode(format!("n,,n={user},r=abcdef"));
        let challenge = imap.challenge(&format!("{IMAP} {first}"));
        salts.push(challenge.split(",s=").nth(1).unwrap().to_owned());
        let mut imap = Client::connect(&site, "imap");
        assert!(imap.sign_in(IMAP, "n,,", user, "wrong").starts_with("a1 NO [AUTHENTICATIONFAILED]"), "{user}");
    }
    assert_eq!(salts[0], salts[1], "the same each time");
    assert_eq!(salts[2], salts[3]);
    assert_ne!(salts[0], salts[4]);
}

#[test]
fn what_is_no_scram_message_is_refused() {
    let site = Site::new();
    for first in [
        "",
        "n",
        "n,,",
        "n,,n=alice",
        "n,,r=x,n=alice",
        "n,,n=al=ice,r=x",
        "n,,m=x,n=alice,r=x",
        "p=tls-exporter,,n=alice,r=x",
    ] {
        let mut imap = Client::connect(&site, "imap");
        let encoded = if first.is_empty() { "=".to_owned() } else { STANDARD.encode(first) };
        let line = imap.ask(&format!("{IMAP} {encoded}"));
        assert!(line.starts_with("a1 BAD"), "{first}: {line}");
    }
    let mut imap = Client::connect(&site, "imap");
    assert!(imap.ask("a1 AUTHENTICATE SCRAM-SHA-256-PLUS").starts_with("a1 NO"), "not without TLS");
    imap.challenge("a2 AUTHENTICATE SCRAM-SHA-256 biwsbj1hbGljZSxyPWFiYw==");
    assert!(imap.ask("*").starts_with("a2 BAD"));
    imap.challenge("a3 AUTHENTICATE SCRAM-SHA-256 biwsbj1hbGljZSxyPWFiYw==");
    assert!(imap.ask(&STANDARD.encode("c=biws,r=another,p=AAAA")).starts_with("a3 NO"));
}

#[test]
fn pop_has_it_too() {
    let site = Site::new();
    let mut pop = Client::connect(&site, "pop");
    let end = pop.sign_in("AUTH SCRAM-SHA-256", "n,,", "alice", "wrong");
    assert!(end.starts_with("-ERR [AUTH]"), "{end}");
    let end = pop.sign_in("AUTH SCRAM-SHA-256", "n,,", "alice", suite::site::password());
    assert!(end.starts_with("+OK"), "{end}");
    assert!(pop.ask("STAT").starts_with("+OK 0 0"));
}

#[test]
fn a_new_password_takes_the_old_verifier_with_it() {
    let mut site = Site::start(SiteOptions::default());
    site.tool(&["user", "passwd", "alice", "--password-stdin"], "another-password\n").success();
    site.stop();
    site.run();
    let mut imap = Client::connect(&site, "imap");
    assert!(imap.sign_in(IMAP, "n,,", "alice", suite::site::password()).starts_with("a1 NO"));
    assert!(imap.sign_in(IMAP, "n,,", "alice", "another-password").starts_with("a1 OK"));
}

#[test]
fn users_of_another_host_are_sent_there() {
    let site = Site::start(SiteOptions::default().users(&["alice mailHost=store9.example.test"]));
    let mut imap = Client::connect(&site, "imap");
    let line = imap.ask(&format!("a1 LOGIN alice {}", suite::site::password()));
    assert!(line.starts_with("a1 NO [REFERRAL imap://alice;AUTH=*@store9.example.test/]"), "{line}");
    assert!(
        imap.ask("a2 LOGIN alice wrong").starts_with("a2 NO [AUTHENTICATIONFAILED]"),
        "only who has signed in is told"
    );
}
