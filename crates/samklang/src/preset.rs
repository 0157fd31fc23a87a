//! Ready configurations to start from, compiled in.

/// One of them.
#[derive(Debug)]
pub(crate) struct Preset {
    /// As in `preset = "starweb-eekonomi/buyers"`.
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
}

/// All of them.
pub(crate) const ALL: &[Preset] = &[
    Preset {
        name: "starweb-eekonomi/buyers",
        text: include_str!("../../../examples/presets/starweb-eekonomi/buyers.toml"),
    },
    Preset {
        name: "starweb-eekonomi/combined",
        text: include_str!("../../../examples/presets/starweb-eekonomi/combined.toml"),
    },
    Preset {
        name: "starweb-eekonomi/erp-leads",
        text: include_str!("../../../examples/presets/starweb-eekonomi/erp-leads.toml"),
    },
    Preset {
        name: "starweb-eekonomi/initial-from-erp",
        text: include_str!("../../../examples/presets/starweb-eekonomi/initial-from-erp.toml"),
    },
    Preset {
        name: "starweb-eekonomi/initial-from-shop",
        text: include_str!("../../../examples/presets/starweb-eekonomi/initial-from-shop.toml"),
    },
    Preset {
        name: "starweb-eekonomi/multishop",
        text: include_str!("../../../examples/presets/starweb-eekonomi/multishop.toml"),
    },
    Preset {
        name: "starweb-eekonomi/shop-leads",
        text: include_str!("../../../examples/presets/starweb-eekonomi/shop-leads.toml"),
    },
    Preset { name: "webcrm-visma-net", text: include_str!("../../../examples/presets/webcrm-visma-net.toml") },
];

/// The preset of this name.
pub(crate) fn named(name: &str) -> Option<&'static Preset> {
    ALL.iter().find(|preset| preset.name == name)
}
