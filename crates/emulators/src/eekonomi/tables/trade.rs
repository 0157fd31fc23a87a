//! Price lists, discount agreements, suppliers, projects, and what is attached to documents.

use super::super::schema::{
    ID, Kind, Schema, amount, bounded, date, flag, free_text, guid, int, int32, of, stamp, text,
};

/// `SalesPriceListApi`.
pub(crate) static SALES_PRICE_LIST: Schema = Schema {
    fields: &[
        ID,
        text("Name", 70).filtered(),
        int32("Number").read_only().filtered(),
        text("CurrencyCode", 3),
        free_text("Note"),
        flag("IsStandard").read_only(),
        flag("IsActive").nullable().filtered(),
        stamp("ChangedUtc").filtered(),
    ],
};

/// `SalesPriceListRowApi`. Its limits are those of an article's price: it has none of its own.
pub(crate) static SALES_PRICE_LIST_ROW: Schema = Schema {
    fields: &[
        guid("SalesPriceListId").always().read_only().filtered(),
        guid("ArticleId").required().filtered(),
        bounded("NetPrice", 0, 99_000_000, 2),
        amount("GrossPrice").read_only(),
        text("CurrencyCode", 3).read_only(),
        stamp("ChangedUtc").nullable().filtered(),
    ],
};

/// `DiscountAgreementApi`.
pub(crate) static DISCOUNT_AGREEMENT: Schema = Schema {
    fields: &[
        ID,
        free_text("Name").read_only().filtered(),
        int32("Number").read_only().filtered(),
        free_text("Notes").read_only(),
        flag("IsActive").read_only().filtered(),
        stamp("ChangedUtc").filtered(),
    ],
};

/// `ProjectApi`.
pub(crate) static PROJECT: Schema = Schema {
    fields: &[
        ID,
        text("Number", 9).required().filtered(),
        text("Name", 200).required().filtered(),
        date("StartDate").always(),
        date("EndDate"),
        guid("CustomerId").filtered(),
        free_text("CustomerName").read_only(),
        text("Notes", 500),
        int("Status", 1, 2).required().filtered(),
        stamp("ModifiedUtc").filtered(),
    ],
};

/// `SupplierApi`.
pub(crate) static SUPPLIER: Schema = Schema {
    fields: &[
        ID,
        text("SupplierNumber", 16).filtered(),
        text("Address1", 50),
        text("Address2", 50),
        flag("AutomaticPaymentService"),
        amount("UnpaidInvoicesAmount").read_only(),
        text("BankAccountNumber", 50),
        text("Clearing", 5),
        text("BankBban", 50),
        text("BankBic", 50),
        text("BankCode", 50),
        text("BankCountryCode", 2),
        text("BankgiroNumber", 10),
        text("BankIban", 50),
        text("BankName", 50),
        text("City", 50),
        text("ContactPersonEmail", 255),
        text("ContactPersonMobile", 50),
        text("ContactPersonName", 50),
        text("ContactPersonPhone", 50),
        text("CorporateIdentityNumber", 20).filtered(),
        text("CountryCode", 2),
        stamp("CreatedUtc").nullable().filtered(),
        text("CurrencyCode", 3),
        text("EmailAddress", 255),
        of("MessageThreads", Kind::Guids).nullable().read_only(),
        text("MobilePhone", 50),
        stamp("ModifiedUtc").nullable().filtered(),
        text("Name", 50).required().filtered(),
        text("Note", 4000),
        of("Notes", Kind::Guids).nullable().read_only(),
        text("PlusgiroNumber", 10),
        text("PostalCode", 10),
        text("Telephone", 50),
        guid("TermsOfPaymentId").required(),
        text("VatNumber", 20),
        text("WwwAddress", 255),
        int("BankFeeCode", 0, 3),
        guid("PayFromBankAccountId"),
        guid("ForeignPaymentCodeId").read_only(),
        of("ForeignPaymentCode", Kind::Object(&FOREIGN_PAYMENT_CODE)),
        flag("UsesPaymentReferenceNumbers"),
        flag("IsActive").filtered(),
        flag("ProportionalVat"),
        flag("SelfEmployedWithoutFixedAddress"),
        int32("ApprovalOrderType").read_only(),
        text("OurCustomerNumber", 40),
        text("PurchaseDocumentLanguage", 2),
        of("Approvers", Kind::Rows(&SUPPLIER_APPROVER)).nullable(),
        flag("UsesAutomaticSupplierInvoiceApproval"),
        date("LastInvoiceDate").read_only(),
        guid("AccountingTemplateId"),
    ],
};

/// `SupplierApproverApi`.
pub(crate) static SUPPLIER_APPROVER: Schema =
    Schema { fields: &[guid("ApproverId").always(), free_text("Name").read_only(), int32("Priority")] };

/// `ForeignPaymentCode`.
pub(crate) static FOREIGN_PAYMENT_CODE: Schema =
    Schema { fields: &[int32("Code"), free_text("Description"), guid("Id").always(), free_text("CountryCode")] };

/// `SalesDocumentAttachmentApi`.
pub(crate) static SALES_DOCUMENT_ATTACHMENT: Schema = Schema {
    fields: &[
        ID,
        guid("DocumentId"),
        int("DocumentType", 0, 6),
        free_text("OriginalFilename"),
        int32("DocumentSize"),
        stamp("CreatedUtc").filtered(),
        free_text("CreatedBy"),
        free_text("Thumbnail"),
    ],
};

/// `SalesDocumentAttachmentUploadApi`, with the vendor's own spelling.
pub(crate) static SALES_DOCUMENT_ATTACHMENT_UPLOAD: Schema = Schema {
    fields: &[
        text("ContentType", 15).required(),
        text("FileName", 128).required(),
        guid("DockumentId").required(),
        free_text("Data"),
        free_text("Url"),
    ],
};

/// `PartnerResourceLinkApi`.
pub(crate) static PARTNER_RESOURCE_LINK: Schema = Schema {
    fields: &[
        ID,
        guid("ResourceId").required().filtered(),
        int("ResourceType", 0, 6).required(),
        text("Href", 256).required(),
        text("PartnerCompanyName", 100).required(),
        text("PartnerSystemName", 100).required(),
    ],
};
