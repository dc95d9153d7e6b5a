//! One hash at a time, in memory that is used again.

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash as Phc, Salt};
use argon2::password_hash::{Error, Result};
use argon2::{Algorithm, Argon2, Block, Params, Version};

/// What hashes, and the memory that it works in. To get that from the system takes a quarter of the time of a hash.
#[derive(Default)]
pub(super) struct Hasher {
    memory: Vec<Block>,
}

impl Hasher {
    /// The hash of a password, as a PHC string.
    pub(super) fn hash(&mut self, password: &[u8], salt: &[u8], params: &Params) -> Result<String> {
        let version = Version::V0x13;
        let output = self.run(password, salt, version, params.clone(), Params::DEFAULT_OUTPUT_LEN)?;
        let phc = Phc {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(version.into()),
            params: ParamsString::try_from(params)?,
            salt: Some(Salt::new(salt)?),
            hash: Some(output),
        };
        Ok(phc.to_string())
    }

    /// Whether a password is the one behind a PHC string, by the parameters of that string.
    pub(super) fn verify(&mut self, password: &[u8], phc: &str) -> Result<bool> {
        let phc = Phc::new(phc)?;
        let (Some(salt), Some(expected)) = (&phc.salt, &phc.hash) else { return Err(Error::SaltInvalid) };
        if phc.algorithm != Algorithm::Argon2id.ident() {
            return Err(Error::Algorithm);
        }
        let version = phc.version.map_or(Ok(Version::default()), Version::try_from)?;
        let found = self.run(password, salt, version, Params::try_from(&phc)?, expected.len())?;
        // It takes as long for every output of the same length.
        Ok(found == *expected)
    }

    /// Gives the memory back.
    pub(super) fn rest(&mut self) {
        self.memory = Vec::new();
    }

    fn run(&mut self, password: &[u8], salt: &[u8], version: Version, params: Params, length: usize) -> Result<Output> {
        if self.memory.len() < params.block_count() {
            self.memory = vec![Block::default(); params.block_count()];
        }
        let mut buffer = [0; Output::MAX_LENGTH];
        let output = buffer.get_mut(..length).ok_or(Error::OutputSize)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, version, params);
        argon2.hash_password_into_with_memory(password, salt, output, &mut self.memory)?;
        Ok(Output::new(output)?)
    }
}
