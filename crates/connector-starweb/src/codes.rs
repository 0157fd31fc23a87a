//! The shop's own lists, and the vendor's closed ones.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sync_core::{
    context::Context,
    error::Result,
    model::{Fulfilment, Party},
};
use sync_http::Request;

use crate::{
    client::Shop,
    goods::Goods,
    pricelists::{PriceList, WirePriceList},
    wire::{Included, Told},
};

/// What a shop tells of itself: it is read when the connection is made and kept for a day. Ids differ from shop to
/// shop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Lists {
    /// Where they were read: those of another shop say nothing about this one.
    #[serde(default)]
    pub(crate) base_url: String,
    /// The shop itself.
    pub shop: ShopFacts,
    /// Order statuses, own ones included.
    pub statuses: Vec<Status>,
    /// Ways to pay.
    pub payment_methods: Vec<Method>,
    /// Ways of delivery.
    pub shipping_methods: Vec<Method>,
    /// Carriers whose tracking numbers an order can have.
    pub carriers: Vec<Carrier>,
    /// VAT in percent, by country.
    pub vat_rates: Vec<VatRates>,
    /// What products are described with.
    pub goods: Goods,
    /// Price lists: in which currency a customer buys.
    pub price_lists: Vec<PriceList>,
}

/// The shop itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ShopFacts {
    /// The shop's id code, which webhooks carry too.
    pub id_code: String,
    /// Its name.
    pub name: String,
    /// Currency of its books, ISO 4217.
    pub base_currency: Option<String>,
    /// Language in which its texts are kept first, ISO 639-1.
    pub language: Option<String>,
    /// VAT in percent of products that say nothing else.
    #[serde(default, with = "rust_decimal::serde::str_option")]
    pub vat_rate: Option<Decimal>,
}

/// An order status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Status {
    /// The shop's id of it.
    pub id: i64,
    /// What it is called in `x.starweb.status`: the vendor's word for a standard one (`created`, `picking`,
    /// `completed`, `canceled`), the name in the shop's first language for one of its own; with `#<id>` behind it where
    /// two are called the same.
    pub word: String,
    /// The vendor's word; own statuses have none.
    pub id_code: Option<String>,
    /// An order that gets it has a mail sent to the shopper, if the call asks for mails.
    pub sends_mail: bool,
}

/// A way to pay, or of delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Method {
    /// The shop's id of it.
    pub id: i64,
    /// The code that it stands under in orders: what the shop's owner typed for another system, else the name in the
    /// shop's first language.
    pub code: String,
}

/// A carrier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Carrier {
    /// The number that an order names it by; as text it is the code in `tracking.carrier`.
    pub id: i64,
    /// Its name.
    pub name: String,
}

/// VAT of one country, in percent: 25 is twenty-five percent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct VatRates {
    /// ISO 3166-1 alpha-2, in capitals.
    pub country: String,
    /// Of goods, where a product says nothing else.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub goods: Option<Decimal>,
    /// Of fees for ways to pay, if fixed.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub payment: Option<Decimal>,
    /// Of freight, if fixed.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub shipping: Option<Decimal>,
    /// Of discounts on whole orders, if fixed.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub discount: Option<Decimal>,
}

impl Lists {
    /// Reads them all: eleven calls.
    ///
    /// # Errors
    /// As the vendor answers.
    pub(crate) async fn read(cx: &Context, shop: &Shop) -> Result<Self> {
        let facts: WireShop = shop.read(cx, Request::get("read the shop", "/shop")).await?;
        let language = facts.default_lang_code.text().to_owned();
        let statuses: Vec<WireStatus> = shop.read(cx, Request::get("read order statuses", "/order-statuses")).await?;
        let payment: Vec<WireMethod> = shop.read(cx, Request::get("read payment methods", "/payment-methods")).await?;
        let shipping: Vec<WireMethod> =
            shop.read(cx, Request::get("read shipping methods", "/shipping-methods")).await?;
        let carriers: Vec<WireCarrier> =
            shop.read(cx, Request::get("read tracking types", "/shipping-tracking-types")).await?;
        let vat: Vec<WireVat> = shop.read(cx, Request::get("read VAT rates", "/vat-rates")).await?;
        let prices: Vec<WirePriceList> = shop.read(cx, Request::get("read price lists", "/pricelists")).await?;
        let goods = Goods::read(cx, shop, &language).await?;
        Ok(Self {
            base_url: shop.base_url().to_owned(),
            shop: facts.facts(),
            statuses: distinct(statuses.iter().filter_map(|status| status.status(&language)).collect()),
            payment_methods: payment.iter().filter_map(|method| method.method(&language)).collect(),
            shipping_methods: shipping.iter().filter_map(|method| method.method(&language)).collect(),
            carriers: carriers.iter().filter_map(WireCarrier::carrier).collect(),
            vat_rates: vat.iter().map(WireVat::rates).collect(),
            goods,
            price_lists: prices.iter().filter_map(WirePriceList::list).collect(),
        })
    }
    /// The status of that id.
    pub fn status(&self, id: i64) -> Option<&Status> {
        self.statuses.iter().find(|status| status.id == id)
    }
    /// The status of that word.
    pub fn status_called(&self, word: &str) -> Option<&Status> {
        self.statuses.iter().find(|status| status.word == word)
    }
    /// The carrier of that code, which is its id as text.
    pub fn carrier(&self, code: &str) -> Option<&Carrier> {
        self.carriers.iter().find(|carrier| carrier.id.to_string() == code)
    }
}

/// Statuses by words that tell them apart.
fn distinct(mut statuses: Vec<Status>) -> Vec<Status> {
    let words: Vec<String> = statuses.iter().map(|status| status.word.clone()).collect();
    for status in statuses.iter_mut().filter(|status| status.id_code.is_none()) {
        if words.iter().filter(|word| **word == status.word).count() > 1 {
            status.word = format!("{}#{}", status.word, status.id);
        }
    }
    statuses
}

/// How far the goods are, by the vendor's word for a standard status. Own statuses say nothing of it.
pub(crate) fn fulfilment(id_code: &str) -> Option<Fulfilment> {
    match id_code {
        "created" => Some(Fulfilment::Open),
        "picking" => Some(Fulfilment::Picking),
        COMPLETED => Some(Fulfilment::Delivered),
        CANCELED => Some(Fulfilment::Cancelled),
        _ => None,
    }
}
/// The standard status of an order that is done with.
pub(crate) const COMPLETED: &str = "completed";
/// The standard status of an order that will not be delivered.
pub(crate) const CANCELED: &str = "canceled";

/// What a customer is, by the vendor's word; `None` for a word that is not its.
pub(crate) fn party(word: &str) -> Option<Party> {
    match word {
        "company" => Some(Party::Company),
        "person" => Some(Party::Private),
        _ => None,
    }
}

/// The vendor's word for what a customer is; `None` if it has none for it.
pub(crate) fn party_word(party: Party) -> Option<&'static str> {
    match party {
        Party::Company => Some("company"),
        Party::Private => Some("person"),
        _ => None,
    }
}

/// The payment status that the vendor's description names; providers have words of their own beside it.
pub(crate) const RESERVED: &str = "reserved";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireShop {
    id_code: String,
    #[serde(default)]
    name: Told<String>,
    #[serde(default)]
    base_currency: Told<String>,
    #[serde(default)]
    default_lang_code: Told<String>,
    #[serde(default)]
    general_default_vat_rate: Told<Decimal>,
}

impl WireShop {
    fn facts(&self) -> ShopFacts {
        ShopFacts {
            id_code: self.id_code.clone(),
            name: self.name.text().to_owned(),
            base_currency: self.base_currency.get(),
            language: self.default_lang_code.get(),
            vat_rate: self.general_default_vat_rate.get(),
        }
    }
}

/// The shop, read anew.
///
/// # Errors
/// As the vendor answers.
pub(crate) async fn read_shop(cx: &Context, shop: &Shop) -> Result<ShopFacts> {
    let facts: WireShop = shop.read(cx, Request::get("read the shop", "/shop")).await?;
    Ok(facts.facts())
}

/// A status as the shop sends it, also inside an order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct WireStatus {
    pub(crate) status_id: Told<i64>,
    should_send_email: Told<bool>,
    pub(crate) id_code: Told<String>,
    languages: Included<Vec<Named>>,
}

impl WireStatus {
    pub(crate) fn status(&self, language: &str) -> Option<Status> {
        let id = self.status_id.get()?;
        let id_code = self.id_code.get();
        let name = || name_in(self.languages.0.value(), language);
        Some(Status {
            id,
            word: id_code.clone().or_else(name).unwrap_or_else(|| id.to_string()),
            id_code,
            sends_mail: self.should_send_email.get().unwrap_or(true),
        })
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Named {
    lang_code: Told<String>,
    name: Told<String>,
    title: Told<String>,
}

/// The name in this language, else in the first one that has one.
pub(crate) fn name_in(languages: Option<&Vec<Named>>, language: &str) -> Option<String> {
    let named: Vec<&Named> = languages.into_iter().flatten().collect();
    let own = named.iter().filter(|name| name.lang_code.text() == language);
    own.chain(&named).find_map(|name| name.name.get().or_else(|| name.title.get()))
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireMethod {
    payment_method_id: Told<i64>,
    shipping_method_id: Told<i64>,
    external_id: Told<String>,
    languages: Included<Vec<Named>>,
}

impl WireMethod {
    fn method(&self, language: &str) -> Option<Method> {
        let id = self.payment_method_id.get().or_else(|| self.shipping_method_id.get())?;
        let code = self.external_id.get().or_else(|| name_in(self.languages.0.value(), language));
        Some(Method { id, code: code.unwrap_or_else(|| id.to_string()) })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireCarrier {
    r#type: Told<i64>,
    name: Told<String>,
}

impl WireCarrier {
    fn carrier(&self) -> Option<Carrier> {
        Some(Carrier { id: self.r#type.get()?, name: self.name.text().to_owned() })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireVat {
    country_code: Told<String>,
    default_vat_rate: Told<Decimal>,
    fixed_order_payment_vat_rate: Told<Decimal>,
    fixed_order_shipping_vat_rate: Told<Decimal>,
    fixed_order_discount_vat_rate: Told<Decimal>,
}

impl WireVat {
    fn rates(&self) -> VatRates {
        VatRates {
            country: self.country_code.text().to_uppercase(),
            goods: self.default_vat_rate.get(),
            payment: self.fixed_order_payment_vat_rate.get(),
            shipping: self.fixed_order_shipping_vat_rate.get(),
            discount: self.fixed_order_discount_vat_rate.get(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(json: &str) -> Status {
        serde_json::from_str::<WireStatus>(json).unwrap().status("sv").unwrap()
    }

    #[test]
    fn own_statuses_are_called_by_their_name_and_told_apart() {
        let own = |id: i64, name: &str| {
            status(&format!(
                r#"{{"statusId":{id},"idCode":null,"languages":{{"data":[
                {{"langCode":"en","name":"Sent"}},{{"langCode":"sv","name":"{name}"}}]}}}}"#
            ))
        };
        let statuses = distinct(vec![
            status(r#"{"statusId":3,"idCode":"completed","shouldSendEmail":true}"#),
            own(17, "Överförd"),
            own(18, "completed"),
            own(19, "Kollas"),
            own(20, "Kollas"),
        ]);
        let words: Vec<&str> = statuses.iter().map(|status| status.word.as_str()).collect();
        assert_eq!(words, ["completed", "Överförd", "completed#18", "Kollas#19", "Kollas#20"]);
    }

    #[test]
    fn a_name_in_another_language_is_better_than_none_and_the_id_better_than_nothing() {
        let json = r#"{"statusId":"17","languages":{"data":[{"langCode":"en","name":"Sent"}]}}"#;
        assert_eq!(status(json).word, "Sent");
        assert_eq!(status(r#"{"statusId":17,"languages":{"data":[]}}"#).word, "17");
    }

    #[test]
    fn only_standard_statuses_say_how_far_the_goods_are() {
        assert_eq!(fulfilment("completed"), Some(Fulfilment::Delivered));
        assert_eq!(fulfilment("Överförd"), None);
    }
}
