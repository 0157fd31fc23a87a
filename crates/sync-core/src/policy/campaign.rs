//! What a policy says of campaigns: where they come from, and in which time zone their days begin.

use std::{collections::BTreeMap, sync::Arc};

use chrono::NaiveDate;
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Create, FieldRule, Foreign, Policy, RuleSet, known::Known};
use crate::{
    campaign::RUNNING,
    id::{EntityKind, SystemId},
    mapping::{Cell, Direction, MapRow},
    model::Price,
    value::{FieldPath, NormalForm, Value},
};

/// A time zone by its name in the IANA database: `Europe/Stockholm`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct TimeZone(Tz);

impl TimeZone {
    /// The zone itself.
    pub fn tz(self) -> Tz {
        self.0
    }
}
impl From<TimeZone> for String {
    fn from(zone: TimeZone) -> Self {
        zone.0.name().to_owned()
    }
}
impl TryFrom<String> for TimeZone {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let zone = text.parse().map(Self);
        zone.map_err(|_| format!("'{text}' is no time zone; write one by region and city: \"Europe/Stockholm\""))
    }
}

/// `[entities.<name>.campaign]`, in a rule set of prices: campaign prices that come from here, and not from the master.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Campaign {
    /// The price list whose amounts are the campaign's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list: Option<String>,
    /// The amounts themselves, by item number.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub amounts: BTreeMap<String, Decimal>,
    /// The price list whose prices get them; the items' own prices if not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// The currency of `amounts`; prices in any other do not get them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// First day; from ever if not said.
    #[serde(with = "day", skip_serializing_if = "Option::is_none")]
    pub from: Option<NaiveDate>,
    /// Last day; for ever if not said.
    #[serde(with = "day", skip_serializing_if = "Option::is_none")]
    pub to: Option<NaiveDate>,
}

/// Where the amounts of a campaign come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Prices of this list.
    List(String),
    /// A table by item number in its normal form, perhaps for one currency.
    Amounts(BTreeMap<String, Decimal>, Option<String>),
}

/// Of a rule set of prices in which campaigns matter, all that is looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CampaignTable {
    /// Where days begin.
    pub zone: Tz,
    /// Some target knows no dates: it is told the amount during the days.
    pub undated: bool,
    /// Where the amounts come from, if not from the master.
    pub source: Option<Source>,
    /// The list whose prices get them; empty for the items' own.
    pub base: String,
    /// First and last day of the configuration's campaign.
    pub days: (Option<NaiveDate>, Option<NaiveDate>),
}

impl CampaignTable {
    pub(super) fn compile(known: &Known<'_>, set: &RuleSet) -> Option<Arc<Self>> {
        let undated = set.kind == EntityKind::Price && undated(known, set).next().is_some();
        let campaign = set.campaign.clone().filter(|_| set.kind == EntityKind::Price);
        if !undated && campaign.is_none() {
            return None;
        }
        let campaign = campaign.unwrap_or_default();
        let form =
            |(sku, amount): (&String, &Decimal)| Some((NormalForm::Number.of(&Value::from(sku.as_str()))?, *amount));
        let amounts: BTreeMap<String, Decimal> = campaign.amounts.iter().filter_map(form).collect();
        let source = match (campaign.list, set.campaign.is_some()) {
            (Some(list), _) => Some(Source::List(list)),
            (None, true) => Some(Source::Amounts(amounts, campaign.currency)),
            (None, false) => None,
        };
        let zone = set.time_zone.map_or(Tz::UTC, TimeZone::tz); // that one is missing is told by the check
        let base = campaign.base.unwrap_or_default();
        Some(Arc::new(Self { zone, undated, source, base, days: (campaign.from, campaign.to) }))
    }
}

/// Where campaign amounts come from: from the configuration, or from a system that shows them.
fn has_campaigns(known: &Known<'_>, set: &RuleSet) -> bool {
    let shows = |(name, role): (&String, &super::Role)| {
        let shown = |path: FieldPath, of: &str| {
            known.streams(of, set.kind).any(|(_, cap)| cap.fields.get(&path).is_some_and(|field| field.read))
        };
        // a system that cannot say when a campaign ends is no source of one
        role.read && shown(Price::CAMPAIGN_AMOUNT, name) && (name == &set.master || shown(Price::CAMPAIGN_TO, name))
    };
    set.campaign.is_some() || set.systems.iter().any(shows)
}

/// Targets that take a campaign's amount and know no dates.
pub(super) fn undated<'a>(known: &'a Known<'_>, set: &'a RuleSet) -> impl Iterator<Item = &'a str> {
    let targets = set.systems.iter().filter(|(name, role)| {
        **name != set.master && (role.update || role.create != Create::Never) && has_campaigns(known, set)
    });
    targets.map(|(name, _)| name.as_str()).filter(|name| {
        let takes = |path: FieldPath| {
            known.streams(name, set.kind).any(|(_, cap)| cap.fields.get(&path).is_some_and(|f| f.writable(false)))
        };
        takes(Price::CAMPAIGN_AMOUNT) && !(takes(Price::CAMPAIGN_FROM) && takes(Price::CAMPAIGN_TO))
    })
}

/// The hub is the master of what it computes, and what a target without dates takes is what runs today.
pub(super) fn take_over(known: &Known<'_>, set: &mut RuleSet) {
    if set.kind != EntityKind::Price {
        return;
    }
    let targets: Vec<String> = undated(known, set).map(str::to_owned).collect();
    if !targets.is_empty() {
        let named = |row: &MapRow, name: &String| row.at.get(name) == Some(&Cell::Field(Price::CAMPAIGN_AMOUNT));
        let at: BTreeMap<String, Cell> = targets
            .into_iter()
            .filter(|name| !set.map.iter().any(|row| named(row, name)))
            .map(|name| (name, Cell::Field(Price::CAMPAIGN_AMOUNT)))
            .collect();
        if !at.is_empty() {
            set.map.push(MapRow {
                field: RUNNING,
                direction: Direction::Both,
                mapper: None,
                table: None,
                transform: None,
                at,
            });
            set.fields.entry(RUNNING).or_insert_with(hub);
        }
    }
    if set.campaign.is_some() {
        for path in CONFIGURED {
            set.fields.entry(path).or_insert_with(hub);
        }
    }
}

fn hub() -> FieldRule {
    FieldRule::Master { system: SystemId::hub().as_str().to_owned(), on_foreign_change: Foreign::default() }
}

/// What a campaign of the configuration fills.
pub(super) const CONFIGURED: [FieldPath; 3] = [Price::CAMPAIGN_AMOUNT, Price::CAMPAIGN_FROM, Price::CAMPAIGN_TO];

/// Whether the hub computes a field of this rule set.
pub(super) fn computes(set: &RuleSet, leaf: FieldPath) -> bool {
    set.kind == EntityKind::Price && (leaf == RUNNING || (set.campaign.is_some() && CONFIGURED.contains(&leaf)))
}

/// What changes the amounts although no record does.
pub(super) fn shape(set: &RuleSet, unit: FieldPath) -> Option<String> {
    if !computes(set, unit) {
        return None;
    }
    let zone = set.time_zone.map_or_else(String::new, String::from);
    let campaign = set.campaign.clone().unwrap_or_default();
    let amounts: Vec<String> =
        campaign.amounts.iter().map(|(sku, amount)| format!("{sku}={}", amount.normalize())).collect();
    let Campaign { list, base, currency, from, to, .. } = campaign;
    Some(format!("campaign {zone} {list:?} {base:?} {currency:?} {from:?} {to:?} {}", amounts.join(" ")))
}

/// The same policy with what the hub computes of stock and prices.
pub(super) fn with_hub_fields(known: &Known<'_>, mut policy: Policy) -> Policy {
    for set in policy.entities.values_mut() {
        super::stock::take_over(set);
        take_over(known, set);
        let named = |told: &FieldPath| told.is_extension() && set.map.iter().any(|row| row.field == *told);
        for told in set.scope.iter().filter_map(|scope| scope.tell).filter(named).collect::<Vec<_>>() {
            set.fields.entry(told).or_insert_with(hub);
        }
    }
    policy
}

/// Days as `2026-11-27`.
mod day {
    use chrono::NaiveDate;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(day: &Option<NaiveDate>, to: S) -> Result<S::Ok, S::Error> {
        match day {
            Some(day) => to.serialize_str(&day.to_string()),
            None => to.serialize_none(),
        }
    }
    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<NaiveDate>, D::Error> {
        let text = String::deserialize(from)?;
        let day = text.parse().map(Some);
        day.map_err(|_| D::Error::custom(format!("'{text}' is no day; write year, month and day: \"2026-11-27\"")))
    }
}
