//! Where the reference of Visma.net is silent or speaks with two tongues, or a company may differ.

use crate::frame::{LISTING_LAG as LAG, Switch, number, switches, words};

switches! {
    LISTING_LAG = LAG;
    TOKEN_LIFETIME = number("token_lifetime_s", 1, 86_400, 3600,
        "how long an access token is good, in seconds: each application sets it for itself");
    REFRESH_LIFETIME = number("refresh_lifetime_s", 1, 31_536_000, 1_209_600,
        "how long a refresh token is good is not documented, in seconds");
    REFRESH_ROTATES = words("refresh_rotates", &["yes", "no"],
        "whether a refresh ends the refresh token that it used is not documented");
    SECRET_IN = words("client_secret_in", &["form_or_basic", "form"],
        "the secret stands in the form; that a basic header does as well is one client's word");
    ACTION_SCOPE = words("action_scope", &["create", "update"],
        "which scope the POST of an action needs is not documented");
    TENANT_TRAP = words("customer_tenant", &["401", "licence_fault"],
        "a token for the customer's tenant: 401 with the new gateway, a fault about the licence with the classic one");
    COMPANY_HEADER = words("company_header", &["ignored", "checked"],
        "one client says that a wrong or missing ipp-company-id makes lists empty; others send none");
    BRANCH_HEADER = words("v3_branch_header", &["none", "branchid"],
        "the order service takes a branch from a header whose name is not documented");
    GATEWAY_BODY = words("gateway_body", &["empty", "text", "message"],
        "the body of the gateway's own 401 and 429 is not documented");
    RATE_LIMIT = number("rate_limit_per_hour", 0, 10_000_000, 15_000,
        "calls per company and client in an hour of the emulator's clock: the present number is not published; 0 is none");
    OLD_RATE_LIMIT = number("old_rate_limit_per_hour", 0, 10_000_000, 500,
        "the same at the old address, where it began at 500 and shrinks; 0 is none");
    RATE_SHARED = words("rate_limit_shared", &["no", "yes"],
        "whether the order service and the older one count together is not documented");
    SAME_REQUEST = words("same_request_rule", &["off", "on"],
        "five times in a minute (two in five minutes where it failed): published in 2021, whether it still holds is not");
    MAX_PAGE = number("max_page_size", 1, 100_000, 1000, "the largest page of most lists is not documented");
    MAX_ITEMS = number("max_page_size_inventory", 1, 100_000, 5000, "the largest page of items");
    MAX_V3 = number("v3_max_page_size", 1, 1_000_000, 10_000, "the largest page of the order service is not documented");
    UNASKED_PAGE = words("page_not_asked_for", &["whole", "first"],
        "what a paged list gives without pageNumber and pageSize is not documented");
    LIST_ORDER = words("list_order", &["created", "newest_first", "modified"],
        "no order is promised: by change, a record moves to another page when it is written in between");
    STAMP_ZONE = words("stamp_zone", &["oslo", "utc"],
        "the zone of lastModifiedDateTime, which has no offset, is not documented");
    GREATER = words("greater_than", &["exclusive", "inclusive"],
        "whether the condition > leaves out the stamp itself has been read both ways");
    NO_CONDITION = words("modified_without_condition", &["everything", "refused"],
        "a stamp without its condition is no filter by two sources; the description calls them mutually inclusive");
    UNKNOWN_KEY = words("unknown_key", &["404", "400"], "the status for a key that is not there has only been seen");
    NO_DELETE = words("no_delete", &["405", "404"], "masters cannot be deleted; with which status is not documented");
    BUSINESS_ERROR = words("business_error", &["400", "500"],
        "refusals of a create are said to be either status");
    UNKNOWN_PROPERTY = words("unknown_property", &["ignored", "refused"],
        "what the older service does with a property that it does not know is not documented");
    V3_UNKNOWN_PROPERTY = words("v3_unknown_property", &["refused", "ignored"],
        "the order service's description has no room for more properties; what it does with them is not documented");
    FIELD_LENGTHS = words("field_lengths", &["free", "refused", "cut"],
        "the older service has no lengths in its description; those of the order service are the best guess");
    NULL_MEANS = words("null_means", &["clears", "kept"], "what {\"value\": null} does is not documented");
    UNSET = words("unset_fields", &["left_out", "null"],
        "whether answers have fields without a value is not documented; the description does not allow null");
    AMOUNT_PAIRS = words("amount_pairs", &["by_name", "swapped"],
        "amounts named InCurrency are in the document's currency by their name; field texts say the opposite in places");
    AMOUNT_SCALE = words("amount_scale", &["plain", "four"], "amounts have been seen as 1234.77 and as 1234.7700");
    CREATE_BODY = words("create_body", &["empty", "object"], "a create has been seen answering nothing and {}");
    LOCATION_HOST = words("location_host", &["same", "other"],
        "the address of a new record has been seen on another host, without TLS");
    LOCATION_SLASH = words("location_slash", &["coded", "plain"],
        "how the address of a new record has a slash of its number is not documented");
    INVOICE_SHAPE = words("invoice_by_number", &["object", "list"],
        "one client has seen a list of one in the answer for one invoice");
    ETAGS = words("etags", &["2026", "2025"],
        "customers, contacts, prices, invoices, payments, projects and journals got row versions in between");
    IF_MATCH_CHECKED = words("if_match_checked", &["always", "background"],
        "the later description has If-Match checked in background calls where row versions are new");
    IF_MATCH_FORM = words("if_match_form", &["both", "quoted"],
        "If-Match is shown with and without quotes; which one is enforced is not documented");
    SUPPLIED_NUMBER = words("number_without_override", &["ignored", "used"],
        "a number in a create counts only with overrideNumberSeries; the vendor's own example sends it alone");
    PRICE_ORDER = words("price_order", &["nearest", "cheapest"],
        "which price a line gets of several that fit is not documented");
    VAT_MISSING = words("vat_not_found", &["no_vat", "refused"],
        "what a line does whose category has no VAT in the customer's zone is not documented");
    AMOUNT_BEFORE = words("amount_before_release", &["shown", "empty"], "a setting of the company");
    RELEASE_DELAY = number("release_delay_s", 0, 86_400, 2,
        "how long a release takes, in seconds of the emulator's clock; with 0 the next call sees it done");
    ACTION_RESULT = words("action_result", &["Queued", "InProcess", "Done"],
        "what an accepted action says of itself");
    RELEASE_FAILS = words("release_fails", &["no", "at_once", "later"],
        "a release that fails says so, or says nothing and leaves the document Balanced with an errorInfo");
    ACTION_STATUS = words("order_action_status", &["200", "204"],
        "createShipment and prepareInvoice are described as 204 with a body, which cannot be");
    JOURNAL_RELEASE = words("journal_release", &["Unposted", "Posted"], "a setting of the company: posting on release");
    INVOICE_ORDER = words("invoice_order_ships", &["no", "yes"],
        "whether an order of a type that behaves as Invoice needs a shipment is one note's word");
    V3_LINES_INLINE = words("v3_lines_inline", &["no", "yes"],
        "one client of a later version has the lines in the single order");
    V3_EXTENDED = words("v3_extended_price", &["before_discount", "after_discount"],
        "whether a line's extendedPrice is what is left after its discount is not documented");
    BACKGROUND_EVENT = words("background_event", &["Background API Operation Response Ready", "BACKGROUND_API_RESPONSE"],
        "the portal and the page on background calls name the event differently");
    BACKGROUND_DELAY = number("background_delay_s", 0, 86_400, 2,
        "how long a background call takes, in seconds of the emulator's clock");
    WEBHOOK_HEADER = words("webhook_header", &["x-signature", "signature", "x-visma-signature", "none"],
        "the name of the header with a call's signature is not documented");
    WEBHOOK_PAYLOAD = words("webhook_payload", &["resource", "entity", "empty"],
        "what a webhook carries is not documented; two records of the classic dispatcher are");
    WEBHOOK_ORDER = words("webhook_order", &["as_happened", "reversed"], "the order of webhooks is not promised");
    WEBHOOK_TIMES = number("webhook_times", 1, 10, 1, "how often each webhook comes");
    WEBHOOK_TRIES = number("webhook_tries", 1, 100, 3, "how often a webhook is tried: a setting of the portal");
}
