//! Carries one plan out on a backend and follows it.
