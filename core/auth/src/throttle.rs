//! Delaying sign-ins after wrong passwords, for the user and address that they came from.
//!
//! Three counts are kept: of a user from an address, of an address, and of a user. The first is what delays; the other two have
//! far more room and are there for whoever tries many users from one address, or one user from many. They do not count for a user who
//! has signed in from the same address lately, so that nobody waits for somebody else's failures.
//!
//! The delay comes before a password is looked at, and passwords that are being looked at count as failures until the result is there:
//! guessing in parallel is no faster. A [`Ledger`] does the sums with the time it is told; [`Throttle`] waits.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    time::{Duration, Instant},
};

use access::ConnLimits;
use config::LoginThrottle;
use moka::sync::Cache;
use rand::random;
use sha2::{Digest, Sha256};
use tokio::sync::Notify;

/// The first delay; each failure doubles it.
const FIRST_DELAY: Duration = Duration::from_secs(1);
/// How much more an address has room for than one user from it, and a user from everywhere.
const ADDRESS_ROOM: f64 = 10.0;
const USER_ROOM: f64 = 30.0;
/// Less room than this is none: what the seconds between failures have made the count forget gives nobody another free one.
const LAST_PLACE: f64 = 0.5;
/// Passwords that are looked at together, for a user who signed in from there before and has not failed since.
const AT_ONCE: u32 = 50;
/// Sign-ins of a user from an address, and of an address, that wait; more are refused.
const WAITING: [u32; 3] = [32, 1000, 1000];
/// How long a sign-in is remembered as one from a familiar address.
const FAMILIAR: Duration = Duration::from_secs(24 * 3600);

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The password was right.
    Right,
    /// The password was wrong, or there is no such user.
    Wrong,
    /// Nobody knows.
    Unknown,
}

/// What an attempt is to do.
#[derive(Debug)]
pub enum Answer {
    /// Go on; the ticket takes the outcome.
    Go(Ticket),
    /// Ask again at this time, or when something has changed.
    Wait(Instant),
    /// Too many are waiting already.
    Refuse,
}

/// The counts. Memory is bounded by the number of entries; the least used ones go.
#[derive(Clone)]
pub struct Ledger {
    settings: Arc<LoginThrottle>,
    secret: [u8; 16],
    entries: Cache<[u8; 16], Arc<Entry>>,
}

#[derive(Debug, Default)]
struct Entry {
    count: Mutex<Count>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Count {
    /// Failures, of which half are forgotten in a half-life.
    level: f64,
    counted: Option<Instant>,
    /// Before that nothing is looked at.
    next: Option<Instant>,
    /// Passwords that are being looked at.
    running: u32,
    waiting: u32,
    /// The last right password.
    right: Option<Instant>,
}

impl Entry {
    fn count(&self) -> MutexGuard<'_, Count> {
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Count {
    fn forget(&mut self, now: Instant, half_life: Duration) {
        if let Some(counted) = self.counted {
            let lives = now.saturating_duration_since(counted).as_secs_f64() / half_life.as_secs_f64().max(1.0);
            self.level *= 0.5_f64.powf(lives);
        }
        self.counted = Some(now);
    }
}

/// Leave to look at a password. Dropped without an outcome it counts for nothing.
#[derive(Debug)]
pub struct Ticket {
    entries: Vec<(Arc<Entry>, f64)>,
    settings: Arc<LoginThrottle>,
    settled: bool,
}

impl Ticket {
    /// Takes the outcome.
    pub fn settle(mut self, outcome: Outcome, now: Instant) {
        self.settled = true;
        for (at, (entry, room)) in self.entries.iter().enumerate() {
            let mut count = entry.count();
            count.running = count.running.saturating_sub(1);
            count.forget(now, self.settings.half_life);
            match outcome {
                // A right password clears that user's failures from that address; whoever has an account of his own cannot clear others.
                Outcome::Right if at == 0 => {
                    (count.level, count.next, count.right) = (0.0, None, Some(now));
                }
                Outcome::Right | Outcome::Unknown => {}
                Outcome::Wrong => {
                    count.level += 1.0;
                    if *room - count.level < LAST_PLACE {
                        count.next = Some(now + delay(count.level - room, self.settings.max_delay));
                    }
                }
            }
            drop(count);
            entry.changed.notify_waiters();
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.settled {
            for (entry, _) in &self.entries {
                let mut count = entry.count();
                count.running = count.running.saturating_sub(1);
                drop(count);
                entry.changed.notify_waiters();
            }
        }
    }
}

fn delay(beyond: f64, longest: Duration) -> Duration {
    // 2^16 seconds are longer than any setting.
    FIRST_DELAY.mul_f64(beyond.round().clamp(0.0, 16.0).exp2()).min(longest)
}

/// Somebody who tries to sign in, with the counts that matter.
pub struct Attempt {
    entries: [Arc<Entry>; 3],
    /// Counted among the waiting.
    waits: bool,
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if self.waits {
            for entry in &self.entries {
                let mut count = entry.count();
                count.waiting = count.waiting.saturating_sub(1);
            }
        }
    }
}

impl Ledger {
    /// An empty one.
    pub fn new(settings: LoginThrottle) -> Self {
        let entries = Cache::builder().max_capacity(settings.size as u64).time_to_idle(FAMILIAR).build();
        Self { settings: Arc::new(settings), secret: random(), entries }
    }

    /// The same counts under other settings.
    pub fn with_settings(&self, settings: LoginThrottle) -> Self {
        if settings.size == self.settings.size {
            Self { settings: Arc::new(settings), ..self.clone() }
        } else {
            Self::new(settings)
        }
    }

    /// Somebody wants to sign in as `user` (a login name in its canonical form) from `address`.
    pub fn attempt(&self, user: &str, address: IpAddr) -> Attempt {
        // An IPv6 site has at least a /64 for itself.
        let address = ConnLimits::counted(address).to_string();
        let entries =
            [self.entry(&["both", user, &address]), self.entry(&["address", &address]), self.entry(&["user", user])];
        Attempt { entries, waits: false }
    }

    /// User names are kept as keyed hashes: this table holds no list of who tries what.
    fn entry(&self, parts: &[&str]) -> Arc<Entry> {
        let mut hash = Sha256::new();
        hash.update(self.secret);
        for part in parts {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        let mut key = [0; 16];
        key.copy_from_slice(&hash.finalize()[..16]);
        self.entries.get_with(key, Arc::default)
    }

    /// What `attempt` is to do at the time `now`.
    pub fn ask(&self, attempt: &mut Attempt, now: Instant) -> Answer {
        let free = f64::from(self.settings.free);
        let rooms = [free, free * ADDRESS_ROOM, free * USER_ROOM];
        // All three are held together, always in this order, so that two attempts cannot both take the last place.
        let mut counts: Vec<MutexGuard<'_, Count>> = attempt.entries.iter().map(|entry| entry.count()).collect();
        for count in &mut counts {
            count.forget(now, self.settings.half_life);
        }
        let familiar = counts[0].right.is_some_and(|right| now.saturating_duration_since(right) < FAMILIAR);
        let relevant = if familiar { 1 } else { 3 };
        let mut wait = None;
        for (at, count) in counts.iter().enumerate().take(relevant) {
            let unused = rooms[at] - count.level;
            let later = if at == 0 && familiar && count.level < 1.0 {
                // Several programs of one person begin together.
                (count.running >= AT_ONCE).then_some(now + self.settings.max_delay)
            } else if unused >= LAST_PLACE {
                (f64::from(count.running) >= unused.round()).then_some(now + self.settings.max_delay)
            } else if count.running > 0 {
                Some(now + self.settings.max_delay)
            } else {
                count.next.filter(|next| *next > now)
            };
            wait = wait.max(later);
        }
        if let Some(until) = wait {
            if !attempt.waits {
                if counts.iter().zip(WAITING).take(relevant).any(|(count, most)| count.waiting >= most) {
                    return Answer::Refuse;
                }
                counts.iter_mut().for_each(|count| count.waiting += 1);
                drop(counts);
                attempt.waits = true;
            }
            return Answer::Wait(until);
        }
        counts.iter_mut().for_each(|count| count.running += 1);
        drop(counts);
        let entries = attempt.entries.iter().cloned().zip(rooms).collect();
        Answer::Go(Ticket { entries, settings: Arc::clone(&self.settings), settled: false })
    }
}

/// The throttle of a process; off until it has settings.
#[derive(Default)]
pub(crate) struct Throttle(RwLock<Option<Ledger>>);

impl Throttle {
    pub(crate) fn set(&self, settings: LoginThrottle) {
        let mut ledger = self.0.write().unwrap_or_else(PoisonError::into_inner);
        *ledger = Some(match &*ledger {
            Some(ledger) => ledger.with_settings(settings),
            None => Ledger::new(settings),
        });
    }

    /// Waits for the turn of a sign-in, as a task that holds no thread. `Ok(None)` where nothing is delayed; `Err` when it would wait
    /// too long.
    pub(crate) async fn turn(
        &self,
        user: &str,
        address: Option<IpAddr>,
        service: &'static str,
    ) -> Result<Option<Ticket>, ()> {
        let Some(address) = address else { return Ok(None) };
        let Some(ledger) = self.0.read().unwrap_or_else(PoisonError::into_inner).clone() else { return Ok(None) };
        if !ledger.settings.enable || ledger.settings.exempt.contains(address) {
            return Ok(None);
        }
        let mut attempt = ledger.attempt(user, address);
        // Twice the longest delay: once for those before it, once for itself.
        let latest = Instant::now() + 2 * ledger.settings.max_delay;
        match ledger.ask(&mut attempt, Instant::now()) {
            Answer::Go(ticket) => return Ok(Some(ticket)),
            Answer::Refuse => return Err(()),
            Answer::Wait(_) => meters::throttled(service),
        }
        loop {
            let entries = attempt.entries.clone();
            let changed = entries.each_ref().map(|entry| entry.changed.notified());
            let [mut first, mut second, mut third] = changed.map(Box::pin);
            // Registered before the question, so that no change between the two is missed.
            for changed in [&mut first, &mut second, &mut third] {
                changed.as_mut().enable();
            }
            match ledger.ask(&mut attempt, Instant::now()) {
                Answer::Go(ticket) => return Ok(Some(ticket)),
                Answer::Refuse => return Err(()),
                Answer::Wait(_) if Instant::now() >= latest => return Err(()),
                Answer::Wait(until) => {
                    let until = tokio::time::Instant::from_std(until.min(latest));
                    tokio::select! {
                        () = tokio::time::sleep_until(until) => {}
                        () = first => {}
                        () = second => {}
                        () = third => {}
                    }
                }
            }
        }
    }
}
