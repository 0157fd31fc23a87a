//! What is in the files, told to programs and to people.

use serde_json::{Map, Value, json};

use crate::{
    articles::Article,
    cases::{Fate, Twist, Who},
    eekonomi::{CARRIERS, CHOSEN_TERMS},
    orders::Order,
    pair::Pair,
    people::People,
    sums::Discount,
};

/// Orders older than this are never moved.
const START: &str = "2026-01-01";

/// A property of orders: its key, what it means, and which orders have it.
type Property = (&'static str, &'static str, fn(&Order) -> bool);

/// The property of not being taken over.
const FATES: [Property; 5] = [
    ("before_start", "from before the start date; never moved", |order| order.case.fate == Fate::Before),
    ("must_arrive", "must arrive", |order| order.case.fate == Fate::Arrives),
    ("held_unknown_sku", "must be held: a row's number is known to nobody", |order| {
        order.case.fate == Fate::UnknownSku
    }),
    ("held_unmapped_payment", "must be held: its way to pay, Postförskott, is not mapped", |order| {
        order.case.fate == Fate::UnmappedPayment
    }),
    ("held_wrong_sums", "must be held: its rows do not add up to its totals", |order| {
        order.case.fate == Fate::WrongSums
    }),
];

/// Properties of those that must arrive.
const PROPERTIES: [Property; 18] = [
    ("guest", "a guest's", |order| matches!(order.case.who, Who::Guest(_))),
    ("guest_returns", "of a guest who was here before", |order| order.returns),
    ("guest_moved", "of a guest who was here before and has a new address", |order| {
        order.returns && order.case.who == Who::Guest(0)
    }),
    ("guest_capitals", "of a guest who was here before and writes the e-mail address in capitals", |order| {
        order.returns && order.case.who == Who::Guest(1)
    }),
    ("known_in_erp", "of a buyer whom the ERP has under another number", |order| {
        matches!(order.case.who, Who::Known(_))
    }),
    ("eu_company", "of a company in another EU country, with VAT number, in EUR, without VAT", |order| {
        matches!(order.case.who, Who::EuCompany(_))
    }),
    ("norway", "of a private buyer in Norway, in NOK, without VAT", |order| {
        matches!(order.case.who, Who::Norwegian(_))
    }),
    ("private_in_eur", "of a private buyer in Finland, in EUR, with VAT", |order| order.case.who == Who::FinnInEuro),
    ("same_buyer_in_sek", "of the same buyer, in SEK", |order| order.case.who == Who::FinnInKronor),
    ("only_12_or_6", "with rows of 12 % or 6 % only", |order| {
        order.rows.iter().all(|row| matches!(row.price.rate, 12 | 6))
    }),
    ("mixed_rates", "with rows of several VAT rates", |order| {
        let first = order.rows.first().map(|row| row.price.rate);
        order.rows.iter().any(|row| Some(row.price.rate) != first)
    }),
    ("discount_in_money", "with a row discount in money", |order| {
        order.rows.iter().any(|row| matches!(row.price.discount, Discount::Amount(_)))
    }),
    ("discount_in_percent", "with a row discount in percent", |order| {
        order.rows.iter().any(|row| matches!(row.price.discount, Discount::Percent(_)))
    }),
    ("discount_code", "with a discount code, which comes as rows below zero without a number", |order| {
        !order.code.is_empty()
    }),
    ("negative_row", "with a row below zero: goods that came back", |order| order.case.has(Twist::Returned)),
    ("bundle", "with a bundle", |order| order.case.has(Twist::Bundle)),
    ("fee", "with a fee for paying by invoice, 25 % VAT", |order| !order.fee.net.is_zero()),
    ("freight", "with freight, at the highest rate of the rows", |order| !order.freight.net.is_zero()),
];

fn numbers(orders: &[Order], property: fn(&Order) -> bool) -> Vec<u64> {
    orders.iter().filter(|order| property(order)).map(|order| order.number).collect()
}
fn arriving(orders: &[Order]) -> Vec<Order> {
    orders.iter().filter(|order| order.case.fate == Fate::Arrives).cloned().collect()
}

fn redrawn(orders: &[Order]) -> usize {
    orders.iter().map(|order| order.redrawn).sum()
}

/// For programs.
pub(crate) fn about(seed: u64, articles: &[Article], people: &People, orders: &[Order], pair: &Pair) -> Value {
    let arriving = arriving(orders);
    let by_property = |list: &[Order], properties: &[Property]| -> Map<String, Value> {
        properties.iter().map(|(key, _, holds)| ((*key).to_owned(), json!(numbers(list, *holds)))).collect()
    };
    let count = |holds: fn(&Article) -> bool| articles.iter().filter(|article| holds(article)).count();
    json!({
        "seed": seed,
        "start_date": START,
        "fates": by_property(orders, &FATES),
        "arriving": by_property(&arriving, &PROPERTIES),
        "guests": guests(orders),
        "known_in_erp": known(people),
        "articles": {
            "all": articles.len(), "vat_25": count(|one| one.rate == 25), "vat_12": count(|one| one.rate == 12),
            "vat_6": count(|one| one.rate == 6), "vat_0": count(|one| one.rate == 0),
            "campaign": count(|one| one.campaign.is_some()), "inactive": count(|one| !one.active),
            "bundles": count(|one| !one.parts.is_empty()),
            "with_swedish_letters": count(|one| one.name.contains(['å', 'ä', 'ö', 'Å', 'Ä', 'Ö'])),
        },
        "row_articles": CARRIERS.map(|(number, ..)| number),
        "erp_terms": CHOSEN_TERMS.map(|(way, id)| json!({ "paid_by": way, "TermsOfPaymentId": id })),
        "baskets_drawn_anew": redrawn(orders),
        "pair": pair.about(),
    })
}

/// Each guest's orders. The e-mail address is as in the first one.
fn guests(orders: &[Order]) -> Vec<Value> {
    let firsts = orders.iter().filter(|order| matches!(order.case.who, Who::Guest(_)) && !order.returns);
    let all_of = |who: Who| -> Vec<u64> {
        orders.iter().filter(|order| order.case.who == who).map(|order| order.number).collect()
    };
    firsts.map(|first| json!({ "email": first.buyer.email, "orders": all_of(first.case.who) })).collect()
}
/// The numbers of those whom both sides have, in the ERP's order.
fn known(people: &People) -> Vec<Value> {
    let both = people.in_erp.iter().filter(|known| known.buyer.number > 0);
    both.map(|known| {
        json!({
            "customerId": known.buyer.number, "CustomerNumber": known.number.to_string(),
            "name": known.buyer.invoice.name(),
        })
    })
    .collect()
}

/// For people.
pub(crate) fn readme(seed: u64, articles: &[Article], orders: &[Order], pair: &Pair) -> String {
    let arriving = arriving(orders);
    let table = |list: &[Order], properties: &[Property]| -> String {
        let line = |(_, meaning, holds): &Property| {
            let found = numbers(list, *holds);
            let named: Vec<String> = found.iter().map(u64::to_string).collect();
            let named = if found.len() == list.len() { "all of them".to_owned() } else { named.join(" ") };
            format!("| {meaning} | {} | {named} |\n", found.len())
        };
        properties.iter().map(line).collect()
    };
    let campaigns = articles.iter().filter(|article| article.campaign.is_some()).count();
    let inactive = articles.iter().filter(|article| !article.active).count();
    format!(
        "\
# Sample data

A shop (Starweb) and its ERP (Visma eEkonomi) before they are connected: {all} articles, {orders} orders, customers on
both sides. The files have the form of `emulate --seed`: one JSON array for each collection, in the vendor's own shapes.
Everything is made up: persons, companies, numbers (their check digits are right); mail goes to reserved domains.

Nothing in them was picked by hand. They come out of a generator and the seed **{seed}**:

```
cargo run -p sample-data                  # writes this folder anew, this page included
cargo run -p sample-data -- 7 seven  # the same with another seed, to another place
samklang emulate starweb --seed examples/sample-data/starweb
samklang emulate eekonomi --seed examples/sample-data/eekonomi
samklang emulate webcrm --seed examples/sample-data/webcrm
samklang emulate visma-net --seed examples/sample-data/visma-net
samklang demo                         # plays a flow between both, and says what came of it
```

`about.json` has what this page says, for programs. `demo.toml`, the only file here that is written by hand, is what
`samklang demo` adds to a preset because it belongs to this data and not to the flow: the day on which it is played, the
ERP's ids of its terms of payment, the shop's own status. The files are compiled into the program.

`demo` runs the flow from the first contact on: login, adopt, approve, run, a second run that must find nothing to do,
edits by people on both sides, a last run. Then it holds against this page what both systems have: each order that must
arrive is there with the shop's total to the smallest unit, the three that must be held are, and no other is.

## Articles

{all} in the shop, each one product with one variant, and the same in the ERP: 300 with 25 % VAT, 120 with 12 %, 65 with
6 %, 15 without (gift cards). {campaigns} have a campaign price (in the shop; the ERP's API knows none), {inactive} are
not sold any more on either side. A product that names no rate has the shop's general one of 25 %. Three are bundles. In
the ERP there are also the articles that carry rows which are no goods: FRAKT25, FRAKT12, FRAKT6, FRAKT0, AVG25, RAB25,
RAB12, RAB6, ORES.

## Customers

The shop's customer ids and the ERP's customer numbers run over the same range and mean different people. Six buyers are
in both: three companies (with the number written in another way, with another e-mail address, with `16` in front of the
number) and three persons (one with the e-mail address in capitals, one with the postal code written in another way).

## Ways to pay and the rest

The shop takes Klarna, Faktura, Swish and Postförskott; the first three have terms of payment in the ERP (`erp_terms` in
`about.json`), the fourth has none. Codes of the ways of delivery are the ERP's own. There is no file for the ERP's
currencies, countries, VAT codes, accounts and fiscal years: an emulated company has them from its first day, SEK, EUR and
NOK among them.

Beside the vendor's four statuses of an order the shop has one of its own, Betald, for what is invoiced and paid.

## Orders

Start date: {START}. The first order of the year is from its first hour in the shop's time, when it is the old year in
UTC; it must arrive. The last one of the old year is from its last hour; it must not.

| orders | number | which |
|---|---|---|
{fates}
Of the {count} that must arrive:

| orders | number | which |
|---|---|---|
{properties}
Of the nine guests five come back. What is in an order is drawn for itself, so several of these meet in one order.

Prices to persons are with VAT (`unitPriceIncVat`, which the emulator knows and the vendor does not show); the rows' own
prices are without and have two decimals, so that orders can be an öre or more off, above all with 12 % and 6 %. Where
that could not be made up for by a rounding row within 0.01 + 0.0065 × Σ quantity, whichever way the ERP adds up (prices
with or without VAT, VAT by row or by rate), the basket was drawn anew, as it was where the total came out too small:
{redrawn} times here. Freight and fee are without VAT.

{pair}",
        all = articles.len(),
        orders = orders.len(),
        count = arriving.len(),
        redrawn = redrawn(orders),
        pair = pair.readme(),
        fates = table(orders, &FATES),
        properties = table(&arriving, &PROPERTIES),
    )
}
