//! Names as they are found out: DNS both ways, ident, the netgroup file.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::thread;

use access::{HostName, Lookup};
use daemon::Names;
use suite::{Site, SiteOptions};

use super::dns::NameServer;
use super::fixture::{block_on, connect_from, line, logged};

fn settings(server: SocketAddr) -> config::Names {
    config::Names { resolve: true, servers: vec![server], netgroup_file: "/nowhere/netgroup".into() }
}

#[test]
fn a_name_counts_when_it_leads_back_to_its_address() {
    let dns = NameServer::start(
        &[
            ("198.51.100.1", "Mail.Siroe.Example"),
            ("198.51.100.2", "liar.siroe.example"),
            ("198.51.100.3", "gone.siroe.example"),
            ("198.51.100.4", "10.0.0.1"),
            ("2001:db8::7", "six.siroe.example"),
        ],
        &[
            ("mail.siroe.example", "198.51.100.1"),
            ("liar.siroe.example", "198.51.100.99"),
            ("six.siroe.example", "2001:db8::7"),
        ],
    );
    let found = |address: &str| {
        let address = address.parse().unwrap();
        block_on(async { Names::new(&settings(dns.address)).host_name(address).await })
    };
    assert_eq!(found("198.51.100.1"), HostName::Known("mail.siroe.example".to_owned()));
    assert_eq!(found("::ffff:198.51.100.1"), HostName::Known("mail.siroe.example".to_owned()));
    assert_eq!(found("2001:db8::7"), HostName::Known("six.siroe.example".to_owned()));
    assert_eq!(found("198.51.100.2"), HostName::Spoofed("liar.siroe.example".to_owned()));
    assert_eq!(found("198.51.100.3"), HostName::Spoofed("gone.siroe.example".to_owned()));
    assert_eq!(found("198.51.100.4"), HostName::Spoofed("10.0.0.1".to_owned()));
    assert_eq!(found("198.51.100.5"), HostName::Unknown);
}

#[test]
fn an_address_is_asked_about_once_and_not_at_all_when_that_is_off() {
    let dns = NameServer::start(&[], &[]);
    let address = "198.51.100.1".parse().unwrap();
    block_on(async {
        let names = Names::new(&settings(dns.address));
        assert_eq!(names.host_name(address).await, HostName::Unknown);
        let asked = dns.asked.lock().unwrap().len();
        assert!(asked > 0);
        assert_eq!(names.host_name(address).await, HostName::Unknown);
        assert_eq!(dns.asked.lock().unwrap().len(), asked);
        let off = Names::new(&config::Names { resolve: false, ..settings(dns.address) });
        assert_eq!(off.host_name("198.51.100.2".parse().unwrap()).await, HostName::Unknown);
        assert_eq!(dns.asked.lock().unwrap().len(), asked);
    });
}

#[test]
fn a_name_server_that_says_nothing_leaves_the_name_unknown() {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let names = settings(silent.local_addr().unwrap());
    let found = block_on(async { Names::new(&names).host_name("198.51.100.1".parse().unwrap()).await });
    assert_eq!(found, HostName::Unknown);
}

#[test]
fn the_user_is_who_the_clients_ident_server_says() {
    let answers = [
        ("P , 143 : USERID : UNIX : fred", Some("fred")),
        ("P,143:USERID:OTHER,US-ASCII: fred smith ", Some("fred smith")),
        ("P , 143 : ERROR : NO-USER", None),
        ("1 , 143 : USERID : UNIX : fred", None),
        ("P , 143 : USERID : UNIX : ", None),
        ("nonsense", None),
        ("", None),
    ];
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = thread::spawn(move || {
        answers.map(|(answer, _)| {
            let (mut stream, _) = listener.accept().unwrap();
            let mut question = [0; 64];
            let length = stream.read(&mut question).unwrap();
            write!(stream, "{}\r\n", answer.replace('P', "40000")).unwrap();
            String::from_utf8_lossy(&question[..length]).into_owned()
        })
    });
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    block_on(async {
        let names = Names::new(&settings(silent.local_addr().unwrap())).with_ident_port(port);
        for (answer, user) in answers {
            let found = names.user("127.0.0.1:40000".parse().unwrap(), "127.0.0.1:143".parse().unwrap()).await;
            assert_eq!(found.as_deref(), user, "{answer}");
        }
        let nobody = names.user("127.0.0.9:40000".parse().unwrap(), "127.0.0.1:143".parse().unwrap()).await;
        assert_eq!(nobody, None);
    });
    assert!(server.join().unwrap().iter().all(|question| question == "40000 , 143\r\n"));
}

#[test]
fn a_running_service_judges_by_names_and_netgroups() {
    let dns = NameServer::start(
        &[
            ("198.51.100.2", "pc.siroe.example"),
            ("198.51.100.3", "pc.siroe.example"),
            ("198.51.100.4", "group.example"),
        ],
        &[("pc.siroe.example", "198.51.100.2"), ("group.example", "198.51.100.4")],
    );
    let mut site = Site::make(
        SiteOptions::default()
            .set("service.dnsserver", dns.address)
            // Loopback addresses have no names in DNS: a proxy tells others.
            .set("service.imap.proxyprotocol", "127.0.0.1")
            .set("service.pop.proxyprotocol", "127.0.0.1")
            .set("service.netgroupfile", "config/netgroup")
            .set("service.imap.domainallowed", "ALL: .siroe.example @netgroup1")
            .set("service.imap.domainnotallowed", "ALL: ALL")
            .set("service.pop.domainnotallowed", "ALL: DNSSPOOFER"),
    );
    std::fs::write(site.root().join("config/netgroup"), "netgroup1 (group.example,,)\n").unwrap();
    site.run();
    let greeting = |from: &str, service: &str| {
        let mut stream = connect_from("127.0.0.1", site.listener(service));
        stream.write_all(format!("PROXY TCP4 {from} 192.0.2.1 40000 143\r\n").as_bytes()).unwrap();
        line(&stream)
    };
    for (from, imap, pop) in [
        ("198.51.100.2", "* OK ", "+OK "),
        ("198.51.100.3", "* BYE ", "-ERR "),
        ("198.51.100.4", "* OK ", "+OK "),
        ("198.51.100.5", "* BYE ", "+OK "),
    ] {
        assert!(greeting(from, "imap").starts_with(imap), "{from}");
        assert!(greeting(from, "pop").starts_with(pop), "{from}");
    }
    logged(&site, "domainnotallowed filter 1 'ALL: DNSSPOOFER'");
    // The tool says the same, with the names that it found.
    let told = |words: &[&str]| site.tool(&[&["access", "test"], words].concat(), "");
    let admitted = told(&["imap", "198.51.100.2"]);
    assert_eq!(admitted.status.code(), Some(0));
    assert!(admitted.stdout.starts_with("imap from 198.51.100.2: admitted\n"), "{}", admitted.stdout);
    assert!(admitted.stdout.contains("name: 198.51.100.2 is pc.siroe.example"), "{}", admitted.stdout);
    let refused = told(&["pop", "198.51.100.3", "--json"]);
    assert_eq!(refused.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_str(&refused.stdout).unwrap();
    assert_eq!(report["admitted"], false);
    assert_eq!(report["connection"]["by"]["list"], "domainnotallowed");
    assert_eq!(report["connection"]["by"]["filter"], "ALL: DNSSPOOFER");
    assert_eq!(report["names"][0]["name"], "pc.siroe.example");
    assert_eq!(report["names"][0]["verified"], false);
}

#[test]
fn services_under_tls_are_asked_for_by_their_names() {
    let site = Site::make(SiteOptions::default().set("service.imap.domainnotallowed", "imaps: 192.0.2."));
    let code = |service: &str| site.tool(&["access", "test", service, "192.0.2.7"], "").status.code();
    let told: Vec<_> = ["imap", "imap4", "imaps", "pop", "pop3", "pops", "http", "https"].map(code).into();
    assert_eq!(told, [Some(0), Some(0), Some(1), Some(0), Some(0), Some(0), Some(0), Some(0)]);
    assert_eq!(code("gopher"), Some(2));
}
