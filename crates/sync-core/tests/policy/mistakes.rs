//! Every kind of mistake, with its exact words: systems, rules, rows, tables.

use sync_core::{
    FieldMap, Policy,
    capability::{FieldCapability, UpdateMode},
    model::FieldType,
};

use crate::world::{
    COMPANIES, able, all_told, cap, changed, customer, mistakes, mistakes_with, row, rule, systems, two_rows, with,
};

#[test]
fn the_policy_that_the_cases_change_is_right() {
    assert_eq!(with(""), [""; 0]);
}

#[test]
fn connections_and_masters_must_be_there() {
    all_told(vec![
        (
            changed("erp = {", "er = {"),
            &["entities.companies.systems.er: there is no connection 'er'; did you mean 'erp'?"],
        ),
        (
            changed("master = \"crm\"", "master = \"cmr\""),
            &["entities.companies.master: there is no connection 'cmr'; did you mean 'crm'?"],
        ),
        (
            changed("master = \"crm\"", "master = \"se\""),
            &[
                "entities.companies.master: 'se' takes no part in this entity; add it to systems, or name one of crm, erp",
            ],
        ),
        (
            changed("crm = { read = true", "crm = { read = false"),
            &[
                "entities.companies.master: 'crm' decides here, but its records are not read; set read = true for 'crm' under systems",
                "entities.companies.systems.erp.create: eekonomi:erp/customer refuses a new record without 'name', which no other system shows; fill it by a map row, or set create = \"asked\"",
            ],
        ),
        (
            changed("master = \"crm\"", "master = \"@hub\""),
            &[
                "entities.companies.master: '@hub' is no system: it can decide fields, and nothing else; name a connection",
            ],
        ),
        (changed("master = \"crm\"", "master = \"@origin\""), &[]),
        (
            changed("master = \"crm\"", "master = \"@orign\""),
            &["entities.companies.master: there is no connection '@orign'; write one of crm, erp, se"],
        ),
        (
            changed("crm = { read = true", "crm = { streams = [\"compny\"], read = true"),
            &[
                "entities.companies.systems.crm.streams: 'crm' has no stream 'compny' of kind organisation; did you mean 'company'?",
            ],
        ),
        (
            changed("\"organisation\"", "\"payment\""),
            &[
                "entities.companies.systems.crm: 'crm' has no payment; take it out of systems",
                "entities.companies.systems.erp: 'erp' has no payment; take it out of systems",
                "entities.companies.match[0]: payment has no field 'email'; write one of account, customer, invoice, is_reversed, method, number, order, paid.amount, paid.currency, paid_on, reference, voucher_number",
            ],
        ),
        (
            able(|s| {
                s.insert("other:crm".into(), s["webcrm:crm"].clone());
            }),
            &["connections.crm: two systems are called 'crm'; give each connection a name of its own"],
        ),
    ]);
}

#[test]
fn a_role_asks_for_no_more_than_the_system_can() {
    let mut no_removal = systems();
    cap(&mut no_removal, "eekonomi:erp", "customer").remove.clear();
    all_told(vec![
        (
            customer(|c| {
                c.list = None;
                c.get_max = 0;
            }),
            &["entities.companies.systems.erp.read: 'erp' cannot show its records; set read = false"],
        ),
        (
            customer(|c| c.create = false),
            &["entities.companies.systems.erp.create: 'erp' cannot create such records; set create = \"never\""],
        ),
        (
            customer(|c| c.update = UpdateMode::None),
            &["entities.companies.systems.erp.update: 'erp' cannot change such records; set update = false"],
        ),
        (
            mistakes_with(&COMPANIES.replacen("erp = {", "erp = { remove = true,", 1), &no_removal),
            &["entities.companies.systems.erp.remove: 'erp' cannot remove such records; set remove = false"],
        ),
        (
            able(|s| {
                let c = cap(s, "eekonomi:erp", "customer").clone();
                s.get_mut("eekonomi:erp").unwrap().streams.insert("supplier".into(), c);
            }),
            &[
                "entities.companies.systems.erp.create: a new record could go to any of customer, supplier at 'erp', and nothing tells which; name one of them in streams",
            ],
        ),
        (
            able(|s| {
                cap(s, "eekonomi:erp", "customer").holds.set("is_customer".into(), true);
                let mut c = cap(s, "eekonomi:erp", "customer").clone();
                c.holds = FieldMap::new().with("is_supplier", true);
                s.get_mut("eekonomi:erp").unwrap().streams.insert("supplier".into(), c);
            }),
            &[],
        ),
        (
            customer(|c| {
                c.fields.insert("vat_group".into(), FieldCapability::read_write().required());
            }),
            &[
                "entities.companies.systems.erp.create: eekonomi:erp/customer refuses a new record without 'vat_group', which no other system shows; fill it by a map row, or set create = \"asked\"",
            ],
        ),
        (
            customer(|c| {
                c.fields.insert("x.erp.group".into(), FieldCapability::read_write().required());
            }),
            &[
                "entities.companies.systems.erp.create: eekonomi:erp/customer refuses a new record without 'x.erp.group', which nothing fills; fill it by a map row, or set create = \"asked\"",
            ],
        ),
        (
            rule("name = { rule = \"off\" }"),
            &[
                "entities.companies.systems.erp.create: eekonomi:erp/customer refuses a new record without 'name', whose rule is off; give it another rule, or set create = \"asked\"",
            ],
        ),
    ]);
}

#[test]
fn a_removal_must_be_possible_and_provable() {
    let removing = COMPANIES.replace("crm = {", "crm = { remove = true,");
    let removing = removing.replace("master =", "on_remove = \"propagate\"\nmaster =");
    let mut silent = systems();
    cap(&mut silent, "eekonomi:erp", "customer").list.as_mut().unwrap().complete = false;
    let mut telling = silent.clone();
    cap(&mut telling, "eekonomi:erp", "customer").list.as_mut().unwrap().with_deleted = true;
    all_told(vec![
        (
            changed("master =", "on_remove = \"archive\"\nmaster ="),
            &[
                "entities.companies.on_remove: no system lets its records be removed; set remove = true for a system, or on_remove = \"hold\"",
            ],
        ),
        (
            mistakes(&removing),
            &[
                "entities.companies.on_remove: 'crm' cannot remove such records; set remove = false for 'crm', or on_remove = \"hold\"",
            ],
        ),
        (
            mistakes_with(&removing.replace("propagate", "archive"), &silent),
            &[
                "entities.companies.on_remove: no other system can prove that a record is gone, so nothing is ever removed in 'crm'; set on_remove = \"hold\"",
            ],
        ),
        (mistakes_with(&removing.replace("propagate", "archive"), &telling), &[]),
    ]);
}

#[test]
fn rules_stand_on_fields_and_groups_that_there_are() {
    all_told(vec![
        (
            rule("bilding = { rule = \"off\" }"),
            &["entities.companies.fields.bilding: organisation has no field 'bilding'; did you mean 'billing'?"],
        ),
        (
            rule("city = { rule = \"off\" }"),
            &["entities.companies.fields.city: organisation has no field 'city'; did you mean 'billing.city'?"],
        ),
        (
            rule("\"billing.city\" = { rule = \"off\" }"),
            &[
                "entities.companies.fields.billing.city: 'billing.city' is part of 'billing', which is decided as one value; set the rule on 'billing'",
            ],
        ),
        (
            rule("x.crm.type = { rule = \"off\" }"),
            &[
                "entities.companies.fields.x.crm.type: 'x.crm.type' is a field of 'crm' alone; name it by a row first: [[entities.companies.map]] field = \"x.crm.type\", crm = \"x.crm.type\"",
            ],
        ),
    ]);
}

#[test]
fn rules_name_systems_that_can_decide() {
    all_told(vec![
        (
            rule("phone = { rule = \"master\", system = \"epr\" }"),
            &["entities.companies.fields.phone: there is no connection 'epr'; did you mean 'erp'?"],
        ),
        (
            rule("phone = { rule = \"seed\", from = \"se\" }"),
            &[
                "entities.companies.fields.phone: 'se' takes no part in this entity; add it to systems, or name one of crm, erp",
            ],
        ),
        (
            rule("category = { rule = \"master\", system = \"erp\" }"),
            &["entities.companies.fields.category: 'erp' does not show 'category'; name a system that shows it: crm"],
        ),
        (
            rule("website = { rule = \"master\", system = \"erp\" }"),
            &[
                "entities.companies.fields.website: 'erp' does not show 'website'; take the rule out: no system shows it",
            ],
        ),
        (
            rule("statistics = { rule = \"master\", system = \"@hub\" }"),
            &[
                "entities.companies.fields.statistics: '@hub' does not compute 'statistics'; name a connection; '@hub' computes invoicing, invoice_state, payment, paid, invoice_numbers, invoiced_on of orders",
            ],
        ),
        (
            rule("phone = { rule = \"shared\", on_conflict = { prefer = [\"@hub\"] } }"),
            &[
                "entities.companies.fields.phone: '@hub' does not compute 'phone'; name a connection; '@hub' computes invoicing, invoice_state, payment, paid, invoice_numbers, invoiced_on of orders",
            ],
        ),
        (
            rule("number = { rule = \"seed\", from = \"erp\" }"),
            &[
                "entities.companies.fields.number: no system can be given 'number'; let a system that can take it create or update, or write rule = \"off\"",
            ],
        ),
        (rule("phone = { rule = \"seed\", from = \"erp\" }"), &[]),
        (
            rule("number = { rule = \"shared\", on_conflict = \"hold\" }"),
            &[
                "entities.companies.fields.number: no system can be given 'number'; let a system that can take it create or update, or write rule = \"off\"",
            ],
        ),
        (
            rule("phone = { rule = \"shared\", on_conflict = { prefer = [] } }"),
            &[
                "entities.companies.fields.phone: prefer names no system; name the systems in the order in which they win, or write on_conflict = \"hold\"",
            ],
        ),
        (
            rule("phone = { rule = \"shared\", on_conflict = { prefer = [\"crm\", \"crm\"] } }"),
            &["entities.companies.fields.phone: prefer names 'crm' twice; name it once"],
        ),
        (
            rule("phone = { rule = \"shared\", on_conflict = { newest = { otherwise = \"se\" } } }"),
            &[
                "entities.companies.fields.phone: 'se' takes no part in this entity; add it to systems, or name one of crm, erp",
                "entities.companies.fields.phone: webcrm:crm/company does not tell when a record was changed, so the newest cannot be found; write on_conflict = { prefer = [...] } or \"hold\"",
            ],
        ),
    ]);
}

#[test]
fn only_decimals_are_summed() {
    all_told(vec![
        (
            rule("phone = { rule = \"sum\", up_to = \"nmae\" }"),
            &[
                "entities.companies.fields.phone: 'phone' is text, and only decimal numbers can be summed; write another rule",
                "entities.companies.fields.phone.up_to: organisation has no field 'nmae'; did you mean 'name'?",
            ],
        ),
        (
            rule("discount_percent = { rule = \"sum\", up_to = \"name\" }"),
            &[
                "entities.companies.fields.discount_percent.up_to: 'name' is no decimal number; name the field with the total, content.gross for example",
            ],
        ),
        (rule("discount_percent = { rule = \"sum\", up_to = \"statistics.balance\" }"), &[]),
    ]);
}

#[test]
fn rows_name_fields_on_both_sides() {
    all_told(vec![
        (
            row("field = \"nmae\"\ncrm = \"x.crm.type\""),
            &["entities.companies.map[0].field: organisation has no field 'nmae'; did you mean 'name'?"],
        ),
        (
            row("field = \"billing\"\ncrm = \"x.crm.type\""),
            &[
                "entities.companies.map[0].field: 'billing' is a group of fields; name one of them, 'billing.attention' for example",
            ],
        ),
        (
            row("field = \"x.a\"\ncrm = \"x.crm.typ\""),
            &[
                "entities.companies.map[0].crm: 'crm' has no field 'x.crm.typ' on organisation; did you mean 'x.crm.type'?",
            ],
        ),
        (
            row("field = \"x.a\"\nrcm = \"x.crm.typ\""),
            &["entities.companies.map[0].rcm: there is no connection 'rcm'; did you mean 'crm'?"],
        ),
        (
            row("field = \"x.a\"\nmappr = \"x.crm.typ\""),
            &["entities.companies.map[0].mappr: 'mappr' is no key of a row; did you mean 'mapper'?"],
        ),
        (
            row("field = \"x.a\"\nse = \"x.crm.typ\""),
            &[
                "entities.companies.map[0].se: 'se' takes no part in this entity; add it to systems, or name one of crm, erp",
            ],
        ),
        (
            row("field = \"x.a\""),
            &[
                "entities.companies.map[0].field: the row names no system; name the field of at least one: crm = \"x.crm.district\"",
            ],
        ),
    ]);
}

#[test]
fn a_row_joins_fields_of_which_one_can_be_told_as_the_other() {
    let mut systems = systems();
    let mut add = |system: &str, stream: &str, path: &str, ty: FieldType| {
        let field = FieldCapability::read_write().holding(ty);
        cap(&mut systems, system, stream).fields.insert(path.into(), field);
    };
    add("webcrm:crm", "company", "x.crm.check", FieldType::Bool);
    add("webcrm:crm", "company", "x.crm.day", FieldType::Date);
    add("eekonomi:erp", "customer", "x.erp.limit", FieldType::Decimal);
    let row = |row: &str| mistakes_with(&format!("{COMPANIES}[[entities.companies.map]]\n{row}\n"), &systems);
    all_told(vec![
        (
            row("field = \"is_active\"\ncrm = \"x.crm.check\"\ntransform = \"upper\""),
            &[
                "entities.companies.map[0].transform: 'is_active' holds yes or no, and 'upper' is for texts; take it out",
            ],
        ),
        (
            row("field = \"phone\"\ncrm = \"x.crm.type\"\ntransform = \"upper\"\ndirection = \"out\""),
            &[
                "entities.companies.map[0].transform: a transform is for what is read by the row itself; take it out, or the mapper, or the direction",
            ],
        ),
        (
            row("field = \"name\"\ncrm = \"x.crm.check\""),
            &[
                "entities.companies.map[0].crm: 'x.crm.check' holds yes or no, and 'name' text; name a table that says what yes and no are called: crm = { true = \"Y\", false = \"N\" }",
            ],
        ),
        (
            row("field = \"x.since\"\ncrm = \"x.crm.day\"\nerp = \"x.erp.limit\""),
            &[
                "entities.companies.map[0].erp: 'x.erp.limit' holds a decimal number, and 'x.since' a date; name a field of that kind, or go through a mapper",
            ],
        ),
        (row("field = \"name\"\ncrm = \"x.crm.day\""), &[]), // a day can be told as text
        (row("field = \"name\"\ncrm = \"x.crm.check\"\ntable = \"yes\"\n[tables.yes]\ncrm = { a = \"true\" }"), &[]),
        // who keeps it as it is needs no column
        (
            row(
                "field = \"is_active\"\ncrm = \"x.crm.check\"\nerp = \"x.erp.district\"\ntable = \"yes\"\n[tables.yes]\nerp = { true = \"1\" }",
            ),
            &[],
        ),
    ]);
}

#[test]
fn rows_go_through_mappers_and_tables_that_there_are() {
    all_told(vec![
        (
            row("field = \"x.a\"\ncrm = \"x.crm.type\"\nmapper = \"cods\""),
            &["entities.companies.map[0].mapper: there is no mapper 'cods'; did you mean 'codes'?"],
        ),
        (
            row("field = \"x.a\"\ncrm = \"x.crm.type\"\nmapper = \"codes\""),
            &[
                "entities.companies.map[0].field: the mapper does not fill 'x.a'; name one of its fields: x.district, x.seller",
                "entities.companies.map[0].crm: the mapper 'codes' does not use it; name one of its fields: x.crm.codes",
            ],
        ),
        (
            row("field = \"x.a\"\ncrm = \"x.crm.gone\"\nmapper = \"lost\""),
            &[
                "entities.companies.map[0].mapper: organisation has no field 'nothing'; no name that is known comes near it",
                "entities.companies.map[0].crm: 'crm' has no field 'x.crm.gone' on organisation; did you mean 'x.crm.codes'?",
            ],
        ),
        (
            row("field = \"x.a\"\ncrm = \"x.crm.type\"\ntable = \"areas\""),
            &["entities.companies.map[0].table: there is no table 'areas'; there are none"],
        ),
        (
            row("field = \"x.a\"\ncrm = \"x.crm.type\"\ntable = \"vat\"\n[tables.vat]\nerp = { a = \"b\" }"),
            &[
                "entities.companies.map[0].table: the table 'vat' has no column for 'crm'; add [tables.vat] crm = { ... }",
            ],
        ),
        (
            row(
                "field = \"x.district\"\ncrm = \"x.crm.codes\"\nmapper = \"codes\"\ntable = \"vat\"\n[tables.vat]\ncrm = { a = \"b\" }",
            ),
            &[
                "entities.companies.map[0].table: a row goes through a mapper or a table, not both; let the mapper translate, or take it out",
            ],
        ),
    ]);
}

#[test]
fn no_field_is_filled_or_written_twice() {
    all_told(vec![
        (
            two_rows("both", "in", "x.a", "x.crm.district"),
            &[
                "entities.companies.map[1]: 'x.a' is filled from 'crm' by another row already; keep one of the rows, or give one direction = \"in\" and the other \"out\"; a mapper needs one row",
            ],
        ),
        (
            two_rows("both", "both", "x.b", "x.crm.type"),
            &[
                "entities.companies.map[1]: 'x.crm.type' of 'crm' is written by another row already; keep one of the rows, or give one direction = \"in\" and the other \"out\"; a mapper needs one row",
            ],
        ),
        (two_rows("in", "out", "x.a", "x.crm.district"), &[]),
    ]);
}

#[test]
fn tables_translate_something_and_one_way_only() {
    all_told(vec![
        (
            with("[tables.vat]\ncr = { a = \"b\" }"),
            &["tables.vat.cr: there is no connection 'cr'; did you mean 'crm'?"],
        ),
        (
            with("[tables.vatt]\ncrm = { a = \"b\" }"),
            &[
                "tables.vatt: no field is translated by this table; did you mean 'vat'? Or name it by table = \"vatt\" in a map row",
            ],
        ),
        (
            with("[tables.vat]\ncrm = { a = \"1\", b = [\"2\", \"1\"], c = [] }"),
            &[
                "tables.vat.crm: the code '1' stands for both 'a' and 'b'; leave it to one of them, so that it can be read",
                "tables.vat.crm: 'c' has an empty list of codes; write the code, or take the row out",
            ],
        ),
    ]);
}

#[test]
fn guards_are_percentages() {
    all_told(vec![(
        with("[guards]\nmax_change_percent = 101\n[entities.companies.guards]\nmax_remove_percent = 300"),
        &[
            "guards.max_change_percent: 101 percent is more than all; write a number from 0 to 100",
            "entities.companies.guards.max_remove_percent: 300 percent is more than all; write a number from 0 to 100",
        ],
    )]);
}

#[test]
fn what_follows_from_a_stream_that_is_not_there_is_not_told_beside_it() {
    let shop = r#"
        [entities.orders]
        kind   = "order"
        master = "se"
        match  = [{ on = ["number"] }]
        systems.se  = { read = true, streams = ["order"] }
        systems.erp = { read = true, create = "always", update = true }
        scope = [{ at = "erp", when = ["x.starweb.is_complete = true", "note = x"] }]
        [entities.orders.fields]
        content = { rule = "seed", from = "se" }
        number  = { rule = "master", system = "se" }
        note    = { rule = "shared", on_conflict = { prefer = ["erp", "se"] } }
        [entities.orders.status.se]
        field = "x.starweb.status"
        read = [{ status = "created", means = { fulfilment = "open" } }]
    "#;
    let misspelt = mistakes_with(shop, &systems());
    let [line, status] = misspelt.as_slice() else { panic!("{misspelt:#?}") };
    assert!(line.ends_with("'se' has no stream 'order' of kind order; did you mean 'orders'?"), "{line}");
    assert!(status.contains("x.starweb.status"), "that is wrong by itself: {status}");
    // a company without orders
    let mut without = systems();
    without.get_mut("eekonomi:erp").unwrap().streams.remove("orders");
    let shop = shop.replace(", streams = [\"order\"]", "").replace("x.starweb.status", "x.starweb.is_complete");
    let told = mistakes_with(&shop, &without);
    assert_eq!(told, ["entities.orders.systems.erp: 'erp' has no order; take it out of systems"]);
}

#[test]
fn what_is_assumed_must_fit_its_field_and_come_from_somewhere() {
    let row = |row: &str| with(&format!("[[entities.companies.map]]\n{row}"));
    all_told(vec![
        (row("field = \"category\"\nerp = { value = \"customer\" }"), &[]),
        (
            row("field = \"is_supplier\"\nerp = { value = \"perhaps\" }"),
            &[
                "entities.companies.map[0].erp: is_supplier cannot be 'perhaps': it holds yes or no; write a value that the field can have",
            ],
        ),
        (
            row("field = \"category\"\ndirection = \"out\"\nerp = { value = \"customer\" }"),
            &[
                "entities.companies.map[0].erp: what is assumed is only read, and through no mapper; take the mapper or the direction out, or name a field",
            ],
        ),
        (
            row("field = \"category\"\nerpp = { value = \"customer\" }"),
            &["entities.companies.map[0].erpp: there is no connection 'erpp'; did you mean 'erp'?"],
        ),
    ]);
    let read = |row: &str| Policy::from_toml(&format!("{COMPANIES}\n[[entities.companies.map]]\n{row}")).unwrap_err();
    let told = read("field = \"category\"\nerp = { valu = \"customer\" }")[0].to_string();
    assert!(told.ends_with("unknown key 'valu'; did you mean 'value'? (allowed: value)"), "{told}");
    let told = read("field = \"category\"\nerp = 5")[0].to_string();
    assert!(told.ends_with("5 cannot stand here; write the name of a field, or { value = ... }"), "{told}");
}

#[test]
fn where_it_is_told_why_a_record_stays_is_a_text_of_ones_own() {
    let scope = |tell: &str, more: &str| {
        with(&format!(
            "[[entities.companies.scope]]\nat = \"erp\"\nwhen = [\"category = customer\"]\ntell = \"{tell}\"\n{more}"
        ))
    };
    let row = "[[entities.companies.map]]\nfield = \"x.why\"\ncrm = \"x.crm.type\"";
    all_told(vec![
        (scope("x.why", row), &[]),
        (
            scope("x.why", ""),
            &[
                "entities.companies.scope[0].tell: no row gives 'x.why' a place in a system; add [[entities.companies.map]] field = \"x.why\" with the field of a connection",
            ],
        ),
        (
            scope("name", ""),
            &[
                "entities.companies.scope[0].tell: 'name' has a meaning of its own; name one of your own, x.not_sent, and give it a place by a map row",
            ],
        ),
        (
            scope(
                "x.why",
                &format!("{row}\n[entities.companies.fields]\nx.why = {{ rule = \"master\", system = \"crm\" }}"),
            ),
            &["entities.companies.scope[0].tell: 'x.why' has a rule of its own; take the rule out: the hub fills it"],
        ),
    ]);
}

#[test]
fn several_codes_may_become_one_word_where_it_is_only_written() {
    let table = |direction: &str| {
        with(&format!(
            "[[entities.companies.map]]\nfield = \"category\"\ncrm = \"x.crm.type\"\ntable = \"kinds\"\n\
             direction = \"{direction}\"\n[tables.kinds]\ncrm = {{ a = \"yes\", b = \"yes\" }}"
        ))
    };
    all_told(vec![
        (table("out"), &[]),
        (
            table("both"),
            &[
                "tables.kinds.crm: the code 'yes' stands for both 'a' and 'b'; leave it to one of them, so that it can be read",
            ],
        ),
    ]);
}
