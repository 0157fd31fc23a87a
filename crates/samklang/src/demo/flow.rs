//! The flows that can be shown.

use super::{buyers, erp_leads, initial, multishop, sample::Sample, shop::Shop, shop_leads};
use crate::{fail::Failure, file::suggest};

/// One flow: a preset, and what people do while it runs.
#[derive(Debug)]
pub(super) struct Flow {
    /// The preset's name.
    pub(super) name: &'static str,
    /// Between which systems it is played.
    pub(super) between: Between,
}

/// The systems of a flow.
#[derive(Debug)]
pub(super) enum Between {
    /// Shops and an ERP: Starweb and Visma eEkonomi.
    Shops(Shop),
    /// A CRM and an ERP: webCRM and Visma.net.
    Crm,
}

const fn shops(name: &'static str, shop: Shop) -> Flow {
    Flow { name, between: Between::Shops(shop) }
}

/// All of them. The first is shown when none is named.
const ALL: [Flow; 8] = [
    shops(super::USUAL, Shop::of_both(shop_leads::edits)),
    shops("starweb-eekonomi/erp-leads", Shop::of_both(erp_leads::edits)),
    shops("starweb-eekonomi/combined", Shop::of_both(erp_leads::edits_of_combined)),
    shops(
        "starweb-eekonomi/multishop",
        Shop { sample: Sample::TwoShops, settled: multishop::settled, ..Shop::of_both(multishop::edits) },
    ),
    shops(
        "starweb-eekonomi/initial-from-shop",
        Shop {
            sample: Sample::ShopAlone,
            has_orders: false,
            settled: initial::settled,
            ..Shop::of_both(initial::edits_in_shop)
        },
    ),
    shops(
        "starweb-eekonomi/initial-from-erp",
        Shop {
            sample: Sample::ErpAlone,
            has_orders: false,
            settled: initial::settled,
            ..Shop::of_both(initial::edits_in_erp)
        },
    ),
    shops("starweb-eekonomi/buyers", Shop { has_orders: false, ..Shop::of_both(buyers::edits) }),
    Flow { name: "webcrm-visma-net", between: Between::Crm },
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
