//! Journal transactions: batches that balance, and lists that count their lines.

use serde_json::json;

use crate::frame::{Cx, Reply, Request};

use super::{
    documents,
    listing::{Query, sum},
    refusal::Refusal,
    store::{Company, Record},
    switches::{GREATER, JOURNAL_RELEASE, MAX_PAGE},
    value::{Fields, amount, cents, decimal, flag, list, number, read_stamp, rows, shown_day, text},
    write::Draft,
};

/// Checks and completes a batch.
pub(super) fn settle(draft: &mut Draft<'_>) {
    if draft.old.is_some_and(|old| !matches!(text(old, "status"), "Hold" | "Balanced")) {
        return draft.refuse("The batch cannot be updated because it is already released.");
    }
    draft.default("module", "ModuleGL");
    draft.default("hold", false);
    let today = shown_day(draft.today());
    draft.default("transactionDate", today);
    let base = draft.company.settings.base_currency.clone();
    draft.default("currencyId", base);
    draft.default("ledger", "1");
    draft.default("branch", "1");
    documents::period(draft, "transactionDate", "closedInGeneralLedger");
    // Unlike on customers' documents, this one is read as it is written.
    let period = text(&draft.new, "financialPeriod").to_owned();
    let month_first = format!("{}{}", period.get(4..).unwrap_or_default(), period.get(..4).unwrap_or_default());
    draft.new.insert("postPeriod".into(), json!(month_first));
    let rate = documents::rate_of(draft.company, text(&draft.new, "currencyId"));
    draft.default("exchangeRate", number(rate));
    let rate = amount(&draft.new, "exchangeRate");
    let shapes = ("journalTransactionLineUpdate", "journalTransactionLine");
    documents::each_line(draft, "journalTransactionLines", shapes, |draft, given, line| {
        if text(line, "accountNumber").is_empty() {
            draft.refuse("'Account' cannot be empty.");
        }
        let named = draft.company.named("accounts", text(line, "accountNumber"));
        let description = named.map(|record| record.fields.get("description").cloned().unwrap_or_default());
        line.insert("description".into(), description.unwrap_or_default());
        line.insert("module".into(), json!("ModuleGL"));
        for side in ["debitAmount", "creditAmount"] {
            let foreign = amount(line, &format!("{side}InCurrency"));
            line.insert(format!("{side}InCurrency"), number(foreign));
            line.insert(side.into(), number(cents(foreign.saturating_mul(rate))));
        }
        documents::subaccount(draft, given, line);
    });
    totals(draft);
}

fn totals(draft: &mut Draft<'_>) {
    let total = |draft: &Draft<'_>, name: &str| sum(rows(&draft.new, "journalTransactionLines"), name);
    for side in ["debit", "credit"] {
        for suffix in ["", "InCurrency"] {
            let both = total(draft, &format!("{side}Amount{suffix}"));
            draft.new.insert(format!("{side}Total{suffix}"), number(both));
        }
    }
    let (debit, credit) = (amount(&draft.new, "debitTotalInCurrency"), amount(&draft.new, "creditTotalInCurrency"));
    let hold = flag(&draft.new, "hold");
    if !hold && debit != credit {
        draft.refuse("The document is out of balance. Please review the debit and credit amounts.");
    }
    let control = draft.given.get("controlTotalInCurrency").and_then(decimal);
    if !hold && control.is_some_and(|control| !control.is_zero() && control != debit) {
        draft.refuse("The control total differs from the total of the lines.");
    }
    draft.default("controlTotalInCurrency", number(debit));
    let status = if hold { "Hold" } else { "Balanced" };
    draft.new.insert("status".into(), json!(status));
}

/// A batch is released, and perhaps posted.
pub(super) fn release(company: &mut Company, cx: &Cx<'_>, id: u64) {
    let status = cx.switches.word(&JOURNAL_RELEASE);
    company.change(cx, "journals", id, |fields| {
        if text(fields, "status") == "Balanced" {
            fields.insert("status".into(), json!(status));
        }
    });
}

/// The list: a period or a stamp must be given; pages are of lines, and a batch may lie on two.
pub(super) fn list_lines(company: &Company, cx: &Cx<'_>, request: &Request) -> Result<Reply, Refusal> {
    let query = Query::of(request);
    let (period, stamp) = (query.get("periodId"), query.get("lastModifiedDateTime"));
    if period.is_none() && stamp.is_none() {
        return Err(Refusal::Query("Either periodId or lastModifiedDateTime has to be given.".into()));
    }
    let zone = stamp.is_some_and(|given| given.ends_with(|letter: char| letter.is_ascii_alphabetic()));
    let limit = stamp.map(|given| read_stamp(given, cx.switches).filter(|_| !zone));
    if limit.is_some_and(|limit| limit.is_none()) {
        return Err(Refusal::Query("The value for 'lastModifiedDateTime' is not valid.".into()));
    }
    let inclusive = cx.switches.is(&GREATER, "inclusive");
    let Some(known) = super::collection::named("journals") else { return Err(Refusal::Path) };
    let fits = |id: u64, record: &Record| {
        let fields = &record.fields;
        let asked = |name: &str, field: &str| {
            query.get(name).is_none_or(|wanted| text(fields, field).eq_ignore_ascii_case(wanted))
        };
        let module = query.get("module").is_none_or(|wanted| text(fields, "module") == format!("Module{wanted}"));
        let late = limit.flatten().is_none_or(|limit| {
            let (at, limit) = (record.modified.timestamp_millis(), limit.timestamp_millis());
            at > limit || inclusive && at == limit
        });
        let period = period.is_none_or(|period| text(fields, "financialPeriod") == period);
        !company.hidden(cx, "journals", id)
            && period
            && late
            && module
            && asked("status", "status")
            && asked("branch", "branch")
    };
    let found = company.all("journals").filter(|(id, record)| fits(*id, record)).map(|(_, record)| record);
    let lines =
        found.flat_map(|record| rows(&record.fields, "journalTransactionLines").map(move |line| (record, line)));
    let lines = lines.collect::<Vec<_>>();
    let max = usize::try_from(cx.switches.number(&MAX_PAGE)).unwrap_or(1).max(1);
    let number = query.number("pageNumber")?.unwrap_or(1).max(1);
    let size = query.number("pageSize")?.unwrap_or(max).clamp(1, max);
    let mut out: Vec<(u64, Fields, Vec<Fields>)> = Vec::new();
    for (record, _) in lines.iter().skip(number.saturating_sub(1).saturating_mul(size)).take(size) {
        if out.last().is_none_or(|(version, ..)| *version != record.version) {
            let mut shown = company.shown(cx, known, record, Some(&query));
            shown.insert("metadata".into(), json!({ "totalCount": lines.len(), "maxPageSize": max }));
            out.push((record.version, shown, Vec::new()));
        }
    }
    let page = lines.iter().skip(number.saturating_sub(1).saturating_mul(size)).take(size);
    for (record, line) in page {
        let wanted = line.get("lineNumber");
        if let Some((_, shown, part)) = out.iter_mut().find(|(version, ..)| *version == record.version) {
            part.extend(rows(shown, "journalTransactionLines").find(|row| row.get("lineNumber") == wanted).cloned());
        }
    }
    let shown = out.into_iter().map(|(_, mut shown, part)| {
        shown.insert("journalTransactionLines".into(), list(part));
        shown
    });
    Ok(Reply::json(200, &list(shown)))
}
