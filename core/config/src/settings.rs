//! A site's settings: what `msg.conf` overrides, over the defaults of the key table.

use std::{
    collections::{
        BTreeMap, HashMap,
        hash_map::Entry::{Occupied, Vacant},
    },
    fs,
    path::{Path, PathBuf},
};

use crate::{
    error::{ConfigError, Refusal},
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

impl Entry {
    /// Why the value in force does nothing, when that is worth saying: the option has no effect, and it is not as it was
    /// delivered.
    pub fn warning(&self) -> Option<String> {
        without_effect(self.key, &self.name, &self.value)
    }
}

fn without_effect(key: &Key, name: &str, value: &str) -> Option<String> {
    let reason = key.without_effect.filter(|_| !value.is_empty() && value != key.default)?;
    Some(format!("{name} has no effect: {reason}"))
}

/// Changes in the form that is stored, and what will have no effect of them.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    pub(crate) changes: Vec<(String, String)>,
    pub(crate) warnings: Vec<String>,
}

impl Checked {
    pub(crate) fn read(changes: &[(&str, &str)]) -> Result<Self, Refusal> {
        let mut checked = Self::default();
        for (name, value) in changes {
            let named = keys::resolve(name)?;
            let value = named.key.check(value)?;
            checked.warnings.extend(without_effect(named.key, &named.name, &value));
            checked.changes.push((named.name, value));
        }
        Ok(checked)
    }
}

/// Puts overrides where their names stand, or at the end.
pub(crate) fn put(lines: &mut Vec<Line>, changes: Vec<(String, String)>) {
    let mut places: HashMap<String, usize> = lines.iter().enumerate().filter_map(named).collect();
    for (name, value) in changes {
        let line = Line::Set { name: name.clone(), value };
        match places.entry(name) {
            Occupied(place) => lines[*place.get()] = line,
            Vacant(place) => {
                place.insert(lines.len());
                lines.push(line);
            }
        }
    }
}

// Of a name that stands twice, the last line counts.
fn named((index, line): (usize, &Line)) -> Option<(String, usize)> {
    match line {
        Line::Set { name, .. } => Some((name.clone(), index)),
        Line::Other(_) | Line::Bad { .. } => None,
    }
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
        // A link stays one: what it leads to is read, locked and replaced.
        let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let overrides = file::read(path)?
            .into_iter()
            .filter_map(|line| match line {
                Line::Set { name, value } => Some((name, value)),
                Line::Other(_) | Line::Bad { .. } => None,
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
        Ok(self.find(name)?.value)
    }

    /// The option `name` with its value in force.
    pub fn find(&self, name: &str) -> Result<Entry, ConfigError> {
        let named = keys::resolve(name)?;
        if named.key.is_family() && named.label.is_empty() {
            return Err(Refusal::UnknownName { name: name.to_owned(), closest: None }.into());
        }
        Ok(self.entry(named.key, named.name))
    }

    /// Sets options in one step; if any name or value is refused, nothing is changed. Tells what will have no effect.
    pub fn set(&mut self, changes: &[(&str, &str)]) -> Result<Vec<String>, ConfigError> {
        let Checked { changes, warnings } = Checked::read(changes)?;
        self.rewrite(|lines| put(lines, changes))?;
        Ok(warnings)
    }

    /// Removes the override of `name`, so that its default holds again. True when there was one.
    pub fn delete(&mut self, name: &str) -> Result<bool, ConfigError> {
        let name = keys::resolve(name)?.name;
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

    /// Every option with its value in force: the whole table, and the forms with a label, host or language that are set.
    pub fn entries(&self) -> Vec<Entry> {
        let mut names: BTreeMap<String, &'static Key> =
            keys::all().filter(|key| !key.is_family()).map(|key| (key.plain_name(), key)).collect();
        for name in self.overrides.keys() {
            if let Ok(key) = keys::find(name) {
                names.insert(name.clone(), key);
            }
        }
        names.into_iter().map(|(name, key)| self.entry(key, name)).collect()
    }

    /// The options that have another value in `earlier`.
    pub fn changed_since(&self, earlier: &Self) -> Vec<Entry> {
        let now = self.entries().into_iter();
        let gone = earlier.entries().into_iter().map(|entry| self.entry(entry.key, entry.name));
        let mut changed: BTreeMap<String, Entry> = now.chain(gone).map(|entry| (entry.name.clone(), entry)).collect();
        changed.retain(|name, entry| earlier.value(entry.key, name) != entry.value);
        changed.into_values().collect()
    }

    fn entry(&self, key: &'static Key, name: String) -> Entry {
        Entry { key, value: self.value(key, &name).to_owned(), overridden: self.overrides.contains_key(&name), name }
    }

    // A language or host without a value of its own has the default; it is the reader who falls back to the plain name.
    fn value<'a>(&'a self, key: &'static Key, name: &str) -> &'a str {
        match self.overrides.get(name) {
            Some(value) if !value.is_empty() => value,
            _ => key.default,
        }
    }

    // Typed reading. Values were checked when they were set or loaded and the defaults are checked by a test, so
    // a value that does not parse can only be "not set"; the fallbacks below are for that case.

    pub(crate) fn text(&self, key: &'static Key) -> String {
        self.value(key, &key.plain_name()).to_owned()
    }

    /// What the site says, also where that is nothing.
    pub(crate) fn given(&self, key: &'static Key) -> Option<String> {
        self.overrides.get(&key.plain_name()).cloned()
    }

    pub(crate) fn optional(&self, key: &'static Key) -> Option<String> {
        Some(self.text(key)).filter(|value| !value.is_empty())
    }

    /// Whether the site sets the option itself.
    pub(crate) fn overridden(&self, key: &'static Key) -> bool {
        self.overrides.get(key.name).is_some_and(|value| !value.is_empty())
    }

    pub(crate) fn flag(&self, key: &'static Key) -> bool {
        value::boolean(&self.text(key)).unwrap_or(false)
    }

    pub(crate) fn number(&self, key: &'static Key) -> i64 {
        self.text(key).parse().unwrap_or(0)
    }

    pub(crate) fn path(&self, key: &'static Key) -> PathBuf {
        self.root.join(self.text(key))
    }

    pub(crate) fn paths(&self, key: &'static Key) -> Vec<PathBuf> {
        self.value(key, key.name).split_whitespace().map(|path| self.root.join(path)).collect()
    }

    /// Whether `key` has a value of its own.
    pub(crate) fn is_set(&self, key: &'static Key) -> bool {
        self.overrides.get(key.name).is_some_and(|value| !value.is_empty())
    }

    /// The per-host forms of `key` that are set, as (host in lower case, value).
    pub(crate) fn per_host(&self, key: &'static Key) -> impl Iterator<Item = (String, String)> {
        self.labelled(key)
    }

    /// The forms of `key` with a label or host that are set, as (label in lower case, value).
    pub(crate) fn labelled(&self, key: &'static Key) -> impl Iterator<Item = (String, String)> {
        self.overrides.iter().filter_map(move |(name, value)| {
            let named = keys::resolve(name).ok()?;
            (named.key.name == key.name && !named.label.is_empty() && !value.is_empty())
                .then(|| (named.label, value.clone()))
        })
    }

    /// The value of `key` in every language that it is set in, by language tag in lower case.
    pub fn in_languages(&self, key: &'static Key) -> BTreeMap<String, String> {
        let values = self.overrides.iter().filter_map(|(name, value)| {
            let named = keys::resolve(name).ok()?;
            (named.key.name == key.name && named.label.is_empty() && !value.is_empty())
                .then(|| Some((named.language?, value.clone())))?
        });
        values.collect()
    }
}
