//! Compares the evaluator with recordings of real AWS.
//!
//! Only values that are known before deployment are compared: an unknown value must depend on something that only a deployed stack has; a
//! known value must equal the recorded one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

use std::fs;

use rackform::diagnostic::{Diagnostics, Source};
use rackform::evaluate::{Evaluation, State, Value, evaluate};
use rackform::parameters::{ParameterOverride, ParameterOverrides, ParameterSet, Provenance};
use rackform::template::{Arena, Template};
use serde_json::Value as Json;

use crate::support::shared_data;

/// Reads every recording of a folder, sorted by name.
fn recordings(folder: &str) -> Vec<(String, Json)> {
    let Some(data) = shared_data() else { return Vec::new() };
    let mut files: Vec<_> = fs::read_dir(data.join("aws-recordings").join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |path: &std::path::PathBuf| -> (String, Json) {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        (name, serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap())
    };
    // Recordings without a template cannot be compared.
    files
        .iter()
        .map(read)
        .filter(|(_, recording)| recording["template"].as_str().is_none_or(|text| !text.starts_with("<Special")))
        .collect()
}

/// Returns the text that was sent to AWS, in place of a placeholder such as `<qualifier>` from the anonymized recording.
fn unscrubbed(recording: &Json, text: &str) -> String {
    let substituted = recording["substituted"].as_object().into_iter().flatten();
    substituted
        .filter_map(|(sent, shown)| Some((sent, shown.as_str()?)))
        .filter(|(_, shown)| shown.starts_with('<'))
        .fold(text.to_owned(), |text, (sent, shown)| text.replace(shown, sent))
}

/// Returns whether a text has a placeholder that is not in the input, so that its original value is unknown.
fn has_unknown_placeholder(text: &str, input: &str) -> bool {
    text.match_indices('<').any(|(start, _)| text[start..].find('>').is_some_and(|end| !input.contains(&text[start..=start + end])))
}

fn state(recording: &Json) -> State {
    let mut state: State = recording.get("state").map(|state| serde_json::from_value(state.clone()).unwrap()).unwrap_or_default();
    for (name, value) in recording["pseudo"].as_object().into_iter().flatten().filter(|(name, _)| name.starts_with("AWS::")) {
        state.pseudo.insert(name.clone(), value.clone());
    }
    if let Some(ssm) = recording["environment"]["ssm"].as_object() {
        state.ssm = Some(ssm.iter().map(|(name, value)| (name.clone(), value.clone())).collect());
    }
    state
}

fn run<T>(recording: &Json, inspect: impl FnOnce(Result<Evaluation<'_>, Diagnostics>) -> T) -> T {
    let text = recording["template_text"].as_str().map_or_else(|| recording["template"].to_string(), str::to_owned);
    let (source, arena, state) = (Source::new("t", text), Arena::new(), state(recording));
    let mut given = ParameterOverrides::new();
    for (name, value) in recording["parameters"].as_object().into_iter().flatten() {
        let text = unscrubbed(recording, value.as_str().map_or_else(|| value.to_string(), str::to_owned).as_str());
        given.add(name.as_str(), ParameterOverride { text: Some(text), provenance: Provenance::Flag, span: None });
    }
    let template = match Template::read(&source, &arena) {
        Ok(template) => template,
        Err(problems) => return inspect(Err(problems)),
    };
    let parameters = match ParameterSet::resolve(&template, &given) {
        Ok(parameters) => parameters,
        Err(problems) => return inspect(Err(problems)),
    };
    inspect(evaluate(&template, &parameters, &state, &arena))
}

/// The values that were compared, and those that could not be.
struct Judge<'j> {
    recording: &'j Json,
    input: String,
    /// Values that only a deployed stack has, with the recorded values.
    open: Vec<String>,
}

impl Judge<'_> {
    /// Returns whether a value equals the recorded one, as far as it is known.
    fn agrees(&mut self, value: &Value<'_>, recorded: &Json) -> bool {
        if value.is_unknown() {
            self.open.push(format!("{} is {recorded}", value.to_json()));
            return true;
        }
        match recorded {
            Json::String(text) => {
                let sent = unscrubbed(self.recording, text);
                value.text() == Some(text) || value.text() == Some(&sent) || has_unknown_placeholder(text, &self.input)
            }
            Json::Array(items) => {
                let Some(values) = value.items() else { return false };
                values.len() == items.len() && values.iter().zip(items).all(|(value, item)| self.agrees(value, item))
            }
            Json::Object(members) => {
                let Some(values) = value.members() else { return false };
                values.len() == members.len()
                    && values.iter().all(|(key, value)| members.get(*key).is_some_and(|member| self.agrees(value, member)))
            }
            other => value.text() == Some(other.to_string().as_str()),
        }
    }
}

fn judge(recording: &Json, evaluation: &Evaluation<'_>, open: &mut Vec<String>) -> Vec<String> {
    let mut judge = Judge {
        recording,
        input: format!("{} {} {}", recording["template"], recording["parameters"], recording["state"]),
        open: Vec::new(),
    };
    let wrong = judge_all(&mut judge, evaluation);
    open.append(&mut judge.open);
    wrong
}

fn judge_all(judge: &mut Judge<'_>, evaluation: &Evaluation<'_>) -> Vec<String> {
    let recording = judge.recording;
    let recorded = &recording["recorded"];
    let partial = recorded["partial"].as_bool().unwrap_or(false);
    let mut wrong = Vec::new();
    if let Some(resources) = recorded["resources"].as_object() {
        for (id, resource) in resources {
            match evaluation.resources.get(id.as_str()) {
                None => wrong.push(format!("resource {id} is missing")),
                Some(found) => {
                    if let Some(properties) = resource.get("Properties").filter(|properties| properties.is_object()) {
                        let context = found.properties;
                        if !judge.agrees(&context, properties) {
                            wrong.push(format!("properties of {id}: {} and not {properties}", context.to_json()));
                        }
                    }
                }
            }
        }
        if !partial && evaluation.resources.len() != resources.len() {
            wrong.push(format!("{} resources and not {}", evaluation.resources.len(), resources.len()));
        }
    }
    if let Some(resources) = recorded["deployed_resources"].as_object() {
        let mut ids: Vec<&str> = resources.keys().map(String::as_str).collect();
        let mut found: Vec<&str> = evaluation.resources.keys().copied().collect();
        ids.sort_unstable();
        found.sort_unstable();
        if ids != found {
            wrong.push(format!("resources {found:?} and not {ids:?}"));
        }
    }
    if let Some(outputs) = recorded["outputs"].as_object() {
        for (name, output) in outputs {
            match evaluation.outputs.get(name.as_str()) {
                None => wrong.push(format!("output {name} is missing")),
                Some(found) if !judge.agrees(&found.value, output) => {
                    wrong.push(format!("output {name}: {} and not {output}", found.value.to_json()));
                }
                Some(_) => {}
            }
        }
        if !partial && evaluation.outputs.len() != outputs.len() {
            wrong.push(format!("{} outputs and not {}", evaluation.outputs.len(), outputs.len()));
        }
    }
    for parameter in recorded["parameters"].as_array().into_iter().flatten() {
        let name = parameter["ParameterKey"].as_str().unwrap();
        match evaluation.parameters.get(name) {
            Some(found)
                if parameter["ParameterValue"].as_str().map(|text| unscrubbed(recording, text)).as_deref() == Some(found.shown()) => {}
            found => {
                wrong.push(format!("parameter {name}: {:?} and not {}", found.map(|found| found.shown()), parameter["ParameterValue"]))
            }
        }
    }
    if let Some(reason) = recorded["status_reason"].as_str()
        && !evaluation.warnings.0.iter().any(|warning| warning.aws_message.as_deref() == Some(reason))
    {
        wrong.push(format!("no warning {reason}"));
    }
    wrong
}

#[test]
fn evaluations_match_the_recordings() {
    let recordings = recordings("evaluations");
    let (mut open, mut wrong) = (Vec::new(), Vec::new());
    for (name, recording) in &recordings {
        let found = run(recording, |evaluation| match evaluation {
            Ok(evaluation) => judge(recording, &evaluation, &mut open),
            Err(problems) => vec![format!("refused: {problems}")],
        });
        if !found.is_empty() {
            wrong.push(format!("{name}: {}", found.join("; ")));
        }
    }
    eprintln!("{} evaluations, {} differ, {} values known after deployment only", recordings.len(), wrong.len(), open.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Returns whether the template causes the error, and not the request or an update without changes.
fn is_template_error(recording: &Json) -> bool {
    !matches!(recording["recorded_message"].as_str(), Some("No updates are to be performed."))
        && recording["recorded_code"] == "ValidationError"
        && recording["request"].get("ResourceTypes").is_none()
        && recording["recorded_message"]
            .as_str()
            .is_none_or(|message| !message.ends_with("should either have input value or default value"))
}

#[test]
fn error_messages_match_the_recordings() {
    let recordings: Vec<_> = recordings("errors").into_iter().filter(|(_, recording)| is_template_error(recording)).collect();
    let mut wrong = Vec::new();
    for (name, recording) in &recordings {
        let expected = recording["recorded_message"].as_str().unwrap();
        let found = run(recording, |evaluation| match evaluation {
            Ok(_) => vec!["accepted".to_owned()],
            Err(problems) => problems.0.into_iter().map(|one| one.aws_message.unwrap_or(one.message)).collect(),
        });
        if found.first().map(String::as_str) != Some(expected) {
            wrong.push(format!("{name}: {found:?} and not {expected}"));
        }
    }
    eprintln!("{} errors, {} differ", recordings.len(), wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn templates_of_recorded_change_sets_are_accepted() {
    let (mut count, mut refused) = (0, Vec::new());
    for (name, recording) in recordings("change-sets") {
        for side in ["before", "after"] {
            let mut one = recording[side].clone();
            if !one.is_object() {
                continue;
            }
            one["pseudo"] = recording["pseudo"].clone();
            count += 1;
            if let Some(problems) = run(&one, |evaluation| evaluation.err()) {
                refused.push(format!("{name}, {side}: {problems}"));
            }
        }
    }
    eprintln!("{count} templates of change sets, {} refused", refused.len());
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}
