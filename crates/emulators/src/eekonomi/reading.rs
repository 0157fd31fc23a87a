//! What is read: records, lists, papers.

use chrono::{DateTime, NaiveDate};
use serde_json::{Value, json};

use crate::frame::Reply;

use super::attachments;
use super::call::Call;
use super::collection::Resource;
use super::company::Company;
use super::listing::{ByKey, Listing, list};
use super::price_lists;
use super::problem::Refusal;
use super::record::{Record, date_value, number, put, text};
use super::routes::elsewhere;
use super::schema::render;
use super::tables::company::COMPANY_SETTINGS;
use super::{articles, customers, invoices, ledger_items, party, sending};

/// Answers a GET.
///
/// # Errors
/// A refusal of the vendor's.
pub(super) fn read(company: &Company, call: &mut Call<'_>, segments: &[&str]) -> Result<Reply, Refusal> {
    let answer = match segments {
        ["companysettings"] => render(&COMPANY_SETTINGS, &company.settings, &call.view()),
        ["currencies", "exchangerate"] => exchange_rate(company, call)?,
        ["customerinvoices"] => return invoice_list(company, call),
        ["customerinvoices", id, "pdf"] => {
            company.find(Resource::Invoices, id)?;
            let link = format!("{}/temp/fileanonymous/{}", call.host, call.mint.id());
            json!({ "Url": link })
        }
        ["customerinvoices", id, "print"] => {
            company.find(Resource::Invoices, id)?;
            return Ok(pdf(id));
        }
        ["orders", id, "print"] | ["orders", id, "deliverynote", "print"] => {
            sending::printable_order(company, id)?;
            return Ok(pdf(id));
        }
        ["customerledgeritems"] => {
            let items = ledger_items::all(company, call);
            return plain_list(call, Resource::LedgerItems, items.iter().collect());
        }
        ["customerledgeritems", id] => ledger_item(company, call, id)?,
        ["accounts", "standardaccounts"] | ["fiscalyears", "openingbalances"] => return Ok(elsewhere(segments)),
        ["accounts" | "vouchers", year] => return of_year(company, call, segments, year),
        ["salespricelists", "prices"] => return price_rows(company, call, None),
        ["salespricelists", "prices", of] => return price_rows(company, call, Some(of)),
        ["salespricelists", "prices", of, article] => return price_row(company, call, of, article),
        ["salesdocumentattachments", file] if file.ends_with(".pdf") => {
            let mut reply = Reply::text(200, "application/pdf", "");
            reply.body = attachments::bytes(company, file.trim_end_matches(".pdf"))?;
            return Ok(reply);
        }
        ["quotes", id, "print"] => {
            company.find(Resource::Quotes, id)?;
            return Ok(pdf(id));
        }
        ["accounts", year, number] => account(company, call, year, number)?,
        ["vouchers", _, id] => one(company, call, Resource::Vouchers, id)?,
        ["customers", _, "autoinvoicerecipients"] => return Ok(elsewhere(segments)),
        [_] => return known_list(company, call, segments),
        [name, id] => match Resource::named(name) {
            Some(resource) if resource != Resource::Users => one(company, call, resource, id)?,
            _ => return Ok(Reply::empty(404)),
        },
        _ => return Ok(Reply::empty(404)),
    };
    Ok(Reply::json(200, &answer))
}

fn pdf(title: &str) -> Reply {
    let mut reply = Reply::text(200, "application/pdf", "");
    reply.body = sending::paper(title);
    reply
}

/// Works out, for records of a resource, what is not stored.
fn with_computed<R>(
    company: &Company,
    resource: Resource,
    call: &Call<'_>,
    then: impl FnOnce(&dyn Fn(&Record) -> Record) -> R,
) -> R {
    match resource {
        Resource::Customers => {
            let facts = party::ledger_facts(company);
            then(&|record| customers::computed(company, &facts, record))
        }
        Resource::Articles => {
            let customer = call.param("customerId").and_then(|id| company.get(Resource::Customers, id));
            then(&|record| articles::computed(company, record, customer))
        }
        Resource::Invoices => then(&|record| invoices::computed(company, call.now, record)),
        _ => then(&|_| Record::new()),
    }
}

/// A list of all records of a resource, as its first segment names it.
fn known_list(company: &Company, call: &Call<'_>, segments: &[&str]) -> Result<Reply, Refusal> {
    let resource = segments.first().and_then(|name| Resource::named(name));
    let resource = resource.filter(|resource| *resource != Resource::PriceRows);
    let resource = resource.ok_or_else(|| Refusal::missing("there is no such list"))?;
    check_params(company, call, resource)?;
    let (total, records) = company.listed(call.cx, resource);
    with_computed(company, resource, call, |computed| {
        let by_key = resource.key().map(|key| by_key(company, call, resource, key));
        let whole = company.whole(call.cx, resource);
        list(call, Listing { schema: resource.schema(), total, records, by_key, whole, computed })
    })
}

fn by_key<'a>(company: &'a Company, call: &'a Call<'_>, resource: Resource, key: &'static str) -> ByKey<'a> {
    (key, Box::new(move |wanted| company.listed_by_key(call.cx, resource, wanted)))
}

fn plain_list(call: &Call<'_>, resource: Resource, records: Vec<&Record>) -> Result<Reply, Refusal> {
    let (total, records) = (records.len(), Box::new(records.into_iter()));
    list(
        call,
        Listing { schema: resource.schema(), total, records, by_key: None, whole: None, computed: &|_| Record::new() },
    )
}

/// Rows of all price lists, or of one.
pub(super) fn price_rows(company: &Company, call: &Call<'_>, of: Option<&str>) -> Result<Reply, Refusal> {
    if let Some(id) = of {
        company.find(Resource::PriceLists, id)?;
    }
    let following = price_lists::following(company, call, of);
    let rows = company.of(Resource::PriceRows).ok_or_else(|| Refusal::missing("there is no such list"))?;
    let places = rows.ordered(&format!("of {}", of.unwrap_or_default()), || {
        let wanted = |row: &Record| of.is_none_or(|id| text(row, "SalesPriceListId") == Some(id));
        rows.places().filter(|(_, row)| wanted(row)).map(|(place, _)| place).collect()
    });
    let records: Vec<&Record> = places.iter().filter_map(|place| rows.at(*place)).chain(&following).collect();
    let (total, records) = (records.len(), Box::new(records.into_iter()));
    let computed = |row: &Record| price_lists::computed(company, row);
    list(
        call,
        Listing {
            schema: Resource::PriceRows.schema(),
            total,
            records,
            by_key: None,
            whole: None,
            computed: &computed,
        },
    )
}

fn price_row(company: &Company, call: &Call<'_>, of: &str, article: &str) -> Result<Reply, Refusal> {
    company.find(Resource::PriceLists, of)?;
    let following = price_lists::following(company, call, Some(of));
    let stored = company.get(Resource::PriceRows, &price_lists::key(of, article));
    let row = stored.or_else(|| following.iter().find(|row| text(row, "ArticleId") == Some(article)));
    let row = row.ok_or_else(|| Refusal::missing(format!("the list {of} has no price of {article}")))?;
    let mut whole = row.clone();
    whole.extend(price_lists::computed(company, row));
    Ok(Reply::json(200, &render(Resource::PriceRows.schema(), &whole, &call.view())))
}

/// The parameters that some lists and records take beside the common ones.
fn check_params(company: &Company, call: &Call<'_>, resource: Resource) -> Result<(), Refusal> {
    if matches!(resource, Resource::Codings | Resource::VatCodes)
        && let Some(day) = call.param("vatRateDate")
        && day.parse::<NaiveDate>().is_err()
    {
        return Err(Refusal::input(format!("vatRateDate: {day:?} is no date")));
    }
    if resource == Resource::Articles {
        call.flag("showPricesWithTwoDecimals")?;
        if let Some(id) = call.param("customerId")
            && company.get(Resource::Customers, id).is_none()
        {
            return Err(call.no_such("customerId", id));
        }
    }
    Ok(())
}

fn invoice_list(company: &Company, call: &Call<'_>) -> Result<Reply, Refusal> {
    let since = match call.param("modifiedSinceUtc") {
        None => return known_list(company, call, &["customerinvoices"]),
        Some(given) => {
            let at = DateTime::parse_from_rfc3339(given)
                .map_err(|_| Refusal::input(format!("modifiedSinceUtc: {given:?} is no instant")))?;
            at.to_utc()
        }
    };
    let wanted = |invoice: &&Record| invoices::modified_since(call, invoice, since);
    let records: Vec<&Record> = company.listed(call.cx, Resource::Invoices).1.filter(wanted).collect();
    let (total, records) = (records.len(), Box::new(records.into_iter()));
    with_computed(company, Resource::Invoices, call, |computed| {
        list(call, Listing { schema: Resource::Invoices.schema(), total, records, by_key: None, whole: None, computed })
    })
}

/// One record, as it is printed alone.
pub(super) fn one(company: &Company, call: &Call<'_>, resource: Resource, id: &str) -> Result<Value, Refusal> {
    check_params(company, call, resource)?;
    let record = company.find(resource, id)?;
    let mut whole = record.clone();
    whole.extend(with_computed(company, resource, call, |computed| computed(record)));
    Ok(render(resource.schema(), &whole, &call.view()))
}

pub(super) fn ledger_item(company: &Company, call: &Call<'_>, id: &str) -> Result<Value, Refusal> {
    let items = ledger_items::all(company, call);
    let found = items.iter().find(|item| text(item, "Id").is_some_and(|known| known.eq_ignore_ascii_case(id)));
    let item = found.ok_or_else(|| Refusal::missing(format!("there is no ledger item {id}")))?;
    Ok(render(Resource::LedgerItems.schema(), item, &call.view()))
}

fn of_year(company: &Company, call: &Call<'_>, segments: &[&str], year: &str) -> Result<Reply, Refusal> {
    company.find(Resource::FiscalYears, year)?;
    let (resource, field) = if segments.first() == Some(&"accounts") {
        (Resource::Accounts, "FiscalYearId")
    } else {
        (Resource::Vouchers, "fiscal_year")
    };
    let records = company.listed(call.cx, resource).1.filter(|record| text(record, field) == Some(year)).collect();
    plain_list(call, resource, records)
}

fn account(company: &Company, call: &Call<'_>, year: &str, number: &str) -> Result<Value, Refusal> {
    let wanted =
        |account: &&Record| text(account, "FiscalYearId") == Some(year) && text(account, "Number") == Some(number);
    let account = company.all(Resource::Accounts).find(wanted);
    let account = account.ok_or_else(|| Refusal::missing(format!("there is no account {number} in {year}")))?;
    Ok(render(Resource::Accounts.schema(), account, &call.view()))
}

fn exchange_rate(company: &Company, call: &Call<'_>) -> Result<Value, Refusal> {
    let code = |name: &str| {
        let code = call.param(name).unwrap_or(company.currency()).to_owned();
        if company.has_currency(&code) { Ok(code) } else { Err(call.no_such(name, &code)) }
    };
    let (source, target) = (code("sourceCurrencyCode")?, code("targetCurrencyCode")?);
    let mut rate = Record::new();
    put(&mut rate, "Date", date_value(company.today(call.now)));
    put(&mut rate, "SourceCurrency", source.as_str());
    put(&mut rate, "TargetCurrency", target.as_str());
    put(&mut rate, "Rate", number((company.rate(&source) / company.rate(&target)).round_dp(6)));
    Ok(render(&super::tables::codes::EXCHANGE_RATE, &rate, &call.view()))
}
