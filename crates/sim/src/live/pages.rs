//! How long a page of an API takes, asked for again and again by one client over
//! one connection.

use std::time::Duration;

use clap::Args;
use hall::clock::Clock;
use serde_json::json;

use crate::spread::percentile;

/// Asked before it counts: caches are warm for whoever works with a page.
const WARM: usize = 10;

/// Which page.
#[derive(Debug, Args)]
pub struct Pages {
    /// The page.
    #[arg(long)]
    url: String,
    /// Bearer token.
    #[arg(long)]
    token: String,
    /// How often.
    #[arg(long, default_value_t = 200)]
    times: usize,
}

impl Pages {
    /// Asks and prints one line of JSON.
    ///
    /// # Errors
    /// If an answer is a refusal.
    pub async fn run(self) -> anyhow::Result<()> {
        let clock = Clock::real();
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(30))
            .build()?;
        let mut ms = Vec::with_capacity(self.times);
        let mut octets = 0;
        for i in 0..WARM + self.times {
            let began = clock.instant();
            let answer = http.get(&self.url).bearer_auth(&self.token).send().await?;
            octets = answer.error_for_status()?.bytes().await?.len();
            if i >= WARM {
                ms.push((clock.instant() - began).as_secs_f64() * 1_000.0);
            }
        }
        let (p50, p95) = (percentile(&ms, 50), percentile(&ms, 95));
        super::say(&json!({"times": self.times, "octets": octets, "p50": p50, "p95": p95}))?;
        Ok(())
    }
}
