//! `/v1/project`: projects by their numbers. They cannot be removed: one that is over is completed or cancelled.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value as Json, json, value::RawValue};
use sync_core::{
    Context, EntityKind, Error, ErrorKind, Field, FieldMap, Result, StreamId,
    capability::{FieldCapability, StreamCapability, UpdateMode},
    connector::{ListFrom, Write},
    handler::{Answer, Encode, Head, RawPage, Shown, StreamHandler},
    model::Project,
};

use super::{Filter, METADATA, Shared, key_of, keyed, organisations::CUSTOMERS, own::Own, with_own};
use crate::{
    client::Resource,
    columns::{
        self, Column,
        Form::{self, Day, Flag, Moment, Number, Text},
        column,
    },
    wire::{Body, Dialect, Wire},
};

/// The stream.
pub(crate) const PROJECTS: &str = "projects";
static RESOURCE: Resource = Resource {
    name: PROJECTS,
    all: "/v1/project",
    one: "/v1/project/{id}",
    create_at: "/v1/project",
    list: "list projects",
    get: "read project",
    find: "find projects",
    create: "create project",
    update: "update project",
    remove: "delete project",
    given: Some("projectID"),
    paged: true,
    created: true,
    // a template is no project
    with: &[("expandAttribute", "false"), ("systemTemplate", "false")],
};
const STATUS: &str = "status";
const STATUSES: [&str; 6] = ["Planned", "Active", "Completed", "Cancelled", "OnHold", "PendingApproval"];
const TEMPLATE: &str = "template.number";
/// What the description requires of each change.
const ALWAYS: [&str; 2] = ["description", "startDate"];

/// The vendor's own fields. What is shown of a project's default subaccount, manager and visibility is written otherwise
/// than it is read, and is not written.
const OWN: &[Own] = &[
    ("internalID", Number, None),
    ("publicId", Text, None),
    ("hold", Flag, None),
    ("systemTemplate", Flag, None),
    (TEMPLATE, Text, Some("template")),
    ("template.description", Text, None),
    ("customer.name", Text, None),
    ("assets", Number, None),
    ("liability", Number, None),
    ("income", Number, None),
    ("expenses", Number, None),
    ("projectManager.employeeName", Text, None),
    // what is restricted is misspelled when written
    ("restrictEmployees", Flag, Some("restricEmployees")),
    ("restrictEquipment", Flag, Some("restricEquipment")),
    ("visibility.visibleInGl", Flag, None),
    ("visibility.visibleInAp", Flag, None),
    ("visibility.visibleInAr", Flag, None),
    ("visibility.visibleInSo", Flag, None),
    ("visibility.visibleInPo", Flag, None),
    ("visibility.visibleInEa", Flag, None),
    ("visibility.visibleInTa", Flag, None),
    ("visibility.visibleInIn", Flag, None),
    ("visibility.visibleInCa", Flag, None),
    ("visibility.visibleInCr", Flag, None),
    ("defAccount.number", Text, Some("defAccount")),
    ("defAccount.description", Text, None),
    ("defSub.id", Text, None),
    ("defSub.description", Text, None),
    ("defAccrualAccount.number", Text, Some("defAccrualAccount")),
    ("defAccrualAccount.description", Text, None),
    ("defAccrualSub.id", Text, None),
    ("defAccrualSub.description", Text, None),
    ("billingPeriod", Text, Some("billingPeriod")),
    ("nextBillingDate", Day, None),
    ("lastBillingDate", Day, None),
    ("customerLocation.id", Number, None),
    ("customerLocation.name", Text, None),
    ("allocationRule.id", Text, Some("allocationRule")),
    ("allocationRule.description", Text, None),
    ("billingRule.id", Text, Some("billingRule")),
    ("billingRule.description", Text, None),
    ("branch.number", Text, Some("branch")),
    ("branch.name", Text, None),
    ("rateTable.id", Text, Some("rateTable")),
    ("rateTable.description", Text, None),
    ("autoAllocate", Flag, Some("autoAllocate")),
    ("automaticReleaseAr", Flag, Some("automaticReleaseArDoc")),
    ("lastModifiedDateTime", Moment, None),
];

/// The key of a row, and nothing else.
#[derive(Deserialize)]
pub(crate) struct Row {
    #[serde(rename = "projectID")]
    number: String,
}

/// The handler.
#[derive(Debug)]
pub(crate) struct Projects {
    shared: Arc<Shared>,
    columns: Vec<Column>,
}

impl Projects {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let columns = vec![
            column("projectID", Project::NUMBER, Text).to("projectID").once().exact(30),
            column("description", Project::NAME, Text).to("description").cut(255).required(),
            column("startDate", Project::STARTS_ON, Day).to("startDate").required(),
            column("endDate", Project::ENDS_ON, Day).to("endDate"),
            column(STATUS, Project::STATUS, Form::Code).to(STATUS).one_of(&STATUSES),
            column("projectManager.employeeNumber", Project::MANAGER, Text),
        ];
        let columns = with_own(columns, OWN).into_iter();
        // a template makes a project, and says nothing later
        let columns = columns.map(|column| if column.at() == TEMPLATE { column.once() } else { column });
        Self { columns: columns.collect(), shared }
    }
    fn filters() -> Vec<Filter> {
        vec![keyed(Project::NUMBER, "projectID")]
    }
    /// What a new project is made by: a template, or the default subaccount that it has to have without one.
    fn beginning(&self, body: &mut Body) -> Result<()> {
        if body.0.contains_key("template") {
            return Ok(());
        }
        let config = &self.shared.config;
        if let Some(template) = &config.project_template {
            body.wrapped("template", template.as_str());
            return Ok(());
        }
        if config.project_subaccount.is_empty() {
            let what = "Visma.net makes a project by a template, or with a default subaccount: set project_template or \
                        project_subaccount";
            return Err(Error::new(ErrorKind::Invalid, "encode", what));
        }
        let segment = |(id, value): (&u32, &String)| json!({ "segmentId": id, "segmentValue": value });
        body.bare("defSub", config.project_subaccount.iter().map(segment).collect::<Vec<_>>());
        Ok(())
    }
}

impl StreamHandler for Projects {
    type Row = Row;
    type Read = Wire;
    type Body = Body;

    fn stream(&self) -> StreamId {
        PROJECTS.into()
    }
    fn capability(&self) -> StreamCapability {
        let mut can = StreamCapability::new(EntityKind::Project);
        columns::declare(&self.columns, &mut can);
        can.fields.insert(Project::CUSTOMER, FieldCapability::read_write());
        // of a project that is not over it does not tell which of the other words holds
        can.fields.insert(Project::IS_FINISHED, FieldCapability::read_only());
        // whether the stamp moves with what a task or a posting changes is not published
        self.shared.declare(&mut can, true);
        can.find_by = Self::filters().iter().map(Filter::path).collect();
        // a number that was changed is free for another project
        can.natural_key = true;
        can.create = self.shared.config.may(":create");
        if self.shared.config.may(":update") {
            // what is left out stays, but each change has to have what a project cannot be without
            can.update = UpdateMode::Replace;
            can.write_concurrency = 4;
        }
        let names = [(Project::CUSTOMER, "customer.number"), (Project::IS_FINISHED, STATUS)];
        self.shared.describe(&mut can, &names);
        can
    }
    fn volatile(&self) -> &[&'static str] {
        &METADATA
    }
    fn row_id(&self, row: &Row) -> String {
        row.number.clone()
    }
    fn head(&self, read: &Wire) -> Head {
        self.shared.head(read)
    }
    fn decode(&self, read: &Wire) -> Result<Vec<Shown>> {
        let mut fields = columns::read(&self.columns, read, self.shared.api.zone)?;
        let mut project = Project::new();
        project.customer = self.shared.linked(CUSTOMERS, read.text("customer.number")?);
        if let Field::Set(status) = read.word(STATUS, &STATUSES)? {
            fields.set(Project::STATUS, status);
            project.is_finished = Field::Set(matches!(status, "Completed" | "Cancelled"));
        }
        Ok(vec![Shown::of(PROJECTS, &project).extras(&fields)])
    }
    fn encode(&self, encode: &Encode<'_, Wire>) -> Result<Body> {
        let sent = encode.sent(PROJECTS);
        let mut body = Body::default();
        columns::write(&self.columns, &sent, encode.is_create(), Dialect::Wrapped, &mut body)?;
        match sent.get(Project::CUSTOMER) {
            Some(value) if !(encode.is_create() && value.is_null()) => {
                body.wrapped("customer", key_of(value).unwrap_or_default());
            }
            _ => {}
        }
        match encode.current() {
            None => self.beginning(&mut body)?,
            Some(current) => {
                ALWAYS.iter().filter_map(|name| Some((*name, current.get(name)?))).for_each(|(name, value)| {
                    if !body.0.contains_key(name) {
                        body.wrapped(name, value.clone());
                    }
                })
            }
        }
        Ok(body)
    }
    fn unchanged(&self, body: &Body, current: &Wire) -> bool {
        let as_it_is = |(name, value): (&String, &Json)| {
            ALWAYS.contains(&name.as_str()) && value.get("value") == current.get(name)
        };
        body.0.iter().all(as_it_is)
    }

    async fn list(&self, cx: &Context, from: &ListFrom, page_size: u32) -> Result<RawPage> {
        self.shared.page(cx, &RESOURCE, from, page_size).await
    }
    async fn get(&self, cx: &Context, ids: &[Arc<str>]) -> Result<Vec<Box<RawValue>>> {
        self.shared.get(cx, &RESOURCE, ids).await
    }
    async fn find(&self, cx: &Context, by: &FieldMap) -> Result<Vec<Box<RawValue>>> {
        self.shared.find(cx, &RESOURCE, by, &Self::filters()).await
    }
    async fn post(&self, cx: &Context, body: &Body, _: &Write) -> Result<Answer> {
        self.shared.api.create(cx, &RESOURCE, body).await
    }
    async fn put(&self, cx: &Context, id: &str, body: &Body, _: &Write) -> Result<Answer> {
        self.shared.api.change(cx, &RESOURCE, id, body).await
    }
}
