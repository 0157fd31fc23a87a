//! The flows that can be shown.

use super::{buyers, edit::Edit, erp_leads, sample::About, shop_leads, stage::Stage};
use crate::{fail::Failure, file::suggest};

/// One flow: a preset, and what people do while it runs.
#[derive(Debug)]
pub(super) struct Flow {
    /// The preset's name.
    pub(super) name: &'static str,
    /// Makes edits in both systems.
    pub(super) edits: fn(&Stage, &About) -> Result<Vec<Edit>, Failure>,
    /// Whether it carries orders, so that the sample data says which must arrive and which must be held.
    pub(super) has_orders: bool,
}

/// All of them. The first is shown when none is named.
const ALL: [Flow; 4] = [
    Flow { name: super::USUAL, edits: shop_leads::edits, has_orders: true },
    Flow { name: "starweb-eekonomi/erp-leads", edits: erp_leads::edits, has_orders: true },
    Flow { name: "starweb-eekonomi/combined", edits: erp_leads::edits_of_combined, has_orders: true },
    Flow { name: "starweb-eekonomi/buyers", edits: buyers::edits, has_orders: false },
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
