//! From a path to what it does.

use serde_json::Value;

use crate::frame::{Reply, Request};

use super::call::Call;
use super::collection::Resource;
use super::company::Company;
use super::problem::Refusal;
use super::reading::{ledger_item, one, price_rows, read};
use super::schema::render;
use super::switches;
use super::{
    articles, attachments, customers, drafts, invoices, ledger_items, orders, price_lists, projects, quotes, registers,
    sending, settlement, suppliers, vouchers,
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
pub(super) fn elsewhere(segments: &[&str]) -> Reply {
    Reply::text(501, "text/plain", &format!("the emulator does not answer /v2/{}", segments.join("/")))
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
        ["salespricelists"] => (201, Resource::PriceLists, price_lists::create(company, call, body)?),
        ["suppliers"] => (201, Resource::Suppliers, suppliers::create(company, call, body)?),
        ["projects"] => (201, Resource::Projects, projects::create(company, call, body)?),
        ["quotes"] => (201, Resource::Quotes, quotes::create(company, call, Resource::Quotes, body)?),
        ["quotedrafts"] => (201, Resource::QuoteDrafts, quotes::create(company, call, Resource::QuoteDrafts, body)?),
        ["salesdocumentattachments"] => {
            (201, Resource::Attachments, attachments::create(company, call, "customerinvoicedraft", body)?)
        }
        ["salesdocumentattachments", kind] => {
            (201, Resource::Attachments, attachments::create(company, call, kind, body)?)
        }
        ["partnerresourcelinks"] => (201, Resource::PartnerLinks, attachments::create_link(company, call, body)?),
        ["quotes", id, action] => return quote_action(company, call, id, action, body),
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

fn quote_action(
    company: &mut Company,
    call: &mut Call<'_>,
    id: &str,
    action: &str,
    body: &Value,
) -> Result<Reply, Refusal> {
    let answer = match action {
        "converttoorder" => {
            let order = quotes::to_order(company, call, id, body)?;
            one(company, call, Resource::Orders, &order)?
        }
        "previeworder" => render(Resource::Orders.schema(), &quotes::as_order(company, call, id, body)?, &call.view()),
        "converttocustomerinvoice" => {
            let invoice = quotes::to_invoice(company, call, id, body)?;
            one(company, call, Resource::Invoices, &invoice)?
        }
        "email" => {
            quotes::email(company, call, id, body)?;
            return Ok(Reply::empty(200));
        }
        "accept" | "print" => return Ok(Reply::empty(405)),
        _ => return Ok(Reply::empty(404)),
    };
    Ok(Reply::json(200, &answer))
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
        ["salespricelists", id, "prices"] => {
            let list = price_lists::put_rows(company, call, id, body)?;
            return price_rows(company, call, Some(&list));
        }
        ["quotes", id, "accept"] => {
            quotes::accept(company, call, id)?;
            return Ok(Reply::empty(200));
        }
        ["quotedrafts", id, "convert"] => {
            quotes::convert_draft(company, call, id)?;
            return Ok(Reply::json(200, &one(company, call, Resource::Quotes, id)?));
        }
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
        Resource::PriceLists => price_lists::replace(company, call, id, body)?,
        Resource::Suppliers => suppliers::replace(company, call, id, body)?,
        Resource::Quotes | Resource::QuoteDrafts => quotes::replace(company, call, resource, id, body)?,
        Resource::PartnerLinks => attachments::replace_link(company, call, id, body)?,
        // The one PUT of these that is answered with 201.
        Resource::Projects => {
            projects::replace(company, call, id, body)?;
            return Ok(Reply::json(201, &one(company, call, resource, id)?));
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
        ["salespricelists", id] => price_lists::delete(company, id)?,
        ["suppliers", id] => suppliers::delete(company, id)?,
        ["quotes", id] => quotes::delete(company, Resource::Quotes, id)?,
        ["quotedrafts", id] => quotes::delete(company, Resource::QuoteDrafts, id)?,
        ["partnerresourcelinks", id] => {
            company.find(Resource::PartnerLinks, id)?;
            company.of_mut(Resource::PartnerLinks).remove(id);
        }
        ["salesdocumentattachments", kind, document, id] => attachments::delete(company, kind, document, id)?,
        ["salesdocumentattachments", document, id] => {
            attachments::delete(company, "customerinvoicedraft", document, id)?;
        }
        ["bankaccounts", _] => return Ok(elsewhere(segments)),
        _ => return Ok(not_allowed(segments)),
    }
    Ok(Reply::empty(200))
}

/// 405 where the path exists for another method, 404 where it does not.
fn not_allowed(segments: &[&str]) -> Reply {
    let known = match segments {
        [_] | [_, _] => true,
        ["customerinvoicedrafts" | "quotedrafts", _, "convert"] => true,
        ["salespricelists", _, "prices"] | ["salespricelists", "prices", _, _] => true,
        ["quotes", _, action] => {
            ["accept", "converttoorder", "converttocustomerinvoice", "previeworder", "email", "print"].contains(action)
        }
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
