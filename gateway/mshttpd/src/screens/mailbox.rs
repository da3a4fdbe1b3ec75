//! The list of a folder, or of what was found in it.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use backends::{MailboxRef, Page, Role, Search};
use serde::Deserialize;

use crate::error::ScreenError;
use crate::request::{Signed, Want};
use crate::respond::html;
use crate::state::{AppState, FolderList};
use crate::views::access::Access;
use crate::views::folders::{Folders, shown_name};
use crate::views::list::{List, ListOptions};
use crate::views::person::Person;
use crate::views::reader::{Body, Pane};
use crate::views::shell::{Look, Shell};
use crate::views::url::{self, MailboxName};

/// Rows a page.
pub const PER_PAGE: u32 = 50;

#[derive(Template)]
#[template(path = "mail.html")]
struct MailPage {
    look: Look,
    shell: Shell,
    list: List,
    pane: Pane,
}

#[derive(Template)]
#[template(path = "mail_main.html")]
struct MailMain {
    shell: Shell,
    list: List,
    pane: Pane,
}

#[derive(Template)]
#[template(path = "mail_list.html")]
struct MailList {
    shell: Shell,
    list: List,
}

#[derive(Template)]
#[template(path = "mail_pane.html")]
struct MailPane {
    shell: Shell,
    pane: Pane,
}

/// Which part of the list.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ListQuery {
    /// Page, from 1.
    #[serde(default)]
    pub page: Option<String>,
    /// Search.
    #[serde(default)]
    pub q: Option<String>,
}

impl ListQuery {
    /// The page asked for.
    pub fn number(&self) -> u32 {
        self.page.as_deref().and_then(|page| page.parse().ok()).filter(|page| *page > 0).unwrap_or(1)
    }

    /// The search asked for.
    pub fn query(&self) -> Option<&str> {
        self.q.as_deref().map(str::trim).filter(|query| !query.is_empty())
    }
}

/// `GET /mail/{mailbox}`
pub async fn show(
    State(state): State<AppState>,
    Path(MailboxName(mailbox)): Path<MailboxName>,
    Query(query): Query<ListQuery>,
    want: Want,
    signed: Signed,
) -> Result<Response, ScreenError> {
    if want == Want::Pane {
        // Back from a message: the list beside it is still there.
        let shell = Shell { title: title(&shown_name(&mailbox), 0), ..Shell::default() };
        return html(&MailPane { shell, pane: Pane::Nothing });
    }
    let view = View { state: &state, signed: &signed, mailbox: &mailbox, query: &query };
    view.answer(want, Pane::Nothing, None).await
}

/// A list with something in the third pane.
pub struct View<'a> {
    /// The service.
    pub state: &'a AppState,
    /// Who asks.
    pub signed: &'a Signed,
    /// Folder.
    pub mailbox: &'a str,
    /// Which part of it.
    pub query: &'a ListQuery,
}

impl View<'_> {
    /// The page, or what htmx replaces.
    pub async fn answer(&self, want: Want, pane: Pane, open: Option<u32>) -> Result<Response, ScreenError> {
        let folders = self.state.folders.of(self.signed).await?;
        let mut shell = self.shell(&folders, Some(self.mailbox));
        if want == Want::Pane {
            if let Pane::Message(message) = &pane {
                shell.title = title(&message.subject, 0);
            }
            return html(&MailPane { shell, pane });
        }
        let page = self.page().await?;
        let unread = shell.folders.unread();
        let options = ListOptions {
            role: role_of(&folders, self.mailbox),
            query: self.query.query(),
            open,
            title: &shell.folders.short_name(self.mailbox),
            access: access_of(&folders, self.mailbox),
            now: self.signed.now,
            unread,
        };
        let list = List::new(&page, &options);
        let name = match &pane {
            Pane::Message(message) => message.subject.clone(),
            _ => list.title.clone(),
        };
        shell.title = title(&name, unread);
        if want != Want::List {
            shell.toast = self.signed.said().await?;
        }
        shell.events = self.query.query().is_none().then(|| format!("{}/events", url::mailbox(self.mailbox)));
        match want {
            Want::List => html(&MailList { shell, list }),
            Want::Main => html(&MailMain { shell, list, pane }),
            _ => html(&MailPage { look: self.signed.look, shell, list, pane }),
        }
    }

    async fn page(&self) -> Result<Page, backends::Error> {
        let mailbox = MailboxRef::from(self.mailbox);
        let number = self.query.number();
        match self.query.query() {
            Some(text) => self.signed.mail.search(mailbox, &Search::text(text), number, PER_PAGE).await,
            None => self.signed.mail.page(mailbox, number, PER_PAGE).await,
        }
    }

    fn shell(&self, folders: &FolderList, current: Option<&str>) -> Shell {
        Shell { query: self.query.query().unwrap_or_default().to_owned(), ..shell(self.signed, folders, current) }
    }
}

/// The frame of a page, for any screen.
pub fn shell(signed: &Signed, folders: &FolderList, current: Option<&str>) -> Shell {
    let searched = current.unwrap_or("INBOX");
    let column = Folders::new(&folders.mailboxes, current, folders.quota.as_ref());
    Shell {
        csrf: signed.csrf(),
        user: Person::new(&signed.who.name, &signed.who.mail),
        search_action: url::mailbox(searched),
        search_in: column.short_name(searched),
        folders: column,
        ..Shell::default()
    }
}

/// What may be done in a folder.
pub fn access_of(folders: &FolderList, mailbox: &str) -> Access {
    Access::of(folders.mailboxes.iter().find(|entry| entry.name == mailbox))
}

/// What a folder is for.
pub fn role_of(folders: &FolderList, mailbox: &str) -> Option<Role> {
    folders.mailboxes.iter().find(|entry| entry.name == mailbox).and_then(|entry| entry.role)
}

/// Title of the window.
pub fn title(name: &str, unread: u32) -> String {
    match unread {
        0 => format!("{name} · Heliograph"),
        unread => format!("({unread}) {name} · Heliograph"),
    }
}
