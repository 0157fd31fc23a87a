//! `demo`: a flow from first contact on, played between emulators with made-up data.
//!
//! It is what a user does, by the same code: login, adopt, approve, run, run again, edits on both sides, run. What came
//! of it is read from what the systems hold, not from what the engine says of itself.

mod buyers;
mod edit;
mod erp_leads;
mod flow;
mod initial;
mod multishop;
mod sample;
mod second;
mod shop_leads;
mod stage;
mod states;
mod summary;
mod tell;
mod time;
mod totals;

use sync_core::{
    Context,
    engine::{Cancel, Mode, Report},
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
use edit::Edit;
use flow::Flow;
use sample::About;
use stage::{Folder, Stage};
use summary::Summary;
use tell::Teller;

/// The flow that is shown when none is named.
pub(crate) const USUAL: &str = "starweb-eekonomi/shop-leads";
/// 3: done, but something waits for a person, or went otherwise than it should.
const NOT_AS_IT_SHOULD: u8 = 3;
/// Minutes between two steps: more than any `every` of a preset.
const PAUSE_MIN: u64 = 10;

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
    let stage = Stage::set(flow.sample).await?;
    let path = stage.configure(flow, folder.path())?;
    tell.systems(&stage)?;
    // nothing of the user's surroundings is looked at: a demo never meets real credentials
    let config = Asked { path, sets: sets.to_vec() }.load(&|_| None, true)?;
    let mut run = Running {
        machine: stage.machine(),
        summary: Summary { flow: flow.name.to_owned(), seed: about.seed(), ..Summary::default() },
        wrong: Vec::new(),
        stage,
        config,
        terminal,
        read: false,
        become_invoices: false,
    };
    run.login(tell).await?;
    let adopted = run.pass("adopt: everything is read and bound, nothing is written", Mode::Adopt, tell).await?;
    run.approve(&adopted, tell).await?;
    let mut effects = run.stage.effects();
    run.pass("run", Mode::Sync, tell).await?;
    run.second(tell).await?;
    let untouched = run.stage.effects();
    let edits = run.edits(flow, &about, tell)?;
    // what people set off themselves, such as the shop's mail about a new order, is not ours
    for (name, count) in run.stage.effects() {
        let own = count.saturating_sub(untouched.get(name).copied().unwrap_or_default());
        effects.entry(name).and_modify(|before| *before = before.saturating_add(own));
    }
    let last = run.pass("run: what people did goes to the other side", Mode::Sync, tell).await?;
    run.end(flow, &about, &last, tell)?;
    run.arrivals(&edits, tell)?;
    for (name, count) in run.stage.effects() {
        let before = effects.get(name).copied().unwrap_or_default();
        run.summary.effects.insert(name, count.saturating_sub(before));
    }
    tell.effects(&run.summary)?;
    Ok(Played { summary: run.summary, wrong: run.wrong })
}

/// A demo under way.
struct Running {
    stage: Stage,
    machine: Machine,
    config: Config,
    summary: Summary,
    wrong: Vec<String>,
    terminal: bool,
    /// The first contact was counted.
    read: bool,
    /// Orders become invoices in the ERP.
    become_invoices: bool,
}

impl Running {
    /// Signs in wherever a person must agree, through the page of the vendor.
    async fn login(&mut self, tell: &mut Teller<'_>) -> Result<(), Failure> {
        for (name, connection) in &self.config.connections {
            let id = session::id_of(name, connection);
            let failed = |error| Failure::of_system(&id, &error);
            let shared = session::shared(&self.config, &self.machine)?;
            let Some(login) = connection.settings.login(&id, &shared).map_err(failed)? else { continue };
            let consent = login.begin().map_err(failed)?;
            let redirected = Redirected::parse(&self.stage.agree(consent.url())?)?;
            let cx = Context::new(self.machine.clock.clone(), "login");
            let tenant = login.finish(&cx, &consent, &redirected).await.map_err(failed)?;
            tell.step(&format!("login {name}: signed in to {} ({})", tenant.name, tenant.id))?;
        }
        Ok(())
    }

    /// One call of the engine, as a command of its own makes it.
    async fn pass(&mut self, what: &str, mode: Mode, tell: &mut Teller<'_>) -> Result<Report, Failure> {
        tell.step(what)?;
        self.stage.minutes_later(PAUSE_MIN);
        let session = Session::open(&self.config, &self.machine).await?;
        self.become_invoices = session.engine.policy().entities.iter().any(|entity| !entity.derives.is_empty());
        let report = once(&session.engine, mode, self.terminal, &Cancel::new()).await?;
        if !self.read {
            self.read = true;
            self.summary.read = report.read.iter().map(|(kind, count)| (kind.to_string(), *count)).collect();
        }
        self.summary.add(&session.engine, &report);
        self.wrong.extend(tell::hindrances(what, &report));
        tell.report(&report)?;
        Ok(report)
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
        self.stage.clear_requests();
        let report = self.pass("run again: nothing is left to do", Mode::Sync, tell).await?;
        self.summary.second_run.writes = report.writes();
        self.summary.second_run.reads = self.stage.requests();
        if report.writes() > 0 {
            self.wrong
                .push(format!("the second run wrote {} records, although nobody had changed any", report.writes()));
        }
        tell.requests(&self.summary.second_run)
    }

    fn edits(&mut self, flow: &Flow, about: &About, tell: &mut Teller<'_>) -> Result<Vec<Edit>, Failure> {
        tell.step("people work in both systems")?;
        self.stage.minutes_later(PAUSE_MIN);
        let edits = (flow.edits)(&self.stage, about)?;
        edits.iter().try_for_each(|edit| tell.line(&edit.what))?;
        Ok(edits)
    }

    /// What waits, and what the totals are.
    fn end(&mut self, flow: &Flow, about: &About, last: &Report, tell: &mut Teller<'_>) -> Result<(), Failure> {
        self.summary.waiting(last);
        tell.waiting(&self.summary.held, last)?;
        if !flow.has_orders {
            let waits = self.summary.held.iter().map(|held| format!("{} waits: {}", held.number, held.why));
            self.wrong.extend(waits);
            self.wrong.extend((flow.settled)(&self.stage.states()));
            return Ok(());
        }
        let (wanted, waiting) = (about.must_arrive(self.become_invoices), about.must_wait(self.become_invoices));
        let states = self.stage.states();
        let mut compared = totals::compare(&states, &wanted);
        let of_second = states.second.as_ref().map(|_| about.of_second()).unwrap_or_default();
        if let Some(second) = &states.second {
            compared.add(totals::compare(second, &of_second));
            self.wrong.extend(second.twice().into_iter().map(|mark| format!("{mark} is in the ERP more than once")));
        }
        self.summary.totals.equal = compared.equal;
        tell.totals(&compared, wanted.len().saturating_add(of_second.len()))?;
        self.wrong.extend(compared.others);
        let is_there = |number: &u64| states.document(*number).is_some();
        let held = waiting.iter().map(|(number, _)| *number).filter(is_there);
        self.wrong.extend(held.map(|number| format!("{number} should wait for a person, and is in the ERP")));
        self.wrong.extend(summary::unexpected(&self.summary.held, waiting));
        let too_early = about.fate("before_start").into_iter().filter(is_there);
        self.wrong.extend(states.twice().into_iter().map(|mark| format!("{mark} is in the ERP more than once")));
        self.wrong.extend(too_early.map(|number| format!("{number} is from before the start date, and in the ERP")));
        self.wrong.extend((flow.settled)(&states));
        Ok(())
    }

    fn arrivals(&mut self, edits: &[Edit], tell: &mut Teller<'_>) -> Result<(), Failure> {
        let states = self.stage.states();
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
