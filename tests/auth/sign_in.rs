//! Signing in: passwords, statuses, and acting for others.

use std::sync::Arc;

use auth::{AuthContext, AuthErrorKind, AuthOptions, Authenticator, Identity, Service};
use directory::Change;

use crate::directory::fixture::Fixture;

pub const CONTEXT: AuthContext = AuthContext { service: Service::Imap, peer: None, local: None, tls: true };

pub fn options() -> AuthOptions {
    AuthOptions {
        default_domain: "example.test".to_owned(),
        admins: vec!["Boss".to_owned(), "chief@hosted.example".to_owned()],
        ..AuthOptions::default()
    }
}

pub fn authenticator(fixture: &Fixture) -> Authenticator {
    Authenticator::new(Arc::new(fixture.open()), options())
}

async fn kind(
    authenticator: &Authenticator,
    login: &str,
    password: &str,
    authorization: Option<&str>,
) -> Result<Identity, AuthErrorKind> {
    authenticator.password(login, password, authorization, CONTEXT).await.map_err(|error| error.kind())
}

#[tokio::test]
async fn the_right_password_signs_in_by_every_form_of_the_name() {
    let fixture = Fixture::new();
    fixture.add("alice", &[]);
    fixture.add("carol@hosted.example", &[]);
    let authenticator = authenticator(&fixture);
    for login in ["alice", "ALICE", "alice@example.test", "alice@mail.example.test", "alice@", " alice"] {
        let identity = kind(&authenticator, login, "secret", None).await.unwrap();
        assert_eq!(
            (identity.user.store_id.as_str(), identity.authenticated.as_str(), identity.is_admin),
            ("alice", "alice", false)
        );
    }
    assert_eq!(
        kind(&authenticator, "carol@hosted.example", "secret", None).await.unwrap().user.store_id,
        "carol@hosted.example"
    );
    for (login, password) in [
        ("alice", "wrong"),
        ("alice", ""),
        ("", "secret"),
        ("nobody", "secret"),
        ("carol", "secret"),
        ("alice@nowhere.test", "secret"),
    ] {
        assert_eq!(kind(&authenticator, login, password, None).await.unwrap_err(), AuthErrorKind::Failed, "{login}");
    }
    assert_eq!(kind(&authenticator, "alice\u{7}", "secret", None).await.unwrap_err(), AuthErrorKind::Malformed);
    assert_eq!(kind(&authenticator, "alice", &"x".repeat(100_000), None).await.unwrap_err(), AuthErrorKind::Malformed);
}

#[tokio::test]
async fn a_status_is_told_only_to_who_knows_the_password() {
    let fixture = Fixture::new();
    let statuses = [
        ("inactive", AuthErrorKind::Inactive),
        ("deleted", AuthErrorKind::Deleted),
        ("hold", AuthErrorKind::Hold),
        ("disabled", AuthErrorKind::Disabled),
    ];
    for (status, _) in statuses {
        fixture.add(status, &[("mailUserStatus", status)]);
    }
    fixture.add("full", &[("mailUserStatus", "overquota")]);
    let authenticator = authenticator(&fixture);
    for (status, refusal) in statuses {
        assert_eq!(kind(&authenticator, status, "secret", None).await.unwrap_err(), refusal);
        assert_eq!(
            kind(&authenticator, status, "secret", None).await.unwrap_err(),
            refusal,
            "remembered password, same status"
        );
        assert_eq!(kind(&authenticator, status, "wrong", None).await.unwrap_err(), AuthErrorKind::Failed);
    }
    assert!(kind(&authenticator, "full", "secret", None).await.is_ok());
}

#[tokio::test]
async fn only_store_administrators_act_for_others() {
    let fixture = Fixture::new();
    for uid in ["boss", "alice", "bob", "chief@hosted.example", "boss@hosted.example"] {
        fixture.add(uid, &[]);
    }
    fixture.add("gone", &[("inetUserStatus", "deleted")]);
    let authenticator = authenticator(&fixture);
    let identity = kind(&authenticator, "boss", "secret", Some("alice")).await.unwrap();
    assert_eq!(
        (identity.user.store_id.as_str(), identity.authenticated.as_str(), identity.is_admin),
        ("alice", "boss", true)
    );
    let identity = kind(&authenticator, "chief@hosted.example", "secret", Some("alice@example.test")).await.unwrap();
    assert_eq!((identity.user.store_id.as_str(), identity.authenticated.as_str()), ("alice", "chief@hosted.example"));
    assert_eq!(kind(&authenticator, "boss", "secret", Some("nobody")).await.unwrap_err(), AuthErrorKind::NotAuthorized);
    assert_eq!(kind(&authenticator, "boss", "secret", Some("gone")).await.unwrap_err(), AuthErrorKind::Deleted);
    assert_eq!(kind(&authenticator, "boss", "wrong", Some("alice")).await.unwrap_err(), AuthErrorKind::Failed);
    // Same uid in another domain is somebody else.
    assert_eq!(
        kind(&authenticator, "boss@hosted.example", "secret", Some("alice")).await.unwrap_err(),
        AuthErrorKind::NotAuthorized
    );
    for other in ["bob", "nobody", "boss"] {
        assert_eq!(
            kind(&authenticator, "alice", "secret", Some(other)).await.unwrap_err(),
            AuthErrorKind::NotAuthorized,
            "{other}"
        );
    }
    for own in ["", "alice", "Alice@Example.Test"] {
        assert_eq!(kind(&authenticator, "alice", "secret", Some(own)).await.unwrap().user.store_id, "alice");
    }
}

#[tokio::test]
async fn a_new_password_counts_at_once_and_the_old_one_no_more() {
    let fixture = Fixture::new();
    fixture.add("alice", &[]);
    let authenticator = authenticator(&fixture);
    assert!(kind(&authenticator, "alice", "secret", None).await.is_ok());
    fixture.file().set_password("alice", "fresh").unwrap();
    assert_eq!(kind(&authenticator, "alice", "secret", None).await.unwrap_err(), AuthErrorKind::Failed);
    assert!(kind(&authenticator, "alice", "fresh", None).await.is_ok());
    let hold = Change::Replace { attribute: "mailUserStatus".to_owned(), values: vec!["hold".to_owned()] };
    fixture.file().change_user("alice", &[hold]).unwrap();
    assert_eq!(kind(&authenticator, "alice", "fresh", None).await.unwrap_err(), AuthErrorKind::Hold);
}

#[test]
fn what_a_client_is_told_names_nobody() {
    let error = auth::AuthError::new(AuthErrorKind::Failed, "no such user /secret/path");
    assert_eq!(error.to_string(), "Authentication failed");
    assert_eq!(error.kind().response_code(), Some("AUTHENTICATIONFAILED"));
}
