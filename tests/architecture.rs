//! The invariants of ARCHITECTURE.md that can be read off the tree.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use suite::process::repository;

/// Every file below `folder` with one of `endings`, as (path from the repository, text).
fn files(folder: &str, endings: &[&str]) -> Vec<(PathBuf, String)> {
    let root = repository();
    let mut found = Vec::new();
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if !matches!(name.as_str(), "target" | "node_modules" | "var") && !name.starts_with('.') {
                    folders.push(path);
                }
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path.strip_prefix(&root).unwrap().to_owned(), text));
            }
        }
    }
    assert!(!found.is_empty(), "{folder} has no {endings:?}");
    found
}

fn sources() -> Vec<(PathBuf, String)> {
    ["core", "store", "gateway", "cli"].iter().flat_map(|wing| files(wing, &[".rs"])).collect()
}

fn below(path: &Path, folder: &str) -> bool {
    path.starts_with(folder)
}

/// Lines of code, without comments.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim_start).filter(|line| !line.starts_with("//"))
}

#[test]
fn gateway_and_store_never_see_each_other() {
    let crates_of = |wing: &str| -> Vec<String> {
        fs::read_dir(repository().join(wing))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.join("Cargo.toml").exists())
            .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
            .collect()
    };
    let wings: BTreeMap<&str, Vec<String>> = ["core", "store", "gateway"].map(|wing| (wing, crates_of(wing))).into();
    for (wing, forbidden) in
        [("core", ["store", "gateway"]), ("store", ["gateway", "cli"]), ("gateway", ["store", "cli"])]
    {
        for name in &wings[wing] {
            let manifest = fs::read_to_string(repository().join(wing).join(name).join("Cargo.toml")).unwrap();
            for other in forbidden {
                for used in wings.get(other).into_iter().flatten() {
                    assert!(
                        !manifest
                            .lines()
                            .any(|line| line.starts_with(&format!("{used}.")) || line.starts_with(&format!("{used} "))),
                        "{wing}/{name} depends on {other}/{used}"
                    );
                }
            }
        }
    }
}

#[test]
fn big_dependencies_are_named_by_one_crate() {
    for (dependency, owners) in [
        // The gateway's sessions are no mail: they never meet the store.
        ("rusqlite", &["store/mailstore", "gateway/sessions"][..]),
        ("async_imap", &["gateway/backends"]),
        ("lettre", &["gateway/submission"]),
        ("rustls", &["core/tls"]),
        ("ldap3", &["core/directory"]),
    ] {
        for (path, text) in sources() {
            let named = code(&text).any(|line| line.contains(&format!("{dependency}::")));
            assert!(!named || owners.iter().any(|owner| below(&path, owner)), "{} names {dependency}", path.display());
        }
    }
}

#[test]
fn the_store_and_the_grammars_do_no_network_and_know_no_runtime() {
    for folder in ["store/mailstore/src", "store/imap-wire/src", "core/message/src"] {
        for (path, text) in files(folder, &[".rs"]) {
            for word in ["tokio", "std::net"] {
                assert!(!code(&text).any(|line| line.contains(word)), "{} names {word}", path.display());
            }
        }
    }
    for folder in ["store/imap-wire/src", "core/message/src"] {
        for (path, text) in files(folder, &[".rs"]) {
            assert!(!code(&text).any(|line| line.contains("std::fs")), "{} touches files", path.display());
        }
    }
}

#[test]
fn sql_stays_in_the_engine() {
    for (path, text) in files("store/mailstore/src", &[".rs"]) {
        let names = code(&text).any(|line| line.contains("rusqlite::"));
        let allowed = below(&path, "store/mailstore/src/engine")
            || path.ends_with("mailstore/src/engine.rs")
            || path.ends_with("mailstore/src/error.rs");
        assert!(!names || allowed, "{} names rusqlite", path.display());
    }
}

#[test]
fn only_config_reads_the_environment() {
    for (path, text) in sources() {
        if below(&path, "core/config") || path.ends_with("build.rs") {
            continue;
        }
        assert!(!code(&text).any(|line| line.contains("env::var")), "{} reads the environment", path.display());
    }
}

#[test]
fn every_source_file_opens_with_its_purpose_and_stays_short() {
    for (path, text) in sources() {
        let first = text.lines().next().unwrap_or_default();
        assert!(first.starts_with("//! "), "{} does not open with its purpose", path.display());
        let lines = text.lines().count();
        assert!(lines <= 600, "{} has {lines} lines", path.display());
    }
}

#[test]
fn no_module_is_a_box_of_leftovers() {
    for (path, _) in sources() {
        let name = path.file_stem().unwrap().to_string_lossy();
        assert!(
            !matches!(&*name, "util" | "utils" | "common" | "helpers" | "misc" | "manager" | "mod"),
            "{}",
            path.display()
        );
    }
}

#[test]
fn only_safe_html_passes_markup_through_unescaped() {
    for (path, text) in files("templates", &[".html"]) {
        assert!(!text.contains("|safe") && !text.contains("| safe"), "{} has a |safe", path.display());
    }
}

#[test]
fn no_unfinished_work_is_left_in_the_code() {
    for (path, text) in sources() {
        for mark in ["todo!(", "unimplemented!(", "dbg!(", "FIXME", "XXX", "#[ignore"] {
            assert!(!text.contains(mark), "{} holds {mark}", path.display());
        }
    }
}
