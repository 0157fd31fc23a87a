//! What answers and bodies have: the tables under `tables/`, read once.
//!
//! A table has shapes (`= name`), each a list of fields with commas between. A field is a name, a kind and, in bodies,
//! where it goes. Kinds: `text` (`text:15` with a limit), `int`, `num`, `bool`, `date`, `uuid`, `any` (taken, and not
//! kept here), words with `|` between, `{shape}` and `[shape]`. In bodies of the older service `!` marks what is not
//! wrapped; `> a.b` names the field that answers have it in; `@collection` says that the value is the key of a record
//! there; `-` alone means that it steers the call and is not kept.

use std::{collections::BTreeMap, sync::LazyLock};

/// The kind of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// With the most characters that it takes.
    Text(usize),
    Int,
    Num,
    Bool,
    Date,
    Uuid,
    Any,
    Words(Vec<String>),
    One(String),
    Many(String),
}

/// One field.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// Whether a body has the value itself, not `{"value": …}`.
    pub(super) plain: bool,
    /// The field of answers; none if it is not kept.
    pub(super) target: Option<String>,
    /// The collection whose record the value names.
    pub(super) refers: Option<String>,
}

/// The fields of one resource or part.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    pub(super) fields: Vec<Field>,
}

impl Shape {
    /// The field of that name.
    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

static SHAPES: LazyLock<BTreeMap<String, Shape>> = LazyLock::new(|| {
    let tables = [
        include_str!("tables/masters.txt"),
        include_str!("tables/codes.txt"),
        include_str!("tables/documents.txt"),
        include_str!("tables/projects.txt"),
        include_str!("tables/write_masters.txt"),
        include_str!("tables/write_documents.txt"),
        include_str!("tables/orders.txt"),
    ];
    tables.iter().flat_map(|table| parsed(table)).collect()
});

static NONE: Shape = Shape { fields: Vec::new() };

/// The shape of that name; one without fields if there is none.
pub(super) fn shape(name: &str) -> &'static Shape {
    SHAPES.get(name).unwrap_or(&NONE)
}

fn parsed(table: &str) -> Vec<(String, Shape)> {
    let blocks = table.split("\n= ").skip(1);
    let block = |block: &str| {
        let (name, rest) = block.split_once('\n').unwrap_or((block, ""));
        let fields = rest.split([',', '\n']).map(str::trim).filter(|entry| !entry.is_empty());
        // A wrapped line ends with a comma, so no entry runs over one.
        (name.trim().to_owned(), Shape { fields: fields.map(field).collect() })
    };
    blocks.map(block).collect()
}

fn field(entry: &str) -> Field {
    let mut words = entry.split_whitespace();
    let name = words.next().unwrap_or_default().to_owned();
    let kind = words.next().unwrap_or("any");
    let (mut target, mut refers) = (Some(name.clone()), None);
    let mut rest = words.peekable();
    while let Some(word) = rest.next() {
        match word {
            "-" => target = None,
            ">" => target = rest.next().map(str::to_owned),
            _ => refers = word.strip_prefix('@').map(str::to_owned),
        }
    }
    Field { name, kind: read_kind(kind.trim_start_matches('!')), plain: kind.starts_with('!'), target, refers }
}

fn read_kind(kind: &str) -> Kind {
    let (word, limit) = kind.split_once(':').map_or((kind, None), |(word, limit)| (word, limit.parse().ok()));
    match word {
        "text" => Kind::Text(limit.unwrap_or(usize::MAX)),
        "int" => Kind::Int,
        "num" => Kind::Num,
        "bool" => Kind::Bool,
        "date" => Kind::Date,
        "uuid" => Kind::Uuid,
        "any" => Kind::Any,
        other => match (other.strip_prefix('{'), other.strip_prefix('[')) {
            (Some(one), _) => Kind::One(one.trim_end_matches('}').to_owned()),
            (_, Some(many)) => Kind::Many(many.trim_end_matches(']').to_owned()),
            _ => Kind::Words(other.split('|').map(str::to_owned).collect()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_that_a_table_names_is_there_once() {
        let mut fields = 0;
        for (name, shape) in SHAPES.iter() {
            assert!(!shape.fields.is_empty(), "{name}");
            for field in &shape.fields {
                fields += 1;
                if let Kind::One(inner) | Kind::Many(inner) = &field.kind {
                    assert!(SHAPES.contains_key(inner), "{name}.{}: {inner}", field.name);
                }
                if let Kind::Words(words) = &field.kind {
                    assert!(words.len() > 1, "{name}.{}: {words:?}", field.name);
                }
                if let Some(collection) = &field.refers {
                    assert!(
                        super::super::collection::named(collection).is_some(),
                        "{name}.{}: {collection}",
                        field.name
                    );
                }
            }
        }
        assert!(fields > 1000, "{fields}");
    }
}
