//! From settings to listeners to running services. Every port is bound before the first connection is served.

use std::{
    fmt::Write,
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use access::Protocol;
use anyhow::{Context, bail};
use config::{Ens, Http, Imap, Listen, Lmtp, Pop, Proxy, Store as StoreConfig, Watching};
use daemon::{
    AcceptLimits, Conn, Drain, Listener, Refuse, Told, TurnAway, WorkPool, accept_loop, bind, own_figures,
    serve_metrics,
};
use ens::Reach;

use super::{
    Keeper, OpenSite, PortOptions, RunOptions, ServiceName, http,
    live::{self, Live, Mail, Running},
    passed::Passed,
    ready,
    site::quota_policy,
};

// What clients are told before the connection is closed, in the greeting's place (RFC 3501 §7.1.5; RFC 1939 §3 with the codes of
// RFC 3206; RFC 5321 §3.1).

const IMAP_TURNS_AWAY: TurnAway = TurnAway {
    denied: "* BYE Connections from your address are not accepted\r\n",
    crowded: "* BYE [UNAVAILABLE] Too many connections from your address, try again later\r\n",
};

const POP_TURNS_AWAY: TurnAway = TurnAway {
    denied: "-ERR [SYS/PERM] Connections from your address are not accepted\r\n",
    crowded: "-ERR [SYS/TEMP] Too many connections from your address, try again later\r\n",
};

const LMTP_TURNS_AWAY: TurnAway = TurnAway {
    denied: "554 5.7.1 Connections from your address are not accepted\r\n",
    crowded: "421 4.7.0 Too many connections from your address, try again later\r\n",
};

const HTTP_TURNS_AWAY: TurnAway = TurnAway {
    denied: "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 53\r\nConnection: close\r\n\r\n\
        Connections from your address are not accepted here.\n",
    crowded: "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 58\r\n\
        Connection: close\r\n\r\nToo many connections from your address. Please try again.\n",
};

/// Processes that may be connected to the broker at a time.
const BROKER_CLIENTS: usize = 10_000;
/// How long the start waits for the broker.
const BROKER_CONNECTS: Duration = Duration::from_secs(2);

/// A service with its listeners.
struct Ports {
    plain: Option<Listener>,
    tls: Option<Listener>,
}

/// All listeners of this process.
pub struct Bound {
    ens: Option<(Ens, Listener)>,
    imap: Option<(Imap, Ports)>,
    pop: Option<(Pop, Ports)>,
    lmtp: Option<(Lmtp, Ports)>,
    http: Option<(Http, Ports)>,
    metrics: Option<Listener>,
}

impl Bound {
    /// Listens for every one of `services` that is enabled.
    pub fn bind(site: &OpenSite, run: &RunOptions<'_>, passed: Vec<(String, TcpListener)>) -> anyhow::Result<Self> {
        let RunOptions { services, ports: options, keeper } = *run;
        let mut imap = Imap::read(&site.settings);
        let mut pop = Pop::read(&site.settings);
        let mut lmtp = Lmtp::read(&site.settings);
        let mut http = Http::read(&site.settings);
        let mut ens = Ens::read(&site.settings);
        ens.listen = options.apply(&ens.listen, "ens", "");
        imap.service.listen = options.apply(&imap.service.listen, "imap", "imaps");
        pop.service.listen = options.apply(&pop.service.listen, "pop", "pops");
        lmtp.listen = options.apply(&lmtp.listen, "lmtp", "");
        http.service.listen = options.apply(&http.service.listen, "http", "https");
        let mut passed = Passed::sort(
            passed,
            &[
                ("imap", imap.service.listen.port),
                ("imaps", imap.service.listen.ssl_port),
                ("pop", pop.service.listen.port),
                ("pops", pop.service.listen.ssl_port),
                ("lmtp", lmtp.listen.port),
                ("http", http.service.listen.port),
                ("https", http.service.listen.ssl_port),
                ("ens", ens.listen.port),
            ],
        )?;
        let wanted = |service, listen: &Listen| services.contains(&service) && listen.is_on();
        let watching = Watching::read(&site.settings).metrics;
        // `--listen` is for the services: these figures stay where the settings want them.
        let metrics = options
            .apply(&watching, "metrics", "")
            .port
            // The watcher asks its processes for their figures and has the port itself.
            .filter(|_| keeper == Keeper::Other)
            .map(|port| bind(&watching.addresses, port).context("service.metrics.port"))
            .transpose()?;
        let bound = Self {
            metrics,
            ens: ens
                .listen
                .port
                .filter(|_| services.contains(&ServiceName::Ens))
                .map(|port| passed.listen("ens", &ens.listen.addresses, port).context("local.ens.port"))
                .transpose()?
                .map(|listener| (ens, listener)),
            lmtp: wanted(ServiceName::Lmtp, &lmtp.listen)
                .then(|| Ports::bind(site, &mut passed, "lmtp", &lmtp.listen))
                .transpose()?
                .map(|ports| (lmtp, ports)),
            imap: wanted(ServiceName::Imap, &imap.service.listen)
                .then(|| Ports::bind(site, &mut passed, "imap", &imap.service.listen))
                .transpose()?
                .map(|ports| (imap, ports)),
            pop: wanted(ServiceName::Pop, &pop.service.listen)
                .then(|| Ports::bind(site, &mut passed, "pop", &pop.service.listen))
                .transpose()?
                .map(|ports| (pop, ports)),
            http: wanted(ServiceName::Http, &http.service.listen)
                .then(|| Ports::bind(site, &mut passed, "http", &http.service.listen))
                .transpose()?
                .map(|ports| (http, ports)),
        };
        passed.all_taken()?;
        let broker_alone = services == [ServiceName::Ens] && bound.ens.is_some();
        let keeps_house = services == [ServiceName::Store] && config::Housekeeping::read(&site.settings).enabled;
        let no_mail = bound.imap.is_none() && bound.pop.is_none() && bound.lmtp.is_none() && bound.http.is_none();
        if no_mail && !broker_alone && !keeps_house {
            bail!("nothing to run: every service asked for is disabled (see service.*.enable)");
        }
        Ok(bound)
    }

    /// Where the event broker of this process listens.
    pub fn broker(&self) -> Option<SocketAddr> {
        self.ens.as_ref().and_then(|(_, listener)| listener.address())
    }

    /// Whether this process runs all that changes the store.
    fn is_whole(&self) -> bool {
        self.imap.is_some() && self.lmtp.is_some()
    }

    /// `ready imap=127.0.0.1:1143 imaps=… pop=… pops=… lmtp=… http=… https=…`: only what is on.
    pub fn ready_line(&self) -> String {
        let mut line = "ready".to_owned();
        let mut add = |name: &str, listener: Option<&Listener>| {
            if let Some(address) = listener.and_then(Listener::address) {
                // Writing to a string cannot fail.
                let _ = write!(line, " {name}={address}");
            }
        };
        if let Some((_, ports)) = &self.imap {
            add("imap", ports.plain.as_ref());
            add("imaps", ports.tls.as_ref());
        }
        if let Some((_, ports)) = &self.pop {
            add("pop", ports.plain.as_ref());
            add("pops", ports.tls.as_ref());
        }
        if let Some((_, ports)) = &self.lmtp {
            add("lmtp", ports.plain.as_ref());
        }
        add("ens", self.ens.as_ref().map(|(_, listener)| listener));
        if let Some((_, ports)) = &self.http {
            add("http", ports.plain.as_ref());
            add("https", ports.tls.as_ref());
        }
        add("metrics", self.metrics.as_ref());
        line
    }

    /// Starts the broker, when it is one of the services, and connects this process to whichever there is.
    pub async fn start_events(&mut self, site: &OpenSite, ports: &PortOptions, drain: &Drain) -> anyhow::Result<()> {
        // Where the command line has moved the broker of another process to.
        let mut own = ports.given("ens");
        if let Some((config, listener)) = self.ens.take() {
            own = listener.address();
            let access = match &config.access {
                Some(access) => access.parse().context("ENS_ACCESS")?,
                None => ens::Access::open(),
            };
            let broker = ens::Broker::new(access);
            let limits = AcceptLimits::new(BROKER_CLIENTS, Refuse("-ERR too many connections\r\n"));
            let for_sessions = drain.clone();
            tokio::spawn(accept_loop(listener, None, limits, drain.clone(), move |conn| {
                let (broker, drain) = (broker.clone(), for_sessions.clone());
                async move { broker.serve(conn, drain).await }
            }));
        }
        if let Some(notifier) = &site.notifier {
            let reach = notifier.connect(own);
            // One process with every service on one host has no broker and needs none (Guide §5.6.1 has several).
            let alone = own.is_none() && self.is_whole() && notifier.is_for_this_host();
            let reach = if alone && reach.is_configured() { Reach::own_process() } else { reach };
            // The first greeting is to say what holds a moment later; a broker that is away holds nothing up.
            let _ = tokio::time::timeout(BROKER_CONNECTS, reach.up()).await;
            let _ = site.reach.set(reach);
        }
        Ok(())
    }

    /// Starts serving, and tells what a refresh reaches.
    pub fn start(self, site: &OpenSite, run: &RunOptions<'_>, drain: &Drain) -> anyhow::Result<Running> {
        let quota = quota_policy(&StoreConfig::read(&site.settings));
        let mut running = Running::default();
        if let Some(listener) = self.metrics {
            let told = Told { figures: own_figures(), check: ready::check(site), drain: drain.clone() };
            serve_metrics(listener, &told);
        }
        let own_imap = self.imap.as_ref().and_then(|(_, ports)| ports.plain.as_ref()?.address());
        let imap_port = own_imap.or_else(|| run.ports.given("imap")).map(|address| address.port());
        if let Some((config, ports)) = self.lmtp {
            let refuse = Refuse("421 4.3.2 Too many connections, try again later\r\n");
            let guard = running.guard(site, Protocol::Lmtp, &config.access);
            let limits = AcceptLimits::new(config.max_sessions, refuse)
                .guarded(guard, LMTP_TURNS_AWAY)
                .listed("lmtp", &site.sessions);
            let pool = WorkPool::new(config.max_threads).measured("lmtp");
            let live = Live::new(live::lmtp(site, config, quota, &pool));
            running.lmtp = Some(Mail { live: live.clone(), pool });
            ports.serve(None, &limits, drain, move |conn, drain| {
                let service = live.now();
                async move { service.serve(conn, drain).await }
            });
        }
        if let Some((config, ports)) = self.imap {
            let refuse = Refuse("* BYE [UNAVAILABLE] Too many connections, try again later\r\n");
            let guard = running.guard(site, Protocol::Imap, &config.service.access);
            let limits = AcceptLimits::new(config.service.max_sessions, refuse)
                .guarded(guard, IMAP_TURNS_AWAY)
                .listed("imap", &site.sessions);
            let limits =
                if has_siblings(run, config.service.num_processes) { limits.beside_siblings() } else { limits };
            let acceptor = site.acceptor.clone().filter(|_| config.service.tls);
            let pool = WorkPool::new(config.service.max_threads).measured("imap");
            let live = Live::new(live::imap(site, config, quota, &pool, &site.authenticator));
            running.imap = Some(Mail { live: live.clone(), pool });
            ports.serve(acceptor, &limits, drain, move |conn, drain| {
                let service = live.now();
                async move { service.serve(conn, drain).await }
            });
        }
        if let Some((config, ports)) = self.pop {
            let guard = running.guard(site, Protocol::Pop, &config.service.access);
            let limits = AcceptLimits::new(config.service.max_sessions, Refuse(popd::Service::REFUSAL))
                .guarded(guard, POP_TURNS_AWAY)
                .listed("pop", &site.sessions);
            let limits =
                if has_siblings(run, config.service.num_processes) { limits.beside_siblings() } else { limits };
            // POP has no sign-in by certificate (Guide §5.2): none is asked for.
            let acceptor = site.acceptor.as_ref().filter(|_| config.service.tls);
            let acceptor = acceptor.map(tls::Acceptor::without_client_certificates);
            let pool = WorkPool::new(config.service.max_threads).measured("pop");
            let live = Live::new(live::pop(site, config, &pool, &site.authenticator));
            running.pop = Some(Mail { live: live.clone(), pool });
            ports.serve(acceptor, &limits, drain, move |conn, drain| {
                let service = live.now();
                async move { service.serve(conn, drain).await }
            });
        }
        if let Some((config, ports)) = self.http {
            let mut proxy = Proxy::read(&site.settings);
            // With "any free port" only now is it known where this site's IMAP service is.
            if let Some(port) = imap_port {
                proxy = proxy.with_port(port);
            }
            let refuse = Refuse(
                "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            );
            let guard = running.guard(site, Protocol::Http, &config.service.access);
            let limits = AcceptLimits::new(config.service.max_sessions, refuse)
                .guarded(guard.clone(), HTTP_TURNS_AWAY)
                .listed("http", &site.sessions);
            let limits =
                if has_siblings(run, config.service.num_processes) { limits.beside_siblings() } else { limits };
            let acceptor = site.acceptor.as_ref().filter(|_| config.service.tls);
            let acceptor = acceptor.map(|acceptor| acceptor.with_alpn(&[b"h2", b"http/1.1"]));
            let mut config = config;
            // Where plain HTTP leads to; only now is it known with "any free port".
            config.service.listen.ssl_port =
                ports.tls.as_ref().and_then(Listener::address).map(|address| address.port());
            let backends = http::backends(&config, proxy)?;
            running.backends = Some((backends.clone(), imap_port));
            let service = http::service(site, run, config, backends, guard, drain)?;
            running.http = Some(service.clone());
            ports.serve(acceptor, &limits, drain, move |conn, drain| {
                let service = service.clone();
                async move { service.serve(conn, drain).await }
            });
        }
        Ok(running)
    }
}

/// Whether other processes accept on the same sockets.
fn has_siblings(run: &RunOptions<'_>, processes: usize) -> bool {
    run.keeper == Keeper::Watcher && processes > 1
}

impl Ports {
    fn bind(site: &OpenSite, passed: &mut Passed, name: &str, listen: &Listen) -> anyhow::Result<Self> {
        if listen.ssl_port.is_some() && site.acceptor.is_none() {
            bail!(
                "service.{name}.enablesslport is on but there is no certificate: set service.tls.certfile and service.tls.keyfile"
            );
        }
        let mut listen_on = |port: Option<u16>, socket: &str, option: &str| {
            port.map(|port| {
                passed.listen(socket, &listen.addresses, port).with_context(|| format!("service.{name}.{option}"))
            })
            .transpose()
        };
        Ok(Self {
            plain: listen_on(listen.port, name, "port")?,
            tls: listen_on(listen.ssl_port, &format!("{name}s"), "sslport")?,
        })
    }

    fn serve<S, F>(self, acceptor: Option<tls::Acceptor>, limits: &AcceptLimits, drain: &Drain, serve: S)
    where
        S: Fn(Conn, Drain) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        for (listener, acceptor) in [(self.plain, None), (self.tls, acceptor)] {
            let Some(listener) = listener else { continue };
            let serve = serve.clone();
            let for_sessions = drain.clone();
            tokio::spawn(accept_loop(listener, acceptor, limits.clone(), drain.clone(), move |conn| {
                serve(conn, for_sessions.clone())
            }));
        }
    }
}
