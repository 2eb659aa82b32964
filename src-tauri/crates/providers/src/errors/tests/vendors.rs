//! Long because it is one table: what each provider sends, one row each odd case.

use FailureClass::*;

use super::*;

/// A provider's refusals.
type Rows<'a> = &'a [(u16, &'a str, FailureClass)];

fn check(vendor: &str, rows: Rows<'_>) {
    for (status, body, expected) in rows {
        let failure = reply(*status, &[], body);
        assert_eq!(failure.class, *expected, "{vendor}: {status} {body}");
        assert!(!failure.message.is_empty(), "{vendor}: {status} {body}");
    }
}

fn check_in_band(vendor: &str, rows: &[(&str, FailureClass)]) {
    for (error, expected) in rows {
        let failure = in_band_failure(error, &Scrubber::default());
        assert_eq!(failure.class, *expected, "{vendor}: {error}");
    }
}

#[test]
fn google_ai_studio() {
    check(
        "Google AI Studio",
        &[
            (
                400,
                r#"{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}"#,
                Authentication,
            ),
            (
                400,
                r#"{"error":{"code":400,"message":"API key expired. Please renew the API key.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}}"#,
                Authentication,
            ),
            (
                403,
                r#"{"error":{"code":403,"message":"Your API key was reported as leaked. Please use another API key.","status":"PERMISSION_DENIED"}}"#,
                Authentication,
            ),
            (
                403,
                r#"{"error":{"code":403,"message":"Requests from this Android client application are blocked.","status":"PERMISSION_DENIED","details":[{"reason":"API_KEY_IP_ADDRESS_BLOCKED"}]}}"#,
                PermissionDenied,
            ),
            (
                400,
                r#"{"error":{"code":400,"message":"User location is not supported for the API use.","status":"FAILED_PRECONDITION"}}"#,
                PermissionDenied,
            ),
            (
                400,
                r#"{"error":{"code":400,"message":"Gemini API free tier is not available in your country. Please enable billing on your project in Google AI Studio.","status":"FAILED_PRECONDITION"}}"#,
                PaymentRequired,
            ),
            (
                429,
                r#"{"error":{"code":429,"message":"Resource has been exhausted (e.g. check quota).","status":"RESOURCE_EXHAUSTED"}}"#,
                RateLimited,
            ),
            (
                429,
                r#"{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details.\n* Quota exceeded for metric: x, limit: 10, model: y\nPlease retry in 34.07s.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerMinutePerProjectPerModel-FreeTier","quotaValue":"10"}]},{"retryDelay":"34s"}]}}"#,
                RateLimited,
            ),
            (
                429,
                r#"{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]},{"retryDelay":"34s"}]}}"#,
                PaymentRequired,
            ),
            (
                429,
                r#"{"error":{"code":429,"message":"You exceeded your current quota.\n* Quota exceeded for metric: x, limit: 0, model: y\nPlease retry in 5s.","status":"RESOURCE_EXHAUSTED","details":[{"retryDelay":"5s"}]}}"#,
                PaymentRequired,
            ),
            (
                429,
                r#"{"error":{"code":429,"message":"Your prepayment credits are depleted. Please go to AI Studio.","status":"RESOURCE_EXHAUSTED"}}"#,
                PaymentRequired,
            ),
            (
                404,
                r#"{"error":{"code":404,"message":"models/x is not found for API version v1beta, or is not supported for generateContent.","status":"NOT_FOUND"}}"#,
                ModelNotFound,
            ),
            (
                503,
                r#"{"error":{"code":503,"message":"The model is overloaded. Please try again later.","status":"UNAVAILABLE"}}"#,
                Overloaded,
            ),
            (
                500,
                r#"{"error":{"code":500,"message":"An internal error has occurred.","status":"INTERNAL"}}"#,
                ServerError,
            ),
            (
                504,
                r#"{"error":{"code":504,"message":"The request timed out. Please try again.","status":"DEADLINE_EXCEEDED"}}"#,
                ServerError,
            ),
        ],
    );
    // The wait stands in the body and nowhere else.
    let body = r#"{"error":{"code":429,"message":"x","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.5s"}]}}"#;
    assert_eq!(reply(429, &[], body).retry_after_millis, Some(34_500));
}

#[test]
fn google_vertex() {
    check(
        "Vertex AI",
        &[
            (
                403,
                r#"[{"error":{"code":403,"message":"Vertex AI API has not been used in project 1 before or it is disabled.","status":"PERMISSION_DENIED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"SERVICE_DISABLED"}]}}]"#,
                PermissionDenied,
            ),
            (
                403,
                r#"{"error":{"code":403,"message":"This API method requires billing to be enabled.","status":"PERMISSION_DENIED","details":[{"reason":"BILLING_DISABLED"}]}}"#,
                PaymentRequired,
            ),
            (
                403,
                r#"{"error":{"code":403,"message":"Permission 'aiplatform.endpoints.predict' denied on resource 'x' (or it may not exist).","status":"PERMISSION_DENIED","details":[{"reason":"IAM_PERMISSION_DENIED"}]}}"#,
                PermissionDenied,
            ),
            (
                401,
                r#"{"error":{"code":401,"message":"Request had invalid authentication credentials.","status":"UNAUTHENTICATED","details":[{"reason":"ACCESS_TOKEN_EXPIRED"}]}}"#,
                Authentication,
            ),
            (
                404,
                r#"{"error":{"code":404,"message":"Publisher Model `projects/p/locations/l/publishers/google/models/x` was not found or your project does not have access to it.","status":"NOT_FOUND"}}"#,
                ModelNotFound,
            ),
            (
                429,
                r#"{"error":{"code":429,"message":"Resource exhausted. Please try again later.","status":"RESOURCE_EXHAUSTED"}}"#,
                RateLimited,
            ),
        ],
    );
}

#[test]
fn anthropic() {
    check(
        "Anthropic",
        &[
            (
                400,
                r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing."}}"#,
                PaymentRequired,
            ),
            (
                400,
                r#"{"type":"error","error":{"type":"invalid_request_error","message":"You have reached your specified API usage limits. You will regain access on 2026-12-01."}}"#,
                PaymentRequired,
            ),
            (
                400,
                r#"{"type":"error","error":{"type":"invalid_request_error","message":"This organization has been disabled."}}"#,
                PermissionDenied,
            ),
            (
                401,
                r#"{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}"#,
                Authentication,
            ),
            (
                404,
                r#"{"type":"error","error":{"type":"not_found_error","message":"model: claude-x"}}"#,
                ModelNotFound,
            ),
            (
                413,
                r#"{"type":"error","error":{"type":"request_too_large","message":"Request exceeds the maximum size"}}"#,
                ContextTooLong,
            ),
            (
                429,
                r#"{"type":"error","error":{"type":"rate_limit_error","message":"This request would exceed your organization's rate limit."}}"#,
                RateLimited,
            ),
        ],
    );
}

#[test]
fn openai_and_azure() {
    check(
        "OpenAI",
        &[
            (
                403,
                r#"{"error":{"code":"unsupported_country_region_territory","message":"Country, region, or territory not supported","param":null,"type":"request_forbidden"}}"#,
                PermissionDenied,
            ),
            (
                429,
                r#"{"error":{"message":"Rate limit reached for gpt-x on requests per min (RPM): Limit 3, Used 3, Requested 1. Please try again in 20s. Please add a payment method to your account to increase your rate limit.","type":"requests","code":"rate_limit_exceeded"}}"#,
                RateLimited,
            ),
            (
                401,
                r#"{"error":{"message":"Your account is deactivated","code":"account_deactivated"}}"#,
                Authentication,
            ),
            (
                404,
                r#"{"error":{"code":"DeploymentNotFound","message":"The API deployment for this resource does not exist."}}"#,
                ModelNotFound,
            ),
            (
                404,
                r#"{"error":{"code":"404","message":"Resource not found"}}"#,
                NotFound,
            ),
            (
                401,
                r#"{"error":{"code":"401","message":"Access denied due to invalid subscription key or wrong API endpoint."}}"#,
                Authentication,
            ),
            (
                401,
                r#"{"statusCode":401,"message":"Unauthorized. Access token is missing, invalid, audience is incorrect, or have expired."}"#,
                Authentication,
            ),
            (
                403,
                r#"{"error":{"code":"403","message":"Access denied due to Virtual Network/Firewall rules."}}"#,
                PermissionDenied,
            ),
        ],
    );
    let body = r#"{"error":{"code":"429","message":"Requests to the ChatCompletions_Create Operation have exceeded call rate limit. Please retry after 9 seconds."}}"#;
    let failure = reply(429, &[], body);
    assert_eq!(
        (failure.class, failure.retry_after_millis),
        (RateLimited, Some(9_000))
    );
    check_in_band(
        "OpenAI",
        &[
            (
                r#"{"code":"insufficient_quota","message":"You exceeded your current quota"}"#,
                PaymentRequired,
            ),
            (
                r#"{"code":"rate_limit_exceeded","message":"Rate limit reached"}"#,
                RateLimited,
            ),
            (r#"{"code":"server_error","message":"x"}"#, ServerError),
            (
                r#"{"code":"invalid_image_url","message":"x"}"#,
                InvalidRequest,
            ),
            (
                r#"{"code":"image_content_policy_violation","message":"x"}"#,
                ContentFiltered,
            ),
        ],
    );
}

#[test]
fn amazon_bedrock() {
    check(
        "Amazon Bedrock",
        &[
            (
                429,
                r#"{"__type":"ThrottlingException","message":"Too many tokens, please wait before trying again."}"#,
                RateLimited,
            ),
            (
                400,
                r#"{"__type":"com.amazon.coral.service#ThrottlingException","Message":"Too many requests"}"#,
                RateLimited,
            ),
            (
                400,
                r#"{"__type":"ServiceQuotaExceededException","message":"Your request exceeds the service quota for your account."}"#,
                PaymentRequired,
            ),
            (
                400,
                r#"{"__type":"com.amazon.coral.validate#ValidationException","message":"Input is too long for requested model."}"#,
                ContextTooLong,
            ),
            (
                400,
                r#"{"__type":"ValidationException","message":"The provided model identifier is invalid."}"#,
                ModelNotFound,
            ),
            (
                400,
                r#"{"message":"Invocation of model ID x with on-demand throughput isn’t supported. Retry your request with the ID or ARN of an inference profile that contains this model."}"#,
                ModelNotFound,
            ),
            (
                400,
                r#"{"__type":"ValidationException","message":"Malformed input request: #/texts/41: expected maxLength: 2048"}"#,
                InvalidRequest,
            ),
            (
                403,
                r#"{"__type":"AccessDeniedException","Message":"You don't have access to the model with the specified model ID."}"#,
                PermissionDenied,
            ),
            (
                403,
                r#"{"__type":"UnrecognizedClientException","message":"The security token included in the request is invalid."}"#,
                Authentication,
            ),
            (
                403,
                r#"{"message":"The security token included in the request is invalid."}"#,
                Authentication,
            ),
            (
                403,
                r#"{"Message":"Authentication failed: Please make sure your API Key is valid."}"#,
                Authentication,
            ),
            (
                404,
                r#"{"__type":"ResourceNotFoundException","message":"This Model is marked by provider as Legacy"}"#,
                ModelNotFound,
            ),
            (
                408,
                r#"{"__type":"ModelTimeoutException","message":"Model has timed out"}"#,
                ServerError,
            ),
            (
                424,
                r#"{"message":"The system encountered an unexpected error during processing."}"#,
                ServerError,
            ),
            (
                429,
                r#"{"__type":"ModelNotReadyException","message":"Model is not ready for inference."}"#,
                Overloaded,
            ),
            (
                503,
                r#"{"__type":"ServiceUnavailableException","message":"Bedrock is unable to process your request."}"#,
                Overloaded,
            ),
        ],
    );
    check_in_band(
        "Amazon Bedrock",
        &[
            (
                r#"{"__type":"throttlingException","message":"Too many tokens, please wait before trying again."}"#,
                RateLimited,
            ),
            (
                r#"{"message":"Too many tokens, please wait before trying again."}"#,
                ServerError,
            ),
            (
                r#"{"__type":"validationException","message":"x"}"#,
                InvalidRequest,
            ),
            (
                r#"{"__type":"modelStreamErrorException","message":"x"}"#,
                ServerError,
            ),
        ],
    );
    // Where the body has only words.
    let headers = headers(&[(
        "x-amzn-errortype",
        "ThrottlingException:http://internal.amazon.com/coral/",
    )]);
    let url = Url::parse("https://bedrock-runtime.us-east-1.amazonaws.com").unwrap();
    let reply = ErrorReply {
        status: 400,
        headers: &headers,
        body: r#"{"message":"Slow down"}"#,
        url: &url,
    };
    let failure = reply_failure(reply, &Scrubber::default());
    assert_eq!(failure.class, RateLimited);
    assert_eq!(failure.message, "Slow down");
}

#[test]
fn chinese_makers() {
    check(
        "Zhipu, Z.ai",
        &[
            (
                429,
                r#"{"error":{"code":"1113","message":"Insufficient balance or no resource package. Please recharge."}}"#,
                PaymentRequired,
            ),
            (
                429,
                r#"{"error":{"code":"1308","message":"Usage limit reached for 5 hour. Your limit will reset at 2026-11-25 20:00:00"}}"#,
                PaymentRequired,
            ),
            (
                429,
                r#"{"error":{"code":"1302","message":"High concurrency usage of this API"}}"#,
                RateLimited,
            ),
            (
                429,
                r#"{"error":{"code":"1303","message":"High frequency usage of this API"}}"#,
                RateLimited,
            ),
            (
                429,
                r#"{"error":{"code":"1305","message":"Rate limit triggered"}}"#,
                Overloaded,
            ),
            (
                429,
                r#"{"error":{"code":"1312","message":"This model is in high demand"}}"#,
                Overloaded,
            ),
            (
                429,
                r#"{"error":{"code":"1311","message":"Your plan does not include this"}}"#,
                PermissionDenied,
            ),
            (
                429,
                r#"{"error":{"code":"1313","message":"Fair use"}}"#,
                PermissionDenied,
            ),
            (
                429,
                r#"{"error":{"code":"1121","message":"Account locked"}}"#,
                PermissionDenied,
            ),
            (
                400,
                r#"{"error":{"code":"1211","message":"Unknown Model, please check the model code."}}"#,
                ModelNotFound,
            ),
            (
                400,
                r#"{"error":{"code":"1214","message":"messages illegal"}}"#,
                InvalidRequest,
            ),
        ],
    );
    check(
        "DeepSeek, Moonshot, Alibaba",
        &[
            (
                402,
                r#"{"error":{"message":"Insufficient Balance","type":"unknown_error","param":null,"code":"invalid_request_error"}}"#,
                PaymentRequired,
            ),
            (
                429,
                r#"{"error":{"message":"Your account org-x is not active, current state: exceeded_current_quota, please check your plan and billing details","type":"exceeded_current_quota_error"}}"#,
                PaymentRequired,
            ),
            (
                429,
                r#"{"error":{"message":"Your account reached max organization concurrency: 3","type":"rate_limit_reached_error"}}"#,
                RateLimited,
            ),
            (
                404,
                r#"{"error":{"message":"Not found the model x or Permission denied","type":"resource_not_found_error"}}"#,
                ModelNotFound,
            ),
            (
                401,
                r#"{"error":{"message":"Invalid Authentication","type":"invalid_authentication_error"}}"#,
                Authentication,
            ),
            (
                403,
                r#"{"error":{"code":"AllocationQuota.FreeTierOnly","message":"The free tier of the model has been exhausted."}}"#,
                PaymentRequired,
            ),
            (
                429,
                r#"{"error":{"code":"Throttling.RateQuota","message":"Requests rate limit exceeded"}}"#,
                RateLimited,
            ),
        ],
    );
    check_in_band(
        "MiniMax",
        &[
            (
                r#"{"status_code":1004,"status_msg":"login fail: Please carry the API secret key"}"#,
                Authentication,
            ),
            (
                r#"{"status_code":2049,"status_msg":"invalid api key"}"#,
                Authentication,
            ),
            (
                r#"{"status_code":1008,"status_msg":"insufficient balance"}"#,
                PaymentRequired,
            ),
            (
                r#"{"status_code":1002,"status_msg":"rate limit exceeded(RPM)"}"#,
                RateLimited,
            ),
            (
                r#"{"status_code":1039,"status_msg":"token limit exceeded"}"#,
                ContextTooLong,
            ),
            (
                r#"{"base_resp":{"status_code":2013,"status_msg":"invalid params"}}"#,
                InvalidRequest,
            ),
        ],
    );
}

#[test]
fn other_makers() {
    check(
        "Mistral",
        &[
            (
                422,
                r#"{"detail":[{"type":"missing","loc":["body","model"],"msg":"Field required","input":{}}]}"#,
                InvalidRequest,
            ),
            (
                422,
                r#"{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","seed"],"msg":"Extra inputs are not permitted"}]},"type":"invalid_request_error"}"#,
                InvalidRequest,
            ),
            (401, r#"{"detail":"Unauthorized"}"#, Authentication),
            (
                400,
                r#"{"object":"error","message":"Invalid model: x","type":"invalid_model","param":null,"code":"1500"}"#,
                ModelNotFound,
            ),
            (
                429,
                r#"{"object":"error","message":"Requests rate limit exceeded","type":"rate_limited","param":null,"code":"1300"}"#,
                RateLimited,
            ),
        ],
    );
    check(
        "xAI",
        &[
            (
                400,
                r#"{"code":"Client specified an invalid argument","error":"Incorrect API key provided. You can obtain an API key from the console."}"#,
                Authentication,
            ),
            (
                429,
                r#"{"code":"Some resource has been exhausted","error":"Your team x has either used all available credits or reached its monthly spending limit."}"#,
                PaymentRequired,
            ),
            (
                403,
                r#"{"code":"The caller does not have permission to execute the specified operation","error":"No access"}"#,
                PermissionDenied,
            ),
        ],
    );
    check(
        "Cohere",
        &[
            (
                401,
                r#"{"id":"1","message":"invalid api token"}"#,
                Authentication,
            ),
            (
                404,
                r#"{"message":"model 'x' not found, make sure the correct model ID was used"}"#,
                ModelNotFound,
            ),
            (
                429,
                r#"{"message":"You are using a Trial key, which is limited to 40 API calls / minute."}"#,
                RateLimited,
            ),
            (
                429,
                r#"{"message":"You are using a Trial key, which is limited to 1000 API calls / month."}"#,
                PaymentRequired,
            ),
            (
                400,
                r#"{"message":"too many tokens: total number of tokens in the prompt cannot exceed 4081"}"#,
                ContextTooLong,
            ),
        ],
    );
    check(
        "Perplexity",
        &[
            (
                401,
                "<html>\r\n<head><title>401 Authorization Required</title></head>\r\n<body></body>\r\n</html>",
                Authentication,
            ),
            (
                401,
                r#"{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","code":401}}"#,
                PaymentRequired,
            ),
            (
                400,
                r#"{"error":{"message":"Invalid model 'x'. Permitted models can be found in the documentation.","type":"invalid_model","code":400}}"#,
                ModelNotFound,
            ),
        ],
    );
}

#[test]
fn hosts_and_gateways() {
    check(
        "hosts",
        &[
            // Groq: one request that is larger than a minute's allowance never fits.
            (
                413,
                r#"{"error":{"message":"Request too large for model `x` on tokens per minute (TPM): Limit 6000, Requested 7500","type":"tokens","code":"rate_limit_exceeded"}}"#,
                ContextTooLong,
            ),
            // Together, Fireworks, DeepInfra.
            (
                402,
                r#"{"error":{"message":"Credit limit exceeded, please navigate to the billing page","type":"credit_limit"}}"#,
                PaymentRequired,
            ),
            (
                429,
                r#"{"error":{"message":"Credit limit exceeded, please navigate to the billing page","type":"credit_limit"}}"#,
                PaymentRequired,
            ),
            (
                412,
                r#"{"error":{"message":"Account x is suspended, possibly due to reaching the monthly spending limit or failure to pay past invoices","code":"PRECONDITION_FAILED"}}"#,
                PaymentRequired,
            ),
            (
                403,
                r#"{"detail":{"error":"inference prohibited, please enter a payment method"}}"#,
                PaymentRequired,
            ),
            // Hugging Face.
            (
                402,
                r#"{"error":"You have exceeded your monthly included credits for Inference Providers."}"#,
                PaymentRequired,
            ),
            (
                401,
                r#"{"error":"Invalid username or password."}"#,
                Authentication,
            ),
            (
                503,
                r#"{"error":"Model x is currently loading","estimated_time":20.0}"#,
                Overloaded,
            ),
            (
                400,
                r#"{"error":{"message":"The requested model 'x' is not supported by any provider you have enabled.","type":"invalid_request_error","param":"model","code":"model_not_supported"}}"#,
                ModelNotFound,
            ),
            // NVIDIA.
            (
                404,
                r#"{"status":404,"title":"Not Found","detail":"Function 'x': Not found for account 'y'"}"#,
                ModelNotFound,
            ),
            (
                410,
                r#"{"status":410,"title":"Gone","detail":"The model 'x' has reached its end of life"}"#,
                ModelNotFound,
            ),
            // GitHub Models.
            (
                403,
                r#"{"error":{"code":"no_access","message":"No access to model: x"}}"#,
                PermissionDenied,
            ),
            (
                400,
                r#"{"error":{"code":"unknown_model","message":"Unknown model: x"}}"#,
                ModelNotFound,
            ),
            // NanoGPT, OpenRouter.
            (
                402,
                r#"{"error":{"message":"Insufficient balance","status":402}}"#,
                PaymentRequired,
            ),
            (
                403,
                r#"{"error":{"message":"Key limit exceeded (total limit). Manage it on the keys page","code":403}}"#,
                PaymentRequired,
            ),
            (
                404,
                r#"{"error":{"message":"No endpoints found matching your data policy.","code":404}}"#,
                ModelNotFound,
            ),
            // LiteLLM's proxy.
            (
                400,
                r#"{"error":{"message":"Budget has been exceeded! Current cost: 1.2, Max budget: 1.0","type":"budget_exceeded","param":null,"code":"400"}}"#,
                PaymentRequired,
            ),
            (
                401,
                r#"{"error":{"message":"key not allowed to access model. This key can only access models=['a']","type":"key_model_access_denied","param":"model","code":"401"}}"#,
                PermissionDenied,
            ),
            (
                400,
                r#"{"error":{"message":"/chat/completions: Invalid model name passed in model=x. Call `/v1/models` to view available models","type":"None","code":"400"}}"#,
                ModelNotFound,
            ),
            (
                401,
                r#"{"error":{"message":"Authentication Error - Expired Key","type":"expired_key","code":"401"}}"#,
                Authentication,
            ),
        ],
    );
    let body = r#"{"error":{"code":"RateLimitReached","message":"Rate limit of 50 per 86400s exceeded for UserByModelByDay. Please wait 38000 seconds before retrying."}}"#;
    let failure = reply(429, &[], body);
    assert_eq!(
        (failure.class, failure.retry_after_millis),
        (RateLimited, Some(38_000_000))
    );
}

/// What the proxy of version 1.86.7 really answered, in front of a provider that was told to fail.
#[test]
fn litellm_as_recorded() {
    check(
        "LiteLLM",
        &[
            // A wrong key, where the proxy has no database; and its database away.
            (
                400,
                r#"{"error":{"message":"No connected db.","type":"no_db_connection","param":null,"code":"400"}}"#,
                Authentication,
            ),
            (
                503,
                r#"{"error":{"message":"Service Unavailable, the authentication database is temporarily unreachable. Please retry shortly.","type":"no_db_connection","param":"None","code":"503"}}"#,
                Overloaded,
            ),
            // No key: with the library of the database, and without it.
            (
                401,
                r#"{"error":{"message":"Authentication Error, No api key passed in.","type":"auth_error","param":"None","code":"401"}}"#,
                Authentication,
            ),
            (500, "Internal Server Error", ServerError),
            // A good key, asked for its budget without a database.
            (
                500,
                r#"{"error":{"message":"Database not connected. Connect a database to your proxy - https://docs.litellm.ai/docs/simple_proxy#managing-auth---virtual-keys","type":"internal_server_error","param":"None","code":"500"}}"#,
                ServerError,
            ),
            // The budget of a provider is spent. Waiting a moment does not help.
            (
                429,
                r#"{"error":{"message":"No deployments available - crossed budget: Exceeded budget for provider anthropic: 0.001335 >= 1e-07\n","type":"None","param":"None","code":"429"}}"#,
                PaymentRequired,
            ),
            // The host refuses the proxy's key, not the person's.
            (
                401,
                r#"{"error":{"message":"litellm.AuthenticationError: AuthenticationError: OpenAIException - Incorrect API key provided.. Received Model Group=a\nAvailable Model Group Fallbacks=None","type":null,"param":null,"code":"401"}}"#,
                ServerError,
            ),
            (
                402,
                r#"{"error":{"message":"litellm.APIError: APIError: OpenAIException - Insufficient credits.. Received Model Group=a\nAvailable Model Group Fallbacks=None","type":null,"param":null,"code":"402"}}"#,
                PaymentRequired,
            ),
            (
                429,
                r#"{"error":{"message":"litellm.RateLimitError: RateLimitError: OpenAIException - Insufficient balance, please recharge.. Received Model Group=a\nAvailable Model Group Fallbacks=None","type":"throttling_error","param":null,"code":"429"}}"#,
                PaymentRequired,
            ),
            (
                429,
                r#"{"error":{"message":"litellm.RateLimitError: RateLimitError: OpenAIException - Too many requests.. Received Model Group=a\nAvailable Model Group Fallbacks=None","type":"throttling_error","param":null,"code":"429"}}"#,
                RateLimited,
            ),
            (
                500,
                r#"{"error":{"message":"litellm.InternalServerError: AnthropicError - b'{\"error\":{\"message\":\"Overloaded\",\"type\":\"overloaded_error\"},\"request_id\":\"req-scripted-1\",\"type\":\"error\"}'. Received Model Group=a\nAvailable Model Group Fallbacks=None","type":null,"param":null,"code":"500"}}"#,
                Overloaded,
            ),
            (
                500,
                r#"{"error":{"message":"litellm.InternalServerError: InternalServerError: OpenAIException - Connection error.. Received Model Group=a\nAvailable Model Group Fallbacks=None","type":null,"param":null,"code":"500"}}"#,
                ServerError,
            ),
            (
                400,
                r#"{"error":{"message":"litellm.ContextWindowExceededError: litellm.BadRequestError: ContextWindowExceededError: OpenAIException - Prompt refused.\nmodel=a. context_window_fallbacks=None. fallbacks=None.","type":null,"param":null,"code":"400"}}"#,
                ContextTooLong,
            ),
            (
                400,
                r#"{"error":{"message":"litellm.BadRequestError: litellm.ContentPolicyViolationError: ContentPolicyViolationError: OpenAIException - Refused.\nmodel=a. content_policy_fallback=None. fallbacks=None.","type":null,"param":null,"code":"400"}}"#,
                ContentFiltered,
            ),
            (
                404,
                r#"{"error":{"message":"litellm.NotFoundError: OpenAIException - The model `x` does not exist.. Received Model Group=a\nAvailable Model Group Fallbacks=None","type":null,"param":null,"code":"404"}}"#,
                ModelNotFound,
            ),
            (
                502,
                r#"{"error":{"message":"litellm.BadGatewayError: BadGatewayError: OpenAIException - <html><head><title>502 Bad Gateway</title></head><body>cloud</body></html>. Received Model Group=a\nAvailable Model Group Fallbacks=None","type":null,"param":null,"code":"502"}}"#,
                ServerError,
            ),
        ],
    );
    check_in_band(
        "LiteLLM",
        &[
            (
                r#"{"message": "litellm.MidStreamFallbackError: litellm.APIConnectionError: APIConnectionError: OpenAIException - Provider disconnected unexpectedly. Received Model Group=a\nAvailable Model Group Fallbacks=None", "type": null, "param": null, "code": "500"}"#,
                ServerError,
            ),
            // A status of 200 with a code of 200 around an error.
            (
                r#"{"message":"litellm.APIError: APIError: OpenAIException - . Received Model Group=a\nAvailable Model Group Fallbacks=None","type":null,"param":null,"code":"200"}"#,
                ServerError,
            ),
        ],
    );
}

#[test]
fn servers_on_this_computer() {
    check(
        "Ollama, LM Studio, llama.cpp, vLLM",
        &[
            (
                404,
                r#"{"error":"model \"x\" not found, try pulling it first"}"#,
                ModelNotFound,
            ),
            (404, r#"{"error":"model 'x' not found"}"#, ModelNotFound),
            (
                400,
                r#"{"error":"\"x\" does not support tools"}"#,
                InvalidRequest,
            ),
            (
                500,
                r#"{"error":"llama runner process has terminated: exit status 2"}"#,
                ServerError,
            ),
            (
                404,
                r#"{"error":{"message":"Failed to load model \"x\".","type":"invalid_request_error","param":"model","code":"model_not_found"}}"#,
                ModelNotFound,
            ),
            (
                404,
                r#"{"error":"Unexpected endpoint or method. (POST /v1/responses)"}"#,
                NotFound,
            ),
            (
                503,
                r#"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#,
                Overloaded,
            ),
            // llama.cpp's server of 2026, as recorded.
            (
                500,
                r#"{"error":{"code":500,"message":"image input is not supported - hint: if this is unexpected, you may need to provide the mmproj","type":"server_error"}}"#,
                InvalidRequest,
            ),
            (
                400,
                r#"{"error":{"code":400,"message":"request (3031 tokens) exceeds the available context size (2048 tokens), try increasing it","type":"exceed_context_size_error","n_prompt_tokens":3031,"n_ctx":2048}}"#,
                ContextTooLong,
            ),
            (
                401,
                r#"{"error":{"message":"Invalid API Key","type":"authentication_error","code":401}}"#,
                Authentication,
            ),
            (
                404,
                r#"{"object":"error","message":"The model `x` does not exist.","type":"NotFoundError","param":null,"code":404}"#,
                ModelNotFound,
            ),
            (
                400,
                r#"{"object":"error","message":"This model's maximum context length is 4096 tokens. However, you requested 5000 tokens","type":"BadRequestError","param":null,"code":400}"#,
                ContextTooLong,
            ),
        ],
    );
}
