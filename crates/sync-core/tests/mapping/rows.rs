//! Rows: copies, other names, one way.

use sync_core::{
    FieldMap, Value,
    capability::FieldCapability,
    mapping::{Problems, StreamMap},
    model::FieldType,
};

use crate::parts::{fields, inbound, map, map_with, mappers, outbound, paths, stream};

#[test]
fn without_rows_everything_passes_and_only_what_the_stream_takes_goes_out() {
    let map = map("");
    let record = fields(&[("name", "Nordic"), ("number", "7"), ("x.crm.a", "1")]);
    assert_eq!(inbound(&map, &record), record);
    let settled = fields(&[("name", "Nordic"), ("number", "7"), ("phone", "08"), ("x.crm.a", "1")]);
    assert_eq!(outbound(&map, &settled, None), fields(&[("name", "Nordic"), ("x.crm.a", "1")]));
    assert_eq!((map.theirs("name".into()), map.ours("name".into())), (paths(&["name"]), paths(&["name"])));
    let plain = StreamMap::default();
    assert_eq!(outbound(&plain, &settled, None), settled, "the empty mapping knows no stream and passes all on");
}

#[test]
fn a_row_gives_a_field_another_name() {
    let map = map("map = [{ field = \"x.area\", crm = \"x.crm.a\", erp = \"x.erp.z\" }]");
    assert_eq!(
        inbound(&map, &fields(&[("x.crm.a", "N"), ("x.crm.b", "1")])),
        fields(&[("x.area", "N"), ("x.crm.b", "1")])
    );
    assert_eq!(outbound(&map, &fields(&[("x.area", "N")]), None), fields(&[("x.crm.a", "N")]));
    assert_eq!(map.theirs("x.area".into()), paths(&["x.crm.a"]));
    assert_eq!(map.ours("x.crm.a".into()), paths(&["x.area"]));
    assert!(map.theirs("x.crm.a".into()).is_empty());
}

#[test]
fn a_row_replaces_the_standard_mapping_on_both_sides() {
    let map = map("map = [{ field = \"name\", crm = \"x.crm.a\" }]");
    let record = fields(&[("name", "SHORT"), ("x.crm.a", "Nordic")]);
    assert_eq!(inbound(&map, &record), fields(&[("name", "Nordic")]), "their own name is not ours any more");
    assert_eq!(outbound(&map, &fields(&[("name", "Nordic")]), None), fields(&[("x.crm.a", "Nordic")]));
}

#[test]
fn two_fields_can_change_places() {
    let map = map("map = [{ field = \"name\", crm = \"email\" }, { field = \"email\", crm = \"name\" }]");
    let record = fields(&[("name", "n"), ("email", "e")]);
    let swapped = fields(&[("name", "e"), ("email", "n")]);
    assert_eq!(inbound(&map, &record), swapped);
    assert_eq!(outbound(&map, &swapped, None), record);
}

#[test]
fn a_row_can_work_one_way() {
    let map = map("map = [{ field = \"name\", crm = \"x.crm.a\", direction = \"in\" },
                { field = \"name\", crm = \"x.crm.b\", direction = \"out\" }]");
    let record = fields(&[("name", "0"), ("x.crm.a", "1"), ("x.crm.b", "2")]);
    assert_eq!(inbound(&map, &record), fields(&[("name", "1"), ("x.crm.a", "1")]));
    assert_eq!(outbound(&map, &fields(&[("name", "new")]), None), fields(&[("x.crm.b", "new")]));
    assert_eq!(map.theirs("name".into()), paths(&["x.crm.a", "x.crm.b"]));
}

#[test]
fn unknown_stays_unknown_and_empty_stays_empty() {
    let map = map("map = [{ field = \"x.area\", crm = \"x.crm.a\" }]\n[tables.payment_terms]\ncrm = { a = \"b\" }");
    let record = fields(&[("x.crm.a", ""), ("payment_terms", "")]);
    assert_eq!(inbound(&map, &record), fields(&[("x.area", ""), ("payment_terms", "")]));
    assert_eq!(outbound(&map, &fields(&[("x.area", ""), ("payment_terms", "")]), None), record);
    assert_eq!(inbound(&map, &FieldMap::new()), FieldMap::new());
}

#[test]
fn what_a_stream_holds_is_added_and_never_written() {
    let mut cap = stream();
    cap.holds.set("is_supplier".into(), true);
    cap.holds.set("name".into(), "constant");
    let map = map_with("", &cap, &mappers());
    let expected = fields(&[("name", "constant"), ("email", "e")]).with("is_supplier", true);
    assert_eq!(inbound(&map, &fields(&[("email", "e"), ("name", "other")])), expected);
    assert_eq!(outbound(&map, &expected, None), fields(&[("email", "e")]));
}

#[test]
fn rows_of_fields_that_a_stream_lacks_leave_it_alone() {
    let map = map("map = [{ field = \"name\", crm = \"x.crm.gone\" }, { field = \"email\", erp = \"x.crm.a\" }]");
    let record = fields(&[("name", "n"), ("email", "e")]);
    assert_eq!(inbound(&map, &record), record);
    assert_eq!(map.outbound(&record, None, &mut Problems::default()).unwrap(), record);
}

#[test]
fn what_a_system_lacks_is_assumed_of_its_records_and_never_written() {
    let map = map("map = [{ field = \"category\", crm = { value = \"customer\" }, erp = \"class\" }]");
    let (record, ours) =
        (fields(&[("name", "n"), ("category", "theirs")]), fields(&[("name", "n"), ("category", "customer")]));
    assert_eq!(inbound(&map, &record), ours, "the row stands for whatever it shows there");
    assert_eq!(outbound(&map, &ours, None), fields(&[("name", "n")]));
}

#[test]
fn an_assumed_value_has_the_type_of_its_field() {
    let typed = map(
        "map = [{ field = \"is_supplier\", crm = { value = true } }, { field = \"x.level\", crm = { value = 5 } }]",
    );
    let expected = fields(&[("name", "n")]).with("is_supplier", true).with("x.level", 5_i64);
    assert_eq!(inbound(&typed, &fields(&[("name", "n")])), expected);
}

/// A limit that this system keeps as text and another as a number, and a mark that a table spells out.
const FORMS: &str = r#"
map = [
  { field = "x.limit", crm = "x.crm.a" },
  { field = "x.relevant", crm = "x.crm.b", table = "yes" },
  { field = "number", crm = "x.crm.whole" },
]
[tables.yes]
crm = { true = "J", false = "N" }
"#;

fn typed() -> StreamMap {
    let mut cap = stream();
    for path in ["x.crm.a", "x.crm.b"] {
        cap.fields.insert(path.into(), FieldCapability::read_write().holding(FieldType::Text));
    }
    cap.fields.insert("x.crm.whole".into(), FieldCapability::read_write().holding(FieldType::Int));
    let own = [("x.limit".into(), FieldType::Decimal), ("x.relevant".into(), FieldType::Bool)];
    crate::parts::map_typed(FORMS, &cap, &mappers(), &own.into())
}

#[test]
fn a_row_tells_a_value_in_the_form_that_each_field_holds() {
    let map = typed();
    let theirs = fields(&[("x.crm.a", "1 200,50"), ("x.crm.b", "J")]).with("x.crm.whole", 7_i64);
    let ours =
        fields(&[("number", "7")]).with("x.limit", Value::Decimal("1200.50".parse().unwrap())).with("x.relevant", true);
    assert_eq!(inbound(&map, &theirs), ours);
    let written = fields(&[("x.crm.a", "1200.5"), ("x.crm.b", "J")]).with("x.crm.whole", 7_i64);
    assert_eq!(outbound(&map, &ours, None), written);
    let empty = FieldMap::new().with("x.crm.a", Value::Null);
    assert_eq!(inbound(&map, &empty), FieldMap::new().with("x.limit", Value::Null));
}

#[test]
fn what_is_none_of_the_type_is_refused_with_both_fields_and_the_value() {
    let map = typed();
    let read = map.inbound(&fields(&[("x.crm.a", "much")]), &mut Problems::default()).unwrap_err();
    assert!(read.to_string().contains("x.crm.a is 'much', and x.limit holds a decimal number"), "{read}");
    let written = map.outbound(&fields(&[("number", "A-7")]), None, &mut Problems::default()).unwrap_err();
    assert!(written.to_string().contains("number is 'A-7', and x.crm.whole holds a whole number"), "{written}");
}

#[test]
fn a_transform_reads_two_writings_as_one_and_writes_neither_over() {
    let map = map("map = [{ field = \"number\", crm = \"x.crm.a\", transform = \"no_blanks\" }]");
    assert_eq!(inbound(&map, &fields(&[("x.crm.a", "12 34")])), fields(&[("number", "1234")]));
    assert_eq!(outbound(&map, &fields(&[("number", "1234")]), None), fields(&[("x.crm.a", "1234")]));
}
