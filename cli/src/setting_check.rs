//! What a single value must be beyond its type: grammars that the crate of the settings does not know.

use anyhow::{Context, anyhow, bail};
use clap::Parser;
use config::{keys, schedule::Schedule};
use directory::Filter;
use ens::{Access, Endpoint, EventReference};

/// Refuses a value that the key's type lets through and its reader would not.
pub fn check(name: &str, value: &str) -> anyhow::Result<()> {
    let (Ok(key), value) = (keys::find(name), value.trim()) else { return Ok(()) };
    if key.name == keys::ens::ACCESS.name {
        // Nothing is a word, too: nobody may connect.
        return value.parse::<Access>().map(|_| ()).context(key.name);
    }
    if value.is_empty() {
        return Ok(());
    }
    if key.name == keys::directory::SEARCH_FILTER.name {
        Filter::parse_template(value).context(key.name)?;
    } else if key.name == keys::ens::EVENT_KEY.name {
        event_key(value).context(key.name)?;
    } else if key.name == keys::ens::HOST.name {
        broker_host(value).context(key.name)?;
    } else if key.kind == config::Kind::Schedule
        && let Ok(schedule) = value.parse::<Schedule>()
    {
        command(&schedule).context(name.to_owned())?;
    }
    Ok(())
}

/// `enp://host/path`, with `%M` as its last level or nowhere (Guide §5.6.1).
fn event_key(value: &str) -> anyhow::Result<()> {
    let plain = match value.strip_suffix("%M") {
        Some(before) if before.ends_with('/') => before,
        Some(_) => bail!("%M is a level of its own: give {}/%M", value.trim_end_matches("%M")),
        None => value,
    };
    if plain.contains("%M") {
        bail!("%M, the mailbox, stands at the end or not at all");
    }
    if plain.contains('?') {
        bail!("'{value}' has parameters, which are the events' own");
    }
    EventReference::parse(plain)
        .with_context(|| format!("'{value}' is no event key such as enp://127.0.0.1/store/%M"))?;
    Ok(())
}

fn broker_host(value: &str) -> anyhow::Result<()> {
    if Endpoint::is_nats(value) {
        return Endpoint::new(value, 0).map(|_| ()).map_err(|error| anyhow!("'{value}' is {error}"));
    }
    if value.contains("://") {
        bail!("'{value}' is neither a host nor a nats:// address");
    }
    if !config::is_host(value) {
        bail!("'{value}' is no host name or address; the port is local.store.notifyplugin.ensport");
    }
    Ok(())
}

/// Whether the tool takes these arguments.
fn command(schedule: &Schedule) -> anyhow::Result<()> {
    let words = std::iter::once("heliograph").chain(schedule.command().iter().map(String::as_str));
    match crate::Arguments::try_parse_from(words) {
        Ok(_) => Ok(()),
        Err(error) if !error.use_stderr() => bail!("'{}' only prints a text", schedule.command().join(" ")),
        Err(error) => {
            let text = error.to_string();
            let first = text.lines().next().unwrap_or_default();
            bail!("'{}' cannot run: {}", schedule.command().join(" "), first.trim_start_matches("error: "))
        }
    }
}
