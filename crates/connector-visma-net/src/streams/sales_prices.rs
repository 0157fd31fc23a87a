//! `/v1/customerSalesPrice`: prices by list, customer and quantity, as they hold today. Which hold changes with the day
//! and moves no stamp, so they are always read whole.

use std::sync::Arc;

use serde::Deserialize;
use sync_core::{
    Context, EntityKind, Field, Result, StreamId,
    capability::{FieldCapability, Listing, StreamCapability},
    connector::ListFrom,
    handler::{Head, RawPage, Shown, StreamHandler},
    model::Price,
};
use sync_http::Request;

use super::{METADATA, Shared, inventory::INVENTORY};
use crate::{
    client::{PAGE_MAX, Place, Resource},
    columns::own,
    config::Prices,
    wire::Wire,
};

const PRICES: &str = "sales_prices";
static RESOURCE: Resource = Resource {
    name: PRICES,
    all: "/v1/customerSalesPrice",
    one: "/v1/customerSalesPrice/{id}",
    create_at: "/v1/customerSalesPrice",
    list: "list prices",
    get: "read price",
    find: "find prices",
    create: "create price",
    update: "update price",
    remove: "delete price",
    given: None,
    paged: true,
    created: false,
    with: &[],
};
/// Texts that are shown as they are.
const OWN: [&str; 4] = ["priceType", "priceCode", "uoM", "description"];
const TYPES: [&str; 4] = ["All", "Base", "Customer", "CustomerPriceClass"];

/// The key of a row, and nothing else.
#[derive(Deserialize)]
pub(crate) struct Row {
    #[serde(rename = "recordId")]
    id: i64,
}

/// The handler.
#[derive(Debug)]
pub(crate) struct SalesPrices {
    shared: Arc<Shared>,
}

impl SalesPrices {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }
    /// The list that a price stands in: a price class, or what a single customer pays.
    fn list(read: &Wire) -> Result<Field<String>> {
        let code = read.text("priceCode")?;
        Ok(match read.word("priceType", &TYPES)? {
            Field::Set("CustomerPriceClass") => code,
            Field::Set("Customer") => code.map(|customer| format!("customer:{customer}")),
            _ => Field::Empty,
        })
    }
}

impl StreamHandler for SalesPrices {
    type Row = Row;
    type Read = Wire;
    type Body = ();

    fn stream(&self) -> StreamId {
        PRICES.into()
    }
    fn capability(&self) -> StreamCapability {
        let mut can = StreamCapability::new(EntityKind::Price);
        can.list = Some(Listing::complete(PAGE_MAX));
        can.stamps = true;
        let shown = [
            Price::ITEM,
            Price::SKU,
            Price::LIST,
            Price::CURRENCY,
            Price::FROM_QUANTITY,
            Price::INCLUDES_VAT,
            Price::AMOUNT,
            Price::CAMPAIGN_AMOUNT,
            Price::CAMPAIGN_FROM,
            Price::CAMPAIGN_TO,
        ];
        let paths = shown.into_iter().chain(OWN.map(own));
        can.fields.extend(paths.map(|path| (path, FieldCapability::read_only())));
        let names = [
            (Price::ITEM, "inventoryId"),
            (Price::LIST, "priceCode"),
            (Price::CURRENCY, "currency"),
            (Price::FROM_QUANTITY, "breakQty"),
            (Price::AMOUNT, "price"),
            (Price::CAMPAIGN_FROM, "effectiveDate"),
            (Price::CAMPAIGN_TO, "expirationDate"),
        ];
        self.shared.describe(&mut can, &names);
        can
    }
    fn volatile(&self) -> &[&'static str] {
        &METADATA
    }
    fn row_id(&self, row: &Row) -> String {
        row.id.to_string()
    }
    fn head(&self, read: &Wire) -> Head {
        self.shared.head(read)
    }
    fn decode(&self, read: &Wire) -> Result<Vec<Shown>> {
        let zone = self.shared.api.zone;
        let mut price = Price::new().list(Self::list(read)?);
        price.item = self.shared.linked(INVENTORY, read.text("inventoryId")?);
        price.sku = read.text("inventoryId")?;
        price.currency = read.text("currency")?;
        price.from_quantity = read.amount("breakQty")?;
        price.includes_vat = Field::Set(self.shared.config.prices == Prices::WithVat);
        let amount = read.amount("price")?;
        if read.flag("promotion")? == Field::Set(true) {
            price.campaign_amount = amount;
            price.campaign_from = read.day("effectiveDate", zone)?;
            price.campaign_to = read.day("expirationDate", zone)?;
        } else {
            price.amount = amount;
        }
        let mut shown = Shown::of(PRICES, &price);
        for name in OWN {
            if let Field::Set(text) = read.text(name)? {
                shown = shown.extra(own(name), text);
            }
        }
        Ok(vec![shown])
    }

    async fn list(&self, cx: &Context, from: &ListFrom, page_size: u32) -> Result<RawPage> {
        let place = Place::of(RESOURCE.list, from, false)?;
        let today = cx.clock.now().with_timezone(&self.shared.api.zone).date_naive();
        let request = Request::get(RESOURCE.list, RESOURCE.all).query("effectiveAsOf", format!("{today}T00:00:00"));
        self.shared.api.paged(cx, &RESOURCE, request, &place, page_size).await
    }
}
