//! The vendor's closed lists and its clock: status words, behaviours of order types, stamps without a zone. Lists that a
//! company can add to (terms, VAT zones, classes, units) are not translated here; their codes go through as they are.

use chrono::{DateTime, Duration, NaiveDateTime, Offset, TimeZone, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use sync_core::model::{Fulfilment, InvoiceStage, Invoicing, OrderStage, PaymentState};

/// The moment that `local` is in `zone`; the earlier one of an hour that comes twice, since nothing may be missed.
pub(crate) fn from_local(local: NaiveDateTime, zone: Tz) -> DateTime<Utc> {
    // an hour that is skipped in spring is nobody's: read as if the clock had not been turned
    zone.from_local_datetime(&local).earliest().map_or_else(
        || zone.from_local_datetime(&(local - Duration::hours(1))).earliest().map_or(local.and_utc(), |at| at.to_utc()),
        |at| at.to_utc(),
    )
}

/// The moment `at` as the ERP API takes it in a filter: local, milliseconds, and never a letter for the zone.
///
/// Where the clock is turned back within the hour after `at`, what happens then has stamps before it: such a moment is
/// moved back by as much.
pub(crate) fn filter_stamp(at: DateTime<Utc>, zone: Tz) -> String {
    let offset = |at: DateTime<Utc>| zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc();
    let back = (offset(at) - offset(at + Duration::hours(1))).max(0);
    let local = at.with_timezone(&zone).naive_local() - Duration::seconds(back.into());
    local.format("%Y-%m-%dT%H:%M:%S%.3f").to_string()
}

/// The moment `at` as the order service takes it: what has no offset there is UTC, so it is said.
pub(crate) fn utc_stamp(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// What an order type is (`behavior`); none for returns, which are no orders.
pub(crate) fn stage(behavior: &str) -> Option<OrderStage> {
    match behavior.to_ascii_lowercase().as_str() {
        "quote" => Some(OrderStage::Quote),
        "salesorder" | "invoice" => Some(OrderStage::Order),
        _ => None,
    }
}

/// How far the goods are, by an order's word. Words are the ERP's; whether the order service has others is not published,
/// so one that is not known says nothing. Stopped orders (`CreditHold`, `PendingApproval`) say nothing either: an order
/// may be stopped at any time.
pub(crate) fn fulfilment(word: &str, some_left: bool) -> Option<Fulfilment> {
    Some(match plain(word).as_str() {
        "hold" => Fulfilment::Draft,
        "open" | "backorder" if some_left => Fulfilment::PartlyDelivered,
        "open" | "backorder" => Fulfilment::Open,
        "shipping" => Fulfilment::Picking,
        "completed" | "invoiced" => Fulfilment::Delivered,
        "cancelled" | "canceled" | "voided" => Fulfilment::Cancelled,
        _ => return None,
    })
}

/// How far an order is invoiced: by its word, else by what its rows say is billed.
pub(crate) fn invoicing(word: &str, ordered: Option<(Decimal, Decimal)>) -> Option<Invoicing> {
    match (plain(word).as_str(), ordered) {
        ("invoiced", _) => Some(Invoicing::Invoiced),
        (_, Some((ordered, billed))) if billed.is_zero() && !ordered.is_zero() => Some(Invoicing::None),
        (_, Some((ordered, billed))) if billed.abs() < ordered.abs() => Some(Invoicing::Partly),
        (_, Some((ordered, _))) if !ordered.is_zero() => Some(Invoicing::Invoiced),
        _ => None,
    }
}

/// Whether an order's word says that it can be changed: the order service takes changes of these only.
pub(crate) fn is_changeable(word: &str) -> bool {
    matches!(plain(word).as_str(), "hold" | "open" | "backorder")
}

fn plain(word: &str) -> String {
    word.replace(' ', "").to_ascii_lowercase()
}

/// Statuses of ledger documents.
pub(crate) const DOCUMENT_STATUS: [&str; 11] = [
    "Hold",
    "Balanced",
    "Voided",
    "Scheduled",
    "Open",
    "Closed",
    "PendingPrint",
    "PendingEmail",
    "CreditHold",
    "CcHold",
    "Reserved",
];

/// How far a ledger document is. Only a release makes it `Open`; what was made void was released before.
pub(crate) fn document_stage(status: &str) -> InvoiceStage {
    match status {
        "Open" | "Closed" | "Voided" => InvoiceStage::Booked,
        _ => InvoiceStage::Draft,
    }
}

/// How far the payment of a released document is.
pub(crate) fn payment(total: Decimal, balance: Decimal) -> PaymentState {
    if balance.is_zero() {
        PaymentState::Paid
    } else if balance.abs() < total.abs() {
        PaymentState::PartlyPaid
    } else {
        PaymentState::Unpaid
    }
}

/// Statuses of customers.
pub(crate) const CUSTOMER_STATUS: [&str; 5] = ["Active", "OnHold", "CreditHold", "Inactive", "OneTime"];
/// Statuses of suppliers.
pub(crate) const SUPPLIER_STATUS: [&str; 5] = ["Active", "OnHold", "HoldPayments", "Inactive", "OneTime"];
/// Statuses of items. The last one is read only.
pub(crate) const ITEM_STATUS: [&str; 7] =
    ["Active", "NoSales", "NoPurchases", "NoRequest", "Inactive", "MarkedForDeletion", "Unknown"];

/// Whether an item of this status can be sold.
pub(crate) fn is_sold(status: &str) -> Option<bool> {
    match status {
        "Active" | "NoPurchases" | "NoRequest" => Some(true),
        "NoSales" | "Inactive" | "MarkedForDeletion" => Some(false),
        _ => None,
    }
}

/// Whether an item of this type is a service and no goods.
pub(crate) fn is_service(kind: &str) -> bool {
    matches!(kind, "LaborItem" | "ServiceItem")
}

#[cfg(test)]
mod tests {
    use chrono_tz::Europe::Oslo;

    use super::*;

    #[test]
    fn filters_have_no_letter_and_go_back_over_the_hour_that_comes_twice() {
        for (at, text) in [
            ("2026-02-17T09:16:00.123Z", "2026-02-17T10:16:00.123"),
            ("2026-07-17T09:16:00Z", "2026-07-17T11:16:00.000"),
            // 25 October 2026: 02:59:59 summer time is followed by 02:00:00 winter time
            ("2026-10-25T00:30:00Z", "2026-10-25T01:30:00.000"),
            ("2026-10-25T01:30:00Z", "2026-10-25T02:30:00.000"),
        ] {
            let told = filter_stamp(at.parse().unwrap(), Oslo);
            assert_eq!(told, text, "{at}");
            assert!(!told.contains(['W', 'X', 'Y', 'Z']));
        }
    }

    #[test]
    fn a_stamp_that_means_two_moments_is_the_earlier_one() {
        let stamp: NaiveDateTime = "2026-10-25T02:30:00".parse().unwrap();
        assert_eq!(from_local(stamp, Oslo).to_rfc3339(), "2026-10-25T00:30:00+00:00");
        let skipped: NaiveDateTime = "2026-03-29T02:30:00".parse().unwrap();
        assert_eq!(from_local(skipped, Oslo).to_rfc3339(), "2026-03-29T00:30:00+00:00");
        // what was changed in either of the two hours is named by a listing from either
        for (from, changed) in
            [("2026-10-25T00:30:00Z", "2026-10-25T02:00:00.000"), ("2026-10-25T01:00:00Z", "2026-10-25T02:00:00.000")]
        {
            assert!(filter_stamp(from.parse().unwrap(), Oslo).as_str() <= changed);
        }
    }

    #[test]
    fn each_status_has_its_place_on_the_axes() {
        for status in DOCUMENT_STATUS {
            let booked = matches!(status, "Open" | "Closed" | "Voided");
            assert_eq!(document_stage(status) == InvoiceStage::Booked, booked, "{status}");
        }
        for (word, fulfils, changes) in [
            ("Hold", Some(Fulfilment::Draft), true),
            ("Open", Some(Fulfilment::Open), true),
            ("Back Order", Some(Fulfilment::Open), true),
            ("Shipping", Some(Fulfilment::Picking), false),
            ("Completed", Some(Fulfilment::Delivered), false),
            ("Invoiced", Some(Fulfilment::Delivered), false),
            ("Cancelled", Some(Fulfilment::Cancelled), false),
            ("Voided", Some(Fulfilment::Cancelled), false),
            ("CreditHold", None, false),
            ("PendingApproval", None, false),
            ("Something", None, false),
        ] {
            assert_eq!((fulfilment(word, false), is_changeable(word)), (fulfils, changes), "{word}");
        }
        assert_eq!(fulfilment("BackOrder", true), Some(Fulfilment::PartlyDelivered));
        assert_eq!(ITEM_STATUS.iter().filter(|status| is_sold(status) == Some(true)).count(), 3);
        let dec = |whole: i64| Decimal::from(whole);
        for (billed, word) in [(0, Invoicing::None), (1, Invoicing::Partly), (2, Invoicing::Invoiced)] {
            assert_eq!(invoicing("Open", Some((dec(2), dec(billed)))), Some(word));
        }
        assert_eq!(invoicing("Invoiced", None), Some(Invoicing::Invoiced));
        assert_eq!(invoicing("Open", None), None);
        assert_eq!(stage("Quote"), Some(OrderStage::Quote));
        assert_eq!(stage("CreditMemo"), None);
        for (balance, word) in [(100, PaymentState::Unpaid), (40, PaymentState::PartlyPaid), (0, PaymentState::Paid)] {
            assert_eq!(payment(dec(100), dec(balance)), word);
        }
    }
}
