//! Whole flows between a CRM and an ERP: the preset as it comes, with addresses and credentials, against both emulators
//! over real HTTP, by a clock that leaps over every wait. What came of a flow is read from what the systems hold.

#[cfg(test)]
mod companies;
#[cfg(test)]
mod stage;
