//! Commands: tag, name and arguments (RFC 3501 §6 and §9 `command`), one variant a command.

use crate::acl::{self, RightsChange};
use crate::annotatemore::{GetAnnotationArgs, SetAnnotationArgs};
pub use crate::beginning::tag_of;
use crate::beginning::{Beginning, WITH_ARGUMENTS, WITHOUT_ARGUMENTS};
use crate::cursor::{Cursor, Names};
use crate::error::{Result, WireError};
use crate::esearch::EsearchArgs;
use crate::fetch::FetchArgs;
use crate::list::ListArgs;
use crate::mailbox;
use crate::metadata::{GetMetadataArgs, SetMetadataArgs};
use crate::notify::NotifyArgs;
use crate::qresync::Qresync;
use crate::search::SearchArgs;
use crate::sequence::SequenceSet;
use crate::sort::{SortArgs, ThreadArgs};
use crate::status::{self, StatusItem};
use crate::store::StoreArgs;
use crate::uidbatches::UidBatchesArgs;
use crate::urlauth::{self, UrlFetch};

/// Whether a command's set and answer are sequence numbers or UIDs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbers {
    /// FETCH, STORE, SEARCH, COPY, MOVE
    Sequence,
    /// UID FETCH …
    Uid,
}

/// A field of ID with its value.
pub type IdField = (Vec<u8>, Option<Vec<u8>>);

/// One command with its arguments. APPEND is read by [`crate::append`], since its message is never held whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// CAPABILITY
    Capability,
    /// NOOP
    Noop,
    /// LOGOUT
    Logout,
    /// STARTTLS
    StartTls,
    /// COMPRESS (RFC 4978): the mechanism in upper case.
    Compress(String),
    /// COMPARATOR (RFC 5255 §4.7): what the client would like, in the order of its wishes.
    Comparator(Vec<Vec<u8>>),
    /// LANGUAGE (RFC 5255 §3.2): language ranges in the order of the client's wishes.
    Language(Vec<Vec<u8>>),
    /// NETSCAPE (reference §8)
    Netscape,
    /// XSERVERINFO (reference §8): what is asked for, in upper case.
    XServerInfo(Vec<String>),
    /// XMAILBOXINFO (reference §8): the mailbox and what is asked for, in upper case.
    XMailboxInfo(String, Vec<String>),
    /// GETANNOTATION (reference §8)
    GetAnnotation(GetAnnotationArgs),
    /// SETANNOTATION (reference §8)
    SetAnnotation(SetAnnotationArgs),
    /// GENURLAUTH (RFC 4467): rumps with their mechanisms in upper case.
    GenUrlAuth(Vec<(Vec<u8>, String)>),
    /// RESETKEY (RFC 4467): of one mailbox, for these mechanisms; or of all mailboxes.
    ResetKey(Option<(String, Vec<String>)>),
    /// URLFETCH (RFC 4467, RFC 5524).
    UrlFetch(Vec<UrlFetch>),
    /// AUTHENTICATE: the mechanism in upper case, the initial response in base64 (RFC 4959).
    Authenticate(String, Option<Vec<u8>>),
    /// LOGIN
    Login(Vec<u8>, Vec<u8>),
    /// PROXYAUTH: the user to become.
    ProxyAuth(Vec<u8>),
    /// ID (RFC 2971): fields and values.
    Id(Vec<IdField>),
    /// ENABLE (RFC 5161): names in upper case.
    Enable(Vec<String>),
    /// SELECT
    Select(SelectArgs),
    /// EXAMINE
    Examine(SelectArgs),
    /// CREATE with its special uses (RFC 6154 §3).
    Create(String, Vec<String>),
    /// DELETE
    Delete(String),
    /// RENAME: from, to.
    Rename(String, String),
    /// SUBSCRIBE
    Subscribe(String),
    /// UNSUBSCRIBE
    Unsubscribe(String),
    /// LIST
    List(ListArgs),
    /// LSUB: reference and pattern.
    Lsub(String, String),
    /// STATUS
    Status(String, Vec<StatusItem>),
    /// NAMESPACE (RFC 2342)
    Namespace,
    /// GETQUOTA (RFC 2087): the quota root.
    GetQuota(Vec<u8>),
    /// GETQUOTAROOT (RFC 2087): the mailbox.
    GetQuotaRoot(String),
    /// SETQUOTA (RFC 2087): the quota root, resources with their limits.
    SetQuota(Vec<u8>, Vec<(String, u64)>),
    /// SETACL (RFC 4314 §3.1): mailbox, identifier, change of rights.
    SetAcl(String, Vec<u8>, RightsChange),
    /// DELETEACL (RFC 4314 §3.2): mailbox, identifier.
    DeleteAcl(String, Vec<u8>),
    /// GETACL (RFC 4314 §3.3)
    GetAcl(String),
    /// LISTRIGHTS (RFC 4314 §3.4): mailbox, identifier.
    ListRights(String, Vec<u8>),
    /// MYRIGHTS (RFC 4314 §3.5)
    MyRights(String),
    /// NOTIFY (RFC 5465)
    Notify(NotifyArgs),
    /// UNAUTHENTICATE (RFC 8437)
    Unauthenticate,
    /// IDLE (RFC 2177)
    Idle,
    /// CHECK
    Check,
    /// CLOSE
    Close,
    /// UNSELECT (RFC 3691)
    Unselect,
    /// EXPUNGE, or UID EXPUNGE with its set (RFC 4315 §2.1).
    Expunge(Option<SequenceSet>),
    /// SEARCH
    Search(Numbers, SearchArgs),
    /// UIDBATCHES (RFC 10022)
    UidBatches(UidBatchesArgs),
    /// ESEARCH (RFC 7377)
    Esearch(EsearchArgs),
    /// GETMETADATA (RFC 5464)
    GetMetadata(GetMetadataArgs),
    /// SETMETADATA (RFC 5464)
    SetMetadata(SetMetadataArgs),
    /// CANCELUPDATE (RFC 5267 §4.3.5): the tags of the searches.
    CancelUpdate(Vec<String>),
    /// SORT (RFC 5256)
    Sort(Numbers, SortArgs),
    /// THREAD (RFC 5256)
    Thread(Numbers, ThreadArgs),
    /// FETCH
    Fetch(Numbers, FetchArgs),
    /// STORE
    Store(Numbers, StoreArgs),
    /// COPY
    Copy(Numbers, SequenceSet, String),
    /// MOVE (RFC 6851)
    Move(Numbers, SequenceSet, String),
}

/// The arguments of SELECT and EXAMINE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectArgs {
    /// Which mailbox.
    pub mailbox: String,
    /// `(CONDSTORE)` was given (RFC 7162 §3.1.8).
    pub condstore: bool,
    /// `(QRESYNC (…))` was given (RFC 7162 §3.2.5).
    pub qresync: Option<Qresync>,
}

/// A command as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The tag, which the tagged response repeats.
    pub tag: String,
    /// The command.
    pub command: Command,
}

/// A command that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The tag when there was one; `*` stands in its place otherwise.
    pub tag: Option<String>,
    /// The command's name in upper case, empty when there was none.
    pub verb: String,
    /// What is wrong.
    pub error: WireError,
}

impl Request {
    /// Reads a complete command: its text without the final line end, literals inline.
    pub fn parse(text: &[u8]) -> std::result::Result<Self, Unreadable> {
        Self::parse_in(text, Names::Utf7)
    }

    /// The same in the dialect that the client has enabled.
    pub fn parse_in(text: &[u8], dialect: Names) -> std::result::Result<Self, Unreadable> {
        let mut cursor = Cursor::speaking(text, dialect);
        let Beginning { tag, verb, numbers } = Beginning::parse(&mut cursor)?;
        match arguments(&verb, numbers, &mut cursor).and_then(|command| cursor.end().map(|()| command)) {
            Ok(command) => Ok(Self { tag, command }),
            Err(error) => Err(Unreadable { tag: Some(tag), verb, error }),
        }
    }

    /// Looks at a command up to its first literal: whether there is a command of that name that can have one. One that cannot is
    /// refused before the literal comes (RFC 9051 §7.6).
    pub fn may_go_on(text: &[u8], dialect: Names) -> std::result::Result<(), Unreadable> {
        let Beginning { tag, verb, .. } = Beginning::parse(&mut Cursor::speaking(text, dialect))?;
        let error = match () {
            () if WITH_ARGUMENTS.contains(&verb.as_str()) => return Ok(()),
            () if WITHOUT_ARGUMENTS.contains(&verb.as_str()) => WireError::bad("The command takes no arguments"),
            () => WireError::bad("Unknown command"),
        };
        Err(Unreadable { tag: Some(tag), verb, error })
    }
}

fn arguments(verb: &str, numbers: Numbers, cursor: &mut Cursor<'_>) -> Result<Command> {
    // Commands without arguments.
    match verb {
        "CAPABILITY" => return Ok(Command::Capability),
        "NOOP" => return Ok(Command::Noop),
        "LOGOUT" => return Ok(Command::Logout),
        "STARTTLS" => return Ok(Command::StartTls),
        "NAMESPACE" => return Ok(Command::Namespace),
        "IDLE" => return Ok(Command::Idle),
        "UNAUTHENTICATE" => return Ok(Command::Unauthenticate),
        "CHECK" => return Ok(Command::Check),
        "RESETKEY" if cursor.rest().is_empty() => return Ok(Command::ResetKey(None)),
        "COMPARATOR" if cursor.rest().is_empty() => return Ok(Command::Comparator(Vec::new())),
        "LANGUAGE" if cursor.rest().is_empty() => return Ok(Command::Language(Vec::new())),
        "NETSCAPE" => return Ok(Command::Netscape),
        "CLOSE" => return Ok(Command::Close),
        "UNSELECT" => return Ok(Command::Unselect),
        "EXPUNGE" if numbers == Numbers::Sequence => return Ok(Command::Expunge(None)),
        verb if WITH_ARGUMENTS.contains(&verb) => {}
        _ => return Err(WireError::bad("Unknown command")),
    }
    cursor.space()?;
    Ok(match verb {
        "AUTHENTICATE" => authenticate(cursor)?,
        "COMPARATOR" => Command::Comparator(astrings(cursor)?),
        "LANGUAGE" => Command::Language(astrings(cursor)?),
        "XSERVERINFO" => Command::XServerInfo(keywords(cursor)?),
        "XMAILBOXINFO" => {
            let name = mailbox::parse(cursor)?;
            cursor.space()?;
            Command::XMailboxInfo(name, keywords(cursor)?)
        }
        "GETANNOTATION" => Command::GetAnnotation(GetAnnotationArgs::parse(cursor)?),
        "SETANNOTATION" => Command::SetAnnotation(SetAnnotationArgs::parse(cursor)?),
        "GENURLAUTH" => {
            let mut rumps = Vec::new();
            loop {
                let rump = cursor.astring()?.into_owned();
                cursor.space()?;
                rumps.push((rump, cursor.keyword()?));
                if !cursor.eat(b' ') {
                    return Ok(Command::GenUrlAuth(rumps));
                }
            }
        }
        "RESETKEY" => {
            let name = mailbox::parse(cursor)?;
            let mut mechanisms = Vec::new();
            while cursor.eat(b' ') {
                mechanisms.push(cursor.keyword()?);
            }
            Command::ResetKey(Some((name, mechanisms)))
        }
        "URLFETCH" => {
            let mut urls = vec![urlauth::url_fetch(cursor)?];
            while cursor.eat(b' ') {
                urls.push(urlauth::url_fetch(cursor)?);
            }
            Command::UrlFetch(urls)
        }
        "COMPRESS" => Command::Compress(cursor.keyword()?),
        "LOGIN" => {
            let user = cursor.astring()?.into_owned();
            cursor.space()?;
            Command::Login(user, cursor.astring()?.into_owned())
        }
        "PROXYAUTH" => Command::ProxyAuth(cursor.astring()?.into_owned()),
        "ID" => Command::Id(id(cursor)?),
        "ENABLE" => {
            let mut names = vec![cursor.keyword()?];
            while cursor.eat(b' ') {
                names.push(cursor.keyword()?);
            }
            Command::Enable(names)
        }
        "SELECT" => Command::Select(select(cursor)?),
        "EXAMINE" => Command::Examine(select(cursor)?),
        "CREATE" => create(cursor)?,
        "DELETE" => Command::Delete(mailbox::parse(cursor)?),
        "RENAME" => {
            let from = mailbox::parse(cursor)?;
            cursor.space()?;
            Command::Rename(from, mailbox::parse(cursor)?)
        }
        "SUBSCRIBE" => Command::Subscribe(mailbox::parse(cursor)?),
        "UNSUBSCRIBE" => Command::Unsubscribe(mailbox::parse(cursor)?),
        "LIST" => Command::List(ListArgs::parse(cursor)?),
        "LSUB" => {
            let reference = mailbox::parse_reference(cursor)?;
            cursor.space()?;
            Command::Lsub(reference, mailbox::parse_pattern(cursor)?)
        }
        "STATUS" => {
            let name = mailbox::parse(cursor)?;
            cursor.space()?;
            Command::Status(name, status::parse_items(cursor)?)
        }
        "GETQUOTA" => Command::GetQuota(cursor.astring()?.into_owned()),
        "GETQUOTAROOT" => Command::GetQuotaRoot(mailbox::parse(cursor)?),
        "SETACL" | "DELETEACL" | "GETACL" | "LISTRIGHTS" | "MYRIGHTS" => acl::parse(verb, cursor)?,
        "SETQUOTA" => {
            let root = cursor.astring()?.into_owned();
            cursor.space()?;
            let limits = cursor.list_or_empty(|cursor| {
                let resource = cursor.keyword()?;
                cursor.space()?;
                Ok((resource, cursor.number64()?))
            })?;
            Command::SetQuota(root, limits)
        }
        "NOTIFY" => Command::Notify(NotifyArgs::parse(cursor)?),
        "EXPUNGE" => Command::Expunge(Some(SequenceSet::parse(cursor)?)),
        "UIDBATCHES" => Command::UidBatches(UidBatchesArgs::parse(cursor)?),
        "ESEARCH" => Command::Esearch(EsearchArgs::parse(cursor)?),
        "GETMETADATA" => Command::GetMetadata(GetMetadataArgs::parse(cursor)?),
        "SETMETADATA" => Command::SetMetadata(SetMetadataArgs::parse(cursor)?),
        "CANCELUPDATE" => {
            let mut tags = Vec::new();
            loop {
                tags.push(String::from_utf8_lossy(&cursor.string()?).into_owned());
                if !cursor.eat(b' ') {
                    break Command::CancelUpdate(tags);
                }
            }
        }
        "SEARCH" => Command::Search(numbers, SearchArgs::parse(cursor)?),
        "SORT" => Command::Sort(numbers, SortArgs::parse(cursor)?),
        "THREAD" => Command::Thread(numbers, ThreadArgs::parse(cursor)?),
        "FETCH" => Command::Fetch(numbers, FetchArgs::parse(cursor)?),
        "STORE" => Command::Store(numbers, StoreArgs::parse(cursor)?),
        "COPY" | "MOVE" => {
            let set = SequenceSet::parse(cursor)?;
            cursor.space()?;
            let to = mailbox::parse(cursor)?;
            if verb == "COPY" { Command::Copy(numbers, set, to) } else { Command::Move(numbers, set, to) }
        }
        // APPEND with a message never comes here whole.
        _ => return Err(WireError::bad("Expected a message literal")),
    })
}

/// `atom *(SP atom)`, in upper case.
fn keywords(cursor: &mut Cursor<'_>) -> Result<Vec<String>> {
    let mut words = vec![cursor.keyword()?];
    while cursor.eat(b' ') {
        words.push(cursor.keyword()?);
    }
    Ok(words)
}

/// `astring *(SP astring)`
fn astrings(cursor: &mut Cursor<'_>) -> Result<Vec<Vec<u8>>> {
    let mut strings = vec![cursor.astring()?.into_owned()];
    while cursor.eat(b' ') {
        strings.push(cursor.astring()?.into_owned());
    }
    Ok(strings)
}

/// `AUTHENTICATE mechanism [initial-response]`, `=` for an empty one (RFC 4959 §3).
fn authenticate(cursor: &mut Cursor<'_>) -> Result<Command> {
    let mechanism = cursor.keyword()?;
    let mut initial = None;
    if cursor.eat(b' ') {
        let text = cursor.run(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='));
        if text.is_empty() {
            return Err(WireError::bad("Expected an initial response in base64"));
        }
        initial = Some(if text == b"=" { Vec::new() } else { text.to_vec() });
    }
    Ok(Command::Authenticate(mechanism, initial))
}

/// id-params-list: at most 30 pairs, fields up to 30 octets, values up to 1024 (RFC 2971 §3.3).
fn id(cursor: &mut Cursor<'_>) -> Result<Vec<IdField>> {
    if cursor.eat_word("NIL") {
        return Ok(Vec::new());
    }
    let fields = cursor.list_or_empty(|cursor| {
        let field = cursor.string()?.into_owned();
        cursor.space()?;
        Ok((field, cursor.nstring()?.map(std::borrow::Cow::into_owned)))
    })?;
    let fits = |(field, value): &IdField| field.len() <= 30 && value.as_ref().is_none_or(|value| value.len() <= 1024);
    if fields.len() > 30 || !fields.iter().all(fits) {
        return Err(WireError::bad("ID parameters are too many or too long"));
    }
    Ok(fields)
}

fn select(cursor: &mut Cursor<'_>) -> Result<SelectArgs> {
    let mut args = SelectArgs { mailbox: mailbox::parse(cursor)?, condstore: false, qresync: None };
    if cursor.eat(b' ') {
        cursor.list(|cursor| match cursor.keyword()?.as_str() {
            "CONDSTORE" => {
                args.condstore = true;
                Ok(())
            }
            "QRESYNC" => {
                args.qresync = Some(Qresync::parse(cursor)?);
                Ok(())
            }
            _ => Err(WireError::bad("Unknown SELECT parameter")),
        })?;
    }
    Ok(args)
}

/// `CREATE mailbox [(USE (\Use …))]`.
fn create(cursor: &mut Cursor<'_>) -> Result<Command> {
    let name = mailbox::parse(cursor)?;
    let mut uses = Vec::new();
    if cursor.eat(b' ') {
        cursor.need(b'(', "Expected a parameter list")?;
        if !cursor.eat_word("USE") {
            return Err(WireError::bad("Unknown CREATE parameter"));
        }
        cursor.space()?;
        uses = cursor.list_or_empty(|cursor| {
            cursor.need(b'\\', "Expected a special use")?;
            Ok(format!("\\{}", String::from_utf8_lossy(cursor.atom()?)))
        })?;
        cursor.need(b')', "Expected a closing parenthesis")?;
    }
    Ok(Command::Create(name, uses))
}
