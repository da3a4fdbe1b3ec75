//! Debian's slapd as a private LDAP server: our schema, a free loopback port, its own database, loaded with `ldapadd`.

use std::{
    fs,
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    process::{Output, Server, find_program, free_port, repository, run, temporary},
    wait::wait_for,
};

/// Whom edits and loads are made as.
pub const ADMIN_DN: &str = "cn=admin";

/// Certificate and key files of the server, for StartTLS and LDAPS.
#[derive(Clone, Debug)]
pub struct SlapdTls {
    /// PEM file of the certificate.
    pub certificate: PathBuf,
    /// PEM file of its key.
    pub key: PathBuf,
}

/// A running slapd, unless [`Slapd::kill`] was called.
pub struct Slapd {
    server: Option<Server>,
    port: u16,
    tls_port: Option<u16>,
    password: String,
    // Last field: the folder goes after the server.
    folder: tempfile::TempDir,
}

impl Slapd {
    /// An empty server that takes any tree (its suffix is the empty DN).
    #[track_caller]
    pub fn start() -> Self {
        Self::start_with(None)
    }

    /// The same with TLS.
    #[track_caller]
    pub fn start_with(tls: Option<&SlapdTls>) -> Self {
        let folder = temporary("slapd");
        let root = folder.path();
        fs::create_dir(root.join("data")).expect("a folder for slapd");
        let password = format!("{:032x}", rand::random::<u128>());
        let tls_lines = tls.map_or_else(String::new, |tls| {
            format!("TLSCertificateFile {}\nTLSCertificateKeyFile {}\n", tls.certificate.display(), tls.key.display())
        });
        let config = CONFIG
            .replace("@SCHEMA@", &repository().join("deploy/openldap/heliograph.schema").to_string_lossy())
            .replace("@EMPTY@", "\"\"")
            .replace("@TLS@", &tls_lines)
            .replace("@PASSWORD@", &password)
            .replace("@ROOT@", &root.to_string_lossy());
        fs::write(root.join("slapd.conf"), config).expect("slapd.conf");
        let mut slapd = Self { server: None, port: free_port(), tls_port: tls.map(|_| free_port()), password, folder };
        slapd.restart();
        slapd
    }

    /// A server with the entries of an LDIF file.
    #[track_caller]
    pub fn with_entries(ldif: &Path) -> Self {
        let slapd = Self::start();
        slapd.load(ldif).success();
        slapd
    }

    /// Starts it again on the same ports with the same data.
    #[track_caller]
    pub fn restart(&mut self) {
        self.kill();
        let root = self.folder.path();
        let mut addresses = format!("ldap://127.0.0.1:{}/", self.port);
        if let Some(port) = self.tls_port {
            addresses += &format!(" ldaps://127.0.0.1:{port}/");
        }
        let mut command = Command::new(find_program("slapd"));
        command.arg("-f").arg(root.join("slapd.conf")).args(["-h", &addresses, "-d", "stats"]);
        let mut server = Server::start(&mut command, &self.log_file());
        let address = self.address();
        wait_for("slapd to listen", || {
            assert!(server.is_running(), "slapd ended\n{}", server.log_text());
            TcpStream::connect(address).ok()
        });
        self.server = Some(server);
    }

    /// Ends it with SIGKILL, as a crash would.
    pub fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill();
        }
    }

    /// The running process, for signals.
    #[track_caller]
    pub fn server(&self) -> &Server {
        self.server.as_ref().expect("slapd is running")
    }

    /// Adds the entries of an LDIF file, as an administrator does.
    pub fn load(&self, ldif: &Path) -> Output {
        self.tool("ldapadd", &["-f", &ldif.to_string_lossy()], "")
    }

    /// Changes entries by LDIF change records.
    #[track_caller]
    pub fn modify(&self, changes: &str) {
        self.tool("ldapmodify", &[], changes).success();
    }

    /// Runs an LDAP tool as administrator, with `input` on stdin.
    pub fn tool(&self, program: &str, words: &[&str], input: &str) -> Output {
        let url = format!("ldap://{}", self.address());
        let mut command = Command::new(find_program(program));
        command.args(["-x", "-H", &url, "-D", ADMIN_DN, "-w", &self.password]).args(words);
        run(&mut command, input.as_bytes())
    }

    /// Its plain address.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    /// Its LDAPS port.
    #[track_caller]
    pub fn tls_port(&self) -> u16 {
        self.tls_port.expect("a slapd with TLS")
    }

    /// Password of [`ADMIN_DN`].
    pub fn password(&self) -> &str {
        &self.password
    }

    /// Gives [`ADMIN_DN`] another password and starts the server again with it: several servers of a site have one.
    #[track_caller]
    pub fn set_password(&mut self, password: &str) {
        let file = self.folder.path().join("slapd.conf");
        let config = fs::read_to_string(&file).expect("slapd.conf").replace(&self.password, password);
        fs::write(&file, config).expect("slapd.conf");
        self.password = password.to_owned();
        self.restart();
    }

    /// Settings that point a site here.
    pub fn settings(&self) -> Vec<(String, String)> {
        [
            ("local.ugldaphost", self.address().to_string()),
            ("local.ugldapbinddn", ADMIN_DN.to_owned()),
            ("local.ugldapbindcred", self.password.clone()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    /// What it logged: every operation, one line each (`BIND`, `SRCH`, `RESULT`).
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.log_file()).unwrap_or_default()).into_owned()
    }

    /// How many operations of a kind (`SRCH base`, `BIND dn`) it was asked for until now.
    pub fn count(&self, operation: &str) -> usize {
        self.log().lines().filter(|line| line.contains(operation)).count()
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("slapd.log")
    }
}

const CONFIG: &str = r"include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include @SCHEMA@
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload argon2
@TLS@
database mdb
suffix @EMPTY@
rootdn cn=admin
rootpw @PASSWORD@
directory @ROOT@/data
maxsize 268435456
dbnosync
index objectClass,uid,mail,mailAlternateAddress,mailEquivalentAddress,sunPreferredDomain,associatedDomain eq
access to attrs=userPassword by anonymous auth by * none
access to * by * read
";
