//! The vendor's write models of products and of what products refer to, with their limits, from its description 2.12.0.

use super::{
    check::{Field, Kind},
    models::{ANY, TWO_LETTERS},
};

/// The languages that the vendor takes.
const LANGUAGE: Kind = Kind::Word(&["sv", "en", "ar", "no", "da", "fi", "de", "fr", "es"]);

const STOCK: Kind = Kind::Number { min: Some(-100_000_000), max: Some(100_000_000) };
const WHOLE_STOCK: Kind = Kind::Integer { min: -100_000_000, max: 100_000_000 };
const RATE: Kind = Kind::NumberText { max: Some(100) };
const MONEY_TEXT: Kind = Kind::NumberText { max: None };

const EXTERNAL_ID: Field = Field::text("externalId", 40).or_null();
const EXTERNAL_TYPE: Field = Field::text("externalIdType", 20).or_null();

/// What PATCH takes of a product; neither its variants nor the parts of a bundle.
pub(super) const PRODUCT_PATCH: &[Field] = &[
    Field::read_only("productId"),
    Field::read_only("modifiedAt"),
    Field::read_only("hasSeveralVariants"),
    EXTERNAL_ID,
    EXTERNAL_TYPE,
    Field::new("createdAt", Kind::Stamp),
    Field::new("defaultVatRate", RATE).or_null(),
    Field::new("visibility", Kind::Word(&["hidden", "visible", "pricelists"])),
    Field::new("visibilityPricelistIds", Kind::Ids).or_null(),
    Field::text("moreInfoUrl", 255).or_null(),
    Field::id("manufacturerId").or_null(),
    Field::id("unitId").or_null(),
    Field::new("sortIndex", Kind::Integer { min: 1, max: 10_000 }).or_null(),
    Field::new("type", Kind::Word(&["basic", "bundle"])),
    Field::flag("isBackInStockWatchable"),
    Field::flag("bundleUseManualPrice").or_null(),
    Field::new("accounting", Kind::Integer { min: 100, max: 9999 }).or_null(),
    Field::new("mediaFiles", Kind::List(MEDIA_LINK)),
    Field::new("languages", Kind::List(PRODUCT_LANGUAGE)),
    Field::new("vatRates", Kind::List(PRODUCT_VAT_RATE)),
    Field::new("categories", Kind::List(CATEGORY_LINK)),
    Field::new("metaData", Kind::List(META_DATA)),
];

/// What POST and PUT take beside that.
pub(super) const PRODUCT_WHOLE: &[Field] =
    &[Field::new("variants", Kind::List(VARIANT)), Field::new("bundledProducts", Kind::List(BUNDLED)).or_null()];

/// What a seed holds of a product itself. `sortIndex` 0 is read, never written.
pub(super) const PRODUCT_SEED: &[Field] = &[
    EXTERNAL_ID,
    EXTERNAL_TYPE,
    Field::new("defaultVatRate", RATE).or_null(),
    Field::new("visibility", Kind::Word(&["hidden", "visible", "pricelists"])),
    Field::text("moreInfoUrl", 255),
    Field::id("manufacturerId").or_null(),
    Field::id("unitId").or_null(),
    Field::new("sortIndex", Kind::Integer { min: 0, max: 10_000 }).or_null(),
    Field::new("type", Kind::Word(&["basic", "bundle"])),
    Field::flag("isBackInStockWatchable"),
    Field::flag("bundleUseManualPrice"),
    Field::new("priceMode", Kind::Word(&["normal", "manual", "calculated"])),
    Field::new("accounting", Kind::Integer { min: 100, max: 9999 }).or_null(),
];

/// POST and PUT of a variant, and a variant in the body of a product; POST takes no null for `attributeValueLinks`.
/// `stockQuantity` is a whole number here, a decimal one per location.
pub(super) const VARIANT: &[Field] = &[
    Field::read_only("variantId"),
    Field::new("sku", Kind::Text { min: 1, max: 40 }),
    EXTERNAL_ID,
    EXTERNAL_TYPE,
    Field::flag("isActive").or_null(),
    Field::integer("sortIndex").or_null(),
    Field::integer("stockStatusId").or_null(),
    Field::new("stockQuantity", WHOLE_STOCK).or_null(),
    Field::amount("weightInKg").or_null(),
    Field::new("costPrice", MONEY_TEXT).or_null(),
    Field::text("ean", 20).or_null(),
    Field::text("mpn", 40).or_null(),
    Field::id("imageFileId").or_null(),
    Field::new("attributeValueLinks", Kind::Ids).or_null(),
    Field::new("volumePricingInheritancePricelistIds", Kind::Ids).or_null(),
];

/// PATCH of a variant: nothing in it may be null.
pub(super) const VARIANT_PATCH: &[Field] = &[
    Field::read_only("variantId"),
    Field::new("sku", Kind::Text { min: 1, max: 40 }),
    Field::text("externalId", 40),
    Field::text("externalIdType", 20),
    Field::flag("isActive"),
    Field::integer("sortIndex"),
    Field::integer("stockStatusId"),
    Field::new("stockQuantity", WHOLE_STOCK),
    Field::amount("weightInKg"),
    Field::new("costPrice", MONEY_TEXT),
    Field::text("ean", 20),
    Field::text("mpn", 40),
    Field::id("imageFileId"),
    Field::new("attributeValueLinks", Kind::Ids),
    Field::new("volumePricingInheritancePricelistIds", Kind::Ids),
];

/// Always without VAT. The same model for POST, PUT and PATCH.
pub(super) const PRICE: &[Field] = &[
    Field::id("pricelistId"),
    EXTERNAL_ID,
    Field::text("externalIdType", 255).or_null(),
    Field::amount("priceExVat"),
    Field::amount("specialPriceExVat").or_null(),
    Field::new("volumePrices", Kind::LooseList(VOLUME_PRICE)),
];

pub(super) const VOLUME_PRICE: &[Field] = &[
    Field::id("pricelistId"),
    EXTERNAL_ID,
    Field::text("externalIdType", 255).or_null(),
    Field::amount("priceExVat"),
    Field::new("quantity", Kind::Integer { min: 2, max: i64::MAX }),
];

/// The stock of a variant at a location.
pub(super) const LOCATION_STOCK: &[Field] = &[
    Field::read_only("stockLocationId"),
    Field::id("stockStatusId"),
    Field::new("stockQuantity", STOCK),
    Field::text("shelfSpace", 255),
];

pub(super) const PRODUCT_LANGUAGE: &[Field] = &[
    Field::new("langCode", LANGUAGE),
    Field::text("name", 150),
    Field::text("shortDescription", ANY),
    Field::text("longDescription", ANY),
    Field::text("permalink", 128),
    Field::text("pageTitle", 90),
    Field::text("pageMetaDescription", 278),
];

pub(super) const PRODUCT_VAT_RATE: &[Field] =
    &[Field::new("countryCode", TWO_LETTERS), Field::new("vatRate", Kind::Number { min: Some(0), max: Some(100) })];

pub(super) const CATEGORY_LINK: &[Field] = &[Field::id("categoryId"), Field::integer("sortIndex")];

pub(super) const MEDIA_LINK: &[Field] = &[
    Field::read_only("productMediaFileId"),
    Field::id("mediaFileId"),
    Field::integer("sortIndex"),
    Field::read_only("type"),
];

const META_LANGUAGE: &[Field] = &[Field::new("langCode", LANGUAGE), Field::text("value", 255)];

pub(super) const META_DATA: &[Field] = &[
    Field::read_only("metaDataId"),
    Field::id("metaDataTypeId"),
    Field::integer("sortIndex"),
    Field::new("languages", Kind::List(META_LANGUAGE)),
];

pub(super) const TAG_LINK: &[Field] = &[Field::id("tagOptionId")];

pub(super) const BUNDLED: &[Field] = &[
    Field::flag("singleVariant"),
    Field::id("bundledProductId"),
    Field::text("variantSku", 40),
    Field::new("quantity", Kind::Integer { min: 1, max: 100_000_000 }).or_null(),
    Field::integer("sortIndex"),
    Field::new("prices", Kind::List(BUNDLE_PRICE)),
];

pub(super) const BUNDLE_PRICE: &[Field] = &[Field::id("pricelistId"), Field::amount("specialPriceExVat").or_null()];

const CATEGORY_LANGUAGE: &[Field] = &[
    Field::new("langCode", LANGUAGE),
    Field::text("name", 90),
    Field::text("pageTitle", 90).or_null(),
    Field::text("description", ANY).or_null(),
    Field::text("bottomDescription", ANY).or_null(),
    Field::text("pageMetaDescription", 278).or_null(),
    Field::text("permalink", 128).or_null(),
];

pub(super) const CATEGORY: &[Field] = &[
    Field::read_only("categoryId"),
    Field::read_only("hasChildren"),
    Field::id("parentId").or_null(),
    Field::new("visibility", Kind::Word(&["visible", "hidden", "pricelists"])),
    Field::integer("sortIndex"),
    Field::flag("openPage"),
    Field::id("imageFileId").or_null(),
    EXTERNAL_ID,
    Field::text("externalType", 20).or_null(),
    EXTERNAL_TYPE,
    Field::new("languages", Kind::List(CATEGORY_LANGUAGE)),
];

const UNIT_LANGUAGE: &[Field] = &[Field::new("langCode", LANGUAGE), Field::text("name", 30), Field::text("symbol", 5)];

pub(super) const UNIT: &[Field] =
    &[Field::read_only("unitId"), EXTERNAL_ID, EXTERNAL_TYPE, Field::new("languages", Kind::List(UNIT_LANGUAGE))];

pub(super) const MANUFACTURER: &[Field] = &[
    Field::read_only("manufacturerId"),
    EXTERNAL_ID,
    EXTERNAL_TYPE,
    Field::new("name", Kind::Text { min: 1, max: 30 }),
    Field::text("url", 255).or_null(),
];

const META_TYPE_LANGUAGE: &[Field] = &[Field::new("langCode", LANGUAGE), Field::text("name", 40)];

/// The description has the list wrapped in the body, which may be a slip.
pub(super) const META_TYPE: &[Field] =
    &[Field::read_only("metaDataTypeId"), Field::new("languages", Kind::LooseList(META_TYPE_LANGUAGE))];

const STOCK_STATUS_LANGUAGE: &[Field] = &[Field::new("langCode", TWO_LETTERS), Field::text("name", 40)];

pub(super) const STOCK_STATUS: &[Field] = &[
    Field::read_only("stockStatusId"),
    Field::read_only("idCode"),
    Field::integer("sortIndex"),
    Field::id("stockoutNewStatusId").or_null(),
    Field::flag("productBuyable"),
    Field::flag("inStock"),
    Field::new("languages", Kind::List(STOCK_STATUS_LANGUAGE)),
];

const LOCATION_LANGUAGE: &[Field] = &[Field::new("langCode", TWO_LETTERS), Field::text("name", 90)];

pub(super) const LOCATION: &[Field] = &[
    EXTERNAL_ID,
    EXTERNAL_TYPE,
    Field::new("visibility", Kind::Word(&["never_show_in_store", "always_show_in_store", "show_if_in_stock"])),
    Field::integer("sortIndex"),
    Field::flag("ecommerceStockLocation"),
    Field::new("languages", Kind::List(LOCATION_LANGUAGE)),
];

const NAME_50: &[Field] = &[Field::new("langCode", LANGUAGE), Field::text("name", 50)];

pub(super) const ATTRIBUTE: &[Field] =
    &[Field::read_only("attributeId"), EXTERNAL_ID, EXTERNAL_TYPE, Field::new("languages", Kind::List(NAME_50))];

pub(super) const ATTRIBUTE_VALUE: &[Field] = &[
    Field::read_only("attributeValueId"),
    EXTERNAL_ID,
    EXTERNAL_TYPE,
    Field::text("skuSuffix", ANY),
    Field::new("sortIndex", Kind::Integer { min: 0, max: i64::MAX }),
    Field::new("languages", Kind::List(NAME_50)),
];

const TAG_LANGUAGE: &[Field] = &[Field::new("langCode", TWO_LETTERS), Field::text("name", 255)];

pub(super) const TAG: &[Field] = &[
    Field::read_only("tagId"),
    Field::text("name", ANY),
    Field::new("type", Kind::Word(&["option", "boolean"])),
    Field::new("languages", Kind::List(TAG_LANGUAGE)),
];

const OPTION_LANGUAGE: &[Field] = &[Field::new("langCode", TWO_LETTERS), Field::text("value", 255)];

pub(super) const TAG_OPTION: &[Field] = &[
    Field::read_only("tagOptionId"),
    Field::read_only("value"),
    Field::integer("sortIndex"),
    Field::new("languages", Kind::List(OPTION_LANGUAGE)),
];

pub(super) const CUSTOMER_TAG: &[Field] = &[Field::id("tagId"), Field::read_only("name")];

const COUNTRIES: Kind = Kind::Text { min: 0, max: ANY };

/// The price list from which all others differ. Its name and its being active are not written.
pub(super) const MASTER_LIST: &[Field] = &[
    EXTERNAL_ID,
    EXTERNAL_TYPE,
    Field::new("currencyCode", Kind::Text { min: 3, max: 3 }),
    Field::new("countryCodes", COUNTRIES),
    Field::flag("pricesInclVatByDefault"),
    Field::flag("inputAdminProductPricesInclVat"),
];

/// A price list for countries.
pub(super) const COUNTRY_LIST: &[Field] = &[
    EXTERNAL_ID,
    EXTERNAL_TYPE,
    Field::new("name", Kind::Text { min: 1, max: 30 }),
    Field::new("currencyCode", Kind::Text { min: 3, max: 3 }),
    Field::flag("isActive"),
    Field::new("region", Kind::Word(&["all", "EU", "non-EU", "selected"])),
    Field::new("countryCodes", COUNTRIES),
    Field::flag("pricesInclVatByDefault"),
    Field::flag("inputAdminProductPricesInclVat"),
];

/// A price list for some customers, under another list.
pub(super) const CUSTOMER_LIST: &[Field] = &[
    EXTERNAL_ID,
    EXTERNAL_TYPE,
    Field::new("name", Kind::Text { min: 1, max: 30 }),
    Field::id("parentPricelistId"),
    Field::flag("isActive"),
    Field::flag("pricesInclVatByDefault"),
    Field::flag("inputAdminProductPricesInclVat"),
];
