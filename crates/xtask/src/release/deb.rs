//! The package for Debian and Ubuntu: `deb(5)` is an `ar` of three members, two of them
//! tars. Written here and not by `dpkg-deb`, so that the same files are the same octets
//! whatever is installed where it is made.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

use super::Labels;
use super::archive::{Tree, ar, zstd};

/// Shared objects that the program may ask for, and the packages that bring them. Another one
/// is a decision.
const SHARED: &[(&str, &str)] = &[
    ("ld-linux-x86-64.so.2", ""),
    ("libc.so.6", ""),
    ("libm.so.6", ""),
    ("libgcc_s.so.1", "libgcc-s1"),
    ("libstdc++.so.6", "libstdc++6"),
];

/// A file that `dpkg` asks about instead of writing over what somebody has changed.
const CONFFILES: &str = "/etc/betang/betang.toml\n";

/// The package of a tree of files, as octets.
///
/// # Errors
/// If a script of the package cannot be read, or a name does not fit.
pub(super) fn make(
    root: &Path,
    tree: &Tree,
    labels: &Labels,
    depends: &str,
    level: i32,
) -> Result<Vec<u8>> {
    let (version, epoch) = (labels.version.as_str(), labels.epoch);
    let mut control = Tree::default();
    control.put("control", 0o644, fields(version, depends, tree.kibibytes()));
    control.put("conffiles", 0o644, CONFFILES);
    control.put("md5sums", 0o644, sums(tree)?);
    for name in ["postinst", "prerm", "postrm"] {
        let path = root.join("assets/package").join(name);
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        control.put(name, 0o755, text.replace("@VERSION@", version));
    }
    let control = zstd(&control.tar("./", epoch)?, level)?;
    let data = zstd(&tree.tar("./", epoch)?, level)?;
    let members: [(&str, &[u8]); 3] = [
        ("debian-binary", b"2.0\n"),
        ("control.tar.zst", &control),
        ("data.tar.zst", &data),
    ];
    Ok(ar(&members, epoch))
}

fn fields(version: &str, depends: &str, kibibytes: usize) -> String {
    format!(
        "Package: betang\n\
         Version: {version}\n\
         Architecture: amd64\n\
         Maintainer: betang <betang@localhost>\n\
         Installed-Size: {kibibytes}\n\
         Depends: {depends}\n\
         Suggests: postgresql\n\
         Section: admin\n\
         Priority: optional\n\
         Description: command centre of a province\n \
         Cameras, connections of villages and the welfare card in one program, with its pages\n \
         inside; a site of it (betang agent) is the same package.\n"
    )
}

/// What `dpkg --verify` holds the installed files against.
fn sums(tree: &Tree) -> Result<String> {
    let folder = tempfile::tempdir()?;
    let mut names = Vec::new();
    for (number, (name, entry)) in tree.iter().enumerate() {
        if CONFFILES.contains(name) {
            continue;
        }
        fs::write(folder.path().join(number.to_string()), &entry.octets)?;
        names.push((number, name));
    }
    let done = Command::new("md5sum")
        .current_dir(folder.path())
        .args(names.iter().map(|(number, _)| number.to_string()))
        .output()
        .context("md5sum")?;
    ensure!(done.status.success(), "md5sum failed");
    let said = String::from_utf8(done.stdout)?;
    let lines = said.lines().zip(&names);
    Ok(lines
        .filter_map(|(line, (_, name))| Some(format!("{}  {name}\n", line.split(' ').next()?)))
        .collect())
}

/// What has to be installed for a program to start: the oldest C library that has every
/// symbol it asks for, and what else it names.
///
/// # Errors
/// If it is no program, or asks for something that nobody has decided about.
pub(super) fn depends(program: &Path) -> Result<String> {
    let done = Command::new("readelf")
        .args(["--dynamic", "--version-info", "--wide"])
        .arg(program)
        .output()
        .context("readelf, of binutils")?;
    ensure!(done.status.success(), "{} is no program", program.display());
    let said = String::from_utf8_lossy(&done.stdout);
    let mut needs = vec![format!(
        "libc6 (>= {})",
        glibc(&said).context("it names no C library")?
    )];
    for line in said.lines().filter(|line| line.contains("(NEEDED)")) {
        let name = line.split(['[', ']']).nth(1).unwrap_or_default();
        match SHARED.iter().find(|(known, _)| *known == name) {
            Some((_, "")) => {}
            Some((_, package)) => needs.push((*package).to_owned()),
            None => bail!("it asks for {name}, which no package is known for"),
        }
    }
    // Users are made by useradd.
    needs.push("passwd".to_owned());
    needs.sort();
    Ok(needs.join(", "))
}

/// The newest version of the C library's symbols that is asked for.
fn glibc(said: &str) -> Option<String> {
    said.split("GLIBC_")
        .skip(1)
        .filter_map(|rest| {
            let end = rest.find(|c: char| c != '.' && !c.is_ascii_digit());
            let numbers = rest[..end.unwrap_or(rest.len())].split('.');
            numbers
                .map(|it| it.parse().ok())
                .collect::<Option<Vec<u32>>>()
        })
        .max()
        .map(|numbers| {
            let words: Vec<_> = numbers.iter().map(u32::to_string).collect();
            words.join(".")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_symbol_decides() {
        let said = "Name: GLIBC_2.9  Flags\nName: GLIBC_2.34\nName: GLIBC_2.2.5 ";
        assert_eq!(glibc(said).as_deref(), Some("2.34"));
        assert_eq!(glibc("nothing"), None);
    }

    #[test]
    fn the_own_program_needs_nothing_unknown() {
        let own = std::env::current_exe().expect("a program");
        let needs = depends(&own).expect("a program");
        assert!(needs.starts_with("libc6 (>= 2."), "{needs}");
        assert!(needs.ends_with("passwd"), "{needs}");
    }

    #[test]
    fn another_program_reads_the_package() {
        let mut tree = Tree::default();
        tree.put("usr/bin/x", 0o755, "a program");
        tree.put("etc/betang/betang.toml", 0o644, "a = 1");
        let labels = Labels {
            version: "1.2.3".to_owned(),
            commit: String::new(),
            epoch: 86_400,
            time: String::new(),
        };
        let make = || make(&crate::root(), &tree, &labels, "passwd", 3).expect("a package");
        let (made, again) = (make(), make());
        assert!(made == again, "the same octets");
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("x.deb");
        fs::write(&file, made).expect("written");
        let ask = |what: &str| {
            let done = Command::new("dpkg-deb")
                .arg(what)
                .arg(&file)
                .output()
                .expect("dpkg-deb");
            assert!(
                done.status.success(),
                "{}",
                String::from_utf8_lossy(&done.stderr)
            );
            String::from_utf8(done.stdout).expect("text")
        };
        let told = ask("--info");
        assert!(
            told.contains("Version: 1.2.3") && told.contains("conffiles"),
            "{told}"
        );
        let held = ask("--contents");
        assert!(
            held.contains("root/root") && held.contains("./usr/bin/x"),
            "{held}"
        );
    }
}
