//! Code tables.

use std::collections::BTreeMap;

use proptest::prelude::*;
use sync_core::{FieldMap, Value, mapping::Problems};

use crate::parts::{fields, inbound, line, map, outbound, unmapped};

const TABLES: &str = r#"
map = [{ field = "x.area", crm = "x.crm.a", table = "areas" }]
[tables.areas]
crm = { north = ["N", "NN"], south = "S" }
[tables.payment_terms]
crm = { card = "0", invoice = "30" }
[tables.vat]
crm = { goods = ["25", "26"], food = "12" }
[tables.units]
crm = { piece = "st" }
[tables.category]
erp = { big = "1" }
"#;

#[test]
fn a_named_table_and_tables_by_the_name_of_the_field_translate_both_ways() {
    let map = map(TABLES);
    let record = fields(&[("x.crm.a", "NN"), ("payment_terms", "30"), ("category", "9")]);
    let ours = fields(&[("x.area", "north"), ("payment_terms", "invoice"), ("category", "9")]);
    assert_eq!(inbound(&map, &record), ours, "a table without a column for the connection translates nothing");
    let first = fields(&[("x.crm.a", "N"), ("payment_terms", "30"), ("category", "9")]);
    assert_eq!(outbound(&map, &ours, None), first, "of several codes the first is written");
}

#[test]
fn a_code_that_means_the_wanted_one_is_kept() {
    let map = map(TABLES);
    let ours = fields(&[("x.area", "north")]);
    let with = |current: &str| outbound(&map, &ours, Some(&fields(&[("x.crm.a", current)])));
    assert_eq!(with("NN"), fields(&[("x.crm.a", "NN")]));
    assert_eq!(with("S"), fields(&[("x.crm.a", "N")]));
    assert_eq!(with(""), fields(&[("x.crm.a", "N")]));
    assert_eq!(with("unheard of"), fields(&[("x.crm.a", "N")]));
}

#[test]
fn codes_may_come_as_numbers() {
    let map = map(TABLES);
    let record = FieldMap::new().with("payment_terms", 30_i64);
    assert_eq!(inbound(&map, &record), fields(&[("payment_terms", "invoice")]));
    assert_eq!(outbound(&map, &fields(&[("payment_terms", "invoice")]), Some(&record)), record);
}

#[test]
fn every_unmapped_code_is_collected_and_its_field_left_unknown() {
    let map = map(TABLES);
    let mut problems = Problems::default();
    let record = fields(&[("name", "Nordic"), ("x.crm.a", "W"), ("payment_terms", "60")]);
    assert_eq!(map.inbound(&record, &mut problems).unwrap(), fields(&[("name", "Nordic")]));
    assert_eq!(unmapped(&problems), ["areas W x.crm.a", "payment_terms 60 payment_terms"]);

    let mut problems = Problems::default();
    let ours = fields(&[("name", "Nordic"), ("x.area", "west"), ("payment_terms", "60")]);
    assert_eq!(map.outbound(&ours, None, &mut problems).unwrap(), fields(&[("name", "Nordic")]));
    assert_eq!(unmapped(&problems), ["areas west x.area", "payment_terms 60 payment_terms"]);
}

fn lines(lines: &[Value]) -> FieldMap {
    FieldMap::new().with("lines", Value::List(lines.to_vec()))
}

#[test]
fn codes_inside_lines_are_translated_too() {
    let map = map(TABLES);
    let theirs = lines(&[line(&[("vat_code", "26"), ("unit", "st"), ("sku", "26")]), line(&[("vat_code", "")])]);
    let ours = lines(&[line(&[("vat_code", "goods"), ("unit", "piece"), ("sku", "26")]), line(&[("vat_code", "")])]);
    assert_eq!(inbound(&map, &theirs), ours);
    let first = lines(&[line(&[("vat_code", "25"), ("unit", "st"), ("sku", "26")]), line(&[("vat_code", "")])]);
    assert_eq!(outbound(&map, &ours, None), first);
    assert_eq!(outbound(&map, &ours, Some(&theirs)), theirs, "lines without keys: by place");
}

#[test]
fn lines_are_found_again_by_key_wherever_they_stand() {
    let map = map(TABLES);
    let ours = lines(&[line(&[("key", "a"), ("vat_code", "goods")]), line(&[("key", "b"), ("vat_code", "goods")])]);
    let current = lines(&[line(&[("key", "b"), ("vat_code", "26")]), line(&[("key", "a"), ("vat_code", "25")])]);
    let written = lines(&[line(&[("key", "a"), ("vat_code", "25")]), line(&[("key", "b"), ("vat_code", "26")])]);
    assert_eq!(outbound(&map, &ours, Some(&current)), written);
    let strangers = lines(&[line(&[("vat_code", "26")]), line(&[("vat_code", "26")])]);
    let anew = lines(&[line(&[("key", "a"), ("vat_code", "25")]), line(&[("key", "b"), ("vat_code", "25")])]);
    assert_eq!(outbound(&map, &ours, Some(&strangers)), anew, "a line with a key is no line without one");
}

#[test]
fn one_unmapped_code_in_a_line_leaves_all_lines_unknown_and_all_codes_are_told() {
    let map = map(TABLES);
    let mut problems = Problems::default();
    let theirs = lines(&[line(&[("vat_code", "7"), ("unit", "kg")]), line(&[("vat_code", "25"), ("unit", "l")])]);
    assert_eq!(map.inbound(&theirs, &mut problems).unwrap(), FieldMap::new());
    assert_eq!(unmapped(&problems), ["units kg lines.unit", "units l lines.unit", "vat 7 lines.vat_code"]);
}

fn coded(codes: &'static [&'static str]) -> impl Strategy<Value = Option<&'static str>> {
    prop::option::of(prop::sample::select(codes))
}

proptest! {
    /// Nothing that means the wanted value already is written differently, whichever of its codes it has.
    #[test]
    fn a_record_that_comes_in_goes_out_as_it_was(
        area in coded(&["N", "NN", "S", ""]),
        terms in coded(&["0", "30", ""]),
        vat in prop::collection::vec(coded(&["25", "26", "12", ""]), 0..4),
    ) {
        let map = map(TABLES);
        let mut theirs = FieldMap::new();
        for (path, code) in [("x.crm.a", area), ("payment_terms", terms)] {
            if let Some(code) = code {
                theirs.set(path.into(), code);
            }
        }
        let codes = vat.into_iter().map(|code| Value::Map(
            code.map(|code| ("vat_code".to_owned(), Value::from(code))).into_iter().collect::<BTreeMap<_, _>>()
        ));
        theirs.set("lines".into(), Value::List(codes.collect()));
        let ours = inbound(&map, &theirs);
        prop_assert_eq!(outbound(&map, &ours, Some(&theirs)), theirs.clone());
        // and with nothing there yet, what is written anew means the same
        prop_assert_eq!(inbound(&map, &outbound(&map, &ours, None)), ours);
    }
}
