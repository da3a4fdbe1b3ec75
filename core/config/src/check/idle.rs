//! IDLE half configured (Guide §5.6.1): all of its steps, or none.

use super::{Finding, known, set};
use crate::settings::Settings;

pub fn check(settings: &Settings, found: &mut Vec<Finding>) {
    let plugin = known(settings, "local.store.notifyplugin");
    let key = known(settings, "local.store.notifyplugin.enseventkey");
    let everywhere = known(settings, "local.store.notifyplugin.noneinbox.enable");
    // A table without these options has IDLE always on.
    let (Some(key), Some(everywhere)) = (key, everywhere) else { return };
    let steps = [
        (plugin.is_some(), "local.store.notifyplugin", "msg-svr-base/lib/libibiff"),
        (key.ends_with("%M"), "local.store.notifyplugin.enseventkey", "enp://127.0.0.1/store/%M"),
        (matches!(everywhere.as_str(), "yes" | "1"), "local.store.notifyplugin.noneinbox.enable", "1"),
    ];
    let done = steps.iter().filter(|(done, _, _)| *done).count();
    if done == 0 || done == steps.len() {
        return;
    }
    for (_, option, value) in steps.iter().filter(|(done, _, _)| !done) {
        found.push(Finding::warning(
            &[option],
            format!("IDLE is half configured and not announced: {option} is not as Guide §5.6.1 asks"),
            set(option, value),
        ));
    }
}
