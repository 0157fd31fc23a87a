//! Small descriptions in both dialects, and what is found against them.
#![allow(clippy::unwrap_used, reason = "a test")]

use serde_json::{Value, json};
use spec_check::{LoadError, Problem, Spec};

fn description(version: &str, schemas: Value) -> Value {
    let body = |schema: &str| json!({ "content": { "application/json": { "schema": { "$ref": schema } } } });
    json!({
        "openapi": version,
        "servers": [{ "url": "https://{shop}.example.com/api/v2" }],
        "paths": {
            "/orders": {
                "get": {
                    "parameters": [
                        { "name": "page", "in": "query", "schema": { "type": "integer", "minimum": 1 } },
                        { "name": "tags", "in": "query", "schema": { "type": "array", "items": { "type": "integer" } } },
                        { "name": "open", "in": "query", "schema": { "type": "boolean" } },
                    ],
                    "responses": { "200": body("#/components/schemas/Rows"), "400": { "$ref": "#/components/responses/Bad" } },
                },
                "post": {
                    "requestBody": { "required": true, "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Order" } } } },
                    "responses": { "201": body("#/components/schemas/Order") },
                },
            },
            "/orders/{orderId}": {
                "parameters": [{ "name": "orderId", "in": "path", "required": true, "schema": { "type": "integer" } }],
                "get": { "responses": { "200": body("#/components/schemas/Order") } },
                "delete": { "responses": { "204": { "description": "gone" } } },
            },
            "/orders/new": { "get": { "responses": { "200": body("#/components/schemas/Order") } } },
            "/token": { "post": {
                "requestBody": { "content": { "application/x-www-form-urlencoded": { "schema": {
                    "type": "object", "required": ["id"], "properties": { "id": { "type": "string" }, "ttl": { "type": "integer" } } } } } },
                "responses": {},
            } },
        },
        "components": {
            "schemas": schemas,
            "responses": { "Bad": { "content": { "application/json": { "schema": { "type": "object", "required": ["error"] } } } } },
        },
    })
}

fn old() -> Spec {
    let schemas = json!({
        "Order": { "type": "object", "required": ["orderId", "name"], "properties": {
            "orderId": { "type": "integer", "readOnly": true, "format": "int32" },
            "name": { "type": "string", "maxLength": 5 },
            "note": { "type": "string", "nullable": true, "enum": ["a"] },
            "mail": { "type": "boolean", "writeOnly": true },
            "share": { "type": "number", "minimum": 0, "exclusiveMinimum": true },
            "free": { "type": "object" },
        } },
        "Tagged": { "properties": { "tag": { "$ref": "#/components/schemas/Tag" } } },
        "Tag": { "type": "object", "properties": { "next": { "$ref": "#/components/schemas/Tag" } } },
        "Rows": { "type": "array", "items": { "allOf": [
            { "$ref": "#/components/schemas/Order" }, { "$ref": "#/components/schemas/Tagged" } ] } },
    });
    Spec::from_value(description("3.0.0", schemas)).unwrap()
}

fn found(problems: &[Problem]) -> Vec<(&str, &str, &str)> {
    problems.iter().map(|p| (p.place.as_str(), p.at.as_str(), p.keyword.as_str())).collect()
}

fn answer(spec: &Spec, path: &str, body: Value) -> Vec<(String, String)> {
    let problems = spec.check_response("GET", path, 200, &body.to_string());
    problems.into_iter().map(|problem| (problem.at, problem.keyword)).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(at, keyword)| ((*at).to_owned(), (*keyword).to_owned())).collect()
}

#[test]
fn an_answer_is_held_against_its_schema() {
    let spec = old();
    let path = "/api/v2/orders/1";
    assert_eq!(answer(&spec, path, json!({ "orderId": 1, "name": "x", "note": null, "free": { "a": 1 } })), []);
    assert_eq!(
        answer(&spec, path, json!({ "orderId": "1", "name": null })),
        pairs(&[("/name", "type"), ("/orderId", "type")])
    );
    assert_eq!(
        answer(&spec, path, json!({ "orderId": 3_000_000_000_i64, "name": "x" })),
        pairs(&[("/orderId", "maximum")])
    );
    assert_eq!(
        answer(&spec, path, json!({ "orderId": 1, "name": "x", "mail": true })),
        pairs(&[("/mail", "writeOnly")])
    );
    assert_eq!(answer(&spec, path, json!({ "orderId": 1, "name": "x", "nmae": 1 })), pairs(&[("/nmae", "unknown")]));
    assert_eq!(
        answer(&spec, path, json!({ "orderId": 1, "name": "x", "share": 0 })),
        pairs(&[("/share", "exclusiveMinimum")])
    );
    assert_eq!(answer(&spec, path, json!({ "orderId": 1 })), pairs(&[("", "required")]));
}

#[test]
fn fields_of_all_parts_of_a_composed_schema_are_known_and_no_others() {
    let spec = old();
    let row = json!({ "orderId": 1, "name": "x", "tag": { "next": { "next": {} } } });
    assert_eq!(answer(&spec, "/orders", json!([row])), []);
    let row = json!({ "orderId": 1, "name": "x", "tga": 1, "tag": { "next": { "last": {} } } });
    assert_eq!(
        answer(&spec, "/orders", json!([row])),
        pairs(&[("/0/tag/next/last", "unknown"), ("/0/tga", "unknown")])
    );
}

#[test]
fn a_request_may_leave_out_what_is_read_only_and_must_not_send_it() {
    let spec = old();
    let body = |body: Value| spec.check_request("POST", "/orders", "", &body.to_string());
    assert_eq!(body(json!({ "name": "x", "mail": true })), []);
    assert_eq!(
        found(&body(json!({ "name": "toolong", "orderId": 1, "oops": 1 }))),
        [
            ("POST /orders body", "/name", "maxLength"),
            ("POST /orders body", "/oops", "unknown"),
            ("POST /orders body", "/orderId", "readOnly"),
        ]
    );
    assert_eq!(found(&spec.check_request("POST", "/orders", "", "")), [("POST /orders body", "", "body")]);
    assert_eq!(found(&spec.check_request("POST", "/orders", "", "{")), [("POST /orders body", "", "body")]);
    assert_eq!(found(&spec.check_request("GET", "/orders", "", "{}")), [("GET /orders body", "", "body")]);
}

#[test]
fn parameters_are_read_by_their_type() {
    let spec = old();
    let get = |path: &str, query: &str| spec.check_request("GET", path, query, "");
    assert_eq!(get("/orders", "page=2&tags=1,2&open=true"), []);
    let problems = get("/orders", "page=0&tags=1,x&open=1&size=9");
    assert_eq!(
        found(&problems).iter().map(|(_, at, keyword)| (*at, *keyword)).collect::<Vec<_>>(),
        [("page", "minimum"), ("tags", "type"), ("open", "type"), ("size", "unknown"),]
    );
    assert_eq!(found(&get("/orders/abc", "")), [("GET /orders/{orderId} path", "orderId", "type")]);
    assert_eq!(get("/orders/new", ""), [], "the path without variables wins");
}

#[test]
fn what_is_not_described_is_said() {
    let spec = old();
    assert_eq!(found(&spec.check_request("GET", "/nothing", "", "")), [("GET /nothing", "", "operation")]);
    assert_eq!(found(&spec.check_request("PUT", "/orders", "", "{}")), [("PUT /orders", "", "operation")]);
    assert_eq!(found(&spec.check_response("GET", "/orders", 429, "{}")), [("GET /orders 429", "", "status")]);
    assert_eq!(found(&spec.check_response("GET", "/orders", 400, "{}")), [("GET /orders 400", "", "required")]);
    assert_eq!(found(&spec.check_response("GET", "/orders", 200, "<html>")), [("GET /orders 200", "", "body")]);
    assert_eq!(spec.check_response("DELETE", "/orders/1", 204, ""), []);
    let body_of_nothing = spec.check_response("DELETE", "/orders/1", 204, "{}");
    assert_eq!(found(&body_of_nothing), [("DELETE /orders/{orderId} 204", "", "body")]);
}

#[test]
fn forms_are_checked_field_by_field() {
    let spec = old();
    assert_eq!(spec.check_request("POST", "/token", "", "id=a&ttl=5"), []);
    let problems = spec.check_request("POST", "/token", "", "ttl=soon&extra=1");
    assert_eq!(
        found(&problems).iter().map(|(_, at, keyword)| (*at, *keyword)).collect::<Vec<_>>(),
        [("", "required"), ("/extra", "unknown"), ("/ttl", "type")]
    );
}

#[test]
fn the_newer_dialect_has_null_among_its_types_and_formats_count() {
    let schemas = json!({
        "Order": { "type": "object", "additionalProperties": false, "properties": {
            "id": { "type": ["string", "null"], "format": "uuid" },
            "at": { "type": "string", "format": "date-time" },
        } },
        "Rows": { "type": "array", "items": { "$ref": "#/components/schemas/Order" } },
    });
    let spec = Spec::from_value(description("3.1.1", schemas)).unwrap();
    let good = json!([{ "id": null, "at": "2024-01-01T00:00:00Z" }]);
    assert_eq!(answer(&spec, "/orders", good), []);
    let bad = json!([{ "id": "x", "at": "2024-01-01", "more": 1 }]);
    assert_eq!(
        answer(&spec, "/orders", bad),
        pairs(&[("/0/at", "format"), ("/0/id", "format"), ("/0/more", "unknown")])
    );
}

#[test]
fn another_base_and_other_versions() {
    let spec = old().with_base("/shop/");
    assert_eq!(spec.check_request("GET", "/shop/orders/1", "", ""), []);
    for other in [json!({ "swagger": "1.2" }), json!({ "openapi": "4.0" }), json!({})] {
        assert!(matches!(Spec::from_value(other), Err(LoadError::Version(_))));
    }
    assert!(matches!(Spec::load("/nowhere.json"), Err(LoadError::Read(..))));
    assert!(Spec::of_vendor(env!("CARGO_MANIFEST_DIR"), "no-such-vendor/spec.json").unwrap().is_none());
}

#[test]
fn operations_and_fields_are_listed() {
    let spec = old();
    assert_eq!(spec.operation_name("GET", "/api/v2/orders/1").unwrap(), "GET /orders/{orderId}");
    assert_eq!(spec.operation_name("GET", "/nothing"), None);
    assert_eq!(spec.operation_names().len(), 6);
    assert_eq!(spec.field_names("Tagged"), ["tag"]);
    assert!(spec.field_names("Nothing").is_empty());
}

/// The same in the older form: a base path, bodies and forms among the parameters, shared parameters and answers.
fn swagger() -> Spec {
    let order = json!({ "type": "object", "required": ["orderId"], "properties": {
        "orderId": { "type": "integer" }, "note": { "type": "string", "x-nullable": true },
        "rows": { "type": "array", "items": { "$ref": "#/definitions/Row" } } } });
    let row = json!({ "type": "object", "properties": { "sku": { "type": "string", "maxLength": 5 } } });
    let page = json!({ "name": "page", "in": "query", "type": "integer", "minimum": 1, "maximum": 100 });
    let description = json!({
        "swagger": "2.0", "info": { "title": "t", "version": "1" }, "basePath": "/api", "consumes": ["application/json"],
        "definitions": { "Order": order, "Row": row },
        "parameters": { "page": page },
        "responses": { "one": { "description": "", "schema": { "$ref": "#/definitions/Order" } } },
        "paths": {
            "/orders/{id}": {
                "parameters": [{ "name": "id", "in": "path", "required": true, "type": "integer" }],
                "get": { "parameters": [{ "$ref": "#/parameters/page" }],
                    "responses": { "200": { "$ref": "#/responses/one" }, "401": { "description": "" } } },
                "put": { "parameters": [{ "name": "it", "in": "body", "required": true,
                    "schema": { "$ref": "#/definitions/Order" } }], "responses": { "200": { "description": "" } } } },
            "/login": { "post": { "parameters": [{ "name": "code", "in": "formData", "required": true, "type": "string",
                "maxLength": 4 }], "responses": { "200": { "description": "" } } } } } });
    Spec::from_value(description).unwrap()
}

fn keywords(problems: Vec<spec_check::Problem>) -> Vec<String> {
    problems.into_iter().map(|problem| format!("{} {}", problem.keyword, problem.at)).collect()
}

#[test]
fn an_older_description_is_checked_as_a_newer_one_is() {
    let spec = swagger();
    assert_eq!(spec.check_request("GET", "/api/orders/1", "page=2", ""), []);
    assert_eq!(
        keywords(spec.check_request("GET", "/orders/x", "page=101&colour=red", "")),
        ["type id", "maximum page", "unknown colour"]
    );
    let good = r#"{"orderId":1,"note":null,"rows":[{"sku":"A-1"}]}"#;
    assert_eq!(spec.check_request("PUT", "/orders/1", "", good), []);
    let bad = r#"{"note":7,"rows":[{"sku":"too-long","colour":1}]}"#;
    let mut found = keywords(spec.check_request("PUT", "/orders/1", "", bad));
    found.sort();
    assert_eq!(found, ["maxLength /rows/0/sku", "required ", "type /note", "unknown /rows/0/colour"]);
    assert_eq!(keywords(spec.check_request("PUT", "/orders/1", "", "")), ["body "]);
    assert_eq!(spec.check_request("POST", "/login", "", "code=abcd"), []);
    assert_eq!(keywords(spec.check_request("POST", "/login", "", "code=abcde")), ["maxLength /code"]);
    assert_eq!(keywords(spec.check_request("POST", "/login", "", "")), ["body "]);
}

#[test]
fn answers_of_an_older_description_are_checked_too() {
    let spec = swagger();
    assert_eq!(spec.check_response("GET", "/orders/1", 200, r#"{"orderId":1,"note":null}"#), []);
    assert_eq!(spec.check_response("GET", "/orders/1", 401, ""), []);
    assert_eq!(keywords(spec.check_response("GET", "/orders/1", 200, r#"{"orderId":"1"}"#)), ["type /orderId"]);
    assert_eq!(keywords(spec.check_response("GET", "/orders/1", 404, "")), ["status "]);
    assert_eq!(keywords(spec.check_response("PUT", "/orders/1", 200, "{}")), ["body "]);
    assert_eq!(spec.operation_names(), ["POST /login", "GET /orders/{id}", "PUT /orders/{id}"]);
    assert_eq!(spec.field_names("Row"), ["sku"]);
}
