//! Chance, all of it from one seed.

use rust_decimal::Decimal;

/// A row of throws. The same seed and name give the same row on every machine.
#[derive(Debug)]
pub(crate) struct Dice(fastrand::Rng);

impl Dice {
    /// The row of one part of the data: another part's use of chance does not move it.
    pub(crate) fn new(seed: u64, part: &str) -> Self {
        const START: u64 = 0xcbf2_9ce4_8422_2325;
        const FACTOR: u64 = 0x0000_0100_0000_01b3;
        let mixed = part.bytes().fold(START ^ seed, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(FACTOR));
        Self(fastrand::Rng::with_seed(mixed))
    }
    /// A number from `least` to `most`, both possible.
    pub(crate) fn between(&mut self, least: u64, most: u64) -> u64 {
        self.0.u64(least..=most.max(least))
    }
    /// True in so many of a hundred cases.
    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.between(1, 100) <= percent
    }
    /// One of the list; the default of an empty one.
    pub(crate) fn pick<T: Clone + Default>(&mut self, list: &[T]) -> T {
        let place = self.place(list.len());
        list.get(place).cloned().unwrap_or_default()
    }
    /// A place in a list of that length. Never drawn as `usize`, whose width differs from machine to machine.
    fn place(&mut self, length: usize) -> usize {
        let last = u64::try_from(length).unwrap_or(u64::MAX).saturating_sub(1);
        usize::try_from(self.between(0, last)).unwrap_or_default()
    }
    /// Brings the list into another order.
    pub(crate) fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            let other = self.place(last.saturating_add(1));
            list.swap(last, other);
        }
    }
    /// So many of the list, in the order of the draw.
    pub(crate) fn some<T: Clone>(&mut self, list: &[T], count: usize) -> Vec<T> {
        let mut all = list.to_vec();
        self.shuffle(&mut all);
        all.truncate(count);
        all
    }
    /// An amount in hundredths from `least` to `most`.
    pub(crate) fn cents(&mut self, least: u64, most: u64) -> Decimal {
        Decimal::from(self.between(least, most)) / Decimal::ONE_HUNDRED
    }
    /// A random GUID.
    pub(crate) fn guid(&mut self) -> String {
        let (high, low) = (self.0.u64(..), self.0.u64(..));
        let version = 0x4000 | (high & 0x0fff);
        let variant = 0x8000 | (low >> 48 & 0x3fff);
        let (first, second, last) = (high >> 32, high >> 16 & 0xffff, low & 0xffff_ffff_ffff);
        format!("{first:08x}-{second:04x}-{version:04x}-{variant:04x}-{last:012x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_one_row_and_parts_of_their_own() {
        let row = |seed, part| {
            let mut dice = Dice::new(seed, part);
            (0..8).map(|_| dice.between(0, 1_000_000)).collect::<Vec<_>>()
        };
        assert_eq!(row(7, "a"), row(7, "a"));
        assert_ne!(row(7, "a"), row(8, "a"));
        assert_ne!(row(7, "a"), row(7, "b"));
    }

    #[test]
    fn a_shuffled_list_has_the_same_members() {
        let mut list: Vec<u64> = (0..100).collect();
        Dice::new(1, "x").shuffle(&mut list);
        assert_ne!(list, (0..100).collect::<Vec<_>>());
        list.sort_unstable();
        assert_eq!(list, (0..100).collect::<Vec<_>>());
    }

    #[test]
    fn guids_say_that_they_are_random() {
        let guid = Dice::new(1, "x").guid();
        assert_eq!((guid.len(), &guid[14..15]), (36, "4"));
        assert!("89ab".contains(&guid[19..20]));
    }
}
