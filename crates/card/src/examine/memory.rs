//! All records of the lists that are examined, opened, in memory and nowhere else.

use base::area::AreaCode;
use card_core::business::{self, Said};
use card_core::link::register::{Register, Row};
use card_core::list::Kind;
use card_core::running::Told;
use hall::Hall;
use hall::problem::Problem;
use hall::vault::Vault;
use tokio::sync::mpsc;

use crate::import::judge::province;
use crate::record::{NONE, Record};
use crate::room::Room;
use crate::sql::list::ListRow;
use crate::sql::record::{self, Sealed};
use crate::strongbox;

/// Programmes that are told apart.
pub(super) const PROGRAMMES_MAX: usize = 30;

/// Rows that are read at once.
const CHUNK: i64 = 4_000;

/// Chunks that wait to be opened.
const WAITING: usize = 4;

/// Opens all rows of some lists, and tells how many were read of how many. Those of the last
/// list stay beside the register where it comes late.
pub(crate) async fn read(
    hall: &Hall,
    room: &Room,
    lists: &[ListRow],
    is_late: bool,
    tell: &(dyn Fn(u64, u64) + Sync),
) -> Result<Memory, Problem> {
    let (send, mut chunks) = mpsc::channel::<(usize, Vec<Sealed>)>(WAITING);
    let (vault, of_lists, areas) = (hall.vault().clone(), lists.to_vec(), room.clone());
    let opening = hall.tasks().blocking("opening lists", move || {
        let mut memory = Memory::default();
        while let Some((at, rows)) = chunks.blocking_recv() {
            let is_late = is_late && at + 1 == of_lists.len();
            for row in rows {
                let Some(record) = memory.open(&vault, &areas, &of_lists[at], at, row)? else {
                    continue;
                };
                match is_late {
                    true => memory.late.push(record),
                    false => memory.register.push(&folded(&of_lists[at], &record)),
                }
            }
        }
        memory.register.settle();
        Ok::<_, Problem>(memory)
    });
    let (mut done, of) = (0, lists.iter().map(|it| it.rows.unsigned_abs()).sum());
    let reading = async move {
        for (at, list) in lists.iter().enumerate() {
            let mut last = 0;
            loop {
                go_on(hall)?;
                let mut read = hall.db().read().await?;
                let rows = record::after(&mut read, list.number, last, CHUNK).await?;
                drop(read);
                let Some(newest) = rows.last() else {
                    break;
                };
                last = newest.number.into();
                done += rows.len() as u64;
                tell(done, of);
                if send.send((at, rows)).await.is_err() {
                    return Ok(());
                }
            }
        }
        Ok::<(), Problem>(())
    };
    let (memory, read) = tokio::join!(opening, reading);
    read?;
    memory.map_err(|undone| Problem::bug(undone.to_string()))?
}

/// The house closes: what is half done can be done again.
pub(crate) fn go_on(hall: &Hall) -> Result<(), Problem> {
    match hall.tasks().soft().is_cancelled() {
        true => Err(Problem::unavailable("closing", "The house is closing.")),
        false => Ok(()),
    }
}

/// All records, in memory.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) register: Register,
    pub(crate) told: Vec<Told>,
    pub(crate) areas: Vec<Option<AreaCode>>,
    pub(super) programmes: Vec<String>,
    /// What records of businesses say of them.
    pub(super) businesses: Vec<Said>,
    /// Names of aid to them, in the order of their bits.
    pub(super) grants: Vec<String>,
    pub(super) erased: u64,
    /// What rows say that the register does not hold yet: the last ones of `told`.
    pub(super) late: Vec<Record>,
}

impl Memory {
    /// Opens a row and takes what it tells; one whose key was destroyed is counted.
    fn open(
        &mut self,
        vault: &Vault,
        room: &Room,
        list: &ListRow,
        at: usize,
        row: Sealed,
    ) -> Result<Option<Record>, Problem> {
        let place = u16::try_from(at)
            .map_err(|_| Problem::conflict("card-lists", "There are too many lists."))?;
        let Some(record) = strongbox::open(vault, list.number, &row)? else {
            self.erased += 1;
            return Ok(None);
        };
        let mut told = Told::new(place, row.number);
        told.decile = record.decile.unwrap_or(0);
        told.is_head = is_head(&record.relation);
        told.rupiah = record.rupiah;
        if list.kind == Kind::Bansos {
            told.programmes = self.programme(&record.programme)?;
        }
        if list.kind == Kind::Pindah {
            // A place that is no code, such as the name of a town, is told and not guessed.
            told.away = province(&record.destination)
                .is_some_and(|digits| !room.areas().has_province(digits));
        }
        if list.kind == Kind::Kpm {
            let card = strongbox::hash(vault, strongbox::By::Card, &record.card);
            told.card = card.unwrap_or(0).unsigned_abs();
        }
        if list.kind == Kind::Usaha {
            self.business(vault, &record)?;
        }
        self.told.push(told);
        self.areas.push(row.area);
        Ok(Some(record))
    }

    /// Takes what a record says of a business, before it is told.
    fn business(&mut self, vault: &Vault, record: &Record) -> Result<(), Problem> {
        let Some(id) = strongbox::business(vault, record) else {
            return Ok(());
        };
        let at = u32::try_from(self.told.len())
            .map_err(|_| Problem::conflict("card-lists", "There are too many rows."))?;
        let mut grants = match record.grants.as_str() {
            "" => None,
            _ => Some(0),
        };
        if let (Some(bits), false) = (&mut grants, record.grants == NONE) {
            for name in record.grants.split(", ") {
                *bits |= bit(&mut self.grants, name)?;
            }
        }
        self.businesses.push(Said {
            record: at,
            id,
            turnover: record.turnover.map(business::turnover),
            years: record.years.and_then(business::years),
            sector: business::sector(&record.kbli),
            has_nib: business::is_nib(&record.nib),
            grants,
        });
        Ok(())
    }

    /// The bit of a programme.
    fn programme(&mut self, name: &str) -> Result<u32, Problem> {
        bit(&mut self.programmes, name)
    }
}

/// The bit of a name; one that was not met yet is added.
fn bit(names: &mut Vec<String>, name: &str) -> Result<u32, Problem> {
    let at = match names.iter().position(|it| it == name) {
        Some(at) => at,
        None if names.len() < PROGRAMMES_MAX => {
            names.push(name.to_owned());
            names.len() - 1
        }
        // Two that are taken for one would speak against whoever gets the other.
        None => {
            return Err(Problem::conflict(
                "card-lists",
                format!(
                    "Lists of other aid name more than {PROGRAMMES_MAX} programmes: make their names alike, or withdraw a list."
                ),
            ));
        }
    };
    Ok(1 << at)
}

/// `KEPALA KELUARGA`, `Kep. Kel`, `KK`, or the code of the census, 1.
fn is_head(relation: &str) -> bool {
    let word = relation.trim().to_lowercase();
    word.starts_with("kep") || matches!(word.as_str(), "kk" | "1" | "01")
}

pub(super) fn folded<'a>(list: &'a ListRow, record: &'a Record) -> Row<'a> {
    let of_people = list.kind.tells_of_people();
    Row {
        // One list seldom names a person twice, but whoever owns two businesses stands there
        // twice; and a business is not where its owner lives.
        source: match of_people {
            true => list.kind.as_str(),
            false => "",
        },
        nik: &record.nik,
        kk: &record.kk,
        name: &record.name,
        birth: &record.birth,
        sex: &record.sex,
        birthplace: &record.birthplace,
        mother: &record.mother,
        relation: &record.relation,
        address: match of_people {
            true => &record.address,
            false => "",
        },
        village: &record.village,
    }
}
