//! A certificate authority for one test: users' certificates, servers' certificates, revocation lists.

use std::path::{Path, PathBuf};
use std::process::Command;

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, CustomExtension, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SanType, SerialNumber,
    date_time_ymd,
};
use suite::process::{find_program, run};
use tempfile::TempDir;

/// See the module.
pub struct Authority {
    folder: TempDir,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate with its key in files, and its number.
pub struct Issued {
    pub certificate: PathBuf,
    pub key: PathBuf,
    pub serial: u64,
    pub der: Vec<u8>,
}

/// What a user's certificate says.
#[derive(Clone, Default)]
pub struct Person<'a> {
    pub name: &'a str,
    pub mail: &'a [&'a str],
    /// Further parts of the subject.
    pub subject: &'a [(DnType, &'a str)],
    /// Ended in 2021.
    pub expired: bool,
    /// Has an extension that nobody knows and nobody may overlook.
    pub odd: bool,
}

impl Authority {
    pub fn new(name: &str) -> Authority {
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CountryName, "SE");
        params.distinguished_name.push(DnType::OrganizationName, "Example");
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let authority = Authority { folder: tempfile::tempdir().unwrap(), issuer };
        std::fs::write(authority.file(), authority.issuer.pem()).unwrap();
        authority
    }

    /// Its own certificate.
    pub fn file(&self) -> PathBuf {
        self.path("ca.pem")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn person(&self, person: &Person<'_>) -> Issued {
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        for (kind, value) in person.subject {
            params.distinguished_name.push(kind.clone(), *value);
        }
        params.distinguished_name.push(DnType::CommonName, person.name);
        params.subject_alt_names =
            person.mail.iter().map(|mail| SanType::Rfc822Name((*mail).try_into().unwrap())).collect();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        if person.expired {
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2021, 1, 1);
        }
        if person.odd {
            let mut extension = CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 55555, 1], vec![5, 0]);
            extension.set_criticality(true);
            params.custom_extensions.push(extension);
        }
        self.issue(params)
    }

    /// What rcgen does not make: a certificate by `openssl x509`, with a key that is made with the arguments `key`. Without
    /// `extensions` (the lines of an OpenSSL file) it is of version 1.
    pub fn by_openssl(&self, subject: &str, key: &[&str], extensions: &str) -> Issued {
        let serial = rand::random::<u64>() >> 1 | 1;
        let path = |kind: &str| self.path(&format!("{serial}.{kind}"));
        let text = |path: PathBuf| path.to_str().unwrap().to_owned();
        let openssl = |arguments: &[&str]| {
            run(Command::new(find_program("openssl")).args(arguments), b"").success();
        };
        let (own, pem, request) = (text(path("key")), text(path("pem")), text(path("csr")));
        std::fs::write(self.path("ca.key"), self.issuer.key().serialize_pem()).unwrap();
        openssl(&[&["genpkey", "-out", &own][..], key].concat());
        openssl(&["req", "-new", "-key", &own, "-subj", subject, "-out", &request]);
        let (ca, ca_key) = (text(self.file()), text(self.path("ca.key")));
        let number = serial.to_string();
        let sign =
            ["x509", "-req", "-in", &request, "-CA", &ca, "-CAkey", &ca_key, "-set_serial", &number, "-out", &pem];
        if extensions.is_empty() {
            openssl(&sign);
        } else {
            let file = text(path("ext"));
            std::fs::write(&file, extensions).unwrap();
            openssl(&[&sign[..], &["-extfile", &file]].concat());
        }
        Issued { certificate: pem.into(), key: own.into(), serial, der: Vec::new() }
    }

    pub fn server(&self, names: &[&str]) -> Issued {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.issue(params)
    }

    fn issue(&self, mut params: CertificateParams) -> Issued {
        let serial = rand::random::<u64>() >> 1 | 1;
        params.serial_number = Some(SerialNumber::from(serial));
        let key = KeyPair::generate().unwrap();
        let made = params.signed_by(&key, &self.issuer).unwrap();
        let issued = Issued {
            certificate: self.path(&format!("{serial}.pem")),
            key: self.path(&format!("{serial}.key")),
            serial,
            der: made.der().to_vec(),
        };
        std::fs::write(&issued.certificate, made.pem()).unwrap();
        std::fs::write(&issued.key, key.serialize_pem()).unwrap();
        issued
    }

    /// Writes a revocation list that is current, or one whose next update is long past.
    pub fn revoke(&self, file: &Path, serials: &[u64], current: bool) {
        let revoked = serials.iter().map(|serial| RevokedCertParams {
            serial_number: SerialNumber::from(*serial),
            revocation_time: date_time_ymd(2024, 1, 1),
            reason_code: None,
            invalidity_date: None,
        });
        let list = CertificateRevocationListParams {
            this_update: date_time_ymd(2024, 1, 1),
            next_update: if current { date_time_ymd(2090, 1, 1) } else { date_time_ymd(2024, 2, 1) },
            crl_number: SerialNumber::from(1u64),
            issuing_distribution_point: None,
            revoked_certs: revoked.collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        std::fs::write(file, list.signed_by(&self.issuer).unwrap().pem().unwrap()).unwrap();
    }
}
