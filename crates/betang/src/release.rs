//! `betang release`: programs for boxes.
//!
//! Signing needs no house and no network, and should have neither: the private key lies
//! on a machine or a stick that is put away again. The house is brought the signed file.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use clap::{Args, Subcommand};
use hall::clock::Clock;
use hall::link::slots::TARGET;
use sync::frame::{PROTOCOLS, Protocols};
use sync::release::{KEYS_MAX, Manifest, PublicKey, SecretKey, Version, pack, unpack};

use crate::cli::say;
#[cfg(feature = "centre")]
use crate::verb::releases;

/// What can be done with programs for boxes.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Make a key that signs releases; its public half is said.
    Key(Key),
    /// Sign a program: a file for the house, or for a stick.
    Sign(Sign),
    /// Look whether a release is signed and whole, and what it says.
    Verify(Verify),
    /// Bring a release to a running house.
    #[cfg(feature = "centre")]
    Add(releases::Add),
    /// List the releases of a running house.
    #[cfg(feature = "centre")]
    List(releases::List),
    /// Offer a release to boxes, or to more of them.
    #[cfg(feature = "centre")]
    Offer(releases::Offer),
    /// Halt an offer.
    #[cfg(feature = "centre")]
    Halt(releases::Halt),
    /// List the boxes that a release was offered to.
    #[cfg(feature = "centre")]
    Boxes(releases::Boxes),
}

/// A key to be made.
#[derive(Debug, Args)]
pub(crate) struct Key {
    /// Where the private half is written; it must not be there yet.
    file: PathBuf,
}

/// A program to be signed.
#[derive(Debug, Args)]
pub(crate) struct Sign {
    /// The program.
    program: PathBuf,
    /// File of a private key; more than one where boxes know different ones.
    #[arg(long, required = true, value_name = "FILE")]
    key: Vec<PathBuf>,
    /// Its version: three numbers with points between, higher than any before.
    #[arg(long, value_name = "VERSION")]
    release: Version,
    /// The oldest version that it may be installed over.
    #[arg(long, value_name = "VERSION", default_value = "0.0.0")]
    over: Version,
    /// The protocols that it speaks, oldest and newest, if not those of this program.
    #[arg(long, value_name = "MIN..MAX", value_parser = range)]
    protocols: Option<Protocols>,
    /// The kind of machine that it was built for.
    #[arg(long, value_name = "TRIPLE", default_value = TARGET)]
    target: String,
    /// Days until it is not to be installed any more.
    #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u64).range(1..=3_650))]
    days: u64,
    /// Public keys that count once it stands, instead of those that counted before.
    #[arg(long, value_name = "KEY")]
    next_key: Vec<PublicKey>,
    /// Where the release is written.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// A release to be looked at.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The release.
    file: PathBuf,
    /// A public key that has to have signed it; one of those given is enough.
    #[arg(long, required = true)]
    key: Vec<PublicKey>,
}

fn range(text: &str) -> Result<Protocols, String> {
    let read = || {
        let (min, max) = text.split_once("..")?;
        let (min, max) = (min.parse().ok()?, max.parse().ok()?);
        (min <= max).then_some(Protocols { min, max })
    };
    read().ok_or_else(|| "write MIN..MAX".to_owned())
}

#[cfg_attr(
    not(feature = "centre"),
    expect(
        clippy::unused_async,
        reason = "the verbs that wait speak to a house, and are of the centre"
    )
)]
pub(crate) async fn run(verb: Verb) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::Key(it) => key(&it),
        Verb::Sign(it) => sign(&it),
        Verb::Verify(it) => verify(&it),
        #[cfg(feature = "centre")]
        Verb::Add(it) => releases::add(it).await,
        #[cfg(feature = "centre")]
        Verb::List(it) => releases::list(it).await,
        #[cfg(feature = "centre")]
        Verb::Offer(it) => releases::offer(it).await,
        #[cfg(feature = "centre")]
        Verb::Halt(it) => releases::halt(it).await,
        #[cfg(feature = "centre")]
        Verb::Boxes(it) => releases::boxes(it).await,
    }
}

fn key(it: &Key) -> anyhow::Result<ExitCode> {
    let mut seed = [0; 32];
    SystemRandom::new()
        .fill(&mut seed)
        .map_err(|_| anyhow::anyhow!("the system has no randomness"))?;
    let made = SecretKey::from_seed(&seed).context("the key cannot be made")?;
    let digits: String = seed.iter().map(|octet| format!("{octet:02x}")).collect();
    // A key that boxes trust is never written over.
    let mut file = std::fs::File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&it.file)
        .with_context(|| format!("the file {}", it.file.display()))?;
    writeln!(file, "{digits}")?;
    file.sync_all()?;
    say(made.public());
    Ok(ExitCode::SUCCESS)
}

fn secret(file: &Path) -> anyhow::Result<SecretKey> {
    let text =
        std::fs::read_to_string(file).with_context(|| format!("the file {}", file.display()))?;
    SecretKey::from_text(&text)
        .with_context(|| format!("{} is no key of betang release key", file.display()))
}

fn sign(it: &Sign) -> anyhow::Result<ExitCode> {
    ensure!(it.key.len() <= KEYS_MAX, "at most {KEYS_MAX} keys");
    ensure!(
        it.next_key.len() <= KEYS_MAX,
        "at most {KEYS_MAX} next keys"
    );
    let program = std::fs::read(&it.program)
        .with_context(|| format!("the program {}", it.program.display()))?;
    let keys: Vec<_> = it
        .key
        .iter()
        .map(|file| secret(file))
        .collect::<Result<_, _>>()?;
    let mut sha256 = [0; 32];
    sha256.copy_from_slice(digest(&SHA256, &program).as_ref());
    let manifest = Manifest {
        version: it.release,
        over: it.over,
        protocols: it.protocols.unwrap_or(PROTOCOLS),
        target: it.target.clone(),
        size: u64::try_from(program.len())?,
        sha256,
        expires: Clock::real().now().wall + Duration::from_secs(it.days * 24 * 3_600),
        keys: it.next_key.clone(),
    };
    let Some((first, others)) = keys.split_first() else {
        bail!("give --key");
    };
    let signed = others
        .iter()
        .fold(first.sign(&manifest), |signed, key| signed.signed_by(key));
    // What a box would refuse is not written.
    signed.verify(&[first.public()])?;
    std::fs::write(&it.out, pack(&signed, &program))
        .with_context(|| format!("the file {}", it.out.display()))?;
    say(format!("{} {}", manifest.version, it.out.display()));
    Ok(ExitCode::SUCCESS)
}

fn verify(it: &Verify) -> anyhow::Result<ExitCode> {
    let file =
        std::fs::read(&it.file).with_context(|| format!("the file {}", it.file.display()))?;
    let (signed, program) = unpack(&file)?;
    let manifest = signed.verify(&it.key)?;
    manifest.is_of(program)?;
    let sum: String = manifest
        .sha256
        .iter()
        .map(|octet| format!("{octet:02x}"))
        .collect();
    say(format!("version    {}", manifest.version));
    say(format!("over       {}", manifest.over));
    let protocols = manifest.protocols;
    say(format!("protocols  {}..{}", protocols.min, protocols.max));
    say(format!("target     {}", manifest.target));
    say(format!("size       {}", manifest.size));
    say(format!("sha256     {sum}"));
    say(format!("expires_us {}", manifest.expires.as_us()));
    for key in &manifest.keys {
        say(format!("next key   {key}"));
    }
    Ok(ExitCode::SUCCESS)
}
