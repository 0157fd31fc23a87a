//! Layers: their order, and what each refuses or tells.

use std::sync::{Arc, Mutex};

use rust_decimal::Decimal;
use sync_core::{
    ErrorKind, FieldMap, Result, SystemId, Value,
    capability::UpdateMode,
    connector::{Action, Connector, ListQuery, Write, Written},
    layer::{Called, Checked, DryRun, DryRunSink, Layer, ReadOnly, Stack, Trace, TraceSink},
    model::{Item, Price, StockLevel},
};

use crate::vendor::{Vendor, articles::GROUP, connect, create, cx, get, ids, now, part, remove, update, write};

/// Keeps what it is told as lines.
#[derive(Debug, Default)]
struct Told(Mutex<Vec<String>>);
impl Told {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}
impl TraceSink for Told {
    fn called(&self, call: &Called<'_>) {
        let end = call.error.map_or_else(|| call.records.to_string(), |error| error.kind().name().to_owned());
        let stream = call.stream.map_or("-", |stream| stream.as_str());
        let record = call.record.unwrap_or("-");
        let line = format!("{} {} {stream} {record} {end} {}s", call.system, call.operation, call.took.as_secs());
        self.0.lock().unwrap().push(line);
    }
}
impl DryRunSink for Told {
    fn would_send(&self, system: &SystemId, write: &Write) {
        self.0.lock().unwrap().push(format!("{system} {} {}", write.action.word(), write.stream));
    }
}

fn stacked(layer: impl Layer + 'static) -> (Vendor, Arc<dyn Connector>) {
    let (vendor, router) = connect();
    (vendor, Stack::new(Arc::new(router)).with(layer).build())
}

fn send_one(to: &dyn Connector, write: Write) -> Result<Written> {
    now(to.write(&cx(), &[write])).remove(0)
}

fn new_article(fields: FieldMap) -> Write {
    let changed: Vec<&str> = fields.paths().map(|path| path.as_str()).collect();
    create("article", vec![part("article", fields.clone(), &changed)])
}

fn numbered(number: &str) -> FieldMap {
    FieldMap::new().with(Item::NUMBER, number)
}

#[test]
fn checked_names_the_field_that_does_not_fit_and_sends_nothing() {
    let (vendor, checked) = stacked(Checked);
    let amount = |text: &str| FieldMap::new().with(Price::AMOUNT, text.parse::<Decimal>().unwrap());
    let mut with_price = new_article(numbered("A1"));
    if let Action::Create { parts } = &mut with_price.action {
        parts.push(part("article_price", amount("1.125"), &["amount"]));
    }
    let refused = [
        (new_article(FieldMap::new().with(Item::NAME, "Lamp")), "number"),
        (new_article(numbered("")), "number"),
        (create("article", vec![]), "number"),
        (new_article(numbered("A1").with(Item::BARCODE, "1")), "barcode"),
        (new_article(numbered("A1").with(Item::UNIT, "pcs")), "unit"),
        (new_article(numbered("A123456")), "number"),
        (new_article(numbered("A1").with(GROUP, "west")), "x.toy.group"),
        (update("article", "A1", vec![part("article", numbered("A2"), &["number"])]), "number"),
        (with_price, "amount"),
    ];
    for (write, field) in refused {
        let error = send_one(&*checked, write).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
        assert!(error.message().contains(&format!("'{field}'")), "{error}");
        assert_eq!(error.context(), [("field", field.to_owned())]);
    }
    assert_eq!(vendor.requests(), [""; 0]);
}

#[test]
fn checked_lets_through_what_the_vendor_cuts_or_rounds() {
    let (vendor, checked) = stacked(Checked);
    let mut fine = new_article(numbered("A12345").with(Item::NAME, "longer than ten").with(GROUP, "north"));
    if let Action::Create { parts } = &mut fine.action {
        let half: Decimal = "0.5".parse().unwrap();
        parts.push(part("article_stock", FieldMap::new().with(StockLevel::AVAILABLE, half), &["available"]));
        let price: Decimal = "1.1000".parse().unwrap(); // one decimal, however it is written
        parts.push(part("article_price", FieldMap::new().with(Price::AMOUNT, price), &["amount"]));
    }
    send_one(&*checked, fine).unwrap();
    assert_eq!(vendor.requests(), ["post article A12345"]);
}

#[test]
fn checked_looks_at_what_is_sent_only_and_into_lines_where_the_capability_does() {
    let (vendor, router) = connect();
    let checked = Stack::new(Arc::new(router)).with(Checked).build();
    // settled beside the change, not sent in a merge: an old value that would not fit is no obstacle
    let amount = FieldMap::new().with(Price::AMOUNT, Decimal::ONE).with(Price::LIST, "wholesale");
    send_one(&*checked, update("price", "P1", vec![part("price", amount, &["amount"])])).unwrap();
    assert_eq!(vendor.requests().len(), 1, "without reading back: the answer shows the row");
    // a full replace sends it all
    let group = numbered("A1").with(GROUP, "west").with(Item::NAME, "Lamp");
    let error = send_one(&*checked, update("article", "A1", vec![part("article", group, &["name"])])).unwrap_err();
    assert!(error.message().contains("'x.toy.group'"), "{error}");

    let error =
        send_one(&*checked, update("price", "P1", vec![part("price", FieldMap::new(), &["amount"])])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal, "a change without its value");

    let line = |sku: &str| Value::Map([("sku".to_owned(), Value::from(sku))].into());
    let lines = Value::List(vec![line("ok"), line("too long")]);
    let (vendor, layered) = stacked(Lined);
    let checked = Stack::new(layered).with(Checked).build();
    let fields = numbered("A1").with("content.lines", lines);
    let error = send_one(&*checked, new_article(fields)).unwrap_err();
    assert!(error.message().contains("'content.lines.sku'"), "{error}");
    assert_eq!(vendor.requests(), [""; 0]);
}

/// Overrides capabilities, as a test of another connector would.
#[derive(Debug)]
struct Lined;
impl Layer for Lined {
    fn name(&self) -> &'static str {
        "lined"
    }
    fn wrap(&self, inner: Arc<dyn Connector>) -> Arc<dyn Connector> {
        Arc::new(overridden::Overridden::new(inner, |caps| {
            let can = caps.streams.get_mut("article").unwrap();
            let field = sync_core::capability::FieldCapability::read_write;
            can.fields.insert("content.lines".into(), field());
            can.fields.insert("content.lines.sku".into(), field().cut_to(3).exact());
        }))
    }
}

#[test]
fn checked_refuses_alone_and_keeps_the_places_of_the_others() {
    let (vendor, checked) = stacked(Checked);
    let price = |id: &str| {
        update("price", id, vec![part("price", FieldMap::new().with(Price::AMOUNT, Decimal::ONE), &["amount"])])
    };
    let writes = [price("P1"), remove("price", "P2"), new_article(FieldMap::new()), price("P3")];
    let answers = now(checked.write(&cx(), &writes));
    let kinds: Vec<_> = answers.iter().map(|answer| answer.as_ref().err().map(sync_core::Error::kind)).collect();
    assert_eq!(kinds, [None, Some(ErrorKind::Unsupported), Some(ErrorKind::Invalid), None]);
    assert_eq!(answers[3].as_ref().unwrap().reference.to_string(), "toy:a/price#P3");
    assert_eq!(vendor.requests(), ["put prices P1 P3"]);
}

#[test]
fn trace_tells_every_call_and_every_write_with_its_end_and_length() {
    let told = Arc::new(Told::default());
    let (vendor, traced) = stacked(Trace::new(told.clone()));
    vendor.seed("article", "A1", r#"{"number":"A1"}"#);
    now(traced.check(&cx())).unwrap();
    now(traced.list(&cx(), &ListQuery::all("article"))).unwrap();
    now(traced.get(&cx(), &"article".into(), &ids(&["A1", "A2"]))).unwrap();
    now(traced.find(&cx(), &"article".into(), &FieldMap::new())).unwrap_err();
    let item = get(&*traced, "article", "A1");
    traced.decode(&item).unwrap();
    let act = write("article", Action::Act { id: "A1".into(), act: "lock".to_owned(), with: FieldMap::new() });
    now(traced.write(&cx(), &[act, remove("order", "7"), new_article(numbered("B1"))]));
    assert_eq!(
        told.take(),
        [
            "toy:a check - - 0 1s",
            "toy:a list article - 1 1s",
            "toy:a get article - 1 1s",
            "toy:a find article - unsupported 1s",
            "toy:a get article - 1 1s",
            "toy:a lock article A1 1 1s",
            "toy:a remove order 7 unsupported 1s",
            "toy:a create article B1 1 1s",
        ]
    );
}

#[test]
fn read_only_claims_no_write_and_sends_none() {
    let (vendor, reader) = stacked(ReadOnly);
    let writes = [new_article(numbered("A1")), remove("article", "A1")];
    for answer in now(reader.write(&cx(), &writes)) {
        assert_eq!(answer.unwrap_err().kind(), ErrorKind::Unsupported);
    }
    assert_eq!(vendor.requests(), [""; 0]);
    for can in reader.capabilities().streams.values() {
        assert!(!can.create && can.update == UpdateMode::None && can.remove.is_empty());
        assert!(can.acts.is_empty() && can.effects.is_empty());
        assert!(can.fields.values().all(|field| !field.writable(true) && !field.writable(false)));
    }
    assert!(reader.capabilities().streams["article"].fields[&Item::NAME].read);
    now(reader.list(&cx(), &ListQuery::all("article"))).unwrap();
    assert_eq!(vendor.requests().len(), 1, "reading goes on");
}

#[test]
fn a_dry_run_tells_and_answers_but_does_not_send() {
    let told = Arc::new(Told::default());
    let (vendor, rehearsal) = stacked(DryRun::new(told.clone()));
    vendor.seed("article", "A1", r#"{"number":"A1"}"#);
    let made = send_one(&*rehearsal, new_article(numbered("B1"))).unwrap();
    assert_eq!((&*made.reference.id, made.item), ("@dry-run:key-1", None));
    assert_eq!(&*send_one(&*rehearsal, remove("article", "A1")).unwrap().reference.id, "A1");
    assert_eq!(told.take(), ["toy:a create article", "toy:a remove article"]);
    assert_eq!(vendor.requests(), [""; 0]);
    // what was made up is nowhere, what is there is there
    let found = now(rehearsal.get(&cx(), &"article".into(), &ids(&[&made.reference.id, "A1"]))).unwrap();
    assert_eq!(found.iter().map(Option::is_some).collect::<Vec<_>>(), [false, true]);
    assert_eq!(vendor.requests(), ["get article A1"]);
}

#[test]
fn layers_are_called_from_the_outside_in_and_the_list_can_be_changed() {
    let (told, rehearsed) = (Arc::new(Told::default()), Arc::new(Told::default()));
    let (vendor, router) = connect();
    let stack =
        Stack::new(Arc::new(router)).with(DryRun::new(rehearsed.clone())).with(Checked).with(Trace::new(told.clone()));
    assert_eq!(stack.to_string(), "toy:a, dry_run, checked, trace");
    let faulty = || new_article(FieldMap::new());
    send_one(&*stack.build(), faulty()).unwrap_err();
    assert_eq!(told.take(), ["toy:a create article - invalid 1s"], "the refusal is traced: trace is outside");
    let error = send_one(&*stack.build(), remove("price", "P1")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(rehearsed.take(), [""; 0], "and not rehearsed: dry run is inside");

    let unchecked = stack.clone().without("checked");
    assert_eq!(unchecked.to_string(), "toy:a, dry_run, trace");
    send_one(&*unchecked.build(), faulty()).unwrap();
    assert_eq!(rehearsed.take(), ["toy:a create article"]);
    assert_eq!(vendor.requests(), [""; 0]);

    let (other, router) = connect();
    let moved = unchecked.without("dry_run").around(Arc::new(router));
    assert_eq!((moved.to_string(), moved.layers().len()), ("toy:a, trace".to_owned(), 1));
    send_one(&*moved.build(), new_article(numbered("B1"))).unwrap();
    assert_eq!((other.requests().len(), vendor.requests().len()), (1, 0));
    assert_eq!(moved.base().info().vendor, "toy");
}

mod overridden {
    //! A layer written outside the core.

    use std::sync::Arc;

    use async_trait::async_trait;
    use sync_core::{
        Context, ExternalRef, FieldMap, Result, StreamId,
        capability::Capabilities,
        connector::{Connector, ConnectorInfo, Item, ListQuery, Page, Record, Tenant, Write, Written},
    };

    #[derive(Debug)]
    pub(super) struct Overridden {
        inner: Arc<dyn Connector>,
        capabilities: Capabilities,
    }

    impl Overridden {
        pub(super) fn new(inner: Arc<dyn Connector>, change: impl FnOnce(&mut Capabilities)) -> Self {
            let mut capabilities = inner.capabilities().clone();
            change(&mut capabilities);
            Self { inner, capabilities }
        }
    }

    #[deny(clippy::missing_trait_methods)]
    #[async_trait]
    impl Connector for Overridden {
        fn info(&self) -> &ConnectorInfo {
            self.inner.info()
        }
        fn capabilities(&self) -> &Capabilities {
            &self.capabilities
        }
        async fn check(&self, cx: &Context) -> Result<Tenant> {
            self.inner.check(cx).await
        }
        async fn list(&self, cx: &Context, query: &ListQuery) -> Result<Page> {
            self.inner.list(cx, query).await
        }
        async fn get(&self, cx: &Context, stream: &StreamId, ids: &[Arc<str>]) -> Result<Vec<Option<Item>>> {
            self.inner.get(cx, stream, ids).await
        }
        async fn find(&self, cx: &Context, stream: &StreamId, by: &FieldMap) -> Result<Vec<Item>> {
            self.inner.find(cx, stream, by).await
        }
        async fn write(&self, cx: &Context, writes: &[Write]) -> Vec<Result<Written>> {
            self.inner.write(cx, writes).await
        }
        fn decode(&self, item: &Item) -> Result<Vec<Record>> {
            self.inner.decode(item)
        }
        fn hints(&self, headers: &[(String, String)], body: &[u8]) -> Result<Vec<ExternalRef>> {
            self.inner.hints(headers, body)
        }
    }
}
