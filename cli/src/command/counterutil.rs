//! `counterutil`: the counters of the running server, under their old names (Reference §7.5).

use std::{collections::BTreeMap, path::Path, process::ExitCode, thread, time::Duration};

use anyhow::{Context, bail};
use clap::Args;
use config::{Settings, Store as StoreConfig};
use daemon::control::{self, Answer, Order};

use crate::{
    command::msprobe,
    output,
    root::RootOption,
    stamp::{old_stamp, seconds_now},
};

/// The objects, with what they tell.
const OBJECTS: &[(&str, &str)] = &[
    ("diskusage", "room on the disks of the store's partitions"),
    ("httpstat", "connections and sign-ins of the webmail"),
    ("imapstat", "connections and sign-ins of the IMAP service"),
    ("lmtpstat", "connections of the LMTP service"),
    ("popstat", "connections and sign-ins of the POP service"),
    ("serverresponse", "what msprobe measured last"),
];

/// Objects of the old server that have nothing to count here, with what tells it instead.
const FORMER: &[(&str, &str)] = &[
    (
        "alarm",
        "no alarms are mailed here; diskusage and serverresponse show what they watched, and the metrics what to alert on",
    ),
    ("cgimsg", "there is no administration console whose messages were counted"),
];

/// Shows the counters of the running server.
///
/// With several processes their numbers are added up; start is that of the oldest. Exit code 1 when no server runs.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  counterutil -l\n  counterutil -o imapstat\n  counterutil -o imapstat -i 5 -n 10\n  counterutil -o diskusage --json"
)]
pub struct Counterutil {
    /// List the counter objects
    #[arg(short = 'l', required_unless_present = "object")]
    list: bool,
    /// Show the counters of this object
    #[arg(short = 'o', value_name = "OBJECT")]
    object: Option<String>,
    /// Seconds between two looks
    #[arg(short = 'i', value_name = "INTERVAL", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..))]
    interval: u64,
    /// How many looks
    #[arg(short = 'n', value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    count: u64,
    /// One JSON object a look
    #[arg(long)]
    json: bool,
}

/// A counter as it is shown.
enum Value {
    Count(u64),
    /// Seconds since 1970; 0 for never.
    Time(u64),
    Text(String),
}

impl Counterutil {
    pub fn run(self, root: &RootOption) -> anyhow::Result<ExitCode> {
        let settings = root.settings()?;
        let Some(object) = &self.object else {
            self.show_objects();
            return Ok(ExitCode::SUCCESS);
        };
        if let Some((name, why)) = FORMER.iter().find(|(name, _)| name == object) {
            bail!("{name}: {why}");
        }
        if !OBJECTS.iter().any(|(name, _)| name == object) {
            let known: Vec<&str> = OBJECTS.iter().map(|(name, _)| *name).collect();
            bail!("there is no counter object '{object}'; there are {}", known.join(", "));
        }
        if !self.json {
            output::line(format_args!("Monitor counterobject ({object})"));
        }
        for look in 1..=self.count {
            if look > 1 {
                thread::sleep(Duration::from_secs(self.interval));
            }
            self.show(look, object, &read(&settings, object)?);
        }
        Ok(ExitCode::SUCCESS)
    }

    fn show_objects(&self) {
        for (name, help) in OBJECTS {
            if self.json {
                output::line(serde_json::json!({"object": name, "help": help}));
            } else {
                output::line(format_args!("{name:<16}{help}"));
            }
        }
    }

    fn show(&self, look: u64, object: &str, counters: &BTreeMap<String, Value>) {
        let now = seconds_now();
        if self.json {
            let values: serde_json::Map<String, serde_json::Value> = counters
                .iter()
                .map(|(name, value)| {
                    let value = match value {
                        Value::Count(number) | Value::Time(number) => (*number).into(),
                        Value::Text(text) => text.clone().into(),
                    };
                    (name.clone(), value)
                })
                .collect();
            output::line(serde_json::json!({"count": look, "at": now, "object": object, "counters": values}));
            return;
        }
        output::line(format_args!("\ncount = {look} at {now}\n"));
        for (name, value) in counters {
            match value {
                Value::Count(number) => output::line(format_args!("{name} [8 bytes]: {number}")),
                Value::Time(0) => output::line(format_args!("{name} [8 bytes]: 0")),
                Value::Time(at) => output::line(format_args!("{name} [8 bytes]: {}", old_stamp(*at))),
                Value::Text(text) => output::line(format_args!("{name} [{} bytes]: {text}", text.len())),
            }
        }
    }
}

fn read(settings: &Settings, object: &str) -> anyhow::Result<BTreeMap<String, Value>> {
    match object {
        "diskusage" => disks(settings),
        "serverresponse" => responses(settings.root()),
        _ => service(settings.root(), object.trim_end_matches("stat")),
    }
}

fn service(root: &Path, service: &str) -> anyhow::Result<BTreeMap<String, Value>> {
    let answers = control::ask(root, &Order::Counters).context("asking the server")?;
    let mut found: BTreeMap<String, Value> = BTreeMap::new();
    for answer in answers {
        let Answer::Counters(mut services) = answer else { continue };
        for (name, number) in services.remove(service).unwrap_or_default() {
            let time = name.ends_with("Time");
            let full = format!("global.{name}");
            let value = match (found.get(&full), name.as_str()) {
                (Some(Value::Time(other)), "currentStartTime") => Value::Time(number.min(*other)),
                (Some(Value::Time(other)), _) => Value::Time(number.max(*other)),
                (Some(Value::Count(other)), _) => Value::Count(number + other),
                _ if time => Value::Time(number),
                _ => Value::Count(number),
            };
            found.insert(full, value);
        }
    }
    if found.is_empty() {
        bail!("no server is running at {}", root.display());
    }
    Ok(found)
}

fn disks(settings: &Settings) -> anyhow::Result<BTreeMap<String, Value>> {
    let config = StoreConfig::read(settings);
    let mut found = BTreeMap::new();
    let partitions = std::iter::once(("primary".to_owned(), config.path.clone())).chain(config.partitions);
    for (name, path) in partitions {
        // A partition that was never used has no folder yet: its disk is that of the folder above.
        let place = path.ancestors().find(|place| place.exists()).unwrap_or(&path);
        let disk = nix::sys::statvfs::statvfs(place).with_context(|| path.display().to_string())?;
        let unit = disk.fragment_size();
        let (total, free) = (disk.blocks().saturating_mul(unit), disk.blocks_available().saturating_mul(unit));
        let percent = free.saturating_mul(100).checked_div(total).unwrap_or(0);
        for (counter, value) in [
            ("availSpace", Value::Count(free / 1024)),
            ("lastStatTime", Value::Time(seconds_now())),
            ("mailPartitionPath", Value::Text(path.display().to_string())),
            ("percentAvail", Value::Count(percent)),
            ("totalSpace", Value::Count(total / 1024)),
        ] {
            found.insert(format!("{name}.{counter}"), value);
        }
    }
    Ok(found)
}

fn responses(root: &Path) -> anyhow::Result<BTreeMap<String, Value>> {
    let results = msprobe::last_results(root)?;
    if results.is_empty() {
        bail!("msprobe has not been run at {} yet", root.display());
    }
    Ok(results
        .into_iter()
        .flat_map(|result| {
            [
                (format!("{}.lastStatTime", result.service), Value::Time(result.at)),
                (format!("{}.responseTime", result.service), Value::Count(result.milliseconds)),
                (format!("{}.state", result.service), Value::Text(result.problem.unwrap_or_else(|| "ok".to_owned()))),
            ]
        })
        .collect())
}
