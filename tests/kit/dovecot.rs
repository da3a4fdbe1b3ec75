//! Debian's Dovecot as a private peer: IMAP and LMTP on free loopback ports, users from a file, proxy sign-in.

use std::{
    fs::{self, File},
    io::Write,
    net::SocketAddr,
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    imap::ImapClient,
    lmtp::LmtpClient,
    process::{Server, find_program, free_port, temporary},
    site::password,
    wait::within,
};

/// The master user's name: signs in as anyone by SASL PLAIN with an authorization identity.
pub const MASTER: &str = "storeadmin";

/// A running Dovecot.
pub struct Dovecot {
    server: Server,
    imap: SocketAddr,
    imaps: Option<SocketAddr>,
    lmtp: SocketAddr,
    users: PathBuf,
    mail: PathBuf,
    log: PathBuf,
    // Last field: the folder goes after the server.
    _folder: tempfile::TempDir,
}

impl Dovecot {
    /// Starts a Dovecot with these users; every password is [`password`], the master's too.
    #[track_caller]
    pub fn start<S: AsRef<str>>(users: &[S]) -> Self {
        // Another peer may take a port between its choice and its use; then the next try has others.
        Self::start_as(users, None)
    }

    /// The same with a TLS port, under this certificate and key (PEM files).
    #[track_caller]
    pub fn start_with_tls<S: AsRef<str>>(users: &[S], certificate: &Path, key: &Path) -> Self {
        Self::start_as(users, Some((certificate, key)))
    }

    #[track_caller]
    fn start_as<S: AsRef<str>>(users: &[S], tls: Option<(&Path, &Path)>) -> Self {
        for _ in 0..3 {
            if let Some(dovecot) = Self::try_start(tls) {
                for user in users {
                    dovecot.add_user(user.as_ref());
                }
                return dovecot;
            }
        }
        panic!("Dovecot does not start")
    }

    #[track_caller]
    fn try_start(tls: Option<(&Path, &Path)>) -> Option<Self> {
        let folder = temporary("dovecot");
        let root = folder.path();
        let [imap, lmtp, imaps] = [free_port(), free_port(), free_port()];
        for part in ["run", "state", "mail"] {
            fs::create_dir(root.join(part)).expect("a folder for Dovecot");
        }
        let (uid, gid) = account("mail");
        let mail = root.join("mail");
        chown(&mail, Some(uid), Some(gid)).expect("the mail folder belongs to mail (the tests run as root)");
        let users = root.join("users");
        let masters = root.join("masters");
        fs::write(&users, "").expect("the users' file");
        fs::write(&masters, format!("{MASTER}:{{PLAIN}}{}\n", password())).expect("the masters' file");
        for file in [&users, &masters] {
            fs::set_permissions(file, fs::Permissions::from_mode(0o644)).expect("Dovecot may read its users");
        }
        let log = root.join("dovecot.log");
        let conf = root.join("dovecot.conf");
        let text = CONFIGURATION
            .replace("@ROOT@", &root.to_string_lossy())
            .replace("@IMAP@", &imap.to_string())
            .replace("@LMTP@", &lmtp.to_string());
        let text = match tls {
            None => text,
            Some((certificate, key)) => {
                let files = format!("ssl = yes\nssl_cert = <{}\nssl_key = <{}", certificate.display(), key.display());
                let port = format!("inet_listener imaps {{\n    ssl = yes\n    port = {imaps}");
                text.replace("ssl = no", &files).replace("inet_listener imaps {\n    port = 0", &port)
            }
        };
        fs::write(&conf, text).expect("dovecot.conf");
        let mut command = Command::new(find_program("dovecot"));
        command.arg("-F").arg("-c").arg(&conf);
        let mut server = Server::start(&mut command, &root.join("stderr.log"));
        let address = |port| SocketAddr::from(([127, 0, 0, 1], port));
        within(std::time::Duration::from_secs(10), &mut || {
            let up = [imap, lmtp].iter().all(|port| std::net::TcpStream::connect(address(*port)).is_ok());
            (up || !server.is_running()).then_some(())
        })?;
        if !server.is_running() {
            eprintln!("{}{}", server.log_text(), fs::read_to_string(&log).unwrap_or_default());
            return None;
        }
        let imaps = tls.map(|_| address(imaps));
        Some(Self { server, imap: address(imap), imaps, lmtp: address(lmtp), users, mail, log, _folder: folder })
    }

    /// Adds a user; works while Dovecot runs.
    #[track_caller]
    pub fn add_user(&self, user: &str) {
        let mut file = File::options().append(true).open(&self.users).expect("the users' file");
        writeln!(file, "{user}:{{PLAIN}}{}::::::", password()).expect("the users' file");
    }

    /// The address of its IMAP listener (no TLS).
    pub fn imap_address(&self) -> SocketAddr {
        self.imap
    }

    /// The address of its IMAP listener with TLS.
    #[track_caller]
    pub fn imaps_address(&self) -> SocketAddr {
        self.imaps.expect("a Dovecot with TLS")
    }

    /// The address of its LMTP listener.
    pub fn lmtp_address(&self) -> SocketAddr {
        self.lmtp
    }

    /// A new IMAP connection signed in as `user`.
    #[track_caller]
    pub fn imap_as(&self, user: &str) -> ImapClient {
        let mut imap = ImapClient::connect(self.imap);
        imap.login(user, password());
        imap
    }

    /// A new LMTP connection.
    #[track_caller]
    pub fn lmtp(&self) -> LmtpClient {
        LmtpClient::connect(self.lmtp)
    }

    /// The Maildir of `user`.
    pub fn maildir(&self, user: &str) -> PathBuf {
        self.mail.join(user).join("Maildir")
    }

    /// Its log.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// The process id of the master process.
    pub fn pid(&self) -> u32 {
        self.server.pid()
    }

    /// The folder of its files.
    pub fn folder(&self) -> &Path {
        self._folder.path()
    }
}

/// The user and group id of a system account of Debian.
#[track_caller]
pub fn account(name: &str) -> (u32, u32) {
    let passwd = fs::read_to_string("/etc/passwd").expect("/etc/passwd");
    passwd
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .find(|fields| fields.first() == Some(&name))
        .and_then(|fields| Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?)))
        .unwrap_or_else(|| panic!("no account '{name}' on this machine"))
}

/// Maildir as Debian sets it up, except for the checks that a test run would trip over.
const CONFIGURATION: &str = r#"
base_dir = @ROOT@/run
state_dir = @ROOT@/state
log_path = @ROOT@/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_master_user_separator = *
auth_failure_delay = 0
auth_cache_size = 0
login_trusted_networks = 127.0.0.0/8
mail_location = maildir:@ROOT@/mail/%n/Maildir
mail_uid = mail
mail_gid = mail
first_valid_uid = 1
first_valid_gid = 1
mail_max_userip_connections = 20000
mailbox_idle_check_interval = 1 s
maildir_copy_with_hardlinks = yes
default_client_limit = 21000
default_process_limit = 2000
default_vsz_limit = 0
auth_username_format = %Ln
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u @ROOT@/masters
  master = yes
  result_success = continue
}
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%n @ROOT@/users
}
userdb {
  driver = static
  args = uid=mail gid=mail home=@ROOT@/mail/%n
}
service imap-login {
  inet_listener imap {
    port = @IMAP@
  }
  inet_listener imaps {
    port = 0
  }
}
service lmtp {
  inet_listener lmtp {
    port = @LMTP@
  }
}
service anvil {
  client_limit = 42000
  # No penalty for the wrong passwords that a test tries.
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
  client_limit = 42000
}
mail_plugins = acl
plugin {
  acl = vfile
  # The administrator who acts for a user has that user's rights.
  acl_user = %u
}
protocol imap {
  mail_plugins = $mail_plugins imap_acl
  imap_idle_notify_interval = 29 mins
}
protocol lmtp {
  postmaster_address = postmaster@example.test
}
namespace inbox {
  inbox = yes
  separator = /
  mailbox Drafts {
    auto = subscribe
    special_use = \Drafts
  }
  mailbox Sent {
    auto = subscribe
    special_use = \Sent
  }
  mailbox Junk {
    auto = subscribe
    special_use = \Junk
  }
  mailbox Trash {
    auto = subscribe
    special_use = \Trash
  }
  mailbox Archive {
    auto = subscribe
    special_use = \Archive
  }
}
"#;
