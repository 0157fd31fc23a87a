//! `fields`: what a connection has, as an administrator needs it to write rows of the mapping.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sync_core::{
    EntityKind, EntityName, FieldPath, StreamId,
    capability::{Capabilities, FieldCapability, StreamCapability},
    model,
    policy::RuleSet,
};

use super::Shell;
use crate::{
    args::Fields,
    fail::Failure,
    file::{Config, suggest},
    session,
    show::text,
};

/// What can be chosen in a field is told up to so many; `--json` tells all of it.
const FEW: usize = 6;

/// Lists the fields of a connection.
///
/// # Errors
/// An unknown connection or entity, and a connection that fails.
pub(super) async fn fields(config: &Config, how: &Fields, shell: &mut Shell<'_>) -> Result<u8, Failure> {
    let names = || config.connections.keys().map(String::as_str);
    if !config.connections.contains_key(&how.connection) {
        let cure = suggest(&how.connection, &names().collect::<Vec<_>>());
        return Err(Failure::usage(format!("there is no connection '{}'; {cure}", how.connection)));
    }
    let of = Of::asked(config, how)?;
    let all = session::capabilities(config, &shell.machine, |name| name == how.connection).await?;
    let streams: Vec<Listed<'_>> = all.values().flat_map(|all| of.streams(all)).collect();
    if streams.is_empty() {
        return Err(Failure::usage(format!("{} has no {}", how.connection, of.kinds())));
    }
    if how.form.json {
        writeln!(shell.out, "{}", Value::from_iter(streams.iter().map(|stream| stream.json(&of))))?;
        return Ok(0);
    }
    for (place, stream) in streams.iter().enumerate() {
        if place > 0 {
            writeln!(shell.out)?;
        }
        stream.text(&of, shell)?;
    }
    Ok(0)
}

/// What is asked about.
struct Of<'c> {
    connection: &'c str,
    /// Its rule sets, or all.
    sets: Vec<(&'c EntityName, &'c RuleSet)>,
    kind: Option<EntityKind>,
}

impl<'c> Of<'c> {
    fn asked(config: &'c Config, how: &'c Fields) -> Result<Self, Failure> {
        let all = config.policy.entities.iter();
        let connection = how.connection.as_str();
        let Some(asked) = how.entity.as_deref() else {
            return Ok(Self { connection, sets: all.collect(), kind: None });
        };
        if let Some((name, set)) = config.policy.entities.iter().find(|(name, _)| name.as_str() == asked) {
            return Ok(Self { connection, sets: vec![(name, set)], kind: Some(set.kind) });
        }
        if let Some(kind) = EntityKind::ALL.into_iter().find(|kind| kind.name() == asked) {
            return Ok(Self { connection, sets: all.filter(|(_, set)| set.kind == kind).collect(), kind: Some(kind) });
        }
        let mut names: Vec<&str> = config.policy.entities.keys().map(EntityName::as_str).collect();
        names.extend(EntityKind::ALL.iter().map(|kind| kind.name()));
        Err(Failure::usage(format!("there is no rule set and no kind '{asked}'; {}", suggest(asked, &names))))
    }
    fn kinds(&self) -> String {
        self.kind.map_or_else(|| "stream".to_owned(), |kind| kind.to_string())
    }
    fn streams<'a>(&self, all: &'a Capabilities) -> Vec<Listed<'a>> {
        let fits = |cap: &StreamCapability| self.kind.is_none_or(|kind| kind == cap.kind);
        all.streams.iter().filter(|(_, cap)| fits(cap)).map(|(name, cap)| Listed { name, cap }).collect()
    }
    /// The canonical field that a field goes by: as a row says, else the model's own name.
    fn goes_by(&self, kind: EntityKind, path: FieldPath) -> Option<String> {
        let rows = self.sets.iter().filter(|(_, set)| set.kind == kind).flat_map(|(_, set)| &set.map);
        let named: Vec<&str> = rows
            .filter(|row| row.at.get(self.connection).and_then(|cell| cell.field()) == Some(path))
            .map(|row| row.field.as_str())
            .collect();
        match named.is_empty() {
            true => model::field(kind, path).map(|field| field.path.to_string()),
            false => Some(named.join(", ")),
        }
    }
}

/// One stream with its fields.
struct Listed<'a> {
    name: &'a StreamId,
    cap: &'a StreamCapability,
}

impl Listed<'_> {
    fn holds(&self, path: FieldPath, field: &FieldCapability) -> String {
        let own = field.holds.or_else(|| model::field(self.cap.kind, path).map(|field| field.ty));
        let mut holds = own.map_or_else(String::new, |ty| ty.to_string());
        if let Some(max) = field.max_len {
            holds.push_str(&format!(", up to {max}"));
        }
        if let Some(scale) = field.max_scale {
            holds.push_str(&format!(", {scale} decimals"));
        }
        holds.trim_start_matches(", ").to_owned()
    }
    fn choices(field: &FieldCapability) -> Vec<String> {
        match field.choices.is_empty() {
            true => field.one_of.iter().flatten().cloned().collect(),
            false => field
                .choices
                .iter()
                .map(|choice| match choice.label.is_empty() {
                    true => choice.code.clone(),
                    false => format!("{} ({})", choice.code, choice.label),
                })
                .collect(),
        }
    }
    fn text(&self, of: &Of<'_>, shell: &mut Shell<'_>) -> Result<(), Failure> {
        writeln!(shell.out, "{}, {}", self.name, self.cap.kind)?;
        let rows = self.cap.fields.iter().map(|(path, field)| {
            let does = match (field.read, field.write_on_create, field.write_on_update) {
                (read, true, true) => {
                    if read {
                        "read, written"
                    } else {
                        "written"
                    }
                }
                (read, true, false) => {
                    if read {
                        "read, given when made"
                    } else {
                        "given when made"
                    }
                }
                (read, false, true) => {
                    if read {
                        "read, changed"
                    } else {
                        "changed"
                    }
                }
                _ => "read",
            };
            let needed = if field.required_on_create { ", needed" } else { "" };
            let choices = Self::choices(field);
            let more = if choices.len() > FEW { format!(", and {} more", choices.len() - FEW) } else { String::new() };
            let few: Vec<&str> = choices.iter().take(FEW).map(String::as_str).collect();
            vec![
                path.to_string(),
                field.label.clone().or_else(|| field.vendor_name.clone()).unwrap_or_default(),
                self.holds(*path, field),
                format!("{does}{needed}"),
                of.goes_by(self.cap.kind, *path).unwrap_or_else(|| "-".to_owned()),
                format!("{}{more}", few.join(", ")),
            ]
        });
        let head = ["field", "label", "holds", "is", "goes by", "can be"];
        writeln!(shell.out, "{}", text::table(&head, rows.collect()))?;
        Ok(())
    }
    fn json(&self, of: &Of<'_>) -> Value {
        let fields: BTreeMap<&str, Value> = self
            .cap
            .fields
            .iter()
            .map(|(path, field)| {
                let own = field.holds.or_else(|| model::field(self.cap.kind, *path).map(|field| field.ty));
                let told = json!({
                    "label": field.label,
                    "vendor_name": field.vendor_name,
                    "holds": own,
                    "max_len": field.max_len,
                    "max_scale": field.max_scale,
                    "read": field.read,
                    "write_on_create": field.write_on_create,
                    "write_on_update": field.write_on_update,
                    "required": field.required_on_create,
                    "one_of": field.one_of,
                    "choices": field.choices,
                    "goes_by": of.goes_by(self.cap.kind, *path),
                });
                (path.as_str(), told)
            })
            .collect();
        json!({"stream": self.name, "kind": self.cap.kind, "fields": fields})
    }
}
