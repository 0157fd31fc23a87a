//! One way: what is entered in the CRM arrives in the ERP, once. Both systems are in memory; no account is needed.
#![allow(clippy::print_stdout, reason = "what it prints is what it is for")]
use std::{error::Error, sync::Arc};
use sync_core::engine::{Cancel, Engine, Mode, Silent};
use sync_core::{connector::Connector, model::Organisation, plan::Plan, policy::Policy};
use sync_testkit::{MemoryStore, Mock, VirtualClock, drive};

const RULES: &str = r#"
    [entities.customers]
    kind   = "organisation"
    master = "crm"
    systems.crm = { read = true }
    systems.erp = { read = true, create = "always", update = true }
"#;

fn main() -> Result<(), Box<dyn Error>> {
    let crm = Mock::new("crm").stream::<Organisation>("company", |stream| stream);
    let erp = Mock::new("erp").stream::<Organisation>("customer", |stream| stream.cuts("name", 20));
    let systems: [Arc<dyn Connector>; 2] = [Arc::new(crm.clone()), Arc::new(erp.clone())];
    let empty = Engine::builder(Arc::new(MemoryStore::default()), Arc::new(VirtualClock::default()));
    let builder = systems.into_iter().fold(empty, |builder, system| builder.system(system));
    let policy = Policy::from_toml(RULES).map_err(|mistakes| format!("{mistakes:?}"))?;
    let engine = builder.policy(policy).build().map_err(|mistakes| format!("{mistakes:?}"))?;
    let run = |mode| drive(engine.run(mode, &Silent, &Cancel::new()));

    let id = crm.put("company", Organisation::new().name("Nordic Widgets Aktiebolag").email("post@nordic.example"));
    let first: Plan = run(Mode::Adopt)?.plan;
    println!("first contact: would write {}, wrote {}", first.ops.len(), erp.all("customer").len());
    println!("run: wrote {}", run(Mode::Sync)?.writes());
    let name = erp.one::<Organisation>("customer").name;
    println!("the ERP cuts names and has '{}'", name.as_deref().unwrap_or_default());
    println!("run again: wrote {}", run(Mode::Sync)?.writes());

    crm.edit::<Organisation>("company", &id, |company| company.email("hello@nordic.example"));
    for op in run(Mode::DryRun)?.plan.ops {
        println!("plan: {} at {}: {}", op.word(), op.host, op.because.join("; "));
    }
    println!("run: wrote {}, run again: wrote {}", run(Mode::Sync)?.writes(), run(Mode::Sync)?.writes());
    Ok(())
}
