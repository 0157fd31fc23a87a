//! Records that people of the company made.

use std::sync::Arc;

use serde_json::json;
use sync_core::StreamId;

use super::Desk;

impl Desk {
    pub(super) async fn seeded(&self, stream: &StreamId, count: usize) -> Option<Vec<Arc<str>>> {
        let mut ids = Vec::new();
        if stream.as_str() == "invoices" && count > 1 {
            // one that is sold by: released, and of no order
            ids.push(self.release("invoices").await);
            while ids.len() < count {
                ids.push(self.make("invoices").await);
            }
            return Some(ids);
        }
        for _ in 0..count {
            let nth = self.next();
            let id = match stream.as_str() {
                "sales_prices" => {
                    let set = json!({ "priceType": "Customer", "priceCode": &*self.customer.id, "inventoryId": "TIME-1",
                        "uoM": "TIME", "currency": "NOK", "price": nth, "breakQty": nth, "effectiveDate": "2026-01-01",
                        "promotion": nth.is_multiple_of(2), "expirationDate": "2039-12-31" });
                    self.double.act("create", json!({ "collection": "prices", "set": set }))["key"].to_string()
                }
                "customer_balances" => {
                    let set = json!({ "name": format!("Kunde {nth}"), "customerClassId": "1" });
                    self.double.act("create", json!({ "collection": "customers", "set": set }))["key"].to_string()
                }
                "payments" => {
                    let invoice = self.release("invoices").await;
                    let line = json!({ "operation": "Insert", "documentType": "Invoice", "refNbr": &*invoice, "amountPaid": nth });
                    let set = json!({ "customer": &*self.customer.id, "paymentRef": format!("KID {nth}"), "currency": "NOK",
                        "applicationDate": "2026-02-16", "applicationPeriod": "202602", "paymentMethod": "1",
                        "paymentAmount": nth, "paymentLines": [line] });
                    let paid = self.double.act("create", json!({ "collection": "payments", "set": set }));
                    format!("Payment/{}", paid["key"].as_str().unwrap())
                }
                "journal" => {
                    let line = |side: &str, account: &str| {
                        json!({ "operation": "Insert", "accountNumber": account,
                        side: nth, "transactionDescription": "Til gode", "quantity": 1, "vatCodeId": "3", "project": "X",
                        "subaccount": [{ "segmentId": 1, "segmentValue": "1" }] })
                    };
                    let lines = [line("debitAmountInCurrency", "1920"), line("creditAmountInCurrency", "3000")];
                    let set = json!({ "currencyId": "SEK", "exchangeRate": 0.9, "description": "Bunt",
                        "transactionDate": "2026-02-16",
                        "journalTransactionLines": lines });
                    let made = self.double.act("create", json!({ "collection": "journals", "set": set }));
                    self.double.act("release", json!({ "collection": "journals", "key": made["key"] }));
                    format!("GL/{}/1", made["key"].as_str().unwrap())
                }
                _ => return None,
            };
            ids.push(Arc::from(id.trim_matches('"')));
        }
        Some(ids)
    }
}
