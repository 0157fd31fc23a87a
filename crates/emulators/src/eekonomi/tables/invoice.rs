//! Customer invoices, their payments and the customer ledger.

use super::super::schema::{
    ID, Kind, Schema, amount, bounded, date, flag, free_text, guid, int, int32, int64, of, scaled, stamp, text,
};
use super::ledger::VOUCHER;
use super::order::{CONTRIBUTION_MARGIN, SALES_DOCUMENT_ROT_RUT_REDUCTION_PERSON};

/// `CustomerInvoiceApi`.
pub(crate) static CUSTOMER_INVOICE: Schema = Schema {
    fields: &[
        ID,
        flag("EuThirdParty").required(),
        flag("IsCreditInvoice"),
        free_text("CurrencyCode").read_only(),
        amount("CurrencyRate").nullable(),
        guid("CreatedByUserId").read_only(),
        amount("TotalAmount").read_only().filtered(),
        amount("TotalVatAmount").read_only(),
        amount("TotalRoundings").read_only(),
        amount("TotalAmountInvoiceCurrency").read_only(),
        amount("TotalVatAmountInvoiceCurrency").read_only(),
        amount("SetOffAmountInvoiceCurrency").read_only(),
        guid("CustomerId").required().filtered(),
        of("Rows", Kind::Rows(&CUSTOMER_INVOICE_ROW)).required(),
        of("VatSpecification", Kind::Rows(&CUSTOMER_INVOICE_VAT)).nullable().read_only(),
        date("InvoiceDate"),
        date("DueDate"),
        date("DeliveryDate"),
        int("RotReducedInvoicingType", 0, 2).required(),
        amount("MaxAllowedTaxReductionAmount").read_only(),
        scaled("RotReducedInvoicingAmount", 2).nullable(),
        amount("RotReducedInvoicingPercent").read_only(),
        free_text("RotReducedInvoicingPropertyName"),
        text("RotReducedInvoicingOrgNumber", 11),
        of("Persons", Kind::Rows(&SALES_DOCUMENT_ROT_RUT_REDUCTION_PERSON)).nullable(),
        flag("RotReducedInvoicingAutomaticDistribution").read_only(),
        free_text("ElectronicReference"),
        text("SubscriptionNumber", 100),
        text("ContractNumber", 100),
        free_text("ElectronicAddress").read_only(),
        text("EdiServiceDelivererId", 50),
        text("OurReference", 100),
        text("YourReference", 100),
        text("BuyersOrderReference", 35).maybe_filtered(),
        free_text("InvoiceCustomerName").read_only(),
        text("InvoiceAddress1", 50),
        text("InvoiceAddress2", 50),
        text("InvoicePostalCode", 50),
        text("InvoiceCity", 50),
        text("InvoiceCountryCode", 2),
        text("DeliveryCustomerName", 100),
        text("DeliveryAddress1", 50),
        text("DeliveryAddress2", 50),
        text("DeliveryPostalCode", 10),
        text("DeliveryCity", 50),
        text("DeliveryCountryCode", 2),
        free_text("DeliveryMethodName").read_only(),
        free_text("DeliveryTermName").read_only(),
        free_text("DeliveryMethodCode").read_only(),
        free_text("DeliveryTermCode").read_only(),
        flag("CustomerIsPrivatePerson").read_only(),
        guid("TermsOfPaymentId").always(),
        free_text("CustomerEmail").read_only(),
        int32("InvoiceNumber").read_only().filtered(),
        free_text("CustomerNumber").read_only().filtered(),
        free_text("CustomerName").read_only(),
        free_text("PaymentReferenceNumber").read_only(),
        int("RotPropertyType", 1, 2).nullable(),
        of("SalesDocumentAttachments", Kind::Guids).nullable().read_only(),
        of("MessageThreads", Kind::Guids).nullable().read_only(),
        of("Notes", Kind::Guids).nullable().read_only(),
        flag("HasAutoInvoiceError").read_only().filtered(),
        flag("IsNotDelivered").read_only(),
        flag("ReverseChargeOnConstructionServices").read_only(),
        amount("WorkHouseOtherCosts").nullable(),
        amount("RemainingAmount").read_only().filtered(),
        amount("RemainingAmountInvoiceCurrency").read_only().filtered(),
        guid("ReferringInvoiceId").read_only(),
        guid("CreatedFromOrderId").read_only().maybe_filtered(),
        guid("CreatedFromQuoteId").read_only(),
        guid("CreatedFromDraftId"),
        free_text("VoucherNumber").read_only(),
        guid("VoucherId").always().read_only(),
        stamp("CreatedUtc").nullable().filtered(),
        stamp("ModifiedUtc").nullable().filtered(),
        flag("ReversedConstructionVatInvoicing").read_only(),
        flag("IncludesVat").read_only(),
        int("SendType", 0, 4).nullable(),
        flag("PaymentReminderIssued").read_only(),
        int32("PaymentRemindersCount").read_only(),
        date("LastPaymentReminderSentDate").read_only(),
        flag("UsesGreenTechnology"),
        flag("IsSold").read_only(),
        int32("FactoringInvoiceStatus").read_only(),
        date("PaymentDate").read_only(),
        int32("PaymentStatus").read_only().filtered(),
        of("CreditedBy", Kind::Rows(&CREDITED_BY)).nullable().read_only(),
        of("ContributionMargin", Kind::Object(&CONTRIBUTION_MARGIN)),
        flag("IsDirectDebit").nullable(),
        flag("IsQuickInvoice").read_only(),
        flag("IsCollectiveInvoice").read_only(),
        of("CollectiveCustomerInvoiceRowsRelationToOrders", Kind::Rows(&COLLECTIVE_CUSTOMER_INVOICE_RELATION_TO_ORDER))
            .nullable()
            .read_only(),
        flag("ReplaceUnitPriceWhenZero"),
        int32("TaxDeductionStatus").read_only(),
        guid("BackgroundId"),
    ],
};

/// `CustomerInvoiceRowApi`.
pub(crate) static CUSTOMER_INVOICE_ROW: Schema = Schema {
    fields: &[
        ID,
        free_text("ArticleNumber").read_only(),
        guid("ArticleId"),
        flag("IsServiceArticle").read_only(),
        amount("AmountNoVat").read_only(),
        of("PercentVat", Kind::Percent).read_only(),
        of("VatRate", Kind::Rate).nullable().read_only(),
        int32("LineNumber").read_only(),
        flag("IsTextRow").read_only(),
        text("Text", 2000).filtered(),
        amount("UnitPrice"),
        free_text("UnitAbbreviation").read_only(),
        free_text("UnitAbbreviationEnglish").read_only(),
        flag("IsDiscountInFixedAmount").read_only(),
        scaled("DiscountFixedAmount", 2).nullable().read_only(),
        bounded("DiscountPercentage", 0, 1, 4),
        scaled("Quantity", 2),
        flag("IsWorkCost").read_only(),
        flag("IsVatFree"),
        guid("CostCenterItemId1"),
        guid("CostCenterItemId2"),
        guid("CostCenterItemId3"),
        guid("UnitId").read_only(),
        guid("ProjectId"),
        int("WorkCostType", 0, 29),
        amount("WorkHours").nullable(),
        amount("MaterialCosts").nullable(),
        int("GreenTechnologyType", 0, 3),
        of("ContributionMargin", Kind::Object(&CONTRIBUTION_MARGIN)),
        amount("PurchasePrice").read_only(),
        amount("FreightCosts").read_only(),
        amount("Amount").read_only(),
    ],
};

/// `CustomerInvoiceVatApi`.
pub(crate) static CUSTOMER_INVOICE_VAT: Schema = Schema {
    fields: &[
        amount("AmountInvoiceCurrency").read_only(),
        amount("VatAmountInvoiceCurrency").read_only(),
        of("VatPercent", Kind::Percent).read_only(),
    ],
};

/// `CreditedByApi`.
pub(crate) static CREDITED_BY: Schema = Schema { fields: &[guid("CreditInvoiceId").always()] };

/// `CollectiveCustomerInvoiceRelationToOrderApi`.
pub(crate) static COLLECTIVE_CUSTOMER_INVOICE_RELATION_TO_ORDER: Schema = Schema {
    fields: &[
        guid("OrderId").always(),
        int32("OrderNumber").nullable(),
        free_text("OrderReference"),
        date("DeliveryDate"),
        of("RelatedInvoiceRows", Kind::Ints).nullable(),
    ],
};

/// `InvoicePaymentApi`.
pub(crate) static INVOICE_PAYMENT: Schema = Schema {
    fields: &[
        guid("CompanyBankAccountId").required(),
        date("PaymentDate").always(),
        text("Reference", 100),
        amount("PaymentAmount").required(),
        free_text("PaymentCurrency").required(),
        amount("DomesticPaymentAmount"),
        bounded("BankFeeAmount", 0, 1_000_000_000, 28),
        int("PaymentType", 1, 4).required(),
        amount("FactoringFeeAmount"),
        int64("FactoringFeeAccountNumber"),
        guid("BankTransactionId").always().read_only(),
    ],
};

/// `EmailApi`.
pub(crate) static EMAIL: Schema = Schema {
    fields: &[
        text("Email", 255),
        of("CcRecipients", Kind::Texts).nullable(),
        free_text("Subject"),
        free_text("Message"),
    ],
};

/// `ElectronicInvoiceRequestApi`.
pub(crate) static ELECTRONIC_INVOICE_REQUEST: Schema = Schema { fields: &[int("SendType", 0, 4)] };

/// `PaymentReminderEmailApi`.
pub(crate) static PAYMENT_REMINDER_EMAIL: Schema =
    Schema { fields: &[bounded("LatePaymentFee", 0, 10_000_000, 2), of("EmailDetails", Kind::Object(&EMAIL))] };

/// `CustomerLedgerItemApi`.
pub(crate) static CUSTOMER_LEDGER_ITEM: Schema = Schema {
    fields: &[
        text("CurrencyCode", 3).required(),
        amount("CurrencyRate"),
        int32("CurrencyRateUnit"),
        guid("CustomerId").required().filtered(),
        date("DueDate").always(),
        ID,
        date("InvoiceDate").always(),
        int32("InvoiceNumber").required().filtered(),
        flag("IsCreditInvoice").required(),
        stamp("ModifiedUtc").filtered(),
        text("PaymentReferenceNumber", 50),
        bounded("RemainingAmountInvoiceCurrency", -99_999_999, 99_999_999, 28).required().filtered(),
        amount("RoundingsAmountInvoiceCurrency"),
        bounded("TotalAmountInvoiceCurrency", -99_999_999, 99_999_999, 28).required(),
        amount("VATAmountInvoiceCurrency"),
        guid("VoucherId").required(),
    ],
};

/// `CustomerLedgerItemWithVoucherApi`.
pub(crate) static CUSTOMER_LEDGER_ITEM_WITH_VOUCHER: Schema = Schema {
    fields: &[
        text("CurrencyCode", 3).required(),
        amount("CurrencyRate"),
        int32("CurrencyRateUnit"),
        guid("CustomerId").required(),
        date("DueDate").always(),
        ID,
        date("InvoiceDate").always(),
        int32("InvoiceNumber").required(),
        stamp("ModifiedUtc"),
        text("PaymentReferenceNumber", 50),
        bounded("RemainingAmountInvoiceCurrency", -99_999_999, 99_999_999, 28).required(),
        amount("RoundingsAmountInvoiceCurrency"),
        bounded("TotalAmountInvoiceCurrency", -99_999_999, 99_999_999, 28).required(),
        amount("VATAmountInvoiceCurrency"),
        flag("IsCreditInvoice").required(),
        of("Voucher", Kind::Object(&VOUCHER)).required(),
    ],
};
