//! The one table of commands.

/// Calls `$callback!` with every command's name: the shell registers them with it, and the build
/// script grants them to the window.
#[macro_export]
macro_rules! with_commands {
    ($($callback:ident)::+) => {
        $($callback)::+![
            app_information,
            audit_list,
            balance_refresh,
            budget_delete,
            budget_list,
            budget_restore,
            budget_save,
            case_continue,
            case_open,
            cell_again,
            cell_stop,
            comparison_delete,
            comparison_estimate,
            comparison_example,
            comparison_list,
            comparison_open,
            comparison_restore,
            comparison_save,
            comparison_start,
            conversation_delete,
            conversation_list,
            conversation_open,
            conversation_rename,
            conversation_restore,
            conversation_set_leaf,
            conversation_set_options,
            currency_get,
            currency_set,
            file_reveal,
            free_tier_list,
            health_list,
            health_reset,
            judge_estimate,
            judge_start,
            judge_stop,
            key_delete,
            key_reorder,
            key_set,
            key_switch,
            key_test,
            lab_delete,
            lab_estimate,
            lab_export,
            lab_list,
            lab_save,
            lab_start,
            lab_stop,
            link_open,
            local_model_cancel,
            local_model_get,
            local_model_status,
            local_server_find,
            markup_open,
            math_open,
            merge_delete,
            merge_restore,
            merge_start,
            model_detail,
            model_list,
            model_refresh,
            model_star,
            preset_list,
            price_clear,
            price_set,
            provider_delete,
            provider_list,
            provider_restore,
            provider_save,
            provider_test,
            ranking_open,
            receipt_find,
            receipt_open,
            reconcile_list,
            replay_prepare,
            round_against,
            round_delete,
            round_export,
            round_open,
            round_pause,
            round_resume,
            round_save,
            round_stop,
            route_delete,
            route_list,
            route_plan,
            route_reorder,
            route_restore,
            route_save,
            route_template,
            route_test,
            rows_import,
            run_attach,
            run_start,
            run_stop,
            settings_get,
            settings_set,
            spend_answers,
            spend_chart,
            spend_export,
            spend_overview,
            spend_reprice,
            spend_today,
            stitch_save,
            storage_retry,
            ui_log,
            ui_ready,
            unknown_list,
            usage_import,
            usage_import_delete,
            usage_import_list,
            vault_retry,
            vault_status,
            vote_clear,
            vote_set
        ]
    };
}

/// Request and reply of every command, as TypeScript names. Commands whose events come through a
/// channel name the event type too.
pub struct Command {
    /// The name that the web view calls.
    pub name: &'static str,
    /// The type of its one argument `request`, or `null`.
    pub request: &'static str,
    /// The type that it answers with.
    pub reply: &'static str,
    /// The type of the messages on its channel `channel`, where it takes one.
    pub channel: Option<&'static str>,
}

const fn plain(name: &'static str, request: &'static str, reply: &'static str) -> Command {
    Command {
        name,
        request,
        reply,
        channel: None,
    }
}

const fn streaming(
    name: &'static str,
    request: &'static str,
    reply: &'static str,
    channel: &'static str,
) -> Command {
    Command {
        name,
        request,
        reply,
        channel: Some(channel),
    }
}

/// Every command of the app.
pub const COMMANDS: &[Command] = &[
    plain("app_information", "null", "AppInformation"),
    plain("audit_list", "null", "AuditView[]"),
    plain("balance_refresh", "KeyReference", "ProviderView"),
    plain("budget_delete", "BudgetReference", "null"),
    plain("budget_list", "null", "BudgetStanding[]"),
    plain("budget_restore", "BudgetReference", "null"),
    plain("budget_save", "BudgetView", "BudgetStanding"),
    plain("case_continue", "CaseContinue", "ContinuedChats"),
    plain("case_open", "CaseReference", "CaseView"),
    plain("cell_again", "CellReference", "null"),
    plain("cell_stop", "CellReference", "null"),
    plain("comparison_delete", "ComparisonReference", "null"),
    plain(
        "comparison_estimate",
        "ComparisonDraft",
        "ComparisonEstimate",
    ),
    plain("comparison_example", "null", "DefinitionView"),
    plain("comparison_list", "null", "ComparisonSummary[]"),
    plain("comparison_open", "ComparisonReference", "ComparisonView"),
    plain("comparison_restore", "ComparisonReference", "null"),
    plain("comparison_save", "ComparisonSave", "ComparisonView"),
    plain("comparison_start", "ComparisonReference", "RoundView"),
    plain("conversation_delete", "ConversationReference", "null"),
    plain("conversation_list", "null", "ConversationSummary[]"),
    plain(
        "conversation_open",
        "ConversationReference",
        "ConversationView",
    ),
    plain("conversation_rename", "ConversationRename", "null"),
    plain("conversation_restore", "ConversationReference", "null"),
    plain(
        "conversation_set_leaf",
        "ConversationLeaf",
        "ConversationView",
    ),
    plain("conversation_set_options", "ConversationOptions", "null"),
    plain("currency_get", "null", "CurrencyChoice"),
    plain("currency_set", "CurrencyChoice", "null"),
    plain("file_reveal", "FileReveal", "null"),
    plain("free_tier_list", "null", "FreeTierView[]"),
    plain("health_list", "null", "EndpointHealthView[]"),
    plain("health_reset", "ModelReference", "null"),
    plain("judge_estimate", "JudgeStart", "JudgeEstimate"),
    plain("judge_start", "JudgeStart", "null"),
    plain("judge_stop", "RoundReference", "null"),
    plain("key_delete", "KeyReference", "ProviderView"),
    plain("key_reorder", "KeyOrder", "ProviderView"),
    plain("key_set", "KeySet", "ProviderView"),
    plain("key_switch", "KeySwitch", "ProviderView"),
    plain("key_test", "KeyReference", "ProviderTest"),
    plain("lab_delete", "LabReference", "null"),
    plain("lab_estimate", "LabRequest", "LabEstimate"),
    plain("lab_export", "LabExport", "string"),
    plain("lab_list", "null", "LabView[]"),
    plain("lab_save", "LabExport", "SavedFile"),
    streaming("lab_start", "LabRequest", "LabView", "LabEvent"),
    plain("lab_stop", "LabReference", "null"),
    plain("link_open", "LinkOpen", "null"),
    plain("local_model_cancel", "null", "null"),
    streaming(
        "local_model_get",
        "null",
        "LocalModelView",
        "LocalModelView",
    ),
    plain("local_model_status", "null", "LocalModelView"),
    plain("local_server_find", "null", "LocalServerView[]"),
    plain("markup_open", "SpendQuery", "MarkupView"),
    plain("math_open", "MathRequest", "MathView"),
    plain("merge_delete", "MergeReference", "null"),
    plain("merge_restore", "MergeReference", "null"),
    plain("merge_start", "MergeStart", "MergedView"),
    plain("model_detail", "ModelReference", "ModelDetail"),
    plain("model_list", "null", "ModelView[]"),
    plain("model_refresh", "ProviderReference", "ModelView[]"),
    plain("model_star", "ModelStar", "null"),
    plain("preset_list", "null", "PresetView[]"),
    plain("price_clear", "ModelReference", "ModelDetail"),
    plain("price_set", "PriceOverride", "ModelDetail"),
    plain("provider_delete", "ProviderReference", "null"),
    plain("provider_list", "null", "ProviderView[]"),
    plain("provider_restore", "ProviderReference", "ProviderView"),
    plain("provider_save", "ProviderDraft", "ProviderView"),
    plain("provider_test", "ProviderDraft", "ProviderTest"),
    plain("ranking_open", "RankingRequest", "RankingView"),
    plain("receipt_find", "ReceiptSearch", "FoundReceipt[]"),
    plain("receipt_open", "ReceiptReference", "RunView"),
    plain("reconcile_list", "null", "ReconcileView[]"),
    plain("replay_prepare", "ReplayRequest", "ReplayView"),
    plain("round_against", "AgainstRequest", "AgainstView"),
    plain("round_delete", "RoundReference", "null"),
    plain("round_export", "RoundExport", "string"),
    plain("round_open", "RoundReference", "RoundView"),
    plain("round_pause", "RoundReference", "null"),
    plain("round_resume", "RoundResume", "null"),
    plain("round_save", "RoundExport", "SavedFile"),
    plain("round_stop", "RoundReference", "null"),
    plain("route_delete", "RouteReference", "null"),
    plain("route_list", "null", "RouteView[]"),
    plain("route_plan", "PlanRequest", "PlanView"),
    plain("route_reorder", "RouteOrder", "null"),
    plain("route_restore", "RouteReference", "RouteView"),
    plain("route_save", "RouteView", "RouteView"),
    plain("route_template", "null", "RouteView"),
    plain("route_test", "RouteTestRequest", "RouteTestView"),
    plain("rows_import", "RowsImport", "RowsView"),
    streaming("run_attach", "RunReference", "RunSnapshot", "RunEvent[]"),
    streaming("run_start", "RunStart", "RunStarted", "RunEvent[]"),
    plain("run_stop", "RunReference", "null"),
    plain("settings_get", "null", "Settings"),
    plain("settings_set", "Settings", "null"),
    plain("spend_answers", "SpendAnswersRequest", "SpendAnswers"),
    plain("spend_chart", "SpendChartRequest", "SpendChart"),
    plain("spend_export", "SpendExport", "SavedFile"),
    plain("spend_overview", "SpendQuery", "SpendOverview"),
    plain("spend_reprice", "RepriceRequest", "RepriceView"),
    plain("spend_today", "null", "SpendToday"),
    plain("stitch_save", "StitchSave", "MergedView"),
    plain("storage_retry", "null", "AppInformation"),
    plain("ui_log", "UiLog", "null"),
    plain("ui_ready", "null", "null"),
    plain("unknown_list", "SpendQuery", "UnknownView[]"),
    plain("usage_import", "UsageImport", "UsageImportView"),
    plain("usage_import_delete", "UsageImportReference", "null"),
    plain("usage_import_list", "null", "UsageImportView[]"),
    plain("vault_retry", "null", "VaultView"),
    plain("vault_status", "null", "VaultView"),
    plain("vote_clear", "CaseReference", "null"),
    plain("vote_set", "VoteSet", "null"),
];

impl std::fmt::Debug for Command {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "{}({}) -> {}",
            self.name, self.request, self.reply
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! names {
        ($($name:ident),*) => { [$(stringify!($name)),*] };
    }

    #[test]
    fn both_tables_name_the_same_commands_in_the_same_order() {
        let registered = with_commands!(names);
        let described: Vec<_> = COMMANDS.iter().map(|command| command.name).collect();
        assert_eq!(described, registered);
    }
}
