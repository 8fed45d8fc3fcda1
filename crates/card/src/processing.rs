//! The record of processing (UU 27/2022, article 31): what is done with data of people, what
//! for and by which right, who gets it, and of which class each field and column is.
//!
//! What lists say comes from the register of sources; what the house itself does, and what it
//! keeps, is written down here, and which office answers for it that office says. A column that
//! nobody has classed fails the tests.

pub(crate) mod classes;
mod own;

use std::collections::BTreeMap;

use base::day::Day;
use base::id::{Id, Source};
use base::now::Wall;
use hall::guard::Who;
use hall::source;
use serde::Serialize;
use store::{Conn, Error};
use utoipa::ToSchema;

use crate::sql::list::{self, ListRow};
use crate::sql::office::{self, OfficeRow};
use crate::term::{self, Term};

use classes::{FIELDS, TABLES};

/// Of which class data is (article 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// General: umum.
    Common,
    /// Specific: of children.
    Child,
    /// Specific: personal finance.
    Finance,
    /// Specific: pictures on which people may be seen.
    Picture,
}

impl Class {
    /// The word of its class.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Common => "umum",
            Self::Child | Self::Finance | Self::Picture => "spesifik",
        }
    }

    /// Of specific data the word of its kind.
    pub(crate) const fn kind(self) -> Option<&'static str> {
        match self {
            Self::Common => None,
            Self::Child => Some("anak"),
            Self::Finance => Some("keuangan"),
            Self::Picture => Some("gambar"),
        }
    }
}

/// A field of a record, or a column of a table, that tells something of people.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) class: Class,
    /// Whether it lies sealed.
    pub(crate) is_sealed: bool,
    /// What it tells, in few words, in Indonesian.
    pub(crate) why: &'static str,
}

/// Something that is done with data of people.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardActivity)]
pub(crate) struct Activity {
    /// Of what the house itself does: a word for it. Null: a list of a source.
    #[schema(value_type = Option<String>)]
    key: Option<&'static str>,
    /// What it is called, in Indonesian.
    name: String,
    /// What for.
    purposes: Vec<String>,
    /// By which right; null: nobody has said.
    basis: Option<String>,
    /// Whose data it is.
    owner: Option<String>,
    /// Who answers for it by law.
    controller: Option<String>,
    /// Number of the agreement.
    agreement: Option<String>,
    /// The day it ends.
    agreement_until: Option<String>,
    /// `src_…`: where it comes from.
    #[schema(value_type = Option<String>)]
    source: Option<Id<Source>>,
    /// What it is a list of.
    #[schema(value_type = Option<String>)]
    list_kind: Option<&'static str>,
    /// `terbuka`, `internal`, `terbatas` or `pribadi`.
    classification: Option<String>,
    /// The day whose state it tells.
    #[schema(value_type = Option<String>)]
    as_of: Option<Day>,
    /// Of what the house itself does: of which class the data is, in Indonesian.
    #[schema(value_type = Option<String>)]
    data: Option<&'static str>,
    /// Who gets it from the house, in Indonesian; those of a list are of what is done with it.
    #[schema(value_type = Vec<String>)]
    recipients: Vec<&'static str>,
    /// How long it is kept, in Indonesian.
    retention: Option<String>,
    /// How it is kept safe, in Indonesian.
    #[schema(value_type = Option<String>)]
    security: Option<&'static str>,
}

/// Which office answers for what the house does with data of people.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardOffice)]
pub(crate) struct OfficeView {
    /// What it is called.
    name: String,
    /// Where it is.
    address: String,
    /// Its data protection officer.
    officer: String,
    /// How to reach that one.
    contact: String,
    /// When that was said last, microseconds since 1970 UTC.
    #[schema(value_type = i64)]
    at_us: Wall,
}

impl From<OfficeRow> for OfficeView {
    fn from(row: OfficeRow) -> Self {
        Self {
            name: row.name,
            address: row.address,
            officer: row.officer,
            contact: row.contact,
            at_us: row.at,
        }
    }
}

/// A field or column, and its class.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardDataClass)]
pub(crate) struct ColumnView {
    /// The table that it lies in.
    #[schema(value_type = String)]
    table: &'static str,
    /// The column; of what a row of a list says, `sealed.` and the field.
    column: String,
    /// `umum` or `spesifik`.
    #[schema(value_type = String)]
    class: &'static str,
    /// Of `spesifik`: `anak`, `keuangan` or `gambar`.
    #[schema(value_type = Option<String>)]
    kind: Option<&'static str>,
    /// Whether it lies sealed.
    sealed: bool,
    /// What it tells, in Indonesian.
    #[schema(value_type = String)]
    why: &'static str,
}

/// Who gets data of people from the house.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[schema(as = CardRecipient)]
pub(crate) struct Recipient {
    /// A word for it.
    #[schema(value_type = String)]
    key: &'static str,
    /// Who, in Indonesian.
    #[schema(value_type = String)]
    who: &'static str,
    /// What.
    #[schema(value_type = String)]
    what: &'static str,
    /// By which right.
    #[schema(value_type = String)]
    basis: &'static str,
}

/// The record of processing.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardProcessing)]
pub(crate) struct Processing {
    /// Which office answers for what the house does; null until somebody has said.
    pub(crate) office: Option<OfficeView>,
    /// What is done: first with the lists that count, then by the house.
    pub(crate) activities: Vec<Activity>,
    /// What tells something of people, by table.
    pub(crate) columns: Vec<ColumnView>,
    /// How many columns of the room tell nothing of people.
    pub(crate) plain_columns: usize,
    /// Who gets what.
    pub(crate) recipients: Vec<Recipient>,
}

/// The record as it is now; of sources as far as somebody may see them.
///
/// # Errors
/// If the database does not answer.
pub(crate) async fn record(conn: &mut Conn, who: &Who) -> Result<Processing, Error> {
    let mut activities = Vec::new();
    let days = term::days(conn).await?;
    for list in list::standing(conn).await? {
        let card = source::find(conn, who, list.source).await?;
        let card = card.map(|it| it.card).unwrap_or_default();
        activities.push(of_list(list, card, &days));
    }
    let office = office::said(conn).await?;
    activities.extend(own::activities(office.as_ref(), &days));
    let fields = FIELDS
        .iter()
        .map(|field| column("card_record", format!("sealed.{}", field.name), field));
    let tables = TABLES.iter().flat_map(|table| {
        let columns = table.columns.iter();
        columns.map(|it| column(table.name, it.name.to_owned(), it))
    });
    Ok(Processing {
        office: office.map(OfficeView::from),
        activities,
        columns: fields.chain(tables).collect(),
        plain_columns: TABLES.iter().map(|table| table.plain.len()).sum(),
        recipients: own::RECIPIENTS.to_vec(),
    })
}

fn of_list(list: ListRow, card: source::Card, days: &BTreeMap<Term, Option<i64>>) -> Activity {
    let kept = own::kept(&[Term::RawCopy, Term::ListRows], days);
    Activity {
        key: None,
        name: list.title,
        purposes: card.purposes,
        basis: card.legal_basis,
        owner: list.owner,
        controller: card.controller,
        agreement: card.agreement,
        agreement_until: card.agreement_until,
        source: Some(list.source),
        list_kind: Some(list.kind.as_str()),
        classification: card.classification,
        as_of: list.as_of,
        data: None,
        recipients: Vec::new(),
        retention: Some(kept.join("; ")),
        security: Some(own::SEALED),
    }
}

fn column(table: &'static str, name: String, it: &Column) -> ColumnView {
    ColumnView {
        table,
        column: name,
        class: it.class.as_str(),
        kind: it.class.kind(),
        sealed: it.is_sealed,
        why: it.why,
    }
}

/// What stands in a table where nobody has said.
const UNSAID: &str = "belum diisi";

/// A line of the record as a table.
pub(crate) type Line = [String; 12];

impl Processing {
    /// The lines of it as a table: part, name, what, by which right or of which class, whose
    /// or of which kind, who answers or whether sealed, agreement, until when, class of data,
    /// recipients, how long it is kept, how it is kept safe. Who answers stands first.
    pub(crate) fn lines(&self) -> Vec<Line> {
        let text = |it: &Option<String>| it.clone().unwrap_or_default();
        let office = match &self.office {
            Some(it) => [
                "pengendali",
                &it.name,
                &it.address,
                "",
                &it.officer,
                &it.contact,
            ],
            None => ["pengendali", UNSAID, UNSAID, "", UNSAID, UNSAID],
        };
        let activities = self.activities.iter().map(|it| {
            let unsaid = |said: &Option<String>| said.clone().unwrap_or_else(|| UNSAID.to_owned());
            [
                "kegiatan".to_owned(),
                it.name.clone(),
                it.purposes.join("; "),
                text(&it.basis),
                unsaid(&it.owner),
                unsaid(&it.controller),
                text(&it.agreement),
                text(&it.agreement_until),
                it.data.unwrap_or_default().to_owned(),
                it.recipients.join("; "),
                text(&it.retention),
                it.security.unwrap_or_default().to_owned(),
            ]
        });
        let columns = self.columns.iter().map(|it| {
            let name = format!("{}.{}", it.table, it.column);
            let kind = it.kind.unwrap_or_default();
            let sealed = if it.sealed { "tersegel" } else { "" };
            line(["data", &name, it.why, it.class, kind, sealed])
        });
        let recipients = self.recipients.iter();
        let recipients = recipients.map(|it| line(["penerima", it.who, it.what, it.basis, "", ""]));
        let lines = [line(office)].into_iter().chain(activities);
        lines.chain(columns).chain(recipients).collect()
    }
}

fn line(cells: [&str; 6]) -> Line {
    let mut line = Line::default();
    for (at, cell) in line.iter_mut().zip(cells) {
        cell.clone_into(at);
    }
    line
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use store::Db;

    use super::*;
    use crate::record::Record;

    #[test]
    fn each_field_of_a_record_has_a_class() {
        // A field more is one more here, whoever adds it.
        let printed = format!("{:#?}", Record::default());
        let fields: BTreeSet<&str> = printed
            .lines()
            .filter_map(|line| line.strip_prefix("    ")?.split_once(':'))
            .map(|(field, _)| field)
            .collect();
        let classed: BTreeSet<&str> = FIELDS.iter().map(|it| it.name).collect();
        assert_eq!(fields, classed);
        let named = Record::default().fields().map(|(field, _)| field);
        assert_eq!(
            named.to_vec(),
            FIELDS.iter().map(|it| it.name).collect::<Vec<_>>()
        );
    }

    #[test]
    fn nothing_is_classed_twice_and_all_say_why() {
        let mut seen = BTreeSet::new();
        for table in TABLES {
            for column in table.columns {
                assert!(seen.insert((table.name, column.name)), "{}", column.name);
                assert!(!column.why.is_empty(), "{}", column.name);
            }
            for name in table.plain {
                assert!(seen.insert((table.name, *name)), "{name}");
            }
        }
        assert!(FIELDS.iter().all(|it| it.is_sealed && !it.why.is_empty()));
    }

    /// Each column of each table of the room is classed, or said to tell nothing of people.
    async fn walked(db: Db) {
        let all = store::migrate::describe(&db).await.expect("columns");
        let here: BTreeSet<(String, String)> = all
            .into_iter()
            .filter(|(table, ..)| table.starts_with("card_"))
            .map(|(table, column, _)| (table, column))
            .collect();
        let mut classed = BTreeSet::new();
        for table in TABLES {
            let columns = table.columns.iter().map(|it| it.name);
            for column in columns.chain(table.plain.iter().copied()) {
                classed.insert((table.name.to_owned(), column.to_owned()));
            }
        }
        let unclassed: Vec<_> = here.difference(&classed).collect();
        assert!(unclassed.is_empty(), "class these: {unclassed:?}");
        let gone: Vec<_> = classed.difference(&here).collect();
        assert!(gone.is_empty(), "there is no such column: {gone:?}");
        // What the name says is sealed is told so.
        for table in TABLES {
            for column in table.columns.iter().filter(|it| it.name == "sealed") {
                assert!(column.is_sealed, "{}", table.name);
            }
        }
    }

    store::on_both_engines!(
        each_column_of_the_room_has_a_class,
        &[hall::SCHEMA, crate::SCHEMA],
        async |db: Db| walked(db).await
    );
}
