//! `betang audit verify`: walks the chain, and holds it against what witnesses kept.
//!
//! Reads the database itself and not the API: who doubts the house does not ask
//! it. Works beside a running house. With `--server` only what the house serves is read,
//! and the checkpoint of a witness is proven to be how today's began.
//!
//! Ends with 0 if all of it holds, 1 if something differs, 3 if a checkpoint was given
//! that cannot be believed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use hall::audit::held::{self, Held, Walked};
use hall::audit::note::{self, Checkpoint, NOTE_MAX, Note, NoteError, Signer, Verifier};
use hall::audit::{self, Fault, Verdict, seal};
use store::{Conn, Db};

use crate::cli::say;
use crate::compose::place;
use crate::house::Setting;
use crate::verb::client::{Reach, first_line};
use crate::verb::witness;

/// Own checkpoints per read.
const PAGE: i64 = 1_000;

/// What is to be held against what.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    setting: Setting,
    /// Checkpoints that were kept outside of the house. Several narrow where it differs.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    against: Vec<PathBuf>,
    /// The key they are signed with (NAME+HASH+KEY), as the witness kept it.
    #[arg(long, value_name = "VERIFIER")]
    key: Option<String>,
    /// The proof of one entry, instead of the chain; needs no house.
    #[arg(long, value_name = "FILE", requires = "key", conflicts_with_all = ["against", "server"])]
    proof: Option<PathBuf>,
    /// Address of the house, whose database is not at hand.
    #[arg(
        long,
        value_name = "URL",
        requires = "against",
        requires = "token_given"
    )]
    server: Option<String>,
    /// A token of yours (Pengaturan, Token).
    #[arg(long, group = "token_given")]
    token: Option<String>,
    /// File that holds a token of yours.
    #[arg(long, value_name = "FILE", group = "token_given")]
    token_file: Option<PathBuf>,
    /// The house's own authority (/ca.pem), if its certificate is of that.
    #[arg(long, value_name = "FILE", requires = "server")]
    ca: Option<PathBuf>,
}

/// How it went, from the best to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum End {
    /// All of it holds.
    Whole,
    /// A checkpoint that was given cannot be believed.
    Unbelieved,
    /// Something is not what it was.
    Differs,
}

impl From<End> for ExitCode {
    fn from(end: End) -> Self {
        match end {
            End::Whole => Self::SUCCESS,
            End::Unbelieved => Self::from(3),
            End::Differs => Self::FAILURE,
        }
    }
}

pub(crate) async fn verify(asked: &Verify) -> anyhow::Result<ExitCode> {
    let key: Option<Verifier> = asked.key.as_deref().map(str::parse).transpose()?;
    if let (Some(file), Some(key)) = (&asked.proof, &key) {
        return Ok(witness::verify_proof(file, key)?.into());
    }
    if let Some(server) = &asked.server {
        let token = match (&asked.token, &asked.token_file) {
            (Some(token), _) => token.clone(),
            (None, Some(file)) => first_line(file).context("the token")?,
            (None, None) => bail!("give --token T or --token-file FILE"),
        };
        let reach = Reach::far(server, token, asked.ca.as_deref())?;
        return Ok(witness::verify_far(&reach, &asked.against, key)
            .await?
            .into());
    }
    let config = asked.setting.load()?;
    let db = Db::open_to_read(&place(&config)).await?;
    let is_whole = walk(&db).await?;
    if !is_whole && asked.against.is_empty() {
        // The row is named; what follows from it would say it again.
        db.close().await;
        return Ok(End::Differs.into());
    }
    let mut end = if is_whole { End::Whole } else { End::Differs };
    let own = Signer::verifier_of(&config.data).ok();
    let (given, told) = read(&asked.against, key.as_ref(), own.as_ref())?;
    end = end.max(told);
    let mut read = db.read().await?;
    end = end.max(hold(&mut read, &given).await?);
    drop(read);
    db.close().await;
    Ok(end.into())
}

/// A checkpoint that somebody kept, and the file that he kept it in.
pub(crate) type Kept = (PathBuf, Checkpoint);

/// Reads what somebody kept. What cannot be believed is said, and not held against
/// anything.
pub(crate) fn read(
    files: &[PathBuf],
    key: Option<&Verifier>,
    own: Option<&Verifier>,
) -> anyhow::Result<(Vec<Kept>, End)> {
    let mut end = End::Whole;
    let mut given = Vec::new();
    if let (None, Some(own), false) = (key, own, files.is_empty()) {
        say(format!("key {own}"));
        say("  taken from the house itself, which is weaker: give --key as the witness kept it");
        say("  diambil dari rumah itu sendiri, jadi lebih lemah: beri --key yang disimpan saksi");
    }
    for file in files {
        let name = file.display();
        let octets = std::fs::metadata(file).map_or(0, |it| it.len());
        if octets > u64::try_from(NOTE_MAX).unwrap_or(u64::MAX) {
            bail!("{name} is too long for a checkpoint");
        }
        let text = std::fs::read_to_string(file).with_context(|| format!("the file {name}"))?;
        let believed = match key.or(own) {
            Some(key) => note::open(&text, key),
            None => Err(NoteError::OtherKey),
        };
        match believed {
            Ok(it) => given.push((file.clone(), it)),
            Err(error) => {
                end = End::Unbelieved;
                say(format!("{name}: {error}"));
                say(format!("  {}", unbelieved(error)));
                // What others have signed tells something of the tree all the same.
                if error == NoteError::OtherKey
                    && let Ok(note) = Note::read(&text)
                    && let Ok(it) = Checkpoint::read(note.unproven())
                {
                    given.push((file.clone(), it));
                }
            }
        }
    }
    Ok((given, end))
}

/// The same in Indonesian.
const fn unbelieved(error: NoteError) -> &'static str {
    match error {
        NoteError::Unreadable => "ini bukan catatan bertanda tangan, atau tidak utuh",
        NoteError::NoCheckpoint => "catatan ini bukan titik periksa",
        NoteError::OtherKey => "titik periksa ini tidak ditandatangani dengan kunci itu",
        NoteError::Altered => "tanda tangan tidak cocok dengan isinya: titik periksa ini diubah",
    }
}

/// Holds the rows of a database against what was kept, and against the house's own.
async fn hold(conn: &mut Conn, given: &[Kept]) -> anyhow::Result<End> {
    let mut own = Vec::new();
    let mut before = None;
    loop {
        let page = seal::sealed(conn, before, PAGE).await?;
        let Some(last) = page.last() else { break };
        before = Some(i64::try_from(last.size)?);
        own.extend(page);
    }
    let sizes: BTreeSet<u64> = given
        .iter()
        .map(|(_, it)| it.size)
        .chain(own.iter().map(|it| it.size))
        .collect();
    let walked = held::walk(conn, &sizes).await?;
    let mut end = told(&walked);
    let fail = own
        .iter()
        .rev()
        .find(|it| walked.roots.get(&it.size) != Some(&it.root));
    if let Some(it) = fail {
        end = End::Differs;
        let size = it.size;
        say(format!(
            "the house's own checkpoint of {size} entries does not hold"
        ));
        say(format!(
            "  titik periksa rumah ini atas {size} catatan tidak cocok"
        ));
    } else if !own.is_empty() {
        let (count, size) = (own.len(), walked.size);
        say(format!(
            "own checkpoints: all {count} hold, over {size} rows"
        ));
        say(format!(
            "  titik periksa sendiri: semua {count} cocok, atas {size} catatan"
        ));
    }
    let checkpoints: Vec<_> = given.iter().map(|(_, it)| it.clone()).collect();
    for ((file, it), held) in given.iter().zip(walked.against(&checkpoints)) {
        end = end.max(say_held(file, it.size, held, walked.size));
    }
    Ok(end)
}

/// Says what stands out in the rows by themselves.
fn told(walked: &Walked) -> End {
    let mut end = End::Whole;
    if let Some(number) = walked.differs {
        end = End::Differs;
        say(format!(
            "row {number} is not the one that its leaf was made of"
        ));
        say(format!(
            "  catatan {number} bukan lagi catatan yang menjadi daun pohon"
        ));
    }
    if walked.unsalted_count > 0 {
        end = End::Differs;
        let (count, named) = (walked.unsalted_count, &walked.unsalted);
        let named: Vec<_> = named.iter().map(u64::to_string).collect();
        let named = named.join(" ");
        say(format!(
            "{count} rows have no salt: no checkpoint holds what they say: {named}"
        ));
        say(format!(
            "  {count} catatan tanpa garam: tidak ada titik periksa yang menjamin isinya: {named}"
        ));
    }
    end
}

/// Says how today's chain is against a checkpoint.
pub(crate) fn say_held(file: &Path, size: u64, held: Held, now: u64) -> End {
    let name = file.display();
    match held {
        Held::Whole => {
            say(format!(
                "{name}: holds: the {size} entries are how today's {now} begin"
            ));
            say(format!(
                "  cocok: {size} catatan itu adalah awal dari {now} catatan hari ini"
            ));
            End::Whole
        }
        Held::Rewritten { after } => {
            let first = after + 1;
            say(format!(
                "{name}: REWRITTEN: an entry from {first} to {size} is not what it was"
            ));
            say(format!(
                "  DITULIS ULANG: sebuah catatan dari {first} sampai {size} bukan lagi yang semula"
            ));
            End::Differs
        }
        Held::Shorter { has } => {
            say(format!(
                "{name}: SHORTER: it covers {size} entries, today's tree {has}"
            ));
            say(format!(
                "  LEBIH PENDEK: titik ini mencakup {size} catatan, pohon hari ini {has}"
            ));
            End::Differs
        }
    }
}

/// Walks the chain and says how it is; whether it is whole.
pub(crate) async fn walk(db: &Db) -> anyhow::Result<bool> {
    let mut read = db.read().await?;
    Ok(match audit::verify(&mut read).await? {
        Verdict::Whole { rows, head } => {
            say(format!("whole: {rows} rows, head {head}"));
            true
        }
        Verdict::Broken { seq, fault } => {
            say(format!("broken at row {seq}: {}", words(fault)));
            false
        }
    })
}

fn words(fault: Fault) -> String {
    match fault {
        Fault::Altered => "it was altered".to_owned(),
        Fault::Removed => "it was removed".to_owned(),
        Fault::Moved { written_as } => format!("it was written as row {written_as}"),
        Fault::Foreign => "it does not follow from the row before it".to_owned(),
        Fault::CutOff { last } => format!("it and all up to row {last} were cut off"),
        Fault::Unannounced => "it was added by another hand".to_owned(),
        Fault::Head => "the head row is missing or says something else".to_owned(),
    }
}
