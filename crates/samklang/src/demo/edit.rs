//! Edits that people make in the one system or the other, and how to see in the other one that they arrived.

use serde_json::Value;

use super::{stage::Stage, states::States};
use crate::fail::Failure;

/// One edit that was made; it is looked for in what the systems hold, `S`.
pub(super) struct Edit<S = States> {
    /// What was done, for people.
    pub(super) what: String,
    /// What is to come of it, for people.
    pub(super) becomes: String,
    /// Whether it did.
    arrived: Box<dyn Fn(&S) -> bool>,
}

impl<S> Edit<S> {
    /// An edit that was made, what is to come of it, and how to see that.
    pub(super) fn new(
        what: impl Into<String>,
        becomes: impl Into<String>,
        arrived: impl Fn(&S) -> bool + 'static,
    ) -> Self {
        Self { what: what.into(), becomes: becomes.into(), arrived: Box::new(arrived) }
    }
    /// Whether what was to come of it can be seen.
    pub(super) fn has_arrived(&self, states: &S) -> bool {
        (self.arrived)(states)
    }
}

impl Stage {
    /// Does what a person does in the shop's own screens.
    ///
    /// # Errors
    /// The shop would not let them.
    pub(super) fn in_shop(&self, act: Value) -> Result<Value, Failure> {
        self.shop.act(act).map_err(|refused| Failure::stopped(format!("the edit in the shop was refused: {refused}")))
    }
    /// The same in the second shop, where there is one.
    ///
    /// # Errors
    /// The shop would not let them.
    pub(super) fn in_second(&self, act: Value) -> Result<Value, Failure> {
        let second = self.second.as_ref().ok_or_else(|| nothing_for("edit in a second shop"))?;
        second.act(act).map_err(|refused| Failure::stopped(format!("the edit in the shop was refused: {refused}")))
    }
    /// Does what a person does in the ERP's own screens.
    ///
    /// # Errors
    /// The ERP would not let them.
    pub(super) fn in_erp(&self, act: Value) -> Result<Value, Failure> {
        self.erp.act(act).map_err(|refused| Failure::stopped(format!("the edit in the ERP was refused: {refused}")))
    }
}

/// Nothing fits an edit: the sample data is not what it should be, or nothing arrived before.
pub(super) fn nothing_for(what: &str) -> Failure {
    Failure::stopped(format!("there is no record to {what}: see what was held above"))
}
