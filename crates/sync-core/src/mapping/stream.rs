//! One stream's rows, tables and mappers, looked up.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Cell, Direction, MapRow, Mapper, Problems, Tables, Transform,
    codes::{Column, Implied},
    form,
};
use crate::{
    capability::{FieldCapability, StreamCapability},
    error::{Error, ErrorKind, Result},
    model::{self, FieldType},
    value::{FieldMap, FieldPath, Value},
};

/// All that lies between one stream's fields and the canonical ones, looked up. The empty one passes everything on.
#[derive(Clone, Debug, Default)]
pub struct StreamMap {
    rows: Vec<Row>,
    mappers: Vec<Named>,
    named: BTreeSet<FieldPath>, // by a row or a mapper, on either side: these do not pass by themselves
    implied: Implied,
    holds: FieldMap,
    assumed: FieldMap,                  // of what nothing is shown
    takes: Option<BTreeSet<FieldPath>>, // the connector's fields that can be written; all if `None`
}

#[derive(Clone, Debug)]
struct Row {
    ours: FieldPath,
    theirs: FieldPath,
    direction: Direction,
    column: Option<Column>,
    transform: Option<Transform>,
    our_type: Option<FieldType>,
    their_type: Option<FieldType>,
}

impl Row {
    /// Whether a value has one form here and another there.
    fn converts(&self) -> bool {
        self.our_type.zip(self.their_type).is_some_and(|(ours, theirs)| ours != theirs)
    }
    /// A value that was read, translated already.
    fn read(&self, value: Value) -> Result<Value> {
        let value = told_as(self.theirs, &value, self.ours, self.our_type)?;
        Ok(match self.transform {
            Some(transform) => transform.of(value),
            None => value,
        })
    }
    /// A value that is to be written, translated already.
    fn write(&self, value: &Value) -> Result<Value> {
        told_as(self.ours, value, self.theirs, self.their_type)
    }
}

/// What a field of another type holds for this value.
fn told_as(from: FieldPath, value: &Value, to: FieldPath, ty: Option<FieldType>) -> Result<Value> {
    let Some(ty) = ty else { return Ok(value.clone()) };
    form::convert(value, ty).ok_or_else(|| {
        let line = format!("{from} is {value}, and {to} holds {ty}; correct it where it was typed");
        Error::new(ErrorKind::Invalid, "map fields", line)
    })
}

#[derive(Clone, Debug)]
struct Named {
    mapper: Mapper,
    direction: Direction,
}

impl Direction {
    pub(crate) fn is_in(self) -> bool {
        self != Self::Out
    }
    pub(crate) fn is_out(self) -> bool {
        self != Self::In
    }
}

impl StreamMap {
    /// For one stream of a connection; `own` tells what fields of one's own hold, as far as that is known. Rows whose
    /// field the stream does not have leave it as it is, as do names of mappers and tables that are not there: the
    /// policy's check has told of them.
    pub fn compile(
        connection: &str,
        cap: &StreamCapability,
        rows: &[MapRow],
        tables: &BTreeMap<String, Tables>,
        mappers: &BTreeMap<String, Mapper>,
        own: &BTreeMap<FieldPath, FieldType>,
    ) -> Self {
        let column = |table: &str| tables.get(table).and_then(|table| table.0.get(connection));
        let mut map = Self {
            implied: Implied::new(column),
            takes: Some(
                cap.fields.iter().filter(|(path, f)| is_taken(cap, **path, f)).map(|(path, _)| *path).collect(),
            ),
            ..Self::default()
        };
        let held = cap.holds.iter().filter_map(|(path, value)| {
            // a code without a row is told of with the first record that shows it
            Some((path, map.value_in(path, path, None, value, &mut Problems::default())?))
        });
        map.holds = held.collect();
        for row in rows {
            let theirs = match row.at.get(connection) {
                Some(Cell::Field(path)) if cap.fields.contains_key(path) => *path,
                Some(Cell::Assumed { value }) => {
                    map.assume(cap, row.field, value);
                    continue;
                }
                _ => continue,
            };
            match row.mapper.as_ref().map(|name| mappers.get(name)) {
                Some(Some(mapper)) => map.add_mapper(mapper, row.direction),
                Some(None) => {}
                None => {
                    let column = row.table.as_deref().and_then(|table| Some(Column::new(table, column(table)?)));
                    let our_type = model::field(cap.kind, row.field).map(|spec| spec.ty);
                    map.add_row(Row {
                        ours: row.field,
                        theirs,
                        direction: row.direction,
                        column,
                        transform: row.transform,
                        our_type: our_type.or_else(|| own.get(&row.field).copied()),
                        their_type: cap.type_of(theirs),
                    });
                }
            }
        }
        map
    }

    /// The same with one mapper more, both ways.
    pub(crate) fn with_mapper(mut self, mapper: &Mapper) -> Self {
        self.add_mapper(mapper, Direction::Both);
        self
    }
    fn assume(&mut self, cap: &StreamCapability, field: FieldPath, value: &Value) {
        self.named.insert(field);
        // the policy's check has told of what does not fit
        if let Ok(value) = Cell::assumed(value, model::field(cap.kind, field)) {
            self.assumed.set(field, value);
        }
    }
    fn add_row(&mut self, row: Row) {
        self.named.insert(row.ours);
        if row.direction.is_out() {
            self.named.insert(row.theirs);
        }
        self.rows.push(row);
    }
    fn add_mapper(&mut self, mapper: &Mapper, direction: Direction) {
        self.named.extend(&mapper.ours);
        if direction.is_out() {
            self.named.extend(&mapper.theirs);
        }
        self.mappers.push(Named { mapper: mapper.clone(), direction });
    }

    /// What is the same for all records of the stream, in canonical terms.
    pub(crate) fn holds(&self) -> &FieldMap {
        &self.holds
    }

    /// What all its records are taken to have, as the system itself says nothing of it.
    pub(crate) fn assumed(&self) -> &FieldMap {
        &self.assumed
    }

    /// Whether a mapper makes the connector's fields of this unit and of others together.
    pub(crate) fn joins(&self, unit: FieldPath) -> bool {
        let ours = |named: &Named| named.mapper.ours.iter().any(|leaf| leaf.is_under(unit));
        let others = |named: &Named| named.mapper.ours.iter().any(|leaf| !leaf.is_under(unit));
        self.mappers.iter().any(|named| named.direction.is_out() && ours(named) && others(named))
    }

    /// Canonical fields of what the connector shows. Links stay as they are; a code that no table row translates is
    /// noted and its field left unknown.
    ///
    /// # Errors
    /// A mapper's own; a text that is none of the type that its row brings it to.
    pub fn inbound(&self, theirs: &FieldMap, problems: &mut Problems) -> Result<FieldMap> {
        let mut ours = FieldMap::new();
        for (path, value) in theirs.iter().filter(|(path, _)| !self.named.contains(path)) {
            if let Some(value) = self.value_in(path, path, None, value, problems) {
                ours.set(path, value);
            }
        }
        for row in self.rows.iter().filter(|row| row.direction.is_in()) {
            let value = theirs.get(row.theirs);
            let value = value.and_then(|v| self.value_in(row.ours, row.theirs, row.column.as_ref(), v, problems));
            if let Some(value) = value {
                ours.set(row.ours, row.read(value)?);
            }
        }
        for Named { mapper, .. } in self.mappers.iter().filter(|named| named.direction.is_in()) {
            let given = (mapper.inbound)(theirs, problems)?;
            ours.overlay(&given.filter(|path| mapper.ours.contains(&path)));
        }
        for (path, value) in self.assumed.iter().filter(|(path, _)| ours.get(*path).is_none()).collect::<Vec<_>>() {
            ours.set(path, value.clone());
        }
        ours.overlay(&self.holds);
        Ok(ours)
    }

    /// The connector's fields for the whole settled record, as far as the stream can take them. Where `current`, the
    /// connector's fields as they stand there, has a code that means the wanted one, that code is kept. A code that no
    /// table row translates is noted and left out.
    ///
    /// # Errors
    /// A mapper's own; a value that the field there cannot hold.
    pub fn outbound(&self, ours: &FieldMap, current: Option<&FieldMap>, problems: &mut Problems) -> Result<FieldMap> {
        let takes = |path: FieldPath| self.takes.as_ref().is_none_or(|takes| takes.contains(&path));
        let now = |path: FieldPath| current.and_then(|current| current.get(path));
        let mut theirs = FieldMap::new();
        for (path, value) in ours.iter().filter(|(path, _)| !self.named.contains(path) && takes(*path)) {
            if let Some(value) = self.value_out(path, None, value, now(path), problems) {
                theirs.set(path, value);
            }
        }
        for row in self.rows.iter().filter(|row| row.direction.is_out() && takes(row.theirs)) {
            let value = ours.get(row.ours);
            let value = value.and_then(|v| self.value_out(row.ours, row.column.as_ref(), v, now(row.theirs), problems));
            if let Some(value) = value {
                theirs.set(row.theirs, row.write(&value)?);
            }
        }
        for Named { mapper, .. } in self.mappers.iter().filter(|named| named.direction.is_out()) {
            let given = (mapper.outbound)(ours, problems)?;
            theirs.overlay(&given.filter(|path| mapper.theirs.contains(&path) && takes(path)));
        }
        Ok(theirs)
    }

    /// The connector's fields that a canonical leaf is kept in, read from or written to.
    pub fn theirs(&self, ours: FieldPath) -> Vec<FieldPath> {
        let rows = self.rows.iter().filter(|row| row.ours == ours).map(|row| row.theirs);
        let mappers = self.mappers.iter().map(|named| &named.mapper).filter(|mapper| mapper.ours.contains(&ours));
        self.with_itself(ours, rows.chain(mappers.flat_map(|mapper| mapper.theirs.iter().copied())))
    }
    /// The canonical leaves that a connector's field is part of.
    pub fn ours(&self, theirs: FieldPath) -> Vec<FieldPath> {
        let rows = self.rows.iter().filter(|row| row.theirs == theirs).map(|row| row.ours);
        let mappers = self.mappers.iter().map(|named| &named.mapper).filter(|mapper| mapper.theirs.contains(&theirs));
        self.with_itself(theirs, rows.chain(mappers.flat_map(|mapper| mapper.ours.iter().copied())))
    }
    fn with_itself(&self, path: FieldPath, others: impl Iterator<Item = FieldPath>) -> Vec<FieldPath> {
        let itself = (!self.named.contains(&path)).then_some(path);
        itself.into_iter().chain(others).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// What the stream does to each canonical leaf.
    pub(crate) fn capabilities(&self, cap: &StreamCapability) -> BTreeMap<FieldPath, FieldCapability> {
        let mut leaves: BTreeMap<FieldPath, FieldCapability> = BTreeMap::new();
        for (path, field) in cap.fields.iter().filter(|(path, _)| !self.named.contains(*path)) {
            leaves.insert(*path, self.coded(*path, None, field));
        }
        for row in &self.rows {
            if let Some(field) = cap.fields.get(&row.theirs) {
                let field = one_way(self.coded(row.ours, row.column.as_ref(), field), row.direction);
                let field = if row.converts() { field.of_any_form() } else { field };
                merge(leaves.entry(row.ours).or_default(), field);
            }
        }
        for Named { mapper, direction } in &self.mappers {
            let all = together(mapper.theirs.iter().map(|path| cap.fields.get(path)));
            for path in &mapper.ours {
                merge(leaves.entry(*path).or_default(), one_way(all.clone(), *direction));
            }
        }
        let given = cap.holds.paths().chain(self.assumed.paths());
        leaves.extend(given.map(|path| (path, FieldCapability::read_only())));
        leaves
    }

    /// What holds for the vendor's code says nothing of the canonical one.
    fn coded(&self, ours: FieldPath, column: Option<&Column>, field: &FieldCapability) -> FieldCapability {
        let mut field = field.bare();
        if column.or_else(|| self.implied.of(ours)).is_some() {
            field = field.of_any_form();
        }
        field
    }

    fn value_in(
        &self,
        ours: FieldPath,
        theirs: FieldPath,
        column: Option<&Column>,
        value: &Value,
        problems: &mut Problems,
    ) -> Option<Value> {
        match (column.or_else(|| self.implied.of(ours)), value) {
            (None, Value::List(lines)) => self.implied.lines_in(theirs, lines, problems),
            (None, value) => Some(value.clone()),
            (Some(column), value) => column.inbound(theirs, value, problems),
        }
    }
    fn value_out(
        &self,
        ours: FieldPath,
        column: Option<&Column>,
        value: &Value,
        current: Option<&Value>,
        problems: &mut Problems,
    ) -> Option<Value> {
        match (column.or_else(|| self.implied.of(ours)), value) {
            (None, Value::List(lines)) => self.implied.lines_out(ours, lines, current, problems),
            (None, value) => Some(value.clone()),
            (Some(column), value) => column.outbound(ours, value, current, problems),
        }
    }
}

fn is_taken(cap: &StreamCapability, path: FieldPath, field: &FieldCapability) -> bool {
    (field.write_on_create || field.write_on_update) && cap.holds.get(path).is_none()
}

fn one_way(mut field: FieldCapability, direction: Direction) -> FieldCapability {
    if !direction.is_in() {
        field.read = false;
    }
    if !direction.is_out() {
        (field.write_on_create, field.write_on_update, field.required_on_create) = (false, false, false);
    }
    field
}

/// One leaf read from one field and written to another has the abilities of both.
fn merge(into: &mut FieldCapability, other: FieldCapability) {
    let before = std::mem::take(into);
    *into = FieldCapability {
        read: before.read || other.read,
        write_on_create: before.write_on_create || other.write_on_create,
        write_on_update: before.write_on_update || other.write_on_update,
        required_on_create: before.required_on_create || other.required_on_create,
        max_len: before.max_len.or(other.max_len),
        max_scale: before.max_scale.or(other.max_scale),
        folds_case: before.folds_case || other.folds_case,
        exact: before.exact || other.exact,
        one_of: before.one_of.or(other.one_of),
        ..FieldCapability::default()
    };
}

/// What can be done with several fields that only make sense together.
fn together<'a>(fields: impl Iterator<Item = Option<&'a FieldCapability>>) -> FieldCapability {
    let fields: Vec<FieldCapability> = fields.map(|field| field.cloned().unwrap_or_default()).collect();
    let all = |can: fn(&FieldCapability) -> bool| !fields.is_empty() && fields.iter().all(can);
    FieldCapability {
        read: all(|f| f.read),
        write_on_create: all(|f| f.write_on_create),
        write_on_update: all(|f| f.write_on_update),
        required_on_create: fields.iter().any(|f| f.required_on_create),
        ..FieldCapability::default()
    }
}
