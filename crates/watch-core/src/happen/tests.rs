use proptest::prelude::*;

use super::*;

fn at(ms: i64) -> Now {
    Now {
        mono: Mono::from_us(u64::try_from(ms * 1_000).unwrap_or(0)),
        wall: Wall::from_us(1_700_000_000_000_000 + ms * 1_000),
    }
}

fn said(happenings: &mut Happenings, on: bool, ms: i64) -> Vec<State> {
    let mut all = happenings.due(at(ms).mono);
    all.extend(happenings.say(Kind::Motion, "1", on, None, at(ms)));
    all.into_iter().map(|it| it.state).collect()
}

#[test]
fn what_makers_say_is_read_by_the_table() {
    for (topic, item, value, is) in [
        (
            "tns1:VideoSource/MotionAlarm",
            "State",
            "true",
            Some((Kind::Motion, true)),
        ),
        (
            "tns1:RuleEngine/CellMotionDetector/Motion",
            "IsMotion",
            "false",
            Some((Kind::Motion, false)),
        ),
        (
            "tns1:RuleEngine/tns1:CellMotionDetector/tns1:Motion",
            "IsMotion",
            "1",
            Some((Kind::Motion, true)),
        ),
        (
            "tns1:VideoSource/GlobalSceneChange/ImagingService",
            "State",
            "true",
            Some((Kind::Scene, true)),
        ),
        (
            "tns1:VideoSource/ImageTooDark/AnalyticsService",
            "State",
            "0",
            Some((Kind::Dark, false)),
        ),
        (
            "tns1:VideoSource/ImageTooBright/ImagingService",
            "State",
            "true",
            Some((Kind::Bright, true)),
        ),
        (
            "tns1:VideoSource/ImageTooBlurry/RecordingService",
            "State",
            "true",
            Some((Kind::Blurred, true)),
        ),
        (
            "tns1:RuleEngine/TamperDetector/Tamper",
            "IsTamper",
            "true",
            Some((Kind::Tamper, true)),
        ),
        (
            "tns1:Device/Trigger/DigitalInput",
            "LogicalState",
            "true",
            Some((Kind::Input, true)),
        ),
        (
            "tns1:Device/Trigger/tnshik:AlarmIn",
            "State",
            "false",
            Some((Kind::Input, false)),
        ),
        (
            "tns1:Device/Trigger/DigitalInput",
            "LogicalState",
            "perhaps",
            None,
        ),
        ("tns1:Device/Trigger/DigitalInput", "Other", "true", None),
        ("tns1:VideoSource/MotionAlarms", "State", "true", None),
        ("tns1:Monitoring/ProcessorUsage", "Value", "1", None),
        ("", "State", "true", None),
    ] {
        let read = read(topic, |name| (name == item).then_some(value));
        assert_eq!(read, is, "{topic} {item}={value}");
    }
}

#[test]
fn a_beginning_and_an_end_are_told_once_and_a_short_pause_is_none() {
    let mut all = Happenings::default();
    assert_eq!(said(&mut all, false, 0), []);
    assert_eq!(said(&mut all, true, 1_000), [State::On]);
    assert_eq!(said(&mut all, true, 1_500), []);
    assert_eq!(said(&mut all, false, 2_000), []);
    assert_eq!(said(&mut all, true, 4_000), []);
    assert_eq!(said(&mut all, false, 5_000), []);
    assert_eq!(all.next(), Some(at(8_000).mono));
    let [end] = &all.due(at(8_000).mono)[..] else {
        panic!("one end")
    };
    assert_eq!((end.state, end.heard), (State::Off, at(5_000).wall));
    assert_eq!(all.next(), None);
}

#[test]
fn a_storm_is_counted_and_said() {
    let mut all = Happenings::default();
    let mut told = Vec::new();
    for round in 0..12 {
        told.extend(said(&mut all, true, round * 4_000));
        told.extend(said(&mut all, false, round * 4_000 + 500));
    }
    let begun = told.iter().filter(|state| **state == State::On).count();
    assert_eq!((begun, all.left_out()), (BEGINNINGS_MAX, 6));
    all.due(at(60_000).mono);
    let next = all.say(Kind::Motion, "1", true, None, at(120_000));
    assert_eq!(next.map(|it| it.left_out), Some(6));
    assert_eq!(all.left_out(), 0);
}

#[test]
fn what_goes_on_when_the_device_is_lost_is_unknown() {
    let mut all = Happenings::default();
    said(&mut all, true, 0);
    all.say(Kind::Input, "in", false, None, at(0));
    let [lost] = &all.lose(at(10_000))[..] else {
        panic!("one")
    };
    assert_eq!((lost.kind, lost.state), (Kind::Motion, State::Unknown));
    assert!(all.lose(at(11_000)).is_empty());
    assert_eq!(said(&mut all, true, 12_000), [State::On], "told anew");
}

proptest! {
    /// Whatever a device says: beginnings and ends take turns, and never more than so many
    /// in a minute.
    #[test]
    fn beginnings_and_ends_take_turns(steps in prop::collection::vec((any::<bool>(), 0_u8..3, 0_i64..20_000), 0..200)) {
        let mut all = Happenings::default();
        let (mut ms, mut told) = (0, Vec::new());
        for (on, source, wait) in steps {
            ms += wait;
            told.extend(all.due(at(ms).mono));
            told.extend(all.say(Kind::Motion, &source.to_string(), on, None, at(ms)));
        }
        told.extend(all.lose(at(ms)));
        for source in 0..3 {
            let of: Vec<_> = told.iter().filter(|it| it.source == source.to_string()).map(|it| it.state == State::On).collect();
            prop_assert!(of.iter().enumerate().all(|(at, on)| *on == (at % 2 == 0)), "{of:?}");
            prop_assert!(of.len() % 2 == 0);
        }
        let begun: Vec<_> = told.iter().filter(|it| it.state == State::On).map(|it| it.heard).collect();
        for window in begun.windows(BEGINNINGS_MAX + 1) {
            prop_assert!(window[BEGINNINGS_MAX].since(window[0]) >= MINUTE);
        }
    }
}
