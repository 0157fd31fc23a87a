//! What a price is today. Pure.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;

use crate::{
    id::EntityName,
    model::Price,
    policy::{CampaignTable, Entity, Source},
    store::{Binding, MatchKey},
    value::{FieldMap, FieldPath, NormalForm, Value},
};

/// The campaign's amount while it runs, for systems that know no dates.
pub(crate) const RUNNING: FieldPath = FieldPath::from_static("x.hub.campaign_amount");

/// The rule of the keys under which a price finds the same item's price in another list.
const PRICE: &str = "@price";

type Span = (Option<NaiveDate>, Option<NaiveDate>);

/// The hub's word on a price; `listed` is what the campaign's list says of the item.
pub(crate) fn word(table: &CampaignTable, agreed: &FieldMap, listed: Option<Decimal>, now: DateTime<Utc>) -> FieldMap {
    let mut says = FieldMap::new();
    if let Some(source) = &table.source {
        let given = if is_base(table, agreed) { amount(source, agreed, listed) } else { None };
        let (from, to) = if given.is_some() { table.days } else { (None, None) };
        says.set(Price::CAMPAIGN_AMOUNT, given.map_or(Value::Null, Value::Decimal));
        says.set(Price::CAMPAIGN_FROM, from.map_or(Value::Null, Value::Date));
        says.set(Price::CAMPAIGN_TO, to.map_or(Value::Null, Value::Date));
    }
    if table.undated {
        let mut then = agreed.clone();
        then.overlay(&says);
        let amount = then.filled(Price::CAMPAIGN_AMOUNT).filter(|_| runs(span(&then), day(table.zone, now)));
        says.set(RUNNING, amount.cloned().unwrap_or(Value::Null));
    }
    says
}

fn amount(source: &Source, agreed: &FieldMap, listed: Option<Decimal>) -> Option<Decimal> {
    match source {
        Source::List(_) => listed,
        Source::Amounts(amounts, currency) => {
            let meant = currency.as_deref().is_none_or(|currency| agreed.text(Price::CURRENCY) == Some(currency));
            let sku = agreed.get(Price::SKU).and_then(|sku| NormalForm::Number.of(sku))?;
            amounts.get(&sku).copied().filter(|_| meant)
        }
    }
}

/// Whether a price is one that gets a campaign: of the list that it is for. A table says nothing of quantities, so its
/// amounts are those of the first piece.
fn is_base(table: &CampaignTable, agreed: &FieldMap) -> bool {
    let first = matches!(table.source, Some(Source::List(_))) || quantity(agreed) <= Decimal::ONE;
    list(agreed) == table.base && first
}

/// Whether a price stands in the campaign's list only to say what the campaign's amount is.
pub(crate) fn is_of_campaign(entity: &Entity, agreed: &FieldMap) -> bool {
    let source = entity.campaign.as_ref().and_then(|table| table.source.as_ref());
    matches!(source, Some(Source::List(of)) if *of == list(agreed))
}

fn list(agreed: &FieldMap) -> &str {
    agreed.text(Price::LIST).unwrap_or_default()
}
fn quantity(agreed: &FieldMap) -> Decimal {
    agreed.get(Price::FROM_QUANTITY).and_then(Value::as_decimal).unwrap_or_default().max(Decimal::ONE)
}

/// The key of a price, as if it stood in a list.
pub(crate) fn key(entity: &EntityName, agreed: &FieldMap, list: &str) -> Option<MatchKey> {
    let sku = NormalForm::Number.of(agreed.get(Price::SKU)?)?;
    let currency = agreed.text(Price::CURRENCY).unwrap_or_default();
    let key = [list, &sku, currency, &quantity(agreed).normalize().to_string()].join("\u{1f}");
    Some(MatchKey { entity: entity.clone(), rule: PRICE.to_owned(), key })
}

/// The key under which a price is found from another list.
pub(crate) fn own_key(entity: &Entity, binding: &Binding) -> Option<MatchKey> {
    let table = entity.campaign.as_ref()?;
    matches!(table.source, Some(Source::List(_))).then(|| key(&entity.name, &binding.agreed, list(&binding.agreed)))?
}

/// When a price becomes another one by itself.
pub(crate) fn next(entity: &Entity, binding: &Binding, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let table = entity.campaign.as_ref().filter(|table| table.undated)?;
    binding.agreed.filled(Price::CAMPAIGN_AMOUNT)?;
    boundary(table.zone, span(&binding.agreed), now)
}

fn span(fields: &FieldMap) -> Span {
    let date = |path: FieldPath| match fields.get(path) {
        Some(Value::Date(day)) => Some(*day),
        _ => None,
    };
    (date(Price::CAMPAIGN_FROM), date(Price::CAMPAIGN_TO))
}

fn day(zone: Tz, now: DateTime<Utc>) -> NaiveDate {
    now.with_timezone(&zone).date_naive()
}

fn runs((from, to): Span, today: NaiveDate) -> bool {
    from.is_none_or(|from| from <= today) && to.is_none_or(|to| today <= to)
}

/// The next moment at which a campaign begins or has ended.
fn boundary(zone: Tz, (from, to): Span, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let after = to.and_then(|day| day.checked_add_days(Days::new(1)));
    [from, after].into_iter().flatten().filter_map(|day| begin(zone, day)).filter(|at| *at > now).min()
}

/// When a day begins: where clocks are put forward at midnight, its first hour is the second.
fn begin(zone: Tz, day: NaiveDate) -> Option<DateTime<Utc>> {
    let midnight = day.and_time(NaiveTime::MIN);
    let at = (0..=24)
        .find_map(|quarters| zone.from_local_datetime(&(midnight + TimeDelta::minutes(15 * quarters))).earliest());
    at.map(|at| at.with_timezone(&Utc))
}

#[cfg(test)]
mod tests;
