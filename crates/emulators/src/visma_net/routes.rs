//! The addresses of the older service.

use serde_json::{Value, json};

use crate::frame::{Cx, Reply, Request};

use super::{
    accept::accept_action,
    collection::{self, Collection, DOCUMENTS},
    hooks::Happened,
    journals,
    listing::{Query, customer_of, missing, since},
    payments, projects,
    refusal::Refusal,
    shape::shape,
    store::{Company, Record, shaped},
    value::{Fields, at, list, read_stamp, rows, set_at, text, text_at, whole},
};

/// What has an address by its internal number beside the one by its key.
const BY_ID: [&str; 3] = ["customers", "items", "projects"];

/// The collection at the beginning of a path, and how many segments name it.
fn found(path: &[String]) -> Option<(&'static Collection, usize)> {
    let fits = |known: &&Collection| {
        let own = known.path.split('/').collect::<Vec<_>>();
        path.len() >= own.len() && own.iter().zip(path).all(|(own, given)| *own == given)
    };
    let known = collection::ALL.iter().filter(fits).max_by_key(|known| known.path.len())?;
    Some((known, known.path.split('/').count()))
}

impl Company {
    /// A call; `path` has the keys as they were meant, `low` the same in small letters.
    pub(super) fn erp(&mut self, cx: &Cx<'_>, path: &[String], request: &Request) -> Result<Reply, Refusal> {
        let low = path.iter().map(|segment| segment.to_lowercase()).collect::<Vec<_>>();
        if let Some(reply) = self.special(cx, path, &low, request) {
            return reply;
        }
        let (known, length) = found(&low).ok_or(Refusal::Path)?;
        let rest = path.get(length..).unwrap_or_default();
        match (request.method.as_str(), rest) {
            ("GET", []) if known.name == "journals" => journals::list_lines(self, cx, request),
            ("GET", []) => self.list(cx, known, request, |_| true),
            ("POST", []) if !known.write.is_empty() && !matches!(known.name, "shipments" | "project-tasks") => {
                self.create(cx, known, request)
            }
            (_, [word, id]) if word.eq_ignore_ascii_case("internal") && BY_ID.contains(&known.name) => {
                let id = id.parse().ok().filter(|id| self.get(known.name, *id).is_some());
                let id = id.ok_or_else(|| missing(known, "internal"))?;
                self.record_call(cx, known, id, request)
            }
            ("POST", [key, rest @ ..]) if rest.last().is_some_and(|word| word.eq_ignore_ascii_case("attachment")) => {
                let id = self.key(known, key)?;
                let line = match rest {
                    [line, _] => Some(line.parse().map_err(|_| Refusal::Path)?),
                    _ => None,
                };
                self.attach(cx, known, id, line, request)
            }
            ("POST", [key, word, action]) if word.eq_ignore_ascii_case("action") => {
                let id = self.key(known, key)?;
                self.action(cx, known, id, &action.to_lowercase(), request)
            }
            (_, [key]) => {
                let id = self.key(known, key)?;
                self.record_call(cx, known, id, request)
            }
            _ => Err(Refusal::Path),
        }
    }

    fn key(&self, known: &'static Collection, key: &str) -> Result<u64, Refusal> {
        self.by_key(known, key).map(|(id, _)| id).ok_or_else(|| missing(known, key))
    }

    fn record_call(
        &mut self,
        cx: &Cx<'_>,
        known: &'static Collection,
        id: u64,
        request: &Request,
    ) -> Result<Reply, Refusal> {
        match request.method.as_str() {
            "GET" => self.one(cx, known, id),
            "PUT" if !known.write.is_empty() => self.update(cx, known, id, request),
            "DELETE" if matches!(known.name, "invoices" | "credit-notes") => {
                self.delete_document(cx, known, id)?;
                Ok(Reply::empty(204))
            }
            "DELETE" => Err(Refusal::Undeletable),
            _ => Err(Refusal::Path),
        }
    }

    fn action(
        &mut self,
        cx: &Cx<'_>,
        known: &'static Collection,
        id: u64,
        action: &str,
        request: &Request,
    ) -> Result<Reply, Refusal> {
        match (known.name, action) {
            ("invoices" | "credit-notes" | "payments" | "journals", "release") => self.release(cx, known, id, request),
            ("invoices", "reverse") => self.reverse(cx, id, request, false),
            ("invoices", "reverseandapplytonote") => self.reverse(cx, id, request, true),
            ("invoices" | "credit-notes", "sendtoautoinvoice") => {
                self.change(cx, known.name, id, |fields| drop(fields.insert("sendToAutoInvoice".into(), json!(true))));
                let action = self.action_id();
                Ok(Reply::json(200, &json!({ "actionId": action, "actionResult": "Done" })))
            }
            ("payments", "void") => payments::void(self, cx, id, request),
            ("shipments", action) => self.shipment_action(cx, id, action),
            _ => Err(Refusal::Path),
        }
    }

    /// Addresses that are not a collection with keys below it.
    fn special(
        &mut self,
        cx: &Cx<'_>,
        path: &[String],
        low: &[String],
        request: &Request,
    ) -> Option<Result<Reply, Refusal>> {
        let words = low.iter().map(String::as_str).collect::<Vec<_>>();
        let key = |place: usize| path.get(place).map(String::as_str).unwrap_or_default();
        Some(match (request.method.as_str(), words.as_slice()) {
            ("POST", ["v2", "customerinvoice"]) => self.create_in(cx, "invoices", request),
            ("POST", ["v2", "customercreditnote"]) => self.create_in(cx, "credit-notes", request),
            ("GET", ["v1", "customerdocument"]) => self.documents(cx, request, |_| true),
            ("GET", ["v1", "customer", "balance"]) => self.balances(cx, request),
            ("POST", ["v1", "customer", "action", "changecustomercd", id]) => self.renumber(cx, id, request),
            (
                "GET",
                ["v1", "customer" | "supplier", _, part @ ("balance" | "contact" | "invoice" | "document" | "note")],
            ) => {
                let kind = if words.get(1) == Some(&"customer") { "customers" } else { "suppliers" };
                self.part_of(cx, kind, key(2), part, request)
            }
            ("GET", ["v1", "dimension"]) => {
                let names = self.all("dimensions").map(|(_, record)| json!(text(&record.fields, "id")));
                Ok(Reply::json(200, &names.collect::<Value>()))
            }
            ("GET", ["v1", "dimension", _, segment, rest @ ..]) => {
                self.segment(key(2), segment, rest.first().map(|_| key(4)))
            }
            ("GET", ["v1", "inventory", _, "crossreferences"]) => self.cross_references(cx, key(2)),
            ("GET", ["v2", "salesperson"]) => self.salespersons(cx, request),
            ("GET", ["v2", "salesperson", _]) => self.one_of(cx, "salespersons", key(2)),
            ("GET", ["v1", "location", _]) => {
                let owner = key(2).to_owned();
                let known = collection::named("locations")?;
                self.list(cx, known, request, |fields| text_at(fields, "baccount.number").eq_ignore_ascii_case(&owner))
            }
            ("GET" | "PUT", ["v1", "location", _, _]) => {
                let known = collection::named("locations")?;
                match self.key(known, &format!("{}/{}", key(2), key(3))) {
                    Ok(id) => self.record_call(cx, known, id, request),
                    Err(refusal) => Err(refusal),
                }
            }
            ("GET", ["v1", "project", "tasks"]) => {
                let known = collection::named("project-tasks")?;
                self.list(cx, known, request, |_| true)
            }
            ("POST", ["v1", "projecttask", project]) => self.new_task(cx, project, request),
            (_, ["v1", "attachment", _]) => self.attachment(key(2), request),
            ("POST", ["v2", "journaltransaction", "module", module, _, .., "attachment"]) => {
                self.attach_journal(cx, module, key(4), low.get(5), request)
            }
            ("POST", ["v1" | "v2", "salesorder", _, "action", "createshipment"]) => {
                self.create_shipment(cx, key(2), request)
            }
            ("POST", ["v2", "salesorder", _, _, "action", "prepareinvoice"]) => {
                self.prepare_invoice(cx, key(2), key(3))
            }
            ("POST", ["v1" | "v2", "salesorder", _, "action", word @ ("cancelsalesorder" | "reopensalesorder")]) => {
                self.cancel_call(cx, key(2), *word == "cancelsalesorder", request)
            }
            _ => return None,
        })
    }

    fn create_in(&mut self, cx: &Cx<'_>, name: &str, request: &Request) -> Result<Reply, Refusal> {
        self.create(cx, collection::named(name).ok_or(Refusal::Path)?, request)
    }

    fn one_of(&self, cx: &Cx<'_>, name: &str, key: &str) -> Result<Reply, Refusal> {
        let known = collection::named(name).ok_or(Refusal::Path)?;
        self.one(cx, known, self.key(known, key)?)
    }

    /// What belongs to one customer or supplier.
    fn part_of(&self, cx: &Cx<'_>, kind: &str, key: &str, part: &str, request: &Request) -> Result<Reply, Refusal> {
        let owners = collection::named(kind).ok_or(Refusal::Path)?;
        let (id, owner) = self.by_key(owners, key).ok_or_else(|| missing(owners, key))?;
        let number = text(&owner.fields, "number");
        match (kind, part) {
            (_, "contact") => {
                let known = collection::named("contacts").ok_or(Refusal::Path)?;
                self.list(cx, known, request, |fields| text(fields, "businessAccount") == number)
            }
            ("customers", "balance") => {
                let shown = shaped(shape("customerBalance"), &self.balance_of(cx, id), cx.switches);
                Ok(Reply::json(200, &shown))
            }
            ("customers", "invoice") => {
                let known = collection::named("invoices").ok_or(Refusal::Path)?;
                self.list(cx, known, request, |fields| customer_of(fields) == number)
            }
            ("customers", "document") => self.documents(cx, request, |fields| customer_of(fields) == number),
            ("customers", "note") => {
                let note = owner.fields.get("note").cloned().unwrap_or(json!(""));
                Ok(Reply::json(200, &json!({ "note": note })))
            }
            _ => Err(Refusal::Path),
        }
    }

    /// All documents of customers, whatever their kind.
    fn documents(&self, cx: &Cx<'_>, request: &Request, fits: impl Fn(&Fields) -> bool) -> Result<Reply, Refusal> {
        let mut all = Vec::new();
        for name in ["invoices", "credit-notes", "payments"] {
            for (id, record) in self.all(name).filter(|(id, _)| !self.hidden(cx, name, *id)) {
                let document = if name == "payments" { of_payment(record) } else { record.clone() };
                if fits(&document.fields) {
                    all.push((id, document));
                }
            }
        }
        all.sort_by_key(|(_, record)| record.created);
        let all = all.iter().map(|(id, record)| (*id, record)).collect::<Vec<_>>();
        self.list_of(cx, &DOCUMENTS, request, &all)
    }

    /// What all customers owe, or those of whom that moved.
    fn balances(&self, cx: &Cx<'_>, request: &Request) -> Result<Reply, Refusal> {
        let since = since(cx, &Query::of(request), "lastModifiedDateTime")?;
        let all = self.all("customers").map(|(id, _)| self.balance_of(cx, id));
        let moved = |fields: &Fields| {
            let at = read_stamp(text(fields, "lastModified"), cx.switches);
            since.is_none_or(|(limit, compare)| at.is_some_and(|at| compare.holds(&at, &limit)))
        };
        let shown = |fields: Fields| shaped(shape("customerBalance"), &fields, cx.switches);
        Ok(Reply::json(200, &list(all.filter(moved).map(shown))))
    }

    /// A customer's number changes; its internal number stays.
    fn renumber(&mut self, cx: &Cx<'_>, id: &str, request: &Request) -> Result<Reply, Refusal> {
        let given = accept_action("changeCustomerCdAction", request, cx.switches)?;
        let known = collection::named("customers").ok_or(Refusal::Path)?;
        let id = id.parse().ok().filter(|id| self.get("customers", *id).is_some()).ok_or_else(|| missing(known, id))?;
        self.change_number(cx, id, text(&given, "customerCd"))?;
        let action = self.action_id();
        Ok(Reply::json(200, &json!({ "actionId": action, "actionResult": "Done" })))
    }

    /// The same for a person in the vendor's screens: what names the customer follows.
    pub(super) fn change_number(&mut self, cx: &Cx<'_>, id: u64, number: &str) -> Result<(), Refusal> {
        let known = collection::named("customers").ok_or(Refusal::Path)?;
        if number.is_empty() || self.by_key(known, number).is_some() {
            return Err(Refusal::business(
                "Error changing the customer.",
                format!("Customer '{number}' already exists."),
            ));
        }
        let old = self.get("customers", id).map(|record| text(&record.fields, "number").to_owned()).unwrap_or_default();
        self.change(cx, "customers", id, |fields| drop(fields.insert("number".into(), json!(number))));
        for (name, path) in [
            ("contacts", "businessAccount"),
            ("locations", "baccount.number"),
            ("invoices", "customer.number"),
            ("credit-notes", "customer.number"),
            ("payments", "customer.number"),
            ("shipments", "customer.number"),
            ("prices", "priceCode"),
            ("projects", "customer.number"),
            (super::store::ORDERS, "customer.id"),
        ] {
            let ours = self.all(name).filter(|(_, record)| text_at(&record.fields, path) == old).map(|(id, _)| id);
            for id in ours.collect::<Vec<_>>() {
                self.change(cx, name, id, |fields| {
                    set_at(fields, path, json!(number));
                    if name == "locations" {
                        let key = format!("{number}/{}", text(fields, "locationId"));
                        fields.insert("_key".into(), json!(key));
                    }
                });
            }
        }
        self.tell(cx, known, id, Happened::Updated);
        Ok(())
    }

    fn segment(&self, dimension: &str, segment: &str, value: Option<&str>) -> Result<Reply, Refusal> {
        let known = collection::named("dimensions").ok_or(Refusal::Path)?;
        let (_, record) = self.by_key(known, dimension).ok_or_else(|| missing(known, dimension))?;
        let found = rows(&record.fields, "segments")
            .find(|row| whole(row, "segmentId").is_some_and(|id| id.to_string() == segment));
        let found = found.ok_or_else(|| missing(known, segment))?;
        match value {
            None => Ok(Reply::json(200, found)),
            Some(value) => {
                let one = rows(found, "segmentValues").find(|row| text(row, "valueId").eq_ignore_ascii_case(value));
                one.map(|one| Reply::json(200, one)).ok_or_else(|| missing(known, value))
            }
        }
    }

    fn cross_references(&self, cx: &Cx<'_>, item: &str) -> Result<Reply, Refusal> {
        let known = collection::named("items").ok_or(Refusal::Path)?;
        let id = self.key(known, item)?;
        let record = self.get("items", id).ok_or(Refusal::Path)?;
        let all = rows(&record.fields, "crossReferences")
            .map(|row| shaped(shape("inventoryCrossReference"), row, cx.switches));
        Ok(Reply::json(200, &list(all.collect::<Vec<_>>())))
    }

    /// The later list of sales persons has no envelope.
    fn salespersons(&self, cx: &Cx<'_>, request: &Request) -> Result<Reply, Refusal> {
        let known = collection::named("salespersons").ok_or(Refusal::Path)?;
        let reply = self.list(cx, known, request, |_| true)?;
        let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        let told = json!({ "totalCount": body.get("totalCount"), "maxPageSize": cx.switches.number(&super::switches::MAX_PAGE) });
        let records = body.get("records").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object);
        let records = records.cloned().map(|mut row| {
            row.insert("metadata".into(), told.clone());
            row
        });
        Ok(Reply::json(200, &list(records.collect::<Vec<_>>())))
    }

    /// A task is made below its project's internal number.
    fn new_task(&mut self, cx: &Cx<'_>, project: &str, request: &Request) -> Result<Reply, Refusal> {
        let known = collection::named("project-tasks").ok_or(Refusal::Path)?;
        let projects = collection::named("projects").ok_or(Refusal::Path)?;
        let id = project
            .parse()
            .ok()
            .filter(|id| self.get("projects", *id).is_some())
            .ok_or_else(|| missing(projects, project))?;
        let given = super::accept::accept(known.write, &known.dto(), request, cx.switches)?;
        let made = self.create_from(cx, known, &given)?;
        let mut owned = Fields::new();
        projects::own(self, &mut owned, id);
        self.change(cx, "project-tasks", made, |fields| fields.extend(owned));
        Ok(self.created(cx, known, made, request))
    }

    fn attach_journal(
        &mut self,
        cx: &Cx<'_>,
        module: &str,
        key: &str,
        line: Option<&String>,
        request: &Request,
    ) -> Result<Reply, Refusal> {
        let known = collection::named("journals").ok_or(Refusal::Path)?;
        let id = self.key(known, key)?;
        let own = self.get("journals", id).map(|record| text(&record.fields, "module").to_lowercase());
        if own != Some(format!("module{module}")) {
            return Err(missing(known, key));
        }
        let line = line
            .filter(|word| *word != "attachment")
            .map(|line| line.parse().map_err(|_| Refusal::Path))
            .transpose()?;
        self.attach(cx, known, id, line, request)
    }

    fn cancel_call(&mut self, cx: &Cx<'_>, number: &str, cancel: bool, request: &Request) -> Result<Reply, Refusal> {
        let given = accept_action("cancelSalesOrderAction", request, cx.switches)?;
        let id = self.order(text(&given, "orderType"), number);
        let id = id.ok_or_else(|| Refusal::Key(format!("Sales order '{number}' cannot be found in the system.")))?;
        self.cancel_order(cx, id, cancel)?;
        let action = self.action_id();
        Ok(Reply::json(200, &json!({ "actionId": action, "actionResult": "Done" })))
    }
}

/// A payment as a document among others.
fn of_payment(record: &Record) -> Record {
    let own = &record.fields;
    let mut fields = Fields::new();
    for (to, from) in [
        ("documentType", "type"),
        ("referenceNumber", "refNbr"),
        ("status", "status"),
        ("documentDate", "applicationDate"),
        ("postPeriod", "applicationPeriod"),
        ("financialPeriod", "applicationPeriod"),
        ("customer", "customer"),
        ("currencyId", "currency"),
        ("amount", "paymentAmount"),
        ("amountInCurrency", "paymentAmountInCurrency"),
        ("balance", "availableBalance"),
        ("balanceInCurrency", "availableBalanceInCurrency"),
        ("paymentMethod", "paymentMethod"),
        ("location", "location"),
        ("cashAccount", "cashAccount"),
        ("invoiceText", "invoiceText"),
        ("externalReference", "paymentRef"),
    ] {
        if let Some(value) = at(own, from) {
            fields.insert(to.into(), value.clone());
        }
    }
    let released = matches!(text(own, "status"), "Open" | "Closed" | "Voided");
    fields.insert("_released".into(), json!(released));
    Record { fields, ..record.clone() }
}
