//! The authentication cache: counted at a directory that notes every question.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use auth::{AuthErrorKind, AuthOptions, Authenticator};
use directory::{
    AddressEntry, AddressSearch, Directory, DirectoryError, Domain, EntrySearch, FoundEntry, LdifDirectory, LoginName,
    ScramVerifier, User,
};

use super::sign_in::{CONTEXT, options};
use crate::directory::fixture::Fixture;

/// Passes questions on and counts password checks; says that it is away when told to.
struct Counting {
    inner: LdifDirectory,
    checks: AtomicUsize,
    unknown_checks: AtomicUsize,
    away: bool,
}

#[async_trait]
impl Directory for Counting {
    async fn find_login(&self, login: &LoginName) -> Result<Option<Arc<User>>, DirectoryError> {
        if self.away {
            return Err(DirectoryError::Unavailable("ldap://10.0.0.7 does not answer".to_owned()));
        }
        self.inner.find_login(login).await
    }
    async fn find_address(&self, address: &str) -> Result<Option<Arc<User>>, DirectoryError> {
        self.inner.find_address(address).await
    }
    async fn verify(&self, user: Option<&User>, password: &str) -> Result<bool, DirectoryError> {
        self.checks.fetch_add(1, Ordering::Relaxed);
        if user.is_none() {
            self.unknown_checks.fetch_add(1, Ordering::Relaxed);
        }
        self.inner.verify(user, password).await
    }
    async fn domains(&self) -> Result<Vec<Arc<Domain>>, DirectoryError> {
        self.inner.domains().await
    }
    async fn find_uid(&self, uid: &str, domain: Option<&str>) -> Result<Option<Arc<User>>, DirectoryError> {
        self.inner.find_uid(uid, domain).await
    }
    fn offers_scram(&self) -> bool {
        self.inner.offers_scram()
    }

    async fn scram_verifiers(&self, user: &User) -> Result<Vec<ScramVerifier>, DirectoryError> {
        self.inner.scram_verifiers(user).await
    }
    async fn is_member(&self, group: &str, user: &User) -> Result<bool, DirectoryError> {
        self.inner.is_member(group, user).await
    }
    async fn groups_of(&self, user: &User) -> Result<Vec<(String, String)>, DirectoryError> {
        self.inner.groups_of(user).await
    }

    async fn administered_domains(&self, user: &User) -> Result<Vec<String>, DirectoryError> {
        self.inner.administered_domains(user).await
    }
    async fn find_domain(&self, name: &str) -> Result<Option<Arc<Domain>>, DirectoryError> {
        self.inner.find_domain(name).await
    }
    async fn search(&self, search: &AddressSearch<'_>) -> Result<Vec<AddressEntry>, DirectoryError> {
        self.inner.search(search).await
    }
    async fn find_entries(&self, search: &EntrySearch<'_>) -> Result<Vec<FoundEntry>, DirectoryError> {
        self.inner.find_entries(search).await
    }
}

fn counting(fixture: &Fixture, away: bool) -> Arc<Counting> {
    Arc::new(Counting { inner: fixture.open(), checks: AtomicUsize::new(0), unknown_checks: AtomicUsize::new(0), away })
}

async fn sign_in(authenticator: &Authenticator, login: &str, password: &str) -> Result<(), AuthErrorKind> {
    authenticator.password(login, password, None, CONTEXT).await.map(|_| ()).map_err(|error| error.kind())
}

#[tokio::test]
async fn a_good_sign_in_is_remembered_a_bad_one_is_not() {
    let fixture = Fixture::new();
    fixture.add("alice", &[]);
    let directory = counting(&fixture, false);
    let authenticator = Authenticator::new(Arc::<Counting>::clone(&directory), options());
    let checks = || directory.checks.load(Ordering::Relaxed);
    for _ in 0..5 {
        sign_in(&authenticator, "alice", "secret").await.unwrap();
    }
    assert_eq!(checks(), 1);
    for _ in 0..3 {
        assert_eq!(sign_in(&authenticator, "alice", "wrong").await, Err(AuthErrorKind::Failed));
    }
    assert_eq!(checks(), 4);
    sign_in(&authenticator, "alice", "secret").await.unwrap();
    assert_eq!(checks(), 4, "a wrong guess does not push the owner out");
}

#[tokio::test]
async fn either_setting_at_zero_turns_it_off() {
    let fixture = Fixture::new();
    fixture.add("alice", &[]);
    for options in [AuthOptions { cache_ttl: Duration::ZERO, ..options() }, AuthOptions { cache_size: 0, ..options() }]
    {
        let directory = counting(&fixture, false);
        let authenticator = Authenticator::new(Arc::<Counting>::clone(&directory), options);
        for _ in 0..3 {
            sign_in(&authenticator, "alice", "secret").await.unwrap();
        }
        assert_eq!(directory.checks.load(Ordering::Relaxed), 3);
    }
}

#[tokio::test]
async fn unknown_users_cost_a_password_check_too() {
    let fixture = Fixture::new();
    let directory = counting(&fixture, false);
    let authenticator = Authenticator::new(Arc::<Counting>::clone(&directory), options());
    assert_eq!(sign_in(&authenticator, "nobody", "secret").await, Err(AuthErrorKind::Failed));
    assert_eq!(directory.unknown_checks.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_directory_that_is_away_is_no_wrong_password() {
    let fixture = Fixture::new();
    let authenticator = Authenticator::new(counting(&fixture, true), options());
    let error = authenticator.password("alice", "secret", None, CONTEXT).await.unwrap_err();
    assert_eq!(error.kind(), AuthErrorKind::Unavailable);
    assert!(!error.to_string().contains("10.0.0.7") && error.reason().contains("10.0.0.7"));
}
