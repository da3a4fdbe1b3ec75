//! `heliograph demo`: a complete site in ./var/demo, made once and run on loopback ports.

mod mails;

use std::{fs, path::Path, process::ExitCode};

use anyhow::{Context, bail};
use clap::Args;
use config::{Settings, Site};
use directory::{DirectoryFile, NewUser};

use crate::{
    command::init::{generated_password, make_site},
    output,
    root::RootOption,
    services::{self, Keeper, PortOptions, RunOptions, ServiceName},
};

const FOLDER: &str = "./var/demo";
const DOMAIN: &str = "example.test";

/// User ID and name.
const PEOPLE: &[(&str, &str)] = &[
    ("alice", "Alice Moreno"),
    ("bob", "Bob Lindqvist"),
    ("carol", "Carol Natarajan"),
    ("admin", "Store Administrator"),
];

/// High ports, so that no privileges are needed.
const PORTS: &[(&str, u16)] = &[
    ("imap", 1143),
    ("imaps", 1993),
    ("pop", 1110),
    ("pops", 1995),
    ("lmtp", 1225),
    ("ens", 7997),
    ("http", 8080),
    ("https", 8443),
];

/// Makes a complete site in ./var/demo once (domain example.test; alice, bob, carol and a store administrator; some
/// mail), runs it on loopback ports and prints where it is and the passwords.
#[derive(Args, Default)]
pub struct Demo {
    #[command(flatten)]
    ports: PortOptions,
}

impl Demo {
    pub fn run(self, root: &RootOption) -> anyhow::Result<ExitCode> {
        let root = root.folder_or(FOLDER)?;
        let passwords = root.join("config").join("demo-passwords");
        if !passwords.exists() {
            make(&root, &passwords)?;
        }
        let settings = Settings::load(&root)?;
        let people = fs::read_to_string(&passwords).with_context(|| passwords.display().to_string())?;
        let ports = self.ports.on_loopback(PORTS);
        let options = RunOptions { services: ServiceName::ALL, ports: &ports, keeper: Keeper::Other };
        services::run(settings, &options, |ready| {
            for word in ready.split_whitespace() {
                if let Some(address) = word.strip_prefix("http=") {
                    output::line(format_args!("Heliograph demo: open http://{address}/ and sign in"));
                }
            }
            output::line(people.trim_end());
            output::line(ready);
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Makes the site. The passwords' file comes last; a mark says that an attempt was begun here, and only then is
/// what it left removed: `--root` may point at anything.
fn make(root: &Path, passwords: &Path) -> anyhow::Result<()> {
    let begun = root.join("demo-begun");
    if begun.exists() {
        fs::remove_dir_all(root).with_context(|| root.display().to_string())?;
    }
    if root.join("config").exists() {
        bail!("{} holds a site that is not the demo's", root.display());
    }
    fs::create_dir_all(root).with_context(|| root.display().to_string())?;
    fs::write(&begun, "").with_context(|| begun.display().to_string())?;
    make_site(root, DOMAIN, "localhost", &[("store.admins", "proxyadmin admin")])?;
    let settings = Settings::load(root)?;
    let site = Site::read(&settings);
    let directory = DirectoryFile::new(&site.directory_file, &site.default_domain);
    let mut list = String::new();
    for (uid, name) in PEOPLE {
        let password = generated_password();
        directory.add_user(&NewUser {
            uid: (*uid).to_owned(),
            name: (*name).to_owned(),
            password: Some(password.clone()),
            ..NewUser::default()
        })?;
        list.push_str(&format!("  {uid:<6} {password}\n"));
    }
    mails::deliver(&services::open_store(&settings, None)?)?;
    write_private(passwords, &list)?;
    fs::remove_file(&begun).with_context(|| begun.display().to_string())
}

fn write_private(path: &Path, text: &str) -> anyhow::Result<()> {
    use std::{io::Write, os::unix::fs::OpenOptionsExt};
    fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .with_context(|| path.display().to_string())
}
