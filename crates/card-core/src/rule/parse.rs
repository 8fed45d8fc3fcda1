//! A programme's text, read.
//!
//! Whatever is not known or of another form is refused at the place where it stands: a
//! rule that is read otherwise than it was meant decides about people.

use base::area::AreaCode;
use base::day::Day;
use toml::{Table, Value};

use super::column::Type;
use super::wrong::WHOLE;
use super::{
    ABSENT, AMOUNT_MAX, Column, DEPTH_MAX, Form, LEAVES_MAX, LIST_MAX, Leaf, Op, Programme,
    RULES_MAX, RUPIAH_MAX, Rule, RuleKind, Subject, TEXT_MAX, Term, Test, Why, Wrong,
};

/// Letters of a name.
const NAME_MAX: usize = 200;

/// Letters of a legal source.
const SOURCE_MAX: usize = 500;

/// Letters that are told of a word that is wrong.
const TOLD: usize = 40;

const PROGRAMME: &[&str] = &[
    "program",
    "nama",
    "subjek",
    "instansi",
    "dasar",
    "anggaran",
    "barang",
    "satuan",
    "jumlah",
    "rupiah",
    "berlaku_dari",
    "berlaku_sampai",
    "aturan",
];

const RULE: &[&str] = &["id", "jenis", "nama", "dasar", "massal", "jika"];

const LEAF: &[&str] = &["kolom", "op", "nilai"];

pub(super) fn programme(text: &str) -> Result<Programme, Wrong> {
    let whole = |why| Wrong {
        at: WHOLE.to_owned(),
        why,
    };
    if text.len() > TEXT_MAX {
        return Err(whole(Why::Long { octets: text.len() }));
    }
    let table: Table = text.parse().map_err(|error| syntax(text, &error))?;
    let top = Part {
        table: &table,
        before: String::new(),
    };
    top.knows(PROGRAMME)?;
    let subject = top.word("subjek")?;
    let Some(subject) = Subject::parse(subject) else {
        return top.wrong("subjek", word(subject, Subject::ALL.map(Subject::as_str)));
    };
    let from = top.day("berlaku_dari")?;
    let from = from.map_or_else(|| top.wrong("berlaku_dari", Why::Missing), Ok)?;
    let to = top.day("berlaku_sampai")?;
    if let Some(to) = to.filter(|to| *to < from) {
        return top.wrong("berlaku_sampai", Why::Ends { from, to });
    }
    let amount = top.whole("jumlah", 1, AMOUNT_MAX.into())?;
    let amount = amount.map_or_else(|| top.wrong("jumlah", Why::Missing), Ok)?;
    Ok(Programme {
        slug: top.slug("program")?,
        name: top.text("nama", NAME_MAX)?,
        subject,
        agency: top.text("instansi", NAME_MAX)?,
        source: top.text("dasar", SOURCE_MAX)?,
        budget: top.has("anggaran", |part, key| part.text(key, NAME_MAX))?,
        item: top.text("barang", NAME_MAX)?,
        unit: top.text("satuan", NAME_MAX)?,
        amount: u32::try_from(amount).unwrap_or(AMOUNT_MAX),
        rupiah: top.whole("rupiah", 0, RUPIAH_MAX)?,
        from,
        to,
        rules: rules(&top, subject)?,
    })
}

/// Where TOML could not be read on.
fn syntax(text: &str, error: &toml::de::Error) -> Wrong {
    let at = error.span().map_or(0, |span| span.start.min(text.len()));
    let line = text.as_bytes()[..at].iter().filter(|it| **it == b'\n');
    Wrong {
        at: format!("baris {}", line.count() + 1),
        why: Why::Syntax {
            said: error.message().replace('\n', ", "),
        },
    }
}

fn rules(top: &Part, subject: Subject) -> Result<Vec<Rule>, Wrong> {
    let found = top.list("aturan", RULES_MAX)?;
    let mut rules: Vec<Rule> = Vec::with_capacity(found.len());
    let mut leaves = 0;
    for (at, value) in found.iter().enumerate() {
        let unnamed = format!("aturan #{}", at + 1);
        let part = Part::of(value, &format!("{unnamed}, "), &unnamed)?;
        let id = part.slug("id")?;
        let part = Part {
            before: format!("aturan {id}, "),
            ..part
        };
        if id == ABSENT || rules.iter().any(|it| it.id == id) {
            return part.wrong("id", Why::Twice);
        }
        part.knows(RULE)?;
        let kind = part.word("jenis")?;
        let kind = RuleKind::parse(kind).map_or_else(
            || part.wrong("jenis", word(kind, RuleKind::ALL.map(RuleKind::as_str))),
            Ok,
        )?;
        let in_bulk = match part.table.get("massal") {
            None => true,
            Some(Value::Boolean(it)) => *it,
            Some(other) => return part.wrong("massal", form(Form::Flag, other)),
        };
        let mut terms = Terms { subject, leaves };
        let term = terms.read(part.need("jika")?, &part.at("jika"), 1)?;
        leaves = terms.leaves;
        rules.push(Rule {
            id,
            kind,
            name: part.text("nama", NAME_MAX)?,
            source: part.has("dasar", |part, key| part.text(key, SOURCE_MAX))?,
            in_bulk,
            term,
        });
    }
    Ok(rules)
}

/// Terms being read.
struct Terms {
    subject: Subject,
    /// Leaves so far.
    leaves: usize,
}

impl Terms {
    fn read(&mut self, value: &Value, at: &str, depth: usize) -> Result<Term, Wrong> {
        let part = Part::of(value, &format!("{at}."), at)?;
        let wrong = |why| {
            Err(Wrong {
                at: at.to_owned(),
                why,
            })
        };
        if depth > DEPTH_MAX {
            return wrong(Why::Deep);
        }
        let has = |key| part.table.contains_key(key);
        if has("semua") {
            part.knows(&["semua"])?;
            self.all(&part, "semua", depth).map(Term::All)
        } else if has("salah_satu") {
            part.knows(&["salah_satu"])?;
            self.all(&part, "salah_satu", depth).map(Term::Any)
        } else if has("bukan") {
            part.knows(&["bukan"])?;
            let term = self.read(part.need("bukan")?, &part.at("bukan"), depth + 1)?;
            Ok(Term::Not(Box::new(term)))
        } else if !has("kolom") && !has("op") {
            wrong(Why::Term)
        } else if self.leaves == LEAVES_MAX {
            wrong(Why::Leaves)
        } else {
            let leaf = leaf(&part, self.subject, self.leaves)?;
            self.leaves += 1;
            Ok(Term::Is(leaf))
        }
    }

    fn all(&mut self, part: &Part, key: &str, depth: usize) -> Result<Vec<Term>, Wrong> {
        let found = part.list(key, LEAVES_MAX)?.iter().enumerate();
        found
            .map(|(at, value)| self.read(value, &part.nth(key, at), depth + 1))
            .collect()
    }
}

fn leaf(part: &Part, subject: Subject, number: usize) -> Result<Leaf, Wrong> {
    part.knows(LEAF)?;
    let key = part.word("kolom")?;
    let Some(column) = Column::parse(key) else {
        let allowed = Column::ALL.into_iter().filter(|it| it.is_of(subject));
        return part.wrong("kolom", word(key, allowed.map(Column::key)));
    };
    if !column.is_of(subject) {
        return part.wrong("kolom", Why::Subject { column, subject });
    }
    let op = part.word("op")?;
    let test = match (column.holds(), op, Op::parse(op)) {
        (Type::Number { .. }, "antara", _) => between(part, column)?,
        (Type::Number { .. }, _, Some(op)) => Test::Compare {
            op,
            to: number_of(part.need("nilai")?, column, &part.at("nilai"))?,
        },
        (Type::Flag, "ya", _) => flag(part, true)?,
        (Type::Flag, "tidak", _) => flag(part, false)?,
        (Type::Area, "di", _) => codes(part)?,
        (Type::Aid, "ada", _) => names(part)?,
        _ => {
            let found = short(op);
            return part.wrong("op", Why::Op { found, column });
        }
    };
    Ok(Leaf {
        column,
        test,
        number,
    })
}

fn flag(part: &Part, want: bool) -> Result<Test, Wrong> {
    let test = Test::Flag(want);
    if part.table.contains_key("nilai") {
        return part.wrong("nilai", Why::Value { op: test.op() });
    }
    Ok(test)
}

fn number_of(value: &Value, column: Column, at: &str) -> Result<i32, Wrong> {
    let (least, most) = column.range().unwrap_or((i32::MIN, i32::MAX));
    let number = whole_of(value, least.into(), most.into(), at)?;
    Ok(i32::try_from(number).unwrap_or(most))
}

fn between(part: &Part, column: Column) -> Result<Test, Wrong> {
    let found = part.list("nilai", LIST_MAX)?;
    let [from, to] = found.as_slice() else {
        let why = Why::Items {
            found: found.len(),
            least: 2,
            most: 2,
        };
        return part.wrong("nilai", why);
    };
    let from = number_of(from, column, &part.nth("nilai", 0))?;
    let to = number_of(to, column, &part.nth("nilai", 1))?;
    if from > to {
        return part.wrong("nilai", Why::Reversed { from, to });
    }
    Ok(Test::Between { from, to })
}

fn codes(part: &Part) -> Result<Test, Wrong> {
    let mut codes = Vec::new();
    for (at, value) in part.list("nilai", LIST_MAX)?.iter().enumerate() {
        let at = part.nth("nilai", at);
        let text = text_of(value, &at, NAME_MAX)?;
        let code: AreaCode = text.parse().map_err(|_| Wrong {
            at,
            why: Why::Code {
                found: short(&text),
            },
        })?;
        codes.push(code);
    }
    codes.sort_unstable();
    codes.dedup();
    Ok(Test::Within(codes))
}

fn names(part: &Part) -> Result<Test, Wrong> {
    let mut names: Vec<String> = Vec::new();
    for (at, value) in part.list("nilai", LIST_MAX)?.iter().enumerate() {
        let name = text_of(value, &part.nth("nilai", at), NAME_MAX)?.to_uppercase();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(Test::Gets(names))
}

/// A table of the file, and what is said before its keys to name them.
struct Part<'a> {
    table: &'a Table,
    before: String,
}

impl<'a> Part<'a> {
    fn of(value: &'a Value, before: &str, at: &str) -> Result<Self, Wrong> {
        match value {
            Value::Table(table) => Ok(Self {
                table,
                before: before.to_owned(),
            }),
            other => Err(Wrong {
                at: at.to_owned(),
                why: form(Form::Table, other),
            }),
        }
    }

    fn at(&self, key: &str) -> String {
        format!("{}{key}", self.before)
    }

    fn nth(&self, key: &str, at: usize) -> String {
        format!("{}{key}[{}]", self.before, at + 1)
    }

    fn wrong<T>(&self, key: &str, why: Why) -> Result<T, Wrong> {
        Err(Wrong {
            at: self.at(key),
            why,
        })
    }

    fn knows(&self, allowed: &'static [&'static str]) -> Result<(), Wrong> {
        let mut keys = self.table.keys();
        match keys.find(|key| !allowed.contains(&key.as_str())) {
            Some(key) => self.wrong(&short(key), Why::Key { allowed }),
            None => Ok(()),
        }
    }

    fn need(&self, key: &str) -> Result<&'a Value, Wrong> {
        let found = self.table.get(key);
        found.map_or_else(|| self.wrong(key, Why::Missing), Ok)
    }

    /// What may be left out.
    fn has<T>(
        &self,
        key: &str,
        read: impl Fn(&Self, &str) -> Result<T, Wrong>,
    ) -> Result<Option<T>, Wrong> {
        let is_there = self.table.contains_key(key);
        is_there.then(|| read(self, key)).transpose()
    }

    fn word(&self, key: &str) -> Result<&'a str, Wrong> {
        match self.need(key)? {
            Value::String(word) => Ok(word),
            other => self.wrong(key, form(Form::Text, other)),
        }
    }

    fn text(&self, key: &str, most: usize) -> Result<String, Wrong> {
        text_of(self.need(key)?, &self.at(key), most)
    }

    fn slug(&self, key: &str) -> Result<String, Wrong> {
        let found = self.word(key)?;
        let letters = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-';
        if (2..=40).contains(&found.len()) && found.bytes().all(letters) {
            Ok(found.to_owned())
        } else {
            let found = short(found);
            self.wrong(key, Why::Slug { found })
        }
    }

    fn whole(&self, key: &str, least: i64, most: i64) -> Result<Option<i64>, Wrong> {
        self.has(key, |part, key| {
            whole_of(part.need(key)?, least, most, &part.at(key))
        })
    }

    fn day(&self, key: &str) -> Result<Option<Day>, Wrong> {
        self.has(key, |part, key| {
            let value = part.need(key)?;
            let date = match value {
                Value::Datetime(it) if it.time.is_none() => it.date,
                _ => None,
            };
            let Some(date) = date else {
                return part.wrong(key, form(Form::Day, value));
            };
            let day = Day::new(date.year.into(), date.month.into(), date.day.into());
            day.map_or_else(|| part.wrong(key, Why::Day), Ok)
        })
    }

    fn list(&self, key: &str, most: usize) -> Result<&'a Vec<Value>, Wrong> {
        match self.need(key)? {
            Value::Array(list) if (1..=most).contains(&list.len()) => Ok(list),
            Value::Array(list) => {
                let why = Why::Items {
                    found: list.len(),
                    least: 1,
                    most,
                };
                self.wrong(key, why)
            }
            other => self.wrong(key, form(Form::List, other)),
        }
    }
}

fn text_of(value: &Value, at: &str, most: usize) -> Result<String, Wrong> {
    let wrong = |why| {
        Err(Wrong {
            at: at.to_owned(),
            why,
        })
    };
    let Value::String(text) = value else {
        return wrong(form(Form::Text, value));
    };
    let text = text.trim();
    let found = text.chars().count();
    if found == 0 || found > most {
        return wrong(Why::Letters { found, most });
    }
    if text.chars().any(char::is_control) {
        return wrong(Why::Control);
    }
    Ok(text.to_owned())
}

fn whole_of(value: &Value, least: i64, most: i64, at: &str) -> Result<i64, Wrong> {
    let wrong = |why| {
        Err(Wrong {
            at: at.to_owned(),
            why,
        })
    };
    match value {
        Value::Integer(found) if (least..=most).contains(found) => Ok(*found),
        Value::Integer(found) => wrong(Why::Range {
            found: *found,
            least,
            most,
        }),
        other => wrong(form(Form::Whole, other)),
    }
}

fn form(should: Form, found: &Value) -> Why {
    let is = match found {
        Value::String(_) => Form::Text,
        Value::Integer(_) => Form::Whole,
        Value::Float(_) => Form::Broken,
        Value::Boolean(_) => Form::Flag,
        Value::Datetime(it) if it.time.is_none() => Form::Day,
        Value::Datetime(_) => Form::Time,
        Value::Array(_) => Form::List,
        Value::Table(_) => Form::Table,
    };
    Why::Form { should, is }
}

fn word(found: &str, allowed: impl IntoIterator<Item = &'static str>) -> Why {
    Why::Word {
        found: short(found),
        allowed: allowed.into_iter().collect(),
    }
}

/// As much of a word as is told.
fn short(text: &str) -> String {
    match text.char_indices().nth(TOLD) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
