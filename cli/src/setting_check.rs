//! What a single value must be beyond its type: grammars that the crate of the settings does not know.

use anyhow::Context;
use config::keys;
use directory::Filter;

/// Refuses a value that the key's type lets through and its reader would not.
pub fn check(name: &str, value: &str) -> anyhow::Result<()> {
    let is_filter = keys::find(name).is_ok_and(|key| key.name == keys::directory::SEARCH_FILTER.name);
    if is_filter && !value.trim().is_empty() {
        Filter::parse_template(value.trim()).context("sasl.default.ldap.searchfilter")?;
    }
    Ok(())
}
