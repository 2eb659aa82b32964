//! axe-core on the page, as a first screen against what keeps people out.

use anyhow::{Context as _, Result};
use serde::Deserialize;
use serde_json::Value;

use crate::page::Page;
use crate::setup;

/// A rule that the page breaks.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Violation {
    /// The rule.
    pub id: String,
    /// `minor`, `moderate`, `serious` or `critical`.
    pub impact: Option<String>,
    /// What it asks.
    pub help: String,
    /// Where it is broken: selector and explanation.
    pub places: Vec<String>,
}

const RUN: &str = r#"
const results = await axe.run(document, { resultTypes: ['violations'] });
return results.violations.map(({ id, impact, help, nodes }) => ({
  id, impact, help,
  places: nodes.map((node) => `${node.target.join(' ')}: ${node.failureSummary}`),
}));
"#;

impl Page {
    /// The serious and critical violations on the page as it is.
    ///
    /// # Errors
    /// axe-core is not installed, or failed.
    pub async fn violations(&self) -> Result<Vec<Violation>> {
        let file = setup::top().join("ui/node_modules/axe-core/axe.min.js");
        let source = std::fs::read_to_string(&file)
            .with_context(|| format!("{}: `npm ci` in ui installs it", file.display()))?;
        self.script::<Value>(&format!("if (!window.axe) {{ {source} }}"), vec![])
            .await?;
        let violations: Vec<Violation> = self.promise(RUN, vec![]).await?;
        let is_grave = |violation: &Violation| {
            matches!(violation.impact.as_deref(), Some("serious" | "critical"))
        };
        Ok(violations.into_iter().filter(is_grave).collect())
    }
}
