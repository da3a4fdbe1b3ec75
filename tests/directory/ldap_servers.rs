//! LDAP servers that go away, hang, come back, take over from each other, and prove who they are.

use std::{path::PathBuf, sync::Arc, time::Duration};

use directory::{
    Directory, DirectoryError, DirectoryRules, HashCost, LdapDirectory, LdapOptions, LdapSecurity, LoginName,
};
use nix::sys::signal::Signal;
use suite::slapd::{Slapd, SlapdTls};
use suite::wait_for;

use super::fixture::{Fixture, ldap_options, new_user};

fn rules() -> DirectoryRules {
    DirectoryRules::new("example.test")
}

async fn find(directory: &LdapDirectory) -> Result<bool, DirectoryError> {
    Ok(directory.find_login(&LoginName::new("alice", Some("example.test"))).await?.is_some())
}

/// Asks until the answer is there.
async fn until_found(directory: &LdapDirectory) {
    let runtime = tokio::runtime::Handle::current();
    tokio::task::block_in_place(|| {
        wait_for("alice to be found", || matches!(runtime.block_on(find(directory)), Ok(true)).then_some(()))
    });
}

fn filled() -> (Fixture, Slapd) {
    let fixture = Fixture::new();
    fixture.add("alice", &[]);
    let slapd = Slapd::with_entries(&fixture.path);
    (fixture, slapd)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_server_is_an_answer_at_once_and_its_return_needs_no_restart() {
    let (_fixture, mut slapd) = filled();
    let directory = LdapDirectory::new(&ldap_options(&[&slapd], rules())).unwrap();
    assert!(find(&directory).await.unwrap());
    slapd.kill();
    for _ in 0..50 {
        let answer = find(&directory).await;
        assert!(matches!(answer, Err(DirectoryError::Unavailable(_))), "{answer:?}");
    }
    slapd.restart();
    until_found(&directory).await;
    for _ in 0..50 {
        assert!(find(&directory).await.unwrap(), "nothing fails once it is back");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_restarted_between_two_questions_is_not_noticed() {
    let (_fixture, mut slapd) = filled();
    let directory = LdapDirectory::new(&ldap_options(&[&slapd], rules())).unwrap();
    for _ in 0..3 {
        assert!(find(&directory).await.unwrap());
        let alice = directory.find_uid("alice", Some("example.test")).await.unwrap().unwrap();
        assert!(directory.verify(Some(&alice), "secret").await.unwrap());
        slapd.restart();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hanging_server_costs_the_time_limit_once() {
    let (_fixture, slapd) = filled();
    let limited = LdapOptions { time_limit: Duration::from_millis(500), ..ldap_options(&[&slapd], rules()) };
    let directory = LdapDirectory::new(&limited).unwrap();
    until_found(&directory).await;
    slapd.server().signal(Signal::SIGSTOP);
    assert!(matches!(find(&directory).await, Err(DirectoryError::Unavailable(_))));
    // Known to be away by now: hundreds of questions, none waits its half second.
    let many = async {
        for _ in 0..1000 {
            assert!(find(&directory).await.is_err());
        }
    };
    tokio::time::timeout(Duration::from_secs(30), many).await.unwrap();
    slapd.server().signal(Signal::SIGCONT);
    until_found(&directory).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_server_takes_over() {
    let fixture = Fixture::new();
    fixture.add("alice", &[]);
    let (mut first, mut second) = (Slapd::with_entries(&fixture.path), Slapd::with_entries(&fixture.path));
    second.set_password(first.password());
    let directory = LdapDirectory::new(&ldap_options(&[&first, &second], rules())).unwrap();
    assert!(find(&directory).await.unwrap());
    assert_eq!(second.count("SRCH base"), 0, "the first answers while it is there");
    first.kill();
    for _ in 0..20 {
        assert!(find(&directory).await.unwrap(), "nobody notices");
    }
    second.kill();
    assert!(find(&directory).await.is_err());
    first.restart();
    until_found(&directory).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_costs_one_search_and_one_bind() {
    let (_fixture, slapd) = filled();
    let directory = LdapDirectory::new(&ldap_options(&[&slapd], rules())).unwrap();
    let sign_in = async || {
        let name = LoginName::new("alice", Some("example.test"));
        let alice = directory.find_login(&name).await.unwrap().unwrap();
        assert!(directory.verify(Some(&alice), "secret").await.unwrap());
    };
    sign_in().await;
    // slapd writes its log line before it answers.
    let (searches, binds) = (slapd.count("SRCH base"), slapd.count("BIND dn=\"uid=alice"));
    let all_binds = slapd.count(" BIND dn=\"cn=admin\" method");
    for _ in 0..10 {
        sign_in().await;
    }
    assert_eq!(slapd.count("SRCH base") - searches, 10);
    let per_bind = binds;
    assert_eq!(slapd.count("BIND dn=\"uid=alice") - binds, 10 * per_bind);
    assert_eq!(slapd.count(" BIND dn=\"cn=admin\" method"), all_binds, "the connection is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_bind_credentials_are_an_outage_not_a_wrong_password() {
    let (_fixture, slapd) = filled();
    let options = LdapOptions { bind_password: "wrong".to_owned(), ..ldap_options(&[&slapd], rules()) };
    let directory = LdapDirectory::new(&options).unwrap();
    assert!(matches!(find(&directory).await, Err(DirectoryError::Unavailable(_))));
    let without = LdapOptions { bind_password: String::new(), ..options };
    assert!(matches!(LdapDirectory::new(&without).map(drop), Err(DirectoryError::Invalid(_))));
}

fn certificate(folder: &std::path::Path, name: &str) -> SlapdTls {
    let pem = tls::self_signed(&tls::SelfSigned { names: vec![name.to_owned()], ..Default::default() }).unwrap();
    let files = SlapdTls { certificate: folder.join(format!("{name}.pem")), key: folder.join(format!("{name}.key")) };
    pem.write(&files.certificate, &files.key).unwrap();
    files
}

fn connector(trusted: Option<PathBuf>) -> tls::Connector {
    let check = if trusted.is_some() { tls::ServerCheck::Checked } else { tls::ServerCheck::Unchecked };
    let options = tls::ConnectorOptions { check, ca_files: trusted.into_iter().collect(), ..Default::default() };
    tls::Connector::new(&options).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_goes_to_the_server_that_proves_itself_alone() {
    let fixture = Fixture::new();
    fixture.add("alice", &[]);
    let folder = suite::process::temporary("ldap-tls");
    let right = certificate(folder.path(), "127.0.0.1");
    let other_name = certificate(folder.path(), "ldap.example.test");
    let slapd = Slapd::start_with(Some(&right));
    slapd.load(&fixture.path).success();
    let by = |security: LdapSecurity| {
        let port = if matches!(security, LdapSecurity::Ldaps(_)) { slapd.tls_port() } else { slapd.address().port() };
        let servers = vec![("127.0.0.1".to_owned(), port)];
        LdapDirectory::new(&LdapOptions { security, servers, ..ldap_options(&[&slapd], rules()) }).unwrap()
    };
    type Security = fn(tls::Connector) -> LdapSecurity;
    for security in [LdapSecurity::StartTls as Security, LdapSecurity::Ldaps as Security] {
        assert!(find(&by(security(connector(Some(right.certificate.clone()))))).await.unwrap());
        assert!(find(&by(security(connector(None)))).await.unwrap());
        let refused = find(&by(security(connector(Some(other_name.certificate.clone()))))).await;
        assert!(matches!(refused, Err(DirectoryError::Unavailable(_))), "{refused:?}");
    }
    // The right key for another name.
    let named = Slapd::start_with(Some(&other_name));
    let servers = vec![("127.0.0.1".to_owned(), named.tls_port())];
    let security = LdapSecurity::Ldaps(connector(Some(other_name.certificate)));
    let directory = LdapDirectory::new(&LdapOptions { security, servers, ..ldap_options(&[&named], rules()) }).unwrap();
    assert!(find(&directory).await.is_err());
    // A server that has no TLS is not spoken to without it.
    let plain = Slapd::with_entries(&fixture.path);
    let before = plain.count("BIND dn");
    let security = LdapSecurity::StartTls(connector(None));
    let directory = LdapDirectory::new(&LdapOptions { security, ..ldap_options(&[&plain], rules()) }).unwrap();
    assert!(find(&directory).await.is_err());
    assert_eq!(plain.count("BIND dn"), before, "no password went out");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_questions_at_once_share_a_small_pool() {
    let (_fixture, slapd) = filled();
    let options = LdapOptions { pool_size: 2, ..ldap_options(&[&slapd], rules()) };
    let directory = Arc::new(LdapDirectory::new(&options).unwrap());
    let asking: Vec<_> = (0..50)
        .map(|_| {
            let directory = Arc::clone(&directory);
            tokio::spawn(async move { find(&directory).await })
        })
        .collect();
    for answer in asking {
        assert!(answer.await.unwrap().unwrap());
    }
    assert!(slapd.count("ACCEPT from") <= 4, "two connections for searches, and those of ldapadd");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_says_to_be_elsewhere_is_not_followed_and_logged() {
    let (_fixture, slapd) = filled();
    let directory = LdapDirectory::new(&ldap_options(&[&slapd], rules())).unwrap();
    let elsewhere = "dn: ou=elsewhere,o=example.test\nobjectClass: referral\nobjectClass: extensibleObject\n\
                     ou: elsewhere\nref: ldap://other.example.test/ou=elsewhere,o=example.test\n";
    slapd.tool("ldapadd", &["-M"], elsewhere).success();
    assert!(find(&directory).await.unwrap(), "who is here is found");
    let there = LoginName::new("nobody", Some("example.test"));
    assert!(directory.find_login(&there).await.unwrap().is_none());
    // A base that is elsewhere altogether is a refusal.
    let search = directory::EntrySearch {
        base: Some("ou=elsewhere,o=example.test"),
        reach: directory::Reach::Subtree,
        conditions: &[],
        limit: 10,
    };
    let answer = directory.find_entries(&search).await;
    let refused = matches!(&answer, Err(DirectoryError::Unavailable(reason)) if reason.contains("local.ugldaphost"));
    assert!(refused, "{:?}", answer.map(|found| found.len()));
}

/// Many sign-ins at once are the site's own crowd: a server that answers one after the other is not away, and waiting for one's turn
/// takes nothing from the time for an answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_waits_its_turn_and_is_no_outage() {
    let fixture = Fixture::new();
    let mut file = fixture.file();
    file.hash_cost = HashCost { memory_kib: 19_456, passes: 8 };
    file.add_user(&new_user("alice", &[])).unwrap();
    let slapd = Slapd::with_entries(&fixture.path);
    // Together they take three times as long as one answer may, on whatever machine this is.
    let one = {
        let directory = LdapDirectory::new(&ldap_options(&[&slapd], rules())).unwrap();
        let alice = directory.find_uid("alice", Some("example.test")).await.unwrap().unwrap();
        let began = std::time::Instant::now();
        assert!(directory.verify(Some(&alice), "secret").await.unwrap());
        began.elapsed().max(Duration::from_millis(50))
    };
    let limited = LdapOptions { time_limit: 5 * one, pool_size: 1, ..ldap_options(&[&slapd], rules()) };
    let directory = Arc::new(LdapDirectory::new(&limited).unwrap());
    let alice = directory.find_uid("alice", Some("example.test")).await.unwrap().unwrap();
    let signing_in: Vec<_> = (0..15)
        .map(|_| {
            let (directory, alice) = (Arc::clone(&directory), Arc::clone(&alice));
            tokio::spawn(async move { directory.verify(Some(&alice), "secret").await })
        })
        .collect();
    for answer in signing_in {
        assert!(answer.await.unwrap().unwrap());
    }
    // One that hangs lets nobody wait for a turn that never comes.
    slapd.server().signal(Signal::SIGSTOP);
    let waiting: Vec<_> = (0..30)
        .map(|_| {
            let (directory, alice) = (Arc::clone(&directory), Arc::clone(&alice));
            tokio::spawn(async move { directory.verify(Some(&alice), "secret").await })
        })
        .collect();
    let all = async {
        for answer in waiting {
            assert!(matches!(answer.await.unwrap(), Err(DirectoryError::Unavailable(_))));
        }
    };
    tokio::time::timeout(Duration::from_secs(60), all).await.expect("they do not wait for each other");
    slapd.server().signal(Signal::SIGCONT);
    until_found(&directory).await;
}
