//! Where webCRM's reference is silent, or a system may differ.

use crate::frame::{LISTING_LAG as LAG, Switch, number, switches, words};

switches! {
    LISTING_LAG = LAG;
    RATE_LIMIT = number("rate_limit_per_minute", 0, 1_000_000, 250,
        "calls let through per application token in any 60 s of the emulator's clock; 0 is no limit");
    LOGIN_COUNTS = words("login_counts", &["no", "yes"],
        "whether a log-in counts against the limit of calls is not documented");
    TOKEN_LIFETIME = number("token_lifetime_s", 1, 86_400, 3600, "how long an access token is good, in seconds");
    REFRESH_LIFETIME = number("refresh_lifetime_s", 1, 31_536_000, 86_400,
        "how long a refresh token is good is not documented, in seconds");
    REFRESH_ROTATES = words("refresh_rotates", &["no", "yes"],
        "whether a refresh ends the refresh token that it used is not documented");
    BAD_AUTH_CODE = words("bad_auth_code", &["400", "401", "200_is_error"],
        "the answer to an unknown application token is not documented");
    RIGHTS_REFUSAL = words("rights_refusal", &["401", "403"], "the status for a lacking right is not documented");
    MISSING_ID = words("missing_id", &["404", "200_null", "204"],
        "what a call by the id of a missing record answers is not documented");
    NO_DELETE = words("no_delete", &["405", "404"],
        "organisations, persons, opportunities and deliveries cannot be deleted; with which status is not documented");
    ERROR_BODY = words("error_body", &["message_type", "text", "error_description", "empty"],
        "the body of errors other than the refusal for speed is not documented");
    VALIDATION_STATUS = words("validation_status", &["400", "422", "500"],
        "the status for a body that breaks a rule is not documented");
    DEFAULT_SIZE = number("default_size", 1, 1000, 100, "how many records a page has without `Size` is not documented");
    SIZE_MAX = number("size_max", 1, 1000, 1000, "1000 by the description, 250 by the word of one client");
    SIZE_OVER = words("size_over", &["clamped", "refused"], "what a larger `Size` than allowed does is not documented");
    ORDER_OF_LISTS = words("list_order", &["created", "newest_first"], "the order of lists is not documented");
    SEARCH_PARAMETER = words("search_parameter", &["input", "term"],
        "two clients name the parameter of `/Search` differently; the other one is ignored as any unknown one");
    SEARCH_IN = words("search_in", &["names", "all_texts"], "what `/Search` looks through is not documented");
    ZONELESS = words("zoneless_times", &["utc", "london", "copenhagen"],
        "the zone of times without an offset is not documented");
    STAMP_OFFSET = words("stamp_offset", &["london", "utc"],
        "records of 2018 show plain UTC, those of 2024 London time with daylight saving");
    DATE_ONLY = words("date_only", &["midnight_utc", "midnight_london"],
        "whether an order date in summer is shown as midnight of London or of UTC is not documented");
    ORGANISATION_ANSWER = words("organisation_answer", &["empty", "id", "object"],
        "three answers to the creation of an organisation have been seen");
    USER_ANSWER = words("user_answer", &["empty", "id"],
        "the description of creating a user has no body in its model and an id in its words");
    PUT_LEFT_OUT = words("put_left_out", &["kept", "cleared"],
        "what PUT does to fields that the body leaves out is not documented");
    NULL_MEANS = words("null_means", &["kept", "cleared"], "what null does to a field is not documented");
    EMPTY_TEXT = words("empty_text", &["clears", "kept"], "whether an empty text clears a field is not documented");
    TOO_LONG = words("too_long", &["refused", "cut"], "what becomes of a text that is too long is not documented");
    LIST_VALUES = words("list_values", &["checked", "free"],
        "whether the text of a list field must be in its list is not documented");
    VAT_GROUP = words("vat_group", &["free_text", "list"],
        "whether the VAT group of an organisation is a list is not documented");
    PATCH_UPDATED = words("patch_updated", &["empty", "id"],
        "what a batch answers for a record that it updated is not documented");
    PATCH_ORDER = words("patch_order", &["as_sent", "inserts_first"],
        "whether a batch's results are in the order of its records is not documented");
    PATCH_LIMIT = number("patch_limit", 0, 100_000, 0, "how many records a batch may have is not documented; 0: any number");
    LINE_MOVES_HEAD = words("line_moves_head", &["no", "yes"],
        "one recorded order says that a changed row does not move its head's UpdatedAt");
    LINKED_ID = words("line_linked_id", &["optional", "required"],
        "when a row must name its item is not documented");
    NUMBER_DECIMALS = number("number_decimals", 0, 15, 15,
        "how many decimals prices, quantities and discounts keep is not documented");
    PRICE_IS = words("line_price", &["line_total", "unit"],
        "one record has a row's price as the total after discount, another as the price of one piece");
    UPDATE_FIELD = words("update_date_field", &["none", "data9"],
        "what the set-up of items names as field of their change date is not documented");
    FIXED_ORGANISATION = words("fixed_organisation", &["refused", "ignored"],
        "another organisation for a person or delivery cannot be had by PUT; whether that is an error is not said");
    ERP_READ_ONLY = words("erp_read_only", &["no_effect", "locks"], "the effect of ErpReadOnly is not documented");
    AUTO_NUMBER = words("auto_number", &["off", "on"], "a setting of the system: deliveries get the next number");
    RESPONSIBLE = words("responsible_mandatory", &["no", "yes"], "a setting of the system: creating needs a user");
    CONVERT = words("convert", &["moves", "copies"],
        "whether a delivery made of an opportunity keeps its id is not documented");
    ID_CLASH = number("id_clash_every", 0, 1_000_000, 0,
        "new ids can clash where many are asked for at once: each so many-th create fails, 0 for none");
    QUERY_ENUMS = words("query_enums", &["number", "text"],
        "whether query results give enumerations as numbers is not documented");
    QUERY_PLUS = words("query_plus", &["text", "number"],
        "whether query results give plus fields as numbers, unless formatted, is not settled");
    QUERY_LINES = words("query_line_table", &["QuotationLine", "none"],
        "the name of the table of rows in queries is not documented");
    QUERY_LIKE = words("query_like", &["works", "refused"], "whether queries know LIKE is not documented");
    QUERY_BOTH = words("query_where_with_order", &["works", "refused"],
        "WHERE and ORDER BY have been seen, in one query never");
    QUERY_FLAGS = words("query_flags", &["number", "text"],
        "whether a check mark is compared with 1 or with 'true' is not documented");
    QUERY_LENGTH = number("query_length", 0, 1_000_000, 0, "how long a query may be is not documented; 0: any length");
    QUERY_STATUS = words("query_error", &["400", "500"], "the status for a faulty query is not documented");
    OWN_WRITES_FIRE = words("own_writes_fire_hooks", &["yes", "no"],
        "whether writes through the API make hooks call is not documented");
    HOOK_BODY = words("hook_body", &["url_json", "url_text", "record"],
        "what a hook's call carries is not documented; the vendor's own code looks for a record's address in it");
    HOOK_TRIES = number("hook_tries", 1, 100, 1, "how often a hook's call is tried is not documented");
    DRIFT = words("drift", &["none", "beside", "instead"],
        "fields that came after the description of 2019; `instead`: they take the place of the older names");
}
