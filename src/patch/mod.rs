//! Puts the build cache into an existing rack template as text edits, existing bytes kept.
