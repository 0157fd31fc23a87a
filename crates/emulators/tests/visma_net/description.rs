//! The vendor's descriptions, as the checker reads them. That of the order service is condensed: types stand in words.

use std::path::PathBuf;

use serde_json::{Map, Value, json};
use spec_check::Spec;

fn read(name: &str) -> Option<Value> {
    let folder = std::env::var("SAMKLANG_VENDORS").map(PathBuf::from);
    let folder =
        folder.unwrap_or_else(|_| std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vendors"));
    let path = folder.join("visma-net/spec").join(name);
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("NOT CHECKED against the vendor's own description: {} is not there", path.display());
        return None;
    };
    Some(serde_json::from_str(&text).unwrap())
}

/// The older service and the order service.
pub(crate) fn descriptions() -> Option<(Spec, Spec)> {
    let mut erp = read("visma-net-erp-openapi-2025-04.json")?;
    // The checker knows versions by their first two numbers.
    erp["openapi"] = json!("3.0.3");
    thinned(&mut erp);
    let orders = read("salesorder-v3-1.0.14.784-condensed.json")?;
    Some((Spec::from_value(erp).unwrap(), Spec::from_value(converted(&orders)).unwrap()))
}

/// Takes out what belongs to areas that are not emulated: the document has 1,666 schemas, which take their time.
fn thinned(erp: &mut Value) {
    const AREAS: &str = "account attachment attribute background branch cashaccount contact country creditterm currency \
        customer customercreditnote customerdocument customerinvoice customerpayment customersalesprice dimension \
        financialperiod inventory journaltransaction location numbersequence organization paymentmethod project \
        projecttask salesorder salesordertype salesperson shipment subaccount supplier unitofmeasure vat vatcategory \
        vatzone warehouse";
    let area = |path: &str| path.split('/').nth(2).unwrap_or_default().to_lowercase();
    let paths = erp["paths"].as_object_mut().unwrap();
    paths.retain(|path, _| AREAS.split_whitespace().any(|known| known == area(path)));
    let all = erp["components"]["schemas"].as_object().unwrap().clone();
    let mut reached = Map::new();
    let mut waiting = named_in(&erp["paths"]);
    while let Some(name) = waiting.pop() {
        if !reached.contains_key(&name) {
            waiting.extend(named_in(&all[&name]));
            reached.insert(name.clone(), all[&name].clone());
        }
    }
    erp["components"]["schemas"] = Value::Object(reached);
}

fn named_in(value: &Value) -> Vec<String> {
    match value {
        Value::Object(fields) => {
            let own =
                fields.get("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix("#/components/schemas/"));
            own.map(str::to_owned).into_iter().chain(fields.values().flat_map(named_in)).collect()
        }
        Value::Array(rows) => rows.iter().flat_map(named_in).collect(),
        _ => Vec::new(),
    }
}

/// The codes that the order service's refusals may have.
pub(crate) fn codes() -> Option<Vec<String>> {
    let codes = read("salesorder-v3-error-codes.json")?;
    Some(codes.as_array().unwrap().iter().map(|row| row["code"].as_str().unwrap().to_owned()).collect())
}

fn converted(old: &Value) -> Value {
    let names = old["schemas"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let object = |(_, schema): &(&String, &Value)| schema.is_object();
    let schemas = old["schemas"].as_object().unwrap().iter().filter(object);
    let schemas = schemas.map(|(name, schema)| {
        let mut schema = schema.clone();
        // One schema has all of another's fields, said in a field's name.
        let base = schema.as_object().unwrap().keys().find_map(|name| name.strip_prefix('(')?.strip_suffix(" fields)"));
        if let Some(base) = base.map(|base| old["schemas"][base].as_object().unwrap().clone()) {
            schema.as_object_mut().unwrap().extend(base);
        }
        (name.clone(), typed(&schema, &names))
    });
    let mut paths = Map::new();
    for (name, operation) in old["operations"].as_object().unwrap() {
        let (method, path) = name.split_once(' ').unwrap();
        let operation = match operation.get("same as") {
            Some(same) => &old["operations"][same.as_str().unwrap()],
            None => operation,
        };
        let mut new = json!({ "parameters": [], "responses": { "401": {}, "403": {} } });
        for (key, value) in operation.as_object().unwrap() {
            match key.as_str() {
                "query" => {
                    let each = value.as_object().unwrap().keys();
                    let each = each.map(|name| json!({ "in": "query", "name": name, "schema": {} }));
                    new["parameters"] = each.collect();
                }
                "body" => {
                    new["requestBody"] =
                        json!({ "content": { "application/json": { "schema": typed(value, &names) } } });
                }
                "header" | "same as" => {}
                status => {
                    let words = value.as_str().map(|text| text.split([' ', ',']).next().unwrap_or_default());
                    let named = value.is_array() || words.is_some_and(|word| known(word, &names));
                    new["responses"][status] = match named {
                        true => json!({ "content": { "application/json": { "schema": typed(value, &names) } } }),
                        // Where it says nothing, refusals have the same form as elsewhere.
                        false if status.starts_with('4') => {
                            json!({ "content": { "application/json": { "schema": typed(&json!("ProblemDetails"), &names) } } })
                        }
                        false => json!({}),
                    };
                }
            }
        }
        paths.entry(path.to_owned()).or_insert_with(|| json!({}))[method.to_lowercase()] = new;
    }
    json!({ "openapi": "3.1.0", "info": {}, "paths": paths, "components": { "schemas": schemas.collect::<Map<_, _>>() } })
}

fn known(word: &str, names: &[String]) -> bool {
    let word = word.trim_matches(['[', ']']);
    word.starts_with("Paged<") || names.iter().any(|name| name == word)
}

fn nullable(kind: &str) -> Value {
    json!({ "type": [kind, "null"] })
}

/// The schema that a type in words means.
fn typed(value: &Value, names: &[String]) -> Value {
    match value {
        Value::Array(items) => json!({ "type": ["array", "null"], "items": typed(&items[0], names) }),
        Value::Object(fields) => {
            let mut properties = Map::new();
            for (name, value) in fields {
                if !name.starts_with('(') {
                    properties.insert(name.clone(), typed(value, names));
                }
            }
            json!({ "type": ["object", "null"], "properties": properties })
        }
        Value::String(words) => in_words(words, names),
        _ => json!({}),
    }
}

fn in_words(words: &str, names: &[String]) -> Value {
    let words = words.strip_prefix("expand: ").unwrap_or(words);
    let first = words.split([' ', ',']).next().unwrap_or_default();
    if let Some(inner) = first.strip_prefix("Paged<").and_then(|rest| rest.strip_suffix('>')) {
        let next = nullable("string");
        let value = json!({ "type": "array", "items": in_words(inner, names) });
        return json!({ "type": "object", "properties": { "totalCount": nullable("integer"), "nextPage": next, "value": value } });
    }
    if let Some(inner) = first.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return json!({ "type": ["array", "null"], "items": in_words(inner, names) });
    }
    if names.iter().any(|name| name == first) {
        return json!({ "$ref": format!("#/components/schemas/{first}") });
    }
    let limit = words.split_once("max ").and_then(|(_, rest)| rest.split([' ', ',']).next()?.parse::<u64>().ok());
    match first {
        "string" | "email" | "base64" | "uuid" => match limit {
            Some(limit) => json!({ "type": ["string", "null"], "maxLength": limit }),
            None => nullable("string"),
        },
        "datetime" | "date-time" => json!({ "type": ["string", "null"], "format": "date-time" }),
        "double" => nullable("number"),
        "int" => nullable("integer"),
        "bool" => nullable("boolean"),
        _ if words.contains(" | ") && !words.contains(':') => {
            let mut all = words
                .split(" | ")
                .map(|word| if word == "null" { Value::Null } else { json!(word) })
                .collect::<Vec<_>>();
            all.push(Value::Null);
            json!({ "enum": all })
        }
        _ => json!({}),
    }
}
