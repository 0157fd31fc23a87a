//! What a CRM and its ERP hold, read from the emulators and never asked of the engine.

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::Value;

use super::{
    states::{decimal, rows, text},
    totals::Compared,
};

/// The state of both.
#[derive(Debug)]
pub(super) struct Books {
    pub(super) crm: Value,
    pub(super) erp: Value,
}

impl Books {
    /// A collection of the CRM.
    pub(super) fn crm(&self, name: &str) -> &[Value] {
        rows(&self.crm, name)
    }
    /// A collection of the ERP.
    pub(super) fn erp(&self, name: &str) -> &[Value] {
        rows(&self.erp, name)
    }
    /// The CRM's organisation of this id.
    pub(super) fn organisation(&self, id: u64) -> Option<&Value> {
        by_id(self.crm("organisations"), "OrganisationId", id)
    }
    /// The CRM's delivery of this id.
    pub(super) fn delivery(&self, id: u64) -> Option<&Value> {
        by_id(self.crm("deliveries"), "DeliveryId", id)
    }
    /// The ERP's customer of an organisation, by the number that the CRM has of it.
    pub(super) fn customer(&self, organisation: &Value) -> Option<&Value> {
        let number = text(organisation, "OrganisationExtraCustom1");
        self.erp("customers").iter().find(|customer| text(customer, "number") == number)
    }
    /// The ERP's order of a delivery, by the number that the CRM has of it.
    pub(super) fn order(&self, delivery: &Value) -> Option<&Value> {
        let number = text(delivery, "DeliveryCustom1");
        self.erp("orders").iter().find(|order| text(order, "orderId") == number)
    }
    /// The CRM's deliveries of an order of the ERP's.
    pub(super) fn deliveries_of(&self, order: &str) -> impl Iterator<Item = &Value> {
        self.crm("deliveries").iter().filter(move |delivery| text(delivery, "DeliveryCustom1") == order)
    }
    /// The CRM's deliveries that name this invoice of the ERP's and no other.
    pub(super) fn deliveries_invoiced(&self, invoice: &str) -> impl Iterator<Item = &Value> {
        self.crm("deliveries").iter().filter(move |delivery| text(delivery, "DeliveryCustom2") == invoice)
    }
    /// The rows of a delivery.
    pub(super) fn lines(&self, delivery: &Value) -> impl Iterator<Item = &Value> {
        let id = delivery.get("DeliveryId");
        self.crm("quotation-lines").iter().filter(move |line| line.get("QuotationLineOpportunityId") == id)
    }
    /// What a delivery comes to without VAT, where the price of a row is that of one piece: list price and discount
    /// say it, unless somebody typed another price.
    pub(super) fn net_of_delivery(&self, delivery: &Value) -> Decimal {
        self.lines(delivery)
            .map(|line| {
                let of = |name: &str| decimal(line, &format!("QuotationLine{name}")).unwrap_or_default();
                let left = (Decimal::ONE_HUNDRED - of("Discount")) / Decimal::ONE_HUNDRED;
                let price = of("Price");
                let exact = of("ListPrice") * left;
                let unit = if cents(exact) == cents(price) { exact } else { price };
                cents(unit * of("Quantity"))
            })
            .sum()
    }

    /// Compares deliveries of these ids with the orders that the CRM says they are in the ERP.
    pub(super) fn compare(&self, ids: &[u64]) -> Compared {
        let mut compared = Compared::default();
        for id in ids {
            let Some(delivery) = self.delivery(*id) else {
                compared.others.push(format!("delivery {id} is not in the CRM any more"));
                continue;
            };
            let Some(order) = self.order(delivery) else {
                compared.others.push(format!("delivery {id} is not in the ERP"));
                continue;
            };
            let (one, other) = (self.net_of_delivery(delivery), net_of_order(order));
            if other == Some(one) {
                compared.equal += 1;
            } else {
                let other = other.map_or("nothing".to_owned(), |sum| sum.to_string());
                compared.others.push(format!("delivery {id}: {one} in the CRM, {other} in the ERP"));
            }
        }
        compared
    }
}

/// What an order comes to without VAT.
fn net_of_order(order: &Value) -> Option<Decimal> {
    let vat = order.get("totals").and_then(|totals| decimal(totals, "taxTotal"));
    Some(decimal(order, "orderTotal")? - vat?)
}

fn cents(amount: Decimal) -> Decimal {
    amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

/// The record of this id.
pub(super) fn by_id<'a>(records: &'a [Value], name: &str, id: u64) -> Option<&'a Value> {
    records.iter().find(|record| record.get(name).and_then(Value::as_u64) == Some(id))
}

/// A text that lies deeper.
pub(super) fn deep<'a>(record: &'a Value, part: &str, name: &str) -> &'a str {
    record.get(part).map_or("", |part| text(part, name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn books(price: &str, total: &str) -> Books {
        let number = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        let line = json!({
            "QuotationLineOpportunityId": 7, "QuotationLineQuantity": 3, "QuotationLineListPrice": number("99.95"),
            "QuotationLineDiscount": number("12.5"), "QuotationLinePrice": number(price),
        });
        let order = json!({"orderId": "000101", "orderTotal": number(total), "totals": {"taxTotal": number("65.59")}});
        Books {
            crm: json!({"deliveries": [{"DeliveryId": 7, "DeliveryCustom1": "000101"}], "quotation-lines": [line]}),
            erp: json!({"orders": [order]}),
        }
    }

    #[test]
    fn list_price_and_discount_count_where_they_give_the_price() {
        assert_eq!(books("87.46", "327.96").compare(&[7]).equal, 1);
        assert_eq!(books("87.00", "326.59").compare(&[7]).equal, 1);
    }

    #[test]
    fn a_cent_too_little_and_what_is_absent_are_told() {
        let other = books("87.46", "327.95").compare(&[7, 8]).others;
        assert_eq!(
            other,
            ["delivery 7: 262.37 in the CRM, 262.36 in the ERP", "delivery 8 is not in the CRM any more"]
        );
        let mut absent = books("87.46", "327.96");
        absent.erp = json!({});
        assert_eq!(absent.compare(&[7]).others, ["delivery 7 is not in the ERP"]);
    }
}
