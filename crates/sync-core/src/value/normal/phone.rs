//! Telephone numbers.

/// Countries whose national numbers begin with a 0 that falls away behind the country's own number.
const WITH_TRUNK_ZERO: [(&str, &str); 17] = [
    ("AT", "43"),
    ("BE", "32"),
    ("BG", "359"),
    ("CH", "41"),
    ("DE", "49"),
    ("FI", "358"),
    ("FR", "33"),
    ("GB", "44"),
    ("HR", "385"),
    ("IE", "353"),
    ("NL", "31"),
    ("RO", "40"),
    ("RS", "381"),
    ("SE", "46"),
    ("SI", "386"),
    ("SK", "421"),
    ("UA", "380"),
];

/// Countries without such a 0, and how many digits their national numbers have.
const WITH_FIXED_LENGTH: [(&str, &str, usize); 3] = [("NO", "47", 8), ("DK", "45", 8), ("IS", "354", 7)];

/// The normal form of a telephone number: `+` and digits where the country is known, else the digits as they are.
///
/// `00` in front is `+`; `(0)`, and the 0 behind the number of a country that does not dial it from abroad, fall away.
/// With `country` (ISO 3166-1 alpha-2) a national number becomes international: where national numbers begin with 0
/// only if it has that 0, in Norway, Denmark and Iceland only if its length is right. Without it a national and an
/// international number never become equal, since the same digits exist in several countries. What holds letters (an
/// extension, `0800 FLOWERS`) is kept as text in lower case. None if no digit is in it.
pub fn phone(text: &str, country: Option<&str>) -> Option<String> {
    let text = text.trim().to_lowercase();
    let text = text.strip_prefix("tel:").unwrap_or(&text).trim();
    if !text.chars().any(|letter| letter.is_ascii_digit()) {
        return None;
    }
    if text.chars().any(|letter| letter.is_alphanumeric() && !letter.is_ascii_digit() || "#;,*".contains(letter)) {
        return Some(text.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let national = digits(text);
    if text.trim_start_matches('(').starts_with('+') || national.starts_with("00") {
        return international(&digits(&text.replace("(0)", "")));
    }
    Some(country.and_then(|country| with_country(&national, country)).unwrap_or(national))
}

fn international(digits: &str) -> Option<String> {
    let number = digits.trim_start_matches('0'); // no country's number begins with 0
    let cut = WITH_TRUNK_ZERO.iter().find_map(|(_, code)| {
        let rest = number.strip_prefix(code)?;
        Some(format!("+{code}{}", rest.trim_start_matches('0')))
    });
    (!number.is_empty()).then(|| cut.unwrap_or_else(|| format!("+{number}")))
}

fn with_country(national: &str, country: &str) -> Option<String> {
    let trunk = WITH_TRUNK_ZERO.iter().find(|(name, _)| name.eq_ignore_ascii_case(country));
    if let Some((_, code)) = trunk {
        let rest = national.strip_prefix('0').filter(|rest| !rest.is_empty())?;
        return Some(format!("+{code}{rest}"));
    }
    let (_, code, length) = WITH_FIXED_LENGTH.iter().find(|(name, ..)| name.eq_ignore_ascii_case(country))?;
    (national.len() == *length).then(|| format!("+{code}{national}"))
}
