//! What a run between a CRM (webCRM) and its ERP (Visma.net) costs in calls, by the logs of both.

mod stage;

use clap::Args;
use serde_json::{Value, json};
use stage::Stage;

use crate::{Failure, calls::Calls};

const HOUR_S: u64 = 3600;
/// Where an organisation has the ERP's number.
const NUMBER: &str = "ExtraCustom1";

/// What is measured.
#[derive(Clone, Debug, Args)]
pub(crate) struct Pair {
    /// Prints one JSON object in place of the text
    #[arg(long)]
    json: bool,
}

/// What happens, what was written in it, and what it took.
struct Scenario {
    name: &'static str,
    what: &'static str,
    written: u64,
    calls: Calls,
}

/// Plays, and prints what it took.
pub(crate) fn pair(asked: &Pair) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let played = runtime.block_on(Box::pin(play()))?;
    if asked.json {
        let all = played.iter().map(|one| (one.name.to_owned(), one.json())).collect::<serde_json::Map<_, _>>();
        println!("{}", Value::Object(all));
    } else {
        println!(
            "webCRM and Visma.net with the sample data, by the preset webcrm-visma-net. Sign-ins are not counted."
        );
        played.iter().for_each(Scenario::print);
    }
    Ok(())
}

async fn play() -> Result<Vec<Scenario>, Failure> {
    let mut stage = Stage::set().await?;
    stage.calls(); // what it took to connect
    stage.adopt().await?;
    let written = stage.settle().await?;
    let load = stage.done("load", "first contact: adopt, approve, run until nothing is left", written);

    let report = stage.run().await?;
    let after = stage.done("after_load", "the run after that, in which nothing has changed", report.writes());

    stage.pass(8 * HOUR_S);
    let report = stage.run().await?;
    let later = stage.done("later", "a run eight hours later, in which nothing has changed", report.writes());

    // people work, and the program is started anew: each day it looks anew what a page of the CRM holds
    stage.edit("Organisation", NUMBER, "Telephone", "+47 10 11 12 12")?;
    stage.edit("Person", "Email", "FirstName", "Eva")?;
    stage.edit("Delivery", "Custom1", "Description", "Haster")?;
    stage.settle().await?;
    stage.restart().await?;
    stage.pass(5 * HOUR_S);
    stage.settle().await?;
    stage.calls();
    let report = stage.run().await?;
    let idle = stage.done(
        "idle",
        "a run of the next day, after people have worked, in which nothing has changed",
        report.writes(),
    );

    stage.edit("Organisation", NUMBER, "Telephone", "+47 10 11 12 13")?;
    let report = stage.run().await?;
    let edit = stage.done("edit", "a run in which one organisation of the CRM has changed", report.writes());
    let written = [after.written, later.written, idle.written, edit.written];
    if written != [0, 0, 0, 1] {
        return Err(format!("what was written was to be 0, 0, 0 and 1: {written:?}").into());
    }
    Ok(vec![load, after, later, idle, edit])
}

impl Stage {
    fn done(&self, name: &'static str, what: &'static str, written: u64) -> Scenario {
        Scenario { name, what, written, calls: self.calls() }
    }
}

impl Scenario {
    fn of(&self, system: &str) -> u64 {
        self.calls.of_system(system)
    }
    fn json(&self) -> Value {
        json!({ "written": self.written, "crm": self.of("crm"), "erp": self.of("erp"), "calls_by_kind": self.calls })
    }
    fn print(&self) {
        let (crm, erp) = (self.of("crm"), self.of("erp"));
        println!("\n{}: {} records written, {crm} calls to the CRM, {erp} to the ERP", self.what, self.written);
        for (call, count) in &self.calls.0 {
            println!("{count:>7}  {call}");
        }
    }
}
