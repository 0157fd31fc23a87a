//! The core of Samklang.
pub mod capability;
pub mod connector;
pub mod context;
pub mod decide;
pub mod engine;
pub mod error;
#[cfg(feature = "faults")]
pub mod fault;
#[cfg(not(feature = "faults"))]
mod fault;
pub mod handler;
pub mod hook;
pub mod id;
pub mod layer;
pub mod mapping;
pub mod model;
pub mod plan;
pub mod policy;
pub mod store;
pub mod value;

pub use connector::{Connector, Record};
pub use context::{Clock, Context, Lane};
pub use engine::Engine;
pub use error::{Disposition, Error, ErrorKind, Result, Retry};
pub use id::{CanonicalId, EntityKind, EntityName, ExternalRef, StreamId, StreamKey, SystemId};
pub use model::{Canonical, Field};
pub use plan::Plan;
pub use policy::Policy;
pub use value::{FieldMap, FieldPath, Fingerprint, Link, NormalForm, Value};
