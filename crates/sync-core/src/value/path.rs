//! Names of fields.

use std::{
    cmp::Ordering,
    collections::HashSet,
    fmt,
    hash::{BuildHasherDefault, Hasher},
    sync::{LazyLock, Mutex, PoisonError},
};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, Visitor},
};

/// Dotted path of a canonical field: `billing.city`, or `x.webcrm.custom_3` for a vendor's own.
///
/// Cheap to copy. Paths that come at run time are kept once for the life of the process: they are names out of the
/// model and the configuration, so there are only so many.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct FieldPath(&'static str);

impl PartialOrd for FieldPath {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for FieldPath {
    fn cmp(&self, other: &Self) -> Ordering {
        // mostly it is the very same text
        if std::ptr::eq(self.0, other.0) { Ordering::Equal } else { self.0.cmp(other.0) }
    }
}

static KNOWN: LazyLock<Mutex<HashSet<&'static str, BuildHasherDefault<Xxh3>>>> = LazyLock::new(Mutex::default);

/// Names come from the model and the configuration, so nobody picks them to collide; and each stored field is looked up.
#[derive(Default)]
struct Xxh3(u64);

impl Hasher for Xxh3 {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxhash_rust::xxh3::xxh3_64_with_seed(bytes, self.0);
    }
    fn write_u8(&mut self, byte: u8) {
        self.0 = self.0.rotate_left(8) ^ u64::from(byte); // the end of a text
    }
    fn finish(&self) -> u64 {
        self.0
    }
}

impl FieldPath {
    /// A path known when the program was written; the constants of the model are made with this.
    pub const fn from_static(path: &'static str) -> Self {
        Self(path)
    }
    /// A path that comes at run time.
    pub fn new(path: &str) -> Self {
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(path) = known.get(path) {
            return Self(path);
        }
        let path: &'static str = Box::leak(path.to_owned().into_boxed_str());
        known.insert(path);
        Self(path)
    }
    /// The text.
    pub fn as_str(self) -> &'static str {
        self.0
    }
    /// `billing` joined with `city` is `billing.city`.
    #[must_use]
    pub fn join(self, leaf: &str) -> Self {
        if self.0.is_empty() { Self::new(leaf) } else { Self::new(&format!("{}.{leaf}", self.0)) }
    }
    /// Whether this is `prefix` or lies under it.
    pub fn is_under(self, prefix: FieldPath) -> bool {
        self.0.strip_prefix(prefix.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
    /// Whether this is a vendor's own field, `x.<vendor>.<name>`.
    pub fn is_extension(self) -> bool {
        self.0.starts_with("x.")
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
impl fmt::Debug for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
impl From<&str> for FieldPath {
    fn from(path: &str) -> Self {
        Self::new(path)
    }
}
impl std::borrow::Borrow<str> for FieldPath {
    fn borrow(&self) -> &str {
        self.0
    }
}
impl<'de> Deserialize<'de> for FieldPath {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Name;
        impl Visitor<'_> for Name {
            type Value = FieldPath;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the path of a field")
            }
            fn visit_str<E: Error>(self, path: &str) -> Result<FieldPath, E> {
                Ok(FieldPath::new(path))
            }
        }
        from.deserialize_str(Name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_are_equal_paths_wherever_they_come_from() {
        const CITY: FieldPath = FieldPath::from_static("billing.city");
        assert_eq!(CITY, FieldPath::new("billing").join("city"));
        assert_eq!(FieldPath::new("").join("name"), "name".into());
        assert_eq!(serde_json::from_str::<FieldPath>("\"billing.city\"").unwrap(), CITY);
    }

    #[test]
    fn under_means_whole_parts() {
        let billing = FieldPath::new("billing");
        assert!(FieldPath::new("billing.city").is_under(billing));
        assert!(billing.is_under(billing));
        assert!(!FieldPath::new("billing_city").is_under(billing));
        assert!(!billing.is_under("billing.city".into()));
    }
}
