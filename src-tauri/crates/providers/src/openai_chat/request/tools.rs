//! The tools that the model may ask for.

use patchbay_domain::content::{Tool, ToolChoice};
use patchbay_domain::{ChatRequest, Failure};
use serde_json::json;

use super::super::dialect::Dialect;
use crate::request_body::{Fields, object};

/// Puts the tools and the choice among them. Without tools there is nothing to choose.
pub(super) fn put(
    fields: &mut Fields,
    request: &ChatRequest,
    dialect: Dialect,
) -> Result<(), Failure> {
    if request.tools.is_empty() {
        return Ok(());
    }
    let tools = request.tools.iter().map(tool);
    fields.put("tools", &tools.collect::<Result<Vec<_>, _>>()?)?;
    let choice = match &request.tool_choice {
        // What happens anyway.
        ToolChoice::Auto => return Ok(()),
        ToolChoice::None => json!("none"),
        ToolChoice::Required if dialect.tool_choice_any => json!("any"),
        ToolChoice::Required => json!("required"),
        ToolChoice::Named(name) => json!({ "type": "function", "function": { "name": name } }),
    };
    fields.put("tool_choice", &choice)
}

fn tool(tool: &Tool) -> Result<Fields, Failure> {
    let what = format!("The schema of the tool \"{}\"", tool.name);
    let mut function = Fields::default();
    function.put("name", &tool.name)?;
    function.put_some("description", tool.description.as_ref())?;
    function.put("parameters", object(&tool.parameters, &what)?)?;
    if tool.is_strict {
        function.put("strict", &true)?;
    }
    let mut sent = Fields::default();
    sent.put("type", &"function")?;
    sent.put("function", &function)?;
    Ok(sent)
}
