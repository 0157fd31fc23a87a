//! A shop, an ERP, a configuration that connects them, and the program to run on it.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
    thread::JoinHandle,
    time::Duration,
};

use chrono::TimeDelta;
use emulators::{
    Emulator, Options,
    eekonomi::{self, Eekonomi},
    frame::{Entry, Refused, Time},
    starweb::{self, Starweb},
};
use serde_json::{Map, Value, json};
use sync_core::Clock;
use sync_http::{FileTokens, SystemClock, Token, TokenStore};
use tempfile::TempDir;
use tokio::{runtime::Runtime, sync::oneshot};

use crate::{Failure, ledger::text};

macro_rules! sample {
    ($system:literal: $($collection:literal)*) => {
        &[$(($collection, include_str!(concat!("../sample-data/", $system, "/", $collection, ".json")))),*]
    };
}

const SHOP: &[(&str, &str)] = sample!("starweb": "currencies" "order-statuses" "payment-methods" "pricelists"
    "product-units" "shipping-methods" "shop" "vat-rates");
const ERP: &[(&str, &str)] =
    sample!("eekonomi": "articleaccountcodings" "companies" "deliverymethods" "termsofpayments" "units");
/// Among them the articles that carry freight, fees, discounts and rounding.
const ARTICLES: &[(&str, &str)] = sample!("eekonomi": "articles");
/// What the numbers of those begin with.
const CARRIERS: [&str; 4] = ["FRAKT", "AVG", "RAB", "ORES"];

/// What becomes of the shop's orders in the ERP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Becomes {
    /// Orders, that people deliver.
    Orders,
    /// Drafts of invoices, that people book and have paid.
    Drafts,
    /// Booked invoices; what the shopper has paid is registered as a payment.
    Booked,
}

impl Becomes {
    /// One after the other.
    pub(crate) const fn of(number: u64) -> Self {
        match number % 3 {
            0 => Self::Orders,
            1 => Self::Drafts,
            _ => Self::Booked,
        }
    }
    fn rules(self) -> &'static str {
        match self {
            Self::Orders => "",
            Self::Drafts => {
                "entities.orders.systems.erp.becomes = \"invoice\"\nentities.orders.systems.erp.until = \"draft\"\n"
            }
            Self::Booked => {
                "entities.orders.systems.erp.becomes = \"invoice\"\nentities.orders.systems.erp.until = \"booked\"\n\
                 entities.invoices.fields.settled = { rule = \"sum\", up_to = \"content.gross\" }\n"
            }
        }
    }
}

/// What is told of a run's calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Calls {
    pub(crate) all: u64,
    pub(crate) writes: u64,
    /// By the machine's clock, of both systems.
    pub(crate) last_is_write: bool,
}

/// The name of this program when it plays the one that is killed.
const NAME: &str = "samklang";

/// The fault that this process is to play the program with, perhaps none; nothing if it plays itself.
pub(crate) fn played() -> Option<Option<String>> {
    let own = std::env::args_os().next()?.into_string().ok()?;
    let rest = own.strip_prefix(NAME)?;
    Some(rest.strip_prefix('+').map(str::to_owned))
}

/// Is the program: what its own `main` does, in this process.
pub(crate) fn samklang(fault: &Option<String>) -> ExitCode {
    #[cfg(feature = "faults")]
    sync_core::fault::choose(fault.as_deref().and_then(faults::named));
    #[cfg(not(feature = "faults"))]
    debug_assert!(fault.is_none(), "without the feature there are none");
    samklang::Program::new().run()
}

#[cfg(feature = "faults")]
pub(crate) mod faults {
    use sync_core::fault::Fault;

    /// Those that a crash can show.
    const KNOWN: [Fault; 6] = [
        Fault::NoIntent,
        Fault::CursorBeforeDecision,
        Fault::LaggingForgotten,
        Fault::LaggingIsNoWork,
        Fault::OpenIntentDoesNotLock,
        Fault::EffectKeyNotStored,
    ];

    pub(crate) fn named(name: &str) -> Option<Fault> {
        KNOWN.into_iter().find(|fault| format!("{fault:?}") == name)
    }
}

/// The machinery of one world.
pub(crate) struct Stage {
    shop: Emulator<Starweb>,
    erp: Emulator<Eekonomi>,
    folder: TempDir,
    program: Option<PathBuf>,
    fault: Option<String>,
    /// Dropping it lets the systems' thread end.
    _end: oneshot::Sender<()>,
    _answering: JoinHandle<()>,
}

impl Stage {
    /// Both systems run with their lists, and somebody has logged in.
    pub(crate) fn set(becomes: Becomes, program: Option<PathBuf>, fault: Option<String>) -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let options = Options { time: Time::Real, ..Options::default() };
        let shop = runtime.block_on(Emulator::start(Starweb::new(starweb::Settings::default()), options))?;
        let erp = runtime.block_on(Emulator::start(Eekonomi::default(), options))?;
        // thousands of calls are made in a minute, and nobody is to wait for the vendors' limits
        shop.switch("rate_limit_per_minute", 0)?;
        erp.switch("rate_limit", 1_000_000)?;
        shop.seed(sample(SHOP)?)?;
        erp.seed(sample(ERP)?)?;
        erp.seed(carriers()?)?;
        let folder = tempfile::Builder::new().prefix("samklang-crashes").tempdir()?;
        sign_in(&runtime, &erp, &folder)?;
        let (end, ended) = oneshot::channel::<()>();
        let answering = std::thread::spawn(move || {
            // an error says that the world is over: that is the signal too
            let _ = runtime.block_on(ended);
        });
        let stage = Self { shop, erp, folder, program, fault, _end: end, _answering: answering };
        std::fs::write(stage.folder.path().join("samklang.toml"), stage.configuration(becomes))?;
        Ok(stage)
    }

    fn configuration(&self, becomes: Becomes) -> String {
        // the machine's own day decides what is before the start
        let start = (SystemClock.now() - TimeDelta::days(30)).date_naive();
        let (shop, erp) = (self.shop.base_url(), self.erp.base_url());
        let mut text = format!(
            "connections.se.base_url = \"{shop}/api/v2\"\nconnections.erp.base_url = \"{erp}/v2/\"\n\
             connections.erp.identity_url = \"{erp}/\"\n\
             entities.orders.scope = [{{ at = \"erp\", \
             when = [\"@created_on >= {start}\", \"fulfilment in [open, picking]\"] }}]\n"
        );
        text.push_str(include_str!("rules.toml"));
        text.push_str(becomes.rules());
        if becomes == Becomes::Booked {
            text.push_str(&format!("entities.invoices.accounts.erp = {{ Swish = \"{}\" }}\n", self.swish_account()));
        }
        text
    }
    /// The ERP's account for Swish.
    fn swish_account(&self) -> String {
        let accounts = self.at_erp("bankaccounts");
        let swish = accounts.iter().find(|account| account.get("BankAccountType") == Some(&json!(5)));
        swish.map(|account| text(account, "Id").to_owned()).unwrap_or_default()
    }

    /// The program with these arguments.
    ///
    /// # Errors
    /// The machine does not say where this program lies.
    pub(crate) fn command(&self, arguments: &[&str]) -> Result<Command, Failure> {
        let mut command = match &self.program {
            Some(path) => Command::new(path),
            None => self.own()?,
        };
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        command
            .env("STARWEB_CLIENT_ID", starweb::Settings::default().client_id)
            .env("STARWEB_CLIENT_SECRET", starweb::Settings::default().client_secret)
            .env("EEKONOMI_CLIENT_ID", eekonomi::CLIENT_ID)
            .env("EEKONOMI_CLIENT_SECRET", eekonomi::CLIENT_SECRET);
        Ok(command)
    }
    /// This program under the other's name.
    #[cfg(unix)]
    fn own(&self) -> Result<Command, Failure> {
        use std::os::unix::process::CommandExt;
        let mut name = OsString::from(NAME);
        if let Some(fault) = &self.fault {
            name.push(format!("+{fault}"));
        }
        let mut command = Command::new(std::env::current_exe()?);
        command.arg0(name);
        Ok(command)
    }
    #[cfg(not(unix))]
    fn own(&self) -> Result<Command, Failure> {
        Err("name the program with --program".into())
    }

    /// The program to its end: exit code and what it printed.
    ///
    /// # Errors
    /// It does not start, or prints no JSON where it is to.
    pub(crate) fn told(&self, arguments: &[&str]) -> Result<(i32, Value), Failure> {
        let output = self.command(arguments)?.output()?;
        let code = output.status.code().unwrap_or(-1);
        if !arguments.contains(&"--json") && code == 0 {
            return Ok((code, Value::Null));
        }
        let told = serde_json::from_slice(&output.stdout);
        let told = told.map_err(|_| format!("{arguments:?}: {code}: {}", String::from_utf8_lossy(&output.stderr)))?;
        Ok((code, told))
    }

    /// What a shopper or the shop's staff does.
    pub(crate) fn in_shop(&self, act: Value) -> Result<Value, Refused> {
        self.shop.act(act)
    }
    /// What somebody does in the ERP.
    pub(crate) fn in_erp(&self, act: Value) -> Result<Value, Refused> {
        self.erp.act(act)
    }
    /// All that the shop holds.
    pub(crate) fn shop(&self) -> Value {
        self.shop.state()
    }
    /// All that the company in the ERP holds.
    pub(crate) fn erp(&self) -> Value {
        self.erp.state().pointer_mut("/companies/0").map(Value::take).unwrap_or_default()
    }
    fn at_erp(&self, collection: &str) -> Vec<Value> {
        self.erp().get(collection).and_then(Value::as_array).cloned().unwrap_or_default()
    }
    /// Copies state file and configuration, what both systems hold, and what people did.
    ///
    /// # Errors
    /// The folder cannot be written to.
    pub(crate) fn keep(&self, folder: &Path, ledger: &str) -> Result<(), Failure> {
        std::fs::create_dir_all(folder)?;
        for file in std::fs::read_dir(self.folder.path())? {
            let file = file?;
            if file.file_type()?.is_file() {
                std::fs::copy(file.path(), folder.join(file.file_name()))?;
            }
        }
        std::fs::write(folder.join("shop.json"), serde_json::to_string_pretty(&self.shop())?)?;
        std::fs::write(folder.join("erp.json"), serde_json::to_string_pretty(&self.erp())?)?;
        std::fs::write(folder.join("people.txt"), ledger)?;
        Ok(())
    }
    /// Calls since they were forgotten.
    pub(crate) fn calls(&self) -> Calls {
        let all = [self.shop.requests(), self.erp.requests()].concat();
        let writes = |entry: &&Entry| entry.method != "GET" && !entry.path.ends_with("/token");
        let last = all.iter().max_by_key(|entry| entry.at);
        Calls {
            all: u64::try_from(all.len()).unwrap_or(u64::MAX),
            writes: u64::try_from(all.iter().filter(writes).count()).unwrap_or(u64::MAX),
            last_is_write: last.as_ref().is_some_and(writes),
        }
    }
    /// Forgets the calls so far.
    pub(crate) fn forget_calls(&self) {
        self.shop.clear_requests();
        self.erp.clear_requests();
    }
}

fn sign_in(runtime: &Runtime, erp: &Emulator<Eekonomi>, folder: &TempDir) -> Result<(), Failure> {
    let tokens = erp.act(json!({ "action": "sign_in" }))?;
    let token =
        Token::new(text(&tokens, "access_token").to_owned().into(), SystemClock.now(), Some(Duration::from_secs(3600)))
            .with_refresh(Some(text(&tokens, "refresh_token").to_owned().into()));
    let store = FileTokens::new(folder.path().join("samklang.tokens"));
    runtime.block_on(store.save("erp", &token))?;
    Ok(())
}

fn sample(files: &[(&str, &str)]) -> Result<Value, Failure> {
    let read = files.iter().map(|(name, text)| Ok(((*name).to_owned(), serde_json::from_str(text)?)));
    Ok(Value::Object(read.collect::<Result<Map<_, _>, serde_json::Error>>()?))
}

fn carriers() -> Result<Value, Failure> {
    let mut all = sample(ARTICLES)?;
    if let Some(Value::Array(articles)) = all.get_mut("articles") {
        articles.retain(|article| CARRIERS.iter().any(|start| text(article, "Number").starts_with(start)));
    }
    Ok(all)
}
