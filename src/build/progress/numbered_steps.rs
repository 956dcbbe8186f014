//! The output of buildah, and of docker's classic builder: numbered steps.
//!
//! Sources: <https://github.com/containers/buildah/blob/main/imagebuildah/stage_executor.go>,
//! <https://github.com/moby/moby/blob/master/daemon/builder/dockerfile/dispatchers.go> and `evaluator.go` beside it.

use super::{LIMIT, Layers, Progress, Steps};

/// The state of the output.
#[derive(Debug)]
pub(super) struct Log {
    is_buildah: bool,
    is_understood: bool,
    steps: Steps,
    layers: Layers,
}

impl Log {
    pub(super) fn new(is_buildah: bool) -> Self {
        Self { is_buildah, is_understood: false, steps: Steps::default(), layers: Layers::default() }
    }

    pub(super) fn line(&mut self, line: &str) {
        if self.steps.total >= LIMIT {
            self.is_understood = false;
            return;
        }
        if let Some(instruction) = if self.is_buildah { buildah_step(line) } else { docker_step(line) } {
            self.is_understood = true;
            self.steps.total += usize::from(!instruction.starts_with("FROM "));
        } else if line.starts_with("--> Using cache ") || line == " ---> Using cache" {
            self.steps.cached += usize::from(self.steps.cached < self.steps.total);
        } else if line.starts_with("--> Cache pulled from remote ") {
            self.layers.read += 1;
        } else if line.starts_with("--> Pushing cache ") {
            self.layers.pushed += 1;
        }
    }

    pub(super) fn progress(&self) -> Progress {
        let missing = self.steps.total.saturating_sub(self.steps.cached);
        Progress {
            is_understood: self.is_understood,
            steps: self.is_understood.then_some(self.steps),
            layers: (self.is_understood && self.is_buildah).then(|| Layers { missing, ..self.layers.clone() }),
            ..Progress::default()
        }
    }
}

/// Returns the instruction of `[linux/arm64] [1/2] STEP 2/5: RUN ...`.
fn buildah_step(line: &str) -> Option<&str> {
    let mut rest = line;
    while let Some((_, after)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        rest = after.trim_start();
    }
    numbered(rest.strip_prefix("STEP ")?, ": ")
}

/// Returns the instruction of `Step 2/5 : RUN ...`.
fn docker_step(line: &str) -> Option<&str> {
    numbered(line.strip_prefix("Step ")?, " : ")
}

fn numbered<'l>(text: &'l str, separator: &str) -> Option<&'l str> {
    let (number, instruction) = text.split_once(separator)?;
    number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'/').then_some(instruction)
}
