//! The flows that can be shown.

use super::{
    buyers,
    edit::Edit,
    erp_leads, initial, multishop,
    sample::{About, Sample},
    shop_leads,
    stage::Stage,
    states::States,
};
use crate::{fail::Failure, file::suggest};

/// One flow: a preset, and what people do while it runs.
#[derive(Debug)]
pub(super) struct Flow {
    /// The preset's name.
    pub(super) name: &'static str,
    /// What is in the systems before it.
    pub(super) sample: Sample,
    /// Makes edits in the systems.
    pub(super) edits: fn(&Stage, &About) -> Result<Vec<Edit>, Failure>,
    /// Whether it carries orders, so that the sample data says which must arrive and which must be held.
    pub(super) has_orders: bool,
    /// A line for everything that the systems must have in common in the end and have not.
    pub(super) settled: fn(&States) -> Vec<String>,
}

/// Of flows that are held against the sample data's own orders alone.
fn nothing_else(_: &States) -> Vec<String> {
    Vec::new()
}

/// A flow between a shop and an ERP that both have their goods.
const fn of_both(name: &'static str, edits: fn(&Stage, &About) -> Result<Vec<Edit>, Failure>) -> Flow {
    Flow { name, sample: Sample::Both, edits, has_orders: true, settled: nothing_else }
}

/// All of them. The first is shown when none is named.
const ALL: [Flow; 7] = [
    of_both(super::USUAL, shop_leads::edits),
    of_both("starweb-eekonomi/erp-leads", erp_leads::edits),
    of_both("starweb-eekonomi/combined", erp_leads::edits_of_combined),
    Flow {
        sample: Sample::TwoShops,
        settled: multishop::settled,
        ..of_both("starweb-eekonomi/multishop", multishop::edits)
    },
    Flow {
        sample: Sample::ShopAlone,
        has_orders: false,
        settled: initial::settled,
        ..of_both("starweb-eekonomi/initial-from-shop", initial::edits_in_shop)
    },
    Flow {
        sample: Sample::ErpAlone,
        has_orders: false,
        settled: initial::settled,
        ..of_both("starweb-eekonomi/initial-from-erp", initial::edits_in_erp)
    },
    Flow { has_orders: false, ..of_both("starweb-eekonomi/buyers", buyers::edits) },
];

/// The flow of this name.
///
/// # Errors
/// There is none.
pub(super) fn named(name: &str) -> Result<&'static Flow, Failure> {
    const FLOWS: &[Flow] = &ALL;
    FLOWS.iter().find(|flow| flow.name == name).ok_or_else(|| {
        let names: Vec<&str> = ALL.iter().map(|flow| flow.name).collect();
        Failure::usage(format!("there is no flow '{name}' to show; {}", suggest(name, &names)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preset;

    #[test]
    fn every_preset_can_be_shown() {
        let presets: Vec<&str> = preset::ALL.iter().map(|preset| preset.name).collect();
        assert_eq!(presets.len(), ALL.len());
        for name in presets {
            assert_eq!(named(name).unwrap().name, name);
        }
    }
}
