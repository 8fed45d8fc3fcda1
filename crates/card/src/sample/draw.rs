//! A sample drawn: the villages, and in each who is visited.

use std::sync::Arc;

use aws_lc_rs::digest::{self, Context};
use base::area::AreaCode;
use card_core::measure::{Aim, Design, Drawn, Frame, Plan, Size, Stratum, size};
use hall::Hall;
use hall::audit;
use hall::problem::Problem;
use store::Error;

use crate::decide::{Weighed, counting};
use crate::listed::{self, Listed};
use crate::room::Room;
use crate::sql::decision::DecisionRow;
use crate::sql::visit::VisitRow;

/// What a sample of a list would take.
#[derive(Debug)]
pub(crate) struct Sized {
    pub(crate) size: Size,
    pub(crate) strata: Vec<Stratum>,
    /// How many can be drawn, and how many cannot.
    pub(crate) covered: u64,
    pub(crate) not_covered: u64,
}

/// Says what a sample would take; nothing is drawn.
pub(crate) async fn sized(
    hall: &Hall,
    room: &Room,
    list: &DecisionRow,
    aim: Aim,
) -> Result<Sized, Problem> {
    let (weighed, listed) = listed::of(hall, room, list).await?;
    counting(hall, room, "sizing a sample", move || {
        let frame = listed.frame(&weighed);
        let size = size(&frame, &aim);
        let plan = Plan::of(&frame, size.design);
        Ok(Sized {
            strata: plan.strata().to_vec(),
            covered: frame.covered(),
            not_covered: listed.not_covered(&frame),
            size,
        })
    })
    .await
}

/// Who is visited.
#[derive(Debug, PartialEq)]
pub(crate) struct Taken {
    /// SHA-256 of everybody who could be drawn, in hexadecimal.
    pub(crate) frame: String,
    pub(crate) not_covered: u64,
    pub(crate) villages: Vec<Drawn>,
    pub(crate) visits: Vec<VisitRow>,
}

/// Draws from a list: the same list, design and seed give the same.
pub(crate) async fn draw(
    hall: &Hall,
    room: &Room,
    list: &DecisionRow,
    design: Design,
    seed: [u8; 32],
) -> Result<Taken, Problem> {
    let (weighed, listed) = listed::of(hall, room, list).await?;
    counting(hall, room, "drawing a sample", move || {
        taken(&weighed, &listed, design, &seed)
    })
    .await
}

fn taken(
    weighed: &Arc<Weighed>,
    listed: &Listed,
    design: Design,
    seed: &[u8; 32],
) -> Result<Taken, Problem> {
    let frame = listed.frame(weighed);
    let sample = Plan::of(&frame, design).draw(seed);
    let mut visits = Vec::with_capacity(sample.units.len());
    for unit in &sample.units {
        let at = unit.place as usize;
        let village = sample.villages.get(unit.village as usize);
        let area: Option<AreaCode> = village.and_then(|it| it.code.parse().ok());
        let subject = weighed.octets(at);
        let visit = VisitRow {
            number: 0,
            subject,
            area: area.ok_or_else(|| Error::corrupt("card_sample_village.area_code"))?,
            receives: unit.receives,
            weight: unit.weight,
            stands: weighed.row(at),
            outcome: None,
            by: None,
            at: None,
        };
        visits.push((shuffled(seed, &subject), visit));
    }
    // Who receives is not to be told by where a visit stands.
    visits.sort_unstable_by(|(left, a), (right, b)| (&a.area, left).cmp(&(&b.area, right)));
    let numbered = (1..).zip(visits);
    let visits = numbered.map(|(number, (_, visit))| VisitRow { number, ..visit });
    Ok(Taken {
        frame: fingerprint(weighed, listed, &frame),
        not_covered: listed.not_covered(&frame),
        visits: visits.collect(),
        villages: sample.villages,
    })
}

/// As if by chance, and the same each time.
fn shuffled(seed: &[u8; 32], subject: &[u8; 16]) -> Vec<u8> {
    let octets = [&seed[..], &subject[..]].concat();
    digest::digest(&digest::SHA256, &octets).as_ref().to_vec()
}

/// SHA-256 of everybody who could be drawn: who, where, and whether it receives.
fn fingerprint(weighed: &Weighed, listed: &Listed, frame: &Frame) -> String {
    let mut context = Context::new(&digest::SHA256);
    for village in frame.villages() {
        context.update(village.code.as_bytes());
        for (receives, places) in [(1, &village.receivers), (0, &village.others)] {
            for at in places {
                context.update(&weighed.octets(*at as usize));
                context.update(&[receives]);
            }
        }
    }
    context.update(&listed.not_covered(frame).to_be_bytes());
    audit::hex(context.finish().as_ref())
}
