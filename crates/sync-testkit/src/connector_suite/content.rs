//! C-80 and C-81: amounts and days.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::Value as Json;
use sync_core::{
    ErrorKind, FieldMap, StreamId, Value,
    capability::{FieldCapability, StreamCapability, UpdateMode},
    connector::Item,
    model::{self, FieldType},
};

use super::{
    Check,
    bench::{Bench, Stream, part},
    report::{Outcome, Wrong, sure},
    system::readable,
    values,
};

pub(super) const CHECKS: &[Check] = &[
    Check::of_stream("C-80", "decimals", "amounts survive both ways, to the last digit", readable, |b, s| {
        Box::pin(amounts(b, s))
    }),
    Check::of_stream("C-81", "dates", "a plain date stays that date", readable, |b, s| Box::pin(days(b, s))),
];

fn of_type(can: &StreamCapability, ty: FieldType) -> impl Iterator<Item = (sync_core::FieldPath, &FieldCapability)> {
    let is = move |path| model::field(can.kind, path).is_some_and(|spec| spec.ty == ty);
    can.fields.iter().map(|(path, field)| (*path, field)).filter(move |(path, _)| is(*path))
}

/// Writes a value where it can be changed; what is shown then, or why it was refused.
async fn through(
    bench: &Bench,
    stream: &Stream,
    id: &str,
    at: &StreamId,
    path: sync_core::FieldPath,
    value: Value,
) -> Result<Result<Option<Value>, ErrorKind>, Wrong> {
    let change = part(at, &FieldMap::new().with(path, value));
    match bench.write(bench.update(stream, id, vec![change]).await?).await {
        Ok(_) => Ok(Ok(bench.shown(&bench.look(stream, id).await?, at)?.get(path).cloned())),
        Err(error) => Ok(Err(error.kind())),
    }
}

async fn amounts(bench: &Bench, stream: &Stream) -> Outcome {
    let id = bench.seed_one(stream).await?;
    let exact: Decimal = "12345678901234567.89".parse().map_err(Wrong::new)?;
    let changes = stream.can.update != UpdateMode::None;
    for (at, can) in stream.parts().filter(|_| changes) {
        let free = |path| !bench.fixture.has_form(at, path);
        let amounts = of_type(can, FieldType::Decimal).filter(|(path, field)| field.write_on_update && free(*path));
        for (path, field) in amounts {
            let place = format!("{at}/{path}");
            for (text, may_be_refused) in
                [("10.10", false), ("0.1", false), ("-1.05", true), ("12345678901234567.89", true)]
            {
                let amount: Decimal = text.parse().map_err(Wrong::new)?;
                let value = Value::Decimal(amount);
                match through(bench, stream, &id, at, path, value.clone()).await? {
                    Ok(shown) => {
                        if let Err(Wrong(what)) = values::kept(bench, at, can, path, &value, shown.as_ref()) {
                            bench.note(&place, what);
                        }
                    }
                    Err(ErrorKind::Invalid) if may_be_refused || field.exact => {}
                    Err(kind) => bench.note(&place, format!("{text} gives {kind:?}")),
                }
            }
        }
    }
    let item = bench.look(stream, &id).await?;
    read_exactly(bench, &item, exact)
}

/// Each number of the wire record in turn is one that no float can hold: what is shown of it is that one.
fn read_exactly(bench: &Bench, item: &Item, exact: Decimal) -> Outcome {
    let whole: Json = serde_json::from_str(&item.raw).map_err(Wrong::new)?;
    let number: Json = serde_json::from_str(&exact.to_string()).map_err(Wrong::new)?;
    let numbers = values::leaves(&item.raw, &[])?;
    for at in numbers.iter().filter(|(_, leaf)| leaf.is_number()).map(|(at, _)| at) {
        let mut record = whole.clone();
        let Some(place) = record.pointer_mut(at) else { continue };
        *place = number.clone();
        let Ok(records) = bench.connector.decode(&Item { raw: record.to_string().into(), ..item.clone() }) else {
            continue;
        };
        for record in records {
            for (path, value) in record.fields.iter() {
                let Some(shown) = value.as_decimal().filter(|shown| *shown != exact) else { continue };
                // other digits of the same size: it went through a float, or was rounded on the way
                let close = (shown - exact).abs() < Decimal::ONE_HUNDRED;
                sure(!close, || format!("{at} is {exact} on the wire, and '{path}' shows {shown}"))?;
            }
        }
    }
    Ok(())
}

async fn days(bench: &Bench, stream: &Stream) -> Outcome {
    let id = bench.seed_one(stream).await?;
    for (at, can) in stream.parts() {
        let changes = stream.can.update != UpdateMode::None;
        let days = of_type(can, FieldType::Date).filter(|(_, field)| changes && field.write_on_update && field.read);
        for (path, _) in days {
            // days on which clocks change, the last of a year, a leap day
            for (year, month, day) in [(2026, 3, 29), (2026, 10, 25), (2026, 12, 31), (2028, 2, 29)] {
                let Some(date) = NaiveDate::from_ymd_opt(year, month, day) else { continue };
                match through(bench, stream, &id, at, path, Value::Date(date)).await? {
                    Ok(Some(Value::Date(shown))) if shown == date => {}
                    other => bench.note(format!("{at}/{path}"), format!("{date} became {other:?}")),
                }
            }
        }
        // and what users typed: the date that stands on the wire is the one that is shown
        let item = bench.look(stream, &id).await?;
        let raw = item.raw.clone();
        for (path, _) in of_type(can, FieldType::Date).filter(|(_, field)| field.read) {
            if let Some(Value::Date(date)) = bench.shown(&item, at)?.get(path) {
                sure(raw.contains(&date.to_string()), || {
                    format!("'{path}' shows {date}, a day that the record does not name")
                })?;
            }
        }
    }
    Ok(())
}
