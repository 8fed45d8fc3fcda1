//! How the house is set up: one table of keys, three places to set them.
//!
//! A value comes from the command line, else from the environment (`BETANG_` and
//! the key in capitals), else from the TOML file, else from the default. A key
//! that is not in the table is refused, with the one that was probably meant. A
//! secret is given by file (`…_file`) or environment, never in the TOML file, and
//! never printed.

mod keys;

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use base::area::AreaCode;
use base::redact::Secret;
use base::unit::Bytes;
use jiff::tz::TimeZone;
use sync::release::{KEYS_MAX, PublicKey};
use url::Url;

use self::keys::{KEYS, Key};
use crate::oidc::discovery::is_safe;
use crate::outward::{Network, NoPorts, Ports};

/// Each key that is set: its value, and where it comes from.
type Values = BTreeMap<&'static str, (String, String)>;

/// How the house is set up.
#[derive(Debug, Clone)]
pub struct Config {
    /// Folder of the database, the blobs and the certificates.
    pub data: PathBuf,
    /// Address of the pages and the API.
    pub listen: SocketAddr,
    /// Whether somebody has chosen it: a default that is taken moves.
    pub listen_is_chosen: bool,
    /// Address of the media port.
    pub media: SocketAddr,
    /// Whether somebody has chosen it.
    pub media_is_chosen: bool,
    /// Addresses that viewers are told.
    pub announce: Vec<IpAddr>,
    /// Address of the port for sites.
    pub sites: SocketAddr,
    /// Whether somebody has chosen it.
    pub sites_is_chosen: bool,
    /// What sites are told for it, if it is to be another: host, and perhaps a port.
    pub sites_host: Option<(String, Option<u16>)>,
    /// Address of the port by which other systems take cameras, if there is to be one.
    pub rtsp: Option<SocketAddr>,
    /// What they are told for it, if it is to be another: host, and perhaps a port.
    pub rtsp_host: Option<(String, Option<u16>)>,
    /// The keys that programs for boxes are signed for.
    pub release_keys: Vec<PublicKey>,
    /// Whether and how connections are encrypted.
    pub tls: Tls,
    /// Names and addresses of the own certificate.
    pub names: Vec<String>,
    /// Proxies that are believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Networks that cameras may be at whatever they are.
    pub camera_networks: Vec<Network>,
    /// Ports at which cameras elsewhere are called.
    pub camera_ports: Ports,
    /// Ports at which cameras elsewhere are pulled that are lists of pieces.
    pub list_ports: Ports,
    /// Ports at which cameras elsewhere are asked by ONVIF.
    pub onvif_ports: Ports,
    /// What the last minute of all streams may take in memory.
    pub lookback_memory: Bytes,
    /// How long what boxes read each minute is held as it came.
    pub keep_readings: Duration,
    /// The folder for witnesses, if any.
    pub checkpoints: Option<PathBuf>,
    /// The program that sends checkpoints, if any.
    pub checkpoint_program: Option<PathBuf>,
    /// The PostgreSQL server, if any.
    pub database: Option<Secret<String>>,
    /// The schema within it.
    pub database_schema: String,
    /// File of the master key.
    pub vault_key_file: Option<PathBuf>,
    /// The province.
    pub province: AreaCode,
    /// The zone whose days count.
    pub zone: TimeZone,
    /// What the top line calls the house.
    pub name: String,
    /// The provider of identities, if any.
    pub oidc: Option<Oidc>,
    /// Password of the first admin.
    pub admin_password: Option<Secret<String>>,
    /// What is logged.
    pub log: String,
    explained: Vec<Explained>,
}

/// A provider of identities, and this house as its client.
#[derive(Debug, Clone)]
pub struct Oidc {
    /// The provider, as it names itself.
    pub issuer: String,
    /// The name of the client.
    pub client: String,
    /// Its secret.
    pub secret: Option<Secret<String>>,
    /// Address of the pages as browsers see it.
    pub home: Url,
    /// What the button at the door calls the provider.
    pub name: String,
    /// What the provider is asked for.
    pub scopes: String,
    /// Words of `acr` and `amr` that count as a second factor.
    pub factors: Vec<String>,
    /// Whether people who are linked may come in by their password, too.
    pub passwords: bool,
}

/// Whether and how connections are encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    /// By certificates of the house's own CA.
    Own,
    /// By `cert.pem` and `key.pem` of a folder.
    Folder(PathBuf),
    /// Not at all.
    Off,
}

/// One value and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// The key.
    pub key: &'static str,
    /// The value; dots for a secret.
    pub value: String,
    /// `default`, `file …`, `environment BETANG_…` or `command line`.
    pub origin: String,
}

/// Why a configuration cannot stand.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A key that is not in the table.
    #[error("{origin}: there is no key {key}{}", hint(.nearest.as_ref()))]
    Unknown {
        /// The key as written.
        key: String,
        /// Where.
        origin: String,
        /// What was probably meant.
        nearest: Option<&'static str>,
    },
    /// A secret in a file that people pass around.
    #[error("{origin}: {key} is a secret; give it by {key}_file or by the environment")]
    SecretInFile {
        /// Which.
        key: &'static str,
        /// Where.
        origin: String,
    },
    /// A value that is not one.
    #[error("{origin}: {key} = {value:?} cannot be: {why}")]
    Value {
        /// Which.
        key: &'static str,
        /// The value; dots for a secret.
        value: String,
        /// Where.
        origin: String,
        /// Why.
        why: String,
    },
    /// The file cannot be read.
    #[error("{path}: {why}")]
    File {
        /// Which.
        path: String,
        /// Why.
        why: String,
    },
}

fn hint(nearest: Option<&&'static str>) -> String {
    nearest.map_or_else(String::new, |key| format!("; did you mean {key}?"))
}

impl Config {
    /// Puts a configuration together.
    ///
    /// `environment` are all variables of the process; only those that begin with
    /// `BETANG_` count. `flags` are the keys that the command line has set.
    ///
    /// # Errors
    /// If a key is unknown, a value is not one, or a file cannot be read.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
        flags: &[(&'static str, String)],
    ) -> Result<Self, ConfigError> {
        let mut set = defaults();
        if let Some(path) = file {
            let path_text = path.display().to_string();
            let text = std::fs::read_to_string(path).map_err(|error| ConfigError::File {
                path: path_text.clone(),
                why: error.to_string(),
            })?;
            put_file(&mut set, &path_text, &text)?;
        }
        for (variable, value) in environment {
            let Some(name) = variable.strip_prefix("BETANG_") else {
                continue;
            };
            // What belongs to tests and tools begins so, too.
            if name.starts_with("TEST_") || name.starts_with("CI_") || name == "BLESS" {
                continue;
            }
            let origin = format!("environment {variable}");
            let key = known(&name.to_lowercase(), &origin)?;
            set.insert(key.name, (value, origin));
        }
        for (name, value) in flags {
            let key = known(name, "command line")?;
            set.insert(key.name, (value.clone(), "command line".to_owned()));
        }
        for (secret, by_file) in [
            ("database", "database_file"),
            ("admin_password", "admin_password_file"),
            ("oidc_secret", "oidc_secret_file"),
        ] {
            let Some((path, origin)) = set.get(by_file).cloned() else {
                continue;
            };
            // The place that goes before the other wins, as it does for one key.
            if let Some((_, other)) = set.get(secret) {
                match place(other).cmp(&place(&origin)) {
                    Ordering::Greater => continue,
                    Ordering::Less => {}
                    Ordering::Equal => {
                        return Err(ConfigError::Value {
                            key: by_file,
                            value: path,
                            origin,
                            why: format!("{secret} is set in the same place; leave one out"),
                        });
                    }
                }
            }
            let text = std::fs::read_to_string(&path).map_err(|error| ConfigError::File {
                path: path.clone(),
                why: error.to_string(),
            })?;
            set.insert(secret, (text.trim().to_owned(), format!("file {path}")));
        }
        Self::typed(&set)
    }

    /// What the text of a file says, without environment and command line.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let mut set = defaults();
        put_file(&mut set, "text", text)?;
        Self::typed(&set)
    }

    fn typed(set: &Values) -> Result<Self, ConfigError> {
        let text = |key: &'static str| set.get(key).map_or("", |(value, _)| value.as_str());
        let some = |key: &'static str| Some(text(key).to_owned()).filter(|text| !text.is_empty());
        let chosen =
            |key: &'static str| set.get(key).is_some_and(|(_, origin)| origin != "default");
        let wrong = |key: &'static str, why: String| ConfigError::Value {
            key,
            value: shown(key, text(key)),
            origin: set
                .get(key)
                .map_or_else(String::new, |(_, origin)| origin.clone()),
            why,
        };
        let address = |key: &'static str| {
            text(key).parse::<SocketAddr>().map_err(|_| {
                wrong(
                    key,
                    "write ADDRESS:PORT, for example 0.0.0.0:8080".to_owned(),
                )
            })
        };
        let addresses = |key: &'static str| {
            words(text(key))
                .map(|word| {
                    word.parse::<IpAddr>()
                        .map_err(|_| wrong(key, format!("{word} is not an address")))
                })
                .collect::<Result<Vec<_>, _>>()
        };
        let release_keys = || {
            let read = |word: &str| {
                word.parse::<PublicKey>()
                    .map_err(|error| wrong("release_keys", format!("{word}: {error}")))
            };
            let keys: Vec<_> = words(text("release_keys"))
                .map(read)
                .collect::<Result<_, _>>()?;
            if keys.len() > KEYS_MAX {
                return Err(wrong("release_keys", format!("at most {KEYS_MAX}")));
            }
            Ok(keys)
        };
        // Names are looked up once, at the start: an ICE candidate is an address.
        let hosts = |key: &'static str| {
            let mut all = Vec::new();
            for word in words(text(key)) {
                match (word.parse::<IpAddr>(), (word, 0).to_socket_addrs()) {
                    (Ok(address), _) => all.push(address),
                    (Err(_), Ok(found)) => all.extend(found.map(|found| found.ip())),
                    (Err(_), Err(error)) => {
                        let why =
                            format!("{word} is no address and no name that is known: {error}");
                        return Err(wrong(key, why));
                    }
                }
            }
            all.dedup();
            Ok(all)
        };
        Ok(Self {
            data: PathBuf::from(text("data")),
            listen: address("listen")?,
            listen_is_chosen: chosen("listen"),
            media: address("media")?,
            media_is_chosen: chosen("media"),
            announce: hosts("announce")?,
            sites: address("sites")?,
            sites_is_chosen: chosen("sites"),
            sites_host: some("sites_host")
                .map(|text| host_and_port(&text))
                .transpose()
                .map_err(|why| wrong("sites_host", why))?,
            rtsp: some("rtsp").map(|_| address("rtsp")).transpose()?,
            rtsp_host: some("rtsp_host")
                .map(|text| host_and_port(&text))
                .transpose()
                .map_err(|why| wrong("rtsp_host", why))?,
            release_keys: release_keys()?,
            tls: match text("tls") {
                "own" => Tls::Own,
                "off" => Tls::Off,
                folder if Path::new(folder).is_dir() => Tls::Folder(folder.into()),
                _ => return Err(wrong("tls", "write own, off or a folder".to_owned())),
            },
            names: words(text("names")).map(str::to_owned).collect(),
            trusted_proxies: addresses("trusted_proxies")?,
            camera_networks: words(text("camera_networks"))
                .map(|word| {
                    word.parse::<Network>()
                        .map_err(|error| wrong("camera_networks", error.to_string()))
                })
                .collect::<Result<_, _>>()?,
            camera_ports: text("camera_ports")
                .parse()
                .map_err(|error: NoPorts| wrong("camera_ports", error.to_string()))?,
            list_ports: text("list_ports")
                .parse()
                .map_err(|error: NoPorts| wrong("list_ports", error.to_string()))?,
            onvif_ports: text("onvif_ports")
                .parse()
                .map_err(|error: NoPorts| wrong("onvif_ports", error.to_string()))?,
            lookback_memory: mebibytes(text("lookback_memory_mib"))
                .map_err(|why| wrong("lookback_memory_mib", why))?,
            keep_readings: days(text("keep_readings_days"))
                .map_err(|why| wrong("keep_readings_days", why))?,
            checkpoints: some("checkpoints").map(PathBuf::from),
            checkpoint_program: some("checkpoint_program").map(PathBuf::from),
            database: some("database").map(Secret::new),
            database_schema: text("database_schema").to_owned(),
            vault_key_file: some("vault_key_file").map(PathBuf::from),
            province: text("province")
                .parse()
                .map_err(|error: base::area::AreaCodeError| wrong("province", error.to_string()))?,
            zone: TimeZone::get(text("zone")).map_err(|error| wrong("zone", error.to_string()))?,
            name: text("name").to_owned(),
            oidc: oidc(&text).map_err(|(key, why)| wrong(key, why))?,
            admin_password: some("admin_password").map(Secret::new),
            log: text("log").to_owned(),
            explained: KEYS
                .iter()
                .filter_map(|key| {
                    let (value, origin) = set.get(key.name)?;
                    Some(Explained {
                        key: key.name,
                        value: shown(key.name, value),
                        origin: origin.clone(),
                    })
                })
                .collect(),
        })
    }

    /// Every value that is set and where it comes from; secrets as dots.
    #[must_use]
    pub fn explain(&self) -> &[Explained] {
        &self.explained
    }

    /// A file with every key, its default and what it is.
    #[must_use]
    pub fn example() -> String {
        let mut text = String::from(
            "# Every key of betang with its default. All may be left out.\n\
             # The environment (BETANG_LISTEN=…) goes before this file, the command line before both.\n",
        );
        for key in KEYS {
            let _ = writeln!(text, "\n# {}", key.doc);
            let _ = match (key.secret, key.default) {
                (true, _) => writeln!(
                    text,
                    "# A secret: set BETANG_{} or {}_file.",
                    key.name.to_uppercase(),
                    key.name
                ),
                (false, Some(default)) => writeln!(text, "#{} = {default:?}", key.name),
                (false, None) => writeln!(text, "#{} = \"…\"", key.name),
            };
        }
        text
    }
}

fn defaults() -> Values {
    let with_default = |key: &Key| {
        let default = key.default?;
        Some((key.name, (default.to_owned(), "default".to_owned())))
    };
    KEYS.iter().filter_map(with_default).collect()
}

fn put_file(set: &mut Values, path: &str, text: &str) -> Result<(), ConfigError> {
    for (name, value) in read_toml(path, text)? {
        let origin = format!("file {path}");
        let key = known(&name, &origin)?;
        if key.secret {
            return Err(ConfigError::SecretInFile {
                key: key.name,
                origin,
            });
        }
        set.insert(key.name, (value, origin));
    }
    Ok(())
}

/// Which of two places of a value goes before the other.
fn place(origin: &str) -> u8 {
    match origin.split(' ').next().unwrap_or_default() {
        "command" => 3,
        "environment" => 2,
        "file" => 1,
        _ => 0,
    }
}

fn shown(key: &str, value: &str) -> String {
    let secret = KEYS.iter().any(|known| known.name == key && known.secret);
    if secret {
        "…".to_owned()
    } else {
        value.to_owned()
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty())
}

fn known(name: &str, origin: &str) -> Result<&'static Key, ConfigError> {
    KEYS.iter()
        .find(|key| key.name == name)
        .ok_or_else(|| ConfigError::Unknown {
            key: name.to_owned(),
            origin: origin.to_owned(),
            nearest: nearest(name),
        })
}

/// The key that shares most letters in order, if it shares enough to be meant.
fn nearest(name: &str) -> Option<&'static str> {
    let shared = |key: &str| {
        let mut rest = key.chars();
        name.chars().filter(|c| rest.any(|k| k == *c)).count()
    };
    KEYS.iter()
        .map(|key| (shared(key.name), key.name))
        .filter(|(count, key)| count * 3 >= key.len().max(name.len()) * 2)
        .max()
        .map(|(_, key)| key)
}

fn read_toml(path: &str, text: &str) -> Result<Vec<(String, String)>, ConfigError> {
    let trouble = |why: String| ConfigError::File {
        path: path.to_owned(),
        why,
    };
    let table: toml::Table = text
        .parse()
        .map_err(|error: toml::de::Error| trouble(error.to_string()))?;
    table
        .into_iter()
        .map(|(key, value)| match value {
            toml::Value::String(value) => Ok((key, value)),
            toml::Value::Integer(value) => Ok((key, value.to_string())),
            toml::Value::Array(values) => {
                let words: Option<Vec<_>> = values.iter().map(toml::Value::as_str).collect();
                words
                    .map(|words| (key.clone(), words.join(",")))
                    .ok_or_else(|| trouble(format!("{key} is a list of something else than text")))
            }
            _ => Err(trouble(format!(
                "{key} is neither text nor a list of texts"
            ))),
        })
        .collect()
}

/// The provider of identities; none if no address of one is given.
fn oidc<'a>(
    text: &impl Fn(&'static str) -> &'a str,
) -> Result<Option<Oidc>, (&'static str, String)> {
    let safe = |key: &'static str| {
        let url = Url::parse(text(key)).ok().filter(is_safe);
        url.filter(|url| url.query().is_none()).ok_or_else(|| {
            (
                key,
                "write https://… (http on this machine only)".to_owned(),
            )
        })
    };
    let issuer = text("oidc_issuer");
    if issuer.is_empty() {
        return Ok(None);
    }
    safe("oidc_issuer")?;
    let home = safe("oidc_home")?;
    if home.path() != "/" {
        let why = "write the address alone, without a path".to_owned();
        return Err(("oidc_home", why));
    }
    if text("oidc_client").is_empty() {
        let why = "write the name that the provider knows this house by".to_owned();
        return Err(("oidc_client", why));
    }
    let scopes = text("oidc_scopes");
    if !scopes.split(' ').any(|word| word == "openid") {
        return Err(("oidc_scopes", "openid has to be among it".to_owned()));
    }
    let passwords = match text("oidc_passwords") {
        "on" => true,
        "off" => false,
        _ => return Err(("oidc_passwords", "write on or off".to_owned())),
    };
    let secret = Some(text("oidc_secret").to_owned()).filter(|secret| !secret.is_empty());
    Ok(Some(Oidc {
        issuer: issuer.to_owned(),
        client: text("oidc_client").to_owned(),
        secret: secret.map(Secret::new),
        home,
        name: text("oidc_name").to_owned(),
        scopes: scopes.to_owned(),
        factors: words(text("oidc_factors")).map(str::to_owned).collect(),
        passwords,
    }))
}

/// Memory for the past of all streams: none, or up to what the largest machines have.
fn mebibytes(text: &str) -> Result<Bytes, String> {
    match text.parse::<u64>() {
        Ok(mib @ 0..=1_048_576) => Ok(Bytes::from_mib(mib)),
        Ok(_) | Err(_) => Err("write 0 to 1048576".to_owned()),
    }
}

/// A term for which readings are held. Late ones are taken in for five weeks, and a verdict
/// rests on the week before it.
fn days(text: &str) -> Result<Duration, String> {
    match text.parse::<u32>() {
        Ok(days @ 45..=3_660) => Ok(Duration::from_secs(86_400) * days),
        Ok(_) | Err(_) => Err("write 45 to 3660".to_owned()),
    }
}

/// `HOST`, `HOST:PORT`, or an address of either kind, as in a URL.
fn host_and_port(text: &str) -> Result<(String, Option<u16>), String> {
    let wrong = || "write HOST or HOST:PORT, an IPv6 address in brackets".to_owned();
    let url = Url::parse(&format!("https://{text}/")).map_err(|_| wrong())?;
    let is_plain = url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    let host = match url.host().filter(|_| is_plain) {
        Some(url::Host::Domain(name)) => name.to_owned(),
        Some(url::Host::Ipv4(address)) => address.to_string(),
        Some(url::Host::Ipv6(address)) => address.to_string(),
        None => return Err(wrong()),
    };
    // 443 is what a URL leaves out, also when it was written.
    let port = url.port().or_else(|| text.ends_with(":443").then_some(443));
    Ok((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(
        environment: &[(&str, &str)],
        flags: &[(&'static str, String)],
    ) -> Result<Config, ConfigError> {
        let environment = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::load(None, environment, flags)
    }

    #[test]
    fn the_command_line_goes_before_the_environment_before_the_default() {
        let config = load(
            &[
                ("BETANG_LISTEN", "0.0.0.0:1"),
                ("BETANG_MEDIA", "0.0.0.0:2"),
                ("PATH", "/bin"),
            ],
            &[("listen", "127.0.0.1:3".to_owned())],
        )
        .expect("it stands");
        assert_eq!(config.listen.port(), 3);
        assert_eq!(config.media.port(), 2);
        assert_eq!(config.province.as_str(), "62");
        let origins: Vec<_> = config
            .explain()
            .iter()
            .map(|it| (it.key, it.origin.as_str()))
            .collect();
        assert!(origins.contains(&("listen", "command line")));
        assert!(origins.contains(&("media", "environment BETANG_MEDIA")));
        assert!(origins.contains(&("zone", "default")));
    }

    #[test]
    fn an_unknown_key_is_refused_with_the_one_that_was_meant() {
        let error = load(&[("BETANG_LISTN", "x")], &[]).expect_err("no such key");
        assert_eq!(
            error.to_string(),
            "environment BETANG_LISTN: there is no key listn; did you mean listen?"
        );
    }

    #[test]
    fn secrets_do_not_print_and_do_not_stand_in_the_file() {
        let config = load(&[("BETANG_ADMIN_PASSWORD", "kahayan")], &[]).expect("it stands");
        assert!(!format!("{config:?}").contains("kahayan"));
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("betang.toml");
        std::fs::write(&file, "admin_password = \"kahayan\"").expect("written");
        let error = Config::load(Some(&file), [], &[]).expect_err("a secret in the file");
        assert!(matches!(error, ConfigError::SecretInFile { .. }), "{error}");
        std::fs::write(&file, "announce = [\"10.0.0.1\", \"::1\"]\nname = \"Uji\"")
            .expect("written");
        let config = Config::load(Some(&file), [], &[]).expect("it stands");
        assert_eq!(config.announce.len(), 2);
    }

    #[test]
    fn a_secret_by_file_counts_where_it_was_given() {
        let folder = tempfile::tempdir().expect("a folder");
        let secret = folder.path().join("url");
        std::fs::write(&secret, "postgres://of-the-file\n").expect("written");
        let named = secret.display().to_string();
        let file = folder.path().join("betang.toml");
        std::fs::write(&file, format!("database_file = {named:?}")).expect("written");
        let url = |config: Config| config.database.map(|url| url.expose().clone());

        let from_file = Config::load(Some(&file), [], &[]).expect("it stands");
        assert_eq!(url(from_file).as_deref(), Some("postgres://of-the-file"));
        let flag = [("database", "postgres://of-the-line".to_owned())];
        let from_line = Config::load(Some(&file), [], &flag).expect("it stands");
        assert_eq!(url(from_line).as_deref(), Some("postgres://of-the-line"));
        let both = [
            ("BETANG_DATABASE", "postgres://x"),
            ("BETANG_DATABASE_FILE", named.as_str()),
        ];
        let error = load(&both, &[]).expect_err("which of the two?");
        assert!(error.to_string().contains("leave one out"), "{error}");
        assert!(!error.to_string().contains("postgres://x"), "{error}");
    }

    #[test]
    fn a_provider_is_whole_or_refused() {
        let all = [
            ("BETANG_OIDC_ISSUER", "https://id.example/realm"),
            ("BETANG_OIDC_CLIENT", "betang"),
            ("BETANG_OIDC_SECRET", "kahayan"),
            ("BETANG_OIDC_HOME", "https://pusat.example"),
            ("BETANG_OIDC_FACTORS", "mfa, otp"),
        ];
        let config = load(&all, &[]).expect("it stands");
        assert!(!format!("{config:?}").contains("kahayan"));
        let oidc = config.oidc.expect("a provider");
        assert!(oidc.passwords);
        assert_eq!(oidc.factors, ["mfa", "otp"]);
        assert!(load(&[], &[]).expect("it stands").oidc.is_none());
        for (key, value) in [
            ("oidc_issuer", "http://id.example/realm"),
            ("oidc_issuer", "id.example"),
            ("oidc_client", ""),
            ("oidc_home", ""),
            ("oidc_home", "https://pusat.example/masuk"),
            ("oidc_home", "https://pusat.example/?x"),
            ("oidc_scopes", "email"),
            ("oidc_passwords", "no"),
        ] {
            let error = load(&all, &[(key, value.to_owned())]).expect_err(value);
            assert!(error.to_string().contains(key), "{error}");
        }
    }

    #[test]
    fn viewers_may_be_told_a_name() {
        let config = load(&[("BETANG_ANNOUNCE", "localhost, 10.0.0.9")], &[]).expect("it stands");
        assert!(config.announce.iter().any(IpAddr::is_loopback));
        assert_eq!(config.announce.last(), "10.0.0.9".parse().ok().as_ref());
        let error = load(&[("BETANG_ANNOUNCE", "tidak ada")], &[]).expect_err("no name");
        assert!(error.to_string().contains("tidak ada"), "{error}");
    }

    #[test]
    fn a_wrong_value_says_what_would_be_right() {
        let error = load(&[("BETANG_LISTEN", "8080")], &[]).expect_err("no address");
        assert!(error.to_string().contains("write ADDRESS:PORT"), "{error}");
        let error = load(&[("BETANG_ZONE", "Asia/Palangkaraya")], &[]).expect_err("no zone");
        assert!(error.to_string().contains("zone"), "{error}");
    }

    #[test]
    fn the_example_is_fresh_and_reads_as_the_default() {
        let path = "../../betang.example.toml";
        if std::env::var_os("BETANG_BLESS").is_some() {
            std::fs::write(path, Config::example()).expect("the example is written");
        }
        let committed = std::fs::read_to_string(path).expect("the example is committed");
        assert!(
            committed == Config::example(),
            "betang.example.toml is stale: run this test with BETANG_BLESS=1"
        );
        let config = Config::load(Some(Path::new(path)), [], &[]).expect("it stands");
        assert!(config.explain().iter().all(|it| it.origin == "default"));
    }
}
