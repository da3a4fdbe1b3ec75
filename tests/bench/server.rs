//! Either server, as the loads see it.

use std::{net::SocketAddr, path::PathBuf, process::Command};

use suite::{
    Dovecot, Site, SiteOptions,
    process::{find_program, run},
};

/// A running server with users.
pub enum Server {
    /// Debian's Dovecot.
    Dovecot(Box<Dovecot>),
    /// Ours.
    Heliograph(Box<Site>),
}

impl Server {
    /// A new Dovecot.
    pub fn dovecot(users: &[String]) -> Self {
        Self::Dovecot(Box::new(Dovecot::start(users)))
    }

    /// A new site of ours, with limits that the loads do not reach.
    pub fn heliograph(users: &[String]) -> Self {
        let options = SiteOptions::default().users(users).set("service.imap.maxsessions", 20_000);
        Self::Heliograph(Box::new(Site::start(options)))
    }

    /// Its IMAP listener.
    pub fn imap(&self) -> SocketAddr {
        match self {
            Self::Dovecot(dovecot) => dovecot.imap_address(),
            Self::Heliograph(site) => site.listener("imap"),
        }
    }

    /// Its LMTP listener.
    pub fn lmtp(&self) -> SocketAddr {
        match self {
            Self::Dovecot(dovecot) => dovecot.lmtp_address(),
            Self::Heliograph(site) => site.listener("lmtp"),
        }
    }

    /// The process that all others descend from.
    pub fn pid(&self) -> u32 {
        match self {
            Self::Dovecot(dovecot) => dovecot.pid(),
            Self::Heliograph(site) => site.pid(),
        }
    }

    /// Fills a user's INBOX from a Maildir, by the server's own way.
    pub fn fill(&mut self, user: &str, maildir: &std::path::Path) {
        match self {
            Self::Dovecot(dovecot) => {
                let home: PathBuf = dovecot.maildir(user);
                let parent = home.parent().unwrap();
                std::fs::create_dir_all(parent).unwrap();
                // Dovecot's store is the Maildir.
                run(Command::new(find_program("cp")).arg("-r").arg(maildir).arg(&home), b"").success();
                run(Command::new(find_program("chown")).arg("-R").arg("mail:mail").arg(parent), b"").success();
            }
            Self::Heliograph(site) => {
                let path = maildir.to_str().unwrap();
                site.tool(&["import", "--user", user, "--mailbox", "INBOX", path], "").success();
            }
        }
    }

    /// Ends and starts the server, so that nothing is in its memory. Dovecot's processes keep nothing either.
    pub fn restart(&mut self) {
        if let Self::Heliograph(site) = self {
            site.stop();
            site.run();
        }
    }

    /// From here on every search reads the messages again. False for Dovecot, which does so anyway.
    pub fn keep_nothing_of_searches(&mut self) -> bool {
        let Self::Heliograph(site) = self else { return false };
        site.stop();
        site.configure("store.searchindex", "no");
        site.run();
        true
    }
}
