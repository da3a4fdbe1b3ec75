//! What OpenSSL finds out about the TLS ports, as testssl asks it: versions, ciphers, renegotiation, compression.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use suite::process::find_program;
use suite::site::password;
use suite::{Site, SiteOptions, wait_for};

use super::peer::shakes_hands;

/// Without it OpenSSL itself refuses what is to be refused by the server.
const ANYTHING: &str = "ALL:COMPLEMENTOFALL:@SECLEVEL=0";

#[test]
fn tls_1_2_and_1_3_are_spoken_and_nothing_older() {
    let site = Site::new();
    for listener in ["imaps", "pops", "https"] {
        for version in ["-tls1_2", "-tls1_3"] {
            assert!(shakes_hands(&site, listener, &[version]), "{listener} {version}");
        }
        for version in ["-tls1", "-tls1_1"] {
            assert!(!shakes_hands(&site, listener, &[version, "-cipher", ANYTHING]), "{listener} {version}");
        }
    }
    for (listener, protocol) in [("imap", "imap"), ("pop", "pop3")] {
        assert!(shakes_hands(&site, listener, &["-starttls", protocol, "-tls1_2"]), "{protocol}");
        assert!(!shakes_hands(&site, listener, &["-starttls", protocol, "-tls1_1", "-cipher", ANYTHING]), "{protocol}");
    }
}

#[test]
fn the_oldest_version_is_a_setting() {
    let site = Site::start(SiteOptions::default().set("service.tls.minversion", "1.3"));
    assert!(shakes_hands(&site, "imaps", &["-tls1_3"]));
    assert!(!shakes_hands(&site, "imaps", &["-tls1_2"]));
}

#[test]
fn only_ciphers_with_forward_secrecy_and_authenticated_encryption_are_taken() {
    let site = Site::new();
    for good in ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"] {
        assert!(shakes_hands(&site, "imaps", &["-tls1_2", "-cipher", good]), "{good}");
    }
    for bad in ["aNULL", "eNULL", "3DES", "CAMELLIA", "AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA", "DHE", "PSK"] {
        let list = format!("{bad}:@SECLEVEL=0");
        assert!(!shakes_hands(&site, "imaps", &["-tls1_2", "-cipher", &list]), "{bad}");
    }
}

#[test]
fn there_is_neither_compression_nor_renegotiation() {
    let site = Site::new();
    let mut command = Command::new(find_program("openssl"));
    command.args(["s_client", "-crlf", "-tls1_2", "-connect"]).arg(site.listener("imaps").to_string());
    let mut client = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut input = client.stdin.take().unwrap();
    let said = Arc::new(Mutex::new(String::new()));
    let readers = [
        read(client.stdout.take().unwrap(), Arc::clone(&said)),
        read(client.stderr.take().unwrap(), Arc::clone(&said)),
    ];
    let wait = |words: &str| wait_for(words, || said.lock().unwrap().contains(words).then_some(()));
    for (line, answer) in [
        (format!("a LOGIN alice {}\n", password()), "a OK"),
        ("b SELECT INBOX\n".to_owned(), "b OK"),
        ("c IDLE\n".to_owned(), "+ idling"),
        // A line with an R alone makes OpenSSL ask for another handshake, which the next line then begins.
        ("R\n".to_owned(), "RENEGOTIATING"),
        ("DONE\n".to_owned(), ""),
    ] {
        input.write_all(line.as_bytes()).unwrap();
        wait(answer);
    }
    // The refusal goes out with whatever the server says next.
    wait_for("the end of OpenSSL", || {
        site.deliver("alice", b"Subject: news\r\n\r\ntext\r\n");
        client.try_wait().unwrap()
    });
    for reader in readers {
        reader.join().unwrap();
    }
    let said = said.lock().unwrap();
    assert!(said.contains("Compression: NONE"), "{said}");
    assert!(said.contains("no renegotiation"), "{said}");
    assert!(!said.contains("c OK"), "{said}");
}

/// Gathers what a program says.
fn read(mut pipe: impl Read + Send + 'static, into: Arc<Mutex<String>>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let mut chunk = [0; 4096];
        while let Ok(count @ 1..) = pipe.read(&mut chunk) {
            into.lock().unwrap().push_str(&String::from_utf8_lossy(&chunk[..count]));
        }
    })
}
