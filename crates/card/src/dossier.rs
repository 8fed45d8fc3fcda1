//! All that is held of a family or person, for whoever asks what is kept of him (UU 27/2022,
//! articles 7 and 32).
//!
//! Rows are told as they are written, also of lists that do not count any more: what is kept
//! is kept. Of whoever objects against somebody else nothing is told (article 33: not what
//! would disclose data of others).

use std::collections::{BTreeMap, BTreeSet};

use base::area::AreaCode;
use base::day::Day;
use base::id::{Family, Id, Resident};
use base::now::Wall;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use card_core::decree::{Against, By, Exception, Standing};
use hall::Hall;
use hall::audit::{self, Filter};
use hall::problem::Problem;
use serde::Serialize;
use store::{Conn, Error};
use utoipa::ToSchema;

use crate::erase;
use crate::looks::{self, About, Look, VERBS};
use crate::objection;
use crate::photo;
use crate::programme::Kept;
use crate::record::Record;
use crate::sql::decision::DecisionRow;
use crate::sql::erasure as erasures;
use crate::sql::judged::{self, JudgedRow};
use crate::sql::list::{self, ListRow};
use crate::sql::member::{self, MemberRow};
use crate::sql::objection as objections;
use crate::sql::photo::PhotoRow;
use crate::sql::record::{self, Sealed};
use crate::sql::request as requests;
use crate::sql::run;
use crate::strongbox;
use crate::subject::SubjectId;

/// Entries of the audit that are read at once; all of them are looked through.
const ENTRIES: i64 = 5_000;

/// Objections and requests that are told.
const TOLD_MAX: i64 = 500;

/// The rows that are of a family or person.
#[derive(Debug, Default)]
pub(crate) struct Held {
    rows: Vec<(MemberRow, Sealed)>,
}

impl Held {
    /// By what the newest examination, or one before it, said of whose they are.
    pub(crate) async fn of(conn: &mut Conn, subject: SubjectId) -> Result<Self, Error> {
        let Some(run) = run::counting(conn).await? else {
            return Ok(Self::default());
        };
        let members = member::ever_of(conn, run.number, subject).await?;
        let mut by_list: BTreeMap<i64, BTreeMap<u32, MemberRow>> = BTreeMap::new();
        for row in members {
            by_list.entry(row.list).or_default().insert(row.number, row);
        }
        let mut rows = Vec::new();
        for (list, of) in by_list {
            let numbers: Vec<u32> = of.keys().copied().collect();
            for sealed in record::kept(conn, list, &numbers).await? {
                if let Some(row) = of.get(&sealed.number) {
                    rows.push((*row, sealed));
                }
            }
        }
        rows.sort_by_key(|(row, _)| (row.list, row.number));
        Ok(Self { rows })
    }

    /// Whom a subject that has no rows any more was found to be, where he is another one by now.
    pub(crate) async fn moved(
        conn: &mut Conn,
        subject: SubjectId,
    ) -> Result<BTreeSet<SubjectId>, Error> {
        let Some(run) = run::counting(conn).await? else {
            return Ok(BTreeSet::new());
        };
        let rows = member::moved_to(conn, run.number, subject)
            .await?
            .into_iter();
        Ok(rows
            .map(|row| match subject {
                SubjectId::Family(_) => SubjectId::Family(row.family),
                SubjectId::Person(_) => SubjectId::Person(row.person),
                // The same rows are of one business, whoever owns it.
                SubjectId::Business(_) => subject,
            })
            .collect())
    }

    /// Whether nothing is held.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether one is of it.
    pub(crate) fn has(&self, list: i64, row: u32) -> bool {
        let is = |it: &MemberRow| it.list == list && it.number == row;
        self.rows.iter().any(|(it, _)| is(it))
    }

    /// The area that most of them lie in.
    pub(crate) fn area(&self) -> Option<AreaCode> {
        let mut areas: BTreeMap<&AreaCode, usize> = BTreeMap::new();
        for area in self.rows.iter().filter_map(|(_, row)| row.area.as_ref()) {
            *areas.entry(area).or_default() += 1;
        }
        let most = areas.into_iter().max_by_key(|(_, rows)| *rows);
        most.map(|(area, _)| area.clone())
    }

    /// Who is told of: families and persons.
    fn ids(&self) -> (BTreeSet<Id<Family>>, BTreeSet<Id<Resident>>) {
        let families = self.rows.iter().map(|(row, _)| row.family).collect();
        let persons = self.rows.iter().map(|(row, _)| row.person).collect();
        (families, persons)
    }
}

/// A row that is held.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardDossierRow)]
pub(crate) struct RowView {
    /// The number of the list.
    list: i64,
    /// What it is a list of.
    #[schema(value_type = String)]
    kind: &'static str,
    /// What it is called.
    title: String,
    /// Whose it is.
    owner: Option<String>,
    /// The day whose state it tells.
    #[schema(value_type = Option<String>)]
    as_of: Option<Day>,
    /// Whether it still counts.
    is_standing: bool,
    /// The row, by the number beside the spreadsheet.
    row: u32,
    /// `rsd_…`: whose it is.
    #[schema(value_type = String)]
    person: Id<Resident>,
    /// `fam_…`: of which family.
    #[schema(value_type = String)]
    family: Id<Family>,
    /// What it says, as it is written: by field. Null where its key was destroyed.
    #[schema(value_type = Option<Object>)]
    says: Option<BTreeMap<&'static str, String>>,
}

/// A row of a list that no examination has read yet, which a number of his finds: whose it is
/// nobody has said.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardDossierUnread)]
pub(crate) struct UnreadView {
    /// The number of the list.
    list: i64,
    /// What it is a list of.
    #[schema(value_type = String)]
    kind: &'static str,
    /// What it is called.
    title: String,
    /// Whose it is.
    owner: Option<String>,
    /// The day whose state it tells.
    #[schema(value_type = Option<String>)]
    as_of: Option<Day>,
    /// Whether it still counts.
    is_standing: bool,
    /// The row, by the number beside the spreadsheet.
    row: u32,
    /// What it says, as it is written: by field. Null where its key was destroyed.
    #[schema(value_type = Option<Object>)]
    says: Option<BTreeMap<&'static str, String>>,
}

/// Where somebody stands on an adopted list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardDossierDecision)]
pub(crate) struct DecisionView {
    /// The number of the list.
    number: i64,
    /// The programme, by its name in addresses.
    programme: String,
    /// What that is called.
    programme_name: String,
    /// What the list is called.
    title: String,
    /// When it was adopted, microseconds since 1970 UTC.
    #[schema(value_type = Option<i64>)]
    adopted_us: Option<Wall>,
    /// `fam_…`, `rsd_…` or `biz_…`: who stands there.
    #[schema(value_type = String)]
    subject: SubjectId,
    /// `included`, `held`, `excluded` or `unknown`.
    #[schema(value_type = String)]
    verdict: &'static str,
    /// Whether he receives by it.
    receives: bool,
    /// Who decided: `rules`, `group` or `person`.
    #[schema(value_type = String)]
    by: &'static str,
    /// The rule that speaks against him, or is unknown.
    rule: Option<String>,
    /// Its legal source.
    rule_source: Option<String>,
    /// Why, in a sentence, in Indonesian.
    why: String,
}

/// What was said against where somebody stands.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardDossierObjection)]
pub(crate) struct ObjectionView {
    /// The number that people say.
    number: i64,
    /// The list that it is against.
    decision: i64,
    /// `open`, `accepted` or `rejected`.
    #[schema(value_type = String)]
    state: &'static str,
    /// `include` or `exclude`.
    #[schema(value_type = String)]
    wants: &'static str,
    /// When it was recorded, microseconds since 1970 UTC.
    #[schema(value_type = i64)]
    at_us: Wall,
    /// Whether what it says is withheld, since it would tell of others.
    is_withheld: bool,
    /// Who objects.
    objector: Option<String>,
    /// On what ground.
    ground: Option<String>,
    /// Why it was answered so.
    reason: Option<String>,
}

/// What was asked about somebody.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardDossierRequest)]
pub(crate) struct RequestView {
    /// The number that people say.
    number: i64,
    /// `access`, `correction`, `erasure` or `objection`.
    #[schema(value_type = String)]
    kind: &'static str,
    /// `open`, `granted`, `partly` or `refused`.
    #[schema(value_type = String)]
    state: &'static str,
    /// When it was recorded, microseconds since 1970 UTC.
    #[schema(value_type = i64)]
    at_us: Wall,
}

/// A photograph that is kept, or was.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardDossierPhoto)]
pub(crate) struct PhotoView {
    /// Counts up from one.
    number: i64,
    /// `rsd_…`: of whom. Null: of the family.
    #[schema(value_type = Option<String>)]
    person: Option<Id<Resident>>,
    /// `house`, `person` or `paper`.
    #[schema(value_type = String)]
    kind: &'static str,
    /// What it was taken for: `verification`, `sample`, `objection` or `request`.
    #[schema(value_type = String)]
    taken_for: &'static str,
    /// The number of that; null of a verification.
    taken_in: Option<i64>,
    /// When it was taken, microseconds since 1970 UTC.
    #[schema(value_type = i64)]
    taken_us: Wall,
    /// When it was destroyed. Null: it is there.
    #[schema(value_type = Option<i64>)]
    gone_us: Option<Wall>,
    /// JPEG in Base64 (RFC 4648, section 4). Null where it is destroyed, or was not
    /// asked for.
    jpeg: Option<String>,
    #[serde(skip)]
    row: Box<PhotoRow>,
}

/// Who has looked.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardDossierLook)]
pub(crate) struct LookView {
    /// What was looked at, and who did. It is certain where it was at him; else a part of a
    /// list was taken on which he may have stood, or he was found among others.
    #[serde(flatten)]
    look: Look,
}

/// All that is held of somebody.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardDossier)]
pub(crate) struct Dossier {
    /// The request that it answers.
    pub(crate) request: i64,
    /// `fam_…` or `rsd_…`: of whom it is.
    #[schema(value_type = String)]
    pub(crate) subject: SubjectId,
    /// When it was put together, microseconds since 1970 UTC.
    #[schema(value_type = i64)]
    pub(crate) made_us: Wall,
    /// What lists say, in the order of the lists.
    pub(crate) rows: Vec<RowView>,
    /// The same of lists that no examination has read yet, and that numbers of his find.
    pub(crate) unread: Vec<UnreadView>,
    /// Where he stands on adopted lists, the newest first. Whoever is on none was left out by
    /// the rules and did not receive.
    pub(crate) decisions: Vec<DecisionView>,
    /// What was said against that, the newest first.
    pub(crate) objections: Vec<ObjectionView>,
    /// What was asked about him, the newest first.
    pub(crate) requests: Vec<RequestView>,
    /// Photographs of him, and of the house of his family, the newest first.
    pub(crate) photos: Vec<PhotoView>,
    /// Who has looked at what and what for, the newest first.
    pub(crate) looks: Vec<LookView>,
}

/// Puts together all that is held of somebody.
///
/// # Errors
/// `card-request-dossier` if he was found to be another one since: what is held of that one
/// is asked for anew. If the database does not answer, or something does not open.
pub(crate) async fn make(
    hall: &Hall,
    conn: &mut Conn,
    request: i64,
    subject: SubjectId,
) -> Result<Dossier, Problem> {
    let held = Held::of(conn, subject).await?;
    if held.is_empty() {
        let moved = Held::moved(conn, subject).await?;
        let now: Vec<String> = moved.iter().map(ToString::to_string).collect();
        if !now.is_empty() {
            return Err(Problem::conflict(
                "card-request-dossier",
                format!(
                    "The lists were examined since, and what was of {subject} is of {} now: record the request for that.",
                    now.join(" and ")
                ),
            ));
        }
    }
    let (families, persons) = held.ids();
    let mut about = About {
        names: looks::about(conn, subject).await?.into_iter().collect(),
        ..About::default()
    };
    // A family is told of with its persons, a person with the family.
    about.names.extend(families.iter().map(ToString::to_string));
    about.names.extend(persons.iter().map(ToString::to_string));
    // And whoever owns a business with that.
    let mut businesses = BTreeSet::new();
    for (row, _) in &held.rows {
        let place = (row.list, row.number);
        businesses.extend(erasures::business(conn, place).await?);
    }
    about
        .names
        .extend(businesses.iter().map(ToString::to_string));
    for (row, sealed) in &held.rows {
        about.rows.insert((row.list, row.number));
        about.areas.extend(sealed.area.clone());
    }
    let rows = rows(hall, conn, &held).await?;
    let unread = unread(hall, conn, subject, &held, &mut about).await?;
    let persons = persons.iter().map(|id| *id.as_bytes());
    let persons: Vec<[u8; 16]> = persons
        .chain(businesses.iter().map(|it| *it.octets()))
        .collect();
    let mut judged = Vec::new();
    for (n, family) in families.into_iter().enumerate() {
        // Persons once, whatever the families.
        let persons = if n == 0 { &persons[..] } else { &[] };
        judged.extend(judged::of_family(conn, family, persons).await?);
    }
    judged.sort_by_key(|(decision, row)| (std::cmp::Reverse(*decision), row.subject));
    let mut decisions = Vec::new();
    for (number, row) in judged {
        let (list, kept) = objection::against(conn, number).await?;
        let area = row.area.as_ref().map_or("", AreaCode::as_str).to_owned();
        about.lists.insert((number, row.place.map(|_| area)));
        decisions.push(decided(&list, &kept, &row));
    }
    let mut objections = objected(hall, conn, subject).await?;
    for business in businesses.into_iter().filter(|it| *it != subject) {
        objections.extend(objected(hall, conn, business).await?);
    }
    objections.sort_by_key(|it| std::cmp::Reverse(it.number));
    let requests = asked(conn, subject).await?;
    let photos = photos(conn, subject, &held).await?;
    let looks = looked(hall, conn, &about).await?;
    Ok(Dossier {
        request,
        subject,
        made_us: hall.now().wall,
        rows,
        unread,
        decisions,
        objections,
        requests,
        photos,
        looks,
    })
}

async fn rows(hall: &Hall, conn: &mut Conn, held: &Held) -> Result<Vec<RowView>, Problem> {
    let standing = list::standing(conn).await?;
    let standing: BTreeSet<i64> = standing.into_iter().map(|it| it.number).collect();
    let lists = list::all(conn).await?;
    let lists: BTreeMap<i64, ListRow> = lists.into_iter().map(|it| (it.number, it)).collect();
    let mut views = Vec::with_capacity(held.rows.len());
    for (row, sealed) in &held.rows {
        let Some(list) = lists.get(&row.list) else {
            continue;
        };
        let record = strongbox::open(hall.vault(), row.list, sealed)?;
        views.push(RowView {
            list: list.number,
            kind: list.kind.as_str(),
            title: list.title.clone(),
            owner: list.owner.clone(),
            as_of: list.as_of,
            is_standing: standing.contains(&list.number),
            row: row.number,
            person: row.person,
            family: row.family,
            says: record.as_ref().map(says),
        });
    }
    Ok(views)
}

/// What lists say that came since the last examination; where that lies is where he may be
/// looked at, too.
async fn unread(
    hall: &Hall,
    conn: &mut Conn,
    subject: SubjectId,
    held: &Held,
    about: &mut About,
) -> Result<Vec<UnreadView>, Problem> {
    let known = held.rows.iter().map(|(row, sealed)| (row.list, sealed));
    let hashes = erase::sought(hall.vault(), subject, known);
    let mut found = erase::unread(conn, &hashes).await?;
    let standing = list::standing(conn).await?;
    let standing: BTreeSet<i64> = standing.into_iter().map(|it| it.number).collect();
    let mut views = Vec::new();
    for list in list::all(conn).await? {
        let Some(numbers) = found.remove(&list.number) else {
            continue;
        };
        let numbers: Vec<u32> = numbers.into_iter().collect();
        for sealed in record::kept(conn, list.number, &numbers).await? {
            let record = strongbox::open(hall.vault(), list.number, &sealed)?;
            views.push(UnreadView {
                list: list.number,
                kind: list.kind.as_str(),
                title: list.title.clone(),
                owner: list.owner.clone(),
                as_of: list.as_of,
                is_standing: standing.contains(&list.number),
                row: sealed.number,
                says: record.as_ref().map(says),
            });
            about.areas.extend(sealed.area);
        }
    }
    views.sort_by_key(|it| (it.list, it.row));
    Ok(views)
}

/// The fields of a row that say something.
fn says(record: &Record) -> BTreeMap<&'static str, String> {
    let fields = record.fields();
    fields
        .into_iter()
        .filter(|(_, it)| !it.is_empty())
        .collect()
}

fn decided(list: &DecisionRow, kept: &Kept, row: &JudgedRow) -> DecisionView {
    let rule = row.rule.as_deref();
    let rule = rule.and_then(|id| kept.programme.rules.iter().find(|rule| rule.id == id));
    DecisionView {
        number: list.number,
        programme: list.slug.clone(),
        programme_name: kept.programme.name.clone(),
        title: list.title.clone(),
        adopted_us: list.adopted,
        subject: SubjectId::of(kept.programme.subject, row.subject),
        verdict: row.standing.as_str(),
        receives: row.standing.receives(),
        by: row.by.as_str(),
        rule: rule.map(|rule| rule.name.clone()),
        rule_source: rule.and_then(|rule| rule.source.clone()),
        why: why(row, rule.map(|rule| rule.name.as_str())),
    }
}

/// Why somebody stands where he does, in a sentence.
fn why(row: &JudgedRow, rule: Option<&str>) -> String {
    let stands = match row.standing {
        Standing::Included => "Menerima",
        Standing::Held => "Tetap menerima sampai diperiksa",
        Standing::Excluded => "Tidak menerima",
        Standing::Unknown => "Tidak menerima karena belum diketahui",
        Standing::Undecided => "Belum diputuskan",
    };
    let by = match row.by {
        By::Rules => "menurut aturan",
        By::Group => "diputuskan petugas untuk kelompoknya",
        By::Person => "diputuskan petugas untuk subjek ini",
    };
    let against = match (rule, row.against) {
        (Some(rule), Some(Against::Fails)) => format!("; aturan yang tidak terpenuhi: {rule}"),
        (Some(rule), Some(Against::Unknown)) => format!("; aturan yang belum diketahui: {rule}"),
        _ => String::new(),
    };
    format!("{stands}, {by}{against}.")
}

async fn objected(
    hall: &Hall,
    conn: &mut Conn,
    subject: SubjectId,
) -> Result<Vec<ObjectionView>, Problem> {
    let asked = objections::Asked {
        subject: Some(subject.octets()),
        ..objections::Asked::default()
    };
    let everywhere = ("1 = 1".to_owned(), Vec::new());
    let found = objections::some(conn, &asked, everywhere, TOLD_MAX).await?;
    let mut views = Vec::with_capacity(found.len());
    for row in found {
        let is_withheld = row.wants == Exception::Exclude;
        let opened = match is_withheld {
            true => None,
            false => objection::opened(hall.vault(), &row)?,
        };
        views.push(ObjectionView {
            number: row.number,
            decision: row.decision,
            state: row.state.as_str(),
            wants: row.wants.as_str(),
            at_us: row.at,
            is_withheld,
            objector: opened.as_ref().map(|it| it.objector.clone()),
            ground: opened.as_ref().map(|it| it.ground.clone()),
            reason: opened.and_then(|it| it.reason),
        });
    }
    Ok(views)
}

async fn asked(conn: &mut Conn, subject: SubjectId) -> Result<Vec<RequestView>, Error> {
    let asked = requests::Asked {
        subject: Some(subject),
        ..requests::Asked::default()
    };
    let everywhere = ("1 = 1".to_owned(), Vec::new());
    let found = requests::some(conn, &asked, everywhere, TOLD_MAX).await?;
    let view = |row: requests::RequestRow| RequestView {
        number: row.number,
        kind: row.kind.as_str(),
        state: row.state.as_str(),
        at_us: row.at,
    };
    Ok(found.into_iter().map(view).collect())
}

/// Photographs of a family and all of its people; of a person his own, and houses.
async fn photos(conn: &mut Conn, subject: SubjectId, held: &Held) -> Result<Vec<PhotoView>, Error> {
    let Some(run) = run::counting(conn).await? else {
        return Ok(Vec::new());
    };
    let mut families: BTreeMap<Id<Family>, Vec<MemberRow>> = BTreeMap::new();
    for (row, _) in &held.rows {
        families.entry(row.family).or_default().push(*row);
    }
    let mut found = Vec::new();
    for (family, rows) in &families {
        found.extend(photo::of_family(conn, run.number, *family, rows).await?);
    }
    if let SubjectId::Person(_) = subject {
        found.retain(|it| it.subject() == subject || it.kind == photo::Kind::House);
    }
    found.sort_by_key(|it| std::cmp::Reverse(it.number));
    found.dedup_by_key(|it| it.number);
    let view = |row: PhotoRow| PhotoView {
        number: row.number,
        person: row.person,
        kind: row.kind.as_str(),
        taken_for: row.taken_for.as_str(),
        taken_in: row.taken_in,
        taken_us: row.taken,
        gone_us: row.ended.as_ref().map(|it| it.at),
        jpeg: None,
        row: Box::new(row),
    };
    Ok(found.into_iter().map(view).collect())
}

async fn looked(hall: &Hall, conn: &mut Conn, about: &About) -> Result<Vec<LookView>, Problem> {
    let mut filter = Filter {
        verbs: VERBS.map(str::to_owned).to_vec(),
        ..Filter::default()
    };
    let mut views = Vec::new();
    loop {
        let (page, next) = audit::list(conn, &filter, ENTRIES).await?;
        for entry in page {
            if let Some(is_certain) = about.meets(&entry) {
                let mut look = Look {
                    // Where a desk stands is nothing that is kept of him.
                    via_address: None,
                    is_certain,
                    ..entry.into()
                };
                looks::with_purpose(hall, conn, &mut look).await?;
                views.push(LookView { look });
            }
        }
        match next {
            Some(before) => filter.before = Some(before),
            None => return Ok(views),
        }
    }
}

impl Dossier {
    /// The photographs that are there: what each is of, for the audit, and its number.
    pub(crate) fn pictures(&self) -> impl Iterator<Item = &PhotoRow> {
        let rows = self.photos.iter().map(|it| it.row.as_ref());
        rows.filter(|row| row.ended.is_none())
    }

    /// Puts the pictures themselves with it, one after the other.
    ///
    /// # Errors
    /// If one cannot be opened; what was destroyed meanwhile stays out.
    pub(crate) async fn with_pictures(&mut self, hall: &Hall) -> Result<(), Problem> {
        for it in &mut self.photos {
            if it.row.ended.is_some() {
                continue;
            }
            match photo::open(hall, &it.row).await {
                Ok(octets) => it.jpeg = Some(BASE64.encode(octets)),
                Err(problem) if problem.slug() == photo::gone().slug() => {}
                Err(problem) => return Err(problem),
            }
        }
        Ok(())
    }

    /// The lines of it as a table: part, source, day or time, what, and what it says.
    pub(crate) fn lines(&self, time: impl Fn(Wall) -> String) -> Vec<[String; 5]> {
        let mut lines = Vec::new();
        let text = |it: &Option<String>| it.clone().unwrap_or_default();
        let rows = self.rows.iter();
        let rows = rows.map(|it| (&it.title, it.list, it.row, it.as_of, &it.says, ""));
        let unread = self.unread.iter();
        let unread = unread.map(|it| {
            let note = ", belum diperiksa";
            (&it.title, it.list, it.row, it.as_of, &it.says, note)
        });
        for (title, list, row, as_of, says, note) in rows.chain(unread) {
            let source = format!("{title} (daftar {list}, baris {row}{note})");
            let day = as_of.map_or_else(String::new, |day| day.to_string());
            let mut line = |field: &str, value: &str| {
                let values = ["daftar", &source, &day, field, value];
                lines.push(values.map(str::to_owned));
            };
            match says {
                None => line("", "kunci data sudah dimusnahkan"),
                Some(says) => says.iter().for_each(|(field, value)| line(field, value)),
            }
        }
        for it in &self.decisions {
            lines.push([
                "penetapan".to_owned(),
                format!("{} (daftar {})", it.programme_name, it.number),
                it.adopted_us.map(&time).unwrap_or_default(),
                it.subject.to_string(),
                it.why.clone(),
            ]);
        }
        for it in &self.objections {
            let said = match it.is_withheld {
                true => "isi tidak dibuka karena menyangkut orang lain".to_owned(),
                false => format!("{}: {}", text(&it.objector), text(&it.ground)),
            };
            lines.push([
                "sanggahan".to_owned(),
                format!("sanggahan {} atas daftar {}", it.number, it.decision),
                time(it.at_us),
                it.state.to_owned(),
                format!("{said} {}", text(&it.reason)).trim().to_owned(),
            ]);
        }
        for it in &self.requests {
            lines.push([
                "permintaan".to_owned(),
                format!("permintaan {}", it.number),
                time(it.at_us),
                it.kind.to_owned(),
                it.state.to_owned(),
            ]);
        }
        for it in &self.photos {
            let what = match it.kind {
                "house" => "foto rumah",
                "person" => "foto orang",
                _ => "foto dokumen",
            };
            let stands = match it.gone_us {
                Some(at) => format!("dimusnahkan {}", time(at)),
                None => "disimpan".to_owned(),
            };
            lines.push([
                "foto".to_owned(),
                format!("foto {}", it.number),
                time(it.taken_us),
                what.to_owned(),
                stands,
            ]);
        }
        for it in &self.looks {
            let sure = if it.look.is_certain { "" } else { " (mungkin)" };
            let who = text(&it.look.person_name);
            lines.push([
                "pembukaan".to_owned(),
                format!("{who}{sure}"),
                time(it.look.at_us),
                it.look.verb.clone(),
                text(&it.look.purpose),
            ]);
        }
        lines
    }
}
