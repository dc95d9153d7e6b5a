//! Members of a body that may be absent, null or a value, where each means something else.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A member that the document makes optional *and* nullable: leaving it out and sending `null` are two things.
///
/// Builders take the bare value; for `null` they have a second method, `…_null`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Patch<T> {
    /// Not there.
    #[default]
    Absent,
    /// `null`.
    Null,
    /// A value.
    Value(T),
}

impl<T> Patch<T> {
    /// Whether it is left out.
    ///
    /// ```
    /// use invite_sdk::Patch;
    ///
    /// assert!(Patch::<i64>::Absent.is_absent());
    /// assert!(!Patch::<i64>::Null.is_absent());
    /// ```
    #[must_use]
    pub const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Whether it is `null`.
    ///
    /// ```
    /// use invite_sdk::Patch;
    ///
    /// assert!(Patch::<i64>::Null.is_null());
    /// assert!(!Patch::<i64>::Absent.is_null());
    /// ```
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The value, if there is one.
    ///
    /// ```
    /// use invite_sdk::Patch;
    ///
    /// assert_eq!(Patch::Value(5).value(), Some(&5));
    /// assert_eq!(Patch::<i64>::Null.value(), None);
    /// ```
    #[must_use]
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// The value itself, if there is one.
    ///
    /// ```
    /// use invite_sdk::Patch;
    ///
    /// assert_eq!(Patch::from("Maria").into_value(), Some("Maria"));
    /// ```
    #[must_use]
    pub fn into_value(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }
}

impl<T> From<T> for Patch<T> {
    fn from(value: T) -> Self {
        Self::Value(value)
    }
}

/// Writes `null` for an absent member too; the generated types leave it out before it comes to that.
impl<T: Serialize> Serialize for Patch<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(serializer)
    }
}

/// A member that is there: `null` or a value. The generated types take the default for one that is not.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Null, Self::Value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Body {
        #[serde(default, skip_serializing_if = "Patch::is_absent")]
        name: Patch<String>,
    }

    #[test]
    fn absent_null_and_value_round_trip() {
        for (text, name) in [
            ("{}", Patch::Absent),
            (r#"{"name":null}"#, Patch::Null),
            (r#"{"name":"a"}"#, Patch::Value("a".to_owned())),
        ] {
            let body = Body { name };
            assert_eq!(serde_json::to_string(&body).unwrap(), text);
            assert_eq!(serde_json::from_str::<Body>(text).unwrap(), body);
        }
    }
}
