//! Real Postfix and nginx with the lines of deploy/.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpStream},
    process::Command,
};

use suite::{
    Postfix, Site,
    postfix::PostfixOptions,
    process::{Server, find_program, free_port, repository, run, temporary},
    wait::DEADLINE,
    wait_for,
};

fn file(name: &str) -> String {
    fs::read_to_string(repository().join("deploy").join(name)).unwrap()
}

/// Says the lines of an SMTP session; the codes that came back.
fn smtp(address: SocketAddr, lines: &[&str]) -> Vec<String> {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    let mut reader = BufReader::new(stream);
    let mut codes = Vec::new();
    let mut answer = |reader: &mut BufReader<TcpStream>| {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        codes.push(line.get(..3).unwrap_or_default().to_owned());
    };
    answer(&mut reader);
    for line in lines {
        reader.get_mut().write_all(format!("{line}\r\n").as_bytes()).unwrap();
        answer(&mut reader);
    }
    codes
}

#[test]
fn postfix_delivers_to_the_store_refuses_unknown_users_and_takes_what_the_webmail_sends() {
    let site = Site::start(suite::SiteOptions::default());
    let lmtp = site.listener("lmtp");
    let webmail = free_port();
    let mut options = PostfixOptions::new("elsewhere.test", lmtp);
    options.settings =
        file("postfix/main.cf").replace("example.com", "example.test").replace("127.0.0.1:24", &lmtp.to_string());
    options.master = file("postfix/master.cf").replace("127.0.0.1:10025", &format!("127.0.0.1:{webmail}"));
    let postfix = Postfix::start(&options);
    let mail = |subject: &str| format!("Subject: {subject}\r\n\r\nhello\r\n.");
    let first = mail("from outside");
    let codes = smtp(
        postfix.smtp_address(),
        &["HELO x.test", "MAIL FROM:<a@outside.test>", "RCPT TO:<alice@example.test>", "DATA", &first, "QUIT"],
    );
    assert_eq!(codes, ["220", "250", "250", "250", "354", "250", "221"], "{}", postfix.log());
    let codes = smtp(
        postfix.smtp_address(),
        &["HELO x.test", "MAIL FROM:<a@outside.test>", "RCPT TO:<nobody@example.test>", "QUIT"],
    );
    assert_eq!(codes[3], "550", "{}", postfix.log());
    // The webmail's own form, on its way through Postfix and back.
    site.configure("service.http.localdelivery", "no");
    site.configure("service.http.smtphost", "127.0.0.1");
    site.configure("service.http.smtpport", &webmail.to_string());
    site.refresh();
    wait_for("the settings read again", || site.log().contains("refresh: settings read again").then_some(()));
    let mut browser = site.http_as("bob");
    let token = browser.get("/settings").input_value("csrf").expect("a token");
    let mut form = String::new();
    for (name, value) in [
        ("csrf", token.as_str()),
        ("to", "alice@example.test"),
        ("subject", "from the webmail"),
        ("body", "hello"),
        ("do", "send"),
    ] {
        form.push_str(&format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
    }
    form.push_str("--b--\r\n");
    let path = "/compose/0123456789abcdef0123456789abcdef";
    let answer = browser.request("POST", path, Some(("multipart/form-data; boundary=b", form.as_bytes())));
    assert_eq!(answer.status, 303, "{}\n{}", answer.text(), postfix.log());
    let mut imap = site.imap_as("alice");
    wait_for("both messages", || {
        imap.command("SELECT INBOX");
        (imap.uids().len() == 2).then_some(())
    });
    let log = postfix.log();
    assert!(log.contains("postfix/webmail/smtpd"), "{log}");
    assert!(!log.contains("status=bounced") && !log.contains("status=deferred"), "{log}");
}

#[test]
fn nginx_passes_the_webmail_on() {
    let site = Site::start(
        suite::SiteOptions::default()
            .set("service.http.trustedproxies", "127.0.0.1")
            .set("service.http.plaintextmincipher", "128"),
    );
    let folder = temporary("nginx");
    let port = free_port();
    let config = site.root().join("config");
    let server = file("nginx/webmail.conf")
        .replace("127.0.0.1:8990", &site.listener("http").to_string())
        .replace("listen 443 ssl", &format!("listen 127.0.0.1:{port} ssl"))
        .replace("/etc/nginx/webmail.pem", config.join("cert.pem").to_str().unwrap())
        .replace("/etc/nginx/webmail.key", config.join("key.pem").to_str().unwrap());
    let at = folder.path().display();
    let text = format!(
        "user root;\npid {at}/pid;\nerror_log {at}/error.log;\nevents {{}}\nhttp {{\naccess_log off;\n\
         client_body_temp_path {at}/body;\nproxy_temp_path {at}/proxy;\nfastcgi_temp_path {at}/f;\n\
         uwsgi_temp_path {at}/u;\nscgi_temp_path {at}/s;\n{server}}}\n"
    );
    let conf = folder.path().join("nginx.conf");
    fs::write(&conf, text).unwrap();
    let mut command = Command::new(find_program("nginx"));
    command.arg("-c").arg(&conf).args(["-g", "daemon off;"]);
    let _nginx = Server::start(&mut command, &folder.path().join("stderr.log"));
    let jar = folder.path().join("jar");
    let curl = |path: &str, words: &[&str]| {
        let mut curl = Command::new(find_program("curl"));
        let resolve = format!("webmail.example.com:{port}:127.0.0.1");
        curl.args(["-sS", "--insecure", "--max-time", "30", "--resolve", &resolve]);
        curl.arg("-b").arg(&jar).arg("-c").arg(&jar).args(words);
        run(curl.arg(format!("https://webmail.example.com:{port}{path}")), b"")
    };
    let token = |page: &str| {
        let fields = suite::http::hidden_inputs(page);
        fields.into_iter().find(|(name, _)| name == "csrf").map(|(_, value)| format!("csrf={value}")).expect("a token")
    };
    let page = wait_for("the login page through nginx", || {
        Some(curl("/login", &[])).filter(|out| out.status.success()).map(|out| out.stdout)
    });
    let password = format!("password={}", suite::site::password());
    let answer =
        curl("/login", &["-i", "-d", &token(&page), "-d", "user=alice", "--data-urlencode", &password]).success();
    assert!(answer.stdout.starts_with("HTTP/1.1 303"), "{}", answer.stdout);
    // A large attachment goes through, and nobody's host but the site's comes back in an address.
    let picture = folder.path().join("picture");
    fs::write(&picture, vec![b'x'; 3_000_000]).unwrap();
    let attachment = format!("file=@{};type=image/png", picture.display());
    let settings = curl("/settings", &[]).success().stdout;
    let form =
        [token(&settings), "to=bob@example.test".to_owned(), "subject=through nginx".to_owned(), "do=send".to_owned()];
    let mut words = vec!["-i"];
    // In the order of the page: the token comes first.
    words.extend(form.iter().chain([&attachment]).flat_map(|field| ["-F", field.as_str()]));
    let answer = curl("/compose/0123456789abcdef0123456789abcdef", &words).success().stdout;
    let head = answer.rsplit_once("HTTP/1.1 ").map_or("", |(_, last)| last);
    assert!(head.starts_with("303"), "{answer}");
    let mut imap = site.imap_as("bob");
    wait_for("the message", || {
        imap.command("SELECT INBOX");
        let found = imap.command("FETCH 1:* RFC822.SIZE");
        found.untagged.iter().find_map(|row| row.fetch_item("RFC822.SIZE")?.1.number().filter(|size| *size > 4_000_000))
    });
}
