//! Code lists and notes.

use super::super::schema::{ID, Kind, Schema, amount, date, flag, free_text, guid, int, int32, int64, of, stamp, text};

/// `ArticleAccountCodingApi`.
pub(crate) static ARTICLE_ACCOUNT_CODING: Schema = Schema {
    fields: &[
        ID,
        free_text("Name"),
        free_text("NameEnglish"),
        free_text("Type"),
        free_text("VatRate"),
        flag("IsActive").filtered(),
        of("VatRatePercent", Kind::Percent),
        int64("DomesticSalesSubjectToReversedConstructionVatAccountNumber").nullable(),
        int64("DomesticSalesSubjectToVatAccountNumber").nullable(),
        int64("DomesticSalesVatExemptAccountNumber").nullable(),
        int64("ForeignSalesSubjectToMossAccountNumber").nullable(),
        int64("ForeignSalesSubjectToThirdPartySalesAccountNumber").nullable(),
        int64("ForeignSalesSubjectToVatWithinEuAccountNumber").nullable(),
        int64("ForeignSalesVatExemptOutsideEuAccountNumber").nullable(),
        int64("ForeignSalesVatExemptWithinEuAccountNumber").nullable(),
        int64("DomesticSalesVatCodeExemptAccountNumber").nullable(),
        stamp("ChangedUtc").filtered(),
    ],
};

/// `UnitApi`.
pub(crate) static UNIT: Schema = Schema {
    fields: &[ID, free_text("Name"), free_text("Code"), free_text("Abbreviation"), free_text("AbbreviationEnglish")],
};

/// `VatCodeApi`.
pub(crate) static VAT_CODE: Schema = Schema {
    fields: &[
        ID,
        free_text("Code"),
        free_text("Description"),
        of("VatRate", Kind::Rate),
        int32("OssCodeType"),
        of("RelatedAccounts", Kind::Object(&RELATED_ACCOUNTS)),
    ],
};

/// `RelatedAccounts`.
pub(crate) static RELATED_ACCOUNTS: Schema = Schema {
    fields: &[
        int64("AccountNumber1").nullable(),
        int64("AccountNumber2").nullable(),
        int64("AccountNumber3").nullable(),
    ],
};

/// `TermsOfPaymentApi`.
pub(crate) static TERMS_OF_PAYMENT: Schema = Schema {
    fields: &[
        ID,
        free_text("Name"),
        free_text("NameEnglish"),
        int32("NumberOfDays"),
        int32("TermsOfPaymentTypeId"),
        free_text("TermsOfPaymentTypeText"),
        flag("AvailableForSales"),
        flag("AvailableForPurchase"),
    ],
};

/// `DeliveryMethodApi`.
pub(crate) static DELIVERY_METHOD: Schema =
    Schema { fields: &[ID, text("Name", 100).required(), text("NameEnglish", 200), text("Code", 20)] };

/// `DeliveryTermApi`.
pub(crate) static DELIVERY_TERM: Schema = Schema {
    fields: &[ID, text("Name", 100).required(), text("NameEnglish", 200), text("Code", 20), flag("Editable")],
};

/// `CurrencyApi`.
pub(crate) static CURRENCY: Schema = Schema { fields: &[free_text("Code")] };

/// `CountryApi`.
pub(crate) static COUNTRY: Schema =
    Schema { fields: &[free_text("Name"), free_text("NameEnglish"), free_text("Code"), flag("IsEuMember")] };

/// `UserApi`.
pub(crate) static USER: Schema = Schema {
    fields: &[
        ID,
        free_text("Email"),
        free_text("FirstName"),
        free_text("LastName"),
        flag("IsActive"),
        flag("IsCurrentUser"),
        flag("IsConsultant"),
        flag("HasPurchaseInvoicesApprovalPermission"),
        flag("HasVATReportsApprovalPermission"),
    ],
};

/// `NoteApi`.
pub(crate) static NOTE: Schema = Schema {
    fields: &[
        ID,
        guid("UserId").always().read_only(),
        guid("AttachedTo"),
        text("Text", 256).required(),
        text("Subject", 40),
        int("DocumentType", 0, 21),
        stamp("CreatedUtc").filtered(),
        stamp("ModifiedUtc").filtered(),
        flag("IsDone"),
    ],
};

/// `ExchangeRateApi`.
pub(crate) static EXCHANGE_RATE: Schema = Schema {
    fields: &[
        date("Date").always().read_only(),
        free_text("SourceCurrency").read_only(),
        free_text("TargetCurrency").read_only(),
        amount("Rate").read_only(),
    ],
};
