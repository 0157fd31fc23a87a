//! Where Starweb's documentation is silent, or a shop may differ.

use crate::frame::{Allowed, Switch};

const fn words(name: &'static str, words: &'static [&'static str], about: &'static str) -> Switch {
    Switch { name, about, allowed: Allowed::Words(words) }
}

const fn number(name: &'static str, min: i64, max: i64, default: i64, about: &'static str) -> Switch {
    Switch { name, about, allowed: Allowed::Number { min, max, default } }
}

macro_rules! switches {
    ($($constant:ident = $switch:expr;)*) => {
        $(pub(super) const $constant: Switch = $switch;)*
        /// All of them, for the control interface.
        pub(super) static ALL: &[Switch] = &[$($constant),*];
    };
}

switches! {
    RATE_LIMIT = number("rate_limit_per_minute", 0, 1_000_000, 1000,
        "requests let through in any 60 s of the emulator's clock, the token address included; 0 is no limit");
    RATE_LIMIT_STATUS = number("rate_limit_status", 400, 499, 429,
        "the status of a refusal for speed: only its body is documented");
    TOKEN_LIFETIME = number("token_lifetime_s", 1, 86_400, 3600, "how long a token is good, in seconds");
    SEVERAL_TOKENS = words("several_tokens", &["valid", "newest_only"],
        "whether a new token ends the older ones is not documented");
    PAGE_SIZE = number("page_size", 1, 100, 100, "the vendor has 100; less makes a test page with few records");
    LINKS = words("links", &["present", "absent"],
        "objects carry a `links` array that the description does not mention, as third-party clients read it");
    NOT_FOUND_BODY = words("not_found_body", &["description_only", "both"],
        "the description gives 404 both fields, the official client's test data only `error_description`");
    EXTRA_FIELDS = words("extra_fields", &["refused", "ignored"],
        "what becomes of unknown fields in a body is not documented");
    READ_ONLY_FIELDS = words("read_only_fields", &["refused", "ignored"],
        "what becomes of read-only fields in a body is not documented");
    UNKNOWN_INCLUDE = words("unknown_include", &["refused", "ignored"],
        "what becomes of an unknown name in `include` is not documented");
    Z_TIMES = words("z_times", &["accepted", "refused"],
        "whether filters take times that end in Z instead of a numeric offset is not documented");
    TIME_FILTERS = words("time_filters", &["inclusive", "exclusive"],
        "whether a filter's own instant is within it is not documented");
    PUT_LEFT_OUT = words("put_left_out", &["kept", "cleared"],
        "what PUT does to fields that the body leaves out is not documented");
    READ_MODEL_FIELDS = words(
        "read_model_fields",
        &["kept", "ignored"],
        "an order's `sendEmailsOnStatusChange` and `stockLocationId` are in the read model only, not marked read-only",
    );
    PATCH_ITEMS = words("patch_items", &["replace", "append"],
        "what `items` in an order's PATCH or PUT do to the rows that are there is not documented");
    PUT_CREATES_ADDRESS = words("put_creates_address", &["yes", "no"],
        "whether PUT makes an address that is not there: there is no POST, but it is not said");
    DELETE_INVOICE_ADDRESS = words("delete_invoice_address", &["forbidden", "allowed"],
        "deleting a customer's address can answer 403; for which it does is not documented");
    ANNOTATIONS_BUMP = words("annotations_bump_modified", &["no", "yes"],
        "whether external services and comments move an order's modifiedAt is not documented");
    DUPLICATE_SERVICE = words("duplicate_service", &["refused", "replaced"],
        "a service name is unique within its order; what a second POST of it does is not documented");
    STATUS_MAIL = words("status_mail", &["if_status_sends", "always"],
        "whether the per-call flag mails also for a status that is not set to send mail is not said outright");
    SAME_STATUS = words("same_status_again", &["no_change", "acts"],
        "whether writing the status that an order has already mails and captures again is not documented");
    CAPTURE_ON = words("capture_on", &["completed", "picking", "never"],
        "which standard status captures the payment is not documented");
    CAPTURE_FAILS = words("capture_fails", &["no", "refused", "silent"],
        "what a failed capture answers is not documented: 400 and nothing changed, or 200 with the payment as it was");
    LEAVING_END = words("leaving_end_status", &["allowed", "refused"],
        "whether an order may leave `completed` or `canceled` is not documented");
    TRACKING_NO = words("tracking_no", &["accepted", "refused"],
        "a tracking number must fit its carrier's format, but the formats are not documented");
    FEES_ARE = words("fees_are", &["net", "gross"],
        "whether `shippingCost` and `paymentFee` are without VAT is not documented");
    GUEST_CUSTOMERS = words("guest_customers", &["none", "without_account"],
        "whether a guest's order has no customer, or one without an account, is not documented");
    GUEST_INCLUDE = words("guest_customer_include", &["absent", "null", "data_null"],
        "how `include=customer` shows that there is none is not documented");
    OWN_WRITES_FIRE = words("own_writes_fire_hooks", &["yes", "no"],
        "whether writes through the API fire webhooks is not documented");
    ORDER_COMPLETED = words("order_completed_means", &["payment", "status"],
        "whether the event order-completed means the payment step or the status is not documented");
    EVENT_ID = words("webhook_event_id", &["name", "number"], "the form of `eventId` in a webhook is not documented");
    HOOK_AMOUNT = words("webhook_amount", &["text", "number"],
        "third-party clients read a webhook's `totalAmount` as text; the description does not say");
    HOOK_RETRY = number("webhook_retry_s", 1, 86_400, 1800, "the wait before a webhook is sent again, in seconds");
    API_ORDERS_STOCK = words("api_orders_lower_stock", &["no", "yes"],
        "whether orders made through the API lower the stock is not documented");
    CANCEL_STOCK = words("cancel_restores_stock", &["no", "yes"],
        "whether cancelling an order gives its stock back is not documented");
    STOCK_BUMPS = words(
        "stock_bumps_product",
        &["no", "yes"],
        "whether a change of stock moves a product's modifiedAt is not documented",
    );
    EMAIL_UNIQUE = words("customer_email_unique", &["no", "yes"],
        "whether two customers may share an e-mail address is not documented");
    VARIANT_LISTS = words("variant_collections", &["wrapped", "bare"],
        "a variant's prices and attribute values are bare arrays in the description, wrapped ones to working clients");
    PRIMARY_KEY = words("primary_variant_key", &["variants", "primaryVariant"],
        "the key under which `include=primaryVariant` comes back is not said outright");
    FILTER_SKU = words("filter_sku_scope", &["primary", "all_variants"],
        "whether `filterSku` finds other variants than the primary one is not documented");
}
