//! The program as a user meets it: a process, its exit code and what it prints, against emulators over real HTTP.

mod bench;
mod buyers;
mod configuration;
mod emulate;
mod login;
mod watch;
