//! What the tests of mappings share.

use std::collections::BTreeMap;

use sync_core::{
    EntityKind, FieldMap, FieldPath, Value,
    capability::{FieldCapability, StreamCapability},
    mapping::{MapRow, Mapper, Problems, StreamMap, Tables},
    model::FieldType,
};

/// The parts of a policy that a mapping is made of.
#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct Parts {
    map: Vec<MapRow>,
    tables: BTreeMap<String, Tables>,
}

pub(crate) fn stream() -> StreamCapability {
    let mut cap = StreamCapability::new(EntityKind::Organisation);
    let fields = ["name", "email", "payment_terms", "category", "lines", "x.crm.a", "x.crm.b", "x.crm.codes"];
    cap.fields = fields.map(|path| (path.into(), FieldCapability::read_write())).into();
    cap.fields.insert("number".into(), FieldCapability::read_only());
    cap
}
pub(crate) fn mappers() -> BTreeMap<String, Mapper> {
    BTreeMap::from([("codes".to_owned(), Mapper::joined("x.crm.codes", ";", ["x.district", "x.seller"]))])
}
pub(crate) fn map_with(parts: &str, cap: &StreamCapability, mappers: &BTreeMap<String, Mapper>) -> StreamMap {
    map_typed(parts, cap, mappers, &BTreeMap::new())
}
pub(crate) fn map_typed(
    parts: &str,
    cap: &StreamCapability,
    mappers: &BTreeMap<String, Mapper>,
    own: &BTreeMap<FieldPath, FieldType>,
) -> StreamMap {
    let parts: Parts = toml::from_str(parts).unwrap();
    StreamMap::compile("crm", cap, &parts.map, &parts.tables, mappers, own)
}
pub(crate) fn map(parts: &str) -> StreamMap {
    map_with(parts, &stream(), &mappers())
}
pub(crate) fn fields(pairs: &[(&str, &str)]) -> FieldMap {
    pairs.iter().fold(FieldMap::new(), |map, (path, text)| map.with(*path, *text))
}
/// Canonical fields, where no code is without a row.
pub(crate) fn inbound(map: &StreamMap, theirs: &FieldMap) -> FieldMap {
    let mut problems = Problems::default();
    let ours = map.inbound(theirs, &mut problems).unwrap();
    assert_eq!(problems, Problems::default());
    ours
}
/// The connector's fields, where no code is without a row.
pub(crate) fn outbound(map: &StreamMap, ours: &FieldMap, current: Option<&FieldMap>) -> FieldMap {
    let mut problems = Problems::default();
    let theirs = map.outbound(ours, current, &mut problems).unwrap();
    assert_eq!(problems, Problems::default());
    theirs
}
/// Codes that no row translates, as `table code field`.
pub(crate) fn unmapped(problems: &Problems) -> Vec<String> {
    problems.unmapped.iter().map(|u| format!("{} {} {}", u.table, u.code, u.field)).collect()
}
pub(crate) fn line(pairs: &[(&str, &str)]) -> Value {
    Value::Map(pairs.iter().map(|(name, text)| ((*name).to_owned(), Value::from(*text))).collect())
}
pub(crate) fn paths(paths: &[&str]) -> Vec<FieldPath> {
    paths.iter().map(|path| FieldPath::new(path)).collect()
}
