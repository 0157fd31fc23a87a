use super::Organisation;
use super::declare::fields;
use super::field::{Canonical, Field};
use super::link::LinkTo;
use crate::EntityKind;

fields! {
    /// A contact person under an organisation.
    pub struct Person {
        /// The organisation.
        organisation: Field<LinkTo<Organisation>>,
        /// Number of the person.
        number: Field<String> as Number,
        /// Whole name, first name first. A system that keeps parts fills this too.
        name: Field<String> as Name,
        /// First name, and middle names.
        first_name: Field<String> as Name,
        /// Last name.
        last_name: Field<String> as Name,
        /// Title or position.
        title: Field<String>,
        /// E-mail address.
        email: Field<String> as Email,
        /// Telephone.
        phone: Field<String> as Phone,
        /// Mobile telephone.
        mobile: Field<String> as Phone,
        /// The one contact that a system with room for one shows.
        is_primary: Field<bool>,
        /// The person is still there.
        is_active: Field<bool>,
        /// Language, ISO 639-1: `sv`.
        language: Field<String>,
        /// Note for the house.
        note: Field<String>,
    }
}
impl Canonical for Person {
    const KIND: EntityKind = EntityKind::Person;
}
