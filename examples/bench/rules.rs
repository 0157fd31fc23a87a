//! The rules: what the preset `starweb-eekonomi/erp-leads` says of items, prices and stock.

use sync_core::policy::Policy;
use toml::{Table, Value};

use crate::Failure;

const PRESET: &str = include_str!("../presets/starweb-eekonomi/erp-leads.toml");

/// Without the preset's orders and buyers, which are not measured, and without what reserves stock for orders.
pub(crate) fn policy() -> Result<Policy, Failure> {
    let mut preset: Table = PRESET.parse()?;
    let mut kept = Table::new();
    if let Some(Value::Table(entities)) = preset.remove("entities") {
        let mut goods: Table =
            entities.into_iter().filter(|(name, _)| ["items", "prices", "stock"].contains(&name.as_str())).collect();
        if let Some(Value::Table(stock)) = goods.get_mut("stock") {
            stock.remove("reserve");
        }
        kept.insert("entities".to_owned(), goods.into());
    }
    let policy = Policy::from_toml(&kept.to_string());
    Ok(policy.map_err(|mistakes| mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?)
}
