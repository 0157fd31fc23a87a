//! Files that a person can read: one record a line, what names it first, then the rest by name.

use std::fmt::Write as _;

use rust_decimal::Decimal;
use serde_json::{Map, Value};

/// What stands first in a record.
const FIRST: [&str; 23] = [
    "orderId",
    "productId",
    "variantId",
    "customerId",
    "itemId",
    "CustomerNumber",
    "Number",
    "sku",
    "Name",
    "name",
    "createdAt",
    "Id",
    "OrganisationId",
    "OrganisationName",
    "PersonId",
    "DeliveryId",
    "QuotationLineId",
    "QuotationLineLinkedDataItemId",
    "FieldMetadataFriendlyFieldName",
    "contactId",
    "inventoryNumber",
    "number",
    "seed",
];

/// A number without needless zeros.
pub(crate) fn number(amount: Decimal) -> Value {
    serde_json::from_str(&amount.normalize().to_string()).unwrap_or_default()
}
/// The members of an object.
pub(crate) fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
/// A list, one record a line.
pub(crate) fn lines(records: &[Value]) -> String {
    let lines: Vec<String> = records.iter().map(line).collect();
    format!("[\n{}\n]\n", lines.join(",\n"))
}
/// An object, one member a line.
pub(crate) fn sheet(value: &Value) -> String {
    let members = value.as_object().into_iter().flat_map(in_order);
    let lines: Vec<String> = members.map(|(name, value)| format!("  {}: {}", text(name), line(value))).collect();
    format!("{{\n{}\n}}\n", lines.join(",\n"))
}

/// The order of members is this function's own: that of the map depends on how the whole workspace is built.
fn in_order(members: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut all: Vec<_> = members.iter().collect();
    let rank = |name: &str| FIRST.iter().position(|first| *first == name).unwrap_or(FIRST.len());
    all.sort_by(|(one, _), (other, _)| rank(one).cmp(&rank(other)).then_with(|| one.cmp(other)));
    all
}
fn line(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let inner: Vec<String> =
                in_order(members).into_iter().map(|(name, value)| format!("{}:{}", text(name), line(value))).collect();
            format!("{{{}}}", inner.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(line).collect::<Vec<_>>().join(",")),
        Value::String(said) => text(said),
        plain => plain.to_string(),
    }
}
fn text(said: &str) -> String {
    let mut out = String::from('"');
    for letter in said.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            control if control < ' ' => {
                // writing to a string cannot fail
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_names_a_record_stands_first() {
        let record = json!({ "a": [1, null], "orderId": 7, "b": { "x": "å \"ä\" \\ \n" } });
        assert_eq!(line(&record), r#"{"orderId":7,"a":[1,null],"b":{"x":"å \"ä\" \\ \u000a"}}"#);
        assert_eq!(serde_json::from_str::<Value>(&line(&record)).unwrap(), record);
    }

    #[test]
    fn amounts_are_plain_numbers() {
        assert_eq!(number(Decimal::new(12_500, 3)).to_string(), "12.5");
        assert_eq!(number(Decimal::new(-300, 2)).to_string(), "-3");
    }
}
