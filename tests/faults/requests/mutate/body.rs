//! Bodies: about people who meet, then changed as JSON and as bytes.

use contract_tests::vectors::{File, RequestVector};
use serde_json::{Map, Value, json};

use super::texts::PEOPLE;
use super::{PART, Source};

impl Source {
    pub(super) fn body(&mut self, file: &File, vector: &RequestVector, is_changed: bool) -> Option<Vec<u8>> {
        let Some(body) = &vector.request.body else {
            // A body where none belongs.
            return (is_changed && self.chance(PART)).then(|| self.text().into_bytes());
        };
        let mut json = body.json(file);
        if let Some(json) = &mut json {
            self.people(json);
            if is_changed && self.chance(2) {
                for _ in 0..=self.random.below(2) {
                    self.change(json, 0);
                }
            }
        }
        let mut bytes = body.bytes(json.as_ref());
        if is_changed && self.chance(6) {
            self.damage(&mut bytes);
        }
        Some(bytes)
    }

    /// Has a body be about few people, and about what is there.
    fn people(&mut self, json: &mut Value) {
        match json {
            Value::Object(members) => {
                for (name, value) in members.iter_mut() {
                    match (name.as_str(), &value) {
                        ("email", Value::String(_)) => *value = self.address().into(),
                        ("username", Value::String(_)) => *value = format!("p{}", self.random.below(PEOPLE)).into(),
                        ("challenge" | "invitationToken" | "refreshToken", Value::String(_))
                            if !self.learnt.is_empty() && self.chance(2) =>
                        {
                            *value = self.random.one_of(&self.learnt).clone().into();
                        }
                        _ => self.people(value),
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.people(item)),
            _ => {}
        }
    }

    /// Changes something somewhere in a value.
    fn change(&mut self, value: &mut Value, depth: usize) {
        match value {
            Value::Object(members) if !members.is_empty() && !self.chance(8) => self.change_member(members, depth),
            Value::Array(items) if !items.is_empty() && !self.chance(4) => {
                let place = self.random.below(items.len());
                match self.random.below(4) {
                    0 => drop(items.remove(place)),
                    1 => {
                        let one = items[place].clone();
                        let times = 1 + self.random.below(300);
                        items.extend(std::iter::repeat_n(one, times));
                    }
                    _ => self.change(&mut items[place], depth + 1),
                }
            }
            _ => *value = self.anything(depth),
        }
    }

    fn change_member(&mut self, members: &mut Map<String, Value>, depth: usize) {
        let name = members.keys().nth(self.random.below(members.len())).cloned().unwrap_or_default();
        match self.random.below(8) {
            0 => drop(members.shift_remove(&name)),
            1 => {
                let (name, value) = (self.text(), self.anything(depth));
                members.insert(name, value);
            }
            2 => {
                let other = *self.random.one_of(&[
                    "rootRole",
                    "id",
                    "makeAdmin",
                    "isAPI",
                    "organization",
                    "__proto__",
                    "created-at",
                    "type",
                ]);
                let value = self.anything(depth);
                members.insert(other.to_owned(), value);
            }
            _ => {
                if let Some(value) = members.get_mut(&name) {
                    self.change(value, depth + 1);
                }
            }
        }
    }

    fn anything(&mut self, depth: usize) -> Value {
        match self.random.below(14) {
            0 => Value::Null,
            1 => json!(self.chance(2)),
            2 => json!(*self.random.one_of(&[0_i64, -1, 1, 2, 255, 65_536, i64::MAX, i64::MIN, 2_147_483_648])),
            3 => json!(*self.random.one_of(&[0.5, -0.0, 1e300, 1e-300, 1.000_000_000_000_000_2])),
            4 => json!(u64::MAX),
            5 => json!([]),
            6 => json!({}),
            7 => json!([self.text(), null]),
            8 if depth < 4 => (0..200).fold(Value::Null, |inner, _| json!([inner])),
            9 => self.address().into(),
            10 if !self.learnt.is_empty() => self.random.one_of(&self.learnt).clone().into(),
            _ => self.text().into(),
        }
    }
}
