//! `heliograph config import`: the settings of a running old server, as its `configutil` lists them.
//!
//! Each line is taken, changed to what means the same here, or left out, and for each it is said why.

use std::path::Path;

use crate::{
    file::unquote,
    key::{Key, Kind},
    keys,
    settings::Settings,
};

/// What becomes of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Set as it is.
    Taken,
    /// Set, with another value.
    Changed,
    /// Not set: it is what this site does anyway.
    AsDelivered,
    /// Set, but this program does not obey it.
    WithoutEffect,
    /// Not set: this program knows no such option.
    NoCounterpart,
    /// Not understood or not possible: nothing is imported until it is mended or left out.
    Refused,
}

/// One line of the listing.
#[derive(Debug, Clone)]
pub struct Step {
    /// Its number, from 1.
    pub line: usize,
    /// The option's name; as this program spells it where it knows it.
    pub name: String,
    /// What to set; `None` for nothing.
    pub value: Option<String>,
    /// Whether the value is a password.
    pub secret: bool,
    /// What becomes of it.
    pub outcome: Outcome,
    /// Why; empty where there is nothing to say.
    pub why: String,
}

/// What to do with every line of `listing` at a site with `settings`. Paths are looked for on this host.
pub fn plan(listing: &str, settings: &Settings) -> Vec<Step> {
    listing
        .lines()
        .enumerate()
        .filter(|(_, line)| {
            let line = line.trim();
            !line.is_empty() && !line.starts_with('#') && !line.starts_with('!')
        })
        .map(|(index, line)| step(index + 1, line.trim(), settings))
        .collect()
}

fn step(line: usize, text: &str, settings: &Settings) -> Step {
    let text = [" [REFRESHABLE]", " [NOT REFRESHABLE]"].iter().find_map(|mark| text.strip_suffix(mark)).unwrap_or(text);
    let refused = |name: &str, why: String| Step {
        line,
        name: name.to_owned(),
        value: None,
        secret: false,
        outcome: Outcome::Refused,
        why,
    };
    let Some((name, value)) = text.split_once('=') else {
        return refused(text, "this is no line of the form 'name = value'".to_owned());
    };
    let (name, value) = (name.trim(), unquote(value.trim()));
    let named = match keys::resolve(name) {
        Ok(named) => named,
        Err(_) if name.is_empty() || name.contains(char::is_whitespace) => {
            return refused(name, "this is no option's name".to_owned());
        }
        Err(_) => {
            return Step { outcome: Outcome::NoCounterpart, ..refused(name, no_counterpart(name).to_owned()) };
        }
    };
    let made = |outcome, value: Option<String>, why: String| Step {
        line,
        name: named.name.clone(),
        value,
        secret: named.key.kind == Kind::Secret,
        outcome,
        why,
    };
    let (value, changed) = match fitting(named.key, &named.label, value) {
        Ok(fitting) => fitting,
        Err(why) => return made(Outcome::Refused, None, why),
    };
    // The default of both, unless this site has something else.
    let delivered = value == named.key.default && named.label.is_empty();
    if value.is_empty() || (delivered && settings.get(&named.name).is_ok_and(|here| here == value)) {
        return match changed {
            Some(why) => made(Outcome::Changed, None, why),
            None => made(Outcome::AsDelivered, None, String::new()),
        };
    }
    match (named.key.without_effect, changed) {
        (Some(why), _) => made(Outcome::WithoutEffect, Some(value), why.to_owned()),
        (None, Some(why)) => made(Outcome::Changed, Some(value), why),
        (None, None) => made(Outcome::Taken, Some(value), String::new()),
    }
}

/// The value as this program takes it, and why it is another one. An empty value leaves the default.
fn fitting(key: &Key, label: &str, value: &str) -> Result<(String, Option<String>), String> {
    if key.name == keys::store::PARTITION_PATH.name {
        let folder = format!("store/partition/{label}");
        return Ok(match label {
            "primary" => (String::new(), Some("the store of this server begins empty, in its own folder".to_owned())),
            _ => (folder, Some("the store of this server begins empty, in its own folder".to_owned())),
        });
    }
    if key.kind == Kind::Path && Path::new(value).is_absolute() && !Path::new(value).exists() {
        return Ok((String::new(), Some(format!("there is no {value} on this host: left as delivered"))));
    }
    let refusal = match key.check(value) {
        Ok(value) => return Ok((value, None)),
        Err(refusal) => refusal.to_string(),
    };
    if key.kind == Kind::Schedule {
        return Ok((String::new(), Some(format!("{refusal}: left as delivered"))));
    }
    if let (Kind::Number { min, max, .. }, Ok(number)) = (key.kind, value.parse::<i64>()) {
        let nearest = number.clamp(min, max);
        return Ok((nearest.to_string(), Some(format!("{number} is out of bounds ({min} to {max}): now {nearest}"))));
    }
    Err(refusal)
}

/// Why options of these families have no counterpart, by the beginning of their names; the first that fits counts.
const FAMILIES: &[(&str, &str)] = &[
    ("local.imta.", "the MTA is a program of its own here, such as Postfix: see deploy/postfix"),
    ("service.smtp.", "the MTA is a program of its own here, such as Postfix: see deploy/postfix"),
    ("logfile.imta.", "the MTA keeps its own log"),
    ("local.mmp.", "there is no multiplexor: a front end finds each user's mailHost itself"),
    ("local.snmp.", "there is no SNMP agent: metrics are read by Prometheus"),
    ("local.smsgateway.", "there is no SMS gateway"),
    ("local.ens.", "this version has no such event service"),
    ("local.watcher.", "systemd or start-msg watches the services"),
    ("local.probe.", "msprobe has options of its own"),
    ("local.schedule.", "this version has no such job"),
    ("local.cgi", "there are no CGI programs"),
    ("local.service.pab.", "the webmail has no address book in a directory of its own"),
    ("local.webmail.", "the webmail has no such option"),
    ("local.install", "the program is one file and is installed anywhere"),
    ("local.servergid", "the account that the services run under is said where they are started"),
    ("local.serveruid", "the account that the services run under is said where they are started"),
    ("local.servertype", "what a host does is said by service.*.enable"),
    ("local.lastconfigfetch", "settings are no longer kept in a directory"),
    ("local.supportedlanguages", "the languages are built in"),
    ("local.ldap", "the directory is set by local.ugldap*"),
    ("gen.", "the old console's own data"),
    ("encryption.", "certificates are PEM files: set service.tls.certfile and service.tls.keyfile"),
    ("nsserversecurity", "certificates are PEM files: set service.tls.certfile and service.tls.keyfile"),
    ("pipeprograms.", "programs that mail is piped to belong to the MTA"),
    ("store.", "the store is built otherwise and needs no such option"),
    ("alarm.", "watch the metrics and the log with your monitoring"),
    ("sasl.", "sign-in has no such option"),
];

fn no_counterpart(name: &str) -> &'static str {
    let name = name.to_ascii_lowercase();
    FAMILIES
        .iter()
        .find(|(head, _)| name.starts_with(head))
        .map_or("this program knows no such option", |(_, why)| *why)
}
