//! Sites that log to files, and reading those.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpStream},
    path::PathBuf,
};

use suite::{Site, SiteOptions, wait::DEADLINE, wait_for};

/// Everything at once into files.
pub fn options() -> SiteOptions {
    // The throttle would hold up those who make many lines by wrong passwords.
    SiteOptions::default()
        .set("logfile.default.logdir", "log")
        .set("logfile.default.flushinterval", 0)
        .set("service.loginthrottle.enable", "no")
}

/// The files of the log `name`, the current one last.
pub fn files(site: &Site, name: &str) -> Vec<PathBuf> {
    let mut found: Vec<(u64, PathBuf)> = fs::read_dir(site.root().join("log"))
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
        .filter_map(|path| {
            let file = path.file_name()?.to_str()?.to_owned();
            let rest = file.strip_prefix(name)?;
            match rest.strip_prefix('.') {
                Some(rest) => Some((rest.split('.').next()?.parse().ok()?, path)),
                None if rest.is_empty() => Some((u64::MAX, path)),
                None => None,
            }
        })
        .collect();
    found.sort();
    found.into_iter().map(|(_, path)| path).collect()
}

/// All lines of the log `name`, oldest first.
pub fn lines(site: &Site, name: &str) -> Vec<String> {
    files(site, name)
        .iter()
        .flat_map(|path| {
            String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).lines().map(str::to_owned).collect::<Vec<_>>()
        })
        .collect()
}

/// The first line of the log `name` with `words` in it, once it is there.
#[track_caller]
pub fn line(site: &Site, name: &str, words: &str) -> String {
    wait_for(&format!("'{words}' in the log {name}"), || {
        lines(site, name).into_iter().find(|line| line.contains(words))
    })
}

/// Every log file and what came on standard error.
pub fn everything(site: &Site) -> String {
    let mut text = site.log();
    for entry in fs::read_dir(site.root().join("log")).into_iter().flatten() {
        text.push_str(&String::from_utf8_lossy(&fs::read(entry.unwrap().path()).unwrap_or_default()));
    }
    text
}

/// A line-based client that says anything.
pub struct Raw {
    reader: BufReader<TcpStream>,
}

impl Raw {
    /// Connects and reads the greeting.
    #[track_caller]
    pub fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        let mut raw = Self { reader: BufReader::new(stream) };
        assert!(!raw.read().is_empty());
        raw
    }

    /// Sends bytes as they are.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        // The server may have hung up on what came before.
        let _ = self.reader.get_mut().write_all(bytes.as_ref());
    }

    /// One line of the answer; empty at the end of the connection.
    pub fn read(&mut self) -> String {
        let mut line = String::new();
        let _ = self.reader.read_line(&mut line);
        line
    }

    /// Sends a line and reads one.
    pub fn say(&mut self, line: &str) -> String {
        self.send(format!("{line}\r\n"));
        self.read()
    }
}
