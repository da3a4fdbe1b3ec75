//! Debian's Postfix as a private MTA: SMTP on a free loopback port, the site's domain handed to its LMTP listener.

use std::{
    fs,
    net::{SocketAddr, TcpStream},
    os::unix::fs::{PermissionsExt, chown, symlink},
    path::PathBuf,
    process::{Command, Stdio},
    time::Duration,
};

use crate::{
    dovecot::account,
    process::{Server, find_program, free_port, run, temporary},
    wait::within,
};

/// What the MTA does with which recipients.
#[derive(Debug, Clone)]
pub struct PostfixOptions {
    /// The domain that goes to `lmtp`.
    pub domain: String,
    /// The site's LMTP listener.
    pub lmtp: SocketAddr,
    /// Recipients refused at RCPT, each with its reply: `("nobody@example.test", "550 5.1.1 No such user")`.
    pub refuse: Vec<(String, String)>,
    /// The largest message in bytes.
    pub message_size_limit: u64,
    /// Further lines for main.cf, which win over the ones above them.
    pub settings: String,
    /// Certificate and key (PEM files) for STARTTLS.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// Further lines for master.cf.
    pub master: String,
}

impl PostfixOptions {
    /// Everything for `domain` goes to `lmtp`, nothing is refused.
    pub fn new(domain: &str, lmtp: SocketAddr) -> Self {
        Self {
            domain: domain.to_owned(),
            lmtp,
            refuse: Vec::new(),
            message_size_limit: 50_000_000,
            settings: String::new(),
            tls: None,
            master: String::new(),
        }
    }
}

/// A running Postfix.
pub struct Postfix {
    server: Server,
    smtp: SocketAddr,
    // Last field: the folder goes after the server.
    folder: tempfile::TempDir,
}

impl Postfix {
    /// Starts a Postfix.
    #[track_caller]
    pub fn start(options: &PostfixOptions) -> Self {
        for _ in 0..3 {
            if let Some(postfix) = Self::try_start(options) {
                return postfix;
            }
        }
        panic!("Postfix does not start")
    }

    #[track_caller]
    fn try_start(options: &PostfixOptions) -> Option<Self> {
        let program = find_program("postfix");
        let folder = temporary("postfix");
        let root = folder.path();
        let [config, queue, data] = ["config", "queue", "data"].map(|name| root.join(name));
        for part in [&config, &queue, &data] {
            fs::create_dir(part).expect("a folder for Postfix");
            fs::set_permissions(part, fs::Permissions::from_mode(0o755)).expect("a folder for Postfix");
        }
        let (uid, gid) = account("postfix");
        chown(&data, Some(uid), Some(gid)).expect("the data folder belongs to postfix (the tests run as root)");
        let port = free_port();
        let mut access = String::new();
        for (recipient, reply) in &options.refuse {
            access += &format!("/^{}$/ {reply}\n", regex_quoted(recipient));
        }
        fs::write(config.join("refused"), access).expect("the refused recipients");
        let main = MAIN
            .replace("@ROOT@", &root.to_string_lossy())
            .replace("@DOMAIN@", &options.domain)
            .replace("@LMTP@", &format!("inet:[{}]:{}", options.lmtp.ip(), options.lmtp.port()))
            .replace("@SIZE@", &options.message_size_limit.to_string());
        let main = without_overridden(&main, &options.settings) + &options.settings;
        let main = match &options.tls {
            None => main,
            Some((certificate, key)) => main.replace(
                "smtpd_tls_security_level = none",
                &format!(
                    "smtpd_tls_security_level = may\nsmtpd_tls_cert_file = {}\nsmtpd_tls_key_file = {}\nsmtpd_tls_received_header = yes\ntls_random_source = dev:/dev/urandom",
                    certificate.display(),
                    key.display()
                ),
            ),
        };
        fs::write(config.join("main.cf"), main).expect("main.cf");
        let master = MASTER.replace("@PORT@", &port.to_string()) + &options.master;
        fs::write(config.join("master.cf"), master).expect("master.cf");
        // Postfix looks for its own dynamic maps beside main.cf.
        for name in ["dynamicmaps.cf", "dynamicmaps.cf.d", "postfix-files", "postfix-files.d"] {
            let file = std::path::Path::new("/etc/postfix").join(name);
            if file.exists() {
                symlink(&file, config.join(name)).expect("a link to Debian's tables");
            }
        }
        let check = run(Command::new(&program).arg("-c").arg(&config).arg("check"), b"");
        assert!(check.status.success(), "postfix check: {}{}", check.stdout, check.stderr);
        let mut command = Command::new(&program);
        command.arg("-c").arg(&config).arg("start-fg").env("MAIL_CONFIG", &config);
        let mut server = Server::start(&mut command, &root.join("stderr.log"));
        let smtp = SocketAddr::from(([127, 0, 0, 1], port));
        within(Duration::from_secs(20), &mut || {
            (TcpStream::connect(smtp).is_ok() || !server.is_running()).then_some(())
        })?;
        if !server.is_running() {
            let log = fs::read_to_string(root.join("postfix.log")).unwrap_or_default();
            eprintln!("{}{log}", server.log_text());
            return None;
        }
        Some(Self { server, smtp, folder })
    }

    /// The address of its SMTP listener (no authentication, no TLS).
    pub fn smtp_address(&self) -> SocketAddr {
        self.smtp
    }

    /// Its log.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("postfix.log")).unwrap_or_default()
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        let config = self.folder.path().join("config");
        if self.server.is_running() {
            // The master process leads a session of its own: its stop command ends all its children too.
            let mut command = Command::new(find_program("postfix"));
            command.arg("-c").arg(config).arg("stop").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let Ok(mut stop) = command.spawn() else { return };
            if within(Duration::from_secs(20), &mut || stop.try_wait().ok().flatten()).is_none() {
                let _ = stop.kill();
                let _ = stop.wait();
            }
        }
    }
}

/// The lines of `main` whose parameters `settings` does not set itself. A parameter that stands twice makes every
/// daemon log a warning at its start; postlogd's own then waits for room in the socket that only postlogd empties.
fn without_overridden(main: &str, settings: &str) -> String {
    let name = |line: &str| line.split_once('=').map(|(name, _)| name.trim().to_owned());
    let overridden: Vec<String> = settings.lines().filter_map(name).collect();
    main.split_inclusive('\n').filter(|line| name(line).is_none_or(|name| !overridden.contains(&name))).collect()
}

fn regex_quoted(text: &str) -> String {
    text.chars().flat_map(|letter| (!letter.is_alphanumeric()).then_some('\\').into_iter().chain([letter])).collect()
}

const MAIN: &str = r"compatibility_level = 3.6
queue_directory = @ROOT@/queue
data_directory = @ROOT@/data
maillog_file = @ROOT@/postfix.log
maillog_file_prefixes = /tmp, /var
multi_instance_enable = no
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mta.example.test
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
relay_domains = @DOMAIN@
transport_maps = inline:{ @DOMAIN@=lmtp:@LMTP@ }
default_transport = error:5.1.2 this MTA delivers to one site only
smtpd_recipient_restrictions = check_recipient_access regexp:@ROOT@/config/refused, permit_mynetworks, reject
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_banner = mta.example.test ESMTP
message_size_limit = @SIZE@
mailbox_size_limit = 0
biff = no
disable_dns_lookups = yes
smtputf8_enable = yes
lmtp_tls_security_level = none
smtpd_tls_security_level = none
";

const MASTER: &str = r"127.0.0.1:@PORT@ inet n - n - - smtpd
pickup    unix  n       -       n       60      1       pickup
cleanup   unix  n       -       n       -       0       cleanup
qmgr      unix  n       -       n       300     1       qmgr
rewrite   unix  -       -       n       -       -       trivial-rewrite
bounce    unix  -       -       n       -       0       bounce
defer     unix  -       -       n       -       0       bounce
trace     unix  -       -       n       -       0       bounce
verify    unix  -       -       n       -       1       verify
flush     unix  n       -       n       1000?   0       flush
proxymap  unix  -       -       n       -       -       proxymap
lmtp      unix  -       -       n       -       -       lmtp
error     unix  -       -       n       -       -       error
retry     unix  -       -       n       -       -       error
discard   unix  -       -       n       -       -       discard
anvil     unix  -       -       n       -       1       anvil
scache    unix  -       -       n       -       1       scache
tlsmgr    unix  -       -       n       1000?   1       tlsmgr
postlog   unix-dgram n  -       n       -       1       postlogd
";
