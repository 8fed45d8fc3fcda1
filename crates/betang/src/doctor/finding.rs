//! What was found: what was measured, why it matters, what to do.

use std::fmt;

use serde_json::{Value as Json, json};

/// How bad it is. The last one decides how the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// As it should be.
    Good,
    /// Nothing is wrong; somebody should know.
    Note,
    /// It works, and will not for long, or not for everybody.
    Warning,
    /// It does not work.
    Bad,
}

impl Level {
    /// What the program ends with.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Good | Self::Note => 0,
            Self::Warning => 1,
            Self::Bad => 2,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Bad => "bad",
        }
    }

    const fn shown(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::Good, Language::Id) => "baik",
            (Self::Note, Language::Id) => "catatan",
            (Self::Warning, Language::Id) => "PERHATIAN",
            (Self::Bad, Language::Id) => "RUSAK",
            (Self::Good, Language::En) => "good",
            (Self::Note, Language::En) => "note",
            (Self::Warning, Language::En) => "WARNING",
            (Self::Bad, Language::En) => "BAD",
        }
    }
}

/// In which words it is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Language {
    /// Bahasa Indonesia.
    Id,
    /// English.
    En,
}

/// The same in both.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Said {
    id: String,
    en: String,
}

impl Said {
    pub(crate) fn of(&self, language: Language) -> &str {
        match language {
            Language::Id => &self.id,
            Language::En => &self.en,
        }
    }

    fn json(&self) -> Json {
        json!({ "id": self.id, "en": self.en })
    }
}

/// Indonesian, then English.
pub(crate) fn said(id: impl fmt::Display, en: impl fmt::Display) -> Said {
    Said {
        id: id.to_string(),
        en: en.to_string(),
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// Which: words with points between, the same for ever.
    pub(crate) subject: &'static str,
    pub(crate) level: Level,
    /// What was measured.
    pub(crate) measured: Said,
    /// Why it matters; empty where all is well.
    pub(crate) why: Said,
    /// What to do; empty where nothing is.
    pub(crate) todo: Said,
}

impl Finding {
    pub(crate) fn good(subject: &'static str, measured: Said) -> Self {
        Self {
            subject,
            level: Level::Good,
            measured,
            why: Said::default(),
            todo: Said::default(),
        }
    }

    pub(crate) fn note(subject: &'static str, measured: Said, why: Said) -> Self {
        Self {
            level: Level::Note,
            why,
            ..Self::good(subject, measured)
        }
    }

    pub(crate) fn warning(subject: &'static str, measured: Said, why: Said, todo: Said) -> Self {
        Self {
            subject,
            level: Level::Warning,
            measured,
            why,
            todo,
        }
    }

    pub(crate) fn bad(subject: &'static str, measured: Said, why: Said, todo: Said) -> Self {
        Self {
            level: Level::Bad,
            ..Self::warning(subject, measured, why, todo)
        }
    }

    pub(crate) fn json(&self) -> Json {
        json!({
            "subject": self.subject,
            "level": self.level.word(),
            "measured": self.measured.json(),
            "why": self.why.json(),
            "todo": self.todo.json(),
        })
    }

    /// As a person reads it.
    pub(crate) fn text(&self, language: Language) -> String {
        let mut text = format!(
            "{:<9} {:<22} {}",
            self.level.shown(language),
            self.subject,
            self.measured.of(language)
        );
        let (because, then) = match language {
            Language::Id => ("sebab", "lakukan"),
            Language::En => ("because", "do"),
        };
        for (head, said) in [(because, &self.why), (then, &self.todo)] {
            let body = said.of(language);
            if !body.is_empty() {
                text.push_str(&format!("\n          {head}: {body}"));
            }
        }
        text
    }
}
