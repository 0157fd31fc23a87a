use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;
use crate::{CanonicalId, EntityKind, ErrorKind, FieldMap, FieldPath, Link, StreamKey, Value};

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

// ---- random records of every kind, made from the path table ----

fn decimals() -> impl Strategy<Value = Decimal> {
    (any::<i64>(), 0_u32..9).prop_map(|(units, scale)| Decimal::new(units, scale))
}

fn value_of(row: &FieldSpec) -> BoxedStrategy<Value> {
    if !row.words.is_empty() {
        return prop::sample::select(row.words).prop_map(|word| Value::from(word.name)).boxed();
    }
    match row.ty {
        FieldType::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        FieldType::Int => any::<i64>().prop_map(Value::Int).boxed(),
        FieldType::Decimal => decimals().prop_map(Value::Decimal).boxed(),
        FieldType::Text => "\\PC{1,12}".prop_map(Value::from).boxed(),
        FieldType::Date => (0_i32..60_000)
            .prop_map(|day| Value::Date(NaiveDate::from_num_days_from_ce_opt(700_000 + day).unwrap()))
            .boxed(),
        FieldType::Instant => (0_i64..4_000_000_000_000_000)
            .prop_map(|micros| Value::Instant(DateTime::<Utc>::from_timestamp_micros(micros).unwrap()))
            .boxed(),
        FieldType::Link(_) => prop_oneof![
            "\\PC{1,8}".prop_map(|id| Value::Link(Link::External(StreamKey::new("erp:a", "rows").id(&id)))),
            any::<u128>()
                .prop_map(|bits| { Value::Link(Link::Canonical(CanonicalId::from_uuid(uuid::Uuid::from_u128(bits)))) }),
        ]
        .boxed(),
        FieldType::Lines => {
            let rows = if row.path == Order::DELIVERED { table_of::<DeliveredLine>() } else { table_of::<Line>() };
            prop::collection::vec(fields_of(&rows), 1..4)
                .prop_map(|lines| {
                    let map =
                        |line: FieldMap| line.iter().map(|(path, value)| (path.to_string(), value.clone())).collect();
                    Value::List(lines.into_iter().map(|line| Value::Map(map(line))).collect())
                })
                .boxed()
        }
    }
}

/// Each field unknown, empty or set.
fn fields_of(rows: &[FieldSpec]) -> BoxedStrategy<FieldMap> {
    let fields: Vec<_> = rows
        .iter()
        .map(|row| {
            let path = row.path;
            prop_oneof![Just(None), Just(Some(Value::Null)), value_of(row).prop_map(Some)]
                .prop_map(move |value| value.map(|value| (path, value)))
        })
        .collect();
    fields.prop_map(|fields| fields.into_iter().flatten().collect()).boxed()
}

fn table_of<T: Fields>() -> Vec<FieldSpec> {
    let mut rows = Vec::new();
    T::spec(FieldPath::from_static(""), Mark::default(), &mut rows);
    rows
}

fn survives<K: Canonical + PartialEq>(map: &FieldMap) -> Result<(), TestCaseError> {
    let record = K::from_fields(map).map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert_eq!(&record.to_fields(), map);
    let json = serde_json::to_string(map).unwrap();
    let read: FieldMap = serde_json::from_str(&json).unwrap();
    prop_assert_eq!(&read, map);
    prop_assert_eq!(serde_json::to_string(&read).unwrap(), json, "scales survive");
    prop_assert_eq!(&K::from_fields(&read).unwrap(), &record);
    Ok(())
}

macro_rules! round_trips {
    ($($name:ident: $kind:ident;)*) => { proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
        $(#[test]
        fn $name(map in fields_of(spec($kind::KIND))) {
            survives::<$kind>(&map)?;
        })*
    } };
}
round_trips! {
    an_organisation_survives: Organisation;
    a_person_survives: Person;
    a_project_survives: Project;
    an_item_survives: Item;
    an_order_survives: Order;
    an_invoice_survives: Invoice;
    a_payment_survives: Payment;
    a_stock_level_survives: StockLevel;
    a_price_survives: Price;
    a_ledger_entry_survives: LedgerEntry;
}

// ---- written by hand, so that the table and the conversions do not only agree with each other ----

#[test]
fn an_order_made_with_setters_stands_in_the_map_as_documented() {
    let buyer = StreamKey::new("starweb:se", "customers").id("7");
    let line = Line::new().key("1").kind(LineKind::Item).sku("A-1").quantity(2).unit_price(decimal("10.10"));
    let content = Content::new()
        .lines(vec![line.clone()])
        .currency("SEK")
        .billing(Address::new().city("Oslo").care_of(Field::Empty))
        .prices_include_vat(false);
    let order = Order::new()
        .number("1042")
        .stage(OrderStage::Order)
        .customer(buyer.clone())
        .fulfilment(Fulfilment::PartlyDelivered)
        .paid(100)
        .tracking(Tracking::new().number("P1"))
        .content(content);
    let fields = order.to_fields();

    assert_eq!(fields.text(Order::FULFILMENT), Some("partly_delivered"));
    assert_eq!(fields.text("content.billing.city".into()), Some("Oslo"));
    assert_eq!(fields.get("content.billing.care_of".into()), Some(&Value::Null));
    assert_eq!(fields.get("content.billing.street".into()), None);
    assert_eq!(fields.get(Order::PAID), Some(&Value::Decimal(Decimal::from(100))));
    assert_eq!(fields.get(Order::CUSTOMER), Some(&Value::Link(Link::External(buyer.clone()))));
    assert_eq!(fields.get("content.prices_include_vat".into()), Some(&Value::Bool(false)));
    let Some(Value::List(lines)) = fields.get("content.lines".into()) else { panic!("lines are a list") };
    let Value::Map(first) = &lines[0] else { panic!("a line is a map") };
    assert_eq!(first["unit_price"], Value::Decimal(decimal("10.10")));
    assert_eq!(first.len(), 5, "unknown fields of a line are not in it");

    let back = Order::from_fields(&fields).unwrap();
    assert_eq!(back, order);
    assert_eq!(back.number, "1042".into());
    assert_eq!(back.customer.value().and_then(LinkTo::external), Some(&buyer));
    let invoice = Invoice::new().content(back.content);
    assert_eq!(invoice.content.lines.value().map(|lines| lines[0].clone()), Some(line), "carried over as it is");
}

#[test]
fn three_states_survive_and_what_no_system_tells_apart_is_empty() {
    let organisation = Organisation::new().name("Nordic").email("").phone(None::<&str>);
    assert_eq!(organisation.email, Field::Empty);
    let map = organisation.to_fields();
    let states = [Organisation::NAME, Organisation::EMAIL, Organisation::MOBILE].map(|path| map.get(path).cloned());
    assert_eq!(states, [Some(Value::from("Nordic")), Some(Value::Null), None]);
    let back = Organisation::from_fields(&map).unwrap();
    assert!(back.name.is_set() && back.email.is_empty() && back.mobile.is_unknown());
    assert_eq!(back, organisation);

    let empty = Order::new().content(Content::new().lines(Lines::new())).to_fields();
    assert_eq!(empty.get("content.lines".into()), Some(&Value::Null));
}

#[test]
fn fields_help_their_reader() {
    let set = Field::from("x".to_owned());
    assert_eq!((set.as_deref(), set.value().map(String::len)), (Some("x"), Some(1)));
    assert_eq!(Field::Unknown.or(set.clone()), set);
    assert_eq!(Field::Empty.or(set.clone()), Field::Empty);
    assert_eq!(set.map(|text| text.len()), Field::Set(1));
    assert_eq!(Field::<i64>::from(None), Field::Empty);
    assert_eq!(Field::<Decimal>::from(5_i64), Field::Set(Decimal::from(5)));
    assert_eq!(Field::<String>::Empty.into_value(), None);
}

#[test]
fn extension_fields_are_left_to_the_map() {
    let map = Organisation::new().name("Nordic").to_fields().with("x.webcrm.custom_3", "42");
    assert_eq!(Organisation::from_fields(&map).unwrap(), Organisation::new().name("Nordic"));
}

#[test]
fn a_wrong_value_is_refused_with_its_path_and_what_is_allowed() {
    let refused = |path: &str, value: Value| {
        let error = Order::from_fields(&FieldMap::new().with(path, value)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        error.message().to_owned()
    };
    assert_eq!(
        refused("fulfilment", Value::from("sent")),
        "fulfilment: 'sent' is none of draft, open, picking, partly_delivered, delivered, cancelled"
    );
    assert_eq!(refused("ordered_on", Value::from("today")), "ordered_on: expected a date, found 'today'");
    assert_eq!(refused("customer", Value::Int(7)), "customer: expected a link to organisation, found 7");
    let lines = Value::List(vec![Value::Map([("quantity".to_owned(), Value::from("two"))].into())]);
    assert_eq!(
        refused("content.lines", lines),
        "content.lines: line 1: quantity: expected a decimal number, found 'two'"
    );
}

#[test]
fn a_whole_number_is_a_decimal() {
    let map = FieldMap::new().with("weight", Value::Int(3));
    assert_eq!(Item::from_fields(&map).unwrap().weight, 3.into());
}

#[test]
fn decimals_survive_json_with_their_scale() {
    for text in ["10.10", "0.1", "-1.05", "12345678901234567.89", "0.00", "79228162514264337593543950335"] {
        let map = Payment::new().paid(Money::of(decimal(text), "SEK")).to_fields();
        let json = serde_json::to_string(&map).unwrap();
        assert!(json.contains(&format!("\"{text}\"")), "{json}");
        let tree: serde_json::Value = serde_json::from_str(&json).unwrap();
        for read in [serde_json::from_str::<FieldMap>(&json).unwrap(), serde_json::from_value(tree).unwrap()] {
            let amount = Payment::from_fields(&read).unwrap().paid.amount;
            assert_eq!(amount.value().map(ToString::to_string).as_deref(), Some(text));
        }
    }
}

// ---- the path table ----

fn paths_of(kind: EntityKind) -> &'static [FieldPath] {
    match kind {
        EntityKind::Organisation => Organisation::PATHS,
        EntityKind::Person => Person::PATHS,
        EntityKind::Project => Project::PATHS,
        EntityKind::Item => Item::PATHS,
        EntityKind::Order => Order::PATHS,
        EntityKind::Invoice => Invoice::PATHS,
        EntityKind::Payment => Payment::PATHS,
        EntityKind::StockLevel => StockLevel::PATHS,
        EntityKind::Price => Price::PATHS,
        EntityKind::LedgerEntry => LedgerEntry::PATHS,
    }
}

#[test]
fn the_table_is_sorted_without_duplicates_and_holds_every_constant() {
    for kind in EntityKind::ALL {
        let rows = spec(kind);
        assert!(rows.windows(2).all(|pair| pair[0].path < pair[1].path), "{kind}");
        let tops: BTreeSet<&str> = rows.iter().map(|row| row.path.as_str().split('.').next().unwrap()).collect();
        let constants: BTreeSet<&str> = paths_of(kind).iter().map(|path| path.as_str()).collect();
        assert_eq!(tops, constants, "{kind}");
        for row in rows {
            assert_eq!(field(kind, row.path), Some(row));
            assert!(!row.path.is_extension(), "{}", row.path);
            assert!(row.group.is_none_or(|group| row.path.is_under(group)), "{}", row.path);
        }
    }
    assert_eq!(field(EntityKind::Order, "content".into()), None);
    assert_eq!(field(EntityKind::Order, "x.starweb.status".into()), None);
}

#[test]
fn names_keep_the_conventions() {
    for row in EntityKind::ALL.into_iter().flat_map(spec) {
        let leaf = row.path.as_str().rsplit('.').next().unwrap();
        assert_eq!(leaf.ends_with("_at"), row.ty == FieldType::Instant, "{}", row.path);
        let is_day = leaf.ends_with("_on") || leaf.starts_with("campaign_") && leaf != "campaign_amount";
        assert_eq!(is_day, row.ty == FieldType::Date, "{}", row.path);
        let is_statement = ["is_", "prices_include_", "includes_"].iter().any(|verb| leaf.starts_with(verb));
        assert_eq!(is_statement, row.ty == FieldType::Bool, "{}", row.path);
        assert!(leaf.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte == b'2'), "{}", row.path);
    }
}

#[test]
fn the_outermost_group_wins() {
    let order = |path: &str| group_of(EntityKind::Order, path.into()).map(FieldPath::as_str);
    assert_eq!(order("content.billing.city"), Some("content"));
    assert_eq!(order("content.billing"), Some("content"));
    assert_eq!(order("content.lines"), Some("content"));
    assert_eq!(order("content"), Some("content"));
    assert_eq!(order("tracking.number"), Some("tracking"));
    for alone in ["fulfilment", "invoicing", "payment", "paid", "number", "invoice_numbers", "x.a.b", "nothing"] {
        assert_eq!(order(alone), None, "{alone}");
    }
    let organisation = |path: FieldPath| group_of(EntityKind::Organisation, path);
    assert_eq!(organisation(Organisation::BILLING.join("city")), Some(Organisation::BILLING));
    assert_eq!(organisation(Organisation::CREDIT_LIMIT.join("amount")), Some(Organisation::CREDIT_LIMIT));
    assert_eq!(organisation(Organisation::STATISTICS.join("balance")), None);
    assert_eq!(organisation(Organisation::STATISTICS), None);
}

#[test]
fn the_table_tells_type_form_and_words() {
    let row = |kind, path: &str| field(kind, path.into()).unwrap();
    use crate::value::NormalForm;
    assert_eq!(row(EntityKind::Organisation, "billing.postal_code").form, NormalForm::PostalCode);
    assert_eq!(row(EntityKind::Organisation, "email").form, NormalForm::Email);
    assert_eq!(row(EntityKind::Order, "customer").ty, FieldType::Link(EntityKind::Organisation));
    assert_eq!(row(EntityKind::Invoice, "credits").ty, FieldType::Link(EntityKind::Invoice));
    assert_eq!(row(EntityKind::Order, "content.lines").ty, FieldType::Lines);
    assert_eq!(row(EntityKind::Order, "fulfilment").words, Fulfilment::WORDS);
    assert_eq!(row(EntityKind::Order, "number").words, []);
    let content = |kind| -> Vec<_> { spec(kind).iter().filter(|row| row.path.is_under(Order::CONTENT)).collect() };
    assert_eq!(content(EntityKind::Order), content(EntityKind::Invoice), "carried over as it is");
}

// ---- status ----

#[test]
fn ends_match_only_themselves() {
    use Fulfilment::*;
    assert!(Delivered >= Picking && Picking >= Picking && Draft < Open);
    for step in [Draft, Open, Picking, PartlyDelivered, Delivered] {
        assert_eq!((Cancelled.partial_cmp(&step), step.partial_cmp(&Cancelled)), (None, None), "{step}");
        assert!(step.may_become(Cancelled) && !Cancelled.may_become(step), "{step}");
        assert!(!step.is_end());
    }
    assert!(Cancelled.is_end() && Cancelled >= Cancelled && Cancelled.may_become(Cancelled));
    assert!(Open.may_become(Delivered) && !Delivered.may_become(Open) && Open.may_become(Open));
    assert_eq!((Draft.rank(), Delivered.rank(), Cancelled.rank()), (Some(0), Some(4), None));
    assert!(Invoicing::Credited.is_end() && PaymentState::Refunded.is_end() && !PaymentState::Paid.is_end());

    let row = field(EntityKind::Order, Order::FULFILMENT).unwrap();
    assert!(row.compare("delivered", "open").is_some_and(|order| order.is_ge()));
    assert_eq!(row.compare("cancelled", "open"), None);
    assert_eq!(row.compare("sent", "open"), None);
    assert_eq!(row.compare("sent", "sent"), None);
    assert!(row.is_forward("open", "cancelled") && !row.is_forward("delivered", "picking"));
}

#[test]
fn words_without_order_do_not_compare() {
    let row = field(EntityKind::Organisation, Organisation::PARTY).unwrap();
    assert_eq!(row.compare("company", "private"), None);
    assert_eq!(row.compare("company", "company"), Some(std::cmp::Ordering::Equal));
}

#[test]
fn every_word_is_read_back() {
    for word in Fulfilment::WORDS {
        assert_eq!(word.name.parse::<Fulfilment>().unwrap().to_string(), word.name);
    }
    assert_eq!(
        "card".parse::<PaymentState>(),
        Err("'card' is none of unpaid, authorised, partly_paid, paid, refunded".into())
    );
}
