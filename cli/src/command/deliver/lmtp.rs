//! `deliver -l`: one LMTP session on standard input and output.

use std::process::ExitCode;

use anyhow::{Context, bail};
use config::{Lmtp, Settings, Store as StoreConfig};
use daemon::{Conn, Drain, WorkPool};
use tokio::{
    io::{AsyncWriteExt, copy, stdin, stdout},
    net::{TcpListener, TcpStream},
};

use crate::services::{OpenSite, quota_policy};

/// Serves until QUIT or the end of the input.
pub fn serve(settings: Settings) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("starting the runtime")?;
    runtime.block_on(async {
        let site = OpenSite::open(settings)?;
        let service = lmtpd::Service::new(lmtpd::LmtpDeps {
            directory: site.directory,
            store: site.store,
            pool: WorkPool::new(1),
            quota: quota_policy(&StoreConfig::read(&site.settings)),
            config: Lmtp::read(&site.settings),
        });
        // The daemon serves connections: this is one to itself, and to nobody else.
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.context("a connection to itself")?;
        let client = TcpStream::connect(listener.local_addr()?).await?;
        let (server, peer) = listener.accept().await?;
        drop(listener);
        if peer != client.local_addr()? {
            bail!("somebody else connected");
        }
        let serving = tokio::spawn(async move {
            service.serve(Conn::plain(server)?, Drain::new()).await;
            anyhow::Ok(())
        });
        let (mut replies, mut commands) = client.into_split();
        let speaking = tokio::spawn(async move {
            copy(&mut stdin(), &mut commands).await?;
            commands.shutdown().await
        });
        let mut out = stdout();
        copy(&mut replies, &mut out).await.context("writing replies")?;
        out.flush().await?;
        serving.await.context("the session")??;
        // After QUIT the input may stay open; nobody reads it any more.
        speaking.abort();
        anyhow::Ok(())
    })?;
    // A read of standard input that is under way would keep the runtime waiting.
    runtime.shutdown_background();
    Ok(ExitCode::SUCCESS)
}
