//! What a good policy compiles to.

use crate::world::{COMPANIES, cap, compiled, compiled_with, entity, mistakes, systems};
use sync_core::{
    EntityKind, FieldPath, StreamKey, SystemId,
    policy::{Foreign, OnEmptyMaster, Policy, Role, Rule, RuleSet},
};

/// The form of the shop flows: buyers and orders of a shop in an ERP.
const SHOP: &str = r#"
[entities.buyers]
kind   = "organisation"
master = "se"
every  = "2m"
match  = [{ on = ["number"] }, { on = ["email"], duplicates = "alias" }]

[entities.buyers.systems]
se  = { read = true }
erp = { read = true, create = "always", update = true }

[entities.buyers.fields]
number  = { rule = "master", system = "erp" }
name    = { rule = "seed", from = "se" }
billing = { rule = "seed", from = "se" }
email   = { rule = "shared", on_conflict = { prefer = ["erp", "se"] } }

[entities.orders]
kind   = "order"
master = "se"

[entities.orders.systems]
se  = { read = true, update = true }
erp = { read = true, create = "always", update = true }

[[entities.orders.scope]]
at   = "erp"
when = ["@created_on >= 2026-01-01", "x.starweb.is_complete = true", "fulfilment in [open, picking]"]

[entities.orders.fields]
content    = { rule = "master", system = "se" }
fulfilment = { rule = "master", system = "erp", on_foreign_change = "ignore" }
invoicing  = { rule = "master", system = "@hub" }
payment    = { rule = "shared", on_conflict = { prefer = ["erp", "se"] } }
note       = { rule = "off" }

[tables.vat]
erp = { "SE25" = ["25", "25T"], "SE12" = "12" }

[tables.payment_terms]
se  = { card = "Klarna", invoice = "Faktura" }
erp = { card = "0", invoice = "30" }

[guards]
max_create = 500
"#;

fn key(text: &str) -> StreamKey {
    text.parse().unwrap()
}

#[test]
fn a_policy_of_two_entities_becomes_flat_tables() {
    let policy = compiled(SHOP);
    let [buyers, orders] = policy.entities.as_slice() else { panic!("two entities in the order of a run") };
    assert_eq!((buyers.name.as_str(), buyers.kind), ("buyers", EntityKind::Organisation));
    assert_eq!((buyers.every_s, buyers.complete_every_s, orders.every_s), (120, 7 * 86_400, 0));
    assert_eq!((buyers.guards.max_create, buyers.guards.max_remove_percent), (500, 5));
    let streams: Vec<String> = buyers.streams.keys().map(ToString::to_string).collect();
    assert_eq!(streams, ["eekonomi:erp/customer", "starweb:se/customers", "starweb:se/order_buyer"]);
    assert_eq!(buyers.streams[&key("starweb:se/order_buyer")].host, key("starweb:se/orders"));
    assert_eq!(buyers.streams[&key("starweb:se/customers")].host, key("starweb:se/customers"));
    assert_eq!(orders.scope[&SystemId::new("eekonomi:erp")].len(), 3);
}

#[test]
fn every_unit_has_the_rule_of_its_longest_path() {
    let policy = compiled(SHOP);
    let [buyers, orders] = policy.entities.as_slice() else { panic!() };
    let rule = |unit: &str| buyers.units.iter().find(|u| u.path.as_str() == unit).map(|u| u.rule.clone());
    let (erp, se) = (SystemId::new("eekonomi:erp"), SystemId::new("starweb:se"));
    let rule_of = |system: &SystemId, foreign, seeded| Rule::Master {
        system: system.clone(),
        foreign,
        blank: OnEmptyMaster::Keep,
        seeded,
    };
    let master = |system: &SystemId, foreign| rule_of(system, foreign, false);
    assert_eq!(rule("number"), Some(master(&erp, Foreign::Revert)));
    assert_eq!(rule("billing"), Some(Rule::Seed(se.clone())));
    assert_eq!(rule("billing.city"), None, "a group is one unit");
    assert_eq!(rule("email"), Some(Rule::Prefer(vec![erp.clone(), se.clone()])));
    assert_eq!(rule("phone"), Some(rule_of(&se, Foreign::Revert, true)), "without a rule: the master of the entity");
    assert_eq!(rule("statistics.turnover"), Some(rule_of(&se, Foreign::Revert, true)));

    let unit = |path: &str| orders.unit_of(FieldPath::new(path)).map(|unit| unit.path.as_str());
    assert_eq!(unit("content.billing.city"), Some("content"), "a group in a group belongs to the outer one");
    assert_eq!(unit("note"), None, "off is left out");
    let of = |path: &str| orders.unit_of(path.into()).map(|unit| unit.rule.clone());
    assert_eq!(of("invoicing"), Some(master(&SystemId::hub(), Foreign::Revert)));
    assert_eq!(of("fulfilment"), Some(master(&erp, Foreign::Ignore)));
    assert!(!orders.unit_shapes.contains_key(&FieldPath::new("note")));
}

#[test]
fn a_shorter_path_covers_all_units_under_it_and_a_longer_one_wins() {
    let text = format!(
        "{COMPANIES}
        [entities.companies.fields]
        x = {{ rule = \"off\" }}
        x.seller = {{ rule = \"shared\", on_conflict = \"hold\" }}
        [[entities.companies.map]]
        field = \"x.district\"
        crm = \"x.crm.district\"
        erp = \"x.erp.district\"
        [[entities.companies.map]]
        field = \"x.seller\"
        crm = \"x.crm.type\""
    );
    // TOML takes `x = {..}` and `x.seller` for one key twice, so the shorter one is quoted in its own table
    let text = text.replace("x = {", "\"x\" = {").replace("x.seller = {", "\"x.seller\" = {");
    let set = entity(&text);
    let units: Vec<&str> = set.units.iter().map(|unit| unit.path.as_str()).filter(|p| p.starts_with("x.")).collect();
    assert_eq!(units, ["x.seller"]);
}

#[test]
fn the_field_table_tells_what_a_stream_does_to_canonical_leaves() {
    let text = format!(
        "{COMPANIES}
        [[entities.companies.map]]
        field = \"x.district\"
        crm = \"x.crm.district\"
        erp = \"x.erp.district\"
        direction = \"in\"
        [[entities.companies.map]]
        field = \"x.seller\"
        mapper = \"codes\"
        crm = \"x.crm.codes\"
        direction = \"out\"
        [tables.payment_terms]
        crm = {{ card = \"C\" }}"
    );
    let mut systems = systems();
    cap(&mut systems, "webcrm:crm", "company").fields.get_mut("payment_terms").unwrap().max_len = Some(1);
    cap(&mut systems, "webcrm:crm", "company").holds.set("is_customer".into(), true);
    let set = compiled_with(&text, &systems).entities.remove(0);
    let crm = &set.streams[&key("webcrm:crm/company")];
    let can = |path: &str| {
        let cap = crm.fields.get(path.into());
        (cap.read, cap.write_on_update)
    };
    assert_eq!(can("name"), (true, true));
    assert_eq!(can("x.district"), (true, true), "in by its row, out by the mapper");
    assert_eq!(can("x.seller"), (false, true));
    assert_eq!(can("x.crm.district"), (true, true), "a row that only reads leaves the field its own name");
    assert_eq!(can("x.crm.codes"), (false, false), "its canonical names are others");
    assert_eq!(can("is_customer"), (true, false), "what a stream holds cannot be written");
    assert_eq!(crm.fields.get("payment_terms".into()).max_len, None, "the limit is of the vendor's code");
    let erp = &set.streams[&key("eekonomi:erp/customer")];
    assert_eq!(erp.fields.required().collect::<Vec<_>>(), [FieldPath::new("name")]);
    assert_eq!(erp.fields.get("name".into()).max_len, Some(20));
}

#[test]
fn streams_can_be_chosen() {
    let text = SHOP.replace("se  = { read = true }", "se  = { read = true, streams = [\"order_buyer\"] }");
    let streams: Vec<String> = compiled(&text).entities[0].streams.keys().map(ToString::to_string).collect();
    assert_eq!(streams, ["eekonomi:erp/customer", "starweb:se/order_buyer"]);
}

#[test]
fn a_policy_made_in_code_is_the_same_as_one_read() {
    let mut policy = Policy::default();
    let set = RuleSet::new(EntityKind::Organisation, "crm").system("crm", Role::reads());
    policy.entities.insert("companies".into(), set.system("erp", Role::reads().creates().updates()));
    let text = COMPANIES
        .replace("match  = [{ on = [\"email\"] }]", "")
        .replace("crm = { read = true, create = \"always\", update = true }", "crm = { read = true }");
    assert_eq!(crate::world::read(&text), policy);
    assert!(mistakes(&text).is_empty());
}
