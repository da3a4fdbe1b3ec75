//! What `heliograph access test` prints.

use std::{fmt::Write, net::IpAddr};

use access::{ConnLimit, HostName, ParseError, Place, Verdict};
use serde_json::{Value, json};

/// What a list of rules says.
pub struct Rule {
    admitted: bool,
    reason: String,
    by: Option<Place>,
}

impl From<Verdict> for Rule {
    fn from(verdict: Verdict) -> Self {
        Self { admitted: verdict.admitted, reason: verdict.reason, by: verdict.by }
    }
}

impl Rule {
    /// A value that cannot be read admits nobody.
    pub fn unreadable(error: &ParseError) -> Self {
        Self { admitted: false, reason: format!("cannot be read: {error}"), by: None }
    }

    fn json(&self) -> Value {
        let by = self.by.as_ref().map(|by| json!({"list": by.list, "position": by.position, "filter": by.text}));
        json!({"admitted": self.admitted, "reason": self.reason, "by": by})
    }
}

/// Everything that was found out.
pub struct Report {
    pub service: &'static str,
    pub address: IpAddr,
    pub user: Option<String>,
    pub names: Vec<(IpAddr, HostName)>,
    /// The address is a proxy's: its clients are judged, by the addresses that it tells.
    pub proxy: bool,
    pub connection: Rule,
    pub limit: Option<ConnLimit>,
    pub users: Vec<(&'static str, Rule)>,
}

impl Report {
    /// Whether everybody who is asked admits.
    pub fn admitted(&self) -> bool {
        let crowded = self.limit.as_ref().is_some_and(|limit| limit.connections == 0);
        self.connection.admitted && !crowded && self.users.iter().all(|(_, rule)| rule.admitted)
    }

    /// For people.
    pub fn text(&self) -> String {
        let word = |admitted| if admitted { "admitted" } else { "refused" };
        let mut text = format!("{} from {}: {}", self.service, self.address, word(self.admitted()));
        // Writing to a string cannot fail.
        let mut line = |label: &str, value: String| {
            let _ = write!(text, "\n  {label}: {value}");
        };
        for (address, name) in &self.names {
            let name = match name {
                HostName::Unknown => "UNKNOWN".to_owned(),
                HostName::Known(name) => name.clone(),
                HostName::Spoofed(name) => format!("DNSSPOOFER (claims {})", name.escape_debug()),
            };
            line("name", format!("{address} is {name}"));
        }
        if self.proxy {
            line("proxy", "trusted; the clients behind it are judged by the addresses that it tells".to_owned());
        }
        line("connection", format!("{}, {}", word(self.connection.admitted), self.connection.reason));
        if let Some(limit) = &self.limit {
            line("connlimits", format!("{} at a time, {}", limit.connections, limit.text));
        }
        let user = self.user.as_deref().unwrap_or_default();
        for (attribute, rule) in &self.users {
            line(&format!("{user} {attribute}"), format!("{}, {}", word(rule.admitted), rule.reason));
        }
        text
    }

    /// For scripts.
    pub fn json(&self) -> anyhow::Result<String> {
        let names: Vec<Value> = self
            .names
            .iter()
            .map(|(address, name)| match name {
                HostName::Unknown => json!({"address": address, "name": null, "verified": false}),
                HostName::Known(name) => json!({"address": address, "name": name, "verified": true}),
                HostName::Spoofed(name) => json!({"address": address, "name": name, "verified": false}),
            })
            .collect();
        let users: Vec<Value> = self
            .users
            .iter()
            .map(|(attribute, rule)| {
                let mut value = rule.json();
                value["attribute"] = json!(attribute);
                value
            })
            .collect();
        let limit = self.limit.as_ref().map(|limit| json!({"connections": limit.connections, "entry": limit.text}));
        Ok(serde_json::to_string_pretty(&json!({
            "service": self.service,
            "address": self.address,
            "user": self.user,
            "admitted": self.admitted(),
            "proxy": self.proxy,
            "names": names,
            "connection": self.connection.json(),
            "connlimits": limit,
            "rules": users,
        }))?)
    }
}
