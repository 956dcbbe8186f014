//! Serialises models.

/// Returns a model as the JSON of a template.
#[expect(
    clippy::expect_used,
    reason = "models are structs with string keys and infallible Serialize implementations; none holds external input"
)]
pub fn json<T: serde::Serialize + ?Sized>(model: &T) -> serde_json::Value {
    serde_json::to_value(model).expect("a model serialises")
}
