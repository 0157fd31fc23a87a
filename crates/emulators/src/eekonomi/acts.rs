//! What people do in the web client; the table of actions stands at [`super::Eekonomi`].

use serde_json::{Map, Value, json};

use super::articles;
use super::booking;
use super::call::Call;
use super::collection::Resource;
use super::company::Company;
use super::customers;
use super::drafts;
use super::orders;
use super::problem::Refusal;
use super::projects;
use super::quotes;
use super::record::{Record, date_value, decimal, filled, flag, has, int, number, put, text};
use super::schema::{Kind, Schema};
use super::seed;
use super::settlement;
use super::stock_acts;
use super::suppliers;

/// The arguments of an action.
pub(crate) type Arguments = Map<String, Value>;

/// Does something to the records of a company.
///
/// # Errors
/// In words: an unknown action, or what the vendor refuses.
pub(crate) fn act(company: &mut Company, call: &mut Call<'_>, action: &str, with: &Arguments) -> Result<Value, String> {
    let told = |refusal: Refusal| format!("{} ({})", refusal.text, refusal.code);
    if action == "create_article" {
        return stock_acts::create_article(company, call, with).map_err(told);
    }
    let Some((resource, does)) = known(action) else {
        return Err(format!("there is no action {action:?}"));
    };
    let id = find(company, resource, with)?;
    does(company, call, &id, with).map_err(told)
}

type Does = fn(&mut Company, &mut Call<'_>, &str, &Arguments) -> Result<Value, Refusal>;

fn known(action: &str) -> Option<(Resource, Does)> {
    let known: (Resource, Does) = match action {
        "start_order" => {
            (Resource::Orders, |company, call, id, _| orders::start(company, call, id).map(|()| shown(id)))
        }
        "deliver_order" => (Resource::Orders, deliver),
        "reopen_order" => {
            (Resource::Orders, |company, call, id, _| orders::void(company, call, id).map(|()| shown(id)))
        }
        "invoice_order" => (Resource::Orders, |company, call, id, _| {
            orders::convert(company, call, id, &Value::Null).map(|invoice| shown(&invoice))
        }),
        "delete_order" => {
            (Resource::Orders, |company, call, id, _| orders::delete(company, call, id).map(|()| shown(id)))
        }
        "edit_order" => (Resource::Orders, |company, call, id, with| {
            let body = edited(company, Resource::Orders, id, with)?;
            orders::replace(company, call, id, &body).map(|()| shown(id))
        }),
        "edit_draft" => (Resource::Drafts, |company, call, id, with| {
            let body = edited(company, Resource::Drafts, id, with)?;
            drafts::replace(company, call, id, &body).map(|()| shown(id))
        }),
        "edit_customer" => (Resource::Customers, |company, call, id, with| {
            let body = edited(company, Resource::Customers, id, with)?;
            customers::replace(company, call, id, &body).map(|()| shown(id))
        }),
        "edit_article" => (Resource::Articles, |company, call, id, with| {
            let body = edited(company, Resource::Articles, id, with)?;
            articles::replace(company, call, id, &body).map(|()| shown(id))
        }),
        "book_draft" => (Resource::Drafts, |company, call, id, with| {
            let keep = flag(with, "keep_date");
            drafts::convert_as(company, call, id, keep, 0).map(|invoice| shown(&invoice))
        }),
        "delete_draft" => (Resource::Drafts, |company, _, id, _| {
            company.of_mut(Resource::Drafts).remove(id);
            Ok(shown(id))
        }),
        "copy_invoice" => (Resource::Invoices, copy),
        "credit_invoice" => (Resource::Invoices, credit),
        "void_invoice" => {
            (Resource::Invoices, |company, call, id, _| settlement::void(company, call, id).map(|()| shown(id)))
        }
        "register_payment" => (Resource::Invoices, pay),
        "set_price" => (Resource::Articles, stock_acts::set_price),
        "set_list_price" => (Resource::Articles, stock_acts::set_list_price),
        "sell_from_stock" => (Resource::Articles, stock_acts::sell),
        "receive_stock" => (Resource::Articles, stock_acts::receive),
        "edit_supplier" => (Resource::Suppliers, |company, call, id, with| {
            let body = edited(company, Resource::Suppliers, id, with)?;
            suppliers::replace(company, call, id, &body).map(|()| shown(id))
        }),
        "edit_project" => (Resource::Projects, |company, call, id, with| {
            let body = edited(company, Resource::Projects, id, with)?;
            projects::replace(company, call, id, &body).map(|()| shown(id))
        }),
        "accept_quote" => {
            (Resource::Quotes, |company, call, id, _| quotes::accept(company, call, id).map(|()| shown(id)))
        }
        "order_quote" => (Resource::Quotes, |company, call, id, _| {
            quotes::to_order(company, call, id, &json!({ "Type": 1 })).map(|order| shown(&order))
        }),
        _ => return None,
    };
    Some(known)
}

/// The answer of an action: the id of what came of it.
pub(super) fn shown(id: &str) -> Value {
    json!({ "id": id })
}

fn find(company: &Company, resource: Resource, with: &Arguments) -> Result<String, String> {
    let field = match resource {
        Resource::Customers => "CustomerNumber",
        Resource::Suppliers => "SupplierNumber",
        Resource::Invoices => "InvoiceNumber",
        _ => "Number",
    };
    let wanted = |record: &&Record| match (with.get("id"), with.get("number")) {
        (Some(id), _) => record.get("Id") == Some(id),
        (None, Some(number)) => {
            let own = record.get(field).map(|own| own.as_str().map_or_else(|| own.to_string(), str::to_owned));
            own == Some(number.as_str().map_or_else(|| number.to_string(), str::to_owned))
        }
        (None, None) => false,
    };
    let found = company.all(resource).find(wanted).and_then(|record| text(record, "Id"));
    found
        .map(str::to_owned)
        .ok_or_else(|| format!("there is no such record in {}: name it by id or number", resource.name()))
}

/// The stored record as a body, with some fields changed.
pub(super) fn edited(company: &Company, resource: Resource, id: &str, with: &Arguments) -> Result<Value, Refusal> {
    let mut body = writable(resource.schema(), company.find(resource, id)?);
    if let Some(Value::Object(set)) = with.get("set") {
        body.extend(set.clone());
    }
    Ok(Value::Object(body))
}

/// The fields of a record that a body may have.
fn writable(schema: &Schema, record: &Record) -> Record {
    let mut body = Record::new();
    for field in schema.fields.iter().filter(|field| !field.read_only && !field.hidden) {
        let Some(value) = record.get(field.name).filter(|value| !value.is_null()) else { continue };
        let value = match (field.kind, value) {
            (Kind::Rows(inner), Value::Array(rows)) => {
                rows.iter().filter_map(Value::as_object).map(|row| Value::Object(writable(inner, row))).collect()
            }
            (Kind::Object(_), _) => continue,
            (_, value) => value.clone(),
        };
        body.insert(field.name.to_owned(), value);
    }
    body
}

/// Delivers an order: all of it, or the quantities named by line.
fn deliver(company: &mut Company, call: &mut Call<'_>, id: &str, with: &Arguments) -> Result<Value, Refusal> {
    let part = with.get("rows").and_then(Value::as_array);
    if let Some(part) = part {
        let mut order = company.find(Resource::Orders, id)?.clone();
        orders::each_row(&mut order, |row| {
            let line = int(row, "LineNumber");
            let named = part.iter().filter_map(Value::as_object).find(|named| int(named, "line") == line);
            put(
                row,
                "DeliveredQuantity",
                number(named.map_or_else(Default::default, |named| decimal(named, "quantity"))),
            );
        });
        orders::total(company, call, &mut order)?;
        orders::store(company, call, order);
    }
    orders::complete(company, call, id, part.is_none())?;
    Ok(shown(id))
}

/// The copy carries all texts and references of the original, its marks included, and none of its relations.
fn copy(company: &mut Company, call: &mut Call<'_>, id: &str, with: &Arguments) -> Result<Value, Refusal> {
    let invoice = company.find(Resource::Invoices, id)?.clone();
    let mut draft = booking::from_document(&invoice);
    put(&mut draft, "InvoiceCurrencyCode", text(&invoice, "CurrencyCode"));
    put(&mut draft, "InvoiceDate", date_value(company.today(call.now)));
    orders::each_row(&mut draft, |row| put(row, "Id", call.mint.id()));
    let draft = drafts::store_new(company, call, draft);
    if flag(with, "book") {
        return drafts::convert_as(company, call, &draft, true, 0).map(|invoice| shown(&invoice));
    }
    Ok(shown(&draft))
}

fn credit(company: &mut Company, call: &mut Call<'_>, id: &str, with: &Arguments) -> Result<Value, Refusal> {
    let lines = with.get("lines").and_then(Value::as_array);
    let lines: Option<Vec<i64>> = lines.map(|lines| lines.iter().filter_map(Value::as_i64).collect());
    settlement::credit(company, call, id, lines.as_deref()).map(|note| shown(&note))
}

fn pay(company: &mut Company, call: &mut Call<'_>, id: &str, with: &Arguments) -> Result<Value, Refusal> {
    let invoice = company.find(Resource::Invoices, id)?;
    let remaining = invoice.get("RemainingAmountInvoiceCurrency").cloned().unwrap_or_default();
    let bank = filled(with, "bank_account")
        .or_else(|| company.all(Resource::BankAccounts).find_map(|account| text(account, "Id")));
    let body = json!({
        "CompanyBankAccountId": bank,
        "PaymentDate": with.get("date").cloned().unwrap_or(date_value(company.today(call.now))),
        "PaymentAmount": with.get("amount").cloned().unwrap_or(remaining),
        "PaymentCurrency": invoice.get("CurrencyCode"),
        "PaymentType": with.get("type").cloned().unwrap_or(json!(1)),
    });
    settlement::pay(company, call, id, &body)?;
    Ok(shown(id))
}

/// Sets what stands between a token and its company, its modules and its settings.
pub(crate) fn set_company(company: &mut Company, with: &Arguments) -> Result<Value, String> {
    let doors: [(&str, &mut bool); 7] = [
        ("api_addon", &mut company.gate.api_addon),
        ("startup_guide", &mut company.gate.startup_guide),
        ("licence", &mut company.gate.licence),
        ("user_access", &mut company.gate.user_access),
        ("read_only_user", &mut company.gate.read_only_user),
        ("sandbox", &mut company.gate.sandbox),
        ("stock_module", &mut company.stock_module),
    ];
    for (name, door) in doors {
        match with.get(name) {
            None => {}
            Some(Value::Bool(open)) => *door = *open,
            Some(_) => return Err(format!("{name} is true or false")),
        }
    }
    if has(with, "settings") {
        seed::settings(company, with.get("settings").unwrap_or(&Value::Null))?;
    }
    Ok(json!({ "id": company.id }))
}
