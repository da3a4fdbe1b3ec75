//! `msg.conf`: changes keep what people wrote, and a refused change changes nothing.

use config::{Http, Imap, Proxy, Settings};

fn site() -> (tempfile::TempDir, Settings) {
    let root = tempfile::tempdir().unwrap();
    let settings = Settings::load(root.path()).unwrap();
    (root, settings)
}

#[test]
fn a_change_keeps_comments_and_order_and_the_last_line_of_a_name_wins() {
    let (root, _) = site();
    let path = Settings::path_in(root.path());
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, "# ports\nservice.imap.port = 1143\n\nservice.pop.port = 1110\nSERVICE.IMAP.PORT = 2143\n")
        .unwrap();
    let mut settings = Settings::load(root.path()).unwrap();
    assert_eq!(settings.get("service.imap.port").unwrap(), "2143");
    settings.set(&[("service.pop.port", "3110")]).unwrap();
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        "# ports\nservice.imap.port = 1143\n\nservice.pop.port = 3110\nservice.imap.port = 2143\n"
    );
}

#[test]
fn one_refused_value_of_several_changes_nothing() {
    let (root, mut settings) = site();
    settings.set(&[("service.imap.port", "1143")]).unwrap();
    let before = std::fs::read(Settings::path_in(root.path())).unwrap();
    for bad in [("service.pop.port", "70000"), ("service.nothing", "1"), ("service.imap.enable", "perhaps")] {
        assert!(settings.set(&[("service.imap.port", "2143"), bad]).is_err(), "{bad:?}");
        assert_eq!(std::fs::read(Settings::path_in(root.path())).unwrap(), before);
        assert_eq!(settings.get("service.imap.port").unwrap(), "1143");
    }
}

#[test]
fn a_damaged_line_is_named_by_its_number() {
    let (root, _) = site();
    let path = Settings::path_in(root.path());
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, "# fine\nservice.imap.port = many\n").unwrap();
    let error = Settings::load(root.path()).unwrap_err().to_string();
    assert!(error.contains("msg.conf:2:") && error.contains("port is a number"), "{error}");
}

#[test]
fn booleans_are_stored_in_one_form_and_an_empty_value_means_the_default() {
    let (_root, mut settings) = site();
    for (typed, stored) in [("1", "yes"), ("on", "yes"), ("YES", "yes"), ("0", "no"), ("off", "no")] {
        settings.set(&[("service.imap.enablesslport", typed)]).unwrap();
        assert_eq!(settings.get("service.imap.enablesslport").unwrap(), stored);
    }
    settings.set(&[("service.imap.port", "1143")]).unwrap();
    settings.set(&[("service.imap.port", "")]).unwrap();
    assert_eq!(settings.get("service.imap.port").unwrap(), "143");
    assert_eq!(Imap::read(&settings).service.listen.port, Some(143));
}

#[test]
fn a_value_cannot_bring_a_line_of_its_own() {
    let (_root, mut settings) = site();
    for bad in ["x\nstore.admins = mallory", "x\r", "a\0b"] {
        assert!(settings.set(&[("service.imap.banner", bad)]).is_err());
    }
}

#[test]
fn quotes_and_blanks_in_a_value_survive_being_written_and_read() {
    let (root, mut settings) = site();
    for value in ["\"quoted\"", "a = b # c", "%h %p service", "\"half"] {
        settings.set(&[("service.imap.banner", value)]).unwrap();
        assert_eq!(Settings::load(root.path()).unwrap().get("service.imap.banner").unwrap(), value);
    }
}

#[test]
fn two_writers_at_once_lose_nothing() {
    let (root, _) = site();
    let names = ["service.imap.port", "service.pop.port", "service.http.port", "service.lmtp.port"];
    std::thread::scope(|scope| {
        for name in names {
            let root = root.path();
            scope.spawn(move || {
                for port in 2000..2025 {
                    Settings::load(root).unwrap().set(&[(name, &port.to_string())]).unwrap();
                }
            });
        }
    });
    let settings = Settings::load(root.path()).unwrap();
    for name in names {
        assert_eq!(settings.get(name).unwrap(), "2024", "{name}");
    }
}

#[test]
fn the_file_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let (root, mut settings) = site();
    settings.set(&[("local.service.proxy.adminpass", "secret")]).unwrap();
    let mode = std::fs::metadata(Settings::path_in(root.path())).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn proxy_settings_of_one_host_win_over_those_of_the_site() {
    let (_root, mut settings) = site();
    settings
        .set(&[
            ("local.hostname", "front.example.com"),
            ("local.service.proxy.admin", "everywhere"),
            ("local.service.proxy.admin.Store1.example.com", "only-there"),
            ("local.service.proxy.imapport.store1.example.com", "2143"),
        ])
        .unwrap();
    let proxy = Proxy::read(&settings);
    let one = proxy.back_end(Some("store1.EXAMPLE.com"));
    assert_eq!((one.admin.as_deref(), one.port), (Some("only-there"), 2143));
    let other = proxy.back_end(Some("store2.example.com"));
    assert_eq!((other.admin.as_deref(), other.port), (Some("everywhere"), 143));
    assert_eq!(proxy.back_end(None).host, "front.example.com");
    assert_eq!(one.missing(), ["local.service.proxy.adminpass (or local.service.proxy.adminpass.store1.example.com)"]);
}

#[test]
fn a_relative_spool_folder_starts_at_the_site() {
    let (root, mut settings) = site();
    assert_eq!(Http::read(&settings).spool_dir, root.path().join("spool"));
    settings.set(&[("service.http.spooldir", "/srv/spool")]).unwrap();
    assert_eq!(Http::read(&settings).spool_dir, std::path::Path::new("/srv/spool"));
}

#[test]
fn a_link_stays_a_link_and_what_it_leads_to_is_changed() {
    let root = tempfile::tempdir().unwrap();
    let path = Settings::path_in(root.path());
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let real = root.path().join("kept-elsewhere.conf");
    std::fs::write(&real, "service.imap.port = 1143\n").unwrap();
    std::os::unix::fs::symlink(&real, &path).unwrap();
    Settings::load(root.path()).unwrap().set(&[("service.imap.port", "2143")]).unwrap();
    assert!(path.symlink_metadata().unwrap().is_symlink());
    assert_eq!(std::fs::read_to_string(&real).unwrap(), "service.imap.port = 2143\n");
}

#[test]
fn the_webmail_finds_its_own_hosts_imap_service_where_it_listens() {
    let (_root, mut settings) = site();
    settings
        .set(&[
            ("local.hostname", "mail.example.com"),
            ("service.imap.port", "1143"),
            ("service.listenaddr", "0.0.0.0"),
        ])
        .unwrap();
    let own = Proxy::read(&settings).back_end(None);
    assert_eq!((own.port, own.address), (1143, Some([127, 0, 0, 1].into())));
    let other = Proxy::read(&settings).back_end(Some("store2.example.com"));
    assert_eq!((other.port, other.address), (143, None));
    settings.set(&[("local.service.proxy.imapport", "2143")]).unwrap();
    let told = Proxy::read(&settings).back_end(None);
    assert_eq!((told.port, told.address), (2143, None), "somebody else may listen there");
}
