//! What both systems hold, read from the emulators and never asked of the engine.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use serde_json::Value;

/// Where the ERP has orders.
pub(super) const ORDERS: &str = "orders";
/// Where it has invoices that are not booked.
pub(super) const DRAFTS: &str = "customerinvoicedrafts";
/// Where it has those that are.
pub(super) const INVOICES: &str = "customerinvoices";
const COLLECTIONS: [&str; 3] = [ORDERS, DRAFTS, INVOICES];

/// The state of a shop and the ERP.
#[derive(Debug)]
pub(super) struct States {
    /// The shop's connection, with which our marks begin.
    pub(super) connection: &'static str,
    pub(super) shop: Value,
    pub(super) erp: Value,
    /// The same of a second shop.
    pub(super) second: Option<Box<States>>,
}

impl States {
    /// A shop by this name and an ERP.
    pub(super) fn new(connection: &'static str, shop: Value, erp: Value) -> Self {
        Self { connection, shop, erp, second: None }
    }
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
    /// The shop's product and variant of this number.
    pub(super) fn variant(&self, sku: &str) -> Option<(&Value, &Value)> {
        self.shop("products").iter().find_map(|product| {
            let variant = rows(product, "variants").iter().find(|variant| text(variant, "sku") == sku)?;
            Some((product, variant))
        })
    }
    /// The id of the shop's own price list.
    pub(super) fn own_list(&self) -> Option<&Value> {
        let own = |list: &&Value| list.get("isMaster") == Some(&Value::Bool(true));
        self.shop("pricelists").iter().find(own)?.get("pricelistId")
    }
    /// The ERP's document that bears our mark of a shop's order: its order, else its draft, else its invoice.
    pub(super) fn document(&self, number: u64) -> Option<Document<'_>> {
        let wanted = format!("{}-{number}", self.connection);
        COLLECTIONS.iter().find_map(|at| {
            let record = self.erp(at).iter().find(|document| self.mark(document) == wanted)?;
            Some(Document { at, record })
        })
    }
    /// Marks that more than one document bears. An invoice made of an order bears the order's.
    pub(super) fn twice(&self) -> BTreeSet<String> {
        let mut seen = BTreeSet::new();
        let again = COLLECTIONS.iter().flat_map(|at| {
            let family = if *at == INVOICES { "invoiced" } else { "open" };
            self.erp(at).iter().map(move |document| (family, self.mark(document)))
        });
        again
            .filter(|(_, mark)| !mark.is_empty())
            .filter(|one| !seen.insert(*one))
            .map(|(_, mark)| mark.to_owned())
            .collect()
    }
    /// Our mark of an order of this shop on a document; empty where there is none.
    fn mark<'a>(&self, document: &'a Value) -> &'a str {
        let ours = |mark: &&str| mark.strip_prefix(self.connection).is_some_and(|rest| rest.starts_with('-'));
        let fields = ["BuyersOrderReference", "OurReference"].iter();
        fields.map(|field| text(document, field)).find(ours).unwrap_or_default()
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

/// A document of the ERP's, and in which collection it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Document<'a> {
    pub(super) at: &'static str,
    pub(super) record: &'a Value,
}

impl Document<'_> {
    /// Nobody has delivered or booked it yet.
    pub(super) fn is_open(&self) -> bool {
        self.at == DRAFTS || (self.at == ORDERS && matches!(self.status(), Some(1 | 2)))
    }
    /// An order's status: 1 draft, 2 ongoing, 3 shipped, 4 invoiced.
    pub(super) fn status(&self) -> Option<u64> {
        self.record.get("Status").and_then(Value::as_u64)
    }
    /// The ERP's own id of it.
    pub(super) fn id(&self) -> &str {
        text(self.record, "Id")
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
        let states = States::new("se", json!({}), erp);
        let id = |number| states.document(number).map(|document| document.id().to_owned());
        assert_eq!((id(1), id(3), id(2)), (Some("b".into()), Some("d".into()), None));
        assert!(states.twice().is_empty(), "the invoice of an order bears its mark");
    }

    #[test]
    fn a_document_that_was_made_twice_is_found() {
        let order = |mark: &str| json!({"BuyersOrderReference": mark});
        let erp = json!({"companies": [{"orders": [order("se-1"), order("se-2"), order(""), order("")],
            "customerinvoicedrafts": [order("se-2")]}]});
        assert_eq!(States::new("se", json!({}), erp).twice(), ["se-2".to_owned()].into());
    }

    #[test]
    fn own_statuses_go_by_their_name() {
        let named = |name: &str| json!({"data": [{"langCode": "sv", "name": name}]});
        let shop = json!({"order-statuses": [
            {"statusId": 1, "idCode": "created", "languages": named("Skapad")},
            {"statusId": 2, "idCode": null, "languages": named("Betald")},
        ]});
        let states = States::new("se", shop, json!({}));
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
