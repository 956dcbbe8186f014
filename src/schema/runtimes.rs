//! Lambda runtimes that AWS has deprecated, and from when on it refuses functions with them.
//!
//! The dates are those that AWS announced by August 2026. AWS has postponed such dates several times, so only a date that lies before the
//! announcement is treated as certain.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html>

/// The date of the announcement, in ISO 8601.
const ANNOUNCED: &str = "2026-08-19";

/// A deprecated runtime. All dates are in ISO 8601.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeprecatedRuntime {
    /// The identifier, such as `nodejs16.x`.
    pub name: &'static str,
    /// The date of the deprecation.
    pub deprecated: &'static str,
    /// The date from which Lambda refuses to create functions with the runtime, if AWS announced one.
    pub no_creation_from: Option<&'static str>,
    /// The date from which Lambda refuses to update functions with the runtime, if AWS announced one.
    pub no_update_from: Option<&'static str>,
    /// The newest runtime of the same language.
    pub successor: &'static str,
}

impl DeprecatedRuntime {
    /// Returns whether Lambda certainly refuses to create a function with the runtime.
    pub fn refuses_creation(&self) -> bool {
        self.no_creation_from.is_some_and(|date| date <= ANNOUNCED)
    }

    /// Returns whether Lambda certainly refuses to update a function with the runtime.
    pub fn refuses_update(&self) -> bool {
        self.no_update_from.is_some_and(|date| date <= ANNOUNCED)
    }
}

/// Returns a deprecated runtime by its identifier; `None` for a runtime that AWS supports, or that is unknown.
pub fn deprecated_runtime(name: &str) -> Option<DeprecatedRuntime> {
    let row = DEPRECATED.iter().find(|row| row.0 == name)?;
    let date = |text: &'static str| (!text.is_empty()).then_some(text);
    Some(DeprecatedRuntime { name: row.0, deprecated: row.1, no_creation_from: date(row.2), no_update_from: date(row.3), successor: row.4 })
}

/// Identifier, deprecation, no creation from, no update from (blank: no date announced), and the successor.
///
/// Contains the runtimes whose deprecation was announced for 2026 or earlier.
#[rustfmt::skip]
const DEPRECATED: [(&str, &str, &str, &str, &str); 31] = [
    ("dotnet6", "2024-12-20", "2027-02-01", "2027-03-03", "dotnet10"),
    ("dotnet8", "2026-11-10", "2027-02-01", "2027-03-03", "dotnet10"),
    ("dotnet9", "2026-11-10", "", "", "dotnet10"),
    ("dotnetcore1.0", "2019-06-27", "2019-06-30", "2019-07-30", "dotnet10"),
    ("dotnetcore2.0", "2019-05-30", "2019-04-30", "2019-05-30", "dotnet10"),
    ("dotnetcore2.1", "2022-01-05", "2022-01-05", "2022-04-13", "dotnet10"),
    ("dotnetcore3.1", "2023-04-03", "2023-04-03", "2023-05-03", "dotnet10"),
    ("go1.x", "2024-01-08", "2024-02-08", "2027-03-03", "provided.al2023"),
    ("java8", "2024-01-08", "2024-02-08", "2027-03-03", "java25"),
    ("nodejs", "2016-08-30", "2016-09-30", "2016-10-31", "nodejs24.x"),
    ("nodejs10.x", "2021-07-30", "2021-07-30", "2022-02-14", "nodejs24.x"),
    ("nodejs12.x", "2023-03-31", "2023-03-31", "2023-04-30", "nodejs24.x"),
    ("nodejs14.x", "2023-12-04", "2024-01-09", "2027-03-03", "nodejs24.x"),
    ("nodejs16.x", "2024-06-12", "2027-02-01", "2027-03-03", "nodejs24.x"),
    ("nodejs18.x", "2025-09-01", "2027-02-01", "2027-03-03", "nodejs24.x"),
    ("nodejs20.x", "2026-04-30", "2027-02-01", "2027-03-03", "nodejs24.x"),
    ("nodejs4.3", "2020-03-05", "2020-02-03", "2020-03-05", "nodejs24.x"),
    ("nodejs4.3-edge", "2020-03-05", "2019-03-31", "2019-04-30", "nodejs24.x"),
    ("nodejs6.10", "2019-08-12", "2019-07-12", "2019-08-12", "nodejs24.x"),
    ("nodejs8.10", "2020-03-06", "2020-02-04", "2020-03-06", "nodejs24.x"),
    ("provided", "2024-01-08", "2024-02-08", "2027-03-03", "provided.al2023"),
    ("provided.al2", "2026-07-31", "2027-02-01", "2027-03-03", "provided.al2023"),
    ("python2.7", "2021-07-15", "2021-07-15", "2022-05-30", "python3.14"),
    ("python3.10", "2026-10-31", "2027-02-01", "2027-03-03", "python3.14"),
    ("python3.6", "2022-07-18", "2022-07-18", "2022-08-29", "python3.14"),
    ("python3.7", "2023-12-04", "2024-01-09", "2027-03-03", "python3.14"),
    ("python3.8", "2024-10-14", "2027-02-01", "2027-03-03", "python3.14"),
    ("python3.9", "2025-12-15", "2027-02-01", "2027-03-03", "python3.14"),
    ("ruby2.5", "2021-07-30", "2021-07-30", "2022-03-31", "ruby4.0"),
    ("ruby2.7", "2023-12-07", "2024-01-09", "2027-03-03", "ruby4.0"),
    ("ruby3.2", "2026-03-31", "2027-02-01", "2027-03-03", "ruby4.0"),
];
