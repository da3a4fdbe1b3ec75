//! The line at the end of a session (Reference §7.6).

use std::{
    fmt,
    net::SocketAddr,
    time::{Duration, SystemTime},
};

use time::OffsetDateTime;

use crate::Quoted;

/// `close [ip] [user] 2004/8/30 16:53:05 0:00:00 0 115 0`: address, user, begin and length of the session, bytes in, bytes
/// out, and a service's own figures.
#[derive(Debug, Clone, Copy)]
pub struct Close<'a> {
    /// The client.
    pub peer: Option<SocketAddr>,
    /// Who had signed in.
    pub user: Option<&'a str>,
    /// When the session began.
    pub began: SystemTime,
    /// Octets from the client.
    pub received: u64,
    /// Octets to the client.
    pub sent: u64,
    /// What the service counts, such as mailboxes selected.
    pub counts: &'a [u64],
}

impl fmt::Display for Close<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.peer {
            Some(peer) => write!(out, "close [{}]", peer.ip())?,
            None => out.write_str("close [local]")?,
        }
        match self.user {
            Some(user) => write!(out, " [{}]", Quoted(user))?,
            None => out.write_str(" [unauthenticated]")?,
        }
        let began = OffsetDateTime::from(self.began);
        let seconds = self.began.elapsed().unwrap_or(Duration::ZERO).as_secs();
        write!(
            out,
            " {}/{}/{} {}:{:02}:{:02} {}:{:02}:{:02} {} {}",
            began.year(),
            u8::from(began.month()),
            began.day(),
            began.hour(),
            began.minute(),
            began.second(),
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60,
            self.received,
            self.sent
        )?;
        for count in self.counts {
            write!(out, " {count}")?;
        }
        Ok(())
    }
}
