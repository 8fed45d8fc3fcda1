//! What a text must not hold, and where it may.

use super::{Fault, Source};

/// A rule about what must be absent.
struct Absence {
    what: &'static [&'static str],
    why: &'static str,
    /// Files and folders, each of which has to exist; or a part of a path, when
    /// it begins with a slash.
    except: &'static [&'static str],
}

const ABSENCES: &[Absence] = &[
    Absence {
        what: &[
            "SystemTime::now",
            "Instant::now",
            "Timestamp::now",
            "Zoned::now",
        ],
        why: "only hall/src/clock.rs reads clocks",
        except: &["crates/hall/src/clock.rs", "crates/xtask/"],
    },
    Absence {
        what: &[
            "tokio::spawn",
            "task::spawn",
            "spawn_blocking(",
            "spawn_local(",
            "thread::spawn",
            "thread::Builder",
            "JoinSet",
        ],
        why: "only hall/src/task.rs spawns",
        except: &["crates/hall/src/task.rs", "crates/xtask/", "/tests/"],
    },
    Absence {
        what: &["StatusCode::"],
        why: "HTTP status codes stand in hall/src/problem.rs",
        except: &[
            "crates/hall/src/problem.rs",
            "crates/hall/src/problem/described.rs",
            "crates/betang/src/web.rs",
            // Those of RTSP, by which simulated cameras answer.
            "crates/sim/src/live/",
            "crates/xtask/",
            "/tests/",
        ],
    },
    Absence {
        what: &["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM "],
        why: "SQL stands in sql/ and in store",
        except: &[
            "crates/store/",
            // The vault's one table belongs to it, and readiness asks the migrator's.
            "crates/hall/src/vault.rs",
            "crates/hall/src/http/health.rs",
            // The one condition that every list is narrowed by, and its pages.
            "crates/hall/src/guard/who.rs",
            "crates/hall/src/agencies.rs",
            "crates/xtask/",
            "/sql/",
            "/tests/",
        ],
    },
    Absence {
        what: &["env::var"],
        why: "only the command line reads the environment",
        except: &[
            "crates/betang/src/cli.rs",
            // Where a test's PostgreSQL lies.
            "crates/store/src/test.rs",
            "crates/xtask/",
            "/tests/",
        ],
    },
    Absence {
        what: &["#[allow(", "#![allow("],
        why: "an exception is #[expect] with its reason",
        except: &["crates/xtask/"],
    },
    Absence {
        what: &["csv::Writer"],
        why: "tables leave the house by hall/src/csv.rs, where no cell is a formula",
        except: &[
            "crates/hall/src/csv.rs",
            // Words of tests, of the simulation and of what is read by programs.
            "crates/hall/src/intake/nasty.rs",
            "crates/betang/src/link/answer.rs",
            "crates/betang/src/demo/families.rs",
            "crates/xtask/",
            "/tests/",
        ],
    },
    Absence {
        what: &["unbounded_channel"],
        why: "every queue has a bound and a policy",
        except: &["crates/xtask/"],
    },
];

/// Cores and words: no IO, no clock, no async.
const PURE: &[&str] = &[
    "crates/base/",
    "crates/sync/src/",
    "crates/watch-core/",
    "crates/reach-core/",
    "crates/card-core/",
];

const IMPURE: &[&str] = &[
    "tokio",
    "async fn",
    "std::fs",
    "std::net",
    "std::env",
    "std::thread",
    "std::process",
    "sqlx",
    "axum",
];

/// What a file of Rust holds and must not.
pub(super) fn of(source: &Source) -> Vec<Fault> {
    if !source.path.ends_with(".rs") {
        return Vec::new();
    }
    let mut faults = Vec::new();
    for (number, line) in code(&source.text).lines().enumerate() {
        let line = line.trim_start();
        if line.starts_with("//") {
            continue;
        }
        let mut found = |what: &str, why: &str| {
            faults.push(format!("{}:{}: {what}: {why}", source.path, number + 1));
        };
        for rule in ABSENCES {
            if rule.except.iter().any(|place| lies_in(source, place)) {
                continue;
            }
            if let Some(what) = rule.what.iter().find(|what| line.contains(**what)) {
                found(what, rule.why);
            }
        }
        if PURE.iter().any(|pure| source.path.starts_with(pure))
            && let Some(what) = IMPURE.iter().find(|what| line.contains(**what))
        {
            found(what, "a core decides and does nothing");
        }
    }
    faults
}

/// What stands in the text above its tests, which may do what the house may not.
pub(super) fn code(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default()
}

fn lies_in(source: &Source, place: &str) -> bool {
    if place.starts_with('/') {
        source.path.contains(place)
    } else {
        source.path.starts_with(place)
    }
}

/// Exceptions that nothing needs any more.
pub(super) fn stale(sources: &[Source]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for rule in ABSENCES {
        for place in rule.except.iter().filter(|place| !place.starts_with('/')) {
            let used = sources.iter().any(|source| {
                lies_in(source, place) && rule.what.iter().any(|what| source.text.contains(what))
            });
            if !used {
                faults.push(format!("xtask: {place} needs no exception: {}", rule.why));
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::super::source;
    use super::*;

    #[test]
    fn what_must_be_absent_is_found() {
        for (path, line) in [
            (
                "crates/watch/src/hub.rs",
                "let now = std::time::Instant::now();",
            ),
            (
                "crates/watch/src/hub.rs",
                "at.unwrap_or_else(SystemTime::now)",
            ),
            ("crates/watch/src/hub.rs", "tokio::spawn(run());"),
            ("crates/watch/src/hub.rs", "std::thread::Builder::new()"),
            (
                "crates/watch/src/http/cameras.rs",
                "return StatusCode::NOT_FOUND;",
            ),
            (
                "crates/watch/src/http/cameras.rs",
                "tx.execute(\"UPDATE watch_camera SET x = 1\")",
            ),
            (
                "crates/watch/src/http/cameras.rs",
                "    AND id IN (SELECT id FROM watch_camera)\"",
            ),
            ("crates/watch/src/hub.rs", "std::env::var(\"HOME\")"),
            ("crates/hall/src/guard.rs", "#[allow(dead_code)]"),
            ("crates/watch/src/hub.rs", "mpsc::unbounded_channel()"),
            ("crates/watch-core/src/ring.rs", "use tokio::sync::mpsc;"),
            ("crates/base/src/id.rs", "std::fs::read(path)"),
            ("crates/sync/src/site.rs", "std::net::TcpStream"),
        ] {
            assert_eq!(of(&source(path, line)).len(), 1, "{line}");
        }
    }

    #[test]
    fn tests_may_and_what_stands_below_their_door_may_not() {
        let path = "crates/watch/src/hub.rs";
        let test = "fn f() {}\n#[cfg(test)]\nmod tests {\n fn g() { Instant::now(); }\n}";
        assert!(of(&source(path, test)).is_empty());
        let door = "#[cfg(test)]\nmod tests;\nfn f() { Instant::now(); }";
        assert_eq!(of(&source(path, door)).len(), 1);
    }

    #[test]
    fn an_exception_that_nothing_needs_is_found() {
        let all: usize = ABSENCES
            .iter()
            .flat_map(|rule| rule.except)
            .filter(|place| !place.starts_with('/'))
            .count();
        assert_eq!(stale(&[]).len(), all);
    }
}
