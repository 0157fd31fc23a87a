//! Sides for examples, in few words.

use chrono::DateTime;
use sync_core::{
    EntityKind, FieldMap, FieldPath, SystemId, Value,
    capability::FieldCapability,
    decide::{Agreed, Decision, Side, Why, decide},
    policy::{FieldTable, Foreign, OnEmptyMaster, Rule},
};

pub(crate) fn id(name: &str) -> SystemId {
    if name == "@person" { SystemId::person() } else { SystemId::new(format!("mock:{name}")) }
}

/// `city=Lund; street=-` is a city and an empty street; `60` alone is the amount of `settled`.
pub(crate) fn fields(text: &str) -> FieldMap {
    let parts = text.split(';').map(str::trim).filter(|part| !part.is_empty());
    parts
        .map(|part| match part.split_once('=') {
            Some((leaf, value)) => {
                let path = if leaf.contains('.') || LONE.contains(&leaf) {
                    leaf.to_owned()
                } else {
                    format!("billing.{leaf}")
                };
                (FieldPath::new(&path), value_of(leaf, value))
            }
            None => (FieldPath::from_static("settled"), Value::Decimal(part.parse().unwrap())),
        })
        .collect()
}

const LONE: &[&str] = &["name", "phone", "website", "turnover", "registration_number"];

fn value_of(leaf: &str, text: &str) -> Value {
    match (leaf, text) {
        (_, "-") => Value::Null,
        ("turnover", _) => Value::Decimal(text.parse().unwrap()),
        _ => Value::from(text),
    }
}

/// One side: `shadow → seen`, with marks.
#[derive(Clone, Debug)]
pub(crate) struct One {
    system: SystemId,
    shadow: Option<FieldMap>,
    seen: Option<FieldMap>,
    lagging: bool,
    stamp: Option<i64>,
    only_change: bool,
    table: FieldTable,
}

impl One {
    fn new(system: &str, shadow: Option<&str>, seen: Option<&str>) -> Self {
        let (shadow, seen) = (shadow.map(fields), seen.map(fields));
        let paths = shadow.iter().chain(&seen).flat_map(|map| map.paths().collect::<Vec<_>>());
        let table = FieldTable(paths.map(|path| (path, FieldCapability::read_write())).collect());
        Self { system: id(system), shadow, seen, lagging: false, stamp: None, only_change: true, table }
    }
    fn side(&self) -> Side<'_> {
        let sums = self.seen.iter().chain(&self.shadow).any(|map| map.get("settled".into()).is_some());
        Side {
            system: &self.system,
            kind: if sums { EntityKind::Invoice } else { EntityKind::Organisation },
            seen: self.seen.as_ref(),
            shadow: self.shadow.as_ref(),
            lagging: self.lagging,
            modified_at: self.stamp.and_then(|stamp| DateTime::from_timestamp(stamp, 0)),
            only_change: self.only_change,
            fields: &self.table,
        }
    }
    pub(crate) fn lagging(self) -> Self {
        Self { lagging: true, ..self }
    }
    pub(crate) fn at(self, stamp: i64) -> Self {
        Self { stamp: Some(stamp), ..self }
    }
    pub(crate) fn among_others(self) -> Self {
        Self { only_change: false, ..self }
    }
    /// What the system does to each of its leaves.
    pub(crate) fn does(mut self, cap: FieldCapability) -> Self {
        self.table.0.values_mut().for_each(|known| *known = cap.clone());
        self
    }
}

/// It showed this when that was settled, and shows that now.
pub(crate) fn edits(system: &str, before: &str, now: &str) -> One {
    One::new(system, Some(before), Some(now))
}
/// It shows this as before.
pub(crate) fn shows(system: &str, now: &str) -> One {
    One::new(system, Some(now), Some(now))
}
/// It showed this, and was not read.
pub(crate) fn unread(system: &str, before: &str) -> One {
    One::new(system, Some(before), None)
}
/// It shows this for the first time.
pub(crate) fn joins(system: &str, now: &str) -> One {
    One::new(system, None, Some(now))
}

/// Decides over all orders of the sides: they must agree.
pub(crate) fn decided(rule: &Rule, agreed: Option<(&str, &str)>, sides: &[One], whole: Option<&str>) -> Decision {
    let agreed = agreed.map(|(from, value)| (id(from), fields(value)));
    let agreed = agreed.as_ref().map(|(from, value)| Agreed { value, from });
    let whole = whole.map(|whole| whole.parse().unwrap());
    let mut all: Vec<Side<'_>> = sides.iter().map(One::side).collect();
    let first = decide(rule, agreed, &all, whole);
    for _ in 0..all.len() {
        all.rotate_left(1);
        assert_eq!(decide(rule, agreed, &all, whole), first, "another order of the sides");
        let mirrored: Vec<_> = all.iter().rev().cloned().collect();
        assert_eq!(decide(rule, agreed, &mirrored, whole), first, "another order of the sides");
    }
    first
}

/// The same for sides of one system, which only their order tells apart.
pub(crate) fn told_in_order(rule: &Rule, agreed: Option<(&str, &str)>, sides: &[One]) -> String {
    let agreed = agreed.map(|(from, value)| (id(from), fields(value)));
    let agreed = agreed.as_ref().map(|(from, value)| Agreed { value, from });
    told(&decide(rule, agreed, &sides.iter().map(One::side).collect::<Vec<_>>(), None))
}

/// `keep`, `a 60`, `a x over b y, c z`, `hold Conflict: a x, b y`.
pub(crate) fn told(decision: &Decision) -> String {
    match decision {
        Decision::Keep => "keep".to_owned(),
        Decision::Settle { value, from, overridden } if overridden.is_empty() => one(from, value),
        Decision::Settle { value, from, overridden } => format!("{} over {}", one(from, value), list(overridden)),
        Decision::Hold { why, values } => format!("hold {why:?}: {}", list(values)),
    }
}

fn one(from: &SystemId, value: &FieldMap) -> String {
    let leaves: Vec<String> = value
        .iter()
        .map(|(path, value)| {
            let text = match value {
                Value::Null => "-".to_owned(),
                Value::Decimal(amount) => amount.normalize().to_string(),
                other => other.as_text().unwrap().to_owned(),
            };
            if path.as_str() == "settled" {
                text
            } else {
                format!("{}={text}", path.as_str().trim_start_matches("billing."))
            }
        })
        .collect();
    format!("{} {}", from.as_str().trim_start_matches("mock:"), leaves.join("; "))
}

fn list(values: &[(SystemId, FieldMap)]) -> String {
    values.iter().map(|(from, value)| one(from, value)).collect::<Vec<_>>().join(", ")
}

/// One row of a table: what it is about, the rule, what is agreed, the sides, what comes of it.
pub(crate) type Row<'a> = (&'a str, &'a Rule, Option<(&'a str, &'a str)>, Vec<One>, &'a str);

pub(crate) fn holds(rows: &[Row<'_>]) {
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|(what, rule, agreed, sides, expected)| {
            let got = told(&decided(rule, *agreed, sides, None));
            (got != *expected).then(|| format!("{what}:\n  expected {expected}\n  got      {got}"))
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

pub(crate) fn prefer(order: &[&str]) -> Rule {
    Rule::Prefer(order.iter().map(|name| id(name)).collect())
}
pub(crate) fn newest(otherwise: &str) -> Rule {
    Rule::Newest { otherwise: id(otherwise) }
}
pub(crate) fn master(foreign: Foreign) -> Rule {
    Rule::Master { system: id("m"), foreign, blank: OnEmptyMaster::Keep, seeded: true }
}
pub(crate) fn blanking() -> Rule {
    Rule::Master { system: id("m"), foreign: Foreign::Revert, blank: OnEmptyMaster::Blank, seeded: true }
}
pub(crate) fn unseeded() -> Rule {
    Rule::Master { system: id("m"), foreign: Foreign::Revert, blank: OnEmptyMaster::Keep, seeded: false }
}
pub(crate) fn why(decision: &Decision) -> Option<Why> {
    match decision {
        Decision::Hold { why, .. } => Some(*why),
        _ => None,
    }
}
