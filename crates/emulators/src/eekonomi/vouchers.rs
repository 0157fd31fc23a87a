//! Vouchers: what is booked. They are never changed.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::call::Call;
use super::collection::Resource;
use super::company::Company;
use super::problem::Refusal;
use super::record::{Record, date, date_value, decimal, filled, int, number, put, rows, text};
use super::tables::ledger::VOUCHER;

/// The head of a voucher that the system writes.
pub(crate) struct Entry {
    /// Its date.
    pub(crate) day: NaiveDate,
    /// Its text.
    pub(crate) text: String,
    /// The vendor's number for its type.
    pub(crate) kind: i64,
    /// Its number series.
    pub(crate) series: &'static str,
    /// The record that it comes from.
    pub(crate) source: Option<String>,
}

/// Writes a voucher; debits are positive. Gives its id and its number with series.
pub(crate) fn post(
    company: &mut Company,
    call: &mut Call<'_>,
    entry: Entry,
    posted: Vec<(i64, Decimal)>,
) -> (String, String) {
    let side = |amount: Decimal, wanted: Decimal| number((amount * wanted).max(Decimal::ZERO));
    let lines = posted.into_iter().filter(|(_, amount)| !amount.is_zero()).map(|(account, amount)| {
        json!({
            "AccountNumber": account,
            "DebitAmount": side(amount, Decimal::ONE),
            "CreditAmount": side(amount, Decimal::NEGATIVE_ONE),
        })
    });
    let mut voucher = Record::new();
    put(&mut voucher, "Rows", lines.collect::<Value>());
    put(&mut voucher, "VoucherDate", date_value(entry.day));
    put(&mut voucher, "VoucherText", entry.text);
    put(&mut voucher, "VoucherType", entry.kind);
    put(&mut voucher, "SourceId", entry.source);
    store(company, call, voucher, entry.series)
}

fn store(company: &mut Company, call: &mut Call<'_>, mut voucher: Record, series: &str) -> (String, String) {
    let id = call.mint.id();
    let day = date(&voucher, "VoucherDate");
    let year = day.and_then(|day| company.fiscal_year(day).ok()).and_then(|year| text(year, "Id")).map(str::to_owned);
    let full = format!("{series}{}", company.next_voucher(series, year.as_deref().unwrap_or_default()));
    put(&mut voucher, "Id", id.as_str());
    put(&mut voucher, "NumberSeries", series);
    put(&mut voucher, "NumberAndNumberSeries", full.as_str());
    put(&mut voucher, "fiscal_year", year);
    put(&mut voucher, "CreatedUtc", call.stamp());
    put(&mut voucher, "ModifiedUtc", call.first_modified());
    if let Some(Value::Array(lines)) = voucher.get_mut("Rows") {
        for line in lines.iter_mut().filter_map(Value::as_object_mut) {
            let account = int(line, "AccountNumber").to_string();
            let known = company.all(Resource::Accounts).find(|known| text(known, "Number") == Some(account.as_str()));
            put(line, "AccountDescription", known.and_then(|known| text(known, "Name")));
        }
    }
    company.of_mut(Resource::Vouchers).put(voucher);
    (id, full)
}

/// Creates a voucher by hand. Gives its id.
pub(crate) fn create(company: &mut Company, call: &mut Call<'_>, body: &Value) -> Result<String, Refusal> {
    let mut voucher = call.accept(&VOUCHER, body)?;
    let Some(day) = date(&voucher, "VoucherDate") else {
        return Err(Refusal::field("VoucherDate", "is required"));
    };
    company.may_book(day).map_err(|refusal| match refusal.code {
        4013 => Refusal::locked_period(refusal.text),
        _ => refusal,
    })?;
    let of = |field| rows(&voucher, "Rows").map(|row| decimal(row, field)).sum::<Decimal>();
    if of("DebitAmount") != of("CreditAmount") || rows(&voucher, "Rows").next().is_none() {
        return Err(Refusal::field("Rows", "debit and credit must be equal"));
    }
    for row in rows(&voucher, "Rows") {
        let account = int(row, "AccountNumber").to_string();
        if !company.all(Resource::Accounts).any(|known| text(known, "Number") == Some(account.as_str())) {
            return Err(Refusal::no_account(format!("there is no account {account}")));
        }
    }
    put(&mut voucher, "VoucherType", 2);
    let own = filled(&voucher, "NumberSeries").filter(|_| call.param("useDefaultVoucherSeries") == Some("false"));
    let series = own.unwrap_or("A").to_owned();
    Ok(store(company, call, voucher, &series).0)
}
