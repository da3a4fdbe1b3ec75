//! Guide §5.7: configuring the HTTP service.

use suite::Terminal;

#[test]
fn every_command_line_of_the_section_is_obeyed() {
    let site = super::quiet_site();
    let terminal = Terminal::at(&site);
    for name in ["service.http.enable", "service.http.enablesslport"] {
        terminal.types_each(&format!("configutil -o {name} -v [ yes | no ]"), |choice| {
            assert_eq!(terminal.value(name), choice);
        });
    }
    for (line, placeholder, value) in [
        ("configutil -o service.http.port -v number", "number", "8080"),
        ("configutil -o service.http.sslport -v number", "number", "8443"),
        ("configutil -o service.http.plaintextmincipher -v value", "value", "1"),
        ("configutil -o service.http.maxsessions -v number", "number", "7000"),
        ("configutil -o service.http.idletimeout -v number", "number", "4"),
        ("configutil -o service.http.sessiontimeout -v number", "number", "3600"),
        ("configutil -o service.http.maxthreads -v number", "number", "300"),
        ("configutil -o service.http.numprocesses -v number", "number", "2"),
        ("configutil -o service.http.spooldir -v dirpath", "dirpath", "/var/spool/heliograph"),
        ("configutil -o service.http.maxmessagesize -v size", "size", "10485760"),
        ("configutil -o service.http.smtphost -v hostname", "hostname", "mta.example.test"),
        ("configutil -o service.http.smtpport -v portnum", "portnum", "587"),
    ] {
        let said = terminal.types_with(line, placeholder, value).success();
        assert_eq!(said.stdout, "OK SET\n", "{line}");
        let name = line.split(' ').nth(2).unwrap();
        assert_eq!(terminal.value(name), value, "{line}");
    }
}
