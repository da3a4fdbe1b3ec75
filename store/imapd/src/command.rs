//! The commands, a file per group; this is the way from a parsed command to its handler.

mod acl;
mod annotation;
pub(crate) mod append;
pub(crate) mod capability;
pub(crate) mod certificate;
mod comparator;
mod compress;
mod connection;
mod copy;
mod esearch;
mod expunge;
mod fetch;
mod filter;
mod idle;
mod language;
mod list;
mod mailboxes;
mod metadata;
mod netscape;
pub(crate) mod notify;
mod quota;
mod search;
mod select;
pub(crate) mod sign_in;
mod sort;
mod status;
mod store;
mod uidbatches;
mod urlauth;

use std::pin::Pin;

pub(crate) use esearch::{Known as KnownOf, names as names_mailbox};
use imap_wire::Command;
pub(crate) use search::update_contexts;
pub(crate) use select::leave;
pub(crate) use status::print_counters;

use crate::reply::Handled;
use crate::session::Session;
use crate::view::Access;

/// A command that runs.
pub(crate) type Running<'s> = Pin<Box<dyn Future<Output = Handled> + Send + 's>>;

/// Runs a command that its row in the table allows now.
pub(crate) fn run(session: &mut Session, command: Command) -> Running<'_> {
    match command {
        // It waits for hours: by itself, it does not hold the room that the largest of the others needs.
        Command::Idle => Box::pin(idle::idle(session)),
        command => Box::pin(handle(session, command)),
    }
}

async fn handle(session: &mut Session, command: Command) -> Handled {
    match command {
        Command::Capability => connection::capability(session),
        Command::Noop => connection::noop(),
        Command::Logout => connection::logout(session),
        Command::StartTls => connection::start_tls(session).await,
        Command::Comparator(wishes) => comparator::comparator(session, &wishes),
        Command::Language(ranges) => language::language(session, &ranges),
        Command::Netscape => netscape::netscape(session),
        Command::XServerInfo(wanted) => netscape::server_info(session, &wanted),
        Command::XMailboxInfo(name, wanted) => netscape::mailbox_info(session, &name, &wanted).await,
        Command::GetAnnotation(args) => annotation::get(session, args).await,
        Command::SetAnnotation(args) => annotation::set(session, args).await,
        Command::GenUrlAuth(rumps) => urlauth::generate(session, rumps).await,
        Command::ResetKey(which) => urlauth::reset(session, which).await,
        Command::UrlFetch(urls) => urlauth::fetch(session, urls).await,
        Command::Compress(mechanism) => compress::compress(session, &mechanism).await,
        Command::Id(fields) => connection::id(session, &fields),
        Command::Enable(names) => connection::enable(session, &names),
        Command::Unauthenticate => sign_in::unauthenticate(session).await,
        Command::GetQuota(root) => quota::get_quota(session, &root).await,
        Command::GetQuotaRoot(name) => quota::get_quota_root(session, &name).await,
        Command::SetQuota(root, limits) => quota::set_quota(session, &root, limits).await,
        Command::Notify(args) => notify::notify(session, args).await,
        Command::SetAcl(name, identifier, change) => acl::set(session, &name, &identifier, change).await,
        Command::DeleteAcl(name, identifier) => acl::delete(session, &name, &identifier).await,
        Command::GetAcl(name) => acl::get(session, &name).await,
        Command::ListRights(name, identifier) => acl::list(session, &name, &identifier).await,
        Command::MyRights(name) => acl::mine(session, &name).await,
        Command::Namespace => language::namespace(session),
        Command::Login(user, password) => sign_in::login(session, &user, &password).await,
        Command::Authenticate(mechanism, initial) => sign_in::authenticate(session, &mechanism, initial).await,
        Command::ProxyAuth(user) => sign_in::proxy_auth(session, &user).await,
        Command::Select(args) => select::select(session, args, Access::ReadWrite).await,
        Command::Examine(args) => select::select(session, args, Access::ReadOnly).await,
        Command::Close => select::close(session).await,
        Command::Unselect => select::unselect(session),
        Command::Create(name, uses) => mailboxes::create(session, name, uses).await,
        Command::Delete(name) => mailboxes::delete(session, &name).await,
        Command::Rename(from, to) => mailboxes::rename(session, &from, &to).await,
        Command::Subscribe(name) => mailboxes::subscribe(session, &name).await,
        Command::Unsubscribe(name) => mailboxes::unsubscribe(session, &name).await,
        Command::List(args) => list::list(session, args).await,
        Command::Lsub(reference, pattern) => list::lsub(session, &reference, &pattern).await,
        Command::Status(name, items) => status::status(session, &name, items).await,
        Command::Idle => idle::idle(session).await,
        Command::Check => expunge::check(),
        Command::Expunge(set) => expunge::expunge(session, set).await,
        Command::Search(numbers, args) => search::search(session, numbers, args).await,
        Command::UidBatches(args) => uidbatches::uid_batches(session, args).await,
        Command::Esearch(args) => esearch::esearch(session, args).await,
        Command::GetMetadata(args) => metadata::get(session, args).await,
        Command::SetMetadata(args) => metadata::set(session, args).await,
        Command::CancelUpdate(tags) => search::cancel_update(session, &tags),
        Command::Sort(numbers, args) => sort::sort(session, numbers, args).await,
        Command::Thread(numbers, args) => sort::thread(session, numbers, args).await,
        Command::Fetch(numbers, args) => fetch::fetch(session, numbers, args).await,
        Command::Store(numbers, args) => store::store(session, numbers, args).await,
        Command::Copy(numbers, set, to) => copy::copy(session, numbers, set, to).await,
        Command::Move(numbers, set, to) => copy::move_to(session, numbers, set, to).await,
    }
}
