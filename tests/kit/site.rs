//! A Heliograph site of the test's own: made by `heliograph init`, run by `heliograph run`, gone when dropped.

use std::{
    collections::HashMap,
    fs::File,
    io::Write,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
    sync::OnceLock,
};

use crate::{
    http::{HttpClient, HttpResponse, hidden_inputs},
    imap::ImapClient,
    lmtp::LmtpClient,
    part::Part,
    process::{self, Output, Server, heliograph, temporary},
};

/// The password of every test user, another one in every run.
pub fn password() -> &'static str {
    static PASSWORD: OnceLock<String> = OnceLock::new();
    PASSWORD.get_or_init(|| format!("pw-{:016x}", rand::random::<u64>()))
}

/// What a site is made of.
#[derive(Debug, Clone)]
pub struct SiteOptions {
    /// The default domain.
    pub domain: String,
    /// Users that are added before the start: `alice`, or `alice attr=value …` for further attributes.
    /// Every password is [`password`].
    pub users: Vec<String>,
    /// Lines for msg.conf. Ports need none: the program is started on free ones of loopback.
    pub settings: Vec<(String, String)>,
    /// The address that it listens on.
    pub listen: String,
}

impl Default for SiteOptions {
    fn default() -> Self {
        Self {
            domain: "example.test".to_owned(),
            users: ["alice", "bob"].map(str::to_owned).to_vec(),
            settings: Vec::new(),
            listen: "127.0.0.1".to_owned(),
        }
    }
}

impl SiteOptions {
    /// The same with these users instead of alice and bob.
    pub fn users<S: AsRef<str>>(mut self, users: &[S]) -> Self {
        self.users = users.iter().map(|user| user.as_ref().to_owned()).collect();
        self
    }

    /// The same with one more setting.
    pub fn set(mut self, name: &str, value: impl ToString) -> Self {
        self.settings.push((name.to_owned(), value.to_string()));
        self
    }
}

/// A site, running unless [`Site::stop`] or [`Site::kill`] was called.
pub struct Site {
    server: Option<Server>,
    listeners: HashMap<String, SocketAddr>,
    domain: String,
    listen: String,
    root: PathBuf,
    log: PathBuf,
    // Last field: the folder goes after the server.
    _folder: tempfile::TempDir,
}

impl Site {
    /// A running site with alice and bob.
    #[track_caller]
    pub fn new() -> Self {
        Self::start(SiteOptions::default())
    }

    /// Makes a site and starts it.
    #[track_caller]
    pub fn start(options: SiteOptions) -> Self {
        let mut site = Self::make(options);
        site.run();
        site
    }

    /// Makes a site without starting it: `init`, the settings, the users.
    #[track_caller]
    pub fn make(options: SiteOptions) -> Self {
        let folder = temporary("site");
        let root = folder.path().join("root");
        let site = Self {
            server: None,
            listeners: HashMap::new(),
            domain: options.domain.clone(),
            listen: options.listen.clone(),
            log: folder.path().join("stderr.log"),
            root,
            _folder: folder,
        };
        site.tool(&["init", "--domain", &options.domain, "--hostname", "localhost"], "").success();
        // Logs go to standard error, where they are read with everything else, unless a test wants files.
        site.settings(&[("logfile.default.logdir".to_owned(), String::new())]);
        site.settings(&options.settings);
        for user in &options.users {
            site.add_user(user);
        }
        site
    }

    /// Appends settings to msg.conf; a running program sees them at its next start.
    #[track_caller]
    pub fn settings(&self, settings: &[(String, String)]) {
        let file = self.root.join("config/msg.conf");
        let mut conf = File::options().append(true).create(true).open(&file).expect("msg.conf opens");
        for (name, value) in settings {
            writeln!(conf, "{name} = {value}").expect("msg.conf is written");
        }
    }

    /// Adds a user with `heliograph user add`: `alice`, or `alice attr=value …`.
    #[track_caller]
    pub fn add_user(&self, user: &str) {
        let mut words = vec!["user", "add", "--password-stdin"];
        words.extend(user.split_ascii_whitespace());
        self.tool(&words, &format!("{}\n", password())).success();
    }

    /// Starts the program and waits for its `ready` line.
    #[track_caller]
    pub fn run(&mut self) {
        let mut command = Command::new(heliograph());
        command.args(["run", "--port", "all=0", "--listen", &self.listen, "--root"]).arg(&self.root);
        let mut server = Server::start(&mut command, &self.log);
        let line = server.wait_for_line("ready ");
        self.listeners = line
            .split_ascii_whitespace()
            .filter_map(|word| word.split_once('='))
            .filter_map(|(name, addr)| Some((name.to_owned(), addr.parse().ok()?)))
            .collect();
        self.server = Some(server);
    }

    /// Starts one service in a process of its own, on free ports of loopback.
    #[track_caller]
    pub fn serve(&self, service: &str) -> Part {
        self.serve_at(service, "all=0")
    }

    /// The same with ports as for `--port`: `ens=7997`.
    #[track_caller]
    pub fn serve_at(&self, service: &str, ports: &str) -> Part {
        let log = self._folder.path().join(format!("{service}-{:08x}.log", rand::random::<u32>()));
        Part::start(&self.root, log, service, ports)
    }

    /// Runs `heliograph WORDS… --root ROOT` to its end, with `input` on stdin.
    #[track_caller]
    pub fn tool(&self, words: &[&str], input: &str) -> Output {
        let mut command = Command::new(heliograph());
        command.args(words).arg("--root").arg(&self.root);
        process::run(&mut command, input.as_bytes())
    }

    /// Has the running program read its settings again (SIGHUP, which is `refresh`).
    #[track_caller]
    pub fn refresh(&self) {
        let before = self.log().matches("refresh: settings").count();
        let pid = i32::try_from(self.pid()).expect("a process id");
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGHUP).expect("SIGHUP");
        crate::wait_for("the refresh", || (self.log().matches("refresh: settings").count() > before).then_some(()));
    }

    /// Sets one option with `configutil`, as an administrator does, and has it read.
    #[track_caller]
    pub fn configure(&self, name: &str, value: &str) {
        self.tool(&["configutil", "-o", name, "-v", value], "").success();
        if self.server.is_some() {
            self.refresh();
        }
    }

    /// Ends the program kindly (SIGTERM) and tells how it ended.
    #[track_caller]
    pub fn stop(&mut self) -> ExitStatus {
        self.server.take().expect("the site is running").stop()
    }

    /// Ends the program with SIGKILL, whole process group.
    pub fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill();
        }
    }

    /// The running program.
    #[track_caller]
    pub fn server(&mut self) -> &mut Server {
        self.server.as_mut().expect("the site is running")
    }

    /// The process id of the running program.
    #[track_caller]
    pub fn pid(&self) -> u32 {
        self.server.as_ref().expect("the site is running").pid()
    }

    /// Everything the program logged, over all its starts.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// The site folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The default domain.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// `user` at the default domain.
    pub fn address(&self, user: &str) -> String {
        format!("{user}@{}", self.domain)
    }

    /// The address of the listener `name` of the ready line (`imap`, `imaps`, `lmtp`, `http`, `https`).
    #[track_caller]
    pub fn listener(&self, name: &str) -> SocketAddr {
        *self
            .listeners
            .get(name)
            .unwrap_or_else(|| panic!("no listener '{name}' in the ready line: {:?}", self.listeners))
    }

    /// Whether the ready line has the listener `name`.
    pub fn has_listener(&self, name: &str) -> bool {
        self.listeners.contains_key(name)
    }

    /// A page of the webmail: `http://127.0.0.1:port/…`; `path` begins with a slash.
    #[track_caller]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.listener("http"))
    }

    /// A new IMAP connection, not signed in.
    #[track_caller]
    pub fn imap(&self) -> ImapClient {
        ImapClient::connect(self.listener("imap"))
    }

    /// A new IMAP connection signed in as `user`.
    #[track_caller]
    pub fn imap_as(&self, user: &str) -> ImapClient {
        let mut imap = self.imap();
        imap.login(user, password());
        imap
    }

    /// A new LMTP connection after LHLO.
    #[track_caller]
    pub fn lmtp(&self) -> LmtpClient {
        LmtpClient::connect(self.listener("lmtp"))
    }

    /// Delivers one message over LMTP to `user` at the default domain; panics unless it was accepted.
    #[track_caller]
    pub fn deliver(&self, user: &str, message: &[u8]) {
        self.lmtp().deliver("sender@elsewhere.test", &[&self.address(user)], message);
    }

    /// A new webmail client with no cookies.
    #[track_caller]
    pub fn http(&self) -> HttpClient {
        HttpClient::new(self.listener("http"))
    }

    /// A new webmail client signed in as `user`.
    #[track_caller]
    pub fn http_as(&self, user: &str) -> HttpClient {
        let mut http = self.http();
        sign_in(&mut http, user);
        http
    }
}

/// Signs in to the webmail as a person does: the page first, then its form.
#[track_caller]
pub fn sign_in(http: &mut HttpClient, user: &str) {
    let page = http.get_following("/login");
    let hidden = hidden_inputs(&page.text());
    let mut fields: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.push(("user", user));
    fields.push(("password", password()));
    let answer = http.post_form("/login", &fields);
    assert!((300..400).contains(&answer.status), "signing in as {user}: {} {}", answer.status, answer.text());
}

/// Sends a message by the webmail's own form, as somebody who has signed in.
pub fn send_mail(http: &mut HttpClient, to: &str, subject: &str) -> HttpResponse {
    let token = http.get("/settings").input_value("csrf").expect("a token");
    let mut form = String::new();
    for (name, value) in [("csrf", token.as_str()), ("to", to), ("subject", subject), ("body", "hello"), ("do", "send")]
    {
        form.push_str(&format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
    }
    form.push_str("--b--\r\n");
    let path = format!("/compose/{:032x}", rand::random::<u128>());
    http.request("POST", &path, Some(("multipart/form-data; boundary=b", form.as_bytes())))
}

impl Default for Site {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server = None;
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            let last = lines.len().saturating_sub(40);
            eprintln!("--- the last lines of the site's log\n{}", lines[last..].join("\n"));
        }
    }
}
