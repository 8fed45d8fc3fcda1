//! Photographs of families: pictures with a key and a term of their own.
//!
//! ```text
//! octets ─▶ decoded and written anew ([`picture`]) ─▶ sealed under a key of its own ─▶ a file
//!                                                    └ the key, wrapped, in its row
//! opened for a purpose ◀─ while the row has its key
//! removed, erased, outlived ─▶ the key destroyed, the file taken off the disk after it
//! ```
//!
//! A photograph hangs on the id of a family or a person, and on nothing that the linkage may
//! change: whoever joins or parts two of them seals nothing anew. Where an id ended, because its
//! rows are somebody else's by now, it is shown with these ([`of_family`]).
//!
//! No number is ever taken of a face: nothing here looks at a picture but to make it smaller.

mod picture;

use std::collections::BTreeSet;

use base::day::Day;
use base::id::{Blob, Family, Id, Resident};
use base::now::Wall;
use hall::Hall;
use hall::audit::{self, Act, Actor};
use hall::guard::Who;
use hall::line;
use hall::problem::Problem;
use hall::vault::{Vault, VaultError};
use serde_json::json;
use store::blob::{self, Sha256};
use store::{Conn, Error, Tx};

use crate::erase;
use crate::hold::{self, Hold, Why};
use crate::room::Room;
use crate::sql::erasure;
use crate::sql::member::{self, MemberRow};
use crate::sql::photo::{self as rows, Gone, PhotoRow};
use crate::sql::{hold as held, objection, request, settled};
use crate::subject::SubjectId;

use self::picture::Wrong;
pub(crate) use picture::{OCTETS_MAX, prepared};

/// Photographs of one family that are kept at once.
pub(crate) const PHOTOS_MAX: usize = 40;

/// What the key of a photograph is bound to.
const KEY: (&str, &str) = ("card_photo", "key");

/// The associated data of a photograph.
fn place(file: Id<Blob>) -> String {
    format!("card_photo {file} photo")
}

/// What a photograph shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// The house, as it was seen.
    House,
    /// Somebody of the family.
    Person,
    /// A paper that proves something.
    Paper,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::House, Self::Person, Self::Paper];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::House => "house",
            Self::Person => "person",
            Self::Paper => "paper",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }

    /// The class of its data (UU 27/2022, article 4): specific where it shows somebody. A paper
    /// has a face and a number on it.
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::House => "umum",
            Self::Person | Self::Paper => "spesifik",
        }
    }
}

/// What a photograph was taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum For {
    /// Somebody went there to see how they live.
    Verification,
    /// A visit of a sample.
    Sample,
    /// What is said against where they stand.
    Objection,
    /// What they ask about data of their own.
    Request,
}

impl For {
    pub(crate) const ALL: [Self; 4] = [
        Self::Verification,
        Self::Sample,
        Self::Objection,
        Self::Request,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Verification => "verification",
            Self::Sample => "sample",
            Self::Objection => "objection",
            Self::Request => "request",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// Why a photograph was destroyed: words of a closed list, which name nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ended {
    /// It shows somebody or something else.
    Wrong,
    /// Nothing can be made out on it.
    Unclear,
    /// A better one is there.
    Replaced,
    /// Whoever is on it asked for that.
    Asked,
    /// Its term was over.
    Term,
    /// Whoever it was of was erased.
    Erasure,
    /// Its key was in no file of keys when a backup was restored.
    Lost,
}

impl Ended {
    pub(crate) const ALL: [Self; 7] = [
        Self::Wrong,
        Self::Unclear,
        Self::Replaced,
        Self::Asked,
        Self::Term,
        Self::Erasure,
        Self::Lost,
    ];

    /// Those that people say.
    pub(crate) const SAID: [Self; 4] = [Self::Wrong, Self::Unclear, Self::Replaced, Self::Asked];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Wrong => "wrong",
            Self::Unclear => "unclear",
            Self::Replaced => "replaced",
            Self::Asked => "asked",
            Self::Term => "term",
            Self::Erasure => "erasure",
            Self::Lost => "lost",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// There is no such photograph of that family.
pub(crate) fn none() -> Problem {
    Problem::not_found("card-photo", "There is no such photograph of this family.")
}

/// It was destroyed.
pub(crate) fn gone() -> Problem {
    Problem::conflict(
        "card-photo-gone",
        "The photograph is destroyed: nobody can open it any more.",
    )
}

fn is_wrong(wrong: Wrong) -> Problem {
    Problem::invalid("card-photo-picture", "The file cannot be used.")
        .field("photo", wrong.to_string())
}

/// What somebody sends with a file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sent {
    pub(crate) family: Id<Family>,
    pub(crate) person: Option<Id<Resident>>,
    pub(crate) kind: Kind,
    pub(crate) taken_for: For,
    pub(crate) taken_in: Option<i64>,
    pub(crate) taken: Wall,
}

/// A photograph whose file is on the disk, and that no table names yet.
#[derive(Debug)]
pub(crate) struct Made {
    width: usize,
    height: usize,
    octets: usize,
    /// What the same file that is sent again has in common.
    same: Vec<u8>,
    file: Id<Blob>,
    hash: Sha256,
    wrapped: Vec<u8>,
    /// Octets of the sealed file.
    sealed: usize,
}

impl Made {
    /// Takes the file away: no table names it.
    pub(crate) async fn forget(self, hall: &Hall) {
        let blobs = hall.blobs().clone();
        let removed = hall
            .tasks()
            .blocking("removing a photograph", move || blobs.remove(&self.hash));
        if !matches!(removed.await, Ok(Ok(()))) {
            // Nobody has its key.
            tracing::warn!("a photograph that nobody kept lies there still");
        }
    }
}

/// Makes a photograph of what was sent, decoded, small, and without what the camera noted, and
/// seals it into a file. That counts as kept with its row: one without, as a power cut leaves
/// it, has no key.
///
/// # Errors
/// `card-photo-picture` with what is wrong; `busy` if too many wait.
pub(crate) async fn make(hall: &Hall, room: &Room, octets: bytes::Bytes) -> Result<Made, Problem> {
    let busy = || {
        Problem::exhausted("busy", "Too many photographs are looked at in this moment.")
            .retry_after_s(2)
    };
    let same = hall.vault().blind_index("card_photo", "same", &octets);
    let same = same.ok_or_else(|| Problem::bug("a photograph has no hash"))?;
    let (waiting, looking) = room.picturing();
    let _place = waiting.try_acquire().map_err(|_| busy())?;
    let _turn = looking.acquire().await.map_err(|_| busy())?;
    let looked = hall
        .tasks()
        .blocking("reading a photograph", move || prepared(&octets));
    let picture = looked
        .await
        .map_err(|undone| Problem::bug(undone.to_string()))?
        .map_err(is_wrong)?;
    let (file, key): (Id<Blob>, _) = (hall.mint(), hall.vault().own_key()?);
    let wrapped = hall.vault().wrap(KEY.0, &file.to_string(), KEY.1, &key)?;
    let sealed = key.seal(place(file).as_bytes(), &picture.jpeg)?;
    let (blobs, length) = (hall.blobs().clone(), sealed.len());
    let keeping = hall
        .tasks()
        .blocking("keeping a photograph", move || blobs.put(&sealed));
    let hash = keeping
        .await
        .map_err(|undone| Problem::bug(undone.to_string()))??;
    Ok(Made {
        width: picture.width,
        height: picture.height,
        octets: picture.jpeg.len(),
        same,
        file,
        hash,
        wrapped,
        sealed: length,
    })
}

/// Keeps a photograph of a family, `rows_of` being its rows; and whether it was new. The same
/// file sent again is the one that is there.
///
/// # Errors
/// What of what was said cannot stand; `card-photos` if there are too many.
pub(crate) async fn add(
    hall: &Hall,
    who: &Who,
    tx: &mut Tx,
    (it, made): (Sent, &Made),
    (run, rows_of): (i64, &[MemberRow]),
) -> Result<(PhotoRow, bool), Problem> {
    check(tx, &it, rows_of, hall.now().wall).await?;
    if let Some(row) = rows::same(tx, it.family, &made.same).await? {
        return Ok((row, false));
    }
    let there = of_family(tx, run, it.family, rows_of).await?;
    let there = there.iter().filter(|it| it.ended.is_none()).count();
    if there >= PHOTOS_MAX {
        return Err(Problem::conflict(
            "card-photos",
            format!("There are {there} photographs of this family; remove some first."),
        ));
    }
    let now = hall.now();
    let number = rows::next(tx).await?;
    let size = |it: usize| u32::try_from(it).unwrap_or(u32::MAX);
    let row = PhotoRow {
        number,
        family: it.family,
        person: it.person,
        kind: it.kind,
        taken_for: it.taken_for,
        taken_in: it.taken_in,
        taken: it.taken,
        by: who.person(),
        at: now.wall,
        width: size(made.width),
        height: size(made.height),
        octets: size(made.octets),
        file: made.file,
        blob: Some(made.hash.as_str().to_owned()),
        wrapped: made.wrapped.clone(),
        ended: None,
    };
    blob::record(tx, &made.hash, made.sealed, now.wall).await?;
    rows::add(tx, &row, &made.same).await?;
    let act = Act {
        verb: "card_photo.added",
        subject: row.subject().to_string(),
        detail: json!({ "photo": number, "kind": row.kind.as_str(),
            "taken_for": row.taken_for.as_str(), "taken_in": row.taken_in,
            "octets": row.octets }),
    };
    audit::record(tx, now, who, act).await?;
    Ok((row, true))
}

fn persons(rows_of: &[MemberRow]) -> BTreeSet<Id<Resident>> {
    rows_of.iter().map(|row| row.person).collect()
}

/// Whether what was said with a photograph can stand.
///
/// # Errors
/// What of it cannot.
pub(crate) async fn check(
    conn: &mut Conn,
    it: &Sent,
    of: &[MemberRow],
    now: Wall,
) -> Result<(), Problem> {
    if it.taken > now {
        return Err(line::refuse("taken_us", "is in the future"));
    }
    let persons = persons(of);
    match (it.kind, it.person) {
        (Kind::Person, None) => return Err(line::refuse("person", "say whom it shows")),
        (Kind::House, Some(_)) => {
            return Err(line::refuse(
                "person",
                "a house is the family's, and nobody's",
            ));
        }
        (_, Some(person)) if !persons.contains(&person) => {
            return Err(line::refuse("person", "is nobody of this family"));
        }
        _ => {}
    }
    let wrong = || line::refuse("taken_in", "is nothing about this family");
    let about: BTreeSet<[u8; 16]> = persons
        .iter()
        .map(|it| *it.as_bytes())
        .chain([*it.family.as_bytes()])
        .collect();
    match (it.taken_for, it.taken_in) {
        (For::Verification, None) => return Ok(()),
        (For::Verification, Some(_)) => {
            return Err(line::refuse("taken_in", "a verification has no number"));
        }
        (_, None) => return Err(line::refuse("taken_in", "say the number of it")),
        (For::Sample, Some(number)) => {
            for subject in about {
                if held::samples(conn, &subject).await?.contains(&number) {
                    return Ok(());
                }
            }
        }
        (For::Objection, Some(number)) => {
            for subject in about {
                let asked = objection::Asked {
                    subject: Some(&subject),
                    ..objection::Asked::default()
                };
                let everywhere = ("1 = 1".to_owned(), Vec::new());
                let found = objection::some(conn, &asked, everywhere, TOLD_MAX).await?;
                if found.iter().any(|row| row.number == number) {
                    return Ok(());
                }
            }
        }
        (For::Request, Some(number)) => {
            let found = request::find(conn, number).await?;
            let subject = found.and_then(|row| row.subject);
            if subject.is_some_and(|it| about.contains(it.octets())) {
                return Ok(());
            }
        }
    }
    Err(wrong())
}

/// Objections of one family that are looked through.
const TOLD_MAX: i64 = 500;

/// The octets of a photograph.
///
/// # Errors
/// `card-photo-gone` if it is destroyed, also meanwhile.
pub(crate) async fn open(hall: &Hall, row: &PhotoRow) -> Result<Vec<u8>, Problem> {
    let Some(blob) = row.blob.as_deref().filter(|_| row.ended.is_none()) else {
        return Err(gone());
    };
    let hash = Sha256::parse(blob).ok_or_else(|| Error::corrupt("card_photo.blob"))?;
    let blobs = hall.blobs().clone();
    let reading = hall
        .tasks()
        .blocking("reading a photograph", move || blobs.get(&hash));
    let sealed = reading
        .await
        .map_err(|undone| Problem::bug(undone.to_string()))?;
    match sealed {
        Ok(sealed) => Ok(unseal(hall.vault(), row, &sealed)?),
        Err(Error::Lost { .. }) => Err(gone()),
        Err(error) => Err(error.into()),
    }
}

fn unseal(vault: &Vault, row: &PhotoRow, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
    let key = vault.unwrap_key(KEY.0, &row.file.to_string(), KEY.1, &row.wrapped)?;
    key.open(place(row.file).as_bytes(), sealed)
}

/// The photographs of a family and of whoever belongs to it, the newest first: those that hang on
/// it and on them, and on ids that ended since, whose rows are theirs now.
pub(crate) async fn of_family(
    conn: &mut Conn,
    run: i64,
    family: Id<Family>,
    of: &[MemberRow],
) -> Result<Vec<PhotoRow>, Error> {
    let now: BTreeSet<SubjectId> = persons(of)
        .into_iter()
        .map(SubjectId::Person)
        .chain([SubjectId::Family(family)])
        .collect();
    let mut ever = now.clone();
    for row in of {
        for it in erasure::belonged(conn, (row.list, row.number)).await? {
            ever.extend([it.person, it.family]);
        }
    }
    let ids: Vec<[u8; 16]> = ever.iter().map(|it| *it.octets()).collect();
    let mut found = Vec::new();
    for row in rows::under(conn, &ids).await? {
        let subject = row.subject();
        if now.contains(&subject) || !member::is_anybody(conn, run, subject).await? {
            found.push(row);
        }
    }
    Ok(found)
}

/// What keeps a photograph from being destroyed. What an adopted list rests on it rests on papers,
/// and on what was taken for an objection; all else is needed only while something is open.
pub(crate) async fn holds(
    hall: &Hall,
    conn: &mut Conn,
    run: i64,
    row: &PhotoRow,
) -> Result<Vec<Hold>, Error> {
    let subject = row.subject();
    let mut whose = BTreeSet::from([subject, SubjectId::Family(row.family)]);
    if row.person.is_some() {
        whose.remove(&SubjectId::Family(row.family));
    }
    let were = member::ever_of(conn, run, subject).await?;
    let are = member::moved_to(conn, run, subject).await?;
    for it in were.iter().chain(&are) {
        whose.extend([SubjectId::Person(it.person), SubjectId::Family(it.family)]);
    }
    let is_ground = row.kind == Kind::Paper || row.taken_for == For::Objection;
    let mut holds = hold::of(hall, conn, &whose, &[], None).await?;
    holds.retain(|it| is_ground || it.why != Why::Decision);
    Ok(holds)
}

/// Why and by what a photograph is removed.
#[derive(Debug, Clone)]
pub(crate) struct Removal {
    pub(crate) why: Ended,
    /// Where it is held.
    pub(crate) decree: Option<(String, Day)>,
}

/// Destroys a photograph.
///
/// # Errors
/// `card-photo-gone`; `card-held` where it is held and no decree is named, `card-second-person`
/// where one is and whoever removes it has added it.
pub(crate) async fn remove(
    hall: &Hall,
    who: &Who,
    tx: &mut Tx,
    (run, row): (i64, &PhotoRow),
    it: Removal,
) -> Result<(), Problem> {
    if row.ended.is_some() {
        return Err(gone());
    }
    let holds = holds(hall, tx, run, row).await?;
    match (&it.decree, holds.is_empty()) {
        (None, false) => return Err(erase::is_held(hall, &holds)),
        (Some(_), false) if row.by == who.person() => {
            return Err(Problem::conflict(
                "card-second-person",
                "It is held, and you have added it: another person removes it.",
            ));
        }
        (Some(_), true) => {
            return Err(line::refuse("decree", "nothing holds it: it needs none"));
        }
        _ => {}
    }
    let now = hall.now();
    let named: Vec<String> = holds
        .iter()
        .map(|it| format!("{} {}", it.why.as_str(), it.number))
        .collect();
    let decree = it.decree.as_ref();
    let decree = decree.map(|(number, day)| json!({ "number": number, "day": day.to_string() }));
    let gone_now = Gone {
        at: now.wall,
        by: Some(who.person()),
        why: it.why,
        decree: it.decree,
    };
    if !end(tx, row, &gone_now).await? {
        return Err(gone());
    }
    settled::destroyed(tx, now.wall).await?;
    let act = Act {
        verb: "card_photo.removed",
        subject: row.subject().to_string(),
        detail: json!({ "photo": row.number, "kind": row.kind.as_str(),
            "why": it.why.as_str(), "decree": decree, "held": named }),
    };
    audit::record(tx, now, who, act).await?;
    Ok(())
}

/// Destroys the key of a photograph, and leaves its file to be taken off the disk; whether it was
/// there still.
pub(crate) async fn end(tx: &mut Tx, row: &PhotoRow, gone: &Gone) -> Result<bool, Error> {
    if !rows::end(tx, row, gone).await? {
        return Ok(false);
    }
    if let Some(hash) = row.blob.as_deref().and_then(Sha256::parse) {
        erasure::leave(tx, &hash, gone.at).await?;
    }
    Ok(true)
}

/// Destroys all that hang on somebody who is erased; how many.
pub(crate) async fn erased(
    tx: &mut Tx,
    who: &Who,
    subject: SubjectId,
    now: Wall,
) -> Result<u64, Error> {
    let mut ended = 0;
    for row in rows::under(tx, &[*subject.octets()]).await? {
        let gone = Gone {
            at: now,
            by: Some(who.person()),
            why: Ended::Erasure,
            decree: None,
        };
        ended += u64::from(row.ended.is_none() && end(tx, &row, &gone).await?);
    }
    Ok(ended)
}

/// Photographs that were there when a backup was taken and whose keys are not among those of
/// today: what is left of them goes.
///
/// # Errors
/// If the database does not answer.
pub(crate) async fn sweep(hall: &Hall) -> Result<(), Error> {
    loop {
        let mut tx = hall.db().write().await?;
        let some = rows::keyless(&mut tx, CHUNK).await?;
        if some.is_empty() {
            return Ok(());
        }
        let now = hall.now();
        let gone = Gone {
            at: now.wall,
            by: None,
            why: Ended::Lost,
            decree: None,
        };
        for row in &some {
            end(&mut tx, row, &gone).await?;
        }
        let numbers: Vec<i64> = some.iter().map(|row| row.number).collect();
        let act = Act {
            verb: "card_photo.removed",
            subject: "photos".to_owned(),
            detail: json!({ "photos": numbers, "why": gone.why.as_str() }),
        };
        audit::record_by(&mut tx, now, &Actor::house("card.photos"), act).await?;
        tx.commit().await?;
    }
}

/// Photographs that are looked after in one transaction.
const CHUNK: i64 = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_is_read_as_it_is_written() {
        for it in Kind::ALL {
            assert_eq!(Kind::parse(it.as_str()), Some(it));
        }
        for it in For::ALL {
            assert_eq!(For::parse(it.as_str()), Some(it));
        }
        for it in Ended::ALL {
            assert_eq!(Ended::parse(it.as_str()), Some(it));
        }
        assert_eq!(Kind::parse("face"), None);
    }

    #[test]
    fn whatever_shows_somebody_is_of_the_specific_class() {
        let classes = Kind::ALL.map(|it| (it.as_str(), it.class()));
        assert_eq!(
            classes,
            [
                ("house", "umum"),
                ("person", "spesifik"),
                ("paper", "spesifik")
            ]
        );
    }

    #[test]
    fn a_photograph_is_sealed_for_its_own_place() {
        let (one, other) = (Id::from_bytes([1; 16]), Id::from_bytes([2; 16]));
        assert_ne!(place(one), place(other));
    }
}
