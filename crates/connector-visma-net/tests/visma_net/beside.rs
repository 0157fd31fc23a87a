//! What is beside the fields of a record: shipments of an order, files, and calls of the vendor's.

use connector_visma_net::{Connection, Holder, OrderShipments};
use emulators::frame::{Fault, FaultKind};
use serde_json::{Value as Json, json};
use sync_core::{
    ErrorKind, ExternalRef, FieldPath, Result,
    connector::{Connector, ListFrom},
};

use crate::{
    emulated::{Double, SO, line},
    support::{Erp, assert_shows, config, create, kept, reference, shown},
};

const HOOK_SECRET: &str = "hush-hook-4711";
const HEADERS: [&str; 3] = ["x-signature", "signature", "x-visma-signature"];

async fn with_shipments(double: &Double) -> Connection {
    let mut config = double.config();
    config.order_shipments = OrderShipments::Read;
    double.try_connect(config).await.unwrap()
}
/// An open order of two items that are in stock.
async fn open_order(double: &Double, erp: &Connection) -> String {
    let lines = vec![line("KAFFE", "2", "90.50"), line("KOPP", "3", "50")];
    let id = double.write(erp, create(SO, double.order(lines))).await.unwrap().reference.id;
    double.step(erp, SO, &id, "open").await.unwrap();
    id.to_string()
}
fn ship(double: &Double, id: &str, more: Json) -> Json {
    let mut call = json!({ "type": "SO", "key": id, "warehouse": "1" });
    call.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    double.act("ship_order", call)
}
fn parcels(double: &Double, shipment: &Json, numbers: &[&str]) {
    let lines: Vec<Json> = numbers.iter().map(|number| json!({ "trackingNumber": number })).collect();
    let fields = json!({ "shipVia": { "id": "BUD", "description": "Budbil" }, "shipmentPackageLines": lines });
    double.act("set", json!({ "collection": "shipments", "key": shipment, "fields": fields }));
}

#[tokio::test]
async fn an_order_shows_what_its_shipments_say() {
    let double = Double::start().await;
    let erp = with_shipments(&double).await;
    let id = open_order(&double, &erp).await;
    double.act("stock", json!({ "item": "KAFFE", "warehouse": "1", "by": 2 }));
    let first = ship(&double, &id, json!({ "confirm": false }))["shipment"].clone();
    parcels(&double, &first, &["PAKKE-1"]);
    let nothing =
        [("delivered_on", "(empty)"), ("tracking.number", "(empty)"), ("x.visma-net.trackingNumbers", "(empty)")];
    let record = double.record(&erp, SO, &id).await;
    assert_shows(&record.fields, &nothing);
    assert_eq!(shown(&record.fields, "x.visma-net.shipments"), format!("'{}'", first.as_str().unwrap()));
    // it leaves
    double.act("set", json!({ "collection": "shipments", "key": first, "fields": { "status": "Confirmed" } }));
    let record = double.record(&erp, SO, &id).await;
    assert_shows(
        &record.fields,
        &[
            ("delivered_on", "2026-02-17"),
            ("tracking.number", "'PAKKE-1'"),
            ("tracking.carrier", "'BUD'"),
            ("invoice_numbers", "(empty)"),
        ],
    );
}

#[tokio::test]
async fn the_latest_shipment_tells_the_day_and_the_parcel_and_all_are_named() {
    let double = Double::start().await;
    let erp = with_shipments(&double).await;
    let id = open_order(&double, &erp).await;
    for item in ["KAFFE", "KOPP"] {
        double.act("stock", json!({ "item": item, "warehouse": "1", "by": 10 }));
    }
    let made = ship(&double, &id, json!({ "invoice": true }));
    parcels(&double, &made["shipment"], &["PAKKE-2", "PAKKE-3"]);
    let record = double.record(&erp, SO, &id).await;
    let invoice = format!("'{}'", made["invoice"].as_str().unwrap());
    assert_shows(
        &record.fields,
        &[
            ("invoice_numbers", &invoice),
            ("delivered_on", "2026-02-17"),
            ("tracking.number", "'PAKKE-2'"),
            ("x.visma-net.trackingNumbers", "'PAKKE-2, PAKKE-3'"),
        ],
    );
}

#[tokio::test]
async fn shipments_cost_calls_only_where_they_are_asked_for_and_something_was_shipped() {
    let double = Double::start().await;
    let (plain, erp) = (double.connect().await, with_shipments(&double).await);
    let id = open_order(&double, &erp).await;
    let calls = async |erp: &Connection| {
        let before = double.calls().len();
        double.item(erp, SO, &id).await.unwrap();
        double.calls().len() - before
    };
    double.record(&plain, SO, &id).await; // its tokens are there
    assert_eq!((calls(&plain).await, calls(&erp).await), (2, 2), "nothing was shipped");
    double.act("stock", json!({ "item": "KAFFE", "warehouse": "1", "by": 2 }));
    ship(&double, &id, json!({ "confirm": false }));
    assert_eq!((calls(&plain).await, calls(&erp).await), (2, 4));
    let field =
        |erp: &Connection| erp.router.capabilities().streams[SO].fields.contains_key(&FieldPath::new("tracking"));
    assert!(!field(&plain));
    assert_eq!(shown(&double.record(&plain, SO, &id).await.fields, "x.visma-net.shipments"), "-");
    let listed = double.records(&erp, SO, ListFrom::Beginning).await;
    assert_eq!(shown(&listed[0].fields, "x.visma-net.shipments"), "-", "a row of a list says nothing of it");
}

#[tokio::test]
async fn a_shipment_that_cannot_be_read_leaves_the_order_unread_and_one_that_is_gone_says_nothing() {
    let double = Double::start().await;
    let erp = with_shipments(&double).await;
    let id = open_order(&double, &erp).await;
    double.act("stock", json!({ "item": "KAFFE", "warehouse": "1", "by": 2 }));
    let shipment = ship(&double, &id, json!({}))["shipment"].clone();
    parcels(&double, &shipment, &["PAKKE-1"]);
    let shipments = ["/api/v3/SalesOrders/SO/*/shipment", "/v1/shipment/*"];
    let status = |code| FaultKind::Status { code, handled: false };
    for path in shipments {
        for (fault, kind) in [
            (status(503), ErrorKind::Unavailable),
            (status(403), ErrorKind::Permission),
            (status(401), ErrorKind::Auth),
            (status(429), ErrorKind::RateLimited),
            (FaultKind::DropBefore, ErrorKind::Unavailable),
            (FaultKind::Truncate, ErrorKind::Unavailable),
            (FaultKind::Html { code: 200, handled: false }, ErrorKind::Protocol),
        ] {
            double.emulator.fault(Fault::new(fault.clone()).on("GET", path).times(2));
            let error = erp.router.get(&double.cx, &SO.into(), &[id.as_str().into()]).await.unwrap_err();
            assert_eq!(error.kind(), kind, "{fault:?} {path}: {error}");
            double.emulator.clear_faults();
        }
        double.emulator.fault(Fault::new(status(404)).on("GET", path));
        let record = double.record(&erp, SO, &id).await;
        assert_shows(&record.fields, &[("delivered_on", "(empty)"), ("tracking.number", "(empty)")]);
    }
    assert_shows(&double.record(&erp, SO, &id).await.fields, &[("tracking.number", "'PAKKE-1'")]);
}

#[tokio::test]
async fn files_are_put_listed_and_read_byte_for_byte() {
    let double = Double::start().await;
    let erp = double.connect().await;
    let invoice = double.invoice(vec![line("RISTING", "1", "200")]);
    let invoice = double.write(&erp, create("invoices", invoice)).await.unwrap().reference.id;
    let batch = json!({ "hold": true, "journalTransactionLines": [
        { "operation": "Insert", "accountNumber": "1920", "debitAmountInCurrency": 1 }] });
    double.act("create", json!({ "collection": "journals", "set": batch }));
    let bytes = b"%PDF-1.7\r\n--samklang-file\r\n\0\xff\xfe".to_vec();
    let credit =
        double.act("create", json!({ "collection": "credit-notes", "set": { "customerNumber": double.customer() } }));
    let credit = credit["key"].as_str().unwrap().to_owned();
    for on in
        [Holder::Invoice(&invoice), Holder::CreditNote(&credit), Holder::Item("RISTING"), Holder::Batch("GL", "000001")]
    {
        assert!(erp.files.list(&double.cx, on).await.unwrap().is_empty(), "{on:?}");
        let first = erp.files.put(&double.cx, on, "Vilkår 1.pdf", "application/pdf", &bytes).await.unwrap();
        let read = erp.files.read(&double.cx, &first).await.unwrap();
        assert_eq!((read.media_type.as_str(), &read.bytes), ("application/pdf", &bytes), "{on:?}");
        // the same name is a new revision, under an id of its own
        let second = erp.files.put(&double.cx, on, "Vilkår 1.pdf", "application/pdf", b"2").await.unwrap();
        erp.files.put(&double.cx, on, "b.txt", "text/plain", b"").await.unwrap();
        let listed = erp.files.list(&double.cx, on).await.unwrap();
        let told: Vec<_> = listed.iter().map(|file| (file.name.as_str(), file.revision)).collect();
        assert_eq!(told, [("Vilkår 1.pdf", 2), ("b.txt", 1)], "{on:?}");
        assert!(second != first && listed[0].id == second);
    }
    double.switch("invoice_by_number", "list");
    assert_eq!(erp.files.list(&double.cx, Holder::Invoice(&invoice)).await.unwrap().len(), 2);
}

#[tokio::test]
async fn files_that_are_not_there_or_cannot_be_sent_are_refused_and_a_lost_answer_is_unclear() {
    let double = Double::start().await;
    let erp = double.connect().await;
    let (cx, files) = (&double.cx, &erp.files);
    assert_eq!(files.list(cx, Holder::Invoice("nobody")).await.unwrap_err().kind(), ErrorKind::NotFound);
    let nobody = "00000000-0000-0000-0000-000000000000";
    assert_eq!(files.read(cx, nobody).await.unwrap_err().kind(), ErrorKind::NotFound);
    let on = Holder::Item("RISTING");
    for (fault, kind) in [
        (FaultKind::Status { code: 503, handled: false }, ErrorKind::Unavailable),
        (FaultKind::Truncate, ErrorKind::Unavailable),
        (FaultKind::RateLimit, ErrorKind::RateLimited),
    ] {
        double.emulator.fault(Fault::new(fault.clone()).on("GET", "/v1/*").times(2));
        assert_eq!(files.list(cx, on).await.unwrap_err().kind(), kind, "{fault:?}");
        double.emulator.clear_faults();
        let id = files.put(cx, on, "kept", "text/plain", b"kept").await.unwrap();
        double.emulator.fault(Fault::new(fault.clone()).on("GET", "/v1/attachment/*").times(2));
        assert_eq!(files.read(cx, &id).await.unwrap_err().kind(), kind, "{fault:?}");
        double.emulator.clear_faults();
    }
    let refused = FaultKind::Status { code: 403, handled: false };
    double.emulator.fault(Fault::new(refused).on("POST", "/v1/inventory/RISTING/attachment"));
    assert_eq!(files.put(cx, on, "a", "text/plain", b"x").await.unwrap_err().kind(), ErrorKind::Permission);
    let before = double.calls().len();
    for (name, media_type) in [("", "text/plain"), ("a\"b", "text/plain"), ("a\r\nb", "text/plain"), ("a", "x\r\ny: z")]
    {
        assert_eq!(files.put(cx, on, name, media_type, b"x").await.unwrap_err().kind(), ErrorKind::Invalid, "{name}");
    }
    assert_eq!(double.calls().len(), before, "nothing is sent");
    double.emulator.fault(Fault::new(FaultKind::DropAfter).on("POST", "/v1/inventory/RISTING/attachment"));
    assert_eq!(files.put(cx, on, "a", "text/plain", b"x").await.unwrap_err().kind(), ErrorKind::AmbiguousWrite);
    assert_eq!(files.list(cx, on).await.unwrap().len(), 2, "it arrived");
    assert_eq!(double.calls().len(), before + 2, "and is sent once");
}

#[tokio::test]
async fn files_of_a_batch_are_not_those_of_another_workspaces() {
    let mut erp = Erp::open().await;
    let batch = |module: &str, name: &str| json!({ "module": module, "batchNumber": "000001", "attachments": [{ "id": "f", "name": name, "revision": 1 }] });
    erp.answers("GET", "/v2/journaltransaction/000001", 200, batch("ModuleAR", "a.pdf").to_string()).await;
    let both = json!([batch("ModuleAR", "a.pdf"), batch("ModuleGL", "g.pdf")]);
    erp.answers("GET", "/v2/journaltransaction/000002", 200, both.to_string()).await;
    let url = erp.server.url();
    let files = erp.bench.connect(&config(&url), Some(kept(&url))).await.unwrap().files;
    let cx = &erp.bench.cx;
    assert_eq!(files.list(cx, Holder::Batch("AR", "000001")).await.unwrap()[0].name, "a.pdf");
    assert_eq!(files.list(cx, Holder::Batch("GL", "000001")).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(files.list(cx, Holder::Batch("GL", "000002")).await.unwrap()[0].name, "g.pdf");
}

fn subscribe(double: &Double, events: &[&str], secret: &str) {
    let row = |event: &&str| json!({ "event": event, "url": "http://127.0.0.1:1/hooks/erp", "secret": secret });
    let rows: Vec<Json> = events.iter().map(row).collect();
    double.emulator.seed(json!({ "webhook-subscriptions": rows })).unwrap();
}
async fn listening(double: &Double, header: &str) -> Connection {
    let mut config = double.config();
    config.more_streams = ["projects".to_owned()].into();
    config.project_subaccount = [(1, "0".to_owned())].into();
    (config.webhook_secret, config.webhook_header) = (Some(HOOK_SECRET.into()), Some(header.to_owned()));
    double.try_connect(config).await.unwrap()
}
/// What each call so far names, in the order in which they come.
fn named(double: &Double, erp: &Connection) -> Vec<Result<Vec<ExternalRef>>> {
    let calls = double.emulator.webhooks();
    let pair = |header: &Json| (header[0].as_str().unwrap().to_owned(), header[1].as_str().unwrap().to_owned());
    let hints = |call: &Json| {
        let headers: Vec<_> = call["headers"].as_array().unwrap().iter().map(pair).collect();
        erp.router.hints(&headers, call["body"].as_str().unwrap().as_bytes())
    };
    calls.as_array().unwrap().iter().map(hints).collect()
}

#[tokio::test]
async fn a_call_names_what_to_look_at_whatever_its_header_and_form() {
    for (header, form) in HEADERS.iter().flat_map(|header| ["resource", "entity"].map(|form| (header, form))) {
        let double = Double::start().await;
        double.switch("webhook_header", *header);
        double.switch("webhook_payload", form);
        let erp = listening(&double, &header.to_uppercase()).await;
        subscribe(&double, &["*"], HOOK_SECRET);
        double.act("edit", json!({ "collection": "customers", "key": double.customer(), "set": { "gln": "1" } }));
        double.act("edit", json!({ "collection": "items", "key": "KAFFE", "set": { "description": "Ny" } }));
        let project = json!({ "projectID": "P1", "description": "Bygg", "startDate": "2026-01-01",
            "defSub": [{ "segmentId": 1, "segmentValue": "0" }] });
        double.act("create", json!({ "collection": "projects", "set": project }));
        let order = double.write(&erp, create(SO, double.order(vec![line("KAFFE", "1", "10")]))).await.unwrap();
        let invoice = double.invoice(vec![line("RISTING", "1", "200")]);
        let invoice = double.write(&erp, create("invoices", invoice)).await.unwrap();
        let mut found: Vec<ExternalRef> = Vec::new();
        for call in named(&double, &erp) {
            let call = call.unwrap_or_else(|error| panic!("{header} {form}: {error}"));
            assert_eq!(call.len(), 1, "{header} {form}");
            found.extend(call);
        }
        found.dedup();
        let expected = [
            reference("customers", &double.customer()),
            reference("inventory", "KAFFE"),
            reference("projects", "P1"),
            order.reference,
            invoice.reference,
        ];
        assert_eq!(found, expected, "{header} {form}");
    }
}

#[tokio::test]
async fn calls_that_come_twice_and_out_of_order_name_the_same() {
    let double = Double::start().await;
    double.switch("webhook_times", 3);
    double.switch("webhook_order", "reversed");
    let erp = listening(&double, HEADERS[0]).await;
    subscribe(&double, &["Customer Changed", "Customer Created"], HOOK_SECRET);
    let set = json!({ "name": "Ny AS", "customerClassId": "1" });
    let key = double.act("create", json!({ "collection": "customers", "set": set }))["key"].clone();
    let found = named(&double, &erp);
    assert_eq!(found.len(), 6, "created is changed too, three times each");
    for call in found {
        assert_eq!(call.unwrap(), [reference("customers", key.as_str().unwrap())]);
    }
}

#[tokio::test]
async fn a_call_that_is_signed_otherwise_or_not_at_all_is_refused() {
    let double = Double::start().await;
    let erp = listening(&double, HEADERS[0]).await;
    subscribe(&double, &["Customer Changed"], "somebody else's");
    let edit =
        || double.act("edit", json!({ "collection": "customers", "key": double.customer(), "set": { "gln": "1" } }));
    edit();
    double.switch("webhook_header", HEADERS[1]);
    edit();
    double.switch("webhook_header", "none");
    edit();
    let found = named(&double, &erp);
    assert_eq!(found.len(), 3);
    for call in found {
        let error = call.unwrap_err();
        assert!(error.kind() == ErrorKind::Auth && error.message().contains(HEADERS[0]), "{error}");
        assert!(!format!("{error:?}").contains(HOOK_SECRET));
    }
    let plain = double.connect().await;
    assert_eq!(named(&double, &plain).remove(0).unwrap_err().kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn a_call_without_content_names_nothing_and_is_good() {
    let double = Double::start().await;
    double.switch("webhook_payload", "empty");
    let erp = listening(&double, HEADERS[0]).await;
    subscribe(&double, &["Customer Changed"], HOOK_SECRET);
    double.act("edit", json!({ "collection": "customers", "key": double.customer(), "set": { "gln": "1" } }));
    assert!(named(&double, &erp).remove(0).unwrap().is_empty());
}
