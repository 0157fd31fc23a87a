//! The grant `authorization_code`: a person signs in at the vendor's once, after that the token is renewed by itself.
//!
//! 1. [`AuthorizationCode::begin`] gives the address to open, and what must be remembered until the person comes back.
//! 2. The vendor sends the person to the redirect address; its query is read by [`Redirected::parse`].
//! 3. [`AuthorizationCode::exchange_code`] checks the state and turns the code into a token.
//! 4. [`Auth::accept`](crate::Auth::accept) stores it.

use std::fmt;

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    digest,
    rand::{SecureRandom, SystemRandom},
};
use secrecy::{ExposeSecret, SecretString};
use sync_core::{
    context::Context,
    error::{Error, ErrorKind, Result},
};
use url::Url;

use crate::{
    client::Client,
    error::worded,
    grant::{Grant, OAuthClient, request_token},
    redact::one_line,
    token::Token,
};

const LOG_IN: &str = "log in";

/// Login by a person, then renewal with the refresh token, whether it changes each time or not.
#[derive(Clone, Debug)]
pub struct AuthorizationCode {
    http: Client,
    client: OAuthClient,
    authorize_url: Url,
    redirect_url: String,
    params: Vec<(String, String)>,
    pkce: bool,
}

/// A login that was begun. `Debug` shows nothing of it.
pub struct Consent {
    url: Url,
    state: SecretString,
    verifier: Option<SecretString>,
}

impl Consent {
    /// The address that the person opens.
    pub fn url(&self) -> &Url {
        &self.url
    }
    /// Whether a redirect belongs to this login: for programs with several under way.
    pub fn is_answered_by(&self, redirected: &Redirected) -> bool {
        redirected.state.as_deref() == Some(self.state.expose_secret())
    }
}

impl fmt::Debug for Consent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Consent").finish_non_exhaustive()
    }
}

/// What the vendor sent the person back with. `Debug` shows nothing of it.
pub struct Redirected {
    code: SecretString,
    state: Option<String>,
}

impl fmt::Debug for Redirected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redirected").finish_non_exhaustive()
    }
}

impl Redirected {
    /// From the address that the browser ended at, or from its query alone, as pasted by a person.
    ///
    /// Errors: `Auth` with the vendor's words when consent was refused, or when there is no code in it.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let query = text.split_once('?').map_or(text, |(_, query)| query);
        let query = query.split('#').next().unwrap_or_default();
        let value = |wanted: &str| {
            let mut pairs = url::form_urlencoded::parse(query.as_bytes());
            pairs.find(|(name, value)| name == wanted && !value.is_empty()).map(|(_, value)| value.into_owned())
        };
        if let Some(code) = value("error") {
            let said = value("error_description").unwrap_or_default();
            return Err(Error::new(ErrorKind::Auth, LOG_IN, "the vendor did not give consent; log in again")
                .with_vendor(one_line(&code, 80), one_line(&said, 500)));
        }
        let Some(code) = value("code") else {
            let message = "there is no code in this address: paste the whole address that the browser ended at";
            return Err(Error::new(ErrorKind::Auth, LOG_IN, message));
        };
        Ok(Self { code: code.into(), state: value("state") })
    }
}

impl AuthorizationCode {
    /// `http` is a client without sign-in whose base URL is the token endpoint; `redirect_url` is as registered with the
    /// vendor, to the letter. PKCE is used unless switched off.
    pub fn new(http: Client, client: OAuthClient, authorize_url: Url, redirect_url: impl Into<String>) -> Self {
        let redirect_url = redirect_url.into();
        Self { http: http.for_tokens(), client, authorize_url, redirect_url, params: Vec::new(), pkce: true }
    }
    /// Adds a parameter to the login address, such as `prompt`.
    #[must_use]
    pub fn param(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.params.push((name.into(), value.into()));
        self
    }
    /// For vendors that refuse what they do not know.
    #[must_use]
    pub fn without_pkce(self) -> Self {
        Self { pkce: false, ..self }
    }
    /// Begins a login.
    ///
    /// Errors: `Internal` when the machine gives no random numbers.
    pub fn begin(&self) -> Result<Consent> {
        let state = random_text()?;
        let verifier = if self.pkce { Some(random_text()?) } else { None };
        let mut url = self.authorize_url.clone();
        {
            let mut query = url.query_pairs_mut();
            query
                .append_pair("response_type", "code")
                .append_pair("client_id", &self.client.id)
                .append_pair("redirect_uri", &self.redirect_url)
                .append_pair("state", &state);
            if !self.client.scopes.is_empty() {
                query.append_pair("scope", &self.client.scopes.join(" "));
            }
            if let Some(verifier) = &verifier {
                query.append_pair("code_challenge", &challenge(verifier)).append_pair("code_challenge_method", "S256");
            }
            for (name, value) in &self.params {
                query.append_pair(name, value);
            }
        }
        Ok(Consent { url, state: state.into(), verifier: verifier.map(SecretString::from) })
    }
    /// Turns the code into a token. It is not stored yet: [`Auth::accept`](crate::Auth::accept) does.
    ///
    /// Errors: `Auth` when the redirect belongs to another login, or when the vendor refuses the code. A code works once:
    /// this sends one request, and after any failure the login begins anew.
    pub async fn exchange_code(&self, cx: &Context, consent: &Consent, redirected: &Redirected) -> Result<Token> {
        if !consent.is_answered_by(redirected) {
            let message = "this address belongs to another login (its state differs): nothing was sent, log in again";
            return Err(Error::new(ErrorKind::Auth, LOG_IN, message));
        }
        let mut request = self
            .client
            .request(LOG_IN, "authorization_code", cx.clock.now())?
            .secret_form("code", redirected.code.clone())
            .form("redirect_uri", &self.redirect_url);
        if let Some(verifier) = &consent.verifier {
            request = request.secret_form("code_verifier", verifier.clone());
        }
        request_token(&self.http, cx, request).await
    }
}

#[async_trait]
impl Grant for AuthorizationCode {
    /// Renews. Sent again when the answer is lost: the old refresh token either still works or it does not, and waiting
    /// makes that no better.
    async fn obtain(&self, cx: &Context, old: Option<&Token>) -> Result<Token> {
        let Some(refresh) = old.and_then(|old| old.refresh.clone()) else {
            return Err(Error::new(
                ErrorKind::Auth,
                "renew token",
                "nobody has logged in to this connection yet: log in",
            ));
        };
        let request = self.client.request("renew token", "refresh_token", cx.clock.now())?;
        let renewed =
            request_token(&self.http, cx, request.secret_form("refresh_token", refresh).safe_to_repeat()).await;
        renewed.map_err(explained)
    }
}

/// RFC 6749 tells a login that has ended from a client that is not known: two people may have to act.
fn explained(error: Error) -> Error {
    match (error.kind(), error.vendor_code()) {
        (ErrorKind::Auth, Some("invalid_grant")) => {
            worded(&error, "the login has ended, or somebody took it back: log in again")
        }
        (ErrorKind::Auth, Some("invalid_client")) => {
            worded(&error, "client_id and client_secret are refused: compare both with what the vendor registered")
        }
        _ => error,
    }
}

/// 256 random bits as 43 letters.
fn random_text() -> Result<String> {
    let mut bytes = [0_u8; 32];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| Error::new(ErrorKind::Internal, LOG_IN, "this machine gives no random numbers"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// RFC 7636, method S256.
fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_the_rfc() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(challenge(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn a_redirect_is_read_as_a_person_pastes_it() {
        for text in [
            "http://localhost:8080/callback?code=c%2F1&state=s",
            "  https://example.com/back?state=s&code=c%2F1#_=_ \n",
            "code=c%2F1&state=s",
        ] {
            let redirected = Redirected::parse(text).unwrap();
            assert_eq!((redirected.code.expose_secret(), redirected.state.as_deref()), ("c/1", Some("s")), "{text}");
        }
        let refused =
            Redirected::parse("http://localhost/?error=access_denied&error_description=No+thanks").unwrap_err();
        assert_eq!((refused.vendor_code(), refused.vendor_text()), (Some("access_denied"), Some("No thanks")));
        assert_eq!(Redirected::parse("http://localhost/").unwrap_err().kind(), ErrorKind::Auth);
    }
}
