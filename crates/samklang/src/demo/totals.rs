//! Whether documents came to the ERP with the totals that they have in the shop, to the smallest unit.

use rust_decimal::Decimal;
use serde_json::Value;

use super::states::{States, decimal, rows, text};

/// What came of documents that were to arrive.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Compared {
    /// Those whose totals are the same.
    pub(super) equal: u64,
    /// A line for each of the others.
    pub(super) others: Vec<String>,
}

impl Compared {
    /// Takes over those of another shop.
    pub(super) fn add(&mut self, other: Self) {
        self.equal = self.equal.saturating_add(other.equal);
        self.others.extend(other.others);
    }
}

/// Compares the orders of these numbers.
pub(super) fn compare(states: &States, numbers: &[u64]) -> Compared {
    let mut compared = Compared::default();
    for number in numbers {
        let order = states.shop_order(*number).map(|order| (gross_in_shop(order), text(order, "currencyCode")));
        let document =
            states.document(*number).map(|document| (gross_in_erp(document.record), currency(document.record)));
        match (order, document) {
            (Some(order), Some(document)) if order == document && order.0.is_some() => compared.equal += 1,
            (Some(order), Some(document)) => {
                let line = format!("{number}: {} in the shop, {} in the ERP", money(order), money(document));
                compared.others.push(line);
            }
            (_, None) => compared.others.push(format!("{number} is not in the ERP")),
            (None, _) => compared.others.push(format!("{number} is not in the shop any more")),
        }
    }
    compared
}

/// What the shopper is to pay.
pub(super) fn gross_in_shop(order: &Value) -> Option<Decimal> {
    Some(decimal(order, "totalAmount")? + decimal(order, "totalVat")?)
}

/// What the rows come to with VAT, a rounding row included. The rounding to whole units that the ERP does by itself is
/// no row, so it is not in here.
fn gross_in_erp(document: &Value) -> Option<Decimal> {
    let rows: Decimal = rows(document, "Rows").iter().filter_map(|row| decimal(row, "Amount")).sum();
    if document.get("IncludesVat").and_then(Value::as_bool) == Some(true) {
        return Some(rows);
    }
    let vat = ["VatAmount", "TotalVatAmountInvoiceCurrency", "TotalVatAmount"];
    Some(rows + vat.iter().find_map(|name| decimal(document, name))?)
}

fn currency(document: &Value) -> &str {
    let fields = ["CurrencyCode", "InvoiceCurrencyCode"].iter();
    fields.map(|field| text(document, field)).find(|code| !code.is_empty()).unwrap_or_default()
}

fn money((amount, currency): (Option<Decimal>, &str)) -> String {
    format!("{} {currency}", amount.map_or("nothing".to_owned(), |amount| amount.to_string()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn states(document: Value) -> States {
        let orders = json!([{"orderId": 7, "totalAmount": 142.86, "totalVat": 17.14, "currencyCode": "SEK"}]);
        States::new("se", json!({"orders": orders}), json!({"companies": [{"orders": [document]}]}))
    }

    fn order(rows: &[&str], vat: &str, includes: bool) -> Value {
        let number = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        let rows: Vec<Value> = rows.iter().map(|amount| json!({"Amount": number(amount)})).collect();
        json!({"BuyersOrderReference": "se-7", "CurrencyCode": "SEK", "Rows": rows, "VatAmount": number(vat),
            "IncludesVat": includes, "RoundingsAmount": number("0.40")})
    }

    #[test]
    fn rows_and_vat_count_and_the_vendors_own_rounding_does_not() {
        assert_eq!(compare(&states(order(&["99.1", "43.75", "0.01"], "17.14", false)), &[7]).equal, 1);
        assert_eq!(compare(&states(order(&["111", "49"], "17.14", true)), &[7]).equal, 1);
    }

    #[test]
    fn an_oere_too_little_is_told_with_both_sums() {
        let compared = compare(&states(order(&["99.1", "43.75"], "17.14", false)), &[7]);
        assert_eq!(compared.equal, 0);
        assert_eq!(compared.others, ["7: 160.00 SEK in the shop, 159.99 SEK in the ERP"]);
    }

    #[test]
    fn another_currency_and_an_absent_document_are_told() {
        let mut other = order(&["142.86"], "17.14", false);
        other["CurrencyCode"] = json!("EUR");
        assert_eq!(compare(&states(other), &[7]).others, ["7: 160.00 SEK in the shop, 160.00 EUR in the ERP"]);
        assert_eq!(compare(&states(json!({})), &[7, 8]).others, ["7 is not in the ERP", "8 is not in the ERP"]);
    }
}
