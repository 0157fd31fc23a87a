use super::*;
use proptest::prelude::*;
use uuid::Uuid;

fn table(buffer: i64, scale: Option<u32>) -> StockTable {
    StockTable { orders: Vec::new(), master: SystemId::new("mock:erp"), buffer: buffer.into(), scale }
}
fn entry(order: u128, quantity: i64, shop: &str) -> Entry {
    let order = CanonicalId::from_uuid(Uuid::from_u128(order));
    Entry { order, quantity: quantity.into(), shops: BTreeSet::from([SystemId::new(shop)]) }
}
fn moment(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(minute * 60, 0).unwrap()
}
fn sold(entry: &Entry, taken: Option<i64>) -> Sold {
    Sold { entry: entry.clone(), taken_at: taken.map(moment) }
}

#[test]
fn what_is_left_is_never_below_zero_and_never_rounded_up() {
    assert_eq!(left(&table(2, None), 10.into(), &[entry(1, 3, "a"), entry(2, 1, "b")]), 4.into());
    assert_eq!(left(&table(0, None), 1.into(), &[entry(1, 3, "a")]), Decimal::ZERO);
    assert_eq!(left(&table(0, Some(0)), "1.9".parse().unwrap(), &[]), Decimal::ONE);
    assert_eq!(left(&table(0, None), (-4).into(), &[]), Decimal::ZERO);
}

#[test]
fn an_order_leaves_when_the_number_was_read_after_it_arrived() {
    let one = entry(1, 3, "shop:a");
    let counted = |taken, read: Option<i64>| {
        count(std::slice::from_ref(&one), vec![sold(&one, taken)], read.map(moment)).entries.len()
    };
    assert_eq!(counted(None, Some(9)), 1, "it is not there");
    assert_eq!(counted(Some(5), Some(4)), 1, "the number is older");
    assert_eq!(counted(Some(5), Some(5)), 1, "who knows");
    assert_eq!(counted(Some(5), None), 1, "it was never read");
    assert_eq!(counted(Some(5), Some(6)), 0);
}

#[test]
fn a_shop_is_written_again_when_an_order_comes_changes_or_is_cancelled() {
    let (a, b) = (entry(1, 3, "shop:a"), entry(2, 1, "shop:b"));
    let moved = |before: &[Entry], now: &[Entry], taken: Option<i64>| -> Vec<String> {
        let now = now.iter().map(|entry| sold(entry, taken)).collect();
        count(before, now, Some(moment(10))).moved.into_iter().map(|s| s.as_str().to_owned()).collect()
    };
    assert_eq!(moved(&[], std::slice::from_ref(&a), None), ["shop:a"]);
    assert_eq!(moved(&[a.clone(), b.clone()], std::slice::from_ref(&a), None), ["shop:b"]);
    assert_eq!(moved(&[entry(1, 2, "shop:a")], std::slice::from_ref(&a), None), ["shop:a"]);
    assert_eq!(moved(std::slice::from_ref(&a), std::slice::from_ref(&a), Some(1)), [""; 0], "the master counts it now");
    assert_eq!(moved(&[], std::slice::from_ref(&a), Some(1)), ["shop:a"], "it came and arrived since we looked");
}

#[test]
fn an_entry_survives_its_text() {
    for one in [entry(1, 3, "shop:a"), Entry { quantity: "0.25".parse().unwrap(), ..entry(9, 1, "x:y") }] {
        assert_eq!(Entry::read(&one.text()), Some(one));
    }
}

/// What happens to one order of one piece.
#[derive(Clone, Copy, Debug)]
enum Step {
    Sell,
    Arrive,
    Cancel,
    ReadNumber,
    Deliver,
}

proptest! {
    /// Orders are placed, reach the ERP, are cancelled before they do; goods come in; the ERP's number is read now and
    /// then, and what it says has always taken in the orders that are there. However these follow one another, shops are
    /// told no more than is left, and exactly that once the number was read again.
    #[test]
    fn shops_are_never_told_of_more_than_is_left(steps in proptest::collection::vec(prop_oneof![
        Just(Step::Sell), Just(Step::Arrive), Just(Step::Cancel), Just(Step::ReadNumber), Just(Step::Deliver)
    ], 0..60)) {
        let table = table(0, None);
        let (mut on_hand, mut number, mut read_at) = (20_i64, 20_i64, 0_i64);
        let mut orders: Vec<(Entry, Option<i64>)> = Vec::new();
        let mut before: Vec<Entry> = Vec::new();
        for (minute, step) in (1..).zip(steps) {
            match step {
                Step::Sell => orders.push((entry(u128::try_from(minute).unwrap(), 1, "shop:a"), None)),
                Step::Arrive => {
                    if let Some((_, taken)) = orders.iter_mut().find(|(_, taken)| taken.is_none()) {
                        *taken = Some(minute);
                    }
                }
                Step::Cancel => {
                    if let Some(at) = orders.iter().position(|(_, taken)| taken.is_none()) {
                        orders.remove(at);
                    }
                }
                Step::ReadNumber => {
                    let there = orders.iter().filter(|(_, taken)| taken.is_some()).count();
                    (number, read_at) = (on_hand - i64::try_from(there).unwrap(), minute);
                }
                Step::Deliver => on_hand += 3,
            }
            let known = orders.iter().map(|(entry, taken)| sold(entry, *taken)).collect();
            let counted = count(&before, known, Some(moment(read_at)));
            let told = left(&table, number.into(), &counted.entries);
            let really = Decimal::from(on_hand - i64::try_from(orders.len()).unwrap()).max(Decimal::ZERO);
            prop_assert!(told <= really, "{told} of {really} after {step:?}");
            if matches!(step, Step::ReadNumber) {
                prop_assert_eq!(told, really);
            }
            before = counted.entries;
        }
    }
}
