//! Whether the fields of a write can be what they are to be.

use crate::{
    capability::{Capabilities, FieldCapability, StreamCapability, UpdateMode},
    connector::{Action, Part, Write},
    error::{Error, ErrorKind, Result},
    handler::gate,
    id::StreamId,
    value::{FieldPath, Value},
};

/// `Invalid`, naming the field, for the first one that does not fit. The write has passed the gate.
pub(super) fn check(caps: &Capabilities, write: &Write) -> Result<()> {
    let one = Fit { operation: gate::operation(&write.action), creates: matches!(write.action, Action::Create { .. }) };
    for part in write.action.parts() {
        if let Some(can) = caps.streams.get(&part.stream) {
            one.part(can, part)?;
        }
    }
    let host_has_part = write.action.parts().iter().any(|part| part.stream == write.stream);
    match caps.streams.get(&write.stream) {
        Some(can) if one.creates && !host_has_part => one.required(can, &write.stream, None),
        _ => Ok(()),
    }
}

struct Fit {
    operation: &'static str,
    creates: bool,
}

impl Fit {
    fn part(&self, can: &StreamCapability, part: &Part) -> Result<()> {
        if self.creates {
            self.required(can, &part.stream, Some(part))?;
        }
        for path in &part.changed {
            let field = can.fields.get(path).filter(|field| field.writable(self.creates));
            if field.is_none() {
                let when = if self.creates { "when a record is created" } else { "once a record is there" };
                return Err(self.wrong(*path, format!("'{path}' of '{}' cannot be written {when}", part.stream)));
            }
            if part.wanted.get(*path).is_none() {
                let what = format!("'{path}' of '{}' is to be changed, but its value is not given", part.stream);
                return Err(Error::new(ErrorKind::Internal, self.operation, what).with_context("field", path));
            }
        }
        let whole = self.creates || can.update == UpdateMode::Replace;
        for (path, value) in part.wanted.iter() {
            let writable = can.fields.get(&path).is_some_and(|field| field.writable(self.creates));
            if part.changed.contains(&path) || (whole && writable) {
                self.value(can, path, path.as_str(), value)?;
            }
        }
        Ok(())
    }

    fn required(&self, can: &StreamCapability, stream: &StreamId, part: Option<&Part>) -> Result<()> {
        let given = |path: FieldPath| part.and_then(|part| part.wanted.filled(path)).or_else(|| can.holds.filled(path));
        let mut required = can.fields.iter().filter(|(_, field)| field.required_on_create);
        match required.find(|(path, _)| given(**path).is_none()) {
            Some((path, _)) => {
                let what = format!("'{stream}' needs '{path}' to create a record; fill it in at the source, or map it");
                Err(self.wrong(*path, what))
            }
            None => Ok(()),
        }
    }

    /// `name` is the path with those inside lines: `lines.sku`. Only what the capability names there is looked at.
    fn value(&self, can: &StreamCapability, path: FieldPath, name: &str, value: &Value) -> Result<()> {
        if let Some(field) = can.fields.get(name) {
            self.fits(field, path, name, value)?;
        }
        match value {
            Value::List(values) => values.iter().try_for_each(|value| match value {
                Value::Map(_) => self.value(can, path, name, value),
                _ => Ok(()),
            }),
            Value::Map(values) => {
                values.iter().try_for_each(|(leaf, value)| self.value(can, path, &format!("{name}.{leaf}"), value))
            }
            _ => Ok(()),
        }
    }

    fn fits(&self, field: &FieldCapability, path: FieldPath, name: &str, value: &Value) -> Result<()> {
        match value {
            Value::Text(text) => {
                let length = text.chars().count();
                let max = field.max_len.filter(|_| field.exact);
                if let Some(max) = max.filter(|max| usize::try_from(*max).is_ok_and(|max| length > max)) {
                    return Err(self.wrong(path, format!("'{name}' has {length} characters, {max} fit; shorten it")));
                }
                self.one_of(field, path, name, text)
            }
            Value::Decimal(amount) => {
                let scale = amount.normalize().scale();
                match field.max_scale.filter(|max| field.exact && scale > *max) {
                    Some(max) => Err(self.wrong(path, format!("'{name}' has {scale} decimals, {max} fit; round it"))),
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    fn one_of(&self, field: &FieldCapability, path: FieldPath, name: &str, text: &str) -> Result<()> {
        let same =
            |word: &String| if field.folds_case { word.to_lowercase() == text.to_lowercase() } else { word == text };
        match field.one_of.as_ref().filter(|words| !words.iter().any(same)) {
            Some(words) => {
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                Err(self.wrong(path, format!("'{name}' does not take '{text}'; it takes {}", words.join(", "))))
            }
            None => Ok(()),
        }
    }

    fn wrong(&self, path: FieldPath, what: String) -> Error {
        Error::new(ErrorKind::Invalid, self.operation, what).with_context("field", path)
    }
}
