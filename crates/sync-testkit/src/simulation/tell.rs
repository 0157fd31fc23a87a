//! A history in words.

use std::fmt;

use super::{History, act::Step, rules::policy, system::StreamPlan};

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}", self.seed)?;
        for system in &self.systems {
            write!(f, "system {}", system.name())?;
            if system.skew_s != 0 {
                write!(f, ", clock {} s ahead", system.skew_s)?;
            }
            if system.facet {
                write!(f, ", persons are part of companies")?;
            }
            writeln!(f)?;
            for (kind, plan) in &system.streams {
                writeln!(f, "  {}: {}", kind.stream(), habits(plan))?;
            }
        }
        for line in policy(&self.entities).lines() {
            writeln!(f, "  {line}")?;
        }
        for (number, step) in self.steps.iter().enumerate() {
            match step {
                Step::Run(run) => {
                    let word = if run.adopt { "adopt" } else { "run" };
                    writeln!(f, "{number:3} {word} (chance {})", run.chance)?;
                    for (turn, during) in &run.during {
                        writeln!(f, "      at turn {turn}: {during:?}")?;
                    }
                    if let Some(crash) = run.crash {
                        writeln!(f, "      ends at {crash:?}")?;
                    }
                }
                other => writeln!(f, "{number:3} {other:?}")?,
            }
        }
        Ok(())
    }
}

/// What is not plain in a stream's habits.
fn habits(plan: &StreamPlan) -> String {
    let plain = format!("{:?}", StreamPlan::default());
    let told = format!("{plan:?}");
    let parts = |text: &str| -> Vec<String> {
        let inner = text.trim_start_matches("StreamPlan { ").trim_end_matches(" }");
        inner.split(", ").map(str::to_owned).collect()
    };
    let usual = parts(&plain);
    let odd: Vec<String> = parts(&told).into_iter().filter(|part| !usual.contains(part)).collect();
    if odd.is_empty() { "plain".to_owned() } else { odd.join(", ") }
}
