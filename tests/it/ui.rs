//! Tests of `ui`.
