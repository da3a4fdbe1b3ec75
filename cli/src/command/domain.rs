//! `heliograph domain`: the directory's domains, by LDAP attribute names, in the embedded file or in LDAP.

use std::process::ExitCode;

use anyhow::bail;
use clap::{Args, Subcommand};
use directory::{Change, NewDomain};
use serde_json::json;

use super::user::{self, Users};
use crate::{output, root::RootOption};

/// Domains of the directory: the embedded file, or the LDAP servers of local.ugldaphost (as local.ugldapbinddn, which
/// must be allowed to write for everything but show and list).
///
/// A domain has a tree of its own, 'o=DOMAIN' with 'ou=People' in it, in which 'heliograph user add UID@DOMAIN' puts people. They sign in
/// as UID@DOMAIN (service.loginseparator). inetDomainSearchFilter finds them by other names than their user ID, for example
/// '(&(objectClass=inetMailUser)(telephoneNumber=%U))'. A running server hears of changes in LDAP within a minute.
#[derive(Args)]
pub struct Domain {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Add a domain
    Add(Add),
    /// Show a domain's attributes
    Show(Show),
    /// List domains: name, status and other names
    List(List),
    /// Change attributes: NAME=VALUE replaces, NAME+=VALUE adds, NAME-=VALUE removes, NAME= clears
    Set(Set),
    /// Remove a domain that has no users and groups (any more)
    Remove(Named),
}

#[derive(Args)]
struct Named {
    /// The domain, by any of its names
    domain: String,
}

#[derive(Args)]
struct Add {
    /// The domain
    domain: String,
    /// Another name of it; mail and sign-ins for that one are for this domain (may be repeated)
    #[arg(long, value_name = "DOMAIN")]
    alias: Vec<String>,
    /// Further attributes, such as mailDomainDiskQuota=20G mailDomainAllowedServiceAccess=+imaps,pops:*
    #[arg(value_name = "NAME=VALUE")]
    attributes: Vec<String>,
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
    /// Print a JSON object for each domain, one a line
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct Set {
    /// The domain, by any of its names
    domain: String,
    /// The changes
    #[arg(required = true, value_name = "CHANGE")]
    changes: Vec<String>,
}

impl Domain {
    pub fn run(self, root: &RootOption) -> anyhow::Result<ExitCode> {
        let domains = Users::open(&root.settings()?)?;
        match self.action {
            Action::Add(add) => {
                domains.add_domain(&NewDomain { name: add.domain, aliases: add.alias }, &given(&add.attributes)?)?;
            }
            Action::Show(show) => user::print_entry(&domains.domain_entry(&show.named.domain)?, show.json),
            Action::List(list) => {
                for domain in domains.domains()? {
                    let status = domain.status.as_str();
                    if list.json {
                        output::line(json!({
                            "domain": domain.name, "aliases": domain.aliases, "status": status, "dn": domain.dn,
                        }));
                    } else {
                        output::line(format_args!("{}\t{status}\t{}", domain.name, domain.aliases.join(" ")));
                    }
                }
            }
            Action::Set(set) => domains.change_domain(&set.domain, &user::changes(&set.changes)?)?,
            Action::Remove(named) => domains.delete_domain(&named.domain)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Attributes of a new entry: the first value replaces what the entry would have, more of them add up.
fn given(attributes: &[String]) -> anyhow::Result<Vec<Change>> {
    let mut changes: Vec<Change> = Vec::new();
    for text in attributes {
        let Some((name, value)) = text.split_once('=') else { bail!("'{text}': expected NAME=VALUE") };
        let (attribute, value) = (name.to_owned(), value.to_owned());
        let known = changes.iter().any(|change| {
            matches!(
                change, Change::Replace { attribute, .. } if attribute.eq_ignore_ascii_case(name)
            )
        });
        changes.push(match known {
            true => Change::Add { attribute, value },
            false => Change::Replace { attribute, values: vec![value] },
        });
    }
    Ok(changes)
}
