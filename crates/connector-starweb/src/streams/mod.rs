//! One module for each resource, and what they share.

mod address;
pub(crate) mod customers;
pub(crate) mod orders;
pub(crate) mod products;
mod walk;

use serde_json::{Map, Value as Json};
use sync_core::{
    FieldMap, FieldPath,
    capability::{FieldCapability, StreamCapability},
    handler::extras,
};

/// The vendor, in names of own fields.
const VENDOR: &str = "starweb";

/// Own fields: the vendor's name, and ours in `x.starweb.<name>`.
type Own = [(&'static str, &'static str)];

/// The scalars of a record that are own fields.
fn own_fields(all: &Map<String, Json>, own: &Own) -> FieldMap {
    let ours = own.iter().filter_map(|(theirs, ours)| Some(((*ours).to_owned(), all.get(*theirs)?.clone()))).collect();
    extras(VENDOR, &ours, own.iter().map(|(_, ours)| *ours))
}

/// Declares fields that can be read only.
fn reads(can: &mut StreamCapability, paths: impl IntoIterator<Item = FieldPath>) {
    can.fields.extend(paths.into_iter().map(|path| (path, FieldCapability::read_only())));
}

fn own_paths(own: &Own) -> impl Iterator<Item = FieldPath> {
    own.iter().map(|(_, ours)| FieldPath::new(&format!("x.{VENDOR}.{ours}")))
}
