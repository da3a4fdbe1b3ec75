//! A site's settings: what `msg.conf` overrides, over the defaults of the key table.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use crate::{
    error::ConfigError,
    file::{self, Line},
    key::Key,
    keys, value,
};

/// One option with its value in force.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The option's name, with the manual's capitals and any per-host part.
    pub name: String,
    /// Its row in the key table.
    pub key: &'static Key,
    /// The value in force; empty for "not set".
    pub value: String,
    /// Whether `msg.conf` sets it.
    pub overridden: bool,
}

/// The settings of one site. Reading is from memory; [`set`](Self::set) and [`delete`](Self::delete) write the file.
#[derive(Debug, Clone)]
pub struct Settings {
    path: PathBuf,
    root: PathBuf,
    overrides: BTreeMap<String, String>,
}

impl Settings {
    /// Where a site keeps its settings: `<root>/config/msg.conf`.
    pub fn path_in(root: &Path) -> PathBuf {
        root.join("config").join("msg.conf")
    }

    /// Reads the settings of the site at `root`. Fails when a line is not understood or a value is out of bounds.
    pub fn load(root: &Path) -> Result<Self, ConfigError> {
        Self::load_file(root, &Self::path_in(root))
    }

    /// As [`load`](Self::load), from another file (`configutil -f`).
    pub fn load_file(root: &Path, path: &Path) -> Result<Self, ConfigError> {
        let overrides = file::read(path)?
            .into_iter()
            .filter_map(|line| match line {
                Line::Set { name, value } => Some((name, value)),
                Line::Other(_) => None,
            })
            .collect();
        Ok(Self { path: path.to_owned(), root: root.to_owned(), overrides })
    }

    /// The site folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The value in force of the option `name`, which may be a per-host form; empty for "not set".
    pub fn get(&self, name: &str) -> Result<String, ConfigError> {
        let key = keys::find(name)?;
        let name = keys::spelled(key, name);
        Ok(self.value(key, &name).to_owned())
    }

    /// Sets options in one step; if any name or value is refused, nothing is changed.
    pub fn set(&mut self, changes: &[(&str, &str)]) -> Result<(), ConfigError> {
        let mut checked = Vec::new();
        for (name, value) in changes {
            let key = keys::find(name)?;
            checked.push((keys::spelled(key, name), key.check(value)?));
        }
        self.rewrite(|lines| {
            for (name, value) in checked {
                let place = lines.iter().rposition(|line| matches!(line, Line::Set { name: n, .. } if *n == name));
                let line = Line::Set { name, value };
                match place {
                    Some(index) => lines[index] = line,
                    None => lines.push(line),
                }
            }
        })
    }

    /// Removes the override of `name`, so that its default holds again. True when there was one.
    pub fn delete(&mut self, name: &str) -> Result<bool, ConfigError> {
        let name = keys::spelled(keys::find(name)?, name);
        let found = self.overrides.contains_key(&name);
        self.rewrite(|lines| {
            lines.retain(|line| !matches!(line, Line::Set { name: n, .. } if *n == name));
        })?;
        Ok(found)
    }

    fn rewrite(&mut self, change: impl FnOnce(&mut Vec<Line>)) -> Result<(), ConfigError> {
        let _lock = file::lock(&self.path)?;
        let mut lines = file::read(&self.path)?;
        change(&mut lines);
        file::write(&self.path, &lines)?;
        *self = Self::load_file(&self.root, &self.path)?;
        Ok(())
    }

    /// Every option with its value in force: the whole table, and the per-host forms that are set.
    pub fn entries(&self) -> Vec<Entry> {
        let mut entries: Vec<Entry> = keys::all().map(|key| self.entry(key, key.name.to_owned())).collect();
        for name in self.overrides.keys() {
            if let Ok(key) = keys::find(name)
                && key.name != *name
            {
                entries.push(self.entry(key, name.clone()));
            }
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        entries
    }

    fn entry(&self, key: &'static Key, name: String) -> Entry {
        Entry { key, value: self.value(key, &name).to_owned(), overridden: self.overrides.contains_key(&name), name }
    }

    fn value<'a>(&'a self, key: &'static Key, name: &str) -> &'a str {
        match self.overrides.get(name) {
            Some(value) if !value.is_empty() => value,
            _ => key.default,
        }
    }

    // Typed reading. Values were checked when they were set or loaded and the defaults are checked by a test, so
    // a value that does not parse can only be "not set"; the fallbacks below are for that case.

    pub(crate) fn text(&self, key: &'static Key) -> String {
        self.value(key, key.name).to_owned()
    }

    pub(crate) fn optional(&self, key: &'static Key) -> Option<String> {
        Some(self.text(key)).filter(|value| !value.is_empty())
    }

    pub(crate) fn flag(&self, key: &'static Key) -> bool {
        value::boolean(self.value(key, key.name)).unwrap_or(false)
    }

    pub(crate) fn number(&self, key: &'static Key) -> i64 {
        self.value(key, key.name).parse().unwrap_or(0)
    }

    pub(crate) fn path(&self, key: &'static Key) -> PathBuf {
        self.root.join(self.value(key, key.name))
    }

    /// The per-host forms of `key` that are set, as (host in lower case, value).
    pub(crate) fn per_host(&self, key: &'static Key) -> impl Iterator<Item = (String, String)> {
        self.overrides.iter().filter_map(move |(name, value)| {
            let host = name.strip_prefix(key.name)?.strip_prefix('.')?;
            // `local.service.proxy.admin.` must not swallow a longer key such as `….adminpass`.
            (keys::find(name).ok()?.name == key.name && !value.is_empty())
                .then(|| (host.to_ascii_lowercase(), value.clone()))
        })
    }
}
