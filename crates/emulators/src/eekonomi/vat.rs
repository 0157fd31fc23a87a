//! Which VAT a row carries: it follows from the article's coding and from the buyer, never from the row.
//!
//! That the coding has an account for each kind of sale is the vendor's; which sale a buyer makes is read from the
//! names of those accounts.

use rust_decimal::Decimal;

use super::collection::Resource;
use super::company::Company;
use super::problem::Refusal;
use super::record::{Record, decimal, filled, flag, has, int, text};

/// Where a sale goes, as far as VAT is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sale {
    /// Within the country, or outside the EU with forced VAT.
    Domestic,
    /// To another EU country, with VAT: private persons and buyers without a VAT number.
    EuWithVat,
    /// To a business in another EU country.
    EuExempt,
    /// The same as the middle one of three parties.
    EuThirdParty,
    /// Out of the EU.
    OutsideEu,
    /// Within the country with reverse charge on construction services.
    Reversed,
}

/// The sale that a customer makes.
pub(crate) fn sale(company: &Company, customer: &Record, private: bool, third_party: bool) -> Sale {
    let based_on = if flag(customer, "DeliveryBasedVat") { "DeliveryCountryCode" } else { "InvoiceCountryCode" };
    let country = filled(customer, based_on).unwrap_or(company.country());
    if country == company.country() {
        return Sale::Domestic;
    }
    let in_eu = company.get(Resource::Countries, country).is_some_and(|found| flag(found, "IsEuMember"))
        || flag(customer, "IsNorthernIreland");
    match (in_eu, !private && filled(customer, "VatNumber").is_some()) {
        (true, true) if third_party => Sale::EuThirdParty,
        (true, true) => Sale::EuExempt,
        (true, false) => Sale::EuWithVat,
        (false, _) if flag(customer, "ForceBookkeepVat") => Sale::Domestic,
        (false, _) => Sale::OutsideEu,
    }
}

/// The VAT of such a sale, as a fraction.
pub(crate) fn rate(coding: &Record, sale: Sale) -> Decimal {
    match sale {
        Sale::Domestic | Sale::EuWithVat => decimal(coding, "VatRatePercent"),
        Sale::EuExempt | Sale::EuThirdParty | Sale::OutsideEu | Sale::Reversed => Decimal::ZERO,
    }
}

/// The account that such a sale is booked on.
///
/// # Errors
/// 4024 when the coding has none, 4027 when it has none for reverse charge.
pub(crate) fn account(coding: &Record, sale: Sale) -> Result<i64, Refusal> {
    let field = match sale {
        Sale::Domestic if decimal(coding, "VatRatePercent").is_zero() => "DomesticSalesVatExemptAccountNumber",
        Sale::Domestic => "DomesticSalesSubjectToVatAccountNumber",
        Sale::EuWithVat => "ForeignSalesSubjectToVatWithinEuAccountNumber",
        Sale::EuExempt => "ForeignSalesVatExemptWithinEuAccountNumber",
        Sale::EuThirdParty => "ForeignSalesSubjectToThirdPartySalesAccountNumber",
        Sale::OutsideEu => "ForeignSalesVatExemptOutsideEuAccountNumber",
        Sale::Reversed => "DomesticSalesSubjectToReversedConstructionVatAccountNumber",
    };
    if has(coding, field) {
        return Ok(int(coding, field));
    }
    let why = format!("coding {:?} has no {field}", text(coding, "Name").unwrap_or_default());
    Err(if sale == Sale::Reversed { Refusal::reversed_vat(why) } else { Refusal::no_sales_account(why) })
}
