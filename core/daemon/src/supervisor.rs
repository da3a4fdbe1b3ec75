//! What a service manager is told of this process's state: sd_notify(3), of which `READY`, `STOPPING` and `STATUS` are used.

use std::{io, os::unix::net::UnixDatagram, path::Path};

/// Says `state`, such as `READY=1`, to whoever asked for it by `NOTIFY_SOCKET`. A manager that does not listen is noted in the log:
/// mail is served all the same.
pub fn tell_supervisor(state: &str) {
    let Some(socket) = config::environment::notify_socket() else { return };
    if let Err(error) = send(&socket, state) {
        tracing::warn!(%error, "the service manager cannot be told: {state}");
    }
}

fn send(socket: &Path, state: &str) -> io::Result<()> {
    use std::os::{
        linux::net::SocketAddrExt,
        unix::{ffi::OsStrExt, net::SocketAddr},
    };
    let name = socket.as_os_str().as_bytes();
    // A leading @ stands for the abstract name space.
    let address = match name.strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(socket)?,
    };
    UnixDatagram::unbound()?.send_to_addr(state.as_bytes(), &address)?;
    Ok(())
}
