//! What the examples share: the world that `invite-server dev` describes in `dev.json`.

use std::error::Error;

use invite_sdk::serde_json::Value;
use invite_sdk::uuid::Uuid;

/// The contents of `dev.json`.
pub(crate) struct Dev(Value);

impl Dev {
    /// Reads the file named by the first argument, or by `INVITE_DEV_JSON`.
    pub(crate) fn load() -> Result<Self, Box<dyn Error>> {
        let path = std::env::args()
            .nth(1)
            .or_else(|| std::env::var("INVITE_DEV_JSON").ok())
            .ok_or("which server? give the path of its dev.json as argument or in INVITE_DEV_JSON; `invite-server dev` writes that file")?;
        let text = std::fs::read(&path).map_err(|error| format!("cannot read {path}: {error}"))?;
        Ok(Self(invite_sdk::serde_json::from_slice(&text)?))
    }

    /// The text or number at a JSON pointer.
    pub(crate) fn get(&self, pointer: &str) -> Result<String, Box<dyn Error>> {
        match self.0.pointer(pointer) {
            Some(Value::String(text)) => Ok(text.clone()),
            Some(Value::Number(number)) => Ok(number.to_string()),
            _ => Err(format!("dev.json has no {pointer}").into()),
        }
    }

    /// An address that nobody has yet.
    pub(crate) fn new_address() -> String {
        format!("{}@example.com", Uuid::new_v4().simple())
    }
}
