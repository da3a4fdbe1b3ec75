//! `counterutil`, `imsconnutil` and `msprobe` with a running server (Reference §7.5).

use suite::{Site, process::free_port, site::password, wait_for};

use super::fixture::{Raw, line, options};

fn counter(site: &Site, object: &str, name: &str) -> String {
    let out = site.tool(&["counterutil", "-o", object], "").success().stdout;
    let start = format!("global.{name} [8 bytes]: ");
    let found = out.lines().find_map(|line| line.strip_prefix(&start));
    found.unwrap_or_else(|| panic!("no {name} in {out}")).to_owned()
}

#[test]
fn counterutil_shows_the_old_counters_of_each_service() {
    let mut site = Site::start(options());
    let objects = site.tool(&["counterutil", "-l"], "").success().stdout;
    for object in ["imapstat", "popstat", "httpstat", "diskusage", "serverresponse"] {
        assert!(objects.contains(object), "{objects}");
    }
    assert_eq!(counter(&site, "imapstat", "numConnections"), "0");
    assert_eq!(counter(&site, "imapstat", "lastConnectionTime"), "0");
    let _one = site.imap_as("alice");
    let two = site.imap_as("bob");
    assert!(!site.imap().attempt("LOGIN alice wrong").is_ok());
    assert_eq!(counter(&site, "imapstat", "numGoodLogins"), "2");
    assert_eq!(counter(&site, "imapstat", "numFailedLogins"), "1");
    assert_eq!(counter(&site, "imapstat", "numConnections"), "3");
    drop(two);
    wait_for("the end of two", || (counter(&site, "imapstat", "numCurrentConnections") == "1").then_some(()));
    assert!(["2", "3"].contains(&counter(&site, "imapstat", "maxConnections").as_str()));
    assert!(counter(&site, "imapstat", "currentStartTime").contains('/'));
    assert!(counter(&site, "imapstat", "lastConnectionTime").contains('/'));
    assert_eq!(counter(&site, "popstat", "numConnections"), "0");

    let twice = site.tool(&["counterutil", "-o", "imapstat", "-i", "1", "-n", "2", "--json"], "").success().stdout;
    let looks: Vec<serde_json::Value> = twice.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(looks.len(), 2);
    assert_eq!(looks[1]["counters"]["global.numGoodLogins"], 2);

    let disks = site.tool(&["counterutil", "-o", "diskusage"], "").success().stdout;
    assert!(disks.contains("primary.mailPartitionPath") && disks.contains("primary.percentAvail"), "{disks}");
    assert_eq!(site.tool(&["counterutil", "-o", "nonsense"], "").status.code(), Some(1));
    for (former, why) in [("alarm", "no alarms are mailed"), ("cgimsg", "no administration console")] {
        let out = site.tool(&["counterutil", "-o", former], "");
        assert_eq!(out.status.code(), Some(1));
        assert!(out.stderr.contains(why), "{}", out.stderr);
    }
    assert_eq!(site.tool(&["counterutil"], "").status.code(), Some(2));
    site.kill();
    let out = site.tool(&["counterutil", "-o", "imapstat"], "");
    assert_eq!(out.status.code(), Some(1));
    assert!(out.stderr.contains("no server is running"), "{}", out.stderr);
}

#[test]
fn failed_connections_are_those_beyond_maxsessions() {
    let site = Site::start(options().set("service.imap.maxsessions", 1));
    let _one = site.imap();
    let mut two = site.imap();
    assert!(two.greeting().contains("BYE"), "{}", two.greeting());
    let _ = two.try_response();
    assert_eq!(counter(&site, "imapstat", "numFailedConnections"), "1");
}

#[test]
fn imsconnutil_lists_who_is_connected_and_disconnects_with_a_bye() {
    let site = Site::start(options());
    let mut alice = site.imap_as("alice");
    let mut bob = site.imap_as("bob");
    let _nobody = site.imap();
    let mut web = site.http_as("alice");
    let list = |words: &[&str]| {
        let mut all = vec!["imsconnutil", "-c", "--json"];
        all.extend(words);
        let out = site.tool(&all, "").success().stdout;
        let mut found: Vec<String> = out
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
            .filter(|session| !session["address"].as_str().unwrap().is_empty() && session["since"].as_u64() > Some(0))
            .map(|session| format!("{} {}", session["service"].as_str().unwrap(), session["user"].as_str().unwrap()))
            .collect();
        found.dedup();
        found
    };
    // The webmail's own connection to the store counts as one of alice's.
    assert_eq!(list(&[]), ["http alice", "imap alice", "imap bob"]);
    assert_eq!(list(&["-s", "http"]), ["http alice"]);
    assert_eq!(list(&["-s", "imap", "-u", "bob"]), ["imap bob"]);
    std::fs::write(site.root().join("users"), "bob\ncarol\n").unwrap();
    assert_eq!(list(&["-f", site.root().join("users").to_str().unwrap()]), ["imap bob"]);
    let table = site.tool(&["imsconnutil", "-c"], "").success().stdout;
    assert!(table.starts_with("SERVICE") && table.contains("bob"), "{table}");

    alice.command("SELECT INBOX");
    alice.send(b"i IDLE\r\n");
    let _ = alice.response();
    let out = site.tool(&["imsconnutil", "-k", "-u", "alice"], "").success().stdout;
    assert!(out.contains("sessions disconnected"), "{out}");
    wait_for("BYE", || alice.try_response().map_or(Some(()), |told| told.text().contains("BYE").then_some(())));
    wait_for("the end of the sessions", || (list(&[]) == ["imap bob"]).then_some(()));
    line(&site, "imap", "disconnected by an administrator: ");
    bob.command("NOOP");
    // Her browser has to sign in again.
    let page = web.get("/mail/INBOX");
    assert!((300..400).contains(&page.status) && page.header("location").unwrap().contains("login"), "{}", page.status);

    assert_eq!(site.tool(&["imsconnutil", "-k"], "").status.code(), Some(2));
    assert_eq!(
        site.tool(&["imsconnutil", "-k", "-u", "alice", "-s", "imap"], "").status.code(),
        Some(2),
        "-k ends all of them"
    );
    assert_eq!(site.tool(&["imsconnutil"], "").status.code(), Some(2));
    assert_eq!(site.tool(&["imsconnutil", "-a"], "").status.code(), Some(1), "last accesses are not noted");
}

#[test]
fn lists_are_as_private_as_the_settings_say() {
    let site = Site::start(options().set("local.imap.enableuserlist", "no"));
    let _alice = site.imap_as("alice");
    let _web = site.http_as("bob");
    let out = site.tool(&["imsconnutil", "-c"], "").success().stdout;
    assert!(!out.contains("imap") && out.contains("http"), "{out}");
}

#[test]
fn last_accesses_outlive_the_server() {
    let mut site = Site::start(options().set("local.enablelastaccess", "yes"));
    site.imap_as("alice").command("LOGOUT");
    let mut pop = Raw::connect(site.listener("pop"));
    pop.say("USER bob");
    pop.say(&format!("PASS {}", password()));
    pop.say("QUIT");
    site.stop();
    let out = site.tool(&["imsconnutil", "-a", "--json"], "").success().stdout;
    let users: Vec<serde_json::Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((users[0]["user"].as_str(), users[1]["user"].as_str()), (Some("alice"), Some("bob")), "{out}");
    assert!(users[0]["last"]["imap"].as_u64() > Some(1_600_000_000) && users[0]["last"]["pop"].is_null(), "{out}");
    assert!(users[1]["last"]["pop"].as_u64() > Some(1_600_000_000), "{out}");
    let table = site.tool(&["imsconnutil", "-a", "-u", "alice"], "").success().stdout;
    assert!(table.contains("IMAP last access") && table.contains("alice") && !table.contains("bob"), "{table}");
}

#[test]
fn the_control_socket_is_for_the_servers_account_and_goes_with_it() {
    use std::os::unix::fs::PermissionsExt;
    let mut site = Site::start(options());
    let socket = site.root().join("run").join(format!("{}.sock", site.pid()));
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&socket), mode(socket.parent().unwrap())), (0o600, 0o700));
    site.stop();
    assert!(!socket.exists());
}

#[test]
fn msprobe_asks_every_enabled_service_and_tells_the_one_that_is_away() {
    let ports: Vec<(String, u16)> = [
        "service.imap.port",
        "service.imap.sslport",
        "service.pop.port",
        "service.pop.sslport",
        "service.http.port",
        "service.http.sslport",
        "service.lmtp.port",
    ]
    .map(|name| (name.to_owned(), free_port()))
    .into();
    let mut settings = options();
    for (name, port) in &ports {
        settings = settings.set(name, port);
    }
    let mut site = Site::make(settings);
    let mut command = std::process::Command::new(suite::process::heliograph());
    command.args(["run", "--listen", "127.0.0.1", "--root"]).arg(site.root());
    let mut server = suite::process::Server::start(&mut command, &site.root().join("stderr.log"));
    server.wait_for_line("ready ");
    let out = site.tool(&["msprobe"], "").success().stdout;
    for name in ["imap ", "imaps ", "pop ", "pops ", "http ", "https ", "lmtp "] {
        let line = out.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name}: {out}"));
        assert!(line.ends_with(" ms  ok"), "{line}");
    }
    let one = site.tool(&["msprobe", "-s", "imaps", "--json"], "").success().stdout;
    assert!(one.lines().count() == 1 && one.contains("\"problem\":null"), "{one}");
    let kept = site.tool(&["counterutil", "-o", "serverresponse"], "").success().stdout;
    assert!(kept.contains("imaps.responseTime") && kept.contains("lmtp.lastStatTime"), "{kept}");
    assert!(server.stop().success());
    let out = site.tool(&["msprobe", "-s", "imap", "--timeout", "5"], "");
    assert_eq!(out.status.code(), Some(1), "{}", out.stdout);
    assert!(out.stdout.contains("refused"), "{}", out.stdout);
    site.kill();
}
