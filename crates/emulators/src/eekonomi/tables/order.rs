//! Orders.

use super::super::schema::{
    ID, Kind, Schema, amount, bounded, date, flag, free_text, guid, int, int32, of, scaled, stamp, text,
};

/// `OrderApi`.
pub(crate) static ORDER: Schema = Schema {
    fields: &[
        ID,
        scaled("Amount", 2),
        guid("CustomerId").required().filtered(),
        text("CurrencyCode", 3).required(),
        stamp("CreatedUtc").filtered(),
        scaled("VatAmount", 2),
        scaled("RoundingsAmount", 2),
        scaled("DeliveredAmount", 2),
        scaled("DeliveredVatAmount", 2),
        scaled("DeliveredRoundingsAmount", 2),
        text("DeliveryCustomerName", 100),
        text("DeliveryAddress1", 50),
        text("DeliveryAddress2", 50),
        text("DeliveryPostalCode", 10),
        text("DeliveryCity", 50),
        text("DeliveryCountryCode", 2),
        text("YourReference", 100),
        text("OurReference", 100),
        text("BuyersOrderReference", 35).maybe_filtered(),
        text("InvoiceAddress1", 50),
        text("InvoiceAddress2", 50),
        free_text("InvoiceCity"),
        text("InvoiceCountryCode", 2),
        text("InvoiceCustomerName", 50),
        free_text("CustomerNumber").read_only().filtered(),
        free_text("CustomerName").read_only(),
        text("InvoicePostalCode", 10),
        text("DeliveryMethodName", 50),
        text("DeliveryMethodCode", 20),
        text("DeliveryTermName", 50),
        guid("DeliveryTermId").read_only(),
        guid("DeliveryMethodId").read_only(),
        text("DeliveryTermCode", 20),
        guid("TermsOfPaymentId"),
        flag("EuThirdParty").required(),
        flag("CustomerIsPrivatePerson").read_only(),
        flag("IncludesVat").read_only(),
        date("OrderDate").always(),
        int("Status", 1, 4).required().maybe_filtered(),
        int32("Number").nullable().read_only().filtered(),
        stamp("ModifiedUtc").nullable().filtered(),
        date("DeliveryDate"),
        amount("HouseWorkAmount"),
        flag("HouseWorkAutomaticDistribution"),
        text("HouseWorkCorporateIdentityNumber", 20),
        text("HouseWorkPropertyName", 100),
        of("SalesDocumentAttachments", Kind::Guids).nullable().read_only(),
        of("MessageThreads", Kind::Guids).nullable().read_only(),
        of("Notes", Kind::Guids).nullable().read_only(),
        of("Rows", Kind::Rows(&ORDER_ROW)).nullable(),
        date("ShippedDateTime"),
        int("RotReducedInvoicingType", 0, 2).required(),
        amount("MaxAllowedTaxReductionAmount").read_only(),
        amount("RotReducedInvoicingPercent").read_only(),
        int("RotPropertyType", 1, 2).nullable(),
        of("Persons", Kind::Rows(&SALES_DOCUMENT_ROT_RUT_REDUCTION_PERSON)).nullable(),
        flag("ReverseChargeOnConstructionServices").required(),
        flag("UsesGreenTechnology"),
        flag("IsNotDelivered").read_only(),
        of("ContributionMargin", Kind::Object(&CONTRIBUTION_MARGIN)),
        guid("CreatedFromQuoteId").read_only(),
        guid("BackgroundId").read_only(),
    ],
};

/// `OrderRowApi`.
pub(crate) static ORDER_ROW: Schema = Schema {
    fields: &[
        ID,
        int("LineNumber", 0, 1000).required(),
        scaled("DeliveredQuantity", 2),
        guid("ArticleId"),
        flag("IsServiceArticle").read_only(),
        guid("UnitId").read_only(),
        text("ArticleNumber", 40),
        flag("IsTextRow").required(),
        text("Text", 2000).filtered(),
        amount("UnitPrice"),
        amount("Amount"),
        flag("IsDiscountInFixedAmount").read_only(),
        scaled("DiscountFixedAmount", 2).nullable().read_only(),
        bounded("DiscountPercentage", 0, 1, 4),
        scaled("Quantity", 4),
        int("WorkCostType", 0, 29),
        flag("IsWorkCost").required(),
        amount("WorkHours").nullable(),
        amount("MaterialCosts").nullable(),
        flag("EligibleForReverseChargeOnVat").required(),
        of("VatRate", Kind::Rate).nullable().read_only(),
        guid("CostCenterItemId1"),
        guid("CostCenterItemId2"),
        guid("CostCenterItemId3"),
        guid("ProjectId"),
        int("GreenTechnologyType", 0, 3),
        of("ContributionMargin", Kind::Object(&CONTRIBUTION_MARGIN)),
        amount("PurchasePrice").read_only(),
        amount("FreightCosts").read_only(),
    ],
};

/// `OrderConversionApi`.
pub(crate) static ORDER_CONVERSION: Schema = Schema { fields: &[amount("WorkHouseOtherCosts").nullable()] };

/// `SalesDocumentRotRutReductionPersonApi`.
pub(crate) static SALES_DOCUMENT_ROT_RUT_REDUCTION_PERSON: Schema =
    Schema { fields: &[ID, text("Ssn", 50), amount("Amount")] };

/// `ContributionMarginApi`.
pub(crate) static CONTRIBUTION_MARGIN: Schema =
    Schema { fields: &[amount("Amount").nullable(), amount("Percentage").nullable()] };
