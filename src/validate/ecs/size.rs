//! What Fargate offers of CPU and memory.

use super::fargate::Task;
use crate::validate::literals::short;
use crate::validate::walk::Guards;

/// The CPU units there are.
const CPUS: &str = "use 256, 512, 1024, 2048, 4096, 8192, 16384 or 32768";

/// CPU units with the least and the most memory and the step between, all in MiB.
///
/// Source: <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size>
const SIZES: &[(u32, &[u32])] = &[
    (256, &[512, 1_024, 2_048]),
    (512, &[1_024, 4_096, 1_024]),
    (1_024, &[2_048, 8_192, 1_024]),
    (2_048, &[4_096, 16_384, 1_024]),
    (4_096, &[8_192, 30_720, 1_024]),
    (8_192, &[16_384, 61_440, 4_096]),
    (16_384, &[32_768, 122_880, 8_192]),
    (32_768, &[61_440, 122_880, 249_856]),
];

impl Task<'_, '_, '_> {
    pub(super) fn size(&mut self) {
        let memories = self.texts("Memory");
        for (guards, cpu, span) in self.texts("Cpu") {
            let Some(cpu_text) = cpu else {
                self.report("fargate-cpu-memory", "does not say how much CPU it takes", span, "set Cpu for the task, such as 256", &guards);
                continue;
            };
            let size = amount(&cpu_text, "vcpu", 1024.0).and_then(|cpu| SIZES.iter().find(|(units, _)| *units == cpu));
            let Some((_, memory)) = size else {
                let problem = format!("has {}, which Fargate does not offer", amount_shown("CPU", &cpu_text));
                self.report("fargate-cpu-memory", &problem, span, CPUS, &guards);
                continue;
            };
            for (memory_guards, memory_text, span) in &memories {
                let together: Guards = guards.iter().chain(memory_guards).copied().collect();
                let Some(text) = memory_text else {
                    self.report(
                        "fargate-cpu-memory",
                        "does not say how much memory it takes",
                        *span,
                        "set Memory for the task, such as 512",
                        &together,
                    );
                    continue;
                };
                if !amount(text, "gb", 1024.0).is_some_and(|amount| offers(memory, amount)) {
                    let problem =
                        format!("has CPU {cpu_text} with {}, which Fargate does not offer together", amount_shown("memory", text));
                    self.report("fargate-cpu-memory", &problem, *span, &format!("with CPU {cpu_text} use {}", words(memory)), &together);
                }
            }
        }
    }
}

/// Returns why Fargate does not offer this CPU with this memory, and what it does offer; `None` where it does.
pub fn fargate_size_problem(cpu: &str, memory: &str) -> Option<String> {
    let Some((_, offered)) = amount(cpu, "vcpu", 1024.0).and_then(|cpu| SIZES.iter().find(|(units, _)| *units == cpu)) else {
        return Some(format!("Fargate does not offer {}: {CPUS}", amount_shown("CPU", cpu)));
    };
    let fits = amount(memory, "gb", 1024.0).is_some_and(|amount| offers(offered, amount));
    (!fits).then(|| format!("Fargate does not offer {} with CPU {cpu}: use {}", amount_shown("memory", memory), words(offered)))
}

/// Returns what is told of an amount, which may be empty.
fn amount_shown(what: &str, text: &str) -> String {
    if text.trim().is_empty() { format!("an empty {what}") } else { format!("{what} `{}`", short(text)) }
}

/// Returns an amount in small units: `512`, `.5 vCPU`, `2GB`.
fn amount(text: &str, unit: &str, per_unit: f64) -> Option<u32> {
    let text = text.trim().to_ascii_lowercase();
    let (number, factor) = match text.strip_suffix(unit) {
        Some(number) => (number.trim_end(), per_unit),
        None => (text.as_str(), 1.0),
    };
    let amount = number.parse::<f64>().ok()? * factor;
    (amount.fract() == 0.0 && (1.0..1e9).contains(&amount)).then_some(amount as u32)
}

/// Tells whether a row has this much memory: a list of sizes, or the least, the most and a step.
fn offers(memory: &[u32], amount: u32) -> bool {
    match *memory {
        [least, most, step] if most > step => (least..=most).contains(&amount) && amount.is_multiple_of(step),
        _ => memory.contains(&amount),
    }
}

fn words(memory: &[u32]) -> String {
    match *memory {
        [least, most, step] if most > step => format!("{least} to {most} MiB in steps of {step}"),
        _ => memory.iter().map(u32::to_string).collect::<Vec<_>>().join(", ") + " MiB",
    }
}
