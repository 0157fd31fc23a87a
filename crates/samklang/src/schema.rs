//! The JSON Schema of the configuration file, for editors. The tests hold it against the readers themselves: a key that
//! one of them takes and the schema does not name, or the other way round, fails there.

use serde_json::{Map, Value, json};
use sync_core::{EntityKind, mapping::Transform};

use crate::{plugins::Plugins, preset, system};

/// The whole file. Presets and `--set` may supply what is missing, so hardly anything is required. Mappers and hooks are
/// those that the program brings.
pub(crate) fn of_file(plugins: &Plugins) -> Value {
    let presets: Vec<&str> = preset::ALL.iter().map(|preset| preset.name).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Configuration of samklang",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "preset": {"enum": presets, "description": "what to start from; keys of the file replace its keys"},
            "store": text("the state file, seen from this file's folder; samklang.db if left out"),
            "tokens": text("the folder for tokens of logins; samklang.tokens if left out"),
            "connections": named(connection(), "who is connected, by the names that the rest of the file uses"),
            "entities": named(
                json!({"anyOf": [{"$ref": "#/$defs/entity"}, {"const": false}]}),
                "rule sets; false leaves one of the preset's out",
            ),
            "tables": named(json!({"$ref": "#/$defs/table"}), "codes: canonical to the left, each system's to the right"),
            "guards": {"$ref": "#/$defs/guards"},
        },
        "$defs": {
            "outside": outside(),
            "entity": entity(),
            "role": role(),
            "rules": {
                "type": "object",
                "description": "by field or group; x.<name> may be written as a table",
                "additionalProperties": {"anyOf": [{"$ref": "#/$defs/rule"}, {"$ref": "#/$defs/rules"}]},
            },
            "rule": rule(),
            "conflict": conflict(),
            "match": closed(json!({
                "on": {"type": "array", "items": {"type": "string"}, "minItems": 1},
                "duplicates": {"enum": ["hold", "alias"]},
            }), &["on"]),
            "scope": closed(json!({
                "tell": text("the field in which the others are told why a record does not go there"),
                "at": text("the connection that records are sent to"),
                "when": {"$ref": "#/$defs/conditions"},
            }), &["at", "when"]),
            "conditions": {"type": "array", "items": {"type": "string"}, "description": "all must hold"},
            "row": row(plugins),
            "hook": hook(plugins),
            "status": status(),
            "carriers": carriers(),
            "differs": differs(),
            "reserve": reserve(),
            "campaign": campaign(),
            "table": named(json!({
                "type": "object",
                "additionalProperties": {
                    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}],
                },
            }), "a column for each connection"),
            "guards": guards(),
            "time": {"type": "string", "pattern": "^[0-9]+[smhd]$"},
        },
    })
}

fn text(what: &str) -> Value {
    json!({"type": "string", "description": what})
}

fn named(of: Value, what: &str) -> Value {
    json!({"type": "object", "additionalProperties": of, "description": what})
}

fn closed(properties: Value, required: &[&str]) -> Value {
    json!({"type": "object", "additionalProperties": false, "properties": properties, "required": required})
}

/// One shape for each system. What a setting takes is its connector's to say; the names are asked of it.
fn connection() -> Value {
    let of = |system: &system::System| {
        let setting = |key: String| {
            let shape =
                if system.secrets.contains(&key.as_str()) { json!({"$ref": "#/$defs/outside"}) } else { json!({}) };
            (key, shape)
        };
        let mut properties: Map<String, Value> = system.keys().into_iter().map(setting).collect();
        properties.insert("system".to_owned(), json!({"const": system.name}));
        closed(Value::Object(properties), &[])
    };
    // without `system` the preset's stands
    json!({"anyOf": system::ALL.iter().map(of).collect::<Vec<_>>()})
}

fn outside() -> Value {
    json!({
        "description": "a secret: where its value is taken from",
        "oneOf": [
            closed(json!({"env": text("an environment variable")}), &["env"]),
            closed(json!({"file": text("a file whose only line it is")}), &["file"]),
        ],
    })
}

fn entity() -> Value {
    let kinds: Vec<&str> = EntityKind::ALL.iter().map(|kind| kind.name()).collect();
    closed(
        json!({
            "kind": {"enum": kinds},
            "where": {"$ref": "#/$defs/conditions"},
            "master": text("the connection that decides every field without a rule of its own"),
            "every": {"$ref": "#/$defs/time"},
            "complete_every": {"$ref": "#/$defs/time"},
            "systems": named(json!({"$ref": "#/$defs/role"}), "who takes part, by connection"),
            "fields": {"$ref": "#/$defs/rules"},
            "map": {"type": "array", "items": {"$ref": "#/$defs/row"}},
            "scope": {"type": "array", "items": {"$ref": "#/$defs/scope"}},
            "match": {"type": "array", "items": {"$ref": "#/$defs/match"}},
            "status": named(json!({"$ref": "#/$defs/status"}), "each system's words for the state of a document"),
            "rows": named(json!({"$ref": "#/$defs/carriers"}), "what carries rows of documents that are no items"),
            "accounts": named(
                named(json!({"type": "string"}), "way to pay = bank account"),
                "where payments on invoices are booked",
            ),
            "buyer_differs": {"$ref": "#/$defs/differs"},
            "on_remove": {"enum": ["hold", "ignore", "archive", "propagate"]},
            "recreate": {"enum": ["ask", "always"]},
            "on_empty_master": {"enum": ["keep", "blank"]},
            "reserve": {"$ref": "#/$defs/reserve"},
            "campaign": {"$ref": "#/$defs/campaign"},
            "time_zone": text("where the days of a campaign begin: Europe/Stockholm"),
            "hooks": {"type": "array", "items": {"$ref": "#/$defs/hook"}, "description": "code of your own, in the order of its calls"},
            "guards": {"$ref": "#/$defs/guards"},
        }),
        &[],
    )
}

/// Stock that shops are told of.
fn reserve() -> Value {
    let what = "kept back of every item, in its units";
    closed(
        json!({
            "orders": {"type": "array", "items": {"type": "string"}, "minItems": 1, "description": "rule sets of orders"},
            "buffer": {"type": ["number", "string"], "description": what},
            "counted": {
                "enum": ["arrived", "booked", "delivered"],
                "description": "from when on the master's own number counts an order",
            },
            "when": {"$ref": "#/$defs/conditions"},
        }),
        &["orders"],
    )
}

/// Campaign prices that the master does not have.
fn campaign() -> Value {
    let day = |what: &str| json!({"type": "string", "format": "date", "description": what});
    closed(
        json!({
            "list": text("the price list whose amounts are the campaign's"),
            "amounts": named(json!({"type": ["number", "string"]}), "item number = amount"),
            "base": text("the price list whose prices get them; the items' own prices if left out"),
            "currency": text("of the amounts; any if left out"),
            "from": day("first day"),
            "to": day("last day"),
        }),
        &[],
    )
}

fn role() -> Value {
    closed(
        json!({
            "read": {"type": "boolean"},
            "create": {"enum": ["never", "asked", "always"]},
            "update": {"type": "boolean"},
            "remove": {"type": "boolean"},
            "streams": {"type": "array", "items": {"type": "string"}},
            "becomes": {"enum": ["order", "invoice"], "description": "what an order is made there"},
            "every": text("how often it is read, where not as often as the rule set: 30s 2m 6h 1d"),
            "until": {
                "enum": ["draft", "open", "booked", "sent"],
                "description": "how far a document is brought; as little binding as the system can have it if left out",
            },
        }),
        &[],
    )
}

fn rule() -> Value {
    let of = |name: &str, mut properties: Value, required: &[&str]| {
        if let Some(properties) = properties.as_object_mut() {
            properties.insert("rule".to_owned(), json!({"const": name}));
        }
        closed(properties, &[&["rule"], required].concat())
    };
    let foreign = json!({"enum": ["ignore", "revert", "hold"]});
    json!({"oneOf": [
        of("master", json!({"system": {"type": "string"}, "on_foreign_change": foreign}), &["system"]),
        of("shared", json!({"on_conflict": {"$ref": "#/$defs/conflict"}}), &["on_conflict"]),
        of("seed", json!({"from": {"type": "string"}}), &["from"]),
        of("sum", json!({"up_to": {"type": "string"}}), &[]),
        of("off", json!({}), &[]),
    ]})
}

fn conflict() -> Value {
    json!({"oneOf": [
        closed(json!({"prefer": {"type": "array", "items": {"type": "string"}, "minItems": 1}}), &["prefer"]),
        closed(json!({"newest": closed(json!({"otherwise": {"type": "string"}}), &["otherwise"])}), &["newest"]),
        {"const": "hold"},
    ]})
}

fn status() -> Value {
    let axes = json!({"type": "object", "additionalProperties": {"type": "string"}, "description": "axis = value"});
    let meaning = closed(json!({"status": {"type": "string"}, "means": axes}), &["status", "means"]);
    let outcome = closed(
        json!({
            "when": {"type": "object", "additionalProperties": {"type": "string"}},
            "status": {"type": "string"},
            "effects": {"type": "array", "items": {"type": "string"}},
            "apply": {"enum": ["write", "hold"]},
        }),
        &["when", "status"],
    );
    closed(
        json!({
            "field": text("the vendor's field that holds the word"),
            "read": {"type": "array", "items": meaning},
            "write": {"type": "array", "items": outcome, "description": "the first row that fits wins"},
        }),
        &["field"],
    )
}

/// For systems that take these from their register of customers, whatever a document says.
fn differs() -> Value {
    let what = json!({"enum": ["hold", "as_register", "as_order", "update_register"]});
    closed(json!({"currency": what, "address": what}), &[])
}

/// Articles of one system, by VAT rate in percent.
fn carriers() -> Value {
    let by_rate = json!({
        "type": "object",
        "description": "VAT in percent = the article's number",
        "additionalProperties": {"type": "string"},
    });
    closed(
        json!({
            "freight": by_rate,
            "fee": by_rate,
            "discount": by_rate,
            "rounding": closed(json!({"article": {"type": "string"}, "enabled": {"type": "boolean"}}), &["article"]),
        }),
        &[],
    )
}

/// Beside its own keys a row has one for each connection.
fn row(plugins: &Plugins) -> Value {
    json!({
        "type": "object",
        "properties": {
            "field": {"type": "string"},
            "direction": {"enum": ["both", "in", "out"]},
            "table": {"type": "string"},
            "transform": one_of(Transform::ALL.into_iter().map(|(word, _)| word), "what is made of a text that is read"),
            "mapper": one_of(plugins.mappers.keys().map(String::as_str), "a mapper that the program brings"),
        },
        "additionalProperties": {"anyOf": [
            text("the connection's field"),
            closed(
                json!({"value": {"type": ["string", "integer", "boolean"], "description":
                    "it has no such field: what its records are taken to have until somebody says otherwise"}}),
                &["value"],
            ),
        ]},
        "required": ["field"],
    })
}

/// Code of one's own that is on. What it takes is its own to say.
fn hook(plugins: &Plugins) -> Value {
    closed(
        json!({
            "hook": one_of(plugins.hooks.names(), "a hook that the program brings"),
            "at": text("the connection whose records it is called for"),
            "with": {"type": "object", "description": "what the hook is to know"},
        }),
        &["hook", "at"],
    )
}

/// One of the names that there are.
fn one_of<'a>(names: impl Iterator<Item = &'a str>, what: &str) -> Value {
    json!({"enum": names.collect::<Vec<_>>(), "description": what})
}

fn guards() -> Value {
    let whole = json!({"type": "integer", "minimum": 0});
    closed(
        json!({
            "max_create": whole,
            "max_remove_percent": whole,
            "max_change_percent": whole,
            "min_listed_percent": whole,
            "max_rewrites": whole,
            "rewrites_within": {"type": "string", "description": "30s, 5m, 1h, 1d"},
        }),
        &[],
    )
}

#[cfg(test)]
mod tests;
