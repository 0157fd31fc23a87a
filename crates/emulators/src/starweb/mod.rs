//! The Starweb shop.
