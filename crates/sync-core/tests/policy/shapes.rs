//! What must be adopted anew, and what is at first sight again.

use std::collections::BTreeSet;

use crate::world::{COMPANIES, cap, compiled_with, mappers, read, systems};
use sync_core::{
    capability::FieldCapability,
    mapping::Mapper,
    policy::{Entity, Hooks},
};

const MAP: &str = r#"
[[entities.companies.map]]
field = "x.district"
mapper = "codes"
crm = "x.crm.codes"
[[entities.companies.map]]
field = "x.area"
table = "areas"
crm = "x.crm.district"
[tables.areas]
crm = { north = "N", south = "S" }
[tables.payment_terms]
crm = { card = "C" }
"#;

fn base() -> String {
    format!("{COMPANIES}{MAP}")
}
fn entity(text: &str) -> Entity {
    compiled_with(text, &systems()).entities.remove(0)
}
/// Whether the shape moved, and which units' shapes did.
fn moved(a: &Entity, b: &Entity) -> (bool, Vec<String>) {
    let units: BTreeSet<_> = a.unit_shapes.keys().chain(b.unit_shapes.keys()).collect();
    let moved = units.into_iter().filter(|unit| a.unit_shapes.get(*unit) != b.unit_shapes.get(*unit));
    (a.shape != b.shape, moved.map(ToString::to_string).collect())
}
fn moved_by(change: impl Fn(&str) -> String) -> (bool, Vec<String>) {
    let changed = change(&base());
    assert_ne!(changed, base(), "the change must hit");
    moved(&entity(&base()), &entity(&changed))
}

#[test]
fn schedule_guards_and_order_of_keys_move_nothing() {
    let nothing = (false, vec![]);
    assert_eq!(moved_by(|t| t.replace("master =", "every = \"5m\"\ncomplete_every = \"1d\"\nmaster =")), nothing);
    assert_eq!(moved_by(|t| format!("{t}[guards]\nmax_create = 7\n")), nothing);
    assert_eq!(moved_by(|t| format!("{t}[entities.companies.guards]\nmax_create = 7\n")), nothing);
    assert_eq!(
        moved_by(|t| t.replace("{ north = \"N\", south = \"S\" }", "{ south = \"S\", north = [\"N\"] }")),
        nothing
    );
    assert_eq!(moved_by(|t| t.replace("master =", "on_remove = \"ignore\"\nrecreate = \"always\"\nmaster =")), nothing);
}

#[test]
fn a_new_ability_moves_nothing() {
    let mut more = systems();
    let company = cap(&mut more, "webcrm:crm", "company");
    company.fields.insert("x.crm.new".into(), FieldCapability::read_write());
    company.fields.insert("credit_limit.amount".into(), FieldCapability::read_write());
    company.stamps = true;
    let extra = crate::world::stream(sync_core::EntityKind::Organisation, &["name"]);
    more.get_mut("eekonomi:erp").unwrap().streams.insert("prospect".into(), {
        let mut c = extra;
        c.create = false;
        c
    });
    let after = compiled_with(&base(), &more).entities.remove(0);
    assert_eq!(moved(&entity(&base()), &after), (false, vec![]));
}

#[test]
fn master_match_systems_where_and_scope_move_the_entity() {
    let shape = |change: &dyn Fn(&str) -> String| moved_by(change).0;
    assert!(shape(&|t| t.replace("on = [\"email\"]", "on = [\"phone\"]")));
    assert!(shape(&|t| t.replace("{ on = [\"email\"] }", "{ on = [\"email\"], duplicates = \"alias\" }")));
    assert!(shape(
        &|t| t.replace("erp = { read = true, create = \"always\"", "erp = { read = true, create = \"asked\"")
    ));
    assert!(shape(&|t| t.replace("erp = { read = true,", "erp = { read = true, streams = [\"customer\"],")));
    assert!(shape(&|t| t.replace("erp = {", "se = { read = true }\nerp = {")));
    assert!(shape(&|t| t.replace("master =", "where = [\"x.crm.type = Kund\"]\nmaster =")));
    let scope = "[[entities.companies.scope]]\nat = \"erp\"\nwhen = [\"email != \\\"\\\"\"]\n";
    assert!(shape(&|t| format!("{t}{scope}")));
    let (entity, units) = moved_by(|t| t.replace("master = \"crm\"", "master = \"erp\""));
    assert!(entity && units.contains(&"phone".to_owned()), "every field without a rule of its own has another master");
}

#[test]
fn a_rule_a_row_a_table_or_a_mapper_moves_its_units_alone() {
    let rules = |text: &str| format!("{}[entities.companies.fields]\n{text}\n", base());
    let units = |text: String| {
        let (entity, units) = moved_by(|_| text.clone());
        assert!(!entity, "{units:?}");
        units
    };
    assert_eq!(units(rules("phone = { rule = \"master\", system = \"erp\" }")), ["phone"]);
    assert_eq!(units(rules("phone = { rule = \"off\" }")), ["phone"]);
    assert_eq!(units(rules("phone = { rule = \"master\", system = \"crm\" }")), [""; 0], "what held already");
    let ignoring = "phone = { rule = \"master\", system = \"crm\", on_foreign_change = \"ignore\" }";
    assert_eq!(units(rules(ignoring)), ["phone"]);
    assert_eq!(units(base().replace("south = \"S\"", "south = \"SS\"")), ["x.area"]);
    assert_eq!(units(base().replace("crm = { card = \"C\" }", "crm = { card = \"D\" }")), ["payment_terms"]);
    assert_eq!(units(base().replace("crm = \"x.crm.district\"", "crm = \"x.crm.type\"")), ["x.area"]);
    let one_way = base().replace("table = \"areas\"", "table = \"areas\"\ndirection = \"in\"");
    assert_eq!(units(one_way), ["x.area"]);

    let mut newer = mappers();
    newer.insert("codes".into(), Mapper { version: 2, ..newer["codes"].clone() });
    let after = read(&base()).compile(&systems(), &newer, &Hooks::default()).unwrap().entities.remove(0);
    assert_eq!(moved(&entity(&base()), &after), (false, vec!["x.district".to_owned(), "x.seller".to_owned()]));
}

#[test]
fn shapes_are_the_same_in_every_process() {
    let entity = entity(&base());
    assert_eq!(entity.shape.to_string(), "fd706519606e73a8087084396727f676");
    assert_eq!(entity.unit_shapes["x.area"].to_string(), "ff27d36709118c8da9dc12fab20e54d0");
}
