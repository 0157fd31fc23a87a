//! Signing in: what goes with each call, and one renewal at a time however many calls need it.

use std::{
    fmt,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use secrecy::{ExposeSecret, SecretString};
use sync_core::{
    context::Context,
    error::{Error, ErrorKind, Result, Retry},
};
use tokio::sync::Mutex;
use tracing::Instrument;

use crate::{
    error::copy,
    grant::Grant,
    time::until,
    token::{Token, TokenStore},
};

const SIGN_IN: &str = "sign in";

/// How calls are signed in. Cloning it shares the token: two clients with the same credentials must share one.
#[derive(Clone, Debug, Default)]
pub struct Auth(Kind);

#[derive(Clone, Default)]
enum Kind {
    #[default]
    None,
    Fixed {
        header: String,
        value: SecretString,
    },
    Renewing(Arc<Renewing>),
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Fixed { header, .. } => write!(f, "fixed in {header}"),
            Self::Renewing(renewing) => renewing.renewal.fmt(f),
        }
    }
}

/// A token that is renewed when it ends or is refused.
#[derive(Debug)]
pub struct Renewal {
    grant: Arc<dyn Grant>,
    store: Arc<dyn TokenStore>,
    key: String,
    margin: Duration,
    header: String,
    scheme: String,
}

impl Renewal {
    /// A token that `grant` obtains and `store` keeps under `key`, the connection's name. It goes out as
    /// `Authorization: Bearer`, and is renewed a minute before it ends.
    pub fn new(grant: Arc<dyn Grant>, store: Arc<dyn TokenStore>, key: impl Into<String>) -> Self {
        Self {
            grant,
            store,
            key: key.into(),
            margin: Duration::from_secs(60),
            header: "authorization".to_owned(),
            scheme: "Bearer".to_owned(),
        }
    }
    /// How long before its end a token is not used any more. Never more than a quarter of its life.
    #[must_use]
    pub fn with_margin(self, margin: Duration) -> Self {
        Self { margin, ..self }
    }
    /// Another header and scheme: `Authorization` with `SOTicket`. An empty scheme sends the bare token.
    #[must_use]
    pub fn with_header(self, header: impl Into<String>, scheme: impl Into<String>) -> Self {
        Self { header: header.into(), scheme: scheme.into(), ..self }
    }
}

impl Auth {
    /// No sign-in.
    pub fn none() -> Self {
        Self::default()
    }
    /// The same header with each call, such as an API key. It cannot be renewed: a refusal is final.
    pub fn header(header: impl Into<String>, value: SecretString) -> Self {
        Self(Kind::Fixed { header: header.into(), value })
    }
    /// `Authorization: Bearer` with a token that does not change.
    pub fn bearer(token: &SecretString) -> Self {
        Self::header("authorization", format!("Bearer {}", token.expose_secret()).into())
    }
    /// A token that is renewed.
    pub fn renewing(renewal: Renewal) -> Self {
        Self(Kind::Renewing(Arc::new(Renewing {
            renewal,
            cached: RwLock::default(),
            finished: AtomicU64::new(0),
            gate: Arc::default(),
        })))
    }
    /// Takes over the token of a login: stores it, then uses it.
    ///
    /// Errors: those of the store; `Config` where this sign-in has no login.
    pub async fn accept(&self, token: Token) -> Result<()> {
        let Kind::Renewing(renewing) = &self.0 else {
            let message = "this connection has no login: its credentials are all it needs";
            return Err(Error::new(ErrorKind::Config, SIGN_IN, message));
        };
        let _one = renewing.gate.lock().await;
        renewing.renewal.store.save(&renewing.renewal.key, &token).await?;
        renewing.keep(token);
        Ok(())
    }

    /// What goes with a call now.
    pub(crate) async fn pass(&self, cx: &Context) -> Result<Pass> {
        match &self.0 {
            Kind::None => Ok(Pass { header: None, token: None }),
            Kind::Fixed { header, value } => Ok(Pass { header: Some((header.clone(), value.clone())), token: None }),
            Kind::Renewing(renewing) => {
                let token = match renewing.usable(cx, None) {
                    Some(token) => token,
                    None => renewing.renew(cx, None).await?,
                };
                Ok(renewing.pass(token))
            }
        }
    }
    /// A pass in place of one that was refused. The refused one itself where it cannot be renewed.
    pub(crate) async fn renewed(&self, cx: &Context, refused: Pass) -> Result<Pass> {
        match (&self.0, &refused.token) {
            (Kind::Renewing(renewing), Some(token)) => {
                let token = renewing.renew(cx, Some(token.clone())).await?;
                Ok(renewing.pass(token))
            }
            _ => Ok(refused),
        }
    }
}

/// What signs one call in.
pub(crate) struct Pass {
    pub(crate) header: Option<(String, SecretString)>,
    token: Option<Arc<Token>>,
}

impl Pass {
    pub(crate) fn is_renewable(&self) -> bool {
        self.token.is_some()
    }
    /// What must not come back in an error's text.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = SecretString> {
        let token = self.token.as_ref().map(|token| token.access.clone());
        token.into_iter().chain(self.header.as_ref().map(|(_, value)| value.clone()))
    }
}

struct Renewing {
    renewal: Renewal,
    cached: RwLock<Option<Arc<Token>>>,
    /// Renewals that came to an end, for those who waited for one.
    finished: AtomicU64,
    gate: Arc<Mutex<Gate>>,
}

#[derive(Default)]
struct Gate {
    /// How the last renewal failed.
    failure: Option<Error>,
    /// Obtained, but the store failed: it must be stored before it is used, and must not be lost either.
    unsaved: Option<Token>,
}

impl Renewing {
    fn pass(&self, token: Arc<Token>) -> Pass {
        let text = token.access.expose_secret();
        let scheme = &self.renewal.scheme;
        let value = if scheme.is_empty() { text.to_owned() } else { format!("{scheme} {text}") };
        Pass { header: Some((self.renewal.header.clone(), value.into())), token: Some(token) }
    }
    fn keep(&self, token: Token) -> Arc<Token> {
        let token = Arc::new(token);
        *self.cached.write().unwrap_or_else(PoisonError::into_inner) = Some(token.clone());
        token
    }
    /// The token at hand, unless it is the very one that was refused. A vendor may give the same text once more: that is
    /// a new answer all the same, or each of many callers would ask again.
    fn usable(&self, cx: &Context, refused: Option<&Arc<Token>>) -> Option<Arc<Token>> {
        let cached = self.cached.read().unwrap_or_else(PoisonError::into_inner).clone()?;
        let another = refused.is_none_or(|refused| !Arc::ptr_eq(refused, &cached));
        (another && self.is_usable(cx, &cached, None)).then_some(cached)
    }
    fn is_usable(&self, cx: &Context, token: &Token, refused: Option<&Token>) -> bool {
        token.is_fresh(cx.clock.now(), self.renewal.margin) && refused.is_none_or(|refused| !token.same_access(refused))
    }

    /// Renews, or waits for the renewal under way. It runs in a task of its own: a caller who goes away in the middle must
    /// not lose a refresh token that the vendor has already changed.
    async fn renew(self: &Arc<Self>, cx: &Context, refused: Option<Arc<Token>>) -> Result<Arc<Token>> {
        let seen = self.finished.load(Ordering::Acquire);
        let (this, own) = (self.clone(), cx.clone());
        let work = async move { this.renew_alone(&own, refused, seen).await };
        let task = tokio::spawn(work.in_current_span());
        let ended = match cx.deadline {
            None => task.await,
            Some(end) => match tokio::time::timeout(until(cx.clock.now(), end), task).await {
                Ok(ended) => ended,
                Err(_) => {
                    let message =
                        "signing in took longer than this call may; nothing was sent, a later run tries again";
                    return Err(
                        Error::new(ErrorKind::Unavailable, SIGN_IN, message).with_retry(Retry::Later { after: None })
                    );
                }
            },
        };
        ended.unwrap_or_else(|_| Err(Error::new(ErrorKind::Internal, SIGN_IN, "signing in broke off; run it again")))
    }

    async fn renew_alone(&self, cx: &Context, refused: Option<Arc<Token>>, seen: u64) -> Result<Arc<Token>> {
        let mut gate = self.gate.lock().await;
        if let Some(token) = self.usable(cx, refused.as_ref()) {
            return Ok(token);
        }
        // one attempt speaks for all who waited for it: ten calls with a dead token are one refusal, not ten
        let ended_meanwhile = self.finished.load(Ordering::Acquire) != seen;
        if let (true, Some(failure)) = (ended_meanwhile, &gate.failure) {
            return Err(copy(failure));
        }
        let result = self.obtain(cx, &mut gate, refused.as_deref()).await;
        gate.failure = result.as_ref().err().map(copy);
        self.finished.fetch_add(1, Ordering::AcqRel);
        result
    }

    async fn obtain(&self, cx: &Context, gate: &mut Gate, refused: Option<&Token>) -> Result<Arc<Token>> {
        let Renewal { grant, store, key, .. } = &self.renewal;
        if let Some(token) = gate.unsaved.take() {
            self.save(gate, token).await?;
        }
        let stored = store.load(key).await?;
        if let Some(token) = stored.as_ref().filter(|token| self.is_usable(cx, token, refused)) {
            return Ok(self.keep(token.clone()));
        }
        let fresh = match grant.obtain(cx, stored.as_ref()).await {
            Err(refusal) if refusal.kind() == ErrorKind::Auth => {
                // another process may have renewed in between, which killed the refresh token used here
                let again = store.load(key).await?;
                match (&stored, again) {
                    (_, None) => return Err(refusal),
                    (Some(old), Some(new)) if new.same_access(old) && new.same_refresh(old) => return Err(refusal),
                    (_, Some(new)) if self.is_usable(cx, &new, refused) => return Ok(self.keep(new)),
                    (_, Some(new)) => keep_refresh(grant.obtain(cx, Some(&new)).await?, Some(&new)),
                }
            }
            other => keep_refresh(other?, stored.as_ref()),
        };
        self.save(gate, fresh).await
    }

    /// Stored first, then used: if the program ends in between, the next one still can renew.
    async fn save(&self, gate: &mut Gate, token: Token) -> Result<Arc<Token>> {
        if let Err(error) = self.renewal.store.save(&self.renewal.key, &token).await {
            gate.unsaved = Some(token);
            return Err(error);
        }
        Ok(self.keep(token))
    }
}

/// A vendor that answers no new refresh token means the old one to be used again.
fn keep_refresh(mut fresh: Token, old: Option<&Token>) -> Token {
    if fresh.refresh.is_none() {
        fresh.refresh = old.and_then(|old| old.refresh.clone());
    }
    fresh
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex as StdMutex;

    use futures_util::FutureExt;

    use async_trait::async_trait;

    use super::*;
    use crate::{time::VirtualTime, token::MemoryTokens};

    /// A vendor whose refresh tokens are used up by each renewal: `r1` gives `r2`.
    #[derive(Debug, Default)]
    struct Rotating {
        valid: StdMutex<u32>,
        asked: StdMutex<Vec<Option<String>>>,
    }

    #[async_trait]
    impl Grant for Rotating {
        async fn obtain(&self, cx: &Context, old: Option<&Token>) -> Result<Token> {
            let refresh = old.and_then(|old| old.refresh.as_ref()).map(|refresh| refresh.expose_secret().to_owned());
            self.asked.lock().unwrap().push(refresh.clone());
            tokio::task::yield_now().await;
            let mut valid = self.valid.lock().unwrap();
            if refresh != Some(format!("r{valid}")) {
                return Err(Error::new(ErrorKind::Auth, SIGN_IN, "refused").with_vendor("invalid_grant", ""));
            }
            *valid += 1;
            let token = Token::new(format!("a{valid}").into(), cx.clock.now(), Some(Duration::from_secs(3600)));
            Ok(token.with_refresh(Some(format!("r{valid}").into())))
        }
    }

    /// A store that can be made to fail, and whose first reading can be an old one.
    #[derive(Debug, Default)]
    struct Store {
        inner: MemoryTokens,
        failing: StdMutex<bool>,
        old_reading: StdMutex<Option<Token>>,
    }

    #[async_trait]
    impl TokenStore for Store {
        async fn load(&self, key: &str) -> Result<Option<Token>> {
            let old = self.old_reading.lock().unwrap().take();
            if old.is_some() { Ok(old) } else { self.inner.load(key).await }
        }
        async fn save(&self, key: &str, token: &Token) -> Result<()> {
            if *self.failing.lock().unwrap() {
                return Err(Error::new(ErrorKind::Store, "save token", "the disk is full"));
            }
            self.inner.save(key, token).await
        }
    }

    struct Setting {
        grant: Arc<Rotating>,
        store: Arc<Store>,
        time: Arc<VirtualTime>,
        cx: Context,
        auth: Auth,
    }

    fn expired(refresh: &str) -> Token {
        Token::new("a0".into(), chrono::DateTime::UNIX_EPOCH, Some(Duration::ZERO)).with_refresh(Some(refresh.into()))
    }

    async fn setting(stored: Token) -> Setting {
        let time = Arc::new(VirtualTime::leaping(chrono::DateTime::UNIX_EPOCH));
        let (grant, store) = (Arc::new(Rotating::default()), Arc::new(Store::default()));
        *grant.valid.lock().unwrap() = 1;
        store.save("shop", &stored).await.unwrap();
        let auth = Auth::renewing(Renewal::new(grant.clone(), store.clone(), "shop"));
        Setting { grant, store, cx: Context::new(time.clone(), "test"), time, auth }
    }

    fn shown(pass: &Pass) -> &str {
        pass.header.as_ref().unwrap().1.expose_secret()
    }

    #[tokio::test]
    async fn it_renews_before_the_end_and_not_sooner() {
        let s = setting(expired("r1")).await;
        assert_eq!(shown(&s.auth.pass(&s.cx).await.unwrap()), "Bearer a2");
        s.time.advance(Duration::from_secs(3539));
        assert_eq!(shown(&s.auth.pass(&s.cx).await.unwrap()), "Bearer a2");
        s.time.advance(Duration::from_secs(1));
        assert_eq!(shown(&s.auth.pass(&s.cx).await.unwrap()), "Bearer a3");
        assert_eq!(s.grant.asked.lock().unwrap().len(), 2);
    }

    #[tokio::test]
    async fn what_another_process_renewed_is_used() {
        let s = setting(expired("r1")).await;
        // it renewed while we were asking: our reading of the store was the old one
        s.store.save("shop", &Token::new("theirs".into(), chrono::DateTime::UNIX_EPOCH, None)).await.unwrap();
        *s.store.old_reading.lock().unwrap() = Some(expired("r0"));
        assert_eq!(shown(&s.auth.pass(&s.cx).await.unwrap()), "Bearer theirs");
        // and its renewal may have ended meanwhile too: then its refresh token is good
        let s = setting(expired("r1")).await;
        *s.store.old_reading.lock().unwrap() = Some(expired("r0"));
        assert_eq!(shown(&s.auth.pass(&s.cx).await.unwrap()), "Bearer a2");
        assert_eq!(*s.grant.asked.lock().unwrap(), [Some("r0".to_owned()), Some("r1".to_owned())]);
    }

    #[tokio::test]
    async fn a_dead_consent_is_asked_once_for_all_who_wait() {
        let s = setting(expired("r0")).await;
        let passes = futures_util::future::join_all((0..10).map(|_| s.auth.pass(&s.cx))).await;
        assert!(passes.iter().all(|pass| pass.as_ref().is_err_and(|error| error.kind() == ErrorKind::Auth)));
        assert_eq!(s.grant.asked.lock().unwrap().len(), 1);
        // who comes later tries anew: the operator may have logged in
        s.auth.accept(Token::new("new".into(), chrono::DateTime::UNIX_EPOCH, None)).await.unwrap();
        assert_eq!(shown(&s.auth.pass(&s.cx).await.unwrap()), "Bearer new");
    }

    #[tokio::test]
    async fn a_token_that_cannot_be_stored_is_neither_used_nor_lost() {
        let s = setting(expired("r1")).await;
        *s.store.failing.lock().unwrap() = true;
        for _ in 0..2 {
            assert_eq!(s.auth.pass(&s.cx).await.err().unwrap().kind(), ErrorKind::Store);
        }
        *s.store.failing.lock().unwrap() = false;
        assert_eq!(shown(&s.auth.pass(&s.cx).await.unwrap()), "Bearer a2");
        assert_eq!(s.grant.asked.lock().unwrap().len(), 1, "the vendor had changed the refresh token already");
        assert_eq!(s.store.load("shop").await.unwrap().unwrap().refresh.unwrap().expose_secret(), "r2");
    }

    #[tokio::test]
    async fn a_caller_who_goes_away_does_not_lose_the_new_refresh_token() {
        let s = setting(expired("r1")).await;
        let mut pass = Box::pin(s.auth.pass(&s.cx));
        assert!((&mut pass).now_or_never().is_none());
        drop(pass);
        while s.store.load("shop").await.unwrap().unwrap().same_refresh(&expired("r1")) {
            tokio::task::yield_now().await;
        }
        assert_eq!(shown(&s.auth.pass(&s.cx).await.unwrap()), "Bearer a2");
        assert_eq!(s.grant.asked.lock().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_refresh_token_that_is_not_answered_anew_is_kept() {
        #[derive(Debug)]
        struct Reusable;
        #[async_trait]
        impl Grant for Reusable {
            async fn obtain(&self, cx: &Context, old: Option<&Token>) -> Result<Token> {
                assert_eq!(old.unwrap().refresh.as_ref().unwrap().expose_secret(), "r1");
                Ok(Token::new("a".into(), cx.clock.now(), Some(Duration::from_secs(60))))
            }
        }
        let s = setting(expired("r1")).await;
        let auth = Auth::renewing(Renewal::new(Arc::new(Reusable), s.store.clone(), "shop"));
        for _ in 0..2 {
            auth.pass(&s.cx).await.unwrap();
            s.time.advance(Duration::from_secs(60));
        }
        assert_eq!(s.store.load("shop").await.unwrap().unwrap().refresh.unwrap().expose_secret(), "r1");
    }

    #[tokio::test]
    async fn a_refused_token_is_not_taken_from_the_store_again() {
        let s =
            setting(Token::new("a1".into(), chrono::DateTime::UNIX_EPOCH, None).with_refresh(Some("r1".into()))).await;
        let pass = s.auth.pass(&s.cx).await.unwrap();
        assert_eq!(shown(&pass), "Bearer a1");
        assert_eq!(shown(&s.auth.renewed(&s.cx, pass).await.unwrap()), "Bearer a2");
    }

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!("{:?} {:?}", Auth::bearer(&"hush".into()), Auth::header("x-api-key", "hush".into()));
        assert!(!shown.contains("hush"), "{shown}");
    }
}
