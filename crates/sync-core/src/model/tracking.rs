use super::declare::fields;
use super::field::Field;

fields! {
    /// Where a parcel is to be found. It is decided as one value.
    pub struct Tracking {
        /// Code of the carrier.
        carrier: Field<String>,
        /// Number of the parcel, in the carrier's form.
        number: Field<String> as Number,
        /// Address of the page that shows it.
        url: Field<String>,
    }
}
