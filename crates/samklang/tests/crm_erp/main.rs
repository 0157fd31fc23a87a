//! Whole flows between a CRM and an ERP: the preset as it comes, with addresses and credentials, against both emulators
//! over real HTTP, by a clock that leaps over every wait. What came of a flow is read from what the systems hold.

#[cfg(test)]
mod calls;
#[cfg(test)]
mod cent;
#[cfg(test)]
mod codes;
#[cfg(test)]
mod companies;
#[cfg(test)]
mod conflicts;
#[cfg(test)]
mod deliveries;
#[cfg(test)]
mod direct;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod heads;
#[cfg(test)]
mod invoices;
#[cfg(test)]
mod items;
#[cfg(test)]
mod lines;
#[cfg(test)]
mod lost;
#[cfg(test)]
mod people;
#[cfg(test)]
mod rows;
#[cfg(test)]
mod sold;
#[cfg(test)]
mod stage;
#[cfg(test)]
mod start;
#[cfg(test)]
mod states;
#[cfg(test)]
mod ways;
