//! Names behind addresses, for access filters: verified host names, RFC 1413 users, netgroups.
//!
//! Asked only when a filter cannot be judged without. Every answer has a time limit, and an address is asked about once a minute at most.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use access::{HostName, Lookup, Netgroups};
use async_trait::async_trait;
use hickory_resolver::{
    Resolver, TokioResolver,
    config::{NameServerConfig, ResolveHosts, ResolverConfig},
    net::runtime::TokioRuntimeProvider,
    proto::rr::RData,
};
use moka::sync::Cache;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpSocket,
    sync::{OnceCell, Semaphore},
    time::timeout,
};

/// How long a name may take, both ways together.
const NAME_LIMIT: Duration = Duration::from_secs(5);
/// How long one name server is waited for.
const SERVER_LIMIT: Duration = Duration::from_secs(2);
/// How long a client's ident server is waited for: most have none, and firewalls let the question wait.
const IDENT_LIMIT: Duration = Duration::from_secs(3);
/// RFC 1413 §3.
const IDENT_PORT: u16 = 113;
/// RFC 1413 §6: a reply has 1000 characters at most.
const IDENT_REPLY: u64 = 1000;
/// Names that are remembered, and for how long.
const REMEMBERED: u64 = 10_000;
const REMEMBER: Duration = Duration::from_secs(60);
/// Names that are asked for at the same time; the others wait within their limit.
const AT_ONCE: usize = 256;

/// Finds out names by DNS and `/etc/hosts`, users by ident and netgroups from their file.
pub struct Names {
    resolver: Option<TokioResolver>,
    remembered: Cache<IpAddr, HostName>,
    asking: Semaphore,
    netgroup_file: PathBuf,
    netgroups: OnceCell<Arc<Netgroups>>,
    ident_port: u16,
}

impl Names {
    /// Nothing is asked or read before a filter needs it.
    pub fn new(settings: &config::Names) -> Self {
        Self {
            resolver: if settings.resolve { resolver(&settings.servers) } else { None },
            remembered: Cache::builder().max_capacity(REMEMBERED).time_to_live(REMEMBER).build(),
            asking: Semaphore::new(AT_ONCE),
            netgroup_file: settings.netgroup_file.clone(),
            netgroups: OnceCell::new(),
            ident_port: IDENT_PORT,
        }
    }

    /// The same, with ident servers on another port than RFC 1413's.
    pub fn with_ident_port(self, ident_port: u16) -> Self {
        Self { ident_port, ..self }
    }

    async fn verified(&self, resolver: &TokioResolver, address: IpAddr) -> HostName {
        let Ok(_permit) = self.asking.acquire().await else { return HostName::Unknown };
        let answer = match resolver.reverse_lookup(address).await {
            Ok(answer) => answer,
            Err(error) => {
                tracing::debug!(%address, %error, "no host name");
                return HostName::Unknown;
            }
        };
        let name = answer.answers().iter().find_map(|record| match &record.data {
            RData::PTR(name) => Some(name.0.to_utf8()),
            _ => None,
        });
        let Some(absolute) = name else { return HostName::Unknown };
        let name = absolute.trim_end_matches('.').to_ascii_lowercase();
        // A name that looks like an address could pass for one in somebody's rule.
        if name.parse::<IpAddr>().is_ok() {
            return HostName::Spoofed(name);
        }
        // With the final dot: the search list of this host is not meant.
        match resolver.lookup_ip(format!("{name}.")).await {
            Ok(found) if found.iter().any(|found| found.to_canonical() == address) => HostName::Known(name),
            Ok(_) => HostName::Spoofed(name),
            Err(error) => {
                tracing::debug!(%address, name, %error, "the name cannot be verified");
                HostName::Spoofed(name)
            }
        }
    }
}

fn resolver(servers: &[SocketAddr]) -> Option<TokioResolver> {
    let builder = if servers.is_empty() {
        match Resolver::builder_tokio() {
            Ok(builder) => builder,
            Err(error) => {
                tracing::error!(%error, "no name servers: clients' names are unknown (see service.dnsserver)");
                return None;
            }
        }
    } else {
        let servers = servers.iter().map(|server| {
            let mut config = NameServerConfig::udp_and_tcp(server.ip());
            for connection in &mut config.connections {
                connection.port = server.port();
            }
            config
        });
        let config = ResolverConfig::from_name_servers(servers.collect());
        Resolver::builder_with_config(config, TokioRuntimeProvider::default())
    };
    let mut builder = builder;
    let options = builder.options_mut();
    options.timeout = SERVER_LIMIT;
    options.attempts = 1;
    options.cache_size = REMEMBERED;
    options.use_hosts_file = ResolveHosts::Always;
    builder.build().inspect_err(|error| tracing::error!(%error, "no resolver: clients' names are unknown")).ok()
}

#[async_trait]
impl Lookup for Names {
    async fn host_name(&self, address: IpAddr) -> HostName {
        let address = address.to_canonical();
        let Some(resolver) = &self.resolver else { return HostName::Unknown };
        if let Some(name) = self.remembered.get(&address) {
            return name;
        }
        let name = timeout(NAME_LIMIT, self.verified(resolver, address)).await.unwrap_or_else(|_| {
            tracing::info!(%address, "no host name within {} s", NAME_LIMIT.as_secs());
            HostName::Unknown
        });
        if let HostName::Spoofed(name) = &name {
            tracing::warn!(%address, name = name.escape_debug().to_string(), "the client's host name does not lead back to its address");
        }
        self.remembered.insert(address, name.clone());
        name
    }

    async fn user(&self, client: SocketAddr, local: SocketAddr) -> Option<String> {
        let answer = timeout(IDENT_LIMIT, ask_ident(client, local, self.ident_port)).await;
        match answer {
            Ok(Ok(reply)) => ident_user(&reply, client.port(), local.port()),
            Ok(Err(error)) => {
                tracing::debug!(%client, %error, "no answer by ident");
                None
            }
            Err(_) => None,
        }
    }

    async fn netgroups(&self) -> Arc<Netgroups> {
        let read = || async {
            match tokio::fs::read(&self.netgroup_file).await {
                Ok(text) => Arc::new(Netgroups::parse(&String::from_utf8_lossy(&text))),
                Err(error) => {
                    let file = self.netgroup_file.display();
                    tracing::error!(%file, %error, "an access filter names a netgroup, but there are none (see service.netgroupfile)");
                    Arc::default()
                }
            }
        };
        Arc::clone(self.netgroups.get_or_init(read).await)
    }
}

/// The question comes from the address that the client connected to (RFC 1413 §3).
async fn ask_ident(client: SocketAddr, local: SocketAddr, port: u16) -> std::io::Result<String> {
    let (from, to) = (local.ip().to_canonical(), client.ip().to_canonical());
    let socket = if to.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // Behind a proxy that address is not this host's.
    if let Err(error) = socket.bind(SocketAddr::new(from, 0)) {
        tracing::debug!(%from, %error, "ident is asked from another address");
    }
    let mut stream = socket.connect(SocketAddr::new(to, port)).await?;
    stream.write_all(format!("{} , {}\r\n", client.port(), local.port()).as_bytes()).await?;
    let mut reply = Vec::new();
    BufReader::new(stream.take(IDENT_REPLY)).read_until(b'\n', &mut reply).await?;
    Ok(String::from_utf8_lossy(&reply).into_owned())
}

/// `port , port : USERID : system : user` (RFC 1413 §4).
fn ident_user(reply: &str, client: u16, local: u16) -> Option<String> {
    let mut fields = reply.trim_end_matches(['\r', '\n']).splitn(4, ':');
    let ports = fields.next()?;
    let (first, second) = ports.split_once(',')?;
    let asked = first.trim().parse() == Ok(client) && second.trim().parse() == Ok(local);
    let kind = fields.next()?.trim();
    let system = fields.next()?;
    let user = fields.next()?.trim();
    let plain = !system.is_empty() && !user.is_empty() && !user.chars().any(char::is_control);
    (asked && plain && kind.eq_ignore_ascii_case("USERID")).then(|| user.to_owned())
}
