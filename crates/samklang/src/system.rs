//! The systems that this program can connect to. A new one is one more line in [`ALL`] and its [`Settings`].

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use serde::de::DeserializeOwned;
use sync_core::{
    Context, Result, SystemId,
    connector::{Connector, Tenant},
    store::Snapshot,
};
use sync_http::{Consent, Environment, Redirected};
use toml::Table;

/// All of them, by their names in the file.
pub(crate) const ALL: &[System] = &[
    System { name: "eekonomi", secrets: &["client_secret"], login: true, read: read::<connector_eekonomi::Config> },
    System {
        name: "starweb",
        secrets: &["client_secret", "secret_prefix"],
        login: false,
        read: read::<connector_starweb::Config>,
    },
    System {
        name: "visma-net",
        secrets: &["client_secret", "webhook_secret"],
        login: true,
        read: read::<connector_visma_net::Config>,
    },
    System { name: "webcrm", secrets: &["application_token"], login: false, read: read::<connector_webcrm::Config> },
];

/// One vendor's system.
#[derive(Debug)]
pub(crate) struct System {
    /// As in `system = "starweb"`.
    pub(crate) name: &'static str,
    /// Settings that must not stand in the file.
    pub(crate) secrets: &'static [&'static str],
    /// A person signs in, with `samklang login`.
    pub(crate) login: bool,
    /// Makes settings of a connection's table.
    pub(crate) read: fn(Table) -> std::result::Result<Arc<dyn Settings>, Slip>,
}

impl System {
    /// Names of all settings, as its settings' own reader tells them.
    pub(crate) fn keys(&self) -> Vec<String> {
        let stranger = Table::from_iter([("?".to_owned(), toml::Value::Boolean(true))]);
        match (self.read)(stranger) {
            Err(Slip::Unknown { allowed, .. }) => allowed,
            _ => Vec::new(),
        }
    }
}

/// The system of this name.
pub(crate) fn named(name: &str) -> Option<&'static System> {
    ALL.iter().find(|system| system.name == name)
}

/// The system that this one of the store is.
pub(crate) fn of(id: &SystemId) -> Option<&'static System> {
    id.as_str().split(':').next().and_then(named)
}

/// Settings of one connection, as its connector reads them.
#[async_trait]
pub(crate) trait Settings: fmt::Debug + Send + Sync {
    /// Makes the connection. Calls are made only if the snapshot does not tell enough.
    async fn connect(
        &self,
        cx: &Context,
        id: &SystemId,
        shared: &Environment,
        known: Option<Snapshot>,
    ) -> Result<Connected>;
    /// How a person signs in; `None` where the settings are all that it takes.
    fn login(&self, id: &SystemId, shared: &Environment) -> Result<Option<Box<dyn Login>>>;
}

/// A login of one connection.
#[async_trait]
pub(crate) trait Login: Send + Sync {
    /// Gives the address that a person opens.
    fn begin(&self) -> Result<Consent>;
    /// Trades what came back for a token, keeps it, and tells whose it is.
    async fn finish(&self, cx: &Context, consent: &Consent, redirected: &Redirected) -> Result<Tenant>;
}

/// A connection that was made.
#[derive(Debug)]
pub(crate) struct Connected {
    pub(crate) connector: Arc<dyn Connector>,
    /// What the system told of its own lists and fields, now or an earlier time.
    pub(crate) snapshot: Snapshot,
    /// What an administrator should know of this tenant: its edition, what it does not have. A line each.
    pub(crate) notes: Vec<String>,
}

#[async_trait]
impl Settings for connector_starweb::Config {
    async fn connect(
        &self,
        cx: &Context,
        id: &SystemId,
        shared: &Environment,
        known: Option<Snapshot>,
    ) -> Result<Connected> {
        // a shop gives a token for the asking; one that is kept would hide a secret that is no longer good
        let lent = shared.without_tokens();
        let made = connector_starweb::connect(cx, id.connection(), self.clone(), lent, known).await?;
        Ok(Connected { connector: Arc::new(made.router), snapshot: made.snapshot, notes: Vec::new() })
    }
    fn login(&self, _id: &SystemId, _shared: &Environment) -> Result<Option<Box<dyn Login>>> {
        Ok(None)
    }
}

#[async_trait]
impl Settings for connector_eekonomi::Config {
    async fn connect(
        &self,
        cx: &Context,
        id: &SystemId,
        shared: &Environment,
        known: Option<Snapshot>,
    ) -> Result<Connected> {
        let lent = shared.clone();
        let made = Box::pin(connector_eekonomi::connect(cx, id.connection(), self.clone(), lent, known)).await?;
        let company = &made.company;
        let mut notes = vec![format!("edition {}, modules {}", company.edition, company.modules.join(", "))];
        notes.extend(company.read_only.then(|| "the company may be read, not written to".to_owned()));
        notes.extend(company.closed.iter().map(|(name, why)| format!("{name} cannot be reached: {why}")));
        Ok(Connected { connector: Arc::new(made.router), snapshot: made.snapshot, notes })
    }
    fn login(&self, id: &SystemId, shared: &Environment) -> Result<Option<Box<dyn Login>>> {
        let login = connector_eekonomi::Login::new(id.connection(), self.clone(), shared.clone())?;
        Ok(Some(Box::new(login)))
    }
}

#[async_trait]
impl Login for connector_eekonomi::Login {
    fn begin(&self) -> Result<Consent> {
        Self::begin(self)
    }
    async fn finish(&self, cx: &Context, consent: &Consent, redirected: &Redirected) -> Result<Tenant> {
        Self::finish(self, cx, consent, redirected).await
    }
}

#[async_trait]
impl Settings for connector_visma_net::Config {
    async fn connect(
        &self,
        cx: &Context,
        id: &SystemId,
        shared: &Environment,
        known: Option<Snapshot>,
    ) -> Result<Connected> {
        // a company gives a token for the asking; what a person consented to is kept
        let lent = match self.sign_in {
            connector_visma_net::SignIn::Interactive => shared.clone(),
            _ => shared.without_tokens(),
        };
        let made = Box::pin(connector_visma_net::connect(cx, id.connection(), self.clone(), lent, known)).await?;
        let notes = made.company.closed.iter().map(|(name, why)| format!("{name} cannot be reached: {why}")).collect();
        Ok(Connected { connector: Arc::new(made.router), snapshot: made.snapshot, notes })
    }
    fn login(&self, id: &SystemId, shared: &Environment) -> Result<Option<Box<dyn Login>>> {
        if self.sign_in == connector_visma_net::SignIn::Service {
            return Ok(None);
        }
        Ok(Some(Box::new(connector_visma_net::Login::new(id.connection(), self.clone(), shared.clone())?)))
    }
}

#[async_trait]
impl Login for connector_visma_net::Login {
    fn begin(&self) -> Result<Consent> {
        Self::begin(self)
    }
    async fn finish(&self, cx: &Context, consent: &Consent, redirected: &Redirected) -> Result<Tenant> {
        Self::finish(self, cx, consent, redirected).await
    }
}

#[async_trait]
impl Settings for connector_webcrm::Config {
    async fn connect(
        &self,
        cx: &Context,
        id: &SystemId,
        shared: &Environment,
        known: Option<Snapshot>,
    ) -> Result<Connected> {
        // the application token gives another for the asking
        let lent = shared.without_tokens();
        let made = Box::pin(connector_webcrm::connect(cx, id.connection(), self.clone(), lent, known)).await?;
        let notes = made.lists.denied.iter().map(|area| format!("the token may not see {area}")).collect();
        Ok(Connected { connector: Arc::new(made.router), snapshot: made.snapshot, notes })
    }
    fn login(&self, _id: &SystemId, _shared: &Environment) -> Result<Option<Box<dyn Login>>> {
        Ok(None)
    }
}

/// One thing that is wrong with a table of settings.
#[derive(Debug)]
pub(crate) enum Slip {
    /// A key that nobody reads.
    Unknown { path: Vec<String>, key: String, allowed: Vec<String> },
    /// A key that is needed.
    Missing { path: Vec<String>, key: String },
    /// A value that cannot be meant.
    Wrong { path: Vec<String>, fault: String, cure: Option<String> },
}

fn read<C: DeserializeOwned + Settings + 'static>(table: Table) -> std::result::Result<Arc<dyn Settings>, Slip> {
    match serde_path_to_error::deserialize::<_, C>(table) {
        Ok(settings) => Ok(Arc::new(settings)),
        Err(error) => Err(slip(&error)),
    }
}

fn slip(error: &serde_path_to_error::Error<toml::de::Error>) -> Slip {
    use serde_path_to_error::Segment;
    let step = |segment: &Segment| match segment {
        Segment::Seq { index } => Some(format!("[{index}]")),
        Segment::Map { key } => Some(key.clone()),
        Segment::Enum { .. } | Segment::Unknown => None,
    };
    let mut path: Vec<String> = error.path().iter().filter_map(step).collect();
    let message = error.inner().message();
    let mut quoted = message.split('`').skip(1).step_by(2).map(str::to_owned);
    if message.starts_with("unknown field") {
        let key = quoted.next().unwrap_or_default();
        if path.last() == Some(&key) {
            path.pop();
        }
        Slip::Unknown { path, key, allowed: quoted.collect() }
    } else if message.starts_with("missing field") {
        Slip::Missing { path, key: quoted.next().unwrap_or_default() }
    } else {
        let (fault, cure) = in_words(message.trim());
        Slip::Wrong { path, fault, cure }
    }
}

/// Fault and cure of what serde says of a value.
fn in_words(message: &str) -> (String, Option<String>) {
    let quoted = |text: &str| text.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    match message.split_once(", expected ") {
        Some((fault, wanted)) if fault.starts_with("unknown variant") => {
            let word = quoted(fault).concat();
            (format!("unknown word '{word}'"), Some(format!("write one of {}", quoted(wanted).join(", "))))
        }
        Some((_, wanted)) => {
            let wanted = match wanted {
                "a boolean" => "true or false",
                "a sequence" => "a list in brackets",
                "a map" => "a table in braces",
                "a string" => "text in quotes",
                "u16" | "u32" | "u64" | "i64" | "usize" => "a whole number",
                other => other,
            };
            ("this cannot stand here".to_owned(), Some(format!("write {wanted}")))
        }
        None => (message.replace('\n', ", "), None),
    }
}
