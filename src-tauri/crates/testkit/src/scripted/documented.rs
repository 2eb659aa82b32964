//! The names, and what each one does, in the words of OpenAI's chat format; the other families say
//! the same in theirs.
//!
//! A name may stand behind a maker, as in `acme/answer`. Any name may carry `:label`, which keeps its counters and its waits apart from those of the same
//! name without it, and `@20`, which puts 20 ms between its tokens: `drip:second`, `count-to-50@20`.
//!
//! What is seen in public trackers, and its name: an error inside a 200 stream (`error-in-stream`,
//! `error-after-start`, `error-first`), an empty stop without usage (`empty-stop`), a 429 that means no
//! balance (`no-balance-429`), a delay in the body only (`429-in-body`), a delay of 24 hours (`429-day`),
//! a proxy's page with status 200 (`html-200`; also `html-407`, `html-502`), a redirect to another host
//! (`redirect`), a response that never ends (`endless`, `endless-large`), a line of many megabytes
//! (`long-line`), characters and events cut at every byte (`unicode`), tool calls without an index or
//! with a reused one (`tool-calls-no-index`, `tool-calls-same-index`), usage repeated and cumulative
//! (`usage-cumulative`), choices that are empty or absent (`no-choices`). A certificate that does not
//! verify and a name that is not found are no model's doing: they are played beside the HTTP client.

/// Every name with what it does; `N` stands for a number. The list of models gives these names, with
/// a number filled in.
pub const DOCUMENTED: &[(&str, &str)] = &[
    ("answer", "two sentences, with usage where it was asked for"),
    ("echo", "the last message, word by word"),
    ("count-to-N", "the numbers 1 to N, one token each"),
    ("tokens-N", "N tokens of filler"),
    (
        "markdown",
        "a long markdown answer with code, a table and tasks",
    ),
    ("markdown-N", "N tokens of that, again and again"),
    (
        "hostile-html",
        "scripts, event handlers and tracking pixels as text",
    ),
    (
        "unicode",
        "many scripts, with every byte in a chunk of its own",
    ),
    (
        "reasoning",
        "thinking in `reasoning_content`, then an answer, counted apart",
    ),
    (
        "reasoning-only",
        "thinking, and a finish reason without any answer",
    ),
    ("usage-cached", "most of the prompt read from the cache"),
    (
        "usage-media",
        "a prompt with sound and a picture, an answer with sound, counted apart where the family does",
    ),
    ("usage-cumulative", "usage in every chunk, growing"),
    (
        "cost",
        "OpenRouter's usage with a cost, a host behind it and a comment before it",
    ),
    ("tool-call", "a call of a tool instead of text"),
    (
        "tool-calls-no-index",
        "two calls in pieces without an index, where the family has one",
    ),
    (
        "tool-calls-same-index",
        "two calls in pieces with the same index, where the family has one",
    ),
    (
        "content-filter",
        "half an answer, ended by the provider's filter",
    ),
    ("length", "an answer that ran into its limit"),
    (
        "not-streamed",
        "one JSON object, although a stream was asked for",
    ),
    (
        "drip",
        "the numbers 1 to 20, each held until it is released",
    ),
    (
        "slow-first-token",
        "headers at once, the first token held (20 s)",
    ),
    ("slow-headers", "everything held (20 s), then an answer"),
    (
        "first-token-after-Nms",
        "headers at once, the first token N ms later",
    ),
    ("headers-after-Nms", "everything N ms later"),
    ("silent", "accepts the request and never answers"),
    (
        "stall-after-N",
        "N of N+20 tokens, then silence (30 s), then the connection closes",
    ),
    (
        "stall-after-N-for-Nms",
        "N of N+20 tokens, then N ms of silence, then the connection closes",
    ),
    (
        "cut-after-N",
        "N of N+20 tokens, then the connection breaks",
    ),
    (
        "end-after-N",
        "N of N+20 tokens, then a proper end of the transfer without a finish reason",
    ),
    ("reset", "breaks the connection before any byte"),
    ("reset-then-ok", "`reset` once, then an answer"),
    ("429-then-ok", "429 once, without a delay, then an answer"),
    (
        "429-retry-after",
        "429 with `Retry-After: 2` once, then an answer",
    ),
    (
        "429-in-body",
        "429 with the delay only in the body, once, then an answer",
    ),
    (
        "429-retry-after-Nms",
        "429 with `Retry-After-Ms: N` once, then an answer",
    ),
    ("429-day", "429 with a Retry-After of 24 hours, for ever"),
    ("429-for-ever", "429 without a delay, for ever"),
    (
        "no-balance-429",
        "429 with code 1113: no balance, waiting does not help",
    ),
    ("400", "a request that is refused"),
    (
        "400-no-credit",
        "400 that says the credit is too low, as Anthropic says it",
    ),
    ("401", "a key that is not accepted"),
    ("402", "no credit left"),
    ("403", "a key that may not do this"),
    ("404-model", "the model is not known"),
    ("404-html", "a web server's own page for a wrong address"),
    (
        "403-region",
        "a provider that does not serve where the person is",
    ),
    ("403-terms", "a model whose terms were not accepted yet"),
    (
        "spent",
        "429 without a delay, with headers that call an allowance spent for a minute",
    ),
    (
        "spent-for-Nms",
        "`spent` until N ms after its first request, with what is left of them, then an answer",
    ),
    ("500", "an internal error, for ever"),
    ("500-then-ok", "500 once, then an answer"),
    ("503", "no capacity, for ever"),
    (
        "503-until-recovered",
        "no capacity until the test says otherwise",
    ),
    (
        "503-for-Nms",
        "no capacity until N ms after its first request, then an answer; also with 429, 500 and 529",
    ),
    (
        "503-for-N-requests",
        "no capacity for its first N requests, then an answer; also with 429, 500 and 529",
    ),
    ("529", "overloaded, as Anthropic says it"),
    ("html-200", "a sign-in page with status 200"),
    ("html-407", "a proxy that wants a password of its own"),
    ("html-502", "a proxy's error page"),
    ("redirect", "a redirect to another host"),
    ("key-echo", "an error that repeats the Authorization header"),
    (
        "not-json-event",
        "an answer with one event that is not JSON",
    ),
    ("invalid-utf8", "an answer with one event of broken UTF-8"),
    ("long-line", "an event of 10 MB in one line"),
    ("endless", "the same token for as long as anybody listens"),
    (
        "endless-large",
        "`endless` with tokens of 6 kB, which reach any bound soon",
    ),
    (
        "no-done",
        "a complete stream without `[DONE]`, `message_stop`, `response.completed` or Ollama's last line",
    ),
    (
        "keeps-open",
        "a complete stream after which the connection stays open",
    ),
    ("empty-stop", "finish reason stop, no text, no usage"),
    ("empty-body", "status 200 and not a single byte"),
    (
        "error-in-stream",
        "half an answer, then an error in the stream",
    ),
    (
        "error-after-start",
        "the start of a message, then an error in the stream",
    ),
    ("error-first", "status 200, and an error as the first event"),
    ("no-choices", "chunks with empty choices and with none"),
    ("context-too-long", "400 context_length_exceeded"),
    (
        "context-of-N",
        "`context-too-long` for prompts of more than N words, else an answer",
    ),
    (
        "content-policy",
        "400 content_policy_violation; Gemini: a prompt that is blocked, with status 200",
    ),
    (
        "continues",
        "an answer; where it was asked to go on from half of it, the words behind that only",
    ),
    (
        "continues-to-N",
        "the same with the numbers 1 to N, which goes on from `cut-after-N`",
    ),
    (
        "refuses-prefill",
        "400 where the last message is the assistant's, else an answer",
    ),
    (
        "no-stream-options",
        "400 where `stream_options` is sent, else an answer without usage",
    ),
    (
        "max-completion-tokens-only",
        "400 where `max_tokens` is sent, else an answer",
    ),
];

/// The sixteen faults that routers are judged by, in their order: (number, primary, fallback).
pub const FAULTS: [(u8, &str, &str); 16] = [
    (1, "429-retry-after", "answer"),
    (2, "429-for-ever", "answer"),
    (3, "500-then-ok", "answer"),
    (4, "503", "answer"),
    (5, "reset-then-ok", "answer"),
    (6, "silent", "answer"),
    (7, "slow-first-token", "answer"),
    (8, "cut-after-40", "answer"),
    (9, "stall-after-20", "answer"),
    (10, "not-json-event", "answer"),
    (11, "no-done", "answer"),
    (12, "context-too-long", "answer"),
    (13, "content-policy", "answer"),
    (14, "cut-after-40", "refuses-prefill"),
    (15, "503-until-recovered", "answer"),
    (16, "503", "answer"),
];

/// The same with short times, for tests over real sockets: a tenth of the real ones.
pub const QUICK_FAULTS: [(u8, &str, &str); 16] = [
    (1, "429-retry-after-200ms", "answer"),
    (2, "429-for-ever", "answer"),
    (3, "500-then-ok", "answer"),
    (4, "503", "answer"),
    (5, "reset-then-ok", "answer"),
    (6, "silent", "answer"),
    (7, "first-token-after-2000ms", "answer"),
    (8, "cut-after-40", "answer"),
    (9, "stall-after-20-for-3000ms", "answer"),
    (10, "not-json-event", "answer"),
    (11, "no-done", "answer"),
    (12, "context-too-long", "answer"),
    (13, "content-policy", "answer"),
    (14, "cut-after-40", "refuses-prefill"),
    (15, "503-for-6000ms", "answer"),
    (16, "503", "answer"),
];
