//! Conditions of the template whose values are not known: what is new under one of their values only is possible.

use super::statement::{CONDITION, Statement, condition};

/// With more conditions than this, new access is certain only if no condition plays a part.
const MOST_CONDITIONS: usize = 3;

/// Returns the statements under each combination of values of the conditions, or nothing if no statement has a condition.
pub(super) fn assignments(old: &[Statement], new: &[Statement]) -> Vec<[Vec<Statement>; 2]> {
    let mut names: Vec<&str> = old.iter().chain(new).flat_map(conditions).collect();
    names.sort_unstable();
    names.dedup();
    match names.len() {
        0 => Vec::new(),
        count if count <= MOST_CONDITIONS => {
            let value = |combination: usize, index: usize| combination >> index & 1 == 1;
            let values = |combination| names.iter().enumerate().map(move |(index, name)| (*name, value(combination, index)));
            let combinations = (0..1_usize << count).map(|combination| values(combination).collect::<Vec<_>>());
            combinations.map(|values| [old, new].map(|statements| under(statements, &values))).collect()
        }
        _ => vec![[least(old, true), least(new, false)]],
    }
}

fn conditions(statement: &Statement) -> impl Iterator<Item = &str> {
    statement.requests.keys.iter().filter(|key| key.name.starts_with(CONDITION)).map(|key| key.shown.as_str())
}

/// Returns the statements that apply if the conditions have these values.
fn under(statements: &[Statement], values: &[(&str, bool)]) -> Vec<Statement> {
    let applies = |statement: &&Statement| {
        let mut keys = statement.requests.keys.iter().filter(|key| key.name.starts_with(CONDITION));
        keys.all(|key| values.iter().any(|(name, value)| *key == condition(name, *value)))
    };
    statements.iter().filter(applies).map(unconditional).collect()
}

/// Returns the statements with which the least is newly allowed: statements with a condition that would allow something new are left out.
fn least(statements: &[Statement], is_old: bool) -> Vec<Statement> {
    let counts = |statement: &&Statement| statement.allows == is_old || conditions(statement).next().is_none();
    statements.iter().filter(counts).map(unconditional).collect()
}

fn unconditional(statement: &Statement) -> Statement {
    let mut statement = statement.clone();
    statement.requests.keys.retain(|key| !key.name.starts_with(CONDITION));
    statement
}
