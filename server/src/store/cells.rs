//! From columns to domain values and back.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use invite_domain::credential::Permission;
use invite_domain::email_address::EmailAddress;
use invite_domain::ids::{OrganizationId, UserId};
use invite_domain::secret::SecretDigest;
use uuid::Uuid;

use super::Error;
use super::sql::{Row, Stored};

/// One row, read column by column.
pub(super) struct Cells<'r>(pub(super) &'r Row);

impl Cells<'_> {
    /// A column of a type that the drivers know.
    pub(super) fn get<T: Stored>(&self, column: &'static str) -> Result<T, Error> {
        self.0.get(column)
    }

    /// A count.
    pub(super) fn number(&self, column: &'static str) -> Result<u32, Error> {
        let number: i64 = self.get(column)?;
        u32::try_from(number).map_err(|_| Error::Damaged { column })
    }

    pub(super) fn text(&self, column: &'static str) -> Result<String, Error> {
        self.get(column)
    }

    pub(super) fn optional_text(&self, column: &'static str) -> Result<Option<String>, Error> {
        self.get(column)
    }

    /// A text that names a variant.
    pub(super) fn named<T>(&self, column: &'static str, read: fn(&str) -> Option<T>) -> Result<T, Error> {
        read(&self.text(column)?).ok_or(Error::Damaged { column })
    }

    pub(super) fn optional_named<T>(
        &self,
        column: &'static str,
        read: fn(&str) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        self.optional_text(column)?.map(|text| read(&text).ok_or(Error::Damaged { column })).transpose()
    }

    pub(super) fn instant(&self, column: &'static str) -> Result<DateTime<Utc>, Error> {
        DateTime::from_timestamp_millis(self.get(column)?).ok_or(Error::Damaged { column })
    }

    pub(super) fn optional_instant(&self, column: &'static str) -> Result<Option<DateTime<Utc>>, Error> {
        let millis: Option<i64> = self.get(column)?;
        millis.map(|millis| DateTime::from_timestamp_millis(millis).ok_or(Error::Damaged { column })).transpose()
    }

    pub(super) fn uuid(&self, column: &'static str) -> Result<Uuid, Error> {
        self.get(column)
    }

    pub(super) fn optional_uuid(&self, column: &'static str) -> Result<Option<Uuid>, Error> {
        self.get(column)
    }

    pub(super) fn user(&self, column: &'static str) -> Result<UserId, Error> {
        Ok(UserId::new(self.get(column)?))
    }

    pub(super) fn optional_user(&self, column: &'static str) -> Result<Option<UserId>, Error> {
        let number: Option<i64> = self.get(column)?;
        Ok(number.map(UserId::new))
    }

    pub(super) fn organization(&self, column: &'static str) -> Result<OrganizationId, Error> {
        self.get(column).map(OrganizationId::new)
    }

    pub(super) fn optional_organization(&self, column: &'static str) -> Result<Option<OrganizationId>, Error> {
        let number: Option<i32> = self.get(column)?;
        Ok(number.map(OrganizationId::new))
    }

    /// Numbers divided by blanks, or none.
    pub(super) fn organizations(&self, column: &'static str) -> Result<BTreeSet<OrganizationId>, Error> {
        let numbers = self.optional_text(column)?.unwrap_or_default();
        let number = |number: &str| number.parse().map(OrganizationId::new).map_err(|_| Error::Damaged { column });
        numbers.split_whitespace().map(number).collect()
    }

    pub(super) fn digest(&self, column: &'static str) -> Result<SecretDigest, Error> {
        let bytes: Vec<u8> = self.get(column)?;
        bytes.try_into().map(SecretDigest::from_bytes).map_err(|_| Error::Damaged { column })
    }

    pub(super) fn address(&self, original: &'static str, normalized: &'static str) -> Result<EmailAddress, Error> {
        EmailAddress::from_stored(self.text(original)?, self.text(normalized)?)
            .ok_or(Error::Damaged { column: original })
    }

    pub(super) fn permissions(&self, column: &'static str) -> Result<BTreeSet<Permission>, Error> {
        let text = self.text(column)?;
        text.split_whitespace().map(|name| Permission::from_stored(name).ok_or(Error::Damaged { column })).collect()
    }
}

/// An instant as it is stored.
pub(super) fn millis(instant: DateTime<Utc>) -> i64 {
    instant.timestamp_millis()
}

/// Permissions as they are stored.
pub(super) fn permission_names(permissions: &BTreeSet<Permission>) -> String {
    let names: Vec<&str> = permissions.iter().map(|permission| permission.as_str()).collect();
    names.join(" ")
}
