//! Attribute values: quotas, statuses, and the names in DNs.

use directory::{AccountStatus, QuotaLimit, escape_dn_value};

#[test]
fn quotas_have_units_and_two_special_numbers() {
    let good = [
        ("0", QuotaLimit::Limit(0)),
        ("5242880", QuotaLimit::Limit(5_242_880)),
        ("10k", QuotaLimit::Limit(10 << 10)),
        ("10M", QuotaLimit::Limit(10 << 20)),
        (" 2G ", QuotaLimit::Limit(2 << 30)),
        ("-1", QuotaLimit::Unlimited),
        ("-2", QuotaLimit::SiteDefault),
        ("", QuotaLimit::SiteDefault),
    ];
    for (text, wanted) in good {
        assert_eq!(QuotaLimit::parse(text), Ok(wanted), "{text:?}");
    }
    for bad in ["-3", "M", "1.5G", "10 M", "1T", "99999999999999999999", "18446744073709551615K", "ten", "+5", "é"] {
        assert!(QuotaLimit::parse(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn the_site_default_counts_only_where_the_entry_says_nothing() {
    assert_eq!(QuotaLimit::SiteDefault.or_default(Some(7)), Some(7));
    assert_eq!(QuotaLimit::SiteDefault.or_default(None), None);
    assert_eq!(QuotaLimit::Unlimited.or_default(Some(7)), None);
    assert_eq!(QuotaLimit::Limit(0).or_default(Some(7)), Some(0));
}

#[test]
fn the_first_status_that_restricts_wins() {
    use AccountStatus::{Active, Deleted, Disabled, Hold, Inactive, OverQuota};
    assert_eq!(AccountStatus::first_restriction([Active, Active]), Active);
    assert_eq!(AccountStatus::first_restriction([Active, Hold, Deleted]), Hold);
    assert_eq!(AccountStatus::first_restriction([Inactive, Deleted]), Inactive);
    let words = [
        ("Active", Active),
        ("DELETED", Deleted),
        ("removed", Deleted),
        ("hold", Hold),
        ("disabled", Disabled),
        ("overquota", OverQuota),
    ];
    for (word, status) in words {
        assert_eq!(AccountStatus::parse(word), status);
    }
    assert_eq!(AccountStatus::parse("actve"), Inactive, "a misspelt status must not open an account");
    assert!(OverQuota.allows_sign_in());
    assert!([Inactive, Deleted, Hold, Disabled].iter().all(|status| !status.allows_sign_in()));
}

#[test]
fn dn_values_are_escaped() {
    assert_eq!(escape_dn_value("a,b=c+d"), "a\\,b\\=c\\+d");
    assert_eq!(escape_dn_value(" x "), "\\ x\\ ");
    assert_eq!(escape_dn_value("#1"), "\\#1");
    assert_eq!(escape_dn_value("a\\\"<>;"), "a\\\\\\\"\\<\\>\\;");
}
