//! Speaks to a running house over its API.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use reqwest::multipart::{Form, Part};
use reqwest::{Certificate, Client, Method, RequestBuilder, Response, Url};
use serde_json::Value as Json;

use crate::socket;

/// How long an answer may take; a probe waits for a camera.
const ANSWER_MAX: Duration = Duration::from_secs(60);

/// How long a file may take to arrive.
const FILE_MAX: Duration = Duration::from_secs(3_600);

/// Rows of a page when all are wanted.
const PAGE: &str = "1000";

/// How a verb reaches the house: over the network with a token, or on the same
/// machine through the socket of its data folder.
#[derive(Debug, Args)]
pub(crate) struct ReachArgs {
    /// Address of the house, for example <http://127.0.0.1:8080>.
    #[arg(long, value_name = "URL", requires = "key", conflicts_with = "data")]
    server: Option<String>,
    /// A token of yours (Pengaturan, Token).
    #[arg(long, group = "key", conflicts_with = "data")]
    token: Option<String>,
    /// File that holds a token of yours; nobody reads it off the list of processes.
    #[arg(long, value_name = "FILE", group = "key", conflicts_with = "data")]
    token_file: Option<PathBuf>,
    /// The house's own authority (/ca.pem), if its certificate is of that.
    #[arg(long, value_name = "FILE", requires = "server")]
    ca: Option<PathBuf>,
    /// Data folder of a house on this machine, instead of an address and a token.
    #[arg(long, value_name = "DIR", required_unless_present = "key")]
    data: Option<PathBuf>,
}

/// Where a house is when a token comes without an address.
const HERE: &str = "http://127.0.0.1:8080";

impl ReachArgs {
    pub(crate) fn reach(&self) -> anyhow::Result<Reach> {
        if let Some(data) = &self.data {
            return Reach::local(data);
        }
        let token = match (&self.token, &self.token_file) {
            (Some(token), _) => token.clone(),
            (None, Some(file)) => first_line(file).context("the token")?,
            (None, None) => bail!("give --data DIR, or --server URL and --token T"),
        };
        let server = self.server.as_deref().unwrap_or(HERE);
        Reach::far(server, token, self.ca.as_deref())
    }
}

/// What a file holds that is given instead of a word on the command line; `-` is
/// standard input.
pub(crate) fn first_line(file: &Path) -> anyhow::Result<String> {
    let text = if file == Path::new("-") {
        std::io::read_to_string(std::io::stdin())
    } else {
        std::fs::read_to_string(file)
    }
    .with_context(|| format!("the file {}", file.display()))?;
    let line = text.lines().next().unwrap_or_default();
    ensure!(!line.is_empty(), "the file {} is empty", file.display());
    Ok(line.to_owned())
}

/// A house, and what opens it.
#[derive(Debug)]
pub(crate) struct Reach {
    server: Url,
    /// None at the socket, which knows who may open it.
    token: Option<String>,
    client: Client,
}

impl Reach {
    /// Over the network, with a token and perhaps the house's own authority.
    pub(crate) fn far(server: &str, token: String, ca: Option<&Path>) -> anyhow::Result<Self> {
        let mut client = Client::builder();
        if let Some(ca) = ca {
            let pem = std::fs::read(ca).with_context(|| format!("the file {}", ca.display()))?;
            let authority = Certificate::from_pem(&pem).context("the authority")?;
            client = client.tls_certs_only([authority]);
        }
        Ok(Self {
            server: Url::parse(server).with_context(|| format!("the address {server}"))?,
            token: Some(token),
            client: client.build()?,
        })
    }

    fn local(data: &Path) -> anyhow::Result<Self> {
        let path = socket::path(data);
        ensure!(
            path.exists(),
            "no house runs on {} (there is no {})",
            data.display(),
            path.display()
        );
        Ok(Self {
            // The name does not matter: everything goes through the socket.
            server: Url::parse("http://localhost")?,
            token: None,
            client: Client::builder().unix_socket(path).build()?,
        })
    }

    /// Asks, and reads the answer as JSON; null when it is empty.
    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Json>,
    ) -> anyhow::Result<Json> {
        self.ask_about(method, path, &[], body).await
    }

    /// The same with parameters in the address.
    pub(crate) async fn ask_about(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, String)],
        body: Option<&Json>,
    ) -> anyhow::Result<Json> {
        let text = self.send(method, path, query, body).await?.text().await?;
        read(&text)
    }

    /// Sends a file, and reads the answer as JSON.
    pub(crate) async fn upload(
        &self,
        path: &str,
        name: &str,
        octets: Vec<u8>,
        mode: &str,
    ) -> anyhow::Result<Json> {
        let file = Part::bytes(octets).file_name(name.to_owned());
        let form = Form::new().text("mode", mode.to_owned()).part("file", file);
        let request = self.client.post(self.server.join(path)?).multipart(form);
        let text = self.answer(request).await?.text().await?;
        read(&text)
    }

    /// Sends a file of any size as the body, as it is read, and reads the answer as JSON.
    pub(crate) async fn send_file(
        &self,
        path: &str,
        query: &[(&str, String)],
        file: &Path,
    ) -> anyhow::Result<Json> {
        let mut url = self.server.join(path)?;
        url.query_pairs_mut().extend_pairs(query);
        let from = tokio::fs::File::open(file)
            .await
            .with_context(|| format!("the file {}", file.display()))?;
        let request = self
            .client
            .post(url)
            .header("content-type", "application/octet-stream")
            .body(from);
        let text = self.answer_within(request, FILE_MAX).await?.text().await?;
        read(&text)
    }

    /// Everything of a list that fits, page by page.
    pub(crate) async fn all(
        &self,
        path: &str,
        filter: &[(&str, Option<String>)],
    ) -> anyhow::Result<Vec<Json>> {
        let mut items = Vec::new();
        let mut next: Option<String> = None;
        loop {
            let mut query = vec![("limit", PAGE.to_owned())];
            query.extend(
                filter
                    .iter()
                    .filter_map(|(key, value)| Some((*key, value.clone()?))),
            );
            query.extend(next.map(|cursor| ("cursor", cursor)));
            let text = self
                .send(Method::GET, path, &query, None)
                .await?
                .text()
                .await?;
            let page = read(&text)?;
            items.extend(page["items"].as_array().cloned().unwrap_or_default());
            next = page["next"].as_str().map(str::to_owned);
            if next.is_none() {
                return Ok(items);
            }
        }
    }

    /// Asks for a file, octet by octet.
    pub(crate) async fn file(
        &self,
        path: &str,
        query: &[(&str, String)],
    ) -> anyhow::Result<Vec<u8>> {
        let answer = self.send(Method::GET, path, query, None).await?;
        Ok(answer.bytes().await?.to_vec())
    }

    /// Sends a file and gives what is answered, octet by octet.
    pub(crate) async fn exchange(&self, path: &str, octets: Vec<u8>) -> anyhow::Result<Vec<u8>> {
        let request = self
            .client
            .post(self.server.join(path)?)
            .header("content-type", "application/octet-stream")
            .body(octets);
        Ok(self.answer(request).await?.bytes().await?.to_vec())
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, String)],
        body: Option<&Json>,
    ) -> anyhow::Result<Response> {
        let mut url = self.server.join(path)?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let mut request = self.client.request(method, url);
        if let Some(body) = body {
            request = request.json(body);
        }
        self.answer(request).await
    }

    async fn answer(&self, request: RequestBuilder) -> anyhow::Result<Response> {
        self.answer_within(request, ANSWER_MAX).await
    }

    async fn answer_within(
        &self,
        mut request: RequestBuilder,
        limit: Duration,
    ) -> anyhow::Result<Response> {
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let answer = request
            .timeout(limit)
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

fn read(text: &str) -> anyhow::Result<Json> {
    if text.is_empty() {
        return Ok(Json::Null);
    }
    serde_json::from_str(text).context("the house answered something else than JSON")
}
