//! What can be wrong with a programme's text.
//!
//! Officials write it, so each thing says where it is, by the words of the file, and what
//! may stand there instead.

use std::fmt;

use base::day::Day;

use super::{Column, DEPTH_MAX, LEAVES_MAX, Subject, TEXT_MAX};

/// Something that is wrong with a programme's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// Where: `jumlah`, `aturan desil, jika.op`, `baris 12`; a rule without an id is
    /// `aturan #2`, and things in lists are counted from one.
    pub at: String,
    /// What.
    pub why: Why,
}

/// What stands somewhere in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A text.
    Text,
    /// A whole number.
    Whole,
    /// A number that is not whole.
    Broken,
    /// `true` or `false`.
    Flag,
    /// A day.
    Day,
    /// A time of day, with or without a day.
    Time,
    /// A list.
    List,
    /// A table.
    Table,
}

impl Form {
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Text => ("teks di antara tanda kutip", "text between quotes"),
            Self::Whole => ("bilangan bulat", "a whole number"),
            Self::Broken => ("bilangan pecahan", "a number that is not whole"),
            Self::Flag => ("true atau false", "true or false"),
            Self::Day => ("tanggal tanpa tanda kutip", "a day without quotes"),
            Self::Time => ("waktu dengan jam", "a time of day"),
            Self::List => ("daftar [ … ]", "a list [ … ]"),
            Self::Table => ("tabel { … }", "a table { … }"),
        }
    }
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// The text is longer than a programme's.
    Long {
        /// Its octets.
        octets: usize,
    },
    /// It is not TOML.
    Syntax {
        /// What the reader of TOML says, in English.
        said: String,
    },
    /// What has to stand there does not.
    Missing,
    /// No such key.
    Key {
        /// Those there are.
        allowed: &'static [&'static str],
    },
    /// Something of another form.
    Form {
        /// What it should be.
        should: Form,
        /// What it is.
        is: Form,
    },
    /// A word that is none of a few.
    Word {
        /// The word.
        found: String,
        /// Those there are.
        allowed: Vec<&'static str>,
    },
    /// A column that cannot be told of the programme's subject.
    Subject {
        /// The column.
        column: Column,
        /// The subject.
        subject: Subject,
    },
    /// What cannot be asked of the column.
    Op {
        /// The word.
        found: String,
        /// The column.
        column: Column,
    },
    /// A value behind a word that takes none.
    Value {
        /// The word.
        op: &'static str,
    },
    /// No slug.
    Slug {
        /// What stands there.
        found: String,
    },
    /// An id that another rule has.
    Twice,
    /// A number that is too small or too large.
    Range {
        /// The number.
        found: i64,
        /// The least.
        least: i64,
        /// The most.
        most: i64,
    },
    /// `antara` with the higher number first.
    Reversed {
        /// The first.
        from: i32,
        /// The second.
        to: i32,
    },
    /// A last day before the first.
    Ends {
        /// The first.
        from: Day,
        /// The last.
        to: Day,
    },
    /// A day that the calendar of the house does not have.
    Day,
    /// A list of too few or too many.
    Items {
        /// How many there are.
        found: usize,
        /// The least.
        least: usize,
        /// The most.
        most: usize,
    },
    /// A text that is empty or too long.
    Letters {
        /// Its letters.
        found: usize,
        /// The most.
        most: usize,
    },
    /// A text with a sign that cannot be printed, or of more than one line.
    Control,
    /// Not the code of an area.
    Code {
        /// What stands there.
        found: String,
    },
    /// A table that is no term.
    Term,
    /// Terms within terms, too deep.
    Deep,
    /// Too many leaves in all rules together.
    Leaves,
}

const SLUG: &str = "a-z, 0-9";

impl Why {
    /// What is wrong, in Indonesian.
    #[must_use]
    pub fn indonesian(&self) -> String {
        match self {
            Self::Long { octets } => {
                format!("panjangnya {octets} oktet; paling banyak {TEXT_MAX}")
            }
            Self::Syntax { said } => format!("bukan TOML yang benar: {said}"),
            Self::Missing => "harus ada".to_owned(),
            Self::Key { allowed } => {
                format!("kunci ini tidak dikenal; yang ada: {}", allowed.join(", "))
            }
            Self::Form { should, is } => {
                format!("harus {}, bukan {}", should.words().0, is.words().0)
            }
            Self::Word { found, allowed } => {
                format!("“{found}” tidak dikenal; yang ada: {}", allowed.join(", "))
            }
            Self::Subject { column, subject } => format!(
                "kolom {} tidak ada untuk {}; yang ada: {}",
                column.key(),
                subject.as_str(),
                columns(*subject)
            ),
            Self::Op { found, column } => format!(
                "“{found}” tidak berlaku untuk kolom {}; yang ada: {}",
                column.key(),
                column.holds().ops().join(", ")
            ),
            Self::Value { op } => format!("op {op} tidak memakai nilai"),
            Self::Slug { found } => format!(
                "“{found}” harus 2 sampai 40 huruf kecil atau angka ({SLUG}) atau tanda hubung"
            ),
            Self::Twice => "sudah dipakai aturan lain".to_owned(),
            Self::Range { found, least, most } => {
                format!("{found} tidak mungkin; harus {least} sampai {most}")
            }
            Self::Reversed { from, to } => format!("{from} lebih besar daripada {to}"),
            Self::Ends { from, to } => format!("{to} sebelum berlaku_dari, {from}"),
            Self::Day => "harus tanggal dari tahun 1900 sampai 2199".to_owned(),
            Self::Items { found, least, most } if least == most => {
                format!("berisi {found}; harus {least}")
            }
            Self::Items { found, least, most } => {
                format!("berisi {found}; harus {least} sampai {most}")
            }
            Self::Letters { found: 0, .. } => "kosong".to_owned(),
            Self::Letters { found, most } => {
                format!("panjangnya {found} huruf; paling banyak {most}")
            }
            Self::Control => "harus satu baris tanpa tanda kendali".to_owned(),
            Self::Code { found } => format!(
                "“{found}” bukan kode wilayah Kemendagri (PP, PP.RR, PP.RR.DD atau PP.RR.DD.VVVV)"
            ),
            Self::Term => {
                "harus berisi kolom dengan op, atau semua, salah_satu, atau bukan".to_owned()
            }
            Self::Deep => format!("lebih dari {DEPTH_MAX} tingkat"),
            Self::Leaves => format!("lebih dari {LEAVES_MAX} kolom ditanya dalam satu program"),
        }
    }

    /// What is wrong, in English.
    #[must_use]
    pub fn english(&self) -> String {
        match self {
            Self::Long { octets } => format!("it has {octets} octets; {TEXT_MAX} are the most"),
            Self::Syntax { said } => format!("it is not TOML: {said}"),
            Self::Missing => "has to be there".to_owned(),
            Self::Key { allowed } => format!("no such key; there are: {}", allowed.join(", ")),
            Self::Form { should, is } => {
                format!("has to be {}, not {}", should.words().1, is.words().1)
            }
            Self::Word { found, allowed } => {
                format!("“{found}” is not known; there are: {}", allowed.join(", "))
            }
            Self::Subject { column, subject } => format!(
                "column {} cannot be told of {}; there are: {}",
                column.key(),
                subject.as_str(),
                columns(*subject)
            ),
            Self::Op { found, column } => format!(
                "“{found}” cannot be asked of column {}; there are: {}",
                column.key(),
                column.holds().ops().join(", ")
            ),
            Self::Value { op } => format!("op {op} takes no value"),
            Self::Slug { found } => {
                format!("“{found}” has to be 2 to 40 small letters or digits ({SLUG}) or hyphens")
            }
            Self::Twice => "another rule has it".to_owned(),
            Self::Range { found, least, most } => {
                format!("{found} cannot be; it has to be {least} to {most}")
            }
            Self::Reversed { from, to } => format!("{from} is more than {to}"),
            Self::Ends { from, to } => format!("{to} is before berlaku_dari, {from}"),
            Self::Day => "has to be a day of the years 1900 to 2199".to_owned(),
            Self::Items { found, least, most } if least == most => {
                format!("it holds {found}; it has to hold {least}")
            }
            Self::Items { found, least, most } => {
                format!("it holds {found}; it has to hold {least} to {most}")
            }
            Self::Letters { found: 0, .. } => "is empty".to_owned(),
            Self::Letters { found, most } => format!("it has {found} letters; {most} are the most"),
            Self::Control => "has to be one line without control signs".to_owned(),
            Self::Code { found } => format!(
                "“{found}” is no Kemendagri code of an area (PP, PP.RR, PP.RR.DD or PP.RR.DD.VVVV)"
            ),
            Self::Term => "has to hold kolom with op, or semua, salah_satu, or bukan".to_owned(),
            Self::Deep => format!("more than {DEPTH_MAX} deep"),
            Self::Leaves => format!("more than {LEAVES_MAX} columns asked in one programme"),
        }
    }
}

/// The columns that can be told of a subject.
fn columns(subject: Subject) -> String {
    let keys = Column::ALL.into_iter().filter(|it| it.is_of(subject));
    keys.map(Column::key).collect::<Vec<_>>().join(", ")
}

impl Wrong {
    /// Where and what, in English. The words of the file stay as they are.
    #[must_use]
    pub fn english(&self) -> String {
        let at = match self.at.split_once(' ') {
            Some(("aturan", rest)) => format!("rule {rest}"),
            Some(("baris", rest)) => format!("line {rest}"),
            _ if self.at == WHOLE => "text".to_owned(),
            _ => self.at.clone(),
        };
        format!("{at}: {}", self.why.english())
    }
}

/// Where, of what is wrong with the text as a whole.
pub(super) const WHOLE: &str = "teks";

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.why.indonesian())
    }
}

impl std::error::Error for Wrong {}
