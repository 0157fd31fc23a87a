//! `/projects`. They cannot be removed: one that is over is finished.

use std::sync::Arc;

use serde_json::{Value as Json, value::RawValue};
use sync_core::{
    Canonical, Context, EntityKind, Error, ErrorKind, Field, FieldMap, Link, Result, StreamId,
    capability::{FieldCapability, StreamCapability, UpdateMode},
    connector::{ListFrom, Version, Write},
    handler::{Answer, Encode, Head, RawPage, Shown, StreamHandler},
    model::Project,
};

use super::{Row, Shared, declare_own, write_own};
use crate::{
    client::{Resource, equals},
    columns::{self, Column, Form, column},
    wire::Wire,
};

pub(crate) static PROJECTS: Resource = Resource {
    name: "projects",
    all: "/projects",
    one: "/projects/{id}",
    list: "list projects",
    get: "read project",
    find: "find projects",
    create: "create project",
    update: "update project",
    remove: "delete project",
    modified: Some("ModifiedUtc"),
    created: None,
};

const COMPUTED: [&str; 3] = ["Id", "CustomerName", "ModifiedUtc"];
const DAYS: [&str; 2] = ["StartDate", "EndDate"];
/// `Status`: ongoing, and finished.
const STATUS: (i64, i64) = (1, 2);

#[derive(Debug)]
pub(crate) struct Projects {
    shared: Arc<Shared>,
    columns: Vec<Column>,
}

impl Projects {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let columns = vec![
            column("Number", Project::NUMBER, Form::Text).exact(9).required(),
            column("Name", Project::NAME, Form::Text).cut(200).required(),
            // not marked as required any more, and nowhere said to be optional
            column("StartDate", Project::STARTS_ON, Form::Day).required(),
            column("EndDate", Project::ENDS_ON, Form::Day),
            column("Notes", Project::NOTE, Form::Text).cut(500),
        ];
        Self { shared, columns }
    }
}

impl StreamHandler for Projects {
    type Row = Row;
    type Read = Wire;
    type Body = Wire;

    fn stream(&self) -> StreamId {
        PROJECTS.name.into()
    }
    fn capability(&self) -> StreamCapability {
        let mut can = StreamCapability::new(EntityKind::Project);
        columns::declare(&self.columns, &mut can);
        for path in [Project::CUSTOMER, Project::IS_FINISHED] {
            can.fields.insert(path, FieldCapability::read_write());
        }
        self.shared.declare(&PROJECTS, &mut can, false, &[("Number", Project::NUMBER)]);
        if self.shared.writes("ea:accounting") {
            can.create = true;
            can.update = UpdateMode::Replace;
            can.write_returns_record = true;
            declare_own(&self.shared.config.own_fields(PROJECTS.name), &COMPUTED, &mut can);
        }
        can
    }
    fn row_id(&self, row: &Row) -> String {
        row.id.clone()
    }
    fn head(&self, read: &Wire) -> Head {
        let modified_at = read.moment("ModifiedUtc").ok().and_then(Field::into_value);
        Head { version: Version { etag: None, modified_at }, ..Head::default() }
    }
    fn decode(&self, read: &Wire) -> Result<Vec<Shown>> {
        let mut project = Project::from_fields(&columns::read(&self.columns, read)?)?;
        project.customer = read.id("CustomerId")?.map(|id| Link::External(self.shared.link("customers", id)).into());
        project.is_finished = read.whole("Status")?.map(|status| status == STATUS.1);
        let own = self.shared.own_fields(&PROJECTS, read);
        Ok(vec![Shown::of(PROJECTS.name, &project).extras(&own)])
    }
    fn encode(&self, encode: &Encode<'_, Wire>) -> Result<Wire> {
        let mut body = encode.current().map(replaced).unwrap_or_default();
        let sent = encode.sent(PROJECTS.name);
        let project: Project = encode.wanted(PROJECTS.name)?;
        columns::write(&self.columns, &sent, &mut body)?;
        write_own(&sent, &mut body)?;
        if encode.sends(PROJECTS.name, Project::CUSTOMER) {
            let customer = project.customer.value().and_then(|link| link.external());
            body.set("CustomerId", customer.map_or(Json::Null, |customer| Json::from(&*customer.id)));
        }
        if encode.sends(PROJECTS.name, Project::IS_FINISHED) {
            let is_finished = project.is_finished.value() == Some(&true);
            body.set("Status", if is_finished { STATUS.1 } else { STATUS.0 });
        }
        body.set_default("Status", STATUS.0);
        for (name, path) in [("Number", Project::NUMBER), ("Name", Project::NAME), ("StartDate", Project::STARTS_ON)] {
            if body.get(name).is_none_or(Json::is_null) {
                let what = format!("eEkonomi needs '{path}' of a project: fill it in at the source");
                return Err(Error::new(ErrorKind::Invalid, "encode", what).with_context("field", path));
            }
        }
        Ok(body)
    }
    fn unchanged(&self, body: &Wire, current: &Wire) -> bool {
        *body == replaced(current)
    }

    async fn list(&self, cx: &Context, from: &ListFrom, page_size: u32) -> Result<RawPage> {
        self.shared.page(cx, &PROJECTS, from, page_size).await
    }
    async fn get(&self, cx: &Context, ids: &[Arc<str>]) -> Result<Vec<Box<RawValue>>> {
        self.shared.get(cx, &PROJECTS, ids).await
    }
    async fn find(&self, cx: &Context, by: &FieldMap) -> Result<Vec<Box<RawValue>>> {
        let filter = |path, text: &str| (path == Project::NUMBER).then(|| equals("Number", text));
        self.shared.find(cx, &PROJECTS, by, filter).await
    }
    async fn post(&self, cx: &Context, body: &Wire, _: &Write) -> Result<Answer> {
        self.shared.api.create(cx, &PROJECTS, body).await
    }
    async fn put(&self, cx: &Context, id: &str, body: &Wire, _: &Write) -> Result<Answer> {
        self.shared.api.replace(cx, &PROJECTS, id, body).await
    }
}

fn replaced(current: &Wire) -> Wire {
    current.clone().without(&COMPUTED).with_plain_days(&DAYS)
}
