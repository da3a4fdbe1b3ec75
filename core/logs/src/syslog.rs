//! The system's syslog: datagrams to its socket in the local form of RFC 3164, which every syslog daemon reads.

use std::{
    io,
    os::unix::net::UnixDatagram,
    path::{Path, PathBuf},
};

use config::{LogLevel, LogName};

use crate::form::Line;

/// Longest datagram; daemons take at least 1 KiB (RFC 3164 §4.1) and usually 8.
const LONGEST: usize = 8192;

/// A way to syslog. It is looked for again whenever it was lost.
#[derive(Debug)]
pub(crate) struct Syslog {
    facility: u8,
    path: PathBuf,
    socket: Option<UnixDatagram>,
}

impl Syslog {
    pub(crate) fn new(facility: u8, path: &Path) -> Self {
        Self { facility, path: path.to_owned(), socket: None }
    }

    /// Sends one line; a second try with a new connection, since syslog may have been restarted.
    pub(crate) fn send(&mut self, log: LogName, level: LogLevel, line: &Line) -> io::Result<()> {
        let words = line.whole.get(line.words..).unwrap_or_default().trim_end_matches('\n');
        let mut text = format!(
            "<{}>{} {}[{}]: {words}",
            u16::from(self.facility) * 8 + u16::from(severity(level)),
            line.stamp.syslog(),
            log.program(),
            std::process::id()
        );
        if text.len() > LONGEST {
            text.truncate(text.floor_char_boundary(LONGEST));
        }
        match self.try_send(text.as_bytes()) {
            Ok(()) => Ok(()),
            Err(_) => {
                self.socket = None;
                self.try_send(text.as_bytes())
            }
        }
    }

    fn try_send(&mut self, datagram: &[u8]) -> io::Result<()> {
        let socket = match &self.socket {
            Some(socket) => socket,
            None => {
                let socket = UnixDatagram::unbound()?;
                socket.connect(&self.path)?;
                // A syslog that does not read must not hold up the other logs.
                socket.set_write_timeout(Some(std::time::Duration::from_millis(200)))?;
                self.socket.insert(socket)
            }
        };
        socket.send(datagram).map(|_| ())
    }
}

/// RFC 5424 §6.2.1.
pub(crate) fn severity(level: LogLevel) -> u8 {
    match level {
        LogLevel::Nolog | LogLevel::Critical => 2,
        LogLevel::Error => 3,
        LogLevel::Warning => 4,
        LogLevel::Notice => 5,
        LogLevel::Information => 6,
        LogLevel::Debug => 7,
    }
}
