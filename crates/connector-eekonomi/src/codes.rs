//! The vendor's closed lists: error codes, editions, statuses, rates, time zones. Lists that a company can add to (terms,
//! units, codings, delivery) are not translated here; their ids go through as codes.

use chrono_tz::Tz;
use rust_decimal::Decimal;
use sync_core::{
    ErrorKind,
    model::{Fulfilment, Invoicing, PaymentState},
};

/// What an error code means for what happens next; none where the HTTP status tells.
///
/// Codes and names are the vendor's published table; the statuses that go with them are mostly unpublished, so the code
/// decides first.
pub(crate) fn meaning(code: i64, text: &str, status: u16) -> Option<ErrorKind> {
    Some(match code {
        4000 => ErrorKind::AlreadyExists,
        // one number for two things; only the text tells them apart
        4002 if module(text).is_some() => ErrorKind::Permission,
        4003 | 4004 | 4006 | 4007 | 4009 | 4011 | 4012 | 4019 => ErrorKind::Permission,
        4005 => ErrorKind::Auth,
        4010 => ErrorKind::RateLimited,
        4034 => ErrorKind::Config,
        // a service that the vendor needs did not answer; with a status of refusal nothing was written
        5000..=5002 if status < 500 => ErrorKind::Unavailable,
        5000..=5002 => return None,
        6000 => ErrorKind::Protocol,
        // 404 with it says that the record itself is not there
        3000 if status == 404 => return None,
        2000..=6999 => ErrorKind::Invalid,
        _ => return None,
    })
}

/// The module that a refusal misses: `api_standard`.
pub(crate) fn module(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("No access to module")?;
    let name = rest.trim_start_matches([':', ' ']).split_whitespace().next().unwrap_or_default();
    Some(name.trim_end_matches(['.', ',']))
}

/// One line for the person who must act.
pub(crate) fn cure(code: i64, text: &str) -> Option<String> {
    if let (4002, Some(module)) = (code, module(text)) {
        return Some(match module {
            "api_standard" => "the company has not switched on the add-on for integrations (API): activate it in eEkonomi under \
                 settings, apps and add-ons (\"Appar och tillägg\"), and see that the login was made in the right company; \
                 logging in again alone does not help"
                .to_owned(),
            module => format!("the company lacks the module '{module}': add it to its subscription, or leave out what needs it"),
        });
    }
    Some(
        match code {
            3001 => "the date lies in no fiscal year: add the year in eEkonomi, or correct the date",
            4000 => "eEkonomi has a record with this number already: link to it, or give another number",
            4001 => "it has transactions in eEkonomi and cannot be deleted: set it inactive instead",
            4003 => {
                "the company has not finished eEkonomi's start-up guide: somebody must log in there and go through it"
            }
            4004 => "the company is not active in eEkonomi: ask the vendor's support",
            4005 => "eEkonomi does not accept the login any more: log in again",
            4006 => "the login does not cover this: log in again with the scopes that the configuration names",
            4007 => {
                "the user who logged in may not do this in eEkonomi: give the user the right, or log in as another one"
            }
            4008 => "a number with a check digit is wrong: correct it",
            4009 => "the company's edition of eEkonomi does not include this: change the edition, or leave this out",
            4011 => "the user who logged in has no access to this company in eEkonomi: log in as another one",
            4012 => "the licence agreement is not accepted: somebody must log in to eEkonomi and accept it",
            4013 => "the invoice cannot be booked: its year or period is locked in eEkonomi",
            4019 => "the user who logged in may only read: log in as another one",
            4023 => "the date lies in the future: give the day of payment",
            4024 => "the article's coding has no account for this kind of sale: set it in eEkonomi",
            4025 => "the VAT number is not known to the EU's register: correct it",
            4026 | 4038 => "the date lies in a period that is locked in eEkonomi: unlock it, or give another date",
            4028 => "a backorder hangs on the order: remove that first",
            4034 => "this client was made for the sandbox and the company is a real one: configure the real client",
            4039 => "an invoice in the company's own currency takes no domestic amount",
            5003 | 5004 => "the article still has stock: bring its balance to zero first",
            5005 => "a row refers to a project that has ended",
            5006 => "a row refers to a cost centre that is not active",
            _ => return None,
        }
        .to_owned(),
    )
}

/// Name of an edition (`ProductVariant`).
pub(crate) fn edition(variant: i64) -> &'static str {
    match variant {
        1 => "Standard",
        2 => "Invoicing",
        3 => "Bookkeeping",
        4 => "Solo",
        5 => "Pro",
        6 => "Invoicing (collaboration)",
        _ => "unknown",
    }
}

/// Where business dates of a company are to be understood: the vendor sells in four countries, each with one zone.
pub(crate) fn zone(country: &str) -> Tz {
    match country.to_ascii_uppercase().as_str() {
        "NO" => chrono_tz::Europe::Oslo,
        "NL" => chrono_tz::Europe::Amsterdam,
        "FI" => chrono_tz::Europe::Helsinki,
        _ => chrono_tz::Europe::Stockholm,
    }
}

/// A VAT rate in percent. The vendor shows 0.25 or 25, it is not known which; no rate of VAT lies between 0 and 1 percent.
pub(crate) fn vat_percent(shown: Decimal) -> Decimal {
    if shown.abs() < Decimal::ONE { (shown * Decimal::ONE_HUNDRED).normalize() } else { shown.normalize() }
}

/// `Status` of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OrderStatus {
    Draft,
    Ongoing,
    Shipped,
    Invoiced,
}

impl OrderStatus {
    pub(crate) fn of(code: i64) -> Option<Self> {
        Some(match code {
            1 => Self::Draft,
            2 => Self::Ongoing,
            3 => Self::Shipped,
            4 => Self::Invoiced,
            _ => return None,
        })
    }
    pub(crate) fn code(self) -> i64 {
        match self {
            Self::Draft => 1,
            Self::Ongoing => 2,
            Self::Shipped => 3,
            Self::Invoiced => 4,
        }
    }
    /// The vendor's own word.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Draft => "Draft",
            Self::Ongoing => "Ongoing",
            Self::Shipped => "Shipped",
            Self::Invoiced => "Invoiced",
        }
    }
    pub(crate) fn invoicing(self) -> Invoicing {
        if self == Self::Invoiced { Invoicing::Invoiced } else { Invoicing::None }
    }
    /// The status that an order is made with: a draft, or at most ongoing. Goods leave by a step of their own.
    pub(crate) fn to_create(fulfilment: Option<Fulfilment>) -> Self {
        match fulfilment {
            None | Some(Fulfilment::Draft) => Self::Draft,
            Some(_) => Self::Ongoing,
        }
    }
}

/// `Status` of a quote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QuoteStatus {
    Draft,
    Ongoing,
    Approved,
    Invoiced,
    OrderCreated,
}

impl QuoteStatus {
    pub(crate) fn of(code: i64) -> Option<Self> {
        Some(match code {
            0 => Self::Draft,
            1 => Self::Ongoing,
            2 => Self::Approved,
            3 => Self::Invoiced,
            4 => Self::OrderCreated,
            _ => return None,
        })
    }
    /// The vendor's own word.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Draft => "Draft",
            Self::Ongoing => "Ongoing",
            Self::Approved => "Approved",
            Self::Invoiced => "Invoiced",
            Self::OrderCreated => "OrderCreated",
        }
    }
    /// A quote is open until something else was made of it; what becomes of the goods then, that other one says.
    pub(crate) fn fulfilment(self) -> Option<Fulfilment> {
        match self {
            Self::Draft => Some(Fulfilment::Draft),
            Self::Ongoing | Self::Approved => Some(Fulfilment::Open),
            Self::Invoiced | Self::OrderCreated => None,
        }
    }
    pub(crate) fn invoicing(self) -> Invoicing {
        if self == Self::Invoiced { Invoicing::Invoiced } else { Invoicing::None }
    }
}

/// How much of an order's rows has been delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivered {
    Nothing,
    Some,
    All,
}

/// How far the goods of an order are; none where it cannot be told. Part deliveries show on the rows only, and an order
/// can be invoiced without ever having been shipped.
pub(crate) fn fulfilment(status: OrderStatus, rows: Delivered, has_shipping_day: bool) -> Option<Fulfilment> {
    Some(match (status, rows) {
        (OrderStatus::Draft, _) => Fulfilment::Draft,
        (_, Delivered::Some) => Fulfilment::PartlyDelivered,
        (OrderStatus::Ongoing, _) => Fulfilment::Open,
        (OrderStatus::Shipped, _) | (OrderStatus::Invoiced, Delivered::All) => Fulfilment::Delivered,
        (OrderStatus::Invoiced, Delivered::Nothing) if has_shipping_day => Fulfilment::Delivered,
        (OrderStatus::Invoiced, Delivered::Nothing) => return None,
    })
}

/// How far an invoice is paid: `PaymentStatus` (0 paid, 1 unpaid, 2 overdue) knows no part payment and calls a credited
/// invoice paid, so the amounts decide. `None` where they are not shown.
pub(crate) fn payment(total: Decimal, remaining: Decimal, set_off: Decimal) -> PaymentState {
    let paid = total - remaining - set_off;
    if paid.is_zero() && (!remaining.is_zero() || !set_off.is_zero()) {
        PaymentState::Unpaid
    } else if remaining.is_zero() {
        PaymentState::Paid
    } else {
        PaymentState::PartlyPaid
    }
}

/// `PaymentStatus` as the vendor's word.
pub(crate) fn payment_word(code: i64) -> Option<&'static str> {
    Some(match code {
        0 => "Paid",
        1 => "Unpaid",
        2 => "Overdue",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dec(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn one_code_with_two_meanings_is_told_apart_by_its_text() {
        let add_on = "ForbiddenRequestException - No access to module: api_standard";
        assert_eq!(meaning(4002, add_on, 403), Some(ErrorKind::Permission));
        assert!(cure(4002, add_on).unwrap().contains("add-on"));
        assert!(cure(4002, "X - No access to module: sales_standard").unwrap().contains("'sales_standard'"));
        assert_eq!(meaning(4002, "the invoice has payments", 400), Some(ErrorKind::Invalid));
        assert_eq!(cure(4002, "the invoice has payments"), None);
    }

    #[test]
    fn numbers_that_look_like_server_faults_are_refusals() {
        for code in 5003..=5007 {
            assert_eq!(meaning(code, "", 500), Some(ErrorKind::Invalid), "{code}");
        }
        for code in 5000..=5002 {
            assert_eq!(meaning(code, "", 500), None, "{code}: the status knows whether it was a write");
            assert_eq!(meaning(code, "", 400), Some(ErrorKind::Unavailable), "{code}");
        }
    }

    #[test]
    fn a_missing_record_and_a_missing_reference() {
        assert_eq!(meaning(3000, "", 404), None);
        assert_eq!(meaning(3000, "", 400), Some(ErrorKind::Invalid));
    }

    #[test]
    fn rates_are_percent_in_whichever_form_they_come() {
        for (shown, percent) in [("0.25", "25"), ("25", "25"), ("0.060", "6"), ("0", "0"), ("12.0", "12")] {
            assert_eq!(vat_percent(dec(shown)).to_string(), percent, "{shown}");
        }
    }

    #[test]
    fn goods_follow_status_and_rows() {
        use Fulfilment as F;
        use OrderStatus::*;
        for (status, rows, shipped, goods) in [
            (Draft, Delivered::Nothing, false, Some(F::Draft)),
            (Ongoing, Delivered::Nothing, false, Some(F::Open)),
            (Ongoing, Delivered::Some, false, Some(F::PartlyDelivered)),
            (Shipped, Delivered::Nothing, true, Some(F::Delivered)),
            (Shipped, Delivered::Some, true, Some(F::PartlyDelivered)),
            (Shipped, Delivered::All, true, Some(F::Delivered)),
            (Invoiced, Delivered::All, true, Some(F::Delivered)),
            (Invoiced, Delivered::Nothing, false, None),
        ] {
            assert_eq!(fulfilment(status, rows, shipped), goods, "{status:?} {rows:?}");
        }
        assert_eq!(OrderStatus::to_create(None), Draft);
        assert_eq!(OrderStatus::to_create(Some(F::Delivered)), Ongoing);
    }

    #[test]
    fn a_credited_invoice_is_not_paid() {
        for (total, remaining, set_off, state) in [
            ("100", "100", "0", PaymentState::Unpaid),
            ("100", "40", "0", PaymentState::PartlyPaid),
            ("100", "0", "0", PaymentState::Paid),
            ("100", "0", "100", PaymentState::Unpaid),
            ("100", "0", "30", PaymentState::Paid),
            ("0", "0", "0", PaymentState::Paid),
        ] {
            assert_eq!(payment(dec(total), dec(remaining), dec(set_off)), state, "{total} {remaining} {set_off}");
        }
    }
}
