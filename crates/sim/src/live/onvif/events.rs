//! What the camera says that happens, to those who ask (ONVIF Core 23.06, clause 9,
//! real-time pull-point notification).

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

/// Who may listen at once. Policy: one more is refused.
const LISTENERS_MAX: usize = 8;

/// Messages that wait for one listener, at most. Policy: the oldest is dropped.
const WAITING_MAX: usize = 256;

/// What happens, and who listens.
#[derive(Debug, Default)]
pub(super) struct Events {
    state: Mutex<State>,
    bell: Notify,
}

#[derive(Debug, Default)]
struct State {
    things: BTreeMap<&'static str, bool>,
    listeners: BTreeMap<u32, VecDeque<String>>,
    made: u32,
    pulls: u32,
    renewed: u32,
    left: u32,
}

/// What a listener asks of it.
pub(super) const ASKED: [&str; 4] = [
    "CreatePullPointSubscription",
    "PullMessages",
    "Renew",
    "Unsubscribe",
];

impl Events {
    /// A thing is on or off from now on; `at` is the time by the camera's clock.
    pub(super) fn set(&self, thing: &'static str, on: bool, at: &str) {
        let mut state = self.state();
        state.things.insert(thing, on);
        let said = message(thing, on, "Changed", at);
        for waiting in state.listeners.values_mut() {
            if waiting.len() >= WAITING_MAX {
                waiting.pop_front();
            }
            waiting.push_back(said.clone());
        }
        drop(state);
        self.bell.notify_waiters();
    }

    /// Forgets who listens, as a restart does.
    pub(super) fn forget(&self) {
        self.state().listeners.clear();
        self.bell.notify_waiters();
    }

    /// What was asked so far.
    pub(super) fn told(&self) -> String {
        let state = self.state();
        format!(
            "listeners {} made {} pulls {} renewed {} left {}",
            state.listeners.len(),
            state.made,
            state.pulls,
            state.renewed,
            state.left
        )
    }

    /// Answers a question; `path` is the one that it came to. None: nobody listens there.
    pub(super) async fn answer(
        &self,
        operation: &str,
        path: &str,
        patience: Duration,
        at: &str,
    ) -> Option<String> {
        if operation == "CreatePullPointSubscription" {
            return self.make(at);
        }
        let number = path.rsplit('/').next()?.parse().ok()?;
        match operation {
            "PullMessages" => {
                self.state().pulls += 1;
                let end = tokio::time::sleep(patience);
                let mut end = std::pin::pin!(end);
                loop {
                    let rung = self.bell.notified();
                    let all: String = self.state().listeners.get_mut(&number)?.drain(..).collect();
                    if !all.is_empty() {
                        return Some(pulled(&all, at));
                    }
                    tokio::select! {
                        () = rung => {}
                        () = &mut end => return Some(pulled("", at)),
                    }
                }
            }
            "Renew" => {
                let mut state = self.state();
                state.listeners.get(&number)?;
                state.renewed += 1;
                Some(format!(
                    "<wsnt:RenewResponse><wsnt:TerminationTime>{at}</wsnt:TerminationTime><wsnt:CurrentTime>{at}</wsnt:CurrentTime></wsnt:RenewResponse>"
                ))
            }
            "Unsubscribe" => {
                let mut state = self.state();
                state.listeners.remove(&number)?;
                state.left += 1;
                Some("<wsnt:UnsubscribeResponse/>".to_owned())
            }
            _ => None,
        }
    }

    fn make(&self, at: &str) -> Option<String> {
        let mut state = self.state();
        if state.listeners.len() >= LISTENERS_MAX {
            return None;
        }
        state.made += 1;
        let number = state.made;
        let now = state.things.iter();
        let now = now.map(|(thing, on)| message(thing, *on, "Initialized", at));
        let now = now.collect();
        state.listeners.insert(number, now);
        Some(format!(
            "<tev:CreatePullPointSubscriptionResponse><tev:SubscriptionReference>\
             <wsa:Address>http://10.255.255.1/onvif/subscription/{number}</wsa:Address></tev:SubscriptionReference>\
             <wsnt:CurrentTime>{at}</wsnt:CurrentTime><wsnt:TerminationTime>{at}</wsnt:TerminationTime>\
             </tev:CreatePullPointSubscriptionResponse>"
        ))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn pulled(all: &str, at: &str) -> String {
    format!(
        "<tev:PullMessagesResponse><tev:CurrentTime>{at}</tev:CurrentTime><tev:TerminationTime>{at}</tev:TerminationTime>{all}</tev:PullMessagesResponse>"
    )
}

/// A thing as it is said: motion at the source of the picture, or a contact.
fn message(thing: &str, on: bool, operation: &str, at: &str) -> String {
    let (topic, source, item) = match thing {
        "input" => (
            "tns1:Device/Trigger/DigitalInput",
            "<tt:SimpleItem Name=\"InputToken\" Value=\"pintu\"/>",
            "LogicalState",
        ),
        "tamper" => (
            "tns1:VideoSource/GlobalSceneChange/ImagingService",
            "<tt:SimpleItem Name=\"Source\" Value=\"vs\"/>",
            "State",
        ),
        _ => (
            "tns1:RuleEngine/CellMotionDetector/Motion",
            "<tt:SimpleItem Name=\"VideoSourceConfigurationToken\" Value=\"vsc\"/><tt:SimpleItem Name=\"Rule\" Value=\"r\"/>",
            "IsMotion",
        ),
    };
    format!(
        "<wsnt:NotificationMessage><wsnt:Topic Dialect=\"http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet\">{topic}</wsnt:Topic>\
         <wsnt:Message><tt:Message UtcTime=\"{at}\" PropertyOperation=\"{operation}\"><tt:Source>{source}</tt:Source>\
         <tt:Data><tt:SimpleItem Name=\"{item}\" Value=\"{on}\"/></tt:Data></tt:Message></wsnt:Message></wsnt:NotificationMessage>"
    )
}
