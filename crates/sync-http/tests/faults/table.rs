//! What must come of each fault at each operation, whatever the connector. Written from the table of errors of the design,
//! not from the code: connectors' tests play every cell of it against their vendor's double.

use std::{collections::BTreeMap, ops::RangeInclusive};

use emulators::{
    Emulator,
    frame::{Entry, Fault, FaultKind, Vendor},
};
use futures_util::future::join_all;
use sync_core::{
    Context, Disposition, Error, ErrorKind, FieldMap, FieldPath,
    capability::{Capabilities, RemoveMode, UpdateMode},
    connector::{Connector, ListFrom, ListQuery, Write},
};

/// What the engine asks of a connector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Operation {
    List,
    Get,
    Find,
    Create,
    Update,
    Act,
    Remove,
    /// A token is asked for before something is listed.
    Token,
}

const OPERATIONS: [Operation; 8] = [
    Operation::List,
    Operation::Get,
    Operation::Find,
    Operation::Create,
    Operation::Update,
    Operation::Act,
    Operation::Remove,
    Operation::Token,
];

impl Operation {
    pub(crate) const fn writes(self) -> bool {
        matches!(self, Self::Create | Self::Update | Self::Act | Self::Remove)
    }
}

/// How long an answer may take where one never comes.
pub(crate) const PATIENCE_MS: u64 = 300;

/// Every kind of fault of the doubles; statuses once for each class that the design names.
fn faults() -> Vec<FaultKind> {
    let statuses = [400, 401, 403, 404, 409, 412, 422, 429, 500, 503];
    let mut all: Vec<FaultKind> = statuses.map(|code| FaultKind::Status { code, handled: false }).into();
    all.extend([
        FaultKind::Status { code: 500, handled: true },
        FaultKind::DropBefore,
        FaultKind::DropAfter,
        // beyond any patience: it never answers
        FaultKind::Delay { ms: 3_600_000 },
        FaultKind::Truncate,
        FaultKind::Html { code: 200, handled: false },
        FaultKind::Html { code: 502, handled: true },
        FaultKind::Empty { code: 500, handled: true },
        FaultKind::RateLimit,
    ]);
    all
}

/// The name of a fault in the printed table.
fn name(fault: &FaultKind) -> String {
    let done = |handled: &bool| if *handled { " (done)" } else { "" };
    match fault {
        FaultKind::Status { code, handled } => format!("status {code}{}", done(handled)),
        FaultKind::DropBefore => "drop_before".to_owned(),
        FaultKind::DropAfter => "drop_after".to_owned(),
        FaultKind::Delay { .. } => "delay_ms".to_owned(),
        FaultKind::Truncate => "truncate".to_owned(),
        FaultKind::Html { code, handled } => format!("html {code}{}", done(handled)),
        FaultKind::Empty { code, handled } => format!("empty {code}{}", done(handled)),
        FaultKind::RateLimit => "rate_limit".to_owned(),
    }
}

/// What comes of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// As if nothing had happened.
    Done,
    /// The record is not there, which is no error.
    Absent,
    Fails(ErrorKind, Disposition),
}

impl Outcome {
    fn of(error: &Error) -> Self {
        Self::Fails(error.kind(), error.disposition())
    }
}

/// What must come of it, and the requests that the vendor sees.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Expected {
    pub(crate) outcome: Outcome,
    pub(crate) requests: RangeInclusive<u64>,
}

/// What is known of the vendor, and of the one call.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Traits {
    /// A 409 says that there is a record of that number already, whatever was called.
    pub(crate) conflict_is_duplicate: bool,
    /// A 404 is about what the written record refers to.
    pub(crate) absent_is_reference: bool,
    /// A token is renewed with one that is used up by it.
    pub(crate) rotates: bool,
    /// The answer has no body that could break off.
    pub(crate) bodyless: bool,
    /// It is a POST, by which the vendor makes something.
    pub(crate) posts: bool,
    /// What is looked for is read by its key: a 404 says that there is none.
    pub(crate) absent_is_nothing: bool,
    /// How often a call is made at most that may be repeated, where the vendor allows fewer than usual.
    pub(crate) tries: Option<u64>,
}

const ONCE: RangeInclusive<u64> = 1..=1;
/// Once, and once more with another token.
const RENEWED: RangeInclusive<u64> = 2..=2;
/// As often as the one place that repeats does.
const TRIES: RangeInclusive<u64> = 5..=5;
/// The same, unless the waits that the vendor asks for take too long before that.
const WAITS: RangeInclusive<u64> = 3..=5;

const UNCLEAR: Outcome = Outcome::Fails(ErrorKind::AmbiguousWrite, Disposition::LookFirst);
const NOT_READY: Outcome = Outcome::Fails(ErrorKind::Unavailable, Disposition::RetryLater);
const AUTH: Outcome = Outcome::Fails(ErrorKind::Auth, Disposition::StopSystem);
const INVALID: Outcome = Outcome::Fails(ErrorKind::Invalid, Disposition::ParkRecord);
const TOO_FAST: Outcome = Outcome::Fails(ErrorKind::RateLimited, Disposition::RetryLater);
const CHANGED: Outcome = Outcome::Fails(ErrorKind::VersionConflict, Disposition::RetryLater);
const DUPLICATE: Outcome = Outcome::Fails(ErrorKind::AlreadyExists, Disposition::ParkRecord);
const GONE: Outcome = Outcome::Fails(ErrorKind::NotFound, Disposition::ParkRecord);
const NO_RIGHT: Outcome = Outcome::Fails(ErrorKind::Permission, Disposition::StopSystem);
const NO_ANSWER: Outcome = Outcome::Fails(ErrorKind::Protocol, Disposition::StopStream);
const SETTING: Outcome = Outcome::Fails(ErrorKind::Config, Disposition::StopSystem);

/// The cell of a fault and an operation; none is a hole.
fn expected(fault: &FaultKind, operation: Operation, traits: Traits) -> Option<Expected> {
    let cell = |outcome, requests| Some(Expected { outcome, requests });
    let tries = traits.tries.map_or(TRIES, |tries| tries..=tries);
    let waits = traits.tries.map_or(WAITS, |tries| 1..=tries);
    if operation == Operation::Token {
        return token(fault, traits);
    }
    let lost = if operation.writes() { cell(UNCLEAR, ONCE) } else { cell(NOT_READY, tries) };
    match fault {
        FaultKind::Status { code: 400 | 422, .. } => cell(INVALID, ONCE),
        FaultKind::Status { code: 401, .. } => cell(AUTH, RENEWED),
        FaultKind::Status { code: 403, .. } => cell(NO_RIGHT, ONCE),
        FaultKind::Status { code: 404, .. } => match operation {
            Operation::Get => cell(Outcome::Absent, ONCE),
            Operation::Find if traits.absent_is_nothing => cell(Outcome::Done, ONCE),
            _ if traits.absent_is_reference => cell(INVALID, ONCE),
            _ => cell(GONE, ONCE),
        },
        FaultKind::Status { code: 409, .. } => match operation {
            _ if traits.conflict_is_duplicate => cell(DUPLICATE, ONCE),
            Operation::Create | Operation::Act if traits.posts => cell(DUPLICATE, ONCE),
            _ => cell(CHANGED, ONCE),
        },
        FaultKind::Status { code: 412, .. } => cell(CHANGED, ONCE),
        FaultKind::Status { code: 429, .. } | FaultKind::RateLimit => cell(TOO_FAST, waits),
        // a bare 503 may be a gateway's word after the service did what it was asked: looked at, not sent again
        FaultKind::Status { code: 500 | 503, .. } | FaultKind::Empty { code: 500, .. } => lost,
        FaultKind::DropBefore | FaultKind::DropAfter | FaultKind::Delay { .. } => lost,
        FaultKind::Truncate if traits.bodyless => cell(Outcome::Done, ONCE),
        FaultKind::Truncate => lost,
        FaultKind::Html { code: 502, .. } => lost,
        // a page for people says nothing of what was done
        FaultKind::Html { code: 200, .. } if operation.writes() => cell(UNCLEAR, ONCE),
        FaultKind::Html { code: 200, .. } => cell(NO_ANSWER, ONCE),
        _ => None,
    }
}

/// Signing in: no record is to blame, and a token may be asked for as often as need be.
fn token(fault: &FaultKind, traits: Traits) -> Option<Expected> {
    let cell = |outcome, requests| Some(Expected { outcome, requests });
    match fault {
        FaultKind::Status { code: 404, .. } => cell(SETTING, ONCE),
        FaultKind::Status { code: 429, .. } | FaultKind::RateLimit => cell(TOO_FAST, WAITS),
        FaultKind::Status { code: 400..=428, .. } => cell(AUTH, ONCE),
        FaultKind::Status { code: 500 | 503, .. } | FaultKind::Empty { code: 500, .. } => cell(NOT_READY, TRIES),
        FaultKind::DropBefore | FaultKind::DropAfter | FaultKind::Delay { .. } => cell(NOT_READY, TRIES),
        // the second answer is a refusal, and broken off too: somebody has to log in
        FaultKind::Truncate if traits.rotates => cell(AUTH, 2..=2),
        FaultKind::Truncate => cell(NOT_READY, TRIES),
        FaultKind::Html { code: 502, .. } => cell(NOT_READY, TRIES),
        // some other machine answers where tokens should be: somebody has to correct the address
        FaultKind::Html { code: 200, .. } => cell(SETTING, ONCE),
        _ => None,
    }
}

/// One cell that was played.
#[derive(Debug)]
struct Cell {
    pub(crate) fault: FaultKind,
    pub(crate) operation: Operation,
    pub(crate) stream: String,
    /// The call that was struck: `POST /v2/orders`.
    pub(crate) call: String,
    pub(crate) traits: Traits,
    pub(crate) outcome: Outcome,
    pub(crate) requests: u64,
}

impl Cell {
    fn shown(&self) -> String {
        match self.outcome {
            Outcome::Done => format!("done, {}", self.requests),
            Outcome::Absent => format!("absent, {}", self.requests),
            Outcome::Fails(kind, disposition) => format!("{kind:?}, {disposition:?}, {}", self.requests),
        }
    }
    fn fault_of_it(&self) -> Option<String> {
        let place = || format!("{} x {:?} {} ({})", name(&self.fault), self.operation, self.stream, self.call);
        let Some(expected) = expected(&self.fault, self.operation, self.traits) else {
            return Some(format!("{}: nobody says what must come of it", place()));
        };
        let right = expected.outcome == self.outcome && expected.requests.contains(&self.requests);
        (!right).then(|| format!("{}: {}, not {expected:?}", place(), self.shown()))
    }
}

/// A call that a connector offers.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) operation: Operation,
    pub(crate) stream: String,
    pub(crate) what: What,
}

/// What of several of one operation.
#[derive(Clone, Debug)]
#[allow(dead_code, reason = "not every vendor has steps")]
pub(crate) enum What {
    Plain,
    By(FieldPath),
    Act(String),
    Remove(RemoveMode),
}

/// All that the capabilities claim, and a listing that needs a token first.
fn cases(capabilities: &Capabilities, token: &str) -> Vec<Case> {
    let mut cases = vec![Case { operation: Operation::Token, stream: token.to_owned(), what: What::Plain }];
    for (stream, can) in capabilities.streams.iter().filter(|(_, can)| can.facet_of.is_none()) {
        let mut add = |operation, what| cases.push(Case { operation, stream: stream.to_string(), what });
        if can.list.is_some() {
            add(Operation::List, What::Plain);
        }
        if can.get_max > 0 {
            add(Operation::Get, What::Plain);
        }
        can.find_by.iter().for_each(|by| add(Operation::Find, What::By(*by)));
        if can.create {
            add(Operation::Create, What::Plain);
        }
        if can.update != UpdateMode::None {
            add(Operation::Update, What::Plain);
        }
        can.acts.iter().for_each(|act| add(Operation::Act, What::Act(act.clone())));
        can.remove.iter().for_each(|mode| add(Operation::Remove, What::Remove(*mode)));
    }
    cases
}

/// A call, ready to be made.
pub(crate) enum Ready {
    List,
    Get(String),
    Find(FieldMap),
    Write(Box<Write>),
}

/// A connector before its vendor's double.
pub(crate) trait Bench {
    type Vendor: Vendor;

    /// The double; no request of a kind that is tried goes there but those of the calls.
    fn double(&self) -> &Emulator<Self::Vendor>;
    /// The connector, or the one that waits no longer than [`PATIENCE_MS`].
    fn connector(&self, hasty: bool) -> &dyn Connector;
    fn context(&self) -> &Context;
    /// The stream that is listed for a token, and the path where tokens are.
    fn token(&self) -> (&str, &str);
    /// What the case needs is there. A case that nobody prepares is a hole: this panics.
    async fn ready(&self, case: &Case) -> Ready;
    fn traits(&self, case: &Case, method: &str) -> Traits;
    /// The next call needs a new token.
    async fn token_ends(&self);
    /// Whatever became of tokens, there is a good one.
    async fn token_again(&self);
}

/// Method and path, a star for every id.
type Call = (String, String);

async fn outcome(bench: &impl Bench, case: &Case, ready: Ready, hasty: bool) -> Outcome {
    let (connector, cx, stream) = (bench.connector(hasty), bench.context(), case.stream.as_str().into());
    let done = match ready {
        Ready::List => {
            let query = ListQuery { stream, from: ListFrom::Beginning, page_size: None };
            connector.list(cx, &query).await.map(|_| Outcome::Done)
        }
        Ready::Get(id) => connector
            .get(cx, &stream, &[id.as_str().into()])
            .await
            .map(|found| if found.iter().flatten().next().is_some() { Outcome::Done } else { Outcome::Absent }),
        Ready::Find(by) => connector.find(cx, &stream, &by).await.map(|_| Outcome::Done),
        Ready::Write(write) => connector.write(cx, &[*write]).await.remove(0).map(|_| Outcome::Done),
    };
    done.unwrap_or_else(|error| Outcome::of(&error))
}

/// The call that a case makes, learnt from one that nothing befalls.
async fn call(bench: &impl Bench, case: &Case) -> Call {
    if case.operation == Operation::Token {
        return ("POST".to_owned(), bench.token().1.to_owned());
    }
    let ready = bench.ready(case).await;
    bench.double().clear_requests();
    let outcome = outcome(bench, case, ready, false).await;
    assert_eq!(outcome, Outcome::Done, "{case:?} must succeed where nothing befalls it");
    let sent = bench.double().requests();
    let own = |sent: &&Entry| case.operation.writes() == (sent.method != "GET") && sent.path != bench.token().1;
    let own = sent.iter().find(own).unwrap_or_else(|| panic!("{case:?} sent nothing"));
    (own.method.clone(), pattern(&own.path))
}

/// Strikes these calls, all at once, and takes the fault back.
async fn struck(bench: &impl Bench, round: &[(&Case, &Call)], fault: &FaultKind) -> Vec<Cell> {
    let mut armed = Vec::new();
    for (case, _) in round {
        if case.operation == Operation::Token {
            bench.token_ends().await;
            armed.push(Ready::List);
        } else {
            armed.push(bench.ready(case).await);
        }
    }
    for (_, (method, path)) in round {
        bench.double().fault(Fault::new(fault.clone()).on(method, path).times(u32::MAX));
    }
    let hasty = matches!(fault, FaultKind::Delay { .. });
    let calls = round.iter().zip(armed).map(|((case, _), ready)| outcome(bench, case, ready, hasty));
    let outcomes = join_all(calls).await;
    let met = bench.double().faults();
    bench.double().clear_faults();
    if round.iter().any(|(case, _)| case.operation == Operation::Token) {
        bench.token_again().await;
    }
    let cell = |(place, ((case, (method, path)), outcome)): (usize, (&(&Case, &Call), Outcome))| Cell {
        fault: fault.clone(),
        operation: case.operation,
        stream: case.stream.clone(),
        call: format!("{method} {path}"),
        traits: bench.traits(case, method),
        outcome,
        requests: met[place]["met"].as_u64().unwrap_or_default(),
    };
    round.iter().zip(outcomes).enumerate().map(cell).collect()
}

/// Calls that can wait beside each other, since no two of a round are the same, nor of two operations.
fn rounds<'a>(cases: &'a [Case], calls: &'a [Call], together: bool) -> Vec<Vec<(&'a Case, &'a Call)>> {
    if !together {
        return cases.iter().zip(calls).map(|one| vec![one]).collect();
    }
    let mut rounds: BTreeMap<(Operation, usize), Vec<(&Case, &Call)>> = BTreeMap::new();
    for (case, call) in cases.iter().zip(calls) {
        let taken = |round: &usize| {
            let round = rounds.get(&(case.operation, *round));
            round.is_some_and(|round| round.iter().any(|(_, other)| *other == call))
        };
        let free = (0..).find(|round| !taken(round)).unwrap_or_default();
        rounds.entry((case.operation, free)).or_default().push((case, call));
    }
    rounds.into_values().collect()
}

/// Plays every fault at every call that the connector claims, and prints the table.
///
/// Panics for every cell that is wrong, that was not played, or of which nobody says what must come of it.
pub(crate) async fn play(vendor: &str, bench: &impl Bench) {
    let cases = cases(bench.connector(false).capabilities(), bench.token().0);
    let mut calls = Vec::new();
    for case in &cases {
        calls.push(call(bench, case).await);
    }
    let mut cells = Vec::new();
    for fault in faults() {
        // who waits, waits beside others
        for round in rounds(&cases, &calls, matches!(fault, FaultKind::Delay { .. })) {
            cells.extend(struck(bench, &round, &fault).await);
        }
    }
    judge(vendor, &cells, &cases);
}

fn judge(vendor: &str, cells: &[Cell], cases: &[Case]) {
    eprintln!("{vendor}: {} faults x {} calls = {} cells", faults().len(), cases.len(), cells.len());
    let mut wrong: Vec<String> = Vec::new();
    for fault in faults() {
        for operation in OPERATIONS {
            let of = |cell: &&Cell| cell.fault == fault && cell.operation == operation;
            let mut shown: Vec<String> = cells.iter().filter(of).map(Cell::shown).collect();
            let played = shown.len();
            shown.sort();
            shown.dedup();
            eprintln!(
                "{:<18} {:<7} {:>3} calls  {}",
                name(&fault),
                format!("{operation:?}"),
                played,
                shown.join(" | ")
            );
            let wanted = cases.iter().filter(|case| case.operation == operation).count();
            // not every vendor has steps of its own, or removes; then nothing is claimed, and nothing is sent
            if played != wanted || (played == 0 && !matches!(operation, Operation::Act | Operation::Remove)) {
                wrong.push(format!("{} x {operation:?}: {played} of {wanted} calls were played", name(&fault)));
            }
        }
    }
    wrong.extend(cells.iter().filter_map(Cell::fault_of_it));
    assert!(wrong.is_empty(), "{} of {} cells are wrong:\n{}", wrong.len(), cells.len(), wrong.join("\n"));
}

/// The path with a star for every id in it.
fn pattern(path: &str) -> String {
    let id = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit()) || (part.len() == 36 && part.contains('-'));
    let parts = path.split('/').map(|part| if !part.is_empty() && id(part) { "*" } else { part });
    parts.collect::<Vec<_>>().join("/")
}
