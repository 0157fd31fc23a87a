//! Every fault of the double at every call that the connector offers: what the design names comes of it, and nothing is
//! sent twice whose fate is not known.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use connector_eekonomi::{Connection, connect};
use emulators::{Emulator, eekonomi::Eekonomi};
use serde_json::json;
use sync_core::{
    Canonical, Context, FieldMap,
    connector::{Action, Connector, ListFrom, ListQuery, Part, Write},
    handler::Router,
    model::{
        Address, Content, Invoice, Item, Line, LineKind, Lines, Money, Order, Organisation, Party, Payment, Price,
        Project,
    },
};
use sync_http::Transport;

use crate::support::{Erp, Stage, create, dec, part, write};

#[path = "../../../sync-http/tests/faults/table.rs"]
mod table;

use table::{Case, Operation, PATIENCE_MS, Ready, Traits, What};

const SCOPES: &str = "ea:api offline_access ea:sales ea:accounting ea:purchase";

/// The company, with a list of prices beside what documents need, and every stream on.
pub(crate) struct Bench {
    stage: Stage,
    /// The same connection, which waits a moment only.
    hasty: Connection,
    numbers: AtomicU32,
}

impl Bench {
    pub(crate) async fn set() -> Self {
        let erp = Erp::start().await;
        erp.emulator.switch("rate_limit", 1_000_000).unwrap();
        let list = json!([{ "Name": "Grossist", "CurrencyCode": "SEK", "IsActive": true }]);
        erp.emulator.seed(json!({ "salespricelists": list })).unwrap();
        erp.sign_in(json!({ "scopes": SCOPES })).await;
        let mut config = erp.config();
        config.scopes = SCOPES.split(' ').map(str::to_owned).collect();
        config.more_streams = ["quotes", "quotedrafts", "suppliers"].map(str::to_owned).into();
        let stage = Stage::set_with(erp, config.clone()).await;
        let mut environment = stage.erp.environment();
        environment.transport = Transport::new().unwrap().with_patience(Duration::from_millis(PATIENCE_MS));
        let kept = Some(stage.connection.snapshot.clone());
        let hasty = connect(&stage.erp.cx, "erp", config, environment, kept).await.unwrap();
        Self { stage, hasty, numbers: AtomicU32::new(0) }
    }

    pub(crate) fn router(&self) -> &Router {
        &self.stage.connection.router
    }
    /// Records of every stream, as the company shows them in lists.
    pub(crate) async fn raws(&self) -> Vec<(String, String)> {
        let mut raws = Vec::new();
        for (stream, can) in self.router().capabilities().streams.iter().filter(|(_, can)| can.list.is_some()) {
            if can.create || stream.as_str() == "customerinvoices" {
                self.target(stream.as_str(), None).await;
            }
            let query = ListQuery { stream: stream.clone(), from: ListFrom::Beginning, page_size: None };
            let page = self.router().list(&self.stage.erp.cx, &query).await.unwrap();
            raws.extend(page.items.iter().map(|item| (stream.to_string(), item.raw.to_string())));
        }
        raws
    }

    // ---- content ---------------------------------------------------------------------------------------------------
    fn number(&self) -> u32 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }
    fn line(&self) -> Line {
        let item = sync_core::Link::External(self.stage.article.clone());
        Line::new().kind(LineKind::Item).item(item).quantity(2).unit_price(90)
    }
    fn order(&self) -> FieldMap {
        let content = Content::new().lines(Lines::new().with(self.line())).prices_include_vat(false);
        let order = Order::new().customer(self.stage.customer.clone()).content(content.currency("SEK"));
        order.ordered_on("2026-02-17".parse::<chrono::NaiveDate>().unwrap()).to_fields()
    }
    /// Something new for a stream.
    fn fresh(&self, stream: &str) -> Write {
        let number = self.number();
        let address = || Address::new().street("Storgatan 1").postal_code("252 20").city("Lund").country("SE");
        let fields = match stream {
            "customers" => {
                Organisation::new().name(format!("Kund {number}")).party(Party::Company).billing(address()).to_fields()
            }
            "suppliers" => Organisation::new().name(format!("Leverantör {number}")).billing(address()).to_fields(),
            "articles" => {
                let unit = self.stage.erp.code("units", "Styck");
                Item::new().number(format!("N-{number}")).name("Ny").unit(unit.as_str()).vat_rate(12).to_fields()
            }
            "orders" | "quotedrafts" | "quotes" => self.order(),
            "customerinvoicedrafts" => Invoice::new()
                .customer(self.stage.customer.clone())
                .content(Content::new().lines(Lines::new().with(self.line())).currency("SEK").prices_include_vat(false))
                .to_fields(),
            "projects" => Project::new()
                .number(format!("P-{number}"))
                .name("Bygge")
                .starts_on("2026-01-01".parse::<chrono::NaiveDate>().unwrap())
                .to_fields(),
            "salespricelistprices" => {
                let lists = &self.stage.connection.company.lists["salespricelists"];
                let list = &lists.iter().find(|list| list.name == "Grossist").unwrap().id;
                let price = Price::new().item(self.stage.food.clone()).list(list.as_str()).currency("SEK");
                price.amount(dec("80")).to_fields()
            }
            other => panic!("nobody says what a new record of {other} is: a hole"),
        };
        create(stream, vec![part(stream, fields)])
    }
    fn change(&self, stream: &str) -> Part {
        let number = self.number();
        let fields = match stream {
            "customers" | "suppliers" => Organisation::new().name(format!("Nytt namn {number}")).to_fields(),
            "articles" => Item::new().name(format!("Nytt namn {number}")).to_fields(),
            "orders" | "quotedrafts" | "quotes" => {
                Order::new().content(Content::new().buyer_reference(format!("Karin {number}"))).to_fields()
            }
            "customerinvoicedrafts" => {
                Invoice::new().content(Content::new().buyer_reference(format!("Karin {number}"))).to_fields()
            }
            "projects" => Project::new().name(format!("Nytt namn {number}")).to_fields(),
            "salespricelistprices" => Price::new().amount(dec(&format!("{}", 100 + number))).to_fields(),
            other => panic!("nobody says what a change of {other} is: a hole"),
        };
        part(stream, fields)
    }
    async fn done(&self, write: Write) -> String {
        self.stage.erp.write(&self.stage.connection, write).await.unwrap().reference.id.to_string()
    }
    async fn acted(&self, stream: &str, id: &str, act: &str) -> String {
        let with = FieldMap::new();
        self.done(self.with_current(write(stream, Action::Act { id: id.into(), act: act.to_owned(), with })).await)
            .await
    }
    async fn with_current(&self, write: Write) -> Write {
        let id = match &write.action {
            Action::Act { id, .. } | Action::Update { id, .. } | Action::Remove { id, .. } => id.to_string(),
            _ => return write,
        };
        let current = self.stage.erp.item(&self.stage.connection, write.stream.as_str(), &id).await;
        Write { current, ..write }
    }
    /// A record that this can be done to.
    async fn target(&self, stream: &str, act: Option<&str>) -> String {
        match (stream, act) {
            ("customerinvoices", _) => {
                let draft = self.done(self.fresh("customerinvoicedrafts")).await;
                self.acted("customerinvoicedrafts", &draft, "book").await
            }
            ("customerledgeritems", _) => {
                self.target_of_invoice().await;
                self.listed(stream).await
            }
            ("quotes", _) => {
                let draft = self.done(self.fresh("quotedrafts")).await;
                let quote = self.acted("quotedrafts", &draft, "convert").await;
                if matches!(act, Some("converttoorder" | "converttocustomerinvoice")) {
                    self.acted("quotes", &quote, "accept").await;
                }
                quote
            }
            ("orders", Some("deliver" | "invoice" | "take_back")) => {
                let order = self.done(self.fresh("orders")).await;
                self.acted("orders", &order, "open").await;
                if act == Some("take_back") {
                    self.acted("orders", &order, "deliver").await;
                }
                order
            }
            _ => self.done(self.fresh(stream)).await,
        }
    }
    async fn target_of_invoice(&self) {
        let draft = self.done(self.fresh("customerinvoicedrafts")).await;
        self.acted("customerinvoicedrafts", &draft, "book").await;
    }
    async fn listed(&self, stream: &str) -> String {
        let query = ListQuery { stream: stream.into(), from: ListFrom::Beginning, page_size: None };
        let page = self.stage.connection.router.list(&self.stage.erp.cx, &query).await.unwrap();
        page.items.last().unwrap().reference.id.to_string()
    }
    fn payment(&self) -> FieldMap {
        let bank = self.stage.erp.code("bankaccounts", "Företagskonto");
        let day = "2026-02-17".parse::<chrono::NaiveDate>().unwrap();
        let paid = Payment::new().paid(Money::of(dec("10"), "SEK")).paid_on(day);
        paid.account(bank.as_str()).to_fields()
    }
}

impl table::Bench for Bench {
    type Vendor = Eekonomi;

    fn double(&self) -> &Emulator<Eekonomi> {
        &self.stage.erp.emulator
    }
    fn connector(&self, hasty: bool) -> &dyn Connector {
        if hasty { &self.hasty.router } else { &self.stage.connection.router }
    }
    fn context(&self) -> &Context {
        &self.stage.erp.cx
    }
    fn token(&self) -> (&str, &str) {
        ("customers", "/connect/token")
    }
    async fn ready(&self, case: &Case) -> Ready {
        let stream = case.stream.as_str();
        let action = match (case.operation, &case.what) {
            (Operation::List | Operation::Token, _) => return Ready::List,
            (Operation::Get, _) => return Ready::Get(self.target(stream, None).await),
            (Operation::Find, What::By(by)) => return Ready::Find(FieldMap::new().with(*by, "1001")),
            (Operation::Create, _) => return Ready::Write(Box::new(self.fresh(stream))),
            (Operation::Update, _) => {
                let id = self.target(stream, None).await;
                Action::Update { id: id.into(), parts: vec![self.change(stream)], if_version: None }
            }
            (Operation::Act, What::Act(act)) => {
                let id = self.target(stream, Some(act)).await;
                let with = if act == "payments" { self.payment() } else { FieldMap::new() };
                Action::Act { id: id.into(), act: act.clone(), with }
            }
            (Operation::Remove, What::Remove(mode)) => {
                Action::Remove { id: self.target(stream, None).await.into(), mode: *mode }
            }
            (operation, what) => panic!("{operation:?} {what:?}"),
        };
        Ready::Write(Box::new(self.with_current(write(stream, action)).await))
    }
    fn traits(&self, case: &Case, method: &str) -> Traits {
        let creates = case.operation == Operation::Create || case.stream == "salespricelistprices";
        Traits {
            conflict_is_duplicate: true,
            absent_is_reference: case.operation.writes() && creates,
            rotates: true,
            // the vendor answers deletions, and some of the steps, with nothing
            bodyless: method == "DELETE"
                || BODYLESS.iter().any(|act| matches!(&case.what, What::Act(own) if own == act)),
            posts: method == "POST",
            ..Traits::default()
        }
    }
    async fn token_ends(&self) {
        self.token_again().await;
        self.stage.erp.advance(3600);
    }
    async fn token_again(&self) {
        self.stage.erp.sign_in(json!({ "scopes": SCOPES })).await;
    }
}

/// Steps whose answer has no body.
const BODYLESS: [&str; 3] = ["accept", "email", "void"];

#[tokio::test]
async fn each_fault_at_each_call_ends_as_the_design_says() {
    table::play("eEkonomi", &Bench::set().await).await;
}
