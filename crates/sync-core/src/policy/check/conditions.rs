//! Conditions of `where` and `scope`, and match rules.

use super::{super::mistake::suggest, Case, Mistake, unknown_connection};
use crate::{
    id::{EntityKind, SystemId},
    model::{self, FieldSpec, FieldType},
    policy::{Create, FieldRule, Operator, Predicate, Rule},
    value::FieldPath,
};

const ORIGIN: &str = "@origin";
const CREATED_ON: &str = "@created_on";

pub(super) fn check(case: &Case<'_>, found: &mut Vec<Mistake>) {
    for (number, condition) in case.set.filter.iter().enumerate() {
        one(case, &case.at(&format!("where[{number}]")), condition, found);
    }
    for (number, scope) in case.set.scope.iter().enumerate() {
        let place = case.at(&format!("scope[{number}]"));
        let at = format!("{place}.at");
        if let Some(role) = case.role(&at, &scope.at, found)
            && role.create == Create::Never
            && !(role.update || role.read)
        {
            let fault = format!("'{}' neither shows nor gets such records, so a scope for it does nothing", scope.at);
            found.push(Mistake::new(at, fault, "take it out, or let the system be read"));
        }
        if let Some(told) = scope.tell {
            tell(case, &format!("{place}.tell"), told, found);
        }
        if scope.when.is_empty() {
            found.push(Mistake::new(
                format!("{place}.when"),
                "there is no condition",
                "write one, or take the scope out",
            ));
        }
        for (number, condition) in scope.when.iter().enumerate() {
            one(case, &format!("{place}.when[{number}]"), condition, found);
        }
    }
    matches(case, found);
}

/// The field that tells why a record does not go there: a text of one's own, which the hub alone fills.
fn tell(case: &Case<'_>, place: &str, told: FieldPath, found: &mut Vec<Mistake>) {
    if !told.is_extension() {
        let cure = "name one of your own, x.not_sent, and give it a place by a map row";
        found.push(Mistake::new(place, format!("'{told}' has a meaning of its own"), cure));
    } else if !case.leaves.contains(told) {
        let cure = format!("add [[{}]] field = \"{told}\" with the field of a connection", case.at("map"));
        found.push(Mistake::new(place, format!("no row gives '{told}' a place in a system"), cure));
    } else if !matches!(case.set.fields.get(&told), Some(FieldRule::Master { system, .. }) if system == SystemId::hub().as_str())
    {
        found.push(Mistake::new(
            place,
            format!("'{told}' has a rule of its own"),
            "take the rule out: the hub fills it",
        ));
    }
}

pub(super) fn one(case: &Case<'_>, place: &str, condition: &Predicate, found: &mut Vec<Mistake>) {
    match condition.field.as_str() {
        ORIGIN => origin(case, place, condition, found),
        CREATED_ON => typed(place, condition, FieldType::Date, None, found),
        name if name.starts_with('@') => {
            found.push(Mistake::new(place, format!("'{name}' is not known"), suggest(name, [ORIGIN, CREATED_ON])))
        }
        _ => match condition.hop(case.set.kind) {
            Some(hop) => match model::field(hop.kind, hop.field) {
                Some(row) => typed(place, condition, row.ty, Some(row), found),
                None if is_own(case, hop.kind, hop.field) => {}
                None => found.push(Mistake::new(
                    place,
                    format!("{} has no field '{}'", hop.kind, hop.field),
                    suggest(hop.field.as_str(), model::spec(hop.kind).iter().map(|row| row.path.as_str())),
                )),
            },
            None => field(case, place, condition, found),
        },
    }
}

/// A field of one's own, or of a vendor, on records of a kind: by a row, a mapper or a capability.
fn is_own(case: &Case<'_>, kind: EntityKind, path: FieldPath) -> bool {
    let sets = case.policy.entities.values().filter(|set| set.kind == kind);
    path.is_extension()
        && (sets.clone().any(|set| super::Leaves::of(set, case.known.mappers).contains(path))
            || case.known.connections().any(|name| case.known.their_fields(name, kind).contains(&path)))
}

fn field(case: &Case<'_>, place: &str, condition: &Predicate, found: &mut Vec<Mistake>) {
    let path = condition.field;
    let Some(row) = case.leaves.spec(path) else {
        return own_field(case, place, path, found);
    };
    typed(place, condition, row.ty, Some(row), found);
    let unit = case.leaves.unit(path);
    let by_hub = case.entity.units.iter().any(|known| {
        known.path == unit && matches!(&known.rule, Rule::Master { system, .. } if *system == SystemId::hub())
    });
    if !by_hub && !case.in_doubt() && row.words.is_empty() && case.showing(path).next().is_none() {
        let cure = "fill it by a map row, or ask for another field";
        found.push(Mistake::new(place, format!("no system shows '{path}', so this never holds"), cure));
    }
}

fn own_field(case: &Case<'_>, place: &str, path: FieldPath, found: &mut Vec<Mistake>) {
    let tables = || case.entity.streams.values();
    if case.in_doubt() || case.leaves.contains(path) || tables().any(|table| table.fields.0.contains_key(&path)) {
        return;
    }
    let renamed = tables().filter(|table| table.cap.fields.contains_key(&path)).flat_map(|t| t.map.ours(path)).next();
    match renamed {
        Some(ours) => found.push(Mistake::new(
            place,
            format!("'{path}' is called '{ours}' here, by a map row"),
            format!("write '{ours}'"),
        )),
        None if case.leaves.under(path).next().is_some() => found.push(case.unknown_leaf(place, path)),
        None => {
            let theirs = tables().flat_map(|table| table.fields.0.keys().copied());
            let names = case.leaves.iter().chain(theirs).map(FieldPath::as_str);
            let fault = format!("{} has no field '{path}'", case.set.kind);
            found.push(Mistake::new(place, fault, suggest(path.as_str(), names)));
        }
    }
}

fn origin(case: &Case<'_>, place: &str, condition: &Predicate, found: &mut Vec<Mistake>) {
    if !matches!(condition.operator, Operator::Is | Operator::IsNot | Operator::In) {
        let fault = format!("'{ORIGIN}' is the name of a connection and has no order");
        found.push(Mistake::new(place, fault, "compare it with =, != or in"));
    }
    for name in condition.operands.iter().filter(|name| case.known.system(name).is_none()) {
        found.push(unknown_connection(case.known, place, name));
    }
}

/// Operator and operands against what the field holds.
fn typed(place: &str, condition: &Predicate, ty: FieldType, row: Option<&FieldSpec>, found: &mut Vec<Mistake>) {
    let field = condition.field;
    let words: Vec<&str> = row.map_or(Vec::new(), |row| row.words.iter().map(|word| word.name).collect());
    let steps: Vec<&str> =
        row.map_or(Vec::new(), |row| row.words.iter().filter(|word| word.is_step).map(|word| word.name).collect());
    let ordered = matches!(condition.operator, Operator::AtLeast | Operator::Below);
    let comparable = match ty {
        FieldType::Int | FieldType::Decimal | FieldType::Date | FieldType::Instant => true,
        FieldType::Text => !steps.is_empty(),
        _ => false,
    };
    if ordered && !comparable {
        let fault = format!("'{field}' is {ty} and has no order");
        found.push(Mistake::new(place, fault, "compare it with =, != or in"));
        return;
    }
    if condition.operator == Operator::Prefix && (ty != FieldType::Text || !words.is_empty()) {
        let fault = format!(
            "'{field}' is {}, which has no prefix",
            if words.is_empty() { ty.to_string() } else { "one of a few words".to_owned() }
        );
        found.push(Mistake::new(place, fault, "compare it with =, != or in"));
        return;
    }
    for operand in &condition.operands {
        if operand.is_empty() && !ordered {
            continue; // asks whether the field is empty
        }
        let fits = match ty {
            FieldType::Bool => operand.parse::<bool>().is_ok(),
            FieldType::Int => operand.parse::<i64>().is_ok(),
            FieldType::Decimal => operand.parse::<rust_decimal::Decimal>().is_ok(),
            FieldType::Date | FieldType::Instant => operand.parse::<chrono::NaiveDate>().is_ok(),
            FieldType::Text => words.is_empty() || words.contains(&operand.as_str()),
            _ => false,
        };
        let (fault, cure) = if !fits {
            (format!("'{operand}' cannot be in '{field}'"), expected(ty, operand, &words))
        } else if ordered && !steps.is_empty() && !steps.contains(&operand.as_str()) {
            (format!("'{operand}' is an end of '{field}' and has no order"), "match it by = or in".to_owned())
        } else {
            continue;
        };
        found.push(Mistake::new(place, fault, cure));
    }
}

fn expected(ty: FieldType, operand: &str, words: &[&str]) -> String {
    match ty {
        FieldType::Bool => "write true or false".to_owned(),
        FieldType::Int => "write a whole number".to_owned(),
        FieldType::Decimal => "write a decimal number with a point: 10.50".to_owned(),
        FieldType::Date | FieldType::Instant => "write a day: 2026-01-31".to_owned(),
        FieldType::Link(kind) => format!("ask for a field of the {kind}, or write \"\" for none"),
        FieldType::Text => suggest(operand, words.iter().copied()),
        _ => "write \"\" for none".to_owned(),
    }
}

fn matches(case: &Case<'_>, found: &mut Vec<Mistake>) {
    for (number, rule) in case.set.matches.iter().enumerate() {
        let place = case.at(&format!("match[{number}]"));
        if rule.on.is_empty() {
            found.push(Mistake::new(&place, "on names no field", "name what is the same in two systems"));
        }
        if matches!(rule.on.as_slice(), [only] if only.as_str() == "name") {
            let cure = "add what tells namesakes apart: on = [\"name\", \"billing.postal_code\"]";
            found.push(Mistake::new(&place, "a name alone recognises nobody: two may share it", cure));
        }
        for path in &rule.on {
            if !case.leaves.contains(*path) {
                found.push(case.unknown_leaf(&place, *path));
            } else if case.showing(*path).next().is_none() && !case.in_doubt() {
                let fault = format!("no system that is read shows '{path}', so this never fits");
                found.push(Mistake::new(&place, fault, "take the rule out, or fill the field by a map row"));
            }
        }
    }
}
