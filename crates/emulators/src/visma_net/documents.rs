//! Customer invoices and credit notes: what is completed, computed and refused.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{
    shape::shape,
    store::Company,
    sums::Taxes,
    switches::VAT_MISSING,
    value::{
        Fields, amount, at, cents, day, decimal, flag, list, number, object, rows, set_at, shown_day, text, text_at,
    },
    write::{Draft, apply},
};

/// Checks and completes an invoice, or else a credit note.
pub(super) fn settle(draft: &mut Draft<'_>, invoice: bool) {
    if draft.old.is_some_and(|old| flag(old, "_released")) {
        return draft.refuse("The document cannot be updated because it is already released.");
    }
    let Some(customer) = owner(draft) else { return };
    head(draft, &customer, invoice);
    period(draft, "documentDate", "closedInCustomerLedger");
    let (name, line, read) = match invoice {
        true => ("invoiceLines", "customerInvoiceLinesUpdate", "customerInvoiceLine"),
        false => ("lines", "customerCreditNoteLineUpdate", "customerCreditNoteLine"),
    };
    lines(draft, name, line, read);
    if !invoice {
        applications(draft);
    }
    totals(draft, name);
    let status = if flag(&draft.new, "hold") { "Hold" } else { "Balanced" };
    draft.new.insert("status".into(), json!(status));
}

/// The customer, who must be one that can be sold to.
pub(super) fn owner(draft: &mut Draft<'_>) -> Option<Fields> {
    let number_given = text_at(&draft.new, "customer.number").to_owned();
    let Some((_, record)) = draft.company.find("customers", "number", &number_given) else {
        if draft.errors.is_empty() {
            draft.refuse("'Customer' cannot be empty.");
        }
        return None;
    };
    if matches!(text(&record.fields, "status"), "Inactive" | "OnHold") {
        draft.refuse(format!("Customer '{number_given}' has the status '{}'.", text(&record.fields, "status")));
    }
    Some(record.fields.clone())
}

fn head(draft: &mut Draft<'_>, customer: &Fields, invoice: bool) {
    draft.default("documentType", if invoice { "Invoice" } else { "CreditNote" });
    draft.default("hold", false);
    draft.default("currencyId", text(customer, "currencyId"));
    let today = shown_day(draft.today());
    draft.default("documentDate", today);
    for (to, from) in [("creditTerms", "creditTerms"), ("customerVatZone", "vatZone"), ("location", "location")] {
        let value = customer.get(from).cloned().unwrap_or_default();
        draft.default(to, value);
    }
    for name in ["invoiceText", "dontPrint", "dontEmail", "sendToAutoInvoice", "revoked"] {
        draft.default(name, if name == "invoiceText" { json!("") } else { json!(false) });
    }
    let address = customer.get("invoiceAddress").cloned().unwrap_or_default();
    draft.default("invoiceAddress", address);
    if at(&draft.new, "invoiceContact").is_none() {
        let mut contact = customer.get("invoiceContact").cloned().map(object).unwrap_or_default();
        let name = contact.remove("name").unwrap_or_default();
        contact.insert("businessName".into(), name);
        draft.new.insert("invoiceContact".into(), Value::Object(contact));
    }
    if at(&draft.new, "branchNumber").is_none() {
        let branch = draft.company.all("branches").next().map(|(_, record)| text(&record.fields, "number").to_owned());
        draft.refer("branchNumber", "branches", &branch.unwrap_or_default(), "named");
    }
    if at(&draft.new, "project").is_none() {
        draft.refer("project", "projects", "X", "coded");
    }
    let rate = rate_of(draft.company, text(&draft.new, "currencyId"));
    if draft.old.is_none() || draft.given.contains_key("currencyId") {
        if !draft.given.contains_key("exchangeRate") {
            draft.new.insert("exchangeRate".into(), number(rate));
        }
    } else {
        draft.default("exchangeRate", number(rate));
    }
    if invoice
        && (draft.old.is_none()
            || draft.given.contains_key("documentDate")
            || draft.given.contains_key("creditTermsId"))
    {
        due(draft);
    }
}

fn due(draft: &mut Draft<'_>) {
    let terms = draft.company.named("credit-terms", text_at(&draft.new, "creditTerms.id"));
    let days = terms.and_then(|record| record.fields.get("dueDay1")).and_then(Value::as_u64).unwrap_or(0);
    let from = day(text(&draft.new, "documentDate")).unwrap_or_else(|| draft.today());
    if !draft.given.contains_key("documentDueDate") {
        let day = from.checked_add_days(chrono::Days::new(days)).unwrap_or(from);
        draft.new.insert("documentDueDate".into(), shown_day(day));
    }
}

/// How much of the company's own currency one of this is worth.
pub(super) fn rate_of(company: &Company, currency: &str) -> Decimal {
    let rate = company.named("currencies", currency).map(|record| amount(&record.fields, "_rate")).unwrap_or_default();
    if rate.is_zero() { Decimal::ONE } else { rate }
}

/// The period: given as `financialPeriod` (year first) or `postPeriod` (month first), or that of the date. It must be
/// one, and open.
pub(super) fn period(draft: &mut Draft<'_>, date: &str, ledger: &str) {
    let swapped = |text: &str| Some(format!("{}{}", text.get(2..6)?, text.get(..2)?));
    let given = draft.given.get("financialPeriod").or_else(|| draft.given.get("applicationPeriod"));
    let given = given.and_then(Value::as_str).map(str::to_owned);
    let given = given.or_else(|| swapped(text(draft.given, "postPeriod")));
    let of_date = day(text(&draft.new, date)).map(|day| day.format("%Y%m").to_string());
    let kept = draft.old.filter(|_| !draft.given.contains_key(date)).map(|old| text(old, "financialPeriod").to_owned());
    let wanted = given.or(kept.filter(|kept| !kept.is_empty())).or(of_date).unwrap_or_default();
    match draft.company.named("financial-periods", &wanted) {
        None => draft.refuse(format!("Financial period '{wanted}' cannot be found in the system.")),
        Some(record) if flag(&record.fields, ledger) || !flag(&record.fields, "active") => {
            draft.refuse(format!("Financial period '{wanted}' is closed."));
        }
        Some(_) => {}
    }
    draft.new.insert("financialPeriod".into(), json!(wanted));
    draft.new.insert("postPeriod".into(), json!(wanted));
}

/// The lines of a body by their operations. `update` is told each line that it changed or made.
pub(super) fn each_line(
    draft: &mut Draft<'_>,
    name: &str,
    shapes: (&str, &str),
    mut update: impl FnMut(&mut Draft<'_>, &Fields, &mut Fields),
) {
    let mut kept = rows(&draft.new, name).cloned().collect::<Vec<_>>();
    let given = rows(draft.given, name).cloned().collect::<Vec<_>>();
    for row in given {
        let wanted = row.get("lineNumber").and_then(Value::as_u64);
        let place = wanted
            .and_then(|wanted| kept.iter().position(|line| super::value::whole(line, "lineNumber") == Some(wanted)));
        let last = kept.iter().filter_map(|line| super::value::whole(line, "lineNumber")).max().unwrap_or(0);
        let mut line = match (text(&row, "operation"), place) {
            ("Delete", Some(place)) => {
                kept.remove(place);
                continue;
            }
            // The vendor's own example changes a line with Insert.
            ("Update" | "Insert", Some(place)) => kept.remove(place),
            ("Insert", None) => object(json!({ "lineNumber": wanted.unwrap_or_else(|| last.saturating_add(1)) })),
            ("", _) => continue,
            _ => {
                let number = wanted.map_or_else(|| "?".to_owned(), |number| number.to_string());
                draft.refuse(format!("Line '{number}' cannot be found in the system."));
                continue;
            }
        };
        let mut errors = Vec::new();
        apply(draft.company, draft.cx.switches, (shape(shapes.0), shape(shapes.1)), &row, &mut line, &mut errors);
        if let Some(number) = wanted.or_else(|| super::value::whole(&line, "lineNumber")) {
            line.insert("lineNumber".into(), json!(number));
        }
        draft.errors.extend(errors);
        update(draft, &row, &mut line);
        kept.push(line);
    }
    kept.sort_by_key(|line| super::value::whole(line, "lineNumber"));
    draft.new.insert(name.to_owned(), list(kept));
}

fn lines(draft: &mut Draft<'_>, name: &str, write: &str, read: &str) {
    let customer = text_at(&draft.new, "customer.number").to_owned();
    let currency = text(&draft.new, "currencyId").to_owned();
    let on = day(text(&draft.new, "documentDate")).unwrap_or_else(|| draft.today());
    each_line(draft, name, (write, read), |draft, given, line| {
        let item = item_of(draft, line);
        if let Some(item) = &item {
            goods(draft, item, line, given, &customer, &currency, on);
        }
        accounts(draft, given, line);
        if line.get("quantity").is_none() {
            line.insert("quantity".into(), json!(1));
        }
        let moved = ["quantity", "unitPriceInCurrency"].iter().any(|name| given.contains_key(*name));
        if moved && !given.contains_key("manualAmountInCurrency") {
            line.remove("manualAmountInCurrency");
        }
        if given.contains_key("discountAmountInCurrency") && !given.contains_key("discountPercent") {
            line.remove("discountPercent");
        }
    });
    let rate = amount(&draft.new, "exchangeRate");
    let all = rows(&draft.new, name).cloned().map(|line| priced(line, rate)).collect::<Vec<_>>();
    draft.new.insert(name.to_owned(), list(all));
}

/// The item of a line, if it names one; stock items come by orders only.
fn item_of(draft: &mut Draft<'_>, line: &Fields) -> Option<Fields> {
    let wanted = text(line, "inventoryNumber").to_owned();
    if wanted.is_empty() {
        return None;
    }
    let found = draft.company.find("items", "inventoryNumber", &wanted).map(|(_, record)| record.fields.clone());
    match &found {
        None => draft.refuse(format!("InventoryID '{wanted}' cannot be found in the system.")),
        Some(item) if flag(item, "stockItem") && !flag(&draft.new, "_fromOrder") => {
            draft.refuse(format!("InventoryID '{wanted}': only non-stock items can be on a direct document."));
        }
        Some(item) if matches!(text(item, "status"), "Inactive" | "NoSales" | "MarkedForDeletion") => {
            draft.refuse(format!("InventoryID '{wanted}' has the status '{}'.", text(item, "status")));
        }
        Some(_) => {}
    }
    found
}

/// What a line has of its item unless it says otherwise.
fn goods(
    draft: &Draft<'_>,
    item: &Fields,
    line: &mut Fields,
    given: &Fields,
    customer: &str,
    currency: &str,
    on: NaiveDate,
) {
    let changed = given.contains_key("inventoryNumber");
    for (to, from, body) in [
        ("description", "description", "description"),
        ("uom", "salesUnit", "uom"),
        ("vatCode", "vatCode", "vatCodeId"),
    ] {
        if !given.contains_key(body) && (changed || line.get(to).is_none()) {
            line.insert(to.into(), item.get(from).cloned().unwrap_or_default());
        }
    }
    if !given.contains_key("unitPriceInCurrency") && (changed || line.get("unitPriceInCurrency").is_none()) {
        let quantity = amount(line, "quantity");
        let price = super::masters::price_for(draft.company, draft.cx.switches, customer, item, currency, quantity, on);
        line.insert("unitPriceInCurrency".into(), number(price));
    }
}

/// The account, subaccount and VAT category of a line.
fn accounts(draft: &mut Draft<'_>, given: &Fields, line: &mut Fields) {
    if line.get("account").is_none_or(Value::is_null) {
        let income = draft.company.all("accounts").find(|(_, record)| text(&record.fields, "type") == "Income");
        if let (Some((_, record)), Some(known)) = (income, super::collection::named("accounts")) {
            line.insert("account".into(), Company::reference(known, record, shape("accountRef")));
        }
    }
    if line.get("vatCode").is_none_or(Value::is_null) {
        let zone = draft.company.named("vat-zones", text_at(&draft.new, "customerVatZone.id"));
        let category = zone.map(|record| text(&record.fields, "defaultVatCategory").to_owned()).unwrap_or_default();
        if let (Some(record), Some(known)) =
            (draft.company.named("vat-categories", &category), super::collection::named("vat-categories"))
        {
            line.insert("vatCode".into(), Company::reference(known, record, shape("coded")));
        }
    }
    subaccount(draft, given, line);
}

/// A subaccount given by its segments.
pub(super) fn subaccount(draft: &mut Draft<'_>, given: &Fields, line: &mut Fields) {
    if !given.contains_key("subaccount") {
        return;
    }
    let mut segments = rows(given, "subaccount").cloned().collect::<Vec<_>>();
    segments.sort_by_key(|segment| super::value::whole(segment, "segmentId"));
    let wanted = segments.iter().map(|segment| text(segment, "segmentValue")).collect::<String>();
    match draft.company.named("subaccounts", &wanted) {
        Some(record) => drop(line.insert("subaccount".into(), Value::Object(record.fields.clone()))),
        None => draft.refuse(format!("Subaccount '{wanted}' cannot be found in the system.")),
    }
}

/// A line with its amounts, in the document's currency and in the company's own.
pub(super) fn priced(mut line: Fields, rate: Decimal) -> Fields {
    let price = amount(&line, "unitPriceInCurrency");
    let gross = match line.get("manualAmountInCurrency").and_then(decimal) {
        Some(manual) => manual,
        None => cents(amount(&line, "quantity").saturating_mul(price)),
    };
    let discount = match line.get("discountPercent").and_then(decimal) {
        Some(percent) => cents(gross.saturating_mul(percent).checked_div(Decimal::ONE_HUNDRED).unwrap_or_default()),
        None => amount(&line, "discountAmountInCurrency"),
    };
    if line.get("discountPercent").is_none() {
        let percent = discount.saturating_mul(Decimal::ONE_HUNDRED).checked_div(gross).unwrap_or_default().round_dp(6);
        if !discount.is_zero() {
            line.insert("discountPercent".into(), number(percent));
        }
    }
    line.insert("unitPriceInCurrency".into(), number(price));
    line.insert("discountAmountInCurrency".into(), number(discount));
    line.insert("amountInCurrency".into(), number(gross.saturating_sub(discount)));
    line.insert("unitPrice".into(), number(price.saturating_mul(rate).round_dp(4)));
    for name in ["discountAmount", "amount", "manualAmount"] {
        if let Some(foreign) = line.get(&format!("{name}InCurrency")).and_then(decimal) {
            line.insert(name.into(), number(cents(foreign.saturating_mul(rate))));
        }
    }
    line
}

fn totals(draft: &mut Draft<'_>, name: &str) {
    let on = day(text(&draft.new, "documentDate")).unwrap_or_else(|| draft.today());
    let zone = text_at(&draft.new, "customerVatZone.id").to_owned();
    let nets =
        rows(&draft.new, name).map(|line| (text_at(line, "vatCode.id").to_owned(), amount(line, "amountInCurrency")));
    let mut taxes = Taxes::of(draft.company, &zone, on, nets);
    for category in taxes.missing.clone() {
        if draft.cx.switches.is(&VAT_MISSING, "refused") {
            draft.refuse(format!("Tax Category '{category}' has no tax in the tax zone '{zone}'."));
        }
    }
    let own = if name == "lines" { "taxDetails" } else { "taxDetailLines" };
    for given in rows(draft.given, own) {
        for row in taxes.rows.iter_mut().filter(|row| row.id == text(given, "taxId")) {
            row.vat = given.get("vatAmount").and_then(decimal).unwrap_or(row.vat);
            row.taxable = given.get("taxableAmount").and_then(decimal).unwrap_or(row.taxable);
        }
    }
    let detail = super::listing::sum(rows(&draft.new, name), "amountInCurrency");
    let vat = taxes.vat();
    draft.new.insert("taxDetails".into(), taxes.details());
    let total = detail.saturating_add(vat);
    let rate = amount(&draft.new, "exchangeRate");
    for (name, sum) in [
        ("detailTotal", detail),
        ("discountTotal", Decimal::ZERO),
        ("vatTaxableTotal", taxes.taxable),
        ("vatExemptTotal", taxes.exempt),
        ("vatTotal", vat),
        ("amount", total),
        ("balance", total),
        ("cashDiscount", Decimal::ZERO),
    ] {
        draft.new.insert(format!("{name}InCurrency"), number(sum));
        draft.new.insert(name.into(), number(cents(sum.saturating_mul(rate))));
    }
    draft.new.insert("roundingDiff".into(), json!(0));
}

/// The invoices that a credit note is to settle; it happens when it is released.
fn applications(draft: &mut Draft<'_>) {
    for row in rows(draft.given, "applicationLines").cloned().collect::<Vec<_>>() {
        let wanted = text(&row, "refNbr").to_owned();
        let open = draft.company.find("invoices", "referenceNumber", &wanted).is_some_and(|(_, record)| {
            text(&record.fields, "status") == "Open"
                && amount(&record.fields, "balanceInCurrency") >= amount(&row, "amountPaid")
        });
        if !open {
            draft.refuse(format!("Document '{wanted}' cannot be found in the system, or its balance is too low."));
        }
        let mut all = rows(&draft.new, "_applies").cloned().collect::<Vec<_>>();
        all.retain(|known| text(known, "refNbr") != wanted);
        if text(&row, "operation") != "Delete" {
            all.push(row);
        }
        set_at(&mut draft.new, "_applies", list(all));
    }
}
