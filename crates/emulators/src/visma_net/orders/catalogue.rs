//! What the order service tells of customers and of stock.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::frame::{Cx, Reply, Request};

use super::super::{
    listing::Query,
    refusal::Refusal,
    store::{Company, Record},
    value::{Fields, amount, at, flag, list, number, object, read_stamp, rows, shown_utc, text, text_at, whole},
};
use super::{problem::plain, view};

impl Company {
    /// `/Customers`: one text is looked for in the id, the name, the GLN and the registration for tax.
    pub(super) fn v3_customers(&self, cx: &Cx<'_>, request: &Request) -> Result<Reply, Refusal> {
        let query = Query::of(request);
        let bounds = view::bounds(cx, &query, 100)?;
        let wanted = query.get("filter").map(str::to_lowercase).unwrap_or_default();
        let fits = |fields: &Fields| {
            ["number", "name", "gln", "vatRegistrationId"]
                .iter()
                .any(|name| text(fields, name).to_lowercase().contains(&wanted))
        };
        let found =
            self.all("customers").filter(|(id, record)| fits(&record.fields) && !self.hidden(cx, "customers", *id));
        Ok(view::paged(request, found.map(|(_, record)| customer(record)).collect(), bounds))
    }

    /// `/Customers/{id}/locations`.
    pub(super) fn v3_locations(&self, cx: &Cx<'_>, id: &str) -> Result<Reply, Refusal> {
        let missing = || plain(404, "The customer cannot be found.");
        let (_, owner) = self.find("customers", "number", id).ok_or_else(missing)?;
        let own = text(&owner.fields, "number");
        let ours = self.all("locations").filter(|(_, record)| text_at(&record.fields, "baccount.number") == own);
        let ours = ours.filter(|(id, _)| !self.hidden(cx, "locations", *id)).map(|(_, record)| place(&record.fields));
        Ok(Reply::json(200, &list(ours.collect::<Vec<_>>())))
    }

    /// `/Inventory`: stock by warehouse.
    pub(super) fn v3_inventory(&self, cx: &Cx<'_>, request: &Request) -> Result<Reply, Refusal> {
        let query = Query::of(request);
        let bounds = view::bounds(cx, &query, 10_000)?;
        let since = view::since(&query)?;
        let asks = |name: &str, value: &str| {
            let mut wanted = query.all(name).peekable();
            wanted.peek().is_none() || wanted.any(|wanted| wanted.eq_ignore_ascii_case(value))
        };
        let expanded = |part: &str| {
            let mut words = query.all("expand").flat_map(|words| words.split(','));
            words.any(|word| word.trim().eq_ignore_ascii_case(part) || word.trim().eq_ignore_ascii_case("All"))
        };
        let warehouses =
            self.all("warehouses").map(|(id, record)| (text(&record.fields, "warehouseID").to_owned(), (id, record)));
        let warehouses = warehouses.collect::<BTreeMap<_, _>>();
        let mut found = Vec::new();
        for (id, record) in self.all("items") {
            let item = &record.fields;
            if !flag(item, "stockItem")
                || !asks("inventoryId", text(item, "inventoryNumber"))
                || self.hidden(cx, "items", id)
            {
                continue;
            }
            let mut availability = Vec::new();
            for detail in rows(item, "warehouseDetails") {
                let Some((number, warehouse)) = warehouses.get(text(detail, "warehouse")) else { continue };
                let changed = read_stamp(text(detail, "lastModifiedDateTime"), cx.switches).unwrap_or(record.modified);
                let late = since.is_none_or(|since| changed.timestamp_millis() >= since.timestamp_millis());
                if late && asks("warehouseId", text(detail, "warehouse")) {
                    availability.push(self.stock(item, detail, (*number, warehouse), changed, expanded("Location")));
                }
            }
            if availability.is_empty() {
                continue;
            }
            let mut row = object(json!({ "inventoryId": text(item, "inventoryNumber"), "internalId": id,
                "description": text(item, "description"), "baseUnit": text(item, "baseUnit"),
                "availability": list(availability) }));
            if expanded("Attribute") {
                let all = rows(item, "attributes")
                    .map(|row| (text(row, "id").to_owned(), row.get("value").cloned().unwrap_or_default()));
                row.insert("attributes".into(), Value::Object(all.collect()));
            }
            found.push(row);
        }
        Ok(view::paged(request, found, bounds))
    }

    fn stock(
        &self,
        item: &Fields,
        detail: &Fields,
        (id, warehouse): (u64, &Record),
        changed: DateTime<Utc>,
        locations: bool,
    ) -> Fields {
        let hand = amount(detail, "quantityOnHand");
        let available = amount(detail, "available");
        let cost = amount(item, "lastCost");
        let mut row = object(json!({ "warehouseId": text(detail, "warehouse"), "internalWarehouseId": id,
            "description": text(&warehouse.fields, "description"), "lastModified": shown_utc(changed),
            "quantityOnHand": number(hand), "quantityAvailable": number(available),
            "quantityAvailableForShipment": number(amount(detail, "availableForShipment")),
            "quantityNotAvailable": number(hand.saturating_sub(available)), "quantityPurchaseOrders": 0,
            "estimatedUnitCost": number(cost), "estimatedTotalCost": number(hand.saturating_mul(cost)) }));
        if locations {
            let places = rows(&warehouse.fields, "locations").take(1).map(|place| {
                let mut own = row.clone();
                own.retain(|name, _| name.starts_with("quantity") || name == "lastModified");
                own.insert("locationId".into(), json!(text(place, "locationId")));
                own.insert("internalLocationId".into(), json!(1));
                own.insert("description".into(), json!(text(place, "description")));
                own
            });
            let places = list(places.collect::<Vec<_>>());
            row.insert("locations".into(), places);
        }
        row
    }
}

fn customer(record: &Record) -> Fields {
    let fields = &record.fields;
    let mut out = Fields::new();
    for (name, path) in [
        ("id", "number"),
        ("internalId", "internalId"),
        ("name", "name"),
        ("status", "status"),
        ("salutation", "mainContact.attention"),
        ("customerClassId", "customerClass.id"),
        ("currencyId", "currencyId"),
        ("addressLine1", "mainAddress.addressLine1"),
        ("addressLine2", "mainAddress.addressLine2"),
        ("postalCode", "mainAddress.postalCode"),
        ("country", "mainAddress.country.id"),
    ] {
        out.insert(name.into(), at(fields, path).cloned().unwrap_or_default());
    }
    let place = json!({ "id": text_at(fields, "location.id"), "name": text_at(fields, "location.name"), "gln": text(fields, "gln"),
        "corporateId": text(fields, "corporateId"), "taxRegistrationId": text(fields, "vatRegistrationId"),
        "countryId": text_at(fields, "location.countryId") });
    out.insert("defaultLocation".into(), place);
    out
}

fn place(fields: &Fields) -> Fields {
    object(
        json!({ "id": text(fields, "locationId"), "internalId": whole(fields, "internalId"), "name": text(fields, "locationName"),
        "gln": text(fields, "gln"), "corporateId": text(fields, "corporateId"), "taxRegistrationId": text(fields, "vatRegistrationId"),
        "countryId": text_at(fields, "address.country.id"), "taxZoneId": text_at(fields, "vatZone.id"),
        "address": { "line1": text_at(fields, "address.addressLine1"), "postalCode": text_at(fields, "address.postalCode"),
            "city": text_at(fields, "address.city") } }),
    )
}
