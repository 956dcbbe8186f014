//! Principals as texts, so that an account contains its users and roles.
//!
//! A principal is read as its kind and its name, such as `Service:ec2.amazonaws.com`. An AWS principal is `AWS:`, its account, `:` and the
//! rest of its ARN, because an account number and the ARN of the account's root are the same principal and stand for everyone in the
//! account.
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use serde_json::Value as Json;

use super::pattern::{Pattern, Symbol};
use super::set::TextSet;
use super::words::{Atoms, Reading, Wildcards, is_function, items, read};

const READING: Reading = Reading { wildcards: Wildcards::Any, variables: true, fold: false };

/// Returns the principals of a `Principal` or `NotPrincipal` element.
pub(super) fn principals(json: &Json, negated: bool, atoms: &mut Atoms) -> TextSet {
    let mut patterns = Vec::new();
    match json {
        Json::Object(kinds) if !is_function(json) => {
            for (kind, names) in kinds {
                for name in items(names) {
                    let Some(name) = read(name, READING, atoms) else { continue };
                    match kind.as_str() {
                        "AWS" => patterns.extend(aws(name, atoms)),
                        kind => patterns.push(with_kind(kind, &name.symbols, &name.text)),
                    }
                }
            }
        }
        other => {
            for name in items(other) {
                let Some(name) = read(name, READING, atoms) else { continue };
                patterns.extend(aws(name, atoms));
            }
        }
    }
    TextSet::of(negated, patterns)
}

fn with_kind(kind: &str, symbols: &[Symbol], text: &str) -> Pattern {
    let symbols = kind.chars().chain([':']).map(Symbol::Char).chain(symbols.iter().copied()).collect();
    Pattern::new(symbols, false, text.to_owned())
}

fn aws(name: Pattern, atoms: &Atoms) -> Vec<Pattern> {
    if name.is_any() {
        return vec![name];
    }
    let parts: Vec<&[Symbol]> = name.symbols.split(|symbol| *symbol == Symbol::Char(':')).collect();
    let is = |part: &[Symbol], text: &str| part.iter().copied().eq(text.chars().map(Symbol::Char));
    let in_account = |account: &[Symbol], rest: &[Symbol]| {
        let symbols: Vec<Symbol> = account.iter().chain([&Symbol::Char(':')]).chain(rest).copied().collect();
        with_kind("AWS", &symbols, &name.text)
    };
    let is_account = |part: &[Symbol]| match part {
        [Symbol::Atom(atom)] => atoms.is_account(*atom),
        digits => is_number(digits),
    };
    match parts.as_slice() {
        [account] if is_account(account) => vec![in_account(account, &[Symbol::Star])],
        [arn, _, service, _, account, rest] if is(arn, "arn") && is(service, "iam") && is(rest, "root") => {
            vec![in_account(account, &[Symbol::Star])]
        }
        [arn, _, service, _, account, rest] if is(arn, "arn") && is(service, "iam") => {
            let mut patterns = vec![in_account(account, rest)];
            // A role stands for its sessions, too, and their ARNs omit its path.
            if let Some(role) = role_name(rest) {
                let session: Vec<Symbol> = "sts/assumed-role/".chars().map(Symbol::Char).collect();
                patterns.push(in_account(account, &[session.as_slice(), role, &[Symbol::Char('/'), Symbol::Star]].concat()));
            }
            patterns
        }
        [arn, _, service, _, account, rest] if is(arn, "arn") && is(service, "sts") => {
            let prefix: Vec<Symbol> = "sts/".chars().map(Symbol::Char).collect();
            vec![in_account(account, &[prefix.as_slice(), rest].concat())]
        }
        _ => vec![with_kind("AWS", &name.symbols, &name.text)],
    }
}

fn role_name(rest: &[Symbol]) -> Option<&[Symbol]> {
    let mut parts = rest.split(|symbol| *symbol == Symbol::Char('/'));
    let is_role = parts.next()?.iter().copied().eq("role".chars().map(Symbol::Char));
    parts.next_back().filter(|_| is_role)
}

/// The number of digits of an account number.
const DIGITS: usize = 12;

/// Returns the accounts of principals, if all of them are known and belong to one.
pub(super) fn accounts(principals: &TextSet) -> Option<TextSet> {
    let account = |pattern: &Pattern| {
        let rest = pattern.symbols.get("AWS:".len()..)?;
        let is_aws = pattern.symbols.iter().copied().take("AWS:".len()).eq("AWS:".chars().map(Symbol::Char));
        let (digits, rest) = rest.split_at_checked(DIGITS)?;
        (is_aws && is_number(digits) && rest.first() == Some(&Symbol::Char(':')))
            .then(|| Pattern::new(digits.to_vec(), false, String::new()))
    };
    let is_list = !principals.negated && !principals.patterns.is_empty();
    let accounts = principals.patterns.iter().map(account).collect::<Option<Vec<_>>>().filter(|_| is_list)?;
    Some(TextSet::of(false, accounts))
}

/// Returns everyone in accounts, if all of them are known.
pub(super) fn of_accounts(accounts: &TextSet) -> Option<TextSet> {
    let everyone = |account: &Pattern| {
        let symbols: Vec<Symbol> = account.symbols.iter().copied().chain([Symbol::Char(':'), Symbol::Star]).collect();
        is_number(&account.symbols).then(|| with_kind("AWS", &symbols, &account.text))
    };
    let is_list = !accounts.negated && !accounts.patterns.is_empty();
    let patterns = accounts.patterns.iter().map(everyone).collect::<Option<Vec<_>>>().filter(|_| is_list)?;
    Some(TextSet::of(false, patterns))
}

fn is_number(symbols: &[Symbol]) -> bool {
    symbols.len() == DIGITS && symbols.iter().all(|symbol| matches!(symbol, Symbol::Char(c) if c.is_ascii_digit()))
}
