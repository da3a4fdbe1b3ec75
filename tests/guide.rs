//! The manual's chapter, section by section: each promise a test, its command lines typed as they stand there.

mod access;
mod general;
mod http;
mod idle;
mod imap;
mod login;
mod performance;
mod pop;

use suite::{Site, SiteOptions};

/// A site that does not run, for lines that are only typed.
fn quiet_site() -> Site {
    Site::make(SiteOptions::default().users::<&str>(&[]))
}
