//! What can go wrong with an attempt, and what follows from it.
//!
//! Long because each class of failure has a line in every table.
//!
//! A failure is classed once, where the facts are at hand: provider, status, code and body. From then
//! on everybody branches on the class. The provider's own words stay beside it, for people.

use serde::{Deserialize, Serialize};

use crate::words::word_enum;

/// One failed attempt: the class decides, the rest is kept for the receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{class:?}: {message}")]
pub struct Failure {
    /// What kind of failure.
    pub class: FailureClass,
    /// The HTTP status, where there was one.
    pub status: Option<u16>,
    /// The provider's own code, such as `insufficient_quota` or `1113`.
    pub code: Option<String>,
    /// The provider's words, or ours where it had none. Keys are removed before it gets here.
    pub message: String,
    /// How long the provider asks to wait, in milliseconds.
    pub retry_after_millis: Option<u64>,
    /// The provider's id of the request, for its support desk.
    pub request_id: Option<String>,
}

impl Failure {
    /// A failure that did not come as an HTTP reply.
    pub fn new(class: FailureClass, message: impl Into<String>) -> Self {
        Self {
            class,
            status: None,
            code: None,
            message: message.into(),
            retry_after_millis: None,
            request_id: None,
        }
    }
}

word_enum! {
    /// The kinds of failure.
    pub enum FailureClass {
        /// The base URL is no URL, or no `http` or `https` one.
        InvalidAddress = "invalid_address",
        /// The host's name is not known.
        NameNotResolved = "name_not_resolved",
        /// Nobody listens at that address and port.
        ConnectionRefused = "connection_refused",
        /// The connection broke, or could not be made for another reason.
        ConnectionLost = "connection_lost",
        /// The certificate or the handshake is not acceptable.
        Tls = "tls",
        /// No connection within the limit.
        ConnectTimeout = "connect_timeout",
        /// Connected, but no first token within the limit.
        FirstTokenTimeout = "first_token_timeout",
        /// The answer began and then fell silent for longer than the limit.
        SilenceTimeout = "silence_timeout",
        /// The whole run took longer than its limit.
        RunTimeout = "run_timeout",
        /// There is no key for this provider.
        KeyMissing = "key_missing",
        /// The key is stored, but the keychain does not hand it out now.
        KeychainUnavailable = "keychain_unavailable",
        /// The provider does not accept the key.
        Authentication = "authentication",
        /// The key is good, but may not do this.
        PermissionDenied = "permission_denied",
        /// No credit, no balance, a spent quota. Waiting does not help.
        PaymentRequired = "payment_required",
        /// Too many requests; waiting helps.
        RateLimited = "rate_limited",
        /// The provider has no capacity now.
        Overloaded = "overloaded",
        /// An error inside the provider.
        ServerError = "server_error",
        /// The provider does not know the model.
        ModelNotFound = "model_not_found",
        /// The address answers, but not as this kind of provider does.
        NotFound = "not_found",
        /// The prompt does not fit.
        ContextTooLong = "context_too_long",
        /// The provider's policy refuses the prompt or the answer.
        ContentFiltered = "content_filtered",
        /// The provider refuses the request for another reason.
        InvalidRequest = "invalid_request",
        /// The provider sends us elsewhere. A key must not follow.
        Redirected = "redirected",
        /// Something that is not what this format promises, such as an HTML page.
        UnexpectedContent = "unexpected_content",
        /// The stream ended without saying why.
        StreamCut = "stream_cut",
        /// The provider said that it was done and had sent nothing at all.
        EmptyAnswer = "empty_answer",
        /// More bytes than any answer needs.
        ResponseTooLarge = "response_too_large",
        /// Every way in was left out of the plan.
        NoWayIn = "no_way_in",
        /// Embeddings were asked for where nobody makes them.
        NoEmbeddings = "no_embeddings",
        /// A budget of the person's does not hold it.
        OverBudget = "over_budget",
        /// There is no model file on this computer.
        LocalModelMissing = "local_model_missing",
        /// The model file cannot be used.
        LocalModelUnusable = "local_model_unusable",
        /// A fault of ours.
        Internal = "internal",
    }
}

word_enum! {
    /// What a failure asks of the run.
    pub enum Remedy {
        /// Wait and ask the same endpoint again; after that, the next one.
        RetryHere = "retry_here",
        /// Only another endpoint can help.
        NextEndpoint = "next_endpoint",
        /// Only an endpoint of another model, with more room or other rules, can help.
        OtherModel = "other_model",
        /// Nothing will help: the request itself is wrong.
        Stop = "stop",
    }
}

word_enum! {
    /// Whose doing a failure is, as it is told to people.
    pub enum Side {
        /// The provider's.
        Provider = "provider",
        /// Something between this computer and the provider.
        Network = "network",
        /// A setting, a key or a balance that the person can mend.
        Settings = "settings",
        /// This computer or Patchbay itself.
        ThisComputer = "this_computer",
    }
}

impl FailureClass {
    /// What a failure of this class asks of the run.
    pub fn remedy(self) -> Remedy {
        match self {
            Self::RateLimited
            | Self::Overloaded
            | Self::ServerError
            | Self::ConnectionLost
            | Self::EmptyAnswer
            | Self::StreamCut => Remedy::RetryHere,
            // A provider that stays silent is not asked again in the same run.
            Self::ConnectTimeout
            | Self::FirstTokenTimeout
            | Self::SilenceTimeout
            | Self::InvalidAddress
            | Self::NameNotResolved
            | Self::ConnectionRefused
            | Self::Tls
            | Self::KeyMissing
            | Self::KeychainUnavailable
            | Self::Authentication
            | Self::PermissionDenied
            | Self::PaymentRequired
            | Self::ModelNotFound
            | Self::NotFound
            | Self::Redirected
            | Self::UnexpectedContent
            | Self::ResponseTooLarge
            | Self::NoEmbeddings
            | Self::OverBudget
            | Self::LocalModelMissing
            | Self::LocalModelUnusable => Remedy::NextEndpoint,
            // What one model does not take, another one may; the same one elsewhere would not.
            Self::ContextTooLong | Self::ContentFiltered | Self::InvalidRequest => {
                Remedy::OtherModel
            }
            Self::RunTimeout | Self::NoWayIn | Self::Internal => Remedy::Stop,
        }
    }

    /// Whether another key of the same provider may fare better: there is none in this place, it was
    /// refused (401, 403), its account is empty (402), or it was used too often (429).
    pub fn is_about_the_key(self) -> bool {
        matches!(
            self,
            Self::KeyMissing
                | Self::Authentication
                | Self::PermissionDenied
                | Self::PaymentRequired
                | Self::RateLimited
        )
    }

    /// Whether the request had left this computer when it failed.
    pub fn was_sent(self) -> bool {
        !matches!(
            self,
            Self::InvalidAddress
                | Self::NameNotResolved
                | Self::ConnectionRefused
                | Self::Tls
                | Self::KeyMissing
                | Self::KeychainUnavailable
                | Self::NoWayIn
                | Self::NoEmbeddings
                | Self::OverBudget
                | Self::LocalModelMissing
                | Self::LocalModelUnusable
                | Self::Internal
        )
    }

    /// Whose doing it is.
    pub fn side(self) -> Side {
        match self {
            Self::FirstTokenTimeout
            | Self::SilenceTimeout
            | Self::RateLimited
            | Self::Overloaded
            | Self::ServerError
            | Self::ContentFiltered
            | Self::StreamCut
            | Self::EmptyAnswer
            | Self::UnexpectedContent
            | Self::ResponseTooLarge
            | Self::RunTimeout => Side::Provider,
            Self::NameNotResolved | Self::ConnectionLost | Self::Tls | Self::ConnectTimeout => {
                Side::Network
            }
            Self::InvalidAddress
            | Self::ConnectionRefused
            | Self::KeyMissing
            | Self::Authentication
            | Self::PermissionDenied
            | Self::PaymentRequired
            | Self::ModelNotFound
            | Self::NotFound
            | Self::ContextTooLong
            | Self::InvalidRequest
            | Self::NoWayIn
            | Self::NoEmbeddings
            | Self::OverBudget
            | Self::Redirected => Side::Settings,
            Self::KeychainUnavailable
            | Self::LocalModelMissing
            | Self::LocalModelUnusable
            | Self::Internal => Side::ThisComputer,
        }
    }

    /// Whether it says something about the endpoint, and not about the request, the run or this
    /// computer. Only such failures count against an endpoint.
    pub fn blames_the_endpoint(self) -> bool {
        !matches!(
            self,
            Self::RunTimeout
                | Self::KeyMissing
                | Self::KeychainUnavailable
                | Self::ContextTooLong
                | Self::ContentFiltered
                | Self::InvalidRequest
                | Self::NoEmbeddings
                | Self::OverBudget
                | Self::LocalModelMissing
                | Self::LocalModelUnusable
                | Self::Internal
        )
    }

    /// Whether the provider did no work that it could charge for.
    pub fn costs_nothing(self) -> bool {
        match self {
            Self::FirstTokenTimeout
            | Self::SilenceTimeout
            | Self::RunTimeout
            | Self::ContentFiltered
            | Self::StreamCut
            | Self::EmptyAnswer
            | Self::ConnectionLost
            | Self::UnexpectedContent
            | Self::ResponseTooLarge
            | Self::Internal => false,
            Self::InvalidAddress
            | Self::NameNotResolved
            | Self::ConnectionRefused
            | Self::Tls
            | Self::ConnectTimeout
            | Self::KeyMissing
            | Self::KeychainUnavailable
            | Self::Authentication
            | Self::PermissionDenied
            | Self::PaymentRequired
            | Self::RateLimited
            | Self::Overloaded
            | Self::ServerError
            | Self::ModelNotFound
            | Self::NotFound
            | Self::ContextTooLong
            | Self::InvalidRequest
            | Self::Redirected
            | Self::NoWayIn
            | Self::NoEmbeddings
            | Self::OverBudget
            | Self::LocalModelMissing
            | Self::LocalModelUnusable => true,
        }
    }

    /// One sentence for people: what happened. `provider` is its name as the person knows it.
    pub fn sentence(self, provider: &str) -> String {
        match self {
            Self::InvalidAddress => format!("The address of {provider} is not a web address."),
            Self::NameNotResolved => format!("The host of {provider} could not be found."),
            Self::ConnectionRefused => {
                format!("Nothing answers at the address of {provider}.")
            }
            Self::ConnectionLost => format!("The connection to {provider} broke."),
            Self::Tls => format!("{provider} could not prove who it is."),
            Self::ConnectTimeout => format!("{provider} could not be reached in time."),
            Self::FirstTokenTimeout => {
                format!("{provider} accepted the question and stayed silent.")
            }
            Self::SilenceTimeout => format!("{provider} fell silent in the middle of the answer."),
            Self::RunTimeout => "The answer took longer than the time limit.".to_owned(),
            Self::KeyMissing => format!("There is no key for {provider} yet."),
            Self::KeychainUnavailable => {
                format!("The keychain does not hand out the key for {provider}.")
            }
            Self::Authentication => format!("{provider} does not accept the key."),
            Self::PermissionDenied => format!("The key for {provider} may not do this."),
            Self::PaymentRequired => format!("There is no credit left at {provider}."),
            Self::RateLimited => format!("{provider} asks to slow down."),
            Self::Overloaded => format!("{provider} has no capacity right now."),
            Self::ServerError => format!("{provider} had an error of its own."),
            Self::ModelNotFound => format!("{provider} does not have this model."),
            Self::NotFound => format!("The address of {provider} is not the address of its API."),
            Self::ContextTooLong => "The conversation is too long for this model.".to_owned(),
            Self::ContentFiltered => format!("The content policy of {provider} refused this."),
            Self::InvalidRequest => format!("{provider} refused the request."),
            Self::Redirected => {
                format!("{provider} sends requests to another address. The key was not sent there.")
            }
            Self::UnexpectedContent => {
                format!("{provider} answered with something that is not a model's answer.")
            }
            Self::StreamCut => format!("{provider} stopped in the middle of the answer."),
            Self::EmptyAnswer => format!("{provider} sent an empty answer."),
            Self::ResponseTooLarge => format!("{provider} sent more than an answer can hold."),
            Self::NoWayIn => "There is no way in that may be asked now.".to_owned(),
            Self::NoEmbeddings => {
                "Embeddings were asked for, and nobody that may be asked makes them.".to_owned()
            }
            Self::OverBudget => "A budget of yours does not hold this question.".to_owned(),
            Self::LocalModelMissing => "The local model is not on this computer yet.".to_owned(),
            Self::LocalModelUnusable => "The local model's file cannot be used.".to_owned(),
            Self::Internal => "Something went wrong inside Patchbay.".to_owned(),
        }
    }

    /// One sentence for people: what to do next.
    pub fn advice(self) -> &'static str {
        match self {
            Self::InvalidAddress | Self::NotFound => {
                "Check the base URL in the provider's settings. It often ends in /v1."
            }
            Self::NameNotResolved => {
                "Check the base URL for a typing mistake, and that this computer is online."
            }
            Self::ConnectionRefused => {
                "Check the base URL and its port, and that the server is running."
            }
            Self::ConnectionLost | Self::ConnectTimeout => {
                "Check that this computer is online, then retry."
            }
            Self::Tls => {
                "A wrong clock, a proxy or an expired certificate causes this. Nothing was sent."
            }
            Self::FirstTokenTimeout | Self::SilenceTimeout => "Retry, or choose another model.",
            Self::RunTimeout => "Retry, or ask for a shorter answer.",
            Self::KeyMissing => "Add a key in the provider's settings.",
            Self::KeychainUnavailable => "Unlock the keychain, then retry.",
            Self::Authentication => "Check the key: it may be mistyped, expired or revoked.",
            Self::PermissionDenied => "Allow this model for the key on the provider's page.",
            Self::PaymentRequired => "Top up on the provider's page, or choose another model.",
            Self::RateLimited | Self::Overloaded => {
                "Wait a moment and retry, or choose another model."
            }
            Self::ServerError | Self::EmptyAnswer | Self::StreamCut => {
                "Retry, or choose another model. The text so far is kept."
            }
            Self::ModelNotFound => "Refresh the model list, or choose another model.",
            Self::ContextTooLong => "Start a new chat, or choose a model with a larger context.",
            Self::ContentFiltered => "Word it differently, or choose another model.",
            Self::InvalidRequest => "The provider's own words below say what it did not like.",
            Self::Redirected => "If you trust the new address, enter it as the base URL.",
            Self::UnexpectedContent => {
                "A proxy, a sign-in page or a wrong base URL causes this. Check the address."
            }
            Self::ResponseTooLarge => "Retry, or choose another model.",
            Self::NoWayIn => {
                "The receipt says why each one was left out. Change the route, or choose another."
            }
            Self::NoEmbeddings => "Ask for a model that makes embeddings, by its own name.",
            Self::OverBudget => {
                "Raise the budget in Spend, wait until it starts anew, or choose a model that costs less."
            }
            Self::LocalModelMissing => "Get it with one press in the model picker.",
            Self::LocalModelUnusable => "Remove the file and get the model again.",
            Self::Internal => "Retry. If it happens again, please report it with the log.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_has_a_word_of_its_own() {
        for class in FailureClass::ALL {
            assert_eq!(FailureClass::from_word(class.as_str()), Some(*class));
        }
    }

    #[test]
    fn the_stored_word_is_the_word_on_the_wire() {
        for class in FailureClass::ALL {
            assert_eq!(serde_json::to_value(class).unwrap(), class.as_str());
        }
    }

    #[test]
    fn every_class_tells_people_what_happened_and_what_to_do() {
        for class in FailureClass::ALL {
            assert!(class.sentence("Acme").ends_with('.'), "{class:?}");
            assert!(class.advice().ends_with('.'), "{class:?}");
        }
    }
}
