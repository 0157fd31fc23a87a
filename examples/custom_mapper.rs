//! A mapper of one's own: the CRM keeps "north" and "south" in `district`, the ERP both district and salesperson in one
//! free field as `N-anna`. A row of the policy names the mapper; the function comes with the program.
#![allow(clippy::print_stdout, reason = "what it prints is what it is for")]
use std::{error::Error, sync::Arc};

use sync_core::engine::{Cancel, Engine, Mode, Silent};
use sync_core::mapping::{Mapper, Problems, Unmapped};
use sync_core::model::Organisation;
use sync_core::{FieldMap, FieldPath, Policy, Result as SyncResult};
use sync_testkit::{MemoryStore, Mock, VirtualClock, drive};

const RULES: &str = r#"
    [entities.customers]
    kind   = "organisation"
    master = "crm"
    systems.crm = { read = true, update = true }
    systems.erp = { read = true, create = "always", update = true }
    fields.salesperson = { rule = "shared", on_conflict = { prefer = ["crm"] } }

    [[entities.customers.map]]        # one row is enough for all fields of a mapper
    field  = "district"
    erp    = "x.erp.region"
    mapper = "region"
"#;
const REGION: FieldPath = FieldPath::from_static("x.erp.region");

/// `N-anna` → north, anna. A field that is left out stays unknown.
fn split(erp: &FieldMap, problems: &mut Problems) -> SyncResult<FieldMap> {
    let Some(region) = erp.text(REGION) else { return Ok(FieldMap::new()) };
    let (letter, person) = region.split_once('-').unwrap_or((region, ""));
    let known = FieldMap::new().with(Organisation::SALESPERSON, person);
    Ok(match letter {
        "N" => known.with(Organisation::DISTRICT, "north"),
        "S" => known.with(Organisation::DISTRICT, "south"),
        other => {
            // a person sees all such codes at once; the district stays unknown meanwhile, and wipes nothing
            let (table, code) = ("region".to_owned(), other.to_owned());
            problems.unmapped.insert(Unmapped { table, code, field: Organisation::DISTRICT });
            known
        }
    })
}

/// north, anna → `N-anna`. It gets the whole settled record: half of the field is never written.
fn join(ours: &FieldMap, _: &mut Problems) -> SyncResult<FieldMap> {
    let letter = match ours.text(Organisation::DISTRICT) {
        Some("north") => "N",
        Some("south") => "S",
        _ => return Ok(FieldMap::new()),
    };
    let person = ours.text(Organisation::SALESPERSON).unwrap_or_default();
    Ok(FieldMap::new().with(REGION, format!("{letter}-{person}")))
}

fn main() -> Result<(), Box<dyn Error>> {
    let crm = Mock::new("crm").stream::<Organisation>("company", |stream| stream);
    let erp = Mock::new("erp").stream::<Organisation>("customer", |stream| {
        stream.only(&["name"]).has("x.erp.region") // no district and no salesperson of its own
    });
    let region = Mapper::new(1) // another number whenever the functions change
        .theirs([REGION])
        .ours([Organisation::DISTRICT, Organisation::SALESPERSON])
        .with(split, join);
    let engine = Engine::builder(Arc::new(MemoryStore::default()), Arc::new(VirtualClock::default()))
        .system(Arc::new(crm.clone()))
        .system(Arc::new(erp.clone()))
        .mapper("region", region)
        .policy(Policy::from_toml(RULES).map_err(|mistakes| format!("{mistakes:?}"))?)
        .build()
        .map_err(|mistakes| format!("{mistakes:?}"))?;
    let run = |mode| drive(engine.run(mode, &Silent, &Cancel::new()));

    let company = Organisation::new().name("Nordic Widgets").district("north").salesperson("anna");
    let id = crm.put("company", company);
    run(Mode::Adopt)?;
    println!("run: wrote {}", run(Mode::Sync)?.writes());
    let all = erp.all("customer");
    let Some((number, fields)) = all.iter().next() else { return Err("the ERP has no customer".into()) };
    println!("the ERP has '{}'", fields.text(REGION).unwrap_or_default());

    erp.edit_fields("customer", number, &FieldMap::new().with(REGION, "N-bengt"));
    println!("somebody in the ERP writes N-bengt, run: wrote {}", run(Mode::Sync)?.writes());
    let shown = crm.get::<Organisation>("company", &id).unwrap_or_default();
    let text = |field: &sync_core::Field<String>| field.as_deref().unwrap_or("-").to_owned();
    println!("the CRM has {} and {}", text(&shown.district), text(&shown.salesperson));

    erp.edit_fields("customer", number, &FieldMap::new().with(REGION, "W-bengt"));
    for line in run(Mode::Sync)?.waiting() {
        println!("somebody writes W-bengt: {line}");
    }
    Ok(())
}
