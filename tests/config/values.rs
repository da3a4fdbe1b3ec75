//! Every key of the table, set to good, boundary and bad values by the real `configutil`, generated from its row.

use std::collections::BTreeMap;

use config::{Key, Kind, keys};
use serde_json::Value;
use suite::{Site, SiteOptions};

/// Values that the type of a row takes, with the form that is stored, and values that it refuses.
struct Samples {
    good: Vec<(String, String)>,
    bad: Vec<String>,
}

fn same(values: &[&str]) -> Vec<(String, String)> {
    values.iter().map(|value| ((*value).to_owned(), (*value).to_owned())).collect()
}

fn owned(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

fn samples(key: &Key) -> Samples {
    if key.name == keys::directory::SEARCH_FILTER.name {
        return Samples {
            good: same(&["(uid=%U)", "(&(objectclass=inetOrgPerson)(|(uid=%U)(telephoneNumber=%o)))"]),
            bad: owned(&["bell\u{7}"]),
        };
    }
    if key.name == keys::ens::ACCESS.name {
        return Samples {
            good: same(&["+127.0.0.1|255.255.255.255", "+10.0.0.0|255.0.0.0;-10.0.0.1"]),
            bad: owned(&["foo", "+localhost", "+127.0.0.1|24"]),
        };
    }
    if key.name == keys::ens::EVENT_KEY.name {
        return Samples {
            good: same(&["enp://127.0.0.1/store", "enp://127.0.0.1/store/%M"]),
            bad: owned(&[
                "blah",
                "blah/%M",
                "enp://127.0.0.1/%M/store",
                "enp://127.0.0.1/store%M",
                "enp://h/store?a=b",
            ]),
        };
    }
    if key.name == keys::ens::HOST.name {
        return Samples {
            good: same(&["127.0.0.1", "ens.example.com", "nats://user:pw@nats.example.com:4222"]),
            bad: owned(&["nats://", "http://x", "ens.example.com:7997", "two words"]),
        };
    }
    match key.kind {
        Kind::Bool => Samples {
            good: [("yes", "yes"), ("no", "no"), ("1", "yes"), ("0", "no"), ("ON", "yes"), ("off", "no")]
                .map(|(typed, stored)| (typed.to_owned(), stored.to_owned()))
                .to_vec(),
            bad: owned(&["maybe", "2", "yes no"]),
        },
        Kind::Number { min, max, unit } => {
            let mut good = same(&[&min.to_string(), &max.to_string()]);
            if unit == "bytes" {
                good.push(("64M".to_owned(), (64 << 20).to_string()));
            }
            let beyond = [min.checked_sub(1), max.checked_add(1)].into_iter().flatten().map(|n| n.to_string());
            Samples { good, bad: beyond.chain(owned(&["x", "1.5", "0x10", "99999999999999999999", "1 2"])).collect() }
        }
        Kind::Port => Samples { good: same(&["1", "65535"]), bad: owned(&["0", "65536", "-1", "imap"]) },
        Kind::Choice(words) => Samples {
            good: words.iter().map(|word| (word.to_ascii_uppercase(), (*word).to_owned())).collect(),
            bad: owned(&["no-such-word"]),
        },
        Kind::Host => {
            let label = "a".repeat(63);
            let longest = format!("{label}.{label}.{label}.{}", "b".repeat(61));
            Samples {
                good: same(&["mail.example.test", "192.0.2.1", "2001:db8::1", &longest]),
                bad: owned(&["not a host", "-x.example", "a..b", &format!("{label}c.example"), &format!("{longest}d")]),
            }
        }
        Kind::Addresses => {
            Samples { good: same(&["127.0.0.1", "127.0.0.1 ::1"]), bad: owned(&["localhost", "300.1.1.1", "1.2.3"]) }
        }
        Kind::Servers => Samples {
            good: same(&["192.0.2.53", "192.0.2.53 [2001:db8::53]:5353"]),
            bad: owned(&["dns.example", "192.0.2.53:70000"]),
        },
        Kind::Networks => Samples {
            good: same(&["192.0.2.1", "192.0.2.1 10.0.0.0/8 2001:db8::/32"]),
            bad: owned(&["10.0.0.0/33", "ALL", "example.com"]),
        },
        Kind::AccessFilters => Samples {
            good: same(&["ALL: LOCAL", "ALL: .siroe.com EXCEPT x.siroe.com$imap: 10."]),
            bad: owned(&["ALL", "impa: ALL", "ALL: EXCEPT x", "ALL: 10.0.0.0/33"]),
        },
        Kind::ConnLimits => Samples {
            good: same(&["0.0.0.0|0.0.0.0:20", "10.0.0.0|255.0.0.0:100,0.0.0.0|0.0.0.0:0"]),
            bad: owned(&["20", "10.0.0.0:5", "10.0.0.0|255.0.0.0:x"]),
        },
        Kind::Word => Samples { good: same(&["a", "A-b_9"]), bad: owned(&["a b", "a;b", "ä"]) },
        Kind::Path => Samples { good: same(&["relative/file", "/an/absolute one"]), bad: owned(&["bell\u{7}"]) },
        Kind::Paths => Samples {
            good: [("relative/file", "relative/file"), ("a.pem  /b.pem", "a.pem /b.pem")]
                .map(|(typed, stored)| (typed.to_owned(), stored.to_owned()))
                .to_vec(),
            bad: owned(&["bell\u{7}"]),
        },
        Kind::Text => Samples {
            good: same(&["x", "a = b # c", "größer", &"t".repeat(Kind::Text.longest())]),
            bad: owned(&["bell\u{7}", "nul\0", &"t".repeat(Kind::Text.longest() + 1)]),
        },
        Kind::Banner => Samples {
            good: same(&["%h %p service (%P %V)", "größer", &"b".repeat(Kind::Banner.longest())]),
            bad: owned(&["bell\u{7}", &"b".repeat(Kind::Banner.longest() + 1)]),
        },
        Kind::Schedule => Samples {
            good: same(&["0 23 * * * imexpire", "*/5 1-3 1,15 jan sun imcheck -q", "off"]),
            bad: owned(&["never", "0 24 * * * imexpire", "0 23 * * *", "0 23 * * * reboot"]),
        },
        Kind::Secret => Samples { good: same(&["s3cret, with blanks"]), bad: owned(&["********", "bell\u{7}"]) },
    }
}

/// The names that a row can be set under.
fn forms(key: &Key) -> Vec<String> {
    let filled = |name: &str| {
        let mut name = name.to_owned();
        while let (Some(open), Some(close)) = (name.find('<'), name.find('>')) {
            let wide = name[open..close].contains("..");
            name.replace_range(open..=close, if wide { "one.two" } else { "one" });
        }
        name
    };
    let plain = filled(&key.plain_name());
    let mut forms = vec![plain.clone(), plain.to_ascii_uppercase()];
    if key.name.contains('[') {
        forms.push(filled(&key.name.replace("[.", ".<").replace(']', ">")));
    }
    if key.per_host {
        forms.push(format!("{plain}.Store1.example.com"));
    }
    if key.per_language {
        forms.push(format!("{plain};lang-fr"));
    }
    forms
}

fn site() -> Site {
    Site::make(SiteOptions::default().users::<&str>(&[]))
}

fn write(site: &Site, lines: &str) -> String {
    let file = site.root().join("lines");
    std::fs::write(&file, lines).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn every_key_takes_good_and_boundary_values_in_every_form_and_stores_them() {
    let site = site();
    let rounds = keys::all().map(|key| samples(key).good.len()).max().unwrap();
    let mut tried = 0;
    for round in 0..rounds {
        let mut lines = String::new();
        let mut expected = BTreeMap::new();
        for key in keys::all() {
            let good = samples(key).good;
            let (typed, stored) = &good[round % good.len()];
            for form in forms(key) {
                lines.push_str(&format!("{form} = {typed}\n"));
                expected.insert(keys::resolve(&form).unwrap().name, stored.clone());
                tried += 1;
            }
        }
        site.tool(&["configutil", "-i", &write(&site, &lines)], "").success();
        let listed: Value =
            serde_json::from_str(&site.tool(&["configutil", "-l", "--json"], "").success().stdout).unwrap();
        let listed: BTreeMap<&str, &Value> =
            listed.as_array().unwrap().iter().map(|entry| (entry["name"].as_str().unwrap(), entry)).collect();
        for (name, stored) in expected {
            let entry = listed.get(name.as_str()).unwrap_or_else(|| panic!("{name} is not listed"));
            if entry["secret"] == false {
                assert_eq!(entry["value"], stored.as_str(), "{name}");
            }
        }
        // What is stored is read again by everything that reads settings.
        let settings = config::Settings::load(site.root()).unwrap();
        assert_eq!(settings.entries().iter().filter(|entry| entry.overridden).count(), listed.len());
    }
    assert!(tried > 500, "{tried}");
}

#[test]
fn every_key_refuses_bad_values_with_their_line_and_nothing_changes() {
    let site = site();
    let before = std::fs::read(config::Settings::path_in(site.root())).unwrap();
    let mut lines = String::new();
    let mut expected = Vec::new();
    for key in keys::all() {
        for bad in samples(key).bad {
            lines.push_str(&format!("{} = {bad}\n", forms(key)[0]));
            expected.push((key.name, bad));
        }
    }
    let file = write(&site, &lines);
    let output = site.tool(&["configutil", "-i", &file], "");
    assert_eq!(output.status.code(), Some(1));
    for (index, (name, bad)) in expected.iter().enumerate() {
        let place = format!("{file}:{}: ", index + 1);
        assert!(output.stderr.contains(&place), "{name} took {bad:?}");
    }
    assert!(expected.len() > 300, "{}", expected.len());
    assert_eq!(std::fs::read(config::Settings::path_in(site.root())).unwrap(), before);
}

#[test]
fn every_row_says_what_it_is_under_every_name() {
    let site = site();
    let help = site.tool(&["configutil", "-H"], "").success().stdout;
    for key in keys::all() {
        assert!(help.contains(&format!("{}\n    {}\n", key.usage(), key.help)), "{}", key.name);
        if let Some(reason) = key.without_effect {
            assert!(help.contains(&format!("no effect: {reason}")), "{}", key.name);
        }
        for form in forms(key) {
            assert_eq!(keys::find(&form).unwrap().name, key.name, "{form}");
        }
    }
}
