//! The article account coding: the one code from which an article's VAT rate, its accounts, and whether it is a service
//! follow.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use sync_core::{Error, Result, handler::Encode, model::Item};

use super::{
    Shared,
    articles::{ARTICLES, refused},
};
use crate::{company::Code, wire::Wire};

/// The company's codings, among its code lists.
pub(super) const LIST: &str = "articleaccountcodings";

/// The coding that an article is to have, where that is not the one it has.
pub(super) fn chosen(shared: &Shared, encode: &Encode<'_, Wire>, wanted: &Item) -> Result<Option<String>> {
    let now =
        encode.current().map(|current| current.id("CodingId")).transpose()?.and_then(sync_core::Field::into_value);
    let sends = |path| encode.sends(ARTICLES.name, path);
    let rate = wanted.vat_rate.value().copied().filter(|_| sends(Item::VAT_RATE));
    if let Some(group) = wanted.posting_group.value().filter(|_| sends(Item::POSTING_GROUP)) {
        let Some(known) = shared.company.lists.get(LIST) else { return Ok(Some(group.clone())) };
        let coding = known.iter().find(|coding| coding.id == *group).ok_or_else(|| unknown(shared, group))?;
        return match (rate, coding.vat_rate) {
            (Some(rate), Some(has)) if rate != has => Err(contradicted(coding, has, rate)),
            _ => Ok(Some(group.clone())),
        };
    }
    let has = |id: &str| shared.company.code(LIST, id).and_then(|coding| coding.vat_rate);
    match (rate, &now) {
        // several codings have one rate: the one that it has is somebody's choice
        (Some(rate), Some(now)) if has(now) == Some(rate) => Ok(None),
        (Some(rate), _) => {
            let shown = encode.current().and_then(|current| current.flag("IsServiceArticle").ok()?.into_value());
            let service = wanted.is_service.value().copied().or(shown).unwrap_or(false);
            by_rate(shared, rate, service).map(Some)
        }
        (None, Some(_)) => Ok(None),
        (None, None) => {
            let what = "eEkonomi needs the VAT rate of an article, or the id of its coding as posting group: fill one in at \
                        the source";
            Err(refused(Item::VAT_RATE, what))
        }
    }
}

/// The coding of a rate: the one that the configuration names, else the only one that has it.
fn by_rate(shared: &Shared, rate: Decimal, service: bool) -> Result<String> {
    if let Some(id) = shared.config.codings.of(rate, service) {
        return Ok(id.to_owned());
    }
    let fits = |coding: &Code| {
        coding.vat_rate == Some(rate) && coding.is_active != Some(false) && kind_is(coding, service) != Some(false)
    };
    let all = shared.company.lists.get(LIST).into_iter().flatten();
    let found: Vec<&Code> = all.filter(|coding| fits(coding)).collect();
    let (words, key) = if service { ("services", "codings.services") } else { ("goods", "codings.goods") };
    match found.as_slice() {
        [one] => Ok(one.id.clone()),
        [] => {
            let what = format!(
                "eEkonomi has no coding for {words} of {} % VAT: make one there, or name one as {key}.{}; there are those of {}",
                rate.normalize(),
                rate.normalize(),
                rates(shared, service)
            );
            Err(by_code(refused(Item::VAT_RATE, &what), rate))
        }
        _ => {
            let what = format!(
                "eEkonomi has several codings for {words} of {} % VAT, name one of them as {key}.{}: {}",
                rate.normalize(),
                rate.normalize(),
                shared.company.told(LIST, fits)
            );
            Err(by_code(refused(Item::VAT_RATE, &what), rate))
        }
    }
}

/// The rates that there are codings of: `6, 12, 25 %`.
fn rates(shared: &Shared, service: bool) -> String {
    let fits = |coding: &&Code| coding.is_active != Some(false) && kind_is(coding, service) != Some(false);
    let all = shared.company.lists.get(LIST).into_iter().flatten().filter(fits);
    let rates: BTreeSet<Decimal> = all.filter_map(|coding| coding.vat_rate).map(|rate| rate.normalize()).collect();
    let told: Vec<String> = rates.iter().map(ToString::to_string).collect();
    if told.is_empty() { "no rate at all".to_owned() } else { format!("{} %", told.join(", ")) }
}

/// Whether a coding is for goods or services; none where its word is not known.
fn kind_is(coding: &Code, service: bool) -> Option<bool> {
    let word = coding.kind.as_deref()?.to_ascii_lowercase();
    match (word.starts_with("good"), word.starts_with("service")) {
        (true, _) => Some(!service),
        (_, true) => Some(service),
        _ => None,
    }
}

fn unknown(shared: &Shared, group: &str) -> Error {
    let known = shared.company.told(LIST, |coding| coding.is_active != Some(false));
    let what =
        format!("the posting group '{group}' is no coding of eEkonomi, which has {known}: add a row to its table");
    refused(Item::POSTING_GROUP, &what).with_context("code", group)
}

fn contradicted(coding: &Code, has: Decimal, rate: Decimal) -> Error {
    let what = format!(
        "the posting group {} ({}) has {} % VAT in eEkonomi, the article is to have {} %: correct one of them",
        coding.id,
        coding.name,
        has.normalize(),
        rate.normalize()
    );
    refused(Item::POSTING_GROUP, &what)
}

fn by_code(error: Error, rate: Decimal) -> Error {
    error.with_context("code", rate.normalize())
}
