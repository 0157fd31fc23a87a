//! What the bodies of writes may hold: types, lengths, lists. Unknown fields are ignored, as are those of the server.

use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};
use serde_json::{Value, json};

use crate::frame::{Request, Switches};

use super::{
    model::{Entity, Field, Kind, Own},
    refusal::Refusal,
    setup::{FieldSetup, Setups, Sort},
    switches::{DRIFT, EMPTY_TEXT, LIST_VALUES, NULL_MEANS, NUMBER_DECIMALS, TOO_LONG},
    value::{Fields, decimal, number, read_instant},
};

/// Names that a field goes by since the description of 2019: the newer one and the older one.
pub(super) const ALIASES: [(&str, &str); 2] =
    [("DeliveryOpportunityPersonId", "DeliveryPersonId"), ("DeliveryOpportunityDescription", "DeliveryDescription")];

/// The body as an object.
pub(super) fn object(request: &Request) -> Result<Fields, Refusal> {
    match request.json() {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(Refusal::parameter("The body must be an object")),
        Err(error) => Err(Refusal::parameter(format!("The body is not valid JSON: {error}"))),
    }
}

/// The body as a list.
pub(super) fn list(request: &Request) -> Result<Vec<Value>, Refusal> {
    match request.json() {
        Ok(Value::Array(rows)) => Ok(rows),
        Ok(_) => Err(Refusal::parameter("The body must be an array")),
        Err(error) => Err(Refusal::parameter(format!("The body is not valid JSON: {error}"))),
    }
}

/// The fields of a body that a client may write, as records keep them.
pub(super) fn body(entity: Entity, body: Fields, setups: &Setups, switches: &Switches) -> Result<Fields, Refusal> {
    let (model, drift) = (entity.model(), switches.word(&DRIFT));
    let mut kept = Fields::new();
    for (given, value) in body {
        let alias = ALIASES.iter().find(|(newer, _)| given.eq_ignore_ascii_case(newer));
        let name = match alias {
            Some(_) if drift == "none" => continue,
            Some((_, older)) => *older,
            None if drift == "instead" && ALIASES.iter().any(|(_, older)| given.eq_ignore_ascii_case(older)) => {
                continue;
            }
            None => given.as_str(),
        };
        let Some(field) = model.field(name) else { continue };
        if field.own == Own::Server || field.own == Own::Newer && drift == "none" {
            continue;
        }
        if value.is_null() {
            if switches.is(&NULL_MEANS, "cleared") {
                kept.insert(field.name.clone(), field.default());
            }
            continue;
        }
        let emptied = value == "" && matches!(field.kind, Kind::Text(_));
        if emptied && switches.is(&EMPTY_TEXT, "kept") {
            continue;
        }
        let value = normal(field, setups.of(&field.name, switches), value, switches)?;
        kept.insert(field.name.clone(), value);
    }
    Ok(kept)
}

fn normal(field: &Field, setup: Option<&FieldSetup>, value: Value, switches: &Switches) -> Result<Value, Refusal> {
    let wrong = || Refusal::invalid(format!("{}: the value {value} is not valid", field.name));
    match field.kind {
        Kind::Text(max) => {
            let text = match &value {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                _ => return Err(wrong()),
            };
            let max = setup.and_then(|setup| setup.max).unwrap_or(max);
            let text = fitting(field, text, max, switches)?;
            chosen(setup, &text, switches).map(|text| json!(text)).ok_or_else(wrong)
        }
        Kind::Int => {
            let whole = decimal(&value).filter(|amount| amount.fract().is_zero());
            let whole = whole.and_then(|amount| amount.to_i32()).ok_or_else(wrong)?;
            let listed = setup.is_none_or(|setup| whole == 0 || setup.value_of(&whole.to_string()).is_some());
            if listed || switches.is(&LIST_VALUES, "free") { Ok(json!(whole)) } else { Err(wrong()) }
        }
        Kind::Number => {
            let decimals = u32::try_from(switches.number(&NUMBER_DECIMALS)).unwrap_or(0);
            let kept =
                |amount: Decimal| amount.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero);
            decimal(&value).map(|amount| number(kept(amount))).ok_or_else(wrong)
        }
        Kind::Flag => match &value {
            Value::Bool(flag) => Ok(json!(flag)),
            Value::String(text) => text.to_lowercase().parse::<bool>().map(|flag| json!(flag)).map_err(|_| wrong()),
            _ => Err(wrong()),
        },
        Kind::Instant | Kind::Day => value.as_str().and_then(|text| read_instant(text, switches)).ok_or_else(wrong),
        Kind::Words(words) => {
            let word = match &value {
                Value::String(text) => words.iter().find(|word| word.eq_ignore_ascii_case(text)),
                other => other.as_u64().and_then(|place| words.get(usize::try_from(place).ok()?)),
            };
            word.map(|word| json!(word)).ok_or_else(wrong)
        }
    }
}

fn fitting(field: &Field, text: String, max: usize, switches: &Switches) -> Result<String, Refusal> {
    if max == 0 || text.chars().count() <= max {
        return Ok(text);
    }
    if switches.is(&TOO_LONG, "cut") {
        return Ok(text.chars().take(max).collect());
    }
    Err(Refusal::invalid(format!("{}: the text is longer than {max} characters", field.name)))
}

/// The text as a field of this set-up keeps it; none if it may not hold it.
fn chosen(setup: Option<&FieldSetup>, text: &str, switches: &Switches) -> Option<String> {
    let Some(setup) = setup else { return Some(text.to_owned()) };
    if text.is_empty() || switches.is(&LIST_VALUES, "free") {
        return Some(text.to_owned());
    }
    match setup.sort {
        Sort::List => setup.value_of(text).map(str::to_owned),
        Sort::Checkbox => ["Yes", "No"].contains(&text).then(|| text.to_owned()),
        Sort::Multi => {
            let all = serde_json::from_str::<Vec<String>>(text).ok()?;
            all.iter().all(|one| setup.value_of(one).is_some()).then(|| text.to_owned())
        }
        Sort::Number => decimal(&json!(text)).map(|_| text.to_owned()),
        Sort::Date => {
            let forms = ["%Y-%m-%d", "%Y%m%d"];
            let good = forms.iter().any(|form| chrono::NaiveDate::parse_from_str(text, form).is_ok());
            good.then(|| text.to_owned())
        }
        Sort::Text => Some(text.to_owned()),
    }
}
