//! Changes of parameter values, and of SSM parameters whose value changed under the same name.

use serde::{Deserialize, Serialize};

use crate::evaluate::Evaluation;
use crate::parameters::{Parameter, ParameterType, Provenance};
use crate::secret::MASKED;

/// A parameter whose value differs; `NoEcho` values are `****` on both sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ParameterChange {
    /// The parameter.
    pub name: String,
    /// The value before, absent when it was not declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The value after, absent when it is no longer declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Whether the parameter is new and has its default.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub new_default: bool,
    /// Whether the value may be the same: the value before is a secret that only the deployed stack has.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub possible: bool,
}

/// An SSM parameter whose value changed in Parameter Store since the last update; `NoEcho` values are `****`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SsmParameterChange {
    /// The template's parameter.
    pub name: String,
    /// The name in Parameter Store.
    pub stored_under: String,
    /// The value at the last update.
    pub before: String,
    /// The present value, which an update uses.
    pub after: String,
}

/// Returns whether a parameter is new or has another value than before.
///
/// An SSM parameter is compared by the name that it holds. AWS does not report a parameter as the cause of a change whose value in
/// Parameter Store changed under the same name.
pub(super) fn is_changed(before: Option<&Evaluation<'_>>, after: &Evaluation<'_>, name: &str) -> bool {
    let (Some(before), Some(parameter)) = (before, after.parameters.parameters.get(name)) else { return false };
    before.parameters.parameters.get(name).is_none_or(|old| old.value != parameter.value)
}

/// Returns the value at the last update and the present value of an SSM parameter that has the same name as before, where they differ.
pub(super) fn ssm_values(before: Option<&Evaluation<'_>>, after: &Evaluation<'_>, name: &str) -> Option<[String; 2]> {
    let parameter = after.parameters.parameters.get(name)?;
    let ParameterType::Ssm { .. } = parameter.declaration.parameter_type else { return None };
    let before = before.filter(|before| before.parameters.parameters.get(name).is_some_and(|old| old.value == parameter.value))?;
    let stored = |evaluation: &Evaluation<'_>| {
        let stored = evaluation.state.ssm.as_ref()?.get(parameter.value.as_deref()?)?;
        let value = stored.get("Value").unwrap_or(stored);
        Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    };
    let values = [stored(before)?, stored(after)?];
    (values[0] != values[1]).then_some(values)
}

/// Returns the parameters whose value differs, in the order of the new template, followed by those that it no longer declares.
pub(super) fn parameter_changes<'a>(before: Option<&Evaluation<'a>>, after: &Evaluation<'a>) -> Vec<ParameterChange> {
    let Some(before) = before else { return Vec::new() };
    let (old, new) = (&before.parameters.parameters, &after.parameters.parameters);
    let names = new.keys().chain(old.keys().filter(|name| !new.contains_key(*name)));
    let changed = names.filter(|name| match (old.get(*name), new.get(*name)) {
        (Some(old), Some(new)) => old.value != new.value,
        _ => true,
    });
    changed
        .map(|name| {
            let (old, new) = (old.get(name), new.get(name));
            let is_secret = [old, new].into_iter().flatten().any(|parameter| parameter.declaration.no_echo);
            let show = |parameter: &Parameter<'_>| match &parameter.value {
                Some(value) if !is_secret => value.clone(),
                _ => MASKED.to_owned(),
            };
            let new_default = old.is_none() && new.is_some_and(|new| new.provenance == Provenance::Default);
            let possible = old.is_some_and(|old| old.value.is_none()) && new.is_some_and(|new| new.value.is_some());
            ParameterChange { name: (*name).to_owned(), before: old.map(show), after: new.map(show), new_default, possible }
        })
        .collect()
}

/// Returns the SSM parameters whose value changed under the same name, in the order of the new template.
pub(super) fn ssm_parameter_changes<'a>(before: Option<&Evaluation<'a>>, after: &Evaluation<'a>) -> Vec<SsmParameterChange> {
    let change = |(name, parameter): (&&'a str, &Parameter<'a>)| {
        let [old, new] = ssm_values(before, after, name)?;
        let show = |text: String| if parameter.declaration.no_echo { MASKED.to_owned() } else { text };
        let stored_under = parameter.value.clone().map(show)?;
        Some(SsmParameterChange { name: (*name).to_owned(), stored_under, before: show(old), after: show(new) })
    };
    after.parameters.parameters.iter().filter_map(change).collect()
}
