//! The few things that are read from the environment.

use std::{io, net::TcpListener, path::PathBuf};

/// The site folder from `HELIOGRAPH_ROOT`; empty counts as not set.
pub fn root() -> Option<PathBuf> {
    std::env::var_os("HELIOGRAPH_ROOT").filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// Whether standard error leads to systemd's journal, which takes levels as `<N>` before a line.
pub fn logs_to_journal() -> bool {
    std::env::var_os("JOURNAL_STREAM").is_some_and(|value| !value.is_empty())
}

/// Who may connect to the event broker, from `ENS_ACCESS` (Guide §5.6.1). Set to nothing it lets nobody in.
pub fn ens_access() -> Option<String> {
    std::env::var_os("ENS_ACCESS").map(|value| value.to_string_lossy().into_owned())
}

/// The listening sockets that whoever started this process has opened for it (`LISTEN_FDS`, sd_listen_fds(3)), each with its
/// name from `LISTEN_FDNAMES`; empty where there is none. They are taken: a second call finds nothing.
///
/// To be called before other threads read the environment.
pub fn passed_sockets() -> io::Result<Vec<(String, TcpListener)>> {
    let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
    let mut names = names.split(':');
    let mut passed = listenfd::ListenFd::from_env();
    let mut sockets = Vec::with_capacity(passed.len());
    for index in 0..passed.len() {
        let name = names.next().unwrap_or_default();
        if let Some(socket) = passed.take_tcp_listener(index)? {
            sockets.push((name.to_owned(), socket));
        }
    }
    Ok(sockets)
}

/// Where a service manager wants to hear of this process's state (`NOTIFY_SOCKET`, sd_notify(3)).
pub fn notify_socket() -> Option<PathBuf> {
    std::env::var_os("NOTIFY_SOCKET").filter(|value| !value.is_empty()).map(PathBuf::from)
}
