//! A CRM and an ERP: webCRM and Visma.net.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use emulators::{
    Emulator,
    visma_net::{self, VismaNet},
    webcrm::{self, WebCrm},
};
use serde_json::{Value, json};
use url::Url;

use super::{
    books::Books,
    crm_edits,
    edit::{Edit, nothing_for},
    ground::{Own, broken, calls, configuration, connect, started, write},
    sample::{self, About},
    states::{decimal, rows, text},
    summary::Waiting,
    systems::{Present, Systems, Verdict},
    time::Time,
};
use crate::fail::Failure;

/// Pieces that are sent first of an order that is shipped in two parts.
const FIRST_PART: i64 = 1;
/// Pieces of each item in stock.
const IN_STOCK: i64 = 500;
/// Invoices that the ERP has without an order.
const INVOICES: usize = 2;

/// The systems and the time that they share.
pub(super) struct Crm {
    crm: Arc<Emulator<WebCrm>>,
    erp: Arc<Emulator<VismaNet>>,
    time: Arc<Time>,
    own: Own,
}

impl Crm {
    /// Starts the systems on free ports, with the sample data.
    ///
    /// # Errors
    /// The machine gives no ports, or the sample data is broken.
    pub(super) async fn set(about: &About) -> Result<Self, Failure> {
        let own = Own::read()?;
        let crm = started(WebCrm::default(), own.start).await?;
        let erp = started(VismaNet::default(), own.start).await?;
        crm.seed(sample::webcrm()?).map_err(|why| broken(&why))?;
        erp.seed(sample::visma_net()?).map_err(|why| broken(&why))?;
        let time = Arc::new(Time::new(own.start, vec![crm.clone(), erp.clone()]));
        let pair = Self { crm, erp, time, own };
        pair.before(about)?;
        Ok(pair)
    }
    /// What was shipped and invoiced before anybody connected them: some orders at once, some in two parts, and some invoices
    /// without an order.
    fn before(&self, about: &About) -> Result<(), Failure> {
        for order in about.orders_of_pair("invoiced") {
            self.ship(order)?;
        }
        for order in about.orders_of_pair("invoiced_in_parts") {
            let books = self.books();
            let record = books.erp("orders").iter().find(|record| text(record, "orderId") == order);
            let lines = record.map_or(&[][..], |record| rows(record, "orderLines"));
            let goods = lines.iter().map(|line| super::books::deep(line, "inventory", "id"));
            let goods: Vec<&str> = goods.filter(|item| item.starts_with("V-")).collect();
            let stock = |by: i64| {
                let mut moved =
                    goods.iter().map(|item| json!({"action": "stock", "item": item, "warehouse": "1", "by": by}));
                moved.try_for_each(|act| self.in_erp(act).map(drop))
            };
            stock(FIRST_PART - IN_STOCK)?;
            self.ship(order)?;
            stock(IN_STOCK - FIRST_PART)?;
            self.ship(order)?;
        }
        for customer in about.of_pair("companies", "erp_customer").into_iter().rev().take(INVOICES) {
            self.invoice(&customer.to_string())?;
        }
        Ok(())
    }
    /// Writes an invoice without an order for a service, and releases it; gives its number.
    ///
    /// # Errors
    /// Nothing that is sold is a service.
    pub(super) fn invoice(&self, customer: &str) -> Result<String, Failure> {
        let books = self.books();
        let sold = |item: &&Value| text(item, "status") == "Active" && text(item, "type") == "NonStockItem";
        let item = books.erp("items").iter().find(sold).ok_or_else(|| nothing_for("invoice"))?;
        let line = json!({"operation": "Insert", "inventoryNumber": text(item, "inventoryNumber"), "quantity": 2,
            "unitPriceInCurrency": item.get("defaultPrice")});
        let set = json!({"customerNumber": customer, "invoiceText": "Faktura uten ordre", "hold": false,
            "documentDate": self.own.start.date_naive().to_string(), "invoiceLines": [line]});
        let made = self.in_erp(json!({"action": "create", "collection": "invoices", "set": set}))?;
        let number = text(&made, "key").to_owned();
        self.in_erp(json!({"action": "release", "collection": "invoices", "key": number}))?;
        Ok(number)
    }
    /// Ships an order and invoices what was shipped.
    ///
    /// # Errors
    /// There is nothing to ship of it.
    pub(super) fn ship(&self, order: &str) -> Result<Value, Failure> {
        self.in_erp(json!({"action": "ship_order", "type": "SO", "key": order, "invoice": true, "release": true}))
    }
    /// What both hold.
    pub(super) fn books(&self) -> Books {
        Books { crm: self.crm.state(), erp: self.erp.state() }
    }
    /// Does what a person does in the CRM's own screens.
    ///
    /// # Errors
    /// The CRM would not let them.
    pub(super) fn in_crm(&self, act: Value) -> Result<Value, Failure> {
        self.crm.act(act).map_err(|refused| Failure::stopped(format!("the edit in the CRM was refused: {refused}")))
    }
    /// The same in the ERP's.
    ///
    /// # Errors
    /// The ERP would not let them.
    pub(super) fn in_erp(&self, act: Value) -> Result<Value, Failure> {
        self.erp.act(act).map_err(|refused| Failure::stopped(format!("the edit in the ERP was refused: {refused}")))
    }
}

impl Systems for Crm {
    type States = Books;

    fn time(&self) -> &Arc<Time> {
        &self.time
    }
    fn states(&self) -> Books {
        self.books()
    }
    fn present(&self) -> Vec<Present> {
        let books = self.books();
        let of = |records: &[Value], what: &str| format!("{} {what}", records.len());
        let in_crm = ["organisations", "persons", "deliveries"].map(|name| of(books.crm(name), name));
        let in_erp = ["customers", "contacts", "items", "orders", "invoices"].map(|name| of(books.erp(name), name));
        vec![
            Present::new("crm", "webCRM", self.crm.base_url(), in_crm.join(", ")),
            Present::new("erp", "Visma.net", self.erp.base_url(), in_erp.join(", ")),
        ]
    }
    fn configure(&self, flow: &str, folder: &Path) -> Result<PathBuf, Failure> {
        let mut config = self.own.of(flow);
        for (name, secret) in [("crm.secret", webcrm::AUTH_CODE), ("erp.secret", visma_net::CLIENT_SECRET)] {
            write(&folder.join(name), secret)?;
        }
        let at = |base: &str| format!("{base}/");
        connect(&mut config, "crm", "application_token", &[("base_url", at(self.crm.base_url()))]);
        connect(
            &mut config,
            "erp",
            "client_secret",
            &[
                ("base_url", at(self.erp.base_url())),
                ("order_url", at(self.erp.base_url())),
                ("identity_url", at(self.erp.base_url())),
                ("client_id", visma_net::CLIENT_ID.to_owned()),
                ("tenant_id", visma_net::TENANT.to_owned()),
            ],
        );
        configuration(flow, config, folder)
    }
    /// Neither of them asks a person.
    fn agree(&self, address: &Url) -> Result<String, Failure> {
        Err(Failure::stopped(format!("the login leads to {address}, which is no emulator of this demo")))
    }
    fn looks_again(&self) -> Option<&'static str> {
        Some("since webCRM does not tell the id of a new organisation")
    }
    fn clear_requests(&self) {
        self.crm.clear_requests();
        self.erp.clear_requests();
    }
    fn requests(&self) -> BTreeMap<String, u64> {
        [("crm", self.crm.requests()), ("erp", self.erp.requests())]
            .map(|(name, log)| (name.to_owned(), calls(&log)))
            .into()
    }
    /// The flow sets off none.
    fn effects(&self) -> BTreeMap<&'static str, u64> {
        BTreeMap::new()
    }
    fn edits(&self, about: &About) -> Result<Vec<Edit<Books>>, Failure> {
        crm_edits::edits(self, about)
    }
    fn judge(&self, about: &About, _: bool, held: &[Waiting]) -> Verdict {
        judge(&self.books(), about, held)
    }
}

/// Holds what is there in the end against what the sample data says.
fn judge(books: &Books, about: &About, held: &[Waiting]) -> Verdict {
    let of = |name| about.of_pair("deliveries", name);
    let mut wanted = of("must_arrive");
    let before: BTreeSet<&str> = about.orders_of_pair("must_arrive").into_iter().collect();
    let mut wrong = Vec::new();
    for order in &before {
        let mut found = books.deliveries_of(order).filter_map(|one| one.get("DeliveryId")?.as_u64());
        match (found.next(), found.next()) {
            (Some(id), None) => wanted.push(id),
            (None, _) => wrong.push(format!("order {order} of the ERP is not in the CRM")),
            (Some(_), Some(_)) => wrong.push(format!("order {order} of the ERP is in the CRM more than once")),
        }
    }
    let compared = books.compare(&wanted);
    let must_not = ["before_start", "held_line_price"].into_iter().flat_map(of);
    let there = must_not.filter(|id| books.delivery(*id).is_some_and(|delivery| books.order(delivery).is_some()));
    wrong.extend(there.map(|id| format!("delivery {id} is in the ERP, and should not be")));
    wrong.extend(of("waits_for_type").into_iter().filter_map(|id| untold(books, id)));
    wrong.extend(twice(books, &about.orders_of_pair("before_start")));
    wrong.extend(without_order(books));
    wrong.extend(invoiced(books, about));
    wrong.extend(companies(books, about));
    wrong.extend(people(books));
    wrong.extend(catalogue(books));
    wrong.extend(unexpected(books, about, held));
    Verdict { compared: Some((compared, wanted.len())), wrong }
}

/// A line for a delivery of somebody who is no customer that neither waits with its reason told nor has arrived since the
/// organisation became one.
fn untold(books: &Books, id: u64) -> Option<String> {
    let delivery = books.delivery(id)?;
    let owner = books.organisation(delivery.get("DeliveryOrganisationId")?.as_u64()?)?;
    let is_customer = text(owner, "OrganisationType") == "Customer";
    let (there, told) = (books.order(delivery).is_some(), !text(delivery, "DeliveryCustom4").is_empty());
    (there != is_customer || told == is_customer).then(|| {
        format!("delivery {id} of a {}: in the ERP: {there}, reason told: {told}", text(owner, "OrganisationType"))
    })
}

/// Lines for orders that two deliveries name, or that no delivery does; of those from before the start for any.
fn twice(books: &Books, old: &[&str]) -> Vec<String> {
    let count =
        |order: &Value| (text(order, "orderId").to_owned(), books.deliveries_of(text(order, "orderId")).count());
    let wanted = |order: &str| usize::from(!old.contains(&order));
    let odd = books.erp("orders").iter().map(count).filter(|(order, count)| *count != wanted(order));
    odd.map(|(order, count)| format!("order {order} of the ERP has {count} deliveries in the CRM")).collect()
}

/// Lines for invoices without an order that are not one delivery each.
fn without_order(books: &Books) -> Vec<String> {
    let direct = |invoice: &&Value| rows(invoice, "invoiceLines").iter().all(|row| text(row, "soOrderNbr").is_empty());
    let count = |invoice: &Value| {
        let number = text(invoice, "referenceNumber");
        (number.to_owned(), books.deliveries_invoiced(number).count())
    };
    let odd = books.erp("invoices").iter().filter(direct).map(count).filter(|(_, count)| *count != 1);
    odd.map(|(number, count)| format!("invoice {number} of the ERP has {count} deliveries in the CRM")).collect()
}

/// Lines for customers that are not in both systems once, and for others that are in the ERP.
fn companies(books: &Books, about: &About) -> Vec<String> {
    let doubtful = about.of_pair("companies", "held_ambiguous");
    let mut lines = Vec::new();
    let mut seen = BTreeSet::new();
    for one in books.crm("organisations") {
        let id = one.get("OrganisationId").and_then(Value::as_u64).unwrap_or_default();
        let wanted = text(one, "OrganisationType") == "Customer" && !doubtful.contains(&id);
        let number = books.customer(one).map(|customer| text(customer, "number"));
        if number.is_some() != wanted {
            let name = text(one, "OrganisationName");
            lines.push(format!("{name} ({}): in the ERP: {}", text(one, "OrganisationType"), number.is_some()));
        }
        let again = number.filter(|number| !seen.insert(*number));
        lines.extend(again.map(|number| format!("customer {number} is in the CRM more than once")));
    }
    let unknown = books.erp("customers").iter().filter(|customer| !seen.contains(text(customer, "number"))).count();
    // the two of which one is meant
    let meant = doubtful.len() * 2;
    lines.extend((unknown != meant).then(|| format!("{unknown} customers of the ERP are not in the CRM, not {meant}")));
    lines
}

/// Lines for orders that were invoiced before and whose deliveries do not say so, with as many invoices.
fn invoiced(books: &Books, about: &About) -> Vec<String> {
    let told = |order: &str| {
        let delivery = books.deliveries_of(order).next()?;
        let invoices = text(delivery, "DeliveryCustom2").split(',').filter(|number| !number.trim().is_empty()).count();
        (text(delivery, "DeliveryStatus") == "Completed").then_some(invoices)
    };
    [("invoiced", 1), ("invoiced_in_parts", 2)]
        .into_iter()
        .flat_map(|(name, count)| about.orders_of_pair(name).into_iter().map(move |order| (order, count)))
        .filter(|(order, count)| told(order) != Some(*count))
        .map(|(order, count)| format!("the delivery of order {order} should be completed, with {count} invoices"))
        .collect()
}

/// Lines for contacts that are not in both systems once, and for persons without check mark who are in the ERP.
fn people(books: &Books) -> Vec<String> {
    let mut lines = Vec::new();
    for person in books.crm("persons") {
        let owner = person.get("PersonOrganisationId").and_then(Value::as_u64).and_then(|id| books.organisation(id));
        let of_customer = owner.is_some_and(|owner| text(owner, "OrganisationType") == "Customer");
        let wanted = of_customer && person.get("PersonCheckMark1") == Some(&Value::Bool(true));
        let email = text(person, "PersonEmail");
        let there = books.erp("contacts").iter().filter(|contact| text(contact, "email") == email).count();
        if there != usize::from(wanted) {
            lines.push(format!("{email} is in the ERP {there} times, wanted there: {wanted}"));
        }
    }
    for contact in books.erp("contacts") {
        let email = text(contact, "email");
        let there = books.crm("persons").iter().filter(|person| text(person, "PersonEmail") == email).count();
        lines.extend((there != 1).then(|| format!("{email} of the ERP is in the CRM {there} times")));
    }
    lines
}

/// Lines for items that may be sold and are not in the catalogue at their price.
fn catalogue(books: &Books) -> Vec<String> {
    let offered = |item: &Value| {
        let number = text(item, "inventoryNumber");
        let found = books.crm("linked-data").iter();
        let mut found = found.filter(|one| text(one, "QuotationLineLinkedDataItemData1") == number);
        let price = found.next().and_then(|one| decimal(one, "QuotationLineLinkedDataItemPrice"));
        price.is_some() && price == decimal(item, "defaultPrice") && found.next().is_none()
    };
    let sold = books.erp("items").iter().filter(|item| text(item, "status") == "Active");
    let wrong = sold.filter(|item| !offered(item)).map(|item| text(item, "inventoryNumber"));
    wrong.map(|number| format!("{number} is not in the CRM once, at the ERP's price")).collect()
}

/// Lines for what waits and should not, and for what should wait and does not.
fn unexpected(books: &Books, about: &About, held: &[Waiting]) -> Vec<String> {
    let doubtful = about.of_pair("companies", "held_ambiguous");
    let vat_numbers: Vec<&str> =
        doubtful.iter().filter_map(|id| Some(text(books.organisation(*id)?, "OrganisationVatNumber"))).collect();
    let both = books.erp("customers").iter();
    let both = both.filter(|customer| vat_numbers.contains(&text(customer, "vatRegistrationId")));
    let mut wanted: Vec<String> = both.map(|customer| text(customer, "number").to_owned()).collect();
    wanted.extend(doubtful.iter().map(|id| format!("webcrm:crm/organisations#{id}")));
    let priced = about.of_pair("deliveries", "held_line_price");
    wanted.extend(priced.iter().map(|id| format!("webcrm:crm/deliveries#{id}")));
    let mut lines = Vec::new();
    for waiting in held {
        let is =
            |one: &String| waiting.number == *one || waiting.number.is_empty() && waiting.why.contains(one.as_str());
        match wanted.iter().position(is) {
            Some(place) => drop(wanted.remove(place)),
            None => lines.push(format!("{} waits: {}", waiting.number, waiting.why)),
        }
    }
    lines.extend(wanted.into_iter().map(|one| format!("{one} should wait for a person")));
    lines
}
