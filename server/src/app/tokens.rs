//! Personal tokens.

use invite_domain::actor::Owner;
use invite_domain::flow::muninx;
use invite_domain::ids::ApiTokenId;
use invite_domain::secret::SecretKind;

use super::{ApiTokenCreated, App, Call, Error};

impl App {
    /// `muninx_create_token`: makes a token that acts as its owner. Its secret is shown here only.
    ///
    /// # Errors
    /// `invalid_value` for the name.
    pub async fn muninx_create_token(
        &self,
        call: &Call,
        owner: &Owner,
        name: String,
    ) -> Result<ApiTokenCreated, Error> {
        let now = self.now();
        let id = ApiTokenId::new(self.shared.entropy.id(now)?);
        let token = self.shared.entropy.secret(SecretKind::PersonalToken)?;
        let plan = muninx::plan_token(owner, &name, id, token.digest(), now)?;
        let tx = self.shared.store.begin_write().await?;
        let created = ApiTokenCreated { id: id.get(), name, token, created_at: now };
        self.commit_all(call, tx, &plan, &created, now).await?;
        Ok(created)
    }
}
