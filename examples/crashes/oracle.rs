//! Compares what both systems hold with what people did. It knows nothing of the engine.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::{
    ledger::{Article, Buyer, Ledger, Order, Row, Step, Way, amount, documents, number, rows, text, twins},
    stage::Becomes,
};

/// What is missing, or shows something else than what was typed last; and what is there more often than it was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) lost: Vec<String>,
    pub(crate) doubled: Vec<String>,
}

impl Verdict {
    pub(crate) fn is_clean(&self) -> bool {
        self.lost.is_empty() && self.doubled.is_empty()
    }
    pub(crate) fn add(&mut self, other: Self) {
        self.lost.extend(other.lost);
        self.doubled.extend(other.doubled);
    }
    /// The same with the place where it was found.
    pub(crate) fn at(self, place: &str) -> Self {
        let named = |lines: Vec<String>| lines.into_iter().map(|line| format!("{place}: {line}")).collect();
        Self { lost: named(self.lost), doubled: named(self.doubled) }
    }
    /// There must be as many as this.
    fn count(&mut self, what: &str, found: usize, wanted: usize) {
        if found < wanted {
            self.lost.push(format!("{what}: {found}, not {wanted}"));
        } else if found > wanted {
            self.doubled.push(format!("{what}: {found}, not {wanted}"));
        }
    }
    /// It must show this.
    fn shows<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, found: T, wanted: T) {
        if found != wanted {
            self.lost.push(format!("{what}: {found:?}, not {wanted:?}"));
        }
    }
}

/// Compares everything.
pub(crate) fn judge(ledger: &Ledger, shop: &Value, erp: &Value) -> Verdict {
    let mut verdict = Verdict::default();
    let statuses = statuses(shop);
    for (number, order) in &ledger.orders {
        judge_order(&mut verdict, ledger.becomes, *number, order, &Systems { shop, erp, statuses: &statuses });
    }
    let all: usize = crate::ledger::DOCUMENTS.iter().map(|name| rows(erp, name).len()).sum();
    verdict.count("documents in the ERP", all, ledger.orders.len());
    verdict.count("orders in the shop", rows(shop, "orders").len(), ledger.orders.len());
    for (email, buyer) in &ledger.buyers {
        judge_buyer(&mut verdict, email, buyer, shop, erp);
    }
    verdict.count("customers in the ERP", rows(erp, "customers").len(), ledger.buyers.len());
    let accounts = ledger.buyers.values().filter(|buyer| buyer.account.is_some()).count();
    verdict.count("customers in the shop", rows(shop, "customers").len(), accounts);
    let shown = goods(shop);
    for (number, article) in &ledger.articles {
        judge_article(&mut verdict, number, article, &shown, erp);
    }
    verdict.count("goods in the shop", shown.len(), ledger.articles.len());
    for number in twins(rows(erp, "articles").iter().map(|article| text(article, "Number"))) {
        verdict.doubled.push(format!("article {number} in the ERP"));
    }
    verdict
}

struct Systems<'a> {
    shop: &'a Value,
    erp: &'a Value,
    statuses: &'a BTreeMap<u64, String>,
}

impl Systems<'_> {
    /// Entries of a journal of the shop for an order, without those that its placing made.
    fn journalled(&self, name: &str, order: u64) -> usize {
        let of = |entry: &&Value| number(entry, "orderId") == Some(order);
        let status = |entry: &Value| number(entry, "statusId").and_then(|id| self.statuses.get(&id));
        let later = |entry: &&Value| status(entry).is_none_or(|status| status != "created");
        rows(self.shop, name).iter().filter(of).filter(later).count()
    }
    /// The word of an order's status.
    fn status(&self, order: &Value) -> &str {
        let id = number(order, "statusId");
        id.and_then(|id| self.statuses.get(&id)).map_or("unknown", String::as_str)
    }
}

/// Each status of the shop: its code, or its name if it is the shop's own.
fn statuses(shop: &Value) -> BTreeMap<u64, String> {
    let word = |status: &Value| {
        let code = Some(text(status, "idCode")).filter(|code| !code.is_empty());
        let own = status.pointer("/languages/data/0/name").or_else(|| status.pointer("/languages/0/name"));
        code.or(own.and_then(Value::as_str)).unwrap_or_default().to_owned()
    };
    rows(shop, "order-statuses").iter().filter_map(|status| Some((number(status, "statusId")?, word(status)))).collect()
}

/// How a document of the ERP must stand: where it lies, and what of it was paid by itself or by people.
fn wanted(becomes: Becomes, order: &Order) -> (&'static str, bool) {
    match becomes {
        Becomes::Orders => ("orders", false),
        Becomes::Drafts if order.step == Step::Placed => ("customerinvoicedrafts", false),
        Becomes::Drafts => ("customerinvoices", order.step == Step::Paid),
        Becomes::Booked => ("customerinvoices", order.step == Step::Paid || order.way == Way::Swish),
    }
}

fn judge_order(verdict: &mut Verdict, becomes: Becomes, number: u64, order: &Order, systems: &Systems<'_>) {
    let what = format!("order {number}");
    let mark = Ledger::mark(number);
    let found: Vec<_> = documents(systems.erp, &mark).collect();
    verdict.count(&format!("documents of {what}"), found.len(), 1);
    let [(collection, document)] = found.as_slice() else { return };
    let (lies, paid) = wanted(becomes, order);
    verdict.shows(&format!("{what} lies in"), *collection, lies);
    verdict.shows(&format!("{what} with VAT"), payable(document), Some(order.gross()));
    verdict.shows(&format!("rows of {what}"), sold(document), sold_in(&order.rows));
    if becomes == Becomes::Orders {
        let status = if order.step == Step::Done { json!(3) } else { json!(2) };
        verdict.shows(&format!("status of {what} in the ERP"), document.get("Status"), Some(&status));
    }
    let of = |payment: &&Value| payment.get("InvoiceId") == document.get("Id");
    let payments = rows(systems.erp, "payments").iter().filter(of).count();
    verdict.count(&format!("payments of {what}"), payments, usize::from(paid));
    let customer = rows(systems.erp, "customers").iter().find(|one| one.get("Id") == document.get("CustomerId"));
    verdict.shows(&format!("buyer of {what}"), customer.map(|one| text(one, "EmailAddress")), Some(&order.email));

    let delivered = becomes == Becomes::Orders && order.step == Step::Done;
    let word = if delivered {
        "completed"
    } else if paid {
        "Betald"
    } else {
        "created"
    };
    let in_shop = rows(systems.shop, "orders").iter().find(|one| crate::ledger::number(one, "orderId") == Some(number));
    verdict.shows(&format!("status of {what} in the shop"), in_shop.map(|one| systems.status(one)), Some(word));
    verdict.count(&format!("mails of {what}"), systems.journalled("mails", number), usize::from(delivered || paid));
    let captured = delivered && order.way == Way::Klarna;
    verdict.count(&format!("captures of {what}"), systems.journalled("captures", number), usize::from(captured));
}

/// What a document is to be paid with VAT: its rows, and not the rounding that the ERP does by itself.
fn payable(document: &Value) -> Option<Decimal> {
    let net: Decimal = rows(document, "Rows").iter().filter_map(|row| amount(row, "Amount")).sum();
    if document.get("IncludesVat") == Some(&Value::Bool(true)) {
        return Some(net.normalize());
    }
    let vat = ["VatAmount", "TotalVatAmountInvoiceCurrency", "TotalVatAmount"];
    Some((net + vat.iter().find_map(|name| amount(document, name))?).normalize())
}

/// Pieces by article number.
fn sold(document: &Value) -> BTreeMap<String, Decimal> {
    let goods = rows(document, "Rows").iter().filter(|row| text(row, "ArticleNumber").starts_with("ART-"));
    let piece = |row: &Value| (text(row, "ArticleNumber").to_owned(), amount(row, "Quantity").unwrap_or_default());
    goods.map(piece).collect()
}
fn sold_in(rows: &[Row]) -> BTreeMap<String, Decimal> {
    rows.iter().map(|row| (row.sku.clone(), row.quantity.into())).collect()
}

fn judge_buyer(verdict: &mut Verdict, email: &str, buyer: &Buyer, shop: &Value, erp: &Value) {
    let in_erp: Vec<&Value> =
        rows(erp, "customers").iter().filter(|one| text(one, "EmailAddress").eq_ignore_ascii_case(email)).collect();
    verdict.count(&format!("customers {email} in the ERP"), in_erp.len(), 1);
    let [in_erp] = in_erp.as_slice() else { return };
    if let Some(name) = &buyer.erp_name {
        verdict.shows(&format!("name of {email} in the ERP"), text(in_erp, "Name"), name.as_str());
    }
    if let Some(phone) = &buyer.phone {
        verdict.shows(&format!("phone of {email} in the ERP"), text(in_erp, "Telephone"), phone.as_str());
        let in_shop = rows(shop, "customers").iter().find(|one| number(one, "customerId") == buyer.account);
        let typed = in_shop.and_then(|one| one.pointer("/addresses/data/invoice/phoneNo")).and_then(Value::as_str);
        verdict.shows(&format!("phone of {email} in the shop"), typed, Some(phone.as_str()));
    }
}

/// What the shop shows of an article.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Shown {
    sku: String,
    name: String,
    /// Of the shop's own list, without VAT.
    net: Option<Decimal>,
    stock: Option<i64>,
    visible: bool,
}

fn goods(shop: &Value) -> Vec<Shown> {
    let own = rows(shop, "shop").first().and_then(|shop| shop.get("masterPricelistId")).cloned().unwrap_or(json!(108));
    let of_product = |product: &Value| -> Vec<Shown> {
        let name = product.pointer("/languages/data/0/name").and_then(Value::as_str).unwrap_or_default();
        let variants = product.pointer("/variants/data").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let shown = variants.iter().map(|variant| Shown {
            sku: text(variant, "sku").to_owned(),
            name: name.to_owned(),
            net: rows(variant, "prices")
                .iter()
                .find(|price| price.get("pricelistId") == Some(&own))
                .and_then(|price| amount(price, "priceExVat"))
                .map(|net| net.normalize()),
            stock: variant.get("stockQuantity").and_then(Value::as_i64),
            visible: text(product, "visibility") == "visible",
        });
        shown.collect()
    };
    rows(shop, "products").iter().flat_map(of_product).collect()
}

fn judge_article(verdict: &mut Verdict, number: &str, article: &Article, shown: &[Shown], erp: &Value) {
    let own = rows(erp, "articles").iter().find(|one| text(one, "Number") == number);
    let own = own.map(|one| (text(one, "Name"), amount(one, "NetPrice").map(|net| net.normalize())));
    verdict.shows(&format!("article {number}"), own, Some((article.name.as_str(), Some(article.net.normalize()))));
    let found: Vec<&Shown> = shown.iter().filter(|one| one.sku == number).collect();
    verdict.count(&format!("goods {number} in the shop"), found.len(), 1);
    let [found] = found.as_slice() else { return };
    // what was ordered may be subtracted twice for two minutes, rather than not at all
    let stock = if article.ordered { found.stock } else { Some(article.stock) };
    let must = Shown {
        sku: number.to_owned(),
        name: article.name.clone(),
        net: Some(article.net.normalize()),
        stock,
        visible: true,
    };
    verdict.shows(&format!("goods {number}"), *found, &must);
    if found.stock.is_none_or(|stock| stock > article.stock) {
        verdict.lost.push(format!("stock of {number}: {:?}, and there are {}", found.stock, article.stock));
    }
}

#[cfg(test)]
mod tests;
