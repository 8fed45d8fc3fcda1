use proptest::prelude::*;

use super::*;

const START: Mono = Mono::from_us(5_000_000);

fn at(ms: u64) -> Mono {
    START + Duration::from_millis(ms)
}

/// Runs a sender on a line that moves so many octets a second; what it sent, how often
/// it told, and how it ended.
fn sent_over(line: u64, limits: Limits) -> (Vec<usize>, Vec<Mono>, End, Mono) {
    let mut test = Test::new(START, Part::Sends, limits);
    let (mut now, mut sizes, mut tells) = (START, Vec::new(), Vec::new());
    loop {
        match test.turn(now) {
            Turn::Send(size) => {
                sizes.push(size);
                test.moved(size);
                let us = size as u64 * 1_000_000 / line;
                now = now + Duration::from_micros(us.max(1));
            }
            Turn::Rest(until) => {
                assert!(until > now, "a rest goes on");
                now = until;
            }
            Turn::Tell => {
                tells.push(now);
                test.told(now);
            }
            Turn::Take(_) => panic!("a sender takes nothing"),
            Turn::End(end) => return (sizes, tells, end, now),
        }
    }
}

#[test]
fn messages_grow_with_what_went_and_no_further_than_their_bound() {
    let mut test = Test::new(START, Part::Sends, Limits::OF_HOUSE);
    let mut steps = Vec::new();
    let mut now = START;
    for _ in 0..1_000 {
        match test.turn(now) {
            Turn::Send(size) => {
                if steps.last().is_none_or(|(_, last)| *last != size) {
                    steps.push((test.octets(), size));
                }
                test.moved(size);
            }
            Turn::Rest(until) => now = until,
            Turn::Tell => test.told(now),
            Turn::Take(_) | Turn::End(_) => break,
        }
    }
    // Each size begins once more than sixteen times the one before has gone.
    let sizes: Vec<_> = steps.iter().map(|(_, size)| *size).collect();
    let doubled: Vec<_> = (13..=20).map(|power| 1_usize << power).collect();
    assert_eq!(sizes, doubled);
    for pair in steps.windows(2) {
        let ((_, small), (gone, _)) = (pair[0], pair[1]);
        let small = small as u64;
        assert!(
            gone > small * 16 && gone <= small * 18,
            "{gone} for {small}"
        );
    }
}

#[test]
fn a_fast_line_ends_by_time_and_stays_within_rate_and_total() {
    let (sizes, tells, end, ended) = sent_over(1_000_000_000, Limits::OF_HOUSE);
    let total: usize = sizes.iter().sum();
    // Ten seconds of 25 MB, and the message that begins with the last of them.
    assert!(total <= 250_000_000 + (1 << 20), "{total}");
    assert!(total >= 248_000_000, "{total}");
    assert_eq!(end, End::Time);
    assert!(ended.since(START) <= Duration::from_secs(11));
    assert_eq!(tells.len(), 39);
}

#[test]
fn a_slow_line_is_measured_for_ten_seconds_by_small_messages() {
    // 40 kbit/s: five messages of 8 KiB are all that goes.
    let (sizes, _, end, ended) = sent_over(5_000, Limits::OF_HOUSE);
    assert!(sizes.iter().all(|size| *size == 8_192), "{sizes:?}");
    assert_eq!(end, End::Time);
    let longest = Duration::from_millis(10_000 + 8_192 * 1_000 / 5_000);
    assert!(ended.since(START) <= longest);
}

#[test]
fn who_takes_is_asked_to_wait_no_longer_than_until_it_has_to_tell() {
    let mut test = Test::new(START, Part::Takes, Limits::OF_HOUSE);
    assert_eq!(test.turn(at(0)), Turn::Take(at(250)));
    assert_eq!(test.turn(at(250)), Turn::Tell);
    test.told(at(250));
    assert_eq!(test.turn(at(250)), Turn::Take(at(500)));
    // 5 MB are worth 200 ms.
    test.moved(5_000_000);
    assert_eq!(test.turn(at(251)), Turn::Take(at(500)));
    test.moved(5_000_000);
    assert_eq!(test.turn(at(251)), Turn::Rest(at(400)));
    test.moved(290_000_000);
    assert_eq!(test.turn(at(252)), Turn::End(End::Cap));
    let idle = Test::new(START, Part::Takes, Limits::OF_HOUSE);
    assert_eq!(idle.turn(at(10_000)), Turn::End(End::Time));
    assert_eq!(idle.over(), at(13_000));
}

proptest! {
    #[test]
    fn no_line_makes_a_sender_pass_its_limits(
        line in 1_000_u64..2_000_000_000,
        total in 0_u64..20_000_000,
        rate in 1_000_u64..100_000_000,
    ) {
        let limits = Limits { octets: total, rate };
        let (sizes, tells, _, ended) = sent_over(line, limits);
        let sent: u64 = sizes.iter().map(|size| *size as u64).sum();
        prop_assert!(sent <= total);
        prop_assert!(sizes.iter().all(|size| (1 << 13..=1 << 20).contains(size)));
        prop_assert!(sizes.windows(2).all(|pair| pair[0] <= pair[1]));
        // All but the last message is paid for by time.
        let last = sizes.last().map_or(0, |size| *size as u64);
        let lived = ended.since(START).as_micros();
        let paid = u128::from(sent - last) * 1_000_000 / u128::from(rate);
        prop_assert!(paid <= lived + 1, "{} µs for {} in {} µs", paid, sent, lived);
        for pair in tells.windows(2) {
            prop_assert!(pair[1].since(pair[0]) >= Duration::from_millis(100));
        }
    }

    #[test]
    fn whatever_is_said_is_read_or_refused(text in "\\PC{0,200}") {
        if let Ok(said) = read(text.as_bytes()) {
            prop_assert!(said.octets.is_none_or(|it| i64::try_from(it).is_ok()));
        }
    }
}

#[test]
fn what_is_said_is_what_the_protocol_has() {
    let mut test = Test::new(START, Part::Sends, Limits::OF_HOUSE);
    test.moved(8_192);
    let connection = Connection {
        client: "192.0.2.7:50123".to_owned(),
        server: "betang.example:443".to_owned(),
        uuid: "0123".to_owned(),
    };
    let text = measurement(Direction::Download, &test, at(250), Some(&connection));
    assert_eq!(
        text,
        r#"{"AppInfo":{"ElapsedTime":250000,"NumBytes":8192},"ConnectionInfo":{"Client":"192.0.2.7:50123","Server":"betang.example:443","UUID":"0123"},"Origin":"server","Test":"download"}"#
    );
    let text = measurement(Direction::Upload, &test, at(1), None);
    assert_eq!(
        text,
        r#"{"AppInfo":{"ElapsedTime":1000,"NumBytes":8192},"Origin":"client","Test":"upload"}"#
    );
}

#[test]
fn what_others_say_is_read_with_care() {
    let all = Said {
        elapsed_us: Some(1_250_000),
        octets: Some(7_000_000),
        min_rtt_us: Some(612_000),
    };
    for (text, read_as) in [
        (
            r#"{"AppInfo":{"ElapsedTime":1250000,"NumBytes":7000000},"TCPInfo":{"MinRTT":612000,"BBRInfo":[1]},"Origin":"client","Test":"download"}"#,
            Ok(all),
        ),
        ("{}", Ok(Said::default())),
        (r#"{"AppInfo":null,"TCPInfo":{}}"#, Ok(Said::default())),
        (r#"{"AppInfo":{"NumBytes":null}}"#, Ok(Said::default())),
        (
            r#"{"AppInfo":{"NumBytes":-1}}"#,
            Err(NotRead::Odd("NumBytes")),
        ),
        (
            r#"{"AppInfo":{"NumBytes":1.5}}"#,
            Err(NotRead::Odd("NumBytes")),
        ),
        (
            r#"{"AppInfo":{"NumBytes":"7"}}"#,
            Err(NotRead::Odd("NumBytes")),
        ),
        (
            r#"{"AppInfo":{"ElapsedTime":9223372036854775808}}"#,
            Err(NotRead::Odd("ElapsedTime")),
        ),
        (r#"{"AppInfo":[7]}"#, Err(NotRead::Odd("AppInfo"))),
        (r#"{"TCPInfo":7}"#, Err(NotRead::Odd("TCPInfo"))),
        ("[]", Err(NotRead::NoObject)),
        ("7", Err(NotRead::NoObject)),
        (r#"{"AppInfo":{"NumBytes":1e999}}"#, Err(NotRead::NoObject)),
        (r#"{"AppInfo":{"NumBytes":7}"#, Err(NotRead::NoObject)),
        ("", Err(NotRead::NoObject)),
    ] {
        assert_eq!(read(text.as_bytes()), read_as, "{text}");
    }
    assert_eq!(read("[".repeat(10_000).as_bytes()), Err(NotRead::NoObject));
    assert_eq!(read(&[b' '; TOLD_MAX + 1]), Err(NotRead::TooLong));
}

#[test]
fn a_house_takes_few_at_a_time_and_so_much_in_an_hour() {
    let mut gate = Gate::default();
    assert_eq!(gate.enter(at(0)), Ok(()));
    assert_eq!(gate.enter(at(0)), Ok(()));
    assert_eq!(gate.enter(at(1)), Err(OVER));
    gate.leave(at(10_000), 1_000);
    assert_eq!(gate.enter(at(10_000)), Ok(()));
    gate.leave(at(20_000), 0);
    gate.leave(at(20_000), 0);
    assert_eq!(gate.running(), 0);
    // 10 GB of the hour are 33 tests that spend all they may, beside one of 1 kB.
    let mut let_in = 0;
    while gate.enter(at(30_000)).is_ok() {
        gate.leave(at(30_000), 300_000_000);
        let_in += 1;
    }
    assert_eq!(let_in, 33);
    let left = gate.enter(at(30_000)).expect_err("the hour is spent");
    assert_eq!(left, Duration::from_secs(3_570));
    assert_eq!(gate.enter(at(3_599_999)), Err(OVER));
    assert_eq!(gate.enter(at(3_600_000)), Ok(()));
}
