//! Guide §5.6.1: to configure IMAP IDLE.

use suite::{Site, SiteOptions, Terminal};

/// The section's steps in its own words.
const STEPS: &[&str] = &[
    r#"cd msg-svr-base
./configutil -o local.store.notifyplugin.enshost -v "127.0.0.1""#,
    r#"cd msg-svr-base; ./configutil -o local.store.notifyplugin.enseventkey -v "enp://127.0.0.1/store/%M""#,
    r#"cd msg-svr-base; ./configutil -o local.store.notifyplugin -v "msg-svr-base/lib/libibiff""#,
    r#"cd msg-svr-base; ./configutil -o local.store.notifyplugin.noneinbox.enable -v 1"#,
];

/// A site as the old server was installed: nothing said about notifications.
fn fresh_site() -> (Site, Terminal) {
    let site = Site::make(SiteOptions::default());
    let terminal = Terminal::at(&site);
    for name in ["", ".enshost", ".enseventkey", ".noneinbox.enable"] {
        terminal.types(&format!("configutil -o local.store.notifyplugin{name} -d")).success();
    }
    (site, terminal)
}

fn offers_idle(site: &Site) -> bool {
    let mut imap = site.imap_as("alice");
    imap.command("CAPABILITY").untagged[0].text().split(' ').any(|word| word == "IDLE")
}

#[test]
fn the_steps_typed_one_after_another_end_with_idle_in_the_capability_line() {
    let (mut site, terminal) = fresh_site();
    site.run();
    assert!(!offers_idle(&site));
    assert!(site.imap_as("alice").attempt("IDLE").status.starts_with("BAD"));
    for step in STEPS {
        terminal.types(step).success();
    }
    assert!(!offers_idle(&site), "the last step is the restart");
    site.stop();
    site.run();
    assert!(offers_idle(&site));
    assert!(site.imap().greeting().contains(" IDLE "), "the greeting has it as the section's example does");
}

#[test]
fn leaving_any_step_out_ends_without_it() {
    for (left_out, missing) in STEPS.iter().enumerate() {
        let (mut site, terminal) = fresh_site();
        for (_, step) in STEPS.iter().enumerate().filter(|(at, _)| *at != left_out) {
            terminal.types(step).success();
        }
        site.run();
        assert!(!offers_idle(&site), "{missing}");
    }
}

#[test]
fn the_event_key_as_it_is_by_default_does_not_serve_idle() {
    let (_site, terminal) = fresh_site();
    assert_eq!(terminal.value("local.store.notifyplugin.enseventkey"), "enp://127.0.0.1/store");
}

#[test]
fn sites_that_were_just_made_have_idle() {
    assert!(offers_idle(&Site::new()));
}
