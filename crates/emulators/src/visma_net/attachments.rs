//! Files on documents: a part of a form, in a part of any name.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::frame::{Cx, Reply, Request};

use super::{
    collection::Collection,
    refusal::Refusal,
    store::Company,
    value::{Fields, list, object, rows, text, whole},
    write::location,
};

/// A file.
#[derive(Clone, Debug)]
pub(super) struct Blob {
    name: String,
    kind: String,
    bytes: Vec<u8>,
    sent: bool,
}

impl Company {
    /// Puts a file on a record, or on one of its lines: the same name again is a new revision.
    pub(super) fn attach(
        &mut self,
        cx: &Cx<'_>,
        known: &'static Collection,
        id: u64,
        line: Option<u64>,
        request: &Request,
    ) -> Result<Reply, Refusal> {
        let Some(blob) = part(request) else {
            return Err(Refusal::business("Error attaching the file.", "The request has no file."));
        };
        let field = match known.name {
            "invoices" => "invoiceLines",
            "credit-notes" => "lines",
            _ => "journalTransactionLines",
        };
        let fields = self.get(known.name, id).map(|record| record.fields.clone()).unwrap_or_default();
        let has_line = |wanted| rows(&fields, field).any(|row| whole(row, "lineNumber") == Some(wanted));
        if line.is_some_and(|wanted| !has_line(wanted)) {
            return Err(Refusal::Key("The line cannot be found in the system.".into()));
        }
        let made = self.action_id();
        let name = blob.name.clone();
        self.blobs.insert(made, blob);
        self.change(cx, known.name, id, |fields| match line {
            None => note(fields, &name, made),
            Some(wanted) => {
                let all = rows(fields, field).cloned().map(|mut row| {
                    if whole(&row, "lineNumber") == Some(wanted) {
                        note(&mut row, &name, made);
                    }
                    row
                });
                let all = list(all.collect::<Vec<_>>());
                fields.insert(field.into(), all);
            }
        });
        Ok(Reply::empty(201).with_header("location", location(cx, request, "v1/attachment", &made.to_string())))
    }

    /// `/v1/attachment/{id}`.
    pub(super) fn attachment(&mut self, id: &str, request: &Request) -> Result<Reply, Refusal> {
        let missing = || Refusal::Key(format!("Attachment '{id}' cannot be found in the system."));
        let key = Uuid::parse_str(id).map_err(|_| missing())?;
        let blob = self.blobs.get_mut(&key).ok_or_else(missing)?;
        match request.method.as_str() {
            "GET" => {
                let mut reply = Reply::empty(200).with_header("content-type", blob.kind.clone());
                let shown = format!("attachment; filename=\"{}\"", blob.name);
                reply = reply.with_header("content-disposition", shown);
                reply.body.clone_from(&blob.bytes);
                Ok(reply)
            }
            "PUT" => {
                let body = request.json().ok();
                let sent = body.as_ref().and_then(|body| body.pointer("/sendToAutoinvoice/value")?.as_bool());
                blob.sent = sent.ok_or_else(|| Refusal::Shape("AttachmentMetadataUpdateDto".into()))?;
                Ok(Reply::empty(204))
            }
            _ => Err(Refusal::Path),
        }
    }

    /// All files, without their bytes.
    pub(super) fn files(&self) -> Value {
        let file = |(id, blob): (&Uuid, &Blob)| json!({ "id": id, "name": blob.name, "size": blob.bytes.len(), "sendToAutoinvoice": blob.sent });
        self.blobs.iter().map(file).collect()
    }
}

fn note(fields: &mut Fields, name: &str, id: Uuid) {
    let mut kept = rows(fields, "attachments").cloned().collect::<Vec<_>>();
    let place = kept.iter().position(|row| text(row, "name") == name);
    let before = place.map(|place| kept.remove(place));
    let revision = before.and_then(|row| whole(&row, "revision")).unwrap_or(0).saturating_add(1);
    kept.push(object(json!({ "name": name, "id": id, "revision": revision })));
    fields.insert("attachments".into(), list(kept));
}

/// The first part of a form that is a file.
fn part(request: &Request) -> Option<Blob> {
    let kind = request.header("content-type")?;
    let boundary = kind.split_once("boundary=")?.1.trim_matches('"');
    let mark = format!("--{boundary}").into_bytes();
    let mut rest = request.body.as_slice();
    loop {
        let start = find(rest, &mark)?;
        rest = rest.get(start.saturating_add(mark.len())..)?;
        let head_end = find(rest, b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(rest.get(..head_end)?).into_owned();
        let body = rest.get(head_end.saturating_add(4)..)?;
        let end = find(body, &[b"\r\n".as_slice(), &mark].concat())?;
        if let Some((_, name)) = head.split_once("filename=") {
            let name = name.trim_start_matches('"').split(['"', ';', '\r']).next()?.to_owned();
            let lower = head.to_lowercase();
            let kind = lower
                .split_once("content-type:")
                .map(|(_, kind)| kind.trim().split('\r').next().unwrap_or_default().to_owned());
            let kind = kind.unwrap_or_else(|| "application/octet-stream".into());
            return Some(Blob { name, kind, bytes: body.get(..end)?.to_vec(), sent: false });
        }
        rest = body.get(end..)?;
    }
}

fn find(within: &[u8], wanted: &[u8]) -> Option<usize> {
    within.windows(wanted.len()).position(|window| window == wanted)
}
