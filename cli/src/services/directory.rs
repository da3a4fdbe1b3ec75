//! The directory that the settings name: LDAP servers, or the embedded file.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, bail};
use config::{LdapSecurity as Security, Settings};
use directory::{
    Directory, DirectoryFile, DirectoryRules, LdapDirectory, LdapEditor, LdapOptions, LdapSecurity, LdifDirectory,
    LdifOptions, StatusEditor,
};

/// Where systems keep the certificates of public authorities.
const SYSTEM_TRUST: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Opens it. LDAP servers are not asked before the first question; a missing file is an error.
pub fn open_directory(settings: &Settings) -> anyhow::Result<Arc<dyn Directory>> {
    let config = config::Directory::read(settings);
    let rules = directory_rules(&config)?;
    match ldap_options(&config)? {
        Some(options) => {
            if matches!(options.security, LdapSecurity::Plain) && !options.servers.iter().all(|(host, _)| is_here(host))
            {
                tracing::warn!(
                    "passwords travel unencrypted to the LDAP servers; set local.ugldapusessl or local.ugldapstarttls"
                );
            }
            Ok(Arc::new(LdapDirectory::new(&options)?))
        }
        None => Ok(Arc::new(LdifDirectory::open(LdifOptions { rules, ..LdifOptions::new(&config.file, "") })?)),
    }
}

/// Who is found by which name.
pub fn directory_rules(config: &config::Directory) -> anyhow::Result<DirectoryRules> {
    let rules = DirectoryRules { dc_root: config.dc_root.clone(), ..DirectoryRules::new(&config.default_domain) };
    rules.with_search_filter(&config.search_filter).context("sasl.default.ldap.searchfilter")
}

/// How the LDAP servers are reached; `None` where there are none.
pub fn ldap_options(config: &config::Directory) -> anyhow::Result<Option<LdapOptions>> {
    let Some(ldap) = &config.ldap else { return Ok(None) };
    let connector = || -> anyhow::Result<tls::Connector> {
        let check = match ldap.check_certificate {
            true => tls::ServerCheck::Checked,
            false => tls::ServerCheck::Unchecked,
        };
        let ca_files = match &ldap.ca_file {
            Some(file) => vec![file.clone()],
            None => SYSTEM_TRUST.iter().map(PathBuf::from).find(|file| file.exists()).into_iter().collect(),
        };
        if ca_files.is_empty() && ldap.check_certificate {
            bail!("no list of certificate authorities is installed here: set local.ugldapcafile");
        }
        let options = tls::ConnectorOptions { check, ca_files, ..tls::ConnectorOptions::default() };
        tls::Connector::new(&options).context("local.ugldapcafile")
    };
    Ok(Some(LdapOptions {
        bind_dn: ldap.bind_dn.clone(),
        bind_password: ldap.bind_password.clone(),
        security: match ldap.security {
            Security::Plain => LdapSecurity::Plain,
            Security::StartTls => LdapSecurity::StartTls(connector()?),
            Security::Ldaps => LdapSecurity::Ldaps(connector()?),
        },
        pool_size: ldap.pool_size,
        time_limit: ldap.time_limit,
        trace: ldap.trace,
        ..LdapOptions::new(ldap.servers.clone(), &ldap.base_dn, directory_rules(config)?)
    }))
}

/// Who is told of users over quota; nobody unless `store.overquotastatus` says so.
pub fn status_editor(settings: &Settings, lmtp: &config::Lmtp) -> Option<Arc<dyn StatusEditor>> {
    if !lmtp.over_quota_status {
        return None;
    }
    let config = config::Directory::read(settings);
    let editor = || -> anyhow::Result<Arc<dyn StatusEditor>> {
        Ok(match ldap_options(&config)? {
            Some(options) => Arc::new(LdapEditor::new(&options)?),
            None => Arc::new(DirectoryFile::with_rules(&config.file, directory_rules(&config)?)),
        })
    };
    editor()
        .inspect_err(|error| tracing::error!("store.overquotastatus: nobody is told who is over quota: {error:#}"))
        .ok()
}

fn is_here(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}
