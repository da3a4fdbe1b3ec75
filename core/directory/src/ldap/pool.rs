//! All LDAP servers of a site: the first that answers is asked, within one time limit.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::time::{Instant as Clock, timeout, timeout_at};
use tracing::{error, info};

use super::LdapOptions;
use super::operation::{Answer, Operation};
use super::server::{Fault, Server};
use crate::DirectoryError;

pub(super) struct Pool {
    servers: Vec<Arc<Server>>,
    limit: Duration,
    trace: AtomicBool,
    /// The refusal logged last, so that each gets one line a minute however many logins it meets.
    complaint: Mutex<Option<(String, Instant)>>,
}

/// How many times the limit for an answer somebody waits for a connection that others use, at a server that answers.
const QUEUE: u32 = 8;

const SAME_COMPLAINT: Duration = Duration::from_secs(60);

impl Pool {
    pub(super) fn new(options: &LdapOptions) -> Pool {
        let servers = options.servers.iter().map(|(host, port)| Arc::new(Server::new(host, *port, options)));
        Pool {
            servers: servers.collect(),
            limit: options.time_limit,
            trace: AtomicBool::new(options.trace),
            complaint: Mutex::new(None),
        }
    }

    /// Whether every operation is logged from now on.
    pub(super) fn set_trace(&self, trace: bool) {
        self.trace.store(trace, Ordering::Relaxed);
    }

    /// Runs an operation at the first server that can do it.
    pub(super) async fn run(&self, operation: &Operation<'_>) -> Result<Answer, DirectoryError> {
        let start = Instant::now();
        let result = self.try_servers(operation).await;
        meters::directory_call(meters::Outcome::of(&result), start.elapsed());
        if self.trace.load(Ordering::Relaxed) {
            let outcome = match &result {
                Ok(Answer::WrongPassword) => "wrong password".to_owned(),
                Ok(Answer::Found(found)) => format!("{} entries", found.entries.len()),
                Ok(Answer::Done) => "done".to_owned(),
                Err(error) => error.to_string(),
            };
            info!("{operation}: {outcome} ({:.1} ms)", start.elapsed().as_secs_f64() * 1e3);
        }
        result
    }

    async fn try_servers(&self, operation: &Operation<'_>) -> Result<Answer, DirectoryError> {
        // Two clocks: waiting for a turn is the site's own crowd, and costs nobody the time for an answer. Nobody waits for the
        // turn at a server that is away.
        let patience = Clock::now() + QUEUE * self.limit;
        let mut end = None;
        let present: Vec<&Arc<Server>> = self.servers.iter().filter(|server| !server.is_away()).collect();
        for (at, server) in present.iter().enumerate() {
            let busy = || {
                self.complain(&format!("all connections to the LDAP server {} are busy", server.name));
                DirectoryError::Unavailable("all LDAP connections are busy".to_owned())
            };
            let turn = server.permits(operation.purpose()).acquire();
            let permit = tokio::select! {
                biased;
                permit = timeout_at(end.unwrap_or(patience), turn) => permit.map_err(|_| busy())?.map_err(|_| busy())?,
                () = server.is_gone() => continue,
            };
            if server.is_away() {
                continue;
            }
            let end = *end.get_or_insert_with(|| Clock::now() + self.limit);
            let _permit = permit;
            // What is left is shared, so that one server that hangs does not use it all up.
            let left = end.saturating_duration_since(Clock::now());
            let share = left / u32::try_from(present.len() - at).unwrap_or(1);
            match timeout(share, server.run(operation)).await {
                Ok(Ok(answer)) => {
                    if let Answer::Found(found) = &answer
                        && let Some(url) = found.elsewhere.first()
                    {
                        self.complain(&format!(
                            "LDAP server {}: a part of what is searched is at {}, where nobody is looked for: \
                             references are not followed; name servers that hold all of it in local.ugldaphost",
                            server.name,
                            url.escape_default()
                        ));
                    }
                    return Ok(answer);
                }
                Ok(Err(Fault::Refused(reason))) => {
                    self.complain(&format!("LDAP server {}: {reason}", server.name));
                    return Err(DirectoryError::Unavailable(reason));
                }
                Ok(Err(Fault::Impossible(error))) => {
                    self.complain(&format!("LDAP server {}: {error}", server.name));
                    return Err(error);
                }
                Ok(Err(Fault::Away(reason))) => server.went_away(&reason),
                // Slow with one question while it answers others: no reason to refuse everybody.
                Err(_) if server.answers(self.limit / 2) => {
                    self.complain(&format!(
                        "LDAP server {}: no answer within {} ms to one of many",
                        server.name,
                        share.as_millis()
                    ));
                }
                Err(_) => server.went_away(&format!("no answer within {} ms", share.as_millis())),
            }
        }
        Err(DirectoryError::Unavailable("no LDAP server answers".to_owned()))
    }

    fn complain(&self, text: &str) {
        let mut last = self.complaint.lock().unwrap_or_else(PoisonError::into_inner);
        if last.as_ref().is_some_and(|(before, when)| before == text && when.elapsed() < SAME_COMPLAINT) {
            return;
        }
        *last = Some((text.to_owned(), Instant::now()));
        error!("{text}");
    }
}
