//! From a path to what it does.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Value, json};

use crate::frame::{Reply, Request};

use super::call::Call;
use super::collection::Resource;
use super::company::Company;
use super::listing::{Listing, list};
use super::problem::Refusal;
use super::record::{Record, date_value, number, put, text};
use super::schema::render;
use super::switches;
use super::tables::company::COMPANY_SETTINGS;
use super::{
    articles, customers, drafts, invoices, ledger_items, orders, party, registers, sending, settlement, vouchers,
};

/// Answers one call that was let through.
///
/// # Errors
/// A refusal of the vendor's.
pub(crate) fn answer(
    company: &mut Company,
    call: &mut Call<'_>,
    request: &Request,
    segments: &[&str],
) -> Result<Reply, Refusal> {
    match (request.method.as_str(), segments) {
        ("GET", segments) => read(company, call, segments),
        ("POST", segments) => post(company, call, segments, &body(request)?),
        ("PUT", segments) => replace(company, call, segments, &body(request)?),
        ("DELETE", segments) => delete(company, call, segments),
        _ => Ok(Reply::empty(405)),
    }
}

fn body(request: &Request) -> Result<Value, Refusal> {
    if request.body.is_empty() {
        return Ok(Value::Null);
    }
    request.json().map_err(|error| Refusal::invalid(format!("the body is no JSON: {error}")))
}

/// The paths of the vendor's document that this emulator does not answer.
fn elsewhere(segments: &[&str]) -> Reply {
    Reply::text(501, "text/plain", &format!("the emulator does not answer /v2/{}", segments.join("/")))
}

fn read(company: &Company, call: &mut Call<'_>, segments: &[&str]) -> Result<Reply, Refusal> {
    let answer = match segments {
        ["companysettings"] => render(&COMPANY_SETTINGS, &company.settings, &call.view()),
        ["currencies", "exchangerate"] => exchange_rate(company, call)?,
        ["customerinvoices"] => invoice_list(company, call)?,
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
            plain_list(call, Resource::LedgerItems, items.iter().collect())?
        }
        ["customerledgeritems", id] => ledger_item(company, call, id)?,
        ["accounts", "standardaccounts"] | ["fiscalyears", "openingbalances"] => return Ok(elsewhere(segments)),
        ["accounts" | "vouchers", year] => of_year(company, call, segments, year)?,
        ["accounts", year, number] => account(company, call, year, number)?,
        ["vouchers", _, id] => one(company, call, Resource::Vouchers, id)?,
        ["customers", _, "autoinvoicerecipients"] => return Ok(elsewhere(segments)),
        [_] => known_list(company, call, segments)?,
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
    now: DateTime<Utc>,
    then: impl FnOnce(&dyn Fn(&Record) -> Record) -> R,
) -> R {
    match resource {
        Resource::Customers => {
            let facts = party::ledger_facts(company);
            then(&|record| customers::computed(company, &facts, record))
        }
        Resource::Articles => {
            let reserved = articles::reserved(company);
            then(&|record| articles::computed(company, &reserved, record))
        }
        Resource::Invoices => then(&|record| invoices::computed(company, now, record)),
        _ => then(&|_| Record::new()),
    }
}

fn known_list(company: &Company, call: &Call<'_>, segments: &[&str]) -> Result<Value, Refusal> {
    let resource = segments.first().and_then(|name| Resource::named(name));
    let resource = resource.ok_or_else(|| Refusal::missing("there is no such list"))?;
    check_params(company, call, resource)?;
    let records = company.all(resource).collect();
    with_computed(company, resource, call.now, |computed| {
        list(call, &Listing { schema: resource.schema(), records, computed })
    })
}

fn plain_list(call: &Call<'_>, resource: Resource, records: Vec<&Record>) -> Result<Value, Refusal> {
    list(call, &Listing { schema: resource.schema(), records, computed: &|_| Record::new() })
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

fn invoice_list(company: &Company, call: &Call<'_>) -> Result<Value, Refusal> {
    let since = match call.param("modifiedSinceUtc") {
        None => None,
        Some(given) => {
            let at = DateTime::parse_from_rfc3339(given)
                .map_err(|_| Refusal::input(format!("modifiedSinceUtc: {given:?} is no instant")))?;
            Some(at.to_utc())
        }
    };
    let wanted = |invoice: &&Record| since.is_none_or(|since| invoices::modified_since(call, invoice, since));
    let records = company.all(Resource::Invoices).filter(wanted).collect();
    with_computed(company, Resource::Invoices, call.now, |computed| {
        list(call, &Listing { schema: Resource::Invoices.schema(), records, computed })
    })
}

/// One record, as it is printed alone.
fn one(company: &Company, call: &Call<'_>, resource: Resource, id: &str) -> Result<Value, Refusal> {
    check_params(company, call, resource)?;
    let record = company.find(resource, id)?;
    let mut whole = record.clone();
    whole.extend(with_computed(company, resource, call.now, |computed| computed(record)));
    Ok(render(resource.schema(), &whole, &call.view()))
}

fn ledger_item(company: &Company, call: &Call<'_>, id: &str) -> Result<Value, Refusal> {
    let items = ledger_items::all(company, call);
    let found = items.iter().find(|item| text(item, "Id").is_some_and(|known| known.eq_ignore_ascii_case(id)));
    let item = found.ok_or_else(|| Refusal::missing(format!("there is no ledger item {id}")))?;
    Ok(render(Resource::LedgerItems.schema(), item, &call.view()))
}

fn of_year(company: &Company, call: &Call<'_>, segments: &[&str], year: &str) -> Result<Value, Refusal> {
    company.find(Resource::FiscalYears, year)?;
    let (resource, field) = if segments.first() == Some(&"accounts") {
        (Resource::Accounts, "FiscalYearId")
    } else {
        (Resource::Vouchers, "fiscal_year")
    };
    let records = company.all(resource).filter(|record| text(record, field) == Some(year)).collect();
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

fn post(company: &mut Company, call: &mut Call<'_>, segments: &[&str], body: &Value) -> Result<Reply, Refusal> {
    let (status, resource, id) = match segments {
        ["customers"] => (201, Resource::Customers, customers::create(company, call, body)?),
        ["articles"] => (201, Resource::Articles, articles::create(company, call, body)?),
        ["orders"] => (201, Resource::Orders, orders::create(company, call, body)?),
        ["customerinvoicedrafts"] => (201, Resource::Drafts, drafts::create(company, call, body)?),
        ["customerinvoicedrafts", id, "convert"] => {
            (201, Resource::Invoices, drafts::convert(company, call, id, body)?)
        }
        ["customerinvoices"] => {
            call.flag("rotReducedAutomaticDistribution")?;
            (201, Resource::Invoices, invoices::create(company, call, body)?)
        }
        ["vouchers"] => (201, Resource::Vouchers, vouchers::create(company, call, body)?),
        ["customerledgeritems"] => (201, Resource::LedgerItems, ledger_items::create(company, call, body)?),
        ["customerledgeritems", "customerledgeritemswithvoucher"] => {
            (201, Resource::LedgerItems, ledger_items::create_with_voucher(company, call, body)?)
        }
        [name @ ("customerlabels" | "articlelabels")] => {
            let resource = if *name == "customerlabels" { Resource::CustomerLabels } else { Resource::ArticleLabels };
            (201, resource, registers::create(company, call, resource, body)?)
        }
        ["deliverymethods"] => created_plainly(company, call, Resource::DeliveryMethods, body)?,
        ["deliveryterms"] => created_plainly(company, call, Resource::DeliveryTerms, body)?,
        ["notes"] => created_plainly(company, call, Resource::Notes, body)?,
        ["orders", id, action] => return order_action(company, call, id, action, body),
        ["customerinvoices", id, action] => return invoice_action(company, call, id, action, body),
        ["accounts" | "bankaccounts" | "fiscalyears"] => return Ok(elsewhere(segments)),
        _ => return Ok(not_allowed(segments)),
    };
    let answer = match resource {
        Resource::LedgerItems => ledger_item(company, call, &id)?,
        resource => one(company, call, resource, &id)?,
    };
    Ok(Reply::json(status, &answer))
}

/// Those whose creation is answered with 200.
fn created_plainly(
    company: &mut Company,
    call: &mut Call<'_>,
    resource: Resource,
    body: &Value,
) -> Result<(u16, Resource, String), Refusal> {
    Ok((200, resource, registers::create(company, call, resource, body)?))
}

fn order_action(
    company: &mut Company,
    call: &mut Call<'_>,
    id: &str,
    action: &str,
    body: &Value,
) -> Result<Reply, Refusal> {
    let shown = match action {
        "converteddrafttoorder" => orders::start(company, call, id).map(|()| id.to_owned())?,
        "completed" => {
            let fill = call.is(&switches::COMPLETED, "all");
            orders::complete(company, call, id, fill).map(|()| id.to_owned())?
        }
        "voided" => orders::void(company, call, id).map(|()| id.to_owned())?,
        "backorder" => orders::backorder(company, call, id)?,
        "convert" => {
            let invoice = orders::convert(company, call, id, body)?;
            return Ok(Reply::json(200, &one(company, call, Resource::Invoices, &invoice)?));
        }
        "email" => {
            sending::order(company, call, id, body)?;
            return Ok(Reply::empty(200));
        }
        "print" => return Ok(Reply::empty(405)),
        _ => return Ok(Reply::empty(404)),
    };
    Ok(Reply::json(200, &one(company, call, Resource::Orders, &shown)?))
}

fn invoice_action(
    company: &mut Company,
    call: &mut Call<'_>,
    id: &str,
    action: &str,
    body: &Value,
) -> Result<Reply, Refusal> {
    match action {
        "payments" => return Ok(Reply::json(201, &settlement::pay(company, call, id, body)?)),
        "void" => settlement::void(company, call, id)?,
        "email" => sending::invoice(company, call, id, body)?,
        "einvoice" => sending::einvoice(company, call, id, body)?,
        "paymentreminders" => sending::reminder(company, call, id, body)?,
        "pdf" | "print" => return Ok(Reply::empty(405)),
        _ => return Ok(Reply::empty(404)),
    }
    Ok(Reply::empty(200))
}

fn replace(company: &mut Company, call: &mut Call<'_>, segments: &[&str], body: &Value) -> Result<Reply, Refusal> {
    let (resource, id) = match segments {
        ["companysettings"] | ["companysettings", _] | ["accounts", _, _] => return Ok(elsewhere(segments)),
        [name, id] => (Resource::named(name), *id),
        _ => return Ok(not_allowed(segments)),
    };
    let Some(resource) = resource else { return Ok(not_allowed(segments)) };
    match resource {
        Resource::Customers => customers::replace(company, call, id, body)?,
        Resource::Articles => articles::replace(company, call, id, body)?,
        Resource::Orders => orders::replace(company, call, id, body)?,
        Resource::Drafts => drafts::replace(company, call, id, body)?,
        Resource::CustomerLabels | Resource::ArticleLabels | Resource::Notes => {
            registers::replace(company, call, resource, id, body)?;
        }
        Resource::BankAccounts | Resource::FiscalYears => return Ok(elsewhere(segments)),
        _ => return Ok(Reply::empty(405)),
    }
    Ok(Reply::json(200, &one(company, call, resource, id)?))
}

fn delete(company: &mut Company, call: &mut Call<'_>, segments: &[&str]) -> Result<Reply, Refusal> {
    match segments {
        ["customers", id] => customers::delete(company, id)?,
        ["orders", id] => orders::delete(company, call, id)?,
        ["customerinvoicedrafts", id] => {
            company.find(Resource::Drafts, id)?;
            company.of_mut(Resource::Drafts).remove(id);
        }
        ["customerlabels", id] => registers::delete_label(company, Resource::CustomerLabels, id)?,
        ["articlelabels", id] => registers::delete_label(company, Resource::ArticleLabels, id)?,
        ["bankaccounts", _] => return Ok(elsewhere(segments)),
        _ => return Ok(not_allowed(segments)),
    }
    Ok(Reply::empty(200))
}

/// 405 where the path exists for another method, 404 where it does not.
fn not_allowed(segments: &[&str]) -> Reply {
    let known = match segments {
        [_] | [_, _] => true,
        ["customerinvoicedrafts", _, "convert"] => true,
        ["customerinvoices", _, action] => {
            ["pdf", "payments", "email", "einvoice", "paymentreminders", "print", "void"].contains(action)
        }
        ["orders", _, action] => {
            ["converteddrafttoorder", "completed", "voided", "backorder", "convert", "print", "email"].contains(action)
        }
        _ => false,
    };
    Reply::empty(if known { 405 } else { 404 })
}
