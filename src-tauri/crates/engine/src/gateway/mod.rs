//! What the gateway asks of the engine: apps and their tokens, whom an app wants to be answered by, its
//! requests as runs, and its traffic as history. The gateway itself knows HTTP, and nothing of this.

mod apps;
mod ask;
mod choice;
mod continued;
mod count;
mod durable;
mod litellm;
mod model_names;
mod named_target;
mod traffic;
mod wish;

pub(crate) use self::apps::AppCache;
pub use self::apps::{AppForm, Refused, shown_once};
pub use self::ask::{AppCall, AppRun, FORBIDDEN_MODEL};
pub use self::choice::GatewayChoice;
pub use self::continued::{KeptAnswer, KeptCall, PREVIOUS_ANSWER};
pub use self::count::TokenCount;
pub(crate) use self::durable::DurableSoon;
pub use self::litellm::LiteLlmExport;
pub use self::model_names::{NamedModel, ROUTE_OWNER};
pub use self::traffic::AppRequestDetail;
pub use self::wish::{MOST_MODELS, Sort, UNKNOWN_MODEL, Wish, ceiling_from_dollars};
