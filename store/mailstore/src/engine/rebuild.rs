//! Replacing the contents of a damaged database in place, while other processes have it open.
//!
//! A copy by SQLite's backup is one transaction of the damaged database: whoever has it open sees all of the new one from
//! its commit on. The copy holds the write lock from before the old rows are read, so that nothing is written in between.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::open::{APPLICATION, DATABASE, PATIENCE, pause};
use super::repair::Repair;
use super::salvage::salvage;
use super::{Database, FORMAT, Writer, schema};
use crate::error::{Result, StoreError};
use crate::layout;

/// How long SQLite's own lock waits last; the loop around them has the patience.
const WAIT: Duration = Duration::from_millis(200);

impl Database {
    /// Reads what can be read of the database page by page, repairs that, and puts it in the place of what was there.
    pub(crate) fn rebuild(&self, repair: &Repair<'_>) -> Result<Vec<String>> {
        let path = self.dir().join(DATABASE);
        let making = self.dir().join(format!("{DATABASE}.{}", crate::ObjectId::random()));
        let failed = |error| StoreError::io(format!("making {}", making.display()), error);
        layout::private_file().create_new(true).open(&making).map_err(failed)?;
        let rebuilt = rebuild(self.dir(), &path, &making, repair);
        for suffix in ["", "-journal"] {
            let _ = fs::remove_file(format!("{}{suffix}", making.display()));
        }
        // What the connections here remember of the old one is of no use.
        self.try_close();
        rebuilt
    }
}

fn rebuild(dir: &Path, path: &Path, making: &Path, repair: &Repair<'_>) -> Result<Vec<String>> {
    let fresh = Connection::open(making)?;
    fresh.execute_batch("PRAGMA page_size = 4096; PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY;")?;
    fresh.execute_batch(schema::TABLES)?;
    schema::STEPS.iter().try_for_each(|step| fresh.execute_batch(step))?;
    fresh.pragma_update(None, "application_id", APPLICATION)?;
    fresh.pragma_update(None, "user_version", FORMAT)?;
    give_header(path, making)?;
    let mut damaged = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    damaged.busy_timeout(WAIT)?;
    // No PRAGMA: most read the schema, which may be what is damaged. SQLite's own defaults are what is wanted here.
    let copy = Backup::new(&fresh, &mut damaged)?;
    let started = Instant::now();
    let step = |pages| loop {
        match copy.step(pages)? {
            StepResult::Busy | StepResult::Locked if started.elapsed() < PATIENCE => std::thread::sleep(pause()),
            StepResult::Busy | StepResult::Locked => return Err(StoreError::Busy(None)),
            done => return Ok(done),
        }
    };
    // No page yet, but the lock: nobody writes from here on.
    step(0)?;
    fresh.execute_batch("BEGIN")?;
    let rows = salvage(dir, &fresh)?;
    let mut done: Vec<String> = vec![format!(
        "the database was built anew from {}",
        rows.iter().map(|(table, count)| format!("{count} {table}")).collect::<Vec<_>>().join(", ")
    )];
    let writer = Writer::new(&fresh);
    done.extend(writer.repair(repair)?);
    writer.restamp()?;
    drop(writer);
    fresh.execute_batch("COMMIT")?;
    while step(-1)? != StepResult::Done {}
    Ok(done)
}

/// A header that SQLite accepts, where there is none: all else is about to be replaced.
fn give_header(path: &Path, sound: &Path) -> Result<()> {
    let failed = |error| StoreError::io(format!("writing {}", path.display()), error);
    let file = layout::private_file().open(path).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    let mut header = [0; 100];
    let readable = file.read_exact_at(&mut header, 0).is_ok() && length >= 4096;
    let fits = readable
        && header.starts_with(b"SQLite format 3\0\x10\x00")
        && header.get(18..24) == Some(&[2, 2, 0, 64, 32, 32]);
    if fits {
        return Ok(());
    }
    let mut header = fs::read(sound).map_err(failed)?;
    header.truncate(100);
    let pages = u32::try_from(length.div_ceil(4096).max(1)).unwrap_or(1);
    if let Some(versions) = header.get_mut(18..20) {
        versions.copy_from_slice(&[2, 2]);
    }
    if let Some(size) = header.get_mut(28..32) {
        size.copy_from_slice(&pages.to_be_bytes());
    }
    file.set_len(u64::from(pages) * 4096).map_err(failed)?;
    file.write_all_at(&header, 0).map_err(failed)?;
    file.sync_data().map_err(failed)
}
