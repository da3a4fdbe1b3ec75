//! Guide §5.5: configuring the POP service.

use std::io::{BufRead, BufReader, Write};

use suite::Terminal;

#[test]
fn every_command_line_of_the_section_is_obeyed() {
    let site = super::quiet_site();
    let terminal = Terminal::at(&site);
    terminal.types_each("configutil -o service.pop.enable -v [ yes | no ]", |choice| {
        assert_eq!(terminal.value("service.pop.enable"), choice);
    });
    for (line, placeholder, value) in [
        ("configutil -o service.pop.port -v number", "number", "1110"),
        ("configutil -o service.pop.maxsessions -v number", "number", "700"),
        ("configutil -o service.pop.idletimeout -v number", "number", "11"),
        ("configutil -o service.pop.maxthreads -v number", "number", "300"),
        ("configutil -o service.pop.numprocesses -v number", "number", "2"),
        ("configutil -o service.pop.banner -v banner", "banner", "%h POP service"),
    ] {
        let said = terminal.types_with(line, placeholder, value).success();
        assert_eq!(said.stdout, "OK SET\n", "{line}");
        let name = line.split(' ').nth(2).unwrap();
        assert_eq!(terminal.value(name), value, "{line}");
    }
    terminal.types("configutil -o service.pop.enablesslport -v 1\nconfigutil -o service.pop.sslport -v 995").success();
    assert_eq!(terminal.value("service.pop.enablesslport"), "yes");
    assert_eq!(terminal.value("service.pop.sslport"), "995");
}

#[test]
fn pop_over_ssl_has_its_port_and_tls_works_on_the_plain_one() {
    let mut site = super::quiet_site();
    Terminal::at(&site).types("configutil -o service.pop.enablesslport -v 1").success();
    site.run();
    assert!(site.has_listener("pops"));
    let mut pop = std::net::TcpStream::connect(site.listener("pop")).unwrap();
    pop.write_all(b"CAPA\r\nQUIT\r\n").unwrap();
    let lines: Vec<String> = BufReader::new(pop).lines().map_while(Result::ok).collect();
    assert!(lines.iter().any(|line| line == "STLS"), "{lines:?}");
    // The note: password-based login is automatically enabled.
    assert!(lines.iter().any(|line| line == "USER"), "{lines:?}");
}
