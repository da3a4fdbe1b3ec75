//! A directory file in a temporary folder, with cheap hashes.

use std::path::PathBuf;

use directory::{DirectoryFile, HashCost, LdifDirectory, LdifOptions, NewDomain, NewUser};
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

    pub fn text(&self) -> String {
        std::fs::read_to_string(&self.path).unwrap()
    }
}

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
