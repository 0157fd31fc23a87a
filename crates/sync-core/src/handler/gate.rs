//! What the capabilities do not offer is refused before anything is sent.

use crate::{
    capability::{Capabilities, StreamCapability, UpdateMode},
    connector::{Action, ListFrom, ListQuery, Write},
    error::{Error, ErrorKind, Result},
    id::StreamId,
    value::FieldMap,
};

/// The host stream of that name.
fn host<'a>(caps: &'a Capabilities, stream: &StreamId, operation: &'static str) -> Result<&'a StreamCapability> {
    let can = caps.streams.get(stream).ok_or_else(|| {
        let known: Vec<&str> = caps.streams.keys().map(StreamId::as_str).collect();
        refused(operation, stream, format!("there is no stream '{stream}'; there are {}", known.join(", ")))
    })?;
    match &can.facet_of {
        None => Ok(can),
        Some(host) => Err(refused(operation, stream, format!("'{stream}' is part of '{host}'; ask for that"))),
    }
}

pub(crate) fn list(caps: &Capabilities, query: &ListQuery) -> Result<()> {
    let stream = &query.stream;
    let can = host(caps, stream, "list")?;
    let listing = can.list.ok_or_else(|| refused("list", stream, format!("'{stream}' cannot be listed")))?;
    match query.from {
        ListFrom::ModifiedSince(_) if listing.since.is_none() => {
            Err(refused("list", stream, format!("'{stream}' does not tell what changed; list all of it")))
        }
        _ => Ok(()),
    }
}

pub(crate) fn get(caps: &Capabilities, stream: &StreamId) -> Result<()> {
    match host(caps, stream, "get")?.get_max {
        0 => Err(refused("get", stream, format!("'{stream}' cannot be read by id"))),
        _ => Ok(()),
    }
}

pub(crate) fn find(caps: &Capabilities, stream: &StreamId, by: &FieldMap) -> Result<()> {
    let can = host(caps, stream, "find")?;
    if by.is_empty() {
        return Err(refused("find", stream, "nothing to look for; name a field".to_owned()));
    }
    match by.paths().find(|path| !can.find_by.contains(path)) {
        Some(path) => {
            Err(refused("find", stream, format!("'{stream}' cannot be searched by '{path}'"))
                .with_context("field", path))
        }
        None => Ok(()),
    }
}

/// Operation, acts, effects, version, mark, facets; not the content of fields.
pub(crate) fn write(caps: &Capabilities, write: &Write) -> Result<()> {
    let stream = &write.stream;
    let operation = operation(&write.action);
    let can = host(caps, stream, operation)?;
    let no = |what: String| Err(refused(operation, stream, what));
    match &write.action {
        Action::Create { .. } if !can.create => return no(format!("records of '{stream}' cannot be created")),
        Action::Update { .. } if can.update == UpdateMode::None => {
            return no(format!("records of '{stream}' cannot be changed"));
        }
        Action::Update { if_version: Some(_), .. } if !can.update_if_version => {
            return no(format!("'{stream}' cannot check a version; read before the write instead"));
        }
        Action::Act { act, .. } if !can.acts.contains(act) => return no(format!("'{stream}' has no step '{act}'")),
        Action::Remove { mode, .. } if !can.remove.contains(mode) => {
            return no(format!("records of '{stream}' cannot be removed in this way ({mode:?})"));
        }
        _ => {}
    }
    if let Some(effect) = write.effects.iter().find(|effect| !can.effects.contains(*effect)) {
        return no(format!("'{stream}' has no effect '{effect}'"));
    }
    let carried = |facet: &StreamId| {
        facet == stream || caps.streams.get(facet).is_some_and(|can| can.facet_of.as_ref() == Some(stream))
    };
    if let Some(part) = write.action.parts().iter().find(|part| !carried(&part.stream)) {
        return no(format!("'{stream}' does not carry '{}'", part.stream));
    }
    mark(can, write)
}

/// A mark that is lost or cut can never be found again.
fn mark(can: &StreamCapability, write: &Write) -> Result<()> {
    let (Action::Create { .. }, Some(mark)) = (&write.action, &write.mark) else { return Ok(()) };
    let stream = &write.stream;
    let kept = can.create_mark.ok_or_else(|| refused("create", stream, format!("'{stream}' keeps no mark")))?;
    let length = mark.chars().count();
    if usize::try_from(kept.max_len).is_ok_and(|max| length > max) {
        let what = format!(
            "the mark '{mark}' has {length} characters, '{stream}' keeps {}; shorten the connection's name",
            kept.max_len
        );
        return Err(Error::new(ErrorKind::Invalid, "create", what).with_context("field", kept.field));
    }
    Ok(())
}

pub(crate) fn operation(action: &Action) -> &'static str {
    match action {
        Action::Create { .. } => "create",
        Action::Update { .. } => "update",
        Action::Act { .. } => "act",
        Action::Remove { .. } => "remove",
    }
}

fn refused(operation: &'static str, stream: &StreamId, what: String) -> Error {
    Error::new(ErrorKind::Unsupported, operation, what).with_context("stream", stream)
}
