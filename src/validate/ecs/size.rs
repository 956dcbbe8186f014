//! CPU and memory of Fargate tasks.

use super::fargate::Task;
use crate::aws::fargate;
use crate::diagnostic::Span;
use crate::template::Intrinsic;
use crate::validate::check::alternatives;
use crate::validate::walk::Guards;

impl Task<'_, '_, '_> {
    pub(super) fn size(&mut self) {
        let memories = self.texts("Memory");
        for (guards, cpu, span) in self.texts("Cpu") {
            let Some(cpu_text) = cpu else {
                self.report("fargate-cpu-memory", "has no Cpu", span, "set Cpu of the task, such as 256", &guards);
                continue;
            };
            let Some(offered) = fargate::memory_sizes(&cpu_text) else {
                let problem = format!("has {}, which Fargate does not support", fargate::quoted_amount("CPU", &cpu_text));
                let hint = self.of_parameter(span, fargate::CPU_HINT);
                self.report("fargate-cpu-memory", &problem, span, &hint, &guards);
                continue;
            };
            for (memory_guards, memory_text, span) in &memories {
                let together: Guards = guards.iter().chain(memory_guards).copied().collect();
                let Some(text) = memory_text else {
                    self.report("fargate-cpu-memory", "has no Memory", *span, "set Memory of the task, such as 512", &together);
                    continue;
                };
                if !offered.includes(text) {
                    let problem = format!(
                        "has CPU {cpu_text} with {}, a combination that Fargate does not support",
                        fargate::quoted_amount("memory", text)
                    );
                    let hint = self.of_parameter(*span, &format!("with CPU {cpu_text} use {offered}"));
                    self.report("fargate-cpu-memory", &problem, *span, &hint, &together);
                }
            }
        }
    }
    /// Returns a hint that names the parameter whose value stands at a position, if one does.
    fn of_parameter(&self, span: Span, hint: &str) -> String {
        let values = ["Cpu", "Memory"].into_iter().filter_map(|name| self.properties.get(name));
        let nodes = values.flat_map(|node| alternatives(self.check.template, node, &self.guards));
        let at_span = nodes.filter_map(|(_, value)| value).find(|value| value.span == span);
        match at_span.and_then(Intrinsic::of) {
            Some(Intrinsic::Ref(name)) => format!("set the parameter `{}`: {hint}", name.as_str().unwrap_or_default()),
            _ => hint.to_owned(),
        }
    }
}
