//! Mappers: functions between several fields.

use std::collections::BTreeMap;

use proptest::prelude::*;
use sync_core::{
    Error, ErrorKind, FieldMap, Value,
    capability::{FieldCapability, represents},
    mapping::{Mapper, Problems, Unmapped},
};

use crate::parts::{fields, inbound, map, map_with, mappers, outbound, paths, stream};

const JOINED: &str = "map = [{ field = \"x.district\", mapper = \"codes\", crm = \"x.crm.codes\" }]";

const BOTH: &str = r#"
map = [
  { field = "x.district", mapper = "codes", crm = "x.crm.codes" },
  { field = "x.area", crm = "x.crm.a", table = "areas" },
]
[tables.areas]
crm = { north = ["N", "NN"], south = "S" }
"#;

#[test]
fn several_texts_share_one_field() {
    let map = map(JOINED);
    let record = fields(&[("x.crm.codes", "North; Anna"), ("name", "Nordic")]);
    assert_eq!(
        inbound(&map, &record),
        fields(&[("x.district", "North"), ("x.seller", "Anna"), ("name", "Nordic")]),
        "the joined field has no other name than its parts"
    );
    let settled = fields(&[("x.district", "North"), ("x.seller", "Anna;Bo")]);
    assert_eq!(outbound(&map, &settled, None), fields(&[("x.crm.codes", "North;Anna;Bo")]));
    let half = fields(&[("x.district", "North"), ("x.seller", "")]);
    assert_eq!(outbound(&map, &half, None), fields(&[("x.crm.codes", "North")]));
    assert_eq!(inbound(&map, &fields(&[("x.crm.codes", "North")])), half);
    assert_eq!(inbound(&map, &fields(&[("x.crm.codes", "")])), fields(&[("x.district", ""), ("x.seller", "")]));
    assert_eq!(map.theirs("x.seller".into()), paths(&["x.crm.codes"]));
    assert_eq!(map.ours("x.crm.codes".into()), paths(&["x.district", "x.seller"]));
}

#[test]
fn half_of_a_joined_field_is_never_written() {
    let map = map(JOINED);
    assert_eq!(outbound(&map, &fields(&[("x.district", "North")]), None), FieldMap::new());
}

#[test]
fn a_part_that_cannot_be_told_from_the_next_is_refused_with_the_cure() {
    let map = map(JOINED);
    let settled = fields(&[("x.district", "a;b"), ("x.seller", "c")]);
    let error = map.outbound(&settled, None, &mut Problems::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(error.message(), "'a;b' holds ';', which separates it from what follows; change it");
    let settled = fields(&[("x.seller", "c")]).with("x.district", true);
    let error = map.outbound(&settled, None, &mut Problems::default()).unwrap_err();
    assert_eq!(error.message(), "x.district is true, and only text can share a field with others");
}

/// A mapper that notes a code, writes beyond its fields and fails on demand.
fn unruly() -> BTreeMap<String, Mapper> {
    let mapper = Mapper::new(3).theirs(["x.crm.a"]).ours(["x.own"]).with(
        |theirs, problems| {
            problems.unmapped.insert(Unmapped { table: "t".into(), code: "c".into(), field: "x.crm.a".into() });
            match theirs.text("x.crm.a".into()) {
                Some("fail") => Err(Error::new(ErrorKind::Invalid, "map", "not this one; change it")),
                _ => Ok(fields(&[("x.own", "in"), ("name", "stray")])),
            }
        },
        |ours, _| Ok(fields(&[("x.crm.a", ours.text("email".into()).unwrap_or("none")), ("name", "stray")])),
    );
    BTreeMap::from([("unruly".to_owned(), mapper)])
}

#[test]
fn a_mapper_sees_the_whole_record_and_fills_its_own_fields_alone() {
    let row = "map = [{ field = \"x.own\", mapper = \"unruly\", crm = \"x.crm.a\" }]";
    let map = map_with(row, &stream(), &unruly());
    let mut problems = Problems::default();
    let ours = map.inbound(&fields(&[("x.crm.a", "1"), ("name", "Nordic")]), &mut problems).unwrap();
    assert_eq!(ours, fields(&[("x.own", "in"), ("name", "Nordic")]));
    assert_eq!(problems.unmapped.len(), 1, "what it notes is collected");
    let theirs = map.outbound(&fields(&[("x.own", "1"), ("email", "e")]), None, &mut problems).unwrap();
    assert_eq!(theirs, fields(&[("x.crm.a", "e"), ("email", "e")]));
    let error = map.inbound(&fields(&[("x.crm.a", "fail")]), &mut problems).unwrap_err();
    assert_eq!(error.message(), "not this one; change it");
}

#[test]
fn a_mapper_works_one_way_if_its_row_says_so() {
    let row = |way: &str| {
        format!("map = [{{ field = \"x.own\", mapper = \"unruly\", crm = \"x.crm.a\", direction = \"{way}\" }}]")
    };
    let map = |way: &str| map_with(&row(way), &stream(), &unruly());
    let mut problems = Problems::default();
    let record = fields(&[("x.crm.a", "1")]);
    assert_eq!(map("out").inbound(&record, &mut problems).unwrap(), FieldMap::new());
    assert!(problems.unmapped.is_empty());
    assert_eq!(map("in").outbound(&fields(&[("x.own", "1")]), None, &mut problems).unwrap(), FieldMap::new());
}

#[test]
fn a_mapper_writes_only_what_the_stream_takes() {
    let mut cap = stream();
    cap.fields.insert("x.crm.codes".into(), FieldCapability::read_only());
    let map = map_with(JOINED, &cap, &mappers());
    assert_eq!(outbound(&map, &fields(&[("x.district", "N"), ("x.seller", "A")]), None), FieldMap::new());
}

fn part() -> impl Strategy<Value = String> {
    "[a-zåäö0-9.,-]{0,6}( [a-zåäö0-9]{1,6})?".prop_map(|text| text.trim().to_owned())
}

proptest! {
    /// P-11: what went out comes back as what it was, on the fields that the mapping names.
    #[test]
    fn what_goes_out_comes_back(
        name in "\\PC{0,20}",
        district in part(),
        seller in "[a-z;]{0,8}",
        area in prop::sample::select(vec!["north", "south", ""]),
    ) {
        let map = map(BOTH);
        let settled = fields(&[("name", &name), ("x.district", &district), ("x.seller", &seller), ("x.area", area)]);
        let back = inbound(&map, &outbound(&map, &settled, None));
        for (path, wanted) in settled.iter() {
            let seen = back.get(path).unwrap_or(&Value::Null);
            prop_assert!(represents(seen, wanted, &FieldCapability::read_write()), "{path}: {seen} for {wanted}");
        }
    }
}
