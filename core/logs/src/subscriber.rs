//! From `tracing` events to lines. A place whose level is off costs one load: nothing is formatted there.

use std::{
    process,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU8, Ordering},
    },
};

use config::{LogForm, LogLevel, LogName};
use tracing::{
    Event, Metadata,
    level_filters::LevelFilter,
    span::{Attributes, Id, Record},
    subscriber::Interest,
};

use crate::{
    event::Fields,
    form::{self, Head, Stamp},
    source::{Source, level_of},
    writer::Queue,
};

/// What events need to know, and `refresh` changes.
#[derive(Debug)]
pub(crate) struct Shared {
    levels: [AtomicU8; LogName::ALL.len()],
    json: [AtomicBool; LogName::ALL.len()],
    hostname: String,
    pid: u32,
    zone: time::UtcOffset,
    queue: Queue,
}

impl Shared {
    pub(crate) fn new(log: &config::Log, queue: Queue, zone: time::UtcOffset) -> Self {
        let shared = Self {
            levels: Default::default(),
            json: Default::default(),
            hostname: log.hostname.clone(),
            pid: process::id(),
            zone,
            queue,
        };
        shared.configure(log);
        shared
    }

    pub(crate) fn configure(&self, log: &config::Log) {
        for one in &log.logs {
            self.levels[one.name as usize].store(one.level as u8, Ordering::Relaxed);
            self.json[one.name as usize].store(one.form == LogForm::Json, Ordering::Relaxed);
        }
    }

    fn wants(&self, log: LogName, level: LogLevel) -> bool {
        level as u8 <= self.levels[log as usize].load(Ordering::Relaxed)
    }

    fn wants_anywhere(&self, level: LogLevel) -> bool {
        LogName::ALL.into_iter().any(|log| self.wants(log, level))
    }
}

/// See the module. Spans are not followed: every line says by itself what it is about.
pub(crate) struct Subscriber {
    shared: Arc<Shared>,
}

impl Subscriber {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }
}

impl tracing::Subscriber for Subscriber {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.enabled(metadata) { Interest::always() } else { Interest::never() }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        let most = self.shared.levels.iter().map(|level| level.load(Ordering::Relaxed)).max().unwrap_or(0);
        Some(match LogLevel::ALL.get(usize::from(most)) {
            Some(LogLevel::Nolog) | None => LevelFilter::OFF,
            Some(LogLevel::Critical | LogLevel::Error) => LevelFilter::ERROR,
            Some(LogLevel::Warning) => LevelFilter::WARN,
            Some(LogLevel::Notice) => LevelFilter::INFO,
            Some(LogLevel::Information) => LevelFilter::DEBUG,
            Some(LogLevel::Debug) => LevelFilter::TRACE,
        })
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        if !metadata.is_event() {
            return false;
        }
        let level = level_of(metadata);
        let source = Source::of(metadata);
        if level > source.cap {
            return false;
        }
        // With a field `service` the log is only known once there is an event.
        match metadata.fields().field("service") {
            Some(_) => self.shared.wants_anywhere(level),
            None => self.shared.wants(source.log, level),
        }
    }

    fn new_span(&self, _span: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let metadata = event.metadata();
        let source = Source::of(metadata);
        let mut fields = Fields::default();
        event.record(&mut fields);
        let log = fields.log.unwrap_or(source.log);
        let level = level_of(metadata);
        if !self.shared.wants(log, level) {
            return;
        }
        let stamp = Stamp::now(self.shared.zone);
        let head = Head {
            stamp,
            hostname: &self.shared.hostname,
            log,
            pid: self.shared.pid,
            category: fields.category.unwrap_or(source.category),
            level,
        };
        let line = match self.shared.json[log as usize].load(Ordering::Relaxed) {
            true => form::json(&head, &fields),
            false => form::old(&head, &fields),
        };
        self.shared.queue.line(log, level, line);
    }

    fn enter(&self, _span: &Id) {}

    fn exit(&self, _span: &Id) {}
}
