//! `configutil` as it is typed (Reference §1.1; Guide §5.5 to §5.7).

use suite::{Site, SiteOptions, process};

fn site() -> Site {
    Site::make(SiteOptions::default().users::<&str>(&[]))
}

#[test]
fn a_setting_is_set_shown_and_reset() {
    let site = site();
    assert_eq!(site.tool(&["configutil", "-o", "service.imap.maxsessions"], "").success().stdout, "4000\n");
    assert_eq!(
        site.tool(&["configutil", "-o", "service.imap.maxsessions", "-v", "500"], "").success().stdout,
        "OK SET\n"
    );
    assert_eq!(site.tool(&["configutil", "-o", "SERVICE.imap.MaxSessions"], "").success().stdout, "500\n");
    site.tool(&["configutil", "-o", "service.imap.maxsessions", "-d"], "").success();
    assert_eq!(site.tool(&["configutil", "-o", "service.imap.maxsessions"], "").success().stdout, "4000\n");
}

#[test]
fn a_refusal_says_why_and_changes_nothing() {
    let site = site();
    let before = std::fs::read(config::Settings::path_in(site.root())).unwrap();
    for (name, value, reason) in [
        ("service.imap.prot", "143", "did you mean 'service.imap.port'?"),
        ("service.imap.port", "0", "1 to 65535"),
        ("service.imap.port", "65536", "1 to 65535"),
        ("service.imap.idletimeout", "29", "from 30"),
        ("service.imap.enable", "maybe", "give yes or no"),
        ("service.http.smtphost", "not a host", "host name"),
    ] {
        let output = site.tool(&["configutil", "-o", name, "-v", value], "");
        assert_eq!(output.status.code(), Some(1), "{name} = {value}");
        assert!(output.stderr.contains(reason), "{name} = {value}: {}", output.stderr);
        assert_eq!(output.stdout, "");
    }
    assert_eq!(std::fs::read(config::Settings::path_in(site.root())).unwrap(), before);
}

#[test]
fn the_list_quotes_blanks_marks_refreshable_ones_and_hides_secrets() {
    let site = site();
    let list = site.tool(&["configutil", "-m"], "").success().stdout;
    assert!(list.contains("service.imap.banner = \"%h %p service (%P %V)\" [REFRESHABLE]\n"), "{list}");
    assert!(list.contains("service.imap.port = 143 [NOT REFRESHABLE]\n"));
    assert!(list.contains("local.service.proxy.adminpass = ********"));
    let secret = site.tool(&["configutil", "-o", "local.service.proxy.adminpass"], "").success().stdout;
    assert!(secret.trim().len() >= 16, "init generates a password");
    assert!(!list.contains(secret.trim()));
}

#[test]
fn a_prefix_lists_its_family_only() {
    let site = site();
    let list = site.tool(&["configutil", "-p", "service.http."], "").success().stdout;
    assert!(list.lines().count() > 10);
    assert!(list.lines().all(|line| line.starts_with("service.http.")), "{list}");
    assert_eq!(site.tool(&["configutil", "-p", "nothing.like.this"], "").status.code(), Some(1));
}

#[test]
fn a_file_is_taken_whole_or_not_at_all() {
    let site = site();
    let file = site.root().join("new-settings");
    std::fs::write(&file, "service.imap.port=2143\n# a remark\nservice.imap.banner = \"hello there\"\n").unwrap();
    site.tool(&["configutil", "-i", file.to_str().unwrap()], "").success();
    assert_eq!(site.tool(&["configutil", "-o", "service.imap.banner"], "").success().stdout, "hello there\n");
    std::fs::write(&file, "service.imap.port=3143\nservice.pop.port=none\n").unwrap();
    assert_eq!(site.tool(&["configutil", "-i", file.to_str().unwrap()], "").status.code(), Some(1));
    assert_eq!(site.tool(&["configutil", "-o", "service.imap.port"], "").success().stdout, "2143\n");
}

#[test]
fn help_for_a_setting_says_its_meaning_bounds_default_and_source() {
    let site = site();
    let help = site.tool(&["configutil", "-H", "-o", "service.http.maxmessagesize"], "").success().stdout;
    for part in ["Largest message", "1024 or more bytes", "default: 5242880", "refresh", "Guide §5.7.1"] {
        assert!(help.contains(part), "{part}: {help}");
    }
}

#[test]
fn a_link_with_the_old_name_behaves_as_the_tool_and_wrong_use_exits_with_2() {
    let site = site();
    let link = site.root().join("configutil");
    std::os::unix::fs::symlink(process::heliograph(), &link).unwrap();
    let run = |words: &[&str]| {
        process::run(std::process::Command::new(&link).args(words).arg("--root").arg(site.root()), b"")
    };
    assert_eq!(run(&["-o", "service.pop.port"]).success().stdout, "110\n");
    assert_eq!(run(&["-v", "5"]).status.code(), Some(2));
    assert_eq!(run(&["--no-such-option"]).status.code(), Some(2));
}

#[test]
fn a_refresh_brings_a_changed_setting_to_new_connections() {
    let mut site = Site::start(SiteOptions::default().users(&["alice"]));
    site.tool(&["configutil", "-o", "service.imap.banner", "-v", "Refreshed greeting"], "").success();
    site.server().signal(nix::sys::signal::Signal::SIGHUP);
    let root = site.root().to_owned();
    // Each look is a new connection; a refresh is not answered, so it is seen when it is there.
    suite::wait_for("the new greeting", || site.imap().greeting().contains("Refreshed greeting").then_some(()));
    // A damaged file changes nothing and ends nothing.
    let file = config::Settings::path_in(&root);
    let good = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{good}this is no setting\n")).unwrap();
    site.server().signal(nix::sys::signal::Signal::SIGHUP);
    suite::wait_for("the refusal in the log", || site.log().contains("settings kept as they were").then_some(()));
    assert!(site.imap().greeting().contains("Refreshed greeting"));
}

#[test]
fn another_settings_file_must_exist_and_a_cookie_name_must_be_one() {
    let site = site();
    let missing = site.root().join("no-such-folder/msg.conf");
    let output =
        site.tool(&["configutil", "-f", missing.to_str().unwrap(), "-o", "service.imap.port", "-v", "1143"], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(!missing.exists());
    for bad in ["a;b", "a b", "ä"] {
        let output = site.tool(&["configutil", "-o", "local.service.http.cookiename", "-v", bad], "");
        assert_eq!(output.status.code(), Some(1), "{bad}");
    }
}

#[test]
fn attributes_cannot_forge_lines_of_the_tools() {
    let site = site();
    let name = "cn=Eve\nuserPassword: forged";
    site.tool(&["user", "add", "eve", name, "--password-stdin"], "a-password\n").success();
    let shown = site.tool(&["user", "show", "eve"], "").success().stdout;
    assert!(!shown.lines().any(|line| line.starts_with("userPassword")), "{shown}");
    let listed = site.tool(&["user", "list"], "").success().stdout;
    assert_eq!(listed.lines().filter(|line| line.contains("Eve") || line.contains("forged")).count(), 1, "{listed}");
}

#[test]
fn an_error_says_its_cause_once() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let site = site();
    let output = site.tool(&["run", "--port", "all=0", "--port", &format!("imap={port}")], "");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stderr.matches("Address already in use").count(), 1, "{}", output.stderr);
    assert!(output.stderr.contains("service.imap.port"), "{}", output.stderr);
}

#[test]
fn deliver_takes_the_null_sender() {
    let site = Site::make(SiteOptions::default().users(&["alice"]));
    site.tool(&["deliver", "-f", "<>", "alice"], "Subject: bounce\n\nbody\n").success();
    site.tool(&["deliver", "-f", "a@b.example>", "alice"], "Subject: x\n\n")
        .status
        .code()
        .filter(|code| *code == 1)
        .unwrap();
}

#[test]
fn a_language_has_a_value_of_its_own_and_leaves_the_plain_one_alone() {
    let site = site();
    let set = |name: &str, value: &str| site.tool(&["configutil", "-o", name, "-v", value], "").success();
    set("store.quotaexceededmsg", "Subject: Full$$Tidy up.");
    set("STORE.quotaExceededMsg;lang-FR", "Subject: Plein$$Rangez.");
    set("store.quotaexceededmsg;de", "Subject: Voll$$Bitte.");
    let get = |name: &str| site.tool(&["configutil", "-o", name], "").success().stdout;
    assert_eq!(get("store.quotaexceededmsg"), "Subject: Full$$Tidy up.\n");
    assert_eq!(get("store.quotaexceededmsg;lang-fr"), "Subject: Plein$$Rangez.\n");
    let list = site.tool(&["configutil", "-p", "store.quotaex"], "").success().stdout;
    assert!(list.contains("store.quotaexceededmsg;lang-de = \"Subject: Voll$$Bitte.\"\n"), "{list}");
    let values = list.lines().filter(|line| {
        ["store.quotaexceededmsg ", "store.quotaexceededmsg;"].iter().any(|start| line.starts_with(start))
    });
    assert_eq!(values.count(), 3, "{list}");
    site.tool(&["configutil", "-o", "store.quotaexceededmsg;lang-fr", "-d"], "").success();
    assert_eq!(get("store.quotaexceededmsg;lang-fr"), "\n");
    assert_eq!(get("store.quotaexceededmsg"), "Subject: Full$$Tidy up.\n");
    let settings = config::Settings::load(site.root()).unwrap();
    let languages = settings.in_languages(config::keys::find("store.quotaexceededmsg").unwrap());
    assert_eq!(languages.into_keys().collect::<Vec<_>>(), ["de"]);
    for bad in ["service.imap.port;lang-fr", "store.quotaexceededmsg;", "store.quotaexceededmsg;lang-", "x;lang-fr"] {
        assert_eq!(site.tool(&["configutil", "-o", bad, "-v", "1"], "").status.code(), Some(1), "{bad}");
    }
}

#[test]
fn patterns_choose_by_prefix_or_by_the_whole_name() {
    let site = site();
    let names = |pattern: &str| {
        let list = site.tool(&["configutil", "-p", pattern], "").success().stdout;
        list.lines().map(|line| line.split(' ').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("*.sslport"), ["service.http.sslport", "service.imap.sslport", "service.pop.sslport"]);
    assert_eq!(names("SERVICE.????.maxthreads").len(), 3);
    assert_eq!(names("service.imap.maxs"), ["service.imap.maxsessions"]);
    assert_eq!(site.tool(&["configutil", "-p", "*nothing*"], "").status.code(), Some(1));
}

#[test]
fn lists_leave_out_what_is_empty_and_what_is_as_delivered_unless_asked() {
    let site = site();
    let list = |words: &[&str]| site.tool(&[&["configutil"], words].concat(), "").success().stdout;
    let all = list(&[]);
    assert!(all.contains("service.imap.port = 143\n") && !all.contains("proxy.cafile"), "{all}");
    assert!(!all.contains("local.mmp.enable"));
    let empty = list(&["-e"]);
    assert!(empty.contains("local.service.proxy.cafile = \n") && empty.contains("local.mmp.enable = no\n"));
    let local = list(&["-l"]);
    assert!(local.contains("local.hostname = localhost\n") && !local.contains("service.imap.port"));
    assert!(local.lines().count() < all.lines().count());
    // The old form of setting, with -l in front.
    list(&["-l", "-o", "service.imap.port", "-v", "1143"]);
    assert!(list(&["-l"]).contains("service.imap.port = 1143\n"));
}

#[test]
fn settings_come_from_standard_input_and_every_mistake_is_told_with_its_line() {
    let site = site();
    site.tool(&["configutil", "-i"], "service.imap.port=2143\nservice.pop.port = 2110\n").success();
    site.tool(&["configutil", "-i", "-"], "service.http.maxmessagesize = 20m\n").success();
    assert_eq!(site.tool(&["configutil", "-o", "service.http.maxmessagesize"], "").success().stdout, "20971520\n");
    let refused = site.tool(
        &["configutil", "-i"],
        "service.imap.port=3143\nno setting\n\nservice.pop.prot = 1\nservice.pop.port=x\n",
    );
    assert_eq!(refused.status.code(), Some(1));
    for part in ["standard input:2: ", "standard input:4: ", "did you mean 'service.pop.port'?", "standard input:5: "] {
        assert!(refused.stderr.contains(part), "{part}: {}", refused.stderr);
    }
    assert_eq!(site.tool(&["configutil", "-o", "service.imap.port"], "").success().stdout, "2143\n");
}

#[test]
fn json_has_every_setting_as_an_object_without_secrets() {
    let site = site();
    let one = site.tool(&["configutil", "--json", "-o", "service.imap.maxsessions"], "").success().stdout;
    let one: serde_json::Value = serde_json::from_str(&one).unwrap();
    assert_eq!(
        (&one["name"], &one["value"], &one["default"], &one["set"], &one["refreshable"]),
        (&"service.imap.maxsessions".into(), &"4000".into(), &"4000".into(), &false.into(), &false.into())
    );
    let all = site.tool(&["configutil", "--json"], "").success().stdout;
    let all: serde_json::Value = serde_json::from_str(&all).unwrap();
    let secret = all.as_array().unwrap().iter().find(|one| one["secret"] == true).unwrap();
    assert_eq!(secret["value"], "********");
}

#[test]
fn an_option_without_effect_is_taken_with_the_reason() {
    let site = site();
    let output = site.tool(&["configutil", "-o", "local.imap.sslnicknames", "-v", "Server-Cert"], "").success();
    assert_eq!(output.stdout, "OK SET\n");
    assert!(output.stderr.contains("warning: local.imap.sslnicknames has no effect"), "{}", output.stderr);
    assert!(output.stderr.contains("service.tls.certfile"), "{}", output.stderr);
    let quiet = site.tool(&["configutil", "-o", "local.mmp.enable", "-v", "no"], "").success();
    assert_eq!(quiet.stderr, "", "as delivered, there is nothing to warn of");
}

#[test]
fn configutils_that_run_at_once_lose_nothing() {
    let site = site();
    let names: Vec<String> = (0..12).map(|n| format!("local.service.proxy.imapport.store{n}.example.com")).collect();
    std::thread::scope(|scope| {
        for name in &names {
            scope.spawn(|| site.tool(&["configutil", "-o", name, "-v", "1143"], "").success());
        }
    });
    let list = site.tool(&["configutil", "-l"], "").success().stdout;
    for name in &names {
        assert!(list.contains(&format!("{name} = 1143\n")), "{name}: {list}");
    }
}

#[test]
fn a_name_that_is_only_the_end_of_one_is_answered_with_the_whole() {
    let site = site();
    for (typed, meant) in
        [("imap.maxsessions", "service.imap.maxsessions"), ("proxy.adminpass", "local.service.proxy.adminpass")]
    {
        let refused = site.tool(&["configutil", "-o", typed], "");
        assert_eq!(refused.status.code(), Some(1));
        assert!(refused.stderr.contains(&format!("did you mean '{meant}'?")), "{}", refused.stderr);
    }
}

#[test]
fn a_search_filter_that_nobody_could_be_found_by_is_refused() {
    let site = Site::make(SiteOptions::default().users::<&str>(&[]));
    for (bad, why) in [("(uid=%U", "searchfilter"), ("uid=%U))", "searchfilter"), ("(uid=%Q)", "%U, %V, %o and %%")] {
        let refused = site.tool(&["configutil", "-o", "sasl.default.ldap.searchfilter", "-v", bad], "");
        assert_eq!(refused.status.code(), Some(1), "{bad}");
        assert!(refused.stderr.contains(why), "{}", refused.stderr);
        let line = format!("sasl.default.ldap.searchfilter = \"{bad}\"\n");
        let refused = site.tool(&["configutil", "-i"], &line);
        assert_eq!(refused.status.code(), Some(1), "{bad}");
        assert!(
            site.tool(&["configutil", "-o", "sasl.default.ldap.searchfilter"], "").success().stdout.trim().is_empty()
        );
    }
    let good = "(&(objectclass=inetOrgPerson)(|(uid=%U)(telephoneNumber=%o)))";
    site.tool(&["configutil", "-o", "sasl.default.ldap.searchfilter", "-v", good], "").success();
}

/// A site whose settings file has these lines at its end, and the file's text before them.
fn with_lines(lines: &[u8]) -> (Site, Vec<u8>) {
    let site = site();
    let file = config::Settings::path_in(site.root());
    let before = std::fs::read(&file).unwrap();
    std::fs::write(&file, [&before[..], lines].concat()).unwrap();
    (site, before)
}

#[test]
fn a_bad_line_is_removed_or_replaced_by_its_name_and_nothing_else_is_changed_meanwhile() {
    let bad =
        b"# mine\nservice.imap.port = many\nservice.imap.banner = caf\xe9\nwhat is this\nservice.pop.port = 1110\n";
    let (site, before) = with_lines(bad);
    let file = config::Settings::path_in(site.root());
    let first = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let file_has = |lines: &[u8]| {
        assert_eq!(
            String::from_utf8_lossy(&std::fs::read(&file).unwrap()),
            String::from_utf8_lossy(&[&before[..], lines].concat())
        )
    };
    // What does not rid the file of a bad line is refused, with what is wrong and what to type.
    for arguments in [
        &["-o", "service.pop.port", "-v", "2110"][..],
        &["-o", "service.pop.port", "-d"],
        &["-o", "service.imap.port", "-v", "more"],
        &["-o", "service.imap.port"],
        &["-l"],
    ] {
        let output = site.tool(&[&["configutil"][..], arguments].concat(), "");
        assert_eq!((output.status.code(), output.stdout.as_str()), (Some(1), ""), "{arguments:?}");
        let why = if arguments.contains(&"more") { "'more' is refused" } else { &*format!("msg.conf:{}: ", first + 1) };
        assert!(output.stderr.contains(why), "{arguments:?}: {}", output.stderr);
        file_has(bad);
    }
    let told = site.tool(&["configutil", "-V"], "");
    for (line, reason) in [(1, "a port is a number"), (2, "not UTF-8"), (3, "expected a line of the form")] {
        let all = format!("msg.conf:{}: ", first + line);
        assert!(told.stdout.lines().any(|said| said.contains(&all) && said.contains(reason)), "{}", told.stdout);
    }
    // One by one, by the name or by the whole line; what is still bad is told.
    let output = site.tool(&["configutil", "-o", "Service.IMAP.port", "-v", "1143"], "").success();
    assert_eq!(output.stdout, "OK SET\n");
    assert!(
        output.stderr.contains(&format!("replaced line {}: service.imap.port: 'many'", first + 1)),
        "{}",
        output.stderr
    );
    assert!(
        output.stderr.contains(&format!("msg.conf:{} is still refused: not UTF-8", first + 2)),
        "{}",
        output.stderr
    );
    file_has(
        b"# mine\nservice.imap.port = 1143\nservice.imap.banner = caf\xe9\nwhat is this\nservice.pop.port = 1110\n",
    );
    let output = site.tool(&["configutil", "-o", "what is this", "-d"], "").success();
    assert_eq!(output.stdout, "OK DELETED\n");
    assert!(output.stderr.contains("removed line"), "{}", output.stderr);
    file_has(b"# mine\nservice.imap.port = 1143\nservice.imap.banner = caf\xe9\nservice.pop.port = 1110\n");
    let output = site.tool(&["configutil", "-i"], "service.imap.banner = hello\nservice.pop.port = 2110\n").success();
    assert!(!output.stderr.contains("still"), "{}", output.stderr);
    assert_eq!(site.tool(&["configutil", "-o", "service.imap.banner"], "").success().stdout, "hello\n");
    assert_eq!(site.tool(&["configutil", "-o", "service.pop.port"], "").success().stdout, "2110\n");
    site.tool(&["configutil", "-V"], "").success();
}

#[test]
fn a_line_with_an_unknown_name_is_removed_by_that_name() {
    let (site, before) = with_lines(b"service.imap.prot = 1143\nservice.imap.port = 1\nservice.imap.port = x\n");
    assert_eq!(site.tool(&["configutil", "-o", "service.imap.prot", "-v", "5"], "").status.code(), Some(1));
    site.tool(&["configutil", "-o", "service.imap.prot", "-d"], "").success();
    // Deleting takes the sound line of the name too: its default holds again.
    site.tool(&["configutil", "-o", "service.imap.port", "-d"], "").success();
    assert_eq!(std::fs::read(config::Settings::path_in(site.root())).unwrap(), before);
}

#[test]
fn a_listing_can_be_taken_back_and_leaves_hidden_secrets_as_they_are() {
    let site = site();
    let file = config::Settings::path_in(site.root());
    let secret = site.tool(&["configutil", "-o", "local.service.proxy.adminpass"], "").success().stdout;
    let listing = site.tool(&["configutil", "-l"], "").success().stdout;
    assert!(listing.contains("local.service.proxy.adminpass = ********\n"), "{listing}");
    let before = std::fs::read(&file).unwrap();
    let output = site.tool(&["configutil", "-i"], &listing).success();
    assert!(
        output.stderr.contains("the value of local.service.proxy.adminpass is hidden in listings: left as it is"),
        "{}",
        output.stderr
    );
    assert_eq!(std::fs::read(&file).unwrap(), before);
    assert_eq!(site.tool(&["configutil", "-o", "local.service.proxy.adminpass"], "").success().stdout, secret);
    // One mistake is one line.
    let refused = site.tool(&["configutil", "-i"], "service.imap.port = x\n");
    assert!(refused.stderr.contains("1 line refused; nothing is changed"), "{}", refused.stderr);
}

#[test]
fn a_value_that_is_far_too_long_is_refused_by_its_size() {
    let site = site();
    let long = format!("service.imap.banner = {}\n", "x".repeat(5_000_000));
    let output = site.tool(&["configutil", "-i"], &long);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stderr.contains("it has 5000000 octets, at most 400 are allowed"), "{:.500}", output.stderr);
    assert!(output.stderr.len() < 1000, "the value itself is not repeated");
    site.tool(&["configutil", "-o", "service.imap.banner", "-v", &"%V".repeat(200)], "").success();
    site.tool(&["configutil", "-o", "service.pop.banner", "-v", &"%V".repeat(200)], "").success();
    let mut site = site;
    site.run();
    for listener in ["imap", "pop"] {
        let mut line = String::new();
        let stream = std::net::TcpStream::connect(site.listener(listener)).unwrap();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(stream), &mut line).unwrap();
        let text = line.split_once("] ").map_or(&*line, |(_, text)| text);
        assert!((400..=512).contains(&text.len()), "{}: {line}", text.len());
    }
}

#[test]
fn marks_are_printed_for_a_single_setting_and_with_its_explanation_too() {
    let site = site();
    let said = |arguments: &[&str]| site.tool(&[&["configutil"][..], arguments].concat(), "").success().stdout;
    assert_eq!(said(&["-m", "-o", "service.imap.port"]), "service.imap.port = 143 [NOT REFRESHABLE]\n");
    assert_eq!(said(&["-o", "service.imap.maxsessions", "-m"]), "service.imap.maxsessions = 4000 [NOT REFRESHABLE]\n");
    assert!(said(&["-H", "-m", "-o", "service.imap.banner"]).starts_with("service.imap.banner [REFRESHABLE]\n"));
    assert!(said(&["-H", "-m", "-p", "service.pop."]).contains("service.pop.port [NOT REFRESHABLE]\n"));
    let object: serde_json::Value = serde_json::from_str(&said(&["-H", "--json", "-o", "service.imap.port"])).unwrap();
    assert_eq!((&object["default"], object["help"].is_string()), (&"143".into(), true));
    for wrong in [["-o", "service.imap.port", "-v", "1", "-m"], ["-o", "service.imap.port", "-v", "1", "-H"]] {
        assert_eq!(site.tool(&[&["configutil"][..], &wrong].concat(), "").status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn an_idle_time_that_is_too_short_is_refused_with_the_reason() {
    let site = site();
    for (service, minutes, reason) in [
        ("pop", "9", "from 10 to 10080: POP clients may be idle for 10 minutes at least (RFC 1939 §3"),
        ("imap", "29", "from 30 to 10080: IMAP clients may be idle for 30 minutes at least (RFC 3501 §5.4"),
        ("http", "2", "from 3 to 10080: an HTTP connection may be idle for 3 minutes at least (Guide §5.3.4)"),
    ] {
        let option = format!("service.{service}.idletimeout");
        let output = site.tool(&["configutil", "-o", &option, "-v", minutes], "");
        assert_eq!(output.status.code(), Some(1));
        assert!(output.stderr.contains(reason), "{}", output.stderr);
    }
}
