//! What is in the files, told to programs and to people.

use serde_json::{Value, json};

use super::{
    Pair,
    companies::Case,
    sales::{Fate, Sale},
};

/// The first of the ERP's orders that are taken over are shipped and invoiced before the systems are connected: these all at
/// once …
const INVOICED: usize = 2;
/// … and the next ones in two parts.
const IN_PARTS: usize = 1;

/// What each fate of a delivery is called, and what it means.
const FATES: [(Fate, &str, &str); 4] = [
    (Fate::Before, "before_start", "from before the start date; never moved"),
    (Fate::Arrives, "must_arrive", "must arrive"),
    (Fate::NoCustomer, "waits_for_type", "of an organisation that is no customer; waits, and the CRM says why"),
    (Fate::OtherPrice, "held_line_price", "must be held: the price of a line is that of the whole line"),
];
/// What each case of a company is called, and what it means.
const CASES: [(Case, &str, &str); 11] = [
    (Case::ByNumber, "same_number", "in both; the CRM has the ERP's number"),
    (Case::ByVat, "same_vat_number", "in both, with the same VAT number"),
    (Case::Respelt, "written_otherwise", "the same; the phone is written in another way"),
    (Case::ByName, "same_name_and_postal_code", "in both, with the same name and postal code"),
    (Case::Namesake, "same_name_other_town", "the same, two of one name in different towns"),
    (Case::Customer, "crm_customer", "in the CRM, customers"),
    (Case::Prospect, "crm_prospect", "in the CRM, not customers yet: not in the ERP"),
    (Case::Supplier, "crm_supplier", "in the CRM, suppliers: not in the ERP"),
    (Case::Erp, "erp_customer", "in the ERP; abroad, sold to without VAT"),
    (Case::LongName, "long_name", "in the ERP, with a name that is too long for the CRM: it is cut there"),
    (Case::Ambiguous, "held_ambiguous", "must be held: one in the CRM, two in the ERP with its VAT number"),
];

impl Pair {
    fn of_fate(&self, fate: Fate) -> Vec<u64> {
        self.deliveries.iter().filter(|sale| sale.fate == fate).map(|sale| sale.number).collect()
    }
    /// The CRM's ids, of those that are in the ERP alone the ERP's numbers.
    fn of_case(&self, case: Case) -> Vec<u64> {
        let ours = self.companies.iter().filter(|company| company.case == case);
        ours.map(|company| if case.in_crm() { company.id } else { company.number }).collect()
    }
    fn order_numbers<'a>(&self, of: impl Iterator<Item = &'a Sale>) -> Vec<String> {
        of.map(|sale| format!("{:06}", sale.number)).collect()
    }

    /// For programs.
    pub(crate) fn about(&self) -> Value {
        let fates = FATES.iter().map(|(fate, key, _)| ((*key).to_owned(), json!(self.of_fate(*fate))));
        let cases = CASES.iter().map(|(case, key, _)| ((*key).to_owned(), json!(self.of_case(*case))));
        let people = |wanted: fn(&super::Person) -> bool| self.people.iter().filter(|one| wanted(one)).count();
        let of = |fate: Fate| self.orders.iter().filter(move |sale| sale.fate == fate);
        let orders = || of(Fate::Arrives);
        json!({
            "companies": cases.collect::<serde_json::Map<_, _>>(),
            "persons": {
                "both": people(|one| one.id > 0 && one.contact > 0),
                "crm_with_check_mark": people(|one| one.contact == 0 && one.checked),
                "crm_without": people(|one| one.contact == 0 && !one.checked),
                "erp": people(|one| one.id == 0),
            },
            "items": {
                "all": self.items.len(),
                "inactive": self.items.iter().filter(|item| !item.active).count(),
                "in_crm": self.items.iter().filter(|item| item.in_crm.is_some()).count(),
            },
            "deliveries": fates.collect::<serde_json::Map<_, _>>(),
            "orders": {
                "before_start": self.order_numbers(of(Fate::Before)),
                "must_arrive": self.order_numbers(orders()),
                "invoiced": self.order_numbers(orders().take(INVOICED)),
                "invoiced_in_parts": self.order_numbers(orders().skip(INVOICED).take(IN_PARTS)),
            },
        })
    }
    /// For people.
    pub(crate) fn readme(&self) -> String {
        let line = |meaning: &str, found: &[u64]| {
            let named: Vec<String> = found.iter().map(u64::to_string).collect();
            format!("| {meaning} | {} | {} |\n", found.len(), named.join(" "))
        };
        let cases: String = CASES.iter().map(|(case, _, meaning)| line(meaning, &self.of_case(*case))).collect();
        let fates: String = FATES.iter().map(|(fate, _, meaning)| line(meaning, &self.of_fate(*fate))).collect();
        format!(
            "\
## A CRM and its ERP

Beside them, webCRM and Visma.net before they are connected (`webcrm`, `visma-net`; `samklang demo webcrm-visma-net` plays
between them): {companies} companies in Norway and Denmark, {people} persons, {items} items of which the CRM's catalogue
has half, {deliveries} deliveries, {orders} orders that the ERP alone has, of which {old} are from before the start date.
Before it connects them the demo ships and invoices three of the others in the ERP, one of them in two parts, and writes
two invoices there without an order. In `about.json` all of this is under `pair`.

| companies | number | which (the CRM's id, else the ERP's number) |
|---|---|---|
{cases}
| deliveries (start date: 2026-01-01) | number | which |
|---|---|---|
{fates}",
            companies = self.companies.len(),
            people = self.people.len(),
            items = self.items.len(),
            deliveries = self.deliveries.len(),
            orders = self.orders.len(),
            old = self.orders.iter().filter(|sale| sale.fate == Fate::Before).count(),
        )
    }
}
