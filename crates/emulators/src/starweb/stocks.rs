//! Stock per variant and location, and what lowers it. The calls below `/products/{id}/variants/{id}/stocks`.

use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde_json::{Value, json};

use crate::frame::{Cx, Reply, Request, Switches};

use super::{
    By, Starweb, check,
    product_models::LOCATION_STOCK,
    refusal::Refusal,
    registers::Registers,
    switches::{RESTOCK_STATUS, STOCK_BUMPS, STOCKOUT_AT, VARIANT_STOCK},
    value::{Fields, amount, data, decimal, fields, flag, id, list, number, text},
    variants::Variant,
};

/// The row of a location where nothing is.
fn empty(location: u64, registers: &Registers) -> Fields {
    let statuses = registers.all("product-stock-statuses");
    let first =
        statuses.min_by_key(|status| amount(status, "sortIndex")).and_then(|status| id(status, "stockStatusId"));
    fields(json!({ "stockLocationId": location, "stockStatusId": first, "stockQuantity": 0, "shelfSpace": "" }))
}

/// A row of a seed, by its location.
pub(super) fn seeded(record: Fields) -> Result<(u64, Fields), String> {
    let location = id(&record, "stockLocationId").ok_or("stocks: stockLocationId is required")?;
    let mut row =
        fields(json!({ "stockLocationId": location, "stockStatusId": null, "stockQuantity": 0, "shelfSpace": "" }));
    row.extend(super::seed::checked(record, LOCATION_STOCK)?);
    Ok((location, row))
}

/// The location from which the shop itself sells.
pub(super) fn ecommerce(registers: &Registers) -> u64 {
    let mut locations = registers.all("stock-locations");
    let sells = locations.find(|location| flag(location, "ecommerceStockLocation", false));
    sells.and_then(|location| id(location, "stockLocationId")).unwrap_or_default()
}

/// What a variant itself shows of its stock.
pub(super) fn show(variant: &Variant, registers: &Registers, switches: &Switches, view: &mut Fields) {
    let own = variant.stocks.get(&ecommerce(registers));
    let total = match switches.word(&VARIANT_STOCK) {
        "sum" if !variant.stocks.is_empty() => {
            Some(variant.stocks.values().map(|row| amount(row, "stockQuantity")).sum::<Decimal>())
        }
        _ => own.map(|row| amount(row, "stockQuantity")),
    };
    view.insert("stockQuantity".into(), json!(total.and_then(|total| total.floor().to_i64())));
    let status = own.and_then(|row| row.get("stockStatusId")).cloned().unwrap_or_default();
    view.insert("stockStatusId".into(), status);
}

/// Writes the short form of the stock in a variant's own fields: that of the location from which the shop sells.
pub(super) fn write_short(
    variant: &mut Variant,
    registers: &Registers,
    switches: &Switches,
    quantity: Option<Value>,
    status: Option<Value>,
    starts: bool,
) {
    let location = ecommerce(registers);
    if quantity == Some(Value::Null) && status.as_ref().is_none_or(Value::is_null) && !starts {
        variant.stocks.remove(&location);
        return;
    }
    let (mut quantity, status) = (quantity.as_ref().and_then(decimal), status.as_ref().and_then(Value::as_u64));
    let needs_row = starts && !variant.stocks.contains_key(&location);
    if quantity.is_none() && status.is_none() && !needs_row {
        return;
    }
    if switches.is(&VARIANT_STOCK, "sum") {
        let elsewhere = variant.stocks.iter().filter(|(at, _)| **at != location);
        let elsewhere = elsewhere.map(|(_, row)| amount(row, "stockQuantity")).sum::<Decimal>();
        quantity = quantity.map(|total| total - elsewhere);
    }
    let row = variant.stocks.entry(location).or_insert_with(|| empty(location, registers));
    set(row, registers, switches, quantity, status);
}

/// Writes a row. A status that is not given follows from the quantity by the shop's own rules.
fn set(row: &mut Fields, registers: &Registers, switches: &Switches, quantity: Option<Decimal>, status: Option<u64>) {
    if let Some(quantity) = quantity {
        row.insert("stockQuantity".into(), number(quantity));
    }
    let status = match (status, quantity) {
        (Some(forced), _) => Some(forced),
        (None, Some(quantity)) => follows(registers, switches, id(row, "stockStatusId"), quantity),
        (None, None) => None,
    };
    if let Some(status) = status {
        row.insert("stockStatusId".into(), json!(status));
    }
}

/// The status that a quantity brings about, if it is another one.
fn follows(registers: &Registers, switches: &Switches, status: Option<u64>, quantity: Decimal) -> Option<u64> {
    let out = match switches.word(&STOCKOUT_AT) {
        "zero" => quantity <= Decimal::ZERO,
        _ => quantity < Decimal::ZERO,
    };
    if out {
        return id(registers.get("product-stock-statuses", status?)?, "stockoutNewStatusId");
    }
    if switches.is(&RESTOCK_STATUS, "restored") {
        let mut statuses = registers.all("product-stock-statuses");
        return statuses.find(|known| id(known, "stockoutNewStatusId") == status).and_then(|s| id(s, "stockStatusId"));
    }
    None
}

impl Starweb {
    pub(super) fn route_stocks(
        &mut self,
        cx: &Cx<'_>,
        place: (u64, u64),
        path: &[&str],
        request: &Request,
    ) -> Result<Reply, Refusal> {
        let method = request.method.as_str();
        let variant = self.product(place.0)?.variant(place.1).ok_or_else(Refusal::not_found)?;
        let location = match (method, path) {
            ("GET", []) => return Ok(Reply::json(200, &data(list(variant.stocks.values().cloned())))),
            (_, [location]) => location.parse::<u64>().map_err(|_| Refusal::not_found())?,
            _ => return Err(Refusal::not_found()),
        };
        let known = self.registers.get("stock-locations", location).is_some();
        let there = known && variant.stocks.contains_key(&location);
        let creates = known && method == "PUT";
        if !there && !creates {
            return Err(Refusal::not_found());
        }
        match method {
            "GET" => {}
            "DELETE" => {
                let variant = self.catalogue.variant_mut(place.0, place.1).ok_or_else(Refusal::not_found)?;
                variant.stocks.remove(&location);
                self.part_changed(cx, place.0, By::Api, &STOCK_BUMPS);
                return Ok(Reply::empty(204));
            }
            "PUT" | "PATCH" => {
                let mut body = check::body(request, LOCATION_STOCK, cx.switches)?;
                if method == "PUT" {
                    check::required(&body, &["stockStatusId", "stockQuantity"])?;
                    body.entry("shelfSpace").or_insert(json!(""));
                }
                self.set_stock(cx, place, location, &body, By::Api)?;
            }
            _ => return Err(Refusal::not_found()),
        }
        let variant = self.product(place.0)?.variant(place.1);
        let row = variant.and_then(|variant| variant.stocks.get(&location)).ok_or_else(Refusal::not_found)?;
        Ok(Reply::json(200, &data(Value::Object(row.clone()))))
    }

    /// Writes checked fields of a variant's stock at a location.
    pub(super) fn set_stock(
        &mut self,
        cx: &Cx<'_>,
        place: (u64, u64),
        location: u64,
        body: &Fields,
        by: By,
    ) -> Result<(), Refusal> {
        self.refuse_unknown_ids(body, &[("stockStatusId", "product-stock-statuses")])?;
        let registers = &self.registers;
        let variant = self.catalogue.variant_mut(place.0, place.1).ok_or_else(Refusal::not_found)?;
        let row = variant.stocks.entry(location).or_insert_with(|| empty(location, registers));
        let quantity = body.get("stockQuantity").and_then(decimal);
        set(row, registers, cx.switches, quantity, id(body, "stockStatusId"));
        row.extend(body.get("shelfSpace").map(|shelf| ("shelfSpace".to_owned(), shelf.clone())));
        self.part_changed(cx, place.0, by, &STOCK_BUMPS);
        Ok(())
    }

    /// Lowers (-1) or raises (1) the stock by an order's rows; those of a bundle by its parts.
    pub(super) fn move_stock_of(&mut self, cx: &Cx<'_>, order: u64, sign: i64) {
        let Some(order) = self.orders.get(&order) else { return };
        let named = id(&order.fields, "stockLocationId").unwrap_or_default();
        let known = self.registers.get("stock-locations", named).is_some();
        let location = if known { named } else { ecommerce(&self.registers) };
        let mut moved = Vec::new();
        for item in &order.items {
            let quantity = amount(&item.fields, "quantity") * Decimal::from(sign);
            let sku = text(&item.fields, "sku");
            match self.parts_of_bundle(sku) {
                Some(parts) => moved.extend(parts.into_iter().map(|(place, each)| (place, each * quantity))),
                None => {
                    let found = self.catalogue.by_sku(sku);
                    moved.extend(found.map(|(product, variant)| ((product.id, variant.id), quantity)));
                }
            }
        }
        for (place, by) in moved {
            let variant = self.catalogue.variant_mut(place.0, place.1);
            // A variant without a row there is one whose stock the shop does not keep.
            if let Some(row) = variant.and_then(|variant| variant.stocks.get_mut(&location)) {
                let left = amount(row, "stockQuantity") + by;
                set(row, &self.registers, cx.switches, Some(left), None);
                self.part_changed(cx, place.0, By::Shop, &STOCK_BUMPS);
            }
        }
    }
}
