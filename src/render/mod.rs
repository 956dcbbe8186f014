//! Turns the typed models and the template sources in `templates/` into a template's bytes.
