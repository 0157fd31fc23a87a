//! Customer invoice drafts.

use super::super::schema::{
    ID, Kind, Schema, amount, bounded, date, flag, free_text, guid, int, int32, of, scaled, stamp, text,
};
use super::order::{CONTRIBUTION_MARGIN, SALES_DOCUMENT_ROT_RUT_REDUCTION_PERSON};

/// `CustomerInvoiceDraftApi`.
pub(crate) static CUSTOMER_INVOICE_DRAFT: Schema = Schema {
    fields: &[
        ID,
        guid("CustomerId").required().filtered(),
        stamp("CreatedUtc").nullable().filtered(),
        flag("IsCreditInvoice"),
        int("RotReducedInvoicingType", 0, 2).required(),
        text("RotReducedInvoicingPropertyName", 40),
        text("RotReducedInvoicingOrgNumber", 11),
        amount("MaxAllowedTaxReductionAmount").read_only(),
        scaled("RotReducedInvoicingAmount", 2),
        flag("RotReducedInvoicingAutomaticDistribution"),
        int("RotPropertyType", 1, 2).nullable(),
        amount("HouseWorkOtherCosts").nullable(),
        of("Rows", Kind::Rows(&CUSTOMER_INVOICE_DRAFT_ROW)).nullable(),
        of("Persons", Kind::Rows(&SALES_DOCUMENT_ROT_RUT_REDUCTION_PERSON)).nullable(),
        text("YourReference", 100),
        text("OurReference", 100),
        text("BuyersOrderReference", 35).maybe_filtered(),
        text("ElectronicReference", 100),
        text("SubscriptionNumber", 100),
        text("ContractNumber", 100),
        text("InvoiceCustomerName", 50).read_only(),
        text("InvoiceAddress1", 50),
        text("InvoiceAddress2", 50),
        text("InvoicePostalCode", 10).read_only(),
        text("InvoiceCity", 50).read_only(),
        text("InvoiceCountryCode", 2).read_only(),
        free_text("InvoiceCurrencyCode").read_only(),
        text("DeliveryCustomerName", 50),
        text("DeliveryAddress1", 50),
        text("DeliveryAddress2", 50),
        text("DeliveryPostalCode", 10),
        text("DeliveryCity", 50),
        text("DeliveryCountryCode", 2),
        text("DeliveryMethodName", 50),
        text("DeliveryTermName", 50),
        guid("TermsOfPaymentId"),
        text("DeliveryMethodCode", 20),
        text("DeliveryTermCode", 20),
        flag("EuThirdParty").required(),
        flag("CustomerIsPrivatePerson").read_only(),
        flag("ReverseChargeOnConstructionServices").read_only(),
        of("SalesDocumentAttachments", Kind::Guids).nullable().read_only(),
        of("MessageThreads", Kind::Guids).nullable().read_only(),
        of("Notes", Kind::Guids).nullable().read_only(),
        date("InvoiceDate"),
        date("DueDate"),
        date("DeliveryDate"),
        amount("TotalAmount").read_only(),
        amount("TotalVatAmount").read_only(),
        amount("TotalRoundings").read_only(),
        amount("TotalAmountBaseCurrency").read_only(),
        amount("TotalVatAmountBaseCurrency").read_only(),
        text("CustomerNumber", 16).read_only().filtered(),
        free_text("CustomerName").read_only(),
        flag("IncludesVat").read_only(),
        flag("ReplaceUnitPriceWhenZero"),
        flag("UsesGreenTechnology"),
        of("ContributionMargin", Kind::Object(&CONTRIBUTION_MARGIN)),
        flag("IsDirectDebit").nullable(),
        guid("BackgroundId"),
    ],
};

/// `CustomerInvoiceDraftRowApi`.
pub(crate) static CUSTOMER_INVOICE_DRAFT_ROW: Schema = Schema {
    fields: &[
        ID,
        int("LineNumber", 0, 1000).nullable(),
        guid("ArticleId"),
        flag("IsServiceArticle").read_only(),
        guid("UnitId").read_only(),
        free_text("ArticleNumber"),
        flag("IsTextRow").required(),
        text("Text", 2000).filtered(),
        amount("UnitPrice"),
        flag("IsDiscountInFixedAmount").read_only(),
        scaled("DiscountFixedAmount", 2).nullable().read_only(),
        bounded("DiscountPercentage", 0, 1, 4),
        scaled("Quantity", 2),
        int("WorkCostType", 0, 29),
        flag("IsWorkCost"),
        amount("WorkHours").nullable(),
        amount("MaterialCosts").nullable(),
        flag("ReversedConstructionServicesVatFree").required(),
        guid("CostCenterItemId1"),
        guid("CostCenterItemId2"),
        guid("CostCenterItemId3"),
        free_text("UnitAbbreviation"),
        free_text("UnitAbbreviationEnglish"),
        free_text("VatRateId").read_only(),
        of("VatRate", Kind::Rate).nullable().read_only(),
        free_text("UnitName"),
        guid("ProjectId"),
        int("GreenTechnologyType", 0, 3),
        of("ContributionMargin", Kind::Object(&CONTRIBUTION_MARGIN)),
        amount("PurchasePrice").read_only(),
        amount("Amount").read_only(),
        amount("FreightCosts").read_only(),
    ],
};

/// `CustomerInvoiceDraftValidationApi`.
pub(crate) static CUSTOMER_INVOICE_DRAFT_VALIDATION: Schema = Schema {
    fields: &[
        amount("TotalAmountInvoiceCurrency").nullable(),
        amount("TotalVatAmountInvoiceCurrency").nullable(),
        amount("TotalRoundingsInvoiceCurrency").nullable(),
        of("Rows", Kind::Rows(&CUSTOMER_INVOICE_DRAFT_VALIDATION_ROW)).nullable(),
    ],
};

/// `CustomerInvoiceDraftValidationRowApi`.
pub(crate) static CUSTOMER_INVOICE_DRAFT_VALIDATION_ROW: Schema = Schema {
    fields: &[
        int32("LineNumber"),
        amount("TotalAmountNoVatInvoiceCurrency").nullable(),
        amount("TotalAmountIncVatInvoiceCurrency").nullable(),
    ],
};
