//! Edits of `webcrm-visma-net`.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{
    books::{Books, by_id, deep},
    crm::Crm,
    edit::{Edit, nothing_for},
    sample::About,
    states::{decimal, rows, text},
};
use crate::fail::Failure;

type Made = Result<Edit<Books>, Failure>;

/// In the CRM a prospect becomes a customer, an address, a delivery and a check mark; in the ERP a phone, a price, an order
/// that is shipped and invoiced, a new one, and an invoice without one.
pub(super) fn edits(pair: &Crm, about: &About) -> Result<Vec<Edit<Books>>, Failure> {
    let books = pair.books();
    let mut both = about.of_pair("companies", "same_vat_number");
    // an order that is made already keeps the address that it was sold with
    both.retain(|id| {
        let number = books.organisation(*id).and_then(|one| books.customer(one)).map(|one| text(one, "number"));
        number.is_some_and(|number| !books.erp("orders").iter().any(|order| deep(order, "customer", "id") == number))
    });
    let [moved, buys, called] = both.as_slice().first_chunk().copied().ok_or_else(|| nothing_for("edit"))?;
    Ok(vec![
        becomes_customer(pair, &books, about)?,
        address(pair, moved)?,
        delivery(pair, &books, buys)?,
        check_mark(pair, &books)?,
        phone(pair, &books, called)?,
        price(pair, &books)?,
        invoice(pair, &books, about)?,
        order(pair, &books, about)?,
        direct(pair, about)?,
    ])
}

fn set(collection: &str, id: u64, set: &Value) -> Value {
    json!({"action": "edit", "collection": collection, "id": id, "set": set})
}

fn becomes_customer(pair: &Crm, books: &Books, about: &About) -> Made {
    let waiting = about.of_pair("deliveries", "waits_for_type");
    let delivery = waiting.first().copied().ok_or_else(|| nothing_for("wait for a type"))?;
    let owner = books.delivery(delivery).and_then(|one| one.get("DeliveryOrganisationId")?.as_u64());
    let owner = owner.ok_or_else(|| nothing_for("make a customer of"))?;
    let name = books.organisation(owner).map(|one| text(one, "OrganisationName").to_owned()).unwrap_or_default();
    pair.in_crm(set("organisations", owner, &json!({"OrganisationType": "Customer"})))?;
    let becomes = format!("the ERP has it, and its delivery {delivery}, which waited for that");
    Ok(Edit::new(format!("in the CRM: {name} is a customer now"), becomes, move |books: &Books| {
        let there = books.organisation(owner).and_then(|one| books.customer(one));
        there.is_some_and(|one| text(one, "name") == name) && books.compare(&[delivery]).equal == 1
    }))
}

fn address(pair: &Crm, id: u64) -> Made {
    let (street, code, city) = ("Tjæreveien 9", "6004", "Ålesund");
    let address = json!({"OrganisationAddress": street, "OrganisationPostCode": code, "OrganisationCity": city, "OrganisationCountry": "Norge"});
    pair.in_crm(set("organisations", id, &address))?;
    let what = format!("in the CRM: organisation {id} moves to {street}, {code} {city}");
    Ok(Edit::new(what, "the ERP has the new address", move |books: &Books| {
        let there = books.organisation(id).and_then(|one| books.customer(one));
        there.is_some_and(|one| {
            [("addressLine1", street), ("postalCode", code), ("city", city)]
                .iter()
                .all(|(name, value)| deep(one, "mainAddress", name) == *value)
        })
    }))
}

fn delivery(pair: &Crm, books: &Books, organisation: u64) -> Made {
    let items =
        books.crm("linked-data").iter().filter(|one| sold(books, text(one, "QuotationLineLinkedDataItemData1")));
    let items: Vec<&Value> = items.take(2).collect();
    let head = json!({
        "DeliveryOrganisationId": organisation, "DeliveryDescription": "Ny levering", "DeliveryStatus": "New",
        "DeliveryNumber": "7901", "DeliveryCurrencyName": "03", "DeliveryOrderDate": "2026-02-17T00:00:00Z",
    });
    let made = pair.in_crm(json!({"action": "create", "collection": "deliveries", "set": head}))?;
    let id = made.get("id").and_then(Value::as_u64).unwrap_or_default();
    for (place, item) in items.iter().enumerate() {
        let of = |name: &str| item.get(format!("QuotationLineLinkedDataItem{name}")).cloned().unwrap_or_default();
        let price = decimal(item, "QuotationLineLinkedDataItemPrice").unwrap_or_default();
        let line = json!({
            "QuotationLineOpportunityId": id, "QuotationLineOrganisationId": organisation,
            "QuotationLineLinkedDataId": of("Id"), "QuotationLineData1": of("Data1"), "QuotationLineData2": of("Data2"),
            "QuotationLineData3": "-", "QuotationLineData4": of("Data4"), "QuotationLineQuantity": place + 2,
            "QuotationLineListPrice": of("Price"), "QuotationLineDiscount": 10, "QuotationLineVatPercentage": 25,
            "QuotationLineSortOrder": place + 1, "QuotationLinePrice": number(price * Decimal::new(9, 1))?,
        });
        pair.in_crm(json!({"action": "create", "collection": "quotation-lines", "set": line}))?;
    }
    let what = format!("in the CRM: a delivery with two lines is entered, {id}");
    Ok(Edit::new(what, "the ERP has an order of the same total", move |books: &Books| books.compare(&[id]).equal == 1))
}

/// Whether the ERP sells the item.
fn sold(books: &Books, number: &str) -> bool {
    let known = |item: &&Value| text(item, "inventoryNumber") == number;
    books.erp("items").iter().find(known).is_some_and(|item| text(item, "status") == "Active")
}

fn number(amount: Decimal) -> Result<Value, Failure> {
    let amount = amount.normalize().round_dp(2).to_string();
    serde_json::from_str(&amount).map_err(|error| Failure::stopped(format!("{amount} is no number: {error}")))
}

fn check_mark(pair: &Crm, books: &Books) -> Made {
    let of_customer = |person: &Value| {
        let owner = person.get("PersonOrganisationId").and_then(Value::as_u64);
        owner.and_then(|id| books.organisation(id)).is_some_and(|one| text(one, "OrganisationType") == "Customer")
    };
    let without = |person: &&Value| person.get("PersonCheckMark1") == Some(&Value::Bool(false)) && of_customer(person);
    let person = books.crm("persons").iter().find(without).ok_or_else(|| nothing_for("give a check mark"))?;
    let id = person.get("PersonId").and_then(Value::as_u64).unwrap_or_default();
    let email = text(person, "PersonEmail").to_owned();
    pair.in_crm(set("persons", id, &json!({"PersonCheckMark1": true})))?;
    let what = format!("in the CRM: {} gets the check mark", text(person, "PersonName"));
    Ok(Edit::new(what, "the ERP has the contact", move |books: &Books| {
        books.erp("contacts").iter().filter(|contact| text(contact, "email") == email).count() == 1
    }))
}

fn phone(pair: &Crm, books: &Books, id: u64) -> Made {
    let phone = "+47 10 98 76 54";
    let customer = books.organisation(id).and_then(|one| books.customer(one)).ok_or_else(|| nothing_for("call"))?;
    let number = text(customer, "number");
    let set = json!({"mainContact": {"phone1": phone}});
    pair.in_erp(json!({"action": "edit", "collection": "customers", "key": number, "set": set}))?;
    let what = format!("in the ERP: customer {number} has the phone {phone}");
    Ok(Edit::new(what, "the CRM has it too", move |books: &Books| {
        books.organisation(id).is_some_and(|one| text(one, "OrganisationTelephone") == phone)
    }))
}

fn price(pair: &Crm, books: &Books) -> Made {
    let item = books.erp("items").iter().find(|item| text(item, "status") == "Active");
    let number = text(item.ok_or_else(|| nothing_for("price"))?, "inventoryNumber").to_owned();
    let price = Decimal::new(12_345, 2);
    let set = json!({"defaultPrice": 123.45});
    pair.in_erp(json!({"action": "edit", "collection": "items", "key": number, "set": set}))?;
    let what = format!("in the ERP: {number} costs {price}");
    Ok(Edit::new(what, "so it does in the CRM's catalogue", move |books: &Books| {
        let mut found = books.crm("linked-data").iter();
        let found = found.find(|one| text(one, "QuotationLineLinkedDataItemData1") == number);
        found.and_then(|one| decimal(one, "QuotationLineLinkedDataItemPrice")) == Some(price)
    }))
}

fn invoice(pair: &Crm, books: &Books, about: &About) -> Made {
    let arrived = about.of_pair("deliveries", "must_arrive");
    let id = arrived.first().copied().ok_or_else(|| nothing_for("invoice"))?;
    let order = by_id(books.crm("deliveries"), "DeliveryId", id).and_then(|delivery| books.order(delivery));
    let order = order.ok_or_else(|| nothing_for("invoice"))?;
    let made = pair.ship(text(order, "orderId"))?;
    let invoice = text(&made, "invoice").to_owned();
    let what = format!("in the ERP: the order of delivery {id} is shipped and invoiced, {invoice}");
    Ok(Edit::new(what, "the delivery is completed and has the invoice's number and day", move |books: &Books| {
        books.delivery(id).is_some_and(|one| {
            text(one, "DeliveryStatus") == "Completed"
                && text(one, "DeliveryCustom2") == invoice
                && !text(one, "DeliveryCustom3").is_empty()
        })
    }))
}

fn order(pair: &Crm, books: &Books, about: &About) -> Made {
    let customer = about.of_pair("companies", "erp_customer").first().copied().ok_or_else(|| nothing_for("order"))?;
    let items = books.erp("items").iter().filter(|item| text(item, "status") == "Active").skip(1);
    let lines: Vec<Value> =
        items.take(2).map(|item| json!({"inventoryId": text(item, "inventoryNumber"), "quantity": 2})).collect();
    let order = json!({"type": "SO", "customer": {"id": customer.to_string()}, "orderLines": lines});
    let made = pair.in_erp(json!({"action": "enter_order", "order": order}))?;
    let key = text(&made, "key").to_owned();
    let what = format!("in the ERP: order {key} is entered");
    Ok(Edit::new(what, "the CRM has a delivery of the same total", move |books: &Books| {
        let ids = books.deliveries_of(&key).filter_map(|one| one.get("DeliveryId")?.as_u64()).collect::<Vec<_>>();
        let entered = books.erp("orders").iter().find(|order| text(order, "orderId") == key);
        let count = entered.map_or(0, |order| rows(order, "orderLines").len());
        let of_all = ids.first().and_then(|id| books.delivery(*id)).map(|one| books.lines(one).count());
        ids.len() == 1 && books.compare(&ids).equal == 1 && of_all == Some(count)
    }))
}

fn direct(pair: &Crm, about: &About) -> Made {
    let customer = about.of_pair("companies", "erp_customer").first().copied().ok_or_else(|| nothing_for("invoice"))?;
    let invoice = pair.invoice(&customer.to_string())?;
    let what = format!("in the ERP: invoice {invoice} is written without an order, and released");
    Ok(Edit::new(what, "the CRM has a delivery of the same net", move |books: &Books| {
        let mut found = books.deliveries_invoiced(&invoice);
        let known = books.erp("invoices").iter().find(|one| text(one, "referenceNumber") == invoice);
        let net = known.and_then(|one| decimal(one, "detailTotalInCurrency").or(decimal(one, "detailTotal")));
        net.is_some() && found.next().map(|one| books.net_of_delivery(one)) == net && found.next().is_none()
    }))
}
