//! From OpenAPI's dialect to plain JSON Schema, once as it holds for requests and once for answers.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// Which way a body goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Request,
    Answer,
}

/// Beside the schemas, what the rewriting needs to know.
pub(crate) struct Rewrite<'a> {
    /// The whole description, for references.
    pub(crate) root: &'a Value,
    pub(crate) way: Way,
    /// OpenAPI 3.0: `nullable`, boolean `exclusiveMinimum`, and whatever stands beside a `$ref` does not count.
    pub(crate) old: bool,
}

const DEPTH: u8 = 32;

impl Rewrite<'_> {
    pub(crate) fn schema(&self, schema: &Value) -> Value {
        self.rewritten(schema, false, 0)
    }

    /// `open`: a part of a larger schema, so that fields unknown here may be known there.
    fn rewritten(&self, schema: &Value, open: bool, depth: u8) -> Value {
        let Value::Object(source) = schema else { return schema.clone() };
        if let Some(reference) = source.get("$ref").and_then(Value::as_str) {
            if open && depth < DEPTH {
                let target = reference.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer));
                return target.map_or(json!(true), |target| self.rewritten(target, true, depth + 1));
            }
            if self.old {
                return json!({ "$ref": reference });
            }
        }
        let mut result = source.clone();
        if let Some(Value::Object(properties)) = source.get("properties") {
            result.insert("properties".into(), self.properties(properties, depth));
        }
        let composed = source.contains_key("allOf") || source.contains_key("properties");
        for (keyword, part_is_open) in [("allOf", true), ("anyOf", open || composed), ("oneOf", open || composed)] {
            if let Some(Value::Array(parts)) = source.get(keyword) {
                let parts = parts.iter().map(|part| self.rewritten(part, part_is_open, depth)).collect();
                result.insert(keyword.into(), Value::Array(parts));
            }
        }
        for keyword in ["items", "additionalProperties", "not"] {
            if let Some(part) = source.get(keyword) {
                result.insert(keyword.into(), self.rewritten(part, false, depth));
            }
        }
        if open {
            result.remove("additionalProperties");
        } else if composed && !source.contains_key("additionalProperties") && !source.contains_key("$ref") {
            close(&mut result);
        }
        if self.way == Way::Request {
            self.require_only_what_may_be_sent(&mut result, source);
        }
        if self.old {
            from_30(&mut result);
        }
        whole_number_range(&mut result);
        Value::Object(result)
    }

    /// A property that may not go this way is one that nothing fits.
    fn properties(&self, properties: &Map<String, Value>, depth: u8) -> Value {
        let forbidden = self.forbidden();
        let rewrite = |schema: &Value| {
            if flag(schema, forbidden) { json!(false) } else { self.rewritten(schema, false, depth) }
        };
        properties.iter().map(|(name, schema)| (name.clone(), rewrite(schema))).collect()
    }

    fn forbidden(&self) -> &'static str {
        match self.way {
            Way::Request => "readOnly",
            Way::Answer => "writeOnly",
        }
    }

    fn require_only_what_may_be_sent(&self, result: &mut Map<String, Value>, source: &Map<String, Value>) {
        let may_be_sent = |name: &Value| {
            let schema = name.as_str().and_then(|name| source.get("properties")?.get(name));
            !schema.is_some_and(|schema| flag(schema, self.forbidden()))
        };
        if let Some(Value::Array(required)) = result.get_mut("required") {
            required.retain(may_be_sent);
        }
    }
}

fn flag(schema: &Value, name: &str) -> bool {
    schema.get(name).and_then(Value::as_bool).unwrap_or(false)
}

/// Lets nothing pass but the properties that the schema or one of its parts names. The names are listed on the schema
/// itself, so that a fault inside one part does not make its other fields look unknown.
fn close(schema: &mut Map<String, Value>) {
    let mut names = BTreeSet::new();
    gather(schema, &mut names);
    if names.is_empty() {
        return;
    }
    if let Some(properties) = schema.entry("properties").or_insert_with(|| json!({})).as_object_mut() {
        for name in names {
            properties.entry(name).or_insert(json!(true));
        }
    }
    schema.insert("additionalProperties".into(), json!(false));
}

fn gather(schema: &Map<String, Value>, names: &mut BTreeSet<String>) {
    names.extend(schema.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::keys).cloned());
    for keyword in ["allOf", "anyOf", "oneOf"] {
        let parts = schema.get(keyword).and_then(Value::as_array).into_iter().flatten();
        parts.filter_map(Value::as_object).for_each(|part| gather(part, names));
    }
}

fn from_30(schema: &mut Map<String, Value>) {
    if schema.remove("nullable") == Some(json!(true)) {
        if let Some(kind @ Value::String(_)) = schema.get("type") {
            let kinds = json!([kind, "null"]);
            schema.insert("type".into(), kinds);
        }
        if let Some(Value::Array(values)) = schema.get_mut("enum") {
            values.push(Value::Null);
        }
    }
    for (exclusive, limit) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        match schema.get(exclusive) {
            Some(Value::Bool(true)) => {
                if let Some(value) = schema.remove(limit) {
                    schema.insert(exclusive.into(), value);
                }
            }
            Some(Value::Bool(false)) => {
                schema.remove(exclusive);
            }
            _ => {}
        }
    }
}

fn whole_number_range(schema: &mut Map<String, Value>) {
    let (min, max) = match schema.get("format").and_then(Value::as_str) {
        Some("int32") => (i64::from(i32::MIN), i64::from(i32::MAX)),
        Some("int64") => (i64::MIN, i64::MAX),
        _ => return,
    };
    schema.entry("minimum").or_insert(json!(min));
    schema.entry("maximum").or_insert(json!(max));
}
