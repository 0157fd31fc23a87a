//! What is agreed: the settled points one by one, and a merge model with many histories.

mod groups;
mod masters;
mod model;
mod points;
mod properties;
mod side;
mod sums;
mod wrong;
