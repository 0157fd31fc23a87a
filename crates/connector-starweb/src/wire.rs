//! How Starweb writes values: numbers as numbers or as texts, nothing as null or as an empty text, and whatever is
//! nested inside `{"data": …}`.

use chrono::{DateTime, FixedOffset};
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error, Unexpected},
};
use serde_json::{Map, Value as Json};
use sync_core::Field;

/// A value that may be left out (unknown), null or blank (empty), or there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told<T>(pub(crate) Field<T>);

impl<T> Default for Told<T> {
    fn default() -> Self {
        Self(Field::Unknown)
    }
}

impl<T: Clone> Told<T> {
    /// The value, if there is one.
    pub(crate) fn get(&self) -> Option<T> {
        self.0.clone().into_value()
    }
}
impl Told<String> {
    /// The text; blank if there is none.
    pub(crate) fn text(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }
}

/// A value that can stand in a [`Told`].
pub(crate) trait Written: Sized {
    /// What is expected, for errors.
    const WHAT: &'static str;
    /// The value; `None` if this is none. Null and blank text never come here.
    fn read(json: &Json) -> Option<Self>;
}

impl<'de, T: Written> Deserialize<'de> for Told<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let json = Json::deserialize(from)?;
        let blank = match &json {
            Json::Null => true,
            Json::String(text) => text.is_empty(),
            _ => false,
        };
        if blank {
            return Ok(Self(Field::Empty));
        }
        let value = T::read(&json);
        // the value itself has no place in an error
        let value = value.ok_or_else(|| D::Error::invalid_type(Unexpected::Other("another value"), &T::WHAT))?;
        Ok(Self(Field::Set(value)))
    }
}

impl Written for String {
    const WHAT: &'static str = "text";
    fn read(json: &Json) -> Option<Self> {
        match json {
            Json::String(text) => Some(text.clone()),
            Json::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }
}
impl Written for Decimal {
    const WHAT: &'static str = "a decimal number";
    fn read(json: &Json) -> Option<Self> {
        let text = String::read(json)?;
        let text = text.trim();
        text.parse().or_else(|_| Decimal::from_scientific(text)).ok()
    }
}
impl Written for i64 {
    const WHAT: &'static str = "a whole number";
    fn read(json: &Json) -> Option<Self> {
        let number = Decimal::read(json)?;
        if number.is_integer() { number.try_into().ok() } else { None }
    }
}
impl Written for bool {
    const WHAT: &'static str = "true or false";
    fn read(json: &Json) -> Option<Self> {
        json.as_bool()
    }
}
/// A moment with the offset that it was written with.
impl Written for DateTime<FixedOffset> {
    const WHAT: &'static str = "a time with seconds and an offset";
    fn read(json: &Json) -> Option<Self> {
        let text = json.as_str()?;
        DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%z")).ok()
    }
}

/// What stands in `data`: of an answer, or of a child inside a record.
#[derive(Debug, Deserialize)]
pub(crate) struct Data<T> {
    pub(crate) data: T,
}

/// A child that was asked for with `include`: left out (unknown), null or with null inside (there is none), or there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Included<T>(pub(crate) Field<T>);

impl<T> Default for Included<T> {
    fn default() -> Self {
        Self(Field::Unknown)
    }
}
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Included<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(bound = "T: Deserialize<'de>")]
        struct Child<T> {
            // told how to read it, an object without `data` is a fault, not an empty child
            #[serde(deserialize_with = "Option::deserialize")]
            data: Option<T>,
        }
        Ok(Self(Option::<Child<T>>::deserialize(from)?.and_then(|child| child.data).into()))
    }
}

/// A list that was asked for with `include`. The vendor's description has some as bare lists that come in an envelope, so
/// both are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed<T>(pub(crate) Field<Vec<T>>);

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Self(Field::Unknown)
    }
}
impl<'de, T: DeserializeOwned> Deserialize<'de> for Listed<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let bare = match Json::deserialize(from)? {
            Json::Object(mut envelope) => envelope.remove("data").unwrap_or(Json::Bool(false)),
            other => other,
        };
        match bare {
            Json::Null => Ok(Self(Field::Empty)),
            rows @ Json::Array(_) => {
                serde_json::from_value(rows).map(|rows| Self(Field::Set(rows))).map_err(D::Error::custom)
            }
            _ => Err(D::Error::invalid_type(Unexpected::Other("another value"), &"a list")),
        }
    }
}

/// To so many decimals, half of the last one away from zero.
pub(crate) fn rounded(amount: Decimal, decimals: u32) -> Decimal {
    amount.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero)
}

/// A number as JSON, with no digit more than it has.
pub(crate) fn number(amount: Decimal) -> Json {
    amount.normalize().to_string().parse().map_or(Json::Null, Json::Number)
}

/// A record in two forms: what is known of it, typed, and all its members by the vendor's names.
#[derive(Debug)]
pub(crate) struct Whole<T> {
    pub(crate) known: T,
    pub(crate) all: Map<String, Json>,
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Whole<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let all = Map::deserialize(from)?;
        let known = serde_path_to_error::deserialize(Json::Object(all.clone())).map_err(|error| {
            let place = error.path().to_string();
            let text = error.inner().to_string();
            match text.rsplit_once(", expected ") {
                Some((_, expected)) => D::Error::custom(format_args!("found another, expected {expected} in {place}")),
                None => D::Error::custom(format_args!("found another, expected another form in {place}")),
            }
        })?;
        Ok(Self { known, all })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    struct Row {
        amount: Told<Decimal>,
        count: Told<i64>,
        name: Told<String>,
        at: Told<DateTime<FixedOffset>>,
        child: Included<Vec<u8>>,
    }

    fn row(text: &str) -> Row {
        serde_json::from_str::<Whole<Row>>(text).unwrap().known
    }

    #[test]
    fn numbers_are_read_as_numbers_and_as_texts_with_their_scale() {
        for text in [r#"{"amount":622.40,"count":7}"#, r#"{"amount":"622.40","count":"7"}"#] {
            let row = row(text);
            assert_eq!(row.amount.get().unwrap().to_string(), "622.40");
            assert_eq!(row.count.get(), Some(7));
        }
        assert_eq!(row(r#"{"amount":1.5e3}"#).amount.get(), Some(Decimal::from(1500)));
    }

    #[test]
    fn left_out_empty_and_there_are_three_things() {
        let row = row(r#"{"amount":null,"name":""}"#);
        assert_eq!((row.amount.0, row.name.0, row.count.0), (Field::Empty, Field::Empty, Field::Unknown));
    }

    #[test]
    fn a_moment_keeps_the_offset_that_it_was_written_with() {
        for text in [r#"{"at":"2019-11-28T00:38:17+01:00"}"#, r#"{"at":"2019-11-28T00:38:17+0100"}"#] {
            let at = row(text).at.get().unwrap();
            assert_eq!(at.date_naive().to_string(), "2019-11-28");
            assert_eq!(at.to_utc().to_rfc3339(), "2019-11-27T23:38:17+00:00");
        }
    }

    #[test]
    fn a_child_is_unknown_absent_or_there() {
        assert_eq!(row("{}").child.0, Field::Unknown);
        for none in [r#"{"child":null}"#, r#"{"child":{"data":null}}"#] {
            assert_eq!(row(none).child.0, Field::Empty, "{none}");
        }
        assert_eq!(row(r#"{"child":{"data":[1,2]}}"#).child.0, Field::Set(vec![1, 2]));
    }

    #[test]
    fn a_fault_tells_its_place_and_what_was_expected_but_no_value() {
        let faults = [
            (r#"{"amount":"secret"}"#, "expected a decimal number in amount"),
            (r#"{"count":1.5}"#, "expected a whole number in count"),
            (r#"{"at":"2019-11-28 13:38"}"#, "expected a time with seconds and an offset in at"),
            (r#"{"child":{"data":[1,"secret"]}}"#, "expected u8 in child.data[1]"),
            (r#"{"child":{}}"#, "expected another form in child"),
        ];
        for (text, expected) in faults {
            let error = serde_json::from_str::<Whole<Row>>(text).unwrap_err().to_string();
            assert!(error.contains(expected) && !error.contains("secret"), "{error}");
        }
    }
}
