//! Hooks: nothing happens by default, and one can be called through a `dyn`.

use std::collections::BTreeSet;

use sync_core::{
    EntityName, FieldMap, FieldPath, Result, StreamKey, SystemId,
    connector::Written,
    hook::{Hook, Outbound, Place, Verdict},
    mapping::Problems,
};

#[derive(Debug)]
struct Idle;
impl Hook for Idle {}

#[derive(Debug)]
struct Upper;
impl Hook for Upper {
    fn before_write(&self, at: &Place<'_>, write: &Outbound<'_>) -> Result<Verdict> {
        let name = FieldPath::new("name");
        Ok(match write.fields.text(name) {
            Some(text) if write.changed.contains(&name) && at.reference.is_none() => {
                Verdict::Change(FieldMap::new().with(name, text.to_uppercase()))
            }
            _ => Verdict::Keep,
        })
    }
}

#[test]
fn defaults_change_nothing_and_a_verdict_comes_through() {
    let (system, entity) = (SystemId::new("toy:a"), EntityName::new("articles"));
    let reference = StreamKey::new("toy:a", "article").id("A1");
    let at = Place::new(&system, &entity);
    let fields = FieldMap::new().with("name", "lamp");
    let changed = BTreeSet::from([FieldPath::new("name")]);
    let out = Outbound::new(true, &fields, &changed);
    let hooks: [&dyn Hook; 2] = [&Idle, &Upper];
    let verdicts = hooks.map(|hook| hook.before_write(&at, &out).unwrap());
    assert_eq!(verdicts, [Verdict::Keep, Verdict::Change(FieldMap::new().with("name", "LAMP"))]);
    assert_eq!(Upper.before_write(&at.called(&reference), &out).unwrap(), Verdict::Keep);

    let (mut seen, mut problems) = (fields.clone(), Problems::default());
    Idle.before_decide(&at, &mut seen, &mut problems).unwrap();
    assert_eq!((seen, problems), (fields, Problems::default()));
    Idle.after_write(&at, &Written { reference: reference.clone(), item: None, as_sent: false });
}
