//! The sessions of this process: who is connected, since when, and the way to end one (`imsconnutil`).
//!
//! A session's task knows its own entry, so that a daemon says who has signed in without carrying it around, and the
//! [`Drain`](crate::Drain) that it waits on already is also told when this one session is to end.

use std::{
    collections::HashMap,
    future::Future,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::SystemTime,
};

use meters::OpenSession;
use tokio::sync::Notify;

use crate::last_access::LastAccess;

tokio::task_local! {
    static CURRENT: Arc<Session>;
}

/// One session.
#[derive(Debug)]
pub struct Session {
    id: u64,
    service: &'static str,
    peer: Mutex<SocketAddr>,
    began: SystemTime,
    user: Mutex<Option<Box<str>>>,
    ended: AtomicBool,
    ending: Notify,
    last_access: Option<LastAccess>,
    attendance: Option<Arc<dyn Attendance>>,
}

/// Is told of every sign-in and of its end. Must be quick.
pub trait Attendance: Send + Sync + std::fmt::Debug {
    /// `user` has signed in.
    fn came(&self, session: &Session, user: &str);
    /// `user` has signed out, or is cut off.
    fn went(&self, session: &Session, user: &str);
}

impl Session {
    /// The service, as in `service.<name>.port`.
    pub fn service(&self) -> &'static str {
        self.service
    }

    /// The client's address: as a trusted proxy told it, else that of the other end.
    pub fn peer(&self) -> SocketAddr {
        *lock(&self.peer)
    }

    /// A trusted proxy has told whose connection it is.
    pub(crate) fn set_peer(&self, peer: SocketAddr) {
        *lock(&self.peer) = peer;
    }

    /// When it began.
    pub fn began(&self) -> SystemTime {
        self.began
    }

    /// Who has signed in.
    pub fn user(&self) -> Option<String> {
        lock(&self.user).as_deref().map(str::to_owned)
    }

    /// Somebody has signed in, or out again.
    pub fn set_user(&self, user: Option<&str>) {
        let before = std::mem::replace(&mut *lock(&self.user), user.map(Box::from));
        if let (Some(last_access), Some(user)) = (&self.last_access, user.or(before.as_deref())) {
            last_access.note(self.service, user);
        }
        let Some(attendance) = self.attendance.as_deref().filter(|_| before.as_deref() != user) else { return };
        if let Some(user) = before {
            attendance.went(self, &user);
        }
        if let Some(user) = user {
            attendance.came(self, user);
        }
    }

    /// Asks the session to end; it does at its next pause.
    pub fn end(&self) {
        self.ended.store(true, Ordering::Release);
        self.ending.notify_waiters();
    }

    /// Whether it was asked to.
    pub fn is_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// Returns once it is asked to. Cancel-safe.
    pub async fn ended(&self) {
        let notified = self.ending.notified();
        tokio::pin!(notified);
        // Listening begins before the look, so that no call falls between the two.
        notified.as_mut().enable();
        if !self.is_ended() {
            notified.await;
        }
    }
}

/// Sessions that are not this process's alone: a list that every process which shares them tells whole.
pub trait Elsewhere: Send + Sync + std::fmt::Debug {
    /// Those who have signed in. Blocks.
    fn list(&self) -> Vec<Seen>;

    /// Ends the sessions of `users`, and says how many this call has ended. Blocks.
    fn disconnect(&self, users: &[String]) -> usize;
}

/// A shared session, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The service.
    pub service: &'static str,
    /// The same in every process's list.
    pub id: String,
    /// Who has signed in.
    pub user: String,
    /// The client.
    pub peer: SocketAddr,
    /// Since when, in seconds since 1970.
    pub since: u64,
}

/// What has happened to a shared session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attended {
    /// Its user has signed in.
    Came,
    /// It is over.
    Went,
}

/// All sessions of this process. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Sessions {
    elsewhere: Arc<OnceLock<Arc<dyn Elsewhere>>>,
    table: Arc<Mutex<HashMap<u64, Arc<Session>>>>,
    next: Arc<AtomicU64>,
    last_access: Option<LastAccess>,
    attendance: Option<Arc<dyn Attendance>>,
}

/// A session in the list; dropping it takes it out.
#[derive(Debug)]
pub struct Listed {
    session: Arc<Session>,
    sessions: Sessions,
    #[allow(dead_code)] // Counts by being there.
    open: Option<OpenSession>,
}

impl Sessions {
    /// An empty list that notes when users come and go in `last_access`, if that is wanted.
    pub fn new(last_access: Option<LastAccess>) -> Self {
        Self { last_access, ..Self::default() }
    }

    /// The same list, that also tells `attendance`; for sessions from now on.
    #[must_use]
    pub fn telling(mut self, attendance: Option<Arc<dyn Attendance>>) -> Self {
        self.attendance = attendance;
        self
    }

    /// A connection of `service` began.
    pub fn connected(&self, service: &'static str, peer: SocketAddr) -> Listed {
        let mut listed = self.listed(service, peer);
        listed.open = Some(meters::connected(service));
        listed
    }

    /// Adds sessions that processes share. The first to be added stay.
    pub fn share(&self, elsewhere: Arc<dyn Elsewhere>) {
        // There is one such service.
        let _ = self.elsewhere.set(elsewhere);
    }

    /// The sessions that processes share.
    pub fn elsewhere(&self) -> Option<Arc<dyn Elsewhere>> {
        self.elsewhere.get().cloned()
    }

    /// Notes that somebody came to a shared session, or that it is over.
    pub fn attended(&self, service: &'static str, peer: SocketAddr, user: &str, what: Attended) {
        let session = self.session(service, peer);
        match what {
            Attended::Came => session.set_user(Some(user)),
            Attended::Went => {
                *lock(&session.user) = Some(Box::from(user));
                session.set_user(None);
            }
        }
    }

    /// A session began that is not one connection, such as that of a browser.
    pub fn listed(&self, service: &'static str, peer: SocketAddr) -> Listed {
        let session = Arc::new(self.session(service, peer));
        lock(&self.table).insert(session.id, Arc::clone(&session));
        Listed { session, sessions: self.clone(), open: None }
    }

    fn session(&self, service: &'static str, peer: SocketAddr) -> Session {
        Session {
            id: self.next.fetch_add(1, Ordering::Relaxed),
            service,
            peer: Mutex::new(peer),
            began: SystemTime::now(),
            user: Mutex::new(None),
            ended: AtomicBool::new(false),
            ending: Notify::new(),
            last_access: self.last_access.clone(),
            attendance: self.attendance.clone(),
        }
    }

    /// Those who have signed in.
    pub fn signed_in(&self) -> Vec<Arc<Session>> {
        lock(&self.table).values().filter(|session| lock(&session.user).is_some()).cloned().collect()
    }

    /// Ends the sessions of `users`, and says how many.
    pub fn disconnect(&self, users: &[String]) -> usize {
        let theirs: Vec<Arc<Session>> = self
            .signed_in()
            .into_iter()
            .filter(|session| session.user().is_some_and(|user| users.contains(&user)))
            .collect();
        for session in &theirs {
            tracing::info!(
                category = "Account",
                service = session.service,
                "disconnected by an administrator: [{}] {}",
                session.peer(),
                logs::Quoted(&session.user().unwrap_or_default())
            );
            session.end();
        }
        theirs.len()
    }
}

impl Listed {
    /// The session.
    pub fn session(&self) -> &Arc<Session> {
        &self.session
    }

    /// Runs `work` as this session, and takes it out of the list at the end.
    pub fn run<F: Future>(self, work: F) -> impl Future<Output = F::Output> {
        let session = Arc::clone(&self.session);
        CURRENT.scope(session, async move {
            let output = work.await;
            drop(self);
            output
        })
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        if self.session.user().is_some() {
            self.session.set_user(None);
        }
        lock(&self.sessions.table).remove(&self.session.id);
        // Whoever waits for its end need not wait any longer.
        self.session.end();
    }
}

/// The session of this task, if it runs one.
pub fn current() -> Option<Arc<Session>> {
    CURRENT.try_with(Arc::clone).ok()
}

/// Says who has signed in, or out, in the session of this task.
pub fn signed_in(user: Option<&str>) {
    // Work outside of a session, such as a tool's, has nobody to say it to.
    let _ = CURRENT.try_with(|session| session.set_user(user));
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is behind these locks is whole at every step.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
