//! Tests of `recordings`.
