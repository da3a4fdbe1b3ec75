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
    let site = Site::start(suite::SiteOptions::default());
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
    let page = wait_for("the login page through nginx", || {
        let mut curl = Command::new(find_program("curl"));
        curl.args([
            "-sS",
            "--insecure",
            "--max-time",
            "10",
            "--resolve",
            &format!("webmail.example.com:{port}:127.0.0.1"),
        ])
        .arg(format!("https://webmail.example.com:{port}/login"));
        Some(run(&mut curl, b"")).filter(|out| out.status.success()).map(|out| out.stdout)
    });
    assert!(page.contains("name=\"password\""), "{page}");
}
