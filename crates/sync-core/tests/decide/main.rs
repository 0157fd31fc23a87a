//! What is agreed: the settled points one by one, and a merge model with many histories.

#[cfg(test)]
mod groups;
#[cfg(test)]
mod masters;
#[cfg(test)]
mod model;
#[cfg(test)]
mod points;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod side;
#[cfg(test)]
mod sums;
#[cfg(test)]
mod wrong;
