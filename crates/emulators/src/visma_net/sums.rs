//! VAT by the customer's zone and the line's category.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::json;

use super::{
    store::Company,
    value::{Fields, amount, cents, day, list, number, object, rows, text},
};

/// What one VAT takes of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tax {
    pub(super) id: String,
    pub(super) description: String,
    pub(super) rate: Decimal,
    pub(super) taxable: Decimal,
    pub(super) vat: Decimal,
    pub(super) exempt: bool,
}

/// The VAT of a document's lines in its currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Taxes {
    pub(super) rows: Vec<Tax>,
    /// What falls under a VAT that is not exempt, and what under none or an exempt one.
    pub(super) taxable: Decimal,
    pub(super) exempt: Decimal,
    /// Categories that have no VAT in the zone.
    pub(super) missing: Vec<String>,
}

impl Taxes {
    /// The VAT of `lines`, each a category and an amount.
    pub(super) fn of(
        company: &Company,
        zone: &str,
        on: NaiveDate,
        lines: impl Iterator<Item = (String, Decimal)>,
    ) -> Self {
        let mut taxes = Self::default();
        for (category, net) in lines {
            let Some(vat) = found(company, zone, &category) else {
                taxes.exempt += net;
                if !category.is_empty() && !taxes.missing.contains(&category) {
                    taxes.missing.push(category);
                }
                continue;
            };
            let exempt = text(vat, "type") == "ExemptVat";
            *(if exempt { &mut taxes.exempt } else { &mut taxes.taxable }) += net;
            let id = text(vat, "vatId");
            match taxes.rows.iter_mut().find(|row| row.id == id) {
                Some(row) => row.taxable += net,
                None => taxes.rows.push(Tax {
                    id: id.into(),
                    description: text(vat, "description").into(),
                    rate: rate(vat, on),
                    taxable: net,
                    vat: Decimal::ZERO,
                    exempt,
                }),
            }
        }
        for row in &mut taxes.rows {
            row.vat = cents(row.taxable.saturating_mul(row.rate).checked_div(Decimal::ONE_HUNDRED).unwrap_or_default());
        }
        taxes
    }

    /// All VAT together.
    pub(super) fn vat(&self) -> Decimal {
        self.rows.iter().map(|row| row.vat).sum()
    }

    /// The rows as documents show them.
    pub(super) fn details(&self) -> serde_json::Value {
        list(self.rows.iter().enumerate().map(|(place, row)| {
            object(json!({ "taxId": row.id, "recordId": place.saturating_add(1),
                "vatId": { "number": row.id, "description": row.description },
                "vatRate": number(row.rate), "taxableAmount": number(row.taxable), "vatAmount": number(row.vat) }))
        }))
    }
}

/// The VAT that is found under the zone and under the category.
fn found<'a>(company: &'a Company, zone: &str, category: &str) -> Option<&'a Fields> {
    let vats = company.all("vats").map(|(_, record)| &record.fields);
    vats.into_iter().find(|vat| {
        rows(vat, "zones").any(|known| text(known, "id") == zone)
            && rows(vat, "categories").any(|known| text(known, "vatCategoryId") == category)
    })
}

/// The rate that holds on a day.
fn rate(vat: &Fields, on: NaiveDate) -> Decimal {
    let begun = rows(vat, "schedules").filter(|row| day(text(row, "startDate")).is_none_or(|start| start <= on));
    let last = begun.max_by_key(|row| text(row, "startDate").to_owned());
    last.map(|row| amount(row, "vatRate")).unwrap_or_default()
}
