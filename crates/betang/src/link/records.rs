//! The file of records: what its columns are called, and what stands in its lines.

use std::cell::Cell;
use std::fs::File;
use std::io::{Read, Seek as _, SeekFrom};
use std::path::Path;
use std::rc::Rc;

use anyhow::{Context as _, Result, bail, ensure};
use card_core::link::register::{Register, Row};
use csv::ByteRecord;
use encoding_rs::WINDOWS_1252;
use serde::Deserialize;

use super::{BUFFER, Teller};

/// Octets of a record, at the most, and what is read ahead of it: more is no list of people.
const LINE_MAX: usize = (1 << 20) + BUFFER;

/// Which columns hold what.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Columns {
    rec_id: Headings,
    #[serde(default)]
    sumber: Headings,
    #[serde(default)]
    nik: Headings,
    #[serde(default)]
    no_kk: Headings,
    nama: Headings,
    #[serde(default)]
    tgl_lahir: Headings,
    #[serde(default)]
    jk: Headings,
    #[serde(default)]
    tempat_lahir: Headings,
    #[serde(default)]
    ibu_kandung: Headings,
    #[serde(default)]
    hubungan: Headings,
    #[serde(default)]
    alamat: Headings,
    #[serde(default)]
    kode_desa: Headings,
}

/// One heading or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Headings {
    One(String),
    Many(Vec<String>),
}

impl Default for Headings {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl Headings {
    fn names(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

/// How many fields a row has.
const FIELDS: usize = 12;

impl Columns {
    /// As the generators and lists of this house name them.
    pub(super) fn usual() -> Self {
        let one = |name: &str| Headings::One(name.to_owned());
        Self {
            rec_id: one("rec_id"),
            sumber: one("sumber"),
            nik: one("nik"),
            no_kk: one("no_kk"),
            nama: one("nama"),
            tgl_lahir: one("tgl_lahir"),
            jk: one("jk"),
            tempat_lahir: one("tempat_lahir"),
            ibu_kandung: one("ibu_kandung"),
            hubungan: one("hubungan"),
            alamat: one("alamat"),
            kode_desa: one("kode_desa"),
        }
    }

    fn fields(&self) -> [&Headings; FIELDS] {
        [
            &self.rec_id,
            &self.sumber,
            &self.nik,
            &self.no_kk,
            &self.nama,
            &self.tgl_lahir,
            &self.jk,
            &self.tempat_lahir,
            &self.ibu_kandung,
            &self.hubungan,
            &self.alamat,
            &self.kode_desa,
        ]
    }

    /// Where each field stands in a line.
    fn places(&self, headings: &ByteRecord) -> Result<[Vec<usize>; FIELDS]> {
        let told: Vec<String> = headings
            .iter()
            .map(|it| String::from_utf8_lossy(it).trim().to_owned())
            .collect();
        let mut lacking = Vec::new();
        let places = self.fields().map(|headings| {
            let place = |name: &String| {
                let place = told.iter().position(|it| it.eq_ignore_ascii_case(name));
                if place.is_none() {
                    lacking.push(name.clone());
                }
                place
            };
            headings.names().iter().filter_map(place).collect()
        });
        ensure!(
            lacking.is_empty(),
            "there is no column {}; the columns are: {}; a file for --columns can name others, or leave some out",
            lacking.join(", "),
            told.join(", ")
        );
        Ok(places)
    }
}

/// The names of records, one behind the other.
#[derive(Default)]
pub(super) struct Names {
    text: String,
    ends: Vec<usize>,
}

impl Names {
    fn push(&mut self, name: &str) {
        self.text.push_str(name);
        self.ends.push(self.text.len());
    }

    /// The name of a record.
    pub(super) fn get(&self, at: usize) -> &str {
        let from = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[from..self.ends[at]]
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The places of two records, by their names with a comma between.
    pub(super) fn both(&self, text: &str) -> Result<(usize, usize)> {
        let (left, right) = text.split_once(',').context("--why: write REC_ID,REC_ID")?;
        let place = |name: &str| {
            (0..self.ends.len())
                .find(|at| self.get(*at) == name.trim())
                .with_context(|| format!("--why: there is no record {name}"))
        };
        Ok((place(left)?, place(right)?))
    }

    /// Two records with one name.
    fn twice(&self) -> Option<(usize, usize)> {
        let mut order: Vec<usize> = (0..self.ends.len()).collect();
        order.sort_by_key(|at| self.get(*at));
        let mut next = order.windows(2);
        let twice = next.find(|two| self.get(two[0]) == self.get(two[1]));
        twice.map(|two| (two[0], two[1]))
    }
}

/// Reads all records, or says which line cannot be read.
pub(super) fn read(path: &Path, columns: &Columns, teller: &Teller) -> Result<(Names, Register)> {
    let named = || path.display().to_string();
    let mut file = File::open(path).with_context(|| format!("{} cannot be read", named()))?;
    let size = file.metadata().map_or(0, |it| it.len());
    let delimiter = delimiter(&mut file).with_context(named)?;
    let left = Rc::new(Cell::new(0));
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .buffer_capacity(BUFFER)
        .flexible(true)
        .from_reader(Bounded {
            file,
            left: Rc::clone(&left),
        });
    left.set(LINE_MAX);
    let headings = reader.byte_headers().with_context(named)?.clone();
    let places = columns.places(&headings).with_context(named)?;
    let (mut names, mut register) = (Names::default(), Register::new());
    let mut line = ByteRecord::new();
    let mut texts: [String; FIELDS] = std::array::from_fn(|_| String::new());
    loop {
        left.set(LINE_MAX);
        let begins = reader.position().line();
        let more = reader.read_byte_record(&mut line);
        if !more.with_context(|| format!("{}, the record of line {begins}", named()))? {
            break;
        }
        let at = line.position().map_or(begins, csv::Position::line);
        ensure!(
            !line.as_slice().contains(&b'\n'),
            "{}, line {at}: a field goes on in the next line; is a quotation mark not closed?",
            named()
        );
        ensure!(
            line.len() == headings.len(),
            "{}, line {at}: {} columns, and the headings are {}",
            named(),
            line.len(),
            headings.len()
        );
        for (text, places) in texts.iter_mut().zip(&places) {
            text.clear();
            for place in places {
                let part = line.get(*place).unwrap_or_default();
                if !text.is_empty() && !part.is_empty() {
                    text.push(' ');
                }
                text_of(part, text);
            }
        }
        let [rec_id, fields @ ..] = texts.each_ref().map(String::as_str);
        ensure!(
            !rec_id.is_empty(),
            "{}, line {at}: the record has no name",
            named()
        );
        names.push(rec_id);
        register.push(&Row::of(fields));
        if register.len() % 65_536 == 0 {
            teller.bar("read", line.position().map_or(0, csv::Position::byte), size);
        }
    }
    register.settle();
    ensure!(!register.is_empty(), "{}: there are no records", named());
    if let Some((one, other)) = names.twice() {
        bail!(
            "{}: records {} and {} have one name, {}",
            named(),
            one + 1,
            other + 1,
            names.get(one)
        );
    }
    Ok((names, register))
}

/// What stands between columns, by the line of headings; leaves the file behind its mark
/// of UTF-8, if it has one.
fn delimiter(file: &mut File) -> Result<u8> {
    let mut head = Vec::new();
    Read::take(&mut *file, 64 * 1024).read_to_end(&mut head)?;
    let mark = head.starts_with(b"\xef\xbb\xbf");
    file.seek(SeekFrom::Start(if mark { 3 } else { 0 }))?;
    ensure!(
        !head.starts_with(b"PK\x03\x04"),
        "this is a workbook; save it as CSV (UTF-8) first"
    );
    let line = head.split(|it| *it == b'\n').next().unwrap_or_default();
    let count = |of: u8| line.iter().filter(|it| **it == of).count();
    let delimiter = [b',', b';', b'\t', b'|']
        .into_iter()
        .max_by_key(|it| count(*it));
    Ok(delimiter.unwrap_or(b','))
}

/// Adds what octets say: UTF-8, else Windows-1252, in which older lists are written.
fn text_of(octets: &[u8], into: &mut String) {
    match std::str::from_utf8(octets) {
        Ok(text) => into.push_str(text),
        Err(_) => into.push_str(&WINDOWS_1252.decode_without_bom_handling(octets).0),
    }
}

/// A file of which no more is read for one record than a record can have: a quotation mark
/// that is never closed would take all of it into memory.
struct Bounded {
    file: File,
    left: Rc<Cell<usize>>,
}

impl Read for Bounded {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let Some(left) = self.left.get().checked_sub(1) else {
            return Err(std::io::Error::other(
                "longer than a record of a person can be; is a quotation mark not closed?",
            ));
        };
        let read = self.file.read(into)?;
        self.left.set(left.saturating_sub(read.saturating_sub(1)));
        Ok(read)
    }
}
