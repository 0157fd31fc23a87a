//! Bodies of the older service: every value wrapped as `{"value": …}`, or the whole body counts for nothing.

use serde_json::Value;

use crate::frame::{Request, Switches};

use super::{
    refusal::Refusal,
    shape::{Field, Kind, Shape, shape},
    switches::UNKNOWN_PROPERTY,
    value::{Fields, day},
};

/// The body without its wrappers, by the names of the body. Null means that it said `{"value": null}`; what it did not
/// say is not there.
///
/// # Errors
/// Anything unwrapped or of another type refuses the body whole, as the type `dto`.
pub(super) fn accept(name: &str, dto: &str, request: &Request, switches: &Switches) -> Result<Fields, Refusal> {
    let refused = || Refusal::Shape(dto.to_owned());
    let body: Value = request.json().map_err(|_| refused())?;
    let strict = switches.is(&UNKNOWN_PROPERTY, "refused");
    unwrapped(shape(name), &body, strict).ok_or_else(refused)
}

/// The body of an action, which may be left out.
pub(super) fn accept_action(name: &str, request: &Request, switches: &Switches) -> Result<Fields, Refusal> {
    if request.body.is_empty() {
        return Ok(Fields::new());
    }
    let mut letters = name.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase()).into_iter();
    accept(name, &first.chain(letters).chain("Dto".chars()).collect::<String>(), request, switches)
}

fn unwrapped(shape: &Shape, body: &Value, strict: bool) -> Option<Fields> {
    let mut out = Fields::new();
    for (name, value) in body.as_object()? {
        let Some(field) = shape.field(name) else {
            if strict {
                return None;
            }
            continue;
        };
        if value.is_null() || field.kind == Kind::Any {
            continue;
        }
        let inner = match (&field.kind, field.plain) {
            (Kind::Many(_), _) | (_, true) => value,
            _ => value.as_object()?.get("value")?,
        };
        out.insert(name.clone(), taken(field, inner, strict)?);
    }
    Some(out)
}

fn taken(field: &Field, value: &Value, strict: bool) -> Option<Value> {
    if value.is_null() {
        return Some(Value::Null);
    }
    let fits = match &field.kind {
        Kind::Text(_) | Kind::Uuid => value.is_string(),
        Kind::Int => value.is_i64(),
        Kind::Num => value.is_number(),
        Kind::Bool => value.is_boolean(),
        Kind::Date => day(value.as_str()?).is_some(),
        Kind::Words(words) => words.iter().any(|word| value == word.as_str()),
        Kind::Any => true,
        Kind::One(inner) => return unwrapped(shape(inner), value, strict).map(Value::Object),
        Kind::Many(inner) => {
            let rows = value.as_array()?.iter().map(|row| unwrapped(shape(inner), row, strict).map(Value::Object));
            return rows.collect::<Option<Vec<_>>>().map(Value::Array);
        }
    };
    fits.then(|| value.clone())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::visma_net::switches::ALL;

    fn taken(body: Value) -> Result<Fields, Refusal> {
        let request = Request { body: body.to_string().into_bytes(), ..Request::default() };
        accept("customerUpdate", "CustomerUpdateDto", &request, &Switches::new(ALL))
    }

    #[test]
    fn values_lose_their_wrappers_and_one_bare_value_loses_the_body() {
        let body = json!({ "name": { "value": "A" }, "creditLimit": { "value": 10.5 }, "gln": { "value": null },
            "mainAddress": { "value": { "city": { "value": "Oslo" } } }, "overrideWithClassValues": true,
            "attributeLines": [{ "attributeId": { "value": "X" } }], "corporateId": null, "noSuch": 1 });
        let expected = json!({ "name": "A", "creditLimit": 10.5, "gln": null, "mainAddress": { "city": "Oslo" },
            "overrideWithClassValues": true, "attributeLines": [{ "attributeId": "X" }] });
        assert_eq!(json!(taken(body).unwrap()), expected);
        for wrong in [
            json!({ "name": "A" }),
            json!({ "name": { "value": 1 } }),
            json!({ "mainAddress": { "city": { "value": "Oslo" } } })
                .as_object()
                .map(|_| json!({ "mainAddress": "x" }))
                .unwrap(),
            json!({ "status": { "value": "Sleeping" } }),
            json!({ "overrideWithClassValues": { "value": true } }),
            json!({ "attributeLines": { "value": [] } }),
            json!([]),
        ] {
            assert_eq!(taken(wrong.clone()), Err(Refusal::Shape("CustomerUpdateDto".into())), "{wrong}");
        }
    }
}
