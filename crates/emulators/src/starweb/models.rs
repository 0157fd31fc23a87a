//! The vendor's write models with their limits, from its description 2.12.0.

use super::check::{Field, Kind};

pub(super) const TWO_LETTERS: Kind = Kind::Text { min: 2, max: 2 };
pub(super) const ID: Kind = Kind::Integer { min: 1, max: i64::MAX };
/// Texts for which the description names no limit.
pub(super) const ANY: usize = 65_535;

pub(super) const ADDRESS: &[Field] = &[
    Field::text("companyName", 80),
    Field::text("firstName", 35),
    Field::text("lastName", 35),
    Field::text("careOf", 80),
    Field::text("attention", 80),
    Field::text("reference", 80),
    Field::text("address", 50),
    Field::text("postalCode", 12),
    Field::text("city", 30),
    Field::text("state", 30),
    Field::new("countryCode", TWO_LETTERS),
    Field::text("phoneNo", 30),
    Field::text("mobilePhoneNo", 30),
];

/// The six addresses that an order can have.
pub(super) const ORDER_ADDRESS_TYPES: [&str; 6] = [
    "originalInvoice",
    "originalDelivery",
    "customerInvoice",
    "customerDelivery",
    "paymentMethodInvoice",
    "paymentMethodDelivery",
];

const ORDER_ADDRESSES: &[Field] = &[
    Field::new("originalInvoice", Kind::Object(ADDRESS)),
    Field::new("originalDelivery", Kind::Object(ADDRESS)),
    Field::new("customerInvoice", Kind::Object(ADDRESS)),
    Field::new("customerDelivery", Kind::Object(ADDRESS)),
    Field::new("paymentMethodInvoice", Kind::Object(ADDRESS)),
    Field::new("paymentMethodDelivery", Kind::Object(ADDRESS)),
];

/// The two addresses that a customer can have.
pub(super) const CUSTOMER_ADDRESS_TYPES: [&str; 2] = ["invoice", "delivery"];

const CUSTOMER_ADDRESSES: &[Field] =
    &[Field::new("invoice", Kind::Object(ADDRESS)), Field::new("delivery", Kind::Object(ADDRESS))];

pub(super) const ITEM: &[Field] = &[
    Field::read_only("itemId"),
    Field::text("sku", 40),
    Field::text("description", 255),
    Field::new("quantity", Kind::Integer { min: -1_000_000, max: 1_000_000 }),
    Field::text("unitSymbol", 5),
    Field::number("unitPrice"),
    Field::new("vatRate", Kind::Number { min: Some(0), max: Some(100) }),
    Field::amount("discount"),
    Field::new("discountType", Kind::Word(&["amount", "percent"])),
    Field::new("sortIndex", Kind::Integer { min: 0, max: i64::MAX }),
];

/// POST and PATCH of an order; PUT lacks two of them. The last two of the list are in the read model only, but not
/// marked read-only there.
pub(super) const ORDER: &[Field] = &[
    Field::read_only("orderId"),
    Field::read_only("modifiedAt"),
    Field::read_only("baseCurrencyCode"),
    Field::read_only("shopCountryCode"),
    Field::read_only("totalAmount"),
    Field::read_only("totalVat"),
    Field::read_only("amountToPay"),
    Field::read_only("totalAmountInBaseCurrency"),
    Field::read_only("totalVatInBaseCurrency"),
    Field::read_only("amountToPayInBaseCurrency"),
    Field::read_only("amountPaidInBaseCurrency"),
    Field::read_only("paymentMethodIdCode"),
    Field::read_only("paymentMethodExternalId"),
    Field::read_only("shippingMethodExternalId"),
    Field::read_only("totalWeight"),
    Field::read_only("hasComment"),
    Field::read_only("hasComments"),
    Field::new("createdAt", Kind::Stamp),
    Field::new("customerId", ID),
    Field::new("statusId", ID),
    Field::flag("onOrderStatusChangeSendEmail"),
    Field::flag("onOrderStatusChangeProcessPayment"),
    Field::new("shippingMethodId", ID),
    Field::new("paymentMethodId", ID),
    Field::text("paymentMethodName", 50),
    Field::amount("paymentFee"),
    Field::number("paymentVatRate"),
    Field::text("shippingMethodName", 30),
    Field::amount("shippingCost"),
    Field::number("shippingVatRate"),
    Field::text("customInfo1", 255),
    Field::text("customInfo2", 255),
    Field::text("customInfo3", 255),
    Field::text("customInfo4", 255),
    Field::text("discountCode", 20),
    Field::number("amountPaid"),
    Field::flag("isComplete"),
    Field::new("currencyCode", Kind::Text { min: 3, max: 3 }),
    Field::number("currencyExchangeRate"),
    Field::new("currencyPrecision", Kind::Integer { min: 0, max: 8 }),
    Field::new("langCode", TWO_LETTERS),
    Field::text("paymentReference", 80),
    Field::text("paymentStatus", 20),
    Field::flag("isRead"),
    Field::text("internalComment", ANY),
    Field::integer("shippingTrackerType"),
    Field::text("shippingTrackingNo", 50),
    Field::text("originalCustomerEmail", ANY),
    Field::text("originalCustomerNationalIdNo", ANY),
    Field::text("originalCustomerVatNo", ANY),
    Field::text("originalCustomerCustomInfo1", ANY),
    Field::text("originalCustomerCustomInfo2", ANY),
    Field::text("externalId", ANY),
    Field::text("externalIdType", ANY),
    Field::new("items", Kind::List(ITEM)),
    Field::new("addresses", Kind::Object(ORDER_ADDRESSES)),
    Field::flag("sendEmailsOnStatusChange"),
    Field::integer("stockLocationId"),
];

/// The limit 40 of both texts is the vendor's.
pub(super) const EXTERNAL_SERVICE: &[Field] = &[
    Field::text("serviceName", 40),
    Field::text("externalIdValue", 40),
    Field::text("agent", ANY),
    Field::read_only("readOnly"),
];

pub(super) const COMMENT: &[Field] = &[
    Field::read_only("commentId"),
    Field::new("createdAt", Kind::Stamp),
    Field::text("text", ANY),
    Field::new("from", Kind::Word(&["admin", "customer"])),
];

pub(super) const CUSTOMER: &[Field] = &[
    Field::read_only("customerId"),
    Field::read_only("modifiedAt"),
    Field::read_only("approved"),
    Field::read_only("approvedAt"),
    Field::read_only("langCode"),
    Field::new("createdAt", Kind::Stamp),
    Field::new("type", Kind::Word(&["person", "company"])),
    Field::new("email", Kind::Email),
    Field::text("nationalIdNo", 20),
    Field::text("vatNo", 20),
    Field::text("customInfo1", 255),
    Field::text("customInfo2", 255),
    Field::new("pricelistId", ID).or_null(),
    Field::text("externalId", ANY).or_null(),
    Field::text("externalIdType", ANY).or_null(),
    Field::new("addresses", Kind::Object(CUSTOMER_ADDRESSES)),
];

const STATUS_LANGUAGE: &[Field] = &[Field::new("langCode", TWO_LETTERS), Field::text("name", 64)];

/// `languages` is a bare list when written, though the description says otherwise.
pub(super) const STATUS: &[Field] = &[
    Field::read_only("statusId"),
    Field::read_only("idCode"),
    Field::flag("shouldSendEmail"),
    Field::new("languages", Kind::List(STATUS_LANGUAGE)),
];

/// The vendor's events; their place here, from 1, is their number where `eventId` is one.
pub(super) const EVENTS: [&str; 14] = [
    "product-created",
    "product-updated",
    "product-removed",
    "order-created",
    "order-completed",
    "order-updated",
    "order-deleted",
    "order-status-changed",
    "customer-created",
    "customer-updated",
    "customer-deleted",
    "shop-opened",
    "shop-closed",
    "shop-removed",
];

pub(super) const WEB_HOOK: &[Field] = &[
    Field::read_only("webHookId"),
    Field::text("name", 255),
    Field::new("event", Kind::Word(&EVENTS)),
    Field::new("statusId", ID).or_null(),
    Field::new("url", Kind::Text { min: 1, max: 255 }),
];
