//! The eEkonomi accounting system.
