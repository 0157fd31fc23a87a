//! Quotes, as drafts too.

use super::super::schema::{
    ID, Kind, Schema, amount, bounded, date, flag, free_text, guid, int, int32, of, scaled, stamp, text,
};
use super::order::{CONTRIBUTION_MARGIN, SALES_DOCUMENT_ROT_RUT_REDUCTION_PERSON};

/// `QuoteApi`.
pub(crate) static QUOTE: Schema = Schema {
    fields: &[
        date("ApprovedDate").read_only(),
        guid("BackgroundId").read_only(),
        text("BuyersOrderReference", 35).maybe_filtered(),
        text("CompanyReference", 100),
        of("ContributionMargin", Kind::Object(&CONTRIBUTION_MARGIN)),
        stamp("CreatedUtc").filtered(),
        free_text("CurrencyCode").read_only(),
        amount("CurrencyRate").read_only(),
        guid("CustomerId").required().filtered(),
        flag("CustomerIsPrivatePerson").read_only(),
        free_text("CustomerName").read_only(),
        free_text("CustomerNumber").read_only().filtered(),
        text("CustomerReference", 100),
        free_text("DeliveryAddress1").read_only(),
        free_text("DeliveryAddress2").read_only(),
        free_text("DeliveryCity").read_only(),
        free_text("DeliveryCountryCode").read_only(),
        free_text("DeliveryCustomerName").read_only(),
        date("DeliveryDate"),
        free_text("DeliveryMethodCode").read_only(),
        free_text("DeliveryMethodName").read_only(),
        free_text("DeliveryPostalCode").read_only(),
        free_text("DeliveryTermCode").read_only(),
        free_text("DeliveryTermName").read_only(),
        date("DueDate").always(),
        flag("EuThirdParty"),
        ID,
        flag("IncludesVat").read_only(),
        free_text("InvoiceAddress1").read_only(),
        free_text("InvoiceAddress2").read_only(),
        free_text("InvoiceCity").read_only(),
        free_text("InvoiceCountryCode").read_only(),
        free_text("InvoiceCustomerName").read_only(),
        free_text("InvoicePostalCode").read_only(),
        flag("IsDomestic").read_only(),
        flag("IsNotDelivered").read_only(),
        of("MessageThreads", Kind::Guids).nullable().read_only(),
        stamp("ModifiedUtc").nullable().filtered(),
        of("Notes", Kind::Guids).nullable().read_only(),
        int32("Number").nullable().read_only().filtered(),
        of("Persons", Kind::Rows(&SALES_DOCUMENT_ROT_RUT_REDUCTION_PERSON)).nullable(),
        date("QuoteDate").always(),
        int32("RotPropertyType").nullable(),
        scaled("RotReducedInvoicingAmount", 2),
        amount("MaxAllowedTaxReductionAmount").read_only(),
        flag("RotReducedInvoicingAutomaticDistribution").read_only(),
        free_text("RotReducedInvoicingOrgNumber"),
        amount("RotReducedInvoicingPercent").read_only(),
        free_text("RotReducedInvoicingPropertyName"),
        int("RotReducedInvoicingType", 0, 2),
        amount("RoundingsAmount").read_only(),
        of("Rows", Kind::Rows(&QUOTE_ROW)).nullable(),
        of("SalesDocumentAttachments", Kind::Guids).nullable().read_only(),
        int("Status", 0, 4).read_only().filtered(),
        of("TermsOfPayment", Kind::Object(&TERMS_OF_PAYMENT_LINK)),
        amount("TotalAmount").read_only(),
        flag("UsesGreenTechnology"),
        amount("VatAmount").read_only(),
    ],
};

/// `QuoteRowApi`.
pub(crate) static QUOTE_ROW: Schema = Schema {
    fields: &[
        ID,
        guid("ArticleId"),
        flag("IsServiceArticle").read_only(),
        guid("UnitId").read_only(),
        text("Text", 2000).filtered(),
        amount("UnitPrice"),
        amount("Amount"),
        flag("IsDiscountInFixedAmount").read_only(),
        scaled("DiscountFixedAmount", 2).nullable().read_only(),
        bounded("DiscountPercentage", 0, 1, 4),
        scaled("Quantity", 4),
        int("WorkCostType", 0, 29),
        flag("IsWorkCost").read_only(),
        amount("WorkHours").nullable(),
        amount("MaterialCosts").nullable(),
        flag("IsVatFree"),
        of("VatRate", Kind::Rate).nullable().read_only(),
        int32("LineNumber").read_only(),
        guid("CostCenterItemId1"),
        guid("CostCenterItemId2"),
        guid("CostCenterItemId3"),
        guid("ProjectId"),
        flag("IsTextRow").read_only(),
        free_text("ArticleNumber").read_only(),
        int("GreenTechnologyType", 0, 3),
        of("ContributionMargin", Kind::Object(&CONTRIBUTION_MARGIN)),
        amount("PurchasePrice").read_only(),
        amount("FreightCosts").read_only(),
    ],
};

/// `TermsOfPaymentApi` where its id is taken from the body: on quotes alone.
pub(crate) static TERMS_OF_PAYMENT_LINK: Schema = Schema {
    fields: &[
        guid("Id").always(),
        free_text("Name"),
        free_text("NameEnglish"),
        int32("NumberOfDays"),
        int32("TermsOfPaymentTypeId"),
        free_text("TermsOfPaymentTypeText"),
        flag("AvailableForSales"),
        flag("AvailableForPurchase"),
    ],
};

/// `QuoteConversionApi`.
pub(crate) static QUOTE_CONVERSION: Schema = Schema {
    fields: &[
        int("Type", 0, 1),
        amount("WorkHouseOtherCosts").nullable(),
        of("Rows", Kind::Rows(&QUOTE_ROW_CONVERSION)).nullable(),
    ],
};

/// `QuoteRowConversionApi`.
pub(crate) static QUOTE_ROW_CONVERSION: Schema = Schema { fields: &[guid("Id").always(), amount("WorkHours")] };
