//! Where Starweb's documentation is silent, or a shop may differ.

use crate::frame::{LISTING_LAG as LAG, Switch, number, switches, words};

switches! {
    LISTING_LAG = LAG;
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
        "whether a change of stock moves a product's modifiedAt, and fires product-updated, is not documented",
    );
    EMAIL_UNIQUE = words("customer_email_unique", &["no", "yes"],
        "whether two customers may share an e-mail address is not documented");
    VARIANT_LISTS = words("variant_collections", &["wrapped", "bare"],
        "a variant's prices and attribute values are bare arrays in the description, wrapped ones to working clients");
    PRIMARY_KEY = words("primary_variant_key", &["variants", "primaryVariant"],
        "the key under which `include=primaryVariant` comes back is not said outright");
    FILTER_SKU = words("filter_sku_scope", &["primary", "all_variants"],
        "whether `filterSku` finds other variants than the primary one is not documented");
    PRICES_BUMP = words("prices_bump_product", &["no", "yes"],
        "whether a change of price moves a product's modifiedAt, and fires product-updated, is not documented");
    VARIANTS_BUMP = words("variants_bump_product", &["yes", "no"],
        "whether a change of a variant moves its product's modifiedAt, and fires product-updated, is not documented");
    PARTS_BUMP = words("parts_bump_product", &["yes", "no"],
        "the same of translations, VAT rates, categories, files, meta data, tags and parts of a bundle with own calls");
    SKU_UNIQUE = words("sku_unique", &["yes", "no"], "whether two variants may share a SKU is not documented");
    VARIANTLESS = words("product_without_variants", &["refused", "accepted"],
        "the description does not require `variants` of a new product, though each has a primary one");
    PRODUCT_ANSWER = words("product_answer", &["bare", "primary"],
        "whether the answer to a write of a product has its primary variant is not documented");
    PUT_VARIANTS = words("put_without_variants", &["kept", "deleted"],
        "whether PUT of a product without `variants` deletes all but the primary one is not documented");
    PATCH_LISTS = words("patch_lists", &["replace", "merge"],
        "whether a list in a product's body (languages, VAT rates, categories, files, meta data) replaces the one \
         that is there, or only its rows of the same key, is not documented");
    VARIANT_LINKS = words("variant_links", &["may_be_empty", "needed"],
        "attribute values are called mandatory where a product has several variants; whether none will do is not said");
    LAST_VARIANT = words("last_variant", &["stays", "goes"],
        "whether the last variant of a product can be deleted is not documented");
    NEW_VARIANT_STOCK = words("new_variant_stock", &["row", "none"],
        "whether a new variant has a stock, of 0, at the shop's own location from the start is not documented");
    NEW_VARIANT_PRICES = words("new_variant_prices", &["none", "zero"],
        "whether a new variant has a price, of 0, in each active list from the start is not documented");
    DUPLICATE_PRICE = words("duplicate_price", &["refused", "replaced"],
        "what POST of a price does where there is one already is not documented");
    PRICE_DECIMALS = number("price_decimals", 2, 10, 10,
        "how many decimals of a price without VAT the shop keeps is not documented");
    ACTIVATION = words("activation_zeroes", &["all_prices", "missing_prices"],
        "activating a price list sets its prices to 0; whether those written before survive it is not clear");
    VARIANT_STOCK = words("variant_stock_is", &["ecommerce", "sum"],
        "whether a variant's own `stockQuantity` is that of the shop's own location or of all is not documented");
    STOCKOUT_AT = words("stockout_at", &["negative", "zero"],
        "a status gives way to its `stockoutNewStatusId` at a negative quantity; whether 0 will do is not said outright");
    RESTOCK_STATUS = words("restock_status", &["kept", "restored"],
        "whether the status comes back with the stock is not documented");
    LOCATION_LIMIT = number("stock_location_limit", 0, 1000, 0,
        "creating a stock location can answer 403, perhaps for the plan; the number from which it does, 0 for none");
}
