use std::collections::BTreeSet;

use sync_core::policy::Policy;

use super::*;

/// What the reader of policies takes at a place, by its own word: it is shown a key that nobody has.
fn taken(text: &str) -> BTreeSet<String> {
    let mistakes = Policy::from_toml(text).unwrap_err();
    let told = mistakes.iter().find(|mistake| mistake.fault.contains("zzzzzzzz")).unwrap();
    let (_, list) = told.cure.split_once("allowed: ").or_else(|| told.cure.split_once("one of ")).unwrap();
    list.trim_end_matches(')').split(", ").map(str::to_owned).collect()
}

/// What the schema names there.
fn named_at(pointer: &str) -> BTreeSet<String> {
    let schema = of_file(&Plugins::default());
    let at = schema.pointer(pointer).unwrap_or_else(|| panic!("no {pointer}"));
    match at {
        Value::Object(properties) => properties.keys().cloned().collect(),
        Value::Array(words) => words.iter().map(|word| word.as_str().unwrap().to_owned()).collect(),
        other => panic!("{pointer} is {other}"),
    }
}

#[test]
fn the_schema_names_what_the_reader_takes() {
    let entity = "[entities.e]\nkind = \"item\"\nmaster = \"a\"\nsystems = {}\n";
    let cases = [
        (format!("{entity}zzzzzzzz = 1"), "/$defs/entity/properties"),
        (entity.replace("{}", "{ a = { zzzzzzzz = 1 } }"), "/$defs/role/properties"),
        (entity.replace("{}", "{ a = { create = \"zzzzzzzz\" } }"), "/$defs/role/properties/create/enum"),
        (format!("{entity}match = [{{ on = [], zzzzzzzz = 1 }}]"), "/$defs/match/properties"),
        (
            format!("{entity}match = [{{ on = [], duplicates = \"zzzzzzzz\" }}]"),
            "/$defs/match/properties/duplicates/enum",
        ),
        (format!("{entity}reserve = {{ orders = [], zzzzzzzz = 1 }}"), "/$defs/reserve/properties"),
        (
            format!("{entity}reserve = {{ orders = [], counted = \"zzzzzzzz\" }}"),
            "/$defs/reserve/properties/counted/enum",
        ),
        (format!("{entity}campaign = {{ zzzzzzzz = 1 }}"), "/$defs/campaign/properties"),
        (format!("{entity}scope = [{{ at = \"a\", when = [], zzzzzzzz = 1 }}]"), "/$defs/scope/properties"),
        (format!("{entity}on_remove = \"zzzzzzzz\""), "/$defs/entity/properties/on_remove/enum"),
        (format!("{entity}recreate = \"zzzzzzzz\""), "/$defs/entity/properties/recreate/enum"),
        (format!("{entity}on_empty_master = \"zzzzzzzz\""), "/$defs/entity/properties/on_empty_master/enum"),
        (entity.replace("\"item\"", "\"zzzzzzzz\""), "/$defs/entity/properties/kind/enum"),
        (format!("{entity}status.a = {{ field = \"number\", zzzzzzzz = 1 }}"), "/$defs/status/properties"),
        (
            format!(
                "{entity}status.a = {{ field = \"number\", read = [{{ status = \"a\", means = {{}}, zzzzzzzz = 1 }}] }}"
            ),
            "/$defs/status/properties/read/items/properties",
        ),
        (
            format!(
                "{entity}status.a = {{ field = \"number\", write = [{{ status = \"a\", when = {{}}, zzzzzzzz = 1 }}] }}"
            ),
            "/$defs/status/properties/write/items/properties",
        ),
        (
            format!(
                "{entity}status.a = {{ field = \"number\", write = [{{ status = \"a\", when = {{}}, apply = \"zzzzzzzz\" }}] }}"
            ),
            "/$defs/status/properties/write/items/properties/apply/enum",
        ),
        (entity.replace("{}", "{ a = { becomes = \"zzzzzzzz\" } }"), "/$defs/role/properties/becomes/enum"),
        (entity.replace("{}", "{ a = { until = \"zzzzzzzz\" } }"), "/$defs/role/properties/until/enum"),
        (format!("{entity}buyer_differs.zzzzzzzz = 1"), "/$defs/differs/properties"),
        (format!("{entity}buyer_differs.address = \"zzzzzzzz\""), "/$defs/differs/properties/address/enum"),
        (format!("{entity}rows.a = {{ zzzzzzzz = 1 }}"), "/$defs/carriers/properties"),
        (
            format!("{entity}rows.a.rounding = {{ article = \"A\", zzzzzzzz = 1 }}"),
            "/$defs/carriers/properties/rounding/properties",
        ),
        (format!("{entity}hooks = [{{ hook = \"a\", at = \"a\", zzzzzzzz = 1 }}]"), "/$defs/hook/properties"),
        ("[guards]\nzzzzzzzz = 1".to_owned(), "/$defs/guards/properties"),
        (
            format!("{entity}map = [{{ field = \"name\", direction = \"zzzzzzzz\" }}]"),
            "/$defs/row/properties/direction/enum",
        ),
    ];
    for (text, pointer) in cases {
        assert_eq!(taken(&text), named_at(pointer), "{pointer}");
    }
}

#[test]
fn every_rule_of_the_reader_has_a_shape() {
    let entity = "[entities.e]\nkind = \"item\"\nmaster = \"a\"\nsystems = {}\n";
    let shapes = of_file(&Plugins::default()).pointer("/$defs/rule/oneOf").cloned().unwrap();
    let words: BTreeSet<String> = shapes
        .as_array()
        .unwrap()
        .iter()
        .map(|shape| shape.pointer("/properties/rule/const").unwrap().as_str().unwrap().to_owned())
        .collect();
    assert_eq!(taken(&format!("{entity}fields.name = {{ rule = \"zzzzzzzz\" }}")), words);
}

#[test]
fn top_level_keys_and_connections_are_those_of_the_readers() {
    assert_eq!(named_at("/properties"), crate::file::KEYS.map(str::to_owned).into());
    let schema = of_file(&Plugins::default());
    let shapes = schema.pointer("/properties/connections/additionalProperties/anyOf").unwrap().as_array().unwrap();
    assert_eq!(shapes.len(), system::ALL.len());
    for (shape, system) in shapes.iter().zip(system::ALL) {
        let keys: BTreeSet<&str> = shape["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        assert!(keys.len() > 4 && keys.contains("base_url"), "{}: {keys:?}", system.name);
        for secret in system.secrets {
            assert_eq!(shape["properties"][secret]["$ref"], "#/$defs/outside", "{}.{secret}", system.name);
        }
    }
}

#[test]
fn mappers_and_hooks_are_those_that_the_program_brings() {
    #[derive(Debug, serde::Deserialize)]
    struct Idle {}
    impl sync_core::hook::Hook for Idle {}
    let mut plugins = Plugins::default();
    plugins.mappers.insert("texts".to_owned(), sync_core::mapping::Mapper::new(1));
    plugins.hooks = plugins.hooks.with::<Idle>("idle");
    let validator = jsonschema::validator_for(&of_file(&plugins)).unwrap();
    let fits = |text: &str| validator.is_valid(&toml::from_str::<Value>(text).unwrap());
    assert!(fits("entities.e.hooks = [{ hook = \"idle\", at = \"a\", with = { over = 1 } }]"));
    assert!(!fits("entities.e.hooks = [{ hook = \"idel\", at = \"a\" }]"));
    assert!(!fits("entities.e.hooks = [\"idle\"]"));
    assert!(fits("entities.e.map = [{ field = \"name\", a = \"name\", mapper = \"texts\" }]"));
    assert!(!fits("entities.e.map = [{ field = \"name\", a = \"name\", mapper = \"text\" }]"));
}

#[test]
fn presets_and_the_guides_examples_fit_and_slips_do_not() {
    let validator = jsonschema::validator_for(&of_file(&Plugins::default())).unwrap();
    let value = |text: &str| toml::from_str::<Value>(text).unwrap();
    for preset in preset::ALL {
        let faults: Vec<String> = validator.iter_errors(&value(preset.text)).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{}: {faults:?}", preset.name);
    }
    let guide = include_str!("../../../../docs/guide/command-line.md");
    let examples: Vec<&str> = guide.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(!examples.is_empty());
    for example in examples {
        let faults: Vec<String> = validator.iter_errors(&value(example)).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{example}: {faults:?}");
    }
    for slip in [
        "stor = \"a\"",
        "connections.se.client_secret = \"in clear\"",
        "connections.se = { system = \"starwib\" }",
        "entities.e.fields.name = { rule = \"shared\" }",
        "entities.e.every = \"soon\"",
        "guards.max_create = -1",
    ] {
        assert!(!validator.is_valid(&value(slip)), "{slip}");
    }
}
