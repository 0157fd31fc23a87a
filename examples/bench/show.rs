//! Figures for people and for programs.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::{
    Items,
    play::{Played, Round},
};

/// What both sides have in common.
pub(crate) fn settings(items: &Items) {
    let Items { articles, delay_ms, concurrency, rounds, .. } = items;
    println!(
        "{articles} articles, eEkonomi to Starweb, by the preset starweb-eekonomi/erp-leads (items, prices, stock)."
    );
    println!(
        "Both sides, engine and bare loop: answers take {delay_ms} ms, and none beside; {concurrency} records are"
    );
    println!("written at once; the vendors' rate limits are lifted; best of {rounds} rounds, taking turns.");
    println!("The bare loop sends the engine's own requests through sync-http, without engine and store.");
    println!(
        "An operation is one record of one stream that was written: product, price and stock of an article are three."
    );
}

/// One scenario over all rounds: the best of each side.
struct Best {
    engine_us: u64,
    bare_us: u64,
    /// Processor time of the whole process of the engine, and of that of the bare loop.
    engine_cpu_us: u64,
    bare_cpu_us: u64,
    peak_kib: u64,
    before_kib: u64,
    operations: u64,
    listed: u64,
    calls: u64,
    minimum: u64,
}

impl Best {
    fn of(played: &[&Played]) -> Self {
        let least = |of: fn(&Played) -> u64| played.iter().map(|one| of(one)).min().unwrap_or_default();
        let most = |of: fn(&Played) -> u64| played.iter().map(|one| of(one)).max().unwrap_or_default();
        Self {
            engine_us: least(|one| one.engine.wall_us),
            bare_us: least(|one| one.bare.wall_us),
            engine_cpu_us: least(|one| one.engine.cpu_us),
            bare_cpu_us: least(|one| one.bare.cpu_us),
            peak_kib: most(|one| one.engine.peak_kib),
            before_kib: most(|one| one.engine.before_kib),
            operations: most(|one| one.engine.applied),
            listed: most(|one| one.engine.listed),
            calls: most(|one| one.calls.all()),
            minimum: most(|one| one.minimum.all()),
        }
    }
    fn ratio(&self) -> Decimal {
        divided(self.engine_us, self.bare_us, 3)
    }
    /// What the engine adds to the client's own work, for each operation.
    fn own_cpu(&self) -> Decimal {
        divided(self.engine_cpu_us.saturating_sub(self.bare_cpu_us), self.operations, 1)
    }
    fn json(&self) -> Value {
        json!({
            "engine_wall_us": self.engine_us,
            "bare_wall_us": self.bare_us,
            "ratio": self.ratio(),
            "engine_cpu_us": self.engine_cpu_us,
            "bare_cpu_us": self.bare_cpu_us,
            "operations": self.operations,
            "engine_cpu_us_per_operation": self.own_cpu(),
            "peak_kib": self.peak_kib,
            "before_kib": self.before_kib,
            "records_listed": self.listed,
            "calls": self.calls,
            "minimum": self.minimum,
        })
    }
    fn text(&self, name: &str) {
        println!("\n{name}");
        let line = |what: &str, value: String| println!("  {what:<34}{value}");
        line("wall time, engine / bare loop", format!("{} / {} s", seconds(self.engine_us), seconds(self.bare_us)));
        line("ratio", self.ratio().to_string());
        line("operations", format!("{}, after {} records listed", self.operations, self.listed));
        line("engine CPU per operation", format!("{} µs", self.own_cpu()));
        let (whole, bare) = (seconds(self.engine_cpu_us), seconds(self.bare_cpu_us));
        line("CPU, engine's process / bare loop's", format!("{whole} / {bare} s"));
        line("peak memory, engine's process", format!("{} MiB, {} before", mib(self.peak_kib), mib(self.before_kib)));
        line("calls / minimum", format!("{} / {}", self.calls, self.minimum));
    }
}

fn divided(what: u64, by: u64, decimals: u32) -> Decimal {
    Decimal::from(what).checked_div(Decimal::from(by)).unwrap_or_default().round_dp(decimals)
}
fn seconds(us: u64) -> Decimal {
    divided(us, 1_000_000, 2)
}
fn mib(kib: u64) -> Decimal {
    divided(kib, 1024, 1)
}

fn scenarios(rounds: &[Round]) -> [(&'static str, &'static str, Vec<&Played>); 3] {
    let of = |which: fn(&Round) -> &Played| rounds.iter().map(which).collect();
    [
        ("load", "initial load: adopt, approve, run", of(|round| &round.load)),
        ("change", "1 % of the prices change; what changed is listed", of(|round| &round.change)),
        ("complete", "1 % of the prices change; everything is listed", of(|round| &round.complete)),
    ]
}

/// For people.
pub(crate) fn text(delay: u64, rounds: &[Round]) {
    println!("\n=== answers after {delay} ms ===");
    for (_, name, played) in scenarios(rounds) {
        Best::of(&played).text(name);
        if let Some(first) = played.first() {
            for (call, count) in &first.calls.0 {
                let least = first.minimum.count(call);
                println!(
                    "    {count:>8} {call}{}",
                    if *count == least { String::new() } else { format!(" (least: {least})") }
                );
            }
        }
    }
    for round in rounds {
        let (adopt, after) = (seconds(round.load.engine.adopt_us), &round.after);
        println!(
            "\n  round: the first contact took {adopt} s of the load; the run after it listed {} records in {} s, {} s of \
             CPU, {} MiB",
            after.listed,
            seconds(after.wall_us),
            seconds(after.cpu_us),
            mib(after.peak_kib)
        );
    }
}

/// For programs.
pub(crate) fn json(delay: u64, rounds: &[Round]) -> Value {
    let mut told = serde_json::Map::from_iter([("delay_ms".to_owned(), json!(delay))]);
    for (key, _, played) in scenarios(rounds) {
        let mut one = Best::of(&played).json();
        if let (Some(fields), Some(first)) = (one.as_object_mut(), played.first()) {
            fields.insert("calls_by_kind".to_owned(), json!(first.calls));
            fields.insert("minimum_by_kind".to_owned(), json!(first.minimum));
        }
        told.insert(key.to_owned(), one);
    }
    Value::Object(told)
}
