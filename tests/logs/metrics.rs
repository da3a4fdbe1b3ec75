//! The metrics listener: figures for Prometheus, health, readiness.

use suite::{HttpClient, Site, wait_for};

use super::fixture::{Raw, options};

fn site() -> Site {
    Site::start(options().set("service.metrics.enable", "yes"))
}

/// The value of a sample, once it is there.
fn sample(site: &Site, name: &str) -> Option<f64> {
    let text = HttpClient::new(site.listener("metrics")).get("/metrics").text();
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
}

#[track_caller]
fn is(site: &Site, name: &str, value: f64) {
    wait_for(&format!("{name} = {value}, it is {:?}", sample(site, name)), || {
        (sample(site, name) == Some(value)).then_some(())
    });
}

#[test]
fn sessions_logins_commands_and_deliveries_are_counted() {
    let site = site();
    is(&site, "heliograph_connections_total{service=\"imap\"}", 0.0);
    let mut imap = site.imap_as("alice");
    imap.command("SELECT INBOX");
    imap.command("NOOP");
    imap.command("NOOP");
    assert!(!site.imap().attempt("LOGIN alice wrong").is_ok());
    is(&site, "heliograph_connections_total{service=\"imap\"}", 2.0);
    is(&site, "heliograph_sessions{service=\"imap\"}", 1.0);
    is(&site, "heliograph_logins_total{service=\"imap\",result=\"good\"}", 1.0);
    is(&site, "heliograph_logins_total{service=\"imap\",result=\"bad\"}", 1.0);
    is(&site, "heliograph_command_seconds_count{service=\"imap\",command=\"NOOP\"}", 2.0);
    is(&site, "heliograph_command_seconds_count{service=\"imap\",command=\"SELECT\"}", 1.0);
    drop(imap);
    is(&site, "heliograph_sessions{service=\"imap\"}", 0.0);
    assert!(sample(&site, "heliograph_sessions_max{service=\"imap\"}").unwrap() >= 1.0);

    site.deliver("bob", b"Subject: hello\r\n\r\nhello\r\n");
    is(&site, "heliograph_deliveries_total{result=\"delivered\"}", 1.0);
    assert!(sample(&site, "heliograph_store_commit_seconds_count{part=\"sync\"}").unwrap() >= 1.0);
    assert!(sample(&site, "heliograph_pool_wait_seconds_count{service=\"lmtp\"}").unwrap() >= 1.0);

    let mut pop = Raw::connect(site.listener("pop"));
    pop.say("CAPA");
    is(&site, "heliograph_command_seconds_count{service=\"pop\",command=\"CAPA\"}", 1.0);

    let mut http = site.http_as("alice");
    http.get_following("/mail/INBOX");
    is(&site, "heliograph_logins_total{service=\"http\",result=\"good\"}", 1.0);
    assert!(sample(&site, "heliograph_http_requests_total{screen=\"mailbox\",status=\"2xx\"}").unwrap() >= 1.0);
    assert!(sample(&site, "heliograph_backend_call_seconds_count{result=\"done\"}").unwrap() >= 1.0);
    assert!(sample(&site, "process_resident_memory_bytes").unwrap() > 1e6);
}

#[test]
fn nothing_that_a_client_writes_becomes_a_label() {
    let site = site();
    let mut raw = Raw::connect(site.listener("imap"));
    raw.say("a FORGEDVERB x");
    raw.say("b LOGIN forgedname x");
    site.http().get("/forgedpath");
    site.http().get("/mail/forgedpath");
    is(&site, "heliograph_logins_total{service=\"imap\",result=\"bad\"}", 1.0);
    let text = HttpClient::new(site.listener("metrics")).get("/metrics").text();
    assert!(!text.to_lowercase().contains("forged"), "{text}");
    // One end mark, and it is the last line (OpenMetrics).
    assert!(text.ends_with("# EOF\n") && text.matches("# EOF").count() == 1, "{text}");
}

#[test]
fn health_and_readiness_are_on_that_port_only() {
    let site = site();
    let ask = |path: &str| HttpClient::new(site.listener("metrics")).get(path);
    assert_eq!((ask("/healthz").status, ask("/healthz").text()), (200, "ok\n".to_owned()));
    assert_eq!((ask("/readyz").status, ask("/readyz").text()), (200, "ready\n".to_owned()));
    assert_eq!(ask("/").status, 404);
    assert_eq!(HttpClient::new(site.listener("metrics")).request("POST", "/metrics", None).status, 405);
    assert!(site.listener("metrics").ip().is_loopback());
    assert_eq!(site.http().get("/metrics").status, 404);
}

#[test]
fn a_store_that_cannot_be_written_is_not_ready_but_healthy() {
    let site = site();
    site.deliver("bob", b"Subject: hello\r\n\r\nhello\r\n");
    let ask = |path: &str| HttpClient::new(site.listener("metrics")).get(path);
    let store = site.root().join("store");
    let aside = site.root().join("store-aside");
    std::fs::rename(&store, &aside).unwrap();
    let answer = ask("/readyz");
    assert_eq!((answer.status, answer.text()), (503, "not ready: store\n".to_owned()));
    assert_eq!(ask("/healthz").status, 200);
    std::fs::rename(&aside, &store).unwrap();
    assert_eq!(ask("/readyz").status, 200);
}

#[test]
fn it_is_off_unless_wanted() {
    let site = Site::start(options());
    let port = std::fs::read_to_string(site.root().join("config/msg.conf")).unwrap();
    assert!(!port.contains("metrics"));
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| site.listener("metrics"))).is_err());
}
