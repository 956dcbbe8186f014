//! Splits a shell command line into simple commands, approximately.

/// A command with its arguments, without quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SimpleCommand {
    /// The command and its arguments, without preceding assignments and wrappers such as `sudo`.
    pub words: Vec<String>,
    /// The start offset in the command line.
    pub start: usize,
    /// The end offset.
    pub end: usize,
}

impl SimpleCommand {
    /// Returns the command's name without its directory, such as `pip` of `/venv/bin/pip`.
    pub(super) fn name(&self) -> &str {
        let word = self.words.first().map_or("", String::as_str);
        word.rsplit('/').next().unwrap_or(word)
    }
}

/// Words that may precede a command: shell keywords, and programs that run the rest as a command.
const WRAPPERS: [&str; 18] = [
    "if", "then", "elif", "else", "do", "while", "until", "!", "{", "time", "exec", "command", "env", "sudo", "nice", "xvfb-run",
    "corepack", "builtin",
];

/// Shells, which run a command line with `-c`.
const SHELLS: [&str; 5] = ["sh", "bash", "ash", "dash", "zsh"];

/// The maximum nesting of `sh -c` that is parsed.
const DEEPEST: usize = 4;

/// Returns the simple commands of a command line, in order.
pub(super) fn commands(line: &str) -> Vec<SimpleCommand> {
    commands_within(line, 0)
}

fn commands_within(line: &str, depth: usize) -> Vec<SimpleCommand> {
    let mut commands = Vec::new();
    let mut words: Vec<Word> = Vec::new();
    for token in tokens(line) {
        match token {
            Token::Word(word) => words.push(word),
            Token::Operator => finish(std::mem::take(&mut words), depth, &mut commands),
        }
    }
    finish(words, depth, &mut commands);
    commands
}

/// Returns the simple command of an argument list.
pub(super) fn of_arguments(arguments: &[String]) -> Vec<SimpleCommand> {
    let words = arguments.iter().map(|text| Word { text: text.clone(), start: 0, end: 0 }).collect();
    let mut commands = Vec::new();
    finish(words, 0, &mut commands);
    commands
}

/// Returns whether a name is that of a shell.
pub(super) fn is_shell(name: &str) -> bool {
    SHELLS.contains(&name)
}

fn finish(words: Vec<Word>, depth: usize, commands: &mut Vec<SimpleCommand>) {
    let is_before = |word: &Word| WRAPPERS.contains(&word.text.as_str()) || is_assignment(&word.text);
    let words: Vec<Word> = words.into_iter().skip_while(is_before).collect();
    let (Some(first), Some(last)) = (words.first(), words.last()) else { return };
    let (start, end) = (first.start, last.end);
    let command = SimpleCommand { words: words.into_iter().map(|word| word.text).collect(), start, end };
    if is_shell(command.name()) && depth < DEEPEST {
        let takes_line = |word: &String| word.starts_with('-') && !word.starts_with("--") && word.ends_with('c');
        if let Some(line) = command.words.iter().position(takes_line).and_then(|at| command.words.get(at + 1)) {
            // Commands inside a quoted word have the word's offsets.
            commands.extend(commands_within(line, depth + 1).into_iter().map(|inner| SimpleCommand { start, end, ..inner }));
            return;
        }
    }
    commands.push(command);
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') && !name.as_bytes()[0].is_ascii_digit()
    })
}

struct Word {
    text: String,
    start: usize,
    end: usize,
}

enum Token {
    Word(Word),
    /// The end of a simple command.
    Operator,
}

/// Returns words and operators; redirections count as words, which is harmless here.
fn tokens(line: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut word: Option<Word> = None;
    let mut quote = None;
    let mut characters = line.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let push = |word: &mut Option<Word>, character: Option<char>, end: usize| {
            let word = word.get_or_insert_with(|| Word { text: String::new(), start: at, end });
            word.text.extend(character);
            word.end = end;
        };
        let end = at + character.len_utf8();
        match (quote, character) {
            (Some('\''), '\'') | (Some('"'), '"') => {
                quote = None;
                push(&mut word, None, end);
            }
            (Some('\''), _) => push(&mut word, Some(character), end),
            (_, '\\') => match characters.next() {
                Some((_, '\n')) | None => {}
                Some((next, escaped)) => push(&mut word, Some(escaped), next + escaped.len_utf8()),
            },
            (Some(_), _) => push(&mut word, Some(character), end),
            (None, '\'' | '"') => {
                quote = Some(character);
                push(&mut word, None, end);
            }
            (None, '#') if word.is_none() => while characters.next_if(|(_, next)| *next != '\n').is_some() {},
            (None, ';' | '&' | '|' | '(' | ')' | '\n' | '`') => {
                tokens.extend(word.take().map(Token::Word));
                tokens.push(Token::Operator);
            }
            (None, _) if character.is_whitespace() => tokens.extend(word.take().map(Token::Word)),
            (None, _) => push(&mut word, Some(character), end),
        }
    }
    tokens.extend(word.map(Token::Word));
    tokens
}

#[cfg(test)]
mod tests {
    use super::commands;

    fn lines(line: &str) -> Vec<String> {
        commands(line).into_iter().map(|command| command.words.join(" ")).collect()
    }

    #[test]
    fn command_lines_are_split_into_commands() {
        assert_eq!(lines("set -e; cd app&&npm ci --omit=dev | tee 'a b'"), ["set -e", "cd app", "npm ci --omit=dev", "tee a b"]);
        assert_eq!(lines("if [ -f x ]; then CI=1 sudo yarn; fi"), ["[ -f x ]", "yarn", "fi"]);
        assert_eq!(lines("bash -lc 'cd a && pip install -r r.txt'"), ["cd a", "pip install -r r.txt"]);
        assert_eq!(lines("a \\; b # c; d\n$(e f)"), ["a ; b", "$", "e f"]);
    }

    #[test]
    fn commands_have_offsets() {
        let line = "true &&  npm  ci ; x";
        let command = &commands(line)[1];
        assert_eq!(&line[command.start..command.end], "npm  ci");
    }
}
