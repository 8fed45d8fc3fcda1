//! The binary: command line, configuration, composition, life cycle.
//!
//! It decides nothing. [`compose`] puts the rooms together on one screen,
//! [`serve`] starts and ends them, [`demo`] puts a simulated province in, [`verb`]
//! speaks to a running house, [`probe`] and [`link`] need none, [`agent`] is a site far from
//! it, [`release`] signs programs for it. Without the feature
//! `centre` only the last is built.

mod agent;
mod cli;
#[cfg(feature = "centre")]
mod compose;
#[cfg(feature = "centre")]
mod demo;
#[cfg(feature = "centre")]
mod doctor;
#[cfg(feature = "centre")]
mod house;
#[cfg(feature = "centre")]
mod link;
mod log;
#[cfg(feature = "centre")]
mod port;
#[cfg(feature = "centre")]
mod probe;
mod release;
#[cfg(feature = "centre")]
mod serve;
#[cfg(feature = "centre")]
mod socket;
#[cfg(feature = "centre")]
mod verb;
#[cfg(feature = "centre")]
mod web;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    // One provider of cryptography for everything that asks for the default.
    if rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .is_err()
    {
        tracing::debug!("a provider of cryptography was there already");
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    match runtime.block_on(cli::run(cli)) {
        Ok(code) => code,
        Err(error) => failed(&error),
    }
}

#[expect(clippy::print_stderr, reason = "the last word of a program that ends")]
fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("betang: {error:#}");
    #[cfg(feature = "centre")]
    if error.chain().any(compose::wants_a_person) {
        return ExitCode::from(compose::WANTS_A_PERSON);
    }
    ExitCode::FAILURE
}
