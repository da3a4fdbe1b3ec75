//! `heliograph user`: the directory's users, by LDAP attribute names, in the embedded file or in LDAP.

mod place;

use std::{io::IsTerminal, process::ExitCode};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use config::Settings;
use directory::{Change, Entry, NewUser, Verifier};
use mailstore::AccountId;
use serde_json::json;

use crate::{
    admin_name::existing, command::init::generated_password, mail_account::MailAccounts, output, root::RootOption,
    services::open_for_tool,
};

pub use place::Users;

/// Users of the directory: the embedded file, or the LDAP servers of local.ugldaphost (as local.ugldapbinddn, which
/// must be allowed to write for everything but show and list).
#[derive(Args)]
pub struct User {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Add a user
    Add(Add),
    /// Show a user's attributes
    Show(Show),
    /// List users: user ID, address, status and name
    List(List),
    /// Change attributes: NAME=VALUE replaces, NAME+=VALUE adds, NAME-=VALUE removes, NAME= clears
    Set(Set),
    /// Set a user's password
    Passwd(Passwd),
    /// Delete a user from the directory; the mail stays in the store
    Delete(Named),
}

#[derive(Args)]
struct Named {
    /// User ID, or user ID@domain
    uid: String,
}

#[derive(Args)]
struct Show {
    #[command(flatten)]
    named: Named,
    /// Print a JSON object: the DN, and a list of values for each attribute
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct List {
    /// Print a JSON object for each user, one a line
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct PasswordSource {
    /// Read the password from standard input, one line; without it one is generated and printed
    #[arg(long)]
    password_stdin: bool,
}

#[derive(Args)]
struct Add {
    /// User ID, or user ID@domain; it may have letters outside ASCII, a mail address in LDAP may not: give mail= then
    uid: String,
    /// Further attributes, such as cn="Alice Moreno" mailQuota=2G; without mail= the address is the user ID at the domain
    #[arg(value_name = "NAME=VALUE")]
    attributes: Vec<String>,
    #[command(flatten)]
    password: PasswordSource,
}

#[derive(Args)]
struct Set {
    /// User ID, or user ID@domain
    uid: String,
    /// The changes
    #[arg(required = true, value_name = "CHANGE")]
    changes: Vec<String>,
}

#[derive(Args)]
struct Passwd {
    /// User ID, or user ID@domain
    uid: String,
    #[command(flatten)]
    password: PasswordSource,
}

impl User {
    pub fn run(self, root: &RootOption) -> anyhow::Result<ExitCode> {
        let settings: Settings = root.settings()?;
        let users = Users::open(&settings)?;
        match self.action {
            Action::Add(add) => {
                let (password, generated) = add.password.read()?;
                let new = new_user(&add, &password)?;
                let given = |name: &str| new.attributes.iter().any(|(given, _)| given.eq_ignore_ascii_case(name));
                tell(&users.add_user(&new)?);
                if !new.uid.is_ascii() && !given("mail") {
                    // The embedded directory holds it; LDAP has refused it.
                    output::note(format_args!(
                        "user: the address {}@… has letters outside ASCII, which few mail programs and no LDAP server take; \
                         give another one: heliograph user set {} mail=NAME@DOMAIN",
                        new.uid, add.uid
                    ));
                }
                if generated {
                    output::line(format_args!("password: {password}"));
                }
            }
            Action::Show(show) => {
                let mut entry = users.entry(&show.named.uid)?;
                entry.attributes.retain(|attribute| !is_secret(&attribute.name));
                print_entry(&entry, show.json);
            }
            Action::List(list) => {
                for user in users.all()? {
                    if list.json {
                        output::line(json!({
                            "uid": user.store_id, "mail": user.mail, "status": user.status.as_str(), "name": user.name,
                        }));
                        continue;
                    }
                    output::line(format_args!(
                        "{}\t{}\t{}\t{}",
                        user.store_id,
                        user.mail,
                        user.status.as_str(),
                        one_line(&user.name)
                    ));
                }
            }
            Action::Set(set) => {
                let changes = changes(&set.changes)?;
                users.change_user(&set.uid, &changes)?;
                if set.changes.iter().any(|text| text.to_ascii_lowercase().contains("quota")) {
                    note_quota(&settings, &set.uid)?;
                }
            }
            Action::Passwd(passwd) => {
                let (password, generated) = passwd.password.read()?;
                tell(&users.set_password(&passwd.uid, &password)?);
                if generated {
                    output::line(format_args!("password: {password}"));
                }
            }
            Action::Delete(named) => users.delete_user(&named.uid)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// A quota that has become larger makes room: whoever waits for that is told now and not at the next delivery.
fn note_quota(settings: &Settings, uid: &str) -> anyhow::Result<()> {
    let users = MailAccounts::open(settings)?;
    let user = users.user(uid)?;
    let store = open_for_tool(settings, "user")?;
    // Somebody who never had mail has no account.
    let Ok(account) = existing(&store, &AccountId::new(&user.store_id)?) else { return Ok(()) };
    Ok(account.with_limits(users.limits(&user)).note_limits()?)
}

/// Prints an entry, a value a line, or as a JSON object.
pub fn print_entry(entry: &Entry, json: bool) {
    if json {
        output::line(as_json(entry));
        return;
    }
    output::line(format_args!("dn: {}", entry.dn));
    for attribute in &entry.attributes {
        output::line(format_args!("{}: {}", attribute.name, one_line(&String::from_utf8_lossy(&attribute.value))));
    }
}

/// Changes as they are typed.
pub fn changes(texts: &[String]) -> anyhow::Result<Vec<Change>> {
    texts.iter().map(|text| change(text)).collect()
}

/// An entry with its attributes as they are spelled there.
fn as_json(entry: &Entry) -> serde_json::Value {
    let mut attributes = serde_json::Map::new();
    for attribute in &entry.attributes {
        let values = attributes.entry(&attribute.name).or_insert_with(|| json!([]));
        if let Some(values) = values.as_array_mut() {
            values.push(String::from_utf8_lossy(&attribute.value).into());
        }
    }
    json!({"dn": entry.dn, "attributes": attributes})
}

/// The entry that `user add` makes: `uid@domain` outside the default domain, `cn` apart from the other attributes.
fn new_user(add: &Add, password: &str) -> anyhow::Result<NewUser> {
    let (uid, domain) = match add.uid.rsplit_once('@') {
        Some((uid, domain)) => (uid.to_owned(), Some(domain.to_owned())),
        None => (add.uid.clone(), None),
    };
    let mut user = NewUser { uid, domain, password: Some(password.to_owned()), ..NewUser::default() };
    for attribute in &add.attributes {
        let Some((name, value)) = attribute.split_once('=') else { bail!("'{attribute}': expected NAME=VALUE") };
        if name.eq_ignore_ascii_case("cn") {
            user.name = value.to_owned();
        } else {
            user.attributes.push((name.to_owned(), value.to_owned()));
        }
    }
    Ok(user)
}

/// A value must not look like another line: control characters are written as escapes.
fn one_line(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}

/// Says why a user has no SCRAM verifier; everything else is as it was meant.
fn tell(verifier: &Verifier) {
    if let Verifier::NotTaken(reason) = verifier {
        output::note(format_args!(
            "user: the password is set; no SCRAM-SHA-256 verifier beside it, authPassword was not taken: {reason}"
        ));
    }
}

/// Hashes are not for screens.
fn is_secret(name: &str) -> bool {
    ["userPassword", "authPassword"].iter().any(|secret| name.eq_ignore_ascii_case(secret))
}

fn change(text: &str) -> anyhow::Result<Change> {
    let Some((name, value)) = text.split_once('=') else { bail!("'{text}': expected NAME=VALUE") };
    let value = value.to_owned();
    Ok(match (name.strip_suffix('+'), name.strip_suffix('-')) {
        (Some(name), _) => Change::Add { attribute: name.to_owned(), value },
        (_, Some(name)) => Change::Remove { attribute: name.to_owned(), value },
        _ => {
            let values = if value.is_empty() { Vec::new() } else { vec![value] };
            Change::Replace { attribute: name.to_owned(), values }
        }
    })
}

impl PasswordSource {
    /// The password, and whether it was made up here and must be printed.
    fn read(&self) -> anyhow::Result<(String, bool)> {
        if !self.password_stdin {
            return Ok((generated_password(), true));
        }
        if std::io::stdin().is_terminal() {
            output::note("password: (it will be visible as you type)");
        }
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).context("reading the password")?;
        let password = line.trim_end_matches(['\r', '\n']);
        if password.is_empty() {
            bail!("an empty password is refused");
        }
        Ok((password.to_owned(), false))
    }
}
