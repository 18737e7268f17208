//! Tokens, codes and password hashes: how they are made and what of them is kept.
//!
//! Invariants: tokens come from the caller's cryptographic generator; of a token only the
//! SHA-256 is stored (it has 190 bits of its own, so a slow hash would add nothing); passwords are
//! kept as argon2id.

use super::text::Password;
use crate::error::AppError;
use argon2::password_hash::phc::{Output, ParamsString, PasswordHash as Phc, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use rand::CryptoRng;
use rand::distr::{Alphanumeric, SampleString};
use sha2::{Digest, Sha256};
use std::fmt;

/// Characters in a token: 32 of 62 kinds are 190.5 bits.
pub const TOKEN_LEN: usize = 32;
/// Characters in a join code without its hyphens: 12 of 62 kinds are 71 bits.
const JOIN_CODE_LEN: usize = 12;
/// Random bytes in a password's salt (RFC 9106, 3.1).
const SALT_LEN: usize = 16;

/// What a browser or script shows to prove its session, or the secret part of a link that signs somebody in on another device,
/// once. Never stored, never logged.
pub struct Token(String);

impl Token {
    /// A new token from `dice`.
    pub fn generate(dice: &mut impl CryptoRng) -> Self {
        Self(Alphanumeric.sample_string(dice, TOKEN_LEN))
    }

    /// The token, to be handed to its owner once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored of it.
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(&self.0)
    }
}

/// The SHA-256 of a token, which finds its row and gives nothing away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash(pub [u8; 32]);

impl TokenHash {
    /// The hash of a token as it was presented, whatever it is.
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }
}

/// The secret part of the invite link, `xxxx-xxxx-xxxx`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinCode(String);

impl JoinCode {
    /// A new code from `dice`.
    pub fn generate(dice: &mut impl CryptoRng) -> Self {
        let letters = Alphanumeric.sample_string(dice, JOIN_CODE_LEN);
        Self(format!("{}-{}-{}", &letters[..4], &letters[4..8], &letters[8..]))
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A password that nobody has to think of, from `dice`: 16 letters and digits in groups of four, 95 bits.
pub fn generated_password(dice: &mut impl CryptoRng) -> String {
    let letters = Alphanumeric.sample_string(dice, 16);
    format!("{}-{}-{}-{}", &letters[..4], &letters[4..8], &letters[8..12], &letters[12..])
}

/// A password as it is stored: argon2id in PHC string format, with its salt and parameters.
#[derive(Clone)]
pub struct PasswordHash(String);

/// The 19 MiB that hashing works in, to be used again: an allocator that is asked for it anew each time keeps several.
#[derive(Default)]
pub struct HashMemory(Vec<Block>);

impl PasswordHash {
    /// Hashes `password` with a salt from `dice`. Takes tens of milliseconds: never on an async thread.
    pub fn of(password: &Password, dice: &mut impl CryptoRng, memory: &mut HashMemory) -> Result<Self, AppError> {
        let mut bytes = [0; SALT_LEN];
        dice.fill_bytes(&mut bytes);
        let salt = Salt::new(&bytes).map_err(failed)?;
        let params = Params::new(19 * 1024, 2, 1, None).map_err(failed)?;
        let phc = Phc {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&params).map_err(failed)?,
            salt: Some(salt),
            hash: Some(output(password.as_bytes(), &salt, params, memory)?),
        };
        Ok(Self(phc.to_string()))
    }

    /// Takes back a hash from the column it was stored in.
    pub fn stored(phc: String) -> Self {
        Self(phc)
    }

    /// Whether `password` is the one that was hashed. As slow as hashing, whatever the answer.
    pub fn verify(&self, password: &[u8], memory: &mut HashMemory) -> bool {
        let Ok(Phc { algorithm, params, salt: Some(salt), hash: Some(hash), .. }) = Phc::new(&self.0) else {
            return false;
        };
        let Ok(params) = Params::try_from(&params) else { return false };
        // Outputs are compared in constant time.
        algorithm == Algorithm::Argon2id.ident()
            && output(password, &salt, params, memory).is_ok_and(|output| output == hash)
    }

    /// The PHC string.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// argon2id (RFC 9106), version 1.3. New hashes are made with the parameters of the OWASP Password Storage Cheat Sheet: 19 MiB,
/// 2 passes, 1 lane.
fn output(password: &[u8], salt: &Salt, params: Params, memory: &mut HashMemory) -> Result<Output, AppError> {
    memory.0.resize(params.block_count(), Block::default());
    let mut bytes = [0; Params::DEFAULT_OUTPUT_LEN];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(password, salt, &mut bytes, &mut memory.0)
        .map_err(failed)?;
    Output::new(&bytes).map_err(failed)
}

fn failed(error: impl fmt::Display) -> AppError {
    AppError::Internal(format!("password hashing failed: {error}"))
}

#[cfg(test)]
#[path = "../../tests/unit/domain/secrets.rs"]
mod tests;
