//! What a sample would take, before one is drawn.

use axum::Extension;
use axum::extract::State;
use card_core::measure::Aim;
use hall::guard::{Guarded as _, Permission};
use hall::problem::{Json, Problem};
use hall::{Hall, line};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::listed;
use crate::decide::annex;
use crate::room::Room;
use crate::sample::draw;

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new().routes(routes!(sizing).guard(Permission::CardCount))
}

/// What is expected, and how sure one wants to be.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardSampleSizing, example = json!({ "decision": 3, "half_width": 0.03 }))]
pub(super) struct SizeForm {
    /// The number of an adopted list.
    pub(super) decision: i64,
    /// Which share of those who receive is expected to be wrong there; 0.10 when left out.
    #[serde(default)]
    pub(super) inclusion: Option<f64>,
    /// Which share of those who should is expected not to receive; 0.10 when left out.
    #[serde(default)]
    pub(super) exclusion: Option<f64>,
    /// How far the truth may be from what is found; 0.03 when left out.
    #[serde(default)]
    pub(super) half_width: Option<f64>,
    /// How alike those of one village are, 0 to 1; 0.05 when left out.
    #[serde(default)]
    pub(super) rho: Option<f64>,
    /// Of each standing so many are visited in a village; 5 when left out.
    #[serde(default)]
    pub(super) take: Option<f64>,
    /// Which share of the visits is expected to succeed; 0.9 when left out.
    #[serde(default)]
    pub(super) response: Option<f64>,
}

impl SizeForm {
    /// As it is planned by.
    ///
    /// # Errors
    /// `form`, about the first number that is out of its bounds.
    pub(super) fn aim(&self) -> Result<Aim, Problem> {
        let usual = Aim::default();
        let aim = Aim {
            inclusion: self.inclusion.unwrap_or(usual.inclusion),
            exclusion: self.exclusion.unwrap_or(usual.exclusion),
            half_width: self.half_width.unwrap_or(usual.half_width),
            rho: self.rho.unwrap_or(usual.rho),
            take: self.take.unwrap_or(usual.take),
            response: self.response.unwrap_or(usual.response),
        };
        // Which of them it is: each alone beside what is usual.
        let alone = [
            (
                "inclusion",
                Aim {
                    inclusion: aim.inclusion,
                    ..usual
                },
            ),
            (
                "exclusion",
                Aim {
                    exclusion: aim.exclusion,
                    ..usual
                },
            ),
            (
                "half_width",
                Aim {
                    half_width: aim.half_width,
                    ..usual
                },
            ),
            (
                "rho",
                Aim {
                    rho: aim.rho,
                    ..usual
                },
            ),
            (
                "take",
                Aim {
                    take: aim.take,
                    ..usual
                },
            ),
            (
                "response",
                Aim {
                    response: aim.response,
                    ..usual
                },
            ),
        ];
        match alone.into_iter().find(|(_, aim)| !aim.is_sound()) {
            Some((field, _)) => Err(line::refuse(field, "nothing can be drawn by that")),
            None => Ok(aim),
        }
    }
}

/// How many villages of a regency are drawn.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardSampleStratum)]
struct StratumView {
    /// The code of the regency.
    code: String,
    /// What it is called.
    name: Option<String>,
    /// Villages that are drawn,
    villages: u32,
    /// of so many.
    of_villages: u32,
}

/// What a sample would take.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardSampleSize)]
struct SizeView {
    /// Visits to those who receive,
    receiving: u32,
    /// to others,
    others: u32,
    /// in so many villages.
    villages: u32,
    /// How much wider the share is than of as many who were drawn one by one.
    deff: f64,
    /// How far the truth is to be expected from the share of those who receive,
    half_inclusion: f64,
    /// and from that of those who should.
    half_exclusion: f64,
    /// By regency.
    strata: Vec<StratumView>,
    /// How many can be drawn.
    covered: u64,
    /// How many cannot, since it is not known in which village they live.
    not_covered: u64,
}

/// Says what a sample of an adopted list would take: how many visits in how many villages.
/// Nothing is drawn.
#[utoipa::path(post, path = "/api/v1/card/samples/sizing", tag = "card", request_body = SizeForm,
    responses((status = 200, body = SizeView), (status = 404), (status = 409), (status = 422)))]
async fn sizing(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    Json(form): Json<SizeForm>,
) -> Result<axum::Json<SizeView>, Problem> {
    let aim = form.aim()?;
    let list = listed(&hall, form.decision).await?;
    let sized = draw::sized(&hall, &room, &list, aim).await?;
    let design = sized.size.design;
    let strata = sized.strata.into_iter().map(|it| StratumView {
        name: annex::village(&room, &it.regency).map(|(_, name)| name.to_owned()),
        code: it.regency,
        villages: it.villages,
        of_villages: it.of_villages,
    });
    let strata: Vec<StratumView> = strata.collect();
    Ok(axum::Json(SizeView {
        receiving: design.receivers,
        others: design.others,
        villages: strata.iter().map(|it| it.villages).sum(),
        deff: sized.size.deff_inclusion,
        half_inclusion: sized.size.half_inclusion,
        half_exclusion: sized.size.half_exclusion,
        strata,
        covered: sized.covered,
        not_covered: sized.not_covered,
    }))
}
