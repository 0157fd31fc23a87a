//! The words of a `$filter`.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::problem::Refusal;

/// A value, in a filter or in a record.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Literal {
    /// In single quotes.
    Text(String),
    /// Bare.
    Number(Decimal),
    /// `true` or `false`.
    Flag(bool),
    /// Bare, with hyphens.
    Guid(String),
    /// ISO 8601 with zone.
    Instant(DateTime<Utc>),
    /// `null`.
    Null,
}

/// One word.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Token {
    /// A property, an operator, a function.
    Word(String),
    /// A value.
    Literal(Literal),
    /// `(`, `)`, `,`, `:` or `-`.
    Sign(char),
}

/// Splits a filter into words.
///
/// # Errors
/// 6000 for a text without end, 6001 for something that begins like a date and is none.
pub(crate) fn tokens(filter: &str) -> Result<Vec<Token>, Refusal> {
    let mut found = Vec::new();
    let mut rest = filter.trim_start();
    while let Some(first) = rest.chars().next() {
        rest = match first {
            '(' | ')' | ',' | ':' => {
                found.push(Token::Sign(first));
                rest.strip_prefix(first).unwrap_or_default()
            }
            '\'' => quoted(rest, &mut found)?,
            '-' if !rest
                .strip_prefix('-')
                .is_some_and(|after| after.starts_with(|next: char| next.is_ascii_digit())) =>
            {
                found.push(Token::Sign('-'));
                rest.strip_prefix('-').unwrap_or_default()
            }
            _ => run(rest, &mut found)?,
        }
        .trim_start();
    }
    Ok(found)
}

/// Takes a quoted text off; a quote within it is doubled.
fn quoted<'a>(text: &'a str, found: &mut Vec<Token>) -> Result<&'a str, Refusal> {
    let mut content = String::new();
    let mut rest = text.strip_prefix('\'').unwrap_or_default();
    loop {
        let Some((part, after)) = rest.split_once('\'') else {
            return Err(Refusal::query("$filter: a text has no end"));
        };
        content.push_str(part);
        match after.strip_prefix('\'') {
            Some(more) => {
                content.push('\'');
                rest = more;
            }
            None => {
                found.push(Token::Literal(Literal::Text(content)));
                return Ok(after);
            }
        }
    }
}

/// Takes off what reaches to the next space, bracket, comma or quote. A name ends at a colon too.
fn run<'a>(text: &'a str, found: &mut Vec<Token>) -> Result<&'a str, Refusal> {
    let is_name = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    let ends = |next: char| next.is_whitespace() || "(),'".contains(next) || is_name && next == ':';
    let end = text.find(ends).unwrap_or(text.len());
    let (word, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    found.push(classified(word)?);
    Ok(rest)
}

fn classified(word: &str) -> Result<Token, Refusal> {
    let literal = match word {
        "true" => Literal::Flag(true),
        "false" => Literal::Flag(false),
        "null" => Literal::Null,
        word => {
            if let Some(id) = Uuid::parse_str(word).ok().filter(|_| word.len() == 36) {
                Literal::Guid(id.to_string())
            } else if let Ok(number) = word.parse::<Decimal>() {
                Literal::Number(number)
            } else if word.starts_with(|first: char| first.is_ascii_digit()) {
                let at = DateTime::parse_from_rfc3339(word)
                    .map_err(|_| Refusal::input(format!("{word:?} is no instant as 2026-01-01T00:00:00Z")))?;
                Literal::Instant(at.to_utc())
            } else {
                return Ok(Token::Word(word.to_owned()));
            }
        }
    };
    Ok(Token::Literal(literal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_numbers_and_instants_stand_bare() {
        let id = "abcdef01-0001-4000-8000-000000000001";
        let words = tokens(&format!("Id eq {id} and X ge -2.5 or Y lt 2026-01-01T10:00:00.5+01:00")).unwrap();
        assert!(words.contains(&Token::Literal(Literal::Guid(id.to_owned()))));
        assert!(words.contains(&Token::Literal(Literal::Number("-2.5".parse().unwrap()))));
        let at = "2026-01-01T09:00:00.5Z".parse().unwrap();
        assert!(words.contains(&Token::Literal(Literal::Instant(at))));
        assert_eq!(tokens("Y lt 2026-01-01T10:00:00 01:00").unwrap_err().code, 6001, "a + that was not encoded");
        assert_eq!(tokens("X eq 'open").unwrap_err().code, 6000);
    }
}
