//! From text to the file's form, with as many mistakes at once as can be told apart.

use std::ops::Range;

use serde::{Deserialize, de::DeserializeOwned};
use toml::{
    Spanned, Table,
    de::{DeArray, DeTable, DeValue, Deserializer, Error},
};

use super::{
    Mistake, Policy,
    mistake::{nearest, suggest},
};

/// Where nothing better is known.
const SEE: &str = "see the form of a policy";
/// More than anybody reads at once.
const MOST: usize = 100;

impl Policy {
    /// Reads the TOML form: `[entities.<name>]`, `[tables.<name>]`, `[guards]`.
    ///
    /// ```
    /// use sync_core::policy::Policy;
    ///
    /// let mistakes = Policy::from_toml("[guards]\nmax_creat = 10").unwrap_err();
    /// assert_eq!(
    ///     mistakes[0].to_string(),
    ///     "line 2: guards.max_creat: unknown key 'max_creat'; did you mean 'max_create'? \
    ///      (allowed: max_create, max_remove_percent, max_change_percent, min_listed_percent, max_rewrites, \
    ///      rewrites_within)"
    /// );
    /// ```
    ///
    /// # Errors
    /// All mistakes at once, each with its line. Faults of the TOML itself come alone, as the rest cannot be read.
    pub fn from_toml(text: &str) -> Result<Self, Vec<Mistake>> {
        Self::from_toml_beside(text, &[])
    }

    /// The same out of a larger file: the top-level keys in `others` are somebody else's to read.
    ///
    /// # Errors
    /// All mistakes at once, as [`Policy::from_toml`] gives them.
    pub fn from_toml_beside(text: &str, others: &[&str]) -> Result<Self, Vec<Mistake>> {
        let (mut tree, faults) = DeTable::parse_recoverable(text);
        if !faults.is_empty() {
            return Err(faults.iter().map(|fault| syntax(text, fault)).collect());
        }
        for key in others {
            tree.get_mut().remove(*key);
        }
        flatten_rules(tree.get_mut());
        let mut mistakes = Vec::new();
        loop {
            match Self::deserialize(Deserializer::from(tree.clone())) {
                Ok(policy) if mistakes.is_empty() => return Ok(policy),
                Ok(_) => return Err(in_order(mistakes)),
                Err(error) => {
                    let fault = Fault::of(&error);
                    let way = error.span().and_then(|span| find(tree.get_ref(), &span)).unwrap_or_default();
                    mistakes.push(fault.mistake(text, &error, &way));
                    if mistakes.len() >= MOST || !repair(tree.get_mut(), &way, &fault) {
                        return Err(in_order(mistakes));
                    }
                }
            }
        }
    }
}

impl Mistake {
    /// Looks up the line of the place in the text that the policy was read from.
    pub fn find_line(&mut self, text: &str) {
        let (tree, _) = DeTable::parse_recoverable(text);
        self.line = offset_of(tree.get_ref(), &self.place).map(|offset| line(text, offset));
    }
}

/// Reads what a hook is to know. The mistake's place is seen from the table, and its line is not known; of several it is
/// the first: what could stand in for it, so that the next one shows, only the hook knows.
pub(super) fn settings<T: DeserializeOwned>(with: &Table) -> Result<T, Mistake> {
    let text = with.to_string();
    let (tree, _) = DeTable::parse_recoverable(&text);
    T::deserialize(Deserializer::from(tree.clone())).map_err(|error| {
        let way = error.span().and_then(|span| find(tree.get_ref(), &span)).unwrap_or_default();
        let mistake = Fault::of(&error).mistake(&text, &error, &way);
        let cure = if mistake.cure == SEE { "see what the hook says of itself".to_owned() } else { mistake.cure };
        Mistake { line: None, cure, ..mistake }
    })
}

fn in_order(mut mistakes: Vec<Mistake>) -> Vec<Mistake> {
    mistakes.sort_by_key(|mistake| mistake.line);
    mistakes
}

fn line(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

fn syntax(text: &str, fault: &Error) -> Mistake {
    let cure = "mind quotes, brackets and commas around it";
    let mistake = Mistake::new("", fault.message().trim().replace('\n', ", "), cure);
    Mistake { line: fault.span().map(|span| line(text, span.start)), ..mistake }
}

/// `x.district = { rule = ... }` is a table in a table to TOML, and the rule of `x.district` to us.
fn flatten_rules(root: &mut DeTable<'_>) {
    let Some(DeValue::Table(entities)) = root.get_mut("entities").map(Spanned::get_mut) else { return };
    for (_, set) in entities.iter_mut() {
        let DeValue::Table(set) = set.get_mut() else { continue };
        let Some(DeValue::Table(fields)) = set.get_mut("fields").map(Spanned::get_mut) else { continue };
        let mut flat = DeTable::new();
        for (path, rule) in std::mem::take(fields) {
            flatten(path.get_ref().to_string(), path.span(), rule, &mut flat);
        }
        *fields = flat;
    }
}

fn flatten<'a>(path: String, span: Range<usize>, value: Spanned<DeValue<'a>>, out: &mut DeTable<'a>) {
    let whole = value.span();
    match value.into_inner() {
        DeValue::Table(inner)
            if !inner.is_empty()
                && !inner.contains_key("rule")
                && inner.iter().all(|(_, v)| matches!(v.get_ref(), DeValue::Table(_))) =>
        {
            for (name, rule) in inner {
                flatten(format!("{path}.{}", name.get_ref()), name.span(), rule, out);
            }
        }
        value => {
            out.insert(Spanned::new(span, path.into()), Spanned::new(whole, value));
        }
    }
}

/// What serde says, taken apart.
enum Fault {
    UnknownKey { key: String, allowed: Vec<String> },
    UnknownWord { word: String, allowed: Vec<String> },
    Missing(String),
    Other(String),
}

impl Fault {
    fn of(error: &Error) -> Self {
        let message = error.message();
        let quoted: Vec<String> = message.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        match quoted.split_first() {
            Some((key, allowed)) if message.starts_with("unknown field") => {
                Self::UnknownKey { key: key.clone(), allowed: allowed.to_vec() }
            }
            Some((word, allowed)) if message.starts_with("unknown variant") => {
                Self::UnknownWord { word: word.clone(), allowed: allowed.to_vec() }
            }
            Some((key, _)) if message.starts_with("missing field") => Self::Missing(key.clone()),
            _ => Self::Other(message.to_owned()),
        }
    }

    fn mistake(&self, text: &str, error: &Error, way: &[Step]) -> Mistake {
        let (fault, cure) = match self {
            Self::UnknownKey { key, allowed } => (format!("unknown key '{key}'"), choose(key, allowed)),
            Self::UnknownWord { word, allowed } => (format!("unknown word '{word}'"), choose(word, allowed)),
            Self::Missing(key) => (format!("the key '{key}' is missing"), format!("add {key} = ...")),
            Self::Other(message) => in_words(message),
        };
        let mut place = place(way);
        if let (Self::UnknownKey { key, .. }, false) =
            (self, matches!(way.last(), Some(Step::Key(last)) if self.is_at(last)))
        {
            place = format!("{place}.{key}");
        }
        let mistake = Mistake::new(place.trim_start_matches('.'), fault, cure);
        Mistake { line: error.span().map(|span| line(text, span.start)), ..mistake }
    }

    /// Whether the fault is the key itself, rather than something in its value.
    fn is_at(&self, key: &str) -> bool {
        matches!(self, Self::UnknownKey { key: unknown, .. } if unknown == key)
    }
}

fn choose(word: &str, allowed: &[String]) -> String {
    let suggestion = suggest(word, allowed.iter().map(String::as_str));
    match allowed {
        [] => "take it out".to_owned(),
        _ if suggestion.starts_with("write one of") => suggestion,
        _ => format!("{suggestion} (allowed: {})", allowed.join(", ")),
    }
}

/// Fault and cure of what serde and the types' own readers say.
fn in_words(message: &str) -> (String, String) {
    if message.contains("unit variant") {
        let cure = "write it with its value: { newest = { otherwise = ... } } or { prefer = [...] }";
        return ("the word needs a value".to_owned(), cure.to_owned());
    }
    if let Some(wanted) = message.strip_prefix("wanted ") {
        return ("this cannot stand here".to_owned(), format!("write a {wanted}"));
    }
    if let Some((fault, expected)) = message.split_once(", expected ") {
        let expected = match expected {
            "a boolean" => "true or false",
            "a sequence" => "a list in brackets",
            "a map" => "a table in braces",
            "a string" => "text in quotes",
            "u64" => "a whole number",
            other if ["struct ", "internally tagged enum "].iter().any(|form| other.starts_with(form)) => "a table",
            other => other,
        };
        return (found(fault), format!("write {expected}"));
    }
    let (fault, cure) = message.split_once("; ").unwrap_or((message, SEE));
    (fault.to_owned(), cure.to_owned())
}

/// What stands there, without the words of the language that this is written in.
fn found(fault: &str) -> String {
    let Some(found) = fault.strip_prefix("invalid type: ") else { return fault.to_owned() };
    let what = match found.split_once([' ']) {
        Some(("integer" | "floating", number)) => number.trim_start_matches("point ").replace('`', ""),
        Some(("boolean", word)) => word.replace('`', ""),
        Some(("string", text)) => text.to_owned(),
        _ if found.starts_with("sequence") => "a list".to_owned(),
        _ if found.starts_with("map") => "a table".to_owned(),
        _ => found.to_owned(),
    };
    format!("{what} cannot stand here")
}

/// One step into the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
}

fn place(way: &[Step]) -> String {
    let mut place = String::new();
    for step in way {
        match step {
            Step::Key(key) if place.is_empty() => place.push_str(key),
            Step::Key(key) => {
                place.push('.');
                place.push_str(key);
            }
            Step::Index(index) => place.push_str(&format!("[{index}]")),
        }
    }
    place
}

/// The way to the smallest part of the tree that holds the span.
fn find(root: &DeTable<'_>, span: &Range<usize>) -> Option<Vec<Step>> {
    let mut best: Option<(usize, Vec<Step>)> = None;
    search_table(root, span, &mut Vec::new(), &mut best);
    best.map(|(_, way)| way)
}

fn offer(at: Range<usize>, span: &Range<usize>, way: &[Step], best: &mut Option<(usize, Vec<Step>)>) {
    let holds = at.start <= span.start && span.end <= at.end && !at.is_empty();
    // of equals the inner one, which comes later
    if holds && best.as_ref().is_none_or(|(size, _)| at.len() <= *size) {
        *best = Some((at.len(), way.to_vec()));
    }
}

fn search_table(table: &DeTable<'_>, span: &Range<usize>, way: &mut Vec<Step>, best: &mut Option<(usize, Vec<Step>)>) {
    for (key, value) in table {
        way.push(Step::Key(key.get_ref().to_string()));
        offer(key.span(), span, way, best);
        search(value, span, way, best);
        way.pop();
    }
}

fn search(
    value: &Spanned<DeValue<'_>>,
    span: &Range<usize>,
    way: &mut Vec<Step>,
    best: &mut Option<(usize, Vec<Step>)>,
) {
    offer(value.span(), span, way, best);
    match value.get_ref() {
        DeValue::Table(table) => search_table(table, span, way, best),
        DeValue::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                way.push(Step::Index(index));
                search(value, span, way, best);
                way.pop();
            }
        }
        _ => {}
    }
}

/// Makes the fault go away, so that the next one can be seen. False if that cannot be done.
fn repair(root: &mut DeTable<'_>, way: &[Step], fault: &Fault) -> bool {
    if let Fault::Missing(key) = fault {
        return match (table_at(root, way), stand_in(key)) {
            (Some(table), Some(value)) => table.insert(Spanned::new(0..0, key.clone().into()), value).is_none(),
            _ => cut(root, way),
        };
    }
    if let Fault::UnknownKey { key, allowed } = fault
        && !way.last().is_some_and(|last| *last == Step::Key(key.clone()))
        && let Some(table) = table_at(root, way)
    {
        let removed = table.remove(key.as_str());
        misspelt(table, key, allowed);
        return removed.is_some();
    }
    if let (Fault::UnknownKey { key, allowed }, Some((_, parents))) = (fault, way.split_last())
        && let Some(table) = table_at(root, parents)
    {
        misspelt(table, key, allowed);
    }
    cut(root, way)
}

/// A key that was only misspelt is not missing.
fn misspelt(table: &mut DeTable<'_>, key: &str, allowed: &[String]) {
    let meant = nearest(key, &allowed.iter().map(String::as_str).collect::<Vec<_>>());
    if let Some((meant, value)) = meant.and_then(|meant| Some((meant, stand_in(meant)?)))
        && !table.contains_key(meant)
    {
        table.insert(Spanned::new(0..0, meant.to_owned().into()), value);
    }
}

/// Takes the part out; where a key cannot be missed, something harmless takes its place.
fn cut(root: &mut DeTable<'_>, way: &[Step]) -> bool {
    let Some((last, parents)) = way.split_last() else { return false };
    match last {
        Step::Key(key) => {
            let Some(table) = table_at(root, parents) else { return false };
            let removed = table.remove(key.as_str());
            match (&removed, stand_in(key).filter(|_| !is_optional(parents))) {
                (Some(old), Some(new)) if !old.span().is_empty() => {
                    table.insert(Spanned::new(0..0, key.clone().into()), new);
                    true
                }
                _ => removed.is_some(),
            }
        }
        Step::Index(index) => match value_at(root, parents).map(Spanned::get_mut) {
            Some(DeValue::Array(values)) if *index < values.len() => {
                let all = std::mem::replace(values, std::iter::empty().collect()).into_iter().enumerate();
                *values = all.filter(|(at, _)| at != index).map(|(_, value)| value).collect();
                true
            }
            _ => false,
        },
    }
}

/// Keys of a campaign may all be left out.
fn is_optional(parents: &[Step]) -> bool {
    parents.last() == Some(&Step::Key("campaign".to_owned()))
}

/// Something that can stand where a required key is missing or wrong, until the other mistakes are found.
fn stand_in(key: &str) -> Option<Spanned<DeValue<'static>>> {
    let text = |text: &'static str| DeValue::String(text.into());
    let value = match key {
        "kind" => text("organisation"),
        "rule" => text("off"),
        "on_conflict" => text("hold"),
        "master" | "at" | "field" | "system" | "from" | "otherwise" => text("?"),
        "systems" => DeValue::Table(DeTable::new()),
        "on" | "when" => DeValue::Array(DeArray::new()),
        _ => return None,
    };
    Some(Spanned::new(0..0, value))
}

fn value_at<'t, 'i>(root: &'t mut DeTable<'i>, way: &[Step]) -> Option<&'t mut Spanned<DeValue<'i>>> {
    let (first, rest) = way.split_first()?;
    let Step::Key(first) = first else { return None };
    rest.iter().try_fold(root.get_mut(first.as_str())?, |value, step| match (value.get_mut(), step) {
        (DeValue::Table(table), Step::Key(key)) => table.get_mut(key.as_str()),
        (DeValue::Array(values), Step::Index(index)) => values.get_mut(*index),
        _ => None,
    })
}

fn table_at<'t, 'i>(root: &'t mut DeTable<'i>, way: &[Step]) -> Option<&'t mut DeTable<'i>> {
    if way.is_empty() {
        return Some(root);
    }
    match value_at(root, way)?.get_mut() {
        DeValue::Table(table) => Some(table),
        _ => None,
    }
}

/// Where a place like `entities.orders.scope[0].when[1]` stands, as near as it can be told.
fn offset_of(root: &DeTable<'_>, place: &str) -> Option<usize> {
    let fits = |key: &str| {
        let rest = place.strip_prefix(key)?;
        (rest.is_empty() || rest.starts_with(['.', '['])).then_some(rest)
    };
    let found = root.iter().filter_map(|(key, value)| Some((key, value, fits(key.get_ref())?)));
    let (key, value, rest) = found.max_by_key(|(key, _, _)| key.get_ref().len())?;
    Some(inside(value, rest).unwrap_or(key.span().start))
}

fn inside(value: &Spanned<DeValue<'_>>, rest: &str) -> Option<usize> {
    match value.get_ref() {
        DeValue::Table(table) => offset_of(table, rest.strip_prefix('.')?),
        DeValue::Array(values) => {
            let (index, rest) = rest.strip_prefix('[')?.split_once(']')?;
            let value = values.get(index.parse::<usize>().ok()?)?;
            Some(inside(value, rest).unwrap_or(value.span().start))
        }
        _ => None,
    }
}
