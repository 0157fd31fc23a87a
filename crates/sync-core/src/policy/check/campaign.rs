//! Checks of campaigns.

use super::{Case, Mistake, stock::not_the_hub};
use crate::{
    campaign::RUNNING,
    id::EntityKind,
    model::Price,
    policy::campaign::{CONFIGURED, undated},
};

pub(super) fn check(case: &Case<'_>, found: &mut Vec<Mistake>) {
    let of_prices = case.set.kind == EntityKind::Price;
    for (key, is_set) in [("campaign", case.set.campaign.is_some()), ("time_zone", case.set.time_zone.is_some())] {
        if is_set && !of_prices {
            let fault = format!("only prices have campaigns, and this is of kind {}", case.set.kind);
            found.push(Mistake::new(case.at(key), fault, "take it out"));
        }
    }
    if !of_prices {
        return;
    }
    let targets: Vec<&str> = undated(case.known, case.set).collect();
    if let (Some(target), None) = (targets.first(), case.set.time_zone) {
        let fault = format!("'{target}' knows no dates, so somebody has to say where the days of a campaign begin");
        found.push(Mistake::new(case.at("time_zone"), fault, "write time_zone = \"Europe/Stockholm\", or another one"));
    }
    if !targets.is_empty()
        && let Some(fault) = not_the_hub(case.set, RUNNING)
    {
        found.push(Mistake::new(case.at(&format!("fields.{RUNNING}")), fault, "take the rule out"));
    }
    configured(case, found);
}

fn configured(case: &Case<'_>, found: &mut Vec<Mistake>) {
    let Some(campaign) = &case.set.campaign else { return };
    let place = case.at("campaign");
    match (&campaign.list, campaign.amounts.is_empty()) {
        (Some(_), false) => {
            let fault = "the amounts come from a list, or from a table, not from both";
            found.push(Mistake::new(&place, fault, "take list or amounts out"));
        }
        (None, true) => {
            let cure = "write list = \"<price list>\", or amounts = { \"<item number>\" = \"79.00\" }";
            found.push(Mistake::new(&place, "nothing says what the amounts are", cure));
        }
        _ => {}
    }
    if campaign.list.is_some() && campaign.list == campaign.base {
        let fault = "the campaign's list is the one that its amounts are for";
        found.push(Mistake::new(format!("{place}.base"), fault, "name the list that gets them, or leave it out"));
    }
    if campaign.currency.is_some() && campaign.list.is_some() {
        let fault = "prices of a list have currencies of their own";
        found.push(Mistake::new(format!("{place}.currency"), fault, "take it out"));
    }
    if let (Some(from), Some(to)) = (campaign.from, campaign.to)
        && to < from
    {
        let fault = format!("the campaign ends on {to}, before it begins on {from}");
        found.push(Mistake::new(format!("{place}.to"), fault, "write a later day"));
    }
    for (sku, amount) in campaign.amounts.iter().filter(|(_, amount)| amount.is_sign_negative()) {
        let fault = format!("{amount} is no price");
        found.push(Mistake::new(format!("{place}.amounts.{sku}"), fault, "write 0 or more"));
    }
    for path in CONFIGURED {
        if let Some(fault) = not_the_hub(case.set, path) {
            found.push(Mistake::new(case.at(&format!("fields.{path}")), fault, "take the rule out"));
        }
    }
    if case.showing(Price::SKU).next().is_none() {
        let fault = "no system shows the item numbers of prices";
        found.push(Mistake::new(place, fault, "fill 'sku' by a map row"));
    }
}
