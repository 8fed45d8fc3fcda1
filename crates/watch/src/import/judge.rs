//! One row of a list of cameras: what is wrong with it, or what it becomes.
//!
//! Everything that is wrong is said at once. What passes becomes the same form that
//! a person would have filled in; of a camera that is there, only the columns that
//! the file has are in it, and an empty cell leaves what is there.

use base::area::AreaCode;
use base::geo::Point;
use base::id::{Agency, Id};
use hall::gazetteer::Named;
use hall::guard::{Permission, Place};
use hall::http::LatLon;
use hall::intake::{Altered, Outcome, Row, Said, excerpt, shown_address};

use super::context::{Context, Found, Known};
use crate::http::form::{
    self, CameraForm, ContactForm, KINDS, LegalForm, NAME_MAX, ProjectForm, TEXT_MAX,
};
use crate::hub::Layer;
use crate::sql::camera::CameraRow;

/// What a row becomes.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The camera that is there; none for a new one.
    pub(crate) there: Option<CameraRow>,
    /// What is written.
    pub(crate) form: CameraForm,
}

/// Judges one row.
pub(crate) fn judge(context: &Context, row: &mut Row<'_>) -> Outcome<Plan> {
    let short = row.text("short").unwrap_or_default().to_owned();
    let found = match context.known(&short) {
        Some(Known::Here(found)) if is_his(context, found) => Some(&**found),
        Some(Known::Here(_) | Known::Retired) => {
            taken(row, None);
            None
        }
        Some(Known::Moved(to)) => {
            taken(row, Some(to));
            None
        }
        None => None,
    };
    if found.is_some() && !context.may_change {
        return Outcome::Exists;
    }
    let mut reading = Reading {
        context,
        row,
        found,
        changes: Vec::new(),
    };
    let form = reading.form(&short);
    let Reading { changes, .. } = reading;
    match found {
        None => Outcome::Add(Plan { there: None, form }),
        Some(_) if changes.is_empty() => Outcome::Same,
        Some(found) => {
            let there = Some(found.row.clone());
            Outcome::Change(Plan { there, form }, changes)
        }
    }
}

/// Of a camera that he may not change he learns only that its name is taken.
fn is_his(context: &Context, found: &Found) -> bool {
    let place = found.row.place();
    context.who.may(Permission::CamerasRead, &place)
        && (!context.may_change || context.who.may(Permission::CamerasWrite, &place))
}

fn taken(row: &mut Row<'_>, now: Option<&str>) {
    let wrong = match now {
        Some(now) => Said::with(
            format!("nama lama kamera {now}"),
            format!("an old name of the camera {now}"),
        ),
        None => Said::new(
            "sudah dipakai kamera lain atau kamera nonaktif",
            "is taken by another camera, or by one out of service",
        ),
    };
    let todo = match now {
        Some(now) => Said::with(
            format!("tulis {now} bila kamera itu yang dimaksud, atau pilih nama lain"),
            format!("write {now} if that camera is meant, or choose another name"),
        ),
        None => Said::new("pilih nama pendek lain", "choose another short name"),
    };
    row.fault("short", wrong, todo);
}

/// One row on its way to a form.
struct Reading<'r, 't> {
    context: &'r Context,
    row: &'r mut Row<'t>,
    found: Option<&'r Found>,
    changes: Vec<Altered>,
}

impl Reading<'_, '_> {
    fn form(&mut self, short: &str) -> CameraForm {
        let is_new = self.found.is_none();
        if is_new {
            for key in ["name", "main"] {
                if self.row.text(key).is_none() {
                    self.row.missing(key);
                }
            }
        }
        self.short(short);
        let form = CameraForm {
            short: is_new.then(|| short.to_owned()),
            name: self.name(),
            kind: self.kind(),
            area: self.area().map(|code| code.to_string()),
            agency: self.agency(),
            point: self.point(),
            heading_deg: self.heading(),
            always_on: self.always_on(),
            main: self.stream("main", Layer::Main),
            sub: self.stream("sub", Layer::Sub),
            username: self.username(),
            password: self.password(),
            session_limit: None,
            contact: self.contact(),
            legal: self.legal(),
            project: self.project(),
            // Each camera that may be heard is decided upon by itself.
            sound: None,
            simulated: None,
        };
        self.permitted(&form);
        form
    }

    /// Notes a change, if it is one; whether it is.
    fn alters(&mut self, field: &'static str, from: &str, to: &str) -> bool {
        if self.found.is_none() {
            return true;
        }
        if from == to {
            return false;
        }
        self.changes.push(Altered {
            field,
            from: from.to_owned(),
            to: to.to_owned(),
        });
        true
    }

    fn short(&mut self, short: &str) {
        if short.is_empty() || form::is_short(short) {
            return;
        }
        let proposed = slug(short);
        self.row.fault(
            "short",
            Said::new(
                "hanya huruf kecil, angka, dan tanda hubung, paling panjang 40",
                "only a-z, 0-9 and -, at most 40",
            ),
            if form::is_short(&proposed) {
                Said::with(
                    format!("misalnya {proposed}"),
                    format!("such as {proposed}"),
                )
            } else {
                Said::new("misalnya pasar-besar-1", "such as pasar-besar-1")
            },
        );
    }

    /// Words of a field: one line, not too long, and another than before.
    fn words(&mut self, key: &'static str, from: Option<&str>, most: usize) -> Option<String> {
        let text = self
            .row
            .text(key)?
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        if text.chars().count() > most {
            self.row.fault(
                key,
                Said::with(
                    format!("lebih dari {most} karakter"),
                    format!("more than {most} characters"),
                ),
                Said::new("ringkas isinya", "shorten it"),
            );
            return None;
        }
        if text.chars().any(char::is_control) {
            self.row.fault(
                key,
                Said::new("berisi karakter kendali", "holds control characters"),
                Said::new("ketik ulang isinya", "type it again"),
            );
            return None;
        }
        let from = from.unwrap_or_default().to_owned();
        self.alters(key, &from, &text).then_some(text)
    }

    fn name(&mut self) -> Option<String> {
        let from = self.found.map(|found| found.row.name.clone());
        self.words("name", from.as_deref(), NAME_MAX)
    }

    fn kind(&mut self) -> Option<String> {
        let text = self.row.text("kind")?.to_lowercase();
        let word = text
            .split(|c: char| !c.is_alphanumeric())
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join("_");
        let word = match word.as_str() {
            "publik" | "tempat_umum" | "umum" => "ruang_publik",
            "perkantoran" | "gedung_kantor" => "kantor",
            "proyek" => "proyek_strategis",
            "lain" | "lain_lain" => "lainnya",
            other => other,
        };
        let Some(kind) = KINDS.into_iter().find(|kind| *kind == word) else {
            self.row.fault(
                "kind",
                Said::new("jenis ini tidak dikenal", "this kind is not known"),
                Said::with(
                    format!("tulis salah satu: {}", KINDS.join(", ")),
                    format!("write one of {}", KINDS.join(", ")),
                ),
            );
            return None;
        };
        let from = self.found.map(|found| found.row.kind.clone());
        self.alters("kind", from.as_deref().unwrap_or_default(), kind)
            .then(|| kind.to_owned())
    }

    fn area(&mut self) -> Option<AreaCode> {
        let text = |key: &str| self.row.text(key).map(str::to_owned);
        let (code, regency) = (text("area"), text("regency"));
        let (district, village, any) = (text("district"), text("village"), text("area_name"));
        let named = Named {
            regency: regency.as_deref(),
            district: district.as_deref(),
            village: village.as_deref(),
            any: any.as_deref(),
        };
        let gazetteer = &self.context.gazetteer;
        let area = match &code {
            Some(code) => {
                let area = gazetteer.code(code).map_err(|why| ("area", why));
                match area {
                    Ok(area) => match gazetteer.contradicts(&area, &named) {
                        Some(refusal) => Err(refusal),
                        None => Ok(area),
                    },
                    Err(refusal) => Err(refusal),
                }
            }
            None if named.is_empty() && self.found.is_some() => return None,
            None => gazetteer.named(&named),
        };
        match area {
            Ok(area) => {
                if code.is_some() && self.row.was_number("area") {
                    self.row.note(
                        "area",
                        Said::with(
                            format!("ditulis sebagai angka; dibaca {}", gazetteer.name(&area)),
                            format!(
                                "stands there as a number; read as {}",
                                gazetteer.name(&area)
                            ),
                        ),
                    );
                }
                let from = self.found.map(|found| gazetteer.name(&found.row.area));
                let to = gazetteer.name(&area);
                self.alters("area", from.as_deref().unwrap_or_default(), &to)
                    .then_some(area)
            }
            Err((field, (wrong, todo))) => {
                // A cell that cannot be read has been refused for that.
                if !(field == "area" && code.is_none() && self.row.is_refused_for("area")) {
                    self.row.fault(field, wrong, todo);
                }
                None
            }
        }
    }

    fn agency(&mut self) -> Option<Id<Agency>> {
        let name = self.row.text("agency")?.to_owned();
        match self.context.agency(&name) {
            Ok(agency) => {
                let from = self
                    .context
                    .office(self.found.and_then(|found| found.row.agency));
                let to = self.context.office(Some(agency));
                self.alters("agency", &from, &to).then_some(agency)
            }
            Err((wrong, todo)) => {
                self.row.fault("agency", wrong, todo);
                None
            }
        }
    }

    fn point(&mut self) -> Option<LatLon> {
        let (lat, lon) = match (self.row.decimal("lat"), self.row.decimal("lon")) {
            (Some(lat), Some(lon)) => (lat, lon),
            (None, None) => {
                let text = self.row.text("point")?.to_owned();
                let Some(pair) = pair(&text) else {
                    self.row.fault(
                        "point",
                        Said::new("bukan lintang dan bujur", "is no latitude and longitude"),
                        Said::new(
                            "tulis derajat desimal, misalnya -2.2083, 113.9213",
                            "write decimal degrees, such as -2.2083, 113.9213",
                        ),
                    );
                    return None;
                };
                pair
            }
            (lat, _) => {
                let (key, other) = if lat.is_some() {
                    ("lon", "lat")
                } else {
                    ("lat", "lon")
                };
                // The other half may have been refused already.
                if !self.row.is_refused_for(key) {
                    self.row.fault(
                        key,
                        Said::new("hanya satu dari lintang dan bujur", "half a point"),
                        Said::new(
                            "isi keduanya atau kosongkan keduanya",
                            "give both or neither",
                        ),
                    );
                }
                let _ = other;
                return None;
            }
        };
        let key = if self.row.decimal("lat").is_some() {
            "lat"
        } else {
            "point"
        };
        let Ok(point) = Point::new(lat, lon) else {
            let swapped = Point::new(lon, lat).is_ok();
            self.row.fault(
                key,
                Said::with(
                    format!("{lat}, {lon} bukan titik di bumi"),
                    format!("{lat}, {lon} is no point on the earth"),
                ),
                if swapped {
                    Said::new(
                        "tampaknya lintang dan bujur tertukar",
                        "latitude and longitude seem to be swapped",
                    )
                } else {
                    Said::new(
                        "tulis derajat desimal; tanda desimalnya mungkin hilang",
                        "write decimal degrees; the decimal sign may have been lost",
                    )
                },
            );
            return None;
        };
        let written = |point: Point| format!("{}, {}", point.lat_deg(), point.lon_deg());
        let from = self.found.and_then(|found| found.row.point).map(written);
        self.alters(key, from.as_deref().unwrap_or_default(), &written(point))
            .then(|| LatLon::from(point))
    }

    fn heading(&mut self) -> Option<f64> {
        let heading = self.row.decimal("heading")?;
        if !(0.0..=360.0).contains(&heading) {
            self.row.fault(
                "heading",
                Said::new("di luar 0 sampai 360", "is outside of 0 to 360"),
                Said::new(
                    "tulis derajat searah jarum jam dari utara",
                    "write degrees clockwise from north",
                ),
            );
            return None;
        }
        let from = self.found.and_then(|found| found.row.heading_deg);
        let from = from.map(|from| from.to_string()).unwrap_or_default();
        self.alters("heading", &from, &heading.to_string())
            .then_some(heading)
    }

    fn always_on(&mut self) -> Option<bool> {
        let on = self.row.flag("always_on")?;
        let from = self.found.map_or("", |found| yes(found.row.always_on));
        self.alters("always_on", from, yes(on)).then_some(on)
    }

    fn stream(&mut self, key: &'static str, layer: Layer) -> Option<String> {
        let text = self.row.text(key)?.to_owned();
        let address = form::address(&text);
        if let Ok(address) = &address
            && let Err(refused) = address.foreseen(&self.context.gate)
        {
            self.row.fault(
                key,
                Said::new(
                    "sistem tidak boleh menghubungi alamat ini",
                    "the system may not connect to this address",
                ),
                Said::with(
                    "periksa alamat dan portanya; yang diizinkan diatur di konfigurasi".to_owned(),
                    refused.to_string(),
                ),
            );
            return None;
        }
        match address {
            Ok(address) if text.chars().count() <= TEXT_MAX => {
                let streams = self.found.map(|found| found.streams.as_slice());
                let before = streams
                    .unwrap_or_default()
                    .iter()
                    .find(|stream| stream.layer == layer)
                    .map(|stream| stream.url.clone())
                    .unwrap_or_default();
                // A name or password in it changes the device, also where the rest
                // stays: whether it is another, nobody is told.
                let carries = address.username.is_some() || address.password.is_some();
                if before == address.url.as_str() && !carries {
                    return None;
                }
                let from = if before.is_empty() {
                    before
                } else {
                    shown_address(&before)
                };
                let mut to = shown_address(address.url.as_str());
                if to == from {
                    to.push_str(" •");
                }
                self.alters(key, &from, &to).then_some(text)
            }
            Ok(_) | Err(_) => {
                self.row.fault(
                    key,
                    Said::new("bukan alamat RTSP atau HLS", "is no address of RTSP or HLS"),
                    Said::new(
                        "tulis rtsp://alamat:porta/jalur atau https://alamat/jalur.m3u8",
                        "write rtsp://host:port/path or https://host/path.m3u8",
                    ),
                );
                None
            }
        }
    }

    fn username(&mut self) -> Option<String> {
        let from = self.found.and_then(|found| found.row.username.clone());
        self.words("username", from.as_deref(), TEXT_MAX)
    }

    /// Whether it is another than before, nobody is told: that would be a way to
    /// guess it.
    fn password(&mut self) -> Option<base::redact::Secret<String>> {
        let password = self.row.secret("password")?;
        if password.expose().chars().count() > TEXT_MAX {
            self.row.fault(
                "password",
                Said::new("terlalu panjang", "is too long"),
                Said::new("periksa selnya", "look at the cell"),
            );
            return None;
        }
        self.alters("password", "", "•••").then_some(password)
    }

    fn contact(&mut self) -> Option<ContactForm> {
        let was = self
            .found
            .map(|found| found.row.contact.clone())
            .unwrap_or_default();
        let name = self.words("contact_name", was.name.as_deref(), TEXT_MAX);
        let duty = self.words("contact_duty", was.duty.as_deref(), TEXT_MAX);
        let phone = self.phone(was.phone.as_deref());
        if name.is_none() && duty.is_none() && phone.is_none() {
            return None;
        }
        Some(ContactForm {
            name: name.or(was.name),
            phone: phone.or(was.phone),
            duty: duty.or(was.duty),
        })
    }

    fn phone(&mut self, from: Option<&str>) -> Option<String> {
        let text = self.row.text("contact_phone")?.to_owned();
        // Numbers of mobile telephones begin with 08; as a number they lose the 0.
        if self.row.was_number("contact_phone") && text.starts_with('8') {
            let whole = format!("0{text}");
            self.row.note(
                "contact_phone",
                Said::with(
                    format!("ditulis sebagai angka; dibaca {whole}"),
                    format!("stands there as a number; read as {whole}"),
                ),
            );
            let from = from.unwrap_or_default().to_owned();
            return self.alters("contact_phone", &from, &whole).then_some(whole);
        }
        self.words("contact_phone", from, TEXT_MAX)
    }

    fn legal(&mut self) -> Option<LegalForm> {
        let was = self
            .found
            .map(|found| found.legal.clone())
            .unwrap_or_default();
        let controller = self.words("legal_controller", was.controller.as_deref(), TEXT_MAX);
        let purpose = self.words("legal_purpose", was.purpose.as_deref(), TEXT_MAX);
        let basis = self.words("legal_basis", was.basis.as_deref(), TEXT_MAX);
        let agreement = self.words("legal_agreement", was.agreement.as_deref(), TEXT_MAX);
        let until = self.words(
            "legal_agreement_until",
            was.agreement_until.as_deref(),
            TEXT_MAX,
        );
        let sign = self.row.flag("legal_sign_on_site");
        let sign = sign.filter(|sign| {
            let from = was.sign_on_site.map_or("", yes);
            self.alters("legal_sign_on_site", from, yes(*sign))
        });
        let zone = self.zone(was.zone.as_deref());
        let retention = self.retention(was.retention_days);
        let texts = [&controller, &purpose, &basis, &agreement, &until, &zone];
        if texts.iter().all(|text| text.is_none()) && sign.is_none() && retention.is_none() {
            return None;
        }
        Some(LegalForm {
            controller: controller.or(was.controller),
            purpose: purpose.or(was.purpose),
            basis: basis.or(was.basis),
            agreement: agreement.or(was.agreement),
            agreement_until: until.or(was.agreement_until),
            sign_on_site: sign.or(was.sign_on_site),
            zone: zone.or(was.zone),
            retention_days: retention.or(was.retention_days),
        })
    }

    fn zone(&mut self, from: Option<&str>) -> Option<String> {
        let text = self.row.text("legal_zone")?.to_lowercase();
        let zone = match text.as_str() {
            "publik" | "public" | "umum" => "publik",
            "privat" | "private" | "pribadi" => "privat",
            _ => {
                self.row.fault(
                    "legal_zone",
                    Said::new("bukan publik atau privat", "is neither publik nor privat"),
                    Said::new("tulis publik atau privat", "write publik or privat"),
                );
                return None;
            }
        };
        self.alters("legal_zone", from.unwrap_or_default(), zone)
            .then(|| zone.to_owned())
    }

    fn retention(&mut self, from: Option<i64>) -> Option<i64> {
        let days = self.row.decimal("legal_retention_days")?;
        let Some(days) = whole(days).filter(|days| (0..=3_650).contains(days)) else {
            self.row.fault(
                "legal_retention_days",
                Said::new("bukan 0 sampai 3650 hari", "is not 0 to 3650 days"),
                Said::new("tulis jumlah hari", "write a number of days"),
            );
            return None;
        };
        let from = from.map(|from| from.to_string()).unwrap_or_default();
        self.alters("legal_retention_days", &from, &days.to_string())
            .then_some(days)
    }

    fn project(&mut self) -> Option<ProjectForm> {
        let was = self
            .found
            .map(|found| found.row.project.clone())
            .unwrap_or_default();
        let code = self.words("project_code", was.code.as_deref(), TEXT_MAX);
        let name = self.words("project_name", was.name.as_deref(), TEXT_MAX);
        let agency = self.words("project_agency", was.agency.as_deref(), TEXT_MAX);
        let contractor = self.words("project_contractor", was.contractor.as_deref(), TEXT_MAX);
        let contract = self.words("project_contract", was.contract.as_deref(), TEXT_MAX);
        let starts = self.words("project_starts", was.starts.as_deref(), TEXT_MAX);
        let ends = self.words("project_ends", was.ends.as_deref(), TEXT_MAX);
        let reported = self.words("project_reported", was.reported.as_deref(), TEXT_MAX);
        let physical = self.physical(was.physical_permille);
        let texts = [
            &code,
            &name,
            &agency,
            &contractor,
            &contract,
            &starts,
            &ends,
            &reported,
        ];
        if texts.iter().all(|text| text.is_none()) && physical.is_none() {
            return None;
        }
        Some(ProjectForm {
            code: code.or(was.code),
            name: name.or(was.name),
            agency: agency.or(was.agency),
            contractor: contractor.or(was.contractor),
            contract: contract.or(was.contract),
            starts: starts.or(was.starts),
            ends: ends.or(was.ends),
            physical_permille: physical.or(was.physical_permille),
            reported: reported.or(was.reported),
        })
    }

    /// A spreadsheet keeps 45,5 % as 0.455: whether one that stands below one is a
    /// share or per cent, nobody can tell.
    fn physical(&mut self, from: Option<i64>) -> Option<i64> {
        let text = self.row.text("project_physical")?.to_owned();
        let says = text.trim_end().ends_with('%');
        let number = text.trim_end_matches(['%', ' ']).replace(',', ".");
        let percent = number.parse::<f64>().ok();
        let doubtful = !says && percent.is_some_and(|percent| percent > 0.0 && percent <= 1.0);
        let permille = percent
            .and_then(|percent| whole((percent * 10.0).round()))
            .filter(|permille| (0..=1_000).contains(permille) && !doubtful);
        let Some(permille) = permille else {
            self.row.fault(
                "project_physical",
                if doubtful {
                    Said::with(
                        format!("{text}: persen atau pecahan?"),
                        format!("{text}: per cent, or a share?"),
                    )
                } else {
                    Said::new("bukan 0 sampai 100 persen", "is not 0 to 100 per cent")
                },
                Said::new(
                    "tulis dengan tanda persen, misalnya 45,5%",
                    "write it with its sign, such as 45.5%",
                ),
            );
            return None;
        };
        let from = from.map(percent_of).unwrap_or_default();
        self.alters("project_physical", &from, &percent_of(permille))
            .then_some(permille)
    }

    /// Nobody brings a camera to where he may not work.
    fn permitted(&mut self, form: &CameraForm) {
        let there = self.found.map(|found| &found.row);
        let area = form.area.as_deref().and_then(|code| code.parse().ok());
        let area = area.or_else(|| there.map(|row| row.area.clone()));
        let Some(area) = area else { return };
        let agency = form.agency.or_else(|| there.and_then(|row| row.agency));
        let place = Place::new(Some(area.clone()), agency);
        let who = &self.context.who;
        if !who.may(Permission::CamerasWrite, &place) {
            let name = excerpt(&self.context.gazetteer.name(&area));
            self.row.fault(
                "area",
                Said::with(
                    format!("Anda tidak berwenang atas kamera di {name}"),
                    format!("you may not work on cameras in {name}"),
                ),
                Said::new("keluarkan baris ini dari impor", "leave the row out"),
            );
            return;
        }
        let carries = |text: &Option<String>| {
            let address = text.as_deref().and_then(|text| form::address(text).ok());
            address.is_some_and(|address| address.password.is_some())
        };
        let sets = form.password.is_some() || carries(&form.main);
        if sets && !who.may(Permission::CameraCredentialsWrite, &place) {
            self.row.fault(
                "password",
                Said::new(
                    "Anda tidak berwenang mengisi kata sandi kamera",
                    "you may not set passwords of cameras",
                ),
                Said::new("kosongkan kolom kata sandi", "leave the passwords empty"),
            );
        }
    }
}

const fn yes(flag: bool) -> &'static str {
    if flag { "ya" } else { "tidak" }
}

/// A number without decimals, of the size that days and thousandths have.
fn whole(number: f64) -> Option<i64> {
    let text = format!("{number:.0}");
    text.parse().ok().filter(|_| number.fract() == 0.0)
}

fn percent_of(permille: i64) -> String {
    if permille % 10 == 0 {
        format!("{}%", permille / 10)
    } else {
        format!("{},{}%", permille / 10, permille % 10)
    }
}

/// Two numbers in one cell: `-2.2083, 113.9213`, or with a semicolon and decimal
/// commas.
fn pair(text: &str) -> Option<(f64, f64)> {
    let (lat, lon) = text
        .split_once(';')
        .or_else(|| text.split_once(", "))
        .or_else(|| (text.matches(',').count() == 1).then(|| text.split_once(','))?)
        .or_else(|| text.trim().split_once(' '))?;
    let number = |text: &str| text.trim().replace(',', ".").replace('−', "-").parse().ok();
    Some((number(lat)?, number(lon)?))
}

/// A short name out of any words.
fn slug(text: &str) -> String {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric());
    let joined = words
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join("-");
    joined.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_in_one_cell_is_read() {
        for (text, found) in [
            ("-2.2083, 113.9213", Some((-2.2083, 113.9213))),
            ("-2.2083,113.9213", Some((-2.2083, 113.9213))),
            ("-2,2083; 113,9213", Some((-2.2083, 113.9213))),
            ("-2.2083 113.9213", Some((-2.2083, 113.9213))),
            ("-2,2083, 113,9213", Some((-2.2083, 113.9213))),
            ("-2,2083,113,9213", None),
            ("2°12'30\" LS", None),
            ("", None),
        ] {
            assert_eq!(pair(text), found, "{text}");
        }
    }

    #[test]
    fn short_names_are_proposed_from_words() {
        assert_eq!(slug("Pasar Besar (Pintu 1)"), "pasar-besar-pintu-1");
        assert_eq!(slug("日本"), "");
        assert!(slug(&"kamera ".repeat(20)).len() <= 40);
    }

    #[test]
    fn thousandths_are_written_as_per_cent() {
        assert_eq!(percent_of(455), "45,5%");
        assert_eq!(percent_of(1_000), "100%");
        assert_eq!(whole(30.0), Some(30));
        assert_eq!(whole(30.5), None);
        assert_eq!(whole(f64::NAN), None);
    }
}
