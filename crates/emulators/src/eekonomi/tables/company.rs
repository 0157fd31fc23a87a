//! The company's settings.

use super::super::schema::{Kind, Schema, amount, bounded, date, flag, free_text, guid, int, int32, of, text};

/// `CompanySettingsApi`.
pub(crate) static COMPANY_SETTINGS: Schema = Schema {
    fields: &[
        of("CompanyScanningAddress", Kind::Object(&COMPANY_SCANNING_ADDRESS)),
        text("Name", 100).required(),
        text("Email", 255),
        text("Phone", 20),
        text("MobilePhone", 20),
        text("Address1", 40).required(),
        text("Address2", 40),
        text("CountryCode", 2).required(),
        text("PostalCode", 10).required(),
        text("City", 40).required(),
        text("Website", 255),
        text("OurReference", 100),
        free_text("CurrencyCode").read_only(),
        guid("TermsOfPaymentId").always().read_only(),
        free_text("CorporateIdentityNumber").read_only(),
        free_text("PeppolId").read_only(),
        free_text("VatCode").read_only(),
        free_text("BankGiro"),
        free_text("PlusGiro"),
        free_text("BankAccount").read_only(),
        free_text("Iban").read_only(),
        int32("AccountNumberDigits").read_only(),
        date("AccountingLockedTo").always().read_only(),
        int32("AccountingLockInterval").read_only(),
        of("TaxDeclarationDate", Kind::Object(&TAX_DECLARATION_DATE)),
        free_text("Gln").read_only(),
        int32("ProductVariant").nullable().read_only(),
        int32("TypeOfBusiness").read_only(),
        int32("VatPeriod").read_only(),
        of("ActivatedModules", Kind::Texts).nullable().read_only(),
        of("CompanyText", Kind::Object(&COMPANY_TEXTS)),
        int32("NextCustomerNumber").read_only(),
        int32("NextSupplierNumber").read_only(),
        int32("NextCustomerInvoiceNumber").read_only(),
        int32("NextQuoteNumber").read_only(),
        int32("NextOrderNumber").read_only(),
        int32("NextArticleNumber").nullable().read_only(),
        flag("ShowPricesExclVatPC").read_only(),
        flag("ShowContributionMargin").read_only(),
        flag("HasProportionalVatEnabled").read_only(),
        int32("ProportionalVatValue").nullable().read_only(),
        flag("IsPayslipActivated").nullable().read_only(),
        flag("UsesCostCenter").read_only(),
        flag("UsesProject").read_only(),
        flag("UsesMoss"),
        flag("UsesPaymentReferenceNumber"),
        flag("UsesSupplierInvoiceEdit").nullable(),
        flag("UseAdvancedMode").nullable(),
        int32("DomesticCurrencyRounding").read_only(),
        of("AutoInvoice", Kind::Object(&AUTO_INVOICE)),
        of("ApprovalSettings", Kind::Object(&APPROVAL_SETTINGS)),
        flag("UsesReverseConstructionVat"),
        flag("UsesRotReducedInvoicing"),
        of("CompanyRotRutSettings", Kind::Object(&COMPANY_ROT_RUT_SETTINGS)),
        int32("CompanyStatus").read_only(),
        free_text("CompanyIdentifier").read_only(),
        free_text("BankgiroNumberPrint"),
        flag("KeepOriginalDraftDate").nullable(),
        flag("UsePaymentFilesForOutgoingPayments"),
        flag("UseAutomaticVatCalculation").nullable(),
        flag("ShowCostCenterReminder").read_only(),
        flag("ShowProjectReminder").read_only(),
        flag("UsesGreenTechnology").read_only(),
        of("CompanyGreenTechnologySettings", Kind::Object(&COMPANY_GREEN_TECHNOLOGY_SETTINGS)),
        flag("UsesVatTriangulationRules"),
        text("Swish", 20),
        free_text("CompanyEmailForUpload").read_only(),
        int32("VismaWebshopStatus").read_only(),
        flag("UsesTransactionText").read_only(),
        flag("FirstPaymentReminderWithoutFee").nullable(),
        bounded("LatePaymentFee", 0, 99_999, 28).nullable(),
        guid("DefaultBackgroundId"),
        int32("InvoicePrintSettingsType").read_only(),
    ],
};

/// `CompanyScanningAddressApi`.
pub(crate) static COMPANY_SCANNING_ADDRESS: Schema = Schema {
    fields: &[
        free_text("Name"),
        free_text("Address1"),
        free_text("Address2"),
        free_text("PostCode"),
        free_text("PostOffice"),
        free_text("Email"),
    ],
};

/// `TaxDeclarationDateApi`.
pub(crate) static TAX_DECLARATION_DATE: Schema = Schema { fields: &[int("Month", 1, 31), int("Day", 1, 12)] };

/// `CompanyTextsApi`.
pub(crate) static COMPANY_TEXTS: Schema = Schema {
    fields: &[
        text("CustomerInvoiceTextDomestic", 400),
        text("CustomerInvoiceTextForeign", 400),
        text("OrderTextDomestic", 400),
        text("OrderTextForeign", 400),
        text("OverDueTextDomestic", 400),
        text("OverDueTextForeign", 400),
        text("QuoteEmailDomestic", 2048),
        text("QuoteEmailForeign", 2048),
        text("InvoiceEmailDomestic", 2048),
        text("InvoiceEmailForeign", 2048),
        text("OrderEmailDomestic", 2048),
        text("OrderEmailForeign", 2048),
        text("PurchaseOrderEmailDomestic", 2048),
        text("PurchaseOrderEmailForeign", 2048),
    ],
};

/// `AutoInvoiceApi`.
pub(crate) static AUTO_INVOICE: Schema = Schema {
    fields: &[
        int32("AutoInvoiceActivationStatus").read_only(),
        int32("AutoInvoiceB2CStatus").read_only(),
        int32("AutoInvoiceInboundStatus").read_only(),
    ],
};

/// `ApprovalSettingsApi`.
pub(crate) static APPROVAL_SETTINGS: Schema =
    Schema { fields: &[flag("UsesSupplierInvoiceApproval").read_only(), flag("UsesVatReportApproval").read_only()] };

/// `CompanyRotRutSettingsApi`.
pub(crate) static COMPANY_ROT_RUT_SETTINGS: Schema = Schema {
    fields: &[
        bounded("RutMaxAmountForPersBelow65Year", 0, 999_999, 2),
        bounded("RutMaxAmountForPersOver65Year", 0, 999_999, 2),
        bounded("RutReducedInvoicingPercent", 0, 1, 2),
        bounded("RotReducedInvoicingMaxAmount", 0, 999_999, 2),
        bounded("RotReducedInvoicingPercent", 0, 1, 2),
    ],
};

/// `CompanyGreenTechnologySettingsApi`.
pub(crate) static COMPANY_GREEN_TECHNOLOGY_SETTINGS: Schema = Schema {
    fields: &[
        amount("GreenTechnologyDeductionMaxAmount").read_only(),
        amount("SollarCellDiscountPercentage").read_only(),
    ],
};
