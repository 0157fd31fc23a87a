//! Small registers: labels, notes, delivery methods and terms.

use serde_json::Value;

use super::call::Call;
use super::collection::Resource;
use super::company::Company;
use super::problem::Refusal;
use super::record::{Record, copy, flag, put, rows, text};
use super::switches;

/// Replaces the labels in a body by those of the register.
///
/// # Errors
/// 3000 for a label that does not exist.
pub(crate) fn link_labels(
    company: &Company,
    call: &Call<'_>,
    register: Resource,
    record: &mut Record,
    field: &str,
) -> Result<(), Refusal> {
    let by = if call.is(&switches::LABEL_LINK, "name") { "Name" } else { "Id" };
    let linked: Vec<Value> = rows(record, field)
        .map(|given| {
            let wanted = text(given, by).unwrap_or_default();
            let found = company.all(register).find(|label| text(label, by) == Some(wanted));
            found.cloned().map(Value::Object).ok_or_else(|| call.no_such(field, wanted))
        })
        .collect::<Result<_, _>>()?;
    put(record, field, linked);
    Ok(())
}

/// Creates a record of a register. Gives its id.
pub(crate) fn create(
    company: &mut Company,
    call: &mut Call<'_>,
    resource: Resource,
    body: &Value,
) -> Result<String, Refusal> {
    let mut record = call.accept(resource.schema(), body)?;
    let id = call.mint.id();
    put(&mut record, "Id", id.as_str());
    if resource == Resource::DeliveryTerms {
        put(&mut record, "Editable", true);
    }
    if resource == Resource::Notes {
        put(&mut record, "CreatedUtc", call.stamp());
        put(&mut record, "ModifiedUtc", call.stamp());
        let by = company.all(Resource::Users).find(|user| flag(user, "IsCurrentUser"));
        put(&mut record, "UserId", by.and_then(|user| text(user, "Id")));
        attach(company, call, &record, &id)?;
    }
    company.of_mut(resource).put(record);
    Ok(id)
}

/// A note hangs on a document by its id, whatever kind the number says.
fn attach(company: &mut Company, call: &Call<'_>, note: &Record, id: &str) -> Result<(), Refusal> {
    let Some(to) = text(note, "AttachedTo") else { return Ok(()) };
    let kinds = [
        Resource::Orders,
        Resource::Drafts,
        Resource::Invoices,
        Resource::Customers,
        Resource::Articles,
        Resource::Vouchers,
        Resource::Quotes,
        Resource::QuoteDrafts,
        Resource::Suppliers,
    ];
    let Some(kind) = kinds.into_iter().find(|kind| company.get(*kind, to).is_some()) else {
        return Err(call.no_such("AttachedTo", to));
    };
    company.of_mut(kind).change(to, |record| match record.get_mut("Notes") {
        Some(Value::Array(notes)) => notes.push(Value::from(id)),
        _ => put(record, "Notes", vec![id]),
    });
    Ok(())
}

/// Replaces a record of a register.
pub(crate) fn replace(
    company: &mut Company,
    call: &mut Call<'_>,
    resource: Resource,
    id: &str,
    body: &Value,
) -> Result<(), Refusal> {
    let old = company.find(resource, id)?.clone();
    let mut record = call.accept(resource.schema(), body)?;
    copy(&old, &mut record, &["Id"]);
    if resource == Resource::Notes {
        copy(&old, &mut record, &["CreatedUtc", "UserId", "AttachedTo", "DocumentType"]);
        put(&mut record, "ModifiedUtc", call.stamp());
    }
    company.of_mut(resource).put(record);
    Ok(())
}

/// Deletes a label; it goes from all that carried it.
pub(crate) fn delete_label(company: &mut Company, resource: Resource, id: &str) -> Result<(), Refusal> {
    company.find(resource, id)?;
    company.of_mut(resource).remove(id);
    let (owners, field) = match resource {
        Resource::CustomerLabels => (Resource::Customers, "CustomerLabels"),
        _ => (Resource::Articles, "ArticleLabels"),
    };
    let carries = |record: &Record| rows(record, field).any(|label| text(label, "Id") == Some(id));
    let owning: Vec<String> = company
        .all(owners)
        .filter(|record| carries(record))
        .filter_map(|record| text(record, "Id"))
        .map(str::to_owned)
        .collect();
    for owner in owning {
        company.of_mut(owners).change(&owner, |record| {
            if let Some(Value::Array(labels)) = record.get_mut(field) {
                labels.retain(|label| label.get("Id").is_none_or(|known| known != id));
            }
        });
    }
    Ok(())
}
