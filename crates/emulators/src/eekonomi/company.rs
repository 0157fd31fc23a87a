//! One company: its settings and its records.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde_json::Value;

use crate::frame::{Births, Cx};

use super::articles;
use super::call::Call;
use super::collection::{Collection, Resource};
use super::problem::Refusal;
use super::record::{Record, date, flag, int, put, text};
use super::switches;

/// What stands between a token and the company.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::struct_excessive_bools, reason = "each is a door of its own")]
pub(crate) struct Gate {
    /// The add-on for the API is switched on.
    pub(crate) api_addon: bool,
    /// The start-up guide has been gone through.
    pub(crate) startup_guide: bool,
    /// The user has accepted the licence.
    pub(crate) licence: bool,
    /// The user has access to the company.
    pub(crate) user_access: bool,
    /// The user may only read.
    pub(crate) read_only_user: bool,
    /// The company is of the sandbox kind.
    pub(crate) sandbox: bool,
}

/// One company.
#[derive(Debug)]
pub(crate) struct Company {
    /// The identity server's customer id.
    pub(crate) id: String,
    /// `CompanySettingsApi`.
    pub(crate) settings: Record,
    /// What stands before it.
    pub(crate) gate: Gate,
    /// Whether the stock module is on. Its name in `ActivatedModules` is not known.
    pub(crate) stock_module: bool,
    /// Where its days begin.
    pub(crate) zone: Tz,
    /// Payments, which the API takes and does not show.
    pub(crate) payments: Vec<Value>,
    /// How many vouchers each series has in each fiscal year.
    vouchers: BTreeMap<(String, String), u64>,
    collections: BTreeMap<Resource, Collection>,
    /// How much of each article is promised; worked out when it is asked for, until the orders change.
    reserved: OnceCell<HashMap<String, Decimal>>,
    /// Which records lists leave out for now.
    births: Births,
}

impl Company {
    /// A company with nothing but settings.
    pub(crate) fn new(id: String, settings: Record) -> Self {
        Self {
            id,
            settings,
            gate: Gate {
                api_addon: true,
                startup_guide: true,
                licence: true,
                user_access: true,
                read_only_user: false,
                sandbox: false,
            },
            stock_module: false,
            zone: Tz::Europe__Stockholm,
            payments: Vec::new(),
            vouchers: BTreeMap::new(),
            collections: Resource::ALL.into_iter().map(|one| (one, Collection::new(one))).collect(),
            reserved: OnceCell::new(),
            births: Births::default(),
        }
    }

    /// The records of a resource.
    pub(crate) fn of(&self, resource: Resource) -> Option<&Collection> {
        self.collections.get(&resource)
    }

    /// The records of a resource, to change them.
    pub(crate) fn of_mut(&mut self, resource: Resource) -> &mut Collection {
        if resource == Resource::Orders {
            self.reserved.take();
        }
        self.collections.entry(resource).or_insert_with(|| Collection::new(resource))
    }

    /// All records of a resource.
    pub(crate) fn all(&self, resource: Resource) -> impl Iterator<Item = &Record> {
        self.of(resource).into_iter().flat_map(Collection::iter)
    }

    /// How much of each article is promised to orders that are not invoiced yet.
    pub(crate) fn reserved(&self) -> &HashMap<String, Decimal> {
        self.reserved.get_or_init(|| articles::reserved(self))
    }

    /// Notes what came into being just now, so that lists can leave it out for a while.
    pub(crate) fn note_births(&mut self, cx: &Cx<'_>) {
        for (resource, collection) in &mut self.collections {
            for place in collection.take_fresh() {
                self.births.note(cx, resource.name(), place);
            }
        }
    }

    /// What came just now was there before, as far as lists are concerned.
    pub(crate) fn skip_births(&mut self) {
        self.collections.values_mut().for_each(|collection| drop(collection.take_fresh()));
    }

    /// The records that lists show, and how many.
    pub(crate) fn listed<'a>(
        &'a self,
        cx: &Cx<'_>,
        resource: Resource,
    ) -> (usize, Box<dyn Iterator<Item = &'a Record> + 'a>) {
        let Some(collection) = self.of(resource) else { return (0, Box::new(std::iter::empty())) };
        if !self.births.any(cx) {
            return (collection.len(), Box::new(collection.iter()));
        }
        let shown = collection.places().filter(|(place, _)| !self.births.hides(cx, resource.name(), *place));
        let shown: Vec<&Record> = shown.map(|(_, record)| record).collect();
        (shown.len(), Box::new(shown.into_iter()))
    }

    /// The collection, if lists show all of it.
    pub(crate) fn whole(&self, cx: &Cx<'_>, resource: Resource) -> Option<&Collection> {
        self.of(resource).filter(|_| !self.births.any(cx))
    }

    /// The record that lists find by its human number.
    pub(crate) fn listed_by_key(&self, cx: &Cx<'_>, resource: Resource, key: &str) -> Option<&Record> {
        let collection = self.of(resource)?;
        let place = collection.place_of_key(key)?;
        collection.at(place).filter(|_| !self.births.hides(cx, resource.name(), place))
    }

    /// A record by its id.
    pub(crate) fn get(&self, resource: Resource, id: &str) -> Option<&Record> {
        self.of(resource)?.get(id)
    }

    /// A record by the id in a path.
    ///
    /// # Errors
    /// 3000 when there is none.
    pub(crate) fn find(&self, resource: Resource, id: &str) -> Result<&Record, Refusal> {
        self.get(resource, &id.to_lowercase())
            .or_else(|| self.get(resource, id))
            .ok_or_else(|| Refusal::missing(format!("there is no {id} in {}", resource.name())))
    }

    /// A record that a field of a body refers to; none when the field is null.
    ///
    /// # Errors
    /// 3000 when there is none.
    pub(crate) fn referred(
        &self,
        call: &Call<'_>,
        resource: Resource,
        record: &Record,
        field: &str,
    ) -> Result<Option<&Record>, Refusal> {
        match text(record, field) {
            None => Ok(None),
            Some(id) => self.get(resource, id).map(Some).ok_or_else(|| call.no_such(field, id)),
        }
    }

    /// Today where the company is.
    pub(crate) fn today(&self, now: DateTime<Utc>) -> NaiveDate {
        now.with_timezone(&self.zone).date_naive()
    }

    /// Its currency.
    pub(crate) fn currency(&self) -> &str {
        text(&self.settings, "CurrencyCode").unwrap_or("SEK")
    }

    /// Its country.
    pub(crate) fn country(&self) -> &str {
        text(&self.settings, "CountryCode").unwrap_or("SE")
    }

    /// Whether a currency is one of its own.
    pub(crate) fn has_currency(&self, code: &str) -> bool {
        self.get(Resource::Currencies, code).is_some()
    }

    /// What one unit of a currency is worth in its own.
    pub(crate) fn rate(&self, currency: &str) -> Decimal {
        self.get(Resource::Currencies, currency)
            .map(|found| super::record::decimal(found, "rate"))
            .filter(|rate| !rate.is_zero())
            .unwrap_or(Decimal::ONE)
    }

    /// Whether a module is in `ActivatedModules`.
    pub(crate) fn has_module(&self, name: &str) -> bool {
        let modules = self.settings.get("ActivatedModules").and_then(Value::as_array);
        modules.is_some_and(|modules| modules.iter().any(|module| module == name))
    }

    /// Takes the next number of a series; none when the series never started (its next number is 0).
    pub(crate) fn next_number(&mut self, series: &str) -> Option<i64> {
        let next = int(&self.settings, series);
        if next < 1 {
            return None;
        }
        put(&mut self.settings, series, next.saturating_add(1));
        Some(next)
    }

    /// Takes the next voucher number of a series, which begins anew in each fiscal year.
    pub(crate) fn next_voucher(&mut self, series: &str, year: &str) -> u64 {
        let count = self.vouchers.entry((series.to_owned(), year.to_owned())).or_default();
        *count = count.saturating_add(1);
        *count
    }

    /// The fiscal year of a date.
    ///
    /// # Errors
    /// 3001 outside all of them.
    pub(crate) fn fiscal_year(&self, day: NaiveDate) -> Result<&Record, Refusal> {
        let holds = |year: &&Record| {
            date(year, "StartDate").is_some_and(|start| start <= day)
                && date(year, "EndDate").is_some_and(|end| day <= end)
        };
        self.all(Resource::FiscalYears)
            .find(holds)
            .ok_or_else(|| Refusal::no_fiscal_year(format!("{day} is in no fiscal year")))
    }

    /// Whether something can be booked on that day.
    ///
    /// # Errors
    /// 3001 outside all fiscal years, 4013 in a locked year or period.
    pub(crate) fn may_book(&self, day: NaiveDate) -> Result<(), Refusal> {
        let locked_year = flag(self.fiscal_year(day)?, "IsLockedForAccounting");
        let locked_to = date(&self.settings, "AccountingLockedTo");
        if locked_year || locked_to.is_some_and(|locked| day <= locked) {
            return Err(Refusal::cannot_book(format!("{day} is in a locked period")));
        }
        Ok(())
    }

    /// When something invoiced on that day is to be paid: terms of type 1 count from the month's end.
    pub(crate) fn due(&self, from: NaiveDate, terms: &str) -> NaiveDate {
        let Some(terms) = self.get(Resource::Terms, terms) else { return from };
        let start = if int(terms, "TermsOfPaymentTypeId") == 1 { month_end(from) } else { from };
        let days = u64::try_from(int(terms, "NumberOfDays")).unwrap_or(0);
        start.checked_add_days(chrono::Days::new(days)).unwrap_or(start)
    }

    /// Whether prices to a buyer include VAT.
    pub(crate) fn includes_vat(&self, call: &Call<'_>, private: bool) -> bool {
        let checked = flag(&self.settings, "ShowPricesExclVatPC");
        private && checked == call.is(&switches::PRICES_EXCL_VAT, "checked_includes")
    }
}

fn month_end(day: NaiveDate) -> NaiveDate {
    let next = match day.month() {
        12 => NaiveDate::from_ymd_opt(day.year().saturating_add(1), 1, 1),
        month => NaiveDate::from_ymd_opt(day.year(), month.saturating_add(1), 1),
    };
    next.and_then(|first| first.pred_opt()).unwrap_or(day)
}
