//! How values are printed where the vendor's documentation leaves it open.

use rust_decimal::Decimal;
use serde_json::Value;

use crate::frame::Switches;

use super::record::{number, to_decimal};
use super::switches;

/// The forms of dates and rates, from the switches.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View {
    date_tail: &'static str,
    rate_in_percent: bool,
    percent_in_percent: bool,
    leaves_out_nulls: bool,
}

impl View {
    /// Reads the switches.
    pub(crate) fn new(switches: &Switches) -> Self {
        Self {
            date_tail: match switches.word(&switches::DATES) {
                "plain" => "",
                "midnight" => "T00:00:00",
                _ => "T00:00:00Z",
            },
            rate_in_percent: switches.is(&switches::VAT_RATE, "percent"),
            percent_in_percent: switches.is(&switches::VAT_PERCENT, "percent"),
            leaves_out_nulls: switches.is(&switches::NULLS, "left_out"),
        }
    }

    /// Whether fields that are null are not printed at all.
    pub(crate) fn leaves_out_nulls(&self) -> bool {
        self.leaves_out_nulls
    }

    /// A stored calendar date.
    pub(crate) fn date(&self, stored: &str) -> Value {
        Value::String(format!("{stored}{}", self.date_tail))
    }

    /// A VAT rate in a field named as a rate.
    pub(crate) fn rate(&self, stored: &Value) -> Value {
        factor(stored, self.rate_in_percent)
    }

    /// A VAT rate in a field named as a percentage.
    pub(crate) fn percent(&self, stored: &Value) -> Value {
        factor(stored, self.percent_in_percent)
    }
}

fn factor(stored: &Value, in_percent: bool) -> Value {
    match to_decimal(stored) {
        Some(fraction) if in_percent => number(fraction * Decimal::ONE_HUNDRED),
        Some(fraction) => number(fraction),
        None => Value::Null,
    }
}
