//! The lines: the old server's form, JSON, levels, and user text that stays inside (Reference §7.6).

use std::collections::BTreeSet;

use base64::Engine as _;
use nix::sys::signal::Signal;
use suite::{Site, site::password};

use super::fixture::{Raw, everything, line, lines, options};

/// `[30/Aug/2004:16:53:05 -0700] host program[pid]: words` in its parts.
#[track_caller]
fn parts(line: &str) -> (String, String) {
    let (stamp, rest) =
        line.strip_prefix('[').and_then(|rest| rest.split_once("] ")).unwrap_or_else(|| panic!("{line}"));
    let shape: String = stamp
        .chars()
        .map(|letter| match letter {
            '0'..='9' => '0',
            'a'..='z' | 'A'..='Z' => 'a',
            '-' => '+',
            other => other,
        })
        .collect();
    assert_eq!(shape, "00/aaa/0000:00:00:00 +0000", "{line}");
    let (head, words) = rest.split_once("]: ").unwrap_or_else(|| panic!("{line}"));
    let (program, pid) = head.split_once('[').unwrap_or_else(|| panic!("{line}"));
    assert!(pid.bytes().all(|byte| byte.is_ascii_digit()), "{line}");
    (program.to_owned(), words.to_owned())
}

#[test]
fn a_bad_login_and_the_end_of_a_session_read_as_on_the_old_server() {
    let site = Site::start(options());
    let mut imap = site.imap();
    assert!(!imap.attempt("LOGIN alice wrong").is_ok());
    let (program, words) = parts(&line(&site, "imap", "badlogin"));
    assert_eq!(program, "localhost imapd");
    let rest = words.strip_prefix("Account Notice: badlogin: [127.0.0.1:").unwrap_or_else(|| panic!("{words}"));
    let (port, rest) = rest.split_once("] ").unwrap();
    assert!(port.parse::<u16>().is_ok(), "{words}");
    assert_eq!(rest, "plaintext alice authentication failure (wrong password)");

    imap.login("alice", password());
    imap.command("SELECT INBOX");
    imap.command("LOGOUT");
    let (_, words) = parts(&line(&site, "imap", "close"));
    let rest = words.strip_prefix("Account Notice: close [127.0.0.1] [alice] ").unwrap_or_else(|| panic!("{words}"));
    let fields: Vec<&str> = rest.split(' ').collect();
    assert_eq!(fields.len(), 7, "{words}");
    assert_eq!(fields[0].split('/').count(), 3, "{words}");
    assert_eq!((fields[1].split(':').count(), fields[2].split(':').count()), (3, 3), "{words}");
    assert!(fields[3].parse::<u64>().unwrap() > 20 && fields[4].parse::<u64>().unwrap() > 100, "{words}");
    assert_eq!(&fields[5..], ["1", "logout"], "{words}");
}

#[test]
fn a_name_that_cannot_be_read_leaves_its_line_shortened_and_escaped() {
    let site = Site::start(options());
    let long = "x".repeat(5000);
    let shown = format!("{}…", "x".repeat(128));
    let encoded = |message: &[u8]| base64::engine::general_purpose::STANDARD.encode(message);
    let plain = encoded(format!("\0{long}\0secret").as_bytes());
    let newest = |log: &str, count: usize| {
        suite::wait_for("badlogin lines", || {
            let all: Vec<String> = lines(&site, log).into_iter().filter(|line| line.contains("badlogin: [")).collect();
            (all.len() == count).then(|| all[count - 1].clone())
        })
    };
    let mut count = 0;
    let mut fits = |log: &str, name: &str, reason: &str| {
        count += 1;
        let line = newest(log, count);
        assert!(line.ends_with(&format!("{name} authentication failure ({reason})")), "{line}");
        assert!(line.len() < 600, "{line}");
    };
    // IMAP: LOGIN with each form of string, then AUTHENTICATE.
    let attempt = |bytes: &[u8]| {
        let mut raw = Raw::connect(site.listener("imap"));
        raw.send([b"a1 ", bytes, b"\r\n"].concat());
        let answer = raw.read();
        assert!(answer.starts_with("a1 NO") || answer.starts_with("a1 BAD"), "{answer}");
    };
    attempt(format!("LOGIN {long} secret").as_bytes());
    fits("imap", &format!("plaintext {shown}"), "field too long");
    attempt(b"LOGIN {8+}\r\nal\xff\r\nnce secret");
    fits("imap", "plaintext al\u{fffd}\\u{d}\\u{a}nce", "not UTF-8");
    attempt(b"LOGIN \"\" secret");
    fits("imap", "plaintext \"\"", "LOGIN exchange with an empty name or password");
    attempt(format!("AUTHENTICATE PLAIN {plain}").as_bytes());
    fits("imap", "plaintext \"\"", "message too long");
    attempt(format!("AUTHENTICATE PLAIN {}", encoded(format!("\0{}\0secret", &long[..2000]).as_bytes())).as_bytes());
    fits("imap", &format!("plaintext {shown}"), "field too long");
    attempt(b"AUTHENTICATE PLAIN !!!");
    fits("imap", "plaintext \"\"", "command is not well-formed");
    attempt("LOGIN j\u{f6}rg\u{85} secret".as_bytes());
    fits("imap", "plaintext j\u{f6}rg\\u{85}", "command is not well-formed");
    attempt(b"AUTHENTICATE PLAIN YWJj");
    fits("imap", "plaintext \"\"", "PLAIN message without its three fields");
    attempt(b"AUTHENTICATE SCRAM-SHA-256 YWJj");
    fits("imap", "SCRAM-SHA-256 \"\"", "no GS2 header");
    // POP.
    let attempt = |lines: &[&[u8]]| {
        let mut raw = Raw::connect(site.listener("pop"));
        for (at, line) in lines.iter().enumerate() {
            raw.send([line, &b"\r\n"[..]].concat());
            let answer = raw.read();
            assert!(answer.starts_with(if at + 1 < lines.len() { "+OK" } else { "-ERR" }), "{answer}");
        }
    };
    count = 0;
    let mut fits = |log: &str, name: &str, reason: &str| {
        count += 1;
        let line = newest(log, count);
        assert!(line.ends_with(&format!("{name} authentication failure ({reason})")), "{line}");
    };
    attempt(&[format!("USER {long}").as_bytes()]);
    fits("pop", &format!("plaintext {shown}"), "name or password too long");
    attempt(&[format!("user {}", &long[..300]).as_bytes()]);
    fits("pop", &format!("plaintext {shown}"), "name or password too long");
    attempt(&[b"USER al\x07ice"]);
    fits("pop", "plaintext al\\u{7}ice", "not well-formed");
    attempt(&[b"USER alice", format!("PASS {long}").as_bytes()]);
    fits("pop", "plaintext alice", "name or password too long");
    attempt(&[format!("AUTH PLAIN {plain}").as_bytes()]);
    fits("pop", "plaintext \"\"", "name or password too long");
    attempt(&[b"AUTH PLAIN AGE="]);
    fits("pop", "plaintext \"\"", "PLAIN message without its three fields");
    // What is no sign-in leaves none.
    attempt(&[b"NOOP \xff"]);
    // The webmail.
    let mut http = site.http();
    let page = http.get("/login");
    let fields = suite::http::hidden_inputs(&page.text());
    let mut form: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    form.extend([("user", long.as_str()), ("password", "secret")]);
    assert_eq!(http.post_form("/login", &form).status, 401);
    let line = line(&site, "http", "badlogin: [");
    assert!(line.ends_with(&format!("plaintext {shown} authentication failure (name or password too long)")), "{line}");
    assert!(!everything(&site).contains("secret"));
}

#[test]
fn an_account_on_hold_is_named_with_its_status() {
    let site = Site::start(options().users(&["alice", "held mailUserStatus=hold"]));
    assert!(!site.imap().attempt(&format!("LOGIN held {}", password())).is_ok());
    assert!(line(&site, "imap", "badlogin").ends_with("plaintext held account disabled (hold)"));
}

#[test]
fn each_service_writes_its_own_log_and_good_logins_are_information() {
    let mut site = Site::start(options().set("logfile.default.loglevel", "Information"));
    site.imap_as("alice");
    site.http_as("alice");
    let mut pop = Raw::connect(site.listener("pop"));
    pop.say("USER alice");
    pop.say(&format!("PASS {}", password()));
    site.deliver("bob", b"Subject: hello\r\n\r\nhello\r\n");
    for (log, program) in [("imap", "imapd"), ("http", "mshttpd"), ("pop", "popd")] {
        let (host, words) = parts(&line(&site, log, "login: "));
        assert_eq!(host, format!("localhost {program}"));
        assert!(words.starts_with("Account Information: login: [127.0.0.1:"), "{words}");
        assert!(words.ends_with("] plaintext alice"), "{words}");
    }
    assert!(line(&site, "lmtp", "append: bob:INBOX:").contains("Store Information: "));
    site.stop();
    for log in ["default", "imap", "http", "pop", "lmtp", "store"] {
        lines(&site, log).iter().for_each(|line| drop(parts(line)));
    }
}

#[test]
fn at_notice_good_logins_are_not_written_and_refresh_changes_that_live() {
    let mut site = Site::start(options());
    site.imap_as("alice");
    assert!(!site.imap().attempt("LOGIN alice wrong").is_ok());
    line(&site, "imap", "badlogin");
    assert!(!everything(&site).contains(" login: "), "{}", everything(&site));
    site.settings(&[("logfile.imap.loglevel".to_owned(), "Debug".to_owned())]);
    site.server().signal(Signal::SIGHUP);
    line(&site, "default", "settings read again");
    site.imap_as("alice");
    line(&site, "imap", "Account Information: login: ");
    site.settings(&[("logfile.imap.loglevel".to_owned(), "Nolog".to_owned())]);
    site.server().signal(Signal::SIGHUP);
    suite::wait_for("the second refresh", || {
        (lines(&site, "default").iter().filter(|line| line.contains("settings read again")).count() == 2).then_some(())
    });
    let before = lines(&site, "imap").len();
    assert!(!site.imap().attempt("LOGIN alice wrong").is_ok());
    site.stop();
    assert_eq!(lines(&site, "imap").len(), before, "Nolog writes nothing");
}

/// What somebody could write into a name to forge a line of their own.
const FORGERIES: &[&str] = &[
    "x\r\n[30/Aug/2004:16:53:05 -0700] localhost imapd[1]: Account Notice: login: forged",
    "x\u{1b}[2K\u{1b}[1Gforged",
    "x\u{2028}[30/Aug/2004:16:53:05 -0700] forged",
    "x\u{2029}\u{85}\u{b}\u{c}forged",
    "x\u{202e}degrof",
    "x\",\"level\":\"forged\",\"y\":\"",
    "x\\\",\"level\":\"forged",
    "x\u{7f}\u{200b}forged",
];

fn try_forgeries(site: &Site) {
    for name in FORGERIES {
        let mut imap = Raw::connect(site.listener("imap"));
        imap.send(format!("a LOGIN {{{}+}}\r\n", name.len()));
        imap.send(name.as_bytes());
        imap.send(" wrong\r\n");
        assert!(imap.read().starts_with("a "), "{name:?}");
        imap.send(format!("b ID (\"name\" {{{}+}}\r\n{name})\r\n", name.len()));
        imap.read();
        let mut http = site.http();
        let page = http.get_following("/login");
        let hidden = suite::http::hidden_inputs(&page.text());
        let mut fields: Vec<(&str, &str)> =
            hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        fields.extend([("user", *name), ("password", "wrong")]);
        http.post_form("/login", &fields);
        http.get(&format!("/mail/{}", suite::http::encode(name)));
    }
    let mut pop = Raw::connect(site.listener("pop"));
    pop.say("USER x\u{1b}[2K\u{2028}forged");
    pop.say("PASS wrong");
    let mut lmtp = site.lmtp();
    lmtp.command("MAIL FROM:<forged@example.test>");
    lmtp.command("RCPT TO:<\"x\u{1b}[2K\"@example.test>");
}

#[test]
fn user_text_never_becomes_a_line_of_its_own() {
    let mut site = Site::start(options().set("logfile.default.loglevel", "Debug"));
    try_forgeries(&site);
    site.stop();
    let text = everything(&site);
    assert!(text.contains("forged"), "the names were logged");
    for line in text.split_inclusive('\n') {
        let line = line.strip_suffix('\n').expect("lines are whole");
        let (program, words) = parts(line);
        assert!(program.starts_with("localhost ") && program.matches(' ').count() == 1, "{line:?}");
        assert!(!words.contains(|letter: char| letter.is_control()), "{line:?}");
        assert!(!line.contains(['\u{2028}', '\u{2029}', '\u{85}', '\u{202e}', '\u{200b}']), "{line:?}");
        assert!(!words.starts_with("Account Notice: login: forged"), "{line:?}");
    }
}

#[test]
fn user_text_never_becomes_a_json_field() {
    let mut site =
        Site::start(options().set("logfile.default.loglevel", "Debug").set("logfile.default.logtype", "json"));
    try_forgeries(&site);
    site.stop();
    let text = everything(&site);
    assert!(text.contains("forged"));
    let known: BTreeSet<&str> = ["time", "host", "service", "pid", "category", "level", "message", "fields"].into();
    for line in text.split_inclusive('\n') {
        let value: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        let object = value.as_object().unwrap();
        assert!(object.keys().all(|key| known.contains(key.as_str())), "{line}");
        assert_eq!(object["host"], "localhost");
        assert!(["Notice", "Information", "Debug", "Warning", "Error"].contains(&object["level"].as_str().unwrap()));
        assert_eq!(line.matches("\"level\":").count(), 1, "{line}");
        assert!(!line.trim_end().contains(|letter: char| letter.is_control()), "{line:?}");
    }
}

#[test]
fn a_huge_name_is_cut() {
    let mut site = Site::start(options());
    let name = "n".repeat(900);
    assert!(!site.imap().attempt(&format!("LOGIN {name} wrong")).is_ok());
    site.stop();
    let line = line(&site, "imap", "badlogin");
    assert!(line.contains(&"n".repeat(100)) && line.len() < 500, "{line}");
}
