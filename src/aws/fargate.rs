//! CPU and memory sizes of Fargate tasks.

use std::fmt;

/// The CPU sizes, as a hint.
pub(crate) const CPU_HINT: &str = "use 256, 512, 1024, 2048, 4096, 8192, 16384 or 32768";

/// CPU units with the memory sizes that Fargate offers with them, in MiB.
///
/// Source: <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size>
const SIZES: &[(u32, MemorySizes)] = &[
    (256, MemorySizes::List(&[512, 1_024, 2_048])),
    (512, MemorySizes::Range { min: 1_024, max: 4_096, step: 1_024 }),
    (1_024, MemorySizes::Range { min: 2_048, max: 8_192, step: 1_024 }),
    (2_048, MemorySizes::Range { min: 4_096, max: 16_384, step: 1_024 }),
    (4_096, MemorySizes::Range { min: 8_192, max: 30_720, step: 1_024 }),
    (8_192, MemorySizes::Range { min: 16_384, max: 61_440, step: 4_096 }),
    (16_384, MemorySizes::Range { min: 32_768, max: 122_880, step: 8_192 }),
    (32_768, MemorySizes::List(&[61_440, 122_880, 249_856])),
];

/// The memory sizes that Fargate offers with one CPU size, in MiB.
#[derive(Clone, Copy, Debug)]
pub(crate) enum MemorySizes {
    /// These sizes.
    List(&'static [u32]),
    /// All multiples of `step` from `min` to `max`.
    Range {
        /// The smallest.
        min: u32,
        /// The largest.
        max: u32,
        /// The distance between two sizes.
        step: u32,
    },
}

impl MemorySizes {
    /// Returns whether a memory size, written as in a task definition, is one of these.
    pub fn includes(self, memory: &str) -> bool {
        amount(memory, "gb").is_some_and(|amount| match self {
            Self::List(sizes) => sizes.contains(&amount),
            Self::Range { min, max, step } => (min..=max).contains(&amount) && amount.is_multiple_of(step),
        })
    }
}

impl fmt::Display for MemorySizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List(sizes) => write!(f, "{} MiB", sizes.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")),
            Self::Range { min, max, step } => write!(f, "{min} to {max} MiB in steps of {step}"),
        }
    }
}

/// Returns the memory sizes that Fargate offers with a CPU size, written as in a task definition; `None` for an unsupported CPU size.
pub(crate) fn memory_sizes(cpu: &str) -> Option<MemorySizes> {
    let cpu = amount(cpu, "vcpu")?;
    SIZES.iter().find(|(units, _)| *units == cpu).map(|(_, sizes)| *sizes)
}

/// Returns why Fargate does not offer this CPU with this memory, and what it does offer; `None` if it offers them.
pub fn size_problem(cpu: &str, memory: &str) -> Option<String> {
    let Some(offered) = memory_sizes(cpu) else {
        return Some(format!("Fargate does not offer {}: {CPU_HINT}", quoted_amount("CPU", cpu)));
    };
    (!offered.includes(memory)).then(|| format!("Fargate does not offer {} with CPU {cpu}: use {offered}", quoted_amount("memory", memory)))
}

/// Returns an amount as a message names it: at most 80 characters of it, or that it is empty.
pub(crate) fn quoted_amount(what: &str, text: &str) -> String {
    if text.trim().is_empty() {
        return format!("an empty {what}");
    }
    let shown: String = text.chars().take(80).collect();
    format!("{what} `{shown}{}`", if shown.len() < text.len() { "..." } else { "" })
}

/// Returns an amount in the small unit (CPU units or MiB), of which the large unit has 1024: `512`, `.5 vCPU`, `2GB`.
fn amount(text: &str, large_unit: &str) -> Option<u32> {
    let text = text.trim().to_ascii_lowercase();
    let (number, factor) = match text.strip_suffix(large_unit) {
        Some(number) => (number.trim_end(), 1024.0),
        None => (text.as_str(), 1.0),
    };
    let amount = number.parse::<f64>().ok()? * factor;
    (amount.fract() == 0.0 && (1.0..1e9).contains(&amount)).then_some(amount as u32)
}
