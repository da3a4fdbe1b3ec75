//! `heliograph ens watch`: prints the events of the store as they come (Guide §5.6.1, Reference §5).

use std::{
    process::ExitCode,
    sync::{Arc, mpsc},
};

use ::ens::{Client, Endpoint, EventReference, Listener};
use anyhow::{Context, bail};
use bytes::Bytes;
use clap::{Args, Subcommand};
use config::Settings;
use serde_json::{Map, Value, json};

use crate::{output, root::RootOption, services::broker_of, stamp::plain_stamp};

/// Looks at the Event Notification Service.
#[derive(Args)]
pub struct Ens {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Print events as they come
    Watch(Watch),
}

/// Prints events as they come, one a line: time, kind, mailbox, then everything else that the event says.
///
/// REFERENCE says which: an event key such as enp://127.0.0.1/store/alice, a mailbox as events name it (alice, alice/Sent), or
/// nothing for all of the site. Parameters narrow it: 'alice?evtType=NewMsg'. Without --host the broker is the one of the
/// running server, else the one that local.store.notifyplugin.enshost names. Ends at an interrupt. A broker that is away is waited for, which standard
/// error says; where the settings let no event come at all the command fails.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  heliograph ens watch\n  heliograph ens watch 'alice?evtType=NewMsg' --payload\n  \
    heliograph ens watch enp://store1/store --host store1.example.com:7997 --json\n  \
    heliograph ens watch --host nats://user:password@nats.example.com:4222 --count 10"
)]
struct Watch {
    /// Which events
    reference: Option<String>,
    /// Another broker: HOST, HOST:PORT or a nats:// address
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
    /// Print the header and text that events carry, too
    #[arg(long)]
    payload: bool,
    /// End after so many events
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
}

/// The broker's usual port.
const PORT: u16 = 7997;

/// What the connection's task tells the printing one.
enum Heard {
    Event(EventReference, Bytes),
    InForce,
    Missed,
    Away(String),
}

struct Ear(mpsc::Sender<Heard>);

impl Ear {
    fn tell(&self, heard: Heard) {
        // Whoever prints has ended when nobody listens.
        let _ = self.0.send(heard);
    }
}

impl Listener for Ear {
    fn event(&self, _subscription: u32, reference: &EventReference, payload: &Bytes) {
        self.tell(Heard::Event(reference.clone(), payload.clone()));
    }

    fn in_force(&self, _subscription: u32) {
        self.tell(Heard::InForce);
    }

    fn missed(&self) {
        self.tell(Heard::Missed);
    }

    fn away(&self, reason: &str) {
        self.tell(Heard::Away(reason.to_owned()));
    }
}

impl Ens {
    pub fn run(self, root: &RootOption) -> anyhow::Result<ExitCode> {
        match self.what {
            What::Watch(watch) => watch.run(root),
        }
    }
}

impl Watch {
    fn run(self, root: &RootOption) -> anyhow::Result<ExitCode> {
        // Another host's events can be watched from where no site is.
        let settings = match (&self.host, &self.reference) {
            (Some(_), Some(reference)) if reference.starts_with("enp://") => None,
            _ => Some(root.settings()?),
        };
        let wanted = self.wanted(settings.as_ref())?;
        let endpoint = self.endpoint(settings.as_ref())?;
        self.can_come(&wanted, settings.as_ref().filter(|_| self.host.is_none()))?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .context("starting the runtime")?;
        let (sender, heard) = mpsc::channel();
        let client = {
            let _runtime = runtime.enter();
            Client::start(endpoint.clone(), Arc::new(Ear(sender)))
        };
        client.subscribe(wanted.clone());
        let mut left = self.count;
        while left != Some(0) {
            match heard.recv() {
                Ok(Heard::Event(reference, payload)) => {
                    self.print(&reference, &payload);
                    left = left.map(|left| left - 1);
                }
                Ok(Heard::InForce) => output::note(format_args!("watching {wanted} at {endpoint}")),
                Ok(Heard::Away(reason)) => {
                    output::note(format_args!("no event broker at {endpoint}: {reason}; waiting for it"));
                }
                Ok(Heard::Missed) => output::note("events were lost on the way"),
                Err(_) => bail!("the connection to {endpoint} ended for good"),
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    fn wanted(&self, settings: Option<&Settings>) -> anyhow::Result<EventReference> {
        let text = self.reference.as_deref().unwrap_or_default();
        if text.starts_with("enp://") {
            return Ok(EventReference::parse(text)?);
        }
        let key = settings.map(config::Ens::event_key).context("no site says what the mailbox's events are called")?;
        let key = match text {
            // Whatever the mailbox is.
            "" => key.strip_suffix("%M").unwrap_or(&key).trim_end_matches('/').to_owned(),
            other if other.contains("://") => bail!("'{other}' is neither an enp:// reference nor a mailbox"),
            mailbox if mailbox.starts_with('?') => {
                format!("{}{mailbox}", key.strip_suffix("%M").unwrap_or(&key).trim_end_matches('/'))
            }
            mailbox if key.ends_with("%M") => ::ens::key(&key, mailbox),
            _ => bail!(
                "local.store.notifyplugin.enseventkey does not end in %M: the site's events have no keys of mailboxes"
            ),
        };
        Ok(EventReference::parse(&key)?)
    }

    /// Fails where no event can ever be printed. `settings` are those of the site whose own events are watched.
    fn can_come(&self, wanted: &EventReference, settings: Option<&Settings>) -> anyhow::Result<()> {
        let kind = wanted.parameter("evtType");
        if let Some(kind) = kind.filter(|kind| !::ens::EVENT_TYPES.contains(kind)) {
            bail!("there is no evtType '{kind}': give one of {}", ::ens::EVENT_TYPES.join(", "));
        }
        let Some(settings) = settings else { return Ok(()) };
        let Some(notify) = config::Ens::read(settings).notify else {
            output::note(
                "this site publishes nothing (local.store.notifyplugin, local.store.notifyplugin.enshost): only events of others can come",
            );
            return Ok(());
        };
        let all = ::ens::key(&notify.event_key, "");
        let all = EventReference::new(all.trim_end_matches('/'));
        let Some(below) = wanted.key().strip_prefix(all.key()).filter(|rest| rest.is_empty() || rest.starts_with('/'))
        else {
            if !all.key().starts_with(wanted.key()) {
                output::note(format_args!("this site's events are below {all}: only events of others can come"));
            }
            return Ok(());
        };
        let is_folder = below.trim_matches('/').contains('/');
        if is_folder && !notify.none_inbox {
            bail!("only events of INBOX are published: local.store.notifyplugin.noneinbox.enable is no");
        }
        if let Some(kind) = kind.filter(|kind| !::ens::is_published(kind, &notify.events)) {
            bail!("no {kind} is published: its local.store.notifyplugin.*.enable is no");
        }
        Ok(())
    }

    fn endpoint(&self, settings: Option<&Settings>) -> anyhow::Result<Endpoint> {
        if let Some(host) = &self.host {
            let (host, port) = match host.rsplit_once(':') {
                Some((name, port)) if !Endpoint::is_nats(host) && !name.contains(':') => {
                    (name, port.parse().with_context(|| format!("'{port}' is not a port"))?)
                }
                _ => (host.as_str(), PORT),
            };
            return Ok(Endpoint::new(host, port)?);
        }
        let settings = settings.context("no site says where the broker is: use --host")?;
        let notify = config::Ens::read(settings).notify;
        if let Some(notify) = notify.as_ref().filter(|notify| Endpoint::is_nats(&notify.host)) {
            return Ok(Endpoint::new(&notify.host, notify.port)?);
        }
        if let Some(address) = broker_of(settings) {
            return Ok(Endpoint::Broker { address: address.to_string() });
        }
        let notify = notify.context(
            "nothing is published: set local.store.notifyplugin and local.store.notifyplugin.enshost, or use --host",
        )?;
        Ok(Endpoint::new(&notify.host, notify.port)?)
    }

    fn print(&self, reference: &EventReference, payload: &[u8]) {
        let text = String::from_utf8_lossy(payload);
        if self.json {
            let parameters: Map<String, Value> =
                reference.parameters().map(|(name, value)| (name.to_owned(), value.into())).collect();
            let mut line =
                json!({"reference": reference.to_string(), "key": reference.key(), "parameters": parameters});
            if self.payload {
                line["payload"] = text.into();
            }
            return output::line(line);
        }
        let milliseconds = reference.parameter("timestamp").and_then(|value| value.parse::<u64>().ok());
        let when = milliseconds.map_or_else(|| "-".to_owned(), |milliseconds| plain_stamp(milliseconds / 1000));
        let mut line = when;
        for name in ["evtType", "mailboxName"] {
            line = line + " " + &one_word(reference.parameter(name).unwrap_or("-"));
        }
        let named = |name: &str| ["evtType", "mailboxName", "timestamp"].contains(&name);
        for (name, value) in reference.parameters().filter(|(name, _)| !named(name)) {
            line = line + " " + name + "=" + &one_word(value);
        }
        output::line(line);
        if self.payload {
            text.lines().for_each(|text| output::line(format_args!("| {}", printable(text))));
        }
    }
}

/// A value as one word of a line: in quotation marks where it has blanks.
fn one_word(value: &str) -> String {
    let value = printable(value);
    if value.is_empty() || value.contains([' ', '"']) { format!("\"{}\"", value.replace('"', "\\\"")) } else { value }
}

/// Without what a terminal would obey.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c }).collect()
}
