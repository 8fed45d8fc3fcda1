//! What a device says that happens, by asking it again and again (ONVIF Core, clause 9,
//! real-time pull-point notification).

use base::now::Wall;
use oxvif::types::NotificationMessage;
use url::Url;
use watch_core::happen::{self, Kind};

use super::{Device, Trouble, told};

/// How long a device keeps a subscription that nobody renews.
const TERM: &str = "PT60S";

/// How long a device may keep a question until something happens, in seconds.
pub(super) const PULL_S: u64 = 10;

/// Messages of one answer, at most. Policy: what a device sends beyond is not looked at.
const MESSAGES_MAX: u32 = 64;

/// Names of items that say where at the device something happens, the best first.
const SOURCES: [&str; 6] = [
    "VideoSourceToken",
    "Source",
    "VideoSource",
    "InputToken",
    "VideoSourceConfigurationToken",
    "Token",
];

/// The three of them that name the source of a picture.
const PICTURES: usize = 3;

/// What a device keeps for somebody who listens.
#[derive(Debug, Clone)]
pub(crate) struct Subscription(String);

/// One message that tells a state of a kind that is written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) kind: Kind,
    pub(crate) source: String,
    /// Whether the source is one of pictures.
    pub(crate) of_picture: bool,
    pub(crate) on: bool,
    /// By the device's clock.
    pub(crate) at: Option<Wall>,
}

impl Device {
    /// Subscribes to everything: what devices understand of filters differs.
    pub(crate) async fn subscribe(&self) -> Result<Subscription, Trouble> {
        let events = self.events.as_deref().ok_or(Trouble::NoService)?;
        let made = self
            .client
            .create_pull_point_subscription(events, None, Some(TERM));
        let made = told(&self.post, made).await?;
        // Of the address only the path is believed, as of all that it names.
        let reference = Url::parse(made.reference_url.trim());
        let reference = reference.map_err(|_| {
            Trouble::Unreadable("the address of the subscription is none".to_owned())
        })?;
        Ok(Subscription(reference.into()))
    }

    /// What has happened since; waits for a while if nothing has.
    pub(crate) async fn pull(&self, from: &Subscription) -> Result<Vec<Notice>, Trouble> {
        let patience = format!("PT{PULL_S}S");
        let pulled = self.client.pull_messages(&from.0, &patience, MESSAGES_MAX);
        let all = told(&self.post, pulled).await?.into_iter();
        let all = all.take(usize::try_from(MESSAGES_MAX).unwrap_or(usize::MAX));
        Ok(all.filter_map(|message| notice(&message)).collect())
    }

    /// It shall be kept for longer.
    pub(crate) async fn renew(&self, what: &Subscription) -> Result<(), Trouble> {
        let renewed = self.client.renew_subscription(&what.0, TERM);
        told(&self.post, renewed).await.map(drop)
    }

    /// It need not be kept any more.
    pub(crate) async fn unsubscribe(&self, what: &Subscription) -> Result<(), Trouble> {
        told(&self.post, self.client.unsubscribe(&what.0)).await
    }
}

/// What a message tells, if it is of a kind that is written down. What was there before and
/// is gone tells nothing.
pub(super) fn notice(message: &NotificationMessage) -> Option<Notice> {
    if message.property_operation == "Deleted" {
        return None;
    }
    let data = |name: &str| message.data.get(name).map(String::as_str);
    let (kind, on) = happen::read(&message.topic, data)?;
    let named = SOURCES.iter().enumerate();
    let mut named = named.filter_map(|(at, name)| Some((at, message.source.get(*name)?)));
    let (at, source) = match named.next() {
        Some((at, text)) => (at, super::name(text)),
        None => (SOURCES.len(), String::new()),
    };
    Some(Notice {
        kind,
        source,
        of_picture: at < PICTURES,
        on,
        at: moment(&message.utc_time),
    })
}

/// A time as devices write it: some leave out that it is UTC.
fn moment(text: &str) -> Option<Wall> {
    let text = text.trim();
    let parsed = text.parse::<jiff::Timestamp>();
    let parsed = parsed.or_else(|_| format!("{text}Z").parse());
    parsed.ok().map(|at| Wall::from_us(at.as_microsecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_devices_are_read() {
        let is = Some(Wall::from_us(1_700_000_000_000_000));
        for text in [
            "2023-11-14T22:13:20Z",
            " 2023-11-14T22:13:20 ",
            "2023-11-15T05:13:20+07:00",
        ] {
            assert_eq!(moment(text), is, "{text}");
        }
        assert_eq!(moment("tadi"), None);
    }

    #[test]
    fn a_message_tells_a_state_or_nothing() {
        let map = |all: &[(&str, &str)]| {
            let all = all.iter();
            all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect()
        };
        let message = |operation: &str| NotificationMessage {
            topic: "tns1:VideoSource/MotionAlarm".to_owned(),
            utc_time: String::new(),
            property_operation: operation.to_owned(),
            source: map(&[("Rule", "x"), ("Source", "vs\u{7}1")]),
            data: map(&[("State", "true")]),
        };
        let told = notice(&message("Changed")).expect("a state");
        assert_eq!((told.kind, told.on, told.at), (Kind::Motion, true, None));
        assert_eq!((told.source.as_str(), told.of_picture), ("vs1", true));
        assert_eq!(notice(&message("Deleted")), None);
    }
}
