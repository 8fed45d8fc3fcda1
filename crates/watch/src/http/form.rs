//! What people write about a camera, and what is wrong with it.
//!
//! A form is judged whole: every field that cannot stand is named, so that
//! nobody has to send it seven times.

use base::area::AreaCode;
use base::geo::Point;
use base::id::{Agency, Id};
use base::redact::Secret;
use hall::Hall;
use hall::http::LatLon;
use hall::outward::Refused;
use hall::problem::Problem;
use serde::Deserialize;
use store::Tx;
use url::Url;
use utoipa::ToSchema;

use crate::ingest::gate::Gate;
use crate::ingest::pull::is_list;
use crate::ingest::session::Source;
use crate::sql::camera::{Contact, LegalRow, Project};
use crate::sql::sound::Switch;

/// The kinds of places.
pub(crate) const KINDS: [&str; 4] = ["kantor", "ruang_publik", "proyek_strategis", "lainnya"];

const SHORT_MAX: usize = 40;
/// Longest name, in characters.
pub(crate) const NAME_MAX: usize = 120;

/// Longest other text, in characters.
pub(crate) const TEXT_MAX: usize = 500;

/// A camera to be registered or changed. What is left out stays as it is; on a
/// new camera it stays unknown.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "short": "dermaga", "name": "Dermaga Rambang", "area": "62.71.01",
    "main": "rtsp://op:rahasia@127.0.0.1:9/main", "point": { "lat_deg": -2.2046, "lon_deg": 113.9302 },
    "legal": { "controller": "Diskominfosantik", "zone": "publik", "retention_days": 30 },
}))]
pub(crate) struct CameraForm {
    /// a-z, 0-9 and -, up to 40; unique.
    pub(crate) short: Option<String>,
    /// Up to 120 characters.
    pub(crate) name: Option<String>,
    /// `kantor`, `ruang_publik`, `proyek_strategis` or `lainnya`.
    pub(crate) kind: Option<String>,
    /// Kemendagri code.
    pub(crate) area: Option<String>,
    /// `opd_…`.
    #[schema(value_type = Option<String>)]
    pub(crate) agency: Option<Id<Agency>>,
    /// WGS 84.
    pub(crate) point: Option<LatLon>,
    /// 0 to 360, clockwise from north.
    pub(crate) heading_deg: Option<f64>,
    /// Pull it even when nobody watches.
    pub(crate) always_on: Option<bool>,
    /// `rtsp://host[:port]/path`, or `http://` and `https://` of a list of pieces (HLS,
    /// `.m3u8`); a name and password in it are taken out and kept sealed.
    pub(crate) main: Option<String>,
    /// The small picture.
    pub(crate) sub: Option<String>,
    /// What the camera asks for.
    pub(crate) username: Option<String>,
    /// What the camera asks for. Kept sealed, never shown again.
    #[schema(value_type = Option<String>)]
    pub(crate) password: Option<Secret<String>>,
    /// RTSP sessions that the device allows at once; 4 when not known.
    pub(crate) session_limit: Option<i64>,
    /// Whom to call.
    pub(crate) contact: Option<ContactForm>,
    /// By which right it films.
    pub(crate) legal: Option<LegalForm>,
    /// Whether it may be heard.
    pub(crate) sound: Option<SoundForm>,
    /// The strategic project it watches.
    pub(crate) project: Option<ProjectForm>,
    /// Made by the simulation.
    pub(crate) simulated: Option<bool>,
}

/// Whom to call.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ContactForm {
    /// Who.
    pub(crate) name: Option<String>,
    /// How.
    pub(crate) phone: Option<String>,
    /// When, in words.
    pub(crate) duty: Option<String>,
}

/// The legal card.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LegalForm {
    /// Pengendali data.
    pub(crate) controller: Option<String>,
    /// What it is for.
    pub(crate) purpose: Option<String>,
    /// The regulation or decree.
    pub(crate) basis: Option<String>,
    /// Number of the agreement with the owner.
    pub(crate) agreement: Option<String>,
    /// Day, YYYY-MM-DD.
    pub(crate) agreement_until: Option<String>,
    /// Whether a sign on site tells people.
    pub(crate) sign_on_site: Option<bool>,
    /// `publik` or `privat`.
    pub(crate) zone: Option<String>,
    /// 0 to 3650.
    pub(crate) retention_days: Option<i64>,
}

/// Whether a camera may be heard. It may only with a purpose and a basis; what is left
/// out stays as it is.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SoundForm {
    /// Whether it may.
    pub(crate) on: Option<bool>,
    /// What for.
    pub(crate) purpose: Option<String>,
    /// The regulation or decree.
    pub(crate) basis: Option<String>,
}

/// A strategic project, as reported.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ProjectForm {
    /// Its code.
    pub(crate) code: Option<String>,
    /// Its name.
    pub(crate) name: Option<String>,
    /// The OPD that runs it.
    pub(crate) agency: Option<String>,
    /// Who builds.
    pub(crate) contractor: Option<String>,
    /// Number of the contract.
    pub(crate) contract: Option<String>,
    /// Day, YYYY-MM-DD.
    pub(crate) starts: Option<String>,
    /// Day, YYYY-MM-DD.
    pub(crate) ends: Option<String>,
    /// Progress as reported, 0 to 1000 thousandths.
    pub(crate) physical_permille: Option<i64>,
    /// The day of that report, YYYY-MM-DD.
    pub(crate) reported: Option<String>,
}

/// An address with the name and password it held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    /// Without a name or password.
    pub(crate) url: Url,
    /// What stood in it.
    pub(crate) username: Option<String>,
    /// What stood in it.
    pub(crate) password: Option<Secret<String>>,
}

impl CameraForm {
    /// The fields that cannot stand by themselves, whatever the tables hold.
    pub(crate) fn faults(self) -> Vec<String> {
        let mut faults = Faults::default();
        for (field, url) in [("main", self.main), ("sub", self.sub)] {
            if let Some(url) = url {
                faults.address(field, &url);
            }
        }
        if let Some(short) = self.short {
            faults.short(&short);
        }
        if let Some(name) = self.name {
            faults.name(&name);
        }
        if let Some(kind) = self.kind {
            faults.kind(&kind);
        }
        if let Some(area) = self.area {
            faults.area(&area);
        }
        if let Some(point) = self.point {
            faults.point(point);
        }
        if let Some(heading_deg) = self.heading_deg {
            faults.heading(heading_deg);
        }
        if let Some(limit) = self.session_limit {
            faults.session_limit(limit);
        }
        if let Some(contact) = self.contact {
            faults.contact(contact);
        }
        if let Some(legal) = self.legal {
            faults.legal(legal);
        }
        if let Some(sound) = self.sound {
            faults.sound(sound, Switch::default());
        }
        if let Some(project) = self.project {
            faults.project(project);
        }
        faults
            .0
            .into_iter()
            .map(|(field, _)| field.to_owned())
            .collect()
    }
}

/// Collects what is wrong with a form.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<(&'static str, String)>);

impl Faults {
    pub(crate) fn add(&mut self, field: &'static str, why: impl Into<String>) {
        self.0.push((field, why.into()));
    }

    /// Nothing, or one problem that names every field.
    pub(crate) fn judge(self) -> Result<(), Problem> {
        if self.0.is_empty() {
            return Ok(());
        }
        let problem = Problem::invalid("form", "Some fields cannot stand; nothing was saved.");
        Err(self
            .0
            .into_iter()
            .fold(problem, |problem, (field, why)| problem.field(field, why)))
    }

    pub(crate) fn short(&mut self, short: &str) {
        if !is_short(short) {
            self.add("short", "use a-z, 0-9 and -, at most 40 characters");
        } else if short.starts_with("cam_") {
            self.add("short", "this is how ids begin");
        }
    }

    pub(crate) fn name(&mut self, name: &str) {
        let length = name.trim().chars().count();
        if length == 0 || length > NAME_MAX {
            self.add("name", "use 1 to 120 characters");
        }
    }

    pub(crate) fn kind(&mut self, kind: &str) {
        if !KINDS.contains(&kind) {
            self.add("kind", format!("use one of {}", KINDS.join(", ")));
        }
    }

    pub(crate) fn area(&mut self, code: &str) -> Option<AreaCode> {
        code.parse()
            .map_err(|error: base::area::AreaCodeError| self.add("area", error.to_string()))
            .ok()
    }

    /// The area of that code, if the register has it.
    pub(crate) async fn known_area(
        &mut self,
        tx: &mut Tx,
        code: &str,
    ) -> Result<Option<AreaCode>, Problem> {
        let Some(code) = self.area(code) else {
            return Ok(None);
        };
        if hall::areas::exists(tx, &code).await? {
            return Ok(Some(code));
        }
        self.add("area", "is not in the register of areas");
        Ok(None)
    }

    /// Whether the register has that agency.
    pub(crate) async fn known_agency(
        &mut self,
        tx: &mut Tx,
        agency: Id<Agency>,
    ) -> Result<bool, Problem> {
        let is_known = hall::agencies::exists(tx, agency).await?;
        if !is_known {
            self.add("agency", "is not in the register of agencies");
        }
        Ok(is_known)
    }

    pub(crate) fn point(&mut self, point: LatLon) -> Option<Point> {
        Point::new(point.lat_deg, point.lon_deg)
            .map_err(|error| self.add("point", error.to_string()))
            .ok()
    }

    pub(crate) fn heading(&mut self, heading_deg: f64) {
        if !(0.0..=360.0).contains(&heading_deg) {
            self.add("heading_deg", "use 0 to 360");
        }
    }

    pub(crate) fn session_limit(&mut self, limit: i64) {
        if !(1..=256).contains(&limit) {
            self.add("session_limit", "use 1 to 256");
        }
    }

    pub(crate) fn address(&mut self, field: &'static str, text: &str) -> Option<Address> {
        match address(text) {
            Ok(address) => Some(address),
            Err(why) => {
                self.add(field, why);
                None
            }
        }
    }

    /// Says so where the house will not connect to an address, whatever the camera is.
    pub(crate) fn within_reach(&mut self, field: &'static str, address: &Address, hall: &Hall) {
        if let Err(refused) = address.foreseen(&Gate::of(hall)) {
            self.add(field, refused.to_string());
        }
    }

    pub(crate) fn contact(&mut self, form: ContactForm) -> Contact {
        Contact {
            name: self.text("contact.name", form.name),
            phone: self.text("contact.phone", form.phone),
            duty: self.text("contact.duty", form.duty),
        }
    }

    pub(crate) fn legal(&mut self, form: LegalForm) -> LegalRow {
        if let Some(zone) = form.zone.as_deref()
            && !["publik", "privat"].contains(&zone)
        {
            self.add("legal.zone", "use publik or privat");
        }
        if form
            .retention_days
            .is_some_and(|days| !(0..=3_650).contains(&days))
        {
            self.add("legal.retention_days", "use 0 to 3650");
        }
        LegalRow {
            controller: self.text("legal.controller", form.controller),
            purpose: self.text("legal.purpose", form.purpose),
            basis: self.text("legal.basis", form.basis),
            agreement: self.text("legal.agreement", form.agreement),
            agreement_until: self.day("legal.agreement_until", form.agreement_until),
            sign_on_site: form.sign_on_site,
            zone: form.zone,
            retention_days: form.retention_days,
        }
    }

    /// What becomes of a camera's switch.
    pub(crate) fn sound(&mut self, form: SoundForm, before: Switch) -> Switch {
        let mut next = Switch {
            on: form.on.unwrap_or(before.on),
            ..before
        };
        if form.purpose.is_some() {
            next.purpose = self.text("sound.purpose", form.purpose).unwrap_or_default();
        }
        if form.basis.is_some() {
            next.basis = self.text("sound.basis", form.basis).unwrap_or_default();
        }
        if next.on && next.purpose.is_empty() {
            self.add(
                "sound.purpose",
                "say what it is heard for, or switch it off",
            );
        }
        if next.on && next.basis.is_empty() {
            self.add(
                "sound.basis",
                "say by which right it is heard, or switch it off",
            );
        }
        next
    }

    pub(crate) fn project(&mut self, form: ProjectForm) -> Project {
        if form
            .physical_permille
            .is_some_and(|share| !(0..=1_000).contains(&share))
        {
            self.add("project.physical_permille", "use 0 to 1000");
        }
        Project {
            code: self.text("project.code", form.code),
            name: self.text("project.name", form.name),
            agency: self.text("project.agency", form.agency),
            contractor: self.text("project.contractor", form.contractor),
            contract: self.text("project.contract", form.contract),
            starts: self.day("project.starts", form.starts),
            ends: self.day("project.ends", form.ends),
            physical_permille: form.physical_permille,
            reported: self.day("project.reported", form.reported),
        }
    }

    /// Blank is unknown.
    fn text(&mut self, field: &'static str, text: Option<String>) -> Option<String> {
        let text = text.map(|text| text.trim().to_owned());
        if text
            .as_ref()
            .is_some_and(|text| text.chars().count() > TEXT_MAX)
        {
            self.add(field, "use at most 500 characters");
        }
        text.filter(|text| !text.is_empty())
    }

    fn day(&mut self, field: &'static str, text: Option<String>) -> Option<String> {
        let text = self.text(field, text)?;
        if text.parse::<jiff::civil::Date>().is_err() {
            self.add(field, "write the day as YYYY-MM-DD");
        }
        Some(text)
    }
}

/// Whether it is made of what short names are made of.
pub(crate) fn is_short(short: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !short.is_empty() && short.len() <= SHORT_MAX && short.chars().all(allowed)
}

/// Parses a camera's address and takes a name and password out of it.
pub(crate) fn address(text: &str) -> Result<Address, String> {
    let mut url = Url::parse(text.trim()).map_err(|error| format!("not an address: {error}"))?;
    let scheme = url.scheme();
    if scheme != "rtsp" && !is_list(&url) {
        return Err("an address begins with rtsp://, http:// or https://".to_owned());
    }
    if is_list(&url) && !url.path().to_ascii_lowercase().contains(".m3u8") {
        return Err(
            "an address of http:// or https:// is one of a list of pieces (.m3u8)".to_owned(),
        );
    }
    url.set_fragment(None);
    if url.host_str().is_none_or(str::is_empty) {
        return Err("an address names a host".to_owned());
    }
    let username = Some(url.username().to_owned()).filter(|name| !name.is_empty());
    let password = url.password().map(|word| Secret::new(word.to_owned()));
    // A URL with a host takes both.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    Ok(Address {
        url,
        username: username.map(|name| percent_decoded(&name)),
        password: password.map(|word| Secret::new(percent_decoded(word.expose()))),
    })
}

impl Address {
    /// Where and as whom, for a session.
    pub(crate) fn source(
        &self,
        username: Option<String>,
        password: Option<Secret<String>>,
    ) -> Source {
        let username = username.or_else(|| self.username.clone());
        let password = password.or_else(|| self.password.clone());
        Source {
            url: self.url.clone(),
            credentials: username
                .map(|name| (name, password.unwrap_or_else(|| Secret::new(String::new())))),
        }
    }

    /// Whether the house may connect there, as far as that is known before a name is
    /// looked up.
    pub(crate) fn foreseen(&self, gate: &Gate) -> Result<(), Refused> {
        gate.foresee(&self.url)
    }

    /// `host` or `host:port`, as the device's row has it.
    pub(crate) fn host(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        match self.url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }
}

/// The library leaves names and passwords as they stand in the address.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let hex = tail
            .get(..2)
            .filter(|_| *first == b'%')
            .and_then(|hex| str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(hex.unwrap_or(*first));
        rest = if hex.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_and_password_are_taken_out_of_an_address() {
        let found = address("rtsp://op:r%40hasia@10.0.0.9:8554/main?x=1").expect("an address");
        assert_eq!(found.url.as_str(), "rtsp://10.0.0.9:8554/main?x=1");
        assert_eq!(found.host(), "10.0.0.9:8554");
        assert_eq!(found.username.as_deref(), Some("op"));
        assert_eq!(
            found.password.as_ref().map(|word| word.expose().as_str()),
            Some("r@hasia")
        );
    }

    #[test]
    fn what_is_no_camera_address_is_refused() {
        for text in [
            "",
            "kamera",
            "http://10.0.0.9/",
            "rtsp:///main",
            "file:///etc/passwd",
        ] {
            assert!(address(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_list_of_pieces_is_an_address_too() {
        let found = address("https://op:rahasia@cctv.test/simpang/index.m3u8?t=1#x");
        let found = found.expect("an address");
        assert_eq!(
            found.url.as_str(),
            "https://cctv.test/simpang/index.m3u8?t=1"
        );
        assert_eq!(found.username.as_deref(), Some("op"));
        for text in [
            "https://cctv.test/",
            "https://cctv.test/peta.html",
            "http:///a.m3u8",
        ] {
            // Without a host the next part is taken for one, which is no list then.
            assert!(address(text).is_err(), "{text}");
        }
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let mut faults = Faults::default();
        faults.short("Pasar Besar");
        faults.name("  ");
        faults.kind("toko");
        faults.heading(400.0);
        assert_eq!(faults.area("6271"), None);
        assert_eq!(faults.0.len(), 5);
        assert!(faults.judge().is_err());
    }

    #[test]
    fn a_camera_is_heard_for_a_purpose_by_a_right_or_not_at_all() {
        let text = |text: &str| Some(text.to_owned());
        let off = Switch::default;
        let on = || Switch {
            on: true,
            purpose: "antrean".to_owned(),
            basis: "SK 1".to_owned(),
        };
        let was = || Switch { on: false, ..on() };
        let form = |on, purpose, basis| SoundForm { on, purpose, basis };
        let (purpose, basis) = ("sound.purpose", "sound.basis");
        for (before, form, faults, after) in [
            (
                off(),
                form(Some(true), None, None),
                &[purpose, basis][..],
                true,
            ),
            (
                off(),
                form(Some(true), text("antrean"), None),
                &[basis],
                true,
            ),
            (
                off(),
                form(Some(true), text(" "), text("SK 1")),
                &[purpose],
                true,
            ),
            (
                off(),
                form(Some(true), text("antrean"), text("SK 1")),
                &[],
                true,
            ),
            (off(), form(Some(false), None, None), &[], false),
            (off(), form(None, text("antrean"), None), &[], false),
            (was(), form(Some(true), None, None), &[], true),
            (on(), form(None, text(""), None), &[purpose], true),
            (on(), form(None, None, text("  ")), &[basis], true),
            (on(), form(Some(false), text(""), text("")), &[], false),
            (on(), form(None, None, None), &[], true),
            (
                on(),
                form(None, text(&"a".repeat(501)), None),
                &[purpose],
                true,
            ),
        ] {
            let told = format!("{form:?}");
            let mut found = Faults::default();
            let next = found.sound(form, before);
            let found: Vec<_> = found.0.iter().map(|(field, _)| *field).collect();
            assert_eq!(found, faults, "{told}");
            assert_eq!(next.on, after, "{told}");
        }
        let mut faults = Faults::default();
        let kept = faults.sound(form(Some(false), None, None), on());
        assert_eq!(kept, was(), "what it was heard for stays readable");
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,80}") {
            let _ = address(&text);
            let _ = address(&format!("rtsp://{text}"));
            let _ = percent_decoded(&text);
        }
    }
}
