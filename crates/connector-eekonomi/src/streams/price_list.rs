//! `/salespricelists/prices`: the prices of the lists, which only one edition has. A row has no id of its own: it is known
//! by its list and its article. Up to a thousand of one list are written in one call.

use std::{collections::BTreeMap, sync::Arc};

use rust_decimal::{Decimal, RoundingStrategy};
use serde::Deserialize;
use serde_json::value::RawValue;
use sync_core::{
    Context, EntityKind, Error, ErrorKind, Field, Link, Result, StreamId,
    capability::{FieldCapability, StreamCapability, UpdateMode},
    connector::{ListFrom, Version},
    handler::{Answer, Encode, Head, Outgoing, RawPage, Shown, Step, StreamHandler},
    model::Price,
};

use super::{
    Shared,
    articles::{ARTICLES, refused},
};
use crate::{
    client::{PAGE_MAX, Resource},
    config::PriceListWrites,
    errors,
    wire::{Wire, number},
};

pub(crate) static PRICES: Resource = Resource {
    name: "salespricelistprices",
    all: "/salespricelists/prices",
    one: "/salespricelists/prices/{list}/{article}",
    list: "list prices of lists",
    get: "read price of a list",
    find: "find prices of lists",
    create: "write prices of a list",
    update: "write prices of a list",
    remove: "remove price of a list",
    modified: Some("ChangedUtc"),
    created: None,
};

/// Rows that one call takes.
const BATCH: usize = 1000;

#[derive(Debug)]
pub(crate) struct ListPrices {
    shared: Arc<Shared>,
}

/// What a row is known by.
#[derive(Deserialize)]
pub(crate) struct Key {
    #[serde(rename = "SalesPriceListId")]
    list: String,
    #[serde(rename = "ArticleId")]
    article: String,
}

/// A price on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Priced {
    list: String,
    article: String,
    net: Decimal,
}

impl Priced {
    fn id(&self) -> String {
        id(&self.list, &self.article)
    }
}

fn id(list: &str, article: &str) -> String {
    format!("{list}/{article}")
}

impl ListPrices {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }
    fn check(&self, list: &str, wanted: &Price) -> Result<()> {
        let company = &self.shared.company;
        let known = company.code("salespricelists", list);
        if known.is_none() && company.lists.contains_key("salespricelists") {
            let there = company.told("salespricelists", |_| true);
            let what = format!("'{list}' is no price list of eEkonomi, which has {there}: add a row to its table");
            return Err(refused(Price::LIST, &what).with_context("code", list));
        }
        let theirs = known.and_then(|list| list.currency.as_ref());
        if let (Some(theirs), Some(ours)) = (theirs, wanted.currency.value())
            && theirs != ours
        {
            let what = format!("the price is in {ours}, the price list in eEkonomi is in {theirs}");
            return Err(refused(Price::CURRENCY, &what));
        }
        if wanted.includes_vat.value() == Some(&true) {
            let what = "prices of lists are written without VAT, and this one is with it: give it without";
            return Err(refused(Price::INCLUDES_VAT, what));
        }
        Ok(())
    }

    /// Writes rows of one list. A refusal is about one of them, and the vendor does not say which: halves are tried until
    /// it is alone. Nothing of a refused call was written.
    async fn send(&self, cx: &Context, list: &str, rows: &[&Priced]) -> Vec<Result<Answer>> {
        match self.put(cx, list, rows).await {
            Ok(shown) => rows.iter().map(|row| Ok(answer(&shown, row))).collect(),
            Err(error) if error.kind() == ErrorKind::Invalid && rows.len() > 1 => {
                let (front, back) = rows.split_at(rows.len() / 2);
                let mut answers = Box::pin(self.send(cx, list, front)).await;
                answers.extend(Box::pin(self.send(cx, list, back)).await);
                answers
            }
            Err(error) => rows.iter().map(|_| Err(errors::again(&error, error.kind(), error.message()))).collect(),
        }
    }
    async fn put(&self, cx: &Context, list: &str, rows: &[&Priced]) -> Result<Vec<Box<RawValue>>> {
        let mut body: Vec<Wire> = rows.iter().map(|row| wire(&row.article, row.net)).collect();
        if self.shared.config.price_list_writes == PriceListWrites::Whole {
            body.extend(self.others(cx, list, rows).await?);
        }
        if body.len() > BATCH {
            let what = format!(
                "the price list has {} prices, and one call takes {BATCH}: it cannot be sent whole. Try on a list of a test \
                 company whether prices that are not sent stay; if they do, set price_list_writes = \"changed\"",
                body.len()
            );
            return Err(Error::new(ErrorKind::Unsupported, PRICES.update, what));
        }
        self.shared.api.replace_rows(cx, &PRICES, "/salespricelists/{id}/prices", list, &body).await
    }
    /// The rows of a list that are not to be changed, as they are at the moment.
    async fn others(&self, cx: &Context, list: &str, rows: &[&Priced]) -> Result<Vec<Wire>> {
        let all = self.shared.api.all_under(cx, PRICES.list, "/salespricelists/prices/{id}", list).await?;
        let mut others = Vec::new();
        for row in all {
            let row: Wire = serde_json::from_str(row.get())
                .map_err(|_| Error::new(ErrorKind::Protocol, PRICES.list, "a price of a list is no JSON object"))?;
            let (Field::Set(article), Field::Set(net)) = (row.id("ArticleId")?, row.number("NetPrice")?) else {
                continue;
            };
            if !rows.iter().any(|changed| changed.article == article) {
                others.push(wire(&article, net));
            }
        }
        Ok(others)
    }
}

/// eEkonomi knows no prices from a quantity: each holds from one piece, and one from ten is none of its.
pub(super) fn from_one(can: &mut StreamCapability) {
    can.fields.insert(Price::FROM_QUANTITY, FieldCapability::read_only());
    can.holds.set(Price::FROM_QUANTITY, Decimal::ONE);
}

fn wire(article: &str, net: Decimal) -> Wire {
    let mut row = Wire::default();
    row.set("ArticleId", article);
    row.set("NetPrice", number(net));
    row
}

/// The row as the answer shows it; it may show some page of the list, and then it says nothing of this row.
fn answer(shown: &[Box<RawValue>], row: &Priced) -> Answer {
    let is_ours = |shown: &RawValue| {
        let key = serde_json::from_str::<Key>(shown.get());
        key.is_ok_and(|key| key.list == row.list && key.article == row.article)
    };
    let found = shown.iter().find(|shown| is_ours(shown));
    found.map_or_else(|| Answer::id(row.id()), |shown| Answer::row(shown.clone()))
}

impl StreamHandler for ListPrices {
    type Row = Key;
    type Read = Wire;
    type Body = Priced;

    fn stream(&self) -> StreamId {
        PRICES.name.into()
    }
    fn capability(&self) -> StreamCapability {
        let mut can = StreamCapability::new(EntityKind::Price);
        let lists = self.shared.company.lists.get("salespricelists");
        for path in [Price::ITEM, Price::LIST] {
            let mut once = FieldCapability::read_only().required();
            once.write_on_create = true;
            if path == Price::LIST {
                once.one_of = lists.map(|lists| lists.iter().map(|list| list.id.clone()).collect());
            }
            can.fields.insert(path, once);
        }
        can.fields.insert(Price::AMOUNT, FieldCapability::read_write().required().rounded_to(2));
        // not set by anybody, but compared
        let mut currency = FieldCapability::read_write();
        currency.one_of = lists.map(|lists| lists.iter().filter_map(|list| list.currency.clone()).collect());
        can.fields.insert(Price::CURRENCY, currency);
        can.fields.insert(Price::INCLUDES_VAT, FieldCapability::read_write());
        from_one(&mut can);
        // the stamp is that of the last change by hand: computed prices do not move it, and may have none
        self.shared.declare(&PRICES, &mut can, true, &[]);
        if self.shared.writes("ea:sales") {
            can.create = true;
            // list and article are the key: sent twice, it is one price
            can.create_with_idempotency_key = true;
            can.update = UpdateMode::Merge;
            can.write_batch_max = u32::try_from(BATCH).unwrap_or(PAGE_MAX);
        }
        can
    }
    fn row_id(&self, row: &Key) -> String {
        id(&row.list, &row.article)
    }
    fn head(&self, read: &Wire) -> Head {
        let modified_at = read.moment("ChangedUtc").ok().and_then(Field::into_value);
        Head { version: Version { etag: None, modified_at }, ..Head::default() }
    }
    fn decode(&self, read: &Wire) -> Result<Vec<Shown>> {
        let mut price = Price::new();
        price.item = read.id("ArticleId")?.map(|id| Link::External(self.shared.link(ARTICLES.name, id)).into());
        price.list = read.id("SalesPriceListId")?;
        price.amount = read.number("NetPrice")?.map(|amount| amount.normalize());
        price.includes_vat = false.into();
        price.currency = read.text("CurrencyCode")?;
        if !price.currency.is_set()
            && let Some(list) = price.list.value().and_then(|id| self.shared.company.code("salespricelists", id))
        {
            price.currency = list.currency.clone().map_or(Field::Unknown, Field::Set);
        }
        let own = self.shared.own_fields(&PRICES, read);
        Ok(vec![Shown::of(PRICES.name, &price).extras(&own)])
    }
    fn encode(&self, encode: &Encode<'_, Wire>) -> Result<Priced> {
        let wanted: Price = encode.wanted(PRICES.name)?;
        let key = match encode.id() {
            Some(id) => id.split_once('/').map(|(list, article)| (list.to_owned(), article.to_owned())),
            None => {
                let article = wanted.item.value().and_then(|link| link.external());
                let article = article.filter(|item| item.at == self.shared.link(ARTICLES.name, String::new()).at);
                wanted.list.value().cloned().zip(article.map(|item| item.id.to_string()))
            }
        };
        let Some((list, article)) = key else {
            let what = "a price of a list needs its list and an article that is in eEkonomi: link the item there";
            return Err(refused(Price::ITEM, what));
        };
        self.check(&list, &wanted)?;
        let net = wanted.amount.into_value().ok_or_else(|| {
            refused(
                Price::AMOUNT,
                "a price of a list cannot be emptied in eEkonomi: remove it there, or give an amount",
            )
        })?;
        let net = net.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero).normalize();
        if net.is_sign_negative() && !net.is_zero() {
            return Err(refused(Price::AMOUNT, &format!("the price {net} is below zero")));
        }
        Ok(Priced { list, article, net })
    }
    fn unchanged(&self, body: &Priced, current: &Wire) -> bool {
        current.number("NetPrice").is_ok_and(|net| net == Field::Set(body.net))
    }

    async fn list(&self, cx: &Context, from: &ListFrom, page_size: u32) -> Result<RawPage> {
        self.shared.page(cx, &PRICES, from, page_size).await
    }
    async fn get(&self, cx: &Context, ids: &[Arc<str>]) -> Result<Vec<Box<RawValue>>> {
        let mut rows = Vec::new();
        for id in ids {
            let Some((list, article)) = id.split_once('/') else { continue };
            rows.extend(self.shared.api.get_at(cx, &PRICES, &[("list", list), ("article", article)]).await?);
        }
        Ok(rows)
    }
    /// One call for each list. No row waits for another: rows of different lists stand side by side in a batch.
    async fn write(&self, cx: &Context, batch: &[Outgoing<'_, Priced>]) -> Vec<Result<Answer>> {
        let mut lists: BTreeMap<&str, Vec<(usize, &Priced)>> = BTreeMap::new();
        let mut answers: BTreeMap<usize, Result<Answer>> = BTreeMap::new();
        for (place, outgoing) in batch.iter().enumerate() {
            match &outgoing.step {
                Step::Post(row) | Step::Put(_, row) => lists.entry(&row.list).or_default().push((place, row)),
                Step::Act(..) | Step::Remove(..) => {
                    let what = "a price of a list can be made and changed only";
                    answers.insert(place, Err(Error::new(ErrorKind::Unsupported, PRICES.update, what)));
                }
            }
        }
        for (list, rows) in lists {
            let (places, rows): (Vec<usize>, Vec<&Priced>) = rows.into_iter().unzip();
            answers.extend(places.into_iter().zip(self.send(cx, list, &rows).await));
        }
        answers.into_values().collect()
    }
    fn reads_back(&self, _: &sync_core::connector::Write) -> bool {
        // a call for each of a thousand would cost more than it tells
        false
    }
}
