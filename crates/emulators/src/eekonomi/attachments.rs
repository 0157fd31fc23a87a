//! Files on sales documents, and links from records to partners' systems.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::call::Call;
use super::collection::Resource;
use super::company::Company;
use super::problem::Refusal;
use super::record::{Record, copy, filled, flag, put, text};
use super::tables::trade::{PARTNER_RESOURCE_LINK, SALES_DOCUMENT_ATTACHMENT_UPLOAD};

const TYPES: [&str; 4] = ["application/pdf", "image/jpeg", "image/tiff", "image/png"];

/// The documents under their names in paths, with a number: the vendor gives no names for the numbers, these are those
/// that its notes have for the same documents.
fn kind(name: &str) -> Option<(Resource, i64)> {
    Some(match name {
        "customerinvoice" => (Resource::Invoices, 1),
        "customerinvoicedraft" => (Resource::Drafts, 2),
        "quote" => (Resource::Quotes, 5),
        "order" => (Resource::Orders, 6),
        _ => return None,
    })
}

/// Attaches a file to a document of that kind. Gives its id.
pub(crate) fn create(company: &mut Company, call: &mut Call<'_>, name: &str, body: &Value) -> Result<String, Refusal> {
    let (resource, number) = kind(name).ok_or_else(|| Refusal::missing("there are no such documents"))?;
    let upload = call.accept(&SALES_DOCUMENT_ATTACHMENT_UPLOAD, body)?;
    if !text(&upload, "ContentType").is_some_and(|given| TYPES.contains(&given)) {
        return Err(Refusal::field("ContentType", format!("must be one of {}", TYPES.join(", "))));
    }
    let bytes = match (filled(&upload, "Data"), filled(&upload, "Url")) {
        (Some(data), _) => STANDARD.decode(data).map_err(|_| Refusal::field("Data", "is not base64"))?,
        (None, Some(_)) => Vec::new(),
        (None, None) => return Err(Refusal::field("Data", "or Url is required")),
    };
    let document = text(&upload, "DockumentId").unwrap_or_default().to_owned();
    if company.get(resource, &document).is_none() {
        return Err(Refusal::nothing_to_attach_to(format!("DockumentId: there is no {name} {document}")));
    }
    let id = call.mint.id();
    let by = company.all(Resource::Users).find(|user| flag(user, "IsCurrentUser"));
    let by = by.map(|user| {
        format!("{} {}", text(user, "FirstName").unwrap_or_default(), text(user, "LastName").unwrap_or_default())
    });
    let mut file = Record::new();
    copy(&upload, &mut file, &["Data"]);
    put(&mut file, "Id", id.as_str());
    put(&mut file, "DocumentId", document.as_str());
    put(&mut file, "DocumentType", number);
    put(&mut file, "OriginalFilename", text(&upload, "FileName"));
    put(&mut file, "DocumentSize", bytes.len());
    put(&mut file, "CreatedUtc", call.stamp());
    put(&mut file, "CreatedBy", by);
    company.of_mut(Resource::Attachments).put(file);
    company.of_mut(resource).change(&document, |document| match document.get_mut("SalesDocumentAttachments") {
        Some(Value::Array(files)) => files.push(json!(id)),
        _ => put(document, "SalesDocumentAttachments", vec![id.as_str()]),
    });
    Ok(id)
}

/// The bytes of a file; none where the vendor was to fetch it from an address.
pub(crate) fn bytes(company: &Company, id: &str) -> Result<Vec<u8>, Refusal> {
    let file = company.find(Resource::Attachments, id)?;
    Ok(text(file, "Data").and_then(|data| STANDARD.decode(data).ok()).unwrap_or_default())
}

/// Takes a file off a document of that kind.
pub(crate) fn delete(company: &mut Company, name: &str, document: &str, id: &str) -> Result<(), Refusal> {
    let (resource, _) = kind(name).ok_or_else(|| Refusal::missing("there are no such documents"))?;
    let file = company.find(Resource::Attachments, id)?;
    if text(file, "DocumentId") != Some(document) {
        return Err(Refusal::missing(format!("{document} has no attachment {id}")));
    }
    company.of_mut(Resource::Attachments).remove(id);
    company.of_mut(resource).change(document, |document| {
        if let Some(Value::Array(files)) = document.get_mut("SalesDocumentAttachments") {
            files.retain(|file| file != id);
        }
    });
    Ok(())
}

/// The record that a link names; only what this emulator keeps is looked for.
fn check_link(company: &Company, call: &Call<'_>, link: &Record) -> Result<(), Refusal> {
    let resource = match super::record::int(link, "ResourceType") {
        0 => Resource::Articles,
        1 => Resource::Customers,
        2 => Resource::Suppliers,
        3 => Resource::Invoices,
        5 => Resource::Drafts,
        _ => return Ok(()),
    };
    company.referred(call, resource, link, "ResourceId").map(drop)
}

/// Links a record to a partner's system. Gives the link's id.
pub(crate) fn create_link(company: &mut Company, call: &mut Call<'_>, body: &Value) -> Result<String, Refusal> {
    let mut link = call.accept(&PARTNER_RESOURCE_LINK, body)?;
    check_link(company, call, &link)?;
    let id = call.mint.id();
    put(&mut link, "Id", id.as_str());
    company.of_mut(Resource::PartnerLinks).put(link);
    Ok(id)
}

/// Replaces a link.
pub(crate) fn replace_link(company: &mut Company, call: &mut Call<'_>, id: &str, body: &Value) -> Result<(), Refusal> {
    let old = company.find(Resource::PartnerLinks, id)?.clone();
    let mut link = call.accept(&PARTNER_RESOURCE_LINK, body)?;
    check_link(company, call, &link)?;
    copy(&old, &mut link, &["Id"]);
    company.of_mut(Resource::PartnerLinks).put(link);
    Ok(())
}
