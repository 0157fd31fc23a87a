//! What people do with prices and stock in the web client; the table of actions stands at [`super::Eekonomi`].

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::acts::{Arguments, edited, shown};
use super::articles;
use super::call::Call;
use super::collection::Resource;
use super::company::Company;
use super::price_lists;
use super::problem::Refusal;
use super::record::{decimal, filled, has, number, put, text};
use super::switches;
use super::totals::round;

/// Gives an article another price: `net` or `gross`, the other one follows.
pub(crate) fn set_price(
    company: &mut Company,
    call: &mut Call<'_>,
    id: &str,
    with: &Arguments,
) -> Result<Value, Refusal> {
    let article = company.find(Resource::Articles, id)?;
    let coding = text(article, "CodingId").and_then(|id| company.get(Resource::Codings, id));
    let factor = Decimal::ONE + coding.map_or(Decimal::ZERO, |coding| decimal(coding, "VatRatePercent"));
    let (net, gross) = match (has(with, "net"), has(with, "gross")) {
        (true, _) => (decimal(with, "net"), round(decimal(with, "net") * factor, 2)),
        (_, true) => (round(decimal(with, "gross") / factor, 2), decimal(with, "gross")),
        _ => return Err(Refusal::field("net", "or gross is required")),
    };
    let mut set = Arguments::new();
    put(&mut set, "set", json!({ "NetPrice": number(net), "GrossPrice": number(gross) }));
    let body = edited(company, Resource::Articles, id, &set)?;
    articles::replace(company, call, id, &body).map(|()| shown(id))
}

/// Gives an article another price in a list, which is named by `list`: its number or name; the standard one without.
pub(crate) fn set_list_price(
    company: &mut Company,
    call: &mut Call<'_>,
    id: &str,
    with: &Arguments,
) -> Result<Value, Refusal> {
    let wanted = |list: &&super::record::Record| match with.get("list") {
        None => super::record::flag(list, "IsStandard"),
        Some(named) => {
            list.get("Number") == Some(named) || list.get("Name") == Some(named) || list.get("Id") == Some(named)
        }
    };
    let list = company.all(Resource::PriceLists).find(wanted).and_then(|list| text(list, "Id")).map(str::to_owned);
    let list = list.ok_or_else(|| Refusal::missing("there is no such price list"))?;
    let row = json!([{ "ArticleId": id, "NetPrice": number(decimal(with, "net")) }]);
    price_lists::put_rows(company, call, &list, &row).map(|_| shown(id))
}

/// Sells over the counter: the goods leave.
pub(crate) fn sell(company: &mut Company, call: &mut Call<'_>, id: &str, with: &Arguments) -> Result<Value, Refusal> {
    moved(company, call, id, -decimal(with, "quantity"))
}

/// Receives goods, at `purchase_price` if it is another one than before.
pub(crate) fn receive(
    company: &mut Company,
    call: &mut Call<'_>,
    id: &str,
    with: &Arguments,
) -> Result<Value, Refusal> {
    if has(with, "purchase_price") {
        let price = number(decimal(with, "purchase_price"));
        company.of_mut(Resource::Articles).change(id, |article| put(article, "PurchasePrice", price));
    }
    moved(company, call, id, decimal(with, "quantity"))
}

/// Without the stock module there are no movements: a person writes another balance, which is a change of the article.
fn moved(company: &mut Company, call: &Call<'_>, id: &str, by: Decimal) -> Result<Value, Refusal> {
    if by.is_zero() {
        return Err(Refusal::field("quantity", "is required"));
    }
    let (module, stamp) = (company.stock_module, call.stamp());
    let stamped = !module || call.is(&switches::STOCK_STAMP, "yes");
    company.find(Resource::Articles, id)?;
    company.of_mut(Resource::Articles).change(id, |article| {
        let balance = decimal(article, "StockBalance") + by;
        put(article, "StockBalance", number(balance));
        if !module {
            put(article, "StockBalanceManuallyChangedUtc", stamp.clone());
        }
        if stamped {
            put(article, "ChangedUtc", stamp);
        }
    });
    Ok(shown(id))
}

/// Enters a new article. What is not given is that of the first coding for goods and of the first unit.
pub(crate) fn create_article(company: &mut Company, call: &mut Call<'_>, with: &Arguments) -> Result<Value, Refusal> {
    let mut body = with.clone();
    body.remove("company");
    let first = |resource| company.all(resource).next().and_then(|record| text(record, "Id")).map(str::to_owned);
    for (field, default) in [
        ("CodingId", json!(first(Resource::Codings))),
        ("UnitId", json!(first(Resource::Units))),
        ("IsActive", json!(true)),
    ] {
        body.entry(field).or_insert(default);
    }
    let number = filled(&body, "Number").unwrap_or_default().to_owned();
    if !has(&body, "Name") {
        put(&mut body, "Name", number);
    }
    articles::create_as(company, call, &Value::Object(body), true).map(|id| shown(&id))
}
