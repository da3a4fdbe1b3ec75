//! certmap.conf: which issuers' certificates lead to the directory in which way (reference §3.2).
//!
//! ```text
//! certmap example  CN=Mail CA, O=Example, C=SE
//! example:DNComps
//! example:FilterComps  e=mail
//! example:verifycert   on
//! certmap default  default
//! default:FilterComps  e, uid
//! ```

use std::path::{Path, PathBuf};

use tls::DistinguishedName;

/// The mappings of a site.
#[derive(Clone, Debug, Default)]
pub struct CertificateMap {
    mappings: Vec<Mapping>,
}

/// One mapping.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mapping {
    /// What its properties begin with.
    name: String,
    /// The certificates' issuer; `None` is the mapping `default`, for all others.
    issuer: Option<DistinguishedName>,
    pub(crate) base: Base,
    /// FilterComps: part of the certificate, directory attribute.
    pub(crate) filter: Vec<(String, String)>,
    /// verifycert: the directory must hold the very certificate.
    pub(crate) verify_certificate: bool,
    /// CmapLdapAttr: directory attribute with the whole subject, tried first.
    pub(crate) subject_attribute: Option<String>,
}

/// DNComps: where in the directory the search starts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Base {
    /// Not given: the subject is the entry's name.
    #[default]
    Subject,
    /// Given and empty: the whole directory.
    Everything,
    /// These parts of the subject, in this order.
    Parts(Vec<String>),
}

/// A certmap.conf that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MapError {
    /// It cannot be read.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A line is wrong.
    #[error("{path}:{line}: {reason}")]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
}

impl CertificateMap {
    /// Reads the file.
    pub fn read(path: &Path) -> Result<CertificateMap, MapError> {
        let text = std::fs::read_to_string(path).map_err(|source| MapError::Io { path: path.to_owned(), source })?;
        Self::parse(&text).map_err(|(line, reason)| MapError::Line { path: path.to_owned(), line, reason })
    }

    /// Reads the text of a certmap.conf; an error is a line's number and what is wrong with it.
    pub fn parse(text: &str) -> Result<CertificateMap, (usize, String)> {
        let mut map = CertificateMap::default();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if !line.is_empty() && !line.starts_with('#') {
                map.take(line).map_err(|reason| (number + 1, reason))?;
            }
        }
        Ok(map)
    }

    /// Whether there is no mapping at all.
    pub fn is_empty(&self) -> bool {
        self.mappings.is_empty()
    }

    /// The mapping for certificates of `issuer`: its own, else the default one.
    pub(crate) fn mapping(&self, issuer: &DistinguishedName) -> Option<&Mapping> {
        let own = self.mappings.iter().find(|mapping| mapping.issuer.as_ref().is_some_and(|name| name.is_same(issuer)));
        own.or_else(|| self.mappings.iter().find(|mapping| mapping.issuer.is_none()))
    }

    fn take(&mut self, line: &str) -> Result<(), String> {
        let (first, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        if first.eq_ignore_ascii_case("certmap") {
            return self.begin(rest);
        }
        let Some((name, property)) = first.split_once(':') else {
            return Err("expected 'certmap NAME ISSUER' or 'NAME:PROPERTY VALUE'".to_owned());
        };
        let mapping = self.mappings.iter_mut().find(|mapping| mapping.name.eq_ignore_ascii_case(name));
        let mapping = mapping.ok_or_else(|| format!("there is no 'certmap {name} …' line before this one"))?;
        let list = || rest.split([',', ' ', '\t']).filter(|word| !word.is_empty());
        match property.to_ascii_lowercase().as_str() {
            "dncomps" => {
                mapping.base = match rest {
                    "" => Base::Everything,
                    _ => Base::Parts(list().map(str::to_owned).collect()),
                };
            }
            "filtercomps" => mapping.filter = list().map(component).collect::<Result<_, _>>()?,
            "verifycert" => {
                mapping.verify_certificate = match rest.to_ascii_lowercase().as_str() {
                    "on" | "yes" | "1" | "true" => true,
                    "off" | "no" | "0" | "false" | "" => false,
                    _ => return Err("verifycert is on or off".to_owned()),
                };
            }
            "cmapldapattr" => mapping.subject_attribute = Some(attribute(rest)?).filter(|name| !name.is_empty()),
            "library" | "initfn" => {
                return Err("plug-in libraries are not loaded: map by DNComps, FilterComps or CmapLdapAttr".to_owned());
            }
            _ => return Err(format!("'{property}' is none of DNComps, FilterComps, verifycert and CmapLdapAttr")),
        }
        Ok(())
    }

    fn begin(&mut self, rest: &str) -> Result<(), String> {
        let (name, issuer) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        if name.is_empty() || name.contains(':') {
            return Err("expected 'certmap NAME ISSUER'".to_owned());
        }
        if self.mappings.iter().any(|mapping| mapping.name.eq_ignore_ascii_case(name)) {
            return Err(format!("there is a certmap {name} already"));
        }
        let issuer = match issuer.trim() {
            "default" | "" if name.eq_ignore_ascii_case("default") => None,
            text => Some(
                DistinguishedName::parse(text)
                    .filter(|name| !name.is_empty())
                    .ok_or_else(|| format!("'{text}' is not a distinguished name such as CN=Mail CA, O=Example"))?,
            ),
        };
        self.mappings.push(Mapping { name: name.to_owned(), issuer, ..Mapping::default() });
        Ok(())
    }
}

/// `e=mail`, or `uid` for `uid=uid`; the mail address alone means the attribute `mail`.
fn component(word: &str) -> Result<(String, String), String> {
    let (part, name) = word.split_once('=').unwrap_or((word, ""));
    let name = match name {
        "" if part.eq_ignore_ascii_case("e") || part.eq_ignore_ascii_case("emailaddress") => "mail",
        "" => part,
        name => name,
    };
    Ok((attribute(part)?, attribute(name)?))
}

fn attribute(name: &str) -> Result<String, String> {
    let good = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'));
    if good { Ok(name.to_owned()) } else { Err(format!("'{name}' is not an attribute name")) }
}
