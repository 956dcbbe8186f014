//! Tests of `parameters`.
