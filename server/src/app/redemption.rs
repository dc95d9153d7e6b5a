//! Redeeming a challenge: activation, and accepting a Kare invitation.
//!
//! The facts are looked at twice: before the password is checked and hashed, so that a stranger with no live secret costs
//! next to nothing, and again inside the write transaction, where the challenge is used up by a conditional statement.

use invite_domain::activation::{self, PasswordDuty, RedemptionFacts};
use invite_domain::challenge;
use invite_domain::email_address::EmailAddress;
use invite_domain::flow::kare;
use invite_domain::refusal::Refusal;
use invite_domain::secret::PlainSecret;
use invite_domain::user::PasswordHash;

use super::invitations::secret_kind;
use super::limits::Attempt;
use super::{ActivatedUser, App, Call, Error, SessionTokens, sessions};

impl App {
    /// `activate`: a pending user proves the mailbox and sets a password.
    ///
    /// # Errors
    /// `secret_unknown`, `secret_used`, `secret_expired`, `secret_declined`, `secret_revoked`, `password_rejected`.
    pub async fn activate(&self, call: &Call, challenge: &str, password: &str) -> Result<ActivatedUser, Error> {
        self.judge(&self.attempt(call, None), self.redeem_activation(call, challenge, password).await).await
    }

    async fn redeem_activation(&self, call: &Call, challenge: &str, password: &str) -> Result<ActivatedUser, Error> {
        let digest = PlainSecret::from_caller(challenge).digest();
        let mut tx = self.shared.store.begin_read().await?;
        let facts = tx.redemption_facts(&digest).await?;
        let duty = activation::check(facts.as_ref(), self.now())?;
        self.may_change(call, &mut tx, None, self.now()).await?;
        drop(tx);
        let user = facts.as_ref().map(|facts| facts.user.id);
        let new_password = match (duty, facts) {
            (PasswordDuty::Set, Some(facts)) => {
                let (client, given) = (call.limited_client(), password.to_owned());
                self.shared.passwords.vet(client, move || activation::check_new_password(&given, &facts)).await??;
                Some(self.shared.passwords.hash(client, password).await?)
            }
            (PasswordDuty::Set, None) | (PasswordDuty::Keep, _) => None,
        };

        self.until_alone(|| async {
            let now = self.now();
            let mut tx = self.shared.store.begin_write().await?;
            // Whoever suspends the account meanwhile has not seen that it is another organization's, too.
            if let Some(user) = user {
                tx.hold_user(user);
            }
            let facts = tx.redemption_facts(&digest).await?;
            let duty = activation::check(facts.as_ref(), now)?;
            let facts = facts.ok_or_else(|| invite_domain::challenge::unknown("challenge"))?;
            let plan = activation::plan(&facts, new_password.clone().filter(|_| duty == PasswordDuty::Set), now);
            let user = ActivatedUser::of(facts.user, &facts.organization.slug, duty, now);
            self.commit_all(call, tx, &plan, &user, now).await?;
            Ok(user)
        })
        .await
    }

    /// `kare_accept_invitation`: a pending user sets a password and a profile and is signed in.
    ///
    /// # Errors
    /// `invalid_value`, `secret_unknown`, `secret_used`, `secret_expired`, `secret_declined`, `secret_revoked`,
    /// `password_rejected`, `wrong_credentials`.
    pub async fn kare_accept_invitation(
        &self,
        call: &Call,
        command: kare::AcceptInvitation,
    ) -> Result<SessionTokens, Error> {
        let attempt = self.acceptance_attempt(call, &command);
        self.judge(&attempt, self.redeem_invitation(call, &attempt, command).await).await
    }

    /// Whether the limits hold [`Self::kare_accept_invitation`] back, before anything is written or checked for it.
    ///
    /// # Errors
    /// [`Error::Limited`] if they do; what else there is to say is for the acceptance itself.
    pub async fn may_kare_accept_invitation(&self, call: &Call, command: &kare::AcceptInvitation) -> Result<(), Error> {
        let attempt = self.acceptance_attempt(call, command);
        let acceptance = kare::admit_acceptance(command.clone())?;
        self.look_at_acceptance(call, &attempt, &acceptance).await.map(drop)
    }

    /// Whose account is active already gives its password: who holds an invitation could try them out.
    fn acceptance_attempt(&self, call: &Call, command: &kare::AcceptInvitation) -> Attempt {
        self.attempt(call, EmailAddress::parse(&command.email).ok().as_ref())
    }

    /// First look: the limits, the invitation, and what its password has to be, with what an attempt at it counts for.
    async fn look_at_acceptance(
        &self,
        call: &Call,
        attempt: &Attempt,
        acceptance: &kare::AdmittedAcceptance,
    ) -> Result<(Attempt, PasswordDuty, Option<RedemptionFacts>), Error> {
        let mut tx = self.shared.store.begin_read().await?;
        let of_client = attempt.of_client();
        Self::may_try(&mut tx, &of_client, self.now()).await?;
        let facts = tx.redemption_facts(&acceptance.token.digest()).await?;
        let duty = kare::check_acceptance(acceptance, facts.as_ref(), self.now())?;
        // An account that is pending has no password to guess: who tries some at it keeps nobody from accepting.
        let attempt = if duty == PasswordDuty::Keep { attempt.clone() } else { of_client };
        Self::may_try(&mut tx, &attempt, self.now()).await?;
        self.may_change(call, &mut tx, None, self.now()).await?;
        Ok((attempt, duty, facts))
    }

    async fn redeem_invitation(
        &self,
        call: &Call,
        attempt: &Attempt,
        command: kare::AcceptInvitation,
    ) -> Result<SessionTokens, Error> {
        let acceptance = kare::admit_acceptance(command)?;
        let digest = acceptance.token.digest();
        let (attempt, duty, facts) = self.look_at_acceptance(call, attempt, &acceptance).await?;
        let user = facts.as_ref().map(|facts| facts.user.id);
        let new_password = self.do_duty(call, duty, &acceptance, facts).await?;

        self.until_alone(|| async {
            let now = self.now();
            let mut tx = self.shared.store.begin_write().await?;
            if let Some(user) = user {
                tx.hold_user(user);
            }
            let facts = tx.redemption_facts(&digest).await?;
            Self::may_try(&mut tx, &attempt, now).await?;
            let duty_now = kare::check_acceptance(&acceptance, facts.as_ref(), now)?;
            let facts = facts.ok_or_else(|| invite_domain::challenge::unknown("invitationToken"))?;
            if duty_now != duty {
                // The account became active in between, so its own password has not been checked.
                return Err(Refusal::wrong_credentials().into());
            }
            let session = self.new_session(facts.user.id, facts.organization.id, now)?;
            let mut plan = kare::plan_acceptance(acceptance.clone(), &facts, new_password.clone(), now);
            plan.changes.extend(sessions::changes(&session));
            plan.events.push(session.event());
            self.commit_all(call, tx, &plan, &session.tokens, now).await?;
            Ok(session.tokens)
        })
        .await
    }

    /// `decline_invitation`: whoever holds a live secret turns the offer down.
    ///
    /// # Errors
    /// `secret_unknown`, `secret_used`, `secret_declined`, `secret_expired`, `secret_revoked`.
    pub async fn decline_invitation(&self, call: &Call, challenge: &PlainSecret) -> Result<(), Error> {
        self.judge(&self.attempt(call, None), self.decline(call, challenge).await).await
    }

    async fn decline(&self, call: &Call, challenge: &PlainSecret) -> Result<(), Error> {
        let digest = challenge.digest();
        let mut tx = self.shared.store.begin_read().await?;
        let facts = tx.redemption_facts(&digest).await?.ok_or_else(|| challenge::unknown("challenge"))?;
        activation::plan_decline(&facts, None, self.now())?;
        drop(tx);

        self.until_alone(|| async {
            let now = self.now();
            let mut tx = self.shared.store.begin_write().await?;
            let facts = tx.redemption_facts(&digest).await?.ok_or_else(|| challenge::unknown("challenge"))?;
            let membership = tx.membership(facts.user.id, facts.organization.id).await?;
            let plan = activation::plan_decline(&facts, membership, now)?;
            self.commit_all(call, tx, &plan, &(), now).await
        })
        .await
    }

    /// `renew_challenge`: mails a new secret in place of one that died of age. Of any other nothing comes, and nothing shows.
    ///
    /// # Errors
    /// When the database fails or is busy.
    pub async fn renew_challenge(&self, call: &Call, challenge: &PlainSecret) -> Result<(), Error> {
        let digest = challenge.digest();
        // A guess does not wait for the writer.
        if self.shared.store.begin_read().await?.challenge(&digest).await?.is_none() {
            return Ok(());
        }
        self.until_alone(|| async {
            let now = self.now();
            let mut tx = self.shared.store.begin_write().await?;
            let Some(facts) = tx.redemption_facts(&digest).await? else { return Ok(()) };
            let inviter = match facts.invitation.inviter {
                Some(inviter) => tx.user(inviter).await?,
                None => None,
            };
            let supplies = self.supplies(secret_kind(facts.challenge.purpose), now)?;
            match activation::plan_renewal(&facts, inviter.as_ref(), supplies, now) {
                Some(plan) => self.commit_all(call, tx, &plan, &(), now).await,
                None => Ok(()),
            }
        })
        .await
    }

    async fn do_duty(
        &self,
        call: &Call,
        duty: PasswordDuty,
        acceptance: &kare::AdmittedAcceptance,
        facts: Option<RedemptionFacts>,
    ) -> Result<Option<PasswordHash>, Error> {
        let (passwords, client) = (&self.shared.passwords, call.limited_client());
        let given = acceptance.password.expose();
        match (duty, facts) {
            (PasswordDuty::Set, Some(facts)) => {
                let acceptance = acceptance.clone();
                passwords.vet(client, move || kare::check_new_password(&acceptance, &facts)).await??;
                Ok(Some(passwords.hash(client, given).await?))
            }
            (PasswordDuty::Keep, Some(facts))
                if passwords.verify(client, given, facts.user.password_hash.as_ref()).await? =>
            {
                Ok(None)
            }
            (PasswordDuty::Keep, _) | (PasswordDuty::Set, None) => Err(Refusal::wrong_credentials().into()),
        }
    }
}
