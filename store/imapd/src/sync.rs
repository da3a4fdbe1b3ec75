//! The sync point: where a view moves to the present and the client is told how (RFC 3501 §5.2, §5.5, §7.4.1).

use std::sync::Arc;

use imap_wire::command::Numbers;
use imap_wire::flag::SystemFlags;
use imap_wire::print;
use mailstore::{Flags, KeywordNames, Recent, Snapshot, Uid};

use crate::context::Contexts;
use crate::language::Language;
use crate::view::{Ghost, Recency, View};

/// What the client has enabled that changes how it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Dialect {
    /// MODSEQ in every FETCH response that is not asked for, and the UID with it (RFC 7162 §3.1, §3.2.4).
    pub(crate) condstore: bool,
    /// VANISHED in the place of EXPUNGE (RFC 7162 §3.2.3).
    pub(crate) qresync: bool,
    /// No sequence numbers at all: UIDFETCH and VANISHED (RFC 9586).
    pub(crate) uid_only: bool,
    /// UTF8=ACCEPT (RFC 6855).
    pub(crate) utf8: bool,
    /// IMAP4rev2 (RFC 9051): until it is enabled everything is as in IMAP4rev1.
    pub(crate) rev2: bool,
    /// What texts are written in (RFC 5255).
    pub(crate) language: Language,
}

/// Whether EXPUNGE may be sent now. It must not be while FETCH, STORE or SEARCH by sequence number is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expunges {
    Tell,
    Hold,
}

/// Which flags are told.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Told<'a> {
    /// Those that changed.
    Changed,
    /// Those that changed, and these messages' in any case (STORE). UIDs ascending.
    Also(&'a [Uid]),
    /// Those that changed to something else than the client expects (STORE .SILENT). UIDs ascending.
    Expected(&'a [(Uid, Flags)]),
    /// The same for a STORE with UNCHANGEDSINCE: each message is told of, with the MODSEQ alone where its flags are as expected; and
    /// with its flags where it was left alone (RFC 7162 §3.1.3). UIDs ascending.
    Conditional { expected: &'a [(Uid, Flags)], refused: &'a [Uid] },
    /// The same, where what was expected is told elsewhere (FETCH that sets `\Seen`).
    Answered(&'a [(Uid, Flags)]),
    /// None.
    Nothing,
}

/// How the client is told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Telling<'a> {
    pub(crate) expunges: Expunges,
    pub(crate) told: Told<'a>,
    /// UID commands have the UID in every FETCH response (RFC 3501 §6.4.8).
    pub(crate) numbers: Numbers,
    pub(crate) dialect: Dialect,
}

/// What of a message is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum News {
    /// Flags, and the MODSEQ where the client knows it.
    Flags,
    /// The MODSEQ alone.
    ModSeq,
}

impl View {
    /// Moves to `now` and writes what that means to `out`. `claimed` are the UIDs that became `\Recent` in this session.
    pub(crate) fn sync(
        &mut self,
        now: Arc<Snapshot>,
        claimed: Recent,
        telling: Telling<'_>,
        contexts: &mut Contexts,
        out: &mut Vec<u8>,
    ) {
        let unmoved = Arc::ptr_eq(&now, &self.snapshot);
        if unmoved
            && !matches!(telling.told, Told::Also(_) | Told::Conditional { .. })
            && (self.ghosts.is_empty() || telling.expunges == Expunges::Hold)
        {
            return;
        }
        let before = std::mem::replace(&mut self.snapshot, now);
        let known = before.len() + self.ghosts.len();
        if !unmoved {
            self.raise_ghosts(&before);
        }
        if self.recency == Recency::Told && claimed.first < claimed.end {
            self.recent = self.recent.iter().copied().chain([claimed]).collect();
        }
        let mut told = known;
        if telling.expunges == Expunges::Tell && !self.ghosts.is_empty() {
            contexts.expunge(&self.ghosts.iter().map(|ghost| ghost.uid).collect(), self, out);
            print_expunges(out, &self.ghosts, telling.dialect);
            told = known - self.ghosts.len();
            self.ghosts = [].into();
        }
        if !keywords_equal(before.keywords(), self.snapshot.keywords()) {
            print_flags(out, self.snapshot.keywords(), self, telling.dialect.language);
        }
        let arrived = self.len() != told;
        if arrived {
            print::count_line(out, self.len() as u64, "EXISTS");
        }
        // RFC 3501 §7.3.2: also when messages have left.
        let recent = self.recent_count();
        if self.recency == Recency::Told && (arrived || recent != self.recent_told) {
            print::count_line(out, recent as u64, "RECENT");
            self.recent_told = recent;
        }
        if self.ghosts.is_empty() {
            self.settled = self.snapshot.highest_modseq();
        }
        if !matches!(telling.told, Told::Nothing) {
            self.tell_flags(&before, telling, out);
        }
    }

    /// What was in the snapshot before and is not now, becomes a ghost; every ghost gets its index anew.
    fn raise_ghosts(&mut self, before: &Snapshot) {
        let now = self.snapshot.uids();
        let mut gone: Vec<Ghost> = self.ghosts.to_vec();
        let mut at = 0;
        for (index, uid) in before.uids().iter().enumerate() {
            if now.get(at) == Some(uid) {
                at += 1;
                continue;
            }
            // UIDs that are new and smaller than the present one cannot be: UIDs only grow.
            gone.push(Ghost { at: 0, uid: *uid, flags: before.flags()[index], modseq: before.modseqs()[index] });
        }
        gone.sort_unstable_by_key(|ghost| ghost.uid);
        for (others, ghost) in gone.iter_mut().enumerate() {
            ghost.at = now.partition_point(|uid| *uid < ghost.uid) + others;
        }
        self.ghosts = gone.into();
    }

    fn tell_flags(&self, before: &Snapshot, telling: Telling<'_>, out: &mut Vec<u8>) {
        let unmoved = std::ptr::eq(before, &*self.snapshot);
        let (uids, flags, modseqs) = (self.snapshot.uids(), self.snapshot.flags(), self.snapshot.modseqs());
        let mut ghosts = self.ghosts.iter().peekable();
        let mut old = 0;
        let mut also = match telling.told {
            Told::Also(uids) => uids.iter().peekable(),
            _ => [].iter().peekable(),
        };
        let mut expected = match telling.told {
            Told::Expected(flags) | Told::Answered(flags) | Told::Conditional { expected: flags, .. } => {
                flags.iter().peekable()
            }
            _ => [].iter().peekable(),
        };
        let mut passed = 0;
        for (index, &uid) in uids.iter().enumerate() {
            while before.uids().get(old).is_some_and(|before| *before < uid) {
                old += 1;
            }
            let mut tell = match before.uids().get(old) {
                Some(before_uid) if *before_uid == uid && !unmoved => {
                    let modseq = telling.dialect.condstore && before.modseqs()[old] != modseqs[index];
                    before.flags()[old] != flags[index] || modseq
                }
                // A new message: the client asks for its flags itself.
                _ => false,
            };
            while also.peek().is_some_and(|also| **also < uid) {
                also.next();
            }
            tell |= also.peek().is_some_and(|also| **also == uid);
            while expected.peek().is_some_and(|(expected, _)| *expected < uid) {
                expected.next();
            }
            let mut news = News::Flags;
            let refused = |refused: &[Uid]| refused.binary_search(&uid).is_ok();
            if let Some((_, wanted)) = expected.peek().filter(|(expected, _)| *expected == uid)
                && *wanted == flags[index]
            {
                // With CONDSTORE even a silent STORE tells the new MODSEQ, and nothing else (RFC 7162 §3.1.3).
                (tell, news) = match telling.told {
                    Told::Conditional { refused: left_alone, .. } if refused(left_alone) => (true, News::Flags),
                    Told::Conditional { .. } => (true, News::ModSeq),
                    Told::Answered(_) => (false, News::ModSeq),
                    _ => (tell && telling.dialect.condstore, News::ModSeq),
                };
            } else if expected.peek().is_some_and(|(expected, _)| *expected == uid) {
                tell = true;
            }
            if !tell {
                continue;
            }
            while ghosts.peek().is_some_and(|ghost| ghost.uid < uid) {
                ghosts.next();
                passed += 1;
            }
            self.print_fetch(out, index + passed, telling, news);
        }
    }

    /// `* n FETCH (UID … FLAGS (…))`, or `* uid UIDFETCH (FLAGS (…))`.
    pub(crate) fn print_fetch_flags(&self, out: &mut Vec<u8>, at: usize, telling: Telling<'_>) {
        self.print_fetch(out, at, telling, News::Flags);
    }

    fn print_fetch(&self, out: &mut Vec<u8>, at: usize, telling: Telling<'_>, news: News) {
        let Some(entry) = self.entry(at) else { return };
        open_fetch(out, at, entry.uid, telling.dialect);
        // RFC 9051 §7.5.2: a client of IMAP4rev2 is told of nothing without its UID.
        let named = telling.numbers == Numbers::Uid || telling.dialect.condstore || telling.dialect.rev2;
        if !telling.dialect.uid_only && named {
            out.extend_from_slice(b"UID ");
            print::number(out, u64::from(entry.uid));
            out.push(b' ');
        }
        if telling.dialect.condstore {
            out.extend_from_slice(b"MODSEQ (");
            print::number(out, entry.modseq);
            out.extend_from_slice(if news == News::ModSeq { b")" } else { b") " });
        }
        if news == News::Flags {
            out.extend_from_slice(b"FLAGS ");
            self.print_message_flags(out, entry.uid, entry.flags);
        }
        out.extend_from_slice(b")\r\n");
    }

    /// `(\Seen …)`
    pub(crate) fn print_message_flags(&self, out: &mut Vec<u8>, uid: Uid, flags: Flags) {
        print::flags(out, system(flags), self.is_recent(uid), self.snapshot.keywords().names(flags));
    }
}

/// `* n FETCH (`, or `* uid UIDFETCH (` (RFC 9586 §3.2).
pub(crate) fn open_fetch(out: &mut Vec<u8>, at: usize, uid: Uid, dialect: Dialect) {
    out.extend_from_slice(b"* ");
    let (number, name): (u64, &[u8]) =
        if dialect.uid_only { (u64::from(uid), b" UIDFETCH (") } else { (at as u64 + 1, b" FETCH (") };
    print::number(out, number);
    out.extend_from_slice(name);
}

fn print_expunges(out: &mut Vec<u8>, ghosts: &[Ghost], dialect: Dialect) {
    if dialect.qresync || dialect.uid_only {
        out.extend_from_slice(b"* VANISHED ");
        print::number_set(out, ghosts.iter().map(|ghost| ghost.uid));
        return out.extend_from_slice(b"\r\n");
    }
    // Each number counts after the expunges before it.
    for (gone, ghost) in ghosts.iter().enumerate() {
        print::count_line(out, (ghost.at + 1 - gone) as u64, "EXPUNGE");
    }
}

/// The store's system flags as the grammar has them.
pub(crate) fn system(flags: Flags) -> SystemFlags {
    let mut system = SystemFlags::default();
    for (store, wire) in SYSTEM {
        if flags.contains(store) {
            system |= wire;
        }
    }
    system
}

/// Which flag is which.
pub(crate) const SYSTEM: [(Flags, SystemFlags); 5] = [
    (Flags::ANSWERED, SystemFlags::ANSWERED),
    (Flags::FLAGGED, SystemFlags::FLAGGED),
    (Flags::DELETED, SystemFlags::DELETED),
    (Flags::SEEN, SystemFlags::SEEN),
    (Flags::DRAFT, SystemFlags::DRAFT),
];

fn keywords_equal(one: &Arc<KeywordNames>, other: &Arc<KeywordNames>) -> bool {
    Arc::ptr_eq(one, other) || one.iter().eq(other.iter())
}

/// `* FLAGS (…)` and what may be stored (RFC 3501 §7.2.6, §7.1 PERMANENTFLAGS; RFC 4314 §5.1.1).
pub(crate) fn print_flags(out: &mut Vec<u8>, keywords: &KeywordNames, view: &View, language: Language) {
    let system = || SystemFlags::NAMES.iter().map(|(_, name)| *name);
    out.extend_from_slice(b"* FLAGS ");
    print::list(out, system().chain(keywords.iter()));
    let permanent = view.permanent_flags();
    if permanent.is_empty() {
        out.extend_from_slice(b"\r\n* OK [PERMANENTFLAGS ()] ");
        print::text(out, &language.say("Read-only mailbox."));
        return out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"\r\n* OK [PERMANENTFLAGS ");
    let wire = self::system(permanent);
    let system = SystemFlags::NAMES.iter().filter(|(flag, _)| wire.has(*flag)).map(|(_, name)| *name);
    let may_write = permanent.contains(Flags::FLAGGED);
    let keywords_permitted = keywords.iter().filter(|_| may_write);
    // `\*`: a client may make new keywords, as long as there is room.
    let more = (may_write && keywords.iter().count() < KeywordNames::LIMIT).then_some("\\*");
    print::list(out, system.chain(keywords_permitted).chain(more));
    out.extend_from_slice(b"] ");
    print::text(out, &language.say("Flags permitted."));
    out.extend_from_slice(b"\r\n");
}
