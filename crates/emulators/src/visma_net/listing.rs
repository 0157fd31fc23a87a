//! Lists of the older service, and one record by its key.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::frame::{Cx, Reply, Request, Switches};

use super::{
    collection::{Collection, Paging},
    projects,
    refusal::Refusal,
    store::{Company, Record, stamp_name, view},
    switches::{AMOUNT_BEFORE, GREATER, INVOICE_SHAPE, LIST_ORDER, MAX_ITEMS, MAX_PAGE, NO_CONDITION, UNASKED_PAGE},
    value::{Fields, at, day, decimal, flag, from_local, list, read_stamp, rows, text, text_at},
    write::etag,
};

/// The parameters of a call, whose names are compared without regard to case.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn of(request: &Request) -> Self {
        Self(request.query_pairs())
    }

    /// The first value of this name that is not empty.
    pub(super) fn get<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.all(name).next()
    }

    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let ours = self.0.iter().filter(move |(known, value)| known.eq_ignore_ascii_case(name) && !value.is_empty());
        ours.map(|(_, value)| value.as_str())
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<usize>, Refusal> {
        let wrong = || Refusal::Query(format!("The value for '{name}' is not valid."));
        self.get(name).map(|value| value.parse().map_err(|_| wrong())).transpose()
    }
}

/// The stamps of a list's filter, in one of five forms and none of them with a zone.
const FORMS: [&str; 4] = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%.f"];

fn local_time(given: &str) -> Option<NaiveDateTime> {
    let in_form = || FORMS.iter().find_map(|form| NaiveDateTime::parse_from_str(given, form).ok());
    in_form().or_else(|| NaiveDate::parse_from_str(given, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0))
}

/// A comparison as conditions write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compare {
    Before,
    UpTo,
    From,
    After,
}

impl Compare {
    fn read(given: &str, switches: &Switches) -> Option<Self> {
        Some(match given.trim() {
            ">" if switches.is(&GREATER, "inclusive") => Self::From,
            ">" => Self::After,
            ">=" => Self::From,
            "<" => Self::Before,
            "<=" => Self::UpTo,
            _ => return None,
        })
    }

    pub(super) fn holds<T: PartialOrd>(self, value: &T, limit: &T) -> bool {
        match self {
            Self::Before => value < limit,
            Self::UpTo => value <= limit,
            Self::From => value >= limit,
            Self::After => value > limit,
        }
    }
}

/// A stamp with its condition, if a list is asked for one.
pub(super) fn since(cx: &Cx<'_>, query: &Query, name: &str) -> Result<Option<(DateTime<Utc>, Compare)>, Refusal> {
    let wrong = |name: &str| Refusal::Query(format!("The value for '{name}' is not valid."));
    let Some(given) = query.get(name) else { return Ok(None) };
    let limit = local_time(given).ok_or_else(|| wrong(name))?;
    let condition = format!("{name}Condition");
    match query.get(&condition) {
        Some(word) => {
            let compare = Compare::read(word, cx.switches).ok_or_else(|| wrong(&condition))?;
            Ok(Some((from_local(limit, cx.switches), compare)))
        }
        None if cx.switches.is(&NO_CONDITION, "refused") => Err(wrong(&condition)),
        None => Ok(None),
    }
}

/// A stamp to the millisecond, as it is shown.
fn shown_part(at: DateTime<Utc>) -> i64 {
    at.timestamp_millis()
}

/// Whether a value is what a parameter asks for.
fn is(value: Option<&Value>, wanted: &str) -> bool {
    match value {
        Some(Value::String(text)) => text.eq_ignore_ascii_case(wanted),
        Some(Value::Bool(flag)) => flag.to_string().eq_ignore_ascii_case(wanted),
        Some(Value::Number(number)) => number.to_string() == wanted,
        _ => false,
    }
}

/// A business day with its condition.
fn day_filter(query: &Query, name: &str, switches: &Switches) -> Result<Option<(NaiveDate, Compare)>, Refusal> {
    let wrong = || Refusal::Query(format!("The value for '{name}' is not valid."));
    let Some(given) = query.get(name) else { return Ok(None) };
    let day = local_time(given).ok_or_else(wrong)?.date();
    let Some(word) = query.get(&format!("{name}Condition")).map(str::to_owned) else { return Ok(None) };
    Ok(Some((day, Compare::read(&word, switches).ok_or_else(wrong)?)))
}

impl Company {
    /// A list, of those records that `fits` lets through.
    pub(super) fn list(
        &self,
        cx: &Cx<'_>,
        known: &'static Collection,
        request: &Request,
        fits: impl Fn(&Fields) -> bool,
    ) -> Result<Reply, Refusal> {
        let records = self.all(known.name).filter(|(_, record)| fits(&record.fields));
        self.list_of(cx, known, request, &records.collect::<Vec<_>>())
    }

    /// A list of these records, as far as its parameters let them through.
    pub(super) fn list_of(
        &self,
        cx: &Cx<'_>,
        known: &'static Collection,
        request: &Request,
        records: &[(u64, &Record)],
    ) -> Result<Reply, Refusal> {
        let query = Query::of(request);
        let mut found = Vec::new();
        let modified = if known.modified { since(cx, &query, "lastModifiedDateTime")? } else { None };
        let created = if known.created { since(cx, &query, "createdDateTime")? } else { None };
        let stock = since(cx, &query, "availabilityLastModifiedDateTime")?;
        if query.get("released").is_some_and(|given| !matches!(given, "0" | "1")) {
            return Err(Refusal::Query("The value for 'released' is not valid.".into()));
        }
        let date_names: &[(&str, &str)] = match known.name {
            "invoices" | "credit-notes" | "documents" => {
                &[("documentDate", "documentDate"), ("documentDueDate", "documentDueDate")]
            }
            "payments" => &[("docDate", "applicationDate")],
            "shipments" => &[("shipmentDate", "shipmentDate")],
            _ => &[],
        };
        let mut days = Vec::new();
        for (name, field) in date_names {
            days.extend(day_filter(&query, name, cx.switches)?.map(|(day, compare)| (*field, day, compare)));
        }
        for (id, record) in records.iter().copied() {
            let stamped = |filter: &Option<(DateTime<Utc>, Compare)>, at: DateTime<Utc>| {
                filter.is_none_or(|(limit, compare)| compare.holds(&shown_part(at), &shown_part(limit)))
            };
            let good = !self.hidden(cx, known.name, id)
                && stamped(&modified, record.modified)
                && stamped(&created, record.created)
                && known.filters.iter().all(|(name, path)| {
                    let mut wanted = query.all(name).peekable();
                    wanted.peek().is_none() || wanted.any(|wanted| is(at(&record.fields, path), wanted))
                })
                && days.iter().all(|(field, limit, compare)| {
                    day(text(&record.fields, field)).is_some_and(|day| compare.holds(&day, limit))
                })
                && stock.is_none_or(|(limit, compare)| {
                    let stamps = rows(&record.fields, "warehouseDetails").map(|row| text(row, "lastModifiedDateTime"));
                    let last = stamps.filter_map(|stamp| read_stamp(stamp, cx.switches)).max();
                    last.is_some_and(|at| compare.holds(&shown_part(at), &shown_part(limit)))
                })
                && special(known, &record.fields, &query);
            if good {
                found.push(record);
            }
        }
        match cx.switches.word(&LIST_ORDER) {
            "newest_first" => found.reverse(),
            "modified" => found.sort_by_key(|record| record.modified),
            _ => {}
        }
        let shown = |record: &&Record| self.shown(cx, known, record, Some(&query));
        page(cx, known, &query, &found, shown)
    }

    /// One record by its key.
    pub(super) fn one(&self, cx: &Cx<'_>, known: &'static Collection, id: u64) -> Result<Reply, Refusal> {
        let record = self.get(known.name, id).ok_or_else(|| missing(known, &id.to_string()))?;
        let body = Value::Object(self.shown(cx, known, record, None));
        let listed = known.name == "invoices" && cx.switches.is(&INVOICE_SHAPE, "list");
        let reply = Reply::json(200, &if listed { json!([body]) } else { body });
        let versioned = !known.write.is_empty() && stamp_name(known, cx.switches) == Some("timeStamp");
        Ok(if versioned { reply.with_header("etag", etag(record)) } else { reply })
    }

    /// A record as answers have it; `list` is the query of a list.
    pub(super) fn shown(&self, cx: &Cx<'_>, known: &Collection, record: &Record, list: Option<&Query>) -> Fields {
        let mut shown = view(known, record, cx.switches);
        let asked = |flag: &str, plain: bool| match list.map(|query| query.get(flag)) {
            Some(Some(word)) => word.eq_ignore_ascii_case("true"),
            Some(None) => plain,
            None => true,
        };
        let parts: &[(&str, &str, bool)] = match known.name {
            "items" => &ITEM_PARTS,
            "invoices" | "credit-notes" => &DOCUMENT_PARTS,
            "journals" => &[("expandAttachments", "attachments", false)],
            "customers" => &[("expandPaymentMethods", "paymentMethods", false)],
            _ => &[],
        };
        for (flag, name, plain) in parts {
            if !asked(flag, *plain) {
                shown.remove(*name);
            }
        }
        match known.name {
            "items"
                if flag(&shown, "stockItem")
                    && list.is_some_and(|query| query.get("addCostPriceStatistics") == Some("true")) =>
            {
                let cost = shown.get("lastCost").cloned().unwrap_or(json!(0));
                let names = ["lastCost", "averageCost", "minCost", "maxCost"];
                let all = names.into_iter().map(|name| (name.to_owned(), cost.clone())).collect();
                shown.insert("costPriceStatistics".into(), Value::Object(all));
            }
            "invoices" | "credit-notes"
                if cx.switches.is(&AMOUNT_BEFORE, "empty") && !flag(&record.fields, "_released") =>
            {
                for name in ["amount", "amountInCurrency", "balance", "balanceInCurrency"] {
                    shown.remove(name);
                }
            }
            "projects" => projects::with_tasks(self, cx, &mut shown),
            _ => {}
        }
        shown
    }
}

const ITEM_PARTS: [(&str, &str, bool); 7] = [
    ("expandCrossReference", "crossReferences", true),
    ("expandAttachment", "attachments", true),
    ("expandAttribute", "attributes", true),
    ("expandWarehouseDetail", "warehouseDetails", true),
    ("expandSupplierDetails", "supplierDetails", true),
    ("expandSalesCategories", "salesCategories", true),
    ("expandNote", "note", true),
];

const DOCUMENT_PARTS: [(&str, &str, bool); 4] = [
    ("expandApplications", "applications", false),
    ("expandAttachments", "attachments", false),
    ("expandTaxDetails", "taxDetails", false),
    ("expandInvoiceAddress", "invoiceAddress", false),
];

/// The refusal for a key that is not there.
pub(super) fn missing(known: &Collection, key: &str) -> Refusal {
    Refusal::Key(format!("{} '{key}' cannot be found in the system.", known.called))
}

/// Filters that are no comparison with one field.
fn special(known: &Collection, fields: &Fields, query: &Query) -> bool {
    let wants = |name: &str, holds: &dyn Fn(&str) -> bool| query.get(name).is_none_or(holds);
    match known.name {
        "items" => {
            let alternates =
                |wanted: &str| rows(fields, "crossReferences").any(|row| text(row, "alternateID") == wanted);
            let categories =
                |wanted: &str| rows(fields, "salesCategories").any(|row| text(row, "description") == wanted);
            wants("alternateID", &alternates) && wants("salesCategory", &categories)
        }
        "invoices" | "credit-notes" => wants("released", &|wanted| (wanted == "1") == flag(fields, "_released")),
        "documents" => {
            wants("documentType", &|wanted| text(fields, "documentType").eq_ignore_ascii_case(wanted))
                && wants("released", &|wanted| (wanted == "1") == flag(fields, "_released"))
        }
        "payments" => {
            wants("invoiceRefNbr", &|wanted| rows(fields, "paymentLines").any(|row| text(row, "refNbr") == wanted))
        }
        "prices" => {
            let kind = |wanted: &str| {
                wanted.eq_ignore_ascii_case("All") || text(fields, "priceType").eq_ignore_ascii_case(wanted)
            };
            let valid =
                |wanted: &str| local_time(wanted).is_some_and(|at| super::masters::price_holds(fields, at.date()));
            wants("priceType", &kind) && wants("effectiveAsOf", &valid)
        }
        // The project that stands for none is left out unless it is asked for.
        "projects" => {
            flag(fields, "_nonProject") == (query.get("nonProject") == Some("true"))
                && wants("systemTemplate", &|wanted| (wanted == "true") == flag(fields, "systemTemplate"))
        }
        _ => true,
    }
}

/// Cuts the page out and tells how many there are, the way this list does.
pub(super) fn page<T>(
    cx: &Cx<'_>,
    known: &Collection,
    query: &Query,
    found: &[T],
    shown: impl Fn(&T) -> Fields,
) -> Result<Reply, Refusal> {
    if known.paging == Paging::None {
        return Ok(Reply::json(200, &list(found.iter().map(shown))));
    }
    let most = match known.name {
        "items" => cx.switches.number(&MAX_ITEMS),
        _ => cx.switches.number(&MAX_PAGE),
    };
    let max = usize::try_from(most).unwrap_or(1).max(1);
    let (number, size) = (query.number("pageNumber")?, query.number("pageSize")?);
    if number == Some(0) || size == Some(0) {
        return Err(Refusal::Query("The value for 'pageNumber' or 'pageSize' is not valid.".into()));
    }
    let whole = number.is_none() && size.is_none() && cx.switches.is(&UNASKED_PAGE, "whole");
    let number = number.unwrap_or(1);
    let size = if whole { found.len().max(1) } else { size.unwrap_or(max).min(max) };
    let rows = found.iter().skip(number.saturating_sub(1).saturating_mul(size)).take(size).map(shown);
    if known.paging == Paging::Envelope {
        let rows = list(rows);
        let body = json!({ "pageNumber": number, "pageSize": size, "totalCount": found.len(), "records": rows });
        return Ok(Reply::json(200, &body));
    }
    if known.paging == Paging::Untold {
        return Ok(Reply::json(200, &list(rows)));
    }
    let told = json!({ "totalCount": found.len(), "maxPageSize": max });
    Ok(Reply::json(
        200,
        &list(rows.map(|mut row| {
            row.insert("metadata".into(), told.clone());
            row
        })),
    ))
}

/// The sum of a field over records.
pub(super) fn sum<'a>(records: impl Iterator<Item = &'a Fields>, name: &str) -> Decimal {
    records.filter_map(|fields| fields.get(name).and_then(decimal)).sum()
}

/// The text of a customer's number on a record.
pub(super) fn customer_of(fields: &Fields) -> &str {
    text_at(fields, "customer.number")
}
