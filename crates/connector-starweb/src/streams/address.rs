//! Addresses, the same on customers and orders.

use serde::Deserialize;
use sync_core::{Field, model::Address};

use crate::wire::Told;

/// An address as the shop sends it; any member may be missing or null.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WireAddress {
    pub(super) company_name: Told<String>,
    pub(super) first_name: Told<String>,
    pub(super) last_name: Told<String>,
    care_of: Told<String>,
    attention: Told<String>,
    pub(super) reference: Told<String>,
    address: Told<String>,
    postal_code: Told<String>,
    city: Told<String>,
    state: Told<String>,
    country_code: Told<String>,
    pub(super) phone_no: Told<String>,
    pub(super) mobile_phone_no: Told<String>,
}

impl WireAddress {
    /// Whether nothing is in it. The country alone is nothing: a form has it filled in.
    pub(super) fn is_blank(&self) -> bool {
        let members = [
            &self.company_name,
            &self.first_name,
            &self.last_name,
            &self.care_of,
            &self.attention,
            &self.reference,
            &self.address,
            &self.postal_code,
            &self.city,
            &self.state,
            &self.phone_no,
            &self.mobile_phone_no,
        ];
        members.iter().all(|member| member.text().trim().is_empty())
    }
    /// First and last name; unknown if neither was sent.
    pub(super) fn person(&self) -> Field<String> {
        let (first, last) = (&self.first_name, &self.last_name);
        if first.0.is_unknown() && last.0.is_unknown() {
            return Field::Unknown;
        }
        format!("{} {}", first.text(), last.text()).trim().into()
    }
    /// The company, else the person.
    pub(super) fn name(&self) -> Field<String> {
        match self.company_name.0.is_set() {
            true => self.company_name.0.clone(),
            false => self.person(),
        }
    }
    /// In our words. With a company the person is whom it is for.
    pub(super) fn canonical(&self) -> Address {
        let attention = match (self.attention.0.is_set(), self.company_name.0.is_set()) {
            (false, true) if self.person().is_set() => self.person(),
            _ => self.attention.0.clone(),
        };
        let country = self.country_code.0.clone().map(|code| code.to_uppercase());
        let phone = match self.mobile_phone_no.0.is_set() {
            true => self.mobile_phone_no.0.clone(),
            false => self.phone_no.0.clone(),
        };
        Address::new()
            .name(self.name())
            .attention(attention)
            .care_of(self.care_of.0.clone())
            .street(self.address.0.clone())
            .postal_code(self.postal_code.0.clone())
            .city(self.city.0.clone())
            .region(self.state.0.clone())
            .country(country)
            .phone(phone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(json: &str) -> WireAddress {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn the_company_is_the_name_and_the_person_whom_it_is_for() {
        let company =
            r#"{"companyName":"Nordic AB","firstName":"Eva","lastName":"Ek","countryCode":"se","attention":""}"#;
        let shown = address(company).canonical();
        assert_eq!((shown.name, shown.attention), ("Nordic AB".into(), "Eva Ek".into()));
        assert_eq!(shown.country, "SE".into());
        let person =
            address(r#"{"companyName":"","firstName":"Eva","lastName":null,"phoneNo":"1","mobilePhoneNo":"2"}"#);
        let shown = person.canonical();
        assert_eq!((shown.name, shown.attention, shown.phone), ("Eva".into(), Field::Unknown, "2".into()));
    }

    #[test]
    fn an_address_of_blanks_and_a_country_is_none() {
        assert!(address(r#"{"city":" ","address":"","state":null,"countryCode":"SE"}"#).is_blank());
        assert!(!address(r#"{"city":"Lund"}"#).is_blank());
        assert!(address("{}").canonical() == Address::new());
    }
}
