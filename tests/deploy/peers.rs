//! Real Postfix and nginx with the lines of deploy/.

use std::{
    collections::HashMap,
    fs,
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
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
    let answer = suite::site::send_mail(&mut browser, "alice@example.test", "from the webmail");
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

/// nginx with these directives, `load_module` first.
fn nginx(folder: &Path, blocks: &str) -> Server {
    let at = folder.display();
    let conf = folder.join("nginx.conf");
    fs::write(&conf, format!("{blocks}\nuser root;\npid {at}/pid;\nerror_log {at}/error.log;\nevents {{}}\n")).unwrap();
    let mut command = Command::new(find_program("nginx"));
    command.arg("-c").arg(&conf).args(["-g", "daemon off;"]);
    Server::start(&mut command, &folder.join("stderr.log"))
}

/// The module of Debian's libnginx-mod-stream.
const STREAM: &str = "/usr/lib/nginx/modules/ngx_stream_module.so";

#[test]
fn nginx_passes_imap_and_pop_on_and_tells_the_clients_addresses() {
    let site = Site::start(
        suite::SiteOptions::default()
            .set("service.imap.proxyprotocol", "127.0.0.2")
            .set("service.pop.proxyprotocol", "127.0.0.2")
            .set("service.imap.domainnotallowed", "ALL: 127.0.0.2"),
    );
    assert!(Path::new(STREAM).exists(), "libnginx-mod-stream is missing");
    let folder = temporary("nginx");
    let mut blocks = file("nginx/mail.conf");
    let mut ports = HashMap::new();
    for (service, outer, inner) in [("imap", 143, 1143), ("imaps", 993, 1993), ("pop", 110, 1110), ("pops", 995, 1995)]
    {
        let port = free_port();
        blocks = blocks
            .replace(&format!("listen {outer};"), &format!("listen 127.0.0.1:{port};"))
            .replace(&format!("proxy_pass 127.0.0.1:{inner};"), &format!("proxy_pass {};", site.listener(service)));
        ports.insert(service, SocketAddr::from(([127, 0, 0, 1], port)));
    }
    let _nginx = nginx(folder.path(), &format!("load_module {STREAM};\n{blocks}"));
    wait_for("nginx", || ports.values().all(|port| TcpStream::connect(port).is_ok()).then_some(()));
    let mut imap = suite::ImapClient::connect(ports["imap"]);
    assert!(!imap.attempt("LOGIN alice wrong").is_ok());
    imap.login("alice", suite::site::password());
    for (service, words) in [("imaps", "a LOGIN alice wrong\na LOGOUT\n"), ("pops", "USER bob\nPASS wrong\nQUIT\n")] {
        let mut openssl = Command::new(find_program("openssl"));
        openssl.args(["s_client", "-quiet", "-crlf", "-ign_eof", "-connect", &ports[service].to_string()]);
        run(&mut openssl, words.as_bytes());
    }
    let mut pop = BufReader::new(TcpStream::connect(ports["pop"]).unwrap());
    for line in ["", "USER carol\r\n", "PASS wrong\r\n"] {
        pop.get_mut().write_all(line.as_bytes()).unwrap();
        pop.read_line(&mut String::new()).unwrap();
    }
    let told = |user: &str| {
        wait_for("the refused sign-ins", || {
            let log = site.log();
            log.lines().find(|line| line.contains("badlogin: [") && line.contains(user)).map(str::to_owned)
        })
    };
    for user in ["alice", "bob", "carol"] {
        assert!(told(user).contains("badlogin: [127.0.0.1:"), "{}", told(user));
    }
    assert!(!site.log().contains("[127.0.0.2"), "{}", site.log());
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
    let _nginx = nginx(
        folder.path(),
        &format!(
            "http {{\naccess_log off;\nclient_body_temp_path {at}/body;\nproxy_temp_path {at}/proxy;\n\
             fastcgi_temp_path {at}/f;\nuwsgi_temp_path {at}/u;\nscgi_temp_path {at}/s;\n{server}}}\n"
        ),
    );
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
