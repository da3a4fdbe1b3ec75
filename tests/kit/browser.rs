//! A real browser: headless Chromium through chromedriver, as a person uses it.

mod options;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

pub use options::{BrowserOptions, ColourScheme, Scripts};

use options::capabilities;

use crate::{
    corpus::npm_package,
    http::HttpClient,
    process::{Server, find_program, target_folder, temporary},
    wait::{DEADLINE, within},
};

/// The key of an element in the WebDriver protocol.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// The driver takes a port that is free for IPv6 and gives up when somebody else has the same one for IPv4: then it is asked again.
#[track_caller]
fn started(command: &mut Command, log: &Path) -> (Server, String) {
    loop {
        let mut server = Server::start(command, log);
        match server.try_line("ChromeDriver was started successfully on port ") {
            Ok(line) => return (server, line),
            Err(why) if why.contains("IPv4 port not available") => {}
            Err(why) => panic!("{why}"),
        }
    }
}

/// A browser window with a new profile.
pub struct Browser {
    driver: HttpClient,
    session: String,
    scripts: Scripts,
    _server: Server,
    // Last field: the profile goes after the programs.
    _folder: tempfile::TempDir,
}

impl Browser {
    /// Opens a browser.
    #[track_caller]
    pub fn open(options: &BrowserOptions) -> Self {
        let folder = temporary("browser");
        let chromium = find_program("chromium");
        let mut command = Command::new(find_program("chromedriver"));
        // The home of its own keeps Debian's start script and the crash reporter out of the person's.
        command.arg("--port=0").env("HOME", folder.path()).env("XDG_CONFIG_HOME", folder.path());
        let (server, line) = started(&mut command, &folder.path().join("chromedriver.log"));
        let port: u16 = line
            .trim_end_matches('.')
            .rsplit(' ')
            .next()
            .and_then(|port| port.parse().ok())
            .unwrap_or_else(|| panic!("no port in '{line}'"));
        let driver = HttpClient::new(([127, 0, 0, 1], port).into());
        let mut browser =
            Self { driver, session: String::new(), scripts: options.scripts, _server: server, _folder: folder };
        let profile = browser._folder.path().join("profile");
        let answer = browser.call("POST", "/session", Some(capabilities(options, &chromium, &profile)));
        browser.session = answer["sessionId"].as_str().unwrap_or_else(|| panic!("no session: {answer}")).to_owned();
        browser.devtools(
            "Emulation.setDeviceMetricsOverride",
            json!({"width": options.width, "height": options.height, "deviceScaleFactor": 1, "mobile": false}),
        );
        let scheme = match options.colours {
            ColourScheme::Light => "light",
            ColourScheme::Dark => "dark",
        };
        browser.devtools(
            "Emulation.setEmulatedMedia",
            json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]}),
        );
        browser
    }

    fn try_call(&mut self, method: &str, path: &str, body: Option<Value>) -> Result<Value, String> {
        let bytes = body.map(|body| body.to_string().into_bytes());
        let body = bytes.as_deref().map(|bytes| ("application/json", bytes));
        let response = self.driver.try_request(method, path, body).map_err(|error| format!("chromedriver: {error}"))?;
        let mut answer: Value =
            serde_json::from_slice(&response.body).map_err(|error| format!("chromedriver: {error}"))?;
        let value = answer["value"].take();
        if response.status == 200 {
            return Ok(value);
        }
        let text = |key: &str| value[key].as_str().unwrap_or_default().lines().next().unwrap_or_default().to_owned();
        Err(format!("{}: {}", text("error"), text("message")))
    }

    #[track_caller]
    fn call(&mut self, method: &str, path: &str, body: Option<Value>) -> Value {
        self.try_call(method, path, body).unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    fn try_session(&mut self, method: &str, path: &str, body: Option<Value>) -> Result<Value, String> {
        let path = format!("/session/{}{path}", self.session);
        self.try_call(method, &path, body)
    }

    #[track_caller]
    fn in_session(&mut self, method: &str, path: &str, body: Option<Value>) -> Value {
        self.try_session(method, path, body)
            .unwrap_or_else(|error| panic!("{method} {path}: {error}\n{}", self.where_am_i()))
    }

    /// What the page shows now, for failure messages.
    fn where_am_i(&mut self) -> String {
        let url = self.try_session("GET", "/url", None).unwrap_or_default();
        let script =
            json!({"script": "return document.body ? document.body.innerText.slice(0, 2000) : ''", "args": []});
        let text = self.try_session("POST", "/execute/sync", Some(script)).unwrap_or_default();
        format!("--- page {url}\n{}", text.as_str().unwrap_or_default())
    }

    /// Sends a command of the DevTools protocol.
    #[track_caller]
    pub fn devtools(&mut self, command: &str, parameters: Value) -> Value {
        self.in_session("POST", "/goog/cdp/execute", Some(json!({"cmd": command, "params": parameters})))
    }

    /// Opens a page and waits until it has loaded.
    #[track_caller]
    pub fn goto(&mut self, url: &str) {
        self.in_session("POST", "/url", Some(json!({"url": url})));
    }

    /// The address of the page.
    #[track_caller]
    pub fn url(&mut self) -> String {
        self.in_session("GET", "/url", None).as_str().unwrap_or_default().to_owned()
    }

    /// The page's title.
    #[track_caller]
    pub fn title(&mut self) -> String {
        self.in_session("GET", "/title", None).as_str().unwrap_or_default().to_owned()
    }

    /// The HTML of the page as it stands.
    #[track_caller]
    pub fn source(&mut self) -> String {
        self.in_session("GET", "/source", None).as_str().unwrap_or_default().to_owned()
    }

    /// Goes back in the history.
    #[track_caller]
    pub fn back(&mut self) {
        self.in_session("POST", "/back", Some(json!({})));
    }

    /// Loads the page again.
    #[track_caller]
    pub fn reload(&mut self) {
        self.in_session("POST", "/refresh", Some(json!({})));
    }

    /// Runs a script as the test (also where the page's own scripts are off); its `return` value comes back.
    #[track_caller]
    pub fn eval(&mut self, script: &str) -> Value {
        self.in_session("POST", "/execute/sync", Some(json!({"script": script, "args": []})))
    }

    fn elements(&mut self, css: &str) -> Result<Vec<String>, String> {
        let found = self.try_session("POST", "/elements", Some(json!({"using": "css selector", "value": css})))?;
        let ids = found.as_array().map(Vec::as_slice).unwrap_or_default();
        Ok(ids.iter().filter_map(|element| element[ELEMENT].as_str().map(str::to_owned)).collect())
    }

    /// Does something with the first element for `css`, again and again until it works: the element may not be there
    /// yet, be covered, or be replaced meanwhile. Panics with the last reason at the deadline.
    #[track_caller]
    fn with_element(&mut self, css: &str, action: &mut dyn FnMut(&mut Self, &str) -> Result<Value, String>) -> Value {
        let mut last = String::new();
        let done = within(DEADLINE, &mut || {
            let result = self.elements(css).and_then(|found| match found.first() {
                Some(element) => action(self, element),
                None => Err("no such element".to_owned()),
            });
            result.map_err(|error| last = error).ok()
        });
        match done {
            Some(value) => value,
            None => panic!("'{css}': {last}\n{}", self.where_am_i()),
        }
    }

    /// Waits until an element for `css` is there and visible.
    #[track_caller]
    pub fn wait_for(&mut self, css: &str) {
        self.with_element(css, &mut |browser, element| match browser.try_session(
            "GET",
            &format!("/element/{element}/displayed"),
            None,
        )? {
            Value::Bool(true) => Ok(Value::Null),
            _ => Err("not visible".to_owned()),
        });
    }

    /// Waits until no element for `css` is there.
    #[track_caller]
    pub fn wait_until_gone(&mut self, css: &str) {
        let gone = within(DEADLINE, &mut || self.elements(css).is_ok_and(|found| found.is_empty()).then_some(()));
        assert!(gone.is_some(), "'{css}' is still there\n{}", self.where_am_i());
    }

    /// Waits until the visible text of the first element for `css` contains `text`.
    #[track_caller]
    pub fn wait_for_text(&mut self, css: &str, text: &str) {
        self.with_element(css, &mut |browser, element| {
            let shown = browser.try_session("GET", &format!("/element/{element}/text"), None)?;
            let shown = shown.as_str().unwrap_or_default();
            shown.contains(text).then_some(Value::Null).ok_or_else(|| format!("'{text}' is not in '{shown}'"))
        });
    }

    /// Waits until the page's address contains `part`.
    #[track_caller]
    pub fn wait_for_url(&mut self, part: &str) {
        let found = within(DEADLINE, &mut || {
            let url = self.try_session("GET", "/url", None).ok()?;
            url.as_str()?.contains(part).then_some(())
        });
        assert!(found.is_some(), "the address never contained '{part}'\n{}", self.where_am_i());
    }

    /// How many elements there are for `css` now.
    #[track_caller]
    pub fn count(&mut self, css: &str) -> usize {
        self.elements(css).unwrap_or_else(|error| panic!("{css}: {error}")).len()
    }

    /// The visible text of the first element for `css`, waiting for it.
    #[track_caller]
    pub fn text(&mut self, css: &str) -> String {
        let text = self.with_element(css, &mut |browser, element| {
            browser.try_session("GET", &format!("/element/{element}/text"), None)
        });
        text.as_str().unwrap_or_default().to_owned()
    }

    /// The visible texts of all elements for `css` now.
    #[track_caller]
    pub fn texts(&mut self, css: &str) -> Vec<String> {
        let script = format!("return [...document.querySelectorAll({})].map(e => e.innerText)", json!(css));
        let texts = self.eval(&script);
        let texts = texts.as_array().map(Vec::as_slice).unwrap_or_default();
        texts.iter().map(|text| text.as_str().unwrap_or_default().to_owned()).collect()
    }

    /// An attribute of the first element for `css`, waiting for the element.
    #[track_caller]
    pub fn attribute(&mut self, css: &str, name: &str) -> Option<String> {
        let value = self.with_element(css, &mut |browser, element| {
            browser.try_session("GET", &format!("/element/{element}/attribute/{name}"), None)
        });
        value.as_str().map(str::to_owned)
    }

    /// What the first element for `css` holds as its value (a form field), waiting for the element.
    #[track_caller]
    pub fn value(&mut self, css: &str) -> String {
        let value = self.with_element(css, &mut |browser, element| {
            browser.try_session("GET", &format!("/element/{element}/property/value"), None)
        });
        value.as_str().unwrap_or_default().to_owned()
    }

    /// Clicks the first element for `css` as a person would: it must be visible and not covered.
    #[track_caller]
    pub fn click(&mut self, css: &str) {
        self.with_element(css, &mut |browser, element| {
            browser.try_session("POST", &format!("/element/{element}/click"), Some(json!({})))
        });
    }

    /// Types into the first element for `css` after what is there. For `input type=file`: the path of a file.
    #[track_caller]
    pub fn type_into(&mut self, css: &str, text: &str) {
        self.with_element(css, &mut |browser, element| {
            browser.try_session("POST", &format!("/element/{element}/value"), Some(json!({"text": text})))
        });
    }

    /// Replaces what is in a field by `text`.
    #[track_caller]
    pub fn fill(&mut self, css: &str, text: &str) {
        self.with_element(css, &mut |browser, element| {
            browser.try_session("POST", &format!("/element/{element}/clear"), Some(json!({})))
        });
        self.type_into(css, text);
    }

    /// Chooses files in an `input type=file`.
    #[track_caller]
    pub fn choose_file(&mut self, css: &str, file: &Path) {
        self.type_into(css, &file.to_string_lossy());
    }

    /// Presses keys without naming an element (the focused one gets them). Special keys as WebDriver code points,
    /// `\u{E007}` Enter, `\u{E00C}` Escape, `\u{E004}` Tab.
    #[track_caller]
    pub fn press(&mut self, keys: &str) {
        let actions: Vec<Value> = keys
            .chars()
            .flat_map(|key| {
                let key = key.to_string();
                [json!({"type": "keyDown", "value": key}), json!({"type": "keyUp", "value": key})]
            })
            .collect();
        let body = json!({"actions": [{"type": "key", "id": "keyboard", "actions": actions}]});
        self.in_session("POST", "/actions", Some(body));
    }

    /// Goes into the frame for `css`; elements are then looked up in it.
    #[track_caller]
    pub fn enter_frame(&mut self, css: &str) {
        self.with_element(css, &mut |browser, element| {
            browser.try_session("POST", "/frame", Some(json!({"id": {ELEMENT: element}})))
        });
    }

    /// Goes back to the whole page.
    #[track_caller]
    pub fn leave_frame(&mut self) {
        self.in_session("POST", "/frame", Some(json!({"id": null})));
    }

    /// The cookies of the page's site.
    #[track_caller]
    pub fn cookies(&mut self) -> Vec<Value> {
        self.in_session("GET", "/cookie", None).as_array().cloned().unwrap_or_default()
    }

    /// Accepts an open alert, confirm or prompt.
    #[track_caller]
    pub fn accept_alert(&mut self) {
        self.in_session("POST", "/alert/accept", Some(json!({})));
    }

    /// Whether an alert is open; hostile mail must never get one.
    pub fn has_alert(&mut self) -> bool {
        self.try_session("GET", "/alert/text", None).is_ok()
    }

    /// Leaves a picture of the view in target/screenshots/NAME.png and returns its path.
    #[track_caller]
    pub fn screenshot(&mut self, name: &str) -> PathBuf {
        let picture = self.in_session("GET", "/screenshot", None);
        let bytes = STANDARD.decode(picture.as_str().unwrap_or_default()).expect("a screenshot is base64");
        let folder = target_folder().join("screenshots");
        fs::create_dir_all(&folder).expect("target/screenshots");
        let file = folder.join(format!("{name}.png"));
        fs::write(&file, bytes).expect("a screenshot is written");
        file
    }

    /// Runs axe-core on the page (WCAG 2.2 A and AA, best practices) and panics unless it finds nothing.
    #[track_caller]
    pub fn assert_accessible(&mut self) {
        let violations = self.accessibility_violations();
        assert!(violations.is_empty(), "axe-core on {}:\n{}", self.url(), violations.join("\n"));
    }

    /// What axe-core finds wrong with the page.
    #[track_caller]
    pub fn accessibility_violations(&mut self) -> Vec<String> {
        let axe = fs::read_to_string(npm_package("axe-core").join("axe.min.js")).expect("axe-core is readable");
        self.eval(&axe);
        let script = "const done = arguments[arguments.length - 1]; \
            axe.run(document, {resultTypes: ['violations'], iframes: false}).then(r => done(r.violations), e => done(String(e)));";
        let found = self.in_session("POST", "/execute/async", Some(json!({"script": script, "args": []})));
        let Some(found) = found.as_array() else { panic!("axe-core: {found}") };
        found
            .iter()
            .map(|violation| {
                let places: Vec<String> = violation["nodes"]
                    .as_array()
                    .map(Vec::as_slice)
                    .unwrap_or_default()
                    .iter()
                    .map(|node| {
                        format!("{} {}", node["target"], node["any"][0]["message"].as_str().unwrap_or_default())
                    })
                    .collect();
                format!("{}: {}\n  {}", violation["id"], violation["help"], places.join("\n  "))
            })
            .collect()
    }

    /// Whether pages may run scripts in this browser.
    pub fn scripts(&self) -> Scripts {
        self.scripts
    }

    /// Errors and warnings of the page's console since the last call.
    #[track_caller]
    pub fn console(&mut self) -> Vec<String> {
        let entries = self.in_session("POST", "/se/log", Some(json!({"type": "browser"})));
        let entries = entries.as_array().map(Vec::as_slice).unwrap_or_default();
        entries.iter().map(|entry| format!("{} {}", entry["level"], entry["message"])).collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if std::thread::panicking() && !self.session.is_empty() {
            eprintln!("{}", self.where_am_i());
            let name = std::thread::current().name().unwrap_or("test").replace("::", "-");
            if let Ok(Value::String(picture)) = self.try_session("GET", "/screenshot", None)
                && let Ok(bytes) = STANDARD.decode(picture)
            {
                let file = target_folder().join(format!("screenshots/failed-{name}.png"));
                let _ = fs::write(&file, bytes);
            }
        }
        // Ends Chromium; chromedriver itself ends with its process group.
        let _ = self.try_session("DELETE", "", None);
    }
}
