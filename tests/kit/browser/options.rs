//! How the browser is set up, and what chromedriver is told of it.

use std::path::Path;

use serde_json::{Value, json};

use crate::trap::Trap;

/// Whether pages may run scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scripts {
    /// As in any browser.
    #[default]
    On,
    /// Off by the profile's setting. `eval` still works: it is the test's, not the page's.
    Off,
}

/// Light or dark, as the operating system would tell the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColourScheme {
    /// Dark letters on light ground.
    #[default]
    Light,
    /// Light letters on dark ground.
    Dark,
}

/// How the browser is set up.
#[derive(Debug, Clone)]
pub struct BrowserOptions {
    /// The width of the page's view in CSS pixels.
    pub width: u32,
    /// Its height.
    pub height: u32,
    /// Light or dark.
    pub colours: ColourScheme,
    /// Whether pages may run scripts.
    pub scripts: Scripts,
    /// Where every outside name leads to; without one they do not resolve.
    pub trap: Option<std::net::SocketAddr>,
}

impl Default for BrowserOptions {
    fn default() -> Self {
        Self { width: 1280, height: 800, colours: ColourScheme::Light, scripts: Scripts::On, trap: None }
    }
}

impl BrowserOptions {
    /// A phone: 390 pixels wide.
    pub fn phone() -> Self {
        Self { width: 390, height: 844, ..Self::default() }
    }

    /// The same in dark.
    pub fn dark(self) -> Self {
        Self { colours: ColourScheme::Dark, ..self }
    }

    /// The same with scripts off.
    pub fn without_scripts(self) -> Self {
        Self { scripts: Scripts::Off, ..self }
    }

    /// The same with every outside name leading into `trap`.
    pub fn trapped(self, trap: &Trap) -> Self {
        Self { trap: Some(trap.address()), ..self }
    }
}

pub(super) fn capabilities(options: &BrowserOptions, chromium: &Path, profile: &Path) -> Value {
    let outside = options.trap.map_or("~NOTFOUND".to_owned(), |trap| trap.to_string());
    let mut arguments = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-default-apps",
        "--disable-extensions",
        "--disable-sync",
        "--hide-scrollbars",
        "--force-color-profile=srgb",
        "--lang=en-US",
    ]
    .map(str::to_owned)
    .to_vec();
    // The browser's own calls home are no page's doing: they find nothing.
    let own: String = ["*.google.com", "*.googleapis.com", "*.gstatic.com", "*.gvt1.com", "*.duckduckgo.com"]
        .map(|names| format!("MAP {names} ~NOTFOUND, "))
        .concat();
    arguments.push(format!("--host-resolver-rules={own}MAP * {outside}, EXCLUDE 127.0.0.1, EXCLUDE localhost"));
    arguments.push(format!("--user-data-dir={}", profile.display()));
    arguments.push(format!("--window-size={},{}", options.width.max(500), options.height));
    let scripts = match options.scripts {
        Scripts::On => 1,
        Scripts::Off => 2,
    };
    json!({"capabilities": {"alwaysMatch": {
        "browserName": "chrome",
        "acceptInsecureCerts": true,
        "unhandledPromptBehavior": "ignore",
        "timeouts": {"script": 60_000, "pageLoad": 60_000, "implicit": 0},
        "goog:loggingPrefs": {"browser": "ALL"},
        "goog:chromeOptions": {
            "binary": chromium,
            "args": arguments,
            "prefs": {
                "profile.managed_default_content_settings.javascript": scripts,
                "credentials_enable_service": false,
                "profile.password_manager_enabled": false,
            },
        },
    }}})
}
