//! What both systems hold, read from the emulators and never asked of the engine.

use rust_decimal::Decimal;
use serde_json::Value;

/// The state of both.
#[derive(Debug)]
pub(super) struct States {
    pub(super) shop: Value,
    pub(super) erp: Value,
}

impl States {
    /// A collection of the shop.
    pub(super) fn shop(&self, name: &str) -> &[Value] {
        rows(&self.shop, name)
    }
    /// A collection of the ERP's one company.
    pub(super) fn erp(&self, name: &str) -> &[Value] {
        rows(&self.erp, "companies").first().map_or(&[], |company| rows(company, name))
    }
    /// The shop's order of this number.
    pub(super) fn shop_order(&self, number: u64) -> Option<&Value> {
        self.shop("orders").iter().find(|order| order.get("orderId").and_then(Value::as_u64) == Some(number))
    }
    /// The ERP's document that bears our mark of a shop's order: its order, else its draft, else its invoice.
    pub(super) fn erp_document(&self, number: u64) -> Option<&Value> {
        let mark = format!("se-{number}");
        let marked = |document: &&Value| {
            ["BuyersOrderReference", "OurReference"].iter().any(|field| text(document, field) == mark)
        };
        let all = ["orders", "customerinvoicedrafts", "customerinvoices"];
        all.iter().find_map(|name| self.erp(name).iter().find(marked))
    }
    /// The word of a shop's order's status: a standard one's code, the name of one of the shop's own.
    pub(super) fn status_word(&self, order: &Value) -> &str {
        let id = order.get("statusId");
        let Some(status) = self.shop("order-statuses").iter().find(|status| status.get("statusId") == id) else {
            return "";
        };
        match text(status, "idCode") {
            "" => rows(status, "languages").first().map_or("", |language| text(language, "name")),
            code => code,
        }
    }
}

/// A list, which some nest under `data`.
pub(super) fn rows<'a>(of: &'a Value, name: &str) -> &'a [Value] {
    let list = of.get(name);
    let list = list.and_then(|list| list.get("data")).or(list);
    list.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A text; empty where there is none.
pub(super) fn text<'a>(of: &'a Value, name: &str) -> &'a str {
    of.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A number, exactly as it is written.
pub(super) fn decimal(of: &Value, name: &str) -> Option<Decimal> {
    match of.get(name)? {
        Value::Number(number) => {
            number.to_string().parse().ok().or_else(|| Decimal::from_scientific(&number.to_string()).ok())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn documents_are_found_by_our_mark_alone() {
        let order = |id: &str, mark: &str| json!({"Id": id, "BuyersOrderReference": mark});
        let erp = json!({"companies": [{"orders": [order("a", "se-12"), order("b", "se-1")],
            "customerinvoices": [order("c", "se-1"), order("d", "se-3")]}]});
        let states = States { shop: json!({}), erp };
        let id = |number| states.erp_document(number).map(|document| text(document, "Id"));
        assert_eq!((id(1), id(3), id(2)), (Some("b"), Some("d"), None));
    }

    #[test]
    fn own_statuses_go_by_their_name() {
        let named = |name: &str| json!({"data": [{"langCode": "sv", "name": name}]});
        let shop = json!({"order-statuses": [
            {"statusId": 1, "idCode": "created", "languages": named("Skapad")},
            {"statusId": 2, "idCode": null, "languages": named("Betald")},
        ]});
        let states = States { shop, erp: json!({}) };
        assert_eq!(states.status_word(&json!({"statusId": 1})), "created");
        assert_eq!(states.status_word(&json!({"statusId": 2})), "Betald");
        assert_eq!(states.status_word(&json!({"statusId": 3})), "");
    }

    #[test]
    fn numbers_keep_their_decimals() {
        assert_eq!(decimal(&json!({"a": 0.10}), "a"), Some(Decimal::new(1, 1)));
        assert_eq!(decimal(&json!({"a": "1"}), "a"), None);
    }
}
