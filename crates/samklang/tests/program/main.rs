//! The program as a user meets it: a process, its exit code and what it prints, against emulators over real HTTP.

#[cfg(test)]
mod bench;
#[cfg(test)]
mod buyers;
#[cfg(test)]
mod configuration;
#[cfg(test)]
mod crm_guide;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod desk;
#[cfg(test)]
mod emulate;
#[cfg(test)]
mod login;
#[cfg(test)]
mod mapping;
#[cfg(test)]
mod plan;
#[cfg(test)]
mod watch;
