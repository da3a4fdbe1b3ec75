//! Networks and connection limits as settings write them.

use access::{ConnLimits, Networks};

#[test]
fn networks_are_written_in_four_ways() {
    let networks: Networks = "192.0.2.1, 10.0.0.0/8 172.16.0.0/255.240.0.0 2001:db8::/32 [fd00::1]".parse().unwrap();
    for (address, inside) in [
        ("192.0.2.1", true),
        ("192.0.2.2", false),
        ("10.255.0.1", true),
        ("172.31.0.1", true),
        ("172.32.0.1", false),
        ("::ffff:10.0.0.1", true),
        ("2001:db8:1::1", true),
        ("fd00::1", true),
        ("fd00::2", false),
    ] {
        assert_eq!(networks.contains(address.parse().unwrap()), inside, "{address}");
    }
    assert_eq!(networks.to_string(), "192.0.2.1 10.0.0.0/8 172.16.0.0/12 2001:db8::/32 fd00::1");
    assert!("10.0.0.0/8 all".parse::<Networks>().is_err());
}

#[test]
fn the_first_limit_that_fits_counts_and_the_catch_all_catches_all() {
    let limits: ConnLimits =
        "127.0.0.1|255.255.255.255:0,10.0.0.0|255.0.0.0:5 [2001:db8::]|32:7,0.0.0.0|0.0.0.0:20".parse().unwrap();
    for (address, most) in
        [("127.0.0.1", 0), ("10.1.2.3", 5), ("192.0.2.1", 20), ("2001:db8::1", 7), ("2001:beef::1", 20)]
    {
        assert_eq!(limits.of(address.parse().unwrap()).unwrap().connections, most, "{address}");
    }
    let few: ConnLimits = "10.0.0.0|255.0.0.0:5".parse().unwrap();
    assert!(few.of("192.0.2.1".parse().unwrap()).is_none());
    for bad in ["10.0.0.0:5", "10.0.0.0|255.0.0.0", "10.0.0.0|255.0.0.0:-1", "x|255.0.0.0:5", "10.0.0.0|300:5"] {
        assert!(bad.parse::<ConnLimits>().is_err(), "{bad}");
    }
}

#[test]
fn an_ipv6_site_is_counted_as_one_address() {
    let counted = |address: &str| ConnLimits::counted(address.parse().unwrap()).to_string();
    assert_eq!(counted("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
    assert_eq!(counted("::ffff:192.0.2.1"), "192.0.2.1");
}
