//! A directory file in a temporary folder, with cheap hashes; opened as it is, or loaded into slapd unchanged.

use std::{path::PathBuf, sync::Arc};

use directory::{
    Directory, DirectoryFile, DirectoryRules, HashCost, LdapDirectory, LdapOptions, LdifDirectory, LdifOptions,
    NewDomain, NewUser,
};
use suite::slapd::{ADMIN_DN, Slapd};
use tempfile::TempDir;

pub const CHEAP: HashCost = HashCost { memory_kib: 8, passes: 1 };

pub struct Fixture {
    _folder: TempDir,
    pub path: PathBuf,
}

impl Fixture {
    /// example.test (default) with the alias mail.example.test, and hosted.example.
    pub fn new() -> Fixture {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("directory.ldif");
        let fixture = Fixture { _folder: folder, path };
        let domain = NewDomain { name: "example.test".to_owned(), aliases: vec!["mail.example.test".to_owned()] };
        fixture.file().create(&domain).unwrap();
        fixture.file().add_domain(&NewDomain { name: "hosted.example".to_owned(), aliases: vec![] }).unwrap();
        fixture
    }

    pub fn file(&self) -> DirectoryFile {
        let mut file = DirectoryFile::new(&self.path, "example.test");
        file.hash_cost = CHEAP;
        file
    }

    pub fn add(&self, uid: &str, attributes: &[(&str, &str)]) {
        self.file().add_user(&new_user(uid, attributes)).unwrap();
    }

    pub fn open(&self) -> LdifDirectory {
        LdifDirectory::open(LdifOptions { hash_cost: CHEAP, ..LdifOptions::new(&self.path, "example.test") }).unwrap()
    }

    /// The directory of a kind, with the rules of example.test.
    pub fn open_as(&self, kind: Kind) -> Opened {
        self.open_by(kind, DirectoryRules::new("example.test"))
    }

    /// The directory of a kind. slapd gets the very file by `ldapadd`.
    pub fn open_by(&self, kind: Kind, rules: DirectoryRules) -> Opened {
        match kind {
            Kind::Ldif => {
                let options = LdifOptions { hash_cost: CHEAP, rules, ..LdifOptions::new(&self.path, "") };
                Opened { directory: Arc::new(LdifDirectory::open(options).unwrap()), _slapd: None }
            }
            Kind::Slapd => {
                let slapd = Slapd::with_entries(&self.path);
                let directory = LdapDirectory::new(&ldap_options(&[&slapd], rules)).unwrap();
                Opened { directory: Arc::new(directory), _slapd: Some(slapd) }
            }
        }
    }

    /// Lines for an entry, as an administrator writes them into the file.
    pub fn extend(&self, dn: &str, lines: &str) {
        let text = self.text();
        let head = format!("dn: {dn}\n");
        assert!(text.contains(&head), "{dn} is in the file");
        std::fs::write(&self.path, text.replacen(&head, &format!("{head}{lines}"), 1)).unwrap();
    }

    /// A whole entry at the end of the file.
    pub fn append(&self, entry: &str) {
        std::fs::write(&self.path, format!("{}\n{entry}", self.text())).unwrap();
    }

    pub fn text(&self) -> String {
        std::fs::read_to_string(&self.path).unwrap()
    }
}

/// The kinds of directory that must answer the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Ldif,
    Slapd,
}

/// An open directory, with the server behind it.
pub struct Opened {
    pub directory: Arc<dyn Directory>,
    _slapd: Option<Slapd>,
}

impl std::ops::Deref for Opened {
    type Target = dyn Directory;

    fn deref(&self) -> &Self::Target {
        &*self.directory
    }
}

/// How the servers are reached, as their administrator.
pub fn ldap_options(servers: &[&Slapd], rules: DirectoryRules) -> LdapOptions {
    let addresses = servers.iter().map(|slapd| ("127.0.0.1".to_owned(), slapd.address().port())).collect();
    LdapOptions {
        bind_dn: ADMIN_DN.to_owned(),
        bind_password: servers[0].password().to_owned(),
        // Generous where nothing is meant to be away: the machine may be loaded.
        time_limit: std::time::Duration::from_secs(20),
        ..LdapOptions::new(addresses, "", rules)
    }
}

/// Each test once for the LDIF file and once for slapd.
macro_rules! both_kinds {
    ($($(#[$attribute:meta])* async fn $name:ident($kind:ident) $body:block)*) => {
        mod ldif {
            $(#[tokio::test] async fn $name() { super::$name(super::Kind::Ldif).await; })*
        }
        mod slapd {
            $(#[tokio::test(flavor = "multi_thread")] async fn $name() { super::$name(super::Kind::Slapd).await; })*
        }
        $($(#[$attribute])* async fn $name($kind: Kind) $body)*
    };
}
pub(crate) use both_kinds;

/// `uid` or `uid@domain`, password `secret`.
pub fn new_user(uid: &str, attributes: &[(&str, &str)]) -> NewUser {
    let (uid, domain) = uid.split_once('@').map_or((uid, None), |(uid, domain)| (uid, Some(domain.to_owned())));
    NewUser {
        uid: uid.to_owned(),
        domain,
        password: Some("secret".to_owned()),
        attributes: attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        ..NewUser::default()
    }
}
