//! Where recorders keep the picture of a channel, by make.
//!
//! The makes are a data file, `data/recorders.toml`, which says where each scheme is from.
//! A box of another make is added with a path that somebody types.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde::Deserialize;
use url::Url;

use crate::hub::Layer;

const TEMPLATES: &str = include_str!("../../data/recorders.toml");

/// The slug of a scheme that somebody typed, for a box of no make that is known here.
pub(crate) const OWN: &str = "own";

/// Most channels that a recorder may have here.
pub(crate) const CHANNELS_MAX: i64 = 256;

/// Longest path of a scheme, in octets.
pub(crate) const PATH_MAX: usize = 300;

/// Longest word of a layer, in octets.
const WORD_MAX: usize = 60;

/// What one make does.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Template {
    /// a-z, 0-9 and _; for rows and addresses.
    pub(crate) slug: String,
    /// As people call it.
    pub(crate) name: String,
    /// Its path; none where whoever adds a box types it.
    #[serde(default)]
    path: Option<String>,
    /// Whether the path is typed.
    #[serde(default)]
    pub(crate) asked: bool,
    /// What stands for main and sub.
    pub(crate) layers: [String; 2],
    /// Where RTSP listens as the box is sold.
    pub(crate) port: u16,
    /// Most channels of a box of this make.
    pub(crate) channels: i64,
    /// Sessions at a time until somebody says what his box stands.
    pub(crate) sessions: i64,
}

/// How one box names its streams.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scheme {
    /// With `{channel}` and perhaps `{layer}` in it.
    pub(crate) path: String,
    /// What stands for main and sub; the second is empty where there is no sub.
    pub(crate) layers: [String; 2],
}

/// Why a scheme cannot be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SchemeError {
    /// Not a path.
    #[error("begins with / and has at most 300 characters, none of them a space")]
    Path,
    /// All channels would be one.
    #[error("holds {{channel}} where the number of the channel stands")]
    Channel,
    /// Main and sub would be one.
    #[error("holds {{layer}} where main and sub differ, or the second is left empty")]
    Layer,
    /// Something else in braces.
    #[error("holds {{channel}} and {{layer}} and nothing else in braces")]
    Braces,
    /// A word of a layer.
    #[error("has letters, digits, -, _ and . only, at most 60")]
    Word,
}

/// Why the data file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// It is no such file.
    #[error("the templates of recorders: {0}")]
    File(#[from] toml::de::Error),
    /// One of them cannot stand.
    #[error("the template of recorders {slug:?} {why}")]
    One {
        /// Which.
        slug: String,
        /// Why.
        why: String,
    },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    template: Vec<Template>,
}

static TABLE: LazyLock<Vec<Template>> = LazyLock::new(|| read(TEMPLATES).unwrap_or_default());

/// Whether the data file can be used; asked once, before the room opens.
pub(crate) fn check() -> Result<(), TemplateError> {
    read(TEMPLATES).map(|_| ())
}

/// Every make, in the order of the file.
pub(crate) fn all() -> &'static [Template] {
    &TABLE
}

/// A make by its slug.
pub(crate) fn of(slug: &str) -> Option<&'static Template> {
    TABLE.iter().find(|template| template.slug == slug)
}

fn read(text: &str) -> Result<Vec<Template>, TemplateError> {
    let file: File = toml::from_str(text)?;
    let mut slugs = BTreeSet::new();
    for template in &file.template {
        let refuse = |why: String| TemplateError::One {
            slug: template.slug.clone(),
            why,
        };
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if template.slug.is_empty() || !template.slug.chars().all(allowed) || template.slug == OWN {
            return Err(refuse("has no slug that can be used".to_owned()));
        }
        if !slugs.insert(&template.slug) {
            return Err(refuse("stands there twice".to_owned()));
        }
        if template.asked == template.path.is_some() {
            return Err(refuse("has a path or is asked, one of both".to_owned()));
        }
        if let Some(path) = &template.path {
            let scheme = Scheme::new(path, &template.layers);
            scheme.map_err(|why| refuse(format!("has a path that {why}")))?;
        }
        let bounds = (1..=CHANNELS_MAX).contains(&template.channels)
            && (1..=256).contains(&template.sessions)
            && template.port > 0;
        if !bounds {
            return Err(refuse("has a number out of bounds".to_owned()));
        }
    }
    Ok(file.template)
}

impl Template {
    /// Its scheme; none where the path is typed.
    pub(crate) fn scheme(&self) -> Option<Scheme> {
        Some(Scheme {
            path: self.path.clone()?,
            layers: self.layers.clone(),
        })
    }
}

impl Scheme {
    /// A scheme that can be one.
    pub(crate) fn new(path: &str, layers: &[String; 2]) -> Result<Self, SchemeError> {
        let path = path.trim();
        let plain = |c: char| !c.is_whitespace() && !c.is_control();
        if !path.starts_with('/') || path.len() > PATH_MAX || !path.chars().all(plain) {
            return Err(SchemeError::Path);
        }
        if !path.contains("{channel}") {
            return Err(SchemeError::Channel);
        }
        let [main, sub] = layers;
        if !sub.is_empty() && (!path.contains("{layer}") || main == sub) {
            return Err(SchemeError::Layer);
        }
        let rest = path.replace("{channel}", "").replace("{layer}", "");
        if rest.contains(['{', '}']) {
            return Err(SchemeError::Braces);
        }
        let word = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let good = |text: &String| text.len() <= WORD_MAX && text.chars().all(word);
        if !layers.iter().all(good) {
            return Err(SchemeError::Word);
        }
        Ok(Self {
            path: path.to_owned(),
            layers: layers.clone(),
        })
    }

    /// The path of a channel's layer; none where the box has no such layer.
    pub(crate) fn path(&self, channel: i64, layer: Layer) -> Option<String> {
        let [main, sub] = &self.layers;
        let word = match layer {
            Layer::Main => main,
            Layer::Sub if sub.is_empty() => return None,
            Layer::Sub => sub,
        };
        let path = self.path.replace("{channel}", &channel.to_string());
        Some(path.replace("{layer}", word))
    }

    /// Where a channel's layer is, at a host with its port as in a device's row.
    pub(crate) fn url(&self, host: &str, channel: i64, layer: Layer) -> Option<Url> {
        let path = self.path(channel, layer)?;
        Url::parse(&format!("rtsp://{host}{path}")).ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(main: &str, sub: &str) -> [String; 2] {
        [main.to_owned(), sub.to_owned()]
    }

    /// What the makers' own papers give as examples.
    #[test]
    fn each_make_names_its_channels_as_its_maker_does() {
        for (slug, channel, main, sub) in [
            (
                "hikvision",
                1,
                "/Streaming/Channels/101",
                "/Streaming/Channels/102",
            ),
            (
                "hikvision",
                16,
                "/Streaming/Channels/1601",
                "/Streaming/Channels/1602",
            ),
            (
                "hikvision_isapi",
                33,
                "/ISAPI/Streaming/channels/3301",
                "/ISAPI/Streaming/channels/3302",
            ),
            (
                "dahua",
                2,
                "/cam/realmonitor?channel=2&subtype=0",
                "/cam/realmonitor?channel=2&subtype=1",
            ),
            ("uniview", 7, "/unicast/c7/s0/live", "/unicast/c7/s1/live"),
        ] {
            let scheme = of(slug).and_then(Template::scheme).expect("a scheme");
            let path = |layer| scheme.path(channel, layer).expect("a path");
            assert_eq!(path(Layer::Main), main);
            assert_eq!(path(Layer::Sub), sub);
            let url = scheme.url("10.0.0.9:8554", channel, Layer::Main);
            let url = url.expect("an address");
            assert_eq!(url.as_str(), format!("rtsp://10.0.0.9:8554{main}"));
        }
        assert!(of("onvif").expect("a make").scheme().is_none(), "typed");
        assert!(of(OWN).is_none());
    }

    #[test]
    fn a_file_with_a_fault_stops_the_start_and_says_where() {
        check().expect("the file itself");
        let good = "[[template]]\nslug = \"a\"\nname = \"A\"\npath = \"/{channel}/{layer}\"\n\
                    layers = [\"0\", \"1\"]\nport = 554\nchannels = 8\nsessions = 4\n";
        assert_eq!(read(good).expect("good").len(), 1);
        for (from, to, said) in [
            ("port = 554", "port = 554\nprot = 1", "unknown field"),
            ("port = 554", "port = 70000", "port"),
            ("port = 554\n", "", "missing field"),
            ("{channel}", "{chanel}", "{channel}"),
            ("{layer}", "x", "{layer}"),
            ("/{channel}", "{channel}", "begins with /"),
            ("slug = \"a\"", "slug = \"own\"", "slug"),
            ("channels = 8", "channels = 0", "bounds"),
            ("name = \"A\"", "name = \"A\"\nasked = true", "asked"),
        ] {
            let text = good.replacen(from, to, 1);
            let why = read(&text).expect_err(&text).to_string();
            assert!(why.contains(said), "{said}: {why}");
        }
        let twice = read(&format!("{good}{good}")).expect_err("twice");
        assert!(twice.to_string().contains("twice"));
    }

    #[test]
    fn a_scheme_that_is_typed_is_one_or_says_why_not() {
        let two = || words("main", "sub");
        for (path, layers, fault) in [
            ("/{channel}/{layer}", two(), None),
            ("/live?ch={channel}", words("", ""), None),
            ("/live/{channel}", two(), Some(SchemeError::Layer)),
            (
                "/{channel}/{layer}",
                words("x", "x"),
                Some(SchemeError::Layer),
            ),
            ("/live/{layer}", two(), Some(SchemeError::Channel)),
            ("live/{channel}/{layer}", two(), Some(SchemeError::Path)),
            ("/a b/{channel}/{layer}", two(), Some(SchemeError::Path)),
            (
                "/{channel}/{layer}/{user}",
                two(),
                Some(SchemeError::Braces),
            ),
            (
                "/{channel}/{layer}",
                words("a/b", "c"),
                Some(SchemeError::Word),
            ),
            ("", two(), Some(SchemeError::Path)),
        ] {
            assert_eq!(Scheme::new(path, &layers).err(), fault, "{path}");
        }
        let lone = Scheme::new("/live?ch={channel}", &words("", "")).expect("one layer");
        assert_eq!(lone.path(3, Layer::Sub), None);
        assert_eq!(lone.path(3, Layer::Main).as_deref(), Some("/live?ch=3"));
    }

    proptest! {
        /// Whatever is typed: what passes leads to that host and no other, and two
        /// channels or layers never to one place.
        #[test]
        fn what_is_typed_stays_behind_its_host(
            path in "/[ -~]{0,40}\\{channel\\}[ -~]{0,10}\\{layer\\}[ -~]{0,10}",
            main in "[ -~]{0,4}", sub in "[ -~]{0,4}", channel in 1_i64..=255,
        ) {
            if let Ok(scheme) = Scheme::new(&path, &words(&main, &sub))
                && let Some(url) = scheme.url("10.0.0.9:554", channel, Layer::Main)
            {
                prop_assert_eq!(url.host_str(), Some("10.0.0.9"));
                prop_assert_eq!(url.password(), None);
                prop_assert_ne!(scheme.path(channel, Layer::Main), scheme.path(channel + 1, Layer::Main));
                prop_assert_ne!(scheme.path(channel, Layer::Main), scheme.path(channel, Layer::Sub));
            }
        }
    }
}
