//! What is asked of a provider over the network: little, for a short time, and nowhere but
//! where its document says.

use base::redact::Secret;
use url::Url;

/// Longest answer that is read, in octets.
#[cfg(feature = "provider")]
const ANSWER_MAX: usize = 128 * 1024;

/// So long an answer may take, all of it.
#[cfg(feature = "provider")]
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

/// The provider has not answered, or with something that cannot be an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the provider does not answer: {0}")]
pub(super) struct Silence(pub(super) String);

/// How a request says who asks.
#[cfg_attr(
    not(feature = "provider"),
    expect(dead_code, reason = "only the network is told")
)]
pub(super) enum As<'a> {
    Nobody,
    /// A client with its secret (RFC 6749 §2.3.1).
    Client(&'a str, &'a Secret<String>),
    /// Whoever has the access token.
    Bearer(&'a Secret<String>),
}

/// Asks. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Wire {
    #[cfg(feature = "provider")]
    client: Option<reqwest::Client>,
    /// What is answered instead, by the address.
    #[cfg(test)]
    script: Option<std::sync::Arc<std::sync::Mutex<super::tests::Script>>>,
}

impl Wire {
    pub(super) fn new() -> Self {
        Self {
            // Answers are followed nowhere: what a provider says is where it says it.
            #[cfg(feature = "provider")]
            client: reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .timeout(PATIENCE)
                .build()
                .ok(),
            #[cfg(test)]
            script: None,
        }
    }

    #[cfg(test)]
    pub(super) fn by(script: std::sync::Arc<std::sync::Mutex<super::tests::Script>>) -> Self {
        let mut wire = Self::new();
        wire.script = Some(script);
        wire
    }

    /// The status and the text of an answer. With a form it is sent, without it is asked.
    pub(super) async fn ask(
        &self,
        url: &Url,
        asker: As<'_>,
        form: Option<String>,
    ) -> Result<(u16, Vec<u8>), Silence> {
        #[cfg(test)]
        if let Some(script) = &self.script {
            let mut script = script.lock().expect("nobody panics with it");
            return script.answer(url, form.as_deref());
        }
        self.send(url, asker, form).await
    }

    #[cfg(feature = "provider")]
    async fn send(
        &self,
        url: &Url,
        asker: As<'_>,
        form: Option<String>,
    ) -> Result<(u16, Vec<u8>), Silence> {
        let trouble = |error: reqwest::Error| Silence(error.without_url().to_string());
        let client = self
            .client
            .as_ref()
            .ok_or_else(|| Silence("no client could be made".to_owned()))?;
        let mut request = match form {
            Some(form) => client
                .post(url.clone())
                .header("content-type", "application/x-www-form-urlencoded")
                .body(form),
            None => client.get(url.clone()),
        };
        request = match asker {
            As::Nobody => request,
            As::Client(client, secret) => {
                request.basic_auth(escaped(client), Some(escaped(secret.expose())))
            }
            As::Bearer(token) => request.bearer_auth(token.expose()),
        };
        let request = request.header("accept", "application/json");
        let mut answer = request.send().await.map_err(trouble)?;
        let status = answer.status().as_u16();
        let mut text = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(trouble)? {
            if text.len() + chunk.len() > ANSWER_MAX {
                return Err(Silence("the answer is too long".to_owned()));
            }
            text.extend_from_slice(&chunk);
        }
        Ok((status, text))
    }

    #[cfg(not(feature = "provider"))]
    #[expect(clippy::unused_async, reason = "the other build asks the network")]
    async fn send(&self, _: &Url, _: As<'_>, _: Option<String>) -> Result<(u16, Vec<u8>), Silence> {
        let why = "this program was built without what asks a provider";
        Err(Silence(why.to_owned()))
    }
}

/// As a form writes a value, which is how a client's name and secret stand in the header.
#[cfg(feature = "provider")]
fn escaped(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
