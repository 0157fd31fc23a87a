//! Logging in, for the Interactive API: a user consents in the vendor's page and chooses the company there.

use std::sync::Arc;

use sync_core::{Context, Error, ErrorKind, Result, connector::Tenant};
use sync_http::{Auth, AuthorizationCode, Consent, Environment, Redirected};

use crate::{
    client::{Api, consent},
    company::Company,
    config::{Config, SignIn},
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
    /// [`ErrorKind::Config`] for settings that cannot be meant, without a `redirect_url`, and where the connection signs
    /// in with its own credentials.
    pub fn new(connection: &str, config: Config, environment: Environment) -> Result<Self> {
        config.check()?;
        let wrong = |what: &str| Err(Error::new(ErrorKind::Config, "log in", what));
        if config.sign_in != SignIn::Interactive {
            return wrong(
                "this connection needs no login: its own credentials open the company; or set sign_in = \"interactive\"",
            );
        }
        if config.redirect_url.as_deref().unwrap_or_default().is_empty() {
            return wrong(
                "redirect_url is missing: give the address that is registered with the vendor for this client",
            );
        }
        let scopes = config.erp_scopes().into_iter().chain(config.order_scopes.clone()).collect();
        let grant = consent(&config, &environment, scopes)?;
        Ok(Self { connection: connection.to_owned(), config, environment, grant })
    }
    /// Begins: [`Consent::url`] is the address that the person opens.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`] when the machine gives no random numbers.
    pub fn begin(&self) -> Result<Consent> {
        self.grant.begin()
    }
    /// Ends: trades the code, asks which company it is, and stores the token.
    ///
    /// # Errors
    /// [`ErrorKind::Auth`] when the vendor refuses the code, or the redirect belongs to another login;
    /// [`ErrorKind::Config`] when the user has no right to the interface in that company.
    pub async fn finish(&self, cx: &Context, consent: &Consent, redirected: &Redirected) -> Result<Tenant> {
        let token = self.grant.exchange_code(cx, consent, redirected).await?;
        let auth = Auth::bearer(&token.access);
        let api = Api::signed_in(&self.config, &self.environment, auth.clone(), auth)?;
        let company = Company::tell(cx, &api, &self.config).await?;
        Arc::clone(&self.environment.tokens).save(&self.connection, &token).await?;
        Ok(company.tenant(&self.config))
    }
}
