//! Single misfortunes of the link, each alone and to its end.

use sim::link::figures::{self, Telemetry};
use sim::link::pipe::Line;
use sim::link::plan::{Mishap, Ways};
use sim::link::world::{Mutation, Setting, World};
use sim::link::{BEGIN, Instant, SECOND};

use base::unit::Bytes;
use sync::batch::Reason;
use sync::command::End;
use sync::frame::Farewell;
use sync::identity::Stream;
use sync::share::Shares;

const HOUR: Instant = 3_600 * SECOND;

/// A village alone, to which this happens.
fn village(mishaps: &[(Instant, Mishap)]) -> World {
    World::new(setting(mishaps, Shares::default()))
}

fn setting(mishaps: &[(Instant, Mishap)], shares: Shares) -> Setting {
    Setting {
        seed: 1,
        sites: 1,
        line: Line::FAST,
        shares,
        mutation: Mutation::None,
        mishaps: mishaps.to_vec(),
        living: true,
    }
}

/// It comes to rest and every promise was kept.
fn ends_well(world: &mut World, until: Instant) {
    world.calm();
    world.run_until_drained(until);
    assert!(world.is_drained(), "not everything came through");
    assert_eq!(world.judge(), []);
}

#[test]
fn a_disk_that_fills_thins_and_drops_with_names_and_refuses_money_in_time() {
    let share = Bytes::new(48 * 1024);
    let shares = Shares {
        money: share,
        event: share,
        sample: share,
    };
    let away = [(HOUR, Mishap::Cut(0, Ways::Both, 40 * HOUR))];
    let mut world = World::new(setting(&away, shares));
    world.run_until(BEGIN + 41 * HOUR);
    assert!(world.stations[0].refused > 0, "money waits for the centre");
    ends_well(&mut world, BEGIN + 43 * HOUR);
    let gaps = world.centre.tables.gaps();
    let of = |stream, reason| {
        gaps.iter()
            .any(|(_, chain, gap)| chain.stream == stream && gap.reason == reason)
    };
    assert!(of(Stream::Sample, Reason::Thinned) && of(Stream::Sample, Reason::Full));
    assert!(
        gaps.iter()
            .all(|(_, chain, _)| chain.stream != Stream::Money)
    );
}

#[test]
fn a_link_that_is_cut_one_way_is_found_out() {
    for ways in [Ways::Up, Ways::Down] {
        let mut world = village(&[(HOUR, Mishap::Cut(0, ways, HOUR))]);
        world.run_until(BEGIN + HOUR);
        assert_eq!(world.open(), 1);
        world.run_until(BEGIN + HOUR + 211 * SECOND);
        assert_eq!(
            world.open(),
            0,
            "{ways:?}: two and a half pings after the last answer"
        );
        ends_well(&mut world, BEGIN + 4 * HOUR);
    }
}

#[test]
fn who_may_not_any_more_adds_nothing_and_is_told() {
    let mut world = village(&[
        (HOUR, Mishap::Allowed(0, false)),
        (2 * HOUR, Mishap::Allowed(0, true)),
    ]);
    world.run_until(BEGIN + HOUR);
    let before = world.centre.tables.held().len();
    world.run_until(BEGIN + 2 * HOUR);
    assert_eq!(world.centre.tables.held().len(), before);
    assert!(world.centre.quarantine > 0, "what it sent is kept apart");
    let status = world.stations[0]
        .site
        .as_ref()
        .map(sync::site::Site::status);
    assert_eq!(
        status.and_then(|status| status.farewell),
        Some(Farewell::Revoked)
    );
    ends_well(&mut world, BEGIN + 4 * HOUR);
}

#[test]
fn a_stick_carries_what_the_link_does_not_and_may_be_read_twice() {
    let mut world = village(&[(HOUR, Mishap::Cut(0, Ways::Both, 20 * HOUR))]);
    world.run_until(BEGIN + 10 * HOUR);
    let (file, receipt) = world.carry(0);
    let held = world.centre.tables.held().len();
    assert!(held > 500, "{held}");
    let again = world.import(0, &file);
    assert_eq!(
        world.centre.tables.held().len(),
        held,
        "nothing is counted twice"
    );
    world.receipt(0, &receipt);
    world.receipt(0, &again);
    let fill = world.stations[0]
        .site
        .as_ref()
        .map(|site| site.fill(Stream::Money).pending);
    assert!(
        fill.is_some_and(|pending| pending.as_u64() < 1_000),
        "the receipt frees it: {fill:?}"
    );
    ends_well(&mut world, BEGIN + 24 * HOUR);
}

#[test]
fn a_receipt_for_another_life_of_the_box_frees_nothing() {
    let mut world = village(&[
        (HOUR, Mishap::Image(0)),
        (2 * HOUR, Mishap::Cut(0, Ways::Both, 20 * HOUR)),
        (4 * HOUR, Mishap::Restore(0)),
    ]);
    world.run_until(BEGIN + 4 * HOUR - SECOND);
    let (_, receipt) = world.carry(0);
    world.run_until(BEGIN + 8 * HOUR);
    // It names numbers that this card has given away again, or never had.
    world.receipt(0, &receipt);
    world.run_until(BEGIN + 9 * HOUR);
    ends_well(&mut world, BEGIN + 24 * HOUR);
}

#[test]
fn a_copied_card_is_found_and_both_boxes_are_heard() {
    let mut world = village(&[(HOUR, Mishap::Image(0)), (2 * HOUR, Mishap::Clone(0))]);
    world.run_until(BEGIN + 6 * HOUR);
    assert!(!world.centre.twins.is_empty(), "the alarm");
    assert_eq!(world.open(), 2);
    ends_well(&mut world, BEGIN + 8 * HOUR);
}

#[test]
fn a_command_that_comes_too_late_is_answered_so() {
    let mut world = village(&[(HOUR, Mishap::Cut(0, Ways::Both, 2 * HOUR))]);
    world.run_until(BEGIN + HOUR + 600 * SECOND);
    let late = world.command(0, false, HOUR);
    let early = world.command(0, false, 4 * HOUR);
    ends_well(&mut world, BEGIN + 5 * HOUR);
    assert_eq!(world.outcome(late), Some(End::Expired));
    assert_eq!(world.outcome(early), Some(End::Done));
}

#[test]
fn three_days_come_through_and_a_command_overtakes_them() {
    for (line, most) in [(Line::FAST, 10), (Line::VSAT, 60)] {
        let it = figures::drain(line, Telemetry::Usual, 1);
        assert!(it.drained > 0 && it.drained < most * SECOND, "{it}");
        assert!(it.command > 0 && it.command < 2 * SECOND, "{it}");
        assert!(it.octets < 40.0, "{it}");
    }
    let poor = figures::drain(Line::POOR, Telemetry::Usual, 1);
    assert!(poor.drained > 0 && poor.command > 0, "{poor}");
}

#[test]
fn three_thousand_return_within_two_minutes() {
    let all_in = figures::herd(3_000, 1);
    assert!(all_in <= 120 * SECOND, "{} s", all_in / SECOND);
}
