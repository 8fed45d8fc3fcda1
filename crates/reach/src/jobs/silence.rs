//! Opens and clears what is wrong with who is not heard.
//!
//! A site that falls silent is one incident, many of one provider in a regency that fall
//! silent together are one too, and when nearly all do, whoever provides their connections,
//! it is the house's own connection that is asked about. The house itself has to have been there for as long: after
//! a start nobody is silent before he had the time to come back.

use std::collections::{BTreeMap, BTreeSet};

use base::area::AreaCode;
use base::id::{Id, Site};
use base::now::Wall;
use hall::Hall;
use hall::incident::{self, About, Key, Opening, Severity};
use reach_core::silence::{
    Anyone, Contact, GROUPS_MAX, SILENT, Voice, everywhere, silent_after, together,
};
use serde_json::{Map, Value as Json, json};
use store::{Error, Tx};

use crate::ledger::regency;
use crate::listening::{self, Voiced};

/// Of whom nearly all of them speak when they are quiet: there is one house.
const HOUSE: &str = "house";

/// Who says so.
const BY: &str = "reach";

/// A site is not heard.
const ALONE: &str = "link.silent";

/// Sites of one provider in one regency fell silent together.
const TOGETHER: &str = "link.silent_together";

/// Nearly all sites grew quiet together.
const EVERYWHERE: &str = "link.silent_everywhere";

/// The incidents of connections.
#[cfg(feature = "print")]
pub(crate) const KINDS: [&str; 3] = [ALONE, TOGETHER, EVERYWHERE];

/// What is wrong, by what makes it the same.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wrong {
    /// The sites that are not heard, and since when the first is not.
    sites: BTreeSet<Id<Site>>,
    since: Wall,
    /// Of how many of the same provider there.
    of: usize,
    provider: Option<String>,
    regency: Option<AreaCode>,
}

/// Follows who is silent.
#[derive(Debug)]
pub(crate) struct Listener {
    /// When the house began to listen.
    began: Wall,
    /// What was said to be wrong; none before the first look.
    told: Option<BTreeMap<(&'static str, String), Wrong>>,
}

impl Listener {
    /// One that begins to listen now.
    pub(crate) const fn new(now: Wall) -> Self {
        Self {
            began: now,
            told: None,
        }
    }

    /// Looks who is silent, and opens and clears what follows.
    pub(crate) async fn pass(&mut self, hall: &Hall) -> Result<(), Error> {
        let now = hall.now();
        // Nobody is silent to whom the house has not listened for as long; what an earlier
        // run has opened stays until then.
        if now.wall.since(self.began) < SILENT {
            return Ok(());
        }
        let mut read = hall.db().read().await?;
        let mut voices = listening::voices(hall, &mut read, now.wall).await?;
        drop(read);
        let listened = now.wall.since(self.began);
        for voice in &mut voices {
            // The same for who speaks more rarely.
            if voice.contact == Contact::Silent && listened < silent_after(voice.every) {
                voice.contact = Contact::Late;
            }
        }
        let told = self.told.iter().flatten();
        let mut ours = told.filter(|((kind, _), _)| *kind == EVERYWHERE);
        let before = ours.next().map(|(_, what)| what.since);
        let wrong = wrong(&voices, before, now.wall);
        if self.told.as_ref() == Some(&wrong) {
            return Ok(());
        }
        let mut tx = hall.db().write().await?;
        let told = self.told.clone().unwrap_or_default();
        for (key, what) in &wrong {
            if told.get(key) != Some(what) {
                let about = about(&mut tx, key, what).await?;
                let _ = incident::open(&mut tx, now, opening(key, what, about)).await?;
            }
        }
        let gone: Vec<_> = match &self.told {
            Some(told) => told
                .keys()
                .filter(|key| !wrong.contains_key(*key))
                .cloned()
                .collect(),
            // What an earlier run has opened, and what is over since.
            None => voices
                .iter()
                .map(|voice| (ALONE, voice.member.site.id.to_string()))
                .chain(groups(&voices))
                .chain([(EVERYWHERE, HOUSE.to_owned())])
                .filter(|key| !wrong.contains_key(key))
                .collect(),
        };
        for (kind, of) in gone {
            incident::clear(&mut tx, now, &Key::new(kind, of), BY).await?;
        }
        tx.commit().await?;
        self.told = Some(wrong);
        Ok(())
    }
}

/// Nearly all of those who were heard once, if it is so; `before` says since when it was
/// so already.
fn everyone(voices: &[Voiced], before: Option<Wall>) -> Option<Wrong> {
    let all: Vec<_> = voices
        .iter()
        .filter(|voice| voice.contact != Contact::Never)
        .filter_map(|voice| {
            let quiet = matches!(voice.contact, Contact::Late | Contact::Silent);
            Some(Anyone {
                provider: voice.member.site.form.provider.clone(),
                voice: Voice {
                    site: voice.member.site.id,
                    village: voice.member.village.as_ref()?.to_string(),
                    silent: quiet.then_some(voice.heard).flatten(),
                },
            })
        })
        .collect();
    let (since, sites) = everywhere(&all, before)?;
    Some(Wrong {
        sites: sites.into_iter().collect(),
        since,
        of: all.len(),
        provider: None,
        regency: None,
    })
}

/// What is wrong with those who are not heard.
fn wrong(
    voices: &[Voiced],
    before: Option<Wall>,
    now: Wall,
) -> BTreeMap<(&'static str, String), Wrong> {
    let mut wrong = BTreeMap::new();
    let ours = everyone(voices, before);
    let with_all = |site: &Id<Site>| ours.as_ref().is_some_and(|it| it.sites.contains(site));
    let voices: Vec<_> = voices
        .iter()
        .filter(|voice| !with_all(&voice.member.site.id))
        .collect();
    let mut alone: BTreeMap<Id<Site>, &Voiced> = voices
        .iter()
        .copied()
        .filter(|voice| voice.contact == Contact::Silent)
        .map(|voice| (voice.member.site.id, voice))
        .collect();
    let mut of_provider: BTreeMap<(&str, AreaCode), Vec<Voice<Id<Site>>>> = BTreeMap::new();
    for voice in voices
        .iter()
        .filter(|voice| voice.contact != Contact::Never)
    {
        let form = &voice.member.site.form;
        if let (Some(provider), Some(regency), Some(village)) =
            (&form.provider, regency(&form.area), &voice.member.village)
        {
            let silent = (voice.contact == Contact::Silent)
                .then_some(voice.heard)
                .flatten();
            let of = of_provider.entry((provider, regency)).or_default();
            of.push(Voice {
                site: voice.member.site.id,
                village: village.to_string(),
                silent,
            });
        }
    }
    for ((provider, regency), voices) in of_provider {
        for (at, group) in together(&voices).into_iter().enumerate() {
            let since = group
                .iter()
                .filter_map(|site| alone.remove(site)?.heard)
                .min();
            let key = (TOGETHER, group_key(provider, &regency, at));
            let what = Wrong {
                sites: group.into_iter().collect(),
                since: since.unwrap_or(now),
                of: voices.len(),
                provider: Some(provider.to_owned()),
                regency: Some(regency.clone()),
            };
            wrong.insert(key, what);
        }
    }
    for (site, voice) in alone {
        let what = Wrong {
            sites: BTreeSet::from([site]),
            since: voice.heard.unwrap_or(now),
            of: 1,
            provider: voice.member.site.form.provider.clone(),
            regency: None,
        };
        wrong.insert((ALONE, site.to_string()), what);
    }
    if let Some(ours) = ours {
        wrong.insert((EVERYWHERE, HOUSE.to_owned()), ours);
    }
    wrong
}

/// The how manyth group at one time of a provider in a regency.
fn group_key(provider: &str, regency: &AreaCode, at: usize) -> String {
    format!("{regency}/{provider}/{at}")
}

/// Groups that an earlier run can have opened.
fn groups(voices: &[Voiced]) -> BTreeSet<(&'static str, String)> {
    let keys = voices.iter().filter_map(|voice| {
        let form = &voice.member.site.form;
        Some((form.provider.as_deref()?, regency(&form.area)?))
    });
    keys.flat_map(|(provider, regency)| {
        (0..GROUPS_MAX).map(move |at| (TOGETHER, group_key(provider, &regency, at)))
    })
    .collect()
}

async fn about(
    tx: &mut Tx,
    key: &(&'static str, String),
    what: &Wrong,
) -> Result<Vec<About>, Error> {
    let mut about = Vec::new();
    if key.0 == EVERYWHERE {
        // Whose sites they are says nothing here, and the list has them.
        return Ok(vec![About::house()]);
    }
    if let Some(regency) = &what.regency {
        about.extend(About::area(tx, regency).await?);
    }
    for site in what.sites.iter().take(incident::SUBJECTS_MAX - 1) {
        about.extend(About::site(tx, *site).await?);
    }
    Ok(about)
}

fn opening(key: &(&'static str, String), what: &Wrong, about: Vec<About>) -> Opening {
    let silent = what.sites.len();
    let (severity, title) = match key.0 {
        EVERYWHERE => (
            Severity::Critical,
            "Hampir semua lokasi tidak terdengar sejak saat yang sama: periksa koneksi pusat"
                .to_owned(),
        ),
        TOGETHER => (
            Severity::Critical,
            format!("{silent} lokasi satu penyedia tidak terdengar sejak saat yang sama"),
        ),
        _ => (
            Severity::Warning,
            "Lokasi tidak terdengar lebih dari lima menit".to_owned(),
        ),
    };
    let mut facts: Map<String, Json> = Map::new();
    facts.insert("since_us".to_owned(), json!(what.since));
    if key.0 != ALONE {
        facts.insert("silent".to_owned(), json!(silent));
        facts.insert("of".to_owned(), json!(what.of));
    }
    Opening {
        key: Key::new(key.0, &key.1),
        by: BY,
        severity,
        title,
        facts,
        about,
    }
}
