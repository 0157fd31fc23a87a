//! The vendor's description, which is Swagger 2.0, as the OpenAPI 3.0 that the checker reads.

use serde_json::{Map, Value, json};
use spec_check::{LoadError, Spec};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

pub(crate) fn description() -> Option<Spec> {
    let folder = std::env::var("SAMKLANG_VENDORS").map(std::path::PathBuf::from);
    let folder =
        folder.unwrap_or_else(|_| std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vendors"));
    let path = folder.join("webcrm/spec/webcrm-rest-v1-swagger-2019-09-30.json");
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("NOT CHECKED against the vendor's own description: {} is not there", path.display());
        return None;
    };
    let text = text.replace("#/definitions/", "#/components/schemas/");
    Some(converted(&serde_json::from_str(&text).unwrap()).unwrap())
}

fn converted(old: &Value) -> Result<Spec, LoadError> {
    let mut schemas = old["definitions"].as_object().unwrap().clone();
    // Named for the rows of queries and described nowhere.
    schemas.insert("ObjectDto".into(), json!({ "type": "object", "additionalProperties": true }));
    let paths = old["paths"].as_object().unwrap().iter().map(|(path, item)| {
        let methods = item.as_object().unwrap().iter().map(|(method, it)| (method.clone(), operation(it)));
        (path.clone(), Value::Object(methods.collect()))
    });
    let paths = paths.collect::<Map<_, _>>();
    let root = json!({ "openapi": "3.0.3", "info": old["info"], "paths": paths, "components": { "schemas": schemas } });
    Spec::from_value(root)
}

fn operation(old: &Value) -> Value {
    let mut new = json!({ "parameters": [], "responses": {} });
    let mut form = Map::new();
    for parameter in old["parameters"].as_array().into_iter().flatten() {
        let mut schema = parameter.as_object().unwrap().clone();
        let place = schema.remove("in").unwrap();
        let name = schema.remove("name").unwrap();
        let required = schema.remove("required").unwrap_or(json!(false));
        match place.as_str().unwrap() {
            "body" => new["requestBody"] = json!({ "content": { JSON: { "schema": schema["schema"] } } }),
            "formData" => drop(form.insert(name.as_str().unwrap().to_owned(), Value::Object(schema))),
            _ => {
                let moved = json!({ "in": place, "name": name, "required": required, "schema": schema });
                new["parameters"].as_array_mut().unwrap().push(moved);
            }
        }
    }
    if !form.is_empty() {
        new["requestBody"] = json!({ "content": { FORM: { "schema": { "type": "object", "properties": form } } } });
    }
    for (status, answer) in old["responses"].as_object().unwrap() {
        new["responses"][status] = match answer.get("schema") {
            Some(schema) => json!({ "description": "", "content": { JSON: { "schema": schema } } }),
            None => json!({ "description": "" }),
        };
    }
    new
}
