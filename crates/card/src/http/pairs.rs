//! `/api/v1/card/pairs`: pairs of rows that may be one person's, and what people say of them.

mod file;
mod summary;

use std::collections::BTreeMap;

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use base::area::AreaCode;
use base::id::{Id, Person};
use base::now::Wall;
use card_core::link::explain::Evidence;
use card_core::review::{Answer, State as Stage};
use hall::Hall;
use hall::audit::{self, Act};
use hall::guard::{Guarded as _, Permission, Who};
use hall::problem::{Json, Path, Problem, Query};
use hall::{line, staff};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::Conn;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::findings::Masked;
use crate::decide;
use crate::record::Record;
use crate::review::{self, Words};
use crate::room::Room;
use crate::sql::list::{self, ListRow};
use crate::sql::pair::{self as rows, PairId, PairRow, WordRow};
use crate::sql::{record, run};
use crate::strongbox;
use crate::words;

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(list).guard(Permission::CardRead))
        .routes(routes!(summary::summary).guard(Permission::CardRead))
        .routes(routes!(open).guard(Permission::CardOpen))
        .routes(routes!(say).guard(Permission::CardDecide))
        .routes(routes!(unsay).guard(Permission::CardDecide))
}

/// Pairs that are opened at once.
const OPENED_MAX: usize = 20;

/// Which pairs.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// `open`, `waiting`, `disputed`, `unsure` or `settled`.
    state: Option<String>,
    /// Only those of the random sample, or only others.
    sample: Option<bool>,
    /// Only those that a payment hangs on, or only others.
    pays: Option<bool>,
    /// Only those with a row in this area.
    #[param(value_type = Option<String>)]
    area: Option<AreaCode>,
    /// Pairs of this page, 1 to 1000.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// `csv` for a file of all of them: rows by their numbers, and nothing of what they say.
    format: Option<String>,
}

/// One of the two rows.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardPairSide)]
struct SideView {
    /// The number of the list.
    list: i64,
    /// What it is a list of.
    kind: String,
    /// What it is called.
    title: String,
    /// The row.
    row: u32,
    /// Who stands there; null where its key was destroyed.
    who: Option<Masked>,
}

/// What somebody said.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardPairWord)]
struct WordView {
    /// `same`, `different` or `unsure`; null: somebody else has said it, and the pair waits
    /// for a second person, who is to judge by himself.
    #[schema(value_type = Option<String>)]
    answer: Option<&'static str>,
    /// Who.
    by_name: Option<String>,
    /// When.
    #[schema(value_type = i64)]
    at_us: Wall,
    /// Whether the caller said it.
    mine: bool,
}

/// A pair of rows that may be one person's, masked.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardPair)]
struct PairView {
    /// `4.17-5.204`: list and row of both.
    id: String,
    /// How probable it is that both are one person's, 0 to 1.
    same: f64,
    /// Whether the newest examination took both for one person.
    joined: bool,
    /// Why people are asked: `grey`, `refused` (it looks like one person, and most of what it
    /// would have joined spoke against it), `sample` (by chance), or where a list came late
    /// `merge` (two persons may be one) and `split` (one may be two).
    #[schema(value_type = String)]
    kind: &'static str,
    /// Whether it is of the random sample.
    sampled: bool,
    /// Whether a payment hangs on it: then two persons have to say the same.
    pays: bool,
    /// `open`, `waiting`, `disputed`, `unsure` or `settled`.
    #[schema(value_type = String)]
    state: &'static str,
    /// Where the first row lies.
    #[schema(value_type = Option<String>)]
    area: Option<AreaCode>,
    /// What that is called.
    area_name: Option<String>,
    /// One row,
    left: SideView,
    /// and the other.
    right: SideView,
    /// What was said, the oldest first.
    words: Vec<WordView>,
    /// What counts from the next examination on: `same` or `different`.
    #[schema(value_type = Option<String>)]
    counts: Option<&'static str>,
}

/// A page of pairs.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardPairs)]
struct Pairs {
    /// Those that a payment hangs on first, then the least sure.
    items: Vec<PairView>,
    /// What to send as `cursor` for the next page.
    next: Option<String>,
}

/// What pairs are told by.
struct Telling<'a> {
    hall: &'a Hall,
    room: &'a Room,
    who: &'a Who,
    lists: BTreeMap<i64, ListRow>,
    names: BTreeMap<Id<Person>, String>,
    words: Words,
}

/// What counts, as an answer is called.
const fn of_one(same: bool) -> &'static str {
    match same {
        true => Answer::Same.as_str(),
        false => Answer::Different.as_str(),
    }
}

fn code(text: &str) -> Option<AreaCode> {
    text.parse().ok()
}

impl<'a> Telling<'a> {
    async fn new(
        hall: &'a Hall,
        room: &'a Room,
        who: &'a Who,
        conn: &mut Conn,
    ) -> Result<Self, Problem> {
        let lists = list::all(conn).await?;
        Ok(Self {
            hall,
            room,
            who,
            lists: lists.into_iter().map(|it| (it.number, it)).collect(),
            names: staff::names(conn).await?,
            words: review::words(conn).await?,
        })
    }

    /// Who sees where both rows lie sees the pair.
    fn sees(&self, permission: Permission, pair: &PairRow) -> bool {
        let areas = pair.areas.iter();
        areas
            .map(|area| code(area))
            .all(|area| decide::may(self.who, permission, area.as_ref()))
    }

    fn words(&self, pair: &PairRow) -> &[WordRow] {
        self.words.get(&pair.id).map_or(&[], Vec::as_slice)
    }

    fn settled(&self, pair: &PairRow) -> (Stage, Option<bool>) {
        review::settled(self.words(pair), pair.pays)
    }

    async fn record(
        &self,
        conn: &mut Conn,
        (list, number): (i64, u32),
    ) -> Result<Option<Record>, Problem> {
        match record::find(conn, list, number).await? {
            Some(sealed) => Ok(strongbox::open(self.hall.vault(), list, &sealed)?),
            None => Ok(None),
        }
    }

    fn side(&self, (list, row): (i64, u32), record: Option<&Record>) -> SideView {
        let entry = self.lists.get(&list);
        SideView {
            list,
            kind: entry.map_or("", |it| it.kind.as_str()).to_owned(),
            title: entry.map(|it| it.title.clone()).unwrap_or_default(),
            row,
            who: record.map(Masked::from),
        }
    }

    /// What was said of a pair, as the caller may know it: who is to be the second to judge
    /// is not told what the first has said.
    fn said(&self, pair: &PairRow) -> Vec<WordView> {
        let own = |word: &WordRow| word.by == self.who.person();
        let spoke = self.words(pair).iter().any(own);
        let told = spoke || self.settled(pair).0 != Stage::Waiting;
        let view = |word: &WordRow| WordView {
            answer: told.then(|| word.answer.as_str()),
            by_name: self.names.get(&word.by).cloned(),
            at_us: word.at,
            mine: own(word),
        };
        self.words(pair).iter().map(view).collect()
    }

    fn area_name(&self, area: Option<&AreaCode>) -> Option<String> {
        self.room.areas().name(area?).map(str::to_owned)
    }

    fn view(&self, pair: &PairRow, left: Option<&Record>, right: Option<&Record>) -> PairView {
        let (state, counts) = self.settled(pair);
        let area = code(&pair.areas[0]);
        PairView {
            id: pair.id.to_string(),
            same: pair.same,
            joined: pair.joined,
            kind: pair.kind.as_str(),
            sampled: pair.band.is_some(),
            pays: pair.pays,
            state: state.as_str(),
            area_name: self.area_name(area.as_ref()),
            area,
            left: self.side(pair.id.left, left),
            right: self.side(pair.id.right, right),
            words: self.said(pair),
            counts: counts.map(of_one),
        }
    }
}

/// The pairs of the examination that counts; of lists that stand.
async fn pairs(conn: &mut Conn) -> Result<Vec<PairRow>, Problem> {
    match run::counting(conn).await? {
        None => Ok(Vec::new()),
        Some(run) => Ok(rows::of_run(conn, run.number).await?),
    }
}

/// Pairs of rows that the newest examination was not sure of, and a random sample. Masked.
/// A file with `format=csv`, in which nothing stands of what the rows say.
#[utoipa::path(get, path = "/api/v1/card/pairs", tag = "card", params(Filter),
    responses((status = 200, body = Pairs)))]
async fn list(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    headers: HeaderMap,
    Query(filter): Query<Filter>,
) -> Result<Response, Problem> {
    let csv = hall::csv::wanted(&headers, filter.format.as_deref())?;
    let limit = super::limit(filter.limit)?;
    let state = match filter.state.as_deref() {
        None => None,
        Some(word) => Some(Stage::parse(word).ok_or_else(|| {
            super::refuse("state", "use open, waiting, disputed, unsure or settled")
        })?),
    };
    let mut read = hall.db().read().await?;
    let telling = Telling::new(&hall, &room, &who, &mut read).await?;
    let all = pairs(&mut read).await?;
    let wanted = all.iter().filter(|pair| {
        let within = |area: &AreaCode| {
            let codes = pair.areas.iter().filter_map(|own| code(own));
            codes.into_iter().any(|own| area.contains(&own))
        };
        state.is_none_or(|it| telling.settled(pair).0 == it)
            && filter.sample.is_none_or(|it| pair.band.is_some() == it)
            && filter.pays.is_none_or(|it| pair.pays == it)
            && filter.area.as_ref().is_none_or(within)
            && telling.sees(Permission::CardRead, pair)
    });
    let mut wanted: Vec<&PairRow> = wanted.collect();
    if csv {
        drop(read);
        let act = Act {
            verb: "card_pairs.exported",
            subject: "card_pairs".to_owned(),
            detail: json!({ "state": filter.state, "sample": filter.sample, "pays": filter.pays,
                "area": filter.area, "rows": wanted.len() }),
        };
        let mut tx = hall.db().write().await?;
        audit::record(&mut tx, hall.now(), &who, act).await?;
        tx.commit().await?;
        return Ok(telling.file(&wanted).response("pasangan.csv"));
    }
    if let Some(cursor) = filter.cursor.as_deref() {
        let wrong = || super::refuse("cursor", "is none that was handed out");
        let last = PairId::parse(cursor).ok_or_else(wrong)?;
        // One that was answered meanwhile is looked for among all: the order is the same.
        let order = |id: PairId| all.iter().position(|pair| pair.id == id);
        let last = order(last).ok_or_else(wrong)?;
        wanted.retain(|pair| order(pair.id).is_some_and(|at| at > last));
    }
    let more = wanted.len() > limit;
    wanted.truncate(limit);
    let mut items = Vec::with_capacity(wanted.len());
    for pair in &wanted {
        let left = telling.record(&mut read, pair.id.left).await?;
        let right = telling.record(&mut read, pair.id.right).await?;
        items.push(telling.view(pair, left.as_ref(), right.as_ref()));
    }
    let next = wanted.last().filter(|_| more);
    let pairs = Pairs {
        items,
        next: next.map(|pair| pair.id.to_string()),
    };
    Ok(axum::Json(pairs).into_response())
}

/// What a row says of a person, as it is written.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardWritten)]
struct Written {
    /// Number of the person.
    nik: String,
    /// Number of the family card.
    kk: String,
    /// Name.
    name: String,
    /// Day of birth.
    birth: String,
    /// Sex.
    sex: String,
    /// Place of birth.
    birthplace: String,
    /// Name of the mother.
    mother: String,
    /// What the person is to the head of the family.
    relation: String,
    /// Address.
    address: String,
    /// Code of the village.
    village: String,
}

impl From<Record> for Written {
    fn from(record: Record) -> Self {
        Self {
            nik: record.nik,
            kk: record.kk,
            name: record.name,
            birth: record.birth,
            sex: record.sex,
            birthplace: record.birthplace,
            mother: record.mother,
            relation: record.relation,
            address: record.address,
            village: record.village,
        }
    }
}

/// What one field says for one person, or against.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardPairEvidence)]
pub(super) struct EvidenceView {
    /// `nik`, `kk`, `name`, `birth`, `sex`, `mother`, `home`, `birthplace`, `relation` or
    /// `source` (which list: one seldom names a person twice).
    field: String,
    /// What both rows are to each other in it, in English,
    says_en: String,
    /// and in Indonesian.
    says_id: String,
    /// For one person where it is positive, against it where it is negative; bits.
    bits: f64,
}

impl From<&Evidence> for EvidenceView {
    fn from(it: &Evidence) -> Self {
        Self {
            field: it.field.as_str().to_owned(),
            says_id: words::level(it.says).to_owned(),
            says_en: it.says.to_owned(),
            bits: it.bits,
        }
    }
}

/// A pair that was opened.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardPairOpened)]
struct OpenedView {
    #[serde(flatten)]
    pair: PairView,
    /// What each field says, the weightiest first.
    evidence: Vec<EvidenceView>,
    /// What is thought before any field is looked at, in bits.
    prior: f64,
    /// What else the pair most probably is: `relatives`, `twins`, `birthmates` or `namesakes`.
    against: String,
    /// What the first row says; null where its key was destroyed.
    left_says: Option<Written>,
    /// What the other says.
    right_says: Option<Written>,
}

fn evidence(why: &Value) -> Vec<EvidenceView> {
    let all = why["evidence"].as_array().map_or(&[][..], Vec::as_slice);
    all.iter()
        .map(|it| {
            let text = |key: &str| it[key].as_str().unwrap_or_default().to_owned();
            EvidenceView {
                field: text("field"),
                says_id: words::level(&text("says")).to_owned(),
                says_en: text("says"),
                bits: it["bits"].as_f64().unwrap_or_default(),
            }
        })
        .collect()
}

/// Which pairs are opened, and what for.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardPairOpenForm, example = json!({ "ids": ["1.2-4.2"], "purpose": "tinjauan pemadanan" }))]
struct OpenForm {
    /// Their ids, one to twenty.
    ids: Vec<String>,
    /// What for. It is written into the audit.
    purpose: String,
}

/// Pairs that were opened.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardPairsOpened)]
struct Opened {
    /// As they were asked for; those that are none any more are left out.
    items: Vec<OpenedView>,
}

/// Opens pairs: all that both rows say, and the evidence. Who did, when, which and for what is
/// kept.
#[utoipa::path(post, path = "/api/v1/card/pairs/opening", tag = "card", request_body = OpenForm,
    responses((status = 200, body = Opened), (status = 422)))]
async fn open(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Json(form): Json<OpenForm>,
) -> Result<axum::Json<Opened>, Problem> {
    let purpose = line::read("purpose", &form.purpose, super::PURPOSE_MAX)?;
    if !(1..=OPENED_MAX).contains(&form.ids.len()) {
        return Err(line::refuse("ids", format!("name 1 to {OPENED_MAX}")));
    }
    let ids = form.ids.iter().map(|id| {
        PairId::parse(id).ok_or_else(|| line::refuse("ids", "holds one that is no pair"))
    });
    let ids: Vec<PairId> = ids.collect::<Result<_, _>>()?;
    // What is seen is written down before it is seen.
    let mut tx = hall.db().write().await?;
    let telling = Telling::new(&hall, &room, &who, &mut tx).await?;
    let all = pairs(&mut tx).await?;
    let wanted = ids
        .iter()
        .filter_map(|id| all.iter().find(|pair| pair.id == *id));
    let wanted: Vec<&PairRow> = wanted
        .filter(|pair| telling.sees(Permission::CardOpen, pair))
        .collect();
    let act = Act {
        verb: "card_pair.opened",
        subject: format!("{} pairs", wanted.len()),
        detail: json!({ "purpose": purpose,
            "pairs": wanted.iter().map(|pair| pair.id.to_string()).collect::<Vec<_>>() }),
    };
    audit::record(&mut tx, hall.now(), &who, act).await?;
    tx.commit().await?;
    let mut read = hall.db().read().await?;
    let mut items = Vec::with_capacity(wanted.len());
    for pair in wanted {
        let left = telling.record(&mut read, pair.id.left).await?;
        let right = telling.record(&mut read, pair.id.right).await?;
        items.push(OpenedView {
            pair: telling.view(pair, left.as_ref(), right.as_ref()),
            evidence: evidence(&pair.why),
            prior: pair.why["prior"].as_f64().unwrap_or_default(),
            against: pair.why["against"].as_str().unwrap_or_default().to_owned(),
            left_says: left.map(Written::from),
            right_says: right.map(Written::from),
        });
    }
    Ok(axum::Json(Opened { items }))
}

/// What somebody says of a pair.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardPairAnswer, example = json!({ "answer": "same" }))]
struct AnswerForm {
    /// `same`, `different` or `unsure` (it cannot be told from what is written).
    answer: String,
}

fn none() -> Problem {
    Problem::not_found("card-pair", "There is no such pair that is asked about.")
}

async fn told(telling: &Telling<'_>, conn: &mut Conn, id: &str) -> Result<PairRow, Problem> {
    let id = PairId::parse(id).ok_or_else(none)?;
    let all = pairs(conn).await?;
    let found = all.into_iter().find(|pair| pair.id == id);
    found
        .filter(|pair| telling.sees(Permission::CardDecide, pair))
        .ok_or_else(none)
}

/// Says of a pair whether it is one person's. It counts from the next examination on; where a
/// payment hangs on it, once a second person has said the same.
#[utoipa::path(post, path = "/api/v1/card/pairs/{id}/answer", tag = "card",
    request_body = AnswerForm, params(("id" = String, Path, description = "`4.17-5.204`")),
    responses((status = 200, body = PairView), (status = 403), (status = 404), (status = 422)))]
async fn say(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(id): Path<String>,
    Json(form): Json<AnswerForm>,
) -> Result<axum::Json<PairView>, Problem> {
    decide::require(&who)?;
    let answer = Answer::parse(&form.answer)
        .ok_or_else(|| line::refuse("answer", "use same, different or unsure"))?;
    let mut tx = hall.db().write().await?;
    let telling = Telling::new(&hall, &room, &who, &mut tx).await?;
    let pair = told(&telling, &mut tx, &id).await?;
    let now = hall.now();
    let word = WordRow {
        id: pair.id,
        by: who.person(),
        answer,
        pays: pair.pays,
        at: now.wall,
    };
    rows::say(&mut tx, &word).await?;
    let act = Act {
        verb: "card_pair.answered",
        subject: pair.id.to_string(),
        detail: json!({ "answer": answer.as_str(), "same": pair.same, "pays": pair.pays }),
    };
    audit::record(&mut tx, now, &who, act).await?;
    answered(&hall, &room, &who, tx, &pair).await
}

async fn answered(
    hall: &Hall,
    room: &Room,
    who: &Who,
    mut tx: store::Tx,
    pair: &PairRow,
) -> Result<axum::Json<PairView>, Problem> {
    let telling = Telling::new(hall, room, who, &mut tx).await?;
    let left = telling.record(&mut tx, pair.id.left).await?;
    let right = telling.record(&mut tx, pair.id.right).await?;
    tx.commit().await?;
    let view = telling.view(pair, left.as_ref(), right.as_ref());
    Ok(axum::Json(view))
}

/// Whose words are taken back.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Whose {
    /// `all` for those of everybody; one's own when left out.
    by: Option<String>,
}

/// Takes a word back: one's own, or all of a pair. From the next examination on it is as if
/// nobody had said it; the audit keeps that somebody had.
#[utoipa::path(delete, path = "/api/v1/card/pairs/{id}/answer", tag = "card",
    params(("id" = String, Path, description = "`4.17-5.204`"), Whose),
    responses((status = 200, body = PairView), (status = 403), (status = 404)))]
async fn unsay(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(id): Path<String>,
    Query(whose): Query<Whose>,
) -> Result<axum::Json<PairView>, Problem> {
    decide::require(&who)?;
    let by = match whose.by.as_deref() {
        None => Some(who.person()),
        Some("all") => None,
        Some(_) => return Err(super::refuse("by", "use all, or leave it out")),
    };
    let mut tx = hall.db().write().await?;
    let telling = Telling::new(&hall, &room, &who, &mut tx).await?;
    let pair = told(&telling, &mut tx, &id).await?;
    let count = rows::unsay(&mut tx, pair.id, by).await?;
    if count == 0 {
        return Err(Problem::not_found("card-pair", "Nobody has said that."));
    }
    let act = Act {
        verb: "card_pair.unsaid",
        subject: pair.id.to_string(),
        detail: json!({ "words": count, "by": whose.by }),
    };
    audit::record(&mut tx, hall.now(), &who, act).await?;
    answered(&hall, &room, &who, tx, &pair).await
}
