//! SEARCH and UID SEARCH (RFC 3501 §6.4.4, RFC 4731, RFC 5182, RFC 5267 §4, RFC 7162 §3.1.5, RFC 9394 §3).

mod updates;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use imap_wire::command::Numbers;
use imap_wire::print;
use imap_wire::search::{Key, Returns, SearchArgs};
use mailstore::{Mailbox, StoreError, Uid};

pub(crate) use updates::update_contexts;
pub(super) use updates::{cancel_update, keep_up_to_date, tag_in_use};

use super::sort::{Measured, kept_column};
use crate::columns::{WORTHWHILE, What};
use crate::context::Member;
use crate::progress::Progressing;
use crate::reply::{Handled, Hangup, Reply, Status, store_failure};
use crate::search::fuzzy;
use crate::search::job::{Job, Progress};
use crate::search::program::{Charset, Node, UnknownCharset, compile, folded_subject};
use crate::session::Session;
use crate::sync::Expunges;
use crate::view::View;

/// SEARCH. The view moves to the present first, without EXPUNGE where sequence numbers are in use.
pub(super) async fn search(session: &mut Session, numbers: Numbers, args: SearchArgs) -> Handled {
    let SearchArgs { mut returns, fetch, charset, key } = args;
    if session.dialect.utf8 && charset.is_some() {
        // RFC 6855 §3.
        return Ok(Reply::bad("Strings are UTF-8, a charset cannot be named"));
    }
    if session.dialect.rev2 && returns.is_none() {
        // RFC 9051 §6.4.4: the SEARCH response is no more.
        returns = Some(Returns { all: true, ..Returns::default() });
    }
    if let Some(reply) = tag_in_use(session, returns) {
        return Ok(reply);
    }
    if returns.is_some_and(|returns| returns.relevancy) && !key.is_fuzzy() {
        return Ok(not_fuzzy());
    }
    let key = match super::filter::expanded(session, key, charset.as_deref()).await {
        Ok(key) => key,
        Err(reply) => return Ok(unsaved(session, returns, reply)),
    };
    let with_modseq = names_modseq(&key);
    let may_expunge = expunges(numbers, &key);
    let (view, found) = match find(session, numbers, &key, charset.as_deref()).await? {
        Ok(found) => found,
        Err(reply) => return Ok(unsaved(session, returns, reply)),
    };
    let scores = match scores_if(session, returns, (&key, charset.as_deref()), &view, &found).await {
        Ok(scores) => scores,
        Err(reply) => return Ok(unsaved(session, returns, reply)),
    };
    let found = Found { view: &view, numbers, found: &found, with_modseq, scores: &scores };
    save(session, returns, |returns| found.saved(returns));
    match returns {
        Some(returns) => found.print_extended(&mut session.link.out, &session.tag, returns),
        None => found.print(&mut session.link.out, "SEARCH"),
    }
    if returns.is_some_and(|returns| returns.update) {
        let uids = found.found.iter().map(|at| number(&view, Numbers::Uid, *at));
        let members = uids.map(|uid| Member { uid, values: Arc::default() }).collect();
        keep_up_to_date(session, (numbers, b""), (key, charset.as_deref()), (Vec::new(), fetch), members, &view);
    }
    finish(session, numbers, may_expunge, Reply::ok("SEARCH completed")).await
}

/// Whether a search may tell EXPUNGE: not where sequence numbers are in the answer or in the question, so not by UID SEARCH either
/// then (RFC 7162 §3.2.10.2).
pub(super) fn expunges(numbers: Numbers, key: &Key) -> Expunges {
    if numbers == Numbers::Uid && !key.names_sequence() { Expunges::Tell } else { Expunges::Hold }
}

/// Tells what has changed. Messages that are gone are not found, also when they went meanwhile: where the client still has
/// numbers of them, that is said (RFC 5530 §3).
pub(super) async fn finish(session: &mut Session, numbers: Numbers, expunges: Expunges, reply: Reply) -> Handled {
    session.sync(expunges, numbers).await?;
    let gone = session.selected.as_ref().is_some_and(|selected| !selected.view.ghosts.is_empty());
    Ok(if gone { reply.code("EXPUNGEISSUED") } else { reply })
}

/// Keeps a result as `$` where that was asked for.
pub(super) fn save(session: &mut Session, returns: Option<Returns>, saved: impl FnOnce(Returns) -> Vec<Uid>) {
    if let (Some(returns), Some(selected)) = (returns.filter(|returns| returns.save), &mut session.selected) {
        selected.view.saved = saved(returns).into();
    }
}

/// A search that fails with NO leaves nothing saved; BAD changes nothing (RFC 5182 §2.1).
pub(super) fn unsaved(session: &mut Session, returns: Option<Returns>, reply: Reply) -> Reply {
    if reply.status == Status::No {
        save(session, returns, |_| Vec::new());
    }
    reply
}

/// The messages for which a key holds, as ascending indices of the view that comes with them.
pub(super) async fn find(
    session: &mut Session,
    numbers: Numbers,
    key: &Key,
    charset: Option<&str>,
) -> Result<Result<(View, Vec<usize>), Reply>, Hangup> {
    if names_modseq(key) {
        super::select::enable_condstore(session);
    }
    if names_thread(key)
        && let Err(reply) = give_threads(session).await
    {
        return Ok(Err(reply));
    }
    session.sync(expunges(numbers, key), numbers).await?;
    let Some(selected) = &session.selected else { return Ok(Err(Reply::bad("No mailbox selected"))) };
    let program = match search_program(key, charset, &selected.view) {
        Ok(program) => program,
        Err(reply) => return Ok(Err(reply)),
    };
    let (mailbox, view) = (selected.mailbox.clone(), selected.view.clone());
    // On the pool: with a large mailbox this alone takes its time.
    let mut job = session.deps.pool.run(move || Job::new(mailbox, view, program)).await;
    let open = job.wants_subjects().to_vec();
    if open.len() >= WORTHWHILE {
        let Some(selected) = &session.selected else { return Ok(Err(Reply::bad("No mailbox selected"))) };
        let (mailbox, view) = (selected.mailbox.clone(), selected.view.clone());
        let measured = Measured {
            take: folded_subject,
            size: |text: &Option<Arc<[u8]>>| text.as_ref().map_or(0, |text| text.len() + 16),
        };
        let subjects = match kept_column(session, mailbox, (view, &open), &What::Subject, measured).await? {
            Ok((_, subjects)) => subjects,
            Err(error) => return Ok(Err(store_failure(&error))),
        };
        let taken = session.deps.pool.run(move || {
            job.take_subjects(&subjects);
            job
        });
        job = taken.await;
    }
    Ok(run_telling(session, job).await?.map_err(|error| store_failure(&error)))
}

/// Runs a search that its client waits for, and tells how far it is.
pub(super) async fn run_telling(
    session: &mut Session,
    mut job: Job,
) -> Result<Result<(View, Vec<usize>), StoreError>, Hangup> {
    let mut progress = Progressing::new();
    loop {
        let (next, more) = session
            .deps
            .pool
            .run(move || {
                let more = job.step();
                (job, more)
            })
            .await;
        match more {
            Ok(Progress::More) => job = next,
            Ok(Progress::Done) => return Ok(Ok(next.into_found())),
            Err(error) => return Ok(Err(error)),
        }
        progress.tell(session, Some(job.progress())).await?;
    }
}

/// Before threads are asked for: an account from before there were any gets them now (RFC 8474 §5.2).
pub(super) async fn give_threads(session: &mut Session) -> Result<(), Reply> {
    match session.selected.as_ref().map(|selected| selected.mailbox.clone()) {
        Some(mailbox) => give_threads_of(session, &mailbox).await,
        None => Ok(()),
    }
}

/// The same for the account of a mailbox.
pub(super) async fn give_threads_of(session: &Session, mailbox: &Mailbox) -> Result<(), Reply> {
    let mailbox = mailbox.clone();
    let given = session.deps.pool.run(move || mailbox.account().give_threads()).await;
    given.map_err(|error| store_failure(&error))
}

pub(super) fn names_thread(key: &Key) -> bool {
    match key {
        Key::ThreadId(_) => true,
        Key::Not(key) | Key::Fuzzy(key) => names_thread(key),
        Key::Or(one, other) => names_thread(one) || names_thread(other),
        Key::And(keys) => keys.iter().any(names_thread),
        _ => false,
    }
}

/// RELEVANCY needs something to be relevant to (RFC 6203 §4).
pub(super) fn not_fuzzy() -> Reply {
    Reply::bad("RELEVANCY needs a FUZZY search key")
}

/// How relevant each message found is, where that was asked for.
async fn scores_if(
    session: &Session,
    returns: Option<Returns>,
    search: (&Key, Option<&str>),
    view: &View,
    found: &[usize],
) -> Result<HashMap<usize, u8>, Reply> {
    let Some(selected) = session.selected.as_ref().filter(|_| returns.is_some_and(|returns| returns.relevancy)) else {
        return Ok(HashMap::new());
    };
    scores(session, &selected.mailbox, search, view, found).await
}

/// How relevant each message found is, by its index, 1 to 100 (RFC 6203 §4).
pub(super) async fn scores(
    session: &Session,
    mailbox: &Mailbox,
    (key, charset): (&Key, Option<&str>),
    view: &View,
    found: &[usize],
) -> Result<HashMap<usize, u8>, Reply> {
    let mut scores: HashMap<usize, u8> = found.iter().map(|at| (*at, fuzzy::SCORES[fuzzy::LOOSEST])).collect();
    let mut left: Vec<usize> = found.to_vec();
    left.sort_unstable();
    for (level, score) in fuzzy::SCORES.into_iter().enumerate().take(fuzzy::LOOSEST) {
        let program = search_program(&fuzzy::at_level(key, level), charset, view)?;
        let job = Job::among(mailbox.clone(), view.clone(), program, left.iter().copied());
        let (_, holding) = run(session, job).await.map_err(|error| store_failure(&error))?;
        scores.extend(holding.iter().map(|at| (*at, score)));
        left.retain(|at| holding.binary_search(at).is_err());
    }
    Ok(scores)
}

/// A search as it is run in a view.
pub(super) fn search_program(key: &Key, charset: Option<&str>, view: &View) -> Result<Node, Reply> {
    Charset::find(charset)
        .and_then(|charset| compile(key, &charset, view, now()))
        .map_err(|UnknownCharset| Reply::no("Charset is not supported").code(bad_charset()))
}

/// Which charsets there are (RFC 3501 §7.1).
fn bad_charset() -> String {
    format!("BADCHARSET ({})", message::charset::NAMES.join(" "))
}

/// Runs a search to its end, by turns with others.
pub(super) async fn run(session: &Session, mut job: Job) -> Result<(View, Vec<usize>), StoreError> {
    loop {
        let (next, progress) = session
            .deps
            .pool
            .run(move || {
                let progress = job.step();
                (job, progress)
            })
            .await;
        match progress {
            Ok(Progress::More) => job = next,
            Ok(Progress::Done) => return Ok(next.into_found()),
            Err(error) => return Err(error),
        }
    }
}

/// Seconds since 1970.
fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64)
}

pub(super) fn names_modseq(key: &Key) -> bool {
    match key {
        Key::ModSeq(_) => true,
        Key::Not(key) | Key::Fuzzy(key) => names_modseq(key),
        Key::Or(one, other) => names_modseq(one) || names_modseq(other),
        Key::And(keys) => keys.iter().any(names_modseq),
        _ => false,
    }
}

/// What stands for a message in an answer.
pub(super) fn number(view: &View, numbers: Numbers, at: usize) -> u32 {
    match numbers {
        Numbers::Sequence => u32::try_from(at + 1).unwrap_or(u32::MAX),
        Numbers::Uid => view.entry(at).map_or(0, |entry| entry.uid),
    }
}

/// What was found, as indices of a view in the order of the answer.
pub(super) struct Found<'a> {
    pub(super) view: &'a View,
    pub(super) numbers: Numbers,
    pub(super) found: &'a [usize],
    /// MODSEQ was searched for, so the highest is told.
    pub(super) with_modseq: bool,
    /// How relevant each message is, where that is told.
    pub(super) scores: &'a HashMap<usize, u8>,
}

impl Found<'_> {
    fn number(&self, at: usize) -> u32 {
        number(self.view, self.numbers, at)
    }

    fn highest_modseq(&self, found: &[usize]) -> Option<u64> {
        let modseqs = found.iter().filter_map(|at| self.view.entry(*at)).map(|entry| entry.modseq);
        if self.with_modseq { modseqs.max() } else { None }
    }

    /// `* SEARCH 2 3 6` or `* SORT 3 2 6`, and `(MODSEQ n)` behind it.
    pub(super) fn print(&self, out: &mut Vec<u8>, name: &str) {
        out.extend_from_slice(b"* ");
        out.extend_from_slice(name.as_bytes());
        for at in self.found {
            out.push(b' ');
            print::number(out, u64::from(self.number(*at)));
        }
        if let Some(modseq) = self.highest_modseq(self.found) {
            out.extend_from_slice(b" (MODSEQ ");
            print::number(out, modseq);
            out.push(b')');
        }
        out.extend_from_slice(b"\r\n");
    }

    /// What SAVE keeps: everything, or what MIN, MAX and PARTIAL tell where neither ALL nor COUNT is asked for (RFC 5182 §2.4,
    /// RFC 9394 §3.2).
    pub(super) fn saved(&self, returns: Returns) -> Vec<Uid> {
        let some = (returns.min || returns.max || returns.partial.is_some()) && !returns.all && !returns.count;
        let first = self.found.first().filter(|_| returns.min);
        let last = self.found.last().filter(|_| returns.max);
        let part = returns.partial.map(|range| &self.found[range.of(self.found.len())]).unwrap_or_default();
        let kept: Vec<&usize> =
            if some { first.into_iter().chain(last).chain(part).collect() } else { self.found.iter().collect() };
        let mut uids: Vec<Uid> = kept.into_iter().map(|at| number(self.view, Numbers::Uid, *at)).collect();
        uids.sort_unstable();
        uids.dedup();
        uids
    }

    /// `* ESEARCH (TAG "a") UID MIN 1 MAX 9 COUNT 3 ALL 1,4,9`
    pub(super) fn print_extended(&self, out: &mut Vec<u8>, tag: &str, returns: Returns) {
        self.print_of(out, tag, b"", returns);
    }

    /// The same with what else says which search this answers, such as ` MAILBOX name UIDVALIDITY n` (RFC 7377 §2.1).
    pub(super) fn print_of(&self, out: &mut Vec<u8>, tag: &str, correlator: &[u8], returns: Returns) {
        // RFC 5182 §2.1: SAVE alone is answered with nothing but the tagged response.
        let told = returns.min
            || returns.max
            || returns.all
            || returns.count
            || returns.relevancy
            || returns.partial.is_some();
        if returns.save && !told && !returns.update {
            return;
        }
        out.extend_from_slice(b"* ESEARCH (TAG ");
        print::string(out, tag.as_bytes());
        out.extend_from_slice(correlator);
        out.push(b')');
        if self.numbers == Numbers::Uid {
            out.extend_from_slice(b" UID");
        }
        let item = |out: &mut Vec<u8>, name: &str, number: u32| {
            out.extend_from_slice(name.as_bytes());
            print::number(out, u64::from(number));
        };
        let mut modseq_of = Vec::new();
        if let (Some(first), Some(last)) = (self.found.first(), self.found.last()) {
            if returns.min {
                item(out, " MIN ", self.number(*first));
                modseq_of.push(*first);
            }
            if returns.max {
                item(out, " MAX ", self.number(*last));
                modseq_of.push(*last);
            }
            if returns.all {
                out.extend_from_slice(b" ALL ");
                print::number_set(out, self.found.iter().map(|at| self.number(*at)));
            }
        }
        if let Some(range) = returns.partial {
            let part = &self.found[range.of(self.found.len())];
            modseq_of.extend(part);
            out.extend_from_slice(b" PARTIAL (");
            range.print(out);
            out.push(b' ');
            match part {
                [] => out.extend_from_slice(b"NIL"),
                part => print::number_set(out, part.iter().map(|at| self.number(*at))),
            }
            out.push(b')');
        }
        if returns.count {
            item(out, " COUNT ", u32::try_from(self.found.len()).unwrap_or(u32::MAX));
        }
        if returns.relevancy {
            // In the order of the messages told (RFC 6203 §4).
            let part = returns.partial.map_or(self.found, |range| &self.found[range.of(self.found.len())]);
            let scores: Vec<String> =
                part.iter().map(|at| self.scores.get(at).copied().unwrap_or(1).to_string()).collect();
            out.extend_from_slice(b" RELEVANCY ");
            print::list(out, scores.iter().map(String::as_str));
        }
        // RFC 4731 §3.2: the MODSEQ is that of the messages told; COUNT tells of all.
        let of_all = returns.all || returns.count || (returns.relevancy && returns.partial.is_none());
        let told = if of_all { self.found } else { &modseq_of };
        if let Some(modseq) = self.highest_modseq(told) {
            out.extend_from_slice(b" MODSEQ ");
            print::number(out, modseq);
        }
        out.extend_from_slice(b"\r\n");
    }
}
