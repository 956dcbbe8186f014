//! What is wrong with a text, and where; drawn by [`ui`](crate::ui), never here.

use super::source::{LineColumn, Source, Span};

/// How bad a [`Diagnostic`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The work cannot go on.
    Error,
    /// The work goes on; the user should know.
    Warning,
}

/// One place in one source, with what to say there.
#[derive(Clone, Debug)]
pub struct Label {
    /// The text that `span` is of.
    pub source: Source,
    /// The place.
    pub span: Span,
    /// What to write beside the marker; may be empty.
    pub text: String,
}

impl Label {
    /// Returns where the label starts.
    pub fn start(&self) -> LineColumn {
        self.source.line_column(self.span.start)
    }
}

/// One problem: what is wrong, where, and what to do about it.
///
/// Messages are lowercase fragments. A rule name is stable and kebab-case, so that it can be searched for,
/// gated on and listed in documentation.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Stable kebab-case name of the rule that was broken, such as `duplicate-key`.
    pub rule: &'static str,
    /// What is wrong.
    pub message: String,
    /// CloudFormation's own wording and so what `CreateChangeSet` would answer, where it is known.
    pub aws_message: Option<String>,
    /// Where; the first label is the place, others are places that explain it.
    pub labels: Vec<Label>,
    /// What to do.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// Returns an error without a place.
    pub fn error(rule: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, rule, message: message.into(), aws_message: None, labels: Vec::new(), hint: None }
    }

    /// Returns a warning without a place.
    pub fn warning(rule: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(rule, message) }
    }

    /// Adds a place.
    #[must_use]
    pub fn at(mut self, source: &Source, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { source: source.clone(), span, text: text.into() });
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn hinted(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds CloudFormation's own wording.
    #[must_use]
    pub fn as_aws_says(mut self, message: impl Into<String>) -> Self {
        self.aws_message = Some(message.into());
        self
    }
}

/// Every problem found in one pass, in the order of their places.
///
/// As an error it means: at least one of them is a [`Severity::Error`].
#[derive(Clone, Debug, Default)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostics {
    /// Adds a problem.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Tells whether one of them is an error.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Returns `Err(self)` when one of them is an error, else the value.
    ///
    /// # Errors
    ///
    /// Returns all problems, warnings included.
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

/// Longest name that is looked up among candidates; a longer one is no slip of the pen.
const LONGEST_MISTYPED: usize = 100;

/// Mistyped names of one kind that are worth a search among all names; whoever has more does not go through them one by one.
pub const MOST_MISTYPED: usize = 100;

/// Returns ``did you mean `Name`?`` for the candidate that is closest to a mistyped name, if one is close.
pub fn did_you_mean<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<String> {
    nearest(name, candidates).map(|candidate| format!("did you mean `{candidate}`?"))
}

/// Returns the candidate that is closest to a mistyped name, if one is close.
///
/// Upper and lower case count as equal first, so `resources` finds `Resources`.
pub fn nearest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    if name.len() > LONGEST_MISTYPED {
        return None;
    }
    let lower = name.to_lowercase();
    let close_enough = 1 + name.chars().count() / 4;
    candidates
        .into_iter()
        .filter(|candidate| *candidate != name && candidate.len() <= LONGEST_MISTYPED)
        .map(|candidate| (strsim::osa_distance(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= close_enough)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
