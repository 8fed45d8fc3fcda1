//! Several nodes at once, from lines that somebody has pasted: all of them or none.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base::area::AreaCode;
use base::id::{Agency, Id, Site};
use hall::guard::Who;
use hall::idempotency::Keyed;
use hall::problem::Problem;
use hall::{Hall, line};
use reach_core::node::{self, Fault, NODES_MAX};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{NOTE_MAX, blank, full, is_own, placed, write};
use crate::sql::node::{self as rows, NodeRow};

hall::words! {
    /// Why a line is no node.
    NodeFaultWord = Fault::ALL.map(Fault::as_str)
}

/// A list of nodes. All of them lie at the same place.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NodeListForm, example = json!({
    "lines": "Simpul Kapuas;10.62.3.1\nSimpul Katingan;10.62.6.1;8291;router cadangan",
    "area": "62", "preview": true,
}))]
pub(super) struct ListForm {
    /// One on each line: name, address, port, note, divided by tabs, semicolons or
    /// commas; or an address alone.
    lines: String,
    /// The site at which they stand, `sit_…`; null for none.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    site: Option<Id<Site>>,
    /// Where they lie: a Kemendagri code; only without a site.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    area: Option<AreaCode>,
    /// The OPD that they are of; only without a site.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    agency: Option<Id<Agency>>,
    /// Only say what would be written.
    #[serde(default)]
    preview: bool,
}

/// A line of a list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NodeLine)]
pub(super) struct LineView {
    /// Which, counted from one.
    line: usize,
    /// What it is called.
    name: String,
    /// The address as it stands there.
    address: String,
    /// The port; null: 443.
    port: Option<u16>,
    /// The note.
    note: Option<String>,
    /// Why it is no node; null: it is one.
    #[schema(value_type = Option<NodeFaultWord>)]
    fault: Option<&'static str>,
}

/// What a list is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NodeList)]
pub(super) struct ListView {
    /// Nodes that were added; 0 of a preview.
    added: usize,
    /// Lines that are no nodes.
    faults: usize,
    /// Its lines, without empty ones and remarks.
    lines: Vec<LineView>,
}

/// Adds the nodes of a list, all of them or none; or says what each line is.
#[utoipa::path(post, path = "/api/v1/nodes/list", tag = "nodes", request_body = ListForm,
    params(("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 200, body = ListView), (status = 201, body = ListView),
        (status = 409), (status = 422), (status = 429)))]
pub(super) async fn add_all(
    State(hall): State<Hall>,
    who: Who,
    Keyed { body, once }: Keyed<ListForm>,
) -> Result<Response, Problem> {
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, now).await? {
        return Ok(answer);
    }
    let at = NodeRow {
        site: body.site,
        area: body.area,
        agency: body.agency,
        ..blank(&hall, &who)
    };
    placed(&mut tx, &who, &at).await?;
    let all = rows::all(&mut tx).await?;
    let lines = node::read(&body.lines);
    if lines.is_empty() {
        return Err(line::refuse("lines", "hold no address"));
    }
    if lines.len() > NODES_MAX {
        return Err(full());
    }
    let mut views = Vec::with_capacity(lines.len());
    let mut news = Vec::new();
    for line in lines {
        let room = NODES_MAX.saturating_sub(all.len() + news.len());
        let row = row(&hall, &all, room, &at, &line);
        views.push(LineView {
            line: line.number,
            name: line.name,
            address: line.written,
            port: line.node.ok().and_then(|(_, port)| port),
            note: line.note,
            fault: row.as_ref().err().map(|fault| fault.as_str()),
        });
        news.push(row);
    }
    let faults = views.iter().filter(|view| view.fault.is_some()).count();
    if body.preview {
        let view = ListView {
            added: 0,
            faults,
            lines: views,
        };
        return Ok(axum::Json(view).into_response());
    }
    if faults > 0 {
        let mut problem = Problem::invalid("form", "A line cannot stand; nothing was saved.");
        for (view, row) in views.iter().zip(&news) {
            if let Err(fault) = row {
                let why = format!("{} {fault}", view.address);
                problem = problem.field(format!("lines.{}", view.line), why.trim());
            }
        }
        return Err(problem);
    }
    for row in news.iter().flatten() {
        write(&hall, &mut tx, &who, "node.added", None, row).await?;
    }
    let view = ListView {
        added: news.len(),
        faults,
        lines: views,
    };
    let answer = once.created(&mut tx, now, "/api/v1/nodes", &view).await?;
    tx.commit().await?;
    Ok(answer)
}

/// The node of a line, or why it is none.
fn row(
    hall: &Hall,
    all: &[NodeRow],
    room: usize,
    at: &NodeRow,
    line: &node::Line,
) -> Result<NodeRow, Fault> {
    let (address, port) = line.node?;
    if all.iter().any(|it| it.address == address) {
        return Err(Fault::Taken);
    }
    if is_own(hall, address) {
        return Err(Fault::Own);
    }
    if room == 0 {
        return Err(Fault::Full);
    }
    let name = line::read("name", &line.name, line::NAME_MAX).map_err(|_| Fault::Title)?;
    let note = line::read_maybe("note", line.note.as_deref(), NOTE_MAX);
    Ok(NodeRow {
        id: hall.mint(),
        name,
        address,
        port,
        note: note.map_err(|_| Fault::Note)?,
        ..at.clone()
    })
}
