//! Amounts to which each side adds its own part: what was settled here and what was settled there.

use rust_decimal::Decimal;

use super::{Agreed, Decision, Side, Why, contender, hold, settle};
use crate::{
    id::SystemId,
    value::{FieldMap, FieldPath, Value},
};

/// Every side's difference counts; together they never exceed the whole.
pub(super) fn add_up(agreed: Option<Agreed<'_>>, sides: &[Side<'_>], whole: Option<Decimal>) -> Decision {
    let Some(path) = sides.iter().find_map(|s| s.seen.or(s.shadow).and_then(|v| v.paths().next())) else {
        return Decision::Keep;
    };
    let agreed_amount = agreed.and_then(|a| amount(Some(a.value), path));
    let mut edits: Vec<(&Side<'_>, Decimal)> = Vec::new();
    let mut firsts: Vec<(&Side<'_>, Decimal)> = Vec::new();
    for side in sides {
        match (amount(side.seen, path), amount(side.shadow, path)) {
            (Some(now), Some(before)) if now != before => edits.push((side, now - before)),
            (Some(now), None) => firsts.push((side, now)),
            _ => {}
        }
    }
    let base = match first_sight(agreed_amount, &firsts) {
        Ok(base) => base,
        Err(()) => return hold(Why::Conflict, firsts.iter().map(|(side, _)| contender(side, agreed))),
    };
    let twice = edits.iter().enumerate().any(|(i, (side, added))| {
        edits.iter().skip(i + 1).any(|(other, same)| other.system != side.system && same == added)
    });
    if twice {
        return hold(Why::SameAmountTwice, edits.iter().map(|(side, _)| contender(side, agreed)));
    }
    let Some(total) = edits.iter().try_fold(base, |sum, (_, added)| sum.checked_add(*added)) else {
        return hold(Why::OverTotal, edits.iter().map(|(side, _)| contender(side, agreed)));
    };
    if !edits.is_empty() && whole.is_some_and(|whole| total.abs() > whole.abs()) {
        return hold(Why::OverTotal, edits.iter().map(|(side, _)| contender(side, agreed)));
    }
    if agreed_amount == Some(total) || (edits.is_empty() && firsts.is_empty()) {
        return Decision::Keep;
    }
    let from = origin(&edits, &firsts, total);
    settle(FieldMap::new().with(path, Value::Decimal(total)), &from, &[])
}

/// The amount to start from. Sides met for the first time agree, or have nothing settled yet, or a person decides.
fn first_sight(agreed: Option<Decimal>, firsts: &[(&Side<'_>, Decimal)]) -> Result<Decimal, ()> {
    let mut base = agreed;
    for (_, amount) in firsts.iter().filter(|(_, amount)| !amount.is_zero()) {
        match base {
            Some(known) if known != *amount => return Err(()),
            _ => base = Some(*amount),
        }
    }
    Ok(base.unwrap_or_default())
}

fn origin(edits: &[(&Side<'_>, Decimal)], firsts: &[(&Side<'_>, Decimal)], total: Decimal) -> SystemId {
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
