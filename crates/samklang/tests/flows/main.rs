//! Whole flows from a shop to an ERP: the program as a process, against emulators over real HTTP. What came of a flow is
//! read from what the systems hold, not from what the program says of itself.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod buyers;
#[cfg(test)]
mod combined;
#[cfg(test)]
mod erp_leads;
#[cfg(test)]
mod goods;
#[cfg(test)]
mod hints;
#[cfg(test)]
mod initial;
#[cfg(test)]
mod invoices;
#[cfg(test)]
mod killed;
#[cfg(test)]
mod locked;
#[cfg(test)]
mod minutes;
#[cfg(test)]
mod money;
#[cfg(test)]
mod multishop;
#[cfg(test)]
mod orders;
#[cfg(test)]
mod people;
#[cfg(test)]
mod price_lists;
#[cfg(test)]
mod relay;
#[cfg(test)]
mod sold;
#[cfg(test)]
mod stage;
#[cfg(test)]
mod status;
#[cfg(test)]
mod two;
#[cfg(test)]
mod waiting;
