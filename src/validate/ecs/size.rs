//! CPU and memory of Fargate tasks.

use super::fargate::Task;
use crate::aws::fargate;
use crate::validate::walk::Guards;

impl Task<'_, '_, '_> {
    pub(super) fn size(&mut self) {
        let memories = self.texts("Memory");
        for (guards, cpu, span) in self.texts("Cpu") {
            let Some(cpu_text) = cpu else {
                self.report("fargate-cpu-memory", "does not say how much CPU it takes", span, "set Cpu for the task, such as 256", &guards);
                continue;
            };
            let Some(offered) = fargate::memory_sizes(&cpu_text) else {
                let problem = format!("has {}, which Fargate does not offer", fargate::quoted_amount("CPU", &cpu_text));
                self.report("fargate-cpu-memory", &problem, span, fargate::CPU_HINT, &guards);
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
                if !offered.includes(text) {
                    let problem = format!(
                        "has CPU {cpu_text} with {}, which Fargate does not offer together",
                        fargate::quoted_amount("memory", text)
                    );
                    self.report("fargate-cpu-memory", &problem, *span, &format!("with CPU {cpu_text} use {offered}"), &together);
                }
            }
        }
    }
}
