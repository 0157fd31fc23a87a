//! Ledger and bank.

use super::super::schema::{
    ID, Kind, Schema, amount, bounded, date, flag, free_text, guid, int, int32, int64, of, scaled, stamp, text,
};

/// `FiscalYearApi`.
pub(crate) static FISCAL_YEAR: Schema = Schema {
    fields: &[
        ID,
        date("StartDate").always(),
        date("EndDate").always(),
        flag("IsLockedForAccounting").read_only(),
        int("BookkeepingMethod", 0, 2).read_only(),
    ],
};

/// `AccountApi`.
pub(crate) static ACCOUNT: Schema = Schema {
    fields: &[
        text("Name", 100).required(),
        free_text("Number").required().filtered(),
        guid("VatCodeId"),
        free_text("VatCodeDescription").read_only(),
        guid("FiscalYearId").required(),
        free_text("ReferenceCode").read_only(),
        int32("Type").read_only(),
        free_text("TypeDescription").read_only(),
        stamp("ModifiedUtc").filtered(),
        stamp("CreatedUtc").filtered(),
        flag("IsActive").required().filtered(),
        flag("AllowTransactionText"),
        flag("IsFirstCostCenterMandatory"),
        flag("IsProjectAllowed"),
        flag("IsCostCenterAllowed"),
        flag("IsBlockedForManualBooking"),
        free_text("Description").read_only(),
    ],
};

/// `VoucherApi`.
pub(crate) static VOUCHER: Schema = Schema {
    fields: &[
        ID,
        date("VoucherDate").always().filtered(),
        text("VoucherText", 1000).required(),
        of("Rows", Kind::Rows(&VOUCHER_ROW)).required(),
        free_text("NumberAndNumberSeries").read_only(),
        free_text("NumberSeries"),
        free_text("ImportedVoucherNumber").read_only(),
        stamp("ModifiedUtc").nullable().filtered(),
        int32("VoucherType"),
        guid("SourceId").read_only(),
        stamp("CreatedUtc").filtered(),
    ],
};

/// `VoucherRowApi`.
pub(crate) static VOUCHER_ROW: Schema = Schema {
    fields: &[
        int("AccountNumber", 1, 9999999999).required(),
        free_text("AccountDescription").read_only(),
        bounded("DebitAmount", 0, 10_000_000_000, 2),
        bounded("CreditAmount", 0, 10_000_000_000, 2),
        text("TransactionText", 60),
        guid("CostCenterItemId1").read_only(),
        guid("CostCenterItemId2"),
        guid("CostCenterItemId3"),
        guid("VatCodeId"),
        free_text("VatCodeAndPercent"),
        amount("VatAmount").nullable(),
        scaled("Quantity", 2).nullable(),
        scaled("Weight", 2).nullable(),
        date("DeliveryDate"),
        int32("HarvestYear").nullable(),
        guid("ProjectId"),
    ],
};

/// `BankAccountApi`.
pub(crate) static BANK_ACCOUNT: Schema = Schema {
    fields: &[
        guid("Bank"),
        int("BankAccountType", 1, 7).required(),
        free_text("BankAccountTypeDescription").read_only(),
        text("Bban", 35),
        text("Iban", 35),
        text("Name", 200).required(),
        text("NameEnglish", 200),
        ID,
        flag("IsActive").filtered(),
        int64("LedgerAccountNumber").required(),
        flag("HasActiveBankAgreement"),
        flag("IsDefaultChequeAccount"),
        free_text("CurrencyCode").read_only(),
        stamp("ModifiedUtc").filtered(),
        of("Balance", Kind::Object(&BALANCE_AND_DATE)),
        free_text("BankAccountHolderName"),
        flag("IsEnabledDirectDebit").nullable().read_only(),
        free_text("DirectDebitCreditorId").read_only(),
        flag("DirectDebitBatchBooking").nullable().read_only(),
        flag("DirectDebitSendDirectlyToBank").nullable().read_only(),
    ],
};

/// `BalanceAndDateApi`.
pub(crate) static BALANCE_AND_DATE: Schema = Schema { fields: &[amount("Balance"), date("Date").always()] };
