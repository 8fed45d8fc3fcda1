//! Speaks to a running house over its API.

use std::time::Duration;

use anyhow::{Context as _, bail};
use reqwest::{Client, Method, Response};
use serde_json::Value as Json;

/// How long an answer may take; a probe waits for a camera.
const ANSWER_MAX: Duration = Duration::from_secs(30);

/// A house and the token to it.
#[derive(Debug)]
pub(crate) struct Reach {
    server: String,
    token: String,
    client: Client,
}

impl Reach {
    pub(crate) fn new(server: String, token: String) -> Self {
        Self {
            server: server.trim_end_matches('/').to_owned(),
            token,
            client: Client::new(),
        }
    }

    /// Asks, and reads the answer as JSON; null when it is empty.
    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Json>,
    ) -> anyhow::Result<Json> {
        let text = self.send(method, path, body).await?.text().await?;
        if text.is_empty() {
            return Ok(Json::Null);
        }
        serde_json::from_str(&text).context("the house answered something else than JSON")
    }

    /// Everything of a list, page by page.
    pub(crate) async fn all(&self, path: &str) -> anyhow::Result<Vec<Json>> {
        let mut items = Vec::new();
        let mut next: Option<String> = None;
        loop {
            let join = if path.contains('?') { '&' } else { '?' };
            let cursor = next.map_or_else(String::new, |cursor| format!("&cursor={cursor}"));
            let page = self
                .ask(
                    Method::GET,
                    &format!("{path}{join}limit=1000{cursor}"),
                    None,
                )
                .await?;
            items.extend(page["items"].as_array().cloned().unwrap_or_default());
            next = page["next"].as_str().map(str::to_owned);
            if next.is_none() {
                return Ok(items);
            }
        }
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Json>,
    ) -> anyhow::Result<Response> {
        let url = format!("{}{path}", self.server);
        let mut request = self
            .client
            .request(method, &url)
            .timeout(ANSWER_MAX)
            .bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request
            .send()
            .await
            .with_context(|| format!("the house at {} does not answer", self.server))?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let status = answer.status();
        let problem: Json = answer.json().await.unwrap_or_default();
        let title = problem["title"].as_str().unwrap_or_default();
        let detail = problem["detail"].as_str().unwrap_or_default();
        let fields: String = problem["errors"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|error| {
                format!(
                    "\n  {}: {}",
                    error["field"].as_str().unwrap_or_default(),
                    error["detail"].as_str().unwrap_or_default()
                )
            })
            .collect();
        bail!("{status}: {title}. {detail}{fields}");
    }
}
