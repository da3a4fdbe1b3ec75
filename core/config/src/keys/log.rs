//! Logs: `logfile.<service>.*`. A service without a value of its own takes the one of `logfile.default`.

use crate::key::{Effect, Key, Kind};

/// The log levels of the old server, from none to all.
pub const LEVELS: &[&str] = &["Nolog", "Critical", "Error", "Warning", "Notice", "Information", "Debug"];

/// The forms of a log line. `NscpLog` is what the old server called its own.
pub const FORMS: &[&str] = &["NscpLog", "json"];

/// Syslog facilities; `none` for files or standard error.
pub const FACILITIES: &[&str] =
    &["none", "user", "mail", "daemon", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"];

/// The rows of one log.
pub struct LogKeys {
    /// Least level that is written.
    pub level: &'static Key,
    /// Folder.
    pub dir: &'static Key,
    /// Largest file.
    pub max_file_size: &'static Key,
    /// Largest sum of the files.
    pub max_size: &'static Key,
    /// Most files.
    pub max_files: &'static Key,
    /// Free space to keep.
    pub min_free: &'static Key,
    /// Longest time in one file.
    pub rollover: &'static Key,
    /// Longest life of a file.
    pub expiry: &'static Key,
    /// Longest wait in memory.
    pub flush: &'static Key,
    /// Form of the lines.
    pub form: &'static Key,
    /// Syslog facility.
    pub facility: &'static Key,
    /// Syslog's socket.
    pub socket: &'static Key,
}

macro_rules! logs {
    (@key $service:literal, $name:literal, $kind:expr, $default:expr, $source:literal, $help:literal) => {
        &Key {
            name: concat!("logfile.", $service, ".", $name),
            kind: $kind,
            default: $default,
            effect: Effect::Refresh,
            per_host: false,
            source: $source,
            per_language: false,
            without_effect: None,
                bounds: None,
            help: $help,
        }
    };
    ($( $const:ident $service:literal: [$level:literal $file_size:literal $size:literal $files:literal $free:literal $rollover:literal $expiry:literal $flush:literal $form:literal $facility:literal $socket:literal]; )*) => {
        $(
            #[doc = concat!("The rows of `logfile.", $service, ".*`.")]
            pub const $const: LogKeys = LogKeys {
                level: logs!(@key $service, "loglevel", Kind::Choice(LEVELS), $level, "Reference §1.3",
                    "Least level that is logged; Nolog for nothing."),
                dir: logs!(@key $service, "logdir", Kind::Path, "", "Reference §1.3",
                    "Folder of the log files; not set: lines go to standard error."),
                max_file_size: logs!(@key $service, "maxlogfilesize", super::bytes(1024), $file_size, "Reference §1.3",
                    "Size at which a new log file is begun."),
                max_size: logs!(@key $service, "maxlogsize", super::bytes(0), $size, "Reference §1.3",
                    "Size of all files of this log together, past which the oldest are removed; 0 for no limit."),
                max_files: logs!(@key $service, "maxlogfiles", super::count(0, 100_000), $files, "Reference §1.3",
                    "Number of files of this log, past which the oldest are removed; 0 for no limit."),
                min_free: logs!(@key $service, "minfreediskspace", super::bytes(0), $free, "Reference §1.3",
                    "Free space to leave on the disk: the oldest files are removed for it, and with none left to remove logging pauses."),
                rollover: logs!(@key $service, "rollovertime", super::seconds(0, 31_622_400), $rollover, "Reference §1.3",
                    "Age at which a new log file is begun; 0 for never."),
                expiry: logs!(@key $service, "expirytime", super::seconds(0, 3_162_240_000), $expiry, "Reference §1.3",
                    "Age at which a finished log file is removed; 0 for never."),
                flush: logs!(@key $service, "flushinterval", super::seconds(0, 3600), $flush, "Reference §1.3",
                    "How long a line may wait in memory before it is written; warnings and worse never wait."),
                form: logs!(@key $service, "logtype", Kind::Choice(FORMS), $form, "Reference §1.3",
                    "NscpLog for the old server's lines, json for one JSON object a line."),
                facility: logs!(@key $service, "syslogfacility", Kind::Choice(FACILITIES), $facility, "Reference §1.3",
                    "Syslog facility that gets the lines instead of a file; none for files or standard error."),
                socket: logs!(@key $service, "syslogsocket", Kind::Path, $socket, "own",
                    "Datagram socket of the system's syslog."),
            };
        )*
        /// Each log's name with its rows, `default` first.
        pub const LOGS: &[(&str, LogKeys)] = &[$(($service, $const)),*];
        /// The rows of this family.
        pub const ROWS: &[&Key] = &[$(
            $const.level, $const.dir, $const.max_file_size, $const.max_size, $const.max_files, $const.min_free,
            $const.rollover, $const.expiry, $const.flush, $const.form, $const.facility, $const.socket,
        )*];
    };
}

logs! {
    DEFAULT "default": ["Notice" "2097152" "20971520" "10" "5242880" "86400" "604800" "1" "NscpLog" "none" "/dev/log"];
    IMAP "imap": ["" "" "" "" "" "" "" "" "" "" ""];
    POP "pop": ["" "" "" "" "" "" "" "" "" "" ""];
    HTTP "http": ["" "" "" "" "" "" "" "" "" "" ""];
    LMTP "lmtp": ["" "" "" "" "" "" "" "" "" "" ""];
    ADMIN "admin": ["" "" "" "" "" "" "" "" "" "" ""];
    ENS "ens": ["" "" "" "" "" "" "" "" "" "" ""];
    STORE "store": ["" "" "" "" "" "" "" "" "" "" ""];
}
