//! One configuration out of three layers: the preset, the file, and what the command line sets. Remembers where each
//! key came from, so that a mistake is told with the line that somebody can correct.

use sync_core::policy::Mistake;
use toml::{
    Spanned, Table, Value,
    de::{DeTable, DeValue},
};

/// One layer: a text and what it is called.
#[derive(Debug)]
struct Source {
    /// What people know it by; empty for the file itself, whose lines are told without a name.
    label: String,
    text: String,
}

/// All layers, the weakest first, and what they come to.
#[derive(Debug, Default)]
pub(crate) struct Layers {
    sources: Vec<Source>,
    merged: Table,
}

impl Layers {
    /// Lays a text over what is there.
    ///
    /// # Errors
    /// Faults of the TOML itself, each with its line.
    pub(crate) fn lay(&mut self, label: &str, text: &str) -> Result<(), Vec<Mistake>> {
        let (_, faults) = DeTable::parse_recoverable(text);
        if !faults.is_empty() {
            let mut faults: Vec<&toml::de::Error> = faults.iter().collect();
            faults.sort_by_key(|fault| fault.span().map(|span| span.start));
            return Err(faults.into_iter().map(|fault| syntax(label, text, fault)).collect());
        }
        let table: Table = toml::from_str(text).map_err(|fault| vec![syntax(label, text, &fault)])?;
        merge(&mut self.merged, table);
        self.sources.push(Source { label: label.to_owned(), text: text.to_owned() });
        Ok(())
    }

    /// Lays one `key=value` of the command line over what is there. What is no TOML value is taken as text.
    ///
    /// # Errors
    /// No such pair, or a key that cannot be one.
    pub(crate) fn set(&mut self, pair: &str) -> Result<(), Vec<Mistake>> {
        // of the value nothing is told, whatever stands between it and its key: it may be a secret
        let of_key = |c: &char| c.is_alphanumeric() || "_-./\"'".contains(*c);
        let key: String = pair.trim_start().chars().take_while(of_key).collect();
        let label = format!("--set {key}");
        let wrong = || {
            let cure = "write key=value, the key as in the file: --set guards.max_create=50";
            vec![Mistake::new(&label, "this is no key with a value", cure)]
        };
        let (key, value) = pair.split_once('=').ok_or_else(wrong)?;
        let as_it_is = format!("{key} = {value}\n");
        let text = match toml::from_str::<Table>(&as_it_is) {
            Ok(_) => as_it_is,
            Err(_) => format!("{key} = {}\n", Value::String(value.trim().to_owned())),
        };
        self.lay(&label, &text).map_err(|_| wrong())
    }

    /// What all layers come to.
    pub(crate) fn merged(&self) -> &Table {
        &self.merged
    }

    /// Tells each mistake's line in the layer that it stands in. The upper layer wins where two come equally near.
    pub(crate) fn place(&self, mistakes: Vec<Mistake>) -> Vec<Mistake> {
        let mut placed: Vec<(usize, Mistake)> = mistakes.into_iter().map(|mistake| self.place_one(mistake)).collect();
        placed.sort_by_key(|(layer, mistake)| (std::cmp::Reverse(*layer), mistake.line));
        placed.into_iter().map(|(_, mistake)| mistake).collect()
    }

    fn place_one(&self, mistake: Mistake) -> (usize, Mistake) {
        let near = |(layer, source): (usize, &Source)| {
            let (tree, _) = DeTable::parse_recoverable(&source.text);
            let (depth, offset) = nearest(tree.get_ref(), &mistake.place)?;
            Some((depth, layer, line(&source.text, offset)))
        };
        let Some((_, layer, line)) = self.sources.iter().enumerate().filter_map(near).max() else {
            return (0, Mistake { line: None, ..mistake });
        };
        let label = self.sources.get(layer).map(|source| source.label.as_str()).unwrap_or_default();
        (layer, named(label, Mistake { line: Some(line), ..mistake }))
    }
}

/// The line means the file's unless the layer has a name; then the name stands before the place.
fn named(label: &str, mistake: Mistake) -> Mistake {
    match label {
        "" => mistake,
        label if label.strip_prefix("--set ").is_some_and(|key| key == mistake.place) => {
            Mistake { line: None, place: label.to_owned(), ..mistake }
        }
        label if label.starts_with("--set") => {
            Mistake { line: None, place: format!("{label}: {}", mistake.place), ..mistake }
        }
        label => {
            let line = mistake.line.map(|line| format!(" line {line}")).unwrap_or_default();
            Mistake { line: None, place: format!("{label}{line}: {}", mistake.place), ..mistake }
        }
    }
}

fn syntax(label: &str, text: &str, fault: &toml::de::Error) -> Mistake {
    let message = fault.message().trim().replace('\n', ", ");
    let (place, message, cure) = match (message.as_str(), fault.span().and_then(|span| text.get(span))) {
        ("duplicate key", Some(key)) => (key, "this is said a second time".to_owned(), "keep one of the two"),
        _ => ("", message, "mind quotes, brackets and commas around it"),
    };
    let mistake = Mistake::new(place, message, cure);
    named(label, Mistake { line: fault.span().map(|span| line(text, span.start)), ..mistake })
}

fn line(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

/// Lays `upper` over `lower`: tables key by key, rows of a map field by field, all else whole.
fn merge(lower: &mut Table, upper: Table) {
    if is_another(lower.get(BECOMES), upper.get(BECOMES)) {
        lower.remove(UNTIL);
    }
    for (key, value) in upper {
        match (lower.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) if !is_one_value(below) && !is_one_value(&above) => {
                merge(below, above);
            }
            (Some(Value::Array(below)), Value::Array(above)) if key == MAP && !above.is_empty() => {
                // first those of the file, so that a mistake in one of them is told with its own line
                let rest = below.extract_if(.., |row| !above.iter().any(|own| is_of_one_field(own, row)));
                let rows = above.iter().cloned().chain(rest.collect::<Vec<_>>()).collect();
                *below = rows;
            }
            (_, value) => {
                lower.insert(key, value);
            }
        }
    }
}

/// Rows that say where fields are: each is of one field, and one that is added must not take the others away.
const MAP: &str = "map";

fn is_of_one_field(row: &Value, other: &Value) -> bool {
    let field = |row: &Value| row.get("field").and_then(Value::as_str).map(str::to_owned);
    field(row).is_some() && field(row) == field(other)
}

/// What a document becomes at a system.
const BECOMES: &str = "becomes";
/// How far it goes there.
const UNTIL: &str = "until";

/// How far a document goes is said in stages of what it becomes: beside another word the old stage means nothing.
fn is_another(below: Option<&Value>, above: Option<&Value>) -> bool {
    above.is_some_and(|above| above.is_str() && below != Some(above))
}

/// A field's rule and the place of a secret are tables to TOML and one value to people: half of an old one beside half
/// of a new one is neither.
fn is_one_value(table: &Table) -> bool {
    ["rule", "env", "file"].iter().any(|key| table.contains_key(*key))
}

/// How far a place like `entities.orders.scope[0].when[1]` can be followed, and where that is.
fn nearest(root: &DeTable<'_>, place: &str) -> Option<(usize, usize)> {
    let fits = |key: &str| {
        let rest = place.strip_prefix(key)?;
        (rest.is_empty() || rest.starts_with(['.', '['])).then_some(rest)
    };
    let found = root.iter().filter_map(|(key, value)| Some((key, value, fits(key.get_ref())?)));
    let (key, value, rest) = found.max_by_key(|(key, _, _)| key.get_ref().len())?;
    let (depth, offset) = inside(value, rest).unwrap_or((0, key.span().start));
    Some((depth + 1, offset))
}

fn inside(value: &Spanned<DeValue<'_>>, rest: &str) -> Option<(usize, usize)> {
    match value.get_ref() {
        DeValue::Table(table) => nearest(table, rest.strip_prefix('.')?),
        DeValue::Array(values) => {
            let (index, rest) = rest.strip_prefix('[')?.split_once(']')?;
            let value = values.get(index.parse::<usize>().ok()?)?;
            let (depth, offset) = inside(value, rest).unwrap_or((0, value.span().start));
            Some((depth + 1, offset))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid(preset: &str, file: &str, sets: &[&str]) -> Layers {
        let mut layers = Layers::default();
        layers.lay("preset p", preset).unwrap();
        layers.lay("", file).unwrap();
        for pair in sets {
            layers.set(pair).unwrap();
        }
        layers
    }

    #[test]
    fn upper_keys_replace_lower_ones_and_arrays_whole() {
        let layers = laid(
            "a = 1\nlist = [1, 2]\n[t]\nx = 1\ny = 2",
            "list = [3]\n[t]\ny = 3",
            &["t.z=4", "t.name=two words", "a = \"five\""],
        );
        let wanted: Table =
            toml::from_str("a = \"five\"\nlist = [3]\n[t]\nx = 1\ny = 3\nz = 4\nname = \"two words\"").unwrap();
        assert_eq!(*layers.merged(), wanted);
    }

    #[test]
    fn rules_and_places_of_secrets_are_replaced_whole() {
        let layers = laid(
            "s = { env = \"A\" }\nf.email = { rule = \"shared\", on_conflict = \"hold\" }",
            "s = { file = \"b\" }\nf.email = { rule = \"off\" }",
            &[],
        );
        let wanted: Table = toml::from_str("s = { file = \"b\" }\nf.email = { rule = \"off\" }").unwrap();
        assert_eq!(*layers.merged(), wanted);
    }

    #[test]
    fn how_far_a_document_goes_belongs_to_what_it_becomes() {
        let merged = |sets: &[&str]| {
            let layers = laid("erp = { read = true, becomes = \"order\", until = \"open\" }", "", sets);
            layers.merged()["erp"].as_table().unwrap().to_string()
        };
        assert_eq!(merged(&["erp.becomes=invoice"]), "becomes = \"invoice\"\nread = true\n");
        let booked = "becomes = \"invoice\"\nread = true\nuntil = \"booked\"\n";
        assert_eq!(merged(&["erp.becomes=invoice", "erp.until=booked"]), booked);
        assert_eq!(merged(&["erp={ becomes = \"invoice\", until = \"booked\" }"]), booked);
        assert_eq!(merged(&["erp.becomes=order"]), "becomes = \"order\"\nread = true\nuntil = \"open\"\n");
    }

    #[test]
    fn a_mistake_is_told_where_it_can_be_corrected() {
        let layers = laid("[t]\nlow = 1\nboth = 1", "\n[t]\nboth = 2\nhigh = [1,\n 2]", &["t.set=1"]);
        let told = |place: &str| layers.place(vec![Mistake::new(place, "f", "c")])[0].to_string();
        assert_eq!(told("t.high[1]"), "line 5: t.high[1]: f; c");
        assert_eq!(told("t.both"), "line 3: t.both: f; c", "the file's, not the preset's");
        assert_eq!(told("t.low"), "preset p line 2: t.low: f; c");
        assert_eq!(told("t.set"), "--set t.set: f; c");
        assert_eq!(told("nowhere.x"), "nowhere.x: f; c");
    }

    #[test]
    fn faults_of_the_toml_come_all_at_once_with_their_lines() {
        let told = Layers::default().lay("", "a = ?\n[t\nb = 2\nc = ]").unwrap_err();
        assert!(told.len() >= 2, "{told:?}");
        assert_eq!(told[0].line, Some(1));
        assert!(told.iter().all(|mistake| mistake.line.is_some()), "{told:?}");
    }

    #[test]
    fn a_set_without_a_value_is_refused() {
        for pair in ["guards", "=3", "a b=3"] {
            let told = Layers::default().set(pair).unwrap_err();
            assert!(told[0].to_string().contains("write key=value"), "{pair}: {told:?}");
        }
    }
}
