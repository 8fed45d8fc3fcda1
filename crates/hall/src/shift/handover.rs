//! The text of a hand-over: what a shift leaves to the next, as both of them read it.
//!
//! Bahasa Indonesia, plain lines, in the zone of the house. It is made once, when it is
//! written, and kept as it is: whoever accepts it accepts these octets.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base::area::AreaCode;
use base::id::{Id, Person};
use base::now::Wall;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use store::{Conn, Error};

use crate::Hall;
use crate::areas;
use crate::guard::Place;
use crate::incident::{Severity, State, Subject, sight};
use crate::sql::incident::{self as incidents, IncidentRow, SubjectRow};
use crate::sql::shift::{self as rows, ShiftRow};
use crate::sql::staff;

/// Incidents that one hand-over names. Bound; policy: the oldest, and how many more there
/// are.
const NAMED_MAX: usize = 500;

/// Subjects that are named of one incident. Bound; policy: the first, and how many more
/// there are.
const SUBJECTS_NAMED: usize = 5;

/// Composes it from what stands now; also how many incidents it lists.
pub(super) async fn compose(
    hall: &Hall,
    conn: &mut Conn,
    shift: &ShiftRow,
    message: Option<&str>,
    now: Wall,
) -> Result<(String, usize), Error> {
    let zone = hall.config().zone.clone();
    let names = staff::names(conn).await?;
    let place = areas::name(conn, &shift.area).await?.unwrap_or_default();
    let desk = Desk {
        area: &shift.area,
        of_house: shift.area == hall.config().province,
    };
    let condition = if desk.of_house {
        "(s.area_code = ? OR s.area_code LIKE ? OR s.area_code IS NULL)"
    } else {
        "(s.area_code = ? OR s.area_code LIKE ?)"
    };
    let below = format!("{}.%", shift.area);
    let values = vec![shift.area.as_str().into(), below.into()];
    let query = incidents::somewhere(incidents::list(), condition, values)
        .raw(" AND i.state <> 'closed' ORDER BY i.number");
    let open = incidents::fetch(conn, &query).await?;
    let mut subjects = match open.first().zip(open.last()) {
        Some((first, last)) => incidents::subjects_of(conn, first.number, last.number).await?,
        None => BTreeMap::new(),
    };
    let mut text = String::new();
    let mut put = |line: String| {
        text.push_str(&line);
        text.push('\n');
    };
    put(format!("SERAH TERIMA SHIFT {}", shift.number));
    put(format!("Pos: {place} ({})", shift.area));
    put(format!("Yang menyerahkan: {}", name(&names, shift.person)));
    put(format!("Bertugas sejak: {}", time(&zone, shift.from)));
    put(format!("Ditulis: {}", time(&zone, now)));
    put(String::new());
    put(format!("Kejadian yang belum ditutup: {}", open.len()));
    for row in open.iter().take(NAMED_MAX) {
        let of = subjects.remove(&row.id).unwrap_or_default();
        put(incident(&desk, row, &of, &names, &zone, now));
    }
    if open.len() > NAMED_MAX {
        put(format!("… dan {} kejadian lagi", open.len() - NAMED_MAX));
    }
    let notes = rows::notes(conn, shift.id).await?;
    put(String::new());
    put(format!("Catatan shift: {}", notes.len()));
    for note in notes {
        let by = name(&names, note.by);
        put(format!("- {} {by}: {}", time(&zone, note.at), note.text));
    }
    put(String::new());
    put(format!("Pesan: {}", message.unwrap_or("(tidak ada)")));
    Ok((text, open.len()))
}

/// Whose hand-over it is. What is wrong with the house itself is the province's.
struct Desk<'a> {
    area: &'a AreaCode,
    of_house: bool,
}

impl Desk<'_> {
    /// Whoever reads the desk's shifts may see its area, and no other for that.
    fn holds(&self, place: &Place) -> bool {
        match &place.area {
            Some(area) => self.area.contains(area),
            None => self.of_house,
        }
    }
}

fn incident(
    desk: &Desk<'_>,
    row: &IncidentRow,
    subjects: &[SubjectRow],
    names: &BTreeMap<Id<Person>, String>,
    zone: &TimeZone,
    now: Wall,
) -> String {
    let sight = sight::by(subjects, |place| desk.holds(place));
    let title = if sight.all || row.room.is_some() {
        row.title.as_str()
    } else {
        "(sebagian tempatnya di luar pos ini)"
    };
    let it = &row.standing;
    let mut text = format!(
        "#{} {}, {}: {title}",
        row.number,
        severity_word(it.severity),
        state_word(it.state),
    );
    let linked = || subjects.iter().filter(|one| one.unlinked.is_none());
    let here: Vec<_> = linked()
        .filter(|one| desk.holds(&one.about.place))
        .collect();
    let mut places: Vec<_> = here
        .iter()
        .take(SUBJECTS_NAMED)
        .map(|one| called(one))
        .collect();
    let more = linked().count() - places.len();
    if more > 0 {
        places.push(format!("{more} lagi"));
    }
    // Writing to a string cannot fail.
    let _ = write!(text, "\n  Tempat: {}", places.join("; "));
    let owner = it.owner.map_or_else(
        || "belum ada petugas".to_owned(),
        |owner| name(names, owner),
    );
    let _ = write!(text, "\n  Petugas: {owner}");
    if it.state.goes_on() {
        let _ = write!(text, "\n  Tenggat: {}", time(zone, it.due));
        if it.due <= now {
            text.push_str(", sudah lewat");
        }
        if it.level > 0 {
            let _ = write!(text, ", eskalasi {}", it.level);
        }
    }
    text
}

fn called(one: &SubjectRow) -> String {
    match &one.about.subject {
        Subject::House => "pusat".to_owned(),
        subject => format!("{} ({subject})", one.about.name),
    }
}

fn name(names: &BTreeMap<Id<Person>, String>, person: Id<Person>) -> String {
    let name = names.get(&person).map_or("", String::as_str);
    format!("{name} ({person})")
}

fn time(zone: &TimeZone, at: Wall) -> String {
    let at = Timestamp::from_microsecond(at.as_us()).unwrap_or(Timestamp::UNIX_EPOCH);
    at.to_zoned(zone.clone())
        .strftime("%d-%m-%Y %H.%M %Z")
        .to_string()
}

const fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Notice => "perhatian",
        Severity::Warning => "waspada",
        Severity::Critical => "KRITIS",
    }
}

const fn state_word(state: State) -> &'static str {
    match state {
        State::Open => "perlu tindakan",
        State::Handled => "ditangani",
        State::Cleared => "sudah pulih, belum ditutup",
        State::Closed => "ditutup",
    }
}
