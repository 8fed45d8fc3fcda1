//! A camera as the API shows it.

use std::collections::BTreeMap;

use base::area::AreaCode;
use base::id::{Agency, Camera, Id, Person};
use hall::areas::NamedArea;
use hall::http::LatLon;
use serde::Serialize;
use utoipa::ToSchema;
use watch_core::sound::Microphone;
use watch_core::supervise::{Reason, Word};

use super::form::KINDS;
use crate::hub::{Hub, Layer, Report, StreamKey};
use crate::sql::camera::{CameraRow, LegalRow, StreamRow};
use crate::sql::sound::SoundRow;

/// A camera: what it is, by which right it films, and how it is now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CameraView {
    /// Its id, `cam_…`.
    #[schema(value_type = String)]
    pub(crate) id: Id<Camera>,
    /// For URLs and speech; unique.
    pub(crate) short: String,
    /// As officials call it.
    pub(crate) name: String,
    /// What kind of place it looks at.
    #[schema(value_type = CameraKindWord)]
    pub(crate) kind: String,
    /// The smallest area it is known to be in.
    pub(crate) area: NamedArea,
    /// The OPD that answers for it.
    pub(crate) agency: Option<NamedAgency>,
    /// Where it stands, WGS 84.
    pub(crate) point: Option<LatLon>,
    /// Where it looks, clockwise from north.
    pub(crate) heading_deg: Option<f64>,
    /// Whether it is pulled even when nobody watches.
    pub(crate) always_on: bool,
    /// Whether it is made by the simulation.
    pub(crate) simulated: bool,
    /// Whether its picture may be of another place: channels of its recorder seem rearranged,
    /// and nobody has decided yet.
    pub(crate) misplaced: bool,
    /// Whether it can be turned from here.
    pub(crate) turns: bool,
    /// By which right it films.
    pub(crate) legal: LegalView,
    /// Whether it may be heard.
    pub(crate) sound: SoundView,
    /// Whom to call when it is dark.
    pub(crate) contact: Option<ContactView>,
    /// The strategic project it watches, as reported.
    pub(crate) project: Option<ProjectView>,
    /// Its qualities.
    pub(crate) streams: Vec<StreamView>,
    /// How it is now.
    pub(crate) state: StateView,
}

/// An OPD.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct NamedAgency {
    /// Its id, `opd_…`.
    #[schema(value_type = String)]
    pub(crate) id: Id<Agency>,
    /// Its name.
    pub(crate) name: String,
}

/// The legal card (UU 27/2022 art. 17).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LegalView {
    /// Whether nothing is missing.
    pub(crate) complete: bool,
    /// What is missing, by field name.
    pub(crate) missing: Vec<&'static str>,
    /// Pengendali data.
    pub(crate) controller: Option<String>,
    /// What it is for.
    pub(crate) purpose: Option<String>,
    /// The regulation or decree.
    pub(crate) basis: Option<String>,
    /// Number of the agreement with the owner.
    pub(crate) agreement: Option<String>,
    /// The day it ends.
    pub(crate) agreement_until: Option<String>,
    /// Whether a sign on site tells people.
    pub(crate) sign_on_site: Option<bool>,
    /// `publik` or `privat`.
    pub(crate) zone: Option<String>,
    /// How long pictures may be kept.
    pub(crate) retention_days: Option<i64>,
}

/// Whether a camera may be heard, and whether it can be.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SoundView {
    /// Whether it may.
    pub(crate) on: bool,
    /// What for.
    pub(crate) purpose: Option<String>,
    /// The regulation or decree.
    pub(crate) basis: Option<String>,
    /// Who switched it last, `prs_…`; none when the house did.
    #[schema(value_type = Option<String>)]
    pub(crate) by: Option<Id<Person>>,
    /// When, µs since 1970 UTC; none when it was never touched.
    pub(crate) changed_us: Option<i64>,
    /// What the camera has.
    #[schema(value_type = MicrophoneWord)]
    pub(crate) microphone: &'static str,
    /// The name of its format, as the camera last said.
    pub(crate) format: Option<String>,
}

/// Whom to call.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ContactView {
    /// Who.
    pub(crate) name: Option<String>,
    /// How.
    pub(crate) phone: Option<String>,
    /// When, in words.
    pub(crate) duty: Option<String>,
}

/// A strategic project, as reported by its agency.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProjectView {
    /// Its code.
    pub(crate) code: Option<String>,
    /// Its name.
    pub(crate) name: Option<String>,
    /// The OPD that runs it.
    pub(crate) agency: Option<String>,
    /// Who builds.
    pub(crate) contractor: Option<String>,
    /// Number of the contract.
    pub(crate) contract: Option<String>,
    /// First day.
    pub(crate) starts: Option<String>,
    /// Last day.
    pub(crate) ends: Option<String>,
    /// Progress as reported, never measured here; thousandths.
    pub(crate) physical_permille: Option<i64>,
    /// The day of that report.
    pub(crate) reported: Option<String>,
}

/// One quality.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StreamView {
    /// Which.
    #[schema(value_type = LayerWord)]
    pub(crate) layer: &'static str,
    /// As the camera last said; unknown before it ever played.
    pub(crate) codec: Option<String>,
    /// In pixels.
    pub(crate) width: Option<u32>,
    /// In pixels.
    pub(crate) height: Option<u32>,
    /// How this quality is now.
    pub(crate) state: StateView,
}

/// How a stream or camera is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct StateView {
    /// How.
    #[schema(value_type = StateWord)]
    pub(crate) word: &'static str,
    /// Why it is not live.
    #[schema(value_type = Option<ReasonWord>)]
    pub(crate) reason: Option<&'static str>,
    /// Since when, µs since 1970 UTC.
    pub(crate) since_us: i64,
    /// When the newest picture arrived, µs since 1970 UTC.
    pub(crate) newest_us: Option<i64>,
    /// Measured over two seconds or more.
    pub(crate) bitrate_bps: Option<u64>,
    /// How far the camera's clock is ahead of ours.
    pub(crate) clock_offset_ms: Option<i64>,
    /// How long ago what is shown was taken, at least: of a camera that is a list of pieces
    /// (HLS). None of any other, whose pictures come as they are taken.
    pub(crate) behind_ms: Option<u64>,
    /// The same as the publisher of the list dates it, by its clock and ours; none where it
    /// dates nothing.
    pub(crate) dated_behind_ms: Option<i64>,
}

hall::words! {
    /// What kind of place a camera looks at.
    pub(crate) CameraKindWord = KINDS
}
hall::words! {
    /// A quality of a camera.
    pub(crate) LayerWord = Layer::ALL.map(Layer::as_str)
}
hall::words! {
    /// How a stream is: nobody watches, the first picture is on its way, pictures
    /// come, the picture is old, there is none.
    pub(crate) StateWord = Word::ALL.map(Word::as_str)
}
/// What a camera has to hear with: not asked yet, sound that is passed on, sound in
/// another format that is not, none.
const MICROPHONES: [&str; 4] = ["unknown", "g711", "other_format", "none"];

hall::words! {
    /// What a camera has to hear with: not asked yet, sound that is passed on, sound in
    /// another format that is not, none.
    pub(crate) MicrophoneWord = MICROPHONES
}
hall::words! {
    /// Why a stream is not live.
    pub(crate) ReasonWord = Reason::ALL.map(Reason::as_str)
}

/// The names that a camera's codes and ids stand for.
#[derive(Debug, Default)]
pub(crate) struct Names {
    pub(crate) areas: BTreeMap<AreaCode, String>,
    pub(crate) agencies: BTreeMap<Id<Agency>, String>,
}

impl CameraView {
    pub(crate) fn of(
        row: CameraRow,
        streams: &[StreamRow],
        legal: Option<&LegalRow>,
        sound: Option<&SoundRow>,
        names: &Names,
        hub: &Hub,
    ) -> Self {
        let sound = SoundView::of(row.id, sound, hub);
        let streams: Vec<_> = streams
            .iter()
            .map(|stream| StreamView::of(row.id, stream, hub))
            .collect();
        let contact = row.contact;
        let has_contact = contact.name.is_some() || contact.phone.is_some();
        let project = row.project;
        Self {
            id: row.id,
            state: StateView::of_camera(&streams, row.created.as_us()),
            streams,
            area: NamedArea {
                name: names.areas.get(&row.area).cloned().unwrap_or_default(),
                code: row.area,
            },
            agency: row.agency.map(|id| NamedAgency {
                id,
                name: names.agencies.get(&id).cloned().unwrap_or_default(),
            }),
            short: row.short,
            name: row.name,
            kind: row.kind,
            point: row.point.map(LatLon::from),
            heading_deg: row.heading_deg,
            always_on: row.always_on,
            simulated: row.simulated,
            misplaced: false,
            turns: false,
            legal: LegalView::of(legal.cloned().unwrap_or_default()),
            sound,
            contact: has_contact.then_some(ContactView {
                name: contact.name,
                phone: contact.phone,
                duty: contact.duty,
            }),
            project: (project.code.is_some() || project.name.is_some()).then_some(ProjectView {
                code: project.code,
                name: project.name,
                agency: project.agency,
                contractor: project.contractor,
                contract: project.contract,
                starts: project.starts,
                ends: project.ends,
                physical_permille: project.physical_permille,
                reported: project.reported,
            }),
        }
    }
}

impl LegalView {
    pub(crate) fn of(card: LegalRow) -> Self {
        let missing: Vec<_> = [
            ("controller", card.controller.is_none()),
            ("purpose", card.purpose.is_none()),
            ("basis", card.basis.is_none()),
            ("agreement", card.agreement.is_none()),
            ("sign_on_site", card.sign_on_site.is_none()),
            ("zone", card.zone.is_none()),
            ("retention_days", card.retention_days.is_none()),
        ]
        .into_iter()
        .filter_map(|(field, is_missing)| is_missing.then_some(field))
        .collect();
        Self {
            complete: missing.is_empty(),
            missing,
            controller: card.controller,
            purpose: card.purpose,
            basis: card.basis,
            agreement: card.agreement,
            agreement_until: card.agreement_until,
            sign_on_site: card.sign_on_site,
            zone: card.zone,
            retention_days: card.retention_days,
        }
    }
}

impl SoundView {
    /// The layer that has said anything speaks, the full picture's first.
    fn of(camera: Id<Camera>, row: Option<&SoundRow>, hub: &Hub) -> Self {
        let microphone = Layer::ALL.into_iter().find_map(|layer| {
            let channel = hub.stream(StreamKey { camera, layer })?;
            channel.report().microphone
        });
        let [unknown, g711, other_format, none] = MICROPHONES;
        let word = match &microphone {
            None => unknown,
            Some(Microphone::G711(_)) => g711,
            Some(Microphone::Other(_)) => other_format,
            Some(Microphone::None) => none,
        };
        let switch = row.map(|row| &row.switch);
        let text = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        Self {
            on: switch.is_some_and(|switch| switch.on),
            purpose: switch.and_then(|switch| text(&switch.purpose)),
            basis: switch.and_then(|switch| text(&switch.basis)),
            by: row.and_then(|row| row.by),
            changed_us: row.map(|row| row.changed.as_us()),
            microphone: word,
            format: microphone.and_then(|it| it.format().map(str::to_owned)),
        }
    }
}

impl StreamView {
    fn of(camera: Id<Camera>, row: &StreamRow, hub: &Hub) -> Self {
        let key = StreamKey {
            camera,
            layer: row.layer,
        };
        let report = hub.stream(key).map(|channel| channel.report());
        let seen = Self::seen(row.layer, report.as_ref());
        let stored = |px: Option<i64>| px.and_then(|px| u32::try_from(px).ok());
        Self {
            codec: seen.codec.or_else(|| row.codec.clone()),
            width: seen.width.or_else(|| stored(row.width_px)),
            height: seen.height.or_else(|| stored(row.height_px)),
            ..seen
        }
    }

    /// As the hub knows it, whatever was known before.
    fn seen(layer: Layer, report: Option<&Report>) -> Self {
        let video = report.and_then(|report| report.video.as_ref());
        let size = video.and_then(|video| video.size_px);
        Self {
            layer: layer.as_str(),
            codec: video.map(|video| video.codec.clone()),
            width: size.map(|(width, _)| width),
            height: size.map(|(_, height)| height),
            state: report.map_or_else(StateView::unknown, StateView::of),
        }
    }
}

impl StateView {
    pub(crate) fn of(report: &Report) -> Self {
        Self {
            word: report.truth.word.as_str(),
            reason: report.truth.reason.map(Reason::as_str),
            since_us: report.truth.since.as_us(),
            newest_us: report.truth.newest.map(base::now::Wall::as_us),
            bitrate_bps: report.bitrate.map(base::unit::BitsPerSecond::as_u64),
            clock_offset_ms: report.clock_offset_us.map(|us| us / 1_000),
            behind_ms: report
                .behind
                .map(|behind| u64::try_from(behind.as_millis()).unwrap_or(u64::MAX)),
            dated_behind_ms: report.dated_us.map(|us| us / 1_000),
        }
    }

    /// A stream that the hub does not hold yet: registered this very moment.
    const fn unknown() -> Self {
        Self {
            word: Word::Idle.as_str(),
            reason: None,
            since_us: 0,
            newest_us: None,
            bitrate_bps: None,
            clock_offset_ms: None,
            behind_ms: None,
            dated_behind_ms: None,
        }
    }

    /// A camera is as well as its best quality; of two that are equal, the main
    /// one speaks.
    fn of_camera(streams: &[StreamView], created_us: i64) -> Self {
        const BEST_FIRST: [Word; 5] = [
            Word::Live,
            Word::Stale,
            Word::Starting,
            Word::Dark,
            Word::Idle,
        ];
        BEST_FIRST
            .iter()
            .find_map(|word| {
                streams
                    .iter()
                    .find(|stream| stream.state.word == word.as_str())
            })
            .map_or_else(
                || Self {
                    since_us: created_us,
                    ..Self::unknown()
                },
                |stream| stream.state.clone(),
            )
    }
}

/// How a camera is now and each of its qualities, for those who only want that.
#[derive(Debug)]
pub(crate) struct StatesView {
    pub(crate) state: StateView,
    pub(crate) streams: Vec<StreamView>,
}

impl StatesView {
    /// None: the hub holds nothing of this camera.
    pub(crate) fn of(camera: Id<Camera>, hub: &Hub) -> Option<Self> {
        let streams: Vec<_> = Layer::ALL
            .into_iter()
            .filter_map(|layer| {
                let report = hub.stream(StreamKey { camera, layer })?.report();
                Some(StreamView::seen(layer, Some(&report)))
            })
            .collect();
        (!streams.is_empty()).then(|| Self {
            state: StateView::of_camera(&streams, 0),
            streams,
        })
    }
}
