//! Which partitions the store was ever used with, kept on disk: a process whose settings are older or shorter than another's, or
//! a disk that is not mounted, must not have accounts made anew whose mail lies where it does not look.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use crate::account_id::AccountId;
use crate::error::{Result, StoreError};
use crate::options::Partition;
use crate::{ObjectId, engine, layout};

/// The list of all partitions, in the first one.
pub(super) struct Partitions {
    list: PathBuf,
    own: HashSet<String>,
    others: Mutex<Others>,
}

/// Partitions of the list that this process's settings do not have.
#[derive(Default)]
struct Others {
    /// What the list looked like when it was read.
    read_at: Option<(SystemTime, u64)>,
    paths: Vec<PathBuf>,
}

impl Partitions {
    /// Marks and lists the partitions that are new. `Invalid` when one of the list has lost its mark.
    pub(super) fn open(partitions: &[Partition]) -> Result<Self> {
        let list = partitions[0].path.join(layout::PARTITIONS);
        let listed = read(&list)?;
        let mut own = HashSet::new();
        for partition in partitions {
            own.insert(match mark(&partition.path)? {
                Some(mark) if listed.get(&mark) == Some(&partition.path) => mark,
                _ => enlist(&list, partition)?,
            });
        }
        Ok(Self { list, own, others: Mutex::default() })
    }

    /// `Elsewhere` if the account lies in a partition that this process's settings do not have. Costs one look at the
    /// list for a name that has no account yet.
    pub(super) fn check_not_elsewhere(&self, id: &AccountId) -> Result<()> {
        let failed = |error| StoreError::io(format!("reading {}", self.list.display()), error);
        let looks = fs::metadata(&self.list).and_then(|now| Ok((now.modified()?, now.len()))).map_err(failed)?;
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        if others.read_at != Some(looks) {
            let mut listed = read(&self.list)?;
            listed.retain(|mark, _| !self.own.contains(mark));
            *others = Others { read_at: Some(looks), paths: listed.into_values().collect() };
        }
        match others.paths.iter().find(|path| engine::exists(&layout::account_dir(path, id))) {
            None => Ok(()),
            Some(path) => Err(StoreError::Elsewhere { account: id.to_string(), partition: path.clone() }),
        }
    }
}

/// The marks of the list with their folders; of a mark that moved, the last.
fn read(list: &Path) -> Result<HashMap<String, PathBuf>> {
    let text = match fs::read_to_string(list) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        text => text.map_err(|error| StoreError::io(format!("reading {}", list.display()), error))?,
    };
    let lines = text.lines().filter_map(|line| line.split_once(' '));
    Ok(lines.map(|(mark, path)| (mark.to_owned(), PathBuf::from(path))).collect())
}

/// The mark of a partition that has one.
fn mark(partition: &Path) -> Result<Option<String>> {
    let file = partition.join(layout::MARK);
    match fs::read_to_string(&file) {
        Ok(mark) => Ok(Some(mark.trim_end().to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::io(format!("reading {}", file.display()), error)),
    }
}

/// Marks a partition that has no mark, and adds it to the list.
fn enlist(list: &Path, Partition { name, path }: &Partition) -> Result<String> {
    let failed = |error| StoreError::io(format!("writing {}", list.display()), error);
    let mut file = layout::private_file().create(true).append(true).open(list).map_err(failed)?;
    // One process at a time: another may have been quicker.
    file.lock().map_err(failed)?;
    let listed = read(list)?;
    let mark = match mark(path)? {
        Some(mark) => mark,
        None => match listed.iter().find(|(_, listed)| *listed == path) {
            None => make_mark(path)?,
            Some((mark, _)) => {
                let (path, list) = (path.display(), list.display());
                return Err(StoreError::Invalid(format!(
                    "partition '{name}' at {path} is not the one that was there before: is its disk mounted? \
                     (If another is meant to take its place, remove the line that begins with {mark} from {list})"
                )));
            }
        },
    };
    if listed.get(&mark) != Some(path) {
        writeln!(file, "{mark} {}", path.display()).and_then(|()| file.sync_all()).map_err(failed)?;
        list.parent().map_or(Ok(()), layout::sync_dir)?;
    }
    Ok(mark)
}

fn make_mark(partition: &Path) -> Result<String> {
    let mark = ObjectId::random().to_string();
    let (file, whole) = (partition.join(layout::MARK), partition.join(format!("{}.new", layout::MARK)));
    layout::private_file()
        .create(true)
        .truncate(true)
        .open(&whole)
        .and_then(|mut new| writeln!(new, "{mark}").and_then(|()| new.sync_all()))
        .and_then(|()| fs::rename(&whole, &file))
        .map_err(|error| StoreError::io(format!("writing {}", file.display()), error))?;
    layout::sync_dir(partition)?;
    Ok(mark)
}
