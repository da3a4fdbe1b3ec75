//! The broker's protocol, spoken to `heliograph serve ens` over sockets (store/ens/PROTOCOL.md).

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
};

use suite::{Part, Site, SiteOptions, wait_for};

fn broker(settings: &[(&str, &str)]) -> (Site, Part) {
    let mut options = SiteOptions::default().users::<&str>(&[]);
    for (name, value) in settings {
        options = options.set(name, value);
    }
    let site = Site::make(options);
    let part = site.serve("ens");
    (site, part)
}

struct Client {
    reader: BufReader<TcpStream>,
}

impl Client {
    fn connect(address: SocketAddr) -> Self {
        let mut client = Self::raw(address);
        assert_eq!(client.line(), "ENS 1 heliograph");
        client
    }

    fn raw(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(suite::DEADLINE)).unwrap();
        Self { reader: BufReader::new(stream) }
    }

    fn says(&mut self, text: &str) {
        self.reader.get_mut().write_all(text.as_bytes()).unwrap();
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.reader.read_line(&mut line).unwrap();
        line.trim_end_matches("\r\n").to_owned()
    }

    fn payload(&mut self, length: usize) -> String {
        let mut bytes = vec![0; length];
        self.reader.read_exact(&mut bytes).unwrap();
        assert_eq!(self.line(), "");
        String::from_utf8(bytes).unwrap()
    }

    /// Everything that was said before has been dealt with.
    fn settle(&mut self) {
        self.says("PING x\r\n");
        assert_eq!(self.line(), "PONG");
    }

    fn is_hung_up_on(&mut self) {
        let mut rest = Vec::new();
        self.reader.read_to_end(&mut rest).unwrap();
        assert_eq!(String::from_utf8_lossy(&rest), "");
    }
}

#[test]
fn an_event_goes_to_those_who_want_it_and_not_back_to_its_publisher() {
    let (_site, part) = broker(&[]);
    let mut wants = Client::connect(part.listener("ens"));
    let mut other = Client::connect(part.listener("ens"));
    let mut publisher = Client::connect(part.listener("ens"));
    wants.says("SUB 7 enp://h/store/alice\r\nSUB 8 enp://h/store?evtType=NewMsg\r\n");
    assert_eq!(wants.line(), "+OK SUB 7");
    assert_eq!(wants.line(), "+OK SUB 8");
    other.says("SUB 1 enp://h/store/bob\r\n");
    assert_eq!(other.line(), "+OK SUB 1");
    publisher.says("SUB 1 enp://h/store\r\n");
    assert_eq!(publisher.line(), "+OK SUB 1");
    publisher.says("PUB enp://h/store/alice/Sent?evtType=NewMsg 5\r\na\r\nb!\r\n");
    publisher.settle();
    let mut numbers: Vec<String> = wants.line().split(' ').map(str::to_owned).collect();
    let mut ids: Vec<&str> = numbers[1].split(',').collect();
    ids.sort_unstable();
    assert_eq!(ids.join(","), "7,8");
    numbers.remove(1);
    assert_eq!(numbers, ["EVENT", "enp://h/store/alice/Sent?evtType=NewMsg", "5"]);
    assert_eq!(wants.payload(5), "a\r\nb!");
    // Nothing came to the others before this answer.
    other.settle();
}

#[test]
fn an_ended_subscription_gets_nothing_more() {
    let (_site, part) = broker(&[]);
    let mut wants = Client::connect(part.listener("ens"));
    wants.says("SUB 1 enp://h/a\r\nSUB 2 enp://h/b\r\nUNSUB 1\r\n");
    assert_eq!(wants.line(), "+OK SUB 1");
    assert_eq!(wants.line(), "+OK SUB 2");
    wants.settle();
    let mut publisher = Client::connect(part.listener("ens"));
    publisher.says("PUB enp://h/a 0\r\n\r\nPUB enp://h/b 0\r\n\r\n");
    publisher.settle();
    assert_eq!(wants.line(), "EVENT 2 enp://h/b 0");
}

#[test]
fn what_is_not_understood_is_answered_and_ends_only_its_own_connection() {
    let (_site, part) = broker(&[]);
    let mut good = Client::connect(part.listener("ens"));
    let long = format!("SUB 1 enp://h/{}\r\n", "x".repeat(20_000));
    for bad in [
        "HELLO\r\n",
        "SUB x enp://h/a\r\n",
        "SUB 1 http://h/a\r\n",
        "SUB 99999999999 enp://h/a\r\n",
        "PUB enp://h/a\r\n",
        "PUB enp://h/a 9999999999\r\n",
        "PUB enp://h/a 2\r\nabcd\r\n",
        "PUB enp://h/a -1\r\n",
        long.as_str(),
    ] {
        let mut client = Client::connect(part.listener("ens"));
        client.says(bad);
        let answer = client.line();
        assert!(answer.starts_with("-ERR "), "{}: {answer}", &bad[..bad.len().min(40)]);
        client.is_hung_up_on();
    }
    good.settle();
}

#[test]
fn the_access_list_is_obeyed_in_the_environments_form() {
    let (_site, part) = broker(&[
        ("local.ens.access", "-127.0.0.1|255.255.255.255;+10.0.0.0|255.0.0.0"),
        ("local.ens.listenaddr", "127.0.0.1"),
    ]);
    let mut client = Client::raw(part.listener("ens"));
    assert_eq!(client.line(), "-ERR this host may not connect");
    client.is_hung_up_on();
    wait_for("the log names the refusal", || part.log().contains("ENS_ACCESS refuses").then_some(()));
}

#[test]
fn a_client_that_does_not_read_is_told_that_events_are_missing_and_holds_up_nobody() {
    let (_site, part) = broker(&[]);
    let mut slow = Client::connect(part.listener("ens"));
    slow.says("SUB 1 enp://h/a\r\n");
    assert_eq!(slow.line(), "+OK SUB 1");
    let mut publisher = Client::connect(part.listener("ens"));
    let payload = "x".repeat(1_000_000);
    // More than sockets and the broker's queue hold together.
    for _ in 0..40 {
        publisher.says(&format!("PUB enp://h/a {}\r\n{payload}\r\n", payload.len()));
    }
    publisher.settle();
    slow.says("PING x\r\n");
    let (mut events, mut lost) = (0, 0);
    loop {
        match slow.line().as_str() {
            "LOST" => lost += 1,
            "EVENT 1 enp://h/a 1000000" => {
                slow.payload(1_000_000);
                events += 1;
            }
            line => {
                assert_eq!(line, "PONG");
                break;
            }
        }
    }
    assert!(lost > 0 && events < 40, "{events} events, {lost} times told of lost ones");
}

#[test]
fn a_connection_has_so_many_subscriptions_and_no_more() {
    let (_site, part) = broker(&[]);
    let mut client = Client::connect(part.listener("ens"));
    // One number is one subscription, however often it is given.
    for _ in 0..3 {
        client.says("SUB 1 enp://h/a\r\n");
        assert_eq!(client.line(), "+OK SUB 1");
    }
    let level = "x".repeat(3900);
    let mut last = String::new();
    for id in 1..20_000 {
        client.says(&format!("SUB {id} enp://h/{id}/{level}\r\n"));
        last = client.line();
        if !last.starts_with("+OK") {
            break;
        }
    }
    assert_eq!(last, "-ERR not understood: too many subscriptions");
    client.is_hung_up_on();
}
