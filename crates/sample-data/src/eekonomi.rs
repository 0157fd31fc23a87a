//! The ERP's files, in the shapes of eAccounting API v2.
//!
//! Code lists that the emulated company has from its first day keep their ids, so that they are replaced by themselves
//! and not doubled. Currencies, countries, VAT codes, accounts and fiscal years are left as they are there.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    articles::{Article, Unit},
    collections::Collections,
    dice::Dice,
    json::{members, number},
    money::net_price,
    people::{FIRST_ERP_NUMBER, Known, People},
};

const COMPANY: &str = "0f8e3c52-6a1d-4b7e-9c35-2d4f60718293";
const TERMS_30: &str = "9b889a04-2ba0-563b-a6f2-4b6edeb103f2";
const TERMS: [(&str, &str, &str, u32, u32, &str); 5] = [
    (TERMS_30, "30 dagar", "30 days", 30, 0, "Normal"),
    ("3b78577d-473a-58ac-b6ad-0f4fe4450a5f", "10 dagar", "10 days", 10, 0, "Normal"),
    ("2019b3c8-9756-5e77-a254-098ed6d84fb8", "Kortbetalning", "Card payment", 0, 3, "CardPayment"),
    ("994f43b4-cae5-53dd-83f8-ef914e052cfb", "Swish", "Swish", 0, 4, "DigitalWallet"),
    ("226fed49-ce46-5049-a229-a83c3c6e7113", "Betaltjänst", "Payment service provider", 0, 5, "PaymentServiceProvider"),
];
/// The terms that fit the shop's ways to pay, by the shop's name for them. The fourth way has none.
pub(crate) const CHOSEN_TERMS: [(&str, &str); 3] = [
    ("Klarna", "226fed49-ce46-5049-a229-a83c3c6e7113"),
    ("Faktura", TERMS_30),
    ("Swish", "994f43b4-cae5-53dd-83f8-ef914e052cfb"),
];
const PIECE: &str = "deaa377a-4985-598c-9c57-b9b018f1b7d4";
const PAIR: &str = "5b0e7c1e-8f0f-4f0e-9a51-6a1c0d1f2b01";
const PACK: &str = "5b0e7c1e-8f0f-4f0e-9a51-6a1c0d1f2b02";
const UNITS: [(&str, &str, &str, &str, &str); 5] = [
    (PIECE, "Styck", "PCE", "st", "pcs"),
    ("b8efd0ce-f2bf-5a12-bf69-5db5105ca4c2", "Timme", "HUR", "tim", "hrs"),
    ("cfd98f1c-0ab9-5c1a-8ad6-b36cfed25b35", "Kilogram", "KGM", "kg", "kg"),
    (PAIR, "Par", "PR", "par", "pair"),
    (PACK, "Förpackning", "PK", "förp", "pack"),
];
const DELIVERIES: [(&str, &str, &str, &str); 4] = [
    ("25e56dde-8842-5ce8-80e1-9ffaf0403045", "Paket", "Parcel", "PKT"),
    ("e5fccec7-e351-5db2-a4ab-55aeae94cb10", "Hämtas", "Pick-up", "HMT"),
    ("5b0e7c1e-8f0f-4f0e-9a51-6a1c0d1f2b03", "Hemleverans", "Home delivery", "HEM"),
    ("5b0e7c1e-8f0f-4f0e-9a51-6a1c0d1f2b04", "Brev", "Letter", "BREV"),
];
const FEE_CODING: &str = "2d5169fa-7087-588f-8e8b-049e708c0d3e";
const ROUNDING_CODING: &str = "5b0e7c1e-8f0f-4f0e-9a51-6a1c0d1f2b05";

/// An article that carries rows which are no goods: number, name, VAT rate, coding.
type Carrier = (&'static str, &'static str, u32, &'static str);

/// The articles that the configuration names.
pub(crate) const CARRIERS: [Carrier; 9] = [
    ("FRAKT25", "Frakt 25 %", 25, goods_coding(25)),
    ("FRAKT12", "Frakt 12 %", 12, goods_coding(12)),
    ("FRAKT6", "Frakt 6 %", 6, goods_coding(6)),
    ("FRAKT0", "Frakt utan moms", 0, goods_coding(0)),
    ("AVG25", "Faktureringsavgift", 25, FEE_CODING),
    ("RAB25", "Rabatt 25 %", 25, goods_coding(25)),
    ("RAB12", "Rabatt 12 %", 12, goods_coding(12)),
    ("RAB6", "Rabatt 6 %", 6, goods_coding(6)),
    ("ORES", "Öresavrundning", 0, ROUNDING_CODING),
];

const fn goods_coding(rate: u32) -> &'static str {
    match rate {
        25 => "7b58e06c-5295-53a8-9935-7afe30f3aab2",
        12 => "6331e78e-1d05-548c-9148-1713c32514ce",
        6 => "73a1684c-47fd-5585-bd25-6bdedf86f5e5",
        _ => "c396f9ad-6e31-50f9-ba3a-8ac1c318cfb9",
    }
}

/// All of the ERP's files.
pub(crate) fn collections(seed: u64, articles: &[Article], people: &People) -> Collections {
    let mut dice = Dice::new(seed, "erp");
    let carriers = CARRIERS.map(|one| carrier(&mut dice, one));
    let goods = articles.iter().map(|one| article(&mut dice, one));
    let all = carriers.into_iter().chain(goods).collect();
    BTreeMap::from([
        ("companies", vec![company(people)]),
        ("units", UNITS.map(unit).to_vec()),
        ("articleaccountcodings", codings()),
        ("termsofpayments", TERMS.map(terms).to_vec()),
        ("deliverymethods", DELIVERIES.map(delivery).to_vec()),
        ("customers", people.in_erp.iter().map(customer).collect()),
        ("articles", all),
    ])
}

/// The Pro edition with orders.
fn company(people: &People) -> Value {
    let count = u64::try_from(people.in_erp.len()).unwrap_or_default();
    json!({
        "Id": COMPANY, "Name": "Exempelhandel i Norr AB", "Email": "ekonomi@example.se", "Address1": "Fyrvägen 3",
        "PostalCode": "252 20", "City": "Helsingborg", "CountryCode": "SE", "CurrencyCode": "SEK",
        "CorporateIdentityNumber": "556677-8899", "VatCode": "SE556677889901", "ProductVariant": 5,
        "ActivatedModules": ["api_standard", "sales_standard"], "NextCustomerNumber": FIRST_ERP_NUMBER + count,
        "TermsOfPaymentId": TERMS_30,
    })
}
fn unit((id, name, code, short, english): (&str, &str, &str, &str, &str)) -> Value {
    json!({ "Id": id, "Name": name, "Code": code, "Abbreviation": short, "AbbreviationEnglish": english })
}
fn terms((id, name, english, days, kind, word): (&str, &str, &str, u32, u32, &str)) -> Value {
    json!({
        "Id": id, "Name": name, "NameEnglish": english, "NumberOfDays": days, "TermsOfPaymentTypeId": kind,
        "TermsOfPaymentTypeText": word, "AvailableForSales": true, "AvailableForPurchase": kind == 0,
    })
}
fn delivery((id, name, english, code): (&str, &str, &str, &str)) -> Value {
    json!({ "Id": id, "Name": name, "NameEnglish": english, "Code": code })
}

fn codings() -> Vec<Value> {
    let goods = |rate: u32, name: &str, account: u32| coding(goods_coding(rate), name, "Goods", rate, account, true);
    vec![
        goods(25, "Varor 25 %", 3001),
        goods(12, "Varor 12 %", 3002),
        goods(6, "Varor 6 %", 3003),
        goods(0, "Varor momsfria", 3004),
        coding("4088d52d-6b3c-5700-80b5-b8e910dc93c5", "Tjänster 25 %", "Service", 25, 3041, true),
        coding(FEE_CODING, "Expeditionsavgift", "Service", 25, 3540, false),
        coding(ROUNDING_CODING, "Öresavrundning", "Service", 0, 3740, true),
    ]
}
fn coding(id: &str, name: &str, kind: &str, rate: u32, account: u32, abroad: bool) -> Value {
    let in_eu = |number: u32| abroad.then_some(if account == 3740 { account } else { number });
    json!({
        "Id": id, "Name": name, "NameEnglish": kind, "Type": kind, "VatRate": format!("{rate}%"), "VatRatePercent": rate,
        "IsActive": true,
        "DomesticSalesSubjectToVatAccountNumber": (rate > 0).then_some(account),
        "DomesticSalesVatExemptAccountNumber": if rate > 0 { 3004 } else { account },
        "DomesticSalesSubjectToReversedConstructionVatAccountNumber": (kind == "Service" && rate > 0).then_some(3231),
        "ForeignSalesSubjectToVatWithinEuAccountNumber": in_eu(3106),
        "ForeignSalesVatExemptWithinEuAccountNumber": in_eu(3108),
        "ForeignSalesSubjectToThirdPartySalesAccountNumber": in_eu(3109),
        "ForeignSalesVatExemptOutsideEuAccountNumber": in_eu(3105),
        "ChangedUtc": "2020-01-01T08:00:00Z",
    })
}

fn carrier(dice: &mut Dice, (sku, name, _, coding): Carrier) -> Value {
    json!({
        "Id": dice.guid(), "Number": sku, "Name": name, "IsActive": true, "NetPrice": 0, "GrossPrice": 0,
        "CodingId": coding, "UnitId": PIECE, "CreatedUtc": "2025-03-03T08:00:00Z",
        "ChangedUtc": "2025-03-03T08:00:00Z", "SendToWebshop": false,
    })
}
/// The price is the usual one: the API knows no campaigns.
fn article(dice: &mut Dice, article: &Article) -> Value {
    let unit = match article.unit {
        Unit::Piece => PIECE,
        Unit::Pair => PAIR,
        Unit::Pack => PACK,
    };
    let changed =
        format!("2025-{:02}-{:02}T09:{:02}:00Z", dice.between(4, 11), dice.between(1, 28), dice.between(0, 59));
    json!({
        "Id": dice.guid(), "Number": article.sku, "Name": article.name, "IsActive": article.active,
        "NetPrice": number(net_price(article.gross, article.rate)), "GrossPrice": number(article.gross),
        "CodingId": goods_coding(article.rate), "UnitId": unit, "PurchasePrice": number(article.cost),
        "StockBalance": article.stock, "Barcodes": [{ "Barcode": article.ean, "BarcodeType": 0 }],
        "CreatedUtc": "2025-03-03T08:00:00Z", "ChangedUtc": changed, "SendToWebshop": true,
    })
}
fn customer(known: &Known) -> Value {
    let buyer = &known.buyer;
    let invoice = &buyer.invoice;
    let mut record = members(json!({
        "Id": known.guid, "CustomerNumber": known.number.to_string(), "Name": invoice.name(),
        "CorporateIdentityNumber": buyer.registration, "VatNumber": buyer.vat_number, "EmailAddress": buyer.email,
        "InvoiceAddress1": invoice.street, "InvoicePostalCode": invoice.postal_code, "InvoiceCity": invoice.city,
        "InvoiceCountryCode": invoice.country, "MobilePhone": invoice.mobile,
        "ContactPersonName": if buyer.is_company() { &invoice.reference } else { "" },
        "IsPrivatePerson": !buyer.is_company(), "IsActive": known.active, "CurrencyCode": "SEK",
        "TermsOfPaymentId": TERMS_30,
        "ChangedUtc": format!("2025-05-{:02}T10:{:02}:00Z", 1 + known.number % 28, known.number % 60),
    }));
    record.retain(|_, value| value.as_str() != Some(""));
    Value::Object(record)
}
