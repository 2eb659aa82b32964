//! What a service account signs to get a token: a JWT with RS256.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use patchbay_domain::UnixMillis;
use rustls::SignatureScheme;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::sign::SigningKey;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use url::Url;

use super::key_file::KeyFileError;

/// All that Google Cloud does; what an account may do is said by its roles.
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// Google takes no longer ones.
const LIFETIME_SECONDS: i64 = 3_600;

/// A service account that can sign.
pub(super) struct Signer {
    email: String,
    key_id: Option<String>,
    key: Arc<dyn SigningKey>,
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    typ: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    scope: &'static str,
    aud: &'a str,
    iat: i64,
    exp: i64,
}

impl Signer {
    /// Reads the private key, which is in the PEM form of PKCS 8 or PKCS 1.
    pub(super) fn new(
        email: String,
        key_id: Option<String>,
        private_key: &SecretString,
    ) -> Result<Self, KeyFileError> {
        let pem = private_key.expose_secret();
        let key =
            PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| KeyFileError::PrivateKey)?;
        let key = rustls::crypto::aws_lc_rs::sign::any_supported_type(&key)
            .map_err(|_| KeyFileError::PrivateKey)?;
        let signer = Self { email, key_id, key };
        // A key of another kind signs nothing that Google takes.
        match signer.sign(b"") {
            Some(_) => Ok(signer),
            None => Err(KeyFileError::PrivateKey),
        }
    }

    /// The signed request for a token; `None` where signing fails.
    pub(super) fn assertion(&self, token_uri: &Url, now: UnixMillis) -> Option<SecretString> {
        let issued = now.0.div_euclid(1_000);
        let header = Header {
            alg: "RS256",
            typ: "JWT",
            kid: self.key_id.as_deref(),
        };
        let claims = Claims {
            iss: &self.email,
            scope: SCOPE,
            aud: token_uri.as_str(),
            iat: issued,
            exp: issued + LIFETIME_SECONDS,
        };
        let mut assertion = encoded(&header)?;
        assertion.push('.');
        assertion.push_str(&encoded(&claims)?);
        let signature = self.sign(assertion.as_bytes())?;
        assertion.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut assertion);
        Some(assertion.into())
    }

    /// TLS's name for RS256: PKCS 1, version 1.5, with SHA-256.
    fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let signer = self
            .key
            .choose_scheme(&[SignatureScheme::RSA_PKCS1_SHA256])?;
        signer.sign(message).ok()
    }
}

fn encoded(part: &impl Serialize) -> Option<String> {
    Some(URL_SAFE_NO_PAD.encode(serde_json::to_vec(part).ok()?))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn the_signature_is_one_that_the_public_key_accepts() {
        let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
        let signer = Signer::new(
            "me@project.iam.gserviceaccount.com".to_owned(),
            Some("key-7".to_owned()),
            &pair.serialize_pem().into(),
        )
        .unwrap();
        let uri = Url::parse("https://oauth2.googleapis.com/token").unwrap();
        let assertion = signer
            .assertion(&uri, UnixMillis(1_795_338_000_999))
            .unwrap();
        let (message, signature) = assertion.expose_secret().rsplit_once('.').unwrap();
        let (header, claims) = message.split_once('.').unwrap();
        let read = |part: &str| -> Value {
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
        };
        assert_eq!(
            read(header),
            json!({ "alg": "RS256", "typ": "JWT", "kid": "key-7" })
        );
        assert_eq!(
            read(claims),
            json!({
                "iss": "me@project.iam.gserviceaccount.com",
                "scope": "https://www.googleapis.com/auth/cloud-platform",
                "aud": "https://oauth2.googleapis.com/token",
                "iat": 1_795_338_000, "exp": 1_795_341_600,
            })
        );
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let algorithms = provider.signature_verification_algorithms.mapping;
        let (_, algorithms) = algorithms
            .iter()
            .find(|(scheme, _)| *scheme == SignatureScheme::RSA_PKCS1_SHA256)
            .unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let public = pair.public_key_raw();
        let verify =
            |message: &str| algorithms[0].verify_signature(public, message.as_bytes(), &signature);
        assert!(verify(message).is_ok());
        assert!(verify("another message").is_err());
    }

    #[test]
    fn a_key_that_is_no_rsa_key_is_refused() {
        let pair = rcgen::KeyPair::generate().unwrap();
        let signer = Signer::new("x".to_owned(), None, &pair.serialize_pem().into());
        assert_eq!(signer.err(), Some(KeyFileError::PrivateKey));
    }
}
