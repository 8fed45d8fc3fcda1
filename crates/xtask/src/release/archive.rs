//! Two containers, written so that the same files are the same octets: `ustar` (POSIX.1-1988,
//! the form that every tar reads) and `ar` in the variant of Debian (`deb(5)`).
//!
//! Names are sorted, owners are root, times are one given second: nothing of the machine
//! that packs gets in.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};

/// The octets of a record of tar.
const BLOCK: usize = 512;

/// The longest name that a header holds without being cut in two.
const NAME_MAX: usize = 100;

/// What lies at a name.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Its octets; a folder has none.
    pub(super) octets: Vec<u8>,
    /// Its permissions.
    pub(super) mode: u32,
}

/// Files by their names, from the root of the archive, without a slash in front.
#[derive(Debug, Clone, Default)]
pub(super) struct Tree(BTreeMap<String, Entry>);

impl Tree {
    /// Puts a file there.
    pub(super) fn put(&mut self, name: &str, mode: u32, octets: impl Into<Vec<u8>>) {
        let octets = octets.into();
        self.0.insert(name.to_owned(), Entry { octets, mode });
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.0.iter().map(|(name, entry)| (name.as_str(), entry))
    }

    /// What the files take, in kibibytes, as `dpkg` counts it.
    pub(super) fn kibibytes(&self) -> usize {
        self.0
            .values()
            .map(|entry| entry.octets.len().div_ceil(1024))
            .sum()
    }

    /// All of it as one tar, folders before what lies in them. `before` stands in front of
    /// each name.
    ///
    /// # Errors
    /// If a name is too long or a file too large for a header.
    pub(super) fn tar(&self, before: &str, epoch: u64) -> Result<Vec<u8>> {
        let mut names: BTreeMap<String, Option<&Entry>> = BTreeMap::new();
        for (name, entry) in self.iter() {
            let whole = format!("{before}{name}");
            for (at, _) in whole.match_indices('/') {
                names.insert(whole[..=at].to_owned(), None);
            }
            names.insert(whole, Some(entry));
        }
        let mut tar = Vec::new();
        for (name, entry) in names {
            let (mode, octets) = match entry {
                Some(entry) => (entry.mode, entry.octets.as_slice()),
                None => (0o755, [].as_slice()),
            };
            tar.extend(header(&name, mode, octets.len(), epoch, entry.is_none())?);
            tar.extend_from_slice(octets);
            tar.resize(tar.len().next_multiple_of(BLOCK), 0);
        }
        tar.resize(tar.len() + 2 * BLOCK, 0);
        Ok(tar)
    }
}

fn header(name: &str, mode: u32, size: usize, epoch: u64, is_folder: bool) -> Result<[u8; BLOCK]> {
    ensure!(name.len() <= NAME_MAX, "{name} is too long for a tar");
    ensure!(size < 0o77_777_777_777, "{name} is too large for a tar");
    let mut block = [0; BLOCK];
    let mut put =
        |at: usize, text: &str| block[at..at + text.len()].copy_from_slice(text.as_bytes());
    put(0, name);
    put(100, &format!("{mode:07o}"));
    put(108, "0000000");
    put(116, "0000000");
    put(124, &format!("{size:011o}"));
    put(136, &format!("{epoch:011o}"));
    // The sum is made with spaces in its own place.
    put(148, "        ");
    put(156, if is_folder { "5" } else { "0" });
    put(257, "ustar");
    put(263, "00");
    put(265, "root");
    put(297, "root");
    let sum: u32 = block.iter().copied().map(u32::from).sum();
    let sum = format!("{sum:06o}\0 ");
    block[148..156].copy_from_slice(sum.as_bytes());
    Ok(block)
}

/// Members of a Debian package in their order.
pub(super) fn ar(members: &[(&str, &[u8])], epoch: u64) -> Vec<u8> {
    let mut ar = b"!<arch>\n".to_vec();
    for (name, octets) in members {
        let size = octets.len();
        ar.extend(format!("{name:<16}{epoch:<12}0     0     100644  {size:<10}`\n").bytes());
        ar.extend_from_slice(octets);
        if size % 2 == 1 {
            ar.push(b'\n');
        }
    }
    ar
}

/// Made small; by one thread, since how many there are would show.
pub(super) fn zstd(octets: &[u8], level: i32) -> Result<Vec<u8>> {
    zstd::bulk::compress(octets, level).context("zstd")
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    use super::*;

    fn tree(names: &[&str]) -> Tree {
        let mut tree = Tree::default();
        for name in names {
            tree.put(name, 0o644, name.as_bytes());
        }
        tree
    }

    #[test]
    fn the_order_in_which_files_come_does_not_show() {
        let one = tree(&["b/c", "a", "b/a"]).tar("./", 7).expect("a tar");
        let other = tree(&["a", "b/a", "b/c"]).tar("./", 7).expect("a tar");
        assert_eq!(one, other);
        assert_ne!(one, tree(&["a"]).tar("./", 7).expect("a tar"));
    }

    #[test]
    fn another_tar_reads_it() {
        let tar = tree(&["usr/bin/x", "etc/y"])
            .tar("./", 86_400)
            .expect("a tar");
        let mut child = Command::new("tar")
            .args(["-tv", "--utc", "-f", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("tar runs");
        let mut input = child.stdin.take().expect("its input");
        input.write_all(&tar).expect("read");
        drop(input);
        let listed = child.wait_with_output().expect("it ends");
        let listed = String::from_utf8(listed.stdout).expect("text");
        let lines: Vec<_> = listed.lines().collect();
        assert_eq!(lines.len(), 6, "{listed}");
        assert!(lines[0].starts_with("drwxr-xr-x root/root"), "{listed}");
        assert!(lines[2].ends_with("1970-01-02 00:00 ./etc/y"), "{listed}");
    }

    #[test]
    fn a_name_that_does_not_fit_is_refused() {
        assert!(tree(&["x".repeat(120).as_str()]).tar("./", 0).is_err());
    }

    #[test]
    fn members_begin_on_even_octets() {
        let ar = ar(
            &[("debian-binary", b"2.0\n"), ("odd", b"1"), ("last", b"22")],
            0,
        );
        assert_eq!(&ar[..8], b"!<arch>\n");
        assert_eq!(ar.len(), 8 + 64 + 62 + 62);
        assert_eq!(&ar[8 + 64 + 62..][..4], b"last");
    }
}
