//! Figures for people and for programs.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{Size, part::Took};

/// Targets: microseconds for an unchanged and for a changed record, mebibytes for a complete listing of the smaller size,
/// and how many times the smaller one's the larger one may take.
const UNCHANGED_US: i64 = 3;
const CHANGED_US: i64 = 60;
const PEAK_MIB: i64 = 150;
const GROWTH: Decimal = Decimal::from_parts(11, 0, 0, false, 1);

fn divided(what: u64, by: u64, decimals: u32) -> Decimal {
    Decimal::from(what).checked_div(Decimal::from(by)).unwrap_or_default().round_dp(decimals)
}
fn seconds(us: u64) -> Decimal {
    divided(us, 1_000_000, 2)
}
fn mib(kib: u64) -> Decimal {
    divided(kib, 1024, 1)
}

impl Took {
    /// Processor time without that of the catalogue's own pages.
    fn engine_us(&self) -> u64 {
        self.cpu_us.saturating_sub(self.pages_us)
    }
}

impl Size {
    fn of_unchanged(&self) -> Decimal {
        divided(self.unchanged.engine_us(), self.records, 2)
    }
    /// What a changed record costs beyond the listing in which it was found.
    fn of_changed(&self) -> Decimal {
        divided(self.changed.engine_us().saturating_sub(self.unchanged.engine_us()), self.changed.operations, 1)
    }
    fn of_planned(&self) -> Decimal {
        divided(self.mapper.engine_us().saturating_sub(self.unchanged.engine_us()), self.mapper.operations, 1)
    }
    fn json(&self) -> Value {
        let of = |took: &Took| {
            json!({
                "wall_us": took.wall_us, "cpu_us": took.cpu_us, "pages_cpu_us": took.pages_us,
                "before_kib": took.before_kib, "peak_kib": took.peak_kib,
                "listed": took.listed, "differing": took.differing, "operations": took.operations,
            })
        };
        json!({
            "records": self.records, "filled_us": self.filled_us, "stored_bytes": self.stored,
            "unchanged": of(&self.unchanged), "changed": of(&self.changed), "mapper": of(&self.mapper),
            "cpu_us_per_unchanged": self.of_unchanged(), "cpu_us_per_changed": self.of_changed(),
            "cpu_us_per_planned": self.of_planned(),
        })
    }
}

/// What all sizes have in common.
pub(super) fn settings() {
    println!(
        "A catalogue of articles goes to the books, which show nothing. Pages of 1000 rows of 330 bytes are written down"
    );
    println!("as they are listed, and what that takes is measured alone and taken out; the store is SQLite in a file.");
    println!("The store is filled by its own interface, after the pattern of one record that went the whole way.");
}

/// For people.
pub(super) fn text(size: &Size) {
    println!("\n=== {} bound records ===", size.records);
    println!("  filled in {} s, {} MiB on disk", seconds(size.filled_us), mib(size.stored / 1024));
    for (name, took) in [
        ("a complete listing, nothing has changed", &size.unchanged),
        ("a complete listing, 1 % have another name", &size.changed),
        ("another mapper for all, a plan", &size.mapper),
    ] {
        println!("\n{name}");
        let line = |what: &str, value: String| println!("  {what:<34}{value}");
        line("wall time, CPU", format!("{} s, {} s", seconds(took.wall_us), seconds(took.cpu_us)));
        line("CPU of the pages alone", format!("{} s", seconds(took.pages_us)));
        line("peak memory", format!("{} MiB, {} before", mib(took.peak_kib), mib(took.before_kib)));
        line("listed, differing, operations", format!("{}, {}, {}", took.listed, took.differing, took.operations));
    }
    println!(
        "\n  CPU for an unchanged record {} µs, for a changed one {} µs, for a planned one {} µs",
        size.of_unchanged(),
        size.of_changed(),
        size.of_planned()
    );
}

/// A figure, and whether it keeps its target.
fn judged(what: Decimal, target: Decimal, unit: &str) -> String {
    let verdict = if what <= target { "" } else { ", missed" };
    format!("{what}{unit} (target {target}{verdict})")
}

fn growth(small: &Size, large: &Size) -> Decimal {
    divided(large.unchanged.peak_kib, small.unchanged.peak_kib, 2)
}

/// One line at the end.
pub(super) fn summary(sizes: &[Size]) {
    let [small, large] = sizes else { return };
    println!(
        "\n{} records: {} an unchanged record, {} a changed one, peak {}; twice as many: {} MiB, {}",
        small.records,
        judged(small.of_unchanged(), UNCHANGED_US.into(), " µs"),
        judged(small.of_changed(), CHANGED_US.into(), " µs"),
        judged(mib(small.unchanged.peak_kib), PEAK_MIB.into(), " MiB"),
        mib(large.unchanged.peak_kib),
        judged(growth(small, large), GROWTH, " times as much"),
    );
}

/// For programs.
pub(super) fn json(sizes: &[Size]) {
    let growth = match sizes {
        [small, large] => growth(small, large),
        _ => Decimal::ZERO,
    };
    let all: Vec<Value> = sizes.iter().map(Size::json).collect();
    println!("{}", json!({ "sizes": all, "peak_growth": growth }));
}
