//! `heliograph access`: says beforehand whom the access filters admit, and by which rule.

mod report;

use std::{
    net::{IpAddr, SocketAddr},
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
};

use access::{HostName, Lookup, Netgroups, Protocol, ServiceAccess, Visit};
use anyhow::{Context, bail};
use async_trait::async_trait;
use auth::{AuthOptions, Authenticator};
use clap::{Args, Subcommand, ValueEnum};
use config::{Access as AccessSettings, Http, Imap, Lmtp, Names as NameSettings, Pop, Settings, SignIn};
use daemon::Names;
use directory::User;

use crate::{output, root::RootOption, services};
use report::{Report, Rule};

/// Access filters.
#[derive(Args)]
pub struct Access {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Say whether a client may connect, and a user sign in from there, and by which rule
    ///
    /// Judges service.SERVICE.domainallowed and domainnotallowed, names the entry of connlimits that counts, and for USER the rules of
    /// mailAllowedServiceAccess and mailDomainAllowedServiceAccess. Names are looked up as the services do, but no ident server is
    /// asked: there is no connection. Exit code 0: admitted; 1: refused.
    Test(Test),
}

#[derive(Args)]
struct Test {
    /// The service; imaps, pops and https are the same under TLS
    service: Service,
    /// The client's address
    address: IpAddr,
    /// Who would sign in, as typed at sign-in
    user: Option<String>,
    /// The connection is under TLS (for rules about imaps, pops, https)
    #[arg(long)]
    tls: bool,
    /// The address of this host that the client connects to (for rules about service@host)
    #[arg(long, value_name = "ADDRESS")]
    to: Option<IpAddr>,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Service {
    #[value(alias = "imap4")]
    Imap,
    Imaps,
    #[value(alias = "pop3")]
    Pop,
    #[value(alias = "pop3s")]
    Pops,
    Http,
    Https,
    Lmtp,
}

impl Access {
    pub fn run(self, root: &RootOption) -> anyhow::Result<ExitCode> {
        let What::Test(test) = self.what;
        let settings = root.settings()?;
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the runtime")?;
        let report = runtime.block_on(test.judge(&settings))?;
        output::line(if test.json { report.json()? } else { report.text() });
        Ok(if report.admitted() { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }
}

impl Test {
    async fn judge(&self, settings: &Settings) -> anyhow::Result<Report> {
        let (protocol, access) = self.service.settings(settings);
        let names = Noting { names: Names::new(&NameSettings::read(settings)), found: Mutex::default() };
        let visit = Visit {
            protocol,
            tls: self.tls || matches!(self.service, Service::Imaps | Service::Pops | Service::Https),
            client: SocketAddr::new(self.address.to_canonical(), 0),
            local: self.to.map(|to| SocketAddr::new(to, 0)),
        };
        let connection = Rule::from(access.rules.decide(&visit, &names).await);
        let limit = access.conn_limits.of(self.address).cloned();
        let mut users = Vec::new();
        if let Some(login) = &self.user {
            if protocol == Protocol::Lmtp {
                bail!("nobody signs in to lmtp");
            }
            let user = find(settings, login).await?;
            for (attribute, values) in [
                ("mailAllowedServiceAccess", &user.allowed_services),
                ("mailDomainAllowedServiceAccess", &user.domain_allowed_services),
            ] {
                let rule = match ServiceAccess::parse(values.iter().map(String::as_str)) {
                    Ok(rules) => Rule::from(rules.decide(&visit, &names).await),
                    Err(error) => Rule::unreadable(&error),
                };
                users.push((attribute, rule));
            }
        }
        Ok(Report {
            service: protocol.as_str(),
            address: self.address,
            user: self.user.clone(),
            names: names.found.into_inner().unwrap_or_else(PoisonError::into_inner),
            proxy: access.proxy_protocol.contains(self.address) || access.trusted_proxies.contains(self.address),
            connection,
            limit,
            users,
        })
    }
}

impl Service {
    fn settings(self, settings: &Settings) -> (Protocol, AccessSettings) {
        match self {
            Self::Imap | Self::Imaps => (Protocol::Imap, Imap::read(settings).service.access),
            Self::Pop | Self::Pops => (Protocol::Pop, Pop::read(settings).service.access),
            Self::Http | Self::Https => (Protocol::Http, Http::read(settings).service.access),
            Self::Lmtp => (Protocol::Lmtp, Lmtp::read(settings).access),
        }
    }
}

async fn find(settings: &Settings, login: &str) -> anyhow::Result<Arc<User>> {
    let directory = services::open_directory(settings)?;
    let authenticator = Authenticator::new(directory, AuthOptions::from(&SignIn::read(settings)));
    let name = authenticator.login_names().split(login);
    authenticator.find(&name).await?.with_context(|| format!("no such user: {login}"))
}

/// Looks names up and keeps what it found.
struct Noting {
    names: Names,
    found: Mutex<Vec<(IpAddr, HostName)>>,
}

#[async_trait]
impl Lookup for Noting {
    async fn host_name(&self, address: IpAddr) -> HostName {
        let name = self.names.host_name(address).await;
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if !found.iter().any(|(known, _)| *known == address) {
            found.push((address, name.clone()));
        }
        name
    }

    async fn user(&self, _: SocketAddr, _: SocketAddr) -> Option<String> {
        None
    }

    async fn netgroups(&self) -> Arc<Netgroups> {
        self.names.netgroups().await
    }
}
