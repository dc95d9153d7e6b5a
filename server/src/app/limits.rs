//! Limits that all replicas share, because they are counted in the database.
//!
//! 1. A change is counted in its own transaction ([`App::charge`]): what is refused, fails or is rolled
//!    back has cost nothing.
//! 2. An attempt at a secret is counted when it has failed, for the client and for the account. Beyond the limit nobody
//!    learns whether an attempt was right: it is refused before the password is looked at, and once more in the transaction
//!    of the sign-in, for those that ran at the same time. No invitation is touched by it. Of one account a client has few
//!    attempts and all clients together have many: who guesses holds himself back, and the owner only with help from many
//!    networks. An account can be signed in to again as soon as one attempt has worn off.
//!
//! 3. What is going to be held back is held back before it costs anything: before a password is hashed ([`App::may_change`]), and
//!    before an idempotency key is claimed ([`App::foresee`]).
//!
//! What the operator does, and the server by itself, is not limited. An import is one change; of its rows only the mails are
//! counted, for those who get them ([`App::charge_mails`]).

use chrono::{DateTime, TimeDelta, Utc};
use invite_domain::email_address::EmailAddress;
use invite_domain::event::{EventKind, NewEvent, Performer};
use invite_domain::flow::{Change, Plan, muninx};
use invite_domain::ids::SignupTokenId;
use invite_domain::limit::{Limit, Neighbourhood, Verdict, whole_seconds};
use invite_domain::refusal::RefusalCode;
use invite_domain::secret::SecretDigest;

use super::{App, Call, Error};
use crate::store::{self, Counted, Question, Tx};

macro_rules! limit_kinds {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $what:literal;)*) => {
        /// What is limited.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum LimitKind {
            $($(#[$doc])* $variant,)*
        }

        impl LimitKind {
            /// Every kind, for tables that must be complete.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// What there is too much of, for people.
            #[must_use]
            pub const fn what(self) -> &'static str {
                match self {
                    $(Self::$variant => $what,)*
                }
            }
        }
    };
}

limit_kinds! {
    /// Requests of one client, whatever becomes of them; counted in memory by the gate, not here.
    Client = "client", "too many requests from this address";
    /// Changes that one client makes.
    Changes = "changes", "too many changes from this address";
    /// Invitations that one person issues or sends again, with keys that they have made among it, or the program of the operator.
    Inviter = "inviter", "too many invitations by this inviter";
    /// Invitations into one organization.
    Organization = "organization", "too many invitations into this organization";
    /// Mails to one address.
    Recipient = "recipient", "too many mails to this recipient";
    /// Sign-ups by one link.
    SignupToken = "signup_token", "too many sign-ups with this token";
    /// Imports into one organization.
    Imports = "imports", "too many imports into this organization";
    /// Failed attempts at secrets by one client.
    Guesses = "guesses", "too many failed attempts from this address";
    /// Failed attempts at the password of one account by one client.
    AccountGuesses = "account_guesses", "too many failed attempts at this account from this address";
    /// Failed attempts at the password of one account by everybody.
    Account = "account", "too many failed attempts at this account";
}

/// The limits in force; none: not limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// Changes that one client makes.
    pub changes: Option<Limit>,
    /// Invitations that one person or program issues or sends again.
    pub inviter: Option<Limit>,
    /// Invitations into one organization.
    pub organization: Option<Limit>,
    /// Mails to one address.
    pub recipient: Option<Limit>,
    /// Sign-ups by one link.
    pub signup_token: Option<Limit>,
    /// Imports into one organization.
    pub imports: Option<Limit>,
    /// Failed attempts at secrets by one client.
    pub guesses: Option<Limit>,
    /// Failed attempts at the password of one account by one client.
    pub account_guesses: Option<Limit>,
    /// Failed attempts at the password of one account by everybody.
    pub account: Option<Limit>,
}

impl Limits {
    const fn of(&self, kind: LimitKind) -> Option<Limit> {
        match kind {
            LimitKind::Client => None,
            LimitKind::Changes => self.changes,
            LimitKind::Inviter => self.inviter,
            LimitKind::Organization => self.organization,
            LimitKind::Recipient => self.recipient,
            LimitKind::SignupToken => self.signup_token,
            LimitKind::Imports => self.imports,
            LimitKind::Guesses => self.guesses,
            LimitKind::AccountGuesses => self.account_guesses,
            LimitKind::Account => self.account,
        }
    }
}

/// Whose count something is, beside its kind.
type Counts = Vec<(LimitKind, Counted)>;

/// An attempt at a secret, and what it counts for if it fails.
#[derive(Debug, Clone)]
pub(super) struct Attempt(Counts);

impl Attempt {
    /// The same, at no account's password and by no link.
    pub(super) fn of_client(&self) -> Self {
        Self(self.0.iter().filter(|(kind, _)| *kind == LimitKind::Guesses).copied().collect())
    }

    /// What it counts for if this came of it; nothing if it is no failure.
    fn failed<T>(&self, outcome: &Result<T, Error>) -> Counts {
        let Err(Error::Refused(refusal)) = outcome else { return Counts::new() };
        match refusal.code {
            // Whoever signs up for what is taken learns that there is such an account.
            RefusalCode::WrongCredentials | RefusalCode::EmailTaken | RefusalCode::UsernameTaken => self.0.clone(),
            // A challenge that another invitation has is found out by choosing it, too.
            RefusalCode::InvalidValue if muninx::is_of_taken_challenge(refusal) => self.of_client().0,
            RefusalCode::SecretUnknown | RefusalCode::SignupTokenUnusable | RefusalCode::NotAuthenticated => {
                self.of_client().0
            }
            _ => Counts::new(),
        }
    }
}

impl App {
    /// Ends the transaction of a change, which is counted last of all: it waits for those that count under the same keys.
    ///
    /// # Errors
    /// [`Error::Limited`], and those of the commit; nothing is written then.
    pub(super) async fn charge(&self, call: &Call, mut tx: Tx, plan: &Plan, now: DateTime<Utc>) -> Result<(), Error> {
        let counts = self.counts_of(call, plan);
        tx.count(&counted(&counts), now);
        match tx.commit().await {
            Err(store::Error::Full) => {
                self.refuse_full(&counts, now).await?;
                Err(store::Error::Full.into())
            }
            outcome => Ok(outcome?),
        }
    }

    /// What the mails of one row of an import count for their recipients, who have a limit whoever has them sent.
    ///
    /// # Errors
    /// [`Error::Limited`] if one of them gets no more for now.
    pub(super) async fn charge_mails(
        &self,
        tx: &mut Tx,
        plan: &Plan,
        now: DateTime<Utc>,
    ) -> Result<Vec<Counted>, Error> {
        let recipients = plan.mails.iter().map(|mail| mail.envelope.to.normalized());
        let counts: Counts = recipients.filter_map(|whose| self.counted(LimitKind::Recipient, whose)).collect();
        refuse_full(tx, &counts, now).await?;
        Ok(counted(&counts))
    }

    fn counts_of(&self, call: &Call, plan: &Plan) -> Counts {
        let Some(client) = call.limited_client() else { return Vec::new() };
        let mut counts = Counts::new();
        let mut add = |kind, whose: &str| {
            let counted = self.counted(kind, whose);
            // One recipient of two mails of a change counts once: a statement cannot count twice under one key.
            counts.extend(counted.filter(|counted| !counts.contains(counted)));
        };
        add(LimitKind::Changes, &Neighbourhood::from(client).to_string());
        for NewEvent { kind, organization, by, .. } in &plan.events {
            match kind {
                EventKind::InvitationCreated | EventKind::InvitationResent => {
                    add(LimitKind::Inviter, &inviter(by));
                    add(LimitKind::Organization, &organization.to_string());
                }
                EventKind::ImportStarted => add(LimitKind::Imports, &organization.to_string()),
                _ => {}
            }
        }
        for change in &plan.changes {
            if let Change::AddInvitation(invitation) = change
                && let Some(token) = invitation.signup_token
            {
                add(LimitKind::SignupToken, &token.to_string());
            }
        }
        for mail in &plan.mails {
            add(LimitKind::Recipient, mail.envelope.to.normalized());
        }
        counts
    }

    /// An attempt at a secret by a client, perhaps at the password of an account. Whether there is such an account makes no
    /// difference.
    pub(super) fn attempt(&self, call: &Call, account: Option<&EmailAddress>) -> Attempt {
        let Some(client) = call.limited_client() else { return Attempt(Counts::new()) };
        let client = Neighbourhood::from(client).to_string();
        let guesses = self.counted(LimitKind::Guesses, &client);
        let at_account = account.map(EmailAddress::normalized).into_iter().flat_map(|account| {
            let by_client = self.counted(LimitKind::AccountGuesses, &format!("{account} {client}"));
            [by_client, self.counted(LimitKind::Account, account)]
        });
        Attempt(guesses.into_iter().chain(at_account.flatten()).collect())
    }

    /// An attempt to sign up by a link. Whoever has the link can ask for address after address whether it is taken, from
    /// network after network: what is taken counts for the link, apart from the sign-ups that it is for.
    pub(super) fn signup_attempt(&self, call: &Call, digest: &SecretDigest) -> Attempt {
        let mut attempt = self.attempt(call, None);
        if call.limited_client().is_some() {
            attempt.0.extend(self.counted(LimitKind::SignupToken, &format!("taken {:?}", digest.as_bytes())));
        }
        attempt
    }

    /// Whether an attempt may be made, or one that was made may be answered.
    ///
    /// # Errors
    /// [`Error::Limited`].
    pub(super) async fn may_try(tx: &mut Tx, attempt: &Attempt, now: DateTime<Utc>) -> Result<(), Error> {
        refuse_full(tx, &attempt.0, now).await
    }

    /// Whether a change, of which a password is hashed before, can be counted for its client, and a sign-up for its link. They
    /// are looked at again when it is: what is held back by then has cost a hash, and nothing that comes after it does.
    ///
    /// # Errors
    /// [`Error::Limited`].
    pub(super) async fn may_change(
        &self,
        call: &Call,
        tx: &mut Tx,
        link: Option<SignupTokenId>,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let Some(client) = call.limited_client() else { return Ok(()) };
        let changes = self.counted(LimitKind::Changes, &Neighbourhood::from(client).to_string());
        let signups = link.and_then(|link| self.counted(LimitKind::SignupToken, &link.to_string()));
        let counts: Counts = changes.into_iter().chain(signups).collect();
        refuse_full(tx, &counts, now).await
    }

    /// Passes on what a look says of an attempt that is not made yet: [`Error::Limited`] if it is going to be held back.
    ///
    /// # Errors
    /// Those of the look, and [`Error::Limited`] in place of a failure that can be counted no more.
    pub(super) async fn foresee(&self, attempt: &Attempt, look: Result<(), Error>) -> Result<(), Error> {
        self.refuse_full(&attempt.failed(&look), self.now()).await?;
        look
    }

    /// Passes on what came of an attempt, after counting it if it has failed.
    ///
    /// # Errors
    /// Those of the outcome, and [`Error::Limited`] in place of a failure that can be counted no more.
    pub(super) async fn judge<T>(&self, attempt: &Attempt, outcome: Result<T, Error>) -> Result<T, Error> {
        let counts = attempt.failed(&outcome);
        if counts.is_empty() {
            return outcome;
        }
        let now = self.now();
        // Whoever is held back does not wait for the writer.
        self.refuse_full(&counts, now).await?;
        if !self.shared.store.count(&counted(&counts), now).await? {
            self.refuse_full(&counts, now).await?;
        }
        outcome
    }

    async fn refuse_full(&self, counts: &[(LimitKind, Counted)], now: DateTime<Utc>) -> Result<(), Error> {
        if counts.is_empty() {
            return Ok(());
        }
        refuse_full(&mut self.shared.store.glance().await?, counts, now).await
    }

    fn counted(&self, kind: LimitKind, whose: &str) -> Option<(LimitKind, Counted)> {
        let limit = self.shared.config.limits.of(kind)?;
        let key = self.shared.sealer.fingerprint(&["limit", kind.as_str(), whose]);
        Some((kind, Counted { key, limit }))
    }
}

/// What is counted, without the kinds.
fn counted(counts: &[(LimitKind, Counted)]) -> Vec<Counted> {
    counts.iter().map(|(_, counted)| *counted).collect()
}

/// Refuses for the limit that holds up longest; for none if all have room.
async fn refuse_full(tx: &mut Tx, counts: &[(LimitKind, Counted)], now: DateTime<Utc>) -> Result<(), Error> {
    let questions: Vec<Question<'_>> = counts.iter().map(|(_, counted)| Question::CountsUntil(&counted.key)).collect();
    tx.foresee(&questions).await?;
    let mut longest: Option<(TimeDelta, LimitKind)> = None;
    for (kind, Counted { key, limit }) in counts {
        if let Verdict::Refused(wait) = limit.judge(tx.counts_until(key).await?, now) {
            longest = longest.max(Some((wait, *kind)));
        }
    }
    match longest {
        Some((wait, kind)) => Err(Error::limited(kind, wait)),
        None => Ok(()),
    }
}

/// A name that no other inviter has. A key is its maker's: else whoever makes keys invites as much as they like.
fn inviter(by: &Performer) -> String {
    if let Performer::ApiKey { maker: Some(maker), .. } = by {
        return inviter(&Performer::User(*maker));
    }
    format!("{} {}", by.kind(), by.id().unwrap_or_default())
}

impl Error {
    /// A limit is reached for so long.
    pub(crate) fn limited(kind: LimitKind, wait: TimeDelta) -> Self {
        Self::Limited { kind, retry_after_seconds: whole_seconds(wait) }
    }
}
