//! The file as a browser sends it: `multipart/form-data`.

use axum::extract::multipart::Multipart;
use axum::extract::{FromRequest, Request};
use bytes::Bytes;

use super::desk::Mode;
use super::grid::OCTETS_MAX;
use crate::problem::Problem;

/// The longest body of an upload: the file and what stands around it.
pub const BODY_MAX: usize = OCTETS_MAX + (64 << 10);

/// Longest name of a file that is kept, in characters.
const NAME_MAX: usize = 120;

/// A file that was sent: the part `file`, and in the part `mode` whether it may
/// change what is there.
#[derive(Debug)]
pub struct Upload {
    /// What it was called on the sender's machine.
    pub(super) name: String,
    /// What stands in it.
    pub(super) octets: Bytes,
    /// What is to be done with it.
    pub(super) mode: Mode,
}

impl Upload {
    /// A file that the house itself has made.
    #[must_use]
    pub fn made(name: &str, text: String) -> Self {
        Self {
            name: file_name(name),
            octets: text.into(),
            mode: Mode::Add,
        }
    }
}

impl<S: Send + Sync> FromRequest<S> for Upload {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let mut parts = Multipart::from_request(request, state)
            .await
            .map_err(|_| Problem::media_type("multipart/form-data with a part named file"))?;
        let mut found = None;
        let mut mode = Mode::Add;
        while let Some(part) = parts.next_field().await.map_err(Problem::from)? {
            match part.name() {
                Some("file") => {
                    let name = file_name(part.file_name().unwrap_or_default());
                    let octets = part.bytes().await.map_err(Problem::from)?;
                    found = Some((name, octets));
                }
                Some("mode") => {
                    let word = part.text().await.map_err(Problem::from)?;
                    mode = Mode::parse(&word)
                        .ok_or_else(|| crate::line::refuse("mode", "use add or update"))?;
                }
                _ => return Err(crate::line::refuse("file", "send the parts file and mode")),
            }
        }
        let (name, octets) = found.ok_or_else(|| crate::line::refuse("file", "is required"))?;
        Ok(Self { name, octets, mode })
    }
}

/// The last part of a path, on one line: some browsers send all of it.
#[must_use]
pub fn file_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let shown: String = last.chars().filter(|c| !c.is_control()).collect();
    let name: String = shown.trim().chars().take(NAME_MAX).collect();
    if name.is_empty() {
        "berkas".to_owned()
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_its_last_part_on_one_line() {
        for (sent, kept) in [
            ("kamera.xlsx", "kamera.xlsx"),
            ("C:\\Users\\x\\kamera.xlsx", "kamera.xlsx"),
            ("../../etc/passwd", "passwd"),
            ("a\r\nb.csv", "ab.csv"),
            ("", "berkas"),
        ] {
            assert_eq!(file_name(sent), kept);
        }
        assert_eq!(file_name(&"x".repeat(500)).len(), NAME_MAX);
    }
}
