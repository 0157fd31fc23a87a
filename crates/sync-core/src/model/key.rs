//! What a field says of who a record is.

use rust_decimal::Decimal;

use super::{Price, StockLevel, field};
use crate::{
    id::EntityKind,
    value::{FieldPath, NormalForm, Value},
};

/// The normal form of one field of a match rule; none if it tells nobody apart. An empty code of a price list or of a
/// place does, beside other fields: it is the item's own price, or the only place. So does the least quantity of an
/// ordinary price, which is 0 in one system, 1 in another, and empty in a third.
pub(crate) fn key_part(kind: EntityKind, path: FieldPath, value: &Value, beside_others: bool) -> Option<String> {
    match kind {
        EntityKind::Price if path == Price::FROM_QUANTITY => {
            let pieces = value.as_decimal().unwrap_or_default();
            Some(pieces.max(Decimal::ONE).normalize().to_string())
        }
        EntityKind::Price if path == Price::LIST && value.is_null() => beside_others.then(String::new),
        EntityKind::StockLevel if path == StockLevel::LOCATION && value.is_null() => beside_others.then(String::new),
        _ => field(kind, path).map_or(NormalForm::Exact, |field| field.form).of(value),
    }
}
