//! Bodies of records as JSON, for people and auditors. Every field is told as it was
//! said, in spans before the record's own instant; nothing is reckoned here.

use prost::Message as _;
use reach_core::dish::Said;
use reach_core::round::{Began, Fault, Power, Round};
use serde_json::{Value as Json, json};

use super::{fault_word, way_word};

/// What the body of a record says, by the word of its kind; none where it is of another
/// room, or is not what its kind says.
#[must_use]
pub fn told(kind: &str, body: &[u8]) -> Option<Json> {
    match kind {
        "round" => Round::decode(body).ok().map(|it| round(&it)),
        "dish" => Said::decode(body).ok().map(|it| dish(&it)),
        "began" => Began::decode(body).ok().map(|it| began(&it)),
        _ => None,
    }
}

fn round(it: &Round) -> Json {
    let checks = it.checks.iter().map(|it| {
        json!({
            "anchor": it.anchor, "way": way_word(it.way()), "ago_ms": it.ago_ms,
            "took_ms": it.took_ms,
            // What a newer program says is no success.
            "result": fault_word(Fault::try_from(it.fault).unwrap_or(Fault::Unknown)),
        })
    });
    let probes = it.probes.iter().map(|it| {
        json!({
            "ago_ms": it.ago_ms, "sent": it.sent, "lost": it.lost,
            "rtt_p95_ms": it.rtt_p95_ms,
        })
    });
    let earlier = it.earlier.iter();
    let earlier = earlier.map(|it| json!({ "ago_ms": it.ago_ms, "for_ms": it.for_ms }));
    let anchors = it.anchors.iter();
    let anchors = anchors.map(|it| json!({ "name": it.name, "network": it.network }));
    json!({
        "covers_ms": it.covers_ms,
        "earlier": earlier.collect::<Vec<_>>(),
        "checks": checks.collect::<Vec<_>>(),
        "probes": probes.collect::<Vec<_>>(),
        "counters": it.counters.as_ref().map(|it| json!({
            "interface": it.interface, "rx_bytes": it.rx_bytes, "tx_bytes": it.tx_bytes,
        })),
        "power": power(it.power.as_ref()),
        "spent": it.spent.as_ref().map(|it| json!({
            "bytes": it.bytes, "budget": it.budget, "thrift": it.thrift,
        })),
        "anchors": anchors.collect::<Vec<_>>(),
    })
}

fn dish(it: &Said) -> Json {
    let outages = it.outages.iter();
    let outages = outages.map(|it| json!({ "cause": it.cause, "for_ms": it.for_ms }));
    json!({
        "word": it.word().as_str(),
        "fault": it.fault,
        "id": it.id,
        "hardware": it.hardware,
        "software": it.software,
        "bootcount": it.bootcount,
        "uptime_s": it.uptime_s,
        "reboot_reason": it.reboot_reason,
        "disablement": it.disablement,
        "alerts": it.alerts,
        "outage": it.outage,
        "obstructed": it.obstructed,
        "obstructed_ppm": it.obstructed_ppm,
        "slowed_down": it.slowed_down,
        "slowed_up": it.slowed_up,
        "seconds": it.seconds,
        "lost_permille": it.lost_permille,
        "rtt_ms": it.rtt_ms,
        "down_kbps": it.down_kbps,
        "up_kbps": it.up_kbps,
        "power_mw": it.power_mw,
        "outages": outages.collect::<Vec<_>>(),
    })
}

fn began(it: &Began) -> Json {
    let boot = it.before_boot.as_deref().map(|boot| {
        let digits = boot.iter().map(|byte| format!("{byte:02x}"));
        digits.collect::<String>()
    });
    json!({
        "covers_ms": it.covers_ms,
        "before_boot": boot,
        "before_mono_us": it.before_mono_us,
        "orderly": it.orderly,
        "machine_ended": it.machine_ended,
        "crashed": it.crashed,
        "power": power(it.power.as_ref()),
    })
}

fn power(it: Option<&Power>) -> Option<Json> {
    it.map(|it| json!({ "mains": it.mains, "battery_percent": it.battery_percent }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_null_and_what_is_none_of_it_is_none() {
        let told_round = told("round", &[0x08, 0x90, 0x4e]).expect("a round");
        assert_eq!(told_round["covers_ms"], 10_000);
        assert_eq!(told_round["power"], Json::Null);
        let told_began = told("began", &[]).expect("a beginning");
        assert_eq!(told_began["before_boot"], Json::Null);
        assert_eq!(told_began["machine_ended"], Json::Null);
        assert_eq!(told("round", &[0xff]), None);
        assert_eq!(told("vitals", &[]), None);
    }
}
