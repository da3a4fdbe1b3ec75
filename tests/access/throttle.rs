//! The sums of the login throttle, with a clock of the test's own.

use std::time::{Duration, Instant};

use auth::{Answer, Ledger, Outcome};
use config::LoginThrottle;

const HOME: &str = "192.0.2.1";
const AWAY: &str = "198.51.100.7";

fn ledger() -> Ledger {
    Ledger::new(LoginThrottle {
        enable: true,
        free: 3,
        max_delay: Duration::from_secs(15),
        half_life: Duration::from_secs(120),
        size: 10_000,
        exempt: "".parse().unwrap(),
    })
}

/// Seconds until the attempt may go on; `None` when it may at once, and then it ends with `outcome`.
fn attempt(ledger: &Ledger, user: &str, address: &str, now: Instant, outcome: Outcome) -> Option<u64> {
    let mut attempt = ledger.attempt(user, address.parse().unwrap());
    match ledger.ask(&mut attempt, now) {
        Answer::Go(ticket) => {
            ticket.settle(outcome, now);
            None
        }
        Answer::Wait(until) => Some(until.duration_since(now).as_secs()),
        Answer::Refuse => panic!("refused"),
    }
}

#[test]
fn delays_double_after_the_free_failures_up_to_the_longest() {
    let ledger = ledger();
    let mut now = Instant::now();
    let mut delays = Vec::new();
    for _ in 0..10 {
        if let Some(seconds) = attempt(&ledger, "alice@x", HOME, now, Outcome::Wrong) {
            delays.push(seconds);
            now += Duration::from_secs(seconds);
            assert_eq!(attempt(&ledger, "alice@x", HOME, now, Outcome::Wrong), None);
        }
    }
    assert_eq!(delays, [1, 2, 4, 8, 15, 15, 15]);
}

#[test]
fn the_fourth_attempt_waits_also_when_seconds_lie_between() {
    let ledger = ledger();
    let mut now = Instant::now();
    for _ in 0..3 {
        assert_eq!(attempt(&ledger, "alice@x", HOME, now, Outcome::Wrong), None);
        now += Duration::from_millis(600);
    }
    // The delay counts from the failure.
    assert_eq!(attempt(&ledger, "alice@x", HOME, now, Outcome::Wrong), Some(0));
    now += Duration::from_millis(400);
    assert_eq!(attempt(&ledger, "alice@x", HOME, now, Outcome::Wrong), None);
    now += Duration::from_millis(500);
    assert_eq!(attempt(&ledger, "alice@x", HOME, now, Outcome::Wrong), Some(1));
}

#[test]
fn nobody_waits_for_anothers_failures_and_a_user_not_for_those_from_elsewhere() {
    let ledger = ledger();
    let now = Instant::now();
    for _ in 0..3 {
        assert_eq!(attempt(&ledger, "alice@x", AWAY, now, Outcome::Wrong), None);
    }
    assert_eq!(attempt(&ledger, "alice@x", AWAY, now, Outcome::Wrong), Some(1));
    assert_eq!(attempt(&ledger, "bob@x", AWAY, now, Outcome::Right), None);
    assert_eq!(attempt(&ledger, "alice@x", HOME, now, Outcome::Right), None);
}

#[test]
fn a_right_password_forgets_all_and_time_forgets_by_halves() {
    let ledger = ledger();
    let mut now = Instant::now();
    for _ in 0..3 {
        attempt(&ledger, "alice@x", HOME, now, Outcome::Wrong);
    }
    now += Duration::from_secs(1);
    assert_eq!(attempt(&ledger, "alice@x", HOME, now, Outcome::Right), None);
    for _ in 0..3 {
        assert_eq!(attempt(&ledger, "alice@x", HOME, now, Outcome::Wrong), None);
    }
    assert_eq!(attempt(&ledger, "alice@x", HOME, now, Outcome::Wrong), Some(1));
    // Half of the three are left: that is room for two.
    now += Duration::from_secs(120);
    assert_eq!(attempt(&ledger, "alice@x", HOME, now, Outcome::Wrong), None);
    assert_eq!(attempt(&ledger, "alice@x", HOME, now, Outcome::Wrong), None);
    assert!(attempt(&ledger, "alice@x", HOME, now, Outcome::Wrong).is_some());
}

#[test]
fn guessing_in_parallel_is_no_faster() {
    let ledger = ledger();
    let now = Instant::now();
    let mut attempts: Vec<_> = (0..20).map(|_| ledger.attempt("alice@x", HOME.parse().unwrap())).collect();
    let mut tickets = Vec::new();
    for attempt in &mut attempts {
        match ledger.ask(attempt, now) {
            Answer::Go(ticket) => tickets.push(ticket),
            Answer::Wait(_) => {}
            Answer::Refuse => panic!("refused"),
        }
    }
    assert_eq!(tickets.len(), 3, "as many as are free");
    tickets.into_iter().for_each(|ticket| ticket.settle(Outcome::Wrong, now));
    let going = |attempts: &mut Vec<auth::Attempt>, now: Instant| -> Vec<auth::Ticket> {
        attempts
            .iter_mut()
            .filter_map(|attempt| match ledger.ask(attempt, now) {
                Answer::Go(ticket) => Some(ticket),
                _ => None,
            })
            .collect()
    };
    let mut waiting: Vec<_> = attempts.drain(3..).collect();
    assert!(going(&mut waiting, now).is_empty());
    let later = now + Duration::from_secs(1);
    let one = going(&mut waiting, later);
    assert_eq!(one.len(), 1, "after the delay it is one at a time");
    drop(one);
}

#[test]
fn who_has_signed_in_from_there_before_may_begin_with_several_programs_at_once() {
    let ledger = ledger();
    let now = Instant::now();
    attempt(&ledger, "alice@x", HOME, now, Outcome::Right);
    let mut attempts: Vec<_> = (0..20).map(|_| ledger.attempt("alice@x", HOME.parse().unwrap())).collect();
    let answers: Vec<_> = attempts.iter_mut().map(|attempt| ledger.ask(attempt, now)).collect();
    let tickets: Vec<_> = answers.iter().filter(|answer| matches!(answer, Answer::Go(_))).collect();
    assert_eq!(tickets.len(), 20);
}

#[test]
fn many_users_from_one_address_and_one_user_from_many_are_slowed_but_not_who_is_familiar_there() {
    let ledger = ledger();
    let now = Instant::now();
    attempt(&ledger, "bob@x", AWAY, now, Outcome::Right);
    let free = (0..1000).take_while(|n| attempt(&ledger, &format!("user{n}@x"), AWAY, now, Outcome::Wrong).is_none());
    assert_eq!(free.count(), 30);
    assert_eq!(attempt(&ledger, "bob@x", AWAY, now, Outcome::Right), None);
    // Signing in to an account of one's own does not clear the address.
    assert!(attempt(&ledger, "user999@x", AWAY, now, Outcome::Wrong).is_some());

    attempt(&ledger, "carol@x", HOME, now, Outcome::Right);
    let from = |n: u32| format!("203.0.{}.{}", n / 250, n % 250);
    let free = (0..1000).take_while(|n| attempt(&ledger, "carol@x", &from(*n), now, Outcome::Wrong).is_none());
    assert_eq!(free.count(), 90);
    assert_eq!(attempt(&ledger, "carol@x", HOME, now, Outcome::Right), None);
}

#[test]
fn an_ipv6_site_is_one_address() {
    let ledger = ledger();
    let now = Instant::now();
    for n in 1..=3 {
        assert_eq!(attempt(&ledger, "alice@x", &format!("2001:db8::{n}"), now, Outcome::Wrong), None);
    }
    assert_eq!(attempt(&ledger, "alice@x", "2001:db8::9", now, Outcome::Wrong), Some(1));
    assert_eq!(attempt(&ledger, "alice@x", "2001:db8:0:1::9", now, Outcome::Right), None);
}

#[test]
fn a_crowd_that_waits_for_one_users_password_is_refused() {
    let ledger = ledger();
    let now = Instant::now();
    for _ in 0..3 {
        attempt(&ledger, "alice@x", HOME, now, Outcome::Wrong);
    }
    let mut attempts: Vec<_> = (0..100).map(|_| ledger.attempt("alice@x", HOME.parse().unwrap())).collect();
    let answers: Vec<_> = attempts.iter_mut().map(|attempt| ledger.ask(attempt, now)).collect();
    let refused = answers.iter().filter(|answer| matches!(answer, Answer::Refuse)).count();
    assert_eq!(refused, 100 - 32);
    drop(attempts);
    let mut another = ledger.attempt("alice@x", HOME.parse().unwrap());
    assert!(matches!(ledger.ask(&mut another, now), Answer::Wait(_)), "who has left waits no more");
}
