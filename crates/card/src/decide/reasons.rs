//! Why somebody stands where he does: rules, what columns say, the rows that say it, and what
//! is another than on the list before.

use base::day::Day;
use card_core::facts::{Facts, Place};
use card_core::rule::{self, Leaf, Node, Outcome, Programme, RuleReason, Truth};
use serde::Serialize;
use utoipa::ToSchema;

use super::Weighed;
use crate::room::Areas;
use crate::subject::SubjectId;
use crate::words::{self, Language};

/// A row of a list that says something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = CardEvidence)]
pub(crate) struct Evidence {
    /// The number of the list.
    pub(crate) list: i64,
    /// What it is a list of.
    pub(crate) kind: String,
    /// What it is called.
    pub(crate) title: String,
    /// The day whose state it tells.
    #[schema(value_type = Option<String>)]
    pub(crate) as_of: Option<Day>,
    /// The row.
    pub(crate) row: u32,
}

/// A part of a rule, and what it is of somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = CardReasonNode)]
pub(crate) struct NodeView {
    /// `all`, `any`, `not` or `is`.
    #[schema(value_type = String)]
    pub(crate) kind: &'static str,
    /// `yes`, `no` or `unknown`.
    #[schema(value_type = String)]
    pub(crate) truth: &'static str,
    /// Its parts.
    #[schema(no_recursion)]
    pub(crate) of: Vec<NodeView>,
    /// The column that is asked.
    #[schema(value_type = Option<String>)]
    pub(crate) column: Option<&'static str>,
    /// What is asked, in Indonesian.
    pub(crate) words: Option<String>,
    /// The same in English.
    pub(crate) words_en: Option<String>,
    /// What the column says, in Indonesian.
    pub(crate) value: Option<String>,
    /// The rows that say it; the first of them.
    pub(crate) by: Vec<Evidence>,
}

/// What one rule says of somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = CardReason)]
pub(crate) struct ReasonView {
    /// The rule.
    pub(crate) rule: String,
    /// What it is called.
    pub(crate) name: String,
    /// `syarat` or `pengecualian`.
    #[schema(value_type = String)]
    pub(crate) kind: &'static str,
    /// Its legal source.
    pub(crate) source: Option<String>,
    /// `holds` (in favour), `fails` (against) or `unknown`.
    #[schema(value_type = String)]
    pub(crate) outcome: &'static str,
    /// Why.
    pub(crate) tree: NodeView,
}

/// A rule that says something else than on the list before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = CardReasonChange)]
pub(crate) struct ChangeView {
    /// The rule.
    pub(crate) rule: String,
    /// What it is called.
    pub(crate) name: String,
    /// What it said: `holds`, `fails` or `unknown`; null: there was no such rule, or nothing
    /// was known of the subject.
    #[schema(value_type = Option<String>)]
    pub(crate) before: Option<&'static str>,
    /// What it says; null: there is no such rule any more, or nothing is known any more.
    #[schema(value_type = Option<String>)]
    pub(crate) now: Option<&'static str>,
    /// What its columns said, in Indonesian.
    pub(crate) value_before: Option<String>,
    /// What they say.
    pub(crate) value_now: Option<String>,
}

/// Rows that are told for one leaf.
const TOLD: usize = 6;

/// The word of an outcome.
pub(crate) const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Holds => "holds",
        Outcome::Fails => "fails",
        Outcome::Unknown => "unknown",
    }
}

const fn truth(truth: Truth) -> &'static str {
    match truth {
        Truth::Yes => "yes",
        Truth::No => "no",
        Truth::Unknown => "unknown",
    }
}

/// Tells reasons of one list.
#[derive(Clone, Copy)]
pub(crate) struct Telling<'a> {
    pub(crate) areas: &'a Areas,
    pub(crate) weighed: &'a Weighed,
}

impl Telling<'_> {
    fn facts(&self) -> &Facts {
        &self.weighed.facts
    }

    fn programme(&self) -> &Programme {
        &self.weighed.programme
    }

    fn evidence(&self, place: Place) -> Option<Evidence> {
        let list = self.facts().lists.get(usize::from(place.list))?;
        Some(Evidence {
            list: list.number,
            kind: list.kind.clone(),
            title: list.title.clone(),
            as_of: list.as_of,
            row: place.row,
        })
    }

    /// All rules of a subject.
    pub(crate) fn reasons(&self, at: usize) -> Vec<ReasonView> {
        let (programme, facts) = (self.programme(), self.facts());
        let reason = rule::reason(programme, facts, self.weighed.on, at);
        let leaves: Vec<&Leaf> = programme.leaves().into_iter().map(|it| it.1).collect();
        let rules = reason.rules.iter().filter_map(|of| {
            let rule = programme.rules.get(of.rule)?;
            Some(ReasonView {
                rule: rule.id.clone(),
                name: rule.name.clone(),
                kind: rule.kind.as_str(),
                source: rule.source.clone(),
                outcome: outcome(of.outcome),
                tree: self.node(&leaves, &of.tree),
            })
        });
        rules.collect()
    }

    fn node(&self, leaves: &[&Leaf], node: &Node) -> NodeView {
        let (kind, parts): (_, &[Node]) = match node {
            Node::All { of, .. } => ("all", of),
            Node::Any { of, .. } => ("any", of),
            Node::Not { of, .. } => ("not", std::slice::from_ref(of)),
            Node::Is { .. } => ("is", &[]),
        };
        let mut view = NodeView {
            kind,
            truth: truth(node.truth()),
            of: parts.iter().map(|it| self.node(leaves, it)).collect(),
            column: None,
            words: None,
            words_en: None,
            value: None,
            by: Vec::new(),
        };
        if let Node::Is {
            leaf, value, by, ..
        } = node
            && let Some(leaf) = leaves.get(*leaf)
        {
            view.column = Some(leaf.column.key());
            view.words = Some(words::leaf(self.areas, Language::Indonesian, leaf));
            view.words_en = Some(words::leaf(self.areas, Language::English, leaf));
            view.value = Some(words::value(self.areas, self.facts(), leaf.column, value));
            let rows = by.iter().take(TOLD);
            view.by = rows.filter_map(|place| self.evidence(*place)).collect();
        }
        view
    }

    /// What the columns of a rule say, in few words.
    fn says(&self, leaves: &[&Leaf], of: &RuleReason) -> String {
        let mut told: Vec<String> = Vec::new();
        self.gather(leaves, &of.tree, &mut told);
        told.dedup();
        told.truncate(TOLD);
        told.join("; ")
    }

    fn gather(&self, leaves: &[&Leaf], node: &Node, told: &mut Vec<String>) {
        match node {
            Node::All { of, .. } | Node::Any { of, .. } => {
                of.iter().for_each(|it| self.gather(leaves, it, told));
            }
            Node::Not { of, .. } => self.gather(leaves, of, told),
            Node::Is { leaf, value, .. } => {
                if let Some(leaf) = leaves.get(*leaf) {
                    let value = words::value(self.areas, self.facts(), leaf.column, value);
                    told.push(format!("{} {value}", leaf.column.key()));
                }
            }
        }
    }

    /// What the rule that speaks first against a subject rests on, in few words.
    pub(crate) fn first(&self, at: usize) -> Option<String> {
        let (place, _) = self.weighed.judged.deciding(at, self.programme())?;
        let leaves: Vec<&Leaf> = self
            .programme()
            .leaves()
            .into_iter()
            .map(|it| it.1)
            .collect();
        let reason = rule::reason(self.programme(), self.facts(), self.weighed.on, at);
        let of = reason.rules.iter().find(|it| it.rule == place)?;
        Some(self.says(&leaves, of))
    }

    /// What each rule says of a subject, by its id: its name, outcome, and what it rests on.
    fn outcomes(&self, subject: SubjectId) -> Vec<(String, String, &'static str, String)> {
        let Some(at) = self.weighed.place(subject) else {
            return Vec::new();
        };
        let programme = self.programme();
        let leaves: Vec<&Leaf> = programme.leaves().into_iter().map(|it| it.1).collect();
        let reason = rule::reason(programme, self.facts(), self.weighed.on, at);
        let rules = reason.rules.iter().filter_map(|of| {
            let rule = programme.rules.get(of.rule)?;
            let says = self.says(&leaves, of);
            Some((
                rule.id.clone(),
                rule.name.clone(),
                outcome(of.outcome),
                says,
            ))
        });
        rules.collect()
    }

    /// What is another than on the list before, rule by rule.
    pub(crate) fn changes(&self, before: &Telling<'_>, subject: SubjectId) -> Vec<ChangeView> {
        let (was, is) = (before.outcomes(subject), self.outcomes(subject));
        let mut changes = Vec::new();
        for (rule, name, now, value) in &is {
            let old = was.iter().find(|it| it.0 == *rule);
            if old.is_some_and(|old| old.2 == *now) {
                continue;
            }
            changes.push(ChangeView {
                rule: rule.clone(),
                name: name.clone(),
                before: old.map(|old| old.2),
                now: Some(now),
                value_before: old.map(|old| old.3.clone()),
                value_now: Some(value.clone()),
            });
        }
        for (rule, name, old, value) in &was {
            if is.iter().all(|it| it.0 != *rule) {
                changes.push(ChangeView {
                    rule: rule.clone(),
                    name: name.clone(),
                    before: Some(old),
                    now: None,
                    value_before: Some(value.clone()),
                    value_now: None,
                });
            }
        }
        changes
    }
}

impl ChangeView {
    /// In one line of Indonesian.
    pub(crate) fn words(&self) -> String {
        let word = |of: Option<&str>| match of {
            Some("holds") => "mendukung",
            Some("fails") => "menolak",
            Some(_) => "belum diketahui",
            None => "tidak ada",
        };
        let says = |of: &Option<String>| match of.as_deref() {
            None | Some("") => String::new(),
            Some(value) => format!(" ({value})"),
        };
        format!(
            "{}: {}{} menjadi {}{}",
            self.name,
            word(self.before),
            says(&self.value_before),
            word(self.now),
            says(&self.value_now)
        )
    }
}
