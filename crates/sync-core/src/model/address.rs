use super::declare::fields;
use super::field::Field;

fields! {
    /// A postal address. It is decided as one value: half of each side's is an address that nobody wrote.
    pub struct Address {
        /// Who lives there, if not the record's own name.
        name: Field<String> as Name,
        /// The person at the addressee for whom it is.
        attention: Field<String> as Name,
        /// Whose letter box it is, if not the addressee's own.
        care_of: Field<String> as Name,
        /// Street and number, or box.
        street: Field<String> as Name,
        /// What does not fit on the first line: entrance, floor, building.
        street_2: Field<String> as Name,
        /// Postal code, as written in its country.
        postal_code: Field<String> as PostalCode,
        /// City or post town.
        city: Field<String> as Name,
        /// State, province or county, where a country's addresses have it.
        region: Field<String> as Name,
        /// Country, ISO 3166-1 alpha-2: `SE`.
        country: Field<String> as Country,
        /// Number that a carrier may call.
        phone: Field<String> as Phone,
    }
}
