//! Who stands where on a list, and why; and what people decide about one.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use base::area::AreaCode;
use base::id::{Family, Id};
use card_core::decree::{Against, Standing};
use card_core::rule::{ABSENT, Verdict};
use hall::Hall;
use hall::audit::{self, Act};
use hall::guard::{Guarded as _, Permission, Who};
use hall::problem::{Path, Problem, Query};
use hall::staff;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::Conn;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::findings::Masked;
use super::super::objections::{self, ObjectionView};
use super::RulingView;
use super::exceptions::{ExceptionView, excepted};
use crate::decide::draft;
use crate::decide::reasons::{ChangeView, ReasonView, Telling};
use crate::decide::{self, Laid, Sight, Weighed, annex};
use crate::record::Record;
use crate::room::Room;
use crate::sql::decision::{DecisionRow, State as Stage};
use crate::sql::exception::{self, ExceptionRow};
use crate::sql::judged::{self, Asked, Change, JudgedRow};
use crate::sql::objection::{self as said, Asked as Said};
use crate::subject::SubjectId;

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(list).guard(Permission::CardRead))
        .routes(routes!(find).guard(Permission::CardRead))
        .routes(routes!(changes).guard(Permission::CardRead))
}

/// Objections that are told of one subject.
const OBJECTIONS: i64 = 50;

/// Rows of one file at most.
const FILE_MAX: usize = 20_000;

/// Which subjects.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// `included`, `held`, `excluded`, `unknown` or `undecided`.
    verdict: Option<String>,
    /// `enters`, `leaves`, `unsure` (excluded before, and now it is not known), `any` of
    /// these, or `stays`.
    change: Option<String>,
    /// Those of a group: `desil:fails`.
    group: Option<String>,
    /// Only in this area.
    #[param(value_type = Option<String>)]
    area: Option<AreaCode>,
    /// Rows of this page, 1 to 1000.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// `csv` for a file; of changes only.
    format: Option<String>,
}

/// What is asked for, read.
struct Wanted {
    standing: Option<Standing>,
    change: Option<Change>,
    group: Option<(String, Against)>,
    area: Option<AreaCode>,
    behind: Option<(String, [u8; 16])>,
}

impl Filter {
    fn read(&self) -> Result<Wanted, Problem> {
        let words = "use included, held, excluded, unknown or undecided";
        let standing = self.verdict.as_deref().map(|word| {
            Standing::parse(word).ok_or_else(|| super::super::refuse("verdict", words))
        });
        let change = self.change.as_deref().map(|word| {
            let words = "use enters, leaves, unsure, stays or any";
            Change::parse(word).ok_or_else(|| super::super::refuse("change", words))
        });
        let group = self.group.as_deref().map(|name| {
            let parts = name.rsplit_once(':');
            let parts = parts.and_then(|(rule, how)| Some((rule.to_owned(), Against::parse(how)?)));
            parts.ok_or_else(|| super::super::refuse("group", "is a rule with fails or unknown"))
        });
        let behind = self.cursor.as_deref().map(|cursor| {
            let wrong = || super::super::refuse("cursor", "is none that was handed out");
            let (area, subject) = cursor.split_once('~').ok_or_else(wrong)?;
            let subject: SubjectId = subject.parse().map_err(|_| wrong())?;
            Ok::<_, Problem>((area.to_owned(), *subject.octets()))
        });
        Ok(Wanted {
            standing: standing.transpose()?,
            change: change.transpose()?,
            group: group.transpose()?,
            area: self.area.clone(),
            behind: behind.transpose()?,
        })
    }
}

impl Wanted {
    fn takes(&self, row: &JudgedRow) -> bool {
        self.standing.is_none_or(|it| it == row.standing)
            && self.change.is_none_or(|it| it.is(row.was, row.standing))
            && self.group.as_ref().is_none_or(|(rule, against)| {
                row.was == Verdict::Included
                    && row.rule.as_ref() == Some(rule)
                    && row.against == Some(*against)
            })
            && self.area.as_ref().is_none_or(|area| {
                let own = row.area.as_ref();
                own.is_some_and(|own| area.contains(own))
            })
    }
}

/// Somebody on a list, masked.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardSubjectRow)]
struct RowView {
    /// The family, the person or the business.
    #[schema(value_type = String)]
    subject: SubjectId,
    /// The family, of a business its owner's; null where that is not known, or nothing of the
    /// subject any more.
    #[schema(value_type = Option<String>)]
    family: Option<Id<Family>>,
    /// The number on the annex.
    place: Option<i64>,
    /// Where it lives.
    #[schema(value_type = Option<String>)]
    area: Option<AreaCode>,
    /// What that is called.
    area_name: Option<String>,
    /// `included`, `held`, `excluded`, `unknown` or `undecided`.
    #[schema(value_type = String)]
    verdict: &'static str,
    /// Who decided: `rules`, `group` or `person`.
    #[schema(value_type = String)]
    by: &'static str,
    /// Where it stood before: `included`, `excluded` or `unknown`.
    #[schema(value_type = String)]
    before: &'static str,
    /// The rule that speaks first against it.
    rule: Option<String>,
    /// What that is called.
    rule_name: Option<String>,
    /// `fails` or `unknown`.
    #[schema(value_type = Option<String>)]
    truth: Option<&'static str>,
    /// What that rests on, in few words.
    value: Option<String>,
    /// What a business is called; null of families and persons, and where the key was destroyed.
    business: Option<String>,
    /// Who stands for it, of a business its owner; null where the key was destroyed.
    who: Option<Masked>,
    /// What is another than on the list before, rule by rule; of changes only.
    changes: Option<Vec<ChangeView>>,
}

/// What a business is called, where a row is of one.
fn business(record: &Record) -> Option<String> {
    (!record.business.is_empty()).then(|| record.business.clone())
}

/// A page of subjects.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardSubjects)]
struct Subjects {
    /// By village.
    items: Vec<RowView>,
    /// What to send as `cursor` for the next page.
    next: Option<String>,
}

/// What a list of subjects is told by.
struct Shown<'a> {
    hall: &'a Hall,
    room: &'a Room,
    laid: &'a Laid,
    /// The list before, where there is one.
    before: Option<&'a Weighed>,
}

impl Shown<'_> {
    fn telling<'w>(&'w self, weighed: &'w Weighed) -> Telling<'w> {
        Telling {
            areas: self.room.areas(),
            weighed,
        }
    }

    fn rule_name(&self, rule: &str) -> String {
        let rules = &self.laid.weighed.programme.rules;
        match rules.iter().find(|it| it.id == rule) {
            Some(rule) => rule.name.clone(),
            None if rule == ABSENT => "Tidak ada lagi di daftar mana pun".to_owned(),
            None => rule.to_owned(),
        }
    }

    async fn row(&self, conn: &mut Conn, row: &JudgedRow) -> Result<RowView, Problem> {
        let weighed = &self.laid.weighed;
        let subject = SubjectId::of(weighed.programme.subject, row.subject);
        let at = weighed.place(subject);
        let record = annex::record(self.hall, conn, (row.list, row.number)).await?;
        Ok(RowView {
            subject,
            family: at.and_then(|at| weighed.family(at)).map(Id::from_bytes),
            business: record.as_ref().and_then(business),
            place: row.place,
            area_name: row
                .area
                .as_ref()
                .and_then(|area| self.room.areas().name(area))
                .map(str::to_owned),
            area: row.area.clone(),
            verdict: row.standing.as_str(),
            by: row.by.as_str(),
            before: row.was.as_str(),
            rule_name: row.rule.as_deref().map(|rule| self.rule_name(rule)),
            rule: row.rule.clone(),
            truth: row.against.map(Against::as_str),
            value: at.and_then(|at| self.telling(weighed).first(at)),
            who: record.as_ref().map(Masked::from),
            changes: None,
        })
    }

    fn changes(&self, row: &JudgedRow) -> Option<Vec<ChangeView>> {
        let weighed = &self.laid.weighed;
        let subject = SubjectId::of(weighed.programme.subject, row.subject);
        let before = self.telling(self.before?);
        Some(self.telling(weighed).changes(&before, subject))
    }
}

/// Rows of a list: written ones of one that is adopted, else as they would be.
async fn rows(
    (hall, room): (&Hall, &Room),
    who: &Who,
    row: &DecisionRow,
    laid: &Laid,
    wanted: Wanted,
    most: usize,
) -> Result<Vec<JudgedRow>, Problem> {
    if row.state == Stage::Adopted {
        let asked = Asked {
            standing: wanted.standing,
            change: wanted.change,
            rule: wanted.group.as_ref().map(|it| it.0.as_str()),
            against: wanted.group.as_ref().map(|it| it.1),
            area: wanted.area.as_ref(),
            behind: wanted.behind,
        };
        let sight = who.visible(Permission::CardRead, "area_code", "NULL");
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let mut read = hall.db().read().await?;
        return Ok(judged::some(&mut read, row.number, &asked, sight, most).await?);
    }
    let sight = Sight::new(&laid.weighed.facts, who, Permission::CardRead);
    let laid = laid.clone();
    decide::counting(hall, room, "finding rows", move || {
        let weighed = &laid.weighed;
        let all = (0..weighed.judged.len()).filter(|at| sight.sees_of(weighed, *at));
        let absent = weighed.absent.iter();
        let absent = absent.filter(|row| sight.sees(row.area.as_ref()));
        let all = all
            .map(|at| laid.row(at))
            .chain(absent.map(|row| laid.absent_row(row)));
        let mut found: Vec<JudgedRow> = all.filter(|row| wanted.takes(row)).collect();
        found.sort_unstable_by(|a, b| (&a.area, a.subject).cmp(&(&b.area, b.subject)));
        let from = wanted.behind.as_ref().map_or(0, |(area, subject)| {
            found.partition_point(|row| {
                let own = row.area.as_ref().map_or("", |code| code.as_str());
                (own, row.subject) <= (area.as_str(), *subject)
            })
        });
        found.drain(..from);
        found.truncate(most);
        Ok(found)
    })
    .await
}

async fn before(
    hall: &Hall,
    room: &Room,
    row: &DecisionRow,
) -> Result<Option<Arc<Weighed>>, Problem> {
    let Some(number) = row.baseline else {
        return Ok(None);
    };
    let mut read = hall.db().read().await?;
    let before = draft::find(&mut read, number).await?;
    drop(read);
    decide::weigh(hall, room, &before).await.map(Some)
}

/// Who stands where on a list, by village. Masked. Of an adopted list without those whom the
/// rules exclude and who did not receive before.
#[utoipa::path(get, path = "/api/v1/card/decisions/{number}/subjects", tag = "card",
    params(("number" = i64, Path, description = "of the list"), Filter),
    responses((status = 200, body = Subjects), (status = 404), (status = 409)))]
async fn list(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(number): Path<i64>,
    Query(filter): Query<Filter>,
) -> Result<axum::Json<Subjects>, Problem> {
    page(&hall, &room, &who, number, &filter, false)
        .await
        .map(axum::Json)
}

async fn page(
    hall: &Hall,
    room: &Room,
    who: &Who,
    number: i64,
    filter: &Filter,
    with_changes: bool,
) -> Result<Subjects, Problem> {
    let limit = super::super::limit(filter.limit)?;
    let wanted = filter.read()?;
    let mut read = hall.db().read().await?;
    let decision = draft::find(&mut read, number).await?;
    drop(read);
    let laid = decide::lay(hall, room, &decision).await?;
    let before = match with_changes {
        true => before(hall, room, &decision).await?,
        false => None,
    };
    let mut found = rows((hall, room), who, &decision, &laid, wanted, limit + 1).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let shown = Shown {
        hall,
        room,
        laid: &laid,
        before: before.as_deref(),
    };
    let mut read = hall.db().read().await?;
    let mut items = Vec::with_capacity(found.len());
    for row in &found {
        let mut view = shown.row(&mut read, row).await?;
        view.changes = shown.changes(row);
        items.push(view);
    }
    let next = items.last().filter(|_| more).map(|last| {
        let area = last.area.as_ref().map_or("", |code| code.as_str());
        format!("{area}~{}", last.subject)
    });
    Ok(Subjects { items, next })
}

/// Who entered a list, who left it, and of whom it is not known any more that he is excluded,
/// beside the one before, each with the rule that speaks first against it and what is another,
/// rule by rule. Masked; as CSV for one area or all of a short list.
#[utoipa::path(get, path = "/api/v1/card/decisions/{number}/changes", tag = "card",
    params(("number" = i64, Path, description = "of the list"), Filter),
    responses((status = 200, content((Subjects = "application/json"), (String = "text/csv"))),
        (status = 404), (status = 409)))]
async fn changes(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    headers: HeaderMap,
    Path(number): Path<i64>,
    Query(mut filter): Query<Filter>,
) -> Result<Response, Problem> {
    let change = filter.change.take();
    filter.change = Some(change.unwrap_or_else(|| "any".to_owned()));
    if !hall::csv::wanted(&headers, filter.format.as_deref())? {
        let page = page(&hall, &room, &who, number, &filter, true).await?;
        return Ok(axum::Json(page).into_response());
    }
    let mut file = hall::csv::File::new(&[
        "kode desa",
        "desa/kelurahan",
        "id",
        "nama",
        "NIK",
        "sebelumnya",
        "sekarang",
        "diputuskan oleh",
        "aturan",
        "dasar",
        "perubahan",
    ]);
    filter.limit = Some(super::super::LIMIT_MAX);
    let mut rows = 0;
    loop {
        let page = page(&hall, &room, &who, number, &filter, true).await?;
        rows += page.items.len();
        if rows > FILE_MAX {
            return Err(super::super::refuse(
                "area",
                format!("name an area: one file has at most {FILE_MAX} rows"),
            ));
        }
        for row in &page.items {
            file.row(&cells(row));
        }
        match page.next {
            Some(next) => filter.cursor = Some(next),
            None => break,
        }
    }
    let act = Act {
        verb: "card_changes.taken",
        subject: format!("list {number}"),
        detail: json!({ "area": filter.area, "change": filter.change, "rows": rows }),
    };
    let mut tx = hall.db().write().await?;
    audit::record(&mut tx, hall.now(), &who, act).await?;
    tx.commit().await?;
    Ok(file.response("perubahan-daftar.csv"))
}

fn cells(row: &RowView) -> [String; 11] {
    let masked = |of: fn(&Masked) -> &String| row.who.as_ref().map(of).cloned().unwrap_or_default();
    let changes = row.changes.iter().flatten();
    let changes: Vec<String> = changes.map(ChangeView::words).collect();
    [
        row.area
            .as_ref()
            .map_or_else(String::new, ToString::to_string),
        row.area_name.clone().unwrap_or_default(),
        row.subject.to_string(),
        match (&row.business, masked(|who| &who.name)) {
            (Some(business), owner) => annex::named(business, &owner),
            (None, name) => name,
        },
        masked(|who| &who.nik),
        standing(row.before).to_owned(),
        standing(row.verdict).to_owned(),
        match row.by {
            "rules" => "aturan",
            "group" => "keputusan kelompok",
            _ => "keputusan perorangan",
        }
        .to_owned(),
        row.rule_name.clone().unwrap_or_default(),
        row.value.clone().unwrap_or_default(),
        changes.join(" | "),
    ]
}

/// What a standing is called.
pub(super) fn standing(word: &str) -> &'static str {
    match word {
        "included" => "masuk",
        "held" => "ditahan di daftar",
        "excluded" => "tidak masuk",
        "undecided" => "belum diputuskan",
        _ => "belum diketahui",
    }
}

/// Somebody on a list, with every reason.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardSubject)]
pub(super) struct SubjectView {
    #[serde(flatten)]
    row: RowView,
    /// Every rule, and what it rests on; empty where nothing is known any more.
    reasons: Vec<ReasonView>,
    /// What was ruled about the group.
    ruling: Option<RulingView>,
    /// What was decided about this one alone.
    exception: Option<ExceptionView>,
    /// What is another than on the list before; null where that was the running list.
    changes_since: Option<Vec<ChangeView>>,
    /// What was said against it, the newest first.
    objections: Vec<ObjectionView>,
}

/// All that is told of one subject of a list.
pub(super) struct Told {
    pub(super) decision: DecisionRow,
    pub(super) laid: Laid,
    pub(super) row: JudgedRow,
    pub(super) reasons: Vec<ReasonView>,
    pub(super) changes: Option<Vec<ChangeView>>,
    pub(super) ruling: Option<RulingView>,
    pub(super) exception: Option<ExceptionRow>,
}

/// Finds a subject of a list, for somebody who holds a permission where it lives.
pub(super) async fn told(
    hall: &Hall,
    room: &Room,
    who: &Who,
    permission: Permission,
    number: i64,
    subject: SubjectId,
) -> Result<Told, Problem> {
    let none = || Problem::not_found("card-judged", "Nobody of that id is on such a list.");
    let mut read = hall.db().read().await?;
    let decision = draft::find(&mut read, number).await?;
    let written = judged::find(&mut read, number, subject).await?;
    drop(read);
    let laid = decide::lay(hall, room, &decision).await?;
    let weighed = &laid.weighed;
    if weighed.programme.subject != subject.subject() {
        return Err(none());
    }
    let at = weighed.place(subject);
    let absent = weighed
        .absent
        .iter()
        .find(|it| it.subject == *subject.octets());
    let row = match (written, at, absent) {
        (Some(row), ..) if decision.state == Stage::Adopted => row,
        (_, Some(at), _) => laid.row(at),
        (_, None, Some(row)) => laid.absent_row(row),
        (_, None, None) => return Err(none()),
    };
    if !decide::may(who, permission, row.area.as_ref()) {
        return Err(none());
    }
    let before = before(hall, room, &decision).await?;
    let telling = Telling {
        areas: room.areas(),
        weighed,
    };
    let changes = before.as_deref().map(|before| {
        let before = Telling {
            areas: room.areas(),
            weighed: before,
        };
        telling.changes(&before, subject)
    });
    let reasons = at.map(|at| telling.reasons(at)).unwrap_or_default();
    let mut read = hall.db().read().await?;
    let names = staff::names(&mut read).await?;
    let group = row.rule.as_ref().zip(row.against);
    let ruled = group.and_then(|(rule, against)| {
        let name = format!("{rule}:{}", against.as_str());
        laid.decided.rulings.get(&name)
    });
    // A ruling is about those who received.
    let ruled = ruled.filter(|_| row.was == Verdict::Included);
    let ruling = ruled.map(|ruling| RulingView::new(&names, ruling));
    let then = decision.adopted.unwrap_or_else(|| hall.now().wall);
    let all = exception::counting(&mut read, &decision.slug, then).await?;
    let exception = all.into_iter().rfind(|it| it.subject == *subject.octets());
    drop(read);
    Ok(Told {
        decision,
        row,
        reasons,
        changes,
        ruling,
        exception,
        laid,
    })
}

/// Where somebody stands on a list, and why: each rule with what columns say and the rows that
/// say it, who decided, and what is another than before. Masked.
#[utoipa::path(get, path = "/api/v1/card/decisions/{number}/subjects/{subject}", tag = "card",
    params(("number" = i64, Path, description = "of the list"),
        ("subject" = String, Path, description = "`fam_…`, `rsd_…` or `biz_…`")),
    responses((status = 200, body = SubjectView), (status = 404), (status = 409)))]
async fn find(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path((number, subject)): Path<(i64, SubjectId)>,
) -> Result<axum::Json<SubjectView>, Problem> {
    let told = told(&hall, &room, &who, Permission::CardRead, number, subject).await?;
    let shown = Shown {
        hall: &hall,
        room: &room,
        laid: &told.laid,
        before: None,
    };
    let mut read = hall.db().read().await?;
    let row = shown.row(&mut read, &told.row).await?;
    let exception = match &told.exception {
        None => None,
        Some(row) => Some(excepted(&mut read, row).await?),
    };
    let asked = Said {
        subject: Some(subject.octets()),
        ..Said::default()
    };
    let sight = who.visible(Permission::CardRead, "area_code", "NULL");
    let said = said::some(&mut read, &asked, sight, OBJECTIONS).await?;
    let objections = objections::views(&hall, &room, &mut read, said).await?;
    Ok(axum::Json(SubjectView {
        row,
        reasons: told.reasons,
        ruling: told.ruling,
        exception,
        changes_since: told.changes,
        objections,
    }))
}
