//! Lists: filter, order, page, envelope.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::call::Call;
use super::filter::{self, Condition, Filterable};
use super::problem::Refusal;
use super::record::{Record, put, stamp, to_decimal};
use super::schema::{Field, Schema, render};
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
pub(crate) struct Listing<'a> {
    /// The resource's fields.
    pub(crate) schema: &'static Schema,
    /// All records, in the order in which they were created.
    pub(crate) records: Vec<&'a Record>,
    /// Works out what is not stored.
    pub(crate) computed: &'a dyn Fn(&Record) -> Record,
}

struct Query {
    condition: Option<Condition>,
    order: Vec<(&'static Field, bool)>,
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
        Ok(Self { condition, order, select, page, size })
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
pub(crate) fn list(call: &Call<'_>, listing: &Listing<'_>) -> Result<Value, Refusal> {
    let query = Query::read(call, listing.schema)?;
    let mut found: Vec<&Record> = match &query.condition {
        None => listing.records.clone(),
        Some(condition) => {
            let needs = condition.uses(&COMPUTED);
            let computed = |record| if needs { (listing.computed)(record) } else { Record::new() };
            listing.records.iter().filter(|record| condition.meets(record, &computed(record))).copied().collect()
        }
    };
    sort(call, listing, &query, &mut found);
    let total = found.len();
    let pages = match total.div_ceil(query.size) {
        0 => usize::try_from(call.number(&switches::EMPTY_PAGES)).unwrap_or(0),
        pages => pages,
    };
    if query.page > pages.max(1) && call.is(&switches::PAST_END, "refused") {
        return Err(Refusal::query(format!("$page {} is after the last page {pages}", query.page)));
    }
    let first = query.page.saturating_sub(1).saturating_mul(query.size);
    let data = found.into_iter().skip(first).take(query.size).map(|record| print(call, listing, &query, record));
    Ok(json!({
        "Meta": {
            "CurrentPage": query.page,
            "PageSize": query.size,
            "TotalNumberOfPages": pages,
            "TotalNumberOfResults": total,
            "ServerTimeUtc": stamp(call.now, call.precision()),
        },
        "Data": data.collect::<Vec<_>>(),
    }))
}

/// Without `$orderby` nothing is promised: with the switch, the list begins elsewhere each time.
fn sort(call: &Call<'_>, listing: &Listing<'_>, query: &Query, found: &mut [&Record]) {
    if query.order.is_empty() {
        if call.is(&switches::UNSORTED, "shifting") && !found.is_empty() {
            let by = call.serial % found.len();
            found.rotate_left(by);
        }
        return;
    }
    found.sort_by_cached_key(|record| {
        let needs = query.order.iter().any(|(field, _)| COMPUTED.contains(&field.name));
        let computed = if needs { (listing.computed)(record) } else { Record::new() };
        let value = |field: &Field| computed.get(field.name).or_else(|| record.get(field.name)).cloned();
        Keys(query.order.iter().map(|(field, down)| (value(field).unwrap_or_default(), *down)).collect())
    });
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

fn print(call: &Call<'_>, listing: &Listing<'_>, query: &Query, record: &Record) -> Value {
    let mut whole = record.clone();
    whole.extend((listing.computed)(record));
    if listing.schema.field("Rows").is_some() && call.is(&switches::LIST_ROWS, "empty") {
        put(&mut whole, "Rows", Value::Array(Vec::new()));
    }
    let printed = render(listing.schema, &whole, &call.view());
    match (&query.select, printed) {
        (Some(fields), Value::Object(mut printed)) => {
            printed.retain(|name, _| fields.iter().any(|field| field.name == name));
            Value::Object(printed)
        }
        (_, printed) => printed,
    }
}
