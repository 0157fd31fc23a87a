//! Swagger 2.0 as OpenAPI 3.0: bodies, forms and answers stand in other places there, and schemas under another name.

use serde_json::{Map, Value, json};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
/// What a parameter says beside its schema.
const OF_PARAMETERS: [&str; 5] = ["name", "in", "required", "description", "allowEmptyValue"];

/// The description in the newer form. What it says of signing in and of media types other than JSON and forms is left out,
/// since nothing here looks at it.
pub(crate) fn converted(old: &Value) -> Value {
    let old = &renamed(old);
    let object = |name: &str| old.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
    let paths = object("paths").into_iter().map(|(path, item)| (path, converted_path(old, &item)));
    let base = old.get("basePath").and_then(Value::as_str).unwrap_or_default();
    json!({
        "openapi": "3.0.3",
        "info": object("info"),
        "servers": [{ "url": base }],
        "paths": paths.collect::<Map<_, _>>(),
        "components": { "schemas": object("definitions") },
    })
}

/// The same with every reference and every word for "or null" as the newer form has them.
fn renamed(old: &Value) -> Value {
    match old {
        Value::Object(members) => {
            let one = |(name, value): (&String, &Value)| match (name.as_str(), value) {
                ("$ref", Value::String(at)) => {
                    (name.clone(), at.replacen("#/definitions/", "#/components/schemas/", 1).into())
                }
                ("x-nullable", flag) => ("nullable".to_owned(), flag.clone()),
                _ => (name.clone(), renamed(value)),
            };
            Value::Object(members.iter().map(one).collect())
        }
        Value::Array(all) => all.iter().map(renamed).collect(),
        other => other.clone(),
    }
}

/// Parameters and answers that are described once are put where they are named.
fn resolved<'a>(root: &'a Value, value: &'a Value) -> &'a Value {
    let pointer = value.get("$ref").and_then(Value::as_str).and_then(|at| at.strip_prefix('#'));
    pointer.and_then(|pointer| root.pointer(pointer)).unwrap_or(value)
}

fn converted_path(root: &Value, item: &Value) -> Value {
    let shared = item.get("parameters").and_then(Value::as_array).cloned().unwrap_or_default();
    let methods = item.as_object().into_iter().flatten().filter(|(name, _)| *name != "parameters");
    methods.map(|(method, operation)| (method.clone(), converted_operation(root, &shared, operation))).collect()
}

fn converted_operation(root: &Value, shared: &[Value], old: &Value) -> Value {
    let mut new = old.as_object().cloned().unwrap_or_default();
    let own = old.get("parameters").and_then(Value::as_array).cloned().unwrap_or_default();
    let own: Vec<&Value> = own.iter().map(|one| resolved(root, one)).collect();
    let names = |one: &Value| (one.get("name").cloned(), one.get("in").cloned());
    // an operation's own parameter stands in for one of the path's
    let shared = shared.iter().map(|one| resolved(root, one));
    let shared = shared.filter(|one| own.iter().all(|other| names(other) != names(one)));
    let (mut parameters, mut form, mut needed) = (Vec::new(), Map::new(), Vec::new());
    for parameter in shared.chain(own.iter().copied()) {
        let text = |name: &str| parameter.get(name).and_then(Value::as_str).unwrap_or_default();
        let required = parameter.get("required") == Some(&json!(true));
        match text("in") {
            "body" => {
                let schema = parameter.get("schema").cloned().unwrap_or(json!({}));
                let body = json!({ "required": required, "content": { JSON: { "schema": schema } } });
                new.insert("requestBody".to_owned(), body);
            }
            "formData" => {
                form.insert(text("name").to_owned(), schema_of(parameter));
                needed.extend(required.then(|| Value::from(text("name"))));
            }
            place => parameters.push(json!({
                "name": text("name"), "in": place, "required": required, "schema": schema_of(parameter),
            })),
        }
    }
    if !form.is_empty() {
        let schema = json!({ "type": "object", "properties": form, "required": needed });
        let body = json!({ "required": !needed.is_empty(), "content": { FORM: { "schema": schema } } });
        new.insert("requestBody".to_owned(), body);
    }
    new.insert("parameters".to_owned(), parameters.into());
    let answers = old.get("responses").and_then(Value::as_object).into_iter().flatten();
    let answers = answers.map(|(status, answer)| (status.clone(), converted_answer(resolved(root, answer))));
    new.insert("responses".to_owned(), Value::Object(answers.collect()));
    Value::Object(new)
}

/// What a parameter says of its values.
fn schema_of(parameter: &Value) -> Value {
    let members = parameter.as_object().into_iter().flatten();
    let members = members.filter(|(name, _)| !OF_PARAMETERS.contains(&name.as_str()));
    let one = |(name, value): (&String, &Value)| match (name.as_str(), value.as_str()) {
        ("type", Some("file")) => (name.clone(), "string".into()),
        _ => (name.clone(), value.clone()),
    };
    Value::Object(members.map(one).collect())
}

fn converted_answer(old: &Value) -> Value {
    let description = old.get("description").cloned().unwrap_or_default();
    match old.get("schema") {
        Some(schema) => json!({ "description": description, "content": { JSON: { "schema": schema } } }),
        None => json!({ "description": description }),
    }
}
