//! The core of Samklang: keeps CRM, ERP and e-commerce systems in agreement.
//!
//! One record of the real world, say a company, has a *side* in each system that knows it. The core remembers what each
//! side showed last, sees from that who changed what, asks the policy who decides, and writes to the sides that lack the
//! result. It has no network, no database, no async runtime and no clock: connectors, a store and a clock are handed in.
//!
//! Five names are enough for records of one kind that go one way:
//!
//! | name | what it is |
//! |---|---|
//! | [`Connector`] | one company in one system: lists, reads and writes records |
//! | [`Record`] | what a connector shows of one of them; a field is unknown, empty or set |
//! | [`Policy`] | who takes part and who decides: a master and two systems are a whole one |
//! | [`Engine`] | makes a run: first contact, dry run, or the usual one |
//! | [`Plan`] | what a run would write, and why, as data |
//!
//! ```
//! use std::sync::Arc;
//! use sync_core::connector::{Connector, Record};
//! use sync_core::engine::{Cancel, Engine, Mode, Silent};
//! use sync_core::model::Organisation;
//! use sync_core::{Canonical, Clock, Result, StreamKey, plan::Plan, policy::Policy, store::StateStore};
//!
//! const RULES: &str = r#"
//!     [entities.customers]
//!     kind   = "organisation"
//!     master = "crm"
//!     systems.crm = { read = true }
//!     systems.erp = { read = true, create = "always", update = true }
//! "#;
//!
//! /// Whether both systems can do what the rules ask for; else every mistake with its place and its cure.
//! fn engine(
//!     systems: [Arc<dyn Connector>; 2], // `mock:crm` and `mock:erp`: the policy knows them as `crm` and `erp`
//!     store: Arc<dyn StateStore>,
//!     clock: Arc<dyn Clock>,
//! ) -> std::result::Result<Engine, Vec<sync_core::policy::Mistake>> {
//!     let [crm, erp] = systems;
//!     Engine::builder(store, clock).system(crm).system(erp).policy(Policy::from_toml(RULES)?).build()
//! }
//!
//! /// What a run would write. `Mode::Sync` writes it, after `Mode::Adopt` has made the first contact.
//! async fn rehearse(engine: &Engine) -> Result<Plan> {
//!     Ok(engine.run(Mode::DryRun, &Silent, &Cancel::new()).await?.plan)
//! }
//!
//! // what a connector makes of a row of its vendor's
//! let row = StreamKey::new("mock:crm", "company").id("7");
//! let record = Record::new(row, Organisation::new().name("Nordic Widgets AB").to_fields());
//! assert_eq!(record.fields.text(Organisation::NAME), Some("Nordic Widgets AB"));
//! assert!(record.fields.get(Organisation::EMAIL).is_none(), "not shown is unknown, not empty");
//! assert!(Policy::from_toml(RULES).is_ok());
//! ```
//!
//! Where to go on: [`policy`] for what the rules can say, [`handler`] for writing a connector, [`store`] for what a store
//! promises, [`engine`] for what a run guarantees, [`hook`] and [`mapping`] for code of one's own, [`layer`] for wrapping
//! a connector. Errors are one type, [`Error`]; what it means for the run is [`Disposition`].
//!
//! The feature `faults` puts deliberate mistakes into the engine, for the test that shows that they are found. It is off,
//! and stays off in everything that is used.
mod campaign;
pub mod capability;
pub mod connector;
pub mod context;
pub mod decide;
pub mod desk;
mod document;
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
mod stock;
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
