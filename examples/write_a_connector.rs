//! The connector of docs/guide/write-a-connector.md: its code is that page's, block after block.
#![allow(clippy::print_stdout, reason = "what it prints is what it is for")]
mod cardbox;

use std::sync::Arc;

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json, value::RawValue};
use sync_core::capability::{FieldCapability, Listing, RemoveMode, StreamCapability, UpdateMode};
use sync_core::connector::{Connector, ConnectorInfo, ListFrom, ListQuery, Tenant, Version, Write};
use sync_core::handler::{Answer, Encode, Head, RawPage, Router, Session, Shown, StreamHandler};
use sync_core::layer::{Checked, Stack};
use sync_core::model::Organisation;
use sync_core::{Context, EntityKind, Error, ErrorKind, Field, FieldMap, Result, StreamId, SystemId};
use sync_http::{Auth, Client, ErrorReader, Limit, LimitKey, Quota, Request, Response};
use sync_http::{SystemClock, Transport, VendorError};
use url::Url;

/// `{"error": {"code": "…", "text": "…"}}`
#[derive(Debug)]
struct CardErrors;

impl ErrorReader for CardErrors {
    fn error(&self, answer: &Response) -> Option<VendorError> {
        let body = answer.value()?;
        let said = body.get("error")?;
        let text = |key: &str| said.get(key).and_then(Json::as_str).unwrap_or_default();
        let error = VendorError::new(text("code"), text("text"));
        // 409 to a change would be read as "somebody was faster"; this vendor means the code of the card
        Some(if text("code") == "taken" { error.means(ErrorKind::AlreadyExists) } else { error })
    }
}

#[derive(Debug)]
struct Account {
    info: ConnectorInfo,
    client: Client,
}

#[derive(Deserialize)]
struct Me {
    r#box: String,
    name: String,
}

impl Session for Account {
    fn info(&self) -> &ConnectorInfo {
        &self.info
    }
    async fn check(&self, cx: &Context) -> Result<Tenant> {
        let me: Me = self.client.send(cx, Request::get("sign in", "/me")).await?.json()?;
        Ok(Tenant { id: me.r#box, name: me.name, base_currency: None })
    }
}

#[derive(Debug)]
struct Cards(Client);

/// Of every row of every listing.
#[derive(Deserialize)]
struct Row {
    id: String,
}

/// The whole card, parsed only if its row is new or changed.
type Card = Map<String, Json>;

#[derive(Deserialize)]
struct Page {
    cards: Vec<Box<RawValue>>,
    next: Option<String>,
}

/// Left out is unknown, null and "" are empty, and anything but a text is refused, by its name.
fn text(card: &Card, key: &str) -> Result<Field<String>> {
    match card.get(key) {
        None => Ok(Field::Unknown),
        Some(Json::Null) => Ok(Field::Empty),
        Some(Json::String(text)) => Ok(text.as_str().into()),
        Some(_) => Err(Error::new(ErrorKind::Invalid, "read card", format!("{key} is no text"))),
    }
}

/// Longer names are refused.
const NAME_MAX: u8 = 30;

impl StreamHandler for Cards {
    type Row = Row;
    type Read = Card;
    type Body = Card;

    fn stream(&self) -> StreamId {
        "card".into()
    }
    fn capability(&self) -> StreamCapability {
        let mut can = StreamCapability::new(EntityKind::Organisation);
        can.list = Some(Listing::complete(3)); // every living card, three on a page
        can.get_max = 1;
        can.find_by.insert(Organisation::NUMBER);
        can.create = true;
        can.update = UpdateMode::Merge; // what is not sent stays
        can.write_returns_record = true; // POST and PATCH answer with the whole card
        can.remove.insert(RemoveMode::Delete);
        can.stamps = true;
        can.fields.extend([
            (Organisation::NUMBER, FieldCapability::read_write()),
            (Organisation::NAME, FieldCapability::read_write().required().cut_to(NAME_MAX.into())),
            (Organisation::EMAIL, FieldCapability::read_write()),
            (Organisation::PHONE, FieldCapability::read_write()),
        ]);
        can
    }

    fn row_id(&self, row: &Row) -> String {
        row.id.clone()
    }
    fn head(&self, card: &Card) -> Head {
        let modified_at = card.get("changed").and_then(Json::as_str).and_then(|stamp| stamp.parse().ok());
        Head { version: Version { modified_at, etag: None }, ..Head::default() }
    }
    fn decode(&self, card: &Card) -> Result<Vec<Shown>> {
        let customer = Organisation::new()
            .number(text(card, "code")?)
            .name(text(card, "name")?)
            .email(text(card, "mail")?)
            .phone(text(card, "phone")?);
        Ok(vec![Shown::of(self.stream(), &customer)])
    }
    fn encode(&self, encode: &Encode<'_, Card>) -> Result<Card> {
        let customer: Organisation = encode.sent_as("card")?;
        let name = customer.name.map(|name| name.chars().take(NAME_MAX.into()).collect());
        let texts = [("code", customer.number), ("name", name), ("mail", customer.email), ("phone", customer.phone)];
        let known = texts.into_iter().filter(|(_, text)| !text.is_unknown());
        Ok(known.map(|(key, text)| (key.to_owned(), json!(text.value()))).collect())
    }

    async fn list(&self, cx: &Context, from: &ListFrom, page_size: u32) -> Result<RawPage> {
        let foreign = || Error::new(ErrorKind::Protocol, "list cards", "this is no place in the list of cards");
        let request = Request::get("list cards", "/cards").query("limit", page_size);
        let request = match from {
            ListFrom::Beginning => request,
            ListFrom::Page(cursor) => request.query("after", cursor.0.as_str().ok_or_else(foreign)?),
            _ => return Err(Error::new(ErrorKind::Unsupported, "list cards", "the box does not tell what changed")),
        };
        let page: Page = self.0.send(cx, request).await?.json()?;
        Ok(match page.next {
            Some(last) => RawPage::more(page.cards, last.into()),
            None => RawPage::last(page.cards),
        })
    }
    async fn get(&self, cx: &Context, ids: &[Arc<str>]) -> Result<Vec<Box<RawValue>>> {
        let mut cards = Vec::new();
        for id in ids {
            let request = Request::get("read card", "/cards/{id}").path("id", id);
            if let Some(answer) = self.0.fetch(cx, request).await? {
                cards.push(answer.json()?);
            }
        }
        Ok(cards)
    }
    async fn find(&self, cx: &Context, by: &FieldMap) -> Result<Vec<Box<RawValue>>> {
        let code = by.text(Organisation::NUMBER).unwrap_or_default();
        let request = Request::get("find cards", "/cards").query("code", code);
        let page: Page = self.0.send(cx, request).await?.json()?;
        Ok(page.cards)
    }
    async fn post(&self, cx: &Context, card: &Card, _: &Write) -> Result<Answer> {
        shown(self.0.send(cx, Request::post("create card", "/cards").json(card)).await?)
    }
    async fn put(&self, cx: &Context, id: &str, card: &Card, _: &Write) -> Result<Answer> {
        shown(self.0.send(cx, Request::patch("change card", "/cards/{id}").path("id", id).json(card)).await?)
    }
    async fn remove(&self, cx: &Context, id: &str, _: RemoveMode, _: &Write) -> Result<()> {
        self.0.send(cx, Request::delete("remove card", "/cards/{id}").path("id", id)).await.map(drop)
    }
}

/// The vendor has said yes: an answer that cannot be read is no error any more.
fn shown(answer: Response) -> Result<Answer> {
    Ok(answer.json().map_or_else(|_| Answer::done(), Answer::row))
}

/// The system `cardbox:<connection>`.
pub(crate) fn connect(connection: &str, base_url: &str, key: &SecretString) -> Result<Arc<dyn Connector>> {
    let wrong = |error| Error::new(ErrorKind::Config, "connect", format!("base_url: {error}"));
    let client = Client::builder(Transport::new()?, Url::parse(base_url).map_err(wrong)?)
        .auth(Auth::bearer(key))
        .errors(Arc::new(CardErrors))
        .limit(Limit::known(LimitKey::new(format!("cardbox:{connection}")), Quota::per_minute(300)))
        .build()?;
    let info = ConnectorInfo::new("cardbox", SystemId::new(format!("cardbox:{connection}")), "1");
    let router = Router::new(Account { info, client: client.clone() }).with(Cards(client))?;
    Ok(Stack::new(Arc::new(router)).with(Checked).build())
}

/// Each call once, as an engine would make it.
async fn by_hand(cards: &dyn Connector) -> Result<()> {
    let cx = Context::new(Arc::new(SystemClock), "by hand");
    println!("signed in: {}", cards.check(&cx).await?.name);

    let mut query = ListQuery::all("card");
    loop {
        let page = cards.list(&cx, &query).await?;
        for item in &page.items {
            let record = cards.decode(item)?.remove(0);
            println!("{} {}", item.reference.id, record.fields.text(Organisation::NAME).unwrap_or_default());
        }
        let Some(next) = page.next else { break };
        println!("-- next page");
        query.from = ListFrom::Page(next);
    }
    let by = FieldMap::new().with(Organisation::NUMBER, "K 2&3");
    println!("found by number: {}", cards.find(&cx, &"card".into(), &by).await?.len());
    let got = cards.get(&cx, &"card".into(), &["c/99".into()]).await?;
    println!("c/99 is there: {}", got.iter().any(Option::is_some));
    Ok(())
}

use cardbox::Cardbox;
use emulators::frame::{Emulator, Fault, FaultKind, Options};
use sync_core::engine::{Cancel, Engine, Mode, Report, Silent};
use sync_core::policy::Policy;
use sync_testkit::{MemoryStore, Mock};

/// A CRM in memory leads, the box follows; people change telephone numbers in both.
const RULES: &str = r#"
    [entities.customers]
    kind      = "organisation"
    master    = "crm"
    match     = [{ on = ["number"] }]
    on_remove = "propagate"
    systems.crm = { read = true, update = true }
    systems.box = { read = true, create = "always", update = true, remove = true }
    fields.phone = { rule = "shared", on_conflict = { prefer = ["crm"] } }
"#;

type Outcome = std::result::Result<(), Box<dyn std::error::Error>>;

async fn with_engine(cards: Arc<dyn Connector>, double: &Emulator<Cardbox>) -> Outcome {
    let crm = Mock::new("crm").stream::<Organisation>("company", |stream| stream);
    let engine = Engine::builder(Arc::new(MemoryStore::default()), Arc::new(SystemClock))
        .system(Arc::new(crm.clone()))
        .system(cards)
        .policy(Policy::from_toml(RULES).map_err(|mistakes| format!("{mistakes:?}"))?)
        .build()
        .map_err(|mistakes| format!("{mistakes:?}"))?;
    let run = async |mode| engine.run(mode, &Silent, &Cancel::new()).await;

    let id = crm.put("company", Organisation::new().number("K7").name("Nordic Widgets International Aktiebolag"));
    crm.put("company", Organisation::new().number("K1").name("Fjord AB").email("post@fjord.example"));
    for op in run(Mode::Adopt).await?.plan.ops {
        println!("first contact would {} at {}: {}", op.word(), op.host, op.because.join("; "));
    }
    double.fault(Fault::new(FaultKind::DropAfter).on("POST", "/cards"));
    tell("the answer to the new card is lost", &run(Mode::Sync).await?);
    tell("it is looked for", &run(Mode::Sync).await?);
    let posts = double.requests().iter().filter(|request| request.method == "POST").count();
    println!("cards sent: {posts}, card: {}", double.with(|cards, _| cards.line("c/5")));

    double.act(json!({ "action": "edit", "id": "c/1", "phone": "+46 8 123 45" }))?;
    crm.edit::<Organisation>("company", &id, |company| company.email("hello@nordic.example"));
    tell("people worked in both", &run(Mode::Sync).await?);
    println!("card: {}", double.with(|cards, _| cards.line("c/1")));
    println!("card: {}", double.with(|cards, _| cards.line("c/5")));

    crm.delete("company", &id);
    tell("one was removed, seen once", &run(Mode::Sync).await?);
    tell("seen twice", &run(Mode::Sync).await?);
    println!("card: {}", double.with(|cards, _| cards.line("c/5")));
    Ok(())
}

fn tell(what: &str, run: &Report) {
    println!("{what}: wrote {}, unclear {}, waiting {}", run.writes(), run.unclear, run.waiting().count());
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome {
    let double = Emulator::start(Cardbox::default(), Options::default()).await?;
    let card = |code: &str, name: &str| json!({ "code": code, "name": name });
    let seed = [card("K1", "Fjord AB"), card("K 2&3", "Berg & Dal"), card("K4", "Øst"), card("K5", "Vest")];
    double.seed(json!({ "cards": seed }))?;

    let cards = connect("box", double.base_url(), &SecretString::from(cardbox::KEY))?;
    by_hand(&*cards).await?;
    with_engine(cards, &double).await?;
    double.stop().await;
    Ok(())
}
