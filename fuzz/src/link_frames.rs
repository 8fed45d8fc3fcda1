//! What a site and a centre send each other: frames, and the batches in them.
//!
//! Input: what a frame is, and its message. The sum is made here, so that the search
//! gets past it; the input is read as it is as well. What can be read is said to a
//! centre that waits for a site's greeting, and to one that has had it.
//!
//! Does not cover: what rooms make of the bodies of records and commands; the
//! transport around frames.

use std::time::Duration;

use base::id::{Agent, Id};
use base::now::{Mono, Now, Wall};
use sync::commit::{Entry, Stage};
use sync::frame::{Frame, Hello, PROTOCOLS};
use sync::identity::{Boot, Seq};
use sync::link::{Effect, Input, Link, Manners};
use sync::record::crc32c;

/// The site that the corpus speaks for.
const AGENT: Id<Agent> = Id::from_bytes([1; 16]);

pub fn run(bytes: &[u8]) {
    let _ = Frame::decode(bytes);
    let Some((kind, message)) = bytes.split_first() else {
        return;
    };
    let sum = crc32c(&[&[*kind], message]);
    let sealed = [&[*kind][..], &sum.to_le_bytes(), message].concat();
    let Ok(frame) = Frame::decode(&sealed) else {
        return;
    };
    let again = Frame::decode(&frame.encode());
    assert_eq!(
        again.as_ref(),
        Ok(&frame),
        "written and read again, the same"
    );
    let _ = link(false, sealed.clone());
    for stage in link(true, sealed) {
        judge(&stage);
    }
}

/// What is to be committed has no holes and ends where it says.
fn judge(stage: &Stage) {
    let mut next = stage.expect.seq.next();
    for entry in &stage.entries {
        let from = match entry {
            Entry::Record { seq, .. } | Entry::Poison { seq, .. } => *seq,
            Entry::Gap(gap) => gap.from,
        };
        assert_eq!(from, next, "a hole");
        assert!(entry.to() >= from, "a gap of nothing");
        next = entry.to().next();
    }
    assert!(!stage.entries.is_empty() && stage.then.seq > Seq::ZERO);
    assert_eq!(stage.then.seq.next(), next, "the end");
}

/// What a centre would commit after this frame.
fn link(greeted: bool, frame: Vec<u8>) -> Vec<Stage> {
    let now = Now {
        mono: Mono::from_us(0),
        wall: Wall::from_us(0),
    };
    let span = Duration::from_secs(60);
    let mut link = Link::new(
        AGENT,
        Manners {
            protocols: sync::frame::PROTOCOLS,
            ping: span,
            window: span,
            config: 1,
        },
        now,
        1,
    );
    let mut todo = Vec::new();
    if greeted {
        let hello = Hello {
            protocols: PROTOCOLS,
            agent: AGENT,
            boot: Boot::from_bytes([2; 16]),
            version: String::new(),
            mono: now.mono,
            wall: now.wall,
            tails: Vec::new(),
        };
        todo.push(Input::Frame(Frame::Hello(hello).encode()));
    }
    let mut commits = Vec::new();
    for input in todo.into_iter().chain([Input::Frame(frame)]) {
        let mut effects = link.handle(input, now);
        while let Some(effect) = effects.pop() {
            let answer = match effect {
                Effect::LookUp(_) => Input::Cursors(Vec::new(), Vec::new()),
                Effect::Ask => Input::Allowed(true),
                Effect::Commit(commit) => {
                    commits.extend(commit.stages);
                    Input::Committed
                }
                Effect::Greeted(_) | Effect::Quarantine(_) | Effect::Lives | Effect::HangUp(_) => {
                    continue;
                }
            };
            effects.extend(link.handle(answer, now));
        }
        while link.frame().is_some() {}
    }
    commits
}
