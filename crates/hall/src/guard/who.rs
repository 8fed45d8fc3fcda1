//! Somebody whose credentials have been checked, and what he may do now.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use base::area::AreaCode;
use base::id::{Agency, Grant, Id, Person, Session, Token};
use base::now::Wall;
use http::request::Parts;
use store::Value;

use super::{Permission, Place, Role};
use crate::problem::Problem;

/// What somebody came with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Via {
    /// The cookie of a browser.
    Session(Id<Session>),
    /// A bearer token.
    Token(Id<Token>),
}

/// A branch of the tree of agencies, as it stood when the grant was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// The office at its top.
    pub root: Id<Agency>,
    /// What the paths of all its offices begin with.
    pub path: String,
    /// All its offices, the top included.
    pub members: Arc<BTreeSet<Id<Agency>>>,
}

/// A grant in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Which one.
    pub id: Id<Grant>,
    /// In which role.
    pub role: Role,
    /// Over this area and what lies in it. None: all.
    pub area: Option<AreaCode>,
    /// Over these agencies. None: all.
    pub agency: Option<Branch>,
    /// Since when.
    pub from: Wall,
    /// Until before when. None: further notice.
    pub to: Option<Wall>,
}

impl Held {
    /// Whether the place lies within the grant.
    ///
    /// A place without an area lies only in grants over all areas, and one
    /// without an agency only in grants over all agencies. So this also tells
    /// whether one grant lies within another.
    #[must_use]
    pub fn covers(&self, place: &Place) -> bool {
        let area = match (&self.area, &place.area) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(over), Some(area)) => over.contains(area),
        };
        let agency = match (&self.agency, &place.agency) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(branch), Some(agency)) => branch.members.contains(agency),
        };
        area && agency
    }

    /// Its own place.
    #[must_use]
    pub fn place(&self) -> Place {
        Place::new(self.area.clone(), self.agency.as_ref().map(|b| b.root))
    }
}

/// Somebody whose credentials have been checked. Cheap to clone.
///
/// What it says was true when the request came. A stream that outlives its
/// request listens to [`Door::revoked`](crate::session::Door::revoked) for its
/// [`login`](Self::login), and ends at [`ends`](Self::ends) at the latest.
#[derive(Debug, Clone)]
pub struct Who(Arc<Identity>);

#[derive(Debug)]
struct Identity {
    person: Id<Person>,
    name: String,
    via: Via,
    grants: Vec<Held>,
    address: Option<IpAddr>,
    ends: Option<Wall>,
}

impl Who {
    /// Somebody with these grants in force.
    ///
    /// `ends` is when the credentials end by themselves; the earliest end of a
    /// grant is taken into account here.
    #[must_use]
    pub fn new(
        person: Id<Person>,
        name: String,
        via: Via,
        grants: Vec<Held>,
        address: Option<IpAddr>,
        ends: Option<Wall>,
    ) -> Self {
        let ends = grants.iter().filter_map(|grant| grant.to).chain(ends).min();
        Self(Arc::new(Identity {
            person,
            name,
            via,
            grants,
            address,
            ends,
        }))
    }

    /// Whose credentials.
    #[must_use]
    pub fn person(&self) -> Id<Person> {
        self.0.person
    }

    /// The person's name. Personal: not for logs.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// What the person came with.
    #[must_use]
    pub fn via(&self) -> Via {
        self.0.via
    }

    /// The stored id of the session or token: what a stream is known by when it is
    /// to be ended.
    #[must_use]
    pub fn login(&self) -> [u8; 16] {
        match self.0.via {
            Via::Session(id) => *id.as_bytes(),
            Via::Token(id) => *id.as_bytes(),
        }
    }

    /// Where the request came from, if that is known.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        self.0.address
    }

    /// The grants in force.
    #[must_use]
    pub fn grants(&self) -> &[Held] {
        &self.0.grants
    }

    /// When this stops being true by itself: the credentials or a grant end.
    #[must_use]
    pub fn ends(&self) -> Option<Wall> {
        self.0.ends
    }

    /// Whether some grant holds the permission, wherever.
    #[must_use]
    pub fn holds(&self, permission: Permission) -> bool {
        self.with(permission).next().is_some()
    }

    /// Whether the permission is held over the place.
    #[must_use]
    pub fn may(&self, permission: Permission, place: &Place) -> bool {
        self.with(permission).any(|grant| grant.covers(place))
    }

    /// Refuses unless the permission is held over the place.
    ///
    /// For a thing whose very existence is not the caller's to know, test with
    /// [`may`](Self::may) on the permission to read it and answer not-found.
    ///
    /// # Errors
    /// `not-allowed`.
    pub fn require(&self, permission: Permission, place: &Place) -> Result<(), Problem> {
        if self.may(permission, place) {
            Ok(())
        } else {
            Err(Problem::denied(
                "not-allowed",
                format!("This needs {} here.", permission.name()),
            ))
        }
    }

    /// The same rule as a condition for lists, in which each `?` stands for the
    /// next value: `query.condition(&text, values)`.
    ///
    /// The columns are constants of the caller, never input: an area code and an
    /// agency id, either of which may be NULL in a row.
    #[must_use]
    pub fn visible(
        &self,
        permission: Permission,
        area_column: &'static str,
        agency_column: &'static str,
    ) -> (String, Vec<Value>) {
        let mut parts: Vec<String> = Vec::new();
        let mut values = Vec::new();
        let mut said: Vec<Place> = Vec::new();
        for grant in self.with(permission) {
            let place = grant.place();
            if place == Place::HOUSE {
                return ("1 = 1".to_owned(), Vec::new());
            }
            if said.contains(&place) {
                continue;
            }
            said.push(place);
            let mut both = Vec::new();
            if let Some(area) = &grant.area {
                // A code holds digits and dots: no wildcard of LIKE.
                both.push(format!("({area_column} = ? OR {area_column} LIKE ?)"));
                values.push(area.as_str().into());
                values.push(format!("{area}.%").into());
            }
            if let Some(branch) = &grant.agency {
                both.push(format!(
                    "{agency_column} IN (SELECT id FROM hall_agency WHERE path LIKE ?)"
                ));
                values.push(format!("{}%", branch.path).into());
            }
            parts.push(format!("({})", both.join(" AND ")));
        }
        match parts.len() {
            0 => ("1 = 0".to_owned(), Vec::new()),
            _ => (format!("({})", parts.join(" OR ")), values),
        }
    }

    /// The names of all permissions held somewhere, in the order of the table.
    #[must_use]
    pub fn permissions(&self) -> Vec<&'static str> {
        Permission::ALL
            .iter()
            .filter(|permission| self.holds(**permission))
            .map(|permission| permission.name())
            .collect()
    }

    fn with(&self, permission: Permission) -> impl Iterator<Item = &Held> {
        self.0
            .grants
            .iter()
            .filter(move |grant| grant.role.holds(permission))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Who {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // Only a guarded route has one; to ask for it elsewhere is our mistake.
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(|| Problem::bug("a handler asks who is there on a route without a guard"))
    }
}

#[cfg(test)]
mod tests {
    use base::now::Wall;
    use store::query::Query;

    use super::*;
    use crate::schema::SCHEMA;
    use crate::sql::agency;

    /// The tree 0(1(3), 2): number, parent.
    const TREE: [(u8, Option<u8>); 4] = [(0, None), (1, Some(0)), (2, Some(0)), (3, Some(1))];
    const AREAS: [&str; 8] = [
        "62",
        "62.01",
        "62.01.01",
        "62.01.01.1001",
        "62.01.02",
        "62.02",
        "62.02.01.2001",
        "62.71",
    ];

    fn office(n: u8) -> Id<Agency> {
        Id::from_bytes([n + 1; 16])
    }

    fn path(n: u8) -> String {
        let above = TREE
            .iter()
            .find(|(number, _)| *number == n)
            .and_then(|(_, parent)| parent.map(path))
            .unwrap_or_default();
        agency::path(&above, office(n))
    }

    fn branch(n: u8) -> Branch {
        let top = path(n);
        Branch {
            root: office(n),
            members: Arc::new(
                TREE.iter()
                    .filter(|(number, _)| path(*number).starts_with(&top))
                    .map(|(number, _)| office(*number))
                    .collect(),
            ),
            path: top,
        }
    }

    fn somebody(grants: Vec<Held>) -> Who {
        Who::new(
            Id::from_bytes([9; 16]),
            "Tester".to_owned(),
            Via::Session(Id::from_bytes([8; 16])),
            grants,
            None,
            None,
        )
    }

    fn pick<T: Copy>(rng: &mut fastrand::Rng, from: &[T]) -> Option<T> {
        let n = rng.usize(..=from.len());
        from.get(n).copied()
    }

    fn grant(rng: &mut fastrand::Rng) -> Held {
        Held {
            id: Id::from_bytes([7; 16]),
            role: Role::ALL[rng.usize(..Role::ALL.len())],
            area: pick(rng, &AREAS).map(|code| code.parse().expect("a code of the table")),
            agency: pick(rng, &[0, 1, 2, 3]).map(branch),
            from: Wall::from_us(0),
            to: None,
        }
    }

    const THINGS: store::migrate::Schema = store::migrate::Schema {
        room: "thing",
        steps: &[store::migrate::Step {
            number: 1,
            name: "things",
            sql: "CREATE TABLE thing_thing (n BIGINT NOT NULL PRIMARY KEY, area_code TEXT, agency_id BYTEA);",
        }],
    };

    async fn agree(db: &store::Db) {
        let mut tx = db.write().await.expect("a transaction");
        let mut things = Vec::new();
        for (n, parent) in TREE {
            tx.execute(
                "INSERT INTO hall_agency (id, name, parent_id, path, created_us, changed_us) \
                 VALUES ($1, 'x', $2, $3, 0, 0)",
                store::params![office(n), parent.map(office), path(n)],
            )
            .await
            .expect("an agency");
        }
        for area in AREAS.iter().map(Some).chain([None]) {
            for agency in [Some(0), Some(1), Some(2), Some(3), None] {
                let n = i64::try_from(things.len()).expect("few");
                let area = area.map(|code| code.parse::<AreaCode>().expect("a code"));
                tx.execute(
                    "INSERT INTO thing_thing (n, area_code, agency_id) VALUES ($1, $2, $3)",
                    store::params![n, area.as_ref().map(AreaCode::as_str), agency.map(office)],
                )
                .await
                .expect("a thing");
                things.push((n, Place::new(area, agency.map(office))));
            }
        }
        let mut rng = fastrand::Rng::with_seed(62);
        for round in 0..200 {
            let many = rng.usize(0..4);
            let who = somebody((0..many).map(|_| grant(&mut rng)).collect());
            let permission = Permission::ALL[rng.usize(..Permission::ALL.len())];
            let (text, values) = who.visible(permission, "t.area_code", "t.agency_id");
            let query = Query::new("SELECT n FROM thing_thing t WHERE n >= 0 AND ")
                .condition(&text, values)
                .raw(" ORDER BY n");
            let listed: Vec<i64> = tx
                .all_query(&query)
                .await
                .expect("the list")
                .iter()
                .map(|row| row.get("n").expect("a number"))
                .collect();
            let judged: Vec<i64> = things
                .iter()
                .filter(|(_, place)| who.may(permission, place))
                .map(|(n, _)| *n)
                .collect();
            assert_eq!(listed, judged, "round {round}: {permission:?} {who:?}");
        }
    }

    store::on_both_engines!(
        rows_and_lists_agree,
        &[SCHEMA, THINGS],
        async |db: store::Db| { agree(&db).await }
    );

    #[test]
    fn a_place_without_area_or_agency_needs_a_grant_over_all() {
        let over = |area: Option<&str>, agency: Option<u8>| {
            somebody(vec![Held {
                id: Id::from_bytes([7; 16]),
                role: Role::Admin,
                area: area.map(|code| code.parse().expect("a code")),
                agency: agency.map(branch),
                from: Wall::from_us(0),
                to: None,
            }])
        };
        let read = Permission::StaffRead;
        assert!(over(None, None).may(read, &Place::HOUSE));
        assert!(!over(Some("62"), None).may(read, &Place::HOUSE));
        assert!(!over(None, Some(0)).may(read, &Place::HOUSE));
        let there = Place::new(Some("62.01.01".parse().expect("a code")), Some(office(3)));
        assert!(over(Some("62.01"), Some(1)).may(read, &there));
        assert!(!over(Some("62.01"), Some(2)).may(read, &there));
        assert!(!over(Some("62.02"), Some(1)).may(read, &there));
    }

    #[test]
    fn credentials_end_with_the_first_grant() {
        let mut held = grant(&mut fastrand::Rng::with_seed(1));
        held.to = Some(Wall::from_us(50));
        let who = Who::new(
            Id::from_bytes([9; 16]),
            "Tester".to_owned(),
            Via::Token(Id::from_bytes([8; 16])),
            vec![held],
            None,
            Some(Wall::from_us(70)),
        );
        assert_eq!(who.ends(), Some(Wall::from_us(50)));
    }
}
