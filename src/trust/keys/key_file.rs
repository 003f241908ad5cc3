//! Cosign's private key files: PKCS#8, sealed with a password.
//!
//! A PEM block around JSON: the password goes through scrypt, and what comes out opens a NaCl secretbox.
//! The file is not trusted to say how much work that is: only the two parameter sets that cosign has written are taken.
//! No error repeats a password, a key, or a part of the file.

use crypto_secretbox::XSalsa20Poly1305;
use crypto_secretbox::aead::rand_core::RngCore as _;
use crypto_secretbox::aead::{Aead as _, KeyInit as _, OsRng};
use p256::elliptic_curve::zeroize::Zeroizing;
use serde::{Deserialize, Serialize};

use super::encoding::{Base64, excerpt};
use crate::pem::{self, PemError};

const LABEL: &str = "ENCRYPTED SIGSTORE PRIVATE KEY";
const OLDER_LABEL: &str = "ENCRYPTED COSIGN PRIVATE KEY";
const KDF: &str = "scrypt";
const CIPHER: &str = "nacl/secretbox";
const SALT: usize = 32;
const NONCE: usize = 24;

/// What cosign writes now: 64 MiB and about 0.2 s.
const STANDARD: ScryptParameters = ScryptParameters { n: 1 << 16, r: 8, p: 1 };
/// What cosign wrote before 2023.
const OLDER: ScryptParameters = ScryptParameters { n: 1 << 15, r: 8, p: 1 };

/// A private key cannot be read, opened or made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileError {
    /// The text is not a PEM block of the right kind.
    #[error(transparent)]
    Pem(#[from] PemError),
    /// The block does not hold the JSON of a key file.
    #[error("the PEM block does not hold the JSON of a cosign key file")]
    Malformed,
    /// The password is turned into a key in an unknown way.
    #[error("expected a key file with kdf `{KDF}`, found `{found}`")]
    OtherKdf {
        /// The name that was found.
        found: String,
    },
    /// The key is sealed in an unknown way.
    #[error("expected a key file with cipher `{CIPHER}`, found `{found}`")]
    OtherCipher {
        /// The name that was found.
        found: String,
    },
    /// The file asks for an amount of work that cosign never asks for.
    #[error("expected scrypt with N=32768 or N=65536, r=8, p=1, found N={n}, r={r}, p={p}")]
    OtherParameters {
        /// The cost.
        n: u64,
        /// The block size.
        r: u64,
        /// The parallelism.
        p: u64,
    },
    /// The salt or the nonce has another length.
    #[error("expected a {what} of {expected} bytes, found {found}")]
    OtherLength {
        /// Which of the two.
        what: &'static str,
        /// Its length in every key file.
        expected: usize,
        /// Its length here.
        found: usize,
    },
    /// The password is wrong, or the sealed key was altered: the two look the same.
    #[error("the password does not open the key file")]
    WrongPassword,
    /// The password opens the file, but there is no private key in it.
    #[error("the key file opens, but holds no private key")]
    NoKeyInside,
    /// The file holds a key of another kind.
    #[error("expected an ECDSA P-256 private key, found {found}")]
    OtherAlgorithm {
        /// The kind that was found.
        found: String,
    },
    /// The operating system gives no randomness.
    #[error("the operating system gives no randomness")]
    NoRandomness,
}

// See: go-securesystemslib encrypted/encrypted.go, type data
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    kdf: Kdf,
    cipher: Cipher,
    ciphertext: Base64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kdf {
    name: String,
    params: ScryptParameters,
    salt: Base64,
}

#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
struct ScryptParameters {
    #[serde(rename = "N")]
    n: u64,
    r: u64,
    p: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cipher {
    name: String,
    nonce: Base64,
}

/// Returns the PKCS#8 document in a key file.
pub(crate) fn open(text: &str, password: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyFileError> {
    let json = pem::decode(text, LABEL, &[OLDER_LABEL])?;
    let file: KeyFile = serde_json::from_slice(&json).map_err(|_| KeyFileError::Malformed)?;
    let parameters = check(&file)?;
    let nonce = array::<NONCE>("nonce", &file.cipher.nonce.0)?;
    let cipher = cipher(password, &file.kdf.salt.0, parameters)?;
    let opened = cipher.decrypt(&nonce.into(), file.ciphertext.0.as_slice());
    opened.map(Zeroizing::new).map_err(|_| KeyFileError::WrongPassword)
}

/// Returns a key file with the PKCS#8 document in it.
pub(crate) fn seal(pkcs8: &[u8], password: &[u8]) -> Result<String, KeyFileError> {
    seal_with(pkcs8, password, STANDARD)
}

fn seal_with(pkcs8: &[u8], password: &[u8], parameters: ScryptParameters) -> Result<String, KeyFileError> {
    let (mut salt, mut nonce) = ([0; SALT], [0; NONCE]);
    fill_random(&mut salt)?;
    fill_random(&mut nonce)?;
    let cipher = cipher(password, &salt, parameters)?;
    let sealed = cipher.encrypt(&nonce.into(), pkcs8).map_err(|_| KeyFileError::Malformed)?;
    let file = KeyFile {
        kdf: Kdf { name: KDF.to_owned(), params: parameters, salt: Base64(salt.to_vec()) },
        cipher: Cipher { name: CIPHER.to_owned(), nonce: Base64(nonce.to_vec()) },
        ciphertext: Base64(sealed),
    };
    let json = serde_json::to_vec(&file).map_err(|_| KeyFileError::Malformed)?;
    pem::encode(LABEL, &json).ok_or(KeyFileError::Malformed)
}

/// Fills the buffer from the operating system.
pub(crate) fn fill_random(buffer: &mut [u8]) -> Result<(), KeyFileError> {
    OsRng.try_fill_bytes(buffer).map_err(|_| KeyFileError::NoRandomness)
}

fn check(file: &KeyFile) -> Result<ScryptParameters, KeyFileError> {
    let ScryptParameters { n, r, p } = file.kdf.params;
    if file.kdf.name != KDF {
        return Err(KeyFileError::OtherKdf { found: excerpt(&file.kdf.name) });
    }
    if file.cipher.name != CIPHER {
        return Err(KeyFileError::OtherCipher { found: excerpt(&file.cipher.name) });
    }
    if ![STANDARD, OLDER].contains(&file.kdf.params) {
        return Err(KeyFileError::OtherParameters { n, r, p });
    }
    array::<SALT>("salt", &file.kdf.salt.0)?;
    Ok(file.kdf.params)
}

fn array<const N: usize>(what: &'static str, bytes: &[u8]) -> Result<[u8; N], KeyFileError> {
    bytes.try_into().map_err(|_| KeyFileError::OtherLength { what, expected: N, found: bytes.len() })
}

fn cipher(
    password: &[u8],
    salt: &[u8],
    parameters: ScryptParameters,
) -> Result<XSalsa20Poly1305, KeyFileError> {
    let ScryptParameters { n, r, p } = parameters;
    let refused = || KeyFileError::OtherParameters { n, r, p };
    let log_n = n.checked_ilog2().and_then(|log| u8::try_from(log).ok()).ok_or_else(refused)?;
    let (r, p) = (u32::try_from(r).map_err(|_| refused())?, u32::try_from(p).map_err(|_| refused())?);
    let work = scrypt::Params::new(log_n, r, p).map_err(|_| refused())?;
    let mut key = Zeroizing::new([0; 32]);
    scrypt::scrypt(password, salt, &work, &mut *key).map_err(|_| refused())?;
    Ok(XSalsa20Poly1305::new((&*key).into()))
}

#[cfg(test)]
mod tests;
