//! C-55 and C-90 to C-94: documents, steps, payments, webhooks.

use rust_decimal::Decimal;
use sync_core::{
    Canonical, ErrorKind, FieldMap, FieldPath, Record, Value,
    capability::{StreamCapability, UpdateMode},
    connector::{Action, Write},
    model::{Content, Invoice, Line, LineKind, Lines},
};

use super::{
    Check,
    bench::{Bench, Stream, part},
    fixture::StepCase,
    report::{Outcome, Wrong, sure},
    values,
};

fn documents(can: &StreamCapability) -> bool {
    can.document.is_some() && can.create
}

pub(super) const CHECKS: &[Check] = &[
    Check::of_stream(
        "C-55",
        "lines",
        "keys of lines are stable, and two equal changes double none",
        |can| documents(can) && can.update != UpdateMode::None,
        |b, s| Box::pin(lines(b, s)),
    ),
    Check::of_stream(
        "C-90",
        "acts",
        "each step works where it may, moves as declared, and is Invalid elsewhere",
        |can| !can.acts.is_empty(),
        |b, s| Box::pin(steps(b, s)),
    ),
    Check::of_system("C-91", "webhooks", "a forged call is refused, a true one names records and gives no data", |b| {
        Box::pin(hints(b))
    }),
    Check::of_stream(
        "C-92",
        "document.pays",
        "a payment shows in what is settled, by its amount",
        |can| can.document.as_ref().is_some_and(|d| d.pays.is_some()),
        |b, s| Box::pin(pays(b, s)),
    ),
    Check::of_stream(
        "C-93",
        "document.arithmetic",
        "totals are the sum of the rows, as the arithmetic says",
        documents,
        |b, s| Box::pin(totals(b, s)),
    ),
    Check::of_stream(
        "C-94",
        "document.lines, names_items",
        "every leaf that is declared is kept; a row with money names an item if that is claimed",
        documents,
        |b, s| Box::pin(leaves(b, s)),
    ),
];

const LINES: FieldPath = FieldPath::from_static("content.lines");

fn content(record: &Record) -> Result<Content, Wrong> {
    Ok(sync_core::model::Order::from_fields(
        &record.fields.filter(|path| path.is_under(FieldPath::from_static("content"))),
    )?
    .content)
}
fn keys(record: &Record) -> Result<Vec<Option<String>>, Wrong> {
    let lines = content(record)?.lines.into_value().unwrap_or_default();
    Ok(lines.into_iter().map(|line| line.key.into_value()).collect())
}

async fn lines(bench: &Bench, stream: &Stream) -> Outcome {
    let (made, sample) = bench.make(stream).await?;
    let id = made.reference.id;
    let first = bench.host(&bench.look(stream, &id).await?)?;
    let before = keys(&first)?;
    let distinct: std::collections::BTreeSet<_> = before.iter().collect();
    sure(!before.is_empty() && distinct.len() == before.len() && !before.contains(&None), || {
        format!("keys of lines: {before:?}")
    })?;
    let again = keys(&bench.host(&bench.look(stream, &id).await?)?)?;
    sure(before == again, || format!("read twice, the keys of lines are {before:?} and {again:?}"))?;
    let sent = sample.iter().find(|(part, _)| *part == stream.id).and_then(|(_, fields)| fields.get(LINES).cloned());
    let Some(sent) = sent.filter(|_| stream.can.fields.get(&LINES).is_some_and(|field| field.write_on_update)) else {
        return Ok(());
    };
    for turn in 1..3 {
        let change = part(&stream.id, &FieldMap::new().with(LINES, sent.clone()));
        bench.write(bench.update(stream, &id, vec![change]).await?).await?;
        let now = bench.host(&bench.look(stream, &id).await?)?;
        let count = keys(&now)?.len();
        sure(count == before.len(), || {
            format!("{} lines were sent in change {turn}, and {count} are there", before.len())
        })?;
        sure(content(&now)?.gross == content(&first)?.gross, || "the same lines again have another total".to_owned())?;
    }
    Ok(())
}

async fn steps(bench: &Bench, stream: &Stream) -> Outcome {
    let cases = bench.fixture.steps(&stream.id).await;
    let declared = stream.can.document.clone().unwrap_or_default();
    for act in &stream.can.acts {
        let Some(case) = cases.iter().find(|case| case.act == *act) else {
            bench.note(format!("{}/{act}", stream.id), "the fixture has no record to take this step with");
            continue;
        };
        if let Err(Wrong(what)) = step(bench, stream, case, declared.steps.iter().find(|step| step.act == *act)).await {
            bench.note(format!("{}/{act}", stream.id), what);
        }
    }
    Ok(())
}

fn act(bench: &Bench, stream: &Stream, id: &str, case: &StepCase) -> Write {
    bench.plain(&stream.id, Action::Act { id: id.into(), act: case.act.clone(), with: case.with.clone() })
}

async fn step(
    bench: &Bench,
    stream: &Stream,
    case: &StepCase,
    declared: Option<&sync_core::capability::Step>,
) -> Outcome {
    let before = bench.host(&bench.look(stream, &case.ready).await?)?;
    let axis = FieldPath::from_static(if stream.can.kind.name() == "order" { "fulfilment" } else { "stage" });
    if let Some(step) = declared {
        let word = before.fields.text(axis);
        sure(word == Some(step.from.as_str()), || format!("it starts from {}, and the record is {word:?}", step.from))?;
    }
    let done = bench.write(act(bench, stream, &case.ready, case)).await?;
    let moved = declared.and_then(|step| step.moves_to.clone());
    let there = done.reference.at.stream.clone();
    sure(declared.is_none() || there == moved.clone().unwrap_or(stream.id.clone()), || {
        format!("it is in '{there}' afterwards, and should be in {moved:?}")
    })?;
    let target = bench.streams().into_iter().find(|known| known.id == there);
    let target = target.ok_or_else(|| Wrong(format!("it is in '{there}' afterwards, which is no stream")))?;
    let after = bench.host(&bench.look(&target, &done.reference.id).await?)?;
    let mut expected = case.shows.clone();
    if let Some(step) = declared {
        expected.set(axis, step.to.as_str());
    }
    let other = |(path, value): &(FieldPath, &Value)| after.fields.get(*path) != Some(*value);
    if let Some((path, value)) = expected.iter().find(other) {
        return Err(Wrong(format!("afterwards '{path}' is {}, not {value}", values::shown(after.fields.get(path)))));
    }
    sure(after.fields != before.fields || there != stream.id, || "it was taken, and nothing shows it".to_owned())?;
    let Some(unready) = &case.unready else { return Ok(()) };
    let as_it_was = bench.look(stream, unready).await?;
    let refused = bench.write(act(bench, stream, unready, case)).await.map(drop).map_err(|error| error.kind());
    sure(refused == Err(ErrorKind::Invalid), || format!("from another state it is {refused:?}, not Invalid"))?;
    let now = bench.look(stream, unready).await?;
    sure(bench.decode(&as_it_was)? == bench.decode(&now)?, || "it was refused, and changed something".to_owned())
}

async fn hints(bench: &Bench) -> Outcome {
    let Some(case) = bench.fixture.hook().await else {
        let answer = bench.connector.hints(&[], b"{}").map_err(|error| error.kind());
        // a connector that reads webhooks needs a fixture that has one
        return sure(answer == Err(ErrorKind::Unsupported), || {
            format!("the fixture has no webhook, and one is {answer:?}")
        });
    };
    let hear = async |headers: &[(String, String)], body: &[u8]| {
        bench.silent("a webhook", async { bench.connector.hints(headers, body) }).await
    };
    let named = hear(&case.headers, &case.body).await??;
    sure(named == case.names, || format!("it is about {:?}, and names {named:?}", case.names))?;
    let (headers, body) = &case.forged;
    let forged = hear(headers, body).await?.map_err(|error| error.kind());
    sure(forged == Err(ErrorKind::Auth), || format!("a forged call is {forged:?}, not Auth"))?;
    for body in [&b""[..], b"null", b"[]", b"\xff\xfe", b"{\"unexpected\":1}"] {
        let answer = hear(&case.headers, body).await?.map_err(|error| error.kind());
        let fine = matches!(answer, Err(ErrorKind::Auth | ErrorKind::Invalid | ErrorKind::Protocol))
            || answer.as_ref().is_ok_and(Vec::is_empty);
        sure(fine, || format!("a call without sense is {answer:?}"))?;
    }
    Ok(())
}

async fn pays(bench: &Bench, stream: &Stream) -> Outcome {
    let pays = stream.can.document.as_ref().and_then(|document| document.pays.clone()).unwrap_or_default();
    let settled = stream.can.fields.get(&Invoice::SETTLED);
    sure(settled.is_some_and(|field| field.read && field.write_on_update), || {
        "payments can be registered, and what is settled is not declared to be written".to_owned()
    })?;
    let cases = bench.fixture.steps(&stream.id).await;
    let case = cases.iter().find(|case| case.act == pays);
    let case = case.ok_or_else(|| Wrong(format!("the fixture has no record to '{pays}' with")))?;
    let amount =
        case.with.iter().find_map(|(path, value)| value.as_decimal().filter(|_| path.as_str().ends_with("amount")));
    let amount = amount.ok_or_else(|| Wrong::new("the payment has no amount"))?;
    let now = async || -> Result<Decimal, Wrong> {
        let shown = bench.shown(&bench.look(stream, &case.ready).await?, &stream.id)?;
        Ok(shown.get(Invoice::SETTLED).and_then(Value::as_decimal).unwrap_or_default())
    };
    let before = now().await?;
    bench.write(self::act(bench, stream, &case.ready, case)).await?;
    let after = now().await?;
    sure(after - before == amount, || format!("{amount} was paid, and settled went from {before} to {after}"))
}

async fn totals(bench: &Bench, stream: &Stream) -> Outcome {
    let (made, _) = bench.make(stream).await?;
    let record = bench.host(&bench.look(stream, &made.reference.id).await?)?;
    let content = content(&record)?;
    let (net, vat, gross) = (content.net.into_value(), content.vat.into_value(), content.gross.into_value());
    let (Some(net), Some(vat), Some(gross)) = (net, vat, gross) else {
        return Err(Wrong(format!(
            "a document shows net {net:?}, VAT {vat:?}, gross {gross:?}: they cannot be compared"
        )));
    };
    let rounding = content.rounding.into_value().unwrap_or_default();
    sure(net + vat + rounding == gross, || format!("net {net}, VAT {vat}, rounding {rounding} are not {gross}"))?;
    let lines = content.lines.into_value().unwrap_or_default();
    let with_vat = content.prices_include_vat.into_value().unwrap_or_default();
    let mut sum = Decimal::ZERO;
    for line in lines.iter().filter(|line| line.kind.value() != Some(&LineKind::Text)) {
        sum += value_of(line);
    }
    let expected = if with_vat { gross - rounding } else { net };
    // each row is rounded to the smallest unit by the vendor
    let count = Decimal::from(lines.iter().count());
    let off = (sum - expected).abs();
    sure(off <= Decimal::new(1, 2) * count, || format!("the rows come to {sum}, and the document to {expected}"))
}

/// What a row comes to by its quantity, price and discount.
fn value_of(line: &Line) -> Decimal {
    let quantity = line.quantity.value().copied().unwrap_or(Decimal::ONE);
    let price = line.unit_price.value().copied().unwrap_or_default();
    let percent = line.discount_percent.value().copied().unwrap_or_default();
    let amount = line.discount_amount.value().copied().unwrap_or_default();
    quantity * price * (Decimal::ONE_HUNDRED - percent) / Decimal::ONE_HUNDRED - amount
}

async fn leaves(bench: &Bench, stream: &Stream) -> Outcome {
    let document = stream.can.document.clone().unwrap_or_default();
    let sample = bench.sample(stream).await?;
    let fields =
        sample.iter().find(|(part, _)| *part == stream.id).map(|(_, fields)| fields.clone()).unwrap_or_default();
    let given = FieldMap::new().with(LINES, fields.get(LINES).cloned().unwrap_or(Value::Null));
    let sent = sync_core::model::Order::from_fields(&given)?.content.lines.into_value().unwrap_or_default();
    for leaf in &document.lines {
        let used = matches!(fields.get(LINES), Some(Value::List(lines)) if lines.iter().any(|line| matches!(line, Value::Map(line) if line.contains_key(leaf.as_str()))));
        if !used {
            bench.note(format!("{}/lines.{leaf}", stream.id), "no line of the sample has this leaf");
        }
    }
    let made = bench.write(bench.create(&stream.id, &sample)).await?;
    let shown = bench.shown(&bench.look(stream, &made.reference.id).await?, &stream.id)?;
    if let Some(wanted) = fields.get(LINES) {
        values::kept(bench, &stream.id, &stream.can, LINES, wanted, shown.get(LINES))?;
    }
    let nameless = |line: Line| match line.kind.value() {
        Some(LineKind::Text) => line,
        _ => line.item(sync_core::Field::Unknown).sku(sync_core::Field::Unknown),
    };
    if !document.names_items {
        return Ok(());
    }
    let without: Lines<Line> = sent.into_iter().map(nameless).collect();
    let mut sample = sample;
    for (_, fields) in sample.iter_mut().filter(|(part, _)| *part == stream.id) {
        fields.overlay(&sync_core::model::Order::new().content(Content::new().lines(without.clone())).to_fields());
    }
    let answer = bench.write(bench.create(&stream.id, &sample)).await.map(drop).map_err(|error| error.kind());
    sure(answer == Err(ErrorKind::Invalid), || {
        format!("rows with money name items, it is said, and one without is {answer:?}")
    })
}
