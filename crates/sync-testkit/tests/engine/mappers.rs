//! An integrator's own code: what it refuses is set aside, and nothing is lost.

use std::sync::Arc;

use sync_core::hook::{Hook, Place};
use sync_core::mapping::{Mapper, Problems};
use sync_core::model::{FieldType, Organisation};
use sync_core::store::StateStore;
use sync_core::{Error, ErrorKind, FieldPath, Policy, Result as SyncResult, engine::Engine};
use sync_testkit::drive;

use super::*;

const BY_MAPPER: &str = r#"
    [entities.companies]
    kind = "organisation"
    master = "crm"
    match = [{ on = ["registration_number"] }]
    complete_every = "1h"
    systems.crm = { read = true }
    systems.erp = { read = true, create = "always", update = true }

    [[entities.companies.map]]
    field  = "district"
    crm    = "district"
    mapper = "code"
"#;

fn refusal(code: &str) -> Error {
    Error::new(ErrorKind::Invalid, "map district", format!("'{code}' is no district; correct it in the CRM"))
}

/// Refuses every code that starts with a question mark.
fn strict(version: u32) -> Mapper {
    Mapper::new(version).theirs(["district"]).ours([Organisation::DISTRICT]).with(
        |theirs: &FieldMap, _: &mut Problems| match theirs.text(Organisation::DISTRICT) {
            Some(code) if code.starts_with('?') => Err(refusal(code)),
            Some(code) => Ok(FieldMap::new().with(Organisation::DISTRICT, code)),
            None => Ok(FieldMap::new()),
        },
        |_, _| Ok(FieldMap::new()),
    )
}

fn coded() -> World {
    World::new(1)
        .with(Mock::new("crm").stream::<Organisation>("company", plain))
        .with(Mock::new("erp").stream::<Organisation>("customer", plain))
        .mapper("code", strict(1))
        .policy(BY_MAPPER)
}

fn with_code(company: Organisation, code: &str) -> Organisation {
    company.district(code)
}

#[test]
fn a_record_that_a_mapper_refuses_is_set_aside_and_the_edit_arrives_once_it_can_be_read() {
    let mut world = coded();
    let crm = world.system("crm").put("company", with_code(company("Widgets", "1"), "north"));
    world.system("crm").put("company", with_code(company("Other", "2"), "south"));
    world.adopt();
    assert_eq!(world.run().writes(), 2);
    world.system("crm").edit::<Organisation>("company", &crm, |o| with_code(o.name("Widgets Group"), "?"));
    let report = world.run();
    assert_eq!(report.writes(), 0);
    assert_eq!(report.parked.len(), 1, "{report:?}");
    assert!(report.parked[0].text.contains("'?' is no district"), "{:?}", report.parked);
    let kept = drive(world.store().parked(None)).unwrap();
    assert_eq!(kept.len(), 1);
    assert!(kept[0].subject.is_some() && kept[0].raw.is_some(), "{kept:?}");
    world.system("crm").edit::<Organisation>("company", &crm, |o| with_code(o, "west"));
    world.pass(3600);
    let report = world.run();
    assert_eq!((report.writes(), report.parked.len()), (1, 0));
    assert!(drive(world.store().parked(None)).unwrap().is_empty());
    let arrived = world.system("erp").all("customer");
    let arrived = format!("{arrived:?}");
    assert!(arrived.contains("Widgets Group") && arrived.contains("west"), "{arrived}");
}

#[test]
fn what_was_refused_is_tried_again_by_every_complete_listing_without_a_change() {
    let mut world = coded();
    world.system("crm").put("company", with_code(company("Widgets", "1"), "?"));
    world.adopt();
    assert_eq!(world.run().writes(), 0);
    world.pass(3600);
    assert_eq!(world.run().parked.len(), 1, "still refused, and still told");
    let mut world = world.mapper("code", Mapper { inbound: Arc::new(|_, _| Ok(FieldMap::new())), ..strict(2) });
    world.pass(3600);
    assert_eq!(world.run().writes(), 1, "the corrected mapper reads it");
    assert!(drive(world.store().parked(None)).unwrap().is_empty());
}

#[derive(Debug)]
struct Refuses;

impl Hook for Refuses {
    fn before_decide(&self, _: &Place<'_>, fields: &mut FieldMap, _: &mut Problems) -> SyncResult<()> {
        match fields.text(Organisation::NAME) {
            Some("Nobody") => Err(refusal("Nobody")),
            _ => Ok(()),
        }
    }
}

#[test]
fn a_record_that_a_hook_refuses_is_set_aside_and_the_others_go_on() {
    let world = two(ONE_WAY, plain, plain);
    world.system("crm").put("company", company("Nobody", "1"));
    world.system("crm").put("company", company("Somebody", "2"));
    let engine = Engine::builder(Arc::new(world.store().clone()), Arc::new(world.clock().clone()))
        .system(Arc::new(world.system("crm").clone()))
        .system(Arc::new(world.system("erp").clone()))
        .hook("crm", "companies", Refuses)
        .policy(Policy::from_toml(ONE_WAY).unwrap())
        .build()
        .unwrap();
    for mode in [Mode::Adopt, Mode::Sync] {
        drive(engine.run(mode, &Silent, &Cancel::new())).unwrap();
    }
    let parked = drive(world.store().parked(None)).unwrap();
    assert_eq!(parked.len(), 1, "{parked:?}");
    assert_eq!(world.system("erp").one::<Organisation>("customer").name, "Somebody".into());
}

#[test]
fn what_a_mapper_joins_of_several_fields_arrives_at_first_contact_too() {
    let policy = r#"
        [entities.companies]
        kind = "organisation"
        master = "crm"
        match = [{ on = ["registration_number"] }]
        systems.crm = { read = true }
        systems.erp = { read = true, update = true }

        [[entities.companies.map]]
        field  = "district"
        erp    = "x.erp.region"
        mapper = "region"
    "#;
    let region = Mapper::joined("x.erp.region", "-", [Organisation::DISTRICT, Organisation::SALESPERSON]);
    let mut world = World::new(1)
        .with(Mock::new("crm").stream::<Organisation>("company", plain))
        .with(
            Mock::new("erp")
                .stream::<Organisation>("customer", |s| s.only(&["name", "registration_number"]).has("x.erp.region")),
        )
        .mapper("region", region)
        .policy(policy);
    let crm = world.system("crm").put("company", company("A", "1").district("north").salesperson("anna"));
    let there = FieldMap::new().with("name", "A").with("registration_number", "1").with("x.erp.region", "south-eva");
    let erp = world.system("erp").put_fields("customer", there);
    let shown = |world: &World| {
        world.system("erp").all("customer")[&erp].text(FieldPath::new("x.erp.region")).map(str::to_owned)
    };
    world.adopt();
    let report = world.run();
    assert_eq!(shown(&world).as_deref(), Some("north-anna"), "{report:?}");
    world.system("crm").edit::<Organisation>("company", &crm, |o| o.salesperson("eva"));
    world.run();
    assert_eq!(shown(&world).as_deref(), Some("north-eva"));
    assert_eq!(world.run().writes(), 0);
}

/// What one system keeps as a number and another as text is one thing: it goes to each in its form, another way to type it
/// is no edit, and a text that is no number is set aside with its place.
#[test]
fn a_row_tells_each_system_a_value_in_its_own_form() {
    let policy = r#"
        [entities.companies]
        kind = "organisation"
        master = "crm"
        match = [{ on = ["registration_number"] }]
        systems.crm = { read = true, create = "always", update = true }
        systems.erp = { read = true, create = "always", update = true }
        fields."x.limit" = { rule = "shared", on_conflict = "hold" }
        [[entities.companies.map]]
        field = "x.limit"
        crm   = "x.crm.limit"
        erp   = "x.erp.attribute"
    "#;
    let mut world = World::new(1)
        .with(Mock::new("crm").stream::<Organisation>("company", |s| s.has_own("x.crm.limit", FieldType::Decimal)))
        .with(Mock::new("erp").stream::<Organisation>("customer", |s| s.has_own("x.erp.attribute", FieldType::Text)))
        .policy(policy);
    let (crm, erp) = (world.system("crm").clone(), world.system("erp").clone());
    let there = crm.put("company", company("Widgets", "1"));
    let limit = |units: i64| Value::Decimal(rust_decimal::Decimal::new(units, 2));
    crm.edit_fields("company", &there, &FieldMap::new().with("x.crm.limit", limit(120_050)));
    world.adopt();
    world.run();
    let customer = erp.all("customer").into_keys().next().unwrap();
    let shown = || erp.all("customer")[&customer].text("x.erp.attribute".into()).map(str::to_owned);
    assert_eq!(shown().as_deref(), Some("1200.5"));
    let typed = |text: &str| erp.edit_fields("customer", &customer, &FieldMap::new().with("x.erp.attribute", text));
    typed("1 200,50");
    assert_eq!(world.run().writes(), 0, "the same, typed otherwise");
    typed("much");
    assert!(world.run().parked.iter().any(|parked| parked.line().contains("x.erp.attribute is 'much'")));
    typed("900");
    world.run();
    assert_eq!(crm.all("company")[&there].get("x.crm.limit".into()), Some(&Value::Decimal(900.into())));
    assert_eq!(world.run().writes(), 0);
}

/// What stands in a table is a code, whatever each system keeps it as: a number here, a check mark there.
#[test]
fn codes_of_a_table_are_words_though_a_system_keeps_them_as_numbers_or_marks() {
    let policy = r#"
        [entities.companies]
        kind = "organisation"
        master = "crm"
        match = [{ on = ["registration_number"] }]
        systems.crm = { read = true }
        systems.erp = { read = true, create = "always", update = true }
        [[entities.companies.map]]
        field = "x.area"
        crm   = "x.crm.area"
        erp   = "x.erp.area"
        table = "areas"
        [[entities.companies.map]]
        field = "x.sort"
        crm   = "x.crm.partner"
        erp   = "x.erp.sort"
        table = "sorts"
        [tables.areas]
        crm = { north = "N", south = "S" }
        erp = { north = "10", south = "20" }
        [tables.sorts]
        crm = { partner = "true", other = "false" }
        erp = { partner = "P", other = "O" }
    "#;
    let crm = |s: Habits| s.has_own("x.crm.area", FieldType::Text).has_own("x.crm.partner", FieldType::Bool);
    let erp = |s: Habits| s.has_own("x.erp.area", FieldType::Decimal).has_own("x.erp.sort", FieldType::Text);
    let mut world = two(policy, crm, erp);
    let there = world.system("crm").put("company", company("Widgets", "1"));
    let shown = FieldMap::new().with("x.crm.area", "S").with("x.crm.partner", true);
    world.system("crm").edit_fields("company", &there, &shown);
    world.adopt();
    let report = world.run();
    assert_eq!(report.parked, [], "{report:?}");
    let kept = world.system("erp").all("customer").into_values().next().unwrap();
    assert_eq!(kept.get("x.erp.area".into()), Some(&Value::Decimal(20.into())));
    assert_eq!(kept.text("x.erp.sort".into()), Some("P"));
    assert_eq!(world.run().writes(), 0);
}
