//! The core of Samklang.
pub mod context;
pub mod error;
pub mod id;

pub use context::{Clock, Context, Lane};
pub use error::{Disposition, Error, ErrorKind, Result, Retry};
pub use id::{CanonicalId, EntityKind, EntityName, ExternalRef, StreamId, StreamKey, SystemId};
