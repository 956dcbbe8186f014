//! `docs/plan.schema.json` against real output.
