//! How many requests each client has sent of late, in memory and bounded.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use invite_domain::limit::{Limit, Neighbourhood, Verdict};

/// How many clients are kept in mind. A client is forgotten as soon as what it did has worn off, mostly within a second.
const CLIENTS: usize = 65_536;
/// How often at most all clients are looked through for those that can be forgotten.
const LOOK: TimeDelta = TimeDelta::seconds(1);

/// Until when the requests of each client count.
#[derive(Default)]
pub(super) struct Clients {
    until: HashMap<Neighbourhood, DateTime<Utc>>,
    /// Of all clients that came when there was no room left, together.
    rest: Option<DateTime<Utc>>,
    looked_at: Option<DateTime<Utc>>,
}

impl Clients {
    pub(super) fn count(&mut self, limit: Limit, client: Neighbourhood, now: DateTime<Utc>) -> Result<(), TimeDelta> {
        // No count reaches further ahead. One that seems to is from before the clock was set back, and nobody waits for that.
        let furthest = now + limit.reach();
        self.rest = self.rest.map(|rest| rest.min(furthest));
        let known = self.until.get_mut(&client).map(|until| {
            *until = furthest.min(*until);
            *until
        });
        let has_room = known.is_some() || self.has_room(now);
        match limit.judge(if has_room { known } else { self.rest }, now) {
            Verdict::Refused(wait) => Err(wait),
            Verdict::Admitted(until) => {
                if has_room {
                    self.until.insert(client, until);
                } else {
                    self.rest = Some(until);
                }
                Ok(())
            }
        }
    }

    fn has_room(&mut self, now: DateTime<Utc>) -> bool {
        if self.until.len() >= CLIENTS && self.looked_at.is_none_or(|looked_at| now - looked_at >= LOOK) {
            self.looked_at = Some(now);
            self.until.retain(|_, until| *until > now);
        }
        self.until.len() < CLIENTS
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    fn client(number: u32) -> IpAddr {
        IpAddr::V4(Ipv4Addr::from_bits(number))
    }

    #[test]
    fn memory_is_bounded_and_what_has_worn_off_is_forgotten() {
        let limit = Limit::new(1, TimeDelta::seconds(10)).expect("a limit");
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let mut clients = Clients::default();
        let count = u32::try_from(CLIENTS).expect("small");
        for number in 0..count {
            assert!(clients.count(limit, client(number).into(), now).is_ok());
        }
        assert!(clients.count(limit, client(count).into(), now).is_ok(), "the first of those without room");
        assert!(clients.count(limit, client(count + 1).into(), now).is_err(), "they are counted together");
        assert_eq!(clients.until.len(), CLIENTS);
        let later = now + TimeDelta::seconds(10);
        assert!(clients.count(limit, client(count + 1).into(), later).is_ok());
        assert_eq!(clients.until.len(), 1, "the others have worn off");
    }
}
