//! What the vendor's documentation leaves open, one named switch each.

use crate::frame::{Allowed, LISTING_LAG, Switch};

macro_rules! switches {
    ($($constant:ident $name:literal $allowed:expr, $about:literal;)*) => {
        $(
            #[doc = $about]
            pub(crate) static $constant: Switch = Switch { name: $name, about: $about, allowed: $allowed };
        )*
        /// All switches of this vendor.
        pub(crate) static ALL: &[Switch] = &[LISTING_LAG, $(Switch { name: $name, about: $about, allowed: $allowed }),*];
    };
}

macro_rules! words {
    ($($word:literal)*) => { Allowed::Words(&[$($word),*]) };
}

switches! {
    // Identity server
    REFRESH "refresh_tokens" words!["rotating" "reusable"],
        "Older clients get a new refresh token with each refresh and the old one dies; newer clients keep theirs.";
    INVALID_CLIENT "invalid_client_status" words!["401" "400"],
        "The status of the token endpoint's answer to a wrong client id or secret.";

    // Limits
    RATE_LIMIT "rate_limit" Allowed::Number { min: 1, max: 1_000_000, default: 600 },
        "Calls per minute and key; 600 is the vendor's figure, a test may want less.";
    RATE_KEY "rate_key" words!["endpoint" "url"],
        "The limit is per client and 'endpoint/URL': one count for all ids of an endpoint, or one for each URL.";
    RETRY_AFTER "retry_after" words!["absent" "present"],
        "Whether a 429 carries Retry-After; it is said to be absent often.";

    // Lists
    EMPTY_PAGES "empty_pages" Allowed::Number { min: 0, max: 1, default: 0 },
        "TotalNumberOfPages of an empty list.";
    PAST_END "past_end" words!["empty" "refused"],
        "The answer for a page after the last.";
    UNSORTED "unsorted" words!["created" "shifting"],
        "The order of a list without $orderby: by creation, or another one for each request.";
    LIST_ROWS "list_rows" words!["filled" "empty"],
        "Whether documents in lists carry their rows.";
    FILTERABLE "filterable" words!["reference" "unknown_too" "all"],
        "Not every property can be filtered by: those known to be in use; also BuyersOrderReference, \
         CreatedFromOrderId and the orders' Status, which nobody knows about; or all.";
    FILTER_STAMPS "filter_stamps" words!["on" "off"],
        "Whether ChangedUtc, ModifiedUtc and CreatedUtc can be filtered by.";
    FILTER_LOOKUPS "filter_lookups" words!["on" "off"],
        "Whether EmailAddress and CorporateIdentityNumber of customers can be filtered by.";
    TEXT_COMPARE "text_compare" words!["exact" "ignore_case"],
        "Whether $filter compares texts with regard to case.";
    MODIFIED_SINCE "modified_since" words!["inclusive" "exclusive"],
        "Whether modifiedSinceUtc includes the instant itself.";
    SINCE_NEW "modified_since_new" words!["by_created" "hidden"],
        "Whether modifiedSinceUtc finds invoices that were created since and never changed.";

    // Printing
    DATES "dates" words!["midnight_utc" "midnight" "plain"],
        "How calendar dates are printed: 2026-02-17T00:00:00Z, 2026-02-17T00:00:00 or 2026-02-17.";
    NULLS "nulls" words!["printed" "left_out"],
        "Whether fields that are null are printed.";
    STAMP_PRECISION "stamp_precision" words!["seconds" "millis"],
        "How exact stamps are.";
    MODIFIED_NEW "modified_utc_new" words!["null" "created"],
        "ModifiedUtc of a document that was never changed.";
    VAT_RATE "vat_rate" words!["fraction" "percent"],
        "VatRate of rows and VAT codes: 0.25 or 25.";
    VAT_PERCENT "vat_percent" words!["percent" "fraction"],
        "VatRatePercent of codings, VatPercent of specifications, PercentVat of rows: 25 or 0.25.";

    // Bodies and refusals
    REQUIRED "required" words!["strict" "defaulted"],
        "Whether required truth values and whole numbers may be left out after all.";
    BLANK "blank" words!["refused" "accepted"],
        "Whether a required text may be empty.";
    READ_ONLY "read_only_in_body" words!["ignored" "refused"],
        "What becomes of a read-only field in a body.";
    MISSING "missing" words!["404" "404_empty" "400"],
        "The answer for the id of a record that does not exist: 404 with code 3000, without a body, or 400.";
    BAD_REFERENCE "bad_reference" words!["400" "404"],
        "The status of code 3000 when a body refers to something that does not exist.";
    REFUSAL_STATUS "refusal_status" words!["400" "409"],
        "The status of the codes for which none is known.";
    READONLY_WRITES "readonly_writes" words!["as_documented" "refused"],
        "Some writes are documented as open to ea:sales_readonly, perhaps by a slip.";

    // Customers and articles
    LABEL_LINK "label_link" words!["id" "name"],
        "By which property a label in a body finds its label.";
    ORG_NUMBERS "org_number_check" words!["off" "on"],
        "Whether the control digit of a customer's CorporateIdentityNumber is checked.";
    VIES "vies" words!["up" "down"],
        "VAT numbers are checked live; an outage is said to fail the write.";
    SINGLE_PRICE "single_price" words!["refused" "computed"],
        "An article with only one of NetPrice and GrossPrice.";
    STOCK_FIELDS "stock_fields_without_module" words!["ignored" "refused"],
        "IsStock, OrderingPoint and SupplierId of an article need the stock module; what they do without it.";
    STOCK_WRITABLE "stock_balance_with_module" words!["read_only" "adjusts"],
        "With the stock module StockBalance is called read-only, while another field speaks of manual adjustment.";
    PUT_PRICES "put_prices" words!["upsert" "replace"],
        "Whether the rows sent to a price list are added to it or are all that it holds then.";
    STANDARD_LIST "standard_price_list" words!["own_rows" "follows_articles"],
        "Whether the standard price list has rows only as they are written, or one for each article as well.";
    STOCK_STAMP "stock_moves_changed" words!["no" "yes"],
        "Whether an order or a sale moves ChangedUtc of its articles.";

    // Sums
    VAT_ROUNDING "vat_rounding" words!["per_rate" "per_row"],
        "Whether VAT is rounded per rate or per row.";
    TOTAL_ROUNDINGS "total_roundings" words!["in_total" "beside"],
        "Whether the total contains the rounding to whole kronor or stands beside it.";
    PRICES_EXCL_VAT "prices_excl_vat" words!["checked_includes" "checked_excludes"],
        "Which way ShowPricesExclVatPC turns IncludesVat of a private customer: the texts contradict each other.";
    ORDER_AMOUNT "order_amount" words!["by_includes_vat" "gross"],
        "Whether Amount of an order without IncludesVat is without VAT, as one text says.";
    CREDIT_QUANTITY "credit_quantity" words!["negative" "positive"],
        "Whether a credit note takes quantities as sent (negative ones) or turns their sign.";

    // Orders
    DRAFT_ORDER_NUMBER "draft_order_number" words!["later" "at_once"],
        "Whether an order gets its number as a draft or when it becomes ongoing.";
    PUT_STATUS "put_order_status" words!["any" "refused"],
        "Which changes of Status a PUT of an order may make; never from or to Invoiced.";
    COMPLETED "completed_delivers" words!["all" "nothing"],
        "Whether completing an order fills DeliveredQuantity where it is zero on all rows.";
    CONVERT_FROM "convert_from" words!["ongoing_or_shipped" "shipped"],
        "From which statuses an order can be converted.";
    CONVERT_QUANTITY "convert_quantity" words!["delivered" "ordered"],
        "Which quantity of a shipped order is invoiced.";

    // Quotes
    QUOTE_CONVERT_FROM "quote_convert_from" words!["approved" "ongoing_or_approved"],
        "Whether a quote can become an order or an invoice before it was approved.";

    // Drafts, invoices, payments
    FIRST_LINE "first_line_number" Allowed::Number { min: 0, max: 1, default: 1 },
        "The LineNumber of the first row when rows are numbered by the server.";
    NAMES_DRAFT "invoice_names_draft" words!["no" "yes"],
        "Whether an invoice that was a draft shows CreatedFromDraftId.";
    CHECK_CODE "check_failure" words!["2000" "4002"],
        "The code when the check body of a conversion does not agree.";
    VOID "void_makes_credit" words!["yes" "no"],
        "Whether voiding makes a credit note that shows in CreditedBy.";
    SETTLEMENT_STAMP "settlement_moves_modified" words!["no" "yes"],
        "Whether a payment or a credit note moves ModifiedUtc of the invoice.";
    OVERPAYMENT "overpayment" words!["refused" "accepted"],
        "A payment of more than what remains.";
    SHORT_COMPLETE "short_complete_payment" words!["leaves_rest" "closes"],
        "A CompletePayment of less than what remains.";
    LEDGER "ledger_lists_invoices" words!["yes" "no"],
        "Whether customer ledger items are there for invoices too, or for those entered as items only.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique() {
        let mut names: Vec<_> = ALL.iter().map(|switch| switch.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
    }
}
