//! `deliver -l`: one LMTP session on standard input and output.

use std::{
    io::{copy, stdin, stdout},
    net::{Shutdown, TcpListener, TcpStream},
    process::ExitCode,
};

use anyhow::{Context, bail};
use config::{Lmtp, Settings, Store as StoreConfig};
use daemon::{Conn, Drain, WorkPool};

use crate::services::{OpenSite, quota_policy, status_editor};

/// Serves until QUIT or the end of the input.
pub fn serve(settings: Settings) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("starting the runtime")?;
    let site = runtime.block_on(async { OpenSite::open(settings, "deliver") })?;
    let service = lmtpd::Service::new(lmtpd::LmtpDeps {
        directory: site.directory,
        store: site.store,
        pool: WorkPool::new(1),
        quota: quota_policy(&StoreConfig::read(&site.settings)),
        statuses: status_editor(&site.settings, &Lmtp::read(&site.settings)),
        config: Lmtp::read(&site.settings),
    });
    // The daemon serves connections: this is one to itself, and to nobody else.
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("a connection to itself")?;
    let client = TcpStream::connect(listener.local_addr()?)?;
    let (server, peer) = listener.accept()?;
    drop(listener);
    if peer != client.local_addr()? {
        bail!("somebody else connected");
    }
    server.set_nonblocking(true)?;
    let serving = runtime.spawn(async move {
        service.serve(Conn::plain(tokio::net::TcpStream::from_std(server)?)?, Drain::new()).await;
        anyhow::Ok(())
    });
    let mut commands = client.try_clone()?;
    // Ends with the program: after QUIT the input may stay open, and nobody reads it any more.
    std::thread::spawn(move || {
        // A session that is over takes no more input; that is no failure.
        let _ = copy(&mut stdin().lock(), &mut commands);
        let _ = commands.shutdown(Shutdown::Write);
    });
    copy(&mut &client, &mut stdout().lock()).context("writing replies")?;
    runtime.block_on(serving).context("the session")??;
    Ok(ExitCode::SUCCESS)
}
