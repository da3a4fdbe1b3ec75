//! Proxies in front of the webmail: whose headers are believed, and what for.

use std::fs;
use std::net::SocketAddr;
use std::process::Command;

use config::typed::ForwardedHeader;
use http::HeaderMap;
use mshttpd::forwarded::{Told, read};
use suite::process::{Server, find_program, free_port};
use suite::{HttpClient, Site, SiteOptions};

use super::fixture::{connect_from, exchange, logged};

fn told(header: ForwardedHeader, fields: &[(&'static str, &str)]) -> Told {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        headers.append(*name, value.parse().unwrap());
    }
    let trusted = |address: std::net::IpAddr| address.to_string().starts_with("10.");
    read(&headers, header, "10.0.0.1".parse().unwrap(), &trusted)
}

#[test]
fn the_nearest_hop_that_is_not_ours_is_the_client() {
    let x = ForwardedHeader::XForwardedFor;
    for (fields, client, secure) in [
        (vec![], "10.0.0.1", false),
        (vec![("x-forwarded-for", "203.0.113.9")], "203.0.113.9", false),
        (vec![("x-forwarded-for", "203.0.113.9"), ("x-forwarded-proto", "https")], "203.0.113.9", true),
        // What the client itself wrote stands before what our proxies add.
        (vec![("x-forwarded-for", "192.0.2.66, 203.0.113.9, 10.0.0.2")], "203.0.113.9", false),
        (vec![("x-forwarded-for", "192.0.2.66"), ("x-forwarded-for", "203.0.113.9")], "203.0.113.9", false),
        (vec![("x-forwarded-for", "10.0.0.3, 10.0.0.2")], "10.0.0.3", false),
        (vec![("x-forwarded-for", "203.0.113.9, unknown, 10.0.0.2")], "10.0.0.2", false),
        (vec![("x-forwarded-for", "192.0.2.66, nonsense")], "10.0.0.1", false),
        (vec![("x-forwarded-for", "[2001:db8::7]:443")], "2001:db8::7", false),
        (vec![("x-forwarded-for", "203.0.113.9:51234")], "203.0.113.9", false),
        (vec![("x-forwarded-proto", "http, https")], "10.0.0.1", true),
        // The other header is not ours to believe.
        (vec![("forwarded", "for=192.0.2.66;proto=https")], "10.0.0.1", false),
    ] {
        let expected = Told { client: client.parse().unwrap(), secure };
        assert_eq!(told(x, &fields), expected, "{fields:?}");
    }
    let f = ForwardedHeader::Forwarded;
    for (fields, client, secure) in [
        (vec![("forwarded", "for=203.0.113.9;proto=https;by=10.0.0.1")], "203.0.113.9", true),
        (vec![("forwarded", "for=192.0.2.66;proto=https, For=\"[2001:db8::7]:80\";proto=http")], "2001:db8::7", false),
        (vec![("forwarded", "for=203.0.113.9, for=_hidden")], "10.0.0.1", false),
        (vec![("x-forwarded-for", "192.0.2.66"), ("x-forwarded-proto", "https")], "10.0.0.1", false),
    ] {
        let expected = Told { client: client.parse().unwrap(), secure };
        assert_eq!(told(f, &fields), expected, "{fields:?}");
    }
}

fn request(from: &str, to: SocketAddr, fields: &str) -> String {
    exchange(
        &connect_from(from, to),
        &format!("GET /login HTTP/1.1\r\nHost: localhost\r\n{fields}Connection: close\r\n\r\n"),
    )
}

#[test]
fn filters_limits_and_cookies_are_about_the_browser_behind_a_trusted_proxy_and_spoofed_headers_are_nothing() {
    let site = Site::start(
        SiteOptions::default()
            .set("service.http.trustedproxies", "127.0.0.2")
            .set("service.http.connlimits", "203.0.113.9|255.255.255.255:0")
            .set("service.http.domainnotallowed", "ALL: 198.51.100. 127.0.0.4"),
    );
    let http = site.listener("http");
    let refused = request("127.0.0.2", http, "X-Forwarded-For: 198.51.100.7\r\n");
    assert!(refused.starts_with("HTTP/1.1 403 "), "{refused}");
    let crowded = request("127.0.0.2", http, "X-Forwarded-For: 203.0.113.9\r\n");
    assert!(crowded.starts_with("HTTP/1.1 503 "), "{crowded}");
    let served = request("127.0.0.2", http, "X-Forwarded-For: 203.0.113.10\r\nX-Forwarded-Proto: https\r\n");
    assert!(served.starts_with("HTTP/1.1 200 "), "{served}");
    assert!(served.to_lowercase().contains("set-cookie: __host-") && served.contains("; Secure"), "{served}");
    // From anybody else the headers are only text.
    let served = request("127.0.0.3", http, "X-Forwarded-For: 198.51.100.7\r\nX-Forwarded-Proto: https\r\n");
    assert!(served.starts_with("HTTP/1.1 200 ") && !served.contains("__Host-"), "{served}");
    let refused = request("127.0.0.4", http, "X-Forwarded-For: 203.0.113.10\r\n");
    assert!(refused.starts_with("HTTP/1.1 403 "), "{refused}");
    logged(&site, "connection refused: http [198.51.100.7:0] domainnotallowed filter 1");
}

#[test]
fn nginx_in_front_passes_the_browsers_address_on() {
    let site = Site::start(
        SiteOptions::default()
            .set("service.http.trustedproxies", "127.0.0.1")
            .set("service.http.domainnotallowed", "ALL: 127.0.0.9"),
    );
    let folder = tempfile::tempdir().unwrap();
    let (port, root) = (free_port(), folder.path());
    let conf = format!(
        "daemon off;\nerror_log stderr;\npid {root}/nginx.pid;\nevents {{}}\nhttp {{\n access_log off;\n \
         client_body_temp_path {root}/body;\n proxy_temp_path {root}/proxy;\n fastcgi_temp_path {root}/f;\n \
         uwsgi_temp_path {root}/u;\n scgi_temp_path {root}/s;\n server {{\n listen 127.0.0.1:{port};\n location / {{\n \
         proxy_pass http://{http};\n proxy_set_header Host $http_host;\n \
         proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;\n \
         proxy_set_header X-Forwarded-Proto $scheme;\n }}\n }}\n}}\n",
        root = root.display(),
        http = site.listener("http"),
    );
    fs::write(root.join("nginx.conf"), conf).unwrap();
    let mut command = Command::new(find_program("nginx"));
    command.arg("-p").arg(root).arg("-c").arg(root.join("nginx.conf"));
    let mut nginx = Server::start(&mut command, &root.join("stderr.log"));
    let front = SocketAddr::from(([127, 0, 0, 1], port));
    suite::wait_for("nginx", || std::net::TcpStream::connect(front).ok());
    let page = HttpClient::new(front).get("/login");
    assert_eq!(page.status, 200, "{}", page.text());
    let refused = request("127.0.0.9", front, "X-Forwarded-For: 203.0.113.10\r\n");
    assert!(refused.starts_with("HTTP/1.1 403 "), "{refused}");
    logged(&site, "connection refused: http [127.0.0.9:0]");
    nginx.stop();
}
