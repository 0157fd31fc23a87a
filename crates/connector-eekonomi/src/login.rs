//! Logging in: a person consents in the vendor's page and chooses the company there.

use std::sync::Arc;

use sync_core::{Context, Error, ErrorKind, Result, connector::Tenant};
use sync_http::{Auth, AuthorizationCode, Consent, Environment, Redirected};

use crate::{
    client::{Api, grant},
    company::Company,
    config::Config,
};

/// A login of one connection, in two steps: [`begin`](Login::begin) gives the address to open, [`finish`](Login::finish)
/// takes what the browser came back with.
#[derive(Debug)]
pub struct Login {
    connection: String,
    config: Config,
    environment: Environment,
    grant: AuthorizationCode,
}

impl Login {
    /// Of the connection with this name.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] for settings that cannot be meant, and without a `redirect_url`.
    pub fn new(connection: &str, config: Config, environment: Environment) -> Result<Self> {
        let config = config.checked()?;
        if config.redirect_url.as_deref().unwrap_or_default().is_empty() {
            let what = "redirect_url is missing: give the address that is registered with the vendor for this client";
            return Err(Error::new(ErrorKind::Config, "log in", what));
        }
        let grant = grant(&config, &environment)?;
        Ok(Self { connection: connection.to_owned(), config, environment, grant })
    }
    /// Begins: [`Consent::url`] is the address that the person opens.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`] when the machine gives no random numbers.
    pub fn begin(&self) -> Result<Consent> {
        self.grant.begin()
    }
    /// Ends: trades the code, asks which company it is, and stores the token if it is the configured one. A code lives
    /// five minutes and works once.
    ///
    /// # Errors
    /// [`ErrorKind::Auth`] when the vendor refuses the code, the redirect belongs to another login, or the person chose
    /// another company; nothing is stored then. [`ErrorKind::Permission`] when the company has not switched on the
    /// add-on for integrations.
    pub async fn finish(&self, cx: &Context, consent: &Consent, redirected: &Redirected) -> Result<Tenant> {
        let token = self.grant.exchange_code(cx, consent, redirected).await?;
        let api = Api::signed_in(&self.config, &self.environment, Auth::bearer(&token.access))?;
        let company = Company::settings(cx, &api).await?;
        company.check(&self.config)?;
        Arc::clone(&self.environment.tokens).save(&self.connection, &token).await?;
        Ok(company.tenant())
    }
}
