//! Projects.

use serde_json::Value;

use super::call::Call;
use super::collection::Resource;
use super::company::Company;
use super::problem::Refusal;
use super::record::{Record, copy, date, int, put, text};
use super::tables::trade::PROJECT;

/// The status of a project that rows cannot name any more.
const FINISHED: i64 = 2;

fn prepare(company: &Company, call: &Call<'_>, body: &Value, own: Option<&str>) -> Result<Record, Refusal> {
    let mut project = call.accept(&PROJECT, body)?;
    let (Some(start), end) = (date(&project, "StartDate"), date(&project, "EndDate")) else {
        return Err(Refusal::field("StartDate", "is required"));
    };
    if end.is_some_and(|end| end < start) {
        return Err(Refusal::field("EndDate", "is before StartDate"));
    }
    let customer = company.referred(call, Resource::Customers, &project, "CustomerId")?;
    let name = customer.and_then(|customer| text(customer, "Name")).map(str::to_owned);
    put(&mut project, "CustomerName", name);
    let taken = text(&project, "Number").unwrap_or_default();
    match company.of(Resource::Projects).and_then(|all| all.by_key(taken)) {
        Some(other) if text(other, "Id") != own => {
            Err(Refusal::conflict(format!("there is a project with number {taken}")))
        }
        _ => Ok(project),
    }
}

/// Creates a project. Gives its id.
pub(crate) fn create(company: &mut Company, call: &mut Call<'_>, body: &Value) -> Result<String, Refusal> {
    let mut project = prepare(company, call, body, None)?;
    let id = call.mint.id();
    put(&mut project, "Id", id.as_str());
    put(&mut project, "ModifiedUtc", call.stamp());
    company.of_mut(Resource::Projects).put(project);
    Ok(id)
}

/// Replaces a project.
pub(crate) fn replace(company: &mut Company, call: &mut Call<'_>, id: &str, body: &Value) -> Result<(), Refusal> {
    let old = company.find(Resource::Projects, id)?.clone();
    let mut project = prepare(company, call, body, text(&old, "Id"))?;
    copy(&old, &mut project, &["Id"]);
    put(&mut project, "ModifiedUtc", call.stamp());
    company.of_mut(Resource::Projects).put(project);
    Ok(())
}

/// Whether a row may name its project.
///
/// # Errors
/// 3000 for one that does not exist, 5005 for one that has ended.
pub(crate) fn check_row(company: &Company, call: &Call<'_>, row: &Record, path: &str) -> Result<(), Refusal> {
    let Some(id) = text(row, "ProjectId") else { return Ok(()) };
    match company.get(Resource::Projects, id) {
        None => Err(call.no_such(&format!("{path}.ProjectId"), id)),
        Some(project) if int(project, "Status") == FINISHED => {
            Err(Refusal::project_ended(format!("{path}.ProjectId: the project has ended")))
        }
        Some(_) => Ok(()),
    }
}
