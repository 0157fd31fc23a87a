//! A vendor's query language, for mocks that are searched in words: `name = 'O''Hara' and city = 'Oslo'`.

use sync_core::{Error, ErrorKind, FieldMap, FieldPath, Result};

use super::habits::Quotes;

const AND: &str = " and ";

/// What a connector sends to look for records with these texts.
pub(super) fn written(by: &FieldMap, quotes: Quotes) -> String {
    let texts = by.paths().filter_map(|path| Some((path, by.text(path)?)));
    let condition = |(path, text): (FieldPath, &str)| {
        let text = match quotes {
            Quotes::Escaped => text.replace('\'', "''"),
            Quotes::Pasted => text.to_owned(),
        };
        format!("{path} = '{text}'")
    };
    texts.map(condition).collect::<Vec<_>>().join(AND)
}

/// What the vendor makes of it.
pub(super) fn read(query: &str) -> Result<FieldMap> {
    let wrong = || Error::new(ErrorKind::Invalid, "find", "the query cannot be read; mind its quotes");
    let mut wanted = FieldMap::new();
    let mut rest = query;
    loop {
        let (path, value) = rest.split_once(" = '").ok_or_else(wrong)?;
        let (text, after) = quoted(value).ok_or_else(wrong)?;
        wanted.set(FieldPath::new(path), text);
        rest = match after.strip_prefix(AND) {
            Some(more) => more,
            None if after.is_empty() => return Ok(wanted),
            None => return Err(wrong()),
        };
    }
}

/// A text up to its closing quote, and what follows that; two quotes are one of the text.
fn quoted(value: &str) -> Option<(String, &str)> {
    let mut text = String::new();
    let mut rest = value;
    loop {
        let (before, after) = rest.split_once('\'')?;
        text.push_str(before);
        match after.strip_prefix('\'') {
            Some(more) => {
                text.push('\'');
                rest = more;
            }
            None => return Some((text, after)),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may")]
    use super::*;

    #[test]
    fn a_quote_goes_there_and_back_if_it_is_doubled_and_breaks_the_query_if_not() {
        let by = FieldMap::new().with("name", "O'Hara's 'best'").with("email", "o@hara.example");
        assert_eq!(read(&written(&by, Quotes::Escaped)).unwrap(), by);
        assert!(read(&written(&by, Quotes::Pasted)).is_err());
    }
}
