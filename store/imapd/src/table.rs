//! The command table: in which states a command may run, and what it may do to sequence numbers (RFC 3501 §3, §5.5, §7.4.1).

use imap_wire::Command;
use imap_wire::command::Numbers;

/// The states in which a command is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Allowed {
    /// In every state.
    Always,
    /// Before signing in only.
    NotAuthenticated,
    /// After signing in, with a mailbox selected or not.
    Authenticated,
    /// With a mailbox selected.
    Selected,
}

/// What is told at the end of a command about the selected mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tells {
    /// Everything, EXPUNGE too: sequence numbers may change.
    All,
    /// Nothing: the command does it itself (FETCH by sequence number, STORE and SEARCH, which may have to hold EXPUNGE back), or
    /// leaves the mailbox.
    Nothing,
}

/// One row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) allowed: Allowed,
    pub(crate) tells: Tells,
    /// UID commands have the UID in every FETCH response that they cause.
    pub(crate) numbers: Numbers,
}

/// Whether a command says or is answered with sequence numbers, which a client that has enabled UIDONLY gave up (RFC 9586 §3).
pub(crate) fn needs_sequence_numbers(command: &Command) -> bool {
    use Command as C;
    match command {
        C::Fetch(Numbers::Sequence, _)
        | C::Store(Numbers::Sequence, _)
        | C::Copy(Numbers::Sequence, ..)
        | C::Move(Numbers::Sequence, ..)
        | C::Search(Numbers::Sequence, _)
        | C::Sort(Numbers::Sequence, _)
        | C::Thread(Numbers::Sequence, _) => true,
        C::Search(Numbers::Uid, args) => args.key.names_sequence(),
        C::Sort(Numbers::Uid, args) => args.key.names_sequence(),
        C::Thread(Numbers::Uid, args) => args.key.names_sequence(),
        C::Esearch(args) => args.search.key.names_sequence(),
        C::Select(args) | C::Examine(args) => args.qresync.as_ref().is_some_and(|known| known.matches.is_some()),
        _ => false,
    }
}

/// The row of a command.
pub(crate) fn rule(command: &Command) -> Rule {
    use Allowed::{Always, Authenticated, NotAuthenticated, Selected};
    use Command as C;
    use Tells::{All, Nothing};

    let row = |allowed, tells| Rule { allowed, tells, numbers: Numbers::Sequence };
    let numbered = |numbers, by_sequence| Rule {
        allowed: Selected,
        tells: if numbers == Numbers::Uid { All } else { by_sequence },
        numbers,
    };
    match command {
        C::Capability | C::Id(_) | C::Language(_) => row(Always, Nothing),
        C::Noop => row(Always, All),
        C::Logout => row(Always, Nothing),
        C::StartTls | C::Authenticate(..) | C::Login(..) => row(NotAuthenticated, Nothing),
        C::Comparator(_) | C::GenUrlAuth(_) | C::ResetKey(_) | C::UrlFetch(_) => row(Authenticated, Nothing),
        C::Compress(_) | C::ProxyAuth(_) | C::Enable(_) | C::Namespace | C::Unauthenticate => {
            row(Authenticated, Nothing)
        }
        C::GetQuota(_) | C::GetQuotaRoot(_) | C::SetQuota(..) => row(Authenticated, All),
        C::Select(_) | C::Examine(_) => row(Authenticated, Nothing),
        C::Create(..) | C::Delete(_) | C::Rename(..) | C::Subscribe(_) | C::Unsubscribe(_) => row(Authenticated, All),
        C::List(_) | C::Lsub(..) | C::Status(..) => row(Authenticated, All),
        C::GetMetadata(_) | C::SetMetadata(_) => row(Authenticated, All),
        C::GetAnnotation(_) | C::SetAnnotation(_) => row(Authenticated, All),
        C::Netscape | C::XServerInfo(_) | C::XMailboxInfo(..) => row(Authenticated, All),
        C::Notify(_) => row(Authenticated, All),
        C::SetAcl(..) | C::DeleteAcl(..) | C::GetAcl(_) | C::ListRights(..) | C::MyRights(_) => row(Authenticated, All),
        // Tells by itself, and needs a selected mailbox for some sources only.
        C::Esearch(_) => Rule { numbers: Numbers::Uid, ..row(Authenticated, Nothing) },
        C::Idle => row(Authenticated, Nothing),
        C::Check | C::CancelUpdate(_) => row(Selected, All),
        C::UidBatches(_) => numbered(Numbers::Uid, All),
        C::Close | C::Unselect => row(Selected, Nothing),
        C::Expunge(None) => row(Selected, All),
        C::Expunge(Some(_)) => numbered(Numbers::Uid, All),
        C::Fetch(numbers, _) => numbered(*numbers, Nothing),
        // Searches tell by themselves: they know whether sequence numbers are asked for.
        C::Search(numbers, _) | C::Sort(numbers, _) | C::Thread(numbers, _) => {
            Rule { tells: Nothing, ..numbered(*numbers, Nothing) }
        }
        // STORE tells by itself: it knows what its client expects.
        C::Store(numbers, _) => Rule { tells: Nothing, ..numbered(*numbers, Nothing) },
        C::Copy(numbers, ..) | C::Move(numbers, ..) => numbered(*numbers, All),
    }
}
