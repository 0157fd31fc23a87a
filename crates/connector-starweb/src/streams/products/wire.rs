//! A product with one of its variants, as the shop sends it and as rows are made of it.

use std::{collections::BTreeMap, fmt};

use chrono::{DateTime, FixedOffset};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};
use sync_core::error::{Error, ErrorKind, Result};

use crate::{
    codes::Named,
    wire::{Data, Included, Listed, Told},
};

/// Product and variant; a product alone in what a webhook names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Id {
    pub(super) product: u64,
    pub(super) variant: Option<u64>,
}

impl Id {
    /// `<product>-<variant>`, or the product alone; `None` for anything else.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let number = |text: &str| {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            if digits { text.parse().ok() } else { None }
        };
        match text.split_once('-') {
            Some((product, variant)) => Some(Self { product: number(product)?, variant: Some(number(variant)?) }),
            None => Some(Self { product: number(text)?, variant: None }),
        }
    }
    /// Both of a record that there is.
    ///
    /// # Errors
    /// `NotFound` for an id that is none of this stream's.
    pub(super) fn whole(operation: &'static str, text: &str) -> Result<(u64, u64)> {
        match Self::parse(text) {
            Some(Self { product, variant: Some(variant) }) => Ok((product, variant)),
            _ => Err(Error::new(ErrorKind::NotFound, operation, format!("there is no product variant '{text}'"))),
        }
    }
}
impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.variant {
            Some(variant) => write!(f, "{}-{variant}", self.product),
            None => write!(f, "{}", self.product),
        }
    }
}

/// The ids alone, of a row in the form that [`with_variant`] makes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Row {
    product_id: u64,
    variants: Data<Vec<VariantId>>,
}
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct VariantId {
    pub(super) variant_id: u64,
}

impl Row {
    pub(super) fn id(&self) -> Id {
        Id { product: self.product_id, variant: self.variants.data.first().map(|variant| variant.variant_id) }
    }
}

/// What decides how rows are made of a product.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Peek<'a> {
    pub(super) product_id: u64,
    #[serde(default)]
    has_several_variants: Told<bool>,
    #[serde(borrow, default)]
    variants: Option<&'a RawValue>,
    #[serde(borrow, default)]
    primary_variant: Option<&'a RawValue>,
}

impl<'a> Peek<'a> {
    /// `None` for a row without a readable id, which is told of where rows are read.
    pub(super) fn at(row: &'a RawValue) -> Option<Self> {
        serde_json::from_str(row.get()).ok()
    }
    pub(super) fn has_several(&self) -> bool {
        self.has_several_variants.get() == Some(true)
    }
    /// The variant that came along: in a list or alone, with its envelope or without.
    pub(super) fn variant(&self) -> Option<Box<RawValue>> {
        #[derive(Deserialize)]
        struct Envelope<'a> {
            #[serde(borrow)]
            data: &'a RawValue,
        }
        let shown = self.variants.or(self.primary_variant)?.get();
        let bare = serde_json::from_str::<Envelope<'_>>(shown).map_or(shown, |envelope| envelope.data.get());
        let first = match serde_json::from_str::<Vec<&RawValue>>(bare) {
            Ok(all) => all.first()?.get(),
            Err(_) => bare,
        };
        serde_json::from_str::<VariantId>(first).ok()?;
        RawValue::from_string(first.to_owned()).ok()
    }
}

/// A product's row with this variant, or with none, as its `variants`. The rest of the row is as it came.
pub(super) fn with_variant(row: &RawValue, variant: Option<&RawValue>) -> Result<Box<RawValue>> {
    let wrong = |_| Error::new(ErrorKind::Protocol, "read product", "a product is not in the form that is expected");
    let mut members: BTreeMap<String, Box<RawValue>> = serde_json::from_str(row.get()).map_err(wrong)?;
    members.remove("primaryVariant");
    let variants: BTreeMap<&str, Vec<&RawValue>> = BTreeMap::from([("data", variant.into_iter().collect())]);
    members.insert("variants".to_owned(), to_raw_value(&variants).map_err(wrong)?);
    to_raw_value(&members).map_err(wrong)
}

/// A product with its own fields.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Product {
    pub(super) product_id: Told<i64>,
    pub(super) created_at: Told<DateTime<FixedOffset>>,
    pub(super) modified_at: Told<DateTime<FixedOffset>>,
    pub(super) external_id: Told<String>,
    pub(super) default_vat_rate: Told<Decimal>,
    pub(super) visibility: Told<String>,
    pub(super) manufacturer_id: Told<i64>,
    pub(super) unit_id: Told<i64>,
    pub(super) accounting: Told<String>,
    pub(super) has_several_variants: Told<bool>,
    pub(super) variants: Included<Vec<Variant>>,
    pub(super) languages: Listed<Text>,
    pub(super) categories: Listed<Category>,
    pub(super) media_files: Listed<Media>,
}

/// What can be bought.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Variant {
    pub(super) variant_id: Told<i64>,
    pub(super) sku: Told<String>,
    pub(super) is_active: Told<bool>,
    pub(super) stock_status_id: Told<i64>,
    pub(super) stock_quantity: Told<Decimal>,
    pub(super) weight_in_kg: Told<Decimal>,
    pub(super) cost_price: Told<Decimal>,
    pub(super) ean: Told<String>,
    pub(super) mpn: Told<String>,
    pub(super) prices: Listed<PriceRow>,
    pub(super) attribute_values: Listed<AttributeValue>,
}

/// A variant's price in one list, without VAT.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct PriceRow {
    pub(super) pricelist_id: Told<i64>,
    pub(super) price_ex_vat: Told<Decimal>,
    pub(super) special_price_ex_vat: Told<Decimal>,
}

/// What tells a variant from the product's others: a colour, a size. Its names come with an envelope or without, as the
/// list that it stands in does.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct AttributeValue {
    pub(super) languages: Listed<Named>,
}

/// A product's texts in one language.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Text {
    pub(super) lang_code: Told<String>,
    pub(super) name: Told<String>,
    pub(super) short_description: Told<String>,
    pub(super) permalink: Told<String>,
}

/// A category that a product stands in.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Category {
    pub(super) category_id: Told<i64>,
}

/// A picture or document of a product.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Media {
    pub(super) media_file_id: Told<i64>,
}

impl Product {
    pub(super) fn has_several(&self) -> bool {
        self.has_several_variants.get() == Some(true)
    }
    /// The variant of this row.
    pub(super) fn variant(&self) -> Option<&Variant> {
        self.variants.0.value()?.first()
    }
    /// The texts in this language, else in the first one that there is.
    pub(super) fn text(&self, language: &str) -> Option<&Text> {
        let all = self.languages.0.value()?;
        all.iter().find(|text| text.lang_code.text() == language).or(all.first())
    }
    pub(super) fn id(&self) -> Option<String> {
        let variant = self.variant()?.variant_id.get()?;
        Some(format!("{}-{variant}", self.product_id.get()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).unwrap()
    }
    fn id_of(row: &RawValue) -> String {
        serde_json::from_str::<Row>(row.get()).unwrap().id().to_string()
    }

    #[test]
    fn a_variant_is_found_in_every_form_that_it_may_come_in() {
        for shown in [
            r#""variants":{"data":[{"variantId":9}]}"#,
            r#""variants":[{"variantId":9}]"#,
            r#""primaryVariant":{"data":{"variantId":9}}"#,
            r#""primaryVariant":{"variantId":9}"#,
        ] {
            let row = raw(&format!(r#"{{"productId":7,{shown},"price":1.10}}"#));
            let variant = Peek::at(&row).unwrap().variant().unwrap();
            let made = with_variant(&row, Some(&variant)).unwrap();
            assert_eq!(id_of(&made), "7-9", "{shown}");
            assert!(made.get().contains("1.10") && !made.get().contains("primaryVariant"), "{}", made.get());
        }
        for none in [r#""variants":{"data":[]}"#, r#""variants":null"#, r#""other":1"#] {
            let row = raw(&format!(r#"{{"productId":7,{none}}}"#));
            assert!(Peek::at(&row).unwrap().variant().is_none(), "{none}");
            assert_eq!(id_of(&with_variant(&row, None).unwrap()), "7");
        }
    }

    #[test]
    fn ids_are_two_numbers_or_one_and_nothing_else() {
        for text in ["7-9", "7"] {
            assert_eq!(Id::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "-", "7-", "-9", "+7", "7-9-1", "7/9", "x"] {
            assert_eq!(Id::parse(text), None, "{text}");
        }
        assert_eq!(Id::whole("update", "7").unwrap_err().kind(), ErrorKind::NotFound);
    }
}
