//! How much of an incident somebody sees.
//!
//! An incident is known to whoever may see one of its places. Nobody learns of a place
//! that he may not see: its subjects are withheld and counted, and with the first one
//! that is withheld go all words that people have written, since they may name it. What
//! a room says names no place, and stays.

use crate::guard::{Permission, Place, Who};
use crate::sql::incident::SubjectRow;

/// How much of an incident somebody sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sight {
    /// That there is one: it is about something that he may see.
    pub(crate) some: bool,
    /// All that it is and was about, and so also what people have written.
    pub(crate) all: bool,
}

/// How much of an incident with these subjects somebody sees, or may change, by a
/// permission.
pub(crate) fn of(who: &Who, permission: Permission, subjects: &[SubjectRow]) -> Sight {
    by(subjects, |place| who.may(permission, place))
}

/// The same for any rule about places.
pub(crate) fn by(subjects: &[SubjectRow], may: impl Fn(&Place) -> bool) -> Sight {
    let linked = || subjects.iter().filter(|one| one.unlinked.is_none());
    Sight {
        some: linked().any(|one| may(&one.about.place)),
        all: subjects.iter().all(|one| may(&one.about.place)),
    }
}

#[cfg(test)]
mod tests {
    use base::area::AreaCode;
    use base::now::Wall;

    use super::*;
    use crate::incident::{About, Subject};

    fn about(nth: u32, code: &str, gone: bool) -> SubjectRow {
        let code: AreaCode = code.parse().expect("a code");
        SubjectRow {
            nth,
            about: About {
                subject: Subject::Area(code.clone()),
                name: String::new(),
                place: Place::new(Some(code), None),
            },
            unlinked: gone.then_some(Wall::from_us(1)),
        }
    }

    #[test]
    fn one_place_shows_that_it_is_there_and_all_show_its_words() {
        let over: AreaCode = "62.01".parse().expect("a code");
        let may = |place: &Place| place.area.as_ref().is_some_and(|area| over.contains(area));
        let sees = |subjects: &[SubjectRow]| {
            let sight = by(subjects, may);
            (sight.some, sight.all)
        };
        let (mine, other) = (about(1, "62.01.01", false), about(2, "62.02", false));
        assert_eq!(sees(std::slice::from_ref(&mine)), (true, true));
        assert_eq!(sees(&[mine.clone(), other.clone()]), (true, false));
        assert_eq!(sees(&[other]), (false, false));
        // What it was about once may stand in its words, and gives no sight of it.
        assert_eq!(sees(&[mine, about(2, "62.02", true)]), (true, false));
        assert_eq!(
            sees(&[about(1, "62.01.01", true), about(2, "62.02", false)]),
            (false, false)
        );
    }
}
