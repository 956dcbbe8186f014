//! CPU and memory of Fargate tasks.

use super::fargate::Task;
use crate::aws::fargate;
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
                self.report("fargate-cpu-memory", &problem, span, fargate::CPU_HINT, &guards);
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
                    self.report("fargate-cpu-memory", &problem, *span, &format!("with CPU {cpu_text} use {offered}"), &together);
                }
            }
        }
    }
}
