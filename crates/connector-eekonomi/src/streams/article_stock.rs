//! The stock of an article: three numbers at one place. A company with the vendor's stock module counts by itself; without
//! it the balance is what somebody last wrote.

use rust_decimal::{Decimal, RoundingStrategy};
use sync_core::{
    EntityKind, Field, Link, Result, Value,
    capability::{FieldCapability, StreamCapability, UpdateMode},
    connector::Writable,
    handler::{Encode, Shown},
    model::StockLevel,
};

use super::{
    Shared,
    articles::{ARTICLES, STOCK, refused},
};
use crate::{
    config::StockUse,
    wire::{Wire, number},
};

fn is_written(shared: &Shared) -> bool {
    shared.config.stock == StockUse::Write && !shared.company.has_stock_module() && shared.writes("ea:sales")
}

pub(super) fn capability(shared: &Shared) -> StreamCapability {
    let mut can = StreamCapability::new(EntityKind::StockLevel);
    // there are no locations
    can.holds.set(StockLevel::LOCATION, Value::Null);
    for path in [StockLevel::LOCATION, StockLevel::RESERVED, StockLevel::AVAILABLE] {
        can.fields.insert(path, FieldCapability::read_only());
    }
    let on_hand = match is_written(shared) {
        true => FieldCapability::read_write().rounded_to(2),
        false => FieldCapability::read_only(),
    };
    can.fields.insert(StockLevel::ON_HAND, on_hand);
    if is_written(shared) {
        can.update = UpdateMode::Replace;
    }
    for path in [StockLevel::ITEM, StockLevel::SKU] {
        let mut once = FieldCapability::read_only();
        once.write_on_create = is_written(shared);
        can.fields.insert(path, once);
    }
    can
}

/// Whether the balance is what somebody wrote. Only the stock module has stock articles.
pub(super) fn is_manual(read: &Wire) -> Result<bool> {
    Ok(read.flag("IsStock")? != Field::Set(true))
}

/// Absent where no stock is kept: services, and articles outside the stock module of a company that has it.
pub(super) fn decode(shared: &Shared, read: &Wire) -> Result<Option<Shown>> {
    let is_kept = match read.flag("ShowStockInformation")? {
        Field::Set(shown) => shown,
        _ => read.flag("IsServiceArticle")? != Field::Set(true),
    };
    if !is_kept {
        return Ok(None);
    }
    let amount = |name| read.number(name).map(|amount| amount.map(|amount| amount.normalize()));
    let mut level = StockLevel::new();
    level.item = read.id("Id")?.map(|id| Link::External(shared.link(ARTICLES.name, id)).into());
    level.sku = read.text("Number")?;
    level.on_hand = amount("StockBalance")?;
    level.reserved = amount("StockBalanceReserved")?;
    level.available = amount("StockBalanceAvailable")?;
    let writable = match is_manual(read)? {
        true => Writable::All,
        false => Writable::Nothing("eEkonomi's stock module counts it; correct the stock there".to_owned()),
    };
    Ok(Some(Shown::of(STOCK, &level).writable(writable)))
}

pub(super) fn write(shared: &Shared, encode: &Encode<'_, Wire>, body: &mut Wire) -> Result<()> {
    if !is_written(shared) || !encode.sends(STOCK, StockLevel::ON_HAND) {
        return Ok(());
    }
    if let Some(current) = encode.current()
        && !is_manual(current)?
    {
        return Err(refused(
            StockLevel::ON_HAND,
            "eEkonomi's stock module counts this article; correct the stock there",
        ));
    }
    let level: StockLevel = encode.wanted(STOCK)?;
    let balance = level.on_hand.into_value().unwrap_or(Decimal::ZERO);
    let balance = balance.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    if body.number("StockBalance")? != Field::Set(balance) {
        body.set("StockBalance", number(balance.normalize()));
    }
    Ok(())
}
