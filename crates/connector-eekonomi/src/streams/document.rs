//! What orders, drafts and invoices have in common beside their rows: references, terms, addresses, delivery, sums.

use rust_decimal::Decimal;
use serde_json::Value as Json;
use sync_core::{
    Error, ErrorKind, Field, FieldMap, FieldPath, Result, Value,
    capability::{DocumentCapability, FieldCapability, Prices, StreamCapability},
    model::{Address, Content, Order},
};

use super::{Shared, rows};
use crate::{
    columns::{Column, Form, column, within},
    config::MarkField,
    wire::Wire,
};

/// `leaf` of a document's content. Orders and invoices have it in the same place.
pub(crate) fn content(leaf: FieldPath) -> FieldPath {
    within(Order::CONTENT, leaf)
}
fn address(group: FieldPath, leaf: FieldPath) -> FieldPath {
    content(within(group, leaf))
}

/// The columns of a document's content. The field that keeps our mark is nobody else's.
pub(crate) fn columns(shared: &Shared, delivery_name_max: u32) -> Vec<Column> {
    let (text, own) = (Form::Text, Form::OwnText);
    let delivery = |leaf| address(Content::DELIVERY, leaf);
    let mut columns = vec![
        column("YourReference", content(Content::BUYER_REFERENCE), text).exact(100),
        column("TermsOfPaymentId", content(Content::PAYMENT_TERMS), Form::Code),
        column("DeliveryDate", content(Content::DELIVERY_ON), Form::Day),
        column("DeliveryCustomerName", delivery(Address::NAME), own).exact(delivery_name_max),
        column("DeliveryAddress1", delivery(Address::STREET), own).exact(50),
        column("DeliveryAddress2", delivery(Address::STREET_2), own).exact(50),
        column("DeliveryPostalCode", delivery(Address::POSTAL_CODE), own).exact(10),
        column("DeliveryCity", delivery(Address::CITY), own).exact(50),
        column("DeliveryCountryCode", delivery(Address::COUNTRY), text).exact(2),
    ];
    columns.push(match shared.config.mark {
        MarkField::BuyersOrderReference => column("OurReference", content(Content::SELLER_REFERENCE), text).exact(100),
        MarkField::OurReference => column("BuyersOrderReference", content(Content::BUYER_ORDER_NUMBER), text).exact(35),
    });
    columns
}

/// The address that an invoice goes to.
pub(crate) fn billing_columns() -> Vec<Column> {
    let billing = |leaf| address(Content::BILLING, leaf);
    vec![
        column("InvoiceCustomerName", billing(Address::NAME), Form::OwnText).exact(50),
        column("InvoiceAddress1", billing(Address::STREET), Form::OwnText).exact(50),
        column("InvoiceAddress2", billing(Address::STREET_2), Form::OwnText).exact(50),
        column("InvoicePostalCode", billing(Address::POSTAL_CODE), Form::OwnText).exact(10),
        column("InvoiceCity", billing(Address::CITY), Form::OwnText).exact(50),
        column("InvoiceCountryCode", billing(Address::COUNTRY), Form::Text).exact(2),
    ]
}

/// Declares what is not a column: lines, sums, delivery.
pub(crate) fn declare(can: &mut StreamCapability, writable: bool) {
    let rw = || if writable { FieldCapability::read_write() } else { FieldCapability::read_only() };
    can.fields.insert(content(Content::LINES), rw());
    can.fields.insert(content(Content::DELIVERY_METHOD), rw());
    can.fields.insert(content(Content::DELIVERY_TERMS), rw());
    // not set by anybody, but compared: a price with VAT in a document without it would be a wrong one
    can.fields.insert(content(Content::PRICES_INCLUDE_VAT), rw());
    for path in [Content::NET, Content::VAT, Content::GROSS, Content::ROUNDING] {
        can.fields.insert(content(path), FieldCapability::read_only());
    }
}

/// How documents add up. `quantity_scale`: decimals of a quantity.
pub(crate) fn capability(quantity_scale: u32) -> DocumentCapability {
    let mut document = DocumentCapability::default();
    // eEkonomi decides when it makes a document, by its buyer and by a setting whose meaning is not certain
    document.arithmetic.prices = Prices::ByBuyer;
    // four where buyer or currency is foreign; two are taken everywhere
    document.arithmetic.price_scale = 2;
    document.arithmetic.quantity_scale = quantity_scale;
    document.arithmetic.discount_scale = Some(rows::DISCOUNT_SCALE);
    document.arithmetic.vat_per_row = None;
    document.lines = rows::LEAVES.into();
    document.names_items = true;
    document
}

/// An address of which nothing is known to stand there is left to the customer's register.
pub(crate) fn without_empty_addresses(fields: &FieldMap) -> FieldMap {
    let mut kept = fields.clone();
    for group in [Content::BILLING, Content::DELIVERY] {
        let group = content(group);
        if fields.under(group).all_null() {
            kept = kept.filter(|path| !path.is_under(group));
        }
    }
    kept
}

/// Way and terms of delivery: on a document they are texts, with us the ids of the lists' entries.
const DELIVERIES: [(&str, &str, FieldPath); 2] = [
    ("deliverymethods", "DeliveryMethod", Content::DELIVERY_METHOD),
    ("deliveryterms", "DeliveryTerm", Content::DELIVERY_TERMS),
];

/// Reads way and terms of delivery; a text that is in no list goes through as it is.
pub(crate) fn read_delivery(shared: &Shared, wire: &Wire, fields: &mut FieldMap) -> Result<()> {
    for (list, stem, path) in DELIVERIES {
        let text = |leaf: &str| wire.text(&format!("{stem}{leaf}"));
        let (name, code, id) = (text("Name")?, text("Code")?, wire.id(&format!("{stem}Id"))?);
        let known = shared.company.named(list, name.value().map(String::as_str), code.value().map(String::as_str));
        let shown = match (id, known, name) {
            (Field::Set(id), _, _) => Value::from(id),
            (_, Some(known), _) => Value::from(known.id.as_str()),
            (_, None, Field::Set(name)) => Value::from(name),
            (_, None, Field::Empty) => Value::Null,
            (_, None, Field::Unknown) => continue,
        };
        fields.set(content(path), shown);
    }
    Ok(())
}

/// Writes way and terms of delivery.
pub(crate) fn write_delivery(shared: &Shared, sent: &FieldMap, body: &mut Wire) -> Result<()> {
    let mut now = FieldMap::new();
    read_delivery(shared, body, &mut now)?;
    for (list, stem, path) in DELIVERIES {
        let path = content(path);
        let Some(wanted) = sent.get(path).filter(|wanted| now.get(path) != Some(wanted)) else { continue };
        let (name, code) = match wanted.as_text() {
            None => (Json::Null, Json::Null),
            Some(id) => match shared.company.code(list, id) {
                Some(known) => (cut(&known.name, 50).into(), known.short.as_deref().map_or(Json::Null, Json::from)),
                None => (cut(id, 50).into(), Json::Null),
            },
        };
        body.set(&format!("{stem}Name"), name);
        body.set(&format!("{stem}Code"), code);
    }
    Ok(())
}

fn cut(text: &str, max: usize) -> String {
    text.chars().take(max).collect()
}

/// Our mark on a document.
pub(crate) fn mark(shared: &Shared, wire: &Wire) -> Option<String> {
    wire.text(shared.config.mark.name()).ok().and_then(Field::into_value)
}

/// Refuses prices that mean something else than the document says. `IncludesVat` is set by eEkonomi when a document is
/// made: a new one takes its prices as they are given, and tells afterwards what they mean.
pub(crate) fn check_prices(wanted: &Content, current: Option<&Wire>) -> Result<()> {
    let Some(current) = current else { return Ok(()) };
    let shown = current.flag("IncludesVat")?.into_value().unwrap_or(false);
    match wanted.prices_include_vat.value() {
        Some(includes) if *includes != shown => {
            let (theirs, ours) = if shown { ("with", "without") } else { ("without", "with") };
            let what = format!("prices are {ours} VAT, the document in eEkonomi is {theirs}: send them {theirs} VAT");
            Err(Error::new(ErrorKind::Invalid, "encode", what)
                .with_context("field", content(Content::PRICES_INCLUDE_VAT)))
        }
        _ => Ok(()),
    }
}

/// The sums of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) net: Decimal,
    pub(crate) vat: Decimal,
    pub(crate) gross: Decimal,
    pub(crate) rounding: Decimal,
}

impl Sums {
    /// From the total that is shown, VAT, rounding, and the sum of the rows without VAT. Whether the total contains the
    /// rounding, and on orders even the VAT, is not certain: where the rows and it agree in one way, that way it is.
    /// `total_has_vat` decides where they do not.
    pub(crate) fn of(
        total: Decimal,
        vat: Decimal,
        rounding: Decimal,
        net: Option<Decimal>,
        total_has_vat: bool,
    ) -> Self {
        match net {
            Some(net) if [net, net + vat, net + vat + rounding].contains(&total) => {
                Self { net, vat, gross: net + vat + rounding, rounding }
            }
            _ if total_has_vat => Self { net: total - vat - rounding, vat, gross: total, rounding },
            _ => Self { net: total, vat, gross: total + vat + rounding, rounding },
        }
    }
    /// Writes them into a content.
    pub(crate) fn put(self, content: &mut Content) {
        content.net = Field::Set(self.net.normalize());
        content.vat = Field::Set(self.vat.normalize());
        content.gross = Field::Set(self.gross.normalize());
        content.rounding = Field::Set(self.rounding.normalize());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dec(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn sums_are_read_in_each_form_that_may_be_met() {
        let (vat, none) = (dec("450"), Decimal::ZERO);
        let right = Sums { net: dec("1800"), vat, gross: dec("2250"), rounding: none };
        for (total, net, has_vat) in
            [("1800", Some("1800"), true), ("2250", Some("1800"), false), ("2250", None, true), ("1800", None, false)]
        {
            assert_eq!(Sums::of(dec(total), vat, none, net.map(dec), has_vat), right, "{total} {net:?}");
        }
        let rounding = dec("-0.40");
        let right = Sums { net: dec("100.32"), vat: dec("25.08"), gross: dec("125.00"), rounding };
        for total in ["125.40", "125.00"] {
            assert_eq!(Sums::of(dec(total), dec("25.08"), rounding, Some(dec("100.32")), true), right, "{total}");
        }
    }

    #[test]
    fn rows_that_disagree_do_not_replace_the_vendors_total() {
        let sums = Sums::of(dec("500"), dec("100"), Decimal::ZERO, Some(dec("1")), true);
        assert_eq!((sums.net, sums.gross), (dec("400"), dec("500")));
    }
}
