//! `emulate`: a vendor's system on a port of this machine, for tests in any language.

use std::io::ErrorKind;

use emulators::{
    Emulator, Options,
    eekonomi::{self, Eekonomi},
    frame::{Time, Vendor},
    starweb::{self, Starweb},
    visma_net::{self, VismaNet},
    webcrm::{self, WebCrm},
};

use super::Shell;
use crate::{args::Emulate, fail::Failure, file::suggest, watch};

/// Starts, and stays until somebody says stop.
///
/// # Errors
/// An unknown system, a port that is taken, sample data that the vendor could not hold.
pub(super) async fn emulate(what: &Emulate, shell: &mut Shell<'_>) -> Result<u8, Failure> {
    match what.system.as_str() {
        "starweb" => {
            let known = starweb::Settings::default();
            let hints = [
                ("base_url", "/api/v2".to_owned()),
                ("client_id", known.client_id.clone()),
                ("client_secret", known.client_secret.clone()),
            ];
            serve(Starweb::new(known), what, &hints, shell).await
        }
        "eekonomi" => {
            let hints = [
                ("base_url", "/v2/".to_owned()),
                ("identity_url", "/".to_owned()),
                ("client_id", eekonomi::CLIENT_ID.to_owned()),
                ("client_secret", eekonomi::CLIENT_SECRET.to_owned()),
                ("redirect_url", eekonomi::REDIRECT_URI.to_owned()),
            ];
            serve(Eekonomi::default(), what, &hints, shell).await
        }
        "visma-net" => {
            let hints = [
                ("base_url", "/".to_owned()),
                ("order_url", "/".to_owned()),
                ("identity_url", "/".to_owned()),
                ("client_id", visma_net::CLIENT_ID.to_owned()),
                ("client_secret", visma_net::CLIENT_SECRET.to_owned()),
                ("tenant_id", visma_net::TENANT.to_owned()),
            ];
            serve(VismaNet::default(), what, &hints, shell).await
        }
        "webcrm" => {
            let hints = [("base_url", "/".to_owned()), ("application_token", webcrm::AUTH_CODE.to_owned())];
            serve(WebCrm::default(), what, &hints, shell).await
        }
        other => {
            let cure = suggest(other, &["eekonomi", "starweb", "visma-net", "webcrm"]);
            Err(Failure::usage(format!("there is no emulator of '{other}'; {cure}")))
        }
    }
}

async fn serve<V: Vendor>(
    vendor: V,
    what: &Emulate,
    hints: &[(&str, String)],
    shell: &mut Shell<'_>,
) -> Result<u8, Failure> {
    let options = Options { port: what.port, time: Time::Real, ..Options::default() };
    let emulator = Emulator::start(vendor, options).await.map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => {
            Failure::usage(format!("port {} is taken; choose another, or leave --port out", what.port))
        }
        _ => Failure::stopped(format!("port {} cannot be had: {error}", what.port)),
    })?;
    if let Some(dir) = &what.seed {
        let seeded =
            emulator.seed_dir(dir).map_err(|why| Failure::usage(format!("--seed {}: {why}", dir.display())))?;
        writeln!(shell.out, "seeded {seeded}")?;
    }
    let base = emulator.base_url();
    for (key, value) in hints {
        let value = if value.starts_with('/') { format!("{base}{value}") } else { value.clone() };
        writeln!(shell.out, "{key:<17} {value}")?;
    }
    writeln!(shell.out, "{:<17} {base}/_emulator/requests, state, seed, faults, clock, switches, act", "control")?;
    writeln!(shell.out, "{} emulator at {base}; stop it with Ctrl-C", what.system)?;
    shell.out.flush()?;
    watch::stopped().await?;
    emulator.stop().await;
    Ok(0)
}
