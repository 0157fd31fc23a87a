//! How records and what is held of them are told to people. Pure.

use chrono::{DateTime, Utc};

use super::super::subject::Subject;
use crate::{
    decide::Why,
    id::SystemId,
    store::{Binding, Held, HeldWhy},
    value::{FieldMap, FieldPath},
};

pub(super) fn held_unit(
    subject: &Subject,
    unit: FieldPath,
    why: Why,
    values: Vec<(SystemId, FieldMap)>,
    now: DateTime<Utc>,
) -> Held {
    let binding = &subject.binding;
    let said: Vec<String> = values
        .iter()
        .map(|(system, value)| {
            let shown: Vec<String> = value.iter().map(|(_, v)| v.to_string()).collect();
            format!("{system} says {}", shown.join(", "))
        })
        .collect();
    let (what, cure) = match why {
        Why::Conflict => ("was changed on several sides", "choose the value that is right"),
        Why::ForeignChange => {
            ("was changed where another system decides", "take the change over, or let it be reverted")
        }
        Why::CutEdit => ("was changed where only its beginning is shown", "say whether the rest is to stay"),
        Why::SameAmountTwice => ("grew by the same amount on two sides", "say whether it is one payment or two"),
        Why::OverTotal => ("exceeds the whole", "correct the side that is wrong"),
    };
    let text = format!("{} of {} {what}: {}", unit, name_of(binding), said.join("; "));
    let mut held = Held::new(binding.id, binding.entity.clone(), HeldWhy::Field(why), text, cure, now);
    held.unit = Some(unit);
    held.values = values;
    held.numbers = binding.numbers.clone();
    held
}

/// How people know a record: its first number, else its first reference.
pub(in crate::engine) fn name_of(binding: &Binding) -> String {
    let number = binding.numbers.iter().next().cloned();
    let sku = binding.agreed.text(FieldPath::from_static("sku")).map(str::to_owned); // prices and stock have no number
    let known = number.or(sku).or_else(|| binding.references().next().map(|r| r.to_string()));
    format!("{} {}", binding.entity, known.unwrap_or_else(|| binding.id.to_string()))
}
