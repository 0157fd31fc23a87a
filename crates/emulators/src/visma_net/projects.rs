//! Projects and their tasks. A project's tasks are records of their own that its answers show.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::frame::Cx;

use super::{
    shape::shape,
    store::{Company, shaped},
    value::{Fields, list, rows, shown_day, text, whole},
    write::{Draft, apply},
};

/// Checks and completes a project, or else a task.
pub(super) fn settle(draft: &mut Draft<'_>, project: bool) {
    draft.required("description", "Description");
    if !project {
        draft.required("taskId", "Task ID");
        draft.default("status", "Planned");
        return;
    }
    draft.required("startDate", "Start Date");
    if draft.old.is_none() && text(draft.given, "template").is_empty() && !draft.given.contains_key("defSub") {
        draft.refuse("'Default Subaccount' cannot be empty.");
    }
    draft.default("hold", false);
    let status = if draft.new.get("hold") == Some(&json!(true)) { "OnHold" } else { "Planned" };
    draft.default("status", status);
    draft.default("systemTemplate", false);
    let serial = draft.company.all("projects").count();
    let name = format!("visma-net project {} {serial}", draft.company.settings.tenant_id);
    draft.default("publicId", json!(Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes())));
    let mut line = Fields::new();
    let given = draft.given.get("defSub").cloned().map(|value| Fields::from_iter([("subaccount".to_owned(), value)]));
    super::documents::subaccount(draft, &given.unwrap_or_default(), &mut line);
    if let Some(found) = line.get("subaccount").and_then(Value::as_object) {
        let (id, about) = (text(found, "subaccountNumber"), text(found, "description"));
        draft.new.insert("defSub".into(), json!({ "active": true, "id": id, "description": about }));
    }
    for (misspelled, read) in [
        ("restricEmployees", "restrictEmployees"),
        ("restricEquipment", "restrictEquipment"),
        ("automaticReleaseArDoc", "automaticReleaseAr"),
    ] {
        if let Some(value) = draft.new.remove(misspelled) {
            draft.new.insert(read.into(), value);
        }
    }
    for row in rows(draft.given, "tasks").cloned().collect::<Vec<_>>() {
        if text(&row, "taskId").is_empty() {
            draft.refuse("'Task ID' cannot be empty.");
        }
    }
}

/// Task lines of a project's body become tasks.
pub(super) fn after(company: &mut Company, cx: &Cx<'_>, project: u64, given: &Fields) {
    for row in rows(given, "tasks") {
        let wanted = text(row, "taskId");
        let ours = company.all("project-tasks").find(|(_, record)| {
            whole(&record.fields, "projectInternalId") == Some(project)
                && text(&record.fields, "taskId").eq_ignore_ascii_case(wanted)
        });
        let known = ours.map(|(id, record)| (id, record.fields.clone()));
        match (text(row, "operation"), known) {
            ("Delete", Some((id, _))) => drop(company.remove("project-tasks", id)),
            ("Insert" | "Update", Some((id, fields))) => {
                let task = filled(company, cx, row, fields);
                company.change(cx, "project-tasks", id, |fields| *fields = task);
            }
            ("Insert", None) => {
                let id = company.next_id("project-tasks");
                let mut task = filled(company, cx, row, Fields::new());
                own(company, &mut task, project);
                task.insert("internalId".into(), json!(id));
                company.add(cx, "project-tasks", id, task);
            }
            _ => {}
        }
    }
}

/// Names a task's project.
pub(super) fn own(company: &Company, task: &mut Fields, project: u64) {
    let name = company.get("projects", project).map(|record| text(&record.fields, "projectID").to_owned());
    task.insert("projectInternalId".into(), json!(project));
    task.insert("_project".into(), json!(name.unwrap_or_default()));
}

fn filled(company: &Company, cx: &Cx<'_>, row: &Fields, mut task: Fields) -> Fields {
    let shapes = (shape("taskUpdate"), shape("projectTask"));
    // What a task refers to is checked where tasks are written alone.
    apply(company, cx.switches, shapes, row, &mut task, &mut Vec::new());
    task.entry("status").or_insert_with(|| json!("Planned"));
    task.entry("plannedStart").or_insert_with(|| shown_day(super::value::local(cx.now, cx.switches).date()));
    task
}

/// Puts the tasks into a project's answer.
pub(super) fn with_tasks(company: &Company, cx: &Cx<'_>, shown: &mut Fields) {
    let project = whole(shown, "internalID");
    let ours = company.all("project-tasks").filter(|(_, record)| whole(&record.fields, "projectInternalId") == project);
    let tasks = ours.map(|(_, record)| shaped(shape("task"), &record.fields, cx.switches));
    let tasks = list(tasks.collect::<Vec<_>>());
    shown.insert("tasks".into(), tasks);
}
