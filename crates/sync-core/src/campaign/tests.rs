use super::*;
use chrono::NaiveDateTime;
use proptest::prelude::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}
fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}
fn table(undated: bool) -> CampaignTable {
    CampaignTable { zone: Tz::Europe__Stockholm, undated, source: None, base: String::new(), days: (None, None) }
}
fn price() -> FieldMap {
    FieldMap::new()
        .with(Price::SKU, "A")
        .with(Price::AMOUNT, Decimal::from(100))
        .with(Price::CAMPAIGN_AMOUNT, Decimal::from(79))
}
fn running(fields: &FieldMap, now: &str) -> Option<Decimal> {
    word(&table(true), fields, None, at(now)).get(RUNNING).and_then(Value::as_decimal)
}

#[test]
fn a_campaign_runs_from_the_first_midnight_to_the_one_after_its_last_day() {
    let price = price().with(Price::CAMPAIGN_FROM, day("2026-11-27")).with(Price::CAMPAIGN_TO, day("2026-11-29"));
    for (now, runs) in [
        ("2026-11-26T22:59:59Z", false), // 23:59:59 in Stockholm
        ("2026-11-26T23:00:00Z", true),
        ("2026-11-29T22:59:59Z", true),
        ("2026-11-29T23:00:00Z", false),
    ] {
        assert_eq!(running(&price, now).is_some(), runs, "{now}");
    }
    let zone = Tz::Europe__Stockholm;
    let days = span(&price);
    assert_eq!(boundary(zone, days, at("2026-11-01T00:00:00Z")), Some(at("2026-11-26T23:00:00Z")));
    assert_eq!(boundary(zone, days, at("2026-11-26T23:00:00Z")), Some(at("2026-11-29T23:00:00Z")));
    assert_eq!(boundary(zone, days, at("2026-11-29T23:00:00Z")), None);
}

#[test]
fn days_are_as_long_as_the_clocks_make_them() {
    let zone = Tz::Europe__Stockholm;
    assert_eq!(begin(zone, day("2026-03-29")), Some(at("2026-03-28T23:00:00Z")));
    assert_eq!(begin(zone, day("2026-03-30")), Some(at("2026-03-29T22:00:00Z")), "23 hours later");
    assert_eq!(begin(zone, day("2026-10-26")), Some(at("2026-10-25T23:00:00Z")));
    // clocks that are put forward at midnight: the day begins at one
    assert_eq!(begin(Tz::Asia__Beirut, day("2022-03-27")), Some(at("2022-03-26T22:00:00Z")));
}

#[test]
fn without_dates_a_campaign_runs_until_its_amount_goes() {
    assert_eq!(running(&price(), "2026-01-01T00:00:00Z"), Some(Decimal::from(79)));
    assert_eq!(running(&FieldMap::new().with(Price::CAMPAIGN_AMOUNT, Value::Null), "2026-01-01T00:00:00Z"), None);
}

#[test]
fn the_configuration_names_the_prices_that_get_its_amounts() {
    let amounts = [("A".to_owned(), Decimal::from(50))].into();
    let mut table = table(true);
    table.source = Some(Source::Amounts(amounts, Some("SEK".to_owned())));
    table.days = (Some(day("2026-06-01")), None);
    let now = at("2026-06-02T00:00:00Z");
    let says =
        |price: &FieldMap| word(&table, price, None, now).get(Price::CAMPAIGN_AMOUNT).and_then(Value::as_decimal);
    let own =
        FieldMap::new().with(Price::SKU, " A ").with(Price::CURRENCY, "SEK").with(Price::FROM_QUANTITY, Decimal::ONE);
    assert_eq!(says(&own), Some(Decimal::from(50)));
    for other in [
        own.clone().with(Price::SKU, "B"),
        own.clone().with(Price::CURRENCY, "NOK"),
        own.clone().with(Price::LIST, "VIP"),
        own.clone().with(Price::FROM_QUANTITY, Decimal::TEN),
    ] {
        assert_eq!(says(&other), None, "{other:?}");
        assert!(word(&table, &other, None, now).all_null(), "{other:?}");
    }
}

proptest! {
    /// Whoever looks only at the moments that were announced misses no change.
    #[test]
    fn between_boundaries_nothing_changes(
        from in proptest::option::of(0_i64..400),
        length in proptest::option::of(0_i64..40),
        start in 0_i64..(400 * 24),
        later in 0_i64..(40 * 24),
    ) {
        let zone = Tz::Europe__Stockholm;
        let first = day("2026-01-01");
        let plus = |days: i64| first + TimeDelta::days(days);
        let days = (from.map(plus), length.map(|length| plus(from.unwrap_or(100) + length)));
        let now = NaiveDateTime::from(first).and_utc() + TimeDelta::hours(start);
        let then = now + TimeDelta::hours(later);
        let next = boundary(zone, days, now);
        if next.is_none_or(|next| then < next) {
            prop_assert_eq!(runs(days, super::day(zone, now)), runs(days, super::day(zone, then)));
        }
        if let Some(next) = next {
            let before = next - TimeDelta::seconds(1);
            prop_assert_ne!(runs(days, super::day(zone, before)), runs(days, super::day(zone, next)));
        }
    }
}
