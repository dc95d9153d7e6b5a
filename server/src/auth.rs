//! Authentication: from presented credentials to an [`Actor`].
//!
//! What is presented are the halves of one alternative of an operation's security requirement: all must be valid, and
//! they must belong together. Nothing here knows HTTP. Every fault has the same answer, so that a stranger
//! learns nothing about which half was wrong.
//!
//! 1. Look each credential up by the digest of its secret, with what its user administers in the tenant; only live ones are
//!    found.
//! 2. Check that it is of a kind that its scheme takes.
//! 3. Check that the halves belong together.

use chrono::{DateTime, Utc};
use invite_domain::actor::{Actor, ActorKind};
use invite_domain::credential::{LiveCredential, Permission, TokenKind};
use invite_domain::event::Performer;
use invite_domain::organization::Organization;
use invite_domain::secret::{PlainSecret, SecretDigest};
use invite_domain::user::UserStatus;

use crate::store::{self, Question, Tx};

/// A credential as a caller presented it, by the scheme it came in.
#[derive(Debug, Clone)]
pub enum Presented {
    /// The bearer of this server's own operations: a personal token or a sign-in.
    SessionBearer(PlainSecret),
    /// MuninX's bearer: a personal token or a sign-in.
    MuninxBearer(PlainSecret),
    /// Kare's bearer: a sign-in.
    KareBearer(PlainSecret),
    /// Kare's `x-session-token`.
    KareSession(PlainSecret),
    /// Nexus's bearer: a sign-in.
    NexusBearer(PlainSecret),
    /// Nexus's `ApplicationToken`.
    NexusApplicationToken(PlainSecret),
    /// Nexus's Basic: the id and secret of an API key.
    NexusBasic {
        /// The id.
        username: String,
        /// The secret.
        password: PlainSecret,
    },
    /// Unleash's bare `Authorization` value: an admin API key.
    UnleashApiKey(PlainSecret),
    /// Unleash's bearer: an admin API key or a sign-in.
    UnleashBearer(PlainSecret),
}

impl Presented {
    /// The kinds of bearer-like credentials that the scheme takes. None for an id and secret pair.
    const fn accepted_kinds(&self) -> &'static [TokenKind] {
        match self {
            Self::SessionBearer(_) | Self::MuninxBearer(_) => &[TokenKind::Personal, TokenKind::Access],
            Self::KareBearer(_) | Self::NexusBearer(_) => &[TokenKind::Access],
            Self::KareSession(_) => &[TokenKind::Session],
            Self::NexusApplicationToken(_) => &[TokenKind::Application],
            Self::UnleashApiKey(_) => &[TokenKind::ApiKey],
            Self::UnleashBearer(_) => &[TokenKind::ApiKey, TokenKind::Access],
            Self::NexusBasic { .. } => &[],
        }
    }

    const fn secret(&self) -> &PlainSecret {
        match self {
            Self::SessionBearer(secret)
            | Self::MuninxBearer(secret)
            | Self::KareBearer(secret)
            | Self::KareSession(secret)
            | Self::NexusBearer(secret)
            | Self::NexusApplicationToken(secret)
            | Self::NexusBasic { password: secret, .. }
            | Self::UnleashApiKey(secret)
            | Self::UnleashBearer(secret) => secret,
        }
    }
}

/// Verifies the halves of one alternative; none: they are not valid, or do not belong together.
///
/// # Errors
/// When the store fails.
pub async fn authenticate(
    tx: &mut Tx,
    presented: &[Presented],
    now: DateTime<Utc>,
) -> Result<Option<Actor>, store::Error> {
    let digests: Vec<_> = presented.iter().map(|half| half.secret().digest()).collect();
    let questions: Vec<_> = digests.iter().map(|digest| Question::Token(digest, now)).collect();
    tx.foresee(&questions).await?;
    let mut found = Vec::with_capacity(presented.len());
    for (half, digest) in presented.iter().zip(&digests) {
        match look_up(tx, half, digest, now).await? {
            Some(credential) => found.push((half, credential)),
            None => return Ok(None),
        }
    }
    Ok(combine(&found))
}

/// What somebody may do now who proved earlier who they are, for work that goes on without them; none: nothing any more.
/// The sign-in may have ended meanwhile, a key may not.
///
/// # Errors
/// When the store fails.
pub async fn standing(
    tx: &mut Tx,
    performer: &Performer,
    organization: &Organization,
    now: DateTime<Utc>,
) -> Result<Option<Actor>, store::Error> {
    match performer {
        Performer::User(id) => {
            if !tx.user(*id).await?.is_some_and(|user| user.status == UserStatus::Active) {
                return Ok(None);
            }
            let tenant = organization.tenant_id();
            let admin_of = tx.administered_organizations(*id, tenant).await?;
            let (user, organization, kind) = (Some(*id), organization.id, ActorKind::Session);
            Ok(Some(Actor { user, organization, tenant, kind, token: None, session: None, admin_of }))
        }
        Performer::ApiKey { id, .. } => {
            let key = tx.find_live_api_key(id, now).await?;
            Ok(key.map(|key| actor(&key, program(id, &key))))
        }
        Performer::AdminKey | Performer::Operator | Performer::System => Ok(None),
    }
}

async fn look_up(
    tx: &mut Tx,
    half: &Presented,
    digest: &SecretDigest,
    now: DateTime<Utc>,
) -> Result<Option<LiveCredential>, store::Error> {
    let found = match half {
        Presented::NexusBasic { username, .. } => tx.find_live_api_key(username, now).await?,
        _ => tx.find_live_token(digest, now).await?,
    };
    Ok(found.filter(|credential| credential.digest.matches(digest)).filter(|credential| match credential.kind {
        Some(kind) => half.accepted_kinds().contains(&kind),
        None => matches!(half, Presented::NexusBasic { .. }),
    }))
}

/// Whether the halves are one of the alternatives, and whose they are.
fn combine(found: &[(&Presented, LiveCredential)]) -> Option<Actor> {
    match found {
        [(Presented::NexusBasic { username, .. }, key)] => Some(actor(key, program(username, key))),
        [(Presented::UnleashApiKey(_) | Presented::UnleashBearer(_), key)] if key.kind == Some(TokenKind::ApiKey) => {
            key.permissions.contains(&Permission::UnleashAdmin).then(|| actor(key, ActorKind::UnleashAdmin))
        }
        [(Presented::SessionBearer(_) | Presented::MuninxBearer(_) | Presented::UnleashBearer(_), token)] => {
            user_actor(token)
        }
        [(Presented::KareBearer(_), bearer), (Presented::KareSession(_), session)]
        | [(Presented::KareSession(_), session), (Presented::KareBearer(_), bearer)] => {
            let together = bearer.session.is_some() && bearer.session == session.session && bearer.user == session.user;
            together.then(|| user_actor(bearer)).flatten()
        }
        [(Presented::NexusBearer(_), bearer), (Presented::NexusApplicationToken(_), application)]
        | [(Presented::NexusApplicationToken(_), application), (Presented::NexusBearer(_), bearer)] => {
            let together = bearer.tenant == application.tenant && bearer.user.is_some();
            together.then(|| actor(bearer, ActorKind::ApplicationSession))
        }
        _ => None,
    }
}

fn program(id: &str, key: &LiveCredential) -> ActorKind {
    ActorKind::ApiKey { id: id.to_owned(), permissions: key.permissions.clone(), maker: key.maker }
}

fn user_actor(token: &LiveCredential) -> Option<Actor> {
    let kind = match token.kind? {
        TokenKind::Personal => ActorKind::PersonalToken,
        TokenKind::Access => ActorKind::Session,
        TokenKind::Refresh | TokenKind::Session | TokenKind::Application | TokenKind::ApiKey => return None,
    };
    token.user.is_some().then(|| actor(token, kind))
}

fn actor(credential: &LiveCredential, kind: ActorKind) -> Actor {
    Actor {
        user: credential.user,
        organization: credential.organization,
        tenant: credential.tenant,
        kind,
        token: credential.id,
        session: credential.session,
        admin_of: credential.admin_of.clone(),
    }
}
