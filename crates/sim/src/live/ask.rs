//! Asks a simulated camera to have a fault, from outside.

use std::time::Duration;

use anyhow::{Context as _, bail};
use rtsp_types::headers::{CONTENT_TYPE, CSEQ};
use rtsp_types::{Message, Method, ParseError, Request, StatusCode, Url, Version};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::fault::Fault;

/// How long the answer may take: a film may have to be encoded first.
const ANSWER_MAX: Duration = Duration::from_secs(180);

/// Makes that wrong with the camera at this address; what it says is wrong then.
///
/// # Errors
/// If it cannot be reached, is no simulated camera, or refuses.
pub async fn fault(camera: &str, fault: Fault) -> anyhow::Result<String> {
    let url: Url = camera
        .parse()
        .with_context(|| format!("the address {camera}"))?;
    let host = url.host_str().context("an address without a host")?;
    let port = url.port().unwrap_or(554);
    let request = Request::builder(Method::SetParameter, Version::V1_0)
        .request_uri(url.clone())
        .header(CSEQ, "1")
        .header(CONTENT_TYPE, "text/parameters")
        .build(format!("fault: {fault}\r\n").into_bytes());
    let mut bytes = Vec::new();
    Message::from(request).write(&mut bytes)?;
    let asked = async {
        let mut stream = TcpStream::connect((host, port)).await?;
        stream.write_all(&bytes).await?;
        let mut answer = Vec::new();
        loop {
            if stream.read_buf(&mut answer).await? == 0 {
                bail!("it hung up");
            }
            match Message::<Vec<u8>>::parse(&answer) {
                Ok((Message::Response(response), _)) => return Ok(response),
                Ok(_) | Err(ParseError::Error) => bail!("it speaks no RTSP"),
                Err(ParseError::Incomplete(_)) => {}
            }
        }
    };
    let answer = tokio::time::timeout(ANSWER_MAX, asked)
        .await
        .context("it does not answer")?
        .with_context(|| format!("the camera at {host}:{port}"))?;
    let text = String::from_utf8_lossy(answer.body()).trim().to_owned();
    if answer.status() != StatusCode::Ok {
        bail!(
            "{camera} has no fault to be asked for: {} {text}",
            answer.reason_phrase()
        );
    }
    Ok(text)
}
