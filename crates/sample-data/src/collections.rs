//! What a system's files hold.

use std::collections::BTreeMap;

use serde_json::Value;

/// Records by collection; each collection is a file.
pub(crate) type Collections = BTreeMap<&'static str, Vec<Value>>;
