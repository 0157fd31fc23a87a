//! What a flow is played on: an emulator of each system with the sample data in it, and a configuration that connects
//! them.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, Utc};
use emulators::{
    Emulator, Options,
    eekonomi::{self, Eekonomi},
    frame::{Entry, Request, Vendor},
    starweb::{self, Starweb},
};
use serde_json::Value;
use tempfile::TempDir;
use toml::Table;
use url::Url;

use super::{
    flow::Flow,
    sample::{self, Sample},
    states::States,
    time::Time,
};
use crate::{fail::Failure, session::Machine};

/// The file that the configuration is written to.
const CONFIG: &str = "samklang.toml";

/// The client of the second shop.
const SECOND: (&str, &str) = ("samklang-no", "secret-no");

/// The systems and the time that they share.
pub(super) struct Stage {
    pub(super) shop: Arc<Emulator<Starweb>>,
    /// A second shop, in flows that have one.
    pub(super) second: Option<Arc<Emulator<Starweb>>>,
    pub(super) erp: Arc<Emulator<Eekonomi>>,
    time: Arc<Time>,
    own: Table,
}

impl Stage {
    /// Starts the systems on free ports, with the sample data of a flow.
    ///
    /// # Errors
    /// The machine gives no ports, or the sample data is broken.
    pub(super) async fn set(sample: Sample) -> Result<Self, Failure> {
        let own: Table = toml::from_str(sample::OWN).map_err(|error| broken(&error))?;
        let start = own.get("start").and_then(toml::Value::as_str).unwrap_or_default();
        let start: DateTime<Utc> = start.parse().map_err(|error| broken(&error))?;
        let shop = started(Starweb::new(starweb::Settings::default()), start).await?;
        let erp = started(Eekonomi::default(), start).await?;
        shop.seed(sample.starweb()?).map_err(|why| broken(&why))?;
        erp.seed(sample.eekonomi()?).map_err(|why| broken(&why))?;
        let second = match sample.second()? {
            Some(data) => {
                let (client_id, client_secret) = (SECOND.0.to_owned(), SECOND.1.to_owned());
                let settings = starweb::Settings { client_id, client_secret, ..starweb::Settings::default() };
                let second = started(Starweb::new(settings), start).await?;
                second.seed(data).map_err(|why| broken(&why))?;
                Some(second)
            }
            None => None,
        };
        let shops = [&shop].into_iter().chain(&second).cloned().collect();
        let time = Arc::new(Time::new(start, shops, erp.clone()));
        Ok(Self { shop, second, erp, time, own })
    }
    /// The engine's clock and waits.
    pub(super) fn machine(&self) -> Machine {
        Machine { clock: self.time.clone(), timer: self.time.clone() }
    }
    /// So many minutes later.
    pub(super) fn minutes_later(&self, minutes: u64) {
        self.time.pass(Duration::from_secs(minutes.saturating_mul(60)));
    }
    /// What all of them hold.
    pub(super) fn states(&self) -> States {
        let second = self.second.as_ref().map(|second| Box::new(States::new("no", second.state(), self.erp.state())));
        States { second, ..States::new("se", self.shop.state(), self.erp.state()) }
    }
    /// The connections' names and where they lead.
    pub(super) fn addresses(&self) -> Vec<(&'static str, &'static str, &str)> {
        let mut all = vec![("se", "Starweb", self.shop.base_url())];
        all.extend(self.second.as_ref().map(|second| ("no", "Starweb", second.base_url())));
        all.push(("erp", "Visma eEkonomi", self.erp.base_url()));
        all
    }

    /// The company's number, as a login must find it.
    pub(super) fn company(&self) -> String {
        let states = self.states();
        let settings =
            super::states::rows(&states.erp, "companies").first().and_then(|company| company.get("Settings"));
        settings.map(|settings| super::states::text(settings, "CorporateIdentityNumber").to_owned()).unwrap_or_default()
    }
    /// Writes the configuration: the preset, the addresses and credentials of the emulators, and what the demo adds.
    ///
    /// # Errors
    /// The folder cannot be written to.
    pub(super) fn configure(&self, flow: &Flow, folder: &Path) -> Result<PathBuf, Failure> {
        let own = |name| self.own.get(name).and_then(toml::Value::as_table).cloned().unwrap_or_default();
        // all flows with orders have the same statuses and terms of payment
        let mut config = if flow.has_orders { own(super::USUAL) } else { Table::new() };
        config.extend(own(flow.name));
        config.insert("preset".to_owned(), flow.name.into());
        let shop = starweb::Settings::default();
        let secrets = [("se.secret", shop.client_secret.as_str()), ("erp.secret", eekonomi::CLIENT_SECRET)];
        for (name, secret) in secrets {
            write(&folder.join(name), secret)?;
        }
        connect(
            &mut config,
            "se",
            &[("base_url", format!("{}/api/v2", self.shop.base_url())), ("client_id", shop.client_id)],
        );
        if let Some(second) = &self.second {
            write(&folder.join("no.secret"), SECOND.1)?;
            let base_url = format!("{}/api/v2", second.base_url());
            connect(&mut config, "no", &[("base_url", base_url), ("client_id", SECOND.0.to_owned())]);
        }
        connect(
            &mut config,
            "erp",
            &[
                ("base_url", format!("{}/v2/", self.erp.base_url())),
                ("identity_url", format!("{}/", self.erp.base_url())),
                ("client_id", eekonomi::CLIENT_ID.to_owned()),
                ("company", self.company()),
                ("redirect_url", eekonomi::REDIRECT_URI.to_owned()),
            ],
        );
        let path = folder.join(CONFIG);
        write(&path, &config.to_string())?;
        Ok(path)
    }

    /// Agrees to a login as a person does on the vendor's page; gives the address that the browser is sent back to.
    ///
    /// # Errors
    /// The address is another vendor's, or the vendor refuses.
    pub(super) fn agree(&self, address: &Url) -> Result<String, Failure> {
        if !address.as_str().starts_with(self.erp.base_url()) {
            return Err(Failure::stopped(format!("the login leads to {address}, which is no emulator of this demo")));
        }
        let consent = Request {
            method: "GET".to_owned(),
            path: address.path().replace("/authorize", "/consent"),
            query: format!("{}&company={}", address.query().unwrap_or_default(), eekonomi::COMPANY),
            ..Request::default()
        };
        let reply = self.erp.with(|vendor, cx| vendor.handle(cx, &consent));
        let back = reply.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("location"));
        back.map(|(_, back)| back.clone())
            .ok_or_else(|| Failure::stopped(format!("the page of consent answered {}", reply.status)))
    }

    /// Forgets the requests so far.
    pub(super) fn clear_requests(&self) {
        [&self.shop].into_iter().chain(&self.second).for_each(|shop| shop.clear_requests());
        self.erp.clear_requests();
    }
    /// Requests since, by connection, those for tokens not counted.
    pub(super) fn requests(&self) -> BTreeMap<String, u64> {
        let count = |log: Vec<Entry>| {
            let calls = log.iter().filter(|entry| !entry.path.ends_with("/token")).count();
            u64::try_from(calls).unwrap_or(u64::MAX)
        };
        let second = self.second.as_ref().map(|second| ("no".to_owned(), count(second.requests())));
        [("se".to_owned(), count(self.shop.requests())), ("erp".to_owned(), count(self.erp.requests()))]
            .into_iter()
            .chain(second)
            .collect()
    }
    /// What was set off so far, as the systems' own journals tell it.
    pub(super) fn effects(&self) -> BTreeMap<&'static str, u64> {
        let states = self.states();
        let count = |of: &Value, name| u64::try_from(super::states::rows(of, name).len()).unwrap_or(u64::MAX);
        let in_shops = |name| {
            let second = states.second.as_ref().map(|second| count(&second.shop, name));
            count(&states.shop, name).saturating_add(second.unwrap_or_default())
        };
        BTreeMap::from([
            ("notify_buyer", in_shops("mails")),
            ("capture", in_shops("captures")),
            ("cancel_payment", in_shops("cancellations")),
            ("send", count(&states.erp, "mails")),
        ])
    }
}

async fn started<V: Vendor>(vendor: V, start: DateTime<Utc>) -> Result<Arc<Emulator<V>>, Failure> {
    let started = Emulator::start(vendor, Options::at(start)).await;
    started.map(Arc::new).map_err(|error| Failure::stopped(format!("this machine gives no port: {error}")))
}

fn broken(why: &dyn std::fmt::Display) -> Failure {
    Failure::stopped(format!("the sample data is broken: {why}"))
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| Failure::stopped(format!("{} cannot be written: {error}", path.display())))
}

/// Sets what leads a connection to its emulator, beside what the demo says of it already.
fn connect(config: &mut Table, name: &str, settings: &[(&str, String)]) {
    let connections = config.entry("connections").or_insert_with(|| Table::new().into());
    let Some(connections) = connections.as_table_mut() else { return };
    let connection = connections.entry(name).or_insert_with(|| Table::new().into());
    let Some(connection) = connection.as_table_mut() else { return };
    for (key, value) in settings {
        connection.insert((*key).to_owned(), value.clone().into());
    }
    let secret = Table::from_iter([("file".to_owned(), format!("{name}.secret").into())]);
    connection.insert("client_secret".to_owned(), secret.into());
}

/// Where configuration, state file and tokens lie: a folder that goes when the demo ends, or one to keep.
pub(super) enum Folder {
    Passing(TempDir),
    Kept(PathBuf),
}

impl Folder {
    /// # Errors
    /// It cannot be made, or there is something in it.
    pub(super) fn make(keep: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = keep else {
            let made = tempfile::Builder::new().prefix("samklang-demo").tempdir();
            return made
                .map(Self::Passing)
                .map_err(|error| Failure::stopped(format!("this machine gives no folder for a while: {error}")));
        };
        let cannot = |error| Failure::usage(format!("--keep {} cannot be used: {error}", path.display()));
        fs::create_dir_all(path).map_err(cannot)?;
        if fs::read_dir(path).map_err(cannot)?.next().is_some() {
            let line = format!("--keep {}: there is something in it; name a new or empty folder", path.display());
            return Err(Failure::usage(line));
        }
        Ok(Self::Kept(path.to_owned()))
    }
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Passing(folder) => folder.path(),
            Self::Kept(path) => path,
        }
    }
}
