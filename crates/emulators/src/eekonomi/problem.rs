//! Refusals, in the vendor's shape and with the vendor's codes.

use serde_json::{Value, json};

/// One broken field rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldProblem {
    /// Path of the field, as `Rows[0].ArticleId`.
    pub(crate) field: String,
    /// What is wrong, in words of the emulator: the vendor's wording is not published.
    pub(crate) message: String,
}

/// A refusal by code. What each code means is the vendor's; where no status is known for it,
/// the status is the one that the vendor's document declares beside success: 400.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The vendor's `ErrorCode`.
    pub(crate) code: u16,
    /// HTTP status.
    pub(crate) status: u16,
    /// The vendor's name of the code, or of the exception where it is known.
    pub(crate) name: &'static str,
    /// What was wrong.
    pub(crate) text: String,
    /// Field by field, for code 2000.
    pub(crate) fields: Vec<FieldProblem>,
    /// It is the record named in the path that does not exist.
    pub(crate) missing: bool,
}

macro_rules! refusals {
    ($($(#[$doc:meta])* $function:ident = $code:literal, $status:literal, $name:literal;)*) => {
        impl Refusal {
            $($(#[$doc])* pub(crate) fn $function(text: impl Into<String>) -> Self {
                Self { code: $code, status: $status, name: $name, text: text.into(), fields: Vec::new(), missing: false }
            })*
        }
    };
}

refusals! {
    /// A field rule was broken.
    invalid = 2000, 400, "DataModelValidationError";
    /// Something referred to does not exist.
    not_found = 3000, 404, "ResourceNotFound";
    /// A date outside all fiscal years.
    no_fiscal_year = 3001, 400, "FiscalYearDoesNotExist";
    /// A duplicate.
    conflict = 4000, 409, "Conflict";
    /// An account that does not exist.
    no_account = 3002, 400, "AccountNotFound";
    /// Other records hang on it.
    cannot_delete = 4001, 400, "CanNotBeDeleted";
    /// The content or the state forbids it.
    cannot_update = 4002, 400, "CanNotBeCreatedOrUpdated";
    /// A module is not switched on: the second meaning of 4002.
    no_module = 4002, 403, "ForbiddenRequestException";
    /// The start-up guide has not been gone through.
    startup_guide = 4003, 403, "StartupGuideNotCompleted";
    /// The company is not active.
    company_inactive = 4004, 403, "CompanyNotActive";
    /// Token missing, unknown or expired.
    not_authorized = 4005, 401, "AuthorizationException";
    /// The token lacks the scope.
    no_scope = 4006, 403, "NoAccessToScopes";
    /// A control digit is wrong.
    control_digit = 4008, 400, "InvalidControlDigit";
    /// The company's edition does not include it.
    no_variant = 4009, 403, "NoAccessDueToProductVariant";
    /// The user is not in this company.
    no_user_access = 4011, 403, "NoAccessForAuthenticatedUser";
    /// The user has not accepted the licence.
    no_licence = 4012, 403, "LicenceAgreementNotAccepted";
    /// Booking stopped: locked period, or a number series that never started.
    cannot_book = 4013, 400, "CannotBookkeepInvoice";
    /// A user who may only read tried to write.
    read_only_user = 4019, 403, "NoPermissionForReadonlyUser";
    /// A date in the future.
    future_date = 4023, 400, "FutureDateCannotBeSet";
    /// The article's coding has no account for this kind of sale.
    no_sales_account = 4024, 400, "SalesAccountNumberMissing";
    /// The VAT number is not valid.
    vat_number = 4025, 400, "InvalidVatNumber";
    /// A voucher's date is in a locked period.
    locked_period = 4026, 400, "VoucherDateIsInLockedPeriod";
    /// Reverse charge on a row that may not have it.
    reversed_vat = 4027, 400, "ReversedVatZero";
    /// Backorders hang on the order.
    cannot_void_order = 4028, 400, "OrderCannotBeVoided";
    /// Nothing of the order is left to invoice.
    missing_order_articles = 4031, 400, "CustomerInvoiceMissingOrderArticles";
    /// A client made for the sandbox met a production company.
    sandbox_client = 4034, 400, "NotAllowedWithSandboxClient";
    /// VAT is forced on a customer inside the EU.
    force_vat = 4035, 400, "InvalidForceBookkeepVat";
    /// A domestic amount on a domestic invoice.
    domestic_amount = 4039, 400, "NoDomesticAmountAllowedOnDomesticInvoices";
    /// A service that the vendor depends on did not answer.
    dependency = 5001, 500, "CantReachSystemDependendency";
    /// A stock article with a balance cannot stop being one.
    stock_not_empty = 5003, 400, "StockToNonStockNoZeroBalance";
    /// Goods with a balance cannot become a service.
    service_not_empty = 5004, 400, "StockToServiceNoZeroBalance";
    /// A row names a project that has ended.
    project_ended = 5005, 400, "ProjectEnded";
    /// There is nothing to attach the file to.
    nothing_to_attach_to = 5007, 400, "ItemToAttachNotFound";
    /// `$filter`, `$orderby`, `$select`, `$page` or `$pagesize` is not right.
    query = 6000, 400, "QueryParameterError";
    /// A date-time is not one.
    input = 6001, 400, "InvalidInput";
}

impl Refusal {
    /// The call quota is used up. The text is the vendor's, number for number.
    pub(crate) fn too_many(limit: u32, seconds: i64) -> Self {
        Self {
            code: 4010,
            status: 429,
            name: "",
            text: format!(
                "API calls quota exceeded! maximum admitted {limit} per Minute. \
                 Try again in {seconds} seconds."
            ),
            fields: Vec::new(),
            missing: false,
        }
    }

    /// The record named in the path does not exist.
    pub(crate) fn missing(text: impl Into<String>) -> Self {
        Self { missing: true, ..Self::not_found(text) }
    }

    /// A broken rule of one field.
    pub(crate) fn field(field: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        let mut refusal = Self::invalid(format!("{field}: {message}"));
        refusal.fields.push(FieldProblem { field: field.to_owned(), message });
        refusal
    }

    /// The same refusal with another HTTP status.
    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The body, with a fresh id.
    ///
    /// The vendor's samples differ: 4005 and 4010 come without `Errors`, the module refusal with
    /// an empty list, and 4010 without a name before its text.
    pub(crate) fn body(&self, error_id: &str) -> Value {
        let message = match self.name {
            "" => self.text.clone(),
            name => format!("{name} - {}", self.text),
        };
        let mut body = json!({
            "ErrorCode": self.code,
            "DeveloperErrorMessage": message,
            "ErrorId": error_id,
        });
        if !matches!(self.code, 4005 | 4010)
            && let Value::Object(object) = &mut body
        {
            let errors = self.fields.iter().map(|problem| {
                json!({
                    "Field": problem.field,
                    "ErrorCode": self.code.to_string(),
                    "Message": problem.message,
                    "Key": null,
                })
            });
            object.insert("Errors".to_owned(), errors.collect());
        }
        body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_the_vendor() {
        let body = Refusal::no_module("No access to module: api_standard").body("x");
        assert_eq!(
            body,
            json!({
                "ErrorCode": 4002,
                "DeveloperErrorMessage":
                    "ForbiddenRequestException - No access to module: api_standard",
                "ErrorId": "x",
                "Errors": [],
            })
        );
        let body = Refusal::too_many(600, 55).body("x");
        assert_eq!(
            body,
            json!({
                "ErrorCode": 4010,
                "DeveloperErrorMessage": "API calls quota exceeded! maximum admitted 600 per \
                                          Minute. Try again in 55 seconds.",
                "ErrorId": "x",
            })
        );
    }
}
