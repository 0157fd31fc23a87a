//! Orders become invoices; nothing else can be done with either.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;
use sync_core::{
    Context, EntityKind, FieldMap, Result, StreamId,
    capability::{FieldCapability, StreamCapability},
    connector::Write,
    handler::{Answer, Head, Shown, StreamHandler},
    model::{Invoice, Order},
};

use super::{Answers, Vendor};

#[derive(Debug)]
pub(crate) struct Orders(pub(crate) Vendor);

#[derive(Deserialize)]
pub(crate) struct Numbered {
    no: u64,
}

impl StreamHandler for Orders {
    type Row = Numbered;
    type Read = Numbered;
    type Body = ();

    fn stream(&self) -> StreamId {
        "order".into()
    }
    fn capability(&self) -> StreamCapability {
        let mut can = StreamCapability::new(EntityKind::Order);
        can.acts = ["convert".to_owned()].into();
        can.fields = [(Order::NUMBER, FieldCapability::read_only())].into();
        can
    }
    fn row_id(&self, row: &Numbered) -> String {
        row.no.to_string()
    }
    fn head(&self, _: &Numbered) -> Head {
        Head::default()
    }
    /// Faulty on purpose: a stream of another handler, and no host.
    fn decode(&self, read: &Numbered) -> Result<Vec<Shown>> {
        Ok(match read.no {
            404 => vec![],
            500 => vec![Shown::of("invoice", &Order::new())],
            501 => vec![Shown::of("order", &Order::new()), Shown::of("order", &Order::new())],
            no => vec![Shown::of("order", &Order::new().number(no.to_string()))],
        })
    }
    async fn act(&self, _: &Context, id: &str, act: &str, _: &FieldMap, _: &Write) -> Result<Answer> {
        self.0.ask(format!("{act} order {id}"))?;
        self.0.seed("invoice", "9", r#"{"no":9}"#);
        Ok(match self.0.set(|state| state.answers) {
            Answers::Row => Answer::row(RawValue::from_string(r#"{"no":9}"#.to_owned()).unwrap()),
            Answers::Id => Answer::id("9"),
            Answers::Nothing => Answer::done(),
        }
        .moved_to("invoice"))
    }
}

#[derive(Debug)]
pub(crate) struct Invoices(pub(crate) Vendor);

impl StreamHandler for Invoices {
    type Row = Numbered;
    type Read = Numbered;
    type Body = ();

    fn stream(&self) -> StreamId {
        "invoice".into()
    }
    fn capability(&self) -> StreamCapability {
        let mut can = StreamCapability::new(EntityKind::Invoice);
        can.get_max = 1;
        can
    }
    fn row_id(&self, row: &Numbered) -> String {
        row.no.to_string()
    }
    fn head(&self, _: &Numbered) -> Head {
        Head::default()
    }
    fn decode(&self, read: &Numbered) -> Result<Vec<Shown>> {
        Ok(vec![Shown::of("invoice", &Invoice::new().number(read.no.to_string()))])
    }
    async fn get(&self, _: &Context, ids: &[Arc<str>]) -> Result<Vec<Box<RawValue>>> {
        self.0.ask(format!("get invoice {}", ids.join(" ")))?;
        Ok(self.0.some("invoice", ids))
    }
}
