//! Sign-in rules: login names, passwords, SASL messages and proxy authentication (Guide §5.3).
//!
//! Every service asks one [`Authenticator`]; what a person may be told is in [`AuthErrorKind`], the log gets the reason.

mod admission;
mod authenticator;
mod cache;
mod certificate;
mod error;
mod login_name;
mod prep;
pub mod sasl;
pub mod scram;
mod sign_in_log;
mod throttle;

pub use authenticator::{AuthContext, AuthOptions, Authenticator, Identity, Service};
pub use certificate::{CertificateMap, MapError};
pub use error::{AuthError, AuthErrorKind};
pub use login_name::{BareNames, LoginNames};
pub use prep::prepared;
pub use throttle::{Answer, Attempt, Ledger, Outcome, Ticket};
