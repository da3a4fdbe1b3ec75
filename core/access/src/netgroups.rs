//! Netgroups as `/etc/netgroup` has them: names for sets of hosts (netgroup(5)).

use std::collections::{HashMap, HashSet};

/// All groups of a file.
#[derive(Debug, Clone, Default)]
pub struct Netgroups {
    groups: HashMap<String, Vec<Member>>,
}

#[derive(Debug, Clone)]
enum Member {
    /// The host field of a triple; `None` is every host.
    Host(Option<String>),
    Group(String),
}

impl Netgroups {
    /// Reads a file's text: `group (host,user,domain) othergroup …`, `#` for comments, `\` at the end of a line that goes on. What
    /// is not of that form is passed over, as everything that reads netgroups does.
    pub fn parse(text: &str) -> Self {
        let joined = text.replace("\\\r\n", " ").replace("\\\n", " ");
        let mut groups: HashMap<String, Vec<Member>> = HashMap::new();
        for line in joined.lines() {
            let line = line.split('#').next().unwrap_or_default().trim();
            let Some((name, rest)) = line.split_once(char::is_whitespace) else { continue };
            groups.entry(name.to_owned()).or_default().extend(members(rest));
        }
        Self { groups }
    }

    /// Whether there is a group of this name.
    pub fn has(&self, group: &str) -> bool {
        self.groups.contains_key(group)
    }

    /// Whether one of `names` (a host's name and its address) is in `group` or in a group that it lists.
    pub fn contains(&self, group: &str, names: &[&str]) -> bool {
        let mut seen = HashSet::new();
        let mut open = vec![group];
        while let Some(group) = open.pop() {
            if !seen.insert(group) {
                continue;
            }
            for member in self.groups.get(group).into_iter().flatten() {
                match member {
                    Member::Group(other) => open.push(other),
                    Member::Host(None) => return true,
                    Member::Host(Some(host)) if names.iter().any(|name| name.eq_ignore_ascii_case(host)) => {
                        return true;
                    }
                    Member::Host(Some(_)) => {}
                }
            }
        }
        false
    }
}

fn members(mut rest: &str) -> Vec<Member> {
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start();
        if let Some(triple) = rest.strip_prefix('(') {
            let Some((fields, after)) = triple.split_once(')') else { return found };
            // `-` is a host that nobody has.
            match fields.split(',').next().unwrap_or_default().trim() {
                "-" => {}
                "" => found.push(Member::Host(None)),
                host => found.push(Member::Host(Some(host.to_owned()))),
            }
            rest = after;
        } else {
            let end = rest.find(|letter: char| letter.is_whitespace() || letter == '(').unwrap_or(rest.len());
            if end == 0 {
                return found;
            }
            found.push(Member::Group(rest[..end].to_owned()));
            rest = &rest[end..];
        }
    }
}
