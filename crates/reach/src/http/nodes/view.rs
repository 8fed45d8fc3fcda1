//! Nodes as a caller sees them.

use std::collections::BTreeMap;

use axum::response::Response;
use base::area::AreaCode;
use base::id::{Agency, Id, Node, Person, Site};
use base::now::Wall;
use hall::Hall;
use hall::areas::NamedArea;
use hall::audit::{self, Act};
use hall::csv::File;
use hall::guard::Who;
use hall::problem::Problem;
use reach_core::answering::{Answering, Span, Way};
use reach_core::echo::Refusal;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{Sites, place};
use crate::sql::node::{NodeRow, RoundRow, StateRow};

/// How a node can stand, the most urgent first.
pub(super) const STATES: [&str; 5] = ["silent", "unknown", "unasked", "answers", "paused"];

hall::words! {
    /// How a node stands: `unasked` where no round has asked it for five minutes,
    /// `unknown` where that cannot be told from here.
    pub(super) NodeStateWord = STATES
}

hall::words! {
    /// How it was asked.
    NodeWayWord = Way::ALL.map(Way::as_str)
}

hall::words! {
    /// Why a question did not come there.
    NodeRefusalWord = Refusal::ALL.map(Refusal::as_str)
}

hall::words! {
    /// How a node stood.
    NodeAnsweringWord = Answering::ALL.map(Answering::as_str)
}

/// A node, and how it stands.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Node)]
pub(super) struct NodeView {
    /// `nod_…`.
    #[schema(value_type = String)]
    id: Id<Node>,
    /// What it is called.
    name: String,
    /// Its address.
    address: String,
    /// The port to which connections are asked for where ICMP is not permitted; null: 443.
    port: Option<u16>,
    /// The site at which it stands.
    site: Option<AtSite>,
    /// Where it lies, by its site or by itself; null: in no single area.
    area: Option<NamedArea>,
    /// The OPD that it is of, where it has no site.
    #[schema(value_type = Option<String>)]
    agency: Option<Id<Agency>>,
    /// What is to be known of it.
    note: Option<String>,
    /// How it stands.
    #[schema(value_type = NodeStateWord)]
    state: &'static str,
    /// Since when; null: no round has asked it, or not for five minutes.
    #[schema(value_type = Option<i64>)]
    since_us: Option<Wall>,
    /// What the last round found; null: none has asked it since it is asked.
    last: Option<LastView>,
    /// When it was added.
    #[schema(value_type = i64)]
    added_us: Wall,
    /// When something else was said about it last, and by whom.
    #[schema(value_type = i64)]
    changed_us: Wall,
    /// By whom.
    #[schema(value_type = String)]
    changed_by: Id<Person>,
}

/// A site at which a node stands.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = NodeSite)]
struct AtSite {
    /// `sit_…`.
    #[schema(value_type = String)]
    id: Id<Site>,
    /// What it is called.
    name: String,
}

/// What the last round found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NodeLast)]
struct LastView {
    /// When it began.
    #[schema(value_type = i64)]
    at_us: Wall,
    /// How it asked.
    #[schema(value_type = NodeWayWord)]
    way: &'static str,
    /// Questions that have left the centre.
    sent: u32,
    /// Of these, answered.
    answered: u32,
    /// Answers to an earlier round that came when it was over.
    late: u32,
    /// Why the last one that was refused or could not be sent was; null: none was.
    #[schema(value_type = Option<NodeRefusalWord>)]
    refusal: Option<&'static str>,
    /// How long the fastest answer took, in microseconds.
    min_us: Option<u32>,
    /// The middle one, in microseconds.
    median_us: Option<u32>,
}

/// The last round over all nodes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NodeRound)]
pub(super) struct RoundView {
    /// When it began.
    #[schema(value_type = i64)]
    began_us: Wall,
    /// How long it took, in microseconds.
    took_us: u64,
    /// Nodes that it asked.
    asked: u32,
    /// Answers that the kernel dropped before they were read; with one of these nothing
    /// that was not answered is called silent.
    dropped: u64,
    /// Rounds that were left out since the first, because the one before was not over.
    skipped: u64,
    /// Why nodes of IPv4 are asked by connections, and what would mend it; null: they
    /// are not, or there are none.
    lack_v4: Option<String>,
    /// The same of IPv6.
    lack_v6: Option<String>,
}

impl From<RoundRow> for RoundView {
    fn from(row: RoundRow) -> Self {
        Self {
            began_us: row.began,
            took_us: row.took_us,
            asked: row.asked,
            dropped: row.dropped,
            skipped: row.skipped,
            lack_v4: row.lack_v4,
            lack_v6: row.lack_v6,
        }
    }
}

/// How many stand how.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = NodeCounts)]
pub(super) struct Counted {
    /// All of them.
    nodes: usize,
    /// No answer came.
    silent: usize,
    /// It cannot be told from here.
    unknown: usize,
    /// No round has asked them, or not for five minutes.
    unasked: usize,
    /// They answer.
    answers: usize,
    /// They are left alone.
    paused: usize,
}

/// A page of nodes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NodePage)]
pub(super) struct Page {
    /// When this was so.
    #[schema(value_type = i64)]
    pub(super) at_us: Wall,
    /// Whether this is a house of a made-up province, which asks nobody outside itself.
    pub(super) simulated: bool,
    /// The last round over all of them; null: there was none.
    pub(super) round: Option<RoundView>,
    /// All that the filter lets through, those of other pages and states too.
    pub(super) counts: Counted,
    /// The nodes: silent ones first, the longest silent first.
    pub(super) items: Vec<NodeView>,
    /// What to send as `cursor` for the next page; null on the last.
    pub(super) next: Option<String>,
}

/// How a node stood from a time to a time. Between two of these it was not asked.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NodeSpan)]
pub(super) struct SpanView {
    /// How.
    #[schema(value_type = NodeAnsweringWord)]
    state: &'static str,
    /// From when on.
    #[schema(value_type = i64)]
    from_us: Wall,
    /// Until before when.
    #[schema(value_type = i64)]
    to_us: Wall,
}

impl From<Span> for SpanView {
    fn from(span: Span) -> Self {
        Self {
            state: span.answering.as_str(),
            from_us: span.from,
            to_us: span.to,
        }
    }
}

/// A node, and how it stood.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NodeHistory)]
pub(super) struct History {
    /// As it stands.
    pub(super) node: NodeView,
    /// The last seven days, in the order of time.
    pub(super) spans: Vec<SpanView>,
}

impl NodeView {
    pub(super) fn new(
        row: NodeRow,
        state: Option<StateRow>,
        sites: &Sites,
        names: &BTreeMap<AreaCode, String>,
        now: Wall,
    ) -> Self {
        // What was said too long ago does not tell how it is.
        let standing = state.as_ref().map(|state| state.standing);
        let holds = standing.filter(|it| it.holds_to(now) >= now);
        let word = match holds {
            _ if row.paused => "paused",
            Some(standing) => standing.answering.as_str(),
            None => "unasked",
        };
        let named = |code: AreaCode| NamedArea {
            name: names.get(&code).cloned().unwrap_or_default(),
            code,
        };
        let at = |id: Id<Site>| AtSite {
            id,
            name: sites
                .get(&id)
                .map(|site| site.form.name.clone())
                .unwrap_or_default(),
        };
        Self {
            id: row.id,
            area: place(&row, sites).area.map(named),
            name: row.name,
            address: row.address.to_string(),
            port: row.port,
            site: row.site.map(at),
            agency: row.agency,
            note: row.note,
            state: word,
            since_us: holds.map(|it| it.since),
            last: state.map(|state| LastView {
                at_us: state.standing.last,
                way: state.way.as_str(),
                sent: state.sent,
                answered: state.answered,
                late: state.late,
                refusal: state.refusal.map(Refusal::as_str),
                min_us: state.rtt_us.map(|(min, _)| min),
                median_us: state.rtt_us.map(|(_, median)| median),
            }),
            added_us: row.added,
            changed_us: row.changed,
            changed_by: row.changed_by,
        }
    }

    pub(super) const fn id(&self) -> Id<Node> {
        self.id
    }

    pub(super) const fn state(&self) -> &'static str {
        self.state
    }

    pub(super) fn area(&self) -> Option<&AreaCode> {
        self.area.as_ref().map(|area| &area.code)
    }
}

/// The most urgent first: by word, then by how long.
pub(super) fn order(it: &NodeView) -> (usize, Option<Wall>, Id<Node>) {
    let word = STATES.iter().position(|word| *word == it.state);
    (word.unwrap_or(STATES.len()), it.since_us, it.id)
}

pub(super) fn counted(views: &[NodeView]) -> Counted {
    let of = |state: &str| views.iter().filter(|view| view.state == state).count();
    Counted {
        nodes: views.len(),
        silent: of("silent"),
        unknown: of("unknown"),
        unasked: of("unasked"),
        answers: of("answers"),
        paused: of("paused"),
    }
}

/// A file that leaves the house: it is written down who took it.
pub(super) async fn export(
    hall: &Hall,
    who: &Who,
    views: &[NodeView],
) -> Result<Response, Problem> {
    let mut tx = hall.db().write().await?;
    let act = Act {
        verb: "node.exported",
        subject: "nodes".to_owned(),
        detail: json!({ "rows": views.len() }),
    };
    audit::record(&mut tx, hall.now(), who, act).await?;
    tx.commit().await?;
    let mut file = File::new(&[
        "nama",
        "alamat",
        "port",
        "lokasi",
        "kode_wilayah",
        "wilayah",
        "keadaan",
        "sejak",
        "ditanya_terakhir",
        "cara",
        "dikirim",
        "dijawab",
        "terlambat",
        "ditolak",
        "tercepat_ms",
        "median_ms",
        "catatan",
    ]);
    let when = |at: Option<Wall>| at.map_or(String::new(), |at| hall.clock().rfc3339(at));
    let ms = |us: Option<u32>| {
        us.map_or(String::new(), |us| {
            format!("{}.{:03}", us / 1_000, us % 1_000)
        })
    };
    for it in views {
        let last = it.last.as_ref();
        let count = |of: fn(&LastView) -> u32| last.map_or(String::new(), |it| of(it).to_string());
        file.row(&[
            it.name.clone(),
            it.address.clone(),
            it.port.map_or(String::new(), |port| port.to_string()),
            it.site.as_ref().map_or(String::new(), |it| it.name.clone()),
            it.area().map_or(String::new(), ToString::to_string),
            it.area.as_ref().map_or(String::new(), |it| it.name.clone()),
            it.state.to_owned(),
            when(it.since_us),
            when(last.map(|it| it.at_us)),
            last.map_or(String::new(), |it| it.way.to_owned()),
            count(|it| it.sent),
            count(|it| it.answered),
            count(|it| it.late),
            last.and_then(|it| it.refusal)
                .unwrap_or_default()
                .to_owned(),
            ms(last.and_then(|it| it.min_us)),
            ms(last.and_then(|it| it.median_us)),
            it.note.clone().unwrap_or_default(),
        ]);
    }
    Ok(file.response("dipantau-dari-pusat.csv"))
}
