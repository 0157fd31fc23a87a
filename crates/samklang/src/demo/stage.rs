//! What a flow is played on: an emulator of each system with the sample data in it, and a configuration that connects
//! them.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use emulators::{
    Emulator,
    eekonomi::{self, Eekonomi},
    frame::{Request, Vendor},
    starweb::{self, Starweb},
};
use serde_json::Value;
use toml::Table;
use url::Url;

use super::{
    edit::Edit,
    ground::{Own, broken, calls, configuration, connect, started, write},
    sample::About,
    shop::Shop,
    states::States,
    summary::Waiting,
    systems::{Present, Systems, Verdict},
    time::{Passing, Time},
};
use crate::fail::Failure;

/// The client of the second shop.
const SECOND: (&str, &str) = ("samklang-no", "secret-no");

/// How settings of both call the secret.
const SECRET: &str = "client_secret";

/// The systems and the time that they share.
pub(super) struct Stage {
    pub(super) shop: Arc<Emulator<Starweb>>,
    /// A second shop, in flows that have one.
    pub(super) second: Option<Arc<Emulator<Starweb>>>,
    pub(super) erp: Arc<Emulator<Eekonomi>>,
    played: &'static Shop,
    time: Arc<Time>,
    own: Own,
}

impl Stage {
    /// Starts the systems on free ports, with the sample data of a flow.
    ///
    /// # Errors
    /// The machine gives no ports, or the sample data is broken.
    pub(super) async fn set(played: &'static Shop) -> Result<Self, Failure> {
        let (own, sample) = (Own::read()?, played.sample);
        let start = own.start;
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
        let mut systems: Vec<Arc<dyn Passing>> = vec![shop.clone(), erp.clone()];
        if let Some(second) = &second {
            systems.push(second.clone());
        }
        Ok(Self { shop, second, erp, played, time: Arc::new(Time::new(start, systems)), own })
    }
    /// What all of them hold.
    pub(super) fn states(&self) -> States {
        let second = self.second.as_ref().map(|second| Box::new(States::new("no", second.state(), self.erp.state())));
        States { second, ..States::new("se", self.shop.state(), self.erp.state()) }
    }

    /// The company's number, as a login must find it.
    pub(super) fn company(&self) -> String {
        let states = self.states();
        let settings =
            super::states::rows(&states.erp, "companies").first().and_then(|company| company.get("Settings"));
        settings.map(|settings| super::states::text(settings, "CorporateIdentityNumber").to_owned()).unwrap_or_default()
    }
}

impl Systems for Stage {
    type States = States;

    fn time(&self) -> &Arc<Time> {
        &self.time
    }
    fn states(&self) -> States {
        self.states()
    }
    fn present(&self) -> Vec<Present> {
        let states = self.states();
        let of = |count: usize, what: &str| format!("{count} {what}");
        let in_shop = |states: &States| {
            ["orders", "customers", "products"].map(|name| of(states.shop(name).len(), name)).join(", ")
        };
        let in_erp = ["orders", "customers", "articles"].map(|name| of(states.erp(name).len(), name)).join(", ");
        let mut all = vec![Present::new("se", "Starweb", self.shop.base_url(), in_shop(&states))];
        let second = self.second.as_ref().zip(states.second.as_ref());
        all.extend(second.map(|(second, states)| Present::new("no", "Starweb", second.base_url(), in_shop(states))));
        all.push(Present::new("erp", "Visma eEkonomi", self.erp.base_url(), in_erp));
        all
    }
    fn configure(&self, flow: &str, folder: &Path) -> Result<PathBuf, Failure> {
        // all flows with orders have the same statuses and terms of payment
        let mut config = if self.played.has_orders { self.own.of(super::USUAL) } else { Table::new() };
        config.extend(self.own.of(flow));
        let shop = starweb::Settings::default();
        let secrets = [("se.secret", shop.client_secret.as_str()), ("erp.secret", eekonomi::CLIENT_SECRET)];
        for (name, secret) in secrets {
            write(&folder.join(name), secret)?;
        }
        connect(
            &mut config,
            "se",
            SECRET,
            &[("base_url", format!("{}/api/v2", self.shop.base_url())), ("client_id", shop.client_id)],
        );
        if let Some(second) = &self.second {
            write(&folder.join("no.secret"), SECOND.1)?;
            let base_url = format!("{}/api/v2", second.base_url());
            connect(&mut config, "no", SECRET, &[("base_url", base_url), ("client_id", SECOND.0.to_owned())]);
        }
        connect(
            &mut config,
            "erp",
            SECRET,
            &[
                ("base_url", format!("{}/v2/", self.erp.base_url())),
                ("identity_url", format!("{}/", self.erp.base_url())),
                ("client_id", eekonomi::CLIENT_ID.to_owned()),
                ("company", self.company()),
                ("redirect_url", eekonomi::REDIRECT_URI.to_owned()),
            ],
        );
        configuration(flow, config, folder)
    }

    fn agree(&self, address: &Url) -> Result<String, Failure> {
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

    fn clear_requests(&self) {
        [&self.shop].into_iter().chain(&self.second).for_each(|shop| shop.clear_requests());
        self.erp.clear_requests();
    }
    fn requests(&self) -> BTreeMap<String, u64> {
        let second = self.second.as_ref().map(|second| ("no".to_owned(), calls(&second.requests())));
        [("se".to_owned(), calls(&self.shop.requests())), ("erp".to_owned(), calls(&self.erp.requests()))]
            .into_iter()
            .chain(second)
            .collect()
    }
    fn effects(&self) -> BTreeMap<&'static str, u64> {
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
    fn edits(&self, about: &About) -> Result<Vec<Edit>, Failure> {
        (self.played.edits)(self, about)
    }
    fn judge(&self, about: &About, become_invoices: bool, held: &[Waiting]) -> Verdict {
        self.played.judge(&self.states(), about, become_invoices, held)
    }
}
