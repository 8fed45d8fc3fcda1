//! Where boxes fetch releases: by their range, from the line's own port.
//!
//! A box gets what it was offered and nothing else, and only as long as it is offered:
//! an offer that was halted ends what is on its way.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, header};
use store::blob::Sha256;

use super::door::{Peer, let_in};
use crate::Hall;
use crate::problem::{self, Path, Problem};
use crate::sql::release as rows;

/// Programs that are held in memory while boxes fetch them. Bound; policy: the one that
/// was asked for longest ago is read again.
const HELD_MAX: usize = 2;

/// Octets that one answer has at most.
const ANSWER_MAX: u64 = 256 * 1024;

/// Programs that boxes are fetching.
#[derive(Debug, Default)]
pub(super) struct Depot(Mutex<VecDeque<(Sha256, Bytes)>>);

impl Depot {
    /// The octets of a program. A thousand boxes ask for the same one, piece by piece.
    async fn program(&self, hall: &Hall, hash: &Sha256) -> Result<Bytes, Problem> {
        if let Some(held) = self.held(hash) {
            return Ok(held);
        }
        let (blobs, wanted) = (hall.blobs().clone(), hash.clone());
        let read = hall
            .tasks()
            .blocking("hall.link.depot", move || blobs.get(&wanted))
            .await
            .map_err(|undone| Problem::bug(undone.to_string()))??;
        let octets = Bytes::from(read);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !all.iter().any(|(known, _)| known == hash) {
            all.push_back((hash.clone(), octets.clone()));
            if all.len() > HELD_MAX {
                all.pop_front();
            }
        }
        Ok(octets)
    }

    fn held(&self, hash: &Sha256) -> Option<Bytes> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = all.iter().position(|(known, _)| known == hash)?;
        let found = all.remove(at)?;
        let octets = found.1.clone();
        all.push_back(found);
        Some(octets)
    }
}

/// Some octets of a program: those of the `Range`, of which there has to be one.
pub(super) async fn piece(
    State(hall): State<Hall>,
    Extension(Peer(shown)): Extension<Peer>,
    headers: HeaderMap,
    Path(sha256): Path<String>,
) -> Result<Response, Problem> {
    let judged = let_in(&hall, shown).await?;
    let none = || Problem::not_found("release", "There is no such release for this box.");
    let hash = Sha256::parse(&sha256).ok_or_else(none)?;
    let mut read = hall.db().read().await?;
    let release = rows::fetched_by(&mut read, judged.agent, hash.as_str())
        .await?
        .ok_or_else(none)?;
    drop(read);
    let size = u64::try_from(release.size).map_err(|_| Problem::bug("a size below zero"))?;
    let wrong = || Problem::invalid("query", "Ask for one range of octets that are there.");
    let (from, to) = range(&headers, size).ok_or_else(wrong)?;
    let program = hall.sites().depot().program(&hall, &hash).await?;
    let at = |n: u64| usize::try_from(n).map_err(|_| wrong());
    if program.len() != at(size)? {
        return Err(Problem::bug("a release of another size than its row"));
    }
    Ok(problem::piece(
        program.slice(at(from)?..at(to)?),
        from,
        size,
    ))
}

/// `bytes=FIRST-LAST` (RFC 9110 §14.1.2), as a half-open range within the size.
fn range(headers: &HeaderMap, size: u64) -> Option<(u64, u64)> {
    let text = headers.get(header::RANGE)?.to_str().ok()?;
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| {
        let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        is_plain.then(|| text.parse::<u64>().ok()).flatten()
    };
    let (first, last) = (number(first)?, number(last)?);
    let to = last.checked_add(1)?;
    (first < to && to <= size && to - first <= ANSWER_MAX).then_some((first, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_one_and_lies_within() {
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RANGE, text.parse().expect("a value"));
            range(&headers, 100)
        };
        assert_eq!(of("bytes=0-0"), Some((0, 1)));
        assert_eq!(of("bytes=90-99"), Some((90, 100)));
        for wrong in [
            "bytes=90-100",
            "bytes=5-4",
            "bytes=-5",
            "bytes=5-",
            "bytes=0-1,3-4",
            "bytes=+0-1",
            "octets=0-1",
            "bytes=0-18446744073709551615",
        ] {
            assert_eq!(of(wrong), None, "{wrong}");
        }
        assert_eq!(range(&HeaderMap::new(), 100), None);
    }
}
