//! What a company has from its first day: the code lists of `tables/company.json`, an example of a set-up, and periods.

use chrono::{DateTime, Datelike, NaiveDate};
use serde_json::{Map, Value, json};

use crate::frame::Switches;

use super::{
    collection, seed,
    store::Company,
    switches::ALL,
    value::{Fields, object, shown_day},
};

/// The years that have periods.
const YEARS: std::ops::RangeInclusive<i32> = 2020..=2030;

/// Fills a company that has nothing yet.
pub(super) fn fill(company: &mut Company) {
    // A file of the crate: that it can be read is tested.
    let lists: Map<String, Value> = serde_json::from_str(include_str!("tables/company.json")).unwrap_or_default();
    let switches = Switches::new(ALL);
    for known in collection::ALL {
        let rows = lists.get(known.name).and_then(Value::as_array).into_iter().flatten();
        for row in rows.cloned().map(object) {
            // Nothing refers to what is not there: tested as well.
            drop(seed::record(company, &switches, DateTime::UNIX_EPOCH, known, row));
        }
    }
    for period in YEARS.flat_map(|year| (1..=12).filter_map(move |month| period(year, month))) {
        let Some(known) = collection::named("financial-periods") else { continue };
        drop(seed::record(company, &switches, DateTime::UNIX_EPOCH, known, period));
    }
    let base = company.settings.base_currency.clone();
    rebase(company, &base);
}

/// Makes another currency the company's own.
fn rebase(company: &mut Company, base: &str) {
    let currencies = company.all("currencies").map(|(id, record)| (id, record.fields.clone())).collect::<Vec<_>>();
    let own = currencies.iter().find(|(_, fields)| super::value::text(fields, "id") == base);
    let unit = own.map(|(_, fields)| super::value::amount(fields, "_rate")).filter(|rate| !rate.is_zero());
    let Some(unit) = unit else { return };
    for (id, mut fields) in currencies {
        let rate = super::value::amount(&fields, "_rate").checked_div(unit).unwrap_or_default().round_dp(6);
        fields.insert("_rate".into(), super::value::number(rate));
        let own = super::value::text(&fields, "id") == base;
        fields.insert("isBaseCurrency".into(), json!(own));
        fields.insert("isUsedForAccounting".into(), json!(own));
        company.put("currencies", id, fields, DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH);
    }
}

fn period(year: i32, month: u32) -> Option<Fields> {
    let start = NaiveDate::from_ymd_opt(year, month, 1)?;
    let next = start.checked_add_months(chrono::Months::new(1))?;
    let closed = ["Supplier", "Customer"].map(|ledger| format!("closedIn{ledger}Ledger"));
    let more =
        ["InventoryManagement", "GeneralLedger", "CashManagement", "FixedAssets"].map(|area| format!("closedIn{area}"));
    let mut fields = object(json!({ "year": start.year(), "period": format!("{year:04}{month:02}"),
        "startDate": shown_day(start), "endDate": shown_day(next), "description": start.format("%B").to_string(),
        "active": true }));
    fields.extend(closed.into_iter().chain(more).map(|name| (name, json!(false))));
    Some(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_set_up_can_be_read_and_seeded_whole() {
        let lists: Map<String, Value> = serde_json::from_str(include_str!("tables/company.json")).unwrap();
        let settings = crate::visma_net::Settings::default();
        let company = Company::new(settings.companies[1].clone());
        for (name, rows) in &lists {
            assert!(collection::named(name).is_some(), "{name}");
            assert_eq!(company.all(name).count(), rows.as_array().unwrap().len(), "{name}");
        }
        assert_eq!(company.all("financial-periods").count(), 132);
        let (_, own) = company.find("currencies", "id", &settings.companies[1].base_currency).unwrap();
        assert_eq!(own.fields["isBaseCurrency"], true);
    }
}
