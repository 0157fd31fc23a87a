//! What may be shown of a call: secrets and personal data out, the rest readable. For traces here, for journals elsewhere.

use std::{borrow::Cow, collections::BTreeSet};

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

/// What stands for something hidden.
pub const HIDDEN: &str = "•••";

/// A run of so many digits is a number of a person, a company, an account, a card or a telephone.
const LONG_NUMBER: usize = 7;
/// A word of so many letters and digits mixed is a token. A UUID has 36.
const LONG_WORD: usize = 40;

/// Parts of a key's name that make its value a secret.
const SECRET_PARTS: &[&str] =
    &["secret", "password", "passwd", "token", "apikey", "authoriz", "cookie", "signature", "assertion", "credential"];
/// Whole names of keys with a secret.
const SECRET_NAMES: &[&str] = &["authcode", "code", "codeverifier", "signingkey", "sig", "state", "pwd", "usec"];
/// Parts of a key's name that make its value personal.
const PERSONAL_PARTS: &[&str] = &[
    "email",
    "phone",
    "mobile",
    "telefon",
    "nationalid",
    "personnummer",
    "socialsecurity",
    "birthdate",
    "firstname",
    "lastname",
    "fullname",
];

/// Which keys are hidden, and how a text is masked. [`Default`] knows the usual names of credentials and personal data.
#[derive(Clone, Debug, Default)]
pub struct Redaction {
    more: BTreeSet<String>,
}

impl Redaction {
    /// Hides the values of these keys too: query parameters, headers, form and JSON fields, whatever their case.
    #[must_use]
    pub fn hiding<I: IntoIterator<Item = S>, S: AsRef<str>>(mut self, names: I) -> Self {
        self.more.extend(names.into_iter().map(|name| plain(name.as_ref())));
        self
    }
    /// Whether the value under this key is hidden as a whole. Case, `-` and `_` do not matter.
    pub fn hides(&self, key: &str) -> bool {
        let key = plain(key);
        self.more.contains(&key)
            || SECRET_NAMES.contains(&key.as_str())
            || SECRET_PARTS.iter().chain(PERSONAL_PARTS).any(|part| key.contains(part))
    }
    /// A value as it may be shown under `key`.
    pub fn value<'a>(&self, key: &str, value: &'a str) -> Cow<'a, str> {
        if self.hides(key) { Cow::Borrowed(HIDDEN) } else { Cow::Owned(self.text(value)) }
    }
    /// JSON as it may be shown: hidden keys have `•••`, all other texts and long numbers are masked.
    pub fn json(&self, value: &Value) -> Value {
        match value {
            Value::Object(fields) => Value::Object(
                fields
                    .iter()
                    .map(|(key, value)| {
                        let shown = if self.hides(key) { Value::from(HIDDEN) } else { self.json(value) };
                        (self.text(key), shown)
                    })
                    .collect(),
            ),
            Value::Array(items) => items.iter().map(|item| self.json(item)).collect(),
            Value::String(text) => Value::String(self.text(text)),
            Value::Number(number) => {
                let text = number.to_string();
                let shown = self.text(&text);
                if shown == text { value.clone() } else { Value::String(shown) }
            }
            Value::Bool(_) | Value::Null => value.clone(),
        }
    }
    /// A text with e-mail addresses, numbers of seven digits or more (also written in groups), credentials after
    /// `Bearer` and the like, and token-like words masked. Plain dates stay.
    pub fn text(&self, text: impl AsRef<str>) -> String {
        let words = mask_words(text.as_ref());
        mask_numbers(&words)
    }
}

/// `text` without any of `secrets`.
pub(crate) fn without(text: &str, secrets: &[SecretString]) -> String {
    let mut out = text.to_owned();
    for secret in secrets.iter().map(ExposeSecret::expose_secret).filter(|secret| secret.len() >= 4) {
        if out.contains(secret) {
            out = out.replace(secret, HIDDEN);
        }
    }
    out
}

/// One line of at most `longest` characters; what is cut shows as `…`.
pub(crate) fn one_line(text: &str, longest: usize) -> String {
    let line = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let line = line.collect::<Vec<_>>().join(" ");
    if line.chars().count() <= longest {
        return line;
    }
    let mut cut: String = line.chars().take(longest.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

fn plain(key: &str) -> String {
    key.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Masks e-mail addresses and tokens, word by word; what stands between words stays.
fn mask_words(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut credential_next = false;
    for word in text.split_inclusive(|c: char| !in_word(c)) {
        let end = word.chars().last().filter(|c| !in_word(*c));
        let body = word.strip_suffix(|c: char| !in_word(c)).unwrap_or(word);
        if credential_next && !body.is_empty() || is_email(body) || is_token(body) {
            out.push_str(HIDDEN);
        } else {
            out.push_str(body);
        }
        out.extend(end);
        if !body.is_empty() {
            credential_next = ["bearer", "basic", "soticket"].iter().any(|scheme| body.eq_ignore_ascii_case(scheme));
        }
    }
    out
}

/// The letters of e-mail addresses and tokens. `:` is one, for tickets like `7T:…`; so is `/`, for base64.
fn in_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '@' | '.' | '_' | '-' | '+' | '%' | '~' | '/' | ':' | '\'')
}

fn is_email(word: &str) -> bool {
    let has = |at: &str| word.match_indices(at).any(|(index, _)| index > 0 && index + at.len() < word.len());
    has("@") || has("%40")
}

fn is_token(word: &str) -> bool {
    word.split(['/', ':', '.', '\'']).any(|part| {
        part.len() >= LONG_WORD
            && part.bytes().any(|b| b.is_ascii_digit())
            && part.bytes().any(|b| b.is_ascii_alphabetic())
    }) || (word.len() >= LONG_WORD && word.starts_with("eyJ"))
}

/// Masks runs of seven digits or more, single separators between the digits included. Plain dates and UUIDs stay.
fn mask_numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut in_a_word = false;
    while let Some(c) = rest.chars().next() {
        let (run, shown) = if let (false, Some(uuid)) = (in_a_word, uuid(rest)) {
            (uuid, uuid)
        } else if c.is_numeric() {
            let (run, digits) = run_of_digits(rest);
            let date = rest.get(..run).and_then(plain_date);
            match (digits >= LONG_NUMBER, date) {
                (false, _) => (run, run),
                (true, Some(date)) => (date, date),
                (true, None) => (run, 0),
            }
        } else {
            (c.len_utf8(), c.len_utf8())
        };
        let (head, tail) = rest.split_at(run);
        out.push_str(if shown == 0 { HIDDEN } else { head });
        in_a_word = head.chars().last().is_some_and(char::is_alphanumeric);
        rest = tail;
    }
    out
}

/// The length of a UUID at the start of the text; one of digits alone could be anything.
fn uuid(text: &str) -> Option<usize> {
    let uuid = text.get(..36)?;
    let shaped = uuid.bytes().enumerate().all(|(index, byte)| match index {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    });
    let alone = text.get(36..).is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '-'));
    (shaped && alone && uuid.bytes().any(|byte| byte.is_ascii_alphabetic())).then_some(36)
}

/// The length in bytes of the run of digits at the start, and how many digits it has.
fn run_of_digits(text: &str) -> (usize, usize) {
    let (mut end, mut digits, mut gap) = (0, 0_usize, false);
    for (index, c) in text.char_indices() {
        if c.is_numeric() {
            end = index + c.len_utf8();
            digits += 1;
            gap = false;
        } else if !gap && matches!(c, ' ' | '-' | '.' | ',' | '/' | '(' | ')' | '\u{a0}' | '\u{202f}') {
            gap = true;
        } else {
            break;
        }
    }
    (end, digits)
}

/// The length of a date like `2026-01-31` at the start of a run, if the run is that or goes on with a gap.
fn plain_date(run: &str) -> Option<usize> {
    let date = run.get(..10)?;
    let shaped = date.bytes().enumerate().all(|(index, byte)| match index {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    let year = shaped && (date.starts_with("19") || date.starts_with("20"));
    let alone = run.get(10..).is_some_and(|rest| !rest.starts_with(|c: char| c.is_numeric() || c == '-'));
    (year && alone).then_some(10)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn masked(text: &str) -> String {
        Redaction::default().text(text)
    }

    #[test]
    fn what_identifies_somebody_is_masked_and_the_rest_stays() {
        for (text, shown) in [
            ("mail anna.ek+1@example.co.uk now", "mail ••• now"),
            ("call +46 70 123 45 67!", "call +•••!"),
            ("19800101-1234 and 800101-1234", "••• and •••"),
            ("order 4711 of 2026-01-31 12:30", "order 4711 of 2026-01-31 12:30"),
            ("2026-01-31, 1980-01-01-1234", "2026-01-31, •••"),
            ("VismaId: 1c296026-489d-434c-b7e9-70401278a086.", "VismaId: 1c296026-489d-434c-b7e9-70401278a086."),
            ("Authorization: Bearer abc", "Authorization: Bearer •••"),
            ("SOTicket 7T:AbC.d=", "SOTicket •••="),
            ("status 429, 55 s", "status 429, 55 s"),
        ] {
            assert_eq!(masked(text), shown, "{text}");
        }
    }

    #[test]
    fn keys_hide_their_values_whatever_their_spelling() {
        let redaction = Redaction::default().hiding(["CompanyKey"]);
        for key in [
            "client_secret",
            "ClientSecret",
            "refreshToken",
            "SO-AppToken",
            "Authorization",
            "authCode",
            "companykey",
            "E-Mail",
            "state",
        ] {
            assert!(redaction.hides(key), "{key}");
        }
        for key in ["page", "orderId", "countryCode", "statusId", "scope"] {
            assert!(!redaction.hides(key), "{key}");
        }
    }

    #[test]
    fn json_keeps_its_shape() {
        let shown = Redaction::default().json(&json!({
            "id": 4711, "phone": {"mobile": 1}, "rows": [{"text": "to bo@example.com", "number": 1234567890, "price": 10.5}]
        }));
        assert_eq!(
            shown,
            json!({"id": 4711, "phone": HIDDEN, "rows": [{"text": "to •••", "number": HIDDEN, "price": 10.5}]})
        );
    }

    #[test]
    fn a_secret_that_is_known_is_cut_out_of_any_text() {
        let secrets = [SecretString::from("s3cr3t!"), SecretString::from("")];
        assert_eq!(without("bad secret s3cr3t!", &secrets), "bad secret •••");
    }

    #[test]
    fn long_texts_become_one_short_line() {
        assert_eq!(one_line("a\r\n b\t c", 10), "a b c");
        assert_eq!(one_line("åäöåäö", 4), "åäö…");
    }

    proptest! {
        #[test]
        fn no_long_number_comes_through(before in "\\PC{0,20}", digits in "[0-9]{7,30}", after in "\\PC{0,20}") {
            let shown = masked(&format!("{before}{digits}{after}"));
            let run = shown.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or(0);
            prop_assert!(run < LONG_NUMBER, "{shown}");
        }
        #[test]
        fn no_number_in_groups_comes_through(groups in prop::collection::vec("[0-9]{2,3}", 4..8), gap in "[ .-]") {
            let number = groups.join(&gap);
            prop_assume!(plain_date(&number).is_none());
            let shown = masked(&format!("tel {number} end"));
            prop_assert_eq!(shown, format!("tel {HIDDEN} end"));
        }
        #[test]
        fn no_address_comes_through(before in "\\PC{0,20}", user in "[a-zåäö0-9._+-]{1,20}", host in "[a-z0-9]{1,12}\\.[a-z]{2,4}", after in "\\PC{0,20}") {
            let shown = masked(&format!("{before} {user}@{host} {after}"));
            let whole = format!("{user}@");
            prop_assert!(!shown.contains(&whole) && !shown.contains(&format!("@{host}")), "{}", shown);
        }
        #[test]
        fn no_hidden_key_shows_at_any_depth(key in "(access_token|password|eMail|X-Api-Key)", value in "[a-z]{8,12}", depth in 0_usize..6) {
            let mut tree = json!({ key: [{"deep": value.clone()}] });
            for _ in 0..depth {
                tree = json!([{"more": tree}]);
            }
            prop_assert!(!Redaction::default().json(&tree).to_string().contains(&value));
        }
    }
}
