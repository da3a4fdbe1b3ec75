//! Guide §5.3: processes, connections, threads, idle times.

use suite::Terminal;

#[test]
fn the_defaults_are_the_guides() {
    let site = super::quiet_site();
    let terminal = Terminal::at(&site);
    for (service, sessions, idle) in [("imap", "4000", "30"), ("http", "6000", "3"), ("pop", "600", "10")] {
        for (option, value) in
            [("numprocesses", "1"), ("maxsessions", sessions), ("maxthreads", "250"), ("idletimeout", idle)]
        {
            assert_eq!(terminal.value(&format!("service.{service}.{option}")), value, "{service} {option}");
        }
    }
    // §5.3.5: two hours.
    assert_eq!(terminal.value("service.http.sessiontimeout"), "7200");
}

#[test]
fn idle_times_can_be_increased_but_not_made_less_than_the_defaults() {
    // §5.3.4.
    let site = super::quiet_site();
    let terminal = Terminal::at(&site);
    for (service, least) in [("pop", 10), ("imap", 30), ("http", 3)] {
        let name = format!("service.{service}.idletimeout");
        terminal.types(&format!("configutil -o {name} -v {}", least + 1)).success();
        let refused = terminal.types(&format!("configutil -o {name} -v {}", least - 1));
        assert_eq!(refused.status.code(), Some(1));
        assert!(refused.stderr.contains(&format!("from {least}")), "{}", refused.stderr);
        assert_eq!(terminal.value(&name), (least + 1).to_string());
    }
}
