//! What people can map: every field of a stream, by its name here, the vendor's name, and what the system's users call it.

use std::collections::BTreeMap;

use sync_core::{FieldPath, capability::StreamCapability};

use crate::codes::{Choice, Lists};

/// One field of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Described {
    /// Its name in mapping rows: `x.webcrm.custom_3`.
    pub path: FieldPath,
    /// The vendor's name: `OrganisationCustom3`; empty where several fields of the vendor's make it.
    pub key: String,
    /// What users of this system call it; empty if it does not tell.
    pub label: String,
    /// What it holds, by the vendor's short word (see [`FieldInfo::kind`](crate::FieldInfo)); empty if it does not tell.
    pub kind: String,
    /// Characters that it holds, if told.
    pub max_len: Option<u32>,
    /// A new record must have it.
    pub required: bool,
    /// It can be given when a record is made.
    pub on_create: bool,
    /// It can be changed later. What is neither is only read.
    pub on_update: bool,
    /// What can be chosen, in the system's order, the entry that stands for nothing left out; nothing for what is no list.
    pub choices: Vec<Choice>,
}

/// Every field of a stream, by our names.
pub(crate) fn described(can: &StreamCapability, keys: &BTreeMap<FieldPath, String>, lists: &Lists) -> Vec<Described> {
    let one = |(path, field): (&FieldPath, &sync_core::capability::FieldCapability)| {
        let key = keys.get(path).cloned().unwrap_or_default();
        let info = lists.fields.get(&key).cloned().unwrap_or_default();
        let empty = lists.placeholder(&key);
        let listed: Vec<Choice> =
            info.choices.into_iter().filter(|choice| Some(choice.text.as_str()) != empty).collect();
        let words = || field.one_of.iter().flatten().map(|word| Choice { text: word.clone(), value: word.clone() });
        Described {
            path: *path,
            label: info.label,
            kind: info.kind,
            max_len: field.max_len.or(info.max_len),
            required: field.required_on_create,
            on_create: field.write_on_create,
            on_update: field.write_on_update,
            choices: if listed.is_empty() { words().collect() } else { listed },
            key,
        }
    };
    can.fields.iter().map(one).collect()
}
