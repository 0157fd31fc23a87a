//! What people do between two runs, on both sides. All of it is noted in the ledger.

use fastrand::Rng;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::{
    Failure,
    ledger::{Article, Buyer, Ledger, Order, Row, Side, Step, Way, documents, number, rows, text},
    stage::{Becomes, Stage},
};

/// Goods at 25 % VAT, in the ERP.
const CODING: &str = "7b58e06c-5295-53a8-9935-7afe30f3aab2";
/// Pieces.
const UNIT: &str = "deaa377a-4985-598c-9c57-b9b018f1b7d4";

/// The people of a world.
pub(crate) struct People<'a> {
    pub(crate) stage: &'a Stage,
    pub(crate) ledger: &'a mut Ledger,
    pub(crate) rng: &'a mut Rng,
}

impl People<'_> {
    /// What is there before the first contact.
    ///
    /// # Errors
    /// A system refuses.
    pub(crate) fn begin(&mut self) -> Result<(), Failure> {
        for _ in 0..10 {
            self.new_article()?;
        }
        for _ in 0..3 {
            self.new_account()?;
        }
        for _ in 0..3 {
            self.order()?;
        }
        Ok(())
    }
    /// A few acts; gives how many.
    ///
    /// # Errors
    /// A system refuses what it should not.
    pub(crate) fn bout(&mut self) -> Result<u64, Failure> {
        let wanted = self.rng.u64(2..=5);
        let mut done = 0;
        for _ in 0..wanted {
            let did = match self.rng.u8(0..16) {
                0..=4 => self.order()?,
                5 => self.new_account()?,
                6 | 7 => self.phone()?,
                8 => self.name_in_erp()?,
                9 => self.new_article()?,
                10 => self.article_name()?,
                11 => self.price()?,
                12 => self.stock()?,
                13 => self.edit_row()?,
                _ => self.go_on()?,
            };
            done += u64::from(did);
        }
        Ok(done)
    }

    fn chosen<T: Clone>(&mut self, from: impl Iterator<Item = T>) -> Option<T> {
        let all: Vec<T> = from.collect();
        if all.is_empty() {
            return None;
        }
        all.get(self.rng.usize(0..all.len())).cloned()
    }

    // ---- in the shop -----------------------------------------------------------------------------------------------
    /// Somebody buys: a guest, a guest once more, or somebody with an account.
    fn order(&mut self) -> Result<bool, Failure> {
        let known = self.ledger.buyers.iter().map(|(email, buyer)| (email.clone(), buyer.account));
        let known: Vec<_> = known.collect();
        let returning = self.rng.u8(0..3) == 0;
        let (email, account) = match self.chosen(known.into_iter()).filter(|_| returning) {
            Some(known) => known,
            None => (format!("guest{}@example.org", self.ledger.buyers.len() + 1), None),
        };
        let way = [Way::Invoice, Way::Klarna, Way::Swish];
        let way = self.chosen(way.into_iter()).unwrap_or(Way::Invoice);
        let mut rows: Vec<Row> = Vec::new();
        for _ in 0..self.rng.u8(1..=3) {
            let goods: Vec<String> = self.ordered().collect();
            let Some(sku) = self.chosen(goods.into_iter()) else { return Ok(false) };
            if rows.iter().all(|row| row.sku != sku) {
                rows.push(Row { sku, quantity: self.rng.u64(1..=4), price: self.rng.u64(10..2000) });
            }
        }
        let order =
            Order { email: email.clone(), way, rows, step: Step::Placed, placed: self.ledger.period, edited: 0 };
        let placed = self.stage.in_shop(basket(&order, account))?;
        let placed = number(&placed, "orderId").ok_or("the shop tells no number of an order")?;
        self.ledger.orders.insert(placed, order);
        self.ledger.buyers.entry(email).or_default();
        Ok(true)
    }
    fn ordered(&self) -> impl Iterator<Item = String> {
        self.ledger.articles.iter().filter(|(_, article)| article.ordered).map(|(number, _)| number.clone())
    }
    fn new_account(&mut self) -> Result<bool, Failure> {
        let email = format!("member{}@example.org", self.ledger.buyers.len() + 1);
        let phone = self.telephone();
        let act = json!({ "action": "create_customer", "type": "person", "email": email,
            "addresses": { "invoice": home_with(&phone) } });
        let account = number(&self.stage.in_shop(act)?, "customerId");
        self.ledger.buyers.insert(email, Buyer { account, phone: Some(phone), ..Buyer::default() });
        Ok(true)
    }
    fn telephone(&mut self) -> String {
        format!("013-{:06}", self.rng.u32(100_000..1_000_000))
    }
    /// Another quantity, of an order that nobody has gone on with and will not before the next judgement: what is booked
    /// cannot be edited, and who edits and books at the same time makes work for people.
    fn edit_row(&mut self) -> Result<bool, Failure> {
        if self.ledger.becomes == Becomes::Booked {
            return Ok(false);
        }
        let open = self.ledger.orders.iter().filter(|(_, order)| order.step == Step::Placed && order.way != Way::Swish);
        let open: Vec<u64> = open.map(|(number, _)| *number).collect();
        let Some(number) = self.chosen(open.into_iter()) else { return Ok(false) };
        let quantity = self.rng.u64(1..=9);
        let period = self.ledger.period;
        let Some(order) = self.ledger.orders.get_mut(&number) else { return Ok(false) };
        let Some(row) = order.rows.first_mut() else { return Ok(false) };
        let act = json!({ "action": "edit_row", "orderId": number, "sku": row.sku, "set": { "quantity": quantity } });
        self.stage.in_shop(act)?;
        row.quantity = quantity;
        order.edited = period;
        Ok(true)
    }

    // ---- on either side --------------------------------------------------------------------------------------------
    /// Another phone number of somebody with an account.
    fn phone(&mut self) -> Result<bool, Failure> {
        let members = self.ledger.buyers.iter().filter_map(|(email, buyer)| Some((email.clone(), buyer.account?)));
        let members: Vec<_> = members.collect();
        let Some((email, account)) = self.chosen(members.into_iter()) else { return Ok(false) };
        let (phone, period) = (self.telephone(), self.ledger.period);
        let drawn = if self.rng.bool() { Side::Shop } else { Side::Erp };
        let Some(buyer) = self.ledger.buyers.get_mut(&email) else { return Ok(false) };
        let side = match buyer.phone_side {
            Some((last, side)) if last == period => side,
            _ => drawn,
        };
        match side {
            Side::Shop => {
                let set = json!({ "addresses": { "invoice": home_with(&phone) } });
                self.stage.in_shop(json!({ "action": "edit_customer", "customerId": account, "set": set }))?;
            }
            Side::Erp => {
                let Some(id) = customer(&self.stage.erp(), &email) else { return Ok(false) };
                let set = json!({ "Telephone": phone });
                self.stage.in_erp(json!({ "action": "edit_customer", "id": id, "set": set }))?;
            }
        }
        buyer.phone = Some(phone);
        buyer.phone_side = Some((period, side));
        Ok(true)
    }

    // ---- in the ERP ------------------------------------------------------------------------------------------------
    fn name_in_erp(&mut self) -> Result<bool, Failure> {
        let known: Vec<String> = self.ledger.buyers.keys().cloned().collect();
        let Some(email) = self.chosen(known.into_iter()) else { return Ok(false) };
        let Some(id) = customer(&self.stage.erp(), &email) else { return Ok(false) };
        let name = format!("Kund {}", self.rng.u32(1000..100_000));
        self.stage.in_erp(json!({ "action": "edit_customer", "id": id, "set": { "Name": name } }))?;
        if let Some(buyer) = self.ledger.buyers.get_mut(&email) {
            buyer.erp_name = Some(name);
        }
        Ok(true)
    }
    fn new_article(&mut self) -> Result<bool, Failure> {
        let place = self.ledger.articles.len();
        let number = format!("ART-{place:04}");
        let article = Article {
            name: format!("Vara {place}"),
            net: Decimal::from(self.rng.u32(10..900)),
            stock: self.rng.i64(100..1000),
            ordered: place.is_multiple_of(2),
        };
        self.stage.in_erp(json!({
            "action": "create_article", "Number": number, "Name": article.name, "CodingId": CODING, "UnitId": UNIT,
            "NetPrice": plain(article.net), "GrossPrice": plain(with_vat(article.net)), "StockBalance": article.stock,
            "SendToWebshop": true,
        }))?;
        self.ledger.articles.insert(number, article);
        Ok(true)
    }
    fn of_articles(
        &mut self,
        only: impl Fn(&Article) -> bool,
        act: impl FnOnce(&mut Rng, &mut Article) -> Value,
    ) -> Result<bool, Failure> {
        let all = self.ledger.articles.iter().filter(|(_, article)| only(article)).map(|(number, _)| number.clone());
        let all: Vec<String> = all.collect();
        let Some(number) = self.chosen(all.into_iter()) else { return Ok(false) };
        let Some(article) = self.ledger.articles.get_mut(&number) else { return Ok(false) };
        let mut does = act(self.rng, article);
        if let Some(does) = does.as_object_mut() {
            does.insert("number".to_owned(), number.into());
        }
        self.stage.in_erp(does)?;
        Ok(true)
    }
    fn article_name(&mut self) -> Result<bool, Failure> {
        self.of_articles(
            |_| true,
            |rng, article| {
                article.name = format!("Vara {}", rng.u32(1000..100_000));
                json!({ "action": "edit_article", "set": { "Name": article.name } })
            },
        )
    }
    fn price(&mut self) -> Result<bool, Failure> {
        self.of_articles(
            |_| true,
            |rng, article| {
                article.net = Decimal::new(rng.i64(1000..90_000), 2);
                json!({ "action": "set_price", "net": plain(article.net) })
            },
        )
    }
    fn stock(&mut self) -> Result<bool, Failure> {
        self.of_articles(
            |article| !article.ordered,
            |rng, article| {
                let sold = rng.i64(1..5);
                article.stock -= sold;
                json!({ "action": "sell_from_stock", "quantity": sold })
            },
        )
    }
    /// A document is taken one step on, as far as the ERP has it.
    fn go_on(&mut self) -> Result<bool, Failure> {
        let erp = self.stage.erp();
        let period = self.ledger.period;
        let ready = self.ledger.orders.iter().filter(|(_, order)| order.edited < period);
        let ready: Vec<(u64, bool)> = ready
            // what the shopper paid is registered by the program; two who do so at once make two payments
            .map(|(number, order)| (*number, order.way != Way::Swish))
            .collect();
        let Some((order, payable)) = self.chosen(ready.into_iter()) else { return Ok(false) };
        let mark = Ledger::mark(order);
        let Some((collection, document)) = documents(&erp, &mark).next() else { return Ok(false) };
        let open = document.get("Status") == Some(&json!(2));
        let unpaid = rows(&erp, "payments").iter().all(|payment| payment.get("InvoiceId") != document.get("Id"));
        let (action, step) = match (collection, self.ledger.becomes) {
            ("orders", _) if open => ("deliver_order", Step::Done),
            ("customerinvoicedrafts", Becomes::Drafts) => ("book_draft", Step::Done),
            ("customerinvoices", Becomes::Drafts) if unpaid => ("register_payment", Step::Paid),
            ("customerinvoices", Becomes::Booked) if unpaid && payable => ("register_payment", Step::Paid),
            _ => return Ok(false),
        };
        self.stage.in_erp(json!({ "action": action, "id": document.get("Id") }))?;
        if let Some(order) = self.ledger.orders.get_mut(&order) {
            order.step = step;
        }
        Ok(true)
    }
}

/// The id of the ERP's customer with this e-mail.
fn customer(erp: &Value, email: &str) -> Option<String> {
    let found = rows(erp, "customers").iter().find(|customer| text(customer, "EmailAddress") == email)?;
    Some(text(found, "Id").to_owned())
}

/// As JSON, with its decimals.
fn plain(amount: Decimal) -> Value {
    serde_json::from_str(&amount.to_string()).unwrap_or_default()
}

fn with_vat(net: Decimal) -> Decimal {
    (net * Decimal::new(125, 2)).round_dp(2)
}

/// An address of a private person.
fn home() -> Value {
    json!({
        "firstName": "Siv", "lastName": "Åström", "address": "Ågatan 2", "postalCode": "58222", "city": "Linköping",
        "countryCode": "SE",
    })
}

/// The same with a phone; the shop takes an address as a whole.
fn home_with(phone: &str) -> Value {
    let mut address = home();
    if let Some(address) = address.as_object_mut() {
        address.insert("phoneNo".to_owned(), phone.into());
    }
    address
}

fn basket(order: &Order, account: Option<u64>) -> Value {
    let row = |row: &Row| {
        json!({ "sku": row.sku, "description": row.sku, "quantity": row.quantity, "unitPriceIncVat": row.price,
            "vatRate": 25 })
    };
    let mut basket = json!({
        "action": "place_order", "paymentMethodId": order.way.id(), "paymentStatus": "", "shippingMethodId": 101,
        "shippingVatRate": 25, "paymentVatRate": 25, "currencyPrecision": 2,
        "items": order.rows.iter().map(row).collect::<Vec<_>>(),
    });
    let Some(fields) = basket.as_object_mut() else { return basket };
    match account {
        Some(id) => fields.insert("customerId".to_owned(), id.into()),
        None => {
            fields.insert("addresses".to_owned(), json!({ "originalInvoice": home() }));
            fields.insert("originalCustomerEmail".to_owned(), order.email.clone().into())
        }
    };
    match order.way {
        Way::Invoice => None,
        Way::Klarna => fields.insert("paymentStatus".to_owned(), "reserved".into()),
        Way::Swish => fields.insert("amountPaid".to_owned(), plain(order.gross())),
    };
    basket
}
