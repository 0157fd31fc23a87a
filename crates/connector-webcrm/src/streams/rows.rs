//! Quotation lines on their way out: what is sent for a line, and which of the lines that are there it stands for.
//!
//! The id of a row outlives a change, so rows are kept, changed, added and removed by their ids. A line is the row with its
//! key and number, else the next one with its number. Lines that other systems made have keys of theirs.

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Map, Value as Json};
use sync_core::{
    StreamKey,
    error::{Error, ErrorKind, Result},
    model::{Content, Line, LineKind, Order},
};

use super::{items::NOTHING, records::KEPT};
use crate::{
    client::Resource,
    config::{Columns, Config, LinePrice, Updates},
    wire::{Wire, number, same},
};

/// Lines by their own address.
pub(super) const LINE: Resource = Resource {
    entity: PREFIX,
    all: "/QuotationLines",
    one: "/QuotationLines/{id}",
    list: "list lines",
    get: "get line",
    find: "find lines",
    create: "add lines",
    update: "change lines",
};

const PREFIX: &str = "QuotationLine";
const ID: &str = "QuotationLineId";
const ORDER: &str = "QuotationLineSortOrder";
/// Rows are counted in tens, as the vendor's own screens do.
const STEP: u32 = 10;

/// A line that is to be there.
pub(super) struct Wanted {
    key: Option<String>,
    sku: String,
    body: Map<String, Json>,
}

/// What makes the lines of a document those that are wanted.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Changes {
    pub(super) add: Vec<Map<String, Json>>,
    pub(super) change: Vec<Map<String, Json>>,
    pub(super) remove: Vec<String>,
}

impl Changes {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// How lines are written in this system.
#[derive(Debug)]
pub(super) struct Rows<'a> {
    pub(super) config: &'a Config,
    pub(super) items: &'a StreamKey,
}

impl Rows<'_> {
    /// What is sent for each line.
    pub(super) fn wanted(&self, content: &Content) -> Result<Vec<Wanted>> {
        let lines: &[Line] = content.lines.value().map_or(&[], |lines| lines);
        lines.iter().zip(1_u32..).map(|(line, place)| self.one(line, place)).collect()
    }
    fn one(&self, line: &Line, place: u32) -> Result<Wanted> {
        let columns = self.config.columns.as_ref();
        let mut body = Map::new();
        let sku = line.sku.as_deref().unwrap_or_default();
        let mut column = |nth: Option<u8>, text: &str| {
            if let Some(nth) = nth {
                body.insert(format!("{PREFIX}Data{nth}"), text.into());
            }
        };
        column(columns.map(|columns| columns.number), sku);
        if !line.text.is_unknown() {
            column(columns.map(|columns| columns.name), line.text.as_deref().unwrap_or_default());
        }
        if !line.unit.is_unknown() {
            column(columns.and_then(|columns| columns.unit), line.unit.as_deref().unwrap_or_default());
        }
        if columns.is_none() {
            if !sku.is_empty() {
                let what = "its number has no place: name the data columns in `columns`";
                return Err(refused(place, what));
            }
            if let Some(text) = line.text.value().map(String::as_str).or(line.text.is_empty().then_some("")) {
                body.insert(format!("{PREFIX}Memo"), text.into());
            }
        }
        body.insert(ORDER.to_owned(), place.saturating_mul(STEP).into());
        for (name, amount) in self.amounts(line, place)? {
            body.insert(format!("{PREFIX}{name}"), number(amount));
        }
        if let Some(item) = self.item(line, place)? {
            body.insert(format!("{PREFIX}LinkedDataId"), item.into());
        }
        Ok(Wanted { key: line.key.value().cloned(), sku: sku.to_owned(), body })
    }
    /// Quantity, prices and VAT. A text has neither quantity nor price.
    fn amounts(&self, line: &Line, place: u32) -> Result<Vec<(&'static str, Decimal)>> {
        let zero = Decimal::ZERO;
        if line.kind.value() == Some(&LineKind::Text) {
            return Ok(["Quantity", "ListPrice", "Discount", "Price"].map(|name| (name, zero)).into());
        }
        if line.discount_amount.value().is_some_and(|amount| !amount.is_zero()) {
            return Err(refused(place, "a discount as an amount cannot be sent; give it as a line of its own"));
        }
        let fine = |what: &str, given: Option<&Decimal>, without: Option<Decimal>| {
            let amount = given.copied().or(without).ok_or_else(|| refused(place, &format!("{what} is missing")))?;
            let amount = amount.normalize();
            if amount.scale() > self.config.decimals {
                return Err(refused(
                    place,
                    &format!("{what} has more than {} decimals; round it", self.config.decimals),
                ));
            }
            Ok(amount)
        };
        let quantity = fine("the quantity", line.quantity.value(), None)?;
        let list = fine("the unit price", line.unit_price.value(), None)?;
        let discount = fine("the discount in percent", line.discount_percent.value(), Some(zero))?;
        if quantity.is_zero() && !list.is_zero() {
            return Err(refused(place, "it has a price and no quantity"));
        }
        let left = Decimal::ONE_HUNDRED.checked_sub(discount);
        let each = left.and_then(|left| list.checked_mul(left)?.checked_div(Decimal::ONE_HUNDRED));
        let price = match self.config.line_price {
            LinePrice::Unit => each.map(|each| round(each, self.config.decimals)),
            LinePrice::LineTotalAfterDiscount => {
                each.and_then(|each| each.checked_mul(quantity)).map(|whole| round(whole, 2))
            }
        };
        let price = price.ok_or_else(|| refused(place, "its amount is too large to calculate with"))?;
        let mut all = vec![("Quantity", quantity), ("ListPrice", list), ("Discount", discount), ("Price", price)];
        if let Some(rate) = line.vat_rate.value() {
            all.push(("VatPercentage", fine("the VAT rate", Some(rate), None)?));
        }
        Ok(all)
    }
    /// The record of the catalogue that the line names.
    fn item(&self, line: &Line, place: u32) -> Result<Option<u32>> {
        let named = line.item.value().and_then(|link| link.external());
        let ours = named.filter(|item| item.at == *self.items).and_then(|item| item.id.parse::<u32>().ok());
        let needed = self.config.lines_name_items && line.kind.value() != Some(&LineKind::Text);
        if ours.is_none() && needed {
            return Err(refused(place, "it names no item of the catalogue, which this system wants; link its item"));
        }
        Ok(ours)
    }
    /// What is to be done so that `there` becomes what is wanted. Rows that are not in `there` are left alone.
    pub(super) fn changes(&self, head: &Head<'_>, wanted: &[Wanted], there: &[Wire]) -> Changes {
        let mut left: Vec<&Wire> = there.iter().collect();
        left.sort_by_key(|row| (whole(row, ORDER).unwrap_or(i64::MAX), whole(row, ID)));
        let mut changes = Changes::default();
        // those with their own key first: a row must not be taken by another line with its number
        let mut taken: Vec<Option<&Wire>> = wanted.iter().map(|one| self.take(&mut left, one, true)).collect();
        for (one, place) in wanted.iter().zip(&mut taken) {
            if place.is_none() {
                *place = self.take(&mut left, one, false);
            }
        }
        for (one, row) in wanted.iter().zip(taken) {
            match row {
                Some(row) => changes.change.extend(self.changed(one, row)),
                None => changes.add.push(added(head, one)),
            }
        }
        changes.remove = left.into_iter().filter_map(|row| whole(row, ID)).map(|id| id.to_string()).collect();
        changes
    }
    fn take<'w>(&self, left: &mut Vec<&'w Wire>, one: &Wanted, by_key: bool) -> Option<&'w Wire> {
        let columns = self.config.columns.as_ref();
        let sku = |row: &Wire| {
            let told = super::items::column(row, PREFIX, columns.map(|columns: &Columns| columns.number));
            told.ok().and_then(sync_core::Field::into_value).unwrap_or_default()
        };
        let is_key = |row: &Wire| whole(row, ID).map(|id| id.to_string()) == one.key;
        let found = left.iter().position(|row| sku(row) == one.sku && (!by_key || is_key(row)))?;
        Some(left.remove(found))
    }
    /// What is sent of a row that is there, if anything differs.
    fn changed(&self, one: &Wanted, row: &Wire) -> Option<Map<String, Json>> {
        let kept = |key: &str, value: &Json| {
            // what reading does not show cannot be compared; it goes along with what differs
            row.0
                .get(key)
                .map_or(key.ends_with("LinkedDataId"), |kept| same(value, kept) || value == "" && kept == NOTHING)
        };
        if one.body.iter().all(|(key, value)| kept(key, value)) {
            return None;
        }
        let mut body = match self.config.updates {
            Updates::Merge => Map::new(),
            Updates::Replace => {
                let goes_back = |key: &String| !KEPT.iter().any(|kept| key.ends_with(kept));
                row.0
                    .iter()
                    .filter(|(key, _)| goes_back(key))
                    .map(|(key, value)| (key.clone(), value.clone()))
                    .collect()
            }
        };
        body.extend(one.body.iter().map(|(key, value)| (key.clone(), value.clone())));
        body.insert(ID.to_owned(), row.0.get(ID).cloned().unwrap_or_default());
        Some(body)
    }
}

/// The document that lines hang on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head<'a> {
    pub(super) id: &'a str,
    pub(super) organisation: Option<u32>,
}

fn added(head: &Head<'_>, one: &Wanted) -> Map<String, Json> {
    let mut body = one.body.clone();
    body.insert(ID.to_owned(), 0.into());
    body.insert(format!("{PREFIX}OpportunityId"), head.id.parse::<u32>().map_or(Json::Null, Json::from));
    if let Some(organisation) = head.organisation {
        body.insert(format!("{PREFIX}OrganisationId"), organisation.into());
    }
    body
}

fn whole(row: &Wire, key: &str) -> Option<i64> {
    row.whole(key).ok().and_then(sync_core::Field::into_value)
}

fn round(amount: Decimal, scale: u32) -> Decimal {
    amount.round_dp_with_strategy(scale, RoundingStrategy::MidpointAwayFromZero)
}

fn refused(place: u32, what: &str) -> Error {
    let field = Order::CONTENT.join(Content::LINES.as_str());
    Error::new(ErrorKind::Invalid, "encode", format!("line {place}: {what}")).with_context("field", field)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use sync_core::model::Lines;

    use super::*;

    fn config(change: impl FnOnce(&mut Config)) -> Config {
        let base = "https://api.example".parse().unwrap();
        let mut config = Config::new(base, "t".to_owned(), LinePrice::LineTotalAfterDiscount);
        config = config.with_columns(1, 2, Some(4), None);
        change(&mut config);
        config
    }
    fn items() -> StreamKey {
        StreamKey::new("webcrm:crm", "items")
    }
    fn line(sku: &str, quantity: i64, price: &str) -> Line {
        let line = Line::new().kind(LineKind::Item).sku(sku.to_owned()).text(format!("Name of {sku}"));
        line.quantity(quantity).unit_price(price.parse::<Decimal>().unwrap()).unit("stk".to_owned())
    }
    fn wanted(config: &Config, lines: &[Line]) -> Result<Vec<Wanted>> {
        let items = items();
        let content = Content::new().lines(Lines::from(lines.to_vec()));
        Rows { config, items: &items }.wanted(&content)
    }
    fn row(id: u64, sku: &str, quantity: u64, price: &str, total: &str, order: u64) -> Wire {
        let amount = |text: &str| serde_json::from_str::<Json>(text).unwrap();
        let json = json!({ "QuotationLineId": id, "QuotationLineData1": sku, "QuotationLineData2": format!("Name of {sku}"),
            "QuotationLineData4": "stk", "QuotationLineQuantity": quantity, "QuotationLineListPrice": amount(price),
            "QuotationLineDiscount": 0, "QuotationLinePrice": amount(total), "QuotationLineSortOrder": order,
            "QuotationLineStockStatus": "3 left", "QuotationLineUpdatedAt": "2024-06-12T08:00:00+01:00" });
        serde_json::from_value(json).unwrap()
    }
    fn changes(config: &Config, lines: &[Line], there: &[Wire]) -> Changes {
        let (items, wanted) = (items(), wanted(config, lines).unwrap());
        Rows { config, items: &items }.changes(&Head { id: "8", organisation: Some(1) }, &wanted, there)
    }

    #[test]
    fn a_price_is_sent_as_the_setting_means_it() {
        let one = [line("A", 3, "100").discount_percent(10)];
        for (means, price) in [(LinePrice::Unit, "90"), (LinePrice::LineTotalAfterDiscount, "270")] {
            let sent = wanted(&config(|config| config.line_price = means), &one).unwrap();
            assert_eq!(sent[0].body["QuotationLinePrice"].to_string(), price);
            assert_eq!(sent[0].body["QuotationLineListPrice"].to_string(), "100");
            assert_eq!(sent[0].body["QuotationLineSortOrder"], 10);
        }
        let odd = wanted(&config(|_| ()), &[line("A", 3, "0.335")]).unwrap();
        assert_eq!(odd[0].body["QuotationLinePrice"].to_string(), "1.01", "an amount is in cents");
    }

    #[test]
    fn what_cannot_be_said_of_a_line_is_refused_naming_it() {
        let amount = line("B", 1, "10").discount_amount(Decimal::ONE);
        let fine = line("B", 1, "10.12345");
        let nothing = Line::new().kind(LineKind::Item).sku("B".to_owned());
        for bad in [amount, fine, nothing, line("B", 0, "5")] {
            let error = wanted(&config(|_| ()), &[line("A", 1, "1"), bad]).err().unwrap();
            assert!(error.kind() == ErrorKind::Invalid && error.message().starts_with("line 2: "), "{error}");
        }
        let nameless = wanted(&config(|config| config.lines_name_items = true), &[line("A", 1, "1")]).err().unwrap();
        assert!(nameless.message().contains("catalogue"), "{nameless}");
        let homeless = wanted(&config(|config| config.columns = None), &[line("A", 1, "1")]).err().unwrap();
        assert!(homeless.message().contains("columns"), "{homeless}");
    }

    #[test]
    fn rows_that_are_as_they_should_be_are_left_alone() {
        let there = [row(50, "A", 2, "10", "20", 10), row(51, "B", 1, "5.0", "5", 20)];
        assert!(changes(&config(|_| ()), &[line("A", 2, "10"), line("B", 1, "5")], &there).is_empty());
    }

    #[test]
    fn rows_are_changed_added_and_removed_by_their_ids() {
        let there = [row(50, "A", 2, "10", "20", 10), row(51, "B", 1, "5", "5", 20)];
        let made = changes(&config(|_| ()), &[line("A", 3, "10"), line("C", 1, "7")], &there);
        let expected = json!([{ "QuotationLineId": 50, "QuotationLineData1": "A", "QuotationLineData2": "Name of A",
            "QuotationLineData4": "stk", "QuotationLineQuantity": 3, "QuotationLineListPrice": 10,
            "QuotationLineDiscount": 0, "QuotationLinePrice": 30, "QuotationLineSortOrder": 10 }]);
        assert_eq!(json!(made.change), expected);
        assert_eq!(made.remove, ["51"]);
        assert_eq!((made.add.len(), &made.add[0]["QuotationLineId"]), (1, &json!(0)));
        assert_eq!(made.add[0]["QuotationLineOpportunityId"], 8);
        assert_eq!(made.add[0]["QuotationLineOrganisationId"], 1);
    }

    #[test]
    fn of_two_rows_with_one_number_each_keeps_its_own() {
        let there = [row(50, "A", 2, "10", "20", 10), row(51, "A", 5, "10", "50", 20)];
        let second = line("A", 6, "10").key("51".to_owned());
        let made = changes(&config(|_| ()), &[second], &there);
        assert_eq!((made.remove, &made.change[0]["QuotationLineId"]), (vec!["50".to_owned()], &json!(51)));
        let keyless = changes(&config(|_| ()), &[line("A", 2, "10"), line("A", 5, "10")], &there);
        assert!(keyless.is_empty());
    }

    #[test]
    fn where_a_change_replaces_the_whole_row_goes_back() {
        let there = [row(50, "A", 2, "10", "20", 10)];
        let made = changes(&config(|config| config.updates = Updates::Replace), &[line("A", 3, "10")], &there);
        assert_eq!(made.change[0]["QuotationLineStockStatus"], "3 left");
        assert!(!made.change[0].contains_key("QuotationLineUpdatedAt"));
    }

    #[test]
    fn a_line_names_its_item_where_that_is_one_of_this_system() {
        let ours = line("A", 1, "1").item(items().id("31"));
        let theirs = line("A", 1, "1").item(StreamKey::new("erp:x", "items").id("31"));
        let sent = wanted(&config(|_| ()), &[ours, theirs]).unwrap();
        assert_eq!(sent[0].body.get("QuotationLineLinkedDataId"), Some(&json!(31)));
        assert_eq!(sent[1].body.get("QuotationLineLinkedDataId"), None);
    }
}
