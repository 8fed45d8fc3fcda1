//! Statements that are put together from parts.
//!
//! A part is a constant of the source or a value; values travel as parameters
//! and never as text, so a filter cannot be an injection.

use std::borrow::Cow;

use crate::Value;

/// The text of a statement.
#[derive(Debug, Clone)]
pub struct Sql(pub(crate) Cow<'static, str>);

impl Sql {
    /// A text put together from constants and placeholders, and nothing else.
    #[must_use]
    pub fn built(text: String) -> Self {
        Self(text.into())
    }
}

impl From<&'static str> for Sql {
    fn from(text: &'static str) -> Self {
        Self(text.into())
    }
}

/// A statement and its parameters, growing together.
#[derive(Debug, Clone)]
pub struct Query {
    text: String,
    values: Vec<Value>,
}

impl Query {
    /// Begins with a constant.
    #[must_use]
    pub fn new(text: &'static str) -> Self {
        Self {
            text: text.to_owned(),
            values: Vec::new(),
        }
    }

    /// Adds a constant and behind it the placeholder of a value.
    #[must_use]
    pub fn push(mut self, text: &'static str, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self.text.push_str(text);
        self.text.push('$');
        self.text.push_str(&self.values.len().to_string());
        self
    }

    /// Adds a constant.
    #[must_use]
    pub fn raw(mut self, text: &'static str) -> Self {
        self.text.push_str(text);
        self
    }

    /// Adds a condition that was put together elsewhere from constants, in which
    /// each `?` stands for the next of its values.
    #[must_use]
    pub fn condition(mut self, text: &str, values: Vec<Value>) -> Self {
        let mut values = values.into_iter();
        for c in text.chars() {
            match (c, c == '?') {
                (_, true) => {
                    self.values.extend(values.next());
                    self.text.push('$');
                    self.text.push_str(&self.values.len().to_string());
                }
                (c, false) => self.text.push(c),
            }
        }
        self
    }

    /// The text so far.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The parameters so far.
    #[must_use]
    pub fn values(&self) -> &[Value] {
        &self.values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_numbered_as_they_come() {
        let query = Query::new("SELECT 1 WHERE a = 1")
            .push(" AND b = ", 2_i64)
            .condition(" AND (c = ? OR d = ?)", vec!["x".into(), "y".into()])
            .raw(" AND e IS NULL")
            .push(" LIMIT ", 5_i64);
        assert_eq!(
            query.text(),
            "SELECT 1 WHERE a = 1 AND b = $1 AND (c = $2 OR d = $3) AND e IS NULL LIMIT $4"
        );
        assert_eq!(query.values().len(), 4);
    }
}
