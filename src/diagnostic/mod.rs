//! Diagnostics: what is wrong with a text, and where.
//!
//! Takes a [`Source`] (a text with a name) and a [`Span`] in it, and returns [`Diagnostic`]s with a stable rule name, labels and a hint.
//! What counts as a problem is up to the module that reads the text; [`ui`](crate::ui) prints diagnostics.

mod hidden;
mod places;
mod rule;
mod source;
mod span;

pub use hidden::{MASKED, MaskedLine};
pub use rule::Rule;
pub use source::{LineColumn, MAX_SOURCE_BYTES, Source, SourceError};
pub use span::Span;

use crate::text::did_you_mean;

/// How serious a [`Diagnostic`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The command fails.
    Error,
    /// The command continues.
    Warning,
}

/// A position in a source, with a note.
#[derive(Clone, Debug)]
pub struct Label {
    /// The text that `span` refers to.
    pub source: Source,
    /// The position.
    pub span: Span,
    /// The note to show beside the marker; may be empty.
    pub text: String,
}

impl Label {
    /// Returns the line and column at which the label starts.
    pub fn start(&self) -> LineColumn {
        self.source.line_column(self.span.start)
    }
}

/// One problem: what is wrong, where, and how to fix it.
///
/// Messages are lowercase fragments. A rule name is stable and in kebab case, so that it can be searched for, used to
/// select checks, and listed in documentation.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// How serious it is.
    pub severity: Severity,
    /// The stable name of the violated rule, such as `duplicate-key`.
    pub rule: &'static str,
    /// What is wrong.
    pub message: String,
    /// CloudFormation's own error message for the same problem, as `CreateChangeSet` would return it, if it is known.
    pub aws_message: Option<String>,
    /// The positions: the first is that of the problem, the others explain it.
    pub labels: Vec<Label>,
    /// How to fix it.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// Returns an error without a position.
    pub fn error(rule: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, rule, message: message.into(), aws_message: None, labels: Vec::new(), hint: None }
    }

    /// Returns a warning without a position.
    pub fn warning(rule: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(rule, message) }
    }

    /// Adds a position, unless there are [`MOST_LABELS`] already.
    #[must_use]
    pub fn at(mut self, source: &Source, span: Span, text: impl Into<String>) -> Self {
        if self.labels.len() >= MOST_LABELS {
            return self;
        }
        self.labels.push(Label { source: source.clone(), span, text: text.into() });
        self
    }

    /// Sets the hint.
    #[must_use]
    pub fn hinted(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Sets the hint to ``did you mean `Name`?`` if a candidate is close to a misspelled name.
    #[must_use]
    pub fn suggesting<'c>(mut self, name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Self {
        self.hint = did_you_mean(name, candidates).or(self.hint);
        self
    }

    /// Sets CloudFormation's own error message.
    #[must_use]
    pub fn with_aws_message(mut self, message: impl Into<String>) -> Self {
        self.aws_message = Some(message.into());
        self
    }
}

/// Most positions of one problem: a cycle may have thousands.
pub const MOST_LABELS: usize = 20;

/// Most problems of one text that are kept: no user reads more, and a text of megabytes may have millions.
pub const MOST_PROBLEMS: usize = 5_000;

/// All problems found in one pass, in document order.
///
/// Used as an error, it contains at least one [`Severity::Error`].
#[derive(Clone, Debug, Default)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostics {
    /// Adds a problem, unless there are [`MOST_PROBLEMS`] already: then one problem says so, and the others are dropped.
    ///
    /// Warnings leave room for as many errors.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        let most = if diagnostic.severity == Severity::Error { 2 * MOST_PROBLEMS } else { MOST_PROBLEMS };
        if self.0.len() < most {
            self.0.push(diagnostic);
        } else if self.0.len() == most {
            let message = format!("more than {most} problems; the others are not listed");
            self.0.push(Diagnostic { rule: "too-many-problems", message, aws_message: None, hint: None, ..diagnostic });
        }
    }

    /// Returns whether one of the problems is an error.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Returns the value, or the problems if one of them is an error.
    ///
    /// # Errors
    ///
    /// Returns all problems, warnings included, if one of them is an error.
    pub fn into_result<T>(self, value: T) -> Result<T, Self> {
        if self.has_errors() { Err(self) } else { Ok(value) }
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

impl std::fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, diagnostic) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            if let Some(label) = diagnostic.labels.first() {
                write!(f, "{}:{}: ", label.source.name(), label.start())?;
            }
            f.write_str(&diagnostic.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}
