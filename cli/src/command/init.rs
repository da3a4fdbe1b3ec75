//! `heliograph init`: an empty site.

use std::{path::Path, process::ExitCode};

use anyhow::{Context, bail};
use clap::Args;
use config::Settings;
use directory::{DirectoryFile, NewDomain, NewUser};
use rand::{Rng, distr::Alphanumeric};

use crate::{output, root::RootOption};

/// The store administrator that the webmail signs in as.
const PROXY_ADMIN: &str = "proxyadmin";

/// Makes an empty site: settings, the embedded directory, a proxy administrator with a generated password, and a
/// self-signed certificate.
#[derive(Args)]
pub struct Init {
    /// Mail domain of the site [default: the host name's domain]
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<String>,
    /// Fully qualified name of this host [default: the system's name]
    #[arg(long, value_name = "HOST")]
    hostname: Option<String>,
}

impl Init {
    pub fn run(self, root: &RootOption) -> anyhow::Result<ExitCode> {
        let root = root.folder()?;
        let hostname = match self.hostname {
            Some(hostname) => hostname,
            None => system_name()?,
        };
        let domain = match self.domain {
            Some(domain) => domain,
            None => match hostname.split_once('.') {
                Some((_, domain)) => domain.to_owned(),
                None => bail!("the host name {hostname} has no domain; give --domain"),
            },
        };
        make_site(&root, &domain, &hostname, &[])?;
        output::line(format_args!(
            "site for {domain} made at {0}\nadd a user:  heliograph user add --root {0} UID\nrun it:      heliograph run --root {0}",
            root.display()
        ));
        Ok(ExitCode::SUCCESS)
    }
}

fn system_name() -> anyhow::Result<String> {
    let name = nix::unistd::gethostname().context("host name")?;
    Ok(name.to_string_lossy().into_owned())
}

/// Makes the site at `root`, with `extra` settings beside its own. Refuses to touch one that is there.
pub fn make_site(root: &Path, domain: &str, hostname: &str, extra: &[(&str, &str)]) -> anyhow::Result<()> {
    if Settings::path_in(root).exists() {
        bail!("there is a site at {} already", root.display());
    }
    // A refused name must not leave half a site.
    for (name, value) in [("local.hostname", hostname), ("service.defaultdomain", domain)] {
        config::keys::find(name)?.check(value)?;
    }
    create_private(root)?;
    create_private(&root.join("config"))?;
    let password = generated_password();
    let mut changes = vec![
        ("local.hostname", hostname),
        ("service.defaultdomain", domain),
        ("store.admins", PROXY_ADMIN),
        ("local.service.proxy.admin", PROXY_ADMIN),
        ("local.service.proxy.adminpass", &password),
        ("service.imap.enablesslport", "yes"),
        ("service.pop.enablesslport", "yes"),
        ("service.http.enablesslport", "yes"),
        ("service.http.localdelivery", "yes"),
        ("logfile.default.logdir", "log"),
        // What the manual asks for before IMAP IDLE is offered (Guide §5.6.1).
        ("local.store.notifyplugin", "libibiff"),
        ("local.store.notifyplugin.enshost", "127.0.0.1"),
        ("local.store.notifyplugin.enseventkey", "enp://127.0.0.1/store/%M"),
        ("local.store.notifyplugin.noneinbox.enable", "yes"),
    ];
    changes.extend_from_slice(extra);
    make_certificate(root, hostname)?;
    let directory = DirectoryFile::new(root.join("config").join("directory.ldif"), domain);
    directory.create(&NewDomain { name: domain.to_owned(), ..NewDomain::default() })?;
    directory.add_user(&NewUser {
        uid: PROXY_ADMIN.to_owned(),
        name: "Proxy administrator".to_owned(),
        password: Some(password.clone()),
        ..NewUser::default()
    })?;
    // Last: msg.conf is what makes the folder a site.
    Settings::load(root)?.set(&changes)?;
    Ok(())
}

/// A folder that only its owner may enter: it holds passwords and mail.
fn create_private(folder: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("{}", folder.display()))
}

fn make_certificate(root: &Path, hostname: &str) -> anyhow::Result<()> {
    let mut names: Vec<String> = [hostname, "localhost", "127.0.0.1", "::1"].map(str::to_owned).into();
    names.sort();
    names.dedup();
    // The first becomes the common name.
    names.sort_by_key(|name| name != hostname);
    let pem = tls::self_signed(&tls::SelfSigned { names, ..Default::default() })?;
    pem.write(&root.join("config").join("cert.pem"), &root.join("config").join("key.pem"))?;
    Ok(())
}

/// 20 letters and digits: about 119 bits.
pub fn generated_password() -> String {
    rand::rng().sample_iter(Alphanumeric).take(20).map(char::from).collect()
}
