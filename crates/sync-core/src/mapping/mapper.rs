//! Functions between fields, for what a row cannot say.

use std::{fmt, sync::Arc};

use super::Problems;
use crate::{
    error::{Error, ErrorKind, Result},
    value::{FieldMap, FieldPath, Value},
};

/// One direction of a mapper.
pub type MapFn = Arc<dyn Fn(&FieldMap, &mut Problems) -> Result<FieldMap> + Send + Sync>;

/// A named function pair between some fields of a connector and some canonical ones.
///
/// ```
/// use sync_core::{FieldMap, Value, mapping::Mapper};
///
/// // a yes/no field that the vendor keeps as "J" and "N"
/// let mapper = Mapper::new(1).theirs(["x.crm.web"]).ours(["is_sold_online"]).with(
///     |theirs, _| Ok(match theirs.text("x.crm.web".into()) {
///         Some(word) => FieldMap::new().with("is_sold_online", word == "J"),
///         None => FieldMap::new(),
///     }),
///     |ours, _| Ok(match ours.get("is_sold_online".into()) {
///         Some(Value::Bool(yes)) => FieldMap::new().with("x.crm.web", if *yes { "J" } else { "N" }),
///         _ => FieldMap::new(),
///     }),
/// );
/// assert_eq!(mapper.version, 1);
/// ```
#[derive(Clone)]
pub struct Mapper {
    /// Changes when the function does: its fields are then at first sight again.
    pub version: u32,
    /// The connector's fields.
    pub theirs: Vec<FieldPath>,
    /// The canonical fields.
    pub ours: Vec<FieldPath>,
    /// From the connector's whole record to canonical fields.
    pub inbound: MapFn,
    /// From the whole settled record to the connector's fields.
    pub outbound: MapFn,
}

impl Mapper {
    /// A mapper that says nothing yet; `version` is to grow with every change of its functions.
    pub fn new(version: u32) -> Self {
        let nothing: MapFn = Arc::new(|_, _| Ok(FieldMap::new()));
        Self { version, theirs: Vec::new(), ours: Vec::new(), inbound: nothing.clone(), outbound: nothing }
    }
    /// The connector's fields. What `join` gives beyond them is dropped.
    #[must_use]
    pub fn theirs<P: Into<FieldPath>>(self, fields: impl IntoIterator<Item = P>) -> Self {
        Self { theirs: fields.into_iter().map(Into::into).collect(), ..self }
    }
    /// The canonical fields. What `split` gives beyond them is dropped.
    #[must_use]
    pub fn ours<P: Into<FieldPath>>(self, fields: impl IntoIterator<Item = P>) -> Self {
        Self { ours: fields.into_iter().map(Into::into).collect(), ..self }
    }
    /// The functions: `split` from the connector's whole record to the canonical fields, `join` from the whole settled
    /// record to the connector's. A field that is left out stays unknown, respectively unwritten; an error sets the
    /// record aside. `split(join(x))` must give back what it names of `x`, or the two never come to rest.
    #[must_use]
    pub fn with(
        self,
        split: impl Fn(&FieldMap, &mut Problems) -> Result<FieldMap> + Send + Sync + 'static,
        join: impl Fn(&FieldMap, &mut Problems) -> Result<FieldMap> + Send + Sync + 'static,
    ) -> Self {
        Self { inbound: Arc::new(split), outbound: Arc::new(join), ..self }
    }

    /// Several canonical texts that share one field of the connector, with `separator` between them: district and
    /// salesperson in one custom field. The last one may hold the separator; an earlier one that does is refused when
    /// it is to be written. Blanks around each are dropped.
    pub fn joined<P: Into<FieldPath>>(
        theirs: impl Into<FieldPath>,
        separator: &str,
        ours: impl IntoIterator<Item = P>,
    ) -> Self {
        let theirs = theirs.into();
        let mapper = Self::new(1).theirs([theirs]).ours(ours);
        let parts: Arc<[FieldPath]> = mapper.ours.clone().into();
        let (split_parts, split_at) = (Arc::clone(&parts), separator.to_owned());
        let separator = separator.to_owned();
        mapper.with(
            move |record, _| Ok(split(record.get(theirs), &split_at, &split_parts)),
            move |record, _| {
                let joined = join(record, &separator, &parts)?;
                Ok(joined.map(|value| FieldMap::new().with(theirs, value)).unwrap_or_default())
            },
        )
    }
}

impl fmt::Debug for Mapper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mapper({:?} ↔ {:?}, {})", self.theirs, self.ours, self.version)
    }
}

fn split(stored: Option<&Value>, separator: &str, parts: &[FieldPath]) -> FieldMap {
    let text = match stored {
        Some(Value::Text(text)) => text,
        Some(Value::Null) => "",
        _ => return FieldMap::new(),
    };
    let mut found = text.splitn(parts.len(), separator).map(str::trim);
    parts.iter().map(|part| (*part, Value::from(found.next().unwrap_or_default()))).collect()
}

/// Nothing if a part is unknown: half of it would wipe the other half.
fn join(record: &FieldMap, separator: &str, parts: &[FieldPath]) -> Result<Option<String>> {
    let mut texts = Vec::with_capacity(parts.len());
    for part in parts {
        match record.get(*part) {
            Some(Value::Text(text)) => texts.push(text.trim()),
            Some(Value::Null) => texts.push(""),
            Some(other) => {
                return Err(refused(format!("{part} is {other}, and only text can share a field with others")));
            }
            None => return Ok(None),
        }
    }
    if let Some(early) = texts.split_last().and_then(|(_, early)| early.iter().find(|text| text.contains(separator))) {
        return Err(refused(format!("'{early}' holds '{separator}', which separates it from what follows; change it")));
    }
    while texts.last().is_some_and(|text| text.is_empty()) {
        texts.pop();
    }
    Ok(Some(texts.join(separator)))
}

fn refused(message: String) -> Error {
    Error::new(ErrorKind::Invalid, "join fields", message)
}
