use proptest::prelude::*;

use super::NormalForm::{self, *};
use super::{Value, phone};
use crate::{Link, StreamKey};

const ALL: [NormalForm; 9] = [Exact, Name, Email, Phone, RegistrationNumber, VatNumber, PostalCode, Country, Number];

fn of(form: NormalForm, text: &str) -> String {
    form.of(&Value::from(text)).unwrap_or_default()
}

#[test]
fn each_form_brings_what_means_the_same_together() {
    for (form, text, normal) in [
        (Name, "  Nordic \u{a0} WIDGETS ab ", "nordic widgets ab"),
        (Name, "ÅNGSTRÖM", "ångström"),
        (Email, " Kari.Nordmann@Example.NO ", "kari.nordmann@example.no"),
        (Phone, "+46 (0)8-123 45 67", "+4681234567"),
        (Phone, "+46 08-123 45 67", "+4681234567"),
        (Phone, "0046 8 123 45 67", "+4681234567"),
        (Phone, "tel:+47 22 33 44 55", "+4722334455"),
        (Phone, "(+47) 22.33.44.55", "+4722334455"),
        (Phone, "+39 06 1234 5678", "+390612345678"),
        (Phone, "08-123 45 67", "081234567"),
        (Phone, "08-123 45 67 ankn 12", "08-123 45 67 ankn 12"),
        (Phone, "-", ""),
        (RegistrationNumber, "556677-8899", "5566778899"),
        (RegistrationNumber, "16 556677-8899", "5566778899"),
        (RegistrationNumber, "Org.nr: 556677-8899", "5566778899"),
        (RegistrationNumber, "NO 999 888 777 MVA", "999888777"),
        (RegistrationNumber, "CVR 12 34 56 78", "12345678"),
        (RegistrationNumber, "FI 1234567-8", "12345678"),
        (VatNumber, "se 556677-8899 01", "SE556677889901"),
        (PostalCode, "SE-123 45", "12345"),
        (PostalCode, "s-123 45", "12345"),
        (PostalCode, "SE 123 45", "12345"),
        (PostalCode, "FIN-00100", "00100"),
        (PostalCode, "N - 0150", "0150"),
        (PostalCode, "nl-1012 ab", "1012AB"),
        (PostalCode, "00-950", "00950"),
        (Country, " sverige", "SE"),
        (Country, "NOR", "NO"),
        (Country, "Tanska", "DK"),
        (Country, "UK", "GB"),
        (Country, "Atlantis", "ATLANTIS"),
        (Number, " 0010 ", "0010"),
        (Exact, " as is ", " as is "),
    ] {
        assert_eq!(of(form, text), normal, "{form:?} of '{text}'");
    }
}

#[test]
fn what_may_be_different_stays_different() {
    for (form, left, right) in [
        (RegistrationNumber, "HRB 123", "HRA 123"),
        (RegistrationNumber, "16 556677-8898", "556677-8898"), // wrong check digit: not known to be Swedish
        (RegistrationNumber, "16 121212-1212", "121212-1212"), // a month where legal persons have 2 or more
        (RegistrationNumber, "19 800101-1231", "800101-1231"), // a person of 1880, 1980 or 2080
        (PostalCode, "SE1 2AB", "1 2AB"),
        (Phone, "08-123 45 67", "+46 8 123 45 67"), // no country is known
        (Phone, "08-123 45 67 x1", "08-123 45 67 x2"),
        (Number, "0010", "10"),
        (Name, "Nordic AB", "Nordic"),
    ] {
        assert_ne!(of(form, left), of(form, right), "{form:?}");
    }
}

#[test]
fn a_country_makes_a_national_telephone_number_international_only_where_that_is_certain() {
    for (text, country, normal) in [
        ("08-123 45 67", "SE", "+4681234567"),
        ("08-123 45 67", "se", "+4681234567"),
        ("8-123 45 67", "SE", "81234567"), // the 0 is missing: an extension, a short number, a foreign one
        ("22 33 44 55", "NO", "+4722334455"),
        ("02222", "NO", "02222"),
        ("12 34 56 78", "DK", "+4512345678"),
        ("040 123 4567", "FI", "+358401234567"),
        ("+45 12 34 56 78", "SE", "+4512345678"),
        ("06 1234 5678", "IT", "0612345678"),
        ("0", "SE", "0"),
    ] {
        assert_eq!(phone(text, Some(country)).as_deref(), Some(normal), "{text} in {country}");
    }
    assert_eq!(phone("000", None), None);
}

#[test]
fn values_that_are_no_text_have_a_form_too() {
    let amount = |text: &str| Value::Decimal(text.parse().unwrap());
    assert_eq!(Exact.of(&amount("10.10")), Exact.of(&amount("10.1")));
    assert_ne!(Exact.of(&amount("10.10")), Exact.of(&amount("10.11")));
    assert_eq!(Number.of(&Value::Int(1042)), Number.of(&Value::from(" 1042 ")));
    assert_eq!(Exact.of(&Value::Null), None);
    assert_eq!(Exact.of(&Value::Bool(true)).as_deref(), Some("true"));
    let link = |id: &str| Value::Link(Link::External(StreamKey::new("erp:a", "customer").id(id)));
    assert_eq!(Exact.of(&link("1")), Exact.of(&link("1")));
    assert_ne!(Exact.of(&link("1")), Exact.of(&link("2")));
    let list = |text: &str| Value::List(vec![amount(text)]);
    assert_eq!(Exact.of(&list("2.0")), Exact.of(&list("2")));
    assert_ne!(Exact.of(&list("2")), Exact.of(&list("3")));
}

proptest! {
    #[test]
    fn a_normal_form_is_its_own_normal_form(
        text in prop_oneof![
            "\\PC{0,20}",
            "[+0()#x -]{0,4}[0-9 ./()-]{0,14}",
            "[+]?(0|46|47|358|0046){0,2}[0-9]{0,8}",
            "[a-zA-Z]{0,3}[- ]?[a-zA-Z]{0,2}[0-9 -]{0,8}[A-Za-z]{0,3}",
            "(ORG|SE|NO|FI|16|Org.nr)?(SE|NO|16)?[0-9]{8,12}(MVA)?(MVA)?",
        ],
        country in prop::option::of(prop::sample::select(vec!["SE", "NO", "DK", "FI", "IT"])),
    ) {
        for form in ALL {
            if let Some(once) = form.of(&Value::from(text.as_str())) {
                prop_assert_eq!(form.of(&Value::from(once.clone())), Some(once), "{:?} of {:?}", form, text);
            }
        }
        if let Some(once) = phone(&text, None) {
            prop_assert_eq!(phone(&once, None), Some(once));
        }
        if let Some(once) = phone(&text, country) {
            prop_assert!(phone(&once, country).is_some());
        }
    }
}
