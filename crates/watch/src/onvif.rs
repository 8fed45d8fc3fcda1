//! What a camera is asked and told by ONVIF: the one place that knows the library.
//!
//! The library makes the questions and reads the answers. Where they go is ours
//! ([`post`]): only to the address that somebody typed and that the house may connect to,
//! never where a camera's answer points. What comes back is looked over first
//! ([`shallow`]), for the library reads whatever it is given.

pub(crate) mod events;
mod post;
pub(crate) mod shallow;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use base::now::Wall;
use base::redact::Secret;
use futures::FutureExt as _;
use hall::outward::{Outward, Refused};
use oxvif::OnvifClient;
use oxvif::error::OnvifError;
use oxvif::soap::SoapError;
use oxvif::transport::{Transport, TransportError};
use post::Post;
use url::Url;
use watch_core::aim::{Click, Optics, Stand};
use watch_core::hold::Velocity;

/// Presets that are listed of one camera, at most. Policy: the rest is left out.
pub(crate) const PRESETS_MAX: usize = 256;

/// Profiles that are listed of one device, at most. Policy: the rest is left out.
pub(crate) const PROFILES_MAX: usize = 128;

/// Longest name that is taken over from a device, in characters.
const NAME_MAX: usize = 64;

/// Where a device answers, if a text says so: `http://host[:port]/path`.
///
/// # Errors
/// In words for a form.
pub(crate) fn address(text: &str) -> Result<Url, &'static str> {
    let url =
        Url::parse(text.trim()).map_err(|_| "write it as http://host/onvif/device_service")?;
    if url.scheme() != "http" {
        return Err("use http; by https no camera can be asked yet");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("write the name and the password into their own fields");
    }
    if url.host_str().is_none_or(str::is_empty) || text.len() > 300 {
        return Err("write it as http://host/onvif/device_service");
    }
    Ok(url)
}

/// The port of such an address.
pub(crate) fn port(url: &Url) -> u16 {
    url.port_or_known_default().unwrap_or(80)
}

/// Where a device answers, and what it asks for.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) url: Url,
    pub(crate) credentials: Option<(String, Secret<String>)>,
}

/// Why a device did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Trouble {
    #[error("{0}")]
    Refused(Refused),
    #[error("the device cannot be reached: {0}")]
    Unreachable(String),
    #[error("the device takes the connection and says nothing")]
    Silent,
    #[error("the name or the password is wrong")]
    Password,
    #[error("the device has answered with HTTP {0}")]
    Status(u16),
    #[error("the device has answered with more than can be an answer")]
    TooLarge,
    #[error("the answer of the device cannot be read: {0}")]
    Unreadable(String),
    #[error("the device refuses: {0}")]
    Fault(String),
    #[error("the device has no such service")]
    NoService,
}

impl Trouble {
    /// The word of pages.
    pub(crate) const fn word(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            Self::Unreachable(_) => "unreachable",
            Self::Silent => "silent",
            Self::Password => "password",
            Self::Status(_) | Self::Unreadable(_) => "protocol",
            Self::TooLarge => "too_large",
            Self::Fault(_) => "fault",
            Self::NoService => "no_service",
        }
    }
}

/// A device that has answered.
pub(crate) struct Device {
    client: OnvifClient,
    post: Arc<Post>,
    media: Option<String>,
    ptz: Option<String>,
    events: Option<String>,
    clock: Option<i64>,
}

impl std::fmt::Debug for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Device")
            .field("media", &self.media)
            .field("ptz", &self.ptz)
            .finish_non_exhaustive()
    }
}

/// A place that a camera has been told to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Preset {
    pub(crate) token: String,
    pub(crate) name: String,
}

/// One way of a device to bring a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Profile {
    pub(crate) token: String,
    pub(crate) name: String,
    /// What the picture comes from; profiles of one source are layers of one camera.
    pub(crate) source: Option<String>,
    /// Whether it can be turned.
    pub(crate) turns: bool,
}

impl Device {
    /// Asks a device what it has. Its clock first, for what it is asked then has to tell
    /// its time.
    ///
    /// # Errors
    /// Why it did not answer.
    pub(crate) async fn reach(target: &Target, outward: &Outward) -> Result<Self, Trouble> {
        let post = Arc::new(Post::new(target, outward.clone()));
        let bare = OnvifClient::new(target.url.as_str()).with_transport(Arc::clone(&post) as _);
        let shown = match &target.credentials {
            Some((name, password)) => bare.clone().with_credentials(name, password.expose()),
            None => bare.clone(),
        };
        // Anybody is told the time (ONVIF Core, PRE_AUTH), but by some only who says his name.
        let said = match told(&post, bare.get_system_date_and_time()).await {
            Err(Trouble::Password | Trouble::Fault(_)) => {
                match told(&post, shown.get_system_date_and_time()).await {
                    Err(Trouble::Fault(_)) => None,
                    said => Some(said?),
                }
            }
            said => Some(said?),
        };
        let client = match &said {
            Some(said) => shown.with_utc_offset(said.utc_offset_secs()),
            None => shown,
        };
        let has = told(&post, client.get_capabilities()).await?;
        Ok(Self {
            client,
            post,
            media: has.media.url,
            ptz: has.ptz.url,
            events: has.events.url,
            clock: said.and_then(|said| said.utc_unix),
        })
    }

    /// By how many seconds its clock goes before ours; none if it does not tell.
    pub(crate) fn clock_ahead_s(&self, now: Wall) -> Option<i64> {
        Some(self.clock? - now.as_us().div_euclid(1_000_000))
    }

    /// Whether it has motors, as it says.
    pub(crate) const fn turns(&self) -> bool {
        self.ptz.is_some()
    }

    /// Its ways to bring a picture.
    pub(crate) async fn profiles(&self) -> Result<Vec<Profile>, Trouble> {
        let all = told(&self.post, self.client.get_profiles(self.media()?)).await?;
        let turns = self.turns();
        let all = all.into_iter().take(PROFILES_MAX).map(|profile| Profile {
            name: name(&profile.name),
            source: profile.video_source_token,
            turns: turns && profile.ptz_config_token.is_some(),
            token: profile.token,
        });
        Ok(all.collect())
    }

    /// Where a profile's picture is, as the device says, but on the machine that was asked:
    /// a device behind a router tells an address that leads nowhere from here.
    pub(crate) async fn stream(&self, profile: &str) -> Result<Url, Trouble> {
        let said = self.client.get_stream_uri(self.media()?, profile);
        let said = told(&self.post, said).await?;
        let url = Url::parse(&said.uri).ok();
        let url = url.filter(|url| url.scheme() == "rtsp");
        let url = url.and_then(|url| self.post.here(url));
        url.ok_or_else(|| Trouble::Unreadable("the address of the stream is none".to_owned()))
    }

    /// Where it hands out a still of a profile, in the same way; none where it has none.
    pub(crate) async fn still(&self, profile: &str) -> Option<Url> {
        let said = self.client.get_snapshot_uri(self.media().ok()?, profile);
        let url = Url::parse(&told(&self.post, said).await.ok()?.uri).ok()?;
        self.post.here(url)
    }

    /// Sets it in motion, for [`OWN_STOP`](watch_core::hold::OWN_STOP) at most.
    pub(crate) async fn steer(&self, profile: &str, velocity: Velocity) -> Result<(), Trouble> {
        let [pan, tilt, zoom] = velocity.parts();
        let ptz = self.ptz()?;
        let done = self
            .client
            .ptz_continuous_move(ptz, profile, pan, tilt, zoom);
        told(&self.post, done).await
    }

    /// Stops whatever moves.
    pub(crate) async fn stop(&self, profile: &str) -> Result<(), Trouble> {
        let done = self.client.ptz_stop(self.ptz()?, profile);
        told(&self.post, done).await
    }

    /// What it keeps.
    pub(crate) async fn presets(&self, profile: &str) -> Result<Vec<Preset>, Trouble> {
        let all = self.client.ptz_get_presets(self.ptz()?, profile);
        let all = told(&self.post, all).await?;
        let all = all.into_iter().take(PRESETS_MAX).map(|preset| Preset {
            name: name(&preset.name),
            token: preset.token,
        });
        Ok(all.collect())
    }

    /// Goes to what it keeps.
    pub(crate) async fn go(&self, profile: &str, preset: &str) -> Result<(), Trouble> {
        let done = self.client.ptz_goto_preset(self.ptz()?, profile, preset);
        told(&self.post, done).await
    }

    /// Keeps where it looks; the token of it.
    pub(crate) async fn keep(&self, profile: &str, name: &str) -> Result<String, Trouble> {
        let kept = self
            .client
            .ptz_set_preset(self.ptz()?, profile, Some(name), None);
        told(&self.post, kept).await
    }

    /// Turns so that a click is in the middle: from where it says that it stands, or by so
    /// much where it does not say.
    pub(crate) async fn centre(
        &self,
        profile: &str,
        optics: &Optics,
        click: Click,
        aspect: f64,
    ) -> Result<(), Trouble> {
        let ptz = self.ptz()?;
        let said = told(&self.post, self.client.ptz_get_status(ptz, profile)).await?;
        #[expect(clippy::cast_possible_truncation, reason = "as the library takes it")]
        let single = |part: f64| part as f32;
        let at = |part: Option<f32>| part.map(f64::from).filter(|part| part.is_finite());
        let zoom = at(said.zoom).unwrap_or(0.0);
        match (at(said.pan), at(said.tilt)) {
            (Some(pan), Some(tilt)) => {
                let [pan, tilt] = [pan, tilt].map(|part| part.clamp(-1.0, 1.0));
                let to = optics.aimed(Stand { pan, tilt, zoom }, click, aspect);
                let [pan, tilt, zoom] = [to.pan, to.tilt, to.zoom].map(single);
                let done = self.client.ptz_absolute_move(ptz, profile, pan, tilt, zoom);
                told(&self.post, done).await
            }
            _ => {
                let (right, up) = optics.way(click, aspect, zoom);
                let [right, up] = [right, up].map(single);
                let done = self.client.ptz_relative_move(ptz, profile, right, up, 0.0);
                told(&self.post, done).await
            }
        }
    }

    fn media(&self) -> Result<&str, Trouble> {
        self.media.as_deref().ok_or(Trouble::NoService)
    }

    fn ptz(&self) -> Result<&str, Trouble> {
        self.ptz.as_deref().ok_or(Trouble::NoService)
    }
}

/// What a device calls something: one line, cut.
pub(crate) fn name(text: &str) -> String {
    let text = text.chars().filter(|letter| !letter.is_control());
    text.take(NAME_MAX).collect::<String>().trim().to_owned()
}

/// Asks, and says why there is no answer: what the way there knows better than the library.
/// An answer that breaks the library is one that cannot be read.
async fn told<T>(
    post: &Post,
    asked: impl Future<Output = Result<T, OnvifError>>,
) -> Result<T, Trouble> {
    let answer = AssertUnwindSafe(asked).catch_unwind().await;
    let answer = answer.map_err(|_| Trouble::Unreadable("it breaks its reader".to_owned()))?;
    let error = match answer {
        Ok(answer) => return Ok(answer),
        Err(error) => error,
    };
    if let Some(trouble) = post.trouble() {
        return Err(trouble);
    }
    Err(match error {
        OnvifError::Soap(SoapError::Fault {
            reason,
            subcode,
            code,
            ..
        }) => {
            let sub = subcode.unwrap_or(code);
            if sub.ends_with("NotAuthorized") || sub.ends_with("FailedAuthentication") {
                Trouble::Password
            } else {
                Trouble::Fault(name(&reason))
            }
        }
        other => Trouble::Unreadable(name(&other.to_string())),
    })
}

/// Reads a text as the answer to everything that is ever asked, for the fuzz target: whether
/// it was looked over and handed on.
pub(crate) fn read_all(text: &str) -> bool {
    if shallow::look(text).is_err() {
        return false;
    }
    let client = OnvifClient::new("http://h/").with_transport(Arc::new(Canned(text.to_owned())));
    let all = async {
        let _ = client.get_system_date_and_time().await;
        let _ = client.get_capabilities().await;
        let _ = client.get_profiles("http://h/").await;
        let _ = client.get_stream_uri("http://h/", "p").await;
        let _ = client.get_snapshot_uri("http://h/", "p").await;
        let _ = client
            .ptz_continuous_move("http://h/", "p", 0.0, 0.0, 0.0)
            .await;
        let _ = client.ptz_get_status("http://h/", "p").await;
        let _ = client.ptz_set_preset("http://h/", "p", None, None).await;
        let _ = client
            .create_pull_point_subscription("http://h/", None, None)
            .await;
        let _ = client.renew_subscription("http://h/", "PT60S").await;
        let pulled = client.pull_messages("http://h/", "PT1S", 1).await;
        let notices = pulled.iter().flatten().filter_map(events::notice);
        assert!(
            notices
                .into_iter()
                .all(|it| it.source.chars().count() <= NAME_MAX),
            "a source is cut"
        );
        let presets = client.ptz_get_presets("http://h/", "p").await;
        presets.map(|all| {
            all.into_iter()
                .map(|preset| name(&preset.name))
                .collect::<Vec<_>>()
        })
    };
    // Nothing of it waits for anything, and what breaks the reader is contained (`told`).
    let read = std::panic::catch_unwind(AssertUnwindSafe(|| all.now_or_never()));
    let names = read.ok().flatten().and_then(Result::ok).unwrap_or_default();
    assert!(
        names.iter().all(|name| name.chars().count() <= NAME_MAX),
        "a name is cut"
    );
    true
}

/// A device that has one answer to everything.
struct Canned(String);

#[async_trait::async_trait]
impl Transport for Canned {
    async fn soap_post(&self, _: &str, _: &str, _: String) -> Result<String, TransportError> {
        Ok(self.0.clone())
    }
}

#[cfg(test)]
mod tests;
