//! Every answer of the emulated Visma.net, in a session that uses its calls, fits the vendor's own descriptions; and so
//! does every request that it takes.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]
#![allow(clippy::disallowed_methods, reason = "the variable names the folder of descriptions")]

#[path = "visma_net/client.rs"]
mod client;
#[path = "visma_net/description.rs"]
mod description;

use client::{Net, wrapped};
use description::{codes, descriptions};
use serde_json::{Value, json};
use spec_check::{Exception, Exceptions};

/// Where the descriptions are known to be wrong or silent.
const EXCEPTIONS: &[Exception] = &[
    Exception {
        place: "* /v* 200",
        at: "*",
        keyword: "format",
        reason: "times have no offset, by the vendor's examples",
    },
    Exception { place: "* /v* body", at: "*", keyword: "format", reason: "days alone are in the vendor's examples" },
    Exception { place: "* /v* query", at: "*", keyword: "format", reason: "forms without an offset are in its words" },
    Exception { place: "* /v* 200", at: "*/timeStamp", keyword: "unknown", reason: "in the description of 2026" },
    Exception { place: "* /v* 201", at: "", keyword: "body", reason: "an empty body, by the vendor's own word" },
    Exception { place: "* /v* 204", at: "", keyword: "body", reason: "204 has no body" },
    Exception { place: "* 200", at: "", keyword: "status", reason: "described as 204 with a body, which cannot be" },
];

#[tokio::test]
async fn every_answer_and_every_request_taken_fits_the_descriptions() {
    let Some(specs) = descriptions() else { return };
    let net = Net::open_with(Some(specs)).await;
    masters(&net).await;
    lists(&net).await;
    documents(&net).await;
    orders(&net).await;
    others(&net).await;
    let mut exceptions = Exceptions::new(EXCEPTIONS);
    let problems = exceptions.filter(std::mem::take(&mut *net.problems.lock().unwrap()));
    let shown = problems.iter().map(ToString::to_string).collect::<std::collections::BTreeSet<_>>();
    let shown = shown.iter().take(40).collect::<Vec<_>>();
    assert!(problems.is_empty(), "{} problems: {shown:#?}", problems.len());
    let unused = exceptions.unused();
    assert!(unused.is_empty(), "{unused:#?}");
    let used = net.used.lock().unwrap();
    assert_eq!(used.len(), 139, "{used:#?}");
}

async fn masters(net: &Net) {
    let address = json!({ "addressLine1": "A", "postalCode": "0155", "city": "Oslo", "countryId": "NO" });
    let customer = json!({ "name": "Ny AS", "status": "Active", "mainAddress": address, "mainContact": { "email": "a@b.no" },
        "vatZoneId": "01", "creditTermsId": "14", "corporateId": "987654321", "creditLimit": 1000.5,
        "attributeLines": [{ "attributeId": "SEGMENT", "attributeValue": "A" }] });
    let key = net.expect(201, "POST", "v1/customer", wrapped(customer.clone())).await.key();
    net.expect(204, "PUT", &format!("v1/customer/{key}"), wrapped(json!({ "name": "Nyere AS" }))).await;
    let id = net.expect(200, "GET", &format!("v1/customer/{key}"), Value::Null).await.body["internalId"].clone();
    net.expect(200, "GET", &format!("v1/customer/internal/{id}"), Value::Null).await;
    net.expect(204, "PUT", &format!("v1/customer/internal/{id}"), wrapped(customer)).await;
    net.expect(200, "POST", &format!("v1/customer/action/changeCustomerCd/{id}"), json!({ "customerCd": "NY" })).await;
    let supplier = json!({ "name": "Lev AS", "corporateId": "1", "creditTermsId": "14" });
    let key = net.expect(201, "POST", "v1/supplier", wrapped(supplier)).await.key();
    net.expect(204, "PUT", &format!("v1/supplier/{key}"), wrapped(json!({ "name": "Lev 2" }))).await;
    net.expect(200, "GET", &format!("v1/supplier/{key}"), Value::Null).await;
    let person =
        json!({ "firstName": "Ola", "lastName": "Lie", "businessAccount": "NY", "email": "o@b.no", "active": true });
    let key = net.expect(201, "POST", "v1/contact", wrapped(person.clone())).await.key();
    net.expect(204, "PUT", &format!("v1/contact/{key}"), wrapped(person)).await;
    net.expect(200, "GET", &format!("v1/contact/{key}"), Value::Null).await;
    let item = json!({ "inventoryNumber": "SCARF", "itemClass": "GOODS", "description": "Scarf", "defaultPrice": 99.5, "vatCode": "3" });
    net.expect(201, "POST", "v1/inventory", wrapped(item)).await;
    net.expect(204, "PUT", "v1/inventory/SCARF", wrapped(json!({ "description": "Long scarf" }))).await;
    net.expect(200, "GET", "v1/inventory/SCARF", Value::Null).await;
    net.expect(200, "GET", "v1/inventory/SCARF/crossReferences", Value::Null).await;
    let place =
        json!({ "baccountId": "10000", "locationId": "SHOP", "locationName": "Shop", "address": address, "gln": "7" });
    net.expect(201, "POST", "v1/location", wrapped(place)).await;
    net.expect(204, "PUT", "v1/location/10000/SHOP", wrapped(json!({ "locationName": "Big shop" }))).await;
    net.expect(200, "GET", "v1/location/10000/SHOP", Value::Null).await;
    net.expect(200, "GET", "v1/location/10000", Value::Null).await;
    let mut project =
        wrapped(json!({ "projectID": "P1", "description": "Hall", "startDate": "2024-11-01", "customer": "10000" }));
    project["defSub"] = json!([{ "segmentId": 1, "segmentValue": "1" }]);
    project["tasks"] =
        json!([{ "operation": "Insert", "taskId": { "value": "T1" }, "description": { "value": "Walls" } }]);
    net.expect(201, "POST", "v1/project", project).await;
    net.expect(
        204,
        "PUT",
        "v1/project/P1",
        wrapped(json!({ "status": "Active", "description": "Hall", "startDate": "2024-11-01" })),
    )
    .await;
    let project = net.expect(200, "GET", "v1/project/P1", Value::Null).await.body;
    let task = json!({ "taskId": "T2", "description": "Roof" });
    let key = net
        .expect(201, "POST", &format!("v1/projecttask/{}", project["internalID"]), wrapped(task.clone()))
        .await
        .key();
    net.expect(204, "PUT", &format!("v1/projecttask/{key}"), wrapped(task)).await;
    net.expect(200, "GET", &format!("v1/projecttask/{key}"), Value::Null).await;
}

async fn lists(net: &Net) {
    let since = "lastModifiedDateTime=2024-01-01T00:00:00&lastModifiedDateTimeCondition=%3E%3D";
    let page = "pageNumber=1&pageSize=2";
    for target in [
        format!("v1/customer?{since}&{page}"),
        format!("v1/customer?createdDateTime=2024-01-01&createdDateTimeCondition=%3E&status=Active&{page}"),
        format!("v1/supplier?{since}&{page}"),
        format!("v1/contact?{since}&active=true"),
        format!("v1/inventory?{since}&{page}&expandWarehouseDetail=true&addCostPriceStatistics=true"),
        "v1/inventory?alternateID=x&inventoryTypes=NonStockItem".into(),
        format!("v1/customerSalesPrice?{since}&{page}&priceType=Customer"),
        format!("v1/location?{since}&{page}"),
        format!("v1/project?{since}&{page}"),
        "v1/project?nonProject=true".into(),
        format!("v1/projecttask?{page}"),
        "v1/project/tasks".into(),
        format!(
            "v1/customerinvoice?{since}&{page}&expandTaxDetails=true&expandInvoiceAddress=true&expandApplications=true"
        ),
        "v1/customerinvoice?customer=10000&released=1&documentDate=2024-01-01&documentDateCondition=%3E".into(),
        format!("v1/customerCreditNote?{since}&{page}"),
        format!("v1/customerPayment?{since}&{page}"),
        format!("v1/customerdocument?{since}&{page}&documentType=Invoice"),
        format!("v1/shipment?{since}&{page}"),
        "v1/customer/10000/contact".into(),
        "v1/customer/10000/invoice".into(),
        "v1/customer/10000/document".into(),
        "v1/customer/10000/balance".into(),
        "v1/customer/10000/note".into(),
        "v1/customer/balance".into(),
        "v1/supplier/50000/contact".into(),
        "v1/customer/customerClass".into(),
        "v1/customer/customerClass/1".into(),
        "v1/supplier/supplierClass".into(),
        format!("v1/creditTerm?{page}"),
        format!("v1/salesperson?{page}"),
        "v1/salesperson/1".into(),
        format!("v2/salesperson?{page}"),
        "v2/salesperson/1".into(),
        format!("v1/attribute?{page}"),
        "v1/attribute/SEGMENT".into(),
        format!("v1/country?{page}"),
        format!("v1/vatZone?{page}"),
        "v1/vatZone/01".into(),
        format!("v1/salesordertype?{page}"),
        "v1/salesordertype/SO".into(),
        format!("v1/subaccount?{page}"),
        "v1/subaccount/1".into(),
        "v1/currency/NOK".into(),
        "v1/dimension/SUBACCOUNT".into(),
        "v1/dimension/SUBACCOUNT/1".into(),
        "v1/dimension/SUBACCOUNT/1/0".into(),
        "v1/financialPeriod/202411".into(),
        "v1/vat/3".into(),
        "v1/inventory/itemclass/GOODS".into(),
        "v1/warehouse/1".into(),
    ] {
        net.expect(200, "GET", &target, Value::Null).await;
    }
    for list in [
        "vat",
        "vatCategory",
        "currency",
        "branch",
        "warehouse",
        "numberSequence",
        "paymentmethod",
        "cashaccount",
        "unitofmeasure",
        "inventory/itemClass",
        "inventory/itemPostClass",
        "dimension",
        "organization",
        "account",
        "financialPeriod",
    ] {
        assert!(!net.expect(200, "GET", &format!("v1/{list}"), Value::Null).await.rows().is_empty(), "{list}");
    }
}

async fn documents(net: &Net) {
    let line = json!({ "operation": "Insert", "inventoryNumber": "HOUR", "quantity": 3, "unitPriceInCurrency": 100.5, "vatCodeId": "3" });
    let invoice = json!({ "customerNumber": "10000", "documentDate": "2024-11-10", "financialPeriod": "202411", "invoiceLines": [line] });
    let first = net.expect(201, "POST", "v2/customerinvoice", wrapped(invoice.clone())).await.key();
    net.expect(204, "PUT", &format!("v1/customerinvoice/{first}"), wrapped(json!({ "invoiceText": "Thanks" }))).await;
    let second = net.expect(201, "POST", "v1/customerinvoice", wrapped(invoice)).await.key();
    net.expect(204, "DELETE", &format!("v1/customerinvoice/{second}"), Value::Null).await;
    let target = format!("v1/customerinvoice/{first}");
    net.expect(200, "POST", &format!("{target}/action/sendToAutoInvoice"), Value::Null).await;
    net.expect(200, "POST", &format!("{target}/action/release"), Value::Null).await;
    net.advance(3);
    assert_eq!(net.expect(200, "GET", &target, Value::Null).await.body["status"], "Open");
    net.expect(200, "POST", &format!("{target}/action/reverse"), json!({ "returnCreditNote": false })).await;
    let note = json!({ "customerNumber": "10000", "lines": [line],
        "applicationLines": [{ "operation": "Insert", "documentType": "Invoice", "refNbr": first, "amountPaid": 100 }] });
    let note = net.expect(201, "POST", "v2/customerCreditNote", wrapped(note)).await.key();
    let target = format!("v1/customerCreditNote/{note}");
    net.expect(204, "PUT", &target, wrapped(json!({ "invoiceText": "Sorry" }))).await;
    net.expect(200, "POST", &format!("{target}/action/release"), Value::Null).await;
    net.advance(3);
    net.expect(200, "GET", &target, Value::Null).await;
    let other = net
        .expect(201, "POST", "v1/customerCreditNote", wrapped(json!({ "customerNumber": "10000", "lines": [line] })))
        .await
        .key();
    net.expect(204, "DELETE", &format!("v1/customerCreditNote/{other}"), Value::Null).await;
    let paid = json!({ "customer": "10000", "paymentRef": "bank", "paymentAmount": 400, "applicationDate": "2024-11-12",
        "paymentLines": [{ "operation": "Insert", "documentType": "Invoice", "refNbr": "000800", "amountPaid": 250 }] });
    let paid = net.expect(201, "POST", "v1/customerPayment", wrapped(paid)).await.key();
    let target = format!("v1/customerPayment/{paid}");
    net.expect(204, "PUT", &target, wrapped(json!({ "invoiceText": "By bank" }))).await;
    net.expect(200, "POST", &format!("{target}/action/release"), json!({ "type": { "value": "Payment" } })).await;
    net.advance(3);
    net.expect(200, "GET", &target, Value::Null).await;
    net.expect(200, "POST", &format!("{target}/action/void"), json!({ "type": "Payment", "returnVoidPayment": true }))
        .await;
    let batch = json!({ "transactionDate": "2024-11-10", "description": "Rent", "journalTransactionLines": [
        { "operation": "Insert", "accountNumber": "4300", "debitAmountInCurrency": 10 },
        { "operation": "Insert", "accountNumber": "1920", "creditAmountInCurrency": 10 }] });
    let batch = net.expect(201, "POST", "v2/journaltransaction", wrapped(batch)).await.key();
    let target = format!("v2/journaltransaction/{batch}");
    net.expect(204, "PUT", &target, wrapped(json!({ "description": "Rent of November" }))).await;
    net.expect(200, "GET", &target, Value::Null).await;
    net.expect(200, "POST", &format!("{target}/action/release"), Value::Null).await;
    net.expect(200, "GET", "v2/journaltransaction?periodId=202411&module=GL&pageNumber=1&pageSize=1", Value::Null)
        .await;
}

async fn orders(net: &Net) {
    let address = json!({ "line1": "A", "city": "Oslo", "postalCode": "0155", "countryId": "NO" });
    let order = json!({ "type": "SO", "customer": { "id": "10000", "order": "PO", "refNo": "R" }, "description": "D", "date": "2024-11-20T00:00:00Z",
        "shipping": { "address": address, "scheduledDate": "2024-12-01T00:00:00Z" }, "note": "N", "branchId": "1",
        "orderLines": [{ "inventoryId": "HAT", "quantity": 2, "unitPrice": 240.5 }, { "inventoryId": "HOUR", "quantity": 1 }] });
    let made = net.expect(201, "POST", "api/v3/SalesOrders", order).await;
    let target = format!("api/v3/SalesOrders/SO/{}", made.key());
    assert_eq!(
        net.order("PATCH", &target, json!({ "description": "E", "customer": { "order": "PO2" } })).await.status,
        202
    );
    let lines = format!("{target}/lines");
    assert_eq!(
        net.order("POST", &lines, json!({ "lines": [{ "inventoryId": "COAT", "quantity": 1 }] })).await.status,
        202
    );
    assert_eq!(net.order("PATCH", &lines, json!({ "lines": [{ "lineId": 1, "quantity": 3 }] })).await.status, 202);
    assert_eq!(net.order("DELETE", &format!("{lines}?ids=3"), Value::Null).await.status, 202);
    for part in ["", "?expand=All", "/lines", "/lines/1", "/tax", "/commissions", "/discounts", "/rotrut"] {
        net.expect(200, "GET", &format!("{target}{part}"), Value::Null).await;
    }
    let ship = json!({ "orderType": "SO", "shipmentDate": "2024-11-21T00:00:00Z", "shipmentWarehouse": "1", "returnShipmentDto": true });
    let shipped = net.expect(200, "POST", &format!("v2/salesorder/{}/action/createShipment", made.key()), ship).await;
    let shipment = format!("v1/shipment/{}", shipped.body["referenceNumber"].as_str().unwrap());
    let package = json!({ "shipmentPackageLines": [{ "operation": "Insert", "trackingNumber": "370" }] });
    net.expect(204, "PUT", &shipment, wrapped(package)).await;
    net.expect(200, "GET", &shipment, Value::Null).await;
    net.expect(200, "POST", &format!("{shipment}/action/confirmShipment"), Value::Null).await;
    net.expect(200, "POST", &format!("v2/salesorder/SO/{}/action/prepareInvoice", made.key()), Value::Null).await;
    net.expect(200, "GET", &shipment, Value::Null).await;
    let shown = net.expect(200, "GET", &format!("{target}/shipment"), Value::Null).await;
    assert!(!shown.body[0]["invoiceId"].is_null(), "{}", shown.text);
    net.expect(200, "GET", "api/v3/SalesOrders?pageSize=1&pageIndex=0&orderBy=lastModified%20asc", Value::Null).await;
    net.expect(200, "GET", "api/v3/SalesOrders/SO?modifiedSince=2024-01-01T00:00:00Z&customerId=10000", Value::Null)
        .await;
    net.expect(200, "GET", "api/v3/Inventory?expand=All&modifiedSince=2024-01-01T00:00:00", Value::Null).await;
    net.expect(200, "GET", "api/v3/Customers?filter=nord", Value::Null).await;
    net.expect(200, "GET", "api/v3/Customers/10000/locations", Value::Null).await;
    let other = net
        .expect(201, "POST", "api/v3/SalesOrders", json!({ "type": "SO", "customer": { "id": "10001" } }))
        .await
        .key();
    assert_eq!(net.order("DELETE", &format!("api/v3/SalesOrders/SO/{other}"), Value::Null).await.status, 202);
    refusals(net, &target).await;
}

async fn refusals(net: &Net, target: &str) {
    net.expect(404, "GET", "api/v3/SalesOrders/SO/999999", Value::Null).await;
    net.expect(400, "POST", "api/v3/SalesOrders", json!({ "type": "SO", "customer": { "id": "?" }, "x": 1 })).await;
    net.expect(428, "PATCH", target, json!({})).await;
    assert_eq!(net.with("PATCH", target, json!({}), &[("if-match", "\"x\"")]).await.status, 412);
    assert_eq!(net.order("PATCH", target, json!({})).await.status, 405);
    net.expect(400, "GET", "api/v3/SalesOrders?pageSize=0", Value::Null).await;
}

async fn others(net: &Net) {
    let form = b"--x\r\nContent-Disposition: form-data; name=\"v\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\nhello\r\n--x--\r\n";
    let bearer = format!("Bearer {}", net.token);
    let headers = [("authorization", bearer.as_str()), ("content-type", "multipart/form-data; boundary=x")];
    let made = net.send("POST", "v1/customerinvoice/000801/attachment", form, &headers).await;
    assert_eq!(made.status, 201, "{}", made.text);
    net.expect(204, "PUT", &format!("v1/attachment/{}", made.key()), json!({ "sendToAutoinvoice": { "value": true } }))
        .await;
    let taken = net.with("GET", "v1/customer/10000", Value::Null, &[("erp-api-background", "none")]).await;
    assert_eq!(taken.status, 202);
    net.advance(3);
    let id = taken.body["id"].as_str().unwrap();
    assert_eq!(net.expect(200, "GET", &format!("v1/background/{id}"), Value::Null).await.body["statusCode"], 200);
    net.expect(200, "GET", &format!("v1/background/{id}/content"), Value::Null).await;
}

/// Fields that came after the description.
const LATER: [(&str, &str); 1] = [("ProjectDto", "note")];

/// The description requires hardly any field, and would let an answer pass that lacks the others.
#[tokio::test]
async fn answers_have_every_field_that_the_description_knows_and_no_other() {
    let Some((erp, _)) = descriptions() else { return };
    let net = Net::open().await;
    net.switch("unset_fields", "null");
    net.act(json!({ "action": "pay", "invoice": "000800" }));
    net.act(json!({ "action": "reverse", "key": "000800" }));
    net.act(json!({ "action": "ship_order", "type": "SO", "key": "000900" }));
    for (target, model) in [
        ("v1/customer/10000", "CustomerDto"),
        ("v1/supplier/50000", "SupplierDto"),
        ("v1/contact/7", "ContactDto"),
        ("v1/location/10000", "LocationDto"),
        ("v1/inventory/HAT", "InventoryDto"),
        ("v1/project/X", "ProjectDto"),
        ("v1/customerinvoice/000800", "CustomerInvoiceDto"),
        ("v1/customerCreditNote/000001", "CustomerCreditNoteDto"),
        ("v1/customerPayment/000001", "PaymentDto"),
        ("v1/customerdocument", "CustomerDocumentDto"),
        ("v1/shipment/000001", "ShipmentDto"),
        ("v1/vat/3", "VatInformationDto"),
        ("v1/vatZone/01", "VatZoneDto"),
        ("v1/salesordertype/SO", "SalesOrderTypeDto"),
        ("v1/customer/customerClass/1", "CustomerClassDto"),
        ("v1/warehouse/1", "WarehouseDto"),
    ] {
        let answer = net.expect(200, "GET", target, Value::Null).await;
        let one = if answer.body.is_array() { answer.body[0].clone() } else { answer.body };
        let known = erp.field_names(model);
        let given = one.as_object().unwrap_or_else(|| panic!("{target}: nothing")).keys().cloned().collect::<Vec<_>>();
        assert!(!known.is_empty(), "{model}");
        for name in &known {
            assert!(
                given.contains(name) || matches!(name.as_str(), "errorInfo" | "metadata" | "timestamp"),
                "{model}: {name}"
            );
        }
        for name in &given {
            assert!(known.contains(name) || LATER.contains(&(model, name)) || name == "timeStamp", "{model}: {name}");
        }
    }
}

#[tokio::test]
async fn the_codes_of_refusals_are_the_vendors() {
    let Some(known) = codes() else { return };
    for source in [
        include_str!("../src/visma_net/orders/fill.rs"),
        include_str!("../src/visma_net/orders/mod.rs"),
        include_str!("../src/visma_net/orders/body.rs"),
    ] {
        let used = source.split('"').filter(|word| {
            let number = word.split('-').next().unwrap();
            number.len() == 4 && number.bytes().all(|byte| byte.is_ascii_digit()) && word.len() > 6
        });
        let used = used.collect::<Vec<_>>();
        assert!(!used.is_empty());
        for code in used {
            assert!(known.iter().any(|known| known == code), "{code}");
        }
    }
}
