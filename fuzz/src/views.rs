//! Links to the sources in gateway/mshttpd.

pub mod plain_text;
pub mod safe_html;
