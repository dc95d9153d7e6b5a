//! Signing up by a shared link, and the links: making, changing and showing them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use invite_domain::actor::Administrator;
use invite_domain::flow::unleash::{self, AdmittedSignup, SignupFacts, SignupSupplies, SignupTokenSupplies};
use invite_domain::ids::{InvitationId, SignupTokenId, UserId};
use invite_domain::secret::{PlainSecret, SecretDigest, SecretKind};
use invite_domain::signup_token::SignupToken;
use invite_domain::user::User;

use super::{App, Call, Error, SignupTokenUser, SignupTokenView, UnleashUser};
use crate::store::{self, Question, Tx};

impl App {
    /// `unleash_signup`: whoever holds a usable token makes their own account, active at once.
    ///
    /// # Errors
    /// `signup_token_unusable`, `invalid_value`, `password_rejected`, `email_taken`, `username_taken`.
    pub async fn unleash_signup(
        &self,
        call: &Call,
        token: &str,
        command: unleash::Signup,
    ) -> Result<UnleashUser, Error> {
        let digest = PlainSecret::from_caller(token).digest();
        self.judge(&self.signup_attempt(call, &digest), self.sign_up(call, digest, command).await).await
    }

    /// Whether the limits hold [`Self::unleash_signup`] back, before anything is written or hashed for it.
    ///
    /// # Errors
    /// [`Error::Limited`] if they do; what else there is to say is for the sign-up itself.
    pub async fn may_unleash_signup(&self, call: &Call, token: &str, command: &unleash::Signup) -> Result<(), Error> {
        let digest = PlainSecret::from_caller(token).digest();
        self.foresee(&self.signup_attempt(call, &digest), self.look_at_signup(call, &digest, command).await).await
    }

    async fn look_at_signup(&self, call: &Call, digest: &SecretDigest, command: &unleash::Signup) -> Result<(), Error> {
        let mut tx = self.shared.store.begin_read().await?;
        let token = self.usable_link(call, &mut tx, digest).await?;
        let signup = unleash::admit(command.clone())?;
        let now = self.now();
        unleash::check_conflicts(&signup_facts(&mut tx, Some(token), &signup, now).await?, now)?;
        Ok(())
    }

    async fn sign_up(&self, call: &Call, digest: SecretDigest, command: unleash::Signup) -> Result<UnleashUser, Error> {
        let signup = self.admit_signup(call, &digest, command).await?;
        let password_hash = self.shared.passwords.hash(call.limited_client(), signup.password.expose()).await?;

        self.until_alone(|| async {
            let now = self.now();
            let mut tx = self.shared.store.begin_write().await?;
            tx.hold_signup_token(&digest).await?;
            let mut first = questions(&digest, &signup);
            first.push(Question::NewUser(&signup.address));
            tx.foresee(&first).await?;
            let token = tx.signup_token(&digest).await?;
            let facts = signup_facts(&mut tx, token, &signup, now).await?;
            let root_role = unleash::check_conflicts(&facts, now)?.root_role;
            let supplies = SignupSupplies {
                user: match &facts.account {
                    Some(user) => user.id,
                    None => tx.allocate_user_id(&signup.address).await?,
                },
                invitation: InvitationId::new(self.shared.entropy.id(now)?),
                password_hash: password_hash.clone(),
                language: self.shared.config.language,
            };
            let (plan, user) = unleash::plan(signup.clone(), &facts, supplies, now)?;
            let user = UnleashUser {
                id: user.id.get(),
                name: user.profile.display_name,
                image_url: unleash::image_url(&user.email),
                email: user.email.normalized().to_owned(),
                username: user.username,
                login_attempts: 0,
                root_role,
                seen_at: None,
                created_at: user.created_at,
            };
            self.commit_all(call, tx, &plan, &user, now).await?;
            Ok(user)
        })
        .await
    }

    /// `unleash_validate_signup_token`: whether people can sign up with a token. What any page in a browser can ask counts for no
    /// failed attempt: it would keep everybody behind that browser's address from signing in, and 256 bits are not guessed.
    ///
    /// # Errors
    /// `signup_token_unusable`.
    pub async fn unleash_validate_signup_token(&self, token: &str) -> Result<(), Error> {
        let digest = PlainSecret::from_caller(token).digest();
        let mut tx = self.shared.store.glance().await?;
        let found = tx.signup_token(&digest).await?;
        unleash::check_token(found.as_ref(), self.now())?;
        Ok(())
    }

    /// `unleash_create_signup_token`: makes a link to share. It dies one month ahead at the latest.
    ///
    /// # Errors
    /// `invalid_value`.
    pub async fn unleash_create_signup_token(
        &self,
        call: &Call,
        administrator: &Administrator,
        command: unleash::CreateSignupToken,
    ) -> Result<SignupTokenView, Error> {
        let now = self.now();
        let id = SignupTokenId::new(self.shared.entropy.id(now)?);
        let secret = self.shared.entropy.secret(SecretKind::SignupToken)?;
        let sealed_secret = self.shared.sealer.seal(&place(id), secret.expose().as_bytes())?;
        let supplies = SignupTokenSupplies { id, digest: secret.digest(), sealed_secret };
        let (plan, token) = unleash::plan_token(administrator, &command, supplies, now)?;
        let mut tx = self.shared.store.begin_write().await?;
        let created_by = creator(&mut tx, &token).await?;
        let shown = self.show_signup_token(token, secret, created_by, Vec::new());
        self.commit_all(call, tx, &plan, &shown, now).await?;
        Ok(shown)
    }

    /// `unleash_update_signup_token`: switches a link off or on, or moves its expiry, one month ahead at the latest.
    ///
    /// # Errors
    /// `signup_token_not_found`.
    pub async fn unleash_update_signup_token(
        &self,
        call: &Call,
        administrator: &Administrator,
        token: &str,
        command: unleash::UpdateSignupToken,
    ) -> Result<SignupTokenView, Error> {
        let digest = PlainSecret::from_caller(token).digest();
        self.until_alone(|| async {
            let now = self.now();
            // Who signed up may be many, and are read before others have to wait for this.
            let mut tx = self.shared.store.begin_read().await?;
            let users = match tx.signup_token(&digest).await? {
                Some(token) => tx.users_of_signup_token(token.id).await?,
                None => Vec::new(),
            };
            drop(tx);
            let mut tx = self.shared.store.begin_write().await?;
            tx.await_signup_token(&digest).await?;
            let found = tx.signup_token(&digest).await?;
            let (plan, found) = unleash::plan_token_update(administrator, command, found, now)?;
            let created_by = creator(&mut tx, &found).await?;
            let secret = PlainSecret::from_caller(token);
            let shown = self.show_signup_token(found, secret, created_by, users);
            self.commit_all(call, tx, &plan, &shown, now).await?;
            Ok(shown)
        })
        .await
    }

    /// `unleash_list_signup_tokens`: the tokens of the organization, usable or not. One that was sealed under a key that is lost
    /// cannot be shown, and keeps back no other one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unleash_list_signup_tokens(
        &self,
        administrator: &Administrator,
    ) -> Result<Vec<SignupTokenView>, Error> {
        let organization = administrator.organization();
        let mut tx = self.shared.store.begin_read().await?;
        let tokens = tx.signup_tokens_of(organization).await?;
        let creators = tx.creators_of_signup_tokens(organization).await?;
        let creators: BTreeMap<UserId, String> =
            creators.into_iter().map(|user| (user.id, user.email.original().to_owned())).collect();
        let mut users: BTreeMap<SignupTokenId, Vec<User>> = BTreeMap::new();
        for (token, user) in tx.users_of_signup_tokens(organization).await? {
            users.entry(token).or_default().push(user);
        }
        let mut shown = Vec::with_capacity(tokens.len());
        for token in tokens {
            let secret = match self.open_signup_token(&token) {
                Ok(secret) => secret,
                Err(error) => {
                    tracing::warn!(token = %token.id, error = %error, "a signup token is not listed: it cannot be read");
                    continue;
                }
            };
            let created_by = token.created_by.and_then(|user| creators.get(&user).cloned());
            let users = users.remove(&token.id).unwrap_or_default();
            shown.push(self.show_signup_token(token, secret, created_by, users));
        }
        Ok(shown)
    }

    /// `unleash_get_signup_token`: one token of the organization, usable or not.
    ///
    /// # Errors
    /// `signup_token_not_found`.
    pub async fn unleash_get_signup_token(
        &self,
        administrator: &Administrator,
        token: &str,
    ) -> Result<SignupTokenView, Error> {
        let secret = PlainSecret::from_caller(token);
        let mut tx = self.shared.store.begin_read().await?;
        let token = unleash::own_token(administrator, tx.signup_token(&secret.digest()).await?)?;
        let created_by = creator(&mut tx, &token).await?;
        let users = tx.users_of_signup_token(token.id).await?;
        Ok(self.show_signup_token(token, secret, created_by, users))
    }

    /// A link by which people can sign up, if the limits have room for one more of them.
    async fn usable_link(&self, call: &Call, tx: &mut Tx, digest: &SecretDigest) -> Result<SignupToken, Error> {
        let (token, now) = (tx.signup_token(digest).await?, self.now());
        let token = unleash::check_token(token.as_ref(), now)?.clone();
        self.may_change(call, tx, Some(token.id), now).await?;
        Ok(token)
    }

    /// First look: the token and the limits, then the rules, then the conflicts, all before anything is hashed.
    async fn admit_signup(
        &self,
        call: &Call,
        digest: &SecretDigest,
        command: unleash::Signup,
    ) -> Result<AdmittedSignup, Error> {
        // Said to nobody who has no link.
        let signup = unleash::admit(command);
        let mut tx = self.shared.store.begin_read().await?;
        if let Ok(signup) = &signup {
            tx.foresee(&questions(digest, signup)).await?;
        }
        let token = self.usable_link(call, &mut tx, digest).await?;
        let signup = signup?;
        let organization = tx
            .organization(token.organization)
            .await?
            .ok_or(store::Error::Damaged { column: "signup_tokens.organization_id" })?;
        let now = self.now();
        let facts = signup_facts(&mut tx, Some(token), &signup, now).await?;
        drop(tx);
        let vetted = signup.clone();
        let vet = move || unleash::check_new_password(&vetted, &organization);
        self.shared.passwords.vet(call.limited_client(), vet).await??;
        unleash::check_conflicts(&facts, now)?;
        Ok(signup)
    }

    /// The secret of a token, which is kept sealed so that its link can be copied again.
    fn open_signup_token(&self, token: &SignupToken) -> Result<PlainSecret, Error> {
        let secret = self.shared.sealer.open(&place(token.id), &token.sealed_secret)?;
        Ok(PlainSecret::from_caller(String::from_utf8(secret).map_err(Error::internal)?))
    }

    fn show_signup_token(
        &self,
        token: SignupToken,
        secret: PlainSecret,
        created_by: Option<String>,
        users: Vec<User>,
    ) -> SignupTokenView {
        let base = self.shared.config.public_url.trim_end_matches('/');
        let url = PlainSecret::from_caller(format!("{base}/new-user?invite={}", secret.expose()));
        SignupTokenView {
            secret,
            url,
            name: token.name,
            expires_at: token.expires_at,
            created_at: token.created_at,
            created_by,
            enabled: token.enabled,
            root_role: token.root_role,
            users: users
                .into_iter()
                .map(|user| SignupTokenUser {
                    id: user.id.get(),
                    name: user.profile.display_name,
                    username: user.username,
                })
                .collect(),
        }
    }
}

/// The address of the user who made a token; an API key has none.
async fn creator(tx: &mut Tx, token: &SignupToken) -> Result<Option<String>, store::Error> {
    Ok(match token.created_by {
        Some(user) => tx.user(user).await?.map(|user| user.email.original().to_owned()),
        None => None,
    })
}

/// Where the secret of a signup token is sealed for.
pub(super) fn place(id: SignupTokenId) -> String {
    format!("signup_token:{id}")
}

/// What every sign-up asks first.
fn questions<'q>(digest: &'q SecretDigest, signup: &'q AdmittedSignup) -> Vec<Question<'q>> {
    let mut questions = vec![Question::SignupToken(digest), Question::Email(&signup.address)];
    questions.extend(signup.username.as_deref().map(Question::Username));
    questions
}

async fn signup_facts(
    tx: &mut Tx,
    token: Option<SignupToken>,
    signup: &AdmittedSignup,
    now: DateTime<Utc>,
) -> Result<SignupFacts, store::Error> {
    let account = tx.user_by_email(&signup.address).await?;
    let (mut is_awaited, mut membership, mut pending) = (false, None, None);
    if let (Some(user), Some(token)) = (&account, &token) {
        is_awaited = tx.is_awaited(user.id, None, now).await?;
        membership = tx.membership(user.id, token.organization).await?;
        pending = tx.pending_invitation(token.organization, &signup.address).await?;
    }
    Ok(SignupFacts {
        token,
        account,
        is_awaited,
        membership,
        pending,
        username_taken: match &signup.username {
            Some(username) => tx.username_taken(username).await?,
            None => false,
        },
    })
}
