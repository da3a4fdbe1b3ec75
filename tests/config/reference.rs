//! The committed manual pages and list of settings are what the program writes.

use std::{collections::BTreeMap, path::Path, process::Command};

use suite::process::{self, heliograph, repository, temporary};

fn files(folder: &Path) -> BTreeMap<String, String> {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(&path).unwrap_or_default())
        })
        .collect()
}

#[test]
fn manual_pages_and_the_list_of_settings_are_fresh() {
    let folder = temporary("reference");
    process::run(Command::new(heliograph()).arg("reference").arg(folder.path()), b"").success();
    let again = "run `cargo run -p heliograph -- reference` and commit what it wrote";
    let (made, kept) = (files(&folder.path().join("deploy/man")), files(&repository().join("deploy/man")));
    assert_eq!(made.keys().collect::<Vec<_>>(), kept.keys().collect::<Vec<_>>(), "{again}");
    for (name, text) in &made {
        assert!(kept[name] == *text, "deploy/man/{name} is stale: {again}");
    }
    let name = "docs/settings.md";
    let read = |root: &Path| std::fs::read_to_string(root.join(name)).unwrap();
    assert!(read(folder.path()) == read(&repository()), "{name} is stale: {again}");
}

#[test]
fn every_setting_and_every_old_name_has_its_page() {
    let man = repository().join("deploy/man");
    let settings = std::fs::read_to_string(man.join("heliograph-msg.conf.5")).unwrap();
    for key in config::keys::all() {
        let name = key.usage().replace('-', "\\-");
        assert!(settings.contains(&format!(".B {name}\n")), "{name}");
    }
    assert_eq!(
        std::fs::read_to_string(man.join("configutil.1")).unwrap(),
        ".so man1/heliograph-configutil.1\n",
        "the old name has the subcommand's page"
    );
    for (name, page) in files(&man).iter().filter(|(name, _)| name.ends_with(".1")) {
        assert!(page.contains(".SH DESCRIPTION") || page.starts_with(".so man1/"), "{name}");
    }
}

#[test]
fn a_synopsis_names_what_options_take() {
    let page = |name: &str| {
        std::fs::read_to_string(suite::process::repository().join(format!("deploy/man/heliograph-{name}.1"))).unwrap()
    };
    let synopsis = |name: &str| {
        page(name).split("\n.SH ").find_map(|part| Some(part.strip_prefix("SYNOPSIS\n")?.replace("\\-", "-"))).unwrap()
    };
    let configutil = synopsis("configutil");
    for part in
        ["[\\fB-o\\fR \\fINAME\\fR]", "[\\fB-v\\fR \\fIVALUE\\fR]", "[\\fB-i\\fR [\\fIFILE\\fR]]", "[\\fB-d\\fR]"]
    {
        assert!(configutil.contains(part), "{part}: {configutil}");
    }
    assert!(synopsis("user-set").contains("\\fIUID\\fR \\fICHANGE\\fR ..."), "{}", synopsis("user-set"));
    assert!(synopsis("user").contains("\\fICOMMAND\\fR"), "{}", synopsis("user"));
}
