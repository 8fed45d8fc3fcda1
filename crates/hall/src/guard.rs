//! Who may do what, where.
//!
//! A right is role × permission × place. A person holds grants; a grant is a
//! role over one area subtree (or all) and one branch of agencies (or all), from
//! a time to a time. A thing lies in a [`Place`]. The rule is one line: some
//! grant has a role that holds the permission, and covers the place.
//!
//! It is said twice, once for a row ([`Who::may`]) and once for a list
//! ([`Who::visible`]), and a property test runs both against each other.
//!
//! Routes are guarded before anything of the request is parsed:
//!
//! ```ignore
//! OpenApiRouter::new()
//!     .routes(routes!(list).guard(Permission::CamerasRead))
//!     .routes(routes!(login).open("this is how one becomes somebody"))
//! ```
//!
//! The same call writes `x-permission` into the API description, and [`seal`]
//! refuses a router with an operation that lacks it: no door can be forgotten.

mod layer;
mod who;

use base::area::AreaCode;
use base::id::{Agency, Id};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use layer::{
    Case, Door, EXTENSION, Guard, Guarded, Unguarded, require, seal, signed_in, unguarded,
};
pub(crate) use layer::{Credentials, cookie, same_origin};
pub use who::{Branch, Held, Via, Who};

/// What somebody is here for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Governor and heads: read and watch, change nothing.
    Pimpinan,
    /// Command centre: watch, keep stills, arrange walls.
    Operator,
    /// Team that brings villages online.
    Konektivitas,
    /// Team of the welfare card.
    Bansos,
    /// Worker in the field.
    Petugas,
    /// Volunteer in the field, always until a day.
    Relawan,
    /// Auditor: read everything about the house, change nothing.
    Pengawas,
    /// Manages the house.
    Admin,
    /// A screen on a wall that nobody attends.
    Layar,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 9] = [
        Self::Pimpinan,
        Self::Operator,
        Self::Konektivitas,
        Self::Bansos,
        Self::Petugas,
        Self::Relawan,
        Self::Pengawas,
        Self::Admin,
        Self::Layar,
    ];

    /// The word that rows and requests use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pimpinan => "pimpinan",
            Self::Operator => "operator",
            Self::Konektivitas => "konektivitas",
            Self::Bansos => "bansos",
            Self::Petugas => "petugas",
            Self::Relawan => "relawan",
            Self::Pengawas => "pengawas",
            Self::Admin => "admin",
            Self::Layar => "layar",
        }
    }

    /// The role of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }

    /// Which roles this one may give to others, within its own place and time.
    ///
    /// Nobody gives what he does not hold: a test compares the permissions.
    #[must_use]
    pub const fn may_give(self) -> &'static [Self] {
        match self {
            Self::Admin => &Self::ALL,
            // Who looks at the walls of the command centre hangs them up.
            Self::Operator => &[Self::Layar],
            Self::Pimpinan
            | Self::Konektivitas
            | Self::Bansos
            | Self::Petugas
            | Self::Relawan
            | Self::Pengawas
            | Self::Layar => &[],
        }
    }

    /// Whether a grant of it needs an end.
    #[must_use]
    pub const fn needs_end(self) -> bool {
        matches!(self, Self::Relawan)
    }

    /// Whether it holds a permission.
    #[must_use]
    pub fn holds(self, permission: Permission) -> bool {
        permission.held_by().contains(&self)
    }
}

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident $text:literal: $($role:ident)+;)+) => {
        /// Something that may be allowed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Permission {
            $($(#[$doc])* $name,)+
        }

        impl Permission {
            /// Every permission.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The name in the API: `noun.verb`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }

            /// The roles that hold it.
            #[must_use]
            pub const fn held_by(self) -> &'static [Role] {
                match self {
                    $(Self::$name => &[$(Role::$role),+],)+
                }
            }
        }
    };
}

// The table of rights. A line: permission, its name, the roles that hold it.
permissions! {
    /// Read the register of areas and their outlines.
    AreasRead "area.read":
        Pimpinan Operator Konektivitas Bansos Petugas Relawan Pengawas Admin Layar;
    /// Import outlines of areas.
    AreasWrite "area.write": Admin;
    /// Read the tree of agencies.
    AgenciesRead "agency.read": Pimpinan Operator Konektivitas Bansos Petugas Pengawas Admin;
    /// Add, rename and move agencies.
    AgenciesWrite "agency.write": Admin;
    /// Read who works here with which rights.
    StaffRead "staff.read": Pengawas Admin;
    /// Add people, change what they may do, set their passwords.
    StaffWrite "staff.write": Admin;
    /// See and end the sessions and tokens of others.
    SessionsManage "session.manage": Admin;
    /// Pair screens with the house, change what they show, revoke them.
    ScreensPair "screen.pair": Operator Admin;
    /// Make keys for programs that act in one's own name.
    TokensOwn "token.own": Operator Konektivitas Bansos Pengawas Admin;
    /// Read and export the audit chain. Of the house as a whole.
    AuditRead "audit.read": Pengawas Admin;
    /// Read the settings of the house. Of the house as a whole.
    SettingsRead "setting.read": Pengawas Admin;
    /// Change the settings of the house. Of the house as a whole.
    SettingsWrite "setting.write": Admin;
    /// Read measurements of the house itself. Of the house as a whole.
    MetricsRead "metric.read": Operator Konektivitas Pengawas Admin;
    /// Read the register of cameras, with their states and legal cards.
    CamerasRead "camera.read": Pimpinan Operator Konektivitas Pengawas Admin Layar;
    /// See the picture of a camera.
    CamerasWatch "camera.watch": Pimpinan Operator Admin Layar;
    /// Turn a camera that can be turned, one person at a time, and keep its presets.
    CamerasTurn "camera.turn": Operator Admin;
    /// Take a camera from somebody who turns it.
    CamerasTakeOver "camera.takeover": Admin;
    /// Lend cameras to another system, which takes their pictures by RTSP.
    CamerasLend "camera.lend": Operator Admin;
    /// Add, change and retire cameras.
    CamerasWrite "camera.write": Admin;
    /// Set the passwords of cameras. Nobody reads them.
    CameraCredentialsWrite "camera.credential.write": Admin;
    /// Keep a still, with a reason.
    StillsSave "still.save": Operator Admin;
    /// See what a camera has shown in the last minute.
    CamerasLookBack "camera.look_back": Pimpinan Operator Admin;
    /// Read which clips were saved, by whom, why and until when.
    ClipsRead "clip.read": Operator Pengawas Admin;
    /// Save clips, with a reason.
    ClipsSave "clip.save": Operator Admin;
    /// Take the files of clips out of the house.
    ClipsTake "clip.take": Operator Admin;
    /// Keep arrangements of the video wall for oneself.
    LayoutsWrite "layout.write": Pimpinan Operator Admin;
    /// Offer an arrangement to others.
    LayoutsShare "layout.share": Operator Admin;
    /// Read the register of imported files and feeds.
    SourcesRead "source.read": Pimpinan Konektivitas Bansos Pengawas Admin;
    /// Register and import files and feeds.
    SourcesWrite "source.write": Konektivitas Bansos Admin;
    /// Read the register of sites, with their contacts and boxes.
    SitesRead "site.read": Pimpinan Operator Konektivitas Petugas Pengawas Admin;
    /// Add and change sites.
    SitesWrite "site.write": Konektivitas Admin;
    /// Make codes, let boxes in, suspend and revoke.
    SitesEnrol "site.enrol": Konektivitas Admin;
    /// Read the register of villages: what is said of them, their points and targets.
    VillagesRead "village.read": Pimpinan Operator Konektivitas Petugas Pengawas Admin Layar;
    /// Measure the speed of the line to the house, which everybody shares.
    SpeedTest "speed.test": Operator Konektivitas Petugas Admin;
    /// Import lists of villages, decide their queue, withdraw what was said.
    ClaimsWrite "claim.write": Konektivitas Admin;
    /// Add and change points of villages.
    PointsWrite "point.write": Konektivitas Admin;
    /// Say how far a point has come, with its evidence.
    PointsStep "point.step": Konektivitas Petugas Admin;
    /// Read the photographs of points, on which people may be seen.
    PointPhotosRead "point.photo.read": Konektivitas Petugas Pengawas Admin;
    /// Read what points cost, and who pays.
    MoneyRead "point.money.read": Pimpinan Konektivitas Pengawas Admin;
    /// Say what points cost, and who pays.
    MoneyWrite "point.money.write": Konektivitas Admin;
    /// Set targets, and enter holidays.
    TargetsWrite "target.write": Konektivitas Admin;
    /// Declare minutes that are not to be held against anybody, and decide what others
    /// have declared.
    ExcusesWrite "excuse.write": Konektivitas Admin;
    /// Read what is wrong and what is being done about it, and whose shift it is.
    IncidentsRead "incident.read": Pimpinan Operator Konektivitas Pengawas Admin Layar;
    /// Open incidents and look after them; take shifts and hand them over.
    IncidentsWrite "incident.write": Operator Konektivitas Admin;
    /// Read how many families are on the lists of the welfare card, and what was found
    /// about how many.
    CardCount "card.count": Pimpinan Bansos Pengawas Admin;
    /// Read families and what was found about them, with names and numbers masked.
    CardRead "card.read": Bansos Pengawas Admin;
    /// Open a family, or take a work list, for a purpose that is kept.
    CardOpen "card.open": Bansos Admin;
    /// Bring lists in, take them back, and have them examined.
    CardImport "card.import": Bansos Admin;
    /// Write rules of programmes, and decide who receives: rulings, lists, objections.
    CardDecide "card.decide": Bansos Admin;
    /// Keep what is known of people: their requests, how long it is kept, its destruction,
    /// leaks.
    CardGuard "card.guard": Bansos Admin;
}

/// Where a thing lies, as rights see it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// The area it lies in. None: in no single one; only grants over all cover it.
    pub area: Option<AreaCode>,
    /// The agency it belongs to. None: to none; only grants over all cover it.
    pub agency: Option<Id<Agency>>,
}

impl Place {
    /// The house as a whole, which only a grant over all areas and all agencies
    /// covers.
    pub const HOUSE: Self = Self {
        area: None,
        agency: None,
    };

    /// A thing in an area, perhaps of an agency.
    #[must_use]
    pub const fn new(area: Option<AreaCode>, agency: Option<Id<Agency>>) -> Self {
        Self { area, agency }
    }

    /// The smallest place around both.
    #[must_use]
    pub fn around(&self, other: &Self) -> Self {
        let mut area = self.area.clone();
        while let Some(wide) = &area {
            if other
                .area
                .as_ref()
                .is_some_and(|other| wide.contains(other))
            {
                break;
            }
            area = wide.parent();
        }
        Self {
            area,
            agency: self.agency.filter(|agency| other.agency == Some(*agency)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn held(role: Role) -> BTreeSet<Permission> {
        Permission::ALL
            .iter()
            .copied()
            .filter(|permission| role.holds(*permission))
            .collect()
    }

    #[test]
    fn nobody_gives_what_he_does_not_hold() {
        for role in Role::ALL {
            for given in role.may_give() {
                let more: Vec<_> = held(*given).difference(&held(role)).copied().collect();
                assert!(more.is_empty(), "{role:?} gives {given:?}, so {more:?}");
            }
        }
    }

    #[test]
    fn leaders_auditors_and_screens_change_nothing_of_the_house() {
        let writes = [
            Permission::AreasWrite,
            Permission::AgenciesWrite,
            Permission::StaffWrite,
            Permission::SessionsManage,
            Permission::ScreensPair,
            Permission::SettingsWrite,
            Permission::CamerasTurn,
            Permission::CamerasTakeOver,
            Permission::CamerasLend,
            Permission::CamerasWrite,
            Permission::CameraCredentialsWrite,
            Permission::StillsSave,
            Permission::ClipsSave,
            Permission::ClipsTake,
            Permission::LayoutsShare,
            Permission::SourcesWrite,
            Permission::ClaimsWrite,
            Permission::PointsWrite,
            Permission::PointsStep,
            Permission::MoneyWrite,
            Permission::TargetsWrite,
            Permission::ExcusesWrite,
            Permission::IncidentsWrite,
            Permission::CardOpen,
            Permission::CardImport,
            Permission::CardDecide,
            Permission::CardGuard,
        ];
        for role in [Role::Pimpinan, Role::Pengawas, Role::Layar] {
            assert!(writes.iter().all(|write| !role.holds(*write)), "{role:?}");
        }
        assert!(!Role::Pengawas.holds(Permission::CamerasWatch));
        assert_eq!(
            held(Role::Layar),
            BTreeSet::from([
                Permission::AreasRead,
                Permission::CamerasRead,
                Permission::CamerasWatch,
                Permission::VillagesRead,
                Permission::IncidentsRead,
            ])
        );
    }

    #[test]
    fn the_table_of_rights_reads_as_agreed() {
        let mut table = String::new();
        for permission in Permission::ALL {
            let roles: Vec<_> = permission.held_by().iter().map(|r| r.as_str()).collect();
            table.push_str(&format!("{}: {}\n", permission.name(), roles.join(" ")));
        }
        insta::assert_snapshot!(table);
    }

    #[test]
    fn a_place_around_two_is_the_smallest() {
        let place = |code: &str| Place::new(code.parse().ok(), None);
        for (one, other, around) in [
            ("62.71.01.1001", "62.71.01.1002", "62.71.01"),
            ("62.71.01", "62.71.01.1002", "62.71.01"),
            ("62.71", "62.01.01", "62"),
            ("62", "63", ""),
        ] {
            assert_eq!(place(one).around(&place(other)), place(around));
            assert_eq!(place(other).around(&place(one)), place(around));
        }
    }

    #[test]
    fn words_and_roles_are_inverse() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
        }
        assert_eq!(Role::parse("root"), None);
        let names: BTreeSet<_> = Permission::ALL.iter().map(|p| p.name()).collect();
        assert_eq!(names.len(), Permission::ALL.len());
    }
}
