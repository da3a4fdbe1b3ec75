//! What lies in deploy/: units, sample sites, Postfix and nginx, on a fresh Debian.

mod debian;
mod peers;
mod sites;
mod units;
