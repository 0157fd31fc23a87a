//! Every package that may stand in a build is one that `deny.toml` allows.

#[cfg(test)]
mod check;
