//! What is kept in registers: customers, articles, labels.

use super::super::schema::{
    ID, Kind, Schema, amount, bounded, date, flag, free_text, guid, int, int32, of, stamp, text,
};
use super::codes::TERMS_OF_PAYMENT;

/// `CustomerApi`.
pub(crate) static CUSTOMER: Schema = Schema {
    fields: &[
        ID,
        text("InvoiceCity", 50).required(),
        text("InvoicePostalCode", 10).required(),
        text("GLN", 255),
        text("EmailAddressOrder", 255),
        text("EmailAddressQuote", 255),
        guid("PayToAccountId").read_only(),
        of("TermsOfPayment", Kind::Object(&TERMS_OF_PAYMENT)),
        date("LastInvoiceDate").read_only(),
        free_text("TaxDeductionNumber"),
        int("PropertyType", 1, 2).nullable(),
        text("PropertyReference", 40),
        stamp("ChangedUtc").nullable().filtered(),
        of("CustomerLabels", Kind::Rows(&LABEL_LINK)).nullable(),
        of("MessageThreads", Kind::Guids).nullable().read_only(),
        of("Notes", Kind::Guids).nullable().read_only(),
        flag("IsFutureInvoiceDateAllowed").read_only(),
        text("Iban", 35),
        flag("IsDirectDebitEnabled").nullable(),
        of("DirectDebitCustomerSettings", Kind::Object(&DIRECT_DEBIT_CUSTOMER_SETTINGS)),
        guid("DiscountAgreementId"),
        amount("UnpaidInvoicesAmount").read_only(),
        text("CustomerNumber", 16).filtered(),
        text("CorporateIdentityNumber", 20).filtered(),
        text("ContactPersonEmail", 255),
        text("ContactPersonMobile", 50),
        text("ContactPersonName", 100),
        text("ContactPersonPhone", 50),
        text("CurrencyCode", 3),
        text("EmailAddress", 255).filtered(),
        text("InvoiceAddress1", 50),
        text("InvoiceAddress2", 50),
        text("InvoiceCountryCode", 2),
        text("DeliveryAddress1", 50),
        text("DeliveryAddress2", 50),
        text("DeliveryCity", 50),
        text("DeliveryCountryCode", 2),
        text("DeliveryPostalCode", 10),
        text("DeliveryCustomerName", 100),
        guid("DeliveryMethodId"),
        guid("DeliveryTermId"),
        text("Name", 50).required().filtered(),
        text("Note", 4000),
        flag("ReverseChargeOnConstructionServices"),
        int32("WebshopCustomerNumber").nullable(),
        text("MobilePhone", 50),
        text("Telephone", 50),
        guid("TermsOfPaymentId").required(),
        text("VatNumber", 20),
        text("WwwAddress", 255),
        flag("IsPrivatePerson").required(),
        flag("IsNorthernIreland").nullable(),
        bounded("DiscountPercentage", 0, 1, 4),
        flag("IsActive").required().filtered(),
        flag("ForceBookkeepVat"),
        text("EdiGlnNumber", 255),
        text("SalesDocumentLanguage", 2),
        text("ElectronicAddress", 255),
        text("ElectronicReference", 35),
        text("EdiServiceDelivererId", 255),
        date("AutoInvoiceActivationEmailSentDate"),
        date("AutoInvoiceRegistrationRequestSentDate"),
        of("EmailAddresses", Kind::Texts).nullable(),
        flag("DeliveryBasedVat"),
        guid("SalesPriceListId"),
    ],
};

/// `CustomerLabelApi` and `ArticleLabelApi`.
pub(crate) static LABEL: Schema = Schema { fields: &[ID, text("Name", 50).required(), text("Description", 400)] };

/// `DirectDebitCustomerSettingsApi`.
pub(crate) static DIRECT_DEBIT_CUSTOMER_SETTINGS: Schema = Schema {
    fields: &[
        text("MandateId", 35),
        int32("MandateType"),
        int32("SequenceType"),
        date("SigningDate"),
        date("EndDate"),
        date("LatestDirectDebit"),
        text("Bic", 11),
    ],
};

/// `ArticleApi`.
pub(crate) static ARTICLE: Schema = Schema {
    fields: &[
        ID,
        flag("IsActive").required().filtered(),
        text("Number", 40).required().filtered(),
        text("Name", 50).required().filtered(),
        text("NameEnglish", 50),
        bounded("NetPrice", 0, 99_000_000, 2),
        bounded("NetPriceWithDiscount", 0, 99_000_000, 2),
        bounded("GrossPrice", 0, 99_000_000, 2),
        guid("CodingId").required(),
        free_text("CodingName").read_only(),
        guid("UnitId").required(),
        free_text("UnitName").read_only(),
        free_text("UnitAbbreviation").read_only(),
        bounded("StockBalance", -1_000_000_000_000_000, 1_000_000_000_000_000, 2),
        stamp("StockBalanceManuallyChangedUtc").nullable(),
        amount("StockBalanceReserved").read_only(),
        amount("StockBalanceAvailable").read_only(),
        stamp("CreatedUtc").filtered(),
        stamp("ChangedUtc").filtered(),
        int("HouseWorkType", 0, 29).nullable(),
        bounded("PurchasePrice", 0, 99_000_000, 28),
        stamp("PurchasePriceManuallyChangedUtc").nullable(),
        flag("SendToWebshop"),
        flag("UsesMoss"),
        of("ArticleLabels", Kind::Rows(&LABEL_LINK)).nullable(),
        of("MessageThreads", Kind::Guids).nullable().read_only(),
        of("Notes", Kind::Guids).nullable().read_only(),
        text("Note", 4000),
        flag("IsStock"),
        flag("ShowStockInformation").read_only(),
        flag("IsServiceArticle").read_only(),
        free_text("StockLocationReference"),
        bounded("FreightCosts", 0, 99_000_000, 28),
        stamp("FreightCostsManuallyChangedUtc").nullable(),
        flag("UpdateStockPrices"),
        of("Barcodes", Kind::Rows(&ARTICLE_BARCODE)).nullable(),
        amount("StockValue").read_only(),
        int("GreenTechnologyType", 0, 3).nullable(),
        amount("DiscountPercentage"),
        text("CurrencyCode", 3),
        amount("PurchasePriceWithCurrency"),
        amount("FreightCostWithCurrency"),
        amount("OrderingPoint").nullable(),
        guid("SupplierId"),
        text("SupplierArticleNumber", 16),
        int("CodingType", 1, 2).filter_only(),
    ],
};

/// `ArticleBarcodeApi`.
pub(crate) static ARTICLE_BARCODE: Schema = Schema { fields: &[free_text("Barcode"), int32("BarcodeType")] };

/// A label on a customer or an article: the same, but its id is taken from the body to find the label.
pub(crate) static LABEL_LINK: Schema =
    Schema { fields: &[guid("Id").always(), text("Name", 50).required(), text("Description", 400)] };
