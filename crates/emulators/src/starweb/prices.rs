//! Prices of variants, always without VAT: the calls below `/products/{id}/variants/{id}/prices`.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::frame::{Cx, Reply, Request, Switches};

use super::{
    By, Starweb, check,
    listing::Query,
    product_models::{PRICE, VOLUME_PRICE},
    refusal::Refusal,
    switches::{DUPLICATE_PRICE, PRICE_DECIMALS, PRICES_BUMP, PUT_LEFT_OUT},
    totals::rounded,
    value::{Fields, data, decimal, fields, id, list, number, rows},
    variants::{Price, Variant},
};

impl Price {
    /// A price of nothing.
    pub(super) fn zero(list: u64) -> Self {
        let fields = fields(json!({
            "pricelistId": list, "externalId": null, "externalIdType": null, "priceExVat": 0, "specialPriceExVat": null,
        }));
        Self { list, fields, volume: BTreeMap::new() }
    }

    /// Puts checked fields in; prices per quantity are replaced if they are among them.
    fn fill(&mut self, switches: &Switches, mut body: Fields) -> Result<(), Refusal> {
        if let Some(volume) = body.remove("volumePrices") {
            self.volume = rows(Some(volume))
                .into_iter()
                .map(|row| volume_row(self.list, row, switches))
                .collect::<Result<_, _>>()?;
        }
        round_all(&mut body, switches);
        body.insert("pricelistId".into(), json!(self.list));
        self.fields.extend(body);
        Ok(())
    }

    /// A price of a seed.
    pub(super) fn seeded(mut record: Fields) -> Result<Self, String> {
        let list = id(&record, "pricelistId").ok_or("prices: pricelistId is required")?;
        let volume = rows(record.remove("volumePrices"));
        let mut price = Self::zero(list);
        let special = record.remove("specialPriceExVat").unwrap_or_default();
        price.fields.extend(super::seed::checked(record, PRICE)?);
        price.fields.insert("specialPriceExVat".into(), special);
        let switches = Switches::new(super::switches::ALL);
        for row in volume {
            let row = super::seed::checked(row, VOLUME_PRICE)?;
            price.volume.extend([volume_row(list, row, &switches).map_err(|refusal| refusal.description)?]);
        }
        Ok(price)
    }

    fn view(&self, with_volume: bool) -> Fields {
        let mut view = self.fields.clone();
        if with_volume {
            view.insert("volumePrices".into(), data(list(self.volume.values().cloned())));
        }
        view
    }
}

/// The shop keeps so many decimals.
fn round_all(body: &mut Fields, switches: &Switches) {
    let digits = u32::try_from(switches.number(&PRICE_DECIMALS)).unwrap_or(2);
    for name in ["priceExVat", "specialPriceExVat"] {
        if let Some(amount) = body.get(name).and_then(decimal) {
            body.insert(name.into(), number(rounded(amount, digits)));
        }
    }
}

fn volume_row(price_list: u64, mut row: Fields, switches: &Switches) -> Result<(u64, Fields), Refusal> {
    let from = id(&row, "quantity").ok_or_else(|| Refusal::invalid("quantity: is required"))?;
    if id(&row, "pricelistId").is_some_and(|named| named != price_list) {
        return Err(Refusal::invalid("pricelistId: is not the list of the price"));
    }
    round_all(&mut row, switches);
    let start = json!({ "externalId": null, "externalIdType": null, "priceExVat": 0 });
    let mut whole = fields(start);
    whole.extend(row);
    whole.insert("pricelistId".into(), json!(price_list));
    Ok((from, whole))
}

/// The product and the variant in a path.
type Place = (u64, u64);

impl Starweb {
    fn variant_at(&self, place: Place) -> Result<&Variant, Refusal> {
        self.product(place.0)?.variant(place.1).ok_or_else(Refusal::not_found)
    }

    pub(super) fn route_prices(
        &mut self,
        cx: &Cx<'_>,
        place: Place,
        path: &[&str],
        request: &Request,
    ) -> Result<Reply, Refusal> {
        let method = request.method.as_str();
        let with_volume = Query::new(request, cx).includes(&["volumePrices"])?.has("volumePrices");
        let variant = self.variant_at(place)?;
        let Some((price_list, below)) = path.split_first() else {
            return match method {
                "GET" => {
                    let prices = variant.prices.iter().map(|price| price.view(with_volume));
                    Ok(Reply::json(200, &data(list(prices))))
                }
                "POST" => {
                    let body = check::body(request, PRICE, cx.switches)?;
                    let price_list = id(&body, "pricelistId").ok_or_else(missing_list)?;
                    self.post_price(cx, place, price_list, body)?;
                    self.price_reply(201, place, price_list, with_volume)
                }
                _ => Err(Refusal::not_found()),
            };
        };
        let price_list = price_list.parse().map_err(|_| Refusal::not_found())?;
        variant.price(price_list).ok_or_else(Refusal::not_found)?;
        match (method, below) {
            ("GET", []) => self.price_reply(200, place, price_list, with_volume),
            ("PUT" | "PATCH", []) => {
                let body = check::body(request, PRICE, cx.switches)?;
                match id(&body, "pricelistId") {
                    None => return Err(missing_list()),
                    Some(named) if named != price_list => {
                        return Err(Refusal::invalid("pricelistId: is not the one in the path"));
                    }
                    Some(_) => {}
                }
                let clears = method == "PUT" && cx.switches.is(&PUT_LEFT_OUT, "cleared");
                self.set_price(cx, place, price_list, body, clears, By::Api)?;
                self.price_reply(200, place, price_list, with_volume)
            }
            ("DELETE", []) => {
                let variant = self.catalogue.variant_mut(place.0, place.1).ok_or_else(Refusal::not_found)?;
                variant.prices.retain(|price| price.list != price_list);
                self.part_changed(cx, place.0, By::Api, &PRICES_BUMP);
                Ok(Reply::empty(204))
            }
            (_, ["volume", rest @ ..]) => self.route_volume(cx, place, price_list, rest, request),
            _ => Err(Refusal::not_found()),
        }
    }

    fn price_reply(&self, status: u16, place: Place, price_list: u64, with_volume: bool) -> Result<Reply, Refusal> {
        let price = self.variant_at(place)?.price(price_list).ok_or_else(Refusal::not_found)?;
        Ok(Reply::json(status, &data(Value::Object(price.view(with_volume)))))
    }

    fn post_price(&mut self, cx: &Cx<'_>, place: Place, price_list: u64, body: Fields) -> Result<(), Refusal> {
        if self.registers.get("pricelists", price_list).is_none() {
            return Err(Refusal::invalid("pricelistId: there is no such price list"));
        }
        let there = self.variant_at(place)?.price(price_list).is_some();
        if there && cx.switches.is(&DUPLICATE_PRICE, "refused") {
            return Err(Refusal::invalid("pricelistId: the variant has a price in this list already"));
        }
        self.set_price(cx, place, price_list, body, true, By::Api)
    }

    /// Writes checked fields of a price, which is made if it is not there; `clears` resets all others first.
    pub(super) fn set_price(
        &mut self,
        cx: &Cx<'_>,
        place: Place,
        price_list: u64,
        body: Fields,
        clears: bool,
        by: By,
    ) -> Result<(), Refusal> {
        let variant = self.catalogue.variant_mut(place.0, place.1).ok_or_else(Refusal::not_found)?;
        let found = variant.prices.iter_mut().find(|price| price.list == price_list);
        let mut price = match found.as_deref() {
            Some(price) if !clears => price.clone(),
            Some(price) => Price { volume: price.volume.clone(), ..Price::zero(price_list) },
            None => Price::zero(price_list),
        };
        price.fill(cx.switches, body)?;
        match found {
            Some(place) => *place = price,
            None => variant.prices.push(price),
        }
        self.part_changed(cx, place.0, by, &PRICES_BUMP);
        Ok(())
    }

    /// The calls on `…/prices/{list}/volume` and below.
    fn route_volume(
        &mut self,
        cx: &Cx<'_>,
        place: Place,
        price_list: u64,
        path: &[&str],
        request: &Request,
    ) -> Result<Reply, Refusal> {
        let variant = self.catalogue.variant_mut(place.0, place.1).ok_or_else(Refusal::not_found)?;
        let price = variant.prices.iter_mut().find(|price| price.list == price_list).ok_or_else(Refusal::not_found)?;
        let volume = &mut price.volume;
        let one = |status: u16, row: &Fields| Reply::json(status, &data(Value::Object(row.clone())));
        let reply = match (request.method.as_str(), path) {
            ("GET", []) => return Ok(Reply::json(200, &data(list(volume.values().cloned())))),
            ("POST", []) => {
                let body = check::body(request, VOLUME_PRICE, cx.switches)?;
                let (from, row) = volume_row(price_list, body, cx.switches)?;
                if volume.contains_key(&from) && cx.switches.is(&DUPLICATE_PRICE, "refused") {
                    return Err(Refusal::invalid("quantity: there is a price from this quantity already"));
                }
                let reply = one(201, &row);
                volume.insert(from, row);
                reply
            }
            (method, [from]) => {
                let from = from.parse::<u64>().map_err(|_| Refusal::not_found())?;
                let old = volume.get(&from).cloned().ok_or_else(Refusal::not_found)?;
                match method {
                    "GET" => return Ok(one(200, &old)),
                    "DELETE" => {
                        volume.remove(&from);
                        Reply::empty(204)
                    }
                    "PUT" | "PATCH" => {
                        let body = check::body(request, VOLUME_PRICE, cx.switches)?;
                        let clears = method == "PUT" && cx.switches.is(&PUT_LEFT_OUT, "cleared");
                        let mut whole = if clears { Fields::new() } else { old };
                        check::required(&body, &["quantity"])?;
                        whole.extend(body);
                        let (to, row) = volume_row(price_list, whole, cx.switches)?;
                        if to != from {
                            return Err(Refusal::invalid("quantity: is not the one in the path"));
                        }
                        let reply = one(200, &row);
                        volume.insert(to, row);
                        reply
                    }
                    _ => return Err(Refusal::not_found()),
                }
            }
            _ => return Err(Refusal::not_found()),
        };
        self.part_changed(cx, place.0, By::Api, &PRICES_BUMP);
        Ok(reply)
    }

    /// What a shopper pays for a variant without VAT: the campaign price, else the price, in the master list.
    pub(super) fn sold_at(&self, variant: &Variant) -> Option<Decimal> {
        let master = self.registers.all("pricelists").find(|list| list.get("isMaster") == Some(&json!(true)));
        let master = master.and_then(|list| id(list, "pricelistId"));
        let price = master.and_then(|list| variant.price(list)).or_else(|| variant.prices.first())?;
        let of = |name: &str| price.fields.get(name).and_then(decimal);
        of("specialPriceExVat").or_else(|| of("priceExVat"))
    }
}

fn missing_list() -> Refusal {
    Refusal::invalid("pricelistId: is required")
}
