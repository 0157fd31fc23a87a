//! An odd field. The ERP has one line for an article, and this house writes two things into it: the name, and in brackets
//! what the buyer should know: `Candlestick (brass, 20 cm)`. The shop has a place for each.

use samklang::sync_core::{
    Error, ErrorKind, FieldMap, Result,
    mapping::{Mapper, Problems},
    model::Item,
};

/// Room in the ERP's line, in characters.
const LINE_MAX: usize = 50;

/// Between the ERP's line, and name and description.
pub(crate) fn article_text() -> Mapper {
    Mapper::new(1) // another number whenever the functions change
        .theirs([Item::NAME])
        .ours([Item::NAME, Item::DESCRIPTION])
        .with(split, join)
}

/// `Candlestick (brass, 20 cm)` → Candlestick; brass, 20 cm. What is left out stays unknown, and wipes nothing.
fn split(article: &FieldMap, _: &mut Problems) -> Result<FieldMap> {
    let Some(line) = article.text(Item::NAME).map(str::trim) else { return Ok(FieldMap::new()) };
    let (name, text) = match line.strip_suffix(')').and_then(|line| line.split_once('(')) {
        Some((name, text)) => (name.trim(), text.trim()),
        None => (line, ""),
    };
    if name.is_empty() {
        return Err(refused("the article has a text in brackets and no name; write the name before it"));
    }
    Ok(FieldMap::new().with(Item::NAME, name).with(Item::DESCRIPTION, text))
}

/// Candlestick; brass, 20 cm → `Candlestick (brass, 20 cm)`. Splitting that must give back the two.
fn join(item: &FieldMap, _: &mut Problems) -> Result<FieldMap> {
    let (Some(name), Some(description)) = (item.text(Item::NAME), item.get(Item::DESCRIPTION)) else {
        return Ok(FieldMap::new()); // half of the line would wipe the other half
    };
    if name.contains('(') {
        return Err(refused("the name has a bracket, which begins the description in the ERP; take it out"));
    }
    let line = match description.as_text() {
        None | Some("") => name.to_owned(),
        Some(text) => format!("{name} ({text})"),
    };
    if line.chars().count() > LINE_MAX {
        return Err(refused("name and description have 50 characters together in the ERP; shorten one of them"));
    }
    Ok(FieldMap::new().with(Item::NAME, line))
}

/// The record is set aside with this; the others go on.
fn refused(message: &str) -> Error {
    Error::new(ErrorKind::Invalid, "article text", message.to_owned())
}
