//! What a company has from its first day: settings and code lists, no customers, articles or documents.
//!
//! Names and figures are made up, but for the Swedish chart of accounts.

use serde_json::{Value, json};
use uuid::Uuid;

use super::collection::Resource;
use super::company::Company;
use super::intake::Intake;
use super::record::{Record, put};
use super::schema::accept;
use super::tables::company::COMPANY_SETTINGS;

/// The years that can be booked on.
const YEARS: std::ops::RangeInclusive<i32> = 2015..=2039;

/// A company in its first edition: Pro, with the module for orders and quotes.
pub(crate) fn company(id: &str, name: &str) -> Company {
    let of_seed = |schema, value: &Value| accept(schema, value, Intake::of_seed()).unwrap_or_default();
    let mut settings = of_seed(&COMPANY_SETTINGS, &settings(name));
    put(&mut settings, "CompanyIdentifier", id);
    put(&mut settings, "TermsOfPaymentId", id_of(id, "terms 30"));
    let mut company = Company::new(id.to_owned(), settings);
    let lists = [
        (Resource::Currencies, currencies()),
        (Resource::Countries, countries()),
        (Resource::Users, users()),
        (Resource::Units, units()),
        (Resource::VatCodes, vat_codes()),
        (Resource::Codings, codings()),
        (Resource::Terms, terms()),
        (Resource::DeliveryMethods, delivery_methods()),
        (Resource::DeliveryTerms, delivery_terms()),
        (Resource::FiscalYears, fiscal_years()),
        (Resource::BankAccounts, bank_accounts()),
        (Resource::PriceLists, price_lists()),
    ];
    for (resource, records) in lists {
        for (name, value) in records {
            let mut record = of_seed(resource.schema(), &value);
            keep_notes(&mut record, &value);
            if resource.id() == "Id" {
                put(&mut record, "Id", id_of(id, &name));
            }
            company.of_mut(resource).put(record);
        }
    }
    for year in YEARS {
        for (number, text) in ACCOUNTS {
            let account = json!({
                "Number": number.to_string(),
                "Name": text,
                "FiscalYearId": id_of(id, &format!("year {year}")),
                "IsActive": true,
                "CreatedUtc": FIRST_DAY,
                "ModifiedUtc": FIRST_DAY,
            });
            let mut account = of_seed(Resource::Accounts.schema(), &account);
            put(&mut account, "Id", id_of(id, &format!("account {year} {number}")));
            company.of_mut(Resource::Accounts).put(account);
        }
    }
    company.skip_births();
    company
}

/// What a sample record carries beside the vendor's fields.
fn keep_notes(record: &mut Record, value: &Value) {
    if let Some(rate) = value.get("rate") {
        put(record, "rate", rate.clone());
    }
}

/// The same id in each run, another one in each company.
fn id_of(company: &str, name: &str) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{company} {name}").as_bytes()).to_string()
}

type Named = Vec<(String, Value)>;

fn named<const N: usize>(records: [(&str, Value); N]) -> Named {
    records.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The list that a company gets with the edition Pro.
fn price_lists() -> Named {
    named([(
        "standard price list",
        json!({
            "Name": "Standardprislista",
            "Number": 1,
            "CurrencyCode": "SEK",
            "IsStandard": true,
            "IsActive": true,
            "ChangedUtc": FIRST_DAY,
        }),
    )])
}

const FIRST_DAY: &str = "2020-01-01T08:00:00Z";

fn settings(name: &str) -> Value {
    json!({
        "Name": name,
        "Email": "info@example.se",
        "Address1": "Storgatan 1",
        "PostalCode": "252 20",
        "City": "Helsingborg",
        "CountryCode": "SE",
        "CurrencyCode": "SEK",
        "CorporateIdentityNumber": "556677-8899",
        "AccountNumberDigits": 4,
        "AccountingLockedTo": "2019-12-31",
        "ProductVariant": 5,
        "TypeOfBusiness": 1,
        "VatPeriod": 3,
        "ActivatedModules": ["api_standard", "sales_standard"],
        "NextCustomerNumber": 1001,
        "NextSupplierNumber": 1,
        "NextCustomerInvoiceNumber": 1,
        "NextQuoteNumber": 1,
        "NextOrderNumber": 1,
        "ShowPricesExclVatPC": true,
        "DomesticCurrencyRounding": 0,
        "CompanyStatus": 1,
        "KeepOriginalDraftDate": false,
        "UsesPaymentReferenceNumber": true,
    })
}

fn currencies() -> Named {
    [("SEK", "1"), ("EUR", "11.25"), ("NOK", "0.98"), ("DKK", "1.51"), ("USD", "10.4"), ("GBP", "13.2")]
        .into_iter()
        .map(|(code, rate)| (code.to_owned(), json!({ "Code": code, "rate": rate.parse::<serde_json::Number>().ok() })))
        .collect()
}

fn countries() -> Named {
    [
        ("SE", "Sverige", "Sweden", true),
        ("NO", "Norge", "Norway", false),
        ("DK", "Danmark", "Denmark", true),
        ("FI", "Finland", "Finland", true),
        ("DE", "Tyskland", "Germany", true),
        ("NL", "Nederländerna", "Netherlands", true),
        ("FR", "Frankrike", "France", true),
        ("GB", "Storbritannien", "United Kingdom", false),
        ("US", "USA", "USA", false),
    ]
    .into_iter()
    .map(|(code, name, english, eu)| {
        let country = json!({ "Code": code, "Name": name, "NameEnglish": english, "IsEuMember": eu });
        (code.to_owned(), country)
    })
    .collect()
}

fn users() -> Named {
    let user = json!({
        "Email": "user@example.se",
        "FirstName": "Anna",
        "LastName": "Berg",
        "IsActive": true,
        "IsCurrentUser": true,
    });
    named([("user", user)])
}

fn units() -> Named {
    let unit = |name: &str, code: &str, abbreviation: &str, english: &str| json!({ "Name": name, "Code": code, "Abbreviation": abbreviation, "AbbreviationEnglish": english });
    named([
        ("unit piece", unit("Styck", "PCE", "st", "pcs")),
        ("unit hour", unit("Timme", "HUR", "tim", "hrs")),
        ("unit kilogram", unit("Kilogram", "KGM", "kg", "kg")),
    ])
}

fn vat_codes() -> Named {
    let code = |code: &str, about: &str, rate: &str, account: i64| {
        json!({
            "Code": code,
            "Description": about,
            "VatRate": rate.parse::<serde_json::Number>().ok(),
            "RelatedAccounts": { "AccountNumber1": account },
        })
    };
    named([
        ("vat 25", code("10", "Utgående moms 25 %", "0.25", 2611)),
        ("vat 12", code("11", "Utgående moms 12 %", "0.12", 2621)),
        ("vat 6", code("12", "Utgående moms 6 %", "0.06", 2631)),
    ])
}

fn codings() -> Named {
    let coding = |name: &str, kind: &str, percent: i64, domestic: i64, abroad: bool| {
        let account = |number: i64| if abroad { json!(number) } else { Value::Null };
        let (vat, exempt) = if percent == 0 { (Value::Null, json!(domestic)) } else { (json!(domestic), json!(3004)) };
        json!({
            "Name": name,
            "NameEnglish": name,
            "Type": kind,
            "VatRate": format!("{percent}%"),
            "VatRatePercent": percent,
            "IsActive": true,
            "DomesticSalesSubjectToVatAccountNumber": vat,
            "DomesticSalesVatExemptAccountNumber": exempt,
            "DomesticSalesSubjectToReversedConstructionVatAccountNumber": if kind == "Service" { json!(3231) } else { Value::Null },
            "ForeignSalesSubjectToVatWithinEuAccountNumber": account(3106),
            "ForeignSalesVatExemptWithinEuAccountNumber": account(3108),
            "ForeignSalesSubjectToThirdPartySalesAccountNumber": account(3109),
            "ForeignSalesVatExemptOutsideEuAccountNumber": account(3105),
            "ChangedUtc": FIRST_DAY,
        })
    };
    named([
        ("coding goods 25", coding("Varor 25 %", "Goods", 25, 3001, true)),
        ("coding goods 12", coding("Varor 12 %", "Goods", 12, 3002, true)),
        ("coding goods 6", coding("Varor 6 %", "Goods", 6, 3003, true)),
        ("coding goods 0", coding("Varor momsfria", "Goods", 0, 3004, true)),
        ("coding service 25", coding("Tjänster 25 %", "Service", 25, 3041, true)),
        ("coding fee 25", coding("Expeditionsavgift", "Service", 25, 3540, false)),
    ])
}

fn terms() -> Named {
    let term = |name: &str, english: &str, days: i64, kind: i64, text: &str| {
        json!({
            "Name": name,
            "NameEnglish": english,
            "NumberOfDays": days,
            "TermsOfPaymentTypeId": kind,
            "TermsOfPaymentTypeText": text,
            "AvailableForSales": true,
            "AvailableForPurchase": kind == 0,
        })
    };
    named([
        ("terms 30", term("30 dagar", "30 days", 30, 0, "Normal")),
        ("terms 10", term("10 dagar", "10 days", 10, 0, "Normal")),
        ("terms card", term("Kortbetalning", "Card payment", 0, 3, "CardPayment")),
        ("terms wallet", term("Swish", "Swish", 0, 4, "DigitalWallet")),
        ("terms psp", term("Betaltjänst", "Payment service provider", 0, 5, "PaymentServiceProvider")),
    ])
}

fn delivery_methods() -> Named {
    named([
        ("delivery post", json!({ "Name": "Paket", "NameEnglish": "Parcel", "Code": "PKT" })),
        ("delivery pick-up", json!({ "Name": "Hämtas", "NameEnglish": "Pick-up", "Code": "HMT" })),
    ])
}

fn delivery_terms() -> Named {
    named([(
        "delivery free",
        json!({ "Name": "Fritt kund", "NameEnglish": "Free delivery", "Code": "FK", "Editable": true }),
    )])
}

fn fiscal_years() -> Named {
    YEARS
        .map(|year| {
            let whole = json!({ "StartDate": format!("{year}-01-01"), "EndDate": format!("{year}-12-31") });
            (format!("year {year}"), whole)
        })
        .collect()
}

fn bank_accounts() -> Named {
    let account = |name: &str, kind: i64, text: &str, ledger: i64, default: bool| {
        json!({
            "Name": name,
            "NameEnglish": name,
            "BankAccountType": kind,
            "BankAccountTypeDescription": text,
            "LedgerAccountNumber": ledger,
            "IsActive": true,
            "IsDefaultChequeAccount": default,
            "CurrencyCode": "SEK",
            "ModifiedUtc": FIRST_DAY,
            "Balance": { "Balance": 0, "Date": "2020-01-01" },
        })
    };
    named([
        ("bank cheque", account("Företagskonto", 1, "ChequeAccount", 1930, true)),
        ("bank cash", account("Kassa", 2, "CashAccount", 1910, false)),
        ("bank wallet", account("Swish", 5, "DigitalWalletAccount", 1940, false)),
    ])
}

const ACCOUNTS: [(i64, &str); 20] = [
    (1510, "Kundfordringar"),
    (1910, "Kassa"),
    (1930, "Företagskonto"),
    (1940, "Övriga bankkonton"),
    (2611, "Utgående moms 25 %"),
    (2621, "Utgående moms 12 %"),
    (2631, "Utgående moms 6 %"),
    (3001, "Försäljning 25 %"),
    (3002, "Försäljning 12 %"),
    (3003, "Försäljning 6 %"),
    (3004, "Försäljning momsfri"),
    (3041, "Försäljning tjänster 25 %"),
    (3105, "Försäljning varor till land utanför EU"),
    (3106, "Försäljning varor till annat EU-land, momspliktig"),
    (3108, "Försäljning varor till annat EU-land, momsfri"),
    (3109, "Trepartshandel"),
    (3231, "Omvänd betalningsskyldighet inom byggsektorn"),
    (3540, "Faktureringsavgifter"),
    (3740, "Öresutjämning"),
    (6570, "Bankkostnader"),
];
