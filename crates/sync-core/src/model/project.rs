use chrono::NaiveDate;

use super::declare::fields;
use super::field::{Canonical, Field};
use super::link::LinkTo;
use super::{Organisation, Person};
use crate::EntityKind;

fields! {
    /// A project that documents and ledger entries point to.
    pub struct Project {
        /// Number.
        number: Field<String> as Number,
        /// Name.
        name: Field<String> as Name,
        /// What it is about.
        description: Field<String>,
        /// For whom it is.
        customer: Field<LinkTo<Organisation>>,
        /// The customer's contact.
        contact: Field<LinkTo<Person>>,
        /// The project that it is a part of.
        parent: Field<LinkTo<Project>>,
        /// Code of the person in the house who leads it.
        manager: Field<String>,
        /// Code of the type.
        category: Field<String>,
        /// Code of the status.
        status: Field<String>,
        /// It is over.
        is_finished: Field<bool>,
        /// First day.
        starts_on: Field<NaiveDate>,
        /// Last day, planned or real.
        ends_on: Field<NaiveDate>,
        /// Note for the house.
        note: Field<String>,
    }
}
impl Canonical for Project {
    const KIND: EntityKind = EntityKind::Project;
}
