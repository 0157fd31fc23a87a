//! Amounts to which each side adds its own part: what was settled here and what was settled there.

use rust_decimal::Decimal;

use super::{Agreed, Decision, Side, Why, hold, settle};
use crate::{
    capability::represents,
    id::SystemId,
    value::{FieldMap, FieldPath, Value},
};

/// Every side's difference counts; together they never exceed the whole.
pub(super) fn add_up(agreed: Option<Agreed<'_>>, sides: &[Side<'_>], whole: Option<Decimal>) -> Decision {
    let Some(path) = sides.iter().filter_map(|s| s.seen.or(s.shadow)?.paths().next()).min() else {
        return Decision::Keep;
    };
    let agreed_amount = agreed.and_then(|a| amount(Some(a.value), path));
    let mut edits: Vec<Part<'_>> = Vec::new();
    let mut firsts: Vec<Part<'_>> = Vec::new();
    for side in sides {
        match (amount(side.seen, path), amount(side.shadow, path)) {
            (Some(now), Some(before)) if now != before => edits.push((side, now - before)),
            (Some(now), None) => firsts.push((side, now)),
            _ => {}
        }
    }
    for parts in [&mut edits, &mut firsts] {
        parts.sort_by_key(|(side, _)| side.system);
    }
    let all = || edits.iter().chain(&firsts).map(|(side, _)| (side.system.clone(), side.shown())).collect();
    let Some(base) = first_sight(agreed_amount, &firsts, path) else {
        return hold(Why::Conflict, all());
    };
    if twice(&edits, agreed_amount, path) {
        return hold(Why::SameAmountTwice, all());
    }
    let Some(total) = edits.iter().try_fold(base, |sum, (_, added)| sum.checked_add(*added)) else {
        return hold(Why::OverTotal, all());
    };
    if !edits.is_empty() && whole.is_some_and(|whole| total.abs() > whole.abs()) {
        return hold(Why::OverTotal, all());
    }
    // parts that make up for each other leave the total, but not what the sides show
    if edits.is_empty() && (firsts.is_empty() || agreed_amount == Some(total)) {
        return Decision::Keep;
    }
    let from = origin(&edits, &firsts, total);
    settle(&FieldMap::new().with(path, Value::Decimal(total)), &from, agreed, &[])
}

/// A side with what it adds, or shows for the first time.
type Part<'a> = (&'a Side<'a>, Decimal);

/// The amount to start from. Sides met for the first time agree, or have nothing settled yet, or a person decides.
fn first_sight(agreed: Option<Decimal>, firsts: &[Part<'_>], path: FieldPath) -> Option<Decimal> {
    let filled: Vec<&Part<'_>> = firsts.iter().filter(|(_, amount)| !amount.is_zero()).collect();
    if filled.is_empty() {
        return Some(agreed.unwrap_or_default());
    }
    let all_show = |base: &Decimal| {
        let wanted = Value::Decimal(*base);
        filled.iter().all(|(side, now)| represents(&Value::Decimal(*now), &wanted, side.fields.get(path)))
    };
    match agreed {
        Some(agreed) => Some(agreed).filter(all_show),
        None => filled.iter().map(|(_, amount)| *amount).find(all_show),
    }
}

/// The same amount was added on two sides; or on one which then shows what was on its way to it.
fn twice(edits: &[Part<'_>], agreed: Option<Decimal>, path: FieldPath) -> bool {
    edits.iter().enumerate().any(|(i, (side, added))| {
        let arrived = side.lagging && amount(side.seen, path) == agreed;
        arrived || edits.iter().skip(i + 1).any(|(other, same)| other.system != side.system && same == added)
    })
}

fn origin(edits: &[Part<'_>], firsts: &[Part<'_>], total: Decimal) -> SystemId {
    match edits {
        [(one, _)] => one.system.clone(),
        [] => firsts
            .iter()
            .find(|(_, amount)| *amount == total)
            .map_or_else(SystemId::hub, |(side, _)| side.system.clone()),
        _ => SystemId::hub(),
    }
}

fn amount(of: Option<&FieldMap>, path: FieldPath) -> Option<Decimal> {
    match of?.get(path)? {
        Value::Null => Some(Decimal::ZERO),
        value => value.as_decimal(),
    }
}
