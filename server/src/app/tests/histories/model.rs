//! What the service is, without a database, a clock or a secret: who is invited where, and what each secret is worth.

use chrono::TimeDelta;
use invite_domain::flow::FlowName;
use invite_domain::refusal::RefusalCode;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// How many people are invited, over and over.
pub(super) const PEOPLE: usize = 3;
/// How long an invitation lives.
const LIFE: TimeDelta = TimeDelta::days(7);
/// How long a mailbox rests before a new link can be asked for.
const REST: TimeDelta = TimeDelta::minutes(10);

/// How somebody is invited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Muninx,
    Kare,
    Nexus,
    Unleash,
}

impl Way {
    pub(super) const fn flow(self) -> FlowName {
        match self {
            Self::Muninx => FlowName::Muninx,
            Self::Kare => FlowName::Kare,
            Self::Nexus => FlowName::Nexus,
            Self::Unleash => FlowName::Unleash,
        }
    }
}

/// One thing that somebody does, with numbers that are read modulo what there is.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Invite { way: Way, into_customer: bool, person: usize },
    SendAgainByAddress { person: usize },
    SendAgain { invitation: Index },
    Revoke { invitation: Index },
    Accept { secret: Index },
    AcceptAtTheOtherDoor { secret: Index },
    Decline { secret: Index },
    Renew { secret: Index },
    Deliver,
    Wait { span: TimeDelta, swept: bool },
}

/// Steps, of which some meet a database that fails while they write.
pub(super) fn history() -> impl Strategy<Value = Vec<(Step, bool)>> {
    let fails = prop_oneof![7 => Just(false), 1 => Just(true)];
    prop::collection::vec((step(), fails), 1..40)
}

fn step() -> impl Strategy<Value = Step> {
    let way = select(vec![Way::Muninx, Way::Kare, Way::Nexus, Way::Unleash]);
    let invite = (way, any::<bool>(), 0..PEOPLE).prop_map(|(way, into_customer, person)| Step::Invite {
        way,
        into_customer,
        person,
    });
    let span = select(vec![TimeDelta::minutes(1), REST, TimeDelta::days(1), LIFE - TimeDelta::seconds(1), LIFE]);
    prop_oneof![
        6 => invite,
        1 => (0..PEOPLE).prop_map(|person| Step::SendAgainByAddress { person }),
        2 => any::<Index>().prop_map(|invitation| Step::SendAgain { invitation }),
        2 => any::<Index>().prop_map(|invitation| Step::Revoke { invitation }),
        4 => any::<Index>().prop_map(|secret| Step::Accept { secret }),
        1 => any::<Index>().prop_map(|secret| Step::AcceptAtTheOtherDoor { secret }),
        2 => any::<Index>().prop_map(|secret| Step::Decline { secret }),
        3 => any::<Index>().prop_map(|secret| Step::Renew { secret }),
        1 => Just(Step::Deliver),
        3 => (span, any::<bool>()).prop_map(|(span, swept)| Step::Wait { span, swept }),
    ]
}

/// What comes of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Refused(RefusalCode),
    Unchanged,
    /// Something is written, and somebody may get a mail with a secret.
    Changed {
        mailed_secret: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Account {
    Missing,
    Pending,
    /// Active, and nobody has shown that the mailbox is theirs.
    Claimed,
    Active,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Pending,
    Accepted,
    Declined,
    Revoked,
    Expired,
}

/// An invitation.
#[derive(Debug, Clone)]
pub(super) struct Invited {
    pub(super) way: Way,
    pub(super) into_customer: bool,
    pub(super) person: usize,
    state: State,
    expires_at: TimeDelta,
}

/// A secret that was mailed.
#[derive(Debug, Clone)]
pub(super) struct Mailed {
    pub(super) invitation: usize,
    sent_at: TimeDelta,
    used: bool,
    revoked: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MailIs {
    Queued,
    Sent,
    Withdrawn,
}

/// Everything that the service has to remember.
#[derive(Debug, Clone)]
pub(super) struct Model {
    now: TimeDelta,
    pub(super) accounts: [Account; PEOPLE],
    /// By whether the organization is the customer's.
    members: [[bool; PEOPLE]; 2],
    pub(super) invitations: Vec<Invited>,
    pub(super) secrets: Vec<Mailed>,
    /// The invitation of each mail, and where the mail stands.
    pub(super) mails: Vec<(usize, MailIs)>,
}

impl Model {
    pub(super) fn new() -> Self {
        Self {
            now: TimeDelta::zero(),
            accounts: [Account::Missing; PEOPLE],
            members: [[false; PEOPLE]; 2],
            invitations: Vec::new(),
            secrets: Vec::new(),
            mails: Vec::new(),
        }
    }

    pub(super) fn wait(&mut self, span: TimeDelta) {
        self.now += span;
    }

    /// Takes a step. Indices must have something to point at.
    pub(super) fn take(&mut self, step: &Step) -> Outcome {
        match step {
            Step::Invite { way, into_customer, person } => self.invite(*way, *into_customer, *person),
            Step::SendAgainByAddress { person } => self.send_again_by_address(*person),
            Step::SendAgain { invitation } => self.send_again(invitation.index(self.invitations.len())),
            Step::Revoke { invitation } => self.revoke(invitation.index(self.invitations.len())),
            Step::Accept { secret } => self.accept(secret.index(self.secrets.len())),
            Step::AcceptAtTheOtherDoor { .. } => Outcome::Refused(RefusalCode::SecretUnknown),
            Step::Decline { secret } => self.decline(secret.index(self.secrets.len())),
            Step::Renew { secret } => self.renew(secret.index(self.secrets.len())),
            Step::Deliver => self.deliver(),
            Step::Wait { span, .. } => {
                self.wait(*span);
                Outcome::Unchanged
            }
        }
    }

    /// Where an invitation stands, in the words of the API.
    pub(super) fn shown_state(&self, invited: &Invited) -> &'static str {
        match invited.state {
            State::Expired => "expired",
            State::Pending if invited.expires_at <= self.now => "expired",
            State::Pending => "pending",
            State::Accepted => "accepted",
            State::Declined => "declined",
            State::Revoked => "revoked",
        }
    }

    fn invite(&mut self, way: Way, into_customer: bool, person: usize) -> Outcome {
        let account = self.accounts[person];
        let into_customer = into_customer && matches!(way, Way::Muninx | Way::Nexus);
        let late = self.invitations.iter().position(|it| {
            (it.into_customer, it.person, it.state) == (into_customer, person, State::Pending)
                && it.expires_at <= self.now
        });
        let waits = |it: &Invited| (it.person, it.state) == (person, State::Pending) && it.expires_at > self.now;
        let is_taken =
            account != Account::Missing && (account != Account::Pending || self.invitations.iter().any(waits));
        let is_member = &mut self.members[usize::from(into_customer)][person];
        match way {
            Way::Muninx | Way::Unleash if is_taken => return Outcome::Refused(RefusalCode::EmailTaken),
            Way::Kare | Way::Nexus if *is_member && late.is_none() => {
                return Outcome::Refused(RefusalCode::AlreadyMember);
            }
            _ => *is_member = true,
        }
        if let Some(late) = late {
            self.invitations[late].state = State::Expired;
            self.revoke_secrets(late);
            self.withdraw_mails(late);
        }
        let asks = way != Way::Unleash && account != Account::Active;
        self.accounts[person] = match (way, account) {
            (Way::Unleash, _) | (_, Account::Claimed) => Account::Claimed,
            (_, Account::Active) => Account::Active,
            _ => Account::Pending,
        };
        let state = if asks { State::Pending } else { State::Accepted };
        self.invitations.push(Invited { way, into_customer, person, state, expires_at: self.now + LIFE });
        let invitation = self.invitations.len() - 1;
        if way != Way::Unleash {
            self.mails.push((invitation, MailIs::Queued));
        }
        if asks {
            self.secrets.push(Mailed { invitation, sent_at: self.now, used: false, revoked: false });
        }
        Outcome::Changed { mailed_secret: asks }
    }

    fn send_again_by_address(&mut self, person: usize) -> Outcome {
        if !self.members.iter().any(|members| members[person]) {
            return Outcome::Refused(RefusalCode::UserNotFound);
        }
        let latest = self.invitations.iter().rposition(|it| it.person == person && it.state == State::Pending);
        match latest {
            Some(invitation) if self.accounts[person] == Account::Pending => self.send_again(invitation),
            Some(_) | None => Outcome::Refused(RefusalCode::UserNotPending),
        }
    }

    fn send_again(&mut self, invitation: usize) -> Outcome {
        if self.invitations[invitation].state != State::Pending {
            return Outcome::Refused(RefusalCode::InvitationNotPending);
        }
        self.revoke_secrets(invitation);
        self.withdraw_mails(invitation);
        self.invitations[invitation].expires_at = self.now + LIFE;
        self.mails.push((invitation, MailIs::Queued));
        self.secrets.push(Mailed { invitation, sent_at: self.now, used: false, revoked: false });
        Outcome::Changed { mailed_secret: true }
    }

    fn revoke(&mut self, invitation: usize) -> Outcome {
        if self.invitations[invitation].state != State::Pending {
            return Outcome::Refused(RefusalCode::InvitationNotPending);
        }
        self.revoke_secrets(invitation);
        self.end(invitation, State::Revoked)
    }

    fn accept(&mut self, secret: usize) -> Outcome {
        if let Err(code) = self.check_open(secret) {
            return Outcome::Refused(code);
        }
        self.secrets[secret].used = true;
        let invitation = self.secrets[secret].invitation;
        self.withdraw_mails(invitation);
        let invited = &mut self.invitations[invitation];
        invited.state = State::Accepted;
        self.accounts[invited.person] = Account::Active;
        Outcome::Changed { mailed_secret: false }
    }

    fn decline(&mut self, secret: usize) -> Outcome {
        if let Err(code) = self.check_open(secret) {
            return Outcome::Refused(code);
        }
        self.secrets[secret].used = true;
        self.end(self.secrets[secret].invitation, State::Declined)
    }

    fn renew(&mut self, secret: usize) -> Outcome {
        let Mailed { invitation, sent_at, used, revoked } = self.secrets[secret];
        let died_of_age = !used && !revoked && sent_at + LIFE <= self.now;
        if died_of_age && self.invitations[invitation].state == State::Pending {
            self.send_again(invitation)
        } else {
            Outcome::Unchanged
        }
    }

    fn deliver(&mut self) -> Outcome {
        let waiting = self.mails.iter_mut().filter(|(_, mail)| *mail == MailIs::Queued);
        waiting.for_each(|(_, mail)| *mail = MailIs::Sent);
        Outcome::Unchanged
    }

    fn check_open(&self, secret: usize) -> Result<(), RefusalCode> {
        let Mailed { invitation, sent_at, used, revoked } = self.secrets[secret];
        match self.invitations[invitation].state {
            State::Declined => Err(RefusalCode::SecretDeclined),
            _ if used => Err(RefusalCode::SecretUsed),
            _ if revoked => Err(RefusalCode::SecretRevoked),
            _ if sent_at + LIFE <= self.now => Err(RefusalCode::SecretExpired),
            _ => Ok(()),
        }
    }

    fn end(&mut self, invitation: usize, state: State) -> Outcome {
        self.withdraw_mails(invitation);
        let invited = &mut self.invitations[invitation];
        invited.state = state;
        self.members[usize::from(invited.into_customer)][invited.person] = false;
        Outcome::Changed { mailed_secret: false }
    }

    fn revoke_secrets(&mut self, invitation: usize) {
        let live = self.secrets.iter_mut().filter(|secret| secret.invitation == invitation && !secret.used);
        live.for_each(|secret| secret.revoked = true);
    }

    fn withdraw_mails(&mut self, invitation: usize) {
        let waiting = self.mails.iter_mut().filter(|(of, mail)| *of == invitation && *mail == MailIs::Queued);
        waiting.for_each(|(_, mail)| *mail = MailIs::Withdrawn);
    }
}
