//! `demo`: a flow from first contact on, played between emulators with made-up data.
//!
//! It is what a user does, by the same code: login, adopt, approve, run, run again, edits on both sides, run. What came
//! of it is read from what the systems hold, not from what the engine says of itself.

mod books;
mod buyers;
mod crm;
mod crm_edits;
mod edit;
mod erp_leads;
mod flow;
mod ground;
mod initial;
mod multishop;
mod sample;
mod second;
mod shop;
mod shop_leads;
mod stage;
mod states;
mod summary;
mod systems;
mod tell;
mod time;
mod totals;

use std::time::Duration;

use sync_core::{
    Context,
    engine::{Cancel, Mode, Report},
    store::Parked,
};
use sync_http::Redirected;

use crate::{
    args,
    command::{Shell, once},
    fail::Failure,
    file::{Asked, Config},
    session::{self, Machine, Session},
    show::text,
    watch,
};
use crm::Crm;
use edit::Edit;
use flow::{Between, Flow};
use ground::Folder;
use sample::About;
use stage::Stage;
use summary::Summary;
use systems::Systems;
use tell::Teller;

/// The flow that is shown when none is named.
pub(crate) const USUAL: &str = "starweb-eekonomi/shop-leads";
/// 3: done, but something waits for a person, or went otherwise than it should.
const NOT_AS_IT_SHOULD: u8 = 3;
/// Between two steps: more than any `every` of a preset that is not for the night.
const PAUSE: Duration = Duration::from_secs(10 * 60);

/// How often what a vendor left open is looked for, at the most.
const LOOKS: u32 = 3;

/// Plays a flow. `sets` are those of the command line, on top of preset and demo.
///
/// # Errors
/// An unknown flow, a wrong `--set`, and whatever did not go as it should.
pub(crate) async fn demo(what: &args::Demo, sets: &[String], shell: &mut Shell<'_>) -> Result<u8, Failure> {
    let flow = flow::named(&what.flow)?;
    let folder = Folder::make(what.keep.as_deref())?;
    let terminal = shell.terminal;
    let played = {
        let mut teller = Teller::new(shell, what.json);
        let play = Box::pin(play(flow, &folder, sets, terminal, &mut teller));
        tokio::select! {
            played = play => played?,
            stop = watch::stopped() => {
                stop?;
                return Err(Failure::stopped("the demo was told to stop before its end"));
            }
        }
    };
    if let (Folder::Kept(path), false) = (&folder, what.json) {
        let config = path.join("samklang.toml");
        writeln!(
            shell.out,
            "\nKept in {}; look into it with: samklang held --config {}",
            path.display(),
            config.display()
        )?;
    }
    if what.json {
        let line = serde_json::to_string(&played.summary);
        let line = line.map_err(|error| Failure::stopped(format!("the summary has no JSON form: {error}")))?;
        writeln!(shell.out, "{line}")?;
    }
    shell.out.flush()?;
    match played.wrong {
        wrong if wrong.is_empty() => Ok(0),
        more => Err(Failure { code: NOT_AS_IT_SHOULD, line: "the demo did not go as it should".to_owned(), more }),
    }
}

/// What came of it.
struct Played {
    summary: Summary,
    /// A line for each thing that did not go as it should.
    wrong: Vec<String>,
}

async fn play(
    flow: &'static Flow,
    folder: &Folder,
    sets: &[String],
    terminal: bool,
    tell: &mut Teller<'_>,
) -> Result<Played, Failure> {
    let about = About::read()?;
    tell.title(flow.name, about.seed())?;
    match &flow.between {
        Between::Shops(shop) => play_between(Stage::set(shop).await?, flow, &about, folder, sets, terminal, tell).await,
        Between::Crm => play_between(Crm::set(&about).await?, flow, &about, folder, sets, terminal, tell).await,
    }
}

async fn play_between<S: Systems>(
    systems: S,
    flow: &Flow,
    about: &About,
    folder: &Folder,
    sets: &[String],
    terminal: bool,
    tell: &mut Teller<'_>,
) -> Result<Played, Failure> {
    let path = systems.configure(flow.name, folder.path())?;
    tell.systems(&systems.present())?;
    // nothing of the user's surroundings is looked at: a demo never meets real credentials
    let config = Asked { path, sets: sets.to_vec() }.load(&|_| None, true)?;
    let mut run = Running {
        machine: Machine { clock: systems.time().clone(), timer: systems.time().clone() },
        summary: Summary { flow: flow.name.to_owned(), seed: about.seed(), ..Summary::default() },
        wrong: Vec::new(),
        systems,
        config,
        terminal,
        read: false,
        become_invoices: false,
        looks_again: false,
    };
    run.login(tell).await?;
    let adopted = run.pass("adopt: everything is read and bound, nothing is written", Mode::Adopt, tell).await?;
    run.approve(&adopted, tell).await?;
    let mut effects = run.systems.effects();
    run.first(tell).await?;
    run.second(tell).await?;
    let untouched = run.systems.effects();
    let edits = run.edits(about, tell)?;
    // what people set off themselves, such as the shop's mail about a new order, is not ours
    for (name, count) in run.systems.effects() {
        let own = count.saturating_sub(untouched.get(name).copied().unwrap_or_default());
        effects.entry(name).and_modify(|before| *before = before.saturating_add(own));
    }
    let mut last = run.pass("run: what people did goes to the other side", Mode::Sync, tell).await?;
    last.parked = run.parked().await?;
    run.end(about, &last, tell)?;
    run.arrivals(&edits, tell)?;
    for (name, count) in run.systems.effects() {
        let before = effects.get(name).copied().unwrap_or_default();
        run.summary.effects.insert(name, count.saturating_sub(before));
    }
    tell.effects(&run.summary)?;
    Ok(Played { summary: run.summary, wrong: run.wrong })
}

/// A demo under way.
struct Running<S> {
    systems: S,
    machine: Machine,
    config: Config,
    summary: Summary,
    wrong: Vec<String>,
    terminal: bool,
    /// The first contact was counted.
    read: bool,
    /// Orders become invoices in the ERP.
    become_invoices: bool,
    /// Answers that leave open what became of a record are looked into by another run.
    looks_again: bool,
}

impl<S: Systems> Running<S> {
    /// Signs in wherever a person must agree, through the page of the vendor.
    async fn login(&mut self, tell: &mut Teller<'_>) -> Result<(), Failure> {
        for (name, connection) in &self.config.connections {
            let id = session::id_of(name, connection);
            let failed = |error| Failure::of_system(&id, &error);
            let shared = session::shared(&self.config, &self.machine)?;
            let Some(login) = connection.settings.login(&id, &shared).map_err(failed)? else { continue };
            let consent = login.begin().map_err(failed)?;
            let redirected = Redirected::parse(&self.systems.agree(consent.url())?)?;
            let cx = Context::new(self.machine.clock.clone(), "login");
            let tenant = login.finish(&cx, &consent, &redirected).await.map_err(failed)?;
            tell.step(&format!("login {name}: signed in to {} ({})", tenant.name, tenant.id))?;
        }
        Ok(())
    }

    /// One call of the engine, as a command of its own makes it.
    async fn pass(&mut self, what: &str, mode: Mode, tell: &mut Teller<'_>) -> Result<Report, Failure> {
        tell.step(what)?;
        self.pause();
        let session = Session::open(&self.config, &self.machine).await?;
        self.become_invoices = session.engine.policy().entities.iter().any(|entity| !entity.derives.is_empty());
        let report = once(&session.engine, mode, self.terminal, &Cancel::new()).await?;
        if !self.read {
            self.read = true;
            self.summary.read = report.read.iter().map(|(kind, count)| (kind.to_string(), *count)).collect();
        }
        self.summary.add(&session.engine, &report);
        self.wrong.extend(tell::hindrances(what, &report));
        if !self.looks_again {
            self.wrong.extend(tell::unclear(what, &report));
        }
        tell.report(&report)?;
        Ok(report)
    }

    /// The first run, and where a vendor's answers leave open what became of a new record those that look for it.
    async fn first(&mut self, tell: &mut Teller<'_>) -> Result<(), Failure> {
        let Some(why) = self.systems.looks_again() else {
            return self.pass("run", Mode::Sync, tell).await.map(drop);
        };
        self.looks_again = true;
        let mut report = self.pass("run", Mode::Sync, tell).await?;
        for _ in 0..LOOKS {
            if report.unclear == 0 {
                break;
            }
            let what = format!("run: {} records are looked for, {why}", report.unclear);
            report = self.pass(&what, Mode::Sync, tell).await?;
        }
        self.looks_again = false;
        self.wrong.extend(tell::unclear("run", &report));
        Ok(())
    }

    /// All that is set aside, in whatever run it was.
    async fn parked(&self) -> Result<Vec<Parked>, Failure> {
        let session = Session::store_only(&self.config, &self.machine).await?;
        Ok(session.store.parked(None).await?)
    }

    /// Allows what the first contact counted.
    async fn approve(&mut self, adopted: &Report, tell: &mut Teller<'_>) -> Result<(), Failure> {
        let session = Session::store_only(&self.config, &self.machine).await?;
        for id in &adopted.adopted {
            session.engine.approve(id, "demo").await?;
            let counted = session.store.staged(Some(id)).await?.pop().map(|staged| text::counted(&staged.counted));
            tell.step(&format!("approve {id}: {}", counted.unwrap_or_default()))?;
        }
        Ok(())
    }

    /// The run that must find nothing to do.
    async fn second(&mut self, tell: &mut Teller<'_>) -> Result<(), Failure> {
        self.systems.clear_requests();
        let report = self.pass("run again: nothing is left to do", Mode::Sync, tell).await?;
        self.summary.second_run.writes = report.writes();
        self.summary.second_run.reads = self.systems.requests();
        if report.writes() > 0 {
            self.wrong
                .push(format!("the second run wrote {} records, although nobody had changed any", report.writes()));
        }
        tell.requests(&self.summary.second_run)
    }

    fn pause(&self) {
        self.systems.time().pass(PAUSE);
    }

    fn edits(&mut self, about: &About, tell: &mut Teller<'_>) -> Result<Vec<Edit<S::States>>, Failure> {
        tell.step("people work in both systems")?;
        self.pause();
        let edits = self.systems.edits(about)?;
        edits.iter().try_for_each(|edit| tell.line(&edit.what))?;
        Ok(edits)
    }

    /// What waits, and what the totals are.
    fn end(&mut self, about: &About, last: &Report, tell: &mut Teller<'_>) -> Result<(), Failure> {
        self.summary.waiting(last);
        tell.waiting(&self.summary.held, last)?;
        let verdict = self.systems.judge(about, self.become_invoices, &self.summary.held);
        if let Some((compared, wanted)) = verdict.compared {
            self.summary.totals.equal = compared.equal;
            tell.totals(&compared, wanted)?;
            self.wrong.extend(compared.others);
        }
        self.wrong.extend(verdict.wrong);
        Ok(())
    }

    fn arrivals(&mut self, edits: &[Edit<S::States>], tell: &mut Teller<'_>) -> Result<(), Failure> {
        let states = self.systems.states();
        tell.step("what became of the edits")?;
        for edit in edits {
            let arrived = edit.has_arrived(&states);
            self.summary.edits.made = self.summary.edits.made.saturating_add(1);
            self.summary.edits.arrived = self.summary.edits.arrived.saturating_add(u64::from(arrived));
            if arrived {
                tell.line(&format!("{}: so it is", edit.becomes))?;
            } else {
                tell.line(&format!("{}: that is NOT so", edit.becomes))?;
                self.wrong.push(format!("{}; but not: {}", edit.what, edit.becomes));
            }
        }
        Ok(())
    }
}
