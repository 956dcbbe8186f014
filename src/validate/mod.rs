//! Checks a template without AWS: rules with stable names.
