//! Passwords are in no log, however they came and at whatever level.

use base64::{Engine, engine::general_purpose::STANDARD};
use suite::{Site, http::hidden_inputs, site::password};

use super::fixture::{Raw, everything, line, options};

fn in_base64(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

fn imap(site: &Site, secret: &str) {
    let plain = in_base64(format!("\0alice\0{secret}"));
    let short = in_base64(format!("alice\0{secret}"));
    let other = in_base64(format!("nobody\0alice\0{secret}"));
    for words in [
        format!("a LOGIN alice {secret}"),
        format!("a LOGIN nobody {secret}"),
        format!("a LOGIN alice {secret} more"),
        format!("a LOGIN {secret}"),
        format!("a LOGIN alice \"{secret}"),
        format!("LOGIN alice {secret}"),
        format!("a LOGOUT {secret}"),
        format!("{secret} NOOP"),
        format!("a {secret}"),
        format!("a AUTHENTICATE PLAIN {plain}"),
        format!("a AUTHENTICATE PLAIN {short}"),
        format!("a AUTHENTICATE PLAIN {other}"),
        format!("a AUTHENTICATE PLAIN {}", &plain[1..]),
        format!("a AUTHENTICATE PLAIN \"{plain}\""),
        format!("a AUTHENTICATE LOGIN {plain}"),
        format!("a AUTHENTICATE CRAM-MD5 {plain}"),
    ] {
        Raw::connect(site.listener("imap")).say(&words);
    }
    let mut raw = Raw::connect(site.listener("imap"));
    raw.say("a AUTHENTICATE LOGIN");
    raw.say(&in_base64("alice"));
    raw.say(&in_base64(secret));
    let mut raw = Raw::connect(site.listener("imap"));
    raw.say("a AUTHENTICATE PLAIN");
    raw.say(secret);
    let mut raw = Raw::connect(site.listener("imap"));
    raw.say(&format!("a LOGIN alice {{{}}}", secret.len()));
    raw.say(secret);
}

fn pop(site: &Site, secret: &str) {
    let plain = in_base64(format!("\0alice\0{secret}"));
    for lines in [
        vec!["USER alice".to_owned(), format!("PASS {secret}")],
        vec!["USER nobody".to_owned(), format!("PASS {secret}")],
        vec![format!("PASS {secret}"), format!("PASS {secret} {secret}")],
        vec![format!("USER alice {secret}")],
        vec![format!("APOP alice {secret}"), secret.to_owned()],
        vec![format!("AUTH PLAIN {plain}")],
        vec!["AUTH PLAIN".to_owned(), plain.clone()],
        vec!["AUTH PLAIN".to_owned(), secret.to_owned()],
        vec![format!("AUTH LOGIN {plain}")],
    ] {
        let mut raw = Raw::connect(site.listener("pop"));
        for line in lines {
            raw.say(&line);
        }
    }
}

fn http(site: &Site, secret: &str) {
    let mut client = site.http();
    let page = client.get_following("/login");
    for user in ["alice", "nobody"] {
        let hidden = hidden_inputs(&page.text());
        let mut fields: Vec<(&str, &str)> =
            hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        fields.extend([("user", user), ("password", secret)]);
        client.post_form("/login", &fields);
        // Without the token, too.
        client.post_form("/login", &[("user", user), ("password", secret)]);
        client.get(&format!("/login?user={user}&password={secret}"));
        client.get(&format!("/login.msc?user={user}&password={secret}"));
    }
    client.request("POST", "/login", Some(("text/plain", secret.as_bytes())));
    client.request("POST", "/login", Some(("application/x-www-form-urlencoded", format!("%%%{secret}").as_bytes())));
    client.set_header("Authorization", &format!("Basic {}", in_base64(format!("alice:{secret}"))));
    client.get("/");
}

#[test]
fn no_log_holds_a_password_at_the_highest_level() {
    for form in ["NscpLog", "json"] {
        let mut site =
            Site::start(options().set("logfile.default.loglevel", "Debug").set("logfile.default.logtype", form));
        let wrong = format!("{}x", password());
        for secret in [password(), wrong.as_str()] {
            imap(&site, secret);
            pop(&site, secret);
            http(&site, secret);
            let mut lmtp = site.lmtp();
            lmtp.command(&format!("AUTH PLAIN {}", in_base64(format!("\0alice\0{secret}"))));
            lmtp.command(secret);
        }
        line(&site, "http", "badlogin");
        site.stop();
        let text = everything(&site);
        assert!(text.contains("badlogin") && text.contains("login: "), "there were logins");
        // Base64 of it is a password as well, at any of the three phases.
        let shifted = [0, 1, 2].map(|shift| {
            let encoded = in_base64(format!("{}{}", &"\0\0"[..shift], password()));
            encoded[if shift == 0 { 0 } else { 4 }..encoded.len() - 4].to_owned()
        });
        for secret in [password()].into_iter().chain(shifted.iter().map(String::as_str)) {
            let found = text.lines().find(|line| line.contains(secret));
            assert!(found.is_none(), "{found:?}");
        }
        // The proxy administrator's as well.
        let conf = std::fs::read_to_string(site.root().join("config/msg.conf")).unwrap();
        let admin = conf.lines().find_map(|line| line.strip_prefix("local.service.proxy.adminpass = ")).unwrap();
        assert!(!text.contains(admin));
    }
}
