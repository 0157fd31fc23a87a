//! The connector from outside.
