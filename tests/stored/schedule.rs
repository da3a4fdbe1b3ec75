//! The five fields of cron, and the commands behind them.

use config::schedule::{Minute, Schedule};
use suite::{Site, SiteOptions};

fn due(schedule: &str, (weekday, day, month): (u8, u8, u8), (hour, minute): (u8, u8)) -> bool {
    schedule.parse::<Schedule>().unwrap().is_due(Minute { minute, hour, day, month, weekday })
}

#[test]
fn each_field_is_a_list_of_numbers_ranges_steps_and_names() {
    let any = (3, 15, 6);
    assert!(due("0 23 * * * imexpire", any, (23, 0)));
    assert!(!due("0 23 * * * imexpire", any, (23, 1)) && !due("0 23 * * * imexpire", any, (22, 0)));
    for (hour, expected) in [(0, true), (4, true), (20, true), (3, false), (23, false)] {
        assert_eq!(due("0 0,4,8,12,16,20 * * * imexpire -c", any, (hour, 0)), expected, "{hour}");
        assert_eq!(due("0 */4 * * * imexpire -c", any, (hour, 0)), expected, "{hour}");
    }
    for (minute, expected) in [(4, false), (5, true), (15, true), (55, true), (56, false)] {
        assert_eq!(due("5-55/10 * * * * msprobe", any, (1, minute)), expected, "{minute}");
        assert_eq!(due("5/10 * * * * msprobe", any, (1, minute)), expected, "{minute}");
    }
    assert!(due("0 3 * * 0 imcheck", (0, 1, 1), (3, 0)) && due("0 3 * * 7 imcheck", (0, 1, 1), (3, 0)));
    assert!(due("0 3 * jan-mar sun,Sat imcheck", (6, 1, 2), (3, 0)));
    assert!(!due("0 3 * jan-mar sun,Sat imcheck", (5, 1, 2), (3, 0)));
    assert!(!due("0 3 * jan-mar sun,Sat imcheck", (6, 1, 4), (3, 0)));
}

#[test]
fn a_day_counts_when_it_is_in_either_list_and_in_both_where_one_is_a_star() {
    for (weekday, day, expected) in [(5, 13, true), (5, 12, true), (4, 13, true), (4, 12, false)] {
        assert_eq!(due("0 0 13 * 5 imcheck", (weekday, day, 1), (0, 0)), expected, "{weekday} {day}");
        assert_eq!(due("0 0 * * 5 imcheck", (weekday, day, 1), (0, 0)), weekday == 5);
        assert_eq!(due("0 0 13 * * imcheck", (weekday, day, 1), (0, 0)), day == 13);
    }
}

#[test]
fn the_old_servers_commands_are_understood() {
    let command = |text: &str| text.parse::<Schedule>().unwrap().command().join(" ");
    assert_eq!(command("0 23 * * * bin/imexpire"), "imexpire");
    assert_eq!(command("0 0,4,8,12,16,20 * * * lib/purge -num=5"), "imexpire -c");
    assert_eq!(command("5,15 * * * * /opt/SUNWmsgsr/lib/msprobe --timeout 3"), "msprobe --timeout 3");
}

#[test]
fn configutil_refuses_what_is_no_schedule_and_says_why() {
    let site = Site::make(SiteOptions::default());
    let set = |value: &str| site.tool(&["configutil", "-o", "local.schedule.expire", "-v", value], "");
    for (value, reason) in [
        ("0 23 * * *", "give MINUTE HOUR DAY MONTH WEEKDAY COMMAND"),
        ("60 * * * * imexpire", "'60' is not a minute"),
        ("* 5-3 * * * imexpire", "'5-3' is not a hour"),
        ("* * 0 * * imexpire", "'0' is not a day of the month"),
        ("* * * 13 * imexpire", "'13' is not a month"),
        ("* * * * */0 imexpire", "'*/0' is not a weekday"),
        ("* * * * * rm -rf /", "'rm' is not one of imcheck, imexpire"),
        ("0 3 31 feb * imexpire", "no month of those has such a day"),
        ("0 3 31 4,6,9,11 * imexpire", "no month of those has such a day"),
        ("0 3 * * * imexpire --nonsense", "'imexpire --nonsense' cannot run: unexpected argument '--nonsense'"),
        ("0 3 * * * imexpire -v 9", "cannot run"),
        ("0 3 * * * imexpire -u \"two words", "has a quotation mark, which has no meaning here"),
        ("0 3 * * * imexpire --help", "only prints a text"),
    ] {
        let output = set(value);
        assert_ne!(output.status.code(), Some(0), "{value}");
        assert!(output.stderr.contains(reason), "{value}: {}", output.stderr);
    }
    let shown = || site.tool(&["configutil", "-o", "local.schedule.expire"], "").success().stdout;
    assert_eq!(shown().trim(), "0 23 * * * imexpire");
    set("30  1 * * *  imexpire -v 1").success();
    assert_eq!(shown().trim(), "30 1 * * * imexpire -v 1");
    set("off").success();
    assert_eq!(shown().trim(), "off");
    site.tool(&["configutil", "-o", "local.schedule.nightly", "-v", "0 2 * * * imsbackup -f /tmp/b /"], "").success();
}
