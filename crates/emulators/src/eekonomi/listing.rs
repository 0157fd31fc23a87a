//! Lists: filter, order, page, envelope.

use std::cmp::Ordering;
use std::collections::HashSet;

use serde::Serialize;
use serde_json::{Value, json};

use crate::frame::Reply;

use super::call::Call;
use super::collection::Collection;
use super::filter::{self, Condition, Filterable};
use super::problem::Refusal;
use super::record::{Record, put, stamp, to_decimal};
use super::schema::{Field, Schema, Shown};
use super::switches;

/// The page size when a call names none.
const DEFAULT_SIZE: usize = 50;
/// The greatest page size.
const MAX_SIZE: usize = 1000;

/// What is worked out when a record is read, so that a filter or an order may need it.
const COMPUTED: [&str; 9] = [
    "PaymentStatus",
    "StockBalanceReserved",
    "StockBalanceAvailable",
    "StockValue",
    "ShowStockInformation",
    "NetPriceWithDiscount",
    "UnpaidInvoicesAmount",
    "LastInvoiceDate",
    "TermsOfPayment",
];

/// What a list is made of.
pub(crate) struct Listing<'a, 'c> {
    /// The resource's fields.
    pub(crate) schema: &'static Schema,
    /// How many there are, hidden ones not counted.
    pub(crate) total: usize,
    /// All records, in the order in which they were created.
    pub(crate) records: Box<dyn Iterator<Item = &'a Record> + 'a>,
    /// Finds a record by the human number that no two share.
    pub(crate) by_key: Option<ByKey<'a>>,
    /// Where the records are, if all that are there are listed: it knows orders and stamps.
    pub(crate) whole: Option<&'a Collection>,
    /// Works out what is not stored.
    pub(crate) computed: &'c dyn Fn(&Record) -> Record,
}

/// The field of a human number, and the records by it.
pub(crate) type ByKey<'a> = (&'static str, Box<dyn Fn(&str) -> Option<&'a Record> + 'a>);

struct Query {
    condition: Option<Condition>,
    order: Vec<(&'static Field, bool)>,
    /// As it was asked for.
    order_text: String,
    select: Option<Vec<&'static Field>>,
    page: usize,
    size: usize,
}

impl Query {
    fn read(call: &Call<'_>, schema: &'static Schema) -> Result<Self, Refusal> {
        if let Some(name) = call.params.iter().map(|(name, _)| name).find(|name| name.starts_with('$') && !known(name))
        {
            return Err(Refusal::query(format!("{name} is not supported")));
        }
        let condition = match call.param("$filter").filter(|text| !text.trim().is_empty()) {
            Some(text) => Some(filter::parse(text, schema, filterable(call))?),
            None => None,
        };
        let order = call.param("$orderby").map_or(Ok(Vec::new()), |text| order(text, schema))?;
        let select = match call.param("$select") {
            Some(text) => Some(text.split(',').map(|name| property(name, schema)).collect::<Result<_, _>>()?),
            None => None,
        };
        let page = whole(call, "$page", 1, usize::MAX)?.unwrap_or(1);
        let size = whole(call, "$pagesize", 1, MAX_SIZE)?.unwrap_or(DEFAULT_SIZE);
        let order_text = call.param("$orderby").unwrap_or_default().to_owned();
        Ok(Self { condition, order, order_text, select, page, size })
    }
}

fn known(name: &str) -> bool {
    matches!(name, "$filter" | "$orderby" | "$select" | "$page" | "$pagesize")
}

fn filterable(call: &Call<'_>) -> Filterable {
    let word = call.word(&switches::FILTERABLE);
    Filterable {
        unknown_too: word == "unknown_too",
        all: word == "all",
        stamps: call.is(&switches::FILTER_STAMPS, "on"),
        lookups: call.is(&switches::FILTER_LOOKUPS, "on"),
        ignore_case: call.is(&switches::TEXT_COMPARE, "ignore_case"),
    }
}

fn whole(call: &Call<'_>, name: &str, min: usize, max: usize) -> Result<Option<usize>, Refusal> {
    let Some(text) = call.param(name) else { return Ok(None) };
    match text.parse() {
        Ok(number) if (min..=max).contains(&number) => Ok(Some(number)),
        _ if max == usize::MAX => Err(Refusal::query(format!("{name} must be {min} or more"))),
        _ => Err(Refusal::query(format!("{name} must be {min} to {max}"))),
    }
}

fn property(name: &str, schema: &'static Schema) -> Result<&'static Field, Refusal> {
    schema
        .field(name.trim())
        .filter(|field| !field.hidden)
        .ok_or_else(|| Refusal::query(format!("there is no property {:?}", name.trim())))
}

fn order(text: &str, schema: &'static Schema) -> Result<Vec<(&'static Field, bool)>, Refusal> {
    text.split(',')
        .map(|part| {
            let mut words = part.split_whitespace();
            let field = property(words.next().unwrap_or_default(), schema)?;
            match (words.next(), words.next()) {
                (None | Some("asc"), None) => Ok((field, false)),
                (Some("desc"), None) => Ok((field, true)),
                _ => Err(Refusal::query(format!("$orderby: {part:?} was not understood"))),
            }
        })
        .collect()
}

/// Answers a list.
///
/// # Errors
/// 6000 or 6001 for what the query asks.
pub(crate) fn list(call: &Call<'_>, listing: Listing<'_, '_>) -> Result<Reply, Refusal> {
    let query = Query::read(call, listing.schema)?;
    let first = query.page.saturating_sub(1).saturating_mul(query.size);
    let (schema, computed) = (listing.schema, listing.computed);
    let (total, page) = select(call, listing, &query, first);
    let pages = match total.div_ceil(query.size) {
        0 => usize::try_from(call.number(&switches::EMPTY_PAGES)).unwrap_or(0),
        pages => pages,
    };
    if query.page > pages.max(1) && call.is(&switches::PAST_END, "refused") {
        return Err(Refusal::query(format!("$page {} is after the last page {pages}", query.page)));
    }
    let without_rows = schema.field("Rows").is_some() && call.is(&switches::LIST_ROWS, "empty");
    let worked_out = page.iter().map(|record| {
        let mut worked_out = computed(record);
        if without_rows {
            put(&mut worked_out, "Rows", Value::Array(Vec::new()));
        }
        worked_out
    });
    let worked_out = worked_out.collect::<Vec<_>>();
    let (view, select) = (call.view(), query.select.as_deref());
    let shown = page.iter().zip(&worked_out);
    let data = shown.map(|(record, computed)| Shown { schema, record, computed: Some(computed), view, select });
    let meta = json!({
        "CurrentPage": query.page,
        "PageSize": query.size,
        "TotalNumberOfPages": pages,
        "TotalNumberOfResults": total,
        "ServerTimeUtc": stamp(call.now, call.precision()),
    });
    Ok(Reply::json(200, &Envelope { meta, data: data.collect() }))
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope<'a> {
    meta: Value,
    data: Vec<Shown<'a>>,
}

/// How many are found, and those of the page.
fn select<'a>(call: &Call<'_>, listing: Listing<'a, '_>, query: &Query, first: usize) -> (usize, Vec<&'a Record>) {
    let shifting = query.order.is_empty() && call.is(&switches::UNSORTED, "shifting");
    let computed = query.order.iter().any(|(field, _)| COMPUTED.contains(&field.name))
        || query.condition.as_ref().is_some_and(|condition| condition.uses(&COMPUTED));
    if let Some(whole) = listing.whole
        && !shifting
        && !computed
    {
        return by_place(whole, listing.by_key, query, first);
    }
    let Listing { total, records, by_key, computed, .. } = listing;
    if query.condition.is_none() && query.order.is_empty() && !shifting {
        return (total, records.skip(first).take(query.size).collect());
    }
    let mut found = match &query.condition {
        None => records.collect(),
        Some(condition) => matching(condition, records, by_key, computed),
    };
    sort(call, computed, query, &mut found);
    (found.len(), found.into_iter().skip(first).take(query.size).collect())
}

/// The same without a look at records that do not matter.
fn by_place<'a>(
    whole: &'a Collection,
    by_key: Option<ByKey<'a>>,
    query: &Query,
    first: usize,
) -> (usize, Vec<&'a Record>) {
    let nothing = Record::new();
    let page = |places: &mut dyn Iterator<Item = u64>| -> Vec<&'a Record> {
        places.skip(first).take(query.size).filter_map(|place| whole.at(place)).collect()
    };
    let by_order = |places: &mut Vec<u64>| {
        places.sort_by_cached_key(|place| whole.at(*place).map(|record| keys(query, record, &nothing)));
    };
    let chosen = query.condition.as_ref().map(|condition| chosen(whole, by_key, condition));
    match (chosen, query.order.is_empty()) {
        (None, true) => {
            let all = whole.ordered("", || whole.places().map(|(place, _)| place).collect());
            let found = all.iter().skip(first).take(query.size).filter_map(|place| whole.at(*place)).collect();
            (all.len(), found)
        }
        (Some(chosen), true) => (chosen.len(), page(&mut chosen.into_iter())),
        // A few are sorted at once; for more, the order of all is worked out and kept for the other pages.
        (Some(mut chosen), false) if chosen.len().saturating_mul(4) < whole.len() => {
            by_order(&mut chosen);
            (chosen.len(), page(&mut chosen.into_iter()))
        }
        (chosen, false) => {
            let ordered = whole.ordered(&query.order_text, || {
                let mut all = whole.places().map(|(place, _)| place).collect();
                by_order(&mut all);
                all
            });
            match chosen {
                None => (ordered.len(), page(&mut ordered.iter().copied())),
                Some(chosen) => {
                    let chosen = chosen.into_iter().collect::<HashSet<_>>();
                    (chosen.len(), page(&mut ordered.iter().copied().filter(|place| chosen.contains(place))))
                }
            }
        }
    }
}

/// The places of the records that meet a condition, in the order of their creation.
fn chosen<'a>(whole: &'a Collection, by_key: Option<ByKey<'a>>, condition: &Condition) -> Vec<u64> {
    let nothing = Record::new();
    let meets = |place: &u64| whole.at(*place).is_some_and(|record| condition.meets(record, &nothing));
    if let Some((key, _)) = &by_key
        && let Some(wanted) = condition.exactly(key)
    {
        return whole.place_of_key(wanted).into_iter().collect();
    }
    let Some((from, inclusive, all)) = whole.stamp_field().and_then(|field| condition.since(field)) else {
        return whole
            .places()
            .filter(|(_, record)| condition.meets(record, &nothing))
            .map(|(place, _)| place)
            .collect();
    };
    let mut places = whole.since(from, inclusive);
    if !all {
        places.retain(meets);
    }
    places.sort_unstable();
    places
}

fn matching<'a>(
    condition: &Condition,
    records: impl Iterator<Item = &'a Record>,
    by_key: Option<ByKey<'a>>,
    computed: &dyn Fn(&Record) -> Record,
) -> Vec<&'a Record> {
    if let Some((key, find)) = by_key
        && let Some(wanted) = condition.exactly(key)
    {
        return find(wanted).into_iter().collect();
    }
    let needs = condition.uses(&COMPUTED);
    let nothing = Record::new();
    let meets = |record: &&Record| {
        if needs { condition.meets(record, &computed(record)) } else { condition.meets(record, &nothing) }
    };
    records.filter(meets).collect()
}

/// Without `$orderby` nothing is promised: with the switch, the list begins elsewhere each time.
fn sort(call: &Call<'_>, compute: &dyn Fn(&Record) -> Record, query: &Query, found: &mut [&Record]) {
    if query.order.is_empty() {
        if call.is(&switches::UNSORTED, "shifting") && !found.is_empty() {
            let by = call.serial % found.len();
            found.rotate_left(by);
        }
        return;
    }
    found.sort_by_cached_key(|record| {
        let needs = query.order.iter().any(|(field, _)| COMPUTED.contains(&field.name));
        keys(query, record, &if needs { compute(record) } else { Record::new() })
    });
}

/// What a record is sorted by.
fn keys(query: &Query, record: &Record, computed: &Record) -> Keys {
    let value = |field: &Field| computed.get(field.name).or_else(|| record.get(field.name)).cloned();
    Keys(query.order.iter().map(|(field, down)| (value(field).unwrap_or_default(), *down)).collect())
}

#[derive(PartialEq, Eq)]
struct Keys(Vec<(Value, bool)>);

impl PartialOrd for Keys {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Keys {
    fn cmp(&self, other: &Self) -> Ordering {
        let one = |((left, down), (right, _)): (&(Value, bool), &(Value, bool))| {
            let order = compare(left, right);
            if *down { order.reverse() } else { order }
        };
        self.0.iter().zip(&other.0).map(one).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }
}

fn compare(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::String(left), Value::String(right)) => left.cmp(right),
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Less,
        (_, Value::Null) => Ordering::Greater,
        (left, right) => to_decimal(left).cmp(&to_decimal(right)),
    }
}
