//! The confirmation prompt.

use std::io::{BufRead, Write};

/// Asks until the answer is yes or no; the end of input means no.
///
/// # Errors
///
/// Returns an error if reading or writing fails.
pub fn confirm(input: &mut dyn BufRead, output: &mut dyn Write, question: &str) -> std::io::Result<bool> {
    loop {
        write!(output, "{question} [yes/no] ")?;
        output.flush()?;
        let mut answer = String::new();
        if input.read_line(&mut answer)? == 0 {
            writeln!(output)?;
            return Ok(false);
        }
        match answer.trim().to_ascii_lowercase().as_str() {
            "y" | "yes" => return Ok(true),
            "n" | "no" | "" => return Ok(false),
            _ => writeln!(output, "please answer yes or no")?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::confirm;

    fn answer(input: &str) -> (Option<bool>, String) {
        let mut output = Vec::new();
        let answer = confirm(&mut input.as_bytes(), &mut output, "Apply?").ok();
        (answer, String::from_utf8_lossy(&output).into_owned())
    }

    #[test]
    fn only_yes_is_yes() {
        assert_eq!(answer("yes\n").0, Some(true));
        assert_eq!(answer("Y\n").0, Some(true));
        assert_eq!(answer("\n").0, Some(false));
        assert_eq!(answer("no\n").0, Some(false));
        assert_eq!(answer("").0, Some(false));
    }

    #[test]
    fn other_answers_repeat_the_question() {
        assert_eq!(answer("sure\nyes\n"), (Some(true), "Apply? [yes/no] please answer yes or no\nApply? [yes/no] ".to_owned()));
    }
}
