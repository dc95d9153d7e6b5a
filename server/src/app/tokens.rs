//! Personal tokens.

use invite_domain::actor::Owner;
use invite_domain::credential::ApiToken;
use invite_domain::flow::muninx;
use invite_domain::ids::ApiTokenId;
use invite_domain::refusal::Refusal;
use invite_domain::secret::SecretKind;
use uuid::Uuid;

use super::{ApiTokenCreated, App, Call, Error};

impl App {
    /// `muninx_create_token`: makes a token that acts as its owner. Its secret is shown here only.
    ///
    /// Between the look at the owner's credential and this lies the body, for which its sender takes his time. If the credential
    /// has ended meanwhile, nothing outlives it.
    ///
    /// # Errors
    /// `invalid_value` for the name; `not_authenticated` if the credential works no more.
    pub async fn muninx_create_token(
        &self,
        call: &Call,
        owner: &Owner,
        name: String,
    ) -> Result<ApiTokenCreated, Error> {
        self.until_alone(|| async {
            let now = self.now();
            let id = ApiTokenId::new(self.shared.entropy.id(now)?);
            let token = self.shared.entropy.secret(SecretKind::PersonalToken)?;
            let plan = muninx::plan_token(owner, &name, id, token.digest(), now)?;
            let mut tx = self.shared.store.begin_write().await?;
            tx.hold_user(owner.user());
            let is_live = match owner.token() {
                Some(id) => tx.is_token_live(id, now).await?,
                None => false,
            };
            if !is_live {
                return Err(Refusal::not_authenticated().into());
            }
            let created = ApiTokenCreated { id: id.get(), name: name.clone(), token, created_at: now };
            self.commit_all(call, tx, &plan, &created, now).await?;
            Ok(created)
        })
        .await
    }

    /// `muninx_list_tokens`: the owner's personal tokens that work where the credential does, without their secrets.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn muninx_list_tokens(&self, owner: &Owner) -> Result<Vec<ApiToken>, Error> {
        let mut tx = self.shared.store.begin_read().await?;
        Ok(tx.personal_tokens(owner.user(), owner.organization()).await?)
    }

    /// `muninx_delete_token`: ends one of them, at once.
    ///
    /// # Errors
    /// `token_not_found`.
    pub async fn muninx_delete_token(&self, call: &Call, owner: &Owner, id: Uuid) -> Result<(), Error> {
        self.until_alone(|| async {
            let now = self.now();
            let mut tx = self.shared.store.begin_write().await?;
            let token = tx.personal_token(ApiTokenId::new(id), owner.user(), owner.organization()).await?;
            let plan = muninx::plan_token_end(owner, token.as_ref(), now)?;
            self.commit_all(call, tx, &plan, &(), now).await
        })
        .await
    }
}
