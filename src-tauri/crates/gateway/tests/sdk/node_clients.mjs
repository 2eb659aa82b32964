// The official packages for Node as clients of the gateway, unchanged.
//
// Reads GATEWAY (http://127.0.0.1:PORT), TOKEN and PROVIDER from the environment, prints one line a
// check, and ends with 1 where one of them fails.

import assert from "node:assert/strict";
import { createRequire } from "node:module";

const require = createRequire(`${process.env.PACKAGES}/`);
const { default: OpenAI } = require("openai");
const { default: Anthropic } = require("@anthropic-ai/sdk");

const { GATEWAY, TOKEN, PROVIDER } = process.env;
const openai = new OpenAI({ baseURL: `${GATEWAY}/v1`, apiKey: TOKEN, maxRetries: 0 });
const anthropic = new Anthropic({ baseURL: GATEWAY, apiKey: TOKEN, maxRetries: 0 });
const model = (plays) => `${PROVIDER}/${plays}`;
const messages = [{ role: "user", content: "Say something." }];

const checks = {
  async openaiWhole() {
    const answer = await openai.chat.completions.create({ model: model("count-to-3"), messages });
    assert.equal(answer.choices[0].message.content, "1 2 3");
  },
  async openaiStreamHelper() {
    const stream = openai.chat.completions.stream({ model: model("count-to-4"), messages });
    const seen = [];
    stream.on("content", (piece) => seen.push(piece));
    const answer = await stream.finalChatCompletion();
    assert.equal(answer.choices[0].message.content, "1 2 3 4");
    assert.equal(seen.join(""), "1 2 3 4");
  },
  async openaiSeveralAnswers() {
    const stream = openai.chat.completions.stream({ model: model("count-to-4"), messages, n: 2 });
    const answer = await stream.finalChatCompletion();
    const texts = answer.choices.map((choice) => choice.message.content);
    assert.deepEqual(texts, ["1 2 3 4", "1 2 3 4"]);
  },
  async openaiRunTools() {
    const called = [];
    const runner = openai.chat.completions.runTools(
      {
        model: model("tool-call"),
        messages,
        tools: [
          {
            type: "function",
            function: {
              name: "get_weather",
              parse: JSON.parse,
              parameters: { type: "object", properties: {} },
              function: (input) => {
                called.push(input);
                return "Rain.";
              },
            },
          },
        ],
      },
      { maxChatCompletions: 2 },
    );
    await runner.done().catch(() => {});
    assert.ok(runner.messages.some((message) => message.tool_calls?.length > 0));
  },
  async openaiResponsesStream() {
    const stream = await openai.responses.create({
      model: model("count-to-3"),
      input: "Count.",
      stream: true,
    });
    let text = "";
    let last;
    for await (const event of stream) {
      if (event.type === "response.output_text.delta") text += event.delta;
      last = event;
    }
    assert.equal(text, "1 2 3");
    assert.equal(last.type, "response.completed");
  },
  async openaiResponsesByTheirNumber() {
    const first = await openai.responses.create({ model: model("count-to-3"), input: "Count." });
    const second = await openai.responses.create({
      model: model("answer"),
      input: "And on.",
      previous_response_id: first.id,
    });
    assert.equal(second.previous_response_id, first.id);
    const again = await openai.responses.retrieve(first.id);
    assert.equal(again.output_text, "1 2 3");
    await openai.responses.delete(first.id);
    await assert.rejects(openai.responses.retrieve(first.id), OpenAI.NotFoundError);
  },
  async openaiEmbeddings() {
    // The package asks for Base64 where nothing else is said, and decodes it.
    const asked = { model: model("vectors-8"), input: ["one", "another"] };
    const usual = await openai.embeddings.create(asked);
    const digits = await openai.embeddings.create({ ...asked, encoding_format: "float" });
    assert.deepEqual(usual.data.map(({ index }) => index), [0, 1]);
    for (const [at, { embedding }] of digits.data.entries()) {
      assert.equal(embedding.length, 8);
      const packed = Array.from(usual.data[at].embedding);
      assert.deepEqual(packed, embedding.map(Math.fround));
    }
    assert.equal(usual.usage.total_tokens, 2);
    const tokens = await openai.embeddings.create({
      model: model("vectors-8"),
      input: [[1, 2], [3]],
      dimensions: 4,
    });
    assert.deepEqual(tokens.data.map(({ embedding }) => embedding.length), [4, 4]);
    await assert.rejects(
      openai.embeddings.create({ model: model("answer"), input: "a" }),
      OpenAI.BadRequestError,
    );
  },
  async openaiErrors() {
    await assert.rejects(
      openai.chat.completions.create({ model: model("429-day"), messages }),
      OpenAI.RateLimitError,
    );
    await assert.rejects(
      openai.chat.completions.create({ model: "no-such-model", messages }),
      OpenAI.NotFoundError,
    );
    const stream = await openai.chat.completions.create({
      model: model("cut-after-3"),
      messages,
      stream: true,
    });
    await assert.rejects(async () => {
      for await (const _ of stream);
    });
  },
  async openaiAbort() {
    const controller = new AbortController();
    const stream = await openai.chat.completions.create(
      { model: model("count-to-500@20"), messages, stream: true },
      { signal: controller.signal },
    );
    await assert.rejects(async () => {
      for await (const _ of stream) controller.abort();
      throw new Error("aborted");
    });
  },
  async anthropicWhole() {
    const answer = await anthropic.messages.create({
      model: model("count-to-3"),
      max_tokens: 100,
      messages,
    });
    assert.equal(answer.content[0].text, "1 2 3");
  },
  async anthropicStreamHelper() {
    const stream = anthropic.messages.stream({ model: model("reasoning"), max_tokens: 100, messages });
    const answer = await stream.finalMessage();
    assert.deepEqual(
      answer.content.map((block) => block.type),
      ["thinking", "text"],
    );
  },
  async anthropicErrors() {
    await assert.rejects(
      anthropic.messages.create({ model: model("429-day"), max_tokens: 10, messages }),
      Anthropic.RateLimitError,
    );
  },
};

let failed = 0;
for (const [name, run] of Object.entries(checks)) {
  try {
    await run();
    console.log(`ok     ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${name}: ${error}`);
  }
}
console.log(`${Object.keys(checks).length - failed} of ${Object.keys(checks).length}`);
process.exit(failed === 0 ? 0 : 1);
