//! The figures of a service that `counterutil` shows (Reference §7.5).

use std::time::{Duration, SystemTime};

use crate::{Login, METERS};

/// The counters of a service, named as `counterutil` names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    /// When this process began, in seconds since 1970.
    pub current_start_time: u64,
    /// When the last connection was accepted, in seconds since 1970; 0 for never.
    pub last_connection_time: u64,
    /// Most connections at once.
    pub max_connections: u64,
    /// Connections accepted.
    pub num_connections: u64,
    /// Connections open now.
    pub num_current_connections: u64,
    /// Connections turned away.
    pub num_failed_connections: u64,
    /// Sign-ins that failed.
    pub num_failed_logins: u64,
    /// Sign-ins that succeeded.
    pub num_good_logins: u64,
}

/// Why connections are turned away, as the labels of the counter.
const REASONS: [&str; 4] = ["maxsessions", "denied", "connlimits", "handshake"];

impl Figures {
    /// Of `service`, up to now.
    pub fn of(service: &'static str) -> Self {
        let labels = [("service", service)];
        let gauge = |value: i64| u64::try_from(value).unwrap_or(0);
        let logins =
            |result: Login| METERS.logins.get_or_create(&[("service", service), ("result", result.as_str())]).get();
        Self {
            current_start_time: METERS
                .started
                .duration_since(SystemTime::UNIX_EPOCH)
                .unwrap_or(Duration::ZERO)
                .as_secs(),
            last_connection_time: gauge(METERS.last_connection.get_or_create(&labels).get()),
            max_connections: gauge(METERS.sessions_max.get_or_create(&labels).get()),
            num_connections: METERS.connections.get_or_create(&labels).get(),
            num_current_connections: gauge(METERS.sessions.get_or_create(&labels).get()),
            num_failed_connections: REASONS
                .iter()
                .map(|reason| METERS.refused.get_or_create(&[("service", service), ("reason", reason)]).get())
                .sum(),
            num_failed_logins: logins(Login::Bad) + logins(Login::Unavailable),
            num_good_logins: logins(Login::Good),
        }
    }
}
