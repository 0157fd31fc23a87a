//! Normal forms: what two values have in common when they mean the same.

mod country;
mod phone;
#[cfg(test)]
mod tests;

use super::{FieldMap, FieldPath, Value};

pub use phone::phone;

/// How values of a field are brought to one form, for match keys and for equality at first sight. It never changes
/// what is stored or sent. Where a rule could make two different things equal it does nothing: a match that is missed
/// is seen by a person, a wrong one is not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NormalForm {
    /// As it is. Decimals count by value: 10.1 and 10.10 are one.
    #[default]
    Exact,
    /// A name: without case, one space between words.
    Name,
    /// An e-mail address: without case and outer spaces.
    Email,
    /// A telephone number: see [`phone`]; here without a country.
    Phone,
    /// A number in a public register: its digits. Cut before: a label or country in front (`Org.nr`, `CVR`, `SE`, `NO`,
    /// `DK`, `FI`) and the Norwegian `MVA` behind. If other letters remain (`HRB 123`) they count, since they tell
    /// registers apart. A Swedish number of 12 digits loses its leading `16`, but only if the rest is the number of a
    /// legal person (third digit 2 or more, check digit right); the centuries of persons (`19`, `20`) stay, since two
    /// persons a century apart share the rest.
    RegistrationNumber,
    /// A VAT number: its letters and digits in upper case.
    VatNumber,
    /// A postal code: its letters and digits in upper case. Cut before: a country in front with a hyphen (`SE-123 45`,
    /// `S-123 45`), and `SE`, `NO`, `DK`, `FI` straight before digits; not so `SE1 2AB`, which is in London.
    PostalCode,
    /// A country: ISO 3166-1 alpha-2, for alpha-2, alpha-3 and the names of European countries in Swedish, Norwegian,
    /// Danish, Finnish, English and their own language; else its text in upper case.
    Country,
    /// A number of ours or of a vendor: without outer spaces. Leading zeros count.
    Number,
}

impl NormalForm {
    /// The normal form; none for what is empty or has nothing in it (`-` as a telephone number). Of a normal form it
    /// is that form itself.
    pub fn of(self, value: &Value) -> Option<String> {
        let text = match value {
            Value::Null => return None,
            Value::Text(text) => text.to_string(),
            Value::Bool(yes) => yes.to_string(),
            Value::Int(whole) => whole.to_string(),
            Value::Decimal(amount) => amount.normalize().to_string(),
            Value::Date(day) => day.to_string(),
            Value::Instant(moment) => moment.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true),
            Value::Link(_) | Value::List(_) | Value::Map(_) => return Some(whole(value)),
        };
        let normal = match self {
            Self::Exact => text,
            Self::Name => spaced(&text).to_lowercase(),
            Self::Email => text.trim().to_lowercase(),
            Self::Phone => return phone(&text, None),
            Self::RegistrationNumber => registration_number(&text),
            Self::VatNumber => letters_and_digits(&text),
            Self::PostalCode => postal_code(&text),
            Self::Country => country::code(&text),
            Self::Number => text.trim().to_owned(),
        };
        (!normal.is_empty()).then_some(normal)
    }
}

/// Links, lines and maps are equal as a whole or not at all.
fn whole(value: &Value) -> String {
    FieldMap::new().with(FieldPath::from_static("value"), value.clone()).fingerprint().to_string()
}

/// One space between words, none outside; a no-break space is a space.
fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn letters_and_digits(text: &str) -> String {
    text.to_uppercase().chars().filter(|letter| letter.is_alphanumeric()).collect()
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn registration_number(text: &str) -> String {
    let all = letters_and_digits(text);
    let labels = ["ORGNR", "ORG", "CVR", "SE", "NO", "DK", "FI"];
    let rest = labels.iter().find_map(|label| all.strip_prefix(label)).unwrap_or(&all);
    let rest = rest.strip_suffix("MVA").unwrap_or(rest);
    match rest.strip_prefix("16") {
        Some(legal_person) if is_swedish_legal_person(legal_person) => legal_person.to_owned(),
        _ if is_digits(rest) => rest.to_owned(),
        _ => all,
    }
}

/// Ten digits whose third is 2 or more, where the number of a person has its month, and whose check digit is right.
fn is_swedish_legal_person(number: &str) -> bool {
    if number.len() != 10 || !is_digits(number) || number.as_bytes().get(2).is_none_or(|third| *third < b'2') {
        return false;
    }
    let sum: u32 = number
        .chars()
        .filter_map(|digit| digit.to_digit(10))
        .enumerate()
        .map(|(at, digit)| if at % 2 == 0 { digit * 2 / 10 + digit * 2 % 10 } else { digit })
        .sum();
    sum.is_multiple_of(10)
}

fn postal_code(text: &str) -> String {
    let text = text.to_uppercase();
    let local = match text.split_once('-') {
        Some((country, rest)) if is_country_prefix(country) && starts_with_digit(rest) => rest,
        _ => &text,
    };
    let code = letters_and_digits(local);
    let nordic = ["SE", "NO", "DK", "FI"].iter().find_map(|country| code.strip_prefix(country));
    match nordic {
        Some(digits) if digits.len() >= 4 && is_digits(digits) => digits.to_owned(),
        _ => code,
    }
}

fn is_country_prefix(text: &str) -> bool {
    let text = text.trim();
    (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

fn starts_with_digit(text: &str) -> bool {
    text.trim_start().bytes().next().is_some_and(|byte| byte.is_ascii_digit())
}
