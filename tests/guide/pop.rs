//! Guide §5.5: configuring the POP service.

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
