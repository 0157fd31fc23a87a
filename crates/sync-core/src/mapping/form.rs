//! One thing told in two forms: a limit that one system keeps as a number and another as text. Pure.

use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde::{Deserialize, Serialize};

use crate::{model::FieldType, value::Value};

/// What a row makes of a text that it reads, so that two ways of writing it are one value. What is written is not touched:
/// a system that shows another writing of the same has nothing to catch up with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transform {
    /// Capital letters: `ab-1` is `AB-1`.
    Upper,
    /// Small letters.
    Lower,
    /// Digits alone: `7350 053-850019` is `7350053850019`.
    Digits,
    /// Without any blank: `0123 45` is `012345`.
    NoBlanks,
    /// In one line, with single blanks between words.
    OneLine,
}

impl Transform {
    /// All, with the words that files use.
    pub const ALL: [(&'static str, Self); 5] = [
        ("upper", Self::Upper),
        ("lower", Self::Lower),
        ("digits", Self::Digits),
        ("no_blanks", Self::NoBlanks),
        ("one_line", Self::OneLine),
    ];

    /// The word that files use.
    pub fn word(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, transform)| *transform == self).map_or("", |(word, _)| word)
    }

    pub(super) fn of(self, value: Value) -> Value {
        let Value::Text(text) = &value else { return value };
        let made = match self {
            Self::Upper => text.to_uppercase(),
            Self::Lower => text.to_lowercase(),
            Self::Digits => text.chars().filter(char::is_ascii_digit).collect(),
            Self::NoBlanks => text.chars().filter(|sign| !sign.is_whitespace()).collect(),
            Self::OneLine => text.split_whitespace().collect::<Vec<_>>().join(" "),
        };
        if made.is_empty() { Value::Null } else { Value::from(made) }
    }
}

/// Whether values of one type can be told as another. Which words stand for yes and no only a table can say.
pub(crate) fn converts(from: FieldType, to: FieldType) -> bool {
    use FieldType::{Date, Decimal, Instant, Int, Text};
    from == to
        || matches!((from, to), (Int, Decimal) | (Decimal, Int))
        || matches!((from, to), (Text, Int | Decimal | Date | Instant) | (Int | Decimal | Date | Instant, Text))
}

/// A value as another type; `None` if it is none of that type. What is empty stays so.
pub(super) fn convert(value: &Value, to: FieldType) -> Option<Value> {
    match (to, value) {
        (_, Value::Null) => Some(Value::Null),
        (FieldType::Bool, Value::Bool(_))
        | (FieldType::Int, Value::Int(_))
        | (FieldType::Decimal, Value::Decimal(_))
        | (FieldType::Text, Value::Text(_))
        | (FieldType::Date, Value::Date(_))
        | (FieldType::Instant, Value::Instant(_))
        | (FieldType::Link(_) | FieldType::Lines, _) => Some(value.clone()),
        (FieldType::Decimal, Value::Int(whole)) => Some(Value::Decimal(Decimal::from(*whole))),
        (FieldType::Int, Value::Decimal(number)) if number.is_integer() => number.to_i64().map(Value::Int),
        (FieldType::Text, Value::Decimal(number)) => Some(Value::from(written(*number))),
        (FieldType::Text, Value::Int(_) | Value::Date(_) | Value::Instant(_)) => Some(Value::from(value.to_string())),
        (to, Value::Text(text)) => read(text.trim(), to),
        _ => None,
    }
}

fn read(text: &str, to: FieldType) -> Option<Value> {
    if text.is_empty() {
        return Some(Value::Null);
    }
    match to {
        FieldType::Bool => text.parse().ok().map(Value::Bool), // as tables call it
        FieldType::Int => number(text).filter(Decimal::is_integer)?.to_i64().map(Value::Int),
        FieldType::Decimal => number(text).map(Value::Decimal),
        FieldType::Date => text.parse().ok().map(Value::Date),
        FieldType::Instant => text.parse().ok().map(Value::Instant),
        FieldType::Text | FieldType::Link(_) | FieldType::Lines => None,
    }
}

/// A number as people type it: `1 234,50`. What could be read in two ways is none: a text with both a comma and a point,
/// and `1.234`, which is a thousand and more to some and little more than one to others.
fn number(text: &str) -> Option<Decimal> {
    let plain: String = text.chars().filter(|sign| !sign.is_whitespace()).collect();
    let groups = |(whole, rest): (&str, &str)| {
        let whole = whole.trim_start_matches(['-', '+']);
        rest.len() == GROUP && (1..=GROUP).contains(&whole.len()) && !whole.starts_with('0')
    };
    if (plain.contains(',') && plain.contains('.')) || plain.split_once([',', '.']).is_some_and(groups) {
        return None;
    }
    plain.replace(',', ".").parse().ok()
}

/// Digits between the separators of thousands.
const GROUP: usize = 3;

/// A number as text, in a form that cannot be read in two ways.
fn written(number: Decimal) -> String {
    let plain = number.normalize().to_string();
    match plain.split_once('.') {
        Some((_, rest)) if rest.len() == GROUP => format!("{plain}0"),
        _ => plain,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_text_says_is_read_as_people_type_it_or_not_at_all() {
        let number = |text: &str| convert(&Value::from(text), FieldType::Decimal);
        assert_eq!(number("1 234,50"), Some(Value::Decimal(Decimal::new(123_450, 2))));
        assert_eq!(number("-7.5"), Some(Value::Decimal(Decimal::new(-75, 1))));
        assert_eq!(number("1,234.50"), None, "in two ways");
        assert_eq!(number("12 kr"), None);
        assert_eq!((number("1.234"), number("-12,345")), (None, None), "thousands to some");
        assert_eq!(number("1.2340"), Some(Value::Decimal(Decimal::new(1_234, 3))));
        assert_eq!(number("0,125"), Some(Value::Decimal(Decimal::new(125, 3))));
        assert_eq!(number("1234.567"), Some(Value::Decimal(Decimal::new(1_234_567, 3))));
        assert_eq!(number("  "), Some(Value::Null));
        assert_eq!(convert(&Value::from("7,5"), FieldType::Int), None, "no whole number");
        assert_eq!(convert(&Value::from("31.12.2026"), FieldType::Date), None, "day or month first is not known");
        assert_eq!(convert(&Value::from("J"), FieldType::Bool), None, "a table says that");
    }

    #[test]
    fn transforms_leave_nothing_where_nothing_is_left() {
        let of = |transform: Transform, text: &str| transform.of(Value::from(text));
        assert_eq!(of(Transform::Digits, "GLN 73 50"), "7350".into());
        assert_eq!(of(Transform::Digits, "none"), Value::Null);
        assert_eq!(of(Transform::OneLine, " Storgata 9\r\n 0155  Oslo"), "Storgata 9 0155 Oslo".into());
        assert_eq!(of(Transform::NoBlanks, "01\u{a0}23 4"), "01234".into());
    }

    proptest! {
        /// What is told as text and read again is the same, and says so to itself.
        #[test]
        fn what_is_told_in_another_form_comes_back(units in -9_999_999_i64..9_999_999, scale in 0_u32..4, day in 0_i64..40_000) {
            let date = chrono::DateTime::from_timestamp(day * 86_400, 0).unwrap().date_naive();
            let values = [
                (Value::Decimal(Decimal::new(units, scale).normalize()), FieldType::Decimal),
                (Value::Int(units), FieldType::Int),
                (Value::Date(date), FieldType::Date),
            ];
            for (value, ty) in values {
                prop_assert!(converts(ty, FieldType::Text) && converts(FieldType::Text, ty));
                let text = convert(&value, FieldType::Text).unwrap();
                prop_assert!(matches!(text, Value::Text(_)));
                prop_assert_eq!(convert(&text, ty), Some(value));
            }
        }

        /// A value that went through a transform does not change in it again.
        #[test]
        fn a_transform_has_nothing_to_do_twice(text in "\\PC{0,20}") {
            for (_, transform) in Transform::ALL {
                let once = transform.of(Value::from(text.as_str()));
                prop_assert_eq!(transform.of(once.clone()), once, "{}", transform.word());
            }
        }
    }
}
