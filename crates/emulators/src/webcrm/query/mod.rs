//! `GET /Queries`: the part of SQL that has been seen at work, over the records' tables.

mod parse;

use std::{cmp::Ordering, collections::BTreeMap};

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::frame::{Cx, Reply, Request, Switches};

use super::{
    listing::{page, parameter},
    model::{Entity, Field, Kind},
    refusal::Refusal,
    setup::Sort,
    store::System,
    switches::{QUERY_BOTH, QUERY_ENUMS, QUERY_FLAGS, QUERY_LENGTH, QUERY_LIKE, QUERY_LINES, QUERY_PLUS},
    value::{Fields, decimal, id, instant, parsed, text},
};

use parse::{Column, Condition, Literal, Operator, Query};

/// One row: a record of each table, in the order in which the query names them.
type Row<'a> = Vec<(Entity, &'a Fields)>;

/// What a column holds, as comparisons see it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Cell {
    Null,
    /// In small letters: comparisons take no notice of case.
    Text(String),
    Number(Decimal),
    /// None: no date, which is before all dates.
    Instant(Option<DateTime<Utc>>),
}

/// A column that was found: the place of its table, and its field.
type Place = (usize, &'static Field);

/// A condition whose columns were found and whose values have their columns' types.
enum Test {
    Both(Box<Self>, Box<Self>),
    Either(Box<Self>, Box<Self>),
    Is(Place, Operator, Cell),
}

/// The raw columns that `SELECT *` gives beside the fields.
const RAW: [(Entity, &[&str]); 4] = [
    (Entity::Organisation, &["o_lastUpdatedById"]),
    (
        Entity::Person,
        &["p_lastUpdatedById", "p_reportFilterMatch", "p_marketDataProviderId", "p_lastLogin", "p_memDate"],
    ),
    (Entity::Delivery, &["op_multiTerritory", "op_lastUpdatedById"]),
    (Entity::Opportunity, &["op_multiTerritory", "op_lastUpdatedById"]),
];

impl System {
    /// `GET /Queries?script&Page&Size&formatCustomFields`
    pub(super) fn query(&self, cx: &Cx<'_>, request: &Request) -> Result<Reply, Refusal> {
        let script = parameter(request, "script").unwrap_or_default();
        let longest = usize::try_from(cx.switches.number(&QUERY_LENGTH)).unwrap_or(0);
        if longest > 0 && script.len() > longest {
            return Err(Refusal::query("The query is too long."));
        }
        let query = parse::query(&script).map_err(Refusal::query)?;
        if query.condition.is_some() && !query.order.is_empty() && cx.switches.is(&QUERY_BOTH, "refused") {
            return Err(Refusal::query("Incorrect syntax near 'ORDER'."));
        }
        let tables = self.tables_of(&query, cx.switches)?;
        let formatted = parameter(request, "formatCustomFields").is_some_and(|flag| flag.eq_ignore_ascii_case("true"));
        let test = query.condition.as_ref().map(|condition| test(condition, &tables, cx.switches)).transpose()?;
        let mut rows = self.joined(cx, &query, &tables)?;
        rows.retain(|row| test.as_ref().is_none_or(|test| self.holds(test, row, cx.switches)));
        self.sort(&mut rows, &query, &tables, cx.switches)?;
        let columns = query
            .columns
            .as_ref()
            .map(|columns| columns.iter().map(|column| place(column, &tables)).collect::<Result<Vec<_>, _>>());
        let columns = columns.transpose()?;
        let numbered = rows.into_iter().enumerate().map(|(number, row)| (number.saturating_add(1), row)).collect();
        let answers = page(cx, request, numbered)?.into_iter().map(|(number, row)| match &columns {
            Some(columns) => self.some_of(columns, &row, formatted, cx.switches),
            None => self.whole(number, &row, formatted, cx.switches),
        });
        Ok(Reply::json(200, &answers.collect::<Vec<_>>()))
    }

    fn tables_of(&self, query: &Query, switches: &Switches) -> Result<Vec<Entity>, Refusal> {
        let names = std::iter::once(&query.table).chain(query.join.as_ref().map(|(table, ..)| table));
        names.map(|name| table(name, switches).ok_or_else(|| invalid_name("object", name))).collect()
    }

    fn joined<'a>(&'a self, cx: &Cx<'_>, query: &Query, tables: &[Entity]) -> Result<Vec<Row<'a>>, Refusal> {
        let records = |entity: Entity| {
            let seen = self.all(entity).filter(move |(id, _)| !self.hidden(cx, entity, *id));
            seen.map(move |(_, record)| (entity, record))
        };
        let Some(first) = tables.first().copied() else { return Ok(Vec::new()) };
        let (Some((_, left, right)), Some(second)) = (&query.join, tables.get(1).copied()) else {
            return Ok(records(first).map(|record| vec![record]).collect());
        };
        let (one, other) = (place(left, tables)?, place(right, tables)?);
        let (one, other) = if one.0 == 0 { (one, other) } else { (other, one) };
        if (one.0, other.0) != (0, 1) {
            return Err(Refusal::query("The join names one table twice."));
        }
        let mut partners: BTreeMap<Cell, Vec<(Entity, &Fields)>> = BTreeMap::new();
        for record in records(second) {
            let key = self.cell((0, other.1), &vec![record], cx.switches);
            partners.entry(key).or_default().push(record);
        }
        let mut rows = Vec::new();
        for record in records(first) {
            let row = vec![record];
            let found = partners.get(&self.cell(one, &row, cx.switches)).into_iter().flatten();
            rows.extend(found.map(|partner| vec![record, *partner]));
        }
        Ok(rows)
    }

    fn cell(&self, (table, field): Place, row: &Row<'_>, switches: &Switches) -> Cell {
        let Some((_, record)) = row.get(table) else { return Cell::Null };
        let value = record.get(&field.name).cloned().unwrap_or_else(|| field.default());
        if value.is_null() {
            return Cell::Null;
        }
        match field.kind {
            Kind::Text(_) => {
                let shown = self.raw_text(field, &value, switches);
                Cell::Text(shown.to_lowercase())
            }
            Kind::Int | Kind::Number => decimal(&value).map_or(Cell::Null, Cell::Number),
            Kind::Flag => match (value == true, switches.is(&QUERY_FLAGS, "text")) {
                (flag, true) => Cell::Text(flag.to_string()),
                (flag, false) => Cell::Number(Decimal::from(u8::from(flag))),
            },
            Kind::Instant | Kind::Day => Cell::Instant(instant(&value)),
            Kind::Words(words) => {
                let place = words.iter().position(|word| value == *word).unwrap_or(0);
                Cell::Number(Decimal::from(place))
            }
        }
    }

    /// A text as the table has it: lists with their placeholder, an unset checkbox with nothing.
    fn raw_text(&self, field: &Field, value: &Value, switches: &Switches) -> String {
        let kept = value.as_str().unwrap_or_default();
        match self.setups.of(&field.name, switches) {
            Some(setup) if kept.is_empty() && setup.sort != Sort::Checkbox => setup.when_empty().to_owned(),
            _ => kept.to_owned(),
        }
    }

    fn holds(&self, test: &Test, row: &Row<'_>, switches: &Switches) -> bool {
        let (place, operator, wanted) = match test {
            Test::Both(one, other) => return self.holds(one, row, switches) && self.holds(other, row, switches),
            Test::Either(one, other) => return self.holds(one, row, switches) || self.holds(other, row, switches),
            Test::Is(place, operator, wanted) => (*place, *operator, wanted),
        };
        let cell = self.cell(place, row, switches);
        if cell == Cell::Null {
            return false;
        }
        let ordering = cell.cmp(wanted);
        match operator {
            Operator::Equal => ordering.is_eq(),
            Operator::Unequal => ordering.is_ne(),
            Operator::Less => ordering.is_lt(),
            Operator::LessOrEqual => ordering.is_le(),
            Operator::Greater => ordering.is_gt(),
            Operator::GreaterOrEqual => ordering.is_ge(),
            Operator::Like => matches!((&cell, wanted), (Cell::Text(text), Cell::Text(form)) if like(text, form)),
        }
    }

    fn sort(
        &self,
        rows: &mut Vec<Row<'_>>,
        query: &Query,
        tables: &[Entity],
        switches: &Switches,
    ) -> Result<(), Refusal> {
        let order = query.order.iter().map(|(column, down)| Ok((place(column, tables)?, *down)));
        let order = order.collect::<Result<Vec<_>, Refusal>>()?;
        rows.sort_by(|one, other| {
            let by = |(place, down): &(Place, bool)| {
                let ordering = self.cell(*place, one, switches).cmp(&self.cell(*place, other, switches));
                if *down { ordering.reverse() } else { ordering }
            };
            order.iter().map(by).find(|ordering| ordering.is_ne()).unwrap_or(Ordering::Equal)
        });
        Ok(())
    }

    fn some_of(&self, columns: &[Place], row: &Row<'_>, formatted: bool, switches: &Switches) -> Fields {
        let cell = |(table, field): &Place| {
            let (entity, record) = row.get(*table)?;
            Some((query_name(*entity, field).to_owned(), self.queried(field, record, formatted, switches)))
        };
        columns.iter().filter_map(cell).collect()
    }

    /// All columns of a row, raw ones included.
    fn whole(&self, number: usize, row: &Row<'_>, formatted: bool, switches: &Switches) -> Fields {
        let mut whole = Fields::new();
        for (entity, record) in row {
            for field in &entity.model().fields {
                let value = self.queried(field, record, formatted, switches);
                whole.insert(query_name(*entity, field).to_owned(), value);
            }
            for name in RAW.iter().filter(|(raw, _)| raw == entity).flat_map(|(_, names)| *names) {
                whole.insert((*name).into(), if name.ends_with("Id") { json!(0) } else { json!("") });
            }
            if *entity == Entity::Delivery {
                let person = id(record, "DeliveryPersonId").unwrap_or(0);
                whole.insert("OpportunityLevel".into(), json!(0));
                whole.insert("OpportunityLevelText".into(), json!(""));
                whole.insert("OpportunityNumber".into(), json!(text(record, "DeliveryNumber")));
                whole.insert("OpportunityPersonId".into(), json!(person));
                whole.insert("OpportunityCurrencyName".into(), json!(text(record, "DeliveryCurrencyName")));
            }
        }
        whole.insert("RowNumber".into(), json!(number));
        whole
    }

    /// A field as queries answer it.
    fn queried(&self, field: &'static Field, record: &Fields, formatted: bool, switches: &Switches) -> Value {
        let shown = self.rendered(field, record, switches);
        match field.kind {
            Kind::Words(words) if switches.is(&QUERY_ENUMS, "number") => {
                json!(words.iter().position(|word| shown == *word))
            }
            Kind::Text(_) if formatted || shown.is_null() => shown,
            Kind::Text(_) if field.is_plus() && switches.is(&QUERY_PLUS, "number") => {
                decimal(&shown).map_or(shown, super::value::number)
            }
            Kind::Text(_) => {
                let kept = record.get(&field.name).cloned().unwrap_or_default();
                json!(self.raw_text(field, &kept, switches))
            }
            _ => shown,
        }
    }
}

fn table(name: &str, switches: &Switches) -> Option<Entity> {
    let tables = [
        ("Organisation", Entity::Organisation),
        ("Person", Entity::Person),
        ("Delivery", Entity::Delivery),
        ("Opportunity", Entity::Opportunity),
        ("LinkedData", Entity::Item),
        ("User", Entity::User),
    ];
    let lines = switches.word(&QUERY_LINES);
    if name.eq_ignore_ascii_case(lines) && lines != "none" {
        return Some(Entity::Line);
    }
    tables.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, entity)| entity)
}

/// The catalogue is a table for all linked data, so its columns have the names that all of them share.
fn query_name(entity: Entity, field: &'static Field) -> &'static str {
    match entity {
        Entity::Item => field.name.strip_prefix("QuotationLine").unwrap_or(&field.name),
        _ => &field.name,
    }
}

fn place(column: &Column, tables: &[Entity]) -> Result<Place, Refusal> {
    let found = tables.iter().enumerate().find_map(|(place, entity)| {
        let here = column.table.as_deref().is_none_or(|table| {
            let own = if *entity == Entity::Item { "LinkedData" } else { entity.model().prefix };
            own.eq_ignore_ascii_case(table)
        });
        let named = |field: &&'static Field| query_name(*entity, field).eq_ignore_ascii_case(&column.name);
        entity.model().fields.iter().find(named).filter(|_| here).map(|field| (place, field))
    });
    found.ok_or_else(|| invalid_name("column", &column.name))
}

fn invalid_name(what: &str, name: &str) -> Refusal {
    Refusal::query(format!("Invalid {what} name '{name}'."))
}

fn test(condition: &Condition, tables: &[Entity], switches: &Switches) -> Result<Test, Refusal> {
    let inner = |condition: &Condition| test(condition, tables, switches).map(Box::new);
    Ok(match condition {
        Condition::And(one, other) => Test::Both(inner(one)?, inner(other)?),
        Condition::Or(one, other) => Test::Either(inner(one)?, inner(other)?),
        Condition::Is(_, Operator::Like, _) if switches.is(&QUERY_LIKE, "refused") => {
            return Err(Refusal::query("Incorrect syntax near 'LIKE'."));
        }
        Condition::Is(column, operator, literal) => {
            let place = place(column, tables)?;
            Test::Is(place, *operator, compared(place.1, literal, switches)?)
        }
    })
}

/// A literal as the column's own type.
fn compared(field: &Field, literal: &Literal, switches: &Switches) -> Result<Cell, Refusal> {
    let wrong = || Refusal::query(format!("Conversion failed when comparing '{}'.", field.name));
    let (given, amount) = match literal {
        Literal::Text(text) => (text.clone(), decimal(&json!(text))),
        Literal::Number(number) => (number.to_string(), Some(*number)),
    };
    match field.kind {
        Kind::Text(_) => Ok(Cell::Text(given.to_lowercase())),
        Kind::Flag if switches.is(&QUERY_FLAGS, "text") => Ok(Cell::Text(given.to_lowercase())),
        Kind::Int | Kind::Number | Kind::Flag | Kind::Words(_) => amount.map(Cell::Number).ok_or_else(wrong),
        Kind::Instant | Kind::Day => parsed(&given, switches).map(Cell::Instant).ok_or_else(wrong),
    }
}

/// `%` is any run of characters, `_` any one.
fn like(text: &str, form: &str) -> bool {
    let (text, form) = (text.chars().collect::<Vec<_>>(), form.chars().collect::<Vec<_>>());
    let mut reached = vec![true];
    reached.resize(text.len().saturating_add(1), false);
    for sign in form {
        let mut next = vec![false; reached.len()];
        let mut any = false;
        for (place, here) in reached.iter().enumerate() {
            if sign == '%' {
                any |= *here;
                if let Some(slot) = next.get_mut(place) {
                    *slot = any;
                }
            } else if *here
                && text.get(place).is_some_and(|letter| sign == '_' || *letter == sign)
                && let Some(slot) = next.get_mut(place.saturating_add(1))
            {
                *slot = true;
            }
        }
        reached = next;
    }
    reached.last().copied().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stand_for_any_characters() {
        assert!(like("nordlys as 3", "%dl_s%") && like("abc", "abc") && like("", "%"));
        assert!(!like("abc", "ab") && !like("abc", "_bcd") && !like("", "_"));
    }
}
